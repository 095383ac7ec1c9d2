//! Ending a move of seats before it is carried out: an agency declines, or the proposer withdraws.

use super::agree::load;
use super::model::{Side, Status, Word};
use super::store;
use super::view::{QuotaMove, view};
use crate::kernel::{Actor, ProgrammeId, QuotaMoveId, Reason};
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, Failure, Stop};

/// Declines, when there is a reason, or withdraws.
pub struct EndQuotaMove {
    pub programme_id: ProgrammeId,
    pub move_id: QuotaMoveId,
    pub actor: Actor,
    pub agency_no: Option<i64>,
    /// Why it is declined.
    pub reason: Option<Reason>,
}

impl Command for EndQuotaMove {
    type Reply = QuotaMove;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<QuotaMove>, Stop> {
        let (_, mut row, side) = load(batch, (self.programme_id, self.move_id), self.agency_no)?;
        let (word, status) = match self.reason {
            Some(_) => (Word::Decline, Status::Declined),
            None => (Word::Withdraw, Status::Withdrawn),
        };
        row.standing().check(word, side)?;
        let connection = batch.connection()?;
        let mut agencies = store::agencies(connection, std::slice::from_ref(&row))?;
        let agency_id = match side {
            Side::Programme => None,
            Side::FromAgency => agencies.remove(&row.from_agency_no),
            Side::ToAgency => agencies.remove(&row.to_agency_no),
        };
        let (programme_id, actor, reason) = (self.programme_id, self.actor.clone(), self.reason.clone());
        Ok(Box::new(move |batch| {
            let now = batch.now();
            let mut event = Event::new(Kind::QuotaMoveEnded, now, actor.token_no)
                .about("quota_move", row.move_id.bytes())
                .about("outcome", status.as_str().as_bytes());
            if let Some((agency_id, _)) = agency_id {
                event = event.about("agency", agency_id.bytes());
            }
            if let Some(reason) = &reason {
                event = event.about(facts::REASON, &facts::of_reason(reason.as_str()));
            }
            let entry = batch.record(row.programme_no, &event)?;
            row.status = status;
            (row.ended_side, row.ended_at) = (Some(side), Some(now));
            row.ended_log_index = Some(entry.log_index);
            row.ended_reason = reason.map(|reason| reason.to_string());
            let connection = batch.connection()?;
            store::update(connection, &row)?;
            Ok::<_, Failure>(Done::new(view(connection, programme_id, row)?, entry))
        }))
    }
}
