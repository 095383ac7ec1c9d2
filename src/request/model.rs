//! Who has a right to training, whether a seat is left, and how a request moves on.
//!
//! Pure: no I/O, no clock, no randomness, no diesel, no actix.

use crate::kernel::{Actor, Code, HolderKey, Refusal, ServiceCategory, Timestamp};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// What becomes of a list in which some rows are refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing is requested unless every row can be.
    #[default]
    AllOrNothing,
    /// Good rows are requested, the others kept as refused.
    BestEffort,
}

impl Mode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AllOrNothing => "all_or_nothing",
            Self::BestEffort => "best_effort",
        }
    }
}

/// Where a request stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RequestStatus)]
pub enum Status {
    Requested,
    Approved,
    Rejected,
    Issued,
}

impl Status {
    pub const ALL: [Self; 4] = [Self::Requested, Self::Approved, Self::Rejected, Self::Issued];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Issued => "issued",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    const fn moves(self) -> &'static [&'static str] {
        match self {
            Self::Requested => &["approve", "reject"],
            Self::Approved => &["issue"],
            Self::Rejected | Self::Issued => &[],
        }
    }

    fn require_waiting(self, attempted: &str) -> Result<(), Refusal> {
        match self {
            Self::Requested => Ok(()),
            _ => Err(Refusal::invalid_transition(attempted, self.as_str(), self.moves())),
        }
    }
}

/// A rule of eligibility.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The programme is for the employee's category of service.
    CategoryOfService,
    /// The employee serves until the last day of the programme's vouchers.
    EmployedThrough,
    /// The agency has a quota in the programme.
    AgencyTakesPart,
}

impl Rule {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CategoryOfService => "category_of_service",
            Self::EmployedThrough => "employed_through",
            Self::AgencyTakesPart => "agency_takes_part",
        }
    }
}

/// Unknown does not refuse: the agency did not say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Pass,
    Fail,
    Unknown,
}

/// What a rule found, and on which evidence. No personal data.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Finding {
    pub rule: Rule,
    pub verdict: Verdict,
    pub evidence: Map<String, Value>,
}

/// What the programme asks for.
#[derive(Clone, Debug)]
pub struct Terms {
    pub eligible_categories: Vec<ServiceCategory>,
    /// The last day of its vouchers.
    pub valid_until: NaiveDate,
    /// The last day on which requests of municipalities wait for state bodies.
    pub priority_until: Option<NaiveDate>,
    pub auto_approve_max_rows: usize,
}

/// An agency's seats in a programme.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seats {
    pub seats: i64,
    /// Seats of approved items.
    pub held: i64,
    /// Seats that waiting requests ask for.
    pub pending: i64,
}

impl Seats {
    /// Seats that nobody holds or waits for.
    pub fn left(self) -> i64 {
        self.seats - self.held - self.pending
    }
}

/// An employee as the rules see them.
#[derive(Clone, Copy, Debug)]
pub struct Applicant {
    pub holder_key: HolderKey,
    pub category: ServiceCategory,
    pub leaves_on: Option<NaiveDate>,
}

/// Whose live voucher or waiting request a person has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Claim {
    Own,
    Elsewhere,
}

/// A row of a list: its number, and its applicant or why it could not be read.
pub type Row<'a> = (i32, Result<Applicant, &'a Refusal>);

/// What was decided about one row.
#[derive(Clone, PartialEq, Debug)]
pub struct Decided {
    pub outcome: Result<(), Refusal>,
    pub eligibility: Vec<Finding>,
}

/// Decides a list row by row, in its order: what cannot be read, then the rules, then one seat per
/// person, then seats left. `seats` is none when the agency has no quota.
pub fn decide_rows<'a>(
    rows: impl Iterator<Item = Row<'a>>,
    terms: &Terms,
    seats: Option<Seats>,
    claims: &HashMap<HolderKey, Claim>,
) -> Vec<Decided> {
    let mut in_list: HashMap<HolderKey, i32> = HashMap::new();
    let mut requested = 0;
    let mut decide = |number: i32, applicant: Result<Applicant, &Refusal>| {
        let applicant = match applicant {
            Ok(applicant) => applicant,
            Err(refusal) => return Decided { outcome: Err(refusal.clone()), eligibility: Vec::new() },
        };
        let eligibility = eligibility(&applicant, terms, seats.is_some());
        let key = applicant.holder_key;
        let outcome = (|| {
            require_eligible(&eligibility)?;
            require_no_claim(claims.get(&key).copied())?;
            if let Some(first_row) = in_list.get(&key) {
                return Err(Refusal::new(Code::DuplicateHolder).at("snils").with("first_row", first_row));
            }
            require_seat(seats, requested)
        })();
        if outcome.is_ok() {
            in_list.insert(key, number);
            requested += 1;
        }
        Decided { outcome, eligibility }
    };
    rows.map(|(number, applicant)| decide(number, applicant)).collect()
}

