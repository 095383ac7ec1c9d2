//! What became of a request, as its agency is told: ids, references, codes and evidence only.

use super::model::{Decided, Finding, Status};
use crate::kernel::{EmployeeId, ProgrammeId, Refusal, RequestId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The answer to a list of employees.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SubmittedRequest {
    /// None for a dry run.
    pub request_id: Option<RequestId>,
    pub programme_id: ProgrammeId,
    /// Where the request stands, or would.
    pub status: Status,
    /// Decided by the programme's threshold, not by a person.
    pub automatic: bool,
    /// Nothing was written.
    pub dry_run: bool,
    /// A municipality's request waits in line until the end of this day.
    pub waits_until: Option<NaiveDate>,
    pub accepted: usize,
    pub refused: usize,
    pub rows: Vec<RowOutcome>,
}

/// What became of one row.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RowOutcome {
    /// Its place in the list, from 1; a header does not count.
    pub row: i32,
    pub client_ref: String,
    pub outcome: Outcome,
    pub employee_id: Option<EmployeeId>,
    /// The code of the refusal, the column at fault, and what is known of the case.
    pub code: Option<String>,
    pub field: Option<String>,
    pub facts: Map<String, Value>,
    pub eligibility: Vec<Finding>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RequestRowOutcome)]
pub enum Outcome {
    Accepted,
    Refused,
}

impl RowOutcome {
    pub fn new(row: i32, client_ref: &str, decided: Decided, employee_id: Option<EmployeeId>) -> Self {
        let refusal = decided.outcome.err();
        let (code, field, facts) = match refusal {
            Some(Refusal { code, field, facts }) => (Some(code.as_str().to_owned()), field, facts),
            None => (None, None, Map::new()),
        };
        Self {
            row,
            client_ref: client_ref.to_owned(),
            outcome: if code.is_none() { Outcome::Accepted } else { Outcome::Refused },
            employee_id,
            code,
            field,
            facts,
            eligibility: decided.eligibility,
        }
    }
}

/// The answer to an approval or a rejection.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DecidedRequest {
    pub request_id: RequestId,
    pub programme_id: ProgrammeId,
    pub status: Status,
    /// Items that were approved or rejected.
    pub rows: i64,
}
