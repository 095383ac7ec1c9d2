//! What may be recorded as taught, and what an accepted session owes to whom.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use crate::kernel::{Actor, Code, Kopecks, Malformed, Refusal};
use crate::ledger::allocation::AllocationError;
use crate::ledger::model::Dimensions;
use crate::ledger::shares::Share;
use crate::ledger::spread;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
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

/// A session's life: `recorded → accepted`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SessionStatus)]
pub enum Status {
    Recorded,
    Accepted,
}

impl Status {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Accepted => "accepted",
        }
    }
}

impl FromStr for Status {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        match text {
            "recorded" => Ok(Self::Recorded),
            "accepted" => Ok(Self::Accepted),
            _ => Err(Malformed::expected("recorded or accepted")),
        }
    }
}

/// Hours of one session, and of one instructor in a day, at most.
pub const MOST_HOURS: i32 = 12;

/// What must be known to record a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordFacts {
    pub run_is_open: bool,
    pub starts_on: NaiveDate,
    pub ends_on: NaiveDate,
    /// Hours of the whole course.
    pub course_hours: i32,
    /// Hours recorded for the run so far.
    pub hours_of_run: i64,
    /// Hours the instructor has on that day so far, whatever the programme.
    pub hours_of_day: i64,
}

/// Whether `hours` on `held_on` may be recorded.
///
/// # Errors
/// `course_run_closed`; `invalid_field` naming what does not fit and how much would.
pub fn record(held_on: NaiveDate, hours: i32, facts: &RecordFacts) -> Result<(), Refusal> {
    if !facts.run_is_open {
        return Err(Code::CourseRunClosed.into());
    }
    if !(1..=MOST_HOURS).contains(&hours) {
        return Err(Refusal::field("hours", format!("whole hours from 1 to {MOST_HOURS}")));
    }
    if !(facts.starts_on..=facts.ends_on).contains(&held_on) {
        return Err(Refusal::field("held_on", "a day of the course run")
            .with("starts_on", facts.starts_on)
            .with("ends_on", facts.ends_on));
    }
    let left = |most: i32, so_far: i64| (i64::from(most) - so_far).max(0);
    let of_run = left(facts.course_hours, facts.hours_of_run);
    if i64::from(hours) > of_run {
        return Err(Refusal::field("hours", "no more than the course has left")
            .with("course_hours", facts.course_hours)
            .with("recorded_hours", facts.hours_of_run)
            .with("hours_left", of_run));
    }
    let of_day = left(MOST_HOURS, facts.hours_of_day);
    if i64::from(hours) > of_day {
        return Err(Refusal::field("hours", "no more than the instructor's day has left")
            .with("most_hours_a_day", MOST_HOURS)
            .with("hours_of_day", facts.hours_of_day)
            .with("hours_left", of_day));
    }
    Ok(())
}

/// What must be known to accept a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AcceptFacts {
    pub status: Status,
    pub recorded_by: String,
    pub held_on: NaiveDate,
    pub today: NaiveDate,
    pub hours: i32,
    pub hourly_rate: Kopecks,
    /// Payroll contributions in 1/10 000 of the pay.
    pub contribution_basis_points: u32,
    pub session_no: i64,
    pub instructor_no: i64,
    pub tax_office_no: i64,
    /// What each live redemption of the run still has obligated.
    pub obligated: Vec<Share>,
}

/// What an accepted session owes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accrual {
    /// Gross, to the instructor.
    pub pay: Kopecks,
    /// On top of it, to the tax office.
    pub contributions: Kopecks,
    /// Both, spread over the redemptions that fund them.
    pub shares: Vec<(Dimensions, Kopecks)>,
}

/// Whether the actor may accept the session, and what it then owes.
///
/// # Errors
/// `invalid_transition` when it is accepted already or not held yet; `self_approval`;
/// `obligation_exceeded` with the shortfall.
pub fn accept(actor: &Actor, facts: &AcceptFacts) -> Result<Accrual, Refusal> {
    if facts.status == Status::Accepted {
        return Err(Refusal::invalid_transition("accept", facts.status.as_str(), &[]));
    }
    if actor.is_same_person(&facts.recorded_by) {
        return Err(Code::SelfApproval.into());
    }
    if facts.held_on > facts.today {
        return Err(Refusal::invalid_transition("accept", facts.status.as_str(), &[])
            .with("possible_from", facts.held_on));
    }
    let too_much = || Refusal::field("hours", "an amount of pay that fits 64 bits");
    let pay = facts.hourly_rate.checked_mul(i64::from(facts.hours)).ok_or_else(too_much)?;
    let contributions = pay.basis_points(facts.contribution_basis_points).ok_or_else(too_much)?;
    let owed = pay.checked_add(contributions).ok_or_else(too_much)?;
    let obligated = Kopecks::sum(facts.obligated.iter().map(|share| share.amount)).ok_or_else(too_much)?;
    if owed > obligated {
        return Err(Refusal::new(Code::ObligationExceeded)
            .with("shortfall_kopecks", owed.get() - obligated.get())
            .with("obligated_kopecks", obligated.get())
            .with("accrual_kopecks", owed.get())
            .with("ways_out", ["redeem_more_vouchers_into_the_run", "top_up_the_run"]));
    }
    let by_payee = [(facts.instructor_no, pay), (facts.tax_office_no, contributions)];
    let shares = spread::accrual(facts.session_no, &by_payee, &facts.obligated).map_err(contradiction)?;
    Ok(Accrual { pay, contributions, shares })
}

