//! The tables of teaching: `payee`, `payee_personal`, `session`.

use super::model::{Phase, Status};
use crate::db::schema::{course_run, payee, payee_personal, posting, programme, session};
use crate::db::{Connection, Parsed, parsed_columns};
use crate::kernel::{CourseRunId, Kopecks, PayeeId, ProgrammeId, SessionId};
use crate::ledger::model::Account;
use crate::writer::{Entry, Failure};
use chrono::NaiveDate;
use diesel::dsl::{sql, sum};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

parsed_columns!(Phase, Status);

pub const INSTRUCTOR: &str = "instructor";
pub const TAX_OFFICE: &str = "tax_office";

#[derive(Insertable)]
#[diesel(table_name = payee, treat_none_as_default_value = false)]
pub struct NewPayee {
    pub payee_id: PayeeId,
    pub kind: &'static str,
    pub university_no: Option<i64>,
    pub hourly_rate_kopecks: Option<Kopecks>,
}

/// An instructor as the teaching office sees them.
#[derive(Queryable, Selectable)]
#[diesel(table_name = payee)]
pub struct Instructor {
    pub payee_no: i64,
    pub payee_id: PayeeId,
    pub hourly_rate_kopecks: Option<Kopecks>,
    #[diesel(select_expression = payee_personal::name)]
    pub name: String,
}

/// A course run as recording a session needs it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = course_run)]
pub struct Run {
    pub programme_no: i64,
    pub course_run_no: i64,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub starts_on: NaiveDate,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub ends_on: NaiveDate,
    pub status: String,
}

#[derive(Insertable)]
#[diesel(table_name = session)]
pub struct NewSession {
    pub programme_no: i64,
    pub session_id: SessionId,
    pub course_run_no: i64,
    pub payee_no: i64,
    pub held_on: String,
    pub phase: &'static str,
    pub hours: i32,
    pub status: &'static str,
    pub recorded_by: String,
}

/// A session as accepting or cancelling it needs it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = session)]
pub struct ToAccept {
    pub programme_no: i64,
    pub session_no: i64,
    pub course_run_no: i64,
    pub payee_no: i64,
    #[diesel(select_expression = payee::hourly_rate_kopecks)]
    pub hourly_rate_kopecks: Option<Kopecks>,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub held_on: NaiveDate,
    pub hours: i32,
    #[diesel(deserialize_as = Parsed<Status>)]
    pub status: Status,
    pub recorded_by: String,
    pub accepted_log_index: Option<i64>,
}

/// A session as it is shown.
#[derive(Queryable, Selectable)]
#[diesel(table_name = session)]
pub struct SessionRow {
    pub session_no: i64,
    pub session_id: SessionId,
    #[diesel(select_expression = programme::programme_id)]
    pub programme_id: ProgrammeId,
    #[diesel(select_expression = course_run::course_run_id)]
    pub course_run_id: CourseRunId,
    #[diesel(select_expression = payee::payee_id)]
    pub payee_id: PayeeId,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub held_on: NaiveDate,
    #[diesel(deserialize_as = Parsed<Phase>)]
    pub phase: Phase,
    pub hours: i32,
    #[diesel(deserialize_as = Parsed<Status>)]
    pub status: Status,
    pub pay_kopecks: Option<Kopecks>,
    pub contributions_kopecks: Option<Kopecks>,
    pub reason: Option<String>,
}

/// Which sessions are listed; `None` does not narrow.
#[derive(Default)]
pub struct SessionFilter {
    pub university_no: Option<i64>,
    pub course_run_id: Option<CourseRunId>,
    pub payee_id: Option<PayeeId>,
    pub status: Option<Status>,
}

pub fn insert_payee(
    connection: &mut Connection,
    payee_no: i64,
    new: &NewPayee,
    name: &str,
) -> Result<(), Failure> {
    diesel::insert_into(payee::table).values((payee::payee_no.eq(payee_no), new)).execute(connection)?;
    diesel::insert_into(payee_personal::table)
        .values((payee_personal::payee_no.eq(payee_no), payee_personal::name.eq(name)))
        .execute(connection)?;
    Ok(())
}

