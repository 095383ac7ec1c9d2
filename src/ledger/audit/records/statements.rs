//! Settlement accounts, bank statements and resolved items as their leaves must say them.

use super::Records;
use super::later::Later;
use crate::db::Connection;
use crate::db::schema::{payment, statement_item};
use crate::kernel::{PaymentId, StatementItemId};
use crate::ledger::model::Kind;
use crate::ledger::{facts, told};
use diesel::prelude::*;
use std::ops::RangeInclusive;

pub(super) fn accounts(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let accounts = told::accounts(connection, programme_no, range)?.into_iter();
    let records = accounts.map(|told::Account { number, account_id, facts }| {
        let subjects = vec![
            ("settlement_account", account_id.bytes().to_vec()),
            (facts::SUBJECT, facts::digest(&facts).to_vec()),
        ];
        (number, subjects)
    });
    Ok(records.collect())
}

/// With what became of their items later.
pub(super) fn statements(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
    later: &mut Later,
) -> QueryResult<Records> {
    expect_resolutions(connection, programme_no, range, later)?;
    let statements = told::statements(connection, programme_no, range)?.into_iter();
    let records = statements.map(|told::Statement { number, statement_id, account_id, facts }| {
        let subjects = vec![
            ("statement", statement_id.bytes().to_vec()),
            ("settlement_account", account_id.bytes().to_vec()),
            (facts::SUBJECT, facts::digest(&facts).to_vec()),
        ];
        (number, subjects)
    });
    Ok(records.collect())
}

fn expect_resolutions(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
    later: &mut Later,
) -> QueryResult<()> {
    type Row = (i64, Option<i64>, StatementItemId, Option<i64>, Option<PaymentId>, Option<String>);
    let rows: Vec<Row> = statement_item::table
        .left_join(
            payment::table.on(payment::programme_no
                .eq(statement_item::programme_no)
                .and(payment::payment_no.nullable().eq(statement_item::payment_no))),
        )
        .filter(statement_item::programme_no.eq(programme_no))
        .filter(statement_item::statement_no.between(range.start(), range.end()))
        .filter(statement_item::resolved_log_index.is_not_null())
        .select((
            statement_item::statement_no,
            statement_item::resolved_log_index,
            statement_item::item_id,
            statement_item::payment_no,
            payment::payment_id.nullable(),
            statement_item::reason,
        ))
        .load(connection)?;
    for (statement_no, log_index, item, payment_no, payment, reason) in rows {
        // A number that is nobody's stands for itself: no leaf has it.
        let unknown = || payment_no.map_or_else(Vec::new, |no| no.to_be_bytes().to_vec());
        let subjects = vec![
            ("statement_item", item.bytes().to_vec()),
            ("payment", payment.map_or_else(unknown, |id| id.bytes().to_vec())),
            (facts::REASON, facts::of_reason(reason.as_deref().unwrap_or_default()).to_vec()),
        ];
        later.expect(programme_no, Kind::StatementItemResolved, statement_no, log_index, subjects);
    }
    Ok(())
}
