//! The tables `attendance`, `test_result` and `completion`, and what their commands look at. Decides nothing.

use super::model::{DocumentNumber, TestResult};
use super::roll::{Roll, Seat};
use crate::db::schema::{
    attendance, completion, course_run, employee, programme, redemption, session, test_result, voucher,
};
use crate::db::{Connection, Parsed, rows};
use crate::kernel::{CourseRunId, RedemptionId, SessionId};
use crate::programme::ProgrammeFacts;
use crate::redemption::LIVE;
use crate::voucher::Status;
use crate::voucher::query::stored_number;
use crate::voucher::store::Voucher;
use crate::writer::Failure;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A session whose attendance is taken.
#[derive(Queryable, Selectable)]
#[diesel(table_name = session)]
pub struct Session {
    pub programme_no: i64,
    pub session_no: i64,
    pub course_run_no: i64,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub held_on: NaiveDate,
    pub status: String,
}

/// A session, of this university if one is named.
pub fn session(
    connection: &mut Connection,
    id: SessionId,
    university_no: Option<i64>,
) -> QueryResult<Option<Session>> {
    let mut query = session::table
        .inner_join(programme::table.on(programme::programme_no.eq(session::programme_no)))
        .filter(session::session_id.eq(id))
        .select(Session::as_select())
        .into_boxed();
    if let Some(university_no) = university_no {
        query = query.filter(programme::university_no.eq(university_no));
    }
    query.get_result(connection).optional()
}

/// A course run whose people are graded.
#[derive(Queryable, Selectable)]
#[diesel(table_name = course_run)]
pub struct Run {
    pub programme_no: i64,
    pub course_run_no: i64,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub starts_on: NaiveDate,
}

/// A course run, of this university if one is named.
pub fn course_run(
    connection: &mut Connection,
    id: CourseRunId,
    university_no: Option<i64>,
) -> QueryResult<Option<Run>> {
    let mut query = course_run::table
        .inner_join(programme::table.on(programme::programme_no.eq(course_run::programme_no)))
        .filter(course_run::course_run_id.eq(id))
        .select(Run::as_select())
        .into_boxed();
    if let Some(university_no) = university_no {
        query = query.filter(programme::university_no.eq(university_no));
    }
    query.get_result(connection).optional()
}

type SeatRow = (i64, RedemptionId, i16, i64, Status);

/// Everybody who was ever redeemed into a run.
pub fn roll(
    connection: &mut Connection,
    programme: &ProgrammeFacts,
    course_run_no: i64,
) -> Result<Roll, Failure> {
    let seats = seats(connection, programme, course_run_no, -1, i64::MAX)?;
    Ok(Roll::new(programme.code.clone(), seats))
}

/// Those redeemed into a run, in the order of their redemptions, after `after`.
pub fn seats(
    connection: &mut Connection,
    programme: &ProgrammeFacts,
    course_run_no: i64,
    after: i64,
    limit: i64,
) -> Result<Vec<Seat>, Failure> {
    let rows: Vec<SeatRow> = redemption::table
        .inner_join(
            voucher::table.on(voucher::programme_no
                .eq(redemption::programme_no)
                .and(voucher::voucher_no.eq(redemption::voucher_no))),
        )
        .filter(redemption::programme_no.eq(programme.programme_no))
        .filter(redemption::course_run_no.eq(course_run_no))
        .filter(redemption::redemption_no.gt(after))
        .order(redemption::redemption_no)
        .limit(limit)
        .select((
            redemption::redemption_no,
            redemption::redemption_id,
            redemption::status,
            redemption::voucher_no,
            voucher::status,
        ))
        .load(connection)?;
    let seat = |(redemption_no, redemption_id, status, voucher_no, voucher_status): SeatRow| {
        let number = stored_number(programme.code.as_str(), voucher_no)?;
        let is_live = status == LIVE;
        Ok(Seat { redemption_no, redemption_id, is_live, voucher_no, number, voucher_status })
    };
    rows.into_iter().map(seat).collect()
}

/// Who was in a session, by redemption, as it was recorded last.
pub fn attendance(
    connection: &mut Connection,
    programme_no: i64,
    session_no: i64,
) -> QueryResult<HashMap<i64, bool>> {
    let rows: Vec<(i64, bool)> = attendance::table
        .filter(attendance::programme_no.eq(programme_no))
        .filter(attendance::session_no.eq(session_no))
        .order(attendance::attendance_no)
        .select((attendance::redemption_no, attendance::present))
        .load(connection)?;
    Ok(rows.into_iter().collect())
}

pub struct AttendanceRow {
    pub programme_no: i64,
    pub attendance_no: i64,
    pub redemption_no: i64,
    pub session_no: i64,
    pub present: bool,
}

rows! {
    pub fn insert_attendance(AttendanceRow {
        programme_no: i64 as BigInt,
        attendance_no: i64 as BigInt,
        redemption_no: i64 as BigInt,
        session_no: i64 as BigInt,
        present: bool as Bool,
    }) = "INSERT INTO attendance {values}"
}

/// What the test said of the people of a run, by redemption, as it was recorded last.
pub fn results(
    connection: &mut Connection,
    programme_no: i64,
    course_run_no: i64,
) -> QueryResult<HashMap<i64, TestResult>> {
    let rows: Vec<(i64, bool, Option<i32>)> = redemption::table
        .inner_join(
            test_result::table.on(test_result::programme_no
                .eq(redemption::programme_no)
                .and(test_result::redemption_no.eq(redemption::redemption_no))),
        )
        .filter(redemption::programme_no.eq(programme_no))
        .filter(redemption::course_run_no.eq(course_run_no))
        .order(test_result::result_no)
        .select((test_result::redemption_no, test_result::passed, test_result::score))
        .load(connection)?;
    Ok(rows.into_iter().map(|(of, passed, score)| (of, TestResult { passed, score })).collect())
}

