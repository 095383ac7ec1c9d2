//! The tables of settlement accounts, bank statements and their items.

use super::model::{Direction, Outcome};
use super::number::{AccountNumber, Bic};
use crate::db::schema::{bank_statement, payment, settlement_account, statement_item};
use crate::db::{Connection, Parsed, parsed_columns};
use crate::kernel::{Kopecks, SettlementAccountId, StatementId, StatementItemId};
use crate::writer::{Entry, Failure};
use chrono::NaiveDate;
use diesel::dsl::{exists, select};
use diesel::prelude::*;
use std::collections::HashSet;

parsed_columns!(Direction, Outcome, AccountNumber, Bic);

/// A settlement account of a programme.
#[derive(Queryable, Selectable)]
#[diesel(table_name = settlement_account)]
pub struct AccountRow {
    pub account_no: i64,
    pub account_id: SettlementAccountId,
    #[diesel(deserialize_as = Parsed<AccountNumber>)]
    pub account_number: AccountNumber,
    #[diesel(deserialize_as = Parsed<Bic>)]
    pub bic: Bic,
}

#[derive(Insertable)]
#[diesel(table_name = settlement_account)]
pub struct NewAccount {
    pub programme_no: i64,
    pub account_id: SettlementAccountId,
    pub account_number: String,
    pub bic: String,
}

#[derive(Insertable)]
#[diesel(table_name = bank_statement)]
pub struct NewStatement {
    pub programme_no: i64,
    pub statement_id: StatementId,
    pub account_no: i64,
    pub file_sha256: Vec<u8>,
    pub first_day: String,
    pub last_day: String,
    pub opening_kopecks: Kopecks,
    pub closing_kopecks: Kopecks,
    pub imported_by: String,
}

#[derive(Insertable)]
#[diesel(table_name = statement_item)]
pub struct NewItem {
    pub programme_no: i64,
    pub item_no: i32,
    pub item_id: StatementItemId,
    pub direction: &'static str,
    pub booked_on: String,
    pub amount_kopecks: Kopecks,
    pub document_number: String,
    pub outcome: &'static str,
    pub unmatched_because: Option<&'static str>,
    pub payment_no: Option<i64>,
    pub register_no: Option<i64>,
}

/// An item as resolving it needs it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = statement_item)]
pub struct ToResolve {
    pub programme_no: i64,
    pub statement_no: i64,
    pub item_no: i32,
    #[diesel(deserialize_as = Parsed<Direction>)]
    pub direction: Direction,
    pub amount_kopecks: Kopecks,
    #[diesel(deserialize_as = Parsed<Outcome>)]
    pub outcome: Outcome,
    pub resolved_log_index: Option<i64>,
    #[diesel(select_expression = bank_statement::imported_by)]
    pub imported_by: String,
}

/// A statement imported before.
#[derive(Queryable, Selectable)]
#[diesel(table_name = bank_statement)]
pub struct Earlier {
    pub statement_id: StatementId,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub first_day: NaiveDate,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub last_day: NaiveDate,
}

/// The accounts of a programme, in the order they were set.
///
/// # Errors
/// The database's.
pub fn accounts(connection: &mut Connection, programme_no: i64) -> QueryResult<Vec<AccountRow>> {
    settlement_account::table
        .filter(settlement_account::programme_no.eq(programme_no))
        .order(settlement_account::account_no)
        .select(AccountRow::as_select())
        .load(connection)
}

/// # Errors
/// The database's.
pub fn insert_account(connection: &mut Connection, account_no: i64, new: &NewAccount) -> Result<(), Failure> {
    diesel::insert_into(settlement_account::table)
        .values((settlement_account::account_no.eq(account_no), new))
        .execute(connection)?;
    Ok(())
}

/// A statement of the same file, or of the same account with a day in common.
///
/// # Errors
/// The database's.
pub fn earlier(
    connection: &mut Connection,
    programme_no: i64,
    account_no: i64,
    file_sha256: &[u8],
    (first_day, last_day): (NaiveDate, NaiveDate),
) -> QueryResult<Option<Earlier>> {
    let overlaps = bank_statement::account_no
        .eq(account_no)
        .and(bank_statement::first_day.le(last_day.to_string()))
        .and(bank_statement::last_day.ge(first_day.to_string()));
    bank_statement::table
        .filter(bank_statement::programme_no.eq(programme_no))
        .filter(bank_statement::file_sha256.eq(file_sha256).or(overlaps))
        .order(bank_statement::statement_no)
        .select(Earlier::as_select())
        .first(connection)
        .optional()
}

