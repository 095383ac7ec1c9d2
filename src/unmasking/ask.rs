//! Asking for a name: what the log keeps is that it was asked, by whom, of which pseudonym, and the digest of the reason.

use super::model::{Grounds, Whom};
use super::store::{self, Masked};
use crate::kernel::{Actor, ProgrammeId};
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, Stop};
use serde::{Deserialize, Serialize};

/// Records that a name is asked for. The answer has no name: answers are kept for repeats, and names are personal data.
pub struct Unmask {
    pub whom: Whom,
    pub grounds: Grounds,
    pub actor: Actor,
}

/// An asking that is recorded.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Unmasked {
    pub programme_id: ProgrammeId,
    pub log_index: i64,
    /// The token that asked: a repeat by another is no repeat.
    pub asked_by: i64,
}

impl Command for Unmask {
    type Reply = Unmasked;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Unmasked>, Stop> {
        let masked = store::find(batch.connection()?, self.whom)?;
        let kind = match masked {
            Masked::Holder { .. } => Kind::HolderUnmasked,
            Masked::Payee { .. } => Kind::PayeeUnmasked,
        };
        let event = Event::new(kind, batch.now(), self.actor.token_no);
        let event =
            masked.subjects().into_iter().fold(event, |event, (name, bytes)| event.about(name, &bytes));
        let event = event.about(facts::REASON, &facts::of_reason(self.grounds.as_str()));
        let (grounds, asked_by) = (self.grounds.clone(), self.actor.token_no);
        Ok(Box::new(move |batch| {
            let entry = batch.record(masked.programme().0, &event)?;
            store::insert(batch.connection()?, entry, &masked, &grounds)?;
            let reply = Unmasked { programme_id: masked.programme().1, log_index: entry.log_index, asked_by };
            Ok(Done::new(reply, entry))
        }))
    }
}
