//! The tables of teaching: `payee`, `payee_personal`, `instructor_contract`, `session`.

use super::contract::{Contract, Terms};
use super::model::{Phase, PhaseFacts, Status};
use super::timetable::{Other, StartsAt, Whose};
use crate::db::schema::{
    course_run, course_run_plan, instructor_contract, payee, payee_personal, posting, programme, session,
};
use crate::db::{Connection, OptionalParsed, Parsed, parsed_columns};
use crate::kernel::{CourseRunId, InstructorContractId, Kopecks, PayeeId, ProgrammeId, SessionId};
use crate::ledger::model::Account;
use crate::writer::{Entry, Failure};
use chrono::NaiveDate;
use diesel::dsl::{sql, sum};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

parsed_columns!(Status, StartsAt);

pub const INSTRUCTOR: &str = "instructor";
pub const TAX_OFFICE: &str = "tax_office";

#[derive(Insertable)]
#[diesel(table_name = payee, treat_none_as_default_value = false)]
pub struct NewPayee {
    pub payee_id: PayeeId,
    pub kind: &'static str,
    pub university_no: Option<i64>,
}

/// An instructor as the teaching office sees them.
#[derive(Queryable, Selectable)]
#[diesel(table_name = payee)]
pub struct Instructor {
    pub payee_no: i64,
    pub payee_id: PayeeId,
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
#[diesel(table_name = session, treat_none_as_default_value = false)]
pub struct NewSession {
    pub programme_no: i64,
    pub session_id: SessionId,
    pub course_run_no: i64,
    pub payee_no: i64,
    pub held_on: String,
    pub starts_at: Option<String>,
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
    #[diesel(deserialize_as = OptionalParsed<StartsAt>)]
    pub starts_at: Option<StartsAt>,
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

pub fn insert_contract(
    connection: &mut Connection,
    contract_no: i64,
    contract_id: InstructorContractId,
    payee_no: i64,
    terms: &Terms,
) -> Result<(), Failure> {
    diesel::insert_into(instructor_contract::table)
        .values((
            instructor_contract::contract_no.eq(contract_no),
            instructor_contract::contract_id.eq(contract_id),
            instructor_contract::payee_no.eq(payee_no),
            instructor_contract::number.eq(terms.number.as_str()),
            instructor_contract::hourly_rate_kopecks.eq(terms.hourly_rate),
            instructor_contract::valid_from.eq(terms.valid_from.to_string()),
            instructor_contract::valid_until.eq(terms.valid_until.to_string()),
            instructor_contract::hours.eq(terms.hours),
        ))
        .execute(connection)?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = instructor_contract)]
struct ContractRow {
    payee_no: i64,
    contract_id: InstructorContractId,
    number: String,
    hourly_rate_kopecks: Kopecks,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    valid_from: NaiveDate,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    valid_until: NaiveDate,
    hours: i32,
}

/// An instructor's contracts, day by day.
pub fn contracts(connection: &mut Connection, payee_no: i64) -> QueryResult<Vec<Contract>> {
    let contracts = contracts_of(connection, &[payee_no])?;
    Ok(contracts.into_iter().map(|(_, contract)| contract).collect())
}

/// The contracts of these instructors, each with its instructor, day by day.
pub fn contracts_of(connection: &mut Connection, payees: &[i64]) -> QueryResult<Vec<(i64, Contract)>> {
    let rows: Vec<ContractRow> = instructor_contract::table
        .filter(instructor_contract::payee_no.eq_any(payees))
        .order((instructor_contract::payee_no, instructor_contract::valid_from))
        .select(ContractRow::as_select())
        .load(connection)?;
    let contract = |row: ContractRow| {
        let ContractRow {
            payee_no,
            contract_id,
            number,
            hourly_rate_kopecks,
            valid_from,
            valid_until,
            hours,
        } = row;
        (
            payee_no,
            Contract {
                contract_id,
                number,
                hourly_rate: hourly_rate_kopecks,
                valid_from,
                valid_until,
                hours,
            },
        )
    };
    Ok(rows.into_iter().map(contract).collect())
}

/// Hours recorded under an instructor's contract of a day, in all programmes; none without a contract.
pub fn hours_of_contract(connection: &mut Connection, payee_no: i64, day: NaiveDate) -> QueryResult<i64> {
    let day = day.to_string();
    let days: Option<(String, String)> = instructor_contract::table
        .filter(instructor_contract::payee_no.eq(payee_no))
        .filter(instructor_contract::valid_from.le(&day))
        .filter(instructor_contract::valid_until.ge(&day))
        .select((instructor_contract::valid_from, instructor_contract::valid_until))
        .get_result(connection)
        .optional()?;
    let Some((from, until)) = days else { return Ok(0) };
    session::table
        .filter(session::payee_no.eq(payee_no))
        .filter(session::held_on.between(from, until))
        .filter(session::status.ne(Status::Cancelled.as_str()))
        .select(sum(session::hours))
        .get_result::<Option<i64>>(connection)
        .map(Option::unwrap_or_default)
}

/// Hours of a phase of a run, planned and recorded; none for a run without a plan.
pub fn phase(connection: &mut Connection, run: &Run, phase: Phase) -> QueryResult<Option<PhaseFacts>> {
    let plan: Vec<(String, i32)> = course_run_plan::table
        .filter(course_run_plan::programme_no.eq(run.programme_no))
        .filter(course_run_plan::course_run_no.eq(run.course_run_no))
        .select((course_run_plan::phase, course_run_plan::hours))
        .load(connection)?;
    if plan.is_empty() {
        return Ok(None);
    }
    let planned = plan.iter().find(|(of, _)| of == phase.as_str()).map_or(0, |(_, hours)| *hours);
    let recorded = session::table
        .filter(session::programme_no.eq(run.programme_no))
        .filter(session::course_run_no.eq(run.course_run_no))
        .filter(session::phase.eq(phase.as_str()))
        .filter(session::status.ne(Status::Cancelled.as_str()))
        .select(sum(session::hours))
        .get_result::<Option<i64>>(connection)?;
    Ok(Some(PhaseFacts { planned, recorded: recorded.unwrap_or_default() }))
}

/// What the instructor (in all programmes) and the course run have on a day at fixed times.
pub fn timetable(
    connection: &mut Connection,
    run: &Run,
    payee_no: i64,
    day: NaiveDate,
) -> QueryResult<Vec<Other>> {
    let of_run = session::programme_no.eq(run.programme_no).and(session::course_run_no.eq(run.course_run_no));
    let rows: Vec<(SessionId, i64, Parsed<StartsAt>, i32)> = session::table
        .filter(session::held_on.eq(day.to_string()))
        .filter(session::payee_no.eq(payee_no).or(of_run))
        .filter(session::starts_at.is_not_null())
        .filter(session::status.ne(Status::Cancelled.as_str()))
        .order((session::starts_at, session::session_no))
        .select((
            session::session_id,
            session::payee_no,
            session::starts_at.assume_not_null(),
            session::hours,
        ))
        .load(connection)?;
    let other = |(session_id, of, starts_at, hours): (SessionId, i64, Parsed<StartsAt>, i32)| {
        let whose = if of == payee_no { Whose::Instructor } else { Whose::CourseRun };
        Other { session_id, whose, starts_at: starts_at.0, hours }
    };
    Ok(rows.into_iter().map(other).collect())
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
