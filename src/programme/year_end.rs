//! The end of the year: what no line has used is given back, once nothing is under way any more.

use super::model::Unfinished;
use super::store;
use crate::kernel::{Kopecks, Refusal};
use crate::ledger::model::{Account, Event, Kind};
use crate::ledger::rules;
use crate::proposal::act::{Acting, Hands};
use crate::writer::{Batch, Stop};
use serde::{Deserialize, Serialize};

/// The limits of all lines come down to what was paid.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct YearEnd {}

/// See [`crate::proposal::Act::decide`].
///
/// # Errors
/// `not_found`; `invalid_transition` while anything is reserved, obligated or accrued, with the figures, or when nothing
/// is left.
pub fn decide(_act: &YearEnd, batch: &mut Batch<'_>, hands: Hands) -> Result<Acting, Stop> {
    let Hands { programme_no, proposal_id, actor } = hands;
    let connection = batch.connection()?;
    check(&store::unfinished(connection, programme_no)?)?;
    let lines = store::budget_lines(connection, programme_no)?;
    let mut rests: Vec<(i64, Kopecks)> = Vec::with_capacity(lines.len());
    for line in lines {
        let available = batch.balance(programme_no, line.budget_line_no, Account::Available)?;
        rests.extend(available.is_positive().then_some((line.budget_line_no, available)));
    }
    if rests.is_empty() {
        return Err(Refusal::invalid_transition("close_year", "nothing_available", &[]).into());
    }
    Ok(Box::new(move |batch| {
        let event = Event::new(Kind::YearClosed, batch.now(), actor.token_no)
            .about("proposal", proposal_id.bytes())
            .moving(rules::close_year(&rests));
        batch.record(programme_no, &event)
    }))
}

/// What is under way keeps its authority.
fn check(unfinished: &Unfinished) -> Result<(), Refusal> {
    let &Unfinished { reserved, obligated, accrued, .. } = unfinished;
    if reserved.is_zero() && obligated.is_zero() && accrued.is_zero() {
        return Ok(());
    }
    Err(Refusal::invalid_transition("close_year", "money_under_way", &[])
        .with("reserved_kopecks", reserved.get())
        .with("obligated_kopecks", obligated.get())
        .with("accrued_kopecks", accrued.get()))
}
