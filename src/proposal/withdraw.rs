//! Withdrawing a proposal: the act is not done.

use super::confirm::{decided, find};
use super::model::{self, Second, Status};
use super::propose::Proposal;
use super::store;
use crate::kernel::ProposalId;
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, Stop};

/// Takes a proposal off the table.
pub struct Withdraw {
    pub proposal_id: ProposalId,
    pub second: Second,
}

impl Command for Withdraw {
    type Reply = Proposal;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Proposal>, Stop> {
        let row = find(batch, self.proposal_id, &self.second)?;
        model::withdraw(row.status, &self.second, row.act.scopes())?;
        let decided = decided(row, Status::Withdrawn, &self.second, batch.now());
        let recorded_by = self.second.actor.token_no;
        Ok(Box::new(move |batch| {
            let event = Event::new(Kind::Withdrawn, batch.now(), recorded_by)
                .about("proposal", decided.proposal_id.bytes());
            let entry = batch.record(decided.programme_no, &event)?;
            store::decide(batch.connection()?, &decided, entry.log_index)?;
            Ok(Done::new(decided.into(), entry))
        }))
    }
}
