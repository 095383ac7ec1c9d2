//! Rows of course runs. Decides nothing.

use super::model::{CourseRun, NewCourseRun, PhaseHours, Status};
use super::plan::Phase;
use crate::db::schema::{course_run, course_run_plan, programme, session};
use crate::db::{Connection, Parsed, parsed_columns, rows};
use crate::kernel::{CourseRunId, ProgrammeId};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};

parsed_columns!(Status, Phase);

/// A course run with its programme and university.
#[derive(Clone, PartialEq, Debug, Queryable, Selectable)]
#[diesel(table_name = course_run)]
pub struct CourseRunRow {
    pub programme_no: i64,
    #[diesel(select_expression = programme::programme_id)]
    pub programme_id: ProgrammeId,
    #[diesel(select_expression = programme::university_no)]
    pub university_no: i64,
    pub course_run_no: i64,
    pub course_run_id: CourseRunId,
    pub code: String,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub starts_on: NaiveDate,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub ends_on: NaiveDate,
    pub seats: i64,
    pub enrolled: i64,
    pub illustrative: bool,
    #[diesel(deserialize_as = Parsed<Status>)]
    pub status: Status,
}

impl From<CourseRunRow> for CourseRun {
    fn from(row: CourseRunRow) -> Self {
        Self {
            course_run_id: row.course_run_id,
            programme_id: row.programme_id,
            code: row.code,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            seats: row.seats,
            enrolled: row.enrolled,
            free_seats: row.seats - row.enrolled,
            illustrative: row.illustrative,
            status: row.status,
        }
    }
}

macro_rules! course_runs {
    () => {
        course_run::table
            .inner_join(programme::table.on(programme::programme_no.eq(course_run::programme_no)))
            .select(CourseRunRow::as_select())
    };
}

/// The run of this id, of this university if one is named.
///
/// # Errors
/// The database's.
pub fn find(
    connection: &mut Connection,
    id: CourseRunId,
    university_no: Option<i64>,
) -> QueryResult<Option<CourseRunRow>> {
    let mut query = course_runs!().filter(course_run::course_run_id.eq(id)).into_boxed();
    if let Some(university_no) = university_no {
        query = query.filter(programme::university_no.eq(university_no));
    }
    query.get_result(connection).optional()
}

/// Which runs of a programme are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    pub status: Option<Status>,
    /// Only those with a seat left.
    pub with_free_seats: bool,
    /// Behind this number.
    pub after: Option<i64>,
}

/// Runs of a programme in the order they were created.
///
/// # Errors
/// The database's.
pub fn list(
    connection: &mut Connection,
    programme_no: i64,
    wanted: Wanted,
    limit: i64,
) -> QueryResult<Vec<CourseRunRow>> {
    let mut query = course_runs!().filter(course_run::programme_no.eq(programme_no)).into_boxed();
    if let Some(status) = wanted.status {
        query = query.filter(course_run::status.eq(status.as_str()));
    }
    if wanted.with_free_seats {
        query = query.filter(course_run::enrolled.lt(course_run::seats));
    }
    if let Some(after) = wanted.after {
        query = query.filter(course_run::course_run_no.gt(after));
    }
    query.order(course_run::course_run_no).limit(limit).load(connection)
}

/// # Errors
/// The database's.
pub fn is_code_taken(connection: &mut Connection, programme_no: i64, code: &str) -> QueryResult<bool> {
    let taken =
        course_run::table.filter(course_run::programme_no.eq(programme_no)).filter(course_run::code.eq(code));
    diesel::select(diesel::dsl::exists(taken)).get_result(connection)
}

/// # Errors
/// The database's.
pub fn insert(
    connection: &mut Connection,
    programme_no: i64,
    course_run_no: i64,
    id: CourseRunId,
    new: &NewCourseRun,
) -> QueryResult<()> {
    diesel::insert_into(course_run::table)
        .values((
            course_run::programme_no.eq(programme_no),
            course_run::course_run_no.eq(course_run_no),
            course_run::course_run_id.eq(id),
            course_run::code.eq(new.code.as_str()),
            course_run::starts_on.eq(new.starts_on.to_string()),
            course_run::ends_on.eq(new.ends_on.to_string()),
            course_run::seats.eq(new.seats),
            course_run::enrolled.eq(0),
            course_run::illustrative.eq(new.illustrative),
            course_run::status.eq(Status::Open.as_str()),
        ))
        .execute(connection)?;
    let planned = new.plan.iter().flat_map(|plan| plan.phases()).map(|(phase, hours)| Planned {
        programme_no,
        course_run_no,
        phase: phase.as_str(),
        hours,
    });
    insert_plan(connection, &planned.collect::<Vec<_>>()).map(drop)
}

struct Planned {
    programme_no: i64,
    course_run_no: i64,
    phase: &'static str,
    hours: i32,
}

rows! {
    fn insert_plan(Planned {
        programme_no: i64 as BigInt,
        course_run_no: i64 as BigInt,
        phase: &'static str as Text,
        hours: i32 as Integer,
    }) = "INSERT INTO course_run_plan {values}"
}

/// Hours of every phase of a run: planned, recorded and accepted. A session that was cancelled counts nowhere.
///
/// # Errors
/// The database's.
pub fn phases(
    connection: &mut Connection,
    programme_no: i64,
    course_run_no: i64,
) -> QueryResult<Vec<PhaseHours>> {
    let planned: Vec<(Parsed<Phase>, i32)> = course_run_plan::table
        .filter(course_run_plan::programme_no.eq(programme_no))
        .filter(course_run_plan::course_run_no.eq(course_run_no))
        .select((course_run_plan::phase, course_run_plan::hours))
        .load(connection)?;
    let taught: Vec<(Parsed<Phase>, String, i32)> = session::table
        .filter(session::programme_no.eq(programme_no))
        .filter(session::course_run_no.eq(course_run_no))
        .filter(session::status.eq_any(["recorded", "accepted"]))
        .select((session::phase, session::status, session::hours))
        .load(connection)?;
    let of = |phase: Phase| {
        let hours = |wanted: fn(&str) -> bool| {
            let of_phase = taught.iter().filter(|(of, status, _)| of.0 == phase && wanted(status));
            of_phase.map(|(.., hours)| i64::from(*hours)).sum()
        };
        let in_plan = planned.iter().find(|(of, _)| of.0 == phase).map_or(0, |(_, hours)| *hours);
        PhaseHours {
            phase,
            planned_hours: (!planned.is_empty()).then_some(in_plan),
            recorded_hours: hours(|_| true),
            accepted_hours: hours(|status| status == "accepted"),
        }
    };
    Ok(Phase::ALL.into_iter().map(of).collect())
}

/// # Errors
/// The database's.
pub fn set_closed(connection: &mut Connection, programme_no: i64, course_run_no: i64) -> QueryResult<()> {
    diesel::update(course_run::table.find((programme_no, course_run_no)))
        .set(course_run::status.eq(Status::Closed.as_str()))
        .execute(connection)
        .map(drop)
}

/// How many sessions of a run are recorded and not yet accepted.
///
/// # Errors
/// The database's.
pub fn sessions_not_accepted(
    connection: &mut Connection,
    programme_no: i64,
    course_run_no: i64,
) -> QueryResult<i64> {
    session::table
        .filter(session::programme_no.eq(programme_no))
        .filter(session::course_run_no.eq(course_run_no))
        .filter(session::status.eq("recorded"))
        .count()
        .get_result(connection)
}
