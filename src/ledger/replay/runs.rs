//! Course runs: redemptions into them, their reversal, and what closing releases.

use super::state::{CourseRun, Life, Redemption, State};
use super::words::wrong;
use super::{Entry, Wrong, vouchers};
use crate::kernel::Kopecks;
use crate::ledger::model::{Account, Dimensions, Postings};
use crate::ledger::{rules, spread};
use std::collections::BTreeSet;

pub(super) fn created(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let seats = entry.subject("seats").and_then(|bytes| bytes.try_into().ok()).map(i64::from_be_bytes);
    let run = CourseRun {
        course_run_no: entry.log_index,
        is_closed: false,
        seats,
        enrolled: 0,
        redemptions: BTreeSet::new(),
    };
    state.runs.insert(entry.id("course_run")?, run);
    Ok(Postings::none())
}

/// A scan made offline in time may arrive when its voucher's reserve is released already, and a person may decide that one stands
/// whose voucher was voided meanwhile: then the face value comes from what is available.
pub(super) fn redeemed(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let (log_index, line) = (entry.log_index, state.line(entry)?);
    let possible: &[Life] = match (entry.subject("conflict"), entry.subject("item_sha256")) {
        (Some(_), _) => &[Life::Issued, Life::Expired, Life::Voided],
        (None, Some(_)) => &[Life::Issued, Life::Expired],
        (None, None) => &[Life::Issued],
    };
    let voucher_no = vouchers::find(state, entry, possible)?;
    let run = state.run(entry, entry.id("course_run")?)?;
    let course_run_no = run.course_run_no;
    if run.is_closed {
        return Err(wrong!(
            log_index,
            "погашение в закрытый поток {course_run_no}",
            "a redemption into course run {course_run_no}, which is closed"
        ));
    }
    run.enrolled += 1;
    if let Some(seats) = run.seats.filter(|seats| run.enrolled > *seats) {
        return Err(wrong!(
            log_index,
            "в потоке {course_run_no} только {seats} мест",
            "course run {course_run_no} has only {seats} seats"
        ));
    }
    run.redemptions.insert(log_index);
    let face_value = state.figures.face_value;
    let Some(voucher) = state.vouchers.get_mut(&voucher_no) else { return Ok(Postings::none()) };
    let is_released = voucher.life != Life::Issued;
    voucher.life = Life::Redeemed;
    voucher.redemption_no = Some(log_index);
    let redemption = Redemption {
        id: entry.id("redemption")?,
        voucher_no,
        agency_no: voucher.agency_no,
        course_run_no,
        obligated: Kopecks::ZERO,
        accrued: Kopecks::ZERO,
        paid: Kopecks::ZERO,
    };
    let reserved = voucher.reserved;
    let about = redemption.share(log_index, reserved).dimensions();
    state.redemptions.insert(log_index, redemption);
    match is_released {
        true => Ok(rules::obligate(line, &[(about, face_value.unwrap_or_default())])),
        false => Ok(rules::redeem(line, reserved, about)),
    }
}

/// To `reserved` the voucher lives again and must have its whole face value; else it is voided, and what is left of it is
/// available, or obligated for the others of its run in equal parts.
pub(super) fn reversed(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let (log_index, line) = (entry.log_index, state.line(entry)?);
    let voucher_no = vouchers::find(state, entry, &[Life::Redeemed, Life::Completed])?;
    let id = entry.id("redemption")?;
    let live = state.vouchers.get(&voucher_no).and_then(|voucher| voucher.redemption_no);
    let found = live.and_then(|number| Some((number, state.redemptions.get(&number)?)));
    let Some((number, redemption)) = found.filter(|(_, redemption)| redemption.id == id) else {
        return Err(wrong!(
            log_index,
            "отменяется не то погашение, которым погашен сертификат {voucher_no}",
            "another redemption is reversed than that of voucher {voucher_no}"
        ));
    };
    let (obligated, course_run_no) = (redemption.obligated, redemption.course_run_no);
    let about = redemption.share(number, obligated).dimensions();
    let lives = entry.leaf.postings.first().is_some_and(|line| line.account == Account::Reserved);
    if let Some(face_value) = state.figures.face_value.filter(|value| lives && *value != obligated) {
        return Err(wrong!(
            log_index,
            "сертификат {voucher_no} оживает, а обязательств осталось {obligated} из {face_value}",
            "voucher {voucher_no} lives again with {obligated} obligated of {face_value}"
        ));
    }
    if lives && state.vouchers[&voucher_no].life == Life::Completed {
        return Err(wrong!(
            log_index,
            "сертификат {voucher_no} завершил курс и не может ожить",
            "voucher {voucher_no} completed the course and cannot live again"
        ));
    }
    if let Some(voucher) = state.vouchers.get_mut(&voucher_no) {
        voucher.redemption_no = None;
        voucher.life = if lives { Life::Issued } else { Life::Voided };
    }
    let mut others = Vec::new();
    if let Some(id) = state.run_of_number(course_run_no)
        && let Some(run) = state.runs.get_mut(&id)
    {
        run.enrolled -= 1;
        others = state.live(&state.runs[&id]);
    }
    if lives {
        return Ok(rules::reverse_to_reserved(line, obligated, about));
    }
    let stays = entry.leaf.postings.first().is_some_and(|line| line.account == Account::Obligated);
    if !stays {
        return Ok(rules::release_obligation(line, &[(about, obligated)]));
    }
    let parts = spread::equally(obligated, &others).map_err(|error| {
        wrong!(
            log_index,
            "остаток {obligated} нельзя распределить по другим погашениям потока {course_run_no}: {error}",
            "the rest, {obligated}, cannot be spread over the others of course run {course_run_no}: {error}"
        )
    })?;
    let parts: Vec<_> = parts.into_iter().map(|(other, part)| (other, about, part)).collect();
    Ok(rules::move_obligation(line, &parts))
}

