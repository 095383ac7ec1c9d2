//! Vouchers: issued, moved, replaced, extended, released.

use super::state::{Id, Life, State, Voucher};
use super::words::wrong;
use super::{Entry, Wrong};
use crate::kernel::Kopecks;
use crate::ledger::model::Postings;
use crate::ledger::rules;

/// The number of the voucher that the event is about, if it may happen to one that stands so.
pub(super) fn find(state: &State, entry: &Entry<'_>, allowed: &[Life]) -> Result<i64, Wrong> {
    let (log_index, kind) = (entry.log_index, entry.kind.name());
    let number = state.voucher_numbers.get(&entry.id("voucher")?).copied();
    let number = number.ok_or_else(|| {
        wrong!(log_index, "такого сертификата в журнале нет", "there is no such voucher in the log")
    })?;
    let Voucher { life, redemption_no, .. } = &state.vouchers[&number];
    if allowed.contains(life) {
        return Ok(number);
    }
    if let Some(redemption_no) = redemption_no {
        return Err(wrong!(
            log_index,
            "событие {kind}: сертификат {number} уже погашен записью {redemption_no}",
            "{kind}: voucher {number} was redeemed already, by entry {redemption_no}"
        ));
    }
    Err(wrong!(
        log_index,
        "событие {kind} невозможно: сертификат {number} в состоянии {life:?}",
        "{kind} is not possible: voucher {number} is {life:?}"
    ))
}

fn enter(state: &mut State, entry: &Entry<'_>, number: i64, voucher: Voucher) -> Result<(), Wrong> {
    let log_index = entry.log_index;
    let is_new = !state.vouchers.contains_key(&number) && !state.voucher_numbers.contains_key(&voucher.id);
    if !is_new {
        return Err(wrong!(
            log_index,
            "сертификат {number} выдаётся второй раз",
            "voucher {number} is issued a second time"
        ));
    }
    state.voucher_numbers.insert(voucher.id, number);
    state.vouchers.insert(number, voucher);
    Ok(())
}

fn fresh(id: Id, agency_no: i64) -> Voucher {
    Voucher { id, agency_no, reserved: Kopecks::ZERO, life: Life::Issued, redemption_no: None }
}

/// The first voucher shows which line instructors are paid from, and what all of them are worth if opening the
/// programme did not tell.
pub(super) fn issued(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let (log_index, first) = (entry.log_index, *entry.first()?);
    let line = *state.instructor_line.get_or_insert(first.budget_line_no);
    let face_value = *state.figures.face_value.get_or_insert(first.amount);
    if !face_value.is_positive() {
        return Err(wrong!(log_index, "номинал сертификата {face_value}", "a voucher is worth {face_value}"));
    }
    let (Some(number), Some(agency_no)) = (first.dimensions.voucher_no, first.dimensions.agency_no) else {
        return Err(wrong!(
            log_index,
            "у выдачи нет номера сертификата или органа",
            "an issue names no voucher or no agency"
        ));
    };
    let voucher = fresh(entry.id("voucher")?, agency_no);
    let about = voucher.about(number);
    enter(state, entry, number, voucher)?;
    Ok(rules::reserve(line, face_value, about))
}

fn shifted(state: &mut State, entry: &Entry<'_>, from: &[Life], to: Life) -> Result<Postings, Wrong> {
    let number = find(state, entry, from)?;
    if let Some(voucher) = state.vouchers.get_mut(&number) {
        voucher.life = to;
    }
    Ok(Postings::none())
}

pub(super) fn suspended(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    shifted(state, entry, &[Life::Issued], Life::Suspended)
}

pub(super) fn resumed(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    shifted(state, entry, &[Life::Suspended], Life::Issued)
}

fn released(state: &mut State, entry: &Entry<'_>, to: Life) -> Result<Postings, Wrong> {
    let number = find(state, entry, &[Life::Issued, Life::Suspended])?;
    shifted(state, entry, &[Life::Issued, Life::Suspended], to)?;
    let voucher = &state.vouchers[&number];
    Ok(rules::release_reserve(state.line(entry)?, voucher.reserved, voucher.about(number)))
}

pub(super) fn voided(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    released(state, entry, Life::Voided)
}

pub(super) fn expired(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    released(state, entry, Life::Expired)
}

pub(super) fn replaced(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let (log_index, line) = (entry.log_index, state.line(entry)?);
    let from = [Life::Issued, Life::Suspended];
    let number = find(state, entry, &from)?;
    let successor_no = entry.first()?.dimensions.voucher_no.ok_or_else(|| {
        wrong!(log_index, "у замены нет номера нового сертификата", "a replacement names no new voucher")
    })?;
    shifted(state, entry, &from, Life::Replaced)?;
    let old = &state.vouchers[&number];
    let (reserved, about) = (old.reserved, old.about(number));
    let successor = fresh(entry.id("successor")?, old.agency_no);
    let successor_about = successor.about(successor_no);
    enter(state, entry, successor_no, successor)?;
    Ok(rules::replace(line, reserved, successor_about, about))
}

/// One whose reserve was released gets it again.
pub(super) fn extended(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let line = state.line(entry)?;
    let number = find(state, entry, &[Life::Issued, Life::Expired])?;
    let had_expired = state.vouchers[&number].life == Life::Expired;
    shifted(state, entry, &[Life::Issued, Life::Expired], Life::Issued)?;
    match state.figures.face_value {
        Some(face_value) if had_expired => {
            Ok(rules::reserve(line, face_value, state.vouchers[&number].about(number)))
        }
        _ => Ok(Postings::none()),
    }
}
