//! What settlement accounts and bank statements say, as their leaves must.

use crate::db::Connection;
use crate::db::schema::{bank_statement, payment, payment_register, settlement_account, statement_item};
use crate::kernel::{Kopecks, PaymentId, RegisterId, SettlementAccountId, StatementId, StatementItemId};
use crate::ledger::facts;
use diesel::prelude::*;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

pub struct Account {
    pub number: i64,
    pub account_id: SettlementAccountId,
    pub facts: Vec<String>,
}

pub struct Statement {
    pub number: i64,
    pub statement_id: StatementId,
    pub account_id: SettlementAccountId,
    pub facts: Vec<String>,
}

/// # Errors
/// The database's.
pub fn accounts(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Vec<Account>> {
    let rows: Vec<(i64, SettlementAccountId, String, String)> = settlement_account::table
        .filter(settlement_account::programme_no.eq(programme_no))
        .filter(settlement_account::account_no.between(range.start(), range.end()))
        .select((
            settlement_account::account_no,
            settlement_account::account_id,
            settlement_account::account_number,
            settlement_account::bic,
        ))
        .load(connection)?;
    let accounts = rows.into_iter().map(|(number, account_id, account_number, bic)| Account {
        number,
        account_id,
        facts: facts::account(&account_number, &bic).to_vec(),
    });
    Ok(accounts.collect())
}

/// # Errors
/// The database's.
pub fn statements(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Vec<Statement>> {
    type Row = (i64, StatementId, SettlementAccountId, Vec<u8>, String, String, Kopecks, Kopecks);
    let rows: Vec<Row> = bank_statement::table
        .inner_join(
            settlement_account::table.on(settlement_account::programme_no
                .eq(bank_statement::programme_no)
                .and(settlement_account::account_no.eq(bank_statement::account_no))),
        )
        .filter(bank_statement::programme_no.eq(programme_no))
        .filter(bank_statement::statement_no.between(range.start(), range.end()))
        .select((
            bank_statement::statement_no,
            bank_statement::statement_id,
            settlement_account::account_id,
            bank_statement::file_sha256,
            bank_statement::first_day,
            bank_statement::last_day,
            bank_statement::opening_kopecks,
            bank_statement::closing_kopecks,
        ))
        .load(connection)?;
    let mut items = items(connection, programme_no, range)?;
    let statements = rows.into_iter().map(|row| {
        let (number, statement_id, account_id, file_sha256, first_day, last_day, opening, closing) = row;
        let items = items.remove(&number).unwrap_or_default();
        let days = (first_day.as_str(), last_day.as_str());
        let facts = facts::statement(days, opening, closing, &file_sha256, items);
        Statement { number, statement_id, account_id, facts }
    });
    Ok(statements.collect())
}

#[derive(Queryable)]
struct Item {
    statement_no: i64,
    item_no: i32,
    item_id: StatementItemId,
    direction: String,
    booked_on: String,
    amount: Kopecks,
    document_number: String,
    outcome: String,
    because: Option<String>,
    payment_no: Option<i64>,
    payment_id: Option<PaymentId>,
    register_no: Option<i64>,
    register_id: Option<RegisterId>,
    resolved_log_index: Option<i64>,
}

/// As they were imported: what an item was resolved with came later.
fn items(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<BTreeMap<i64, Vec<facts::StatementItem>>> {
    let rows: Vec<Item> = statement_item::table
        .left_join(
            payment::table.on(payment::programme_no
                .eq(statement_item::programme_no)
                .and(payment::payment_no.nullable().eq(statement_item::payment_no))),
        )
        .left_join(
            payment_register::table.on(payment_register::programme_no
                .eq(statement_item::programme_no)
                .and(payment_register::register_no.nullable().eq(statement_item::register_no))),
        )
        .filter(statement_item::programme_no.eq(programme_no))
        .filter(statement_item::statement_no.between(range.start(), range.end()))
        .order((statement_item::statement_no, statement_item::item_no))
        .select((
            statement_item::statement_no,
            statement_item::item_no,
            statement_item::item_id,
            statement_item::direction,
            statement_item::booked_on,
            statement_item::amount_kopecks,
            statement_item::document_number,
            statement_item::outcome,
            statement_item::unmatched_because,
            statement_item::payment_no,
            payment::payment_id.nullable(),
            statement_item::register_no,
            payment_register::register_id.nullable(),
            statement_item::resolved_log_index,
        ))
        .load(connection)?;
    let mut items: BTreeMap<i64, Vec<facts::StatementItem>> = BTreeMap::new();
    for row in rows {
        // A number that is nobody's stands for itself: no digest has it.
        let payment =
            row.payment_id.map_or_else(|| row.payment_no.map(|no| no.to_string()), |id| Some(id.to_string()));
        let register = row
            .register_id
            .map_or_else(|| row.register_no.map(|no| no.to_string()), |id| Some(id.to_string()));
        let matched = payment.filter(|_| row.resolved_log_index.is_none()).or(register);
        items.entry(row.statement_no).or_default().push([
            row.item_no.to_string(),
            row.item_id.to_string(),
            row.direction,
            row.booked_on,
            row.amount.get().to_string(),
            row.document_number,
            row.outcome,
            row.because.unwrap_or_default(),
            matched.unwrap_or_default(),
        ]);
    }
    Ok(items)
}
