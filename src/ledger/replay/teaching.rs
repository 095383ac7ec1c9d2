//! Sessions, and what an accepted one owes to whom.

use super::state::{Due, Session, State};
use super::words::wrong;
use super::{Entry, Wrong};
use crate::kernel::Kopecks;
use crate::ledger::model::{Account, Postings};
use crate::ledger::rules::Part;
use crate::ledger::{rules, spread};
use std::collections::HashSet;

/// Its facts are day, phase and hours.
pub(super) fn recorded(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let course_run = entry.id("course_run")?;
    let course_run_no = state.run(entry, course_run)?.course_run_no;
    state.runs_of_sessions.insert(entry.log_index, course_run_no);
    let session = Session {
        session_no: entry.log_index,
        course_run,
        payee: entry.id("payee")?,
        hours: entry.facts.map(|facts| entry.figure(facts, 2)).transpose()?,
        is_accepted: false,
    };
    state.sessions.insert(entry.id("session")?, session);
    Ok(Postings::none())
}

/// What the leaf says is owed, payee by payee in its order.
fn owed(entry: &Entry<'_>) -> Option<Vec<(i64, Kopecks)>> {
    let mut owed: Vec<(i64, Kopecks)> = Vec::new();
    for posting in entry.leaf.postings.iter().filter(|posting| posting.account == Account::Accrued) {
        let payee_no = posting.dimensions.payee_no?;
        match owed.iter_mut().find(|(number, _)| *number == payee_no) {
            Some((_, sum)) => *sum = sum.checked_add(posting.amount)?,
            None => owed.push((payee_no, posting.amount)),
        }
    }
    Some(owed)
}

pub(super) fn accepted(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let (log_index, line) = (entry.log_index, state.line(entry)?);
    let Some(session) = state.sessions.get_mut(&entry.id("session")?) else {
        return Err(wrong!(log_index, "такого занятия в журнале нет", "there is no such session in the log"));
    };
    let Session { session_no, course_run, payee, hours, .. } = *session;
    if std::mem::replace(&mut session.is_accepted, true) {
        return Err(wrong!(
            log_index,
            "занятие {session_no} принимается второй раз",
            "session {session_no} is accepted a second time"
        ));
    }
    let owed = owed(entry).unwrap_or_default();
    let (&[(instructor_no, pay)] | &[(instructor_no, pay), _]) = owed.as_slice() else {
        let count = owed.len();
        return Err(wrong!(
            log_index,
            "занятие {session_no} начисляет {count} получателям, а должно преподавателю и налоговой",
            "session {session_no} owes {count} payees, and must the instructor and the tax office"
        ));
    };
    state.know_payee(entry, payee, instructor_no)?;
    let mut contributions = Kopecks::ZERO;
    if let Some(&(payee_no, amount)) = owed.get(1) {
        contributions = amount;
        let tax_office = *state.tax_office.get_or_insert(payee_no);
        if tax_office != payee_no {
            return Err(wrong!(
                log_index,
                "взносы идут получателю {payee_no}, а до сих пор шли получателю {tax_office}",
                "contributions go to payee {payee_no}, and until now went to payee {tax_office}"
            ));
        }
    }
    check_amounts(state, entry, hours, pay, contributions)?;
    state.accepted_sessions += 1;
    let run = state.run(entry, course_run)?;
    let course_run_no = run.course_run_no;
    if run.is_closed {
        return Err(wrong!(
            log_index,
            "принято занятие закрытого потока {course_run_no}",
            "a session of course run {course_run_no} is accepted, which is closed"
        ));
    }
    let obligated = state.obligated(&state.runs[&course_run]);
    match spread::accrual(session_no, &owed, &obligated) {
        Ok(shares) => Ok(rules::accrue(line, &shares)),
        Err(error) => Err(wrong!(
            log_index,
            "начисление {pay} и {contributions} нельзя распределить по погашениям потока {course_run_no}: {error}",
            "{pay} and {contributions} cannot be spread over the redemptions of course run {course_run_no}: {error}"
        )),
    }
}

