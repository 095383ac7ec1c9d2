//! Confirming an act: the second person, and the act is done.

use super::act::Hands;
use super::model::{self, Second, Status};
use super::propose::Proposal;
use super::store::{self, ProposalRow};
use crate::kernel::{ProposalId, Refusal, Timestamp};
use crate::writer::{Batch, Change, Command, Done, Stop};

/// Does what was proposed.
pub struct Confirm {
    pub proposal_id: ProposalId,
    pub second: Second,
}

impl Command for Confirm {
    type Reply = Proposal;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Proposal>, Stop> {
        let row = find(batch, self.proposal_id, &self.second)?;
        model::confirm(row.status, &row.proposed_by, &self.second, row.act.scopes())?;
        let Self { proposal_id, second } = self;
        let actor = second.actor.clone();
        let hands = Hands { programme_no: row.programme_no, proposal_id: *proposal_id, actor };
        let acting = row.act.decide(batch, hands)?;
        let decided = decided(row, Status::Confirmed, second, batch.now());
        Ok(Box::new(move |batch| {
            let entry = acting(batch)?;
            store::decide(batch.connection()?, &decided, entry.log_index)?;
            Ok(Done::new(decided.into(), entry))
        }))
    }
}

/// The proposal, if it is there for `second`.
///
/// # Errors
/// `not_found`.
pub(super) fn find(batch: &mut Batch<'_>, id: ProposalId, second: &Second) -> Result<ProposalRow, Stop> {
    let found = store::find(batch.connection()?, id, second.university_no)?;
    found.ok_or_else(|| Refusal::not_found("proposal").into())
}

pub(super) fn decided(row: ProposalRow, status: Status, second: &Second, now: Timestamp) -> ProposalRow {
    ProposalRow { status, decided_by: Some(second.actor.subject.clone()), decided_at: Some(now), ..row }
}