/// The payee of contributions, once it is registered.
pub fn tax_office(connection: &mut Connection) -> QueryResult<Option<i64>> {
    payee::table.filter(payee::kind.eq(TAX_OFFICE)).select(payee::payee_no).first(connection).optional()
}

macro_rules! instructors {
    ($university_no:expr) => {{
        let university_no: Option<i64> = $university_no;
        let mut query = payee::table
            .inner_join(payee_personal::table.on(payee_personal::payee_no.eq(payee::payee_no)))
            .filter(payee::kind.eq(INSTRUCTOR))
            .select(Instructor::as_select())
            .into_boxed();
        if let Some(university_no) = university_no {
            query = query.filter(payee::university_no.eq(university_no));
        }
        query
    }};
}

pub fn instructor(
    connection: &mut Connection,
    id: PayeeId,
    university_no: i64,
) -> QueryResult<Option<Instructor>> {
    instructors!(Some(university_no)).filter(payee::payee_id.eq(id)).get_result(connection).optional()
}

/// Instructors of a university in the order they were registered, after `after`.
pub fn instructors(
    connection: &mut Connection,
    university_no: Option<i64>,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<Instructor>> {
    instructors!(university_no)
        .filter(payee::payee_no.gt(after))
        .order(payee::payee_no)
        .limit(limit)
        .load(connection)
}

/// A course run of one of the university's programmes.
pub fn course_run(
    connection: &mut Connection,
    id: CourseRunId,
    university_no: i64,
) -> QueryResult<Option<Run>> {
    course_run::table
        .inner_join(programme::table.on(programme::programme_no.eq(course_run::programme_no)))
        .filter(course_run::course_run_id.eq(id))
        .filter(programme::university_no.eq(university_no))
        .select(Run::as_select())
        .get_result(connection)
        .optional()
}

/// Hours recorded for a course run, accepted or not, and not cancelled.
pub fn hours_of_run(connection: &mut Connection, programme_no: i64, course_run_no: i64) -> QueryResult<i64> {
    session::table
        .filter(session::programme_no.eq(programme_no))
        .filter(session::course_run_no.eq(course_run_no))
        .filter(session::status.ne(Status::Cancelled.as_str()))
        .select(sum(session::hours))
        .get_result::<Option<i64>>(connection)
        .map(Option::unwrap_or_default)
}

/// Hours an instructor has on a day, in all programmes.
pub fn hours_of_day(connection: &mut Connection, payee_no: i64, held_on: NaiveDate) -> QueryResult<i64> {
    session::table
        .filter(session::payee_no.eq(payee_no))
        .filter(session::held_on.eq(held_on.to_string()))
        .filter(session::status.ne(Status::Cancelled.as_str()))
        .select(sum(session::hours))
        .get_result::<Option<i64>>(connection)
        .map(Option::unwrap_or_default)
}

pub fn insert_session(connection: &mut Connection, session_no: i64, new: &NewSession) -> Result<(), Failure> {
    diesel::insert_into(session::table)
        .values((session::session_no.eq(session_no), new))
        .execute(connection)?;
    Ok(())
}

/// With `university_no`, only one of that university's programmes.
pub fn session_to_accept(
    connection: &mut Connection,
    id: SessionId,
    university_no: Option<i64>,
) -> QueryResult<Option<ToAccept>> {
    let mut query = session::table
        .inner_join(programme::table.on(programme::programme_no.eq(session::programme_no)))
        .inner_join(payee::table.on(payee::payee_no.eq(session::payee_no)))
        .filter(session::session_id.eq(id))
        .select(ToAccept::as_select())
        .into_boxed();
    if let Some(university_no) = university_no {
        query = query.filter(programme::university_no.eq(university_no));
    }
    query.get_result(connection).optional()
}

/// What was paid for a session and did not come back.
pub fn paid_of_session(
    connection: &mut Connection,
    programme_no: i64,
    session_no: i64,
) -> QueryResult<Kopecks> {
    posting::table
        .filter(posting::programme_no.eq(programme_no))
        .filter(posting::session_no.eq(session_no))
        .filter(posting::account.eq(Account::Paid.number()))
        .select(sql::<BigInt>("CAST(COALESCE(SUM(amount_kopecks), 0) AS BIGINT)"))
        .get_result(connection)
}

pub fn is_run_open(connection: &mut Connection, programme_no: i64, course_run_no: i64) -> QueryResult<bool> {
    let status: String = course_run::table
        .find((programme_no, course_run_no))
        .select(course_run::status)
        .get_result(connection)?;
    Ok(status == "open")
}

/// Marks a session cancelled by the transaction at `entry`.
pub fn cancel(
    connection: &mut Connection,
    entry: Entry,
    session_no: i64,
    reason: &str,
) -> Result<(), Failure> {
    let changed = diesel::update(session::table.find((entry.programme_no, session_no)))
        .filter(session::status.ne(Status::Cancelled.as_str()))
        .set((
            session::status.eq(Status::Cancelled.as_str()),
            session::cancelled_log_index.eq(entry.log_index),
            session::reason.eq(reason),
        ))
        .execute(connection)?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Failure::Inconsistent(format!("session {session_no} was cancelled before")))
    }
}

