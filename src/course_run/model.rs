//! What a course run is and when it may be closed.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use super::plan::{self, Phase, Plan};
use crate::kernel::{CourseRunId, Malformed, ProgrammeId, Refusal, Text};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Seats of one run at most.
const MAX_SEATS: i64 = 10_000;

/// The code of a course run within its programme: `П-07`.
pub type RunCode = Text<1, 40>;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CourseRunStatus)]
pub enum Status {
    Open,
    Closed,
}

impl Status {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

impl FromStr for Status {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = [Self::Open, Self::Closed].into_iter().find(|status| status.as_str() == text);
        found.ok_or(Malformed::expected("open or closed"))
    }
}

/// A course run as it is asked for.
#[derive(Clone, PartialEq, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCourseRun {
    pub programme_id: ProgrammeId,
    pub code: RunCode,
    pub starts_on: NaiveDate,
    /// The last day, inclusive.
    pub ends_on: NaiveDate,
    #[schema(minimum = 1, maximum = 10000)]
    pub seats: i64,
    /// Hours by phase; without it the hours of the course belong to no phase.
    #[serde(default, deserialize_with = "plan::written")]
    pub plan: Option<Plan>,
    /// Made up, for a demonstration.
    #[serde(default)]
    pub illustrative: bool,
}

impl NewCourseRun {
    /// # Errors
    /// `invalid_field`, naming the field.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.ends_on < self.starts_on {
            return Err(Refusal::field("ends_on", "starts_on or a later day"));
        }
        if !(1..=MAX_SEATS).contains(&self.seats) {
            return Err(Refusal::field("seats", format!("1 to {MAX_SEATS}")));
        }
        Ok(())
    }
}

/// A group taught by a university.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CourseRun {
    pub course_run_id: CourseRunId,
    pub programme_id: ProgrammeId,
    pub code: String,
    pub starts_on: NaiveDate,
    /// The last day, inclusive.
    pub ends_on: NaiveDate,
    pub seats: i64,
    pub enrolled: i64,
    pub free_seats: i64,
    pub illustrative: bool,
    pub status: Status,
}

/// Hours of one phase of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct PhaseHours {
    pub phase: Phase,
    /// Null for a run without a plan.
    pub planned_hours: Option<i32>,
    /// Of its sessions, accepted or not.
    pub recorded_hours: i64,
    pub accepted_hours: i64,
}

/// A course run, and how much of it is taught.
#[derive(Clone, PartialEq, Debug, Serialize, utoipa::ToSchema)]
pub struct CourseRunDetail {
    #[serde(flatten)]
    pub course_run: CourseRun,
    /// All phases, in the order of the course.
    pub phases: Vec<PhaseHours>,
}

/// Whether a run may be closed: once, and when every session recorded for it has been accepted, since
/// closing releases the money they would be paid from.
///
/// # Errors
/// `invalid_transition`, with how many sessions wait.
pub fn close(status: Status, sessions_not_accepted: i64) -> Result<(), Refusal> {
    let allowed: &[&str] = if status == Status::Open { &["close"] } else { &[] };
    let refusal = Refusal::invalid_transition("close", status.as_str(), allowed);
    match (status, sessions_not_accepted) {
        (Status::Open, 0) => Ok(()),
        (Status::Open, waiting) => Err(refusal.with("sessions_not_accepted", waiting)),
        (Status::Closed, _) => Err(refusal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_closes_once_and_after_its_sessions_are_accepted() {
        assert_eq!(close(Status::Open, 0), Ok(()));
        assert_eq!(close(Status::Open, 2).unwrap_err().facts["sessions_not_accepted"], 2);
        assert_eq!(close(Status::Closed, 0).unwrap_err().facts["allowed"], serde_json::json!([]));
    }

    #[test]
    fn dates_are_in_order_and_seats_are_some() {
        let day = |day| NaiveDate::from_ymd_opt(2020, 9, day).unwrap();
        let new = |from, until, seats| NewCourseRun {
            programme_id: uuid::Uuid::nil().into(),
            code: RunCode::parse("П-07").unwrap(),
            starts_on: day(from),
            ends_on: day(until),
            seats,
            plan: None,
            illustrative: false,
        };
        let field = |new: NewCourseRun| new.check().err().and_then(|refusal| refusal.field);
        assert_eq!(field(new(1, 1, 25)), None);
        assert_eq!(field(new(2, 1, 25)).as_deref(), Some("ends_on"));
        for seats in [0, -1, MAX_SEATS + 1] {
            assert_eq!(field(new(1, 2, seats)).as_deref(), Some("seats"));
        }
    }
}
