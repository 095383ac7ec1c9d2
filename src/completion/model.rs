//! What may be recorded of the people of a course run, and who has completed the course.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use super::roll::{Outcome, Seat};
use crate::kernel::{Code, Refusal, Text};
use crate::voucher::Status;
use crate::voucher::model::Action;
use chrono::NaiveDate;

/// Who completes the course attended so many of a hundred hours: of the accepted sessions of the run whose attendance
/// was recorded.
pub const PERCENT_NEEDED: i64 = 70;

/// The number of an удостоверение о повышении квалификации.
pub type DocumentNumber = Text<1, 100>;

/// What the test said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TestResult {
    pub passed: bool,
    /// 0 to 100, where there is one.
    pub score: Option<i32>,
}

impl TestResult {
    /// # Errors
    /// `invalid_field`.
    pub fn new(passed: bool, score: Option<i32>) -> Result<Self, Refusal> {
        match score {
            Some(score) if !(0..=100).contains(&score) => {
                Err(Refusal::field("score", "whole points from 0 to 100"))
            }
            _ => Ok(Self { passed, score }),
        }
    }
}

/// Whether attendance of a session may be recorded at all: of one that was held.
///
/// # Errors
/// `invalid_transition`.
pub fn may_record(session_status: &str, held_on: NaiveDate, today: NaiveDate) -> Result<(), Refusal> {
    let refusal = Refusal::invalid_transition("record_attendance", session_status, &[]);
    if session_status == "cancelled" {
        return Err(refusal);
    }
    if held_on > today {
        return Err(refusal.with("possible_from", held_on));
    }
    Ok(())
}

/// Attendance or a test result of a person, of whom `before` was recorded.
///
/// # Errors
/// `invalid_transition` when the redemption was reversed, or a completion rests on what was recorded.
pub fn enter<T: PartialEq>(seat: &Seat, said: &T, before: Option<&T>) -> Result<Outcome, Refusal> {
    if before == Some(said) {
        return Ok(Outcome::Unchanged);
    }
    if !seat.is_live {
        return Err(Refusal::invalid_transition("record", "reversed", &[]).at("redemption_id"));
    }
    if seat.voucher_status == Status::Completed {
        return Err(Refusal::invalid_transition("record", Status::Completed.as_str(), &[])
            .at("redemption_id")
            .with("reason", "a completion rests on what was recorded"));
    }
    Ok(if before.is_some() { Outcome::Corrected } else { Outcome::Recorded })
}

/// The document somebody got, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    pub document_number: DocumentNumber,
    pub completed_on: NaiveDate,
}

/// What must be known to complete a person's course.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grounds<'a> {
    /// The first day of the run.
    pub starts_on: NaiveDate,
    pub today: NaiveDate,
    /// Document and day of an earlier completion.
    pub completed: Option<(&'a str, NaiveDate)>,
    /// The document's number was given to somebody else.
    pub is_document_taken: bool,
    pub result: Option<TestResult>,
    /// Hours of accepted sessions whose attendance was recorded, and how many of them the person attended.
    pub counted_hours: i64,
    pub attended_hours: i64,
}

