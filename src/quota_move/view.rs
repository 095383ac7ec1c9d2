//! Moves of seats as answers show them.

use super::model::{Side, Status};
use super::store::{self, MoveRow};
use crate::db::Connection;
use crate::kernel::{AgencyId, ProgrammeId, QuotaMoveId, Timestamp};
use crate::writer::Failure;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A move of seats from one agency to another. It names sides, not people: either agency may read it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct QuotaMove {
    pub move_id: QuotaMoveId,
    pub programme_id: ProgrammeId,
    pub from_agency_id: AgencyId,
    pub from_agency: String,
    pub to_agency_id: AgencyId,
    pub to_agency: String,
    pub seats: i64,
    pub reason: String,
    pub status: Status,
    pub proposed_by: Side,
    pub proposed_at: Timestamp,
    /// When the agency that gives agreed.
    pub from_agreed_at: Option<Timestamp>,
    /// When the agency that gets agreed. The later of the two is when the seats moved.
    pub to_agreed_at: Option<Timestamp>,
    /// Who declined or withdrew.
    pub ended_by: Option<Side>,
    pub ended_at: Option<Timestamp>,
    /// Why it was declined.
    pub ended_reason: Option<String>,
}

/// Moves as they are shown, in the same order.
///
/// # Errors
/// The database's.
pub fn views(
    connection: &mut Connection,
    programme_id: ProgrammeId,
    rows: Vec<MoveRow>,
) -> Result<Vec<QuotaMove>, Failure> {
    let agencies = store::agencies(connection, &rows)?;
    let agency = |number: i64| {
        let found = agencies.get(&number).cloned();
        found.ok_or_else(|| Failure::Inconsistent(format!("agency {number} of a quota move is not there")))
    };
    let view = |row: MoveRow| {
        let ((from_agency_id, from_agency), (to_agency_id, to_agency)) =
            (agency(row.from_agency_no)?, agency(row.to_agency_no)?);
        Ok(QuotaMove {
            move_id: row.move_id,
            programme_id,
            from_agency_id,
            from_agency,
            to_agency_id,
            to_agency,
            seats: row.seats,
            reason: row.reason,
            status: row.status,
            proposed_by: row.proposed_side,
            proposed_at: row.proposed_at,
            from_agreed_at: row.from_agreed_at,
            to_agreed_at: row.to_agreed_at,
            ended_by: row.ended_side,
            ended_at: row.ended_at,
            ended_reason: row.ended_reason,
        })
    };
    rows.into_iter().map(view).collect()
}

/// One move as it is shown.
///
/// # Errors
/// The database's.
pub fn view(
    connection: &mut Connection,
    programme_id: ProgrammeId,
    row: MoveRow,
) -> Result<QuotaMove, Failure> {
    let shown = views(connection, programme_id, vec![row])?.pop();
    shown.ok_or_else(|| Failure::Inconsistent("a quota move is not shown".into()))
}