/// Marks a session accepted by the transaction at `entry`.
pub fn accept(
    connection: &mut Connection,
    entry: Entry,
    session_no: i64,
    accepted_by: &str,
    pay: Kopecks,
    contributions: Kopecks,
) -> Result<(), Failure> {
    let changed = diesel::update(session::table.find((entry.programme_no, session_no)))
        .filter(session::status.eq(Status::Recorded.as_str()))
        .set((
            session::status.eq(Status::Accepted.as_str()),
            session::accepted_by.eq(accepted_by),
            session::accepted_log_index.eq(entry.log_index),
            session::pay_kopecks.eq(pay),
            session::contributions_kopecks.eq(contributions),
        ))
        .execute(connection)?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Failure::Inconsistent(format!("session {session_no} was not recorded")))
    }
}

macro_rules! sessions {
    ($filter:expr) => {{
        let filter: &SessionFilter = $filter;
        let mut query = session::table
            .inner_join(programme::table.on(programme::programme_no.eq(session::programme_no)))
            .inner_join(payee::table.on(payee::payee_no.eq(session::payee_no)))
            .inner_join(
                course_run::table.on(course_run::programme_no
                    .eq(session::programme_no)
                    .and(course_run::course_run_no.eq(session::course_run_no))),
            )
            .select(SessionRow::as_select())
            .into_boxed();
        if let Some(university_no) = filter.university_no {
            query = query.filter(programme::university_no.eq(university_no));
        }
        if let Some(id) = filter.course_run_id {
            query = query.filter(course_run::course_run_id.eq(id));
        }
        if let Some(id) = filter.payee_id {
            query = query.filter(payee::payee_id.eq(id));
        }
        if let Some(status) = filter.status {
            query = query.filter(session::status.eq(status.as_str()));
        }
        query
    }};
}

pub fn session(
    connection: &mut Connection,
    id: SessionId,
    filter: &SessionFilter,
) -> QueryResult<Option<SessionRow>> {
    sessions!(filter).filter(session::session_id.eq(id)).get_result(connection).optional()
}

/// Sessions of a programme in the order they were recorded, after `after`.
pub fn sessions(
    connection: &mut Connection,
    programme_no: i64,
    filter: &SessionFilter,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<SessionRow>> {
    sessions!(filter)
        .filter(session::programme_no.eq(programme_no))
        .filter(session::session_no.gt(after))
        .order(session::session_no)
        .limit(limit)
        .load(connection)
}
