//! A programme as the commands of every slice see it: one row, loaded once.

use super::model::{self, Categories, Status};
use crate::db::schema::{budget_line, programme, university};
use crate::db::{Connection, OptionalParsed, Parsed, parsed_columns};
use crate::kernel::{Code, Kopecks, ProgrammeCode, ProgrammeId, Refusal, Timestamp, UniversityId};
use chrono::NaiveDate;
use diesel::prelude::*;

parsed_columns!(Status, Categories);

/// What is known of a programme.
#[derive(Clone, PartialEq, Debug, Queryable, Selectable)]
#[diesel(table_name = programme)]
pub struct ProgrammeFacts {
    pub programme_no: i64,
    pub programme_id: ProgrammeId,
    #[diesel(deserialize_as = Parsed<ProgrammeCode>)]
    pub code: ProgrammeCode,
    pub name: String,
    pub year: i32,
    pub university_no: i64,
    #[diesel(select_expression = university::university_id)]
    pub university_id: UniversityId,
    #[diesel(select_expression = university::code)]
    pub university_code: String,
    pub course_hours: i32,
    #[diesel(column_name = face_value_kopecks)]
    pub face_value: Kopecks,
    /// The first day a voucher is good, Moscow.
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub valid_from: NaiveDate,
    /// The last day a voucher is good, inclusive, Moscow.
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub valid_until: NaiveDate,
    /// The last day on which requests of municipalities wait in line for state bodies.
    #[diesel(deserialize_as = OptionalParsed<NaiveDate>)]
    pub priority_until: Option<NaiveDate>,
    /// Requests of up to this many rows are approved automatically; 0 for none.
    pub auto_approve_max_rows: i32,
    /// Days after `valid_until` in which scans made offline may still arrive.
    pub sync_grace_days: i32,
    #[diesel(deserialize_as = Parsed<Categories>)]
    pub eligible_categories: Categories,
    /// Payroll contributions on top of an instructor's pay, in 1/10 000.
    #[diesel(deserialize_as = i32)]
    pub contribution_basis_points: u32,
    pub target_trained: i32,
    pub illustrative: bool,
    #[diesel(deserialize_as = Parsed<Status>)]
    pub status: Status,
    /// The budget line that vouchers are reserved from; an open programme has it.
    #[diesel(select_expression = budget_line::budget_line_no.nullable())]
    pub instructor_line_no: Option<i64>,
}

/// The one query behind every way to a programme.
macro_rules! programmes {
    () => {
        programme::table
            .inner_join(university::table.on(university::university_no.eq(programme::university_no)))
            .left_join(
                budget_line::table.on(budget_line::programme_no
                    .eq(programme::programme_no)
                    .and(budget_line::item.eq(model::BudgetItem::InstructorPay.as_str()))),
            )
            .select(ProgrammeFacts::as_select())
    };
}

impl ProgrammeFacts {
    /// # Errors
    /// The database's.
    pub fn find(connection: &mut Connection, id: ProgrammeId) -> QueryResult<Option<Self>> {
        programmes!().filter(programme::programme_id.eq(id)).get_result(connection).optional()
    }

    /// # Errors
    /// The database's.
    pub fn by_code(connection: &mut Connection, code: &str) -> QueryResult<Option<Self>> {
        programmes!().filter(programme::code.eq(code)).get_result(connection).optional()
    }

    /// # Errors
    /// The database's; `NotFound` when there is no such programme (a number comes from our own rows).
    pub fn by_no(connection: &mut Connection, programme_no: i64) -> QueryResult<Self> {
        programmes!().filter(programme::programme_no.eq(programme_no)).get_result(connection)
    }

    /// Programmes in the order they were created, after `after`, of this university if one is named.
    ///
    /// # Errors
    /// The database's.
    pub fn list(
        connection: &mut Connection,
        university_no: Option<i64>,
        after: i64,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        let mut query = programmes!().filter(programme::programme_no.gt(after)).into_boxed();
        if let Some(university_no) = university_no {
            query = query.filter(programme::university_no.eq(university_no));
        }
        query.order(programme::programme_no).limit(limit).load(connection)
    }

    /// Whether vouchers are issued and redeemed now.
    ///
    /// # Errors
    /// `programme_not_open`.
    pub fn require_open(&self) -> Result<(), Refusal> {
        model::require_open(self.status)
    }

    /// Whether things may still be added to it.
    ///
    /// # Errors
    /// `programme_not_open` once it is closed.
    pub fn accepts_changes(&self) -> Result<(), Refusal> {
        model::accepts_changes(self.status)
    }

    /// The budget line that vouchers are reserved from.
    ///
    /// # Errors
    /// `programme_not_open` for a draft that has none yet.
    pub fn instructor_line(&self) -> Result<i64, Refusal> {
        self.instructor_line_no.ok_or_else(|| {
            Refusal::new(Code::ProgrammeNotOpen)
                .with("status", self.status.as_str())
                .with("missing_budget_line", model::BudgetItem::InstructorPay)
        })
    }

    /// The first instant a voucher is good.
    pub fn not_before(&self) -> Timestamp {
        Timestamp::start_of_day(self.valid_from)
    }

    /// The first instant a voucher is no longer good.
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::end_of_day(self.valid_until)
    }

    /// How long after a voucher's `expires_at` its reserve is kept, in seconds.
    pub fn sync_grace_seconds(&self) -> i64 {
        i64::from(self.sync_grace_days) * 24 * 3_600
    }
}
