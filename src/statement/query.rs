//! What is known of statements and their items.

use super::model::{Direction, MOST_ITEMS, Outcome, Status};
use super::number::AccountNumber;
use crate::db::schema::{bank_statement, programme, settlement_account, statement_item};
use crate::db::{Connection, Parsed};
use crate::kernel::{Kopecks, PaymentId, ProgrammeId, RegisterId, StatementId, StatementItemId};
use chrono::NaiveDate;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable};
use serde::Serialize;
use utoipa::ToSchema;

/// A statement as it is shown.
#[derive(Queryable, Selectable, Serialize, ToSchema)]
#[diesel(table_name = bank_statement)]
#[schema(as = BankStatement)]
pub struct StatementView {
    #[serde(skip)]
    pub programme_no: i64,
    #[serde(skip)]
    pub statement_no: i64,
    pub statement_id: StatementId,
    #[diesel(select_expression = programme::programme_id)]
    pub programme_id: ProgrammeId,
    #[diesel(select_expression = settlement_account::account_number)]
    #[diesel(deserialize_as = Parsed<AccountNumber>)]
    pub account_number: AccountNumber,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub first_day: NaiveDate,
    /// Inclusive.
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub last_day: NaiveDate,
    #[diesel(column_name = opening_kopecks)]
    pub opening: Kopecks,
    #[diesel(column_name = closing_kopecks)]
    pub closing: Kopecks,
    #[diesel(select_expression = sql::<BigInt>(ITEMS))]
    #[diesel(select_expression_type = SqlLiteral<BigInt>)]
    pub item_count: i64,
    /// Items that wait for a person.
    #[diesel(select_expression = sql::<BigInt>(UNMATCHED))]
    #[diesel(select_expression_type = SqlLiteral<BigInt>)]
    pub unmatched: i64,
}

const ITEMS: &str = "(SELECT COUNT(*) FROM statement_item
    WHERE statement_item.programme_no = bank_statement.programme_no
      AND statement_item.statement_no = bank_statement.statement_no)";

const UNMATCHED: &str = "(SELECT COUNT(*) FROM statement_item
    WHERE statement_item.programme_no = bank_statement.programme_no
      AND statement_item.statement_no = bank_statement.statement_no
      AND statement_item.outcome = 'unmatched' AND statement_item.resolved_log_index IS NULL)";

#[derive(Queryable, Selectable)]
#[diesel(table_name = statement_item)]
struct ItemRow {
    statement_no: i64,
    item_no: i32,
    item_id: StatementItemId,
    #[diesel(select_expression = bank_statement::statement_id)]
    statement_id: StatementId,
    #[diesel(deserialize_as = Parsed<Direction>)]
    direction: Direction,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    booked_on: NaiveDate,
    amount_kopecks: Kopecks,
    document_number: String,
    #[diesel(deserialize_as = Parsed<Outcome>)]
    outcome: Outcome,
    unmatched_because: Option<String>,
    #[diesel(select_expression = sql::<Nullable<Binary>>(PAYMENT_ID))]
    #[diesel(select_expression_type = SqlLiteral<Nullable<Binary>>)]
    payment_id: Option<PaymentId>,
    #[diesel(select_expression = sql::<Nullable<Binary>>(REGISTER_ID))]
    #[diesel(select_expression_type = SqlLiteral<Nullable<Binary>>)]
    register_id: Option<RegisterId>,
    resolved_log_index: Option<i64>,
    reason: Option<String>,
}

const PAYMENT_ID: &str = "(SELECT payment_id FROM payment
    WHERE payment.programme_no = statement_item.programme_no AND payment.payment_no = statement_item.payment_no)";

const REGISTER_ID: &str = "(SELECT register_id FROM payment_register
    WHERE payment_register.programme_no = statement_item.programme_no
      AND payment_register.register_no = statement_item.register_no)";

/// An item as it is shown.
#[derive(Serialize, ToSchema)]
#[schema(as = BankStatementItem)]
pub struct ItemView {
    pub item_id: StatementItemId,
    pub statement_id: StatementId,
    /// Its place in the statement, from 1.
    pub item: i32,
    pub direction: Direction,
    pub booked_on: NaiveDate,
    pub amount: Kopecks,
    pub document_number: String,
    pub status: Status,
    pub outcome: Outcome,
    /// Why it was matched with nothing when its statement was imported.
    pub because: Option<String>,
    pub payment_id: Option<PaymentId>,
    /// The register that it paid as a whole.
    pub register_id: Option<RegisterId>,
    /// What the person who resolved it found out.
    pub reason: Option<String>,
}

