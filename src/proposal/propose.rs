//! Proposing an act: the first person.

use super::act::{Act, Hands};
use super::model::Status;
use super::store::{self, ProposalRow};
use crate::kernel::{Actor, ProgrammeId, ProposalId, Timestamp};
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, Failure, Stop};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Puts an act before a second person. Refused at once when it could not be done as things stand.
pub struct Propose {
    pub proposal_id: ProposalId,
    /// The programme whose log it belongs in (`SERVICE` for acts of the service itself).
    pub programme_no: i64,
    pub actor: Actor,
    pub act: Act,
}

/// An act that waits for its second person, or was decided.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Proposal {
    pub proposal_id: ProposalId,
    /// Null for an act of the service itself.
    pub programme_id: Option<ProgrammeId>,
    pub act: Act,
    pub status: Status,
    /// The subject of the proposer's token.
    pub proposed_by: String,
    pub proposed_at: Timestamp,
    pub decided_by: Option<String>,
    pub decided_at: Option<Timestamp>,
}

impl From<ProposalRow> for Proposal {
    fn from(row: ProposalRow) -> Self {
        Self {
            proposal_id: row.proposal_id,
            programme_id: row.programme_id,
            act: row.act,
            status: row.status,
            proposed_by: row.proposed_by,
            proposed_at: row.proposed_at,
            decided_by: row.decided_by,
            decided_at: row.decided_at,
        }
    }
}

impl Command for Propose {
    type Reply = Proposal;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Proposal>, Stop> {
        let Self { proposal_id, programme_no, .. } = *self;
        let hands = Hands { programme_no, proposal_id, actor: self.actor.clone() };
        // Only looked at: what it would change is done when it is confirmed.
        drop(self.act.decide(batch, hands)?);
        let json = serde_json::to_string(&self.act)
            .map_err(|error| Failure::Inconsistent(format!("an act cannot be written: {error}")))?;
        let (act, actor) = (self.act.clone(), self.actor.clone());
        Ok(Box::new(move |batch| {
            let now = batch.now();
            let proposal_no = batch.next_index(programme_no)?;
            let by = (actor.subject.as_str(), now);
            store::insert(batch.connection()?, programme_no, proposal_no, proposal_id, (&act, &json), by)?;
            let event = Event::new(Kind::Proposed, now, actor.token_no)
                .about("proposal", proposal_id.bytes())
                .about("act_sha256", &Sha256::digest(&json));
            let entry = batch.record(programme_no, &event)?;
            let proposed = store::find(batch.connection()?, proposal_id, None)?.map(Proposal::from);
            let proposed = proposed.ok_or_else(|| Failure::Inconsistent("a proposal vanished".into()))?;
            Ok(Done::new(proposed, entry))
        }))
    }
}
