//! Names that were asked for against the leaves that recorded it: whose, and why.

use super::Records;
use crate::db::Connection;
use crate::db::schema::{employee, payee, unmasking, voucher};
use crate::kernel::{EmployeeId, PayeeId, VoucherId};
use crate::ledger::facts;
use diesel::prelude::*;
use std::ops::RangeInclusive;

pub(super) fn holders(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let rows: Vec<(i64, VoucherId, EmployeeId, String)> = unmasking::table
        .inner_join(
            voucher::table.on(voucher::programme_no
                .eq(unmasking::programme_no)
                .and(unmasking::voucher_no.eq(voucher::voucher_no.nullable()))),
        )
        .inner_join(employee::table.on(employee::employee_no.eq(voucher::employee_no)))
        .filter(unmasking::programme_no.eq(programme_no))
        .filter(unmasking::unmasking_no.between(range.start(), range.end()))
        .select((unmasking::unmasking_no, voucher::voucher_id, employee::employee_id, unmasking::reason))
        .load(connection)?;
    let records = rows.into_iter().map(|(no, voucher, employee, reason)| {
        let subjects = vec![
            ("voucher", voucher.bytes().to_vec()),
            ("employee", employee.bytes().to_vec()),
            (facts::REASON, facts::of_reason(&reason).to_vec()),
        ];
        (no, subjects)
    });
    Ok(records.collect())
}

pub(super) fn payees(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let rows: Vec<(i64, PayeeId, String)> = unmasking::table
        .inner_join(payee::table.on(unmasking::payee_no.eq(payee::payee_no.nullable())))
        .filter(unmasking::programme_no.eq(programme_no))
        .filter(unmasking::unmasking_no.between(range.start(), range.end()))
        .select((unmasking::unmasking_no, payee::payee_id, unmasking::reason))
        .load(connection)?;
    let records = rows.into_iter().map(|(no, payee, reason)| {
        (no, vec![("payee", payee.bytes().to_vec()), (facts::REASON, facts::of_reason(&reason).to_vec())])
    });
    Ok(records.collect())
}
