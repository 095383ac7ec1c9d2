//! The plan of a course run: its hours by phase.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use crate::kernel::{Malformed, Refusal, object};
use serde::{Deserialize, Deserializer, Serialize};
use std::str::FromStr;

/// The part of the course a session belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Лекция.
    Lecture,
    /// Практическое занятие в университете.
    PracticalUniversity,
    /// Практическое занятие в органе.
    PracticalAuthority,
    /// Дистанционно.
    Remote,
    /// Тестирование.
    Test,
}

impl Phase {
    pub const ALL: [Self; 5] =
        [Self::Lecture, Self::PracticalUniversity, Self::PracticalAuthority, Self::Remote, Self::Test];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lecture => "lecture",
            Self::PracticalUniversity => "practical_university",
            Self::PracticalAuthority => "practical_authority",
            Self::Remote => "remote",
            Self::Test => "test",
        }
    }
}

impl FromStr for Phase {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == text).ok_or(Malformed::expected("a phase"))
    }
}

/// Whole hours of each phase; together those of the course. A phase that is not named has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = CourseRunPlan)]
pub struct Plan {
    #[schema(minimum = 0)]
    pub lecture: i32,
    #[schema(minimum = 0)]
    pub practical_university: i32,
    #[schema(minimum = 0)]
    pub practical_authority: i32,
    #[schema(minimum = 0)]
    pub remote: i32,
    #[schema(minimum = 0)]
    pub test: i32,
}

impl Plan {
    pub const fn hours(&self, phase: Phase) -> i32 {
        match phase {
            Phase::Lecture => self.lecture,
            Phase::PracticalUniversity => self.practical_university,
            Phase::PracticalAuthority => self.practical_authority,
            Phase::Remote => self.remote,
            Phase::Test => self.test,
        }
    }

    /// The phases that have hours, with them.
    pub fn phases(&self) -> impl Iterator<Item = (Phase, i32)> {
        Phase::ALL.into_iter().map(|phase| (phase, self.hours(phase))).filter(|(_, hours)| *hours > 0)
    }

    /// # Errors
    /// `invalid_field`: hours below zero, or a sum that is not the course's.
    pub fn check(&self, course_hours: i32) -> Result<(), Refusal> {
        if let Some(phase) = Phase::ALL.into_iter().find(|phase| self.hours(*phase) < 0) {
            return Err(Refusal::field(format!("plan.{}", phase.as_str()), "whole hours, none or more"));
        }
        let planned: i64 = Phase::ALL.into_iter().map(|phase| i64::from(self.hours(phase))).sum();
        if planned != i64::from(course_hours) {
            return Err(Refusal::field("plan", "hours of the phases that sum to those of the course")
                .with("course_hours", course_hours)
                .with("planned_hours", planned));
        }
        Ok(())
    }
}

/// A plan that was written as an object, for `#[serde(deserialize_with = "…")]`.
///
/// # Errors
/// The deserializer's.
pub(super) fn written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Plan>, D::Error> {
    object::one(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_the_hours_of_the_course() {
        let plan =
            Plan { lecture: 16, practical_university: 16, practical_authority: 16, remote: 20, test: 4 };
        assert_eq!(plan.check(72), Ok(()));
        let refusal = plan.check(70).unwrap_err();
        assert_eq!(
            (&refusal.facts["course_hours"], &refusal.facts["planned_hours"]),
            (&70.into(), &72.into())
        );
        let negative = Plan { lecture: -1, test: 73, ..Plan::default() };
        assert_eq!(negative.check(72).unwrap_err().field.as_deref(), Some("plan.lecture"));
        let huge = Plan { lecture: i32::MAX, test: i32::MAX, ..Plan::default() };
        assert_eq!(huge.check(72).unwrap_err().facts["planned_hours"], 2 * i64::from(i32::MAX));
    }

    #[test]
    fn phases_without_hours_are_left_out() {
        let plan = Plan { remote: 70, test: 2, ..Plan::default() };
        assert_eq!(plan.phases().collect::<Vec<_>>(), [(Phase::Remote, 70), (Phase::Test, 2)]);
    }
}
