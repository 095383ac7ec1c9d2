//! Rows of programmes, budget lines and quotas. Decides nothing.

use super::model::{BudgetItem, NewBudgetLine, NewProgramme, Status, Unfinished};
use super::view::{BudgetLine, Quota};
use crate::db::schema::{
    account_balance, agency, budget_line, course_run, programme, quota, request, university, voucher_tally,
};
use crate::db::{Connection, Parsed, parsed_columns, rows};
use crate::kernel::{AgencyId, BudgetLineId, Kbk, Kopecks, ProgrammeCode, ProgrammeId, UniversityId};
use crate::ledger::model::Account;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

parsed_columns!(BudgetItem);

/// The number of a university.
///
/// # Errors
/// The database's.
pub fn university_no(connection: &mut Connection, id: UniversityId) -> QueryResult<Option<i64>> {
    university::table
        .filter(university::university_id.eq(id))
        .select(university::university_no)
        .first(connection)
        .optional()
}

/// # Errors
/// The database's.
pub fn is_code_taken(connection: &mut Connection, code: &ProgrammeCode) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(programme::table.filter(programme::code.eq(code.as_str()))))
        .get_result(connection)
}

/// # Errors
/// The database's.
pub fn insert(
    connection: &mut Connection,
    programme_no: i64,
    id: ProgrammeId,
    university_no: i64,
    new: &NewProgramme,
) -> QueryResult<()> {
    diesel::insert_into(programme::table)
        .values((
            programme::programme_no.eq(programme_no),
            programme::programme_id.eq(id),
            programme::code.eq(new.code.as_str()),
            programme::name.eq(new.name.as_str()),
            programme::year.eq(new.year),
            programme::university_no.eq(university_no),
            programme::course_hours.eq(new.course_hours),
            programme::face_value_kopecks.eq(new.face_value),
            programme::valid_from.eq(new.valid_from.to_string()),
            programme::valid_until.eq(new.valid_until.to_string()),
            programme::priority_until.eq(new.priority_until.map(|day| day.to_string())),
            programme::auto_approve_max_rows.eq(new.auto_approve_max_rows),
            programme::sync_grace_days.eq(new.sync_grace_days),
            programme::eligible_categories.eq(new.eligible_categories.to_string()),
            programme::contribution_basis_points.eq(new.contribution_basis_points),
            programme::target_trained.eq(new.target_trained),
            programme::illustrative.eq(new.illustrative),
            programme::status.eq(Status::Draft.as_str()),
            programme::next_voucher_no.eq(1),
        ))
        .execute(connection)
        .map(drop)
}

/// # Errors
/// The database's.
pub fn set_status(connection: &mut Connection, programme_no: i64, status: Status) -> QueryResult<()> {
    diesel::update(programme::table.find(programme_no))
        .set(programme::status.eq(status.as_str()))
        .execute(connection)
        .map(drop)
}

/// What keeps a programme from closing.
///
/// # Errors
/// The database's.
pub fn unfinished(connection: &mut Connection, programme_no: i64) -> QueryResult<Unfinished> {
    let live_vouchers = voucher_tally::table
        .filter(voucher_tally::programme_no.eq(programme_no))
        .select(sql::<BigInt>("CAST(COALESCE(SUM(issued + suspended), 0) AS BIGINT)"))
        .get_result(connection)?;
    let requests = request::table
        .filter(request::programme_no.eq(programme_no))
        .filter(request::status.eq_any(["requested", "approved"]))
        .count()
        .get_result(connection)?;
    let open_course_runs = course_run::table
        .filter(course_run::programme_no.eq(programme_no))
        .filter(course_run::status.eq("open"))
        .count()
        .get_result(connection)?;
    let balances: Vec<(i16, Kopecks)> = account_balance::table
        .filter(account_balance::programme_no.eq(programme_no))
        .select((account_balance::account, account_balance::balance_kopecks))
        .load(connection)?;
    let total = |account: Account| {
        let of_account = balances.iter().filter(|(number, _)| *number == account.number());
        // Balances of one programme that do not fit 64 bits together were never booked.
        Kopecks::sum(of_account.map(|(_, balance)| *balance)).unwrap_or(Kopecks::new(i64::MAX))
    };
    Ok(Unfinished {
        live_vouchers,
        requests,
        open_course_runs,
        reserved: total(Account::Reserved),
        obligated: total(Account::Obligated),
        accrued: total(Account::Accrued),
    })
}

/// A budget line with its place.
#[derive(Clone, PartialEq, Debug, Queryable, Selectable)]
#[diesel(table_name = budget_line)]
pub struct BudgetLineRow {
    pub programme_no: i64,
    pub budget_line_no: i64,
    pub budget_line_id: BudgetLineId,
    #[diesel(deserialize_as = Parsed<Kbk>)]
    pub kbk: Kbk,
    #[diesel(deserialize_as = Parsed<BudgetItem>)]
    pub item: BudgetItem,
    pub name: String,
}

impl From<BudgetLineRow> for BudgetLine {
    fn from(row: BudgetLineRow) -> Self {
        Self { budget_line_id: row.budget_line_id, kbk: row.kbk, item: row.item, name: row.name }
    }
}

/// # Errors
/// The database's.
pub fn budget_lines(connection: &mut Connection, programme_no: i64) -> QueryResult<Vec<BudgetLineRow>> {
    budget_line::table
        .filter(budget_line::programme_no.eq(programme_no))
        .order(budget_line::budget_line_no)
        .select(BudgetLineRow::as_select())
        .load(connection)
}

