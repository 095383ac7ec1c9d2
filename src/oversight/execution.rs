//! How the budget is carried out, what is owed to whom, and how far the programme is on its way.

use super::ledger;
use crate::db::Connection;
use crate::db::schema::voucher_tally;
use crate::kernel::{AgencyId, BudgetLineId, Kopecks, PayeeId, Timestamp};
use crate::ledger::as_of::{self, AsOf};
use crate::ledger::model::Account;
use crate::programme::ProgrammeFacts;
use crate::programme::model::BudgetItem;
use crate::writer::Failure;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use serde::Serialize;
use utoipa::ToSchema;

/// A budget line: `limit` = `available` + `reserved` + `obligated` + `accrued` + `paid`.
#[derive(Serialize, ToSchema)]
pub struct LineExecution {
    pub budget_line_id: BudgetLineId,
    /// The budget classification code (КБК).
    pub kbk: String,
    #[schema(example = "instructor_pay")]
    pub item: String,
    pub name: String,
    /// ЛБО.
    pub limit: Kopecks,
    /// Доступно.
    pub available: Kopecks,
    /// Зарезервировано.
    pub reserved: Kopecks,
    /// Принятое бюджетное обязательство.
    pub obligated: Kopecks,
    /// Денежное обязательство: owed and not yet paid.
    pub accrued: Kopecks,
    /// Кассовое исполнение.
    pub paid: Kopecks,
    /// The part of `reserved` whose vouchers have lapsed and were not released yet: of now only, since the clock decides it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lapsed_not_released: Option<Kopecks>,
}

/// What a payee of the programme has earned and got.
#[derive(Serialize, ToSchema, QueryableByName)]
pub struct Payable {
    #[diesel(sql_type = Binary)]
    pub payee_id: PayeeId,
    /// `instructor` or `tax_office`.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Accrued and not yet paid.
    #[diesel(sql_type = BigInt)]
    pub unpaid: Kopecks,
    #[diesel(sql_type = BigInt)]
    pub paid: Kopecks,
}

/// Vouchers by what became of them. Those replaced are left out: their successors are counted.
#[derive(Clone, Copy, Serialize, ToSchema, Default, PartialEq, Eq, Debug)]
pub struct Figures {
    /// Seats of the quota.
    pub seats: i64,
    /// All below together, but `completed`.
    pub issued: i64,
    /// Can be redeemed now, or will be from their first day on.
    pub live: i64,
    pub suspended: i64,
    /// Redeemed, completed ones among them.
    pub redeemed: i64,
    pub completed: i64,
    pub voided: i64,
    /// Past their last day, released or not.
    pub expired: i64,
}

/// An agency on the way.
#[derive(Serialize, ToSchema)]
pub struct AgencyProgress {
    pub agency_id: AgencyId,
    pub name: String,
    #[schema(example = "state_body")]
    pub category: String,
    #[serde(flatten)]
    pub figures: Figures,
}

/// All agencies of a category on the way.
#[derive(Serialize, ToSchema)]
pub struct CategoryProgress {
    #[schema(example = "state_body")]
    pub category: String,
    #[serde(flatten)]
    pub figures: Figures,
}

/// The way to the target.
#[derive(Serialize, ToSchema)]
pub struct Progress {
    /// Specialists to be trained.
    pub target: i32,
    pub total: Figures,
    pub by_category: Vec<CategoryProgress>,
    pub by_agency: Vec<AgencyProgress>,
}

/// The budget lines that the first leaves made; with `now`, also what has lapsed by then.
///
/// # Errors
/// The database's.
pub fn budget(
    connection: &mut Connection,
    programme_no: i64,
    as_of: AsOf,
    now: Option<Timestamp>,
) -> Result<Vec<LineExecution>, Failure> {
    let lines = ledger::lines(connection, programme_no, as_of)?;
    let balances = as_of::balances(connection, programme_no, as_of)?;
    let lapsed = now.map(|now| lapsed_not_released(connection, programme_no, now)).transpose()?;
    let execution = lines.into_iter().map(|line| {
        let balance =
            |account: Account| balances.get(&(line.budget_line_no, account)).copied().unwrap_or_default();
        let pays_instructors = line.item == BudgetItem::InstructorPay.as_str();
        LineExecution {
            limit: balance(Account::Limit),
            available: balance(Account::Available),
            reserved: balance(Account::Reserved),
            obligated: balance(Account::Obligated),
            accrued: balance(Account::Accrued),
            paid: balance(Account::Paid),
            lapsed_not_released: lapsed.map(|lapsed| if pays_instructors { lapsed } else { Kopecks::ZERO }),
            budget_line_id: line.budget_line_id,
            kbk: line.kbk,
            item: line.item,
            name: line.name,
        }
    });
    Ok(execution.collect())
}

/// The face value of vouchers that are past their last day and still hold their reserve.
fn lapsed_not_released(
    connection: &mut Connection,
    programme_no: i64,
    now: Timestamp,
) -> QueryResult<Kopecks> {
    voucher_tally::table
        .filter(voucher_tally::programme_no.eq(programme_no))
        .filter(voucher_tally::expires_at.le(now))
        .select(sql::<Nullable<BigInt>>("CAST(SUM(held_kopecks) AS BIGINT)"))
        .first::<Option<Kopecks>>(connection)
        .map(Option::unwrap_or_default)
}