/// The sums were compared before, so only stored shares that contradict each other come here.
fn contradiction(error: AllocationError) -> Refusal {
    Refusal::new(Code::Internal).with("reason", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::RedemptionId;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2020, 9, day).unwrap()
    }

    fn record_facts() -> RecordFacts {
        RecordFacts {
            run_is_open: true,
            starts_on: day(7),
            ends_on: day(25),
            course_hours: 72,
            hours_of_run: 0,
            hours_of_day: 0,
        }
    }

    fn share(number: u8, amount: i64) -> Share {
        Share {
            redemption_no: i64::from(number),
            redemption_id: RedemptionId(uuid::Uuid::from_bytes([number; 16])),
            voucher_no: 100 + i64::from(number),
            agency_no: 1,
            course_run_no: 50,
            amount: Kopecks::new(amount),
        }
    }

    fn accept_facts(obligated: Vec<Share>) -> AcceptFacts {
        AcceptFacts {
            status: Status::Recorded,
            recorded_by: "ivanova".into(),
            held_on: day(8),
            today: day(8),
            hours: 4,
            hourly_rate: Kopecks::new(150_000),
            contribution_basis_points: 3_020,
            session_no: 60,
            instructor_no: 7,
            tax_office_no: 8,
            obligated,
        }
    }

    fn by(subject: &str) -> Actor {
        Actor { token_no: 9, subject: subject.into() }
    }

    #[test]
    fn hours_fit_the_run_the_course_and_the_day() {
        let field = |held_on, hours, facts: RecordFacts| record(held_on, hours, &facts).unwrap_err().field;
        assert_eq!(record(day(7), 12, &record_facts()), Ok(()));
        assert_eq!(record(day(25), 1, &record_facts()), Ok(()));
        for hours in [i32::MIN, 0, 13] {
            assert_eq!(field(day(8), hours, record_facts()), Some("hours".into()));
        }
        for outside in [6, 26] {
            assert_eq!(field(day(outside), 4, record_facts()), Some("held_on".into()));
        }
        let nearly_taught = RecordFacts { hours_of_run: 70, ..record_facts() };
        assert_eq!(record(day(8), 2, &nearly_taught), Ok(()));
        let refusal = record(day(8), 3, &nearly_taught).unwrap_err();
        assert_eq!(refusal.facts["hours_left"], 2);
        let long_day = RecordFacts { hours_of_day: 9, ..record_facts() };
        assert_eq!(record(day(8), 3, &long_day), Ok(()));
        assert_eq!(record(day(8), 4, &long_day).unwrap_err().facts["hours_left"], 3);
        let closed = RecordFacts { run_is_open: false, ..record_facts() };
        assert_eq!(record(day(8), 4, &closed).unwrap_err().code, Code::CourseRunClosed);
    }

    #[test]
    fn a_session_owes_pay_and_contributions_from_every_redemption() {
        let obligated: Vec<Share> = (1..=25).map(|number| share(number, 650_000)).collect();
        let accrual = accept(&by("petrova"), &accept_facts(obligated)).unwrap();
        assert_eq!((accrual.pay.get(), accrual.contributions.get()), (600_000, 181_200));
        let sum_of = |payee_no| {
            let of_payee = accrual.shares.iter().filter(|(about, _)| about.payee_no == Some(payee_no));
            of_payee.map(|(_, part)| part.get()).sum::<i64>()
        };
        assert_eq!((sum_of(7), sum_of(8)), (600_000, 181_200));
        let (about, part) = accrual.shares[0];
        assert_eq!((about.redemption_no, about.session_no, part.get()), (Some(1), Some(60), 24_000));
    }

    /// Contributions are spread over what the pay left: over the weights as they were, the first
    /// redemption would give two kopecks.
    #[test]
    fn no_redemption_gives_more_than_it_has() {
        let mut obligated: Vec<Share> = (1..=7).map(|number| share(number, 1)).collect();
        obligated.push(share(8, 781_193));
        let accrual = accept(&by("petrova"), &accept_facts(obligated.clone())).unwrap();
        for Share { redemption_no, amount, .. } in obligated {
            let given = accrual.shares.iter().filter(|(about, _)| about.redemption_no == Some(redemption_no));
            assert_eq!(given.map(|(_, part)| part.get()).sum::<i64>(), amount.get());
        }
    }

    #[test]
    fn what_is_not_obligated_cannot_accrue() {
        let refusal = accept(&by("petrova"), &accept_facts(vec![share(1, 781_199)])).unwrap_err();
        assert_eq!(refusal.code, Code::ObligationExceeded);
        assert_eq!(refusal.facts["shortfall_kopecks"], 1);
        assert_eq!(refusal.facts["obligated_kopecks"], 781_199);
    }

    #[test]
    fn acceptance_takes_another_person_once_and_not_before_the_day() {
        let facts = || accept_facts(vec![share(1, 800_000)]);
        let code = |actor: &str, facts: AcceptFacts| accept(&by(actor), &facts).unwrap_err().code;
        assert_eq!(code("ivanova", facts()), Code::SelfApproval);
        assert_eq!(
            code("petrova", AcceptFacts { status: Status::Accepted, ..facts() }),
            Code::InvalidTransition
        );
        assert_eq!(code("petrova", AcceptFacts { today: day(7), ..facts() }), Code::InvalidTransition);
    }
}