/// # Errors
/// The database's.
pub fn find_budget_line(connection: &mut Connection, id: BudgetLineId) -> QueryResult<Option<BudgetLineRow>> {
    budget_line::table
        .filter(budget_line::budget_line_id.eq(id))
        .select(BudgetLineRow::as_select())
        .first(connection)
        .optional()
}

/// # Errors
/// The database's.
pub fn insert_budget_line(
    connection: &mut Connection,
    programme_no: i64,
    budget_line_no: i64,
    id: BudgetLineId,
    new: &NewBudgetLine,
) -> QueryResult<()> {
    diesel::insert_into(budget_line::table)
        .values((
            budget_line::programme_no.eq(programme_no),
            budget_line::budget_line_no.eq(budget_line_no),
            budget_line::budget_line_id.eq(id),
            budget_line::kbk.eq(new.kbk.to_string()),
            budget_line::item.eq(new.item.as_str()),
            budget_line::name.eq(new.name.as_str()),
        ))
        .execute(connection)
        .map(drop)
}

/// The quotas of a programme in the order of agencies, of one agency if it is named.
///
/// # Errors
/// The database's.
pub fn quotas(
    connection: &mut Connection,
    programme_no: i64,
    agency_no: Option<i64>,
) -> QueryResult<Vec<Quota>> {
    let mut query = quota::table
        .inner_join(agency::table.on(agency::agency_no.eq(quota::agency_no)))
        .filter(quota::programme_no.eq(programme_no))
        .into_boxed();
    if let Some(agency_no) = agency_no {
        query = query.filter(quota::agency_no.eq(agency_no));
    }
    let rows = query.order(quota::agency_no).select((agency::agency_id, quota::seats, quota::held)).load::<(
        AgencyId,
        i64,
        i64,
    )>(
        connection,
    )?;
    Ok(rows.into_iter().map(|(agency_id, seats, held)| Quota { agency_id, seats, held }).collect())
}

/// An agency with its seats in a programme.
#[derive(Clone, PartialEq, Debug, Queryable)]
pub struct AgencyQuota {
    pub code: String,
    pub name: String,
    /// Seats and those of them that are held; none without a quota.
    pub quota: Option<(i64, i64)>,
}

impl AgencyQuota {
    pub fn seats(&self) -> i64 {
        self.quota.map_or(0, |(seats, _)| seats)
    }

    pub fn held(&self) -> i64 {
        self.quota.map_or(0, |(_, held)| held)
    }

    /// Seats that nobody holds.
    pub fn left(&self) -> i64 {
        self.seats() - self.held()
    }
}

/// All agencies, state bodies first, with what they have in a programme; only `own` when it is given.
///
/// # Errors
/// The database's.
pub fn agency_quotas(
    connection: &mut Connection,
    programme_no: i64,
    own: Option<i64>,
) -> QueryResult<Vec<AgencyQuota>> {
    let of_programme = quota::agency_no.eq(agency::agency_no).and(quota::programme_no.eq(programme_no));
    let mut query = agency::table
        .left_join(quota::table.on(of_programme))
        .select((agency::code, agency::name, (quota::seats, quota::held).nullable()))
        .order((agency::category.desc(), agency::agency_no))
        .into_boxed();
    if let Some(own) = own {
        query = query.filter(agency::agency_no.eq(own));
    }
    query.load(connection)
}

/// The seats of each agency with a quota, by its number.
///
/// # Errors
/// The database's.
pub fn quota_numbers(connection: &mut Connection, programme_no: i64) -> QueryResult<Vec<(i64, i64)>> {
    quota::table
        .filter(quota::programme_no.eq(programme_no))
        .select((quota::agency_no, quota::seats))
        .load(connection)
}

/// The seats of an agency and those of them that are held; none without a quota.
///
/// # Errors
/// The database's.
pub fn quota(
    connection: &mut Connection,
    programme_no: i64,
    agency_no: i64,
) -> QueryResult<Option<(i64, i64)>> {
    quota::table
        .find((programme_no, agency_no))
        .select((quota::seats, quota::held))
        .get_result(connection)
        .optional()
}

/// An agency's number, and the seats it holds in this programme; none when there is no such agency.
///
/// # Errors
/// The database's.
pub fn agency_with_held(
    connection: &mut Connection,
    programme_no: i64,
    id: AgencyId,
) -> QueryResult<Option<(i64, i64)>> {
    let found = agency::table
        .left_join(
            quota::table.on(quota::agency_no.eq(agency::agency_no).and(quota::programme_no.eq(programme_no))),
        )
        .filter(agency::agency_id.eq(id))
        .select((agency::agency_no, quota::held.nullable()))
        .first::<(i64, Option<i64>)>(connection)
        .optional()?;
    Ok(found.map(|(agency_no, held)| (agency_no, held.unwrap_or(0))))
}

/// # Errors
/// The database's; a constraint's when seats are fewer than held.
pub fn set_quota(
    connection: &mut Connection,
    programme_no: i64,
    agency_no: i64,
    seats: i64,
) -> QueryResult<()> {
    let row = QuotaRow { programme_no, agency_no, seats, held: 0 };
    keep_quotas(connection, &[row]).map(drop)
}

struct QuotaRow {
    programme_no: i64,
    agency_no: i64,
    seats: i64,
    held: i64,
}

rows! {
    fn keep_quotas(QuotaRow {
        programme_no: i64 as BigInt,
        agency_no: i64 as BigInt,
        seats: i64 as BigInt,
        held: i64 as BigInt,
    }) = "INSERT INTO quota {values} ON CONFLICT (programme_no, agency_no) DO UPDATE SET seats = excluded.seats"
}
