//! How the budget is carried out by agency, by course run and by month: as it is now.

use crate::db::Connection;
use crate::db::schema::{account_turnover, budget_line};
use crate::kernel::{AgencyId, BudgetLineId, CourseRunId, Kopecks, Month};
use crate::ledger::model::Account;
use crate::writer::Failure;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Text};
use serde::Serialize;
use utoipa::ToSchema;

/// Of an agency: what is held, owed and paid for its people.
#[derive(QueryableByName, Serialize, ToSchema)]
#[schema(as = BudgetOfAgency)]
pub struct OfAgency {
    #[diesel(sql_type = Binary)]
    pub agency_id: AgencyId,
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = BigInt)]
    pub reserved: Kopecks,
    #[diesel(sql_type = BigInt)]
    pub obligated: Kopecks,
    #[diesel(sql_type = BigInt)]
    pub accrued: Kopecks,
    #[diesel(sql_type = BigInt)]
    pub paid: Kopecks,
}

/// Of a course run. Nothing is reserved for one.
#[derive(QueryableByName, Serialize, ToSchema)]
#[schema(as = BudgetOfCourseRun)]
pub struct OfCourseRun {
    #[diesel(sql_type = Binary)]
    pub course_run_id: CourseRunId,
    #[diesel(sql_type = Text)]
    #[schema(example = "П-01")]
    pub code: String,
    #[diesel(sql_type = BigInt)]
    pub obligated: Kopecks,
    #[diesel(sql_type = BigInt)]
    pub accrued: Kopecks,
    #[diesel(sql_type = BigInt)]
    pub paid: Kopecks,
}

/// What moved on the accounts of a budget line in a month, each on its normal side.
#[derive(Serialize, ToSchema)]
#[schema(as = BudgetOfMonth)]
pub struct OfMonth {
    pub month: Month,
    pub budget_line_id: BudgetLineId,
    /// Of the line.
    pub name: String,
    pub limit: Kopecks,
    pub available: Kopecks,
    pub reserved: Kopecks,
    pub obligated: Kopecks,
    pub accrued: Kopecks,
    pub paid: Kopecks,
}

impl OfMonth {
    fn nothing(month: Month, budget_line_id: BudgetLineId, name: String) -> Self {
        let none = Kopecks::ZERO;
        Self {
            month,
            budget_line_id,
            name,
            limit: none,
            available: none,
            reserved: none,
            obligated: none,
            accrued: none,
            paid: none,
        }
    }

    fn of(&mut self, account: Account) -> &mut Kopecks {
        match account {
            Account::Limit => &mut self.limit,
            Account::Available => &mut self.available,
            Account::Reserved => &mut self.reserved,
            Account::Obligated => &mut self.obligated,
            Account::Accrued => &mut self.accrued,
            Account::Paid => &mut self.paid,
        }
    }
}

const SUMS: &str = "
    CAST(SUM(CASE p.account WHEN 2 THEN p.amount_kopecks ELSE 0 END) AS BIGINT) AS reserved,
    CAST(SUM(CASE p.account WHEN 3 THEN p.amount_kopecks ELSE 0 END) AS BIGINT) AS obligated,
    CAST(SUM(CASE p.account WHEN 4 THEN p.amount_kopecks ELSE 0 END) AS BIGINT) AS accrued,
    CAST(SUM(CASE p.account WHEN 5 THEN p.amount_kopecks ELSE 0 END) AS BIGINT) AS paid";

/// Agencies that anything was posted about, in the order they were registered. Reads every posting of the programme.
///
/// # Errors
/// The database's.
pub fn by_agency(connection: &mut Connection, programme_no: i64) -> QueryResult<Vec<OfAgency>> {
    sql_query(format!(
        "SELECT a.agency_id, a.code, a.name, {SUMS}
         FROM posting p JOIN agency a ON a.agency_no = p.agency_no
         WHERE p.programme_no = $1 AND p.agency_no IS NOT NULL
         GROUP BY a.agency_no, a.agency_id, a.code, a.name ORDER BY a.agency_no"
    ))
    .bind::<BigInt, _>(programme_no)
    .load(connection)
}

/// Course runs that anything was posted about, in the order they were made. Reads every posting about redemptions.
///
/// # Errors
/// The database's.
pub fn by_course_run(connection: &mut Connection, programme_no: i64) -> QueryResult<Vec<OfCourseRun>> {
    sql_query(format!(
        "SELECT c.course_run_id, c.code, {SUMS}
         FROM posting p
         JOIN course_run c ON c.programme_no = p.programme_no AND c.course_run_no = p.course_run_no
         WHERE p.programme_no = $1 AND p.redemption_no IS NOT NULL
         GROUP BY c.course_run_no, c.course_run_id, c.code ORDER BY c.course_run_no"
    ))
    .bind::<BigInt, _>(programme_no)
    .load(connection)
}

type Row = (BudgetLineId, String, i16, String, Kopecks, Kopecks);

/// Months with anything dated in them, line by line, from the turnovers that the books keep.
///
/// # Errors
/// The database's; a month or an account that is none.
pub fn by_month(connection: &mut Connection, programme_no: i64) -> Result<Vec<OfMonth>, Failure> {
    let rows: Vec<Row> = account_turnover::table
        .inner_join(
            budget_line::table.on(budget_line::programme_no
                .eq(account_turnover::programme_no)
                .and(budget_line::budget_line_no.eq(account_turnover::budget_line_no))),
        )
        .filter(account_turnover::programme_no.eq(programme_no))
        .order((account_turnover::month, account_turnover::budget_line_no, account_turnover::account))
        .select((
            budget_line::budget_line_id,
            budget_line::name,
            account_turnover::account,
            account_turnover::month,
            account_turnover::debit_kopecks,
            account_turnover::credit_kopecks,
        ))
        .load(connection)?;
    let mut months: Vec<OfMonth> = Vec::new();
    for (budget_line_id, name, account, month, debit, credit) in rows {
        let none = |what: &str| Failure::Inconsistent(format!("a turnover is of no {what}"));
        let month = Month::parse(&month).map_err(|_| none("month"))?;
        let account = Account::from_number(account).ok_or_else(|| none("account"))?;
        let moved = debit.checked_sub(credit).ok_or_else(|| none("64 bits"))?;
        if months.last().is_none_or(|last| (last.month, last.budget_line_id) != (month, budget_line_id)) {
            months.push(OfMonth::nothing(month, budget_line_id, name));
        }
        if let Some(last) = months.last_mut() {
            *last.of(account) = account.effect(moved);
        }
    }
    Ok(months)
}
