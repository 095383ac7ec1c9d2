//! What a programme is and which moves it allows.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use crate::kernel::{
    Code, Kbk, Kopecks, Malformed, ProgrammeCode, Refusal, ServiceCategory, Text, UniversityId,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where a programme is in its life: `draft → open → closed`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProgrammeStatus)]
pub enum Status {
    Draft,
    Open,
    Closed,
}

impl Status {
    pub const ALL: [Self; 3] = [Self::Draft, Self::Open, Self::Closed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// The moves allowed from here.
    pub const fn moves(self) -> &'static [&'static str] {
        match self {
            Self::Draft => &["open"],
            Self::Open => &["close"],
            Self::Closed => &[],
        }
    }
}

impl FromStr for Status {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = Self::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or(Malformed::expected("draft, open or closed"))
    }
}

/// The categories of service whose people may be trained, as one column holds them: `a,b`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Categories(pub Vec<ServiceCategory>);

impl FromStr for Categories {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        text.split(',').map(ServiceCategory::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Categories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|category| category.as_str()).collect();
        f.write_str(&names.join(","))
    }
}

/// What a budget line pays for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BudgetItem {
    /// Оплата труда преподавателей; vouchers are reserved from this line.
    InstructorPay,
    /// Информационная кампания.
    InformationCampaign,
}

impl BudgetItem {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InstructorPay => "instructor_pay",
            Self::InformationCampaign => "information_campaign",
        }
    }
}

impl FromStr for BudgetItem {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        [Self::InstructorPay, Self::InformationCampaign]
            .into_iter()
            .find(|item| item.as_str() == text)
            .ok_or(Malformed::expected("instructor_pay or information_campaign"))
    }
}

/// A name of something, one line.
pub type Name = Text<1, 300>;

/// A programme about to be created; its figures are in range and agree with each other.
#[derive(Clone, PartialEq, Debug)]
pub struct NewProgramme {
    pub code: ProgrammeCode,
    pub name: Name,
    pub year: i32,
    pub university_id: UniversityId,
    pub course_hours: i32,
    pub face_value: Kopecks,
    pub valid_from: NaiveDate,
    pub valid_until: NaiveDate,
    pub priority_until: Option<NaiveDate>,
    pub auto_approve_max_rows: i32,
    pub sync_grace_days: i32,
    pub eligible_categories: Categories,
    pub contribution_basis_points: i32,
    pub target_trained: i32,
    pub illustrative: bool,
}

/// A budget line about to be created: what serde takes needs no further check.
#[derive(Clone, PartialEq, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBudgetLine {
    pub kbk: Kbk,
    pub item: BudgetItem,
    pub name: Name,
}

/// Whether a programme may open: it needs the line that vouchers are reserved from.
///
/// # Errors
/// `invalid_transition`, with what is missing.
pub fn open(status: Status, has_instructor_line: bool) -> Result<(), Refusal> {
    let refusal = || Refusal::invalid_transition("open", status.as_str(), status.moves());
    match (status, has_instructor_line) {
        (Status::Draft, true) => Ok(()),
        (Status::Draft, false) => Err(refusal().with("missing_budget_line", BudgetItem::InstructorPay)),
        _ => Err(refusal()),
    }
}

/// Whether a programme may close: nobody may still hold a live voucher or wait for one, and no
/// money may still be on its way.
///
/// # Errors
/// `invalid_transition`, with what is in the way.
pub fn close(status: Status, unfinished: &Unfinished) -> Result<(), Refusal> {
    let refusal = || Refusal::invalid_transition("close", status.as_str(), status.moves());
    match status {
        Status::Open if unfinished.is_none() => Ok(()),
        Status::Open => Err(refusal().with("unfinished", unfinished)),
        _ => Err(refusal()),
    }
}

/// What keeps a programme from closing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Unfinished {
    pub live_vouchers: i64,
    pub requests: i64,
    pub open_course_runs: i64,
    /// Over all lines.
    pub reserved: Kopecks,
    pub obligated: Kopecks,
    pub accrued: Kopecks,
}

impl Unfinished {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether a thing may still be added to a programme: not once it is closed.
///
/// # Errors
/// `programme_not_open`, with the status.
pub fn accepts_changes(status: Status) -> Result<(), Refusal> {
    match status {
        Status::Draft | Status::Open => Ok(()),
        Status::Closed => Err(not_open(status)),
    }
}

/// Whether a programme issues and redeems vouchers.
///
/// # Errors
/// `programme_not_open`, with the status.
pub fn require_open(status: Status) -> Result<(), Refusal> {
    match status {
        Status::Open => Ok(()),
        Status::Draft | Status::Closed => Err(not_open(status)),
    }
}

fn not_open(status: Status) -> Refusal {
    Refusal::new(Code::ProgrammeNotOpen).with("status", status.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_programme_opens_once_and_only_with_the_line_that_pays_instructors() {
        assert_eq!(open(Status::Draft, true), Ok(()));
        let missing = open(Status::Draft, false).unwrap_err();
        assert_eq!(missing.facts["missing_budget_line"], "instructor_pay");
        for status in [Status::Open, Status::Closed] {
            assert_eq!(open(status, true).unwrap_err().code, Code::InvalidTransition);
        }
    }

    #[test]
    fn a_programme_closes_when_nothing_is_left_to_do() {
        let done = Unfinished::default();
        assert_eq!(close(Status::Open, &done), Ok(()));
        for status in [Status::Draft, Status::Closed] {
            let refusal = close(status, &done).unwrap_err();
            assert_eq!(refusal.facts["allowed"], serde_json::json!(status.moves()));
        }
        for unfinished in [
            Unfinished { live_vouchers: 1, ..Unfinished::default() },
            Unfinished { requests: 1, ..Unfinished::default() },
            Unfinished { open_course_runs: 1, ..Unfinished::default() },
            Unfinished { reserved: Kopecks::new(1), ..Unfinished::default() },
            Unfinished { obligated: Kopecks::new(1), ..Unfinished::default() },
            Unfinished { accrued: Kopecks::new(1), ..Unfinished::default() },
        ] {
            let refusal = close(Status::Open, &unfinished).unwrap_err();
            assert_eq!(refusal.facts["unfinished"], serde_json::json!(unfinished));
        }
    }

    #[test]
    fn only_an_open_programme_spends_and_only_a_closed_one_is_finished() {
        assert_eq!(Status::ALL.map(|s| require_open(s).is_ok()), [false, true, false]);
        assert_eq!(Status::ALL.map(|s| accepts_changes(s).is_ok()), [true, true, false]);
    }

    #[test]
    fn columns_read_back_what_was_written() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        let categories = Categories(ServiceCategory::ALL.to_vec());
        assert_eq!(categories.to_string().parse(), Ok(categories));
    }
}
