//! Proposing that seats move from one agency to another.

use super::model::{self, Seats, Side, Status};
use super::store::{self, MoveRow};
use super::view::{QuotaMove, view};
use crate::kernel::{Actor, AgencyId, ProgrammeId, QuotaMoveId, Reason, Refusal};
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::organisation;
use crate::programme::{self, lifecycle::find};
use crate::writer::{Batch, Change, Command, Done, Stop};
use serde::Deserialize;

/// Seats of one move at most.
const MAX_SEATS: i64 = 1_000_000;

/// Seats that are to move.
#[derive(Clone, PartialEq, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQuotaMove {
    /// The agency that gives; an agency gives of its own.
    pub from_agency_id: AgencyId,
    /// The agency that gets.
    pub to_agency_id: AgencyId,
    #[schema(minimum = 1, maximum = 1000000)]
    pub seats: i64,
    pub reason: Reason,
}

/// Proposes a move. An agency that proposes has agreed for its side.
pub struct ProposeQuotaMove {
    pub move_id: QuotaMoveId,
    pub programme_id: ProgrammeId,
    pub actor: Actor,
    /// The agency that proposes; without one, the office does.
    pub agency_no: Option<i64>,
    pub new: NewQuotaMove,
}

impl Command for ProposeQuotaMove {
    type Reply = QuotaMove;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<QuotaMove>, Stop> {
        let NewQuotaMove { from_agency_id, to_agency_id, seats, reason } = self.new.clone();
        if !(1..=MAX_SEATS).contains(&seats) {
            return Err(Refusal::field("seats", format!("1 to {MAX_SEATS}")).into());
        }
        if from_agency_id == to_agency_id {
            return Err(Refusal::field("to_agency_id", "another agency than the one that gives").into());
        }
        let facts = find(batch, self.programme_id)?;
        facts.accepts_changes()?;
        let programme_no = facts.programme_no;
        let connection = batch.connection()?;
        let mut number = |id, field: &str| {
            let found = organisation::store::agency_no(connection, id)?;
            Ok::<_, Stop>(found.ok_or_else(|| Refusal::not_found("agency").at(field))?)
        };
        let from_agency_no = number(from_agency_id, "from_agency_id")?;
        if self.agency_no.is_some_and(|own| own != from_agency_no) {
            return Err(Refusal::field("from_agency_id", "your own agency").into());
        }
        let to_agency_no = number(to_agency_id, "to_agency_id")?;
        let proposed_side = if self.agency_no.is_some() { Side::FromAgency } else { Side::Programme };
        let own = programme::store::quota(connection, programme_no, from_agency_no)?;
        let own = own.map(|(seats, held)| Seats { seats, held }).unwrap_or_default();
        model::leave(from_agency_id, own, seats, proposed_side).map_err(|refusal| refusal.at("seats"))?;
        let (move_id, programme_id, actor) = (self.move_id, self.programme_id, self.actor.clone());
        Ok(Box::new(move |batch| {
            let proposed_at = batch.now();
            let mut event = Event::new(Kind::QuotaMoveProposed, proposed_at, actor.token_no)
                .about("quota_move", move_id.bytes())
                .about("from_agency", from_agency_id.bytes())
                .about("to_agency", to_agency_id.bytes())
                .about("seats", &seats.to_be_bytes())
                .about(facts::REASON, &facts::of_reason(reason.as_str()));
            if proposed_side == Side::FromAgency {
                event = event.about("agency", from_agency_id.bytes());
            }
            let entry = batch.record(programme_no, &event)?;
            let mut row = MoveRow {
                programme_no,
                move_no: entry.log_index,
                move_id,
                from_agency_no,
                to_agency_no,
                seats,
                reason: reason.to_string(),
                status: Status::Proposed,
                proposed_side,
                proposed_by: actor.subject.clone(),
                proposed_at,
                from_agreed_by: None,
                from_agreed_at: None,
                from_agreed_log_index: None,
                to_agreed_by: None,
                to_agreed_at: None,
                to_agreed_log_index: None,
                ended_side: None,
                ended_at: None,
                ended_log_index: None,
                ended_reason: None,
            };
            if proposed_side == Side::FromAgency {
                row.note(proposed_side, &actor, proposed_at, entry.log_index);
            }
            store::insert(batch.connection()?, &row)?;
            Ok(Done::new(view(batch.connection()?, programme_id, row)?, entry))
        }))
    }
}