pub(super) fn closed(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let log_index = entry.log_index;
    let run = state.run(entry, entry.id("course_run")?)?;
    let course_run_no = run.course_run_no;
    if std::mem::replace(&mut run.is_closed, true) {
        return Err(wrong!(
            log_index,
            "поток {course_run_no} закрывается второй раз",
            "course run {course_run_no} is closed a second time"
        ));
    }
    let run = &state.runs[&entry.id("course_run")?];
    let left: Vec<(Dimensions, Kopecks)> =
        state.obligated(run).iter().map(|share| (share.dimensions(), share.amount)).collect();
    if left.is_empty() {
        return Ok(Postings::none());
    }
    Ok(rules::release_obligation(state.line(entry)?, &left))
}

/// With what is obligated for it; what is owed for its hours stays with the run that taught them.
pub(super) fn moved(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let (log_index, line) = (entry.log_index, state.line(entry)?);
    let voucher_no = vouchers::find(state, entry, &[Life::Redeemed])?;
    let live = state.vouchers[&voucher_no].redemption_no;
    let (from_id, to_id) = (entry.id("from_course_run")?, entry.id("course_run")?);
    let from_no = state.run(entry, from_id)?.course_run_no;
    let to = state.run(entry, to_id)?;
    let (to_no, is_closed) = (to.course_run_no, to.is_closed);
    let is_full = to.seats.is_some_and(|seats| to.enrolled >= seats);
    let redemption_id = entry.id("redemption")?;
    let found = live.and_then(|number| Some((number, state.redemptions.get_mut(&number)?)));
    let found = found.filter(|(_, redemption)| {
        redemption.id == redemption_id && redemption.course_run_no == from_no && from_no != to_no
    });
    let Some((number, redemption)) = found.filter(|_| !is_closed && !is_full) else {
        return Err(wrong!(
            log_index,
            "сертификат {voucher_no} нельзя перевести из потока {from_no} в поток {to_no}",
            "voucher {voucher_no} cannot move from course run {from_no} to course run {to_no}"
        ));
    };
    let obligated = redemption.obligated;
    let from = redemption.share(number, obligated).dimensions();
    redemption.course_run_no = to_no;
    let to = redemption.share(number, obligated).dimensions();
    for (id, is_there) in [(from_id, false), (to_id, true)] {
        let run = state.run(entry, id)?;
        if is_there {
            run.redemptions.insert(number);
            run.enrolled += 1;
        } else {
            run.redemptions.remove(&number);
            run.enrolled -= 1;
        }
    }
    Ok(rules::move_obligation(line, &[(to, from, obligated)]))
}

/// In equal parts for the live redemptions.
pub(super) fn topped_up(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let (log_index, line) = (entry.log_index, state.line(entry)?);
    let run = state.run(entry, entry.id("course_run")?)?;
    let course_run_no = run.course_run_no;
    let is_closed = run.is_closed;
    let obligated = entry.leaf.postings.iter().filter(|posting| posting.account == Account::Obligated);
    let amount = Kopecks::sum(obligated.map(|posting| posting.amount)).unwrap_or_default();
    let live = state.live(&state.runs[&entry.id("course_run")?]);
    match spread::equally(amount, &live) {
        Ok(parts) if amount.is_positive() && !is_closed => Ok(rules::obligate(line, &parts)),
        _ => Err(wrong!(
            log_index,
            "поток {course_run_no} нельзя пополнить на {amount}",
            "course run {course_run_no} cannot be topped up by {amount}"
        )),
    }
}

/// No money moves.
pub(super) fn completed(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let voucher_no = vouchers::find(state, entry, &[Life::Redeemed])?;
    if let Some(voucher) = state.vouchers.get_mut(&voucher_no) {
        voucher.life = Life::Completed;
    }
    Ok(Postings::none())
}
