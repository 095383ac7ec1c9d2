//! Payments, withdrawn and returned ones too, as their leaves must say them.

use super::Records;
use super::later::Later;
use crate::db::Connection;
use crate::db::schema::{payee, payment};
use crate::kernel::{Kopecks, PayeeId, PaymentId};
use crate::ledger::facts;
use crate::ledger::model::Kind;
use diesel::prelude::*;
use std::ops::RangeInclusive;

#[derive(Queryable)]
struct Row {
    payment_no: i64,
    payment: PaymentId,
    payee: PayeeId,
    document_number: String,
    paid_on: String,
    amount: Kopecks,
    status: String,
    withdrawn_log_index: Option<i64>,
    returned_log_index: Option<i64>,
    reason: Option<String>,
}

pub(super) fn payments(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
    later: &mut Later,
) -> QueryResult<Records> {
    let rows: Vec<Row> = payment::table
        .inner_join(payee::table.on(payee::payee_no.eq(payment::payee_no)))
        .filter(payment::programme_no.eq(programme_no))
        .filter(payment::payment_no.between(range.start(), range.end()))
        .select((
            payment::payment_no,
            payment::payment_id,
            payee::payee_id,
            payment::document_number,
            payment::paid_on,
            payment::amount_kopecks,
            payment::status,
            payment::withdrawn_log_index,
            payment::returned_log_index,
            payment::reason,
        ))
        .load(connection)?;
    let records = rows.into_iter().map(|row| {
        let payment = ("payment", row.payment.bytes().to_vec());
        let mut then = |kind, log_index| {
            let reason = facts::of_reason(row.reason.as_deref().unwrap_or_default()).to_vec();
            let subjects = vec![payment.clone(), (facts::REASON, reason)];
            later.expect(programme_no, kind, row.payment_no, log_index, subjects);
        };
        if row.status == "withdrawn" {
            then(Kind::PaymentWithdrawn, row.withdrawn_log_index);
        }
        if row.returned_log_index.is_some() {
            then(Kind::PaymentReturned, row.returned_log_index);
        }
        let digest = facts::of_payment(&row.document_number, &row.paid_on, row.amount).to_vec();
        (row.payment_no, vec![payment, ("payee", row.payee.bytes().to_vec()), (facts::SUBJECT, digest)])
    });
    Ok(records.collect())
}