fn eligibility(applicant: &Applicant, terms: &Terms, takes_part: bool) -> Vec<Finding> {
    let pass_if = |condition| if condition { Verdict::Pass } else { Verdict::Fail };
    let finding = |rule, verdict, evidence: Value| match evidence {
        Value::Object(evidence) => Finding { rule, verdict, evidence },
        _ => Finding { rule, verdict, evidence: Map::new() },
    };
    let eligible = &terms.eligible_categories;
    let employed = applicant.leaves_on.map_or(Verdict::Unknown, |day| pass_if(day >= terms.valid_until));
    vec![
        finding(
            Rule::CategoryOfService,
            pass_if(eligible.contains(&applicant.category)),
            json!({ "category": applicant.category, "eligible": eligible }),
        ),
        finding(
            Rule::EmployedThrough,
            employed,
            json!({ "leaves_on": applicant.leaves_on, "until": terms.valid_until }),
        ),
        finding(Rule::AgencyTakesPart, pass_if(takes_part), json!({ "has_quota": takes_part })),
    ]
}

fn require_eligible(eligibility: &[Finding]) -> Result<(), Refusal> {
    let failed: Vec<Rule> = eligibility
        .iter()
        .filter(|finding| finding.verdict == Verdict::Fail)
        .map(|finding| finding.rule)
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(Refusal::new(Code::NotEligible).with("rules", failed))
}

/// Another agency is never named.
fn require_no_claim(claim: Option<Claim>) -> Result<(), Refusal> {
    let claimed_by = match claim {
        None => return Ok(()),
        Some(Claim::Own) => "your_agency",
        Some(Claim::Elsewhere) => "another_agency",
    };
    Err(Refusal::new(Code::DuplicateHolder).at("snils").with("claimed_by", claimed_by))
}

fn require_seat(seats: Option<Seats>, requested: i64) -> Result<(), Refusal> {
    match seats {
        Some(seats) if seats.left() <= requested => Err(quota_exceeded(seats, requested + 1)
            .with("pending", seats.pending)
            .with("left", seats.left().max(0))),
        _ => Ok(()),
    }
}

fn quota_exceeded(seats: Seats, asked: i64) -> Refusal {
    let Seats { seats, held, .. } = seats;
    Refusal::new(Code::QuotaExceeded).with("seats", seats).with("held", held).with("asked", asked)
}

/// The day until which a municipality's request waits, if it still does.
pub fn waits_until(terms: &Terms, is_municipality: bool, now: Timestamp) -> Option<NaiveDate> {
    terms.priority_until.filter(|until| is_municipality && now < Timestamp::end_of_day(*until))
}

/// Where a request with this many accepted rows starts: a short list that need not wait is approved
/// at once, one with nobody left is over.
pub fn first_status(accepted: usize, terms: &Terms, waits: bool) -> Status {
    match accepted {
        0 => Status::Rejected,
        _ if !waits && accepted <= terms.auto_approve_max_rows => Status::Approved,
        _ => Status::Requested,
    }
}

/// What is known of a request that somebody approves.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub status: Status,
    pub requested_by: String,
    /// Items that wait.
    pub rows: i64,
    pub waits_until: Option<NaiveDate>,
    /// None when the quota was taken away.
    pub seats: Option<Seats>,
}

/// # Errors
/// `invalid_transition`, `self_approval`, `before_priority_date`, `quota_exceeded` with the shortfall.
pub fn approve(waiting: &Waiting, actor: &Actor) -> Result<(), Refusal> {
    waiting.status.require_waiting("approve")?;
    if actor.is_same_person(&waiting.requested_by) {
        return Err(Code::SelfApproval.into());
    }
    if let Some(until) = waiting.waits_until {
        return Err(Refusal::new(Code::BeforePriorityDate).with("priority_until", until));
    }
    let seats = waiting.seats.unwrap_or(Seats { seats: 0, held: 0, pending: waiting.rows });
    let left = seats.seats - seats.held;
    if waiting.rows > left {
        return Err(quota_exceeded(seats, waiting.rows)
            .with("left", left)
            .with("shortfall", waiting.rows - left));
    }
    Ok(())
}

