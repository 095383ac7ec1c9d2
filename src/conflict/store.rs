//! The table `conflict_case`. Decides nothing.

use super::model::Status;
use crate::db::schema::{conflict_case, programme, voucher_attempt};
use crate::db::{Connection, Parsed, parsed_columns};
use crate::kernel::*;
use crate::voucher::store::{Voucher, expect_one};
use crate::writer::Failure;
use diesel::dsl::max;
use diesel::prelude::*;

parsed_columns!(Status);

/// A case as stored.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = conflict_case)]
pub struct CaseRow {
    pub programme_no: i64,
    pub conflict_no: i64,
    pub conflict_id: ConflictId,
    pub device_no: i64,
    pub sequence: i64,
    pub voucher_no: i64,
    pub course_run_no: i64,
    pub refusal: String,
    pub collides_log_index: Option<i64>,
    #[diesel(deserialize_as = Parsed<Status>)]
    pub status: Status,
    pub decided_by: Option<String>,
    pub decided_at: Option<Timestamp>,
    pub decided_log_index: Option<i64>,
    pub reason: Option<String>,
}

/// # Errors
/// The database's.
pub fn insert(connection: &mut Connection, row: &CaseRow) -> Result<(), Failure> {
    let inserted = diesel::insert_into(conflict_case::table)
        .values((
            conflict_case::programme_no.eq(row.programme_no),
            conflict_case::conflict_no.eq(row.conflict_no),
            conflict_case::conflict_id.eq(row.conflict_id),
            conflict_case::device_no.eq(row.device_no),
            conflict_case::sequence.eq(row.sequence),
            conflict_case::voucher_no.eq(row.voucher_no),
            conflict_case::course_run_no.eq(row.course_run_no),
            conflict_case::refusal.eq(&row.refusal),
            conflict_case::collides_log_index.eq(row.collides_log_index),
            conflict_case::status.eq(row.status.as_str()),
        ))
        .execute(connection)?;
    expect_one(inserted)
}

/// The case of this id, of a programme of this university if one is named.
///
/// # Errors
/// The database's.
pub fn find(
    connection: &mut Connection,
    conflict_id: ConflictId,
    university_no: Option<i64>,
) -> QueryResult<Option<CaseRow>> {
    let mut programmes = programme::table.select(programme::programme_no).into_boxed();
    if let Some(university_no) = university_no {
        programmes = programmes.filter(programme::university_no.eq(university_no));
    }
    // Its unique index begins with the programme.
    let programmes: Vec<i64> = programmes.load(connection)?;
    conflict_case::table
        .filter(conflict_case::programme_no.eq_any(programmes))
        .filter(conflict_case::conflict_id.eq(conflict_id))
        .select(CaseRow::as_select())
        .get_result(connection)
        .optional()
}

/// Cases of a programme behind a number, in the order they were opened.
///
/// # Errors
/// The database's.
pub fn list(
    connection: &mut Connection,
    programme_no: i64,
    is_open: Option<bool>,
    after: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<CaseRow>> {
    let mut query = conflict_case::table
        .filter(conflict_case::programme_no.eq(programme_no))
        .filter(conflict_case::conflict_no.gt(after.unwrap_or(-1)))
        .order(conflict_case::conflict_no)
        .limit(limit)
        .select(CaseRow::as_select())
        .into_boxed();
    if let Some(is_open) = is_open {
        let statuses = Status::ALL.into_iter().filter(|status| (*status == Status::Open) == is_open);
        query = query.filter(conflict_case::status.eq_any(statuses.map(Status::as_str).collect::<Vec<_>>()));
    }
    query.load(connection)
}

/// Ends a case.
///
/// # Errors
/// The database's; it was decided meanwhile.
pub fn decide(
    connection: &mut Connection,
    row: &CaseRow,
    (status, reason): (Status, &str),
    (by, at): (&Actor, Timestamp),
    log_index: i64,
) -> Result<(), Failure> {
    let changed = diesel::update(conflict_case::table.find((row.programme_no, row.conflict_no)))
        .filter(conflict_case::status.eq(Status::Open.as_str()))
        .set((
            conflict_case::status.eq(status.as_str()),
            conflict_case::decided_by.eq(&by.subject),
            conflict_case::decided_at.eq(at),
            conflict_case::decided_log_index.eq(log_index),
            conflict_case::reason.eq(reason),
        ))
        .execute(connection)?;
    expect_one(changed)
}

/// The leaf of what was done to a voucher last, beside its issue and redemption.
///
/// # Errors
/// The database's.
pub fn last_deed(connection: &mut Connection, voucher: &Voucher) -> QueryResult<Option<i64>> {
    voucher_attempt::table
        .filter(voucher_attempt::programme_no.eq(voucher.programme_no))
        .filter(voucher_attempt::voucher_no.eq(voucher.voucher_no))
        .select(max(voucher_attempt::log_index))
        .get_result(connection)
}