/// Whether the course is completed.
///
/// # Errors
/// `invalid_transition`, `invalid_field`, `already_exists` for the document's number, `not_passed`,
/// `attendance_too_low`; each with its figures.
pub fn complete(seat: &Seat, certificate: &Certificate, grounds: &Grounds<'_>) -> Result<Outcome, Refusal> {
    let &Certificate { ref document_number, completed_on } = certificate;
    if seat.is_live && grounds.completed == Some((document_number.as_str(), completed_on)) {
        return Ok(Outcome::Unchanged);
    }
    if !seat.is_live {
        return Err(Refusal::invalid_transition("complete", "reversed", &[]).at("redemption_id"));
    }
    seat.voucher_status.check(Action::Complete)?;
    if !(grounds.starts_on..=grounds.today).contains(&completed_on) {
        return Err(Refusal::field("completed_on", "a day from the first one of the course run to today")
            .with("starts_on", grounds.starts_on)
            .with("today", grounds.today));
    }
    if grounds.is_document_taken {
        return Err(Refusal::new(Code::AlreadyExists).at("document_number"));
    }
    match grounds.result {
        Some(TestResult { passed: true, .. }) => {}
        Some(TestResult { score, .. }) => {
            return Err(Refusal::new(Code::NotPassed).with("result", "failed").with("score", score));
        }
        None => return Err(Refusal::new(Code::NotPassed).with("result", "none")),
    }
    let &Grounds { counted_hours, attended_hours, .. } = grounds;
    // An hour at least, or a run without attendance would be attended by everybody.
    let needed = ((counted_hours * PERCENT_NEEDED + 99) / 100).max(1);
    if attended_hours < needed {
        return Err(Refusal::new(Code::AttendanceTooLow)
            .with("attended_hours", attended_hours)
            .with("counted_hours", counted_hours)
            .with("percent_needed", PERCENT_NEEDED)
            .with("hours_needed", needed));
    }
    Ok(Outcome::Recorded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2020, 9, day).unwrap()
    }

    fn seat() -> Seat {
        Seat {
            redemption_no: 1,
            redemption_id: uuid::Uuid::nil().into(),
            is_live: true,
            voucher_no: 2,
            number: "PSK20-0000002-0".into(),
            voucher_status: Status::Redeemed,
        }
    }

    fn certificate() -> Certificate {
        Certificate { document_number: Text::parse("У-1").unwrap(), completed_on: day(25) }
    }

    fn grounds() -> Grounds<'static> {
        Grounds {
            starts_on: day(7),
            today: day(25),
            completed: None,
            is_document_taken: false,
            result: Some(TestResult { passed: true, score: Some(90) }),
            counted_hours: 72,
            attended_hours: 72,
        }
    }

    #[test]
    fn attendance_is_of_sessions_that_were_held() {
        assert_eq!(may_record("recorded", day(8), day(8)), Ok(()));
        assert_eq!(may_record("accepted", day(8), day(9)), Ok(()));
        assert_eq!(may_record("recorded", day(9), day(8)).unwrap_err().facts["possible_from"], "2020-09-09");
        assert_eq!(may_record("cancelled", day(8), day(9)).unwrap_err().code, Code::InvalidTransition);
    }

    #[test]
    fn what_is_said_again_changes_nothing_and_a_correction_is_one() {
        assert_eq!(enter(&seat(), &true, None), Ok(Outcome::Recorded));
        assert_eq!(enter(&seat(), &true, Some(&true)), Ok(Outcome::Unchanged));
        assert_eq!(enter(&seat(), &true, Some(&false)), Ok(Outcome::Corrected));
        let reversed = Seat { is_live: false, ..seat() };
        let completed = Seat { voucher_status: Status::Completed, ..seat() };
        for fixed in [reversed, completed] {
            assert_eq!(enter(&fixed, &true, Some(&true)), Ok(Outcome::Unchanged));
            assert_eq!(enter(&fixed, &true, Some(&false)).unwrap_err().code, Code::InvalidTransition);
            assert_eq!(enter(&fixed, &true, None).unwrap_err().code, Code::InvalidTransition);
        }
    }

    #[test]
    fn a_score_is_in_points_of_a_hundred() {
        for score in [None, Some(0), Some(100)] {
            assert!(TestResult::new(true, score).is_ok());
        }
        for score in [-1, 101] {
            assert_eq!(TestResult::new(true, Some(score)).unwrap_err().field.as_deref(), Some("score"));
        }
    }

    #[test]
    fn a_course_is_completed_once_by_who_passed() {
        let code = |grounds: Grounds<'_>| complete(&seat(), &certificate(), &grounds).unwrap_err().code;
        assert_eq!(complete(&seat(), &certificate(), &grounds()), Ok(Outcome::Recorded));
        for result in [None, Some(TestResult { passed: false, score: Some(99) })] {
            assert_eq!(code(Grounds { result, ..grounds() }), Code::NotPassed);
        }
        assert_eq!(code(Grounds { is_document_taken: true, ..grounds() }), Code::AlreadyExists);
        assert_eq!(code(Grounds { today: day(24), ..grounds() }), Code::InvalidField, "not in the future");
        assert_eq!(code(Grounds { starts_on: day(26), today: day(30), ..grounds() }), Code::InvalidField);
        let completed = Seat { voucher_status: Status::Completed, ..seat() };
        let same = Grounds { completed: Some(("У-1", day(25))), is_document_taken: true, ..grounds() };
        assert_eq!(complete(&completed, &certificate(), &same), Ok(Outcome::Unchanged));
        let other = Grounds { completed: Some(("У-2", day(25))), ..grounds() };
        let refusal = complete(&completed, &certificate(), &other).unwrap_err();
        assert_eq!((refusal.code, &refusal.facts["status"]), (Code::InvalidTransition, &"completed".into()));
        let reversed = Seat { is_live: false, ..seat() };
        assert_eq!(complete(&reversed, &certificate(), &same).unwrap_err().facts["status"], "reversed");
    }

    #[test]
    fn the_figures_of_too_little_attendance_are_told() {
        let with = |counted_hours, attended_hours| {
            complete(&seat(), &certificate(), &Grounds { counted_hours, attended_hours, ..grounds() })
        };
        assert_eq!(with(20, 14), Ok(Outcome::Recorded));
        let refusal = with(20, 13).unwrap_err();
        assert_eq!(refusal.code, Code::AttendanceTooLow);
        assert_eq!(
            (&refusal.facts["hours_needed"], &refusal.facts["attended_hours"]),
            (&14.into(), &13.into())
        );
        assert_eq!(with(0, 0).unwrap_err().facts["hours_needed"], 1, "nobody attended what was not recorded");
    }

    proptest! {
        #[test]
        fn seventy_of_a_hundred_hours_are_enough_and_less_is_not(counted in 1..100_000i64, attended in 0..100_000i64) {
            let attended = attended.min(counted);
            let grounds = Grounds { counted_hours: counted, attended_hours: attended, ..grounds() };
            let is_completed = complete(&seat(), &certificate(), &grounds).is_ok();
            prop_assert_eq!(is_completed, attended * 100 >= counted * PERCENT_NEEDED);
        }
    }
}
