//! What may be recorded as taught, and what an accepted session owes to whom.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use super::contract::{self, Contract};
use super::timetable::{self, Other, StartsAt};
pub use crate::course_run::Phase;
use crate::kernel::{Actor, Code, Kopecks, Malformed, Refusal};
use crate::ledger::allocation::AllocationError;
use crate::ledger::model::Dimensions;
use crate::ledger::shares::Share;
use crate::ledger::spread;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A session's life: `recorded → accepted`, and `cancelled` from either.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SessionStatus)]
pub enum Status {
    Recorded,
    Accepted,
    /// It was not held as recorded: it counts no hours and owes nothing.
    Cancelled,
}

impl Status {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Accepted => "accepted",
            Self::Cancelled => "cancelled",
        }
    }
}

impl FromStr for Status {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        match text {
            "recorded" => Ok(Self::Recorded),
            "accepted" => Ok(Self::Accepted),
            "cancelled" => Ok(Self::Cancelled),
            _ => Err(Malformed::expected("recorded, accepted or cancelled")),
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
    /// Hours of the phase by the run's plan, and those recorded so far; none for a run without a plan.
    pub phase: Option<PhaseFacts>,
    /// The instructor's contracts.
    pub contracts: Vec<Contract>,
    /// Hours recorded under the contract of that day so far.
    pub hours_of_contract: i64,
    /// What the instructor and the run have on that day at fixed times.
    pub others: Vec<Other>,
}

/// Hours of a phase.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PhaseFacts {
    pub planned: i32,
    pub recorded: i64,
}

/// A session that is to be recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lesson {
    pub held_on: NaiveDate,
    pub starts_at: Option<StartsAt>,
    pub phase: Phase,
    /// Whole hours.
    pub hours: i32,
}

/// Whether a session may be recorded.
///
/// # Errors
/// `course_run_closed`; `invalid_field` naming what does not fit and how much would; `phase_exceeded`; those of
/// [`contract::on`], [`contract::fit`] and [`timetable::fit`].
pub fn record(lesson: &Lesson, facts: &RecordFacts) -> Result<(), Refusal> {
    let &Lesson { held_on, hours, .. } = lesson;
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
    if let Some(PhaseFacts { planned, recorded }) = facts.phase
        && i64::from(hours) > left(planned, recorded)
    {
        return Err(Refusal::new(Code::PhaseExceeded)
            .at("hours")
            .with("phase", lesson.phase)
            .with("planned_hours", planned)
            .with("recorded_hours", recorded)
            .with("hours_left", left(planned, recorded)));
    }
    contract::fit(contract::on(&facts.contracts, held_on)?, hours, facts.hours_of_contract)?;
    timetable::fit(lesson.starts_at, hours, &facts.others)
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
    if facts.status != Status::Recorded {
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
            phase: None,
            contracts: vec![Contract {
                contract_id: uuid::Uuid::nil().into(),
                number: "7-ГПХ".into(),
                hourly_rate: Kopecks::new(150_000),
                valid_from: day(1),
                valid_until: day(30),
                hours: 500,
            }],
            hours_of_contract: 0,
            others: Vec::new(),
        }
    }

    fn lecture(held_on: NaiveDate, hours: i32) -> Lesson {
        Lesson { held_on, starts_at: None, phase: Phase::Lecture, hours }
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
        let field =
            |held_on, hours, facts: RecordFacts| record(&lecture(held_on, hours), &facts).unwrap_err().field;
        assert_eq!(record(&lecture(day(7), 12), &record_facts()), Ok(()));
        assert_eq!(record(&lecture(day(25), 1), &record_facts()), Ok(()));
        for hours in [i32::MIN, 0, 13] {
            assert_eq!(field(day(8), hours, record_facts()), Some("hours".into()));
        }
        for outside in [6, 26] {
            assert_eq!(field(day(outside), 4, record_facts()), Some("held_on".into()));
        }
        let nearly_taught = RecordFacts { hours_of_run: 70, ..record_facts() };
        assert_eq!(record(&lecture(day(8), 2), &nearly_taught), Ok(()));
        let refusal = record(&lecture(day(8), 3), &nearly_taught).unwrap_err();
        assert_eq!(refusal.facts["hours_left"], 2);
        let long_day = RecordFacts { hours_of_day: 9, ..record_facts() };
        assert_eq!(record(&lecture(day(8), 3), &long_day), Ok(()));
        assert_eq!(record(&lecture(day(8), 4), &long_day).unwrap_err().facts["hours_left"], 3);
        let closed = RecordFacts { run_is_open: false, ..record_facts() };
        assert_eq!(record(&lecture(day(8), 4), &closed).unwrap_err().code, Code::CourseRunClosed);
    }

    #[test]
    fn hours_fit_the_plan_the_contract_and_the_timetable() {
        let phase = |planned, recorded| RecordFacts {
            phase: Some(PhaseFacts { planned, recorded }),
            ..record_facts()
        };
        assert_eq!(record(&lecture(day(8), 4), &phase(16, 12)), Ok(()));
        let refusal = record(&lecture(day(8), 5), &phase(16, 12)).unwrap_err();
        assert_eq!((refusal.code, &refusal.facts["hours_left"]), (Code::PhaseExceeded, &4.into()));
        assert_eq!(record(&lecture(day(8), 1), &phase(0, 0)).unwrap_err().facts["planned_hours"], 0);
        let nearly_over = RecordFacts { hours_of_contract: 498, ..record_facts() };
        assert_eq!(record(&lecture(day(8), 3), &nearly_over).unwrap_err().code, Code::ContractExceeded);
        let not_engaged = RecordFacts { contracts: Vec::new(), ..record_facts() };
        assert_eq!(record(&lecture(day(8), 1), &not_engaged).unwrap_err().code, Code::NoContract);
        let busy = Other {
            session_id: uuid::Uuid::nil().into(),
            whose: timetable::Whose::CourseRun,
            starts_at: StartsAt::parse("10:00").unwrap(),
            hours: 2,
        };
        let busy = RecordFacts { others: vec![busy], ..record_facts() };
        let at_once = Lesson { starts_at: StartsAt::parse("11:00").ok(), ..lecture(day(8), 2) };
        assert_eq!(record(&at_once, &busy).unwrap_err().facts["of"], "course_run");
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
        for status in [Status::Accepted, Status::Cancelled] {
            assert_eq!(code("petrova", AcceptFacts { status, ..facts() }), Code::InvalidTransition);
        }
        assert_eq!(code("petrova", AcceptFacts { today: day(7), ..facts() }), Code::InvalidTransition);
    }
}