/// The exact reverse of its accrual, of which nothing may be paid; what came from a redemption that lives no more, or from
/// a closed run, is available.
pub(super) fn cancelled(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let log_index = entry.log_index;
    let Some(session) = state.sessions.remove(&entry.id("session")?) else {
        return Err(wrong!(log_index, "такого занятия в журнале нет", "there is no such session in the log"));
    };
    if !session.is_accepted {
        return Ok(Postings::none());
    }
    state.accepted_sessions -= 1;
    let run = state.run(entry, session.course_run)?;
    let is_open = !run.is_closed;
    let live: HashSet<Option<i64>> =
        state.live(&state.runs[&session.course_run]).iter().map(|(_, about)| about.redemption_no).collect();
    let mut accrued: Vec<Part> = Vec::new();
    for payee_no in state.payees.get(&session.payee).copied().into_iter().chain(state.tax_office) {
        let mut of_payee = Vec::new();
        for (due, amount) in state.unpaid.get(&payee_no).into_iter().flatten() {
            if matches!(due, Due::Session { session_no, .. } if *session_no == session.session_no)
                && let Some((line, redemption_id, about)) = state.about(*due, payee_no)
            {
                of_payee.push((redemption_id, (line, about, *amount)));
            }
        }
        of_payee.sort_by_key(|(redemption_id, _)| *redemption_id);
        accrued.extend(of_payee.into_iter().map(|(_, part)| part));
    }
    let mut postings = rules::reverse_accrual(&accrued);
    let gone = accrued.iter().filter(|(_, about, _)| !is_open || !live.contains(&about.redemption_no));
    for (line, about, amount) in gone {
        postings.extend(rules::release_obligation(*line, &[(*about, *amount)]));
    }
    Ok(postings)
}

/// Hours × rate, and contributions of it. The facts of an acceptance are hours, hourly rate, basis points, pay and
/// contributions.
fn check_amounts(
    state: &State,
    entry: &Entry<'_>,
    hours: Option<i64>,
    pay: Kopecks,
    contributions: Kopecks,
) -> Result<(), Wrong> {
    let log_index = entry.log_index;
    let told = entry.facts;
    let of_session: Option<i64> = told.map(|facts| entry.figure(facts, 0)).transpose()?;
    if let (Some(recorded), Some(accepted)) = (hours, of_session)
        && recorded != accepted
    {
        return Err(wrong!(
            log_index,
            "приняты {accepted} ч, а записаны {recorded}",
            "{accepted} hours are accepted, {recorded} were recorded"
        ));
    }
    let rate: Option<Kopecks> = told.map(|facts| entry.figure(facts, 1)).transpose()?.map(Kopecks::new);
    if let Some(hours) = of_session.or(hours) {
        // Whoever knows no rate knows that it is whole kopecks.
        let product = match rate {
            Some(rate) => rate.checked_mul(hours),
            None => pay.get().checked_rem(hours).filter(|rest| *rest == 0).map(|_| pay),
        };
        if product != Some(pay) {
            let rate = rate.map_or_else(|| "?".to_owned(), |rate| rate.to_string());
            return Err(wrong!(
                log_index,
                "начислено {pay}, а это не {hours} ч по {rate}",
                "{pay} is owed, which is not {hours} hours at {rate}"
            ));
        }
    }
    let basis_points: Option<u32> = told.map(|facts| entry.figure(facts, 2)).transpose()?;
    if let (Some(points), Some(of_programme)) = (basis_points, state.figures.basis_points)
        && points != of_programme
    {
        return Err(wrong!(
            log_index,
            "взносы посчитаны по {points} базисным пунктам, а в программе {of_programme}",
            "contributions are of {points} basis points, the programme has {of_programme}"
        ));
    }
    if let Some(points) = basis_points.or(state.figures.basis_points)
        && pay.basis_points(points) != Some(contributions)
    {
        return Err(wrong!(
            log_index,
            "взносы {contributions}, а это не {points} базисных пунктов от {pay}",
            "contributions are {contributions}, which is not {points} basis points of {pay}"
        ));
    }
    if let Some(facts) = told
        && (entry.figure::<i64>(facts, 3)?, entry.figure::<i64>(facts, 4)?)
            != (pay.get(), contributions.get())
    {
        return Err(wrong!(
            log_index,
            "в проводках {pay} и {contributions}, а в сведениях другое: {facts:?}",
            "the postings say {pay} and {contributions}, the facts otherwise: {facts:?}"
        ));
    }
    Ok(())
}
