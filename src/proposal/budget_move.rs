//! Moving authority from one budget line of a programme to another.

use super::act::{Acting, Hands};
use super::appropriation::{DocumentNumber, find_line};
use crate::kernel::{BudgetLineId, Kopecks, Refusal};
use crate::ledger::model::{Account, Event, Kind};
use crate::ledger::{bounds, rules};
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Stop};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What is available on one line, or a part of it, goes to another.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BudgetMove {
    pub from_budget_line_id: BudgetLineId,
    pub to_budget_line_id: BudgetLineId,
    pub amount: Kopecks,
    pub document_number: DocumentNumber,
}

/// See [`super::Act::decide`].
///
/// # Errors
/// `not_found`, `programme_not_open` once the programme is closed, `invalid_field`, `budget_exceeded`.
pub fn decide(act: &BudgetMove, batch: &mut Batch<'_>, hands: Hands) -> Result<Acting, Stop> {
    let Hands { programme_no, proposal_id, actor } = hands;
    let from = find_line(batch, act.from_budget_line_id, programme_no)?;
    let to = find_line(batch, act.to_budget_line_id, programme_no).map_err(|stop| match stop {
        Stop::Refused(refusal) => refusal.at("to_budget_line_id").into(),
        failed => failed,
    })?;
    if from == to {
        return Err(Refusal::field("to_budget_line_id", "another line than the one it comes from").into());
    }
    ProgrammeFacts::by_no(batch.connection()?, programme_no)?.accepts_changes()?;
    bounds::positive(act.amount)?;
    bounds::within_available(act.amount, batch.balance(programme_no, from, Account::Available)?)?;
    let act = act.clone();
    Ok(Box::new(move |batch| {
        let event = Event::new(Kind::BudgetMoved, batch.now(), actor.token_no)
            .about("proposal", proposal_id.bytes())
            .about("from_budget_line", act.from_budget_line_id.bytes())
            .about("to_budget_line", act.to_budget_line_id.bytes())
            .about("document_sha256", &Sha256::digest(act.document_number.as_str()))
            .moving(rules::move_between_lines(from, to, act.amount));
        batch.record(programme_no, &event)
    }))
}