/// Whether its vouchers may be issued: once, and after somebody approved it.
///
/// # Errors
/// `invalid_transition`.
pub fn issue(status: Status) -> Result<(), Refusal> {
    match status {
        Status::Approved => Ok(()),
        _ => Err(Refusal::invalid_transition("issue", status.as_str(), status.moves())),
    }
}

/// # Errors
/// `invalid_transition`.
pub fn reject(status: Status) -> Result<(), Refusal> {
    status.require_waiting("reject")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn terms() -> Terms {
        Terms {
            eligible_categories: vec![ServiceCategory::StateCivilServant, ServiceCategory::MunicipalServant],
            valid_until: day("2020-12-15"),
            priority_until: Some(day("2020-03-31")),
            auto_approve_max_rows: 2,
        }
    }

    fn person(number: u8) -> Applicant {
        Applicant {
            holder_key: HolderKey([number; 32]),
            category: ServiceCategory::StateCivilServant,
            leaves_on: None,
        }
    }

    const SEATS: Option<Seats> = Some(Seats { seats: 10, held: 0, pending: 0 });

    fn decide(
        people: &[Applicant],
        seats: Option<Seats>,
        claims: &HashMap<HolderKey, Claim>,
    ) -> Vec<Decided> {
        decide_rows((1..).zip(people.iter().map(|person| Ok(*person))), &terms(), seats, claims)
    }

    fn codes(decided: &[Decided]) -> Vec<Option<Code>> {
        decided.iter().map(|row| row.outcome.as_ref().err().map(|refusal| refusal.code)).collect()
    }

    #[test]
    fn rules_show_their_evidence() {
        let clerk = Applicant { category: ServiceCategory::Other, ..person(1) };
        let leaving = Applicant { leaves_on: Some(day("2020-12-14")), ..person(2) };
        let staying = Applicant { leaves_on: Some(day("2020-12-15")), ..person(3) };
        let decided = decide(&[clerk, leaving, staying, person(4)], SEATS, &HashMap::new());
        assert_eq!(codes(&decided), [Some(Code::NotEligible), Some(Code::NotEligible), None, None]);
        let verdicts = |row: usize| decided[row].eligibility.iter().map(|f| f.verdict).collect::<Vec<_>>();
        assert_eq!(verdicts(0), [Verdict::Fail, Verdict::Unknown, Verdict::Pass]);
        assert_eq!(verdicts(1), [Verdict::Pass, Verdict::Fail, Verdict::Pass]);
        assert_eq!(verdicts(2), [Verdict::Pass; 3]);
        assert_eq!(decided[0].outcome.as_ref().unwrap_err().facts["rules"], json!(["category_of_service"]));
        assert_eq!(decided[1].eligibility[1].evidence["leaves_on"], "2020-12-14");
    }

    #[test]
    fn an_agency_without_a_quota_does_not_take_part() {
        let decided = decide(&[person(1)], None, &HashMap::new());
        assert_eq!(decided[0].outcome.as_ref().unwrap_err().facts["rules"], json!(["agency_takes_part"]));
    }

    #[test]
    fn one_seat_per_person() {
        let claims =
            HashMap::from([(HolderKey([1; 32]), Claim::Own), (HolderKey([2; 32]), Claim::Elsewhere)]);
        let decided = decide(&[person(1), person(2), person(3), person(3)], SEATS, &claims);
        let fact = |row: usize, name: &str| decided[row].outcome.as_ref().unwrap_err().facts[name].clone();
        assert_eq!(fact(0, "claimed_by"), "your_agency");
        assert_eq!(fact(1, "claimed_by"), "another_agency");
        assert_eq!(fact(3, "first_row"), 3);
        assert!(decided[2].outcome.is_ok());
    }

    #[test]
    fn a_refused_row_takes_neither_a_seat_nor_its_person() {
        let clerk = Applicant { category: ServiceCategory::Other, ..person(1) };
        let one_left = Some(Seats { seats: 5, held: 3, pending: 1 });
        let decided = decide(&[clerk, person(1), person(2)], one_left, &HashMap::new());
        assert_eq!(codes(&decided), [Some(Code::NotEligible), None, Some(Code::QuotaExceeded)]);
        let facts = &decided[2].outcome.as_ref().unwrap_err().facts;
        assert_eq!(json!(facts), json!({ "seats": 5, "held": 3, "pending": 1, "left": 1, "asked": 2 }));
    }

    #[test]
    fn what_could_not_be_read_keeps_its_reason() {
        let unread = Refusal::field("snils", "11 digits");
        let decided = decide_rows([(1, Err(&unread))].into_iter(), &terms(), SEATS, &HashMap::new());
        assert_eq!(decided[0].outcome, Err(unread));
    }

    #[test]
    fn municipalities_wait_until_the_priority_day_is_over_in_moscow() {
        let end = Timestamp::end_of_day(day("2020-03-31"));
        let before = Timestamp::from_millis(end.millis() - 1);
        assert_eq!(waits_until(&terms(), true, before), Some(day("2020-03-31")));
        assert_eq!(waits_until(&terms(), true, end), None);
        assert_eq!(waits_until(&terms(), false, before), None);
    }

    #[test]
    fn short_lists_that_need_not_wait_are_approved_at_once() {
        let statuses = [(0, false), (2, false), (3, false), (2, true)];
        assert_eq!(
            statuses.map(|(accepted, waits)| first_status(accepted, &terms(), waits)),
            [Status::Rejected, Status::Approved, Status::Requested, Status::Requested]
        );
    }

    #[test]
    fn approval_takes_another_person_time_and_seats() {
        let waiting = Waiting {
            status: Status::Requested,
            requested_by: "anna".into(),
            rows: 4,
            waits_until: None,
            seats: Some(Seats { seats: 10, held: 6, pending: 4 }),
        };
        let boris = Actor { token_no: 2, subject: "boris".into() };
        let anna = Actor { token_no: 3, subject: "anna".into() };
        let code = |waiting: &Waiting, actor: &Actor| approve(waiting, actor).map_err(|refusal| refusal.code);
        assert_eq!(code(&waiting, &boris), Ok(()));
        assert_eq!(code(&waiting, &anna), Err(Code::SelfApproval));
        let early = Waiting { waits_until: Some(day("2020-03-31")), ..waiting.clone() };
        assert_eq!(code(&early, &boris), Err(Code::BeforePriorityDate));
        let many = Waiting { rows: 5, ..waiting.clone() };
        assert_eq!(approve(&many, &boris).unwrap_err().facts["shortfall"], 1);
        let gone = Waiting { seats: None, ..waiting.clone() };
        assert_eq!(approve(&gone, &boris).unwrap_err().facts["shortfall"], 4);
        for status in [Status::Approved, Status::Rejected, Status::Issued] {
            let done = Waiting { status, ..waiting.clone() };
            assert_eq!(approve(&done, &boris).unwrap_err().facts["allowed"], json!(status.moves()));
            assert_eq!(reject(status).unwrap_err().code, Code::InvalidTransition);
        }
        assert_eq!(reject(Status::Requested), Ok(()));
    }

    proptest! {
        #[test]
        fn nobody_is_accepted_twice_nor_above_the_quota(
            people in proptest::collection::vec(0u8..20, 0..60),
            claimed in proptest::collection::vec(0u8..20, 0..5),
            (seats, held, pending) in (0i64..30, 0i64..10, 0i64..10),
        ) {
            let people: Vec<_> = people.into_iter().map(person).collect();
            let claims: HashMap<_, _> =
                claimed.into_iter().map(|number| (HolderKey([number; 32]), Claim::Own)).collect();
            let decided = decide(&people, Some(Seats { seats, held, pending }), &claims);
            let mut accepted: Vec<_> = people
                .iter()
                .zip(&decided)
                .filter(|(_, row)| row.outcome.is_ok())
                .map(|(person, _)| person.holder_key)
                .collect();
            prop_assert!(accepted.iter().all(|key| !claims.contains_key(key)));
            let count = accepted.len();
            prop_assert!(i64::try_from(count).unwrap() <= (seats - held - pending).max(0));
            accepted.sort();
            accepted.dedup();
            prop_assert_eq!(accepted.len(), count);
        }
    }
}