/// Which items; `None` does not narrow.
#[derive(Clone, Copy, Default)]
pub struct ItemFilter {
    pub statement_no: Option<i64>,
    pub status: Option<Status>,
}

/// An item's number in the list of a programme's has its statement's above its own.
const ITEM_BITS: u32 = 13;
const _: () = assert!(MOST_ITEMS < 1 << ITEM_BITS);

macro_rules! statements {
    () => {
        bank_statement::table
            .inner_join(programme::table.on(programme::programme_no.eq(bank_statement::programme_no)))
            .inner_join(
                settlement_account::table.on(settlement_account::programme_no
                    .eq(bank_statement::programme_no)
                    .and(settlement_account::account_no.eq(bank_statement::account_no))),
            )
            .select(StatementView::as_select())
    };
}

/// Statements of a programme in the order they were imported, after `after`.
///
/// # Errors
/// The database's.
pub fn statements(
    connection: &mut Connection,
    programme_no: i64,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<StatementView>> {
    statements!()
        .filter(bank_statement::programme_no.eq(programme_no))
        .filter(bank_statement::statement_no.gt(after))
        .order(bank_statement::statement_no)
        .limit(limit)
        .load(connection)
}

/// # Errors
/// The database's.
pub fn statement(connection: &mut Connection, id: StatementId) -> QueryResult<Option<StatementView>> {
    statements!().filter(bank_statement::statement_id.eq(id)).get_result(connection).optional()
}

/// Items of a programme, statement by statement, each with its number, after `after`.
///
/// # Errors
/// The database's.
pub fn items(
    connection: &mut Connection,
    programme_no: i64,
    filter: ItemFilter,
    after: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<(i64, ItemView)>> {
    let mut query = statement_item::table
        .inner_join(
            bank_statement::table.on(bank_statement::programme_no
                .eq(statement_item::programme_no)
                .and(bank_statement::statement_no.eq(statement_item::statement_no))),
        )
        .filter(statement_item::programme_no.eq(programme_no))
        .order((statement_item::statement_no, statement_item::item_no))
        .limit(limit)
        .select(ItemRow::as_select())
        .into_boxed();
    if let Some(after) = after {
        let (statement_no, item_no) = (after >> ITEM_BITS, (after & ((1 << ITEM_BITS) - 1)) as i32);
        let later = statement_item::statement_no.gt(statement_no);
        let same = statement_item::statement_no.eq(statement_no).and(statement_item::item_no.gt(item_no));
        query = query.filter(later.or(same));
    }
    if let Some(statement_no) = filter.statement_no {
        query = query.filter(statement_item::statement_no.eq(statement_no));
    }
    let unmatched = statement_item::outcome.eq(Outcome::Unmatched.as_str());
    query = match filter.status {
        None => query,
        Some(Status::Matched) => query.filter(statement_item::outcome.ne(Outcome::Unmatched.as_str())),
        Some(Status::Unmatched) => query.filter(unmatched.and(statement_item::resolved_log_index.is_null())),
        Some(Status::Resolved) => query.filter(statement_item::resolved_log_index.is_not_null()),
    };
    let rows = query.load::<ItemRow>(connection)?;
    Ok(rows
        .into_iter()
        .map(|row| (row.statement_no << ITEM_BITS | i64::from(row.item_no), row.into()))
        .collect())
}

impl From<ItemRow> for ItemView {
    fn from(row: ItemRow) -> Self {
        Self {
            item_id: row.item_id,
            statement_id: row.statement_id,
            item: row.item_no,
            direction: row.direction,
            booked_on: row.booked_on,
            amount: row.amount_kopecks,
            document_number: row.document_number,
            status: Status::of(row.outcome, row.resolved_log_index.is_some()),
            outcome: row.outcome,
            because: row.unmatched_because,
            payment_id: row.payment_id,
            register_id: row.register_id,
            reason: row.reason,
        }
    }
}