/// Everybody the programme owes or has paid, in the order they were registered.
///
/// # Errors
/// The database's.
pub fn payables(connection: &mut Connection, programme_no: i64) -> QueryResult<Vec<Payable>> {
    sql_query(
        "SELECT y.payee_id, y.kind,
                CAST(SUM(CASE p.account WHEN 4 THEN p.amount_kopecks ELSE 0 END) AS BIGINT) AS unpaid,
                CAST(SUM(CASE p.account WHEN 5 THEN p.amount_kopecks ELSE 0 END) AS BIGINT) AS paid
         FROM posting p JOIN payee y ON y.payee_no = p.payee_no
         WHERE p.programme_no = $1 AND p.payee_no IS NOT NULL
         GROUP BY y.payee_no, y.payee_id, y.kind ORDER BY y.payee_no",
    )
    .bind::<BigInt, _>(programme_no)
    .load(connection)
}

#[derive(QueryableByName)]
struct AgencyRow {
    #[diesel(sql_type = Binary)]
    agency_id: AgencyId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    category: String,
    #[diesel(sql_type = BigInt)]
    seats: i64,
    #[diesel(sql_type = BigInt)]
    live: i64,
    #[diesel(sql_type = BigInt)]
    suspended: i64,
    #[diesel(sql_type = BigInt)]
    redeemed: i64,
    #[diesel(sql_type = BigInt)]
    completed: i64,
    #[diesel(sql_type = BigInt)]
    voided: i64,
    #[diesel(sql_type = BigInt)]
    expired: i64,
}

impl AgencyRow {
    fn figures(&self) -> Figures {
        let &Self { seats, live, suspended, redeemed, completed, voided, expired, .. } = self;
        let issued = live + suspended + redeemed + voided + expired;
        Figures { seats, issued, live, suspended, redeemed, completed, voided, expired }
    }
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.seats += other.seats;
        self.issued += other.issued;
        self.live += other.live;
        self.suspended += other.suspended;
        self.redeemed += other.redeemed;
        self.completed += other.completed;
        self.voided += other.voided;
        self.expired += other.expired;
    }
}

/// Every agency with a quota or a voucher, its category and the whole, as of `now`.
///
/// # Errors
/// The database's.
pub fn progress(
    connection: &mut Connection,
    programme: &ProgrammeFacts,
    now: Timestamp,
) -> QueryResult<Progress> {
    let rows: Vec<AgencyRow> = sql_query(
        "SELECT a.agency_id, a.name, a.category, COALESCE(q.seats, 0) AS seats,
                COALESCE(f.live, 0) AS live, COALESCE(f.suspended, 0) AS suspended,
                COALESCE(f.redeemed, 0) AS redeemed, COALESCE(f.completed, 0) AS completed,
                COALESCE(f.voided, 0) AS voided, COALESCE(f.expired, 0) AS expired
         FROM agency a
         LEFT JOIN quota q ON q.agency_no = a.agency_no AND q.programme_no = $1
         LEFT JOIN (SELECT agency_no,
                CAST(SUM(CASE WHEN expires_at > $2 THEN issued ELSE 0 END) AS BIGINT) AS live,
                CAST(SUM(CASE WHEN expires_at > $3 THEN suspended ELSE 0 END) AS BIGINT) AS suspended,
                CAST(SUM(redeemed + completed) AS BIGINT) AS redeemed,
                CAST(SUM(completed) AS BIGINT) AS completed,
                CAST(SUM(voided) AS BIGINT) AS voided,
                CAST(SUM(expired + CASE WHEN expires_at <= $4 THEN issued + suspended ELSE 0 END) AS BIGINT)
                    AS expired
             FROM voucher_tally WHERE programme_no = $5 GROUP BY agency_no) f ON f.agency_no = a.agency_no
         WHERE q.agency_no IS NOT NULL OR f.agency_no IS NOT NULL
         ORDER BY a.category DESC, a.agency_no",
    )
    .bind::<BigInt, _>(programme.programme_no)
    .bind::<BigInt, _>(now)
    .bind::<BigInt, _>(now)
    .bind::<BigInt, _>(now)
    .bind::<BigInt, _>(programme.programme_no)
    .load(connection)?;
    let mut total = Figures::default();
    let mut by_category: Vec<CategoryProgress> = Vec::new();
    for row in &rows {
        let figures = row.figures();
        total.add(&figures);
        // Rows come category by category.
        match by_category.last_mut().filter(|last| last.category == row.category) {
            Some(last) => last.figures.add(&figures),
            None => by_category.push(CategoryProgress { category: row.category.clone(), figures }),
        }
    }
    let by_agency = rows
        .into_iter()
        .map(|row| {
            let figures = row.figures();
            AgencyProgress { agency_id: row.agency_id, name: row.name, category: row.category, figures }
        })
        .collect();
    Ok(Progress { target: programme.target_trained, total, by_category, by_agency })
}
