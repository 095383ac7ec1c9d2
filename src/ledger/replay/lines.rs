//! Programmes and their budget lines.

use super::state::State;
use super::words::wrong;
use super::{Entry, Wrong};
use crate::kernel::{Kopecks, Month, Timestamp};
use crate::ledger::model::Postings;
use crate::ledger::rules;

/// Its facts are face value, hours, contributions and target.
pub(super) fn programme_opened(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    if let Some(facts) = entry.facts {
        state.figures.face_value = Some(Kopecks::new(entry.figure(facts, 0)?));
        state.figures.basis_points = Some(entry.figure(facts, 2)?);
    }
    Ok(Postings::none())
}

pub(super) fn created(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    state.lines.insert(entry.log_index, Default::default());
    state.line_ids.insert(entry.id("budget_line")?, entry.log_index);
    Ok(Postings::none())
}

/// The line of an appropriation and what it says to move.
fn named(state: &State, entry: &Entry<'_>) -> Result<(i64, Kopecks), Wrong> {
    let log_index = entry.log_index;
    let line_no = state.line_ids.get(&entry.id("budget_line")?).copied().ok_or_else(|| {
        wrong!(log_index, "такой строки бюджета в журнале нет", "there is no such budget line in the log")
    })?;
    let amount = entry.first()?.amount;
    if amount.is_positive() {
        return Ok((line_no, amount));
    }
    Err(wrong!(log_index, "доводится {amount}", "{amount} is appropriated"))
}

pub(super) fn appropriated(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let (line_no, amount) = named(state, entry)?;
    Ok(rules::appropriation(line_no, amount))
}

pub(super) fn reduced(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let (line_no, amount) = named(state, entry)?;
    Ok(rules::appropriation_reduced(line_no, amount))
}

pub(super) fn moved(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let log_index = entry.log_index;
    let line = |name: &'static str| -> Result<i64, Wrong> {
        state
            .line_ids
            .get(&entry.id(name)?)
            .copied()
            .ok_or_else(|| wrong!(log_index, "такой строки бюджета нет", "there is no such budget line"))
    };
    let (from, to, amount) = (line("from_budget_line")?, line("to_budget_line")?, entry.first()?.amount);
    if from == to || !amount.is_positive() {
        return Err(wrong!(
            log_index,
            "перемещается {amount} на ту же строку",
            "{amount} moves to the same line"
        ));
    }
    Ok(rules::move_between_lines(from, to, amount))
}

/// Nothing may be under way.
pub(super) fn year_closed(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let log_index = entry.log_index;
    let mut rests = Vec::new();
    for (line_no, [_, available, reserved, obligated, accrued, _]) in &state.lines {
        if !(reserved.is_zero() && obligated.is_zero() && accrued.is_zero()) {
            return Err(wrong!(
                log_index,
                "год закрыт, а на строке {line_no} ещё есть обязательства",
                "the year ends while line {line_no} has obligations"
            ));
        }
        rests.extend(available.is_positive().then_some((*line_no, *available)));
    }
    Ok(rules::close_year(&rests))
}

pub(super) fn period_closed(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let log_index = entry.log_index;
    let month = entry.subject("month").and_then(|bytes| Month::parse(str::from_utf8(bytes).ok()?).ok());
    let month = month.ok_or_else(|| {
        wrong!(log_index, "закрыт непонятный период", "a period is closed that is no month")
    })?;
    state.closed_until = Some(Timestamp::end_of_day(month.last_day()));
    Ok(Postings::none())
}