pub struct ResultRow {
    pub programme_no: i64,
    pub result_no: i64,
    pub redemption_no: i64,
    pub passed: bool,
    pub score: Option<i32>,
}

rows! {
    pub fn insert_results(ResultRow {
        programme_no: i64 as BigInt,
        result_no: i64 as BigInt,
        redemption_no: i64 as BigInt,
        passed: bool as Bool,
        score: Option<i32> as Nullable<Integer>,
    }) = "INSERT INTO test_result {values}"
}

/// Hours of a run's accepted sessions whose attendance was recorded.
pub struct Hours {
    pub counted: i64,
    /// How many each person attended, in another run before they were moved to this one too, by redemption; who attended
    /// none is not there.
    pub attended: HashMap<i64, i64>,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    hours: i64,
}

#[derive(QueryableByName)]
struct Attended {
    #[diesel(sql_type = BigInt)]
    redemption_no: i64,
    #[diesel(sql_type = BigInt)]
    hours: i64,
}

pub fn hours(connection: &mut Connection, programme_no: i64, course_run_no: i64) -> QueryResult<Hours> {
    let counted: Counted = sql_query(
        "SELECT CAST(COALESCE(SUM(hours), 0) AS BIGINT) AS hours FROM session
         WHERE programme_no = $1 AND course_run_no = $2 AND status = 'accepted'
           AND EXISTS (SELECT 1 FROM attendance WHERE attendance.programme_no = session.programme_no
                         AND attendance.session_no = session.session_no)",
    )
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(course_run_no)
    .get_result(connection)?;
    let attended: Vec<Attended> = sql_query(
        "SELECT attendance.redemption_no, CAST(SUM(session.hours) AS BIGINT) AS hours
         FROM session
         JOIN attendance ON attendance.programme_no = session.programme_no
             AND attendance.session_no = session.session_no
         JOIN redemption ON redemption.programme_no = attendance.programme_no
             AND redemption.redemption_no = attendance.redemption_no
         WHERE session.programme_no = $1 AND redemption.course_run_no = $2 AND session.status = 'accepted'
           AND (session.course_run_no = $2 OR EXISTS (SELECT 1 FROM enrolment_move
               WHERE enrolment_move.programme_no = $1 AND enrolment_move.redemption_no = redemption.redemption_no))
           AND attendance.present
           AND NOT EXISTS (SELECT 1 FROM attendance AS later
               WHERE later.programme_no = attendance.programme_no AND later.session_no = attendance.session_no
                 AND later.redemption_no = attendance.redemption_no
                 AND later.attendance_no > attendance.attendance_no)
         GROUP BY attendance.redemption_no",
    )
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(course_run_no)
    .load(connection)?;
    let attended = attended.into_iter().map(|row| (row.redemption_no, row.hours)).collect();
    Ok(Hours { counted: counted.hours, attended })
}

/// Documents and days of those who completed the course in a run, by redemption.
pub fn completions(
    connection: &mut Connection,
    programme_no: i64,
    course_run_no: i64,
) -> QueryResult<HashMap<i64, (String, NaiveDate)>> {
    let rows: Vec<(i64, String, Parsed<NaiveDate>)> = redemption::table
        .inner_join(
            completion::table.on(completion::programme_no
                .eq(redemption::programme_no)
                .and(completion::redemption_no.eq(redemption::redemption_no))),
        )
        .filter(redemption::programme_no.eq(programme_no))
        .filter(redemption::course_run_no.eq(course_run_no))
        .select((completion::redemption_no, completion::document_number, completion::completed_on))
        .load(connection)?;
    Ok(rows.into_iter().map(|(of, number, day)| (of, (number, day.0))).collect())
}

/// Which of these numbers were given in the programme before.
pub fn documents_taken<'a>(
    connection: &mut Connection,
    programme_no: i64,
    numbers: impl Iterator<Item = &'a DocumentNumber>,
) -> QueryResult<HashSet<String>> {
    let taken: Vec<String> = completion::table
        .filter(completion::programme_no.eq(programme_no))
        .filter(completion::document_number.eq_any(numbers.map(DocumentNumber::as_str).collect::<Vec<_>>()))
        .select(completion::document_number)
        .load(connection)?;
    Ok(taken.into_iter().collect())
}

/// Vouchers by their numbers, each with its holder's category of service.
pub fn vouchers(
    connection: &mut Connection,
    programme_no: i64,
    numbers: Vec<i64>,
) -> QueryResult<BTreeMap<i64, (Voucher, String)>> {
    let rows: Vec<(Voucher, String)> = voucher::table
        .inner_join(employee::table.on(employee::employee_no.eq(voucher::employee_no)))
        .filter(voucher::programme_no.eq(programme_no))
        .filter(voucher::voucher_no.eq_any(numbers))
        .select((Voucher::as_select(), employee::category))
        .load(connection)?;
    Ok(rows.into_iter().map(|(voucher, category)| (voucher.voucher_no, (voucher, category))).collect())
}

pub struct CompletionRow {
    pub programme_no: i64,
    pub completion_no: i64,
    pub redemption_no: i64,
    pub document_number: String,
    pub completed_on: String,
    pub category: String,
}

rows! {
    pub fn insert_completions(CompletionRow {
        programme_no: i64 as BigInt,
        completion_no: i64 as BigInt,
        redemption_no: i64 as BigInt,
        document_number: String as Text,
        completed_on: String as Text,
        category: String as Text,
    }) = "INSERT INTO completion {values}"
}
