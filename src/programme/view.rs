//! Programmes, budget lines and quotas as answers show them.

use super::facts::ProgrammeFacts;
use super::model::{BudgetItem, Status};
use crate::kernel::{
    AgencyId, BudgetLineId, Kbk, Kopecks, ProgrammeCode, ProgrammeId, ServiceCategory, UniversityId,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A training programme of one year.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Programme {
    pub programme_id: ProgrammeId,
    pub code: ProgrammeCode,
    pub name: String,
    pub year: i32,
    pub university_id: UniversityId,
    pub course_hours: i32,
    /// Reserved for one voucher.
    pub face_value: Kopecks,
    pub valid_from: NaiveDate,
    /// The last day vouchers are good, inclusive, Moscow.
    pub valid_until: NaiveDate,
    pub priority_until: Option<NaiveDate>,
    pub auto_approve_max_rows: i32,
    pub sync_grace_days: i32,
    pub eligible_categories: Vec<ServiceCategory>,
    /// In 1/10 000.
    pub contribution_basis_points: u32,
    pub target_trained: i32,
    pub illustrative: bool,
    pub status: Status,
}

impl From<ProgrammeFacts> for Programme {
    fn from(facts: ProgrammeFacts) -> Self {
        Self {
            programme_id: facts.programme_id,
            code: facts.code,
            name: facts.name,
            year: facts.year,
            university_id: facts.university_id,
            course_hours: facts.course_hours,
            face_value: facts.face_value,
            valid_from: facts.valid_from,
            valid_until: facts.valid_until,
            priority_until: facts.priority_until,
            auto_approve_max_rows: facts.auto_approve_max_rows,
            sync_grace_days: facts.sync_grace_days,
            eligible_categories: facts.eligible_categories.0,
            contribution_basis_points: facts.contribution_basis_points,
            target_trained: facts.target_trained,
            illustrative: facts.illustrative,
            status: facts.status,
        }
    }
}

/// A budget line of a programme.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BudgetLine {
    pub budget_line_id: BudgetLineId,
    pub kbk: Kbk,
    pub item: BudgetItem,
    pub name: String,
}

/// The seats of an agency in a programme.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Quota {
    pub agency_id: AgencyId,
    pub seats: i64,
    /// Taken by approved requests.
    pub held: i64,
}

/// The budget lines of a programme.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BudgetLines {
    pub items: Vec<BudgetLine>,
}

/// Seats by agency.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Quotas {
    pub items: Vec<Quota>,
}
