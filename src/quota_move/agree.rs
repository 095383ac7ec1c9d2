//! Agreeing to a move of seats. The last word of the two agencies carries it out.

use super::model::{self, Agreed, Seats, Side, Status};
use super::store::{self, MoveRow};
use super::view::{QuotaMove, view};
use crate::kernel::{Actor, ProgrammeId, QuotaMoveId, Refusal};
use crate::ledger::model::{Event, Kind};
use crate::programme::{self, ProgrammeFacts, lifecycle::find};
use crate::writer::{Batch, Change, Command, Done, Failure, Stop};

/// Agrees for an agency.
pub struct AgreeToQuotaMove {
    pub programme_id: ProgrammeId,
    pub move_id: QuotaMoveId,
    pub actor: Actor,
    pub agency_no: Option<i64>,
}

/// The move and the side of the caller, if it is there for them.
///
/// # Errors
/// `not_found`; the store's.
pub fn load(
    batch: &mut Batch<'_>,
    (programme_id, move_id): (ProgrammeId, QuotaMoveId),
    agency_no: Option<i64>,
) -> Result<(ProgrammeFacts, MoveRow, Side), Stop> {
    let facts = find(batch, programme_id)?;
    let row = store::find(batch.connection()?, facts.programme_no, move_id, agency_no)?;
    let row = row.ok_or_else(|| Refusal::not_found("quota_move"))?;
    let side = row.side_of(agency_no).ok_or_else(|| Refusal::not_found("quota_move"))?;
    Ok((facts, row, side))
}

impl Command for AgreeToQuotaMove {
    type Reply = QuotaMove;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<QuotaMove>, Stop> {
        let (facts, mut row, side) = load(batch, (self.programme_id, self.move_id), self.agency_no)?;
        let agreed = row.standing().agree(side, &self.actor)?;
        facts.accepts_changes()?;
        let connection = batch.connection()?;
        let agencies = store::agencies(connection, std::slice::from_ref(&row))?;
        let missing = || Failure::Inconsistent("an agency of a quota move is not there".into());
        let (from_agency_id, _) = *agencies.get(&row.from_agency_no).ok_or_else(missing)?;
        let speaks = if side == Side::ToAgency { row.to_agency_no } else { row.from_agency_no };
        let (agency_id, _) = *agencies.get(&speaks).ok_or_else(missing)?;
        let mut quota = |agency_no| {
            let quota = programme::store::quota(connection, facts.programme_no, agency_no)?;
            Ok::<_, Failure>(quota.map(|(seats, held)| Seats { seats, held }).unwrap_or_default())
        };
        let (from, to) = (quota(row.from_agency_no)?, quota(row.to_agency_no)?);
        // Whatever was held or moved since the proposal counts now.
        if agreed == Agreed::Moved {
            model::leave(from_agency_id, from, row.seats, side)?;
        }
        let (programme_id, actor) = (self.programme_id, self.actor.clone());
        Ok(Box::new(move |batch| {
            let now = batch.now();
            let event = Event::new(Kind::QuotaMoveAgreed, now, actor.token_no)
                .about("quota_move", row.move_id.bytes())
                .about("agency", agency_id.bytes())
                .about("outcome", agreed.as_str().as_bytes());
            let entry = batch.record(row.programme_no, &event)?;
            row.note(side, &actor, now, entry.log_index);
            let connection = batch.connection()?;
            if agreed == Agreed::Moved {
                row.status = Status::Moved;
                let set = programme::store::set_quota;
                set(connection, row.programme_no, row.from_agency_no, from.seats - row.seats)?;
                set(connection, row.programme_no, row.to_agency_no, to.seats + row.seats)?;
            }
            store::update(connection, &row)?;
            Ok(Done::new(view(connection, programme_id, row)?, entry))
        }))
    }
}
