//! The table `quota_move`. Decides nothing.

use super::model::{Side, Standing, Status};
use crate::db::schema::{agency, quota_move};
use crate::db::{Connection, OptionalParsed, Parsed, parsed_columns};
use crate::kernel::{Actor, AgencyId, QuotaMoveId, Timestamp};
use crate::voucher::store::expect_one;
use crate::writer::Failure;
use diesel::prelude::*;
use std::collections::HashMap;

parsed_columns!(Status, Side);

/// A move as stored.
#[derive(Clone, PartialEq, Debug, Queryable, Selectable)]
#[diesel(table_name = quota_move)]
pub struct MoveRow {
    pub programme_no: i64,
    pub move_no: i64,
    pub move_id: QuotaMoveId,
    pub from_agency_no: i64,
    pub to_agency_no: i64,
    pub seats: i64,
    pub reason: String,
    #[diesel(deserialize_as = Parsed<Status>)]
    pub status: Status,
    #[diesel(deserialize_as = Parsed<Side>)]
    pub proposed_side: Side,
    pub proposed_by: String,
    pub proposed_at: Timestamp,
    pub from_agreed_by: Option<String>,
    pub from_agreed_at: Option<Timestamp>,
    pub from_agreed_log_index: Option<i64>,
    pub to_agreed_by: Option<String>,
    pub to_agreed_at: Option<Timestamp>,
    pub to_agreed_log_index: Option<i64>,
    #[diesel(deserialize_as = OptionalParsed<Side>)]
    pub ended_side: Option<Side>,
    pub ended_at: Option<Timestamp>,
    pub ended_log_index: Option<i64>,
    pub ended_reason: Option<String>,
}

impl MoveRow {
    pub fn standing(&self) -> Standing {
        Standing {
            status: self.status,
            proposed_side: self.proposed_side,
            proposed_by: self.proposed_by.clone(),
            from_agreed_by: self.from_agreed_by.clone(),
            to_agreed_by: self.to_agreed_by.clone(),
        }
    }

    /// The side of a caller of this agency, or of the office.
    pub fn side_of(&self, agency_no: Option<i64>) -> Option<Side> {
        Side::of(agency_no, self.from_agency_no, self.to_agency_no)
    }

    /// Notes an agency's word, at the leaf that it is in.
    pub fn note(&mut self, side: Side, actor: &Actor, at: Timestamp, log_index: i64) {
        let word = (Some(actor.subject.clone()), Some(at), Some(log_index));
        match side {
            Side::ToAgency => (self.to_agreed_by, self.to_agreed_at, self.to_agreed_log_index) = word,
            _ => (self.from_agreed_by, self.from_agreed_at, self.from_agreed_log_index) = word,
        }
    }
}

/// # Errors
/// The database's.
pub fn insert(connection: &mut Connection, row: &MoveRow) -> Result<(), Failure> {
    let inserted = diesel::insert_into(quota_move::table)
        .values((
            quota_move::programme_no.eq(row.programme_no),
            quota_move::move_no.eq(row.move_no),
            quota_move::move_id.eq(row.move_id),
            quota_move::from_agency_no.eq(row.from_agency_no),
            quota_move::to_agency_no.eq(row.to_agency_no),
            quota_move::seats.eq(row.seats),
            quota_move::reason.eq(&row.reason),
            quota_move::status.eq(row.status.as_str()),
            quota_move::proposed_side.eq(row.proposed_side.as_str()),
            quota_move::proposed_by.eq(&row.proposed_by),
            quota_move::proposed_at.eq(row.proposed_at),
            quota_move::from_agreed_by.eq(&row.from_agreed_by),
            quota_move::from_agreed_at.eq(row.from_agreed_at),
            quota_move::from_agreed_log_index.eq(row.from_agreed_log_index),
        ))
        .execute(connection)?;
    expect_one(inserted)
}

/// Writes what was said of a move that was open until now.
///
/// # Errors
/// The database's; it was over already.
pub fn update(connection: &mut Connection, row: &MoveRow) -> Result<(), Failure> {
    let changed = diesel::update(quota_move::table.find((row.programme_no, row.move_no)))
        .filter(quota_move::status.eq(Status::Proposed.as_str()))
        .set((
            quota_move::status.eq(row.status.as_str()),
            quota_move::from_agreed_by.eq(&row.from_agreed_by),
            quota_move::from_agreed_at.eq(row.from_agreed_at),
            quota_move::from_agreed_log_index.eq(row.from_agreed_log_index),
            quota_move::to_agreed_by.eq(&row.to_agreed_by),
            quota_move::to_agreed_at.eq(row.to_agreed_at),
            quota_move::to_agreed_log_index.eq(row.to_agreed_log_index),
            quota_move::ended_side.eq(row.ended_side.map(Side::as_str)),
            quota_move::ended_at.eq(row.ended_at),
            quota_move::ended_log_index.eq(row.ended_log_index),
            quota_move::ended_reason.eq(&row.ended_reason),
        ))
        .execute(connection)?;
    expect_one(changed)
}

/// A move of a programme, of this agency if one is named.
///
/// # Errors
/// The database's.
pub fn find(
    connection: &mut Connection,
    programme_no: i64,
    move_id: QuotaMoveId,
    agency_no: Option<i64>,
) -> QueryResult<Option<MoveRow>> {
    let found: Option<MoveRow> = quota_move::table
        .filter(quota_move::programme_no.eq(programme_no))
        .filter(quota_move::move_id.eq(move_id))
        .select(MoveRow::as_select())
        .get_result(connection)
        .optional()?;
    Ok(found.filter(|row| row.side_of(agency_no).is_some()))
}

/// Which moves of a programme are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Those that it is part of.
    pub agency_no: Option<i64>,
    pub status: Option<Status>,
    /// Behind this number.
    pub after: Option<i64>,
}

/// Moves in the order they were proposed.
///
/// # Errors
/// The database's.
pub fn list(
    connection: &mut Connection,
    programme_no: i64,
    wanted: Wanted,
    limit: i64,
) -> QueryResult<Vec<MoveRow>> {
    let mut query = quota_move::table
        .filter(quota_move::programme_no.eq(programme_no))
        .filter(quota_move::move_no.gt(wanted.after.unwrap_or(-1)))
        .order(quota_move::move_no)
        .limit(limit)
        .select(MoveRow::as_select())
        .into_boxed();
    if let Some(own) = wanted.agency_no {
        query = query.filter(quota_move::from_agency_no.eq(own).or(quota_move::to_agency_no.eq(own)));
    }
    if let Some(status) = wanted.status {
        query = query.filter(quota_move::status.eq(status.as_str()));
    }
    query.load(connection)
}

/// Ids and names of the agencies of moves, by their numbers.
///
/// # Errors
/// The database's.
pub fn agencies(
    connection: &mut Connection,
    rows: &[MoveRow],
) -> QueryResult<HashMap<i64, (AgencyId, String)>> {
    let numbers: Vec<i64> = rows.iter().flat_map(|row| [row.from_agency_no, row.to_agency_no]).collect();
    let agencies: Vec<(i64, AgencyId, String)> = agency::table
        .filter(agency::agency_no.eq_any(numbers))
        .select((agency::agency_no, agency::agency_id, agency::name))
        .load(connection)?;
    Ok(agencies.into_iter().map(|(number, id, name)| (number, (id, name))).collect())
}