/// Which of these payments items speak of already, and in which direction.
///
/// # Errors
/// The database's.
pub fn linked_payments(
    connection: &mut Connection,
    programme_no: i64,
    payment_nos: &[i64],
) -> Result<HashSet<(i64, Direction)>, Failure> {
    let mut linked = HashSet::new();
    for payment_nos in payment_nos.chunks(CHUNK) {
        let rows: Vec<(Option<i64>, String)> = statement_item::table
            .filter(statement_item::programme_no.eq(programme_no))
            .filter(statement_item::payment_no.eq_any(payment_nos))
            .select((statement_item::payment_no, statement_item::direction))
            .load(connection)?;
        for (payment_no, direction) in rows {
            let direction =
                direction.parse().map_err(|_| Failure::Inconsistent("a direction is none".into()))?;
            linked.extend(payment_no.map(|payment_no| (payment_no, direction)));
        }
    }
    Ok(linked)
}

/// Which of these registers items speak of already.
///
/// # Errors
/// The database's.
pub fn linked_registers(
    connection: &mut Connection,
    programme_no: i64,
    register_nos: &[i64],
) -> QueryResult<HashSet<i64>> {
    let mut linked = HashSet::new();
    for register_nos in register_nos.chunks(CHUNK) {
        let rows = statement_item::table
            .filter(statement_item::programme_no.eq(programme_no))
            .filter(statement_item::register_no.eq_any(register_nos))
            .select(statement_item::register_no);
        linked.extend(rows.load::<Option<i64>>(connection)?.into_iter().flatten());
    }
    Ok(linked)
}

/// Values in one list of a statement: SQLite takes 32,766 at most.
const CHUNK: usize = 1_000;

/// Whether an item speaks of this payment already in this direction, or of its register.
///
/// # Errors
/// The database's.
pub fn is_linked(
    connection: &mut Connection,
    programme_no: i64,
    payment_no: i64,
    direction: Direction,
) -> Result<bool, Failure> {
    if linked_payments(connection, programme_no, &[payment_no])?.contains(&(payment_no, direction)) {
        return Ok(true);
    }
    let register = payment::table.find((programme_no, payment_no)).select(payment::register_no);
    let of_register = statement_item::table
        .filter(statement_item::programme_no.eq(programme_no))
        .filter(statement_item::register_no.eq_any(register))
        .filter(statement_item::direction.eq(direction.as_str()));
    Ok(select(exists(of_register)).get_result(connection)?)
}

/// # Errors
/// The database's.
pub fn insert(
    connection: &mut Connection,
    statement_no: i64,
    statement: &NewStatement,
    items: &[NewItem],
) -> Result<(), Failure> {
    diesel::insert_into(bank_statement::table)
        .values((bank_statement::statement_no.eq(statement_no), statement))
        .execute(connection)?;
    for item in items {
        diesel::insert_into(statement_item::table)
            .values((statement_item::statement_no.eq(statement_no), item))
            .execute(connection)?;
    }
    Ok(())
}

/// # Errors
/// The database's.
pub fn item_to_resolve(connection: &mut Connection, id: StatementItemId) -> QueryResult<Option<ToResolve>> {
    statement_item::table
        .inner_join(
            bank_statement::table.on(bank_statement::programme_no
                .eq(statement_item::programme_no)
                .and(bank_statement::statement_no.eq(statement_item::statement_no))),
        )
        .filter(statement_item::item_id.eq(id))
        .select(ToResolve::as_select())
        .get_result(connection)
        .optional()
}

/// Marks an item resolved by the transaction at `entry`.
///
/// # Errors
/// The database's; the item waits no more.
pub fn resolve(
    connection: &mut Connection,
    entry: Entry,
    item: &ToResolve,
    payment_no: Option<i64>,
    by: &str,
    reason: &str,
) -> Result<(), Failure> {
    let changed =
        diesel::update(statement_item::table.find((item.programme_no, item.statement_no, item.item_no)))
            .filter(statement_item::resolved_log_index.is_null())
            .set((
                statement_item::payment_no.eq(payment_no),
                statement_item::resolved_log_index.eq(entry.log_index),
                statement_item::resolved_by.eq(by),
                statement_item::reason.eq(reason),
            ))
            .execute(connection)?;
    match changed {
        1 => Ok(()),
        _ => Err(Failure::Inconsistent(format!("item {}/{} was resolved", item.statement_no, item.item_no))),
    }
}
