//! Closing a month: its trial balance goes into the log, signed, and nothing is dated in it any more.

use super::{model, store, trial_balance};
use crate::kernel::{Month, Refusal};
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::programme::ProgrammeFacts;
use crate::proposal::act::{Acting, Hands};
use crate::writer::{Batch, Failure, Stop};
use serde::{Deserialize, Serialize};

/// A month of a programme that is to be closed; earlier months still open are closed with it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PeriodClosing {
    pub month: Month,
}

/// See [`crate::proposal::Act::decide`].
///
/// # Errors
/// `invalid_transition` when it is closed, `invalid_field` while it is not over.
pub fn decide(act: &PeriodClosing, batch: &mut Batch<'_>, hands: Hands) -> Result<Acting, Stop> {
    let Hands { programme_no, proposal_id, actor } = hands;
    let (month, now) = (act.month, batch.now());
    let connection = batch.connection()?;
    let programme_id = ProgrammeFacts::by_no(connection, programme_no)
        .map_err(|_| Refusal::not_found("programme"))?
        .programme_id;
    let closed = store::closed(connection, programme_no)?;
    model::close(month, closed, now.date())?;
    Ok(Box::new(move |batch| {
        let from = closed.map(Month::next);
        let balance = trial_balance::read(batch.connection()?, programme_no, from, month)?;
        let json = serde_json::to_string(&balance)
            .map_err(|error| Failure::Inconsistent(format!("a trial balance cannot be written: {error}")))?;
        let event = Event::new(Kind::PeriodClosed, now, actor.token_no)
            .about("programme", programme_id.bytes())
            .about("proposal", proposal_id.bytes())
            .about("month", month.to_string().as_bytes())
            .about(facts::TRIAL_BALANCE, &facts::of_text(&json));
        let entry = batch.record(programme_no, &event)?;
        store::insert(batch.connection()?, entry, month, now, &json)?;
        Ok(entry)
    }))
}
