//! The table of payments.

use super::model::Status;
use crate::db::schema::{payee, payment, programme};
use crate::db::{Connection, Parsed, parsed_columns};
use crate::kernel::{Kopecks, PayeeId, PaymentId, ProgrammeId};
use crate::writer::{Entry, Failure};
use chrono::NaiveDate;
use diesel::dsl::{exists, select};
use diesel::prelude::*;

parsed_columns!(Status);

#[derive(Insertable)]
#[diesel(table_name = payment)]
pub struct NewPayment {
    pub programme_no: i64,
    pub payment_id: PaymentId,
    pub payee_no: i64,
    pub document_number: String,
    pub paid_on: String,
    pub amount_kopecks: Kopecks,
    pub status: &'static str,
    pub prepared_by: String,
}

/// A payment as confirming or withdrawing it needs it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = payment)]
pub struct ToDecide {
    pub programme_no: i64,
    pub payment_no: i64,
    pub payee_no: i64,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub paid_on: NaiveDate,
    pub amount_kopecks: Kopecks,
    #[diesel(deserialize_as = Parsed<Status>)]
    pub status: Status,
    pub prepared_by: String,
}

/// A payment as it is shown.
#[derive(Queryable, Selectable)]
#[diesel(table_name = payment)]
pub struct PaymentRow {
    pub payment_no: i64,
    pub payment_id: PaymentId,
    #[diesel(select_expression = programme::programme_id)]
    pub programme_id: ProgrammeId,
    #[diesel(select_expression = payee::payee_id)]
    pub payee_id: PayeeId,
    pub document_number: String,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub paid_on: NaiveDate,
    pub amount_kopecks: Kopecks,
    #[diesel(deserialize_as = Parsed<Status>)]
    pub status: Status,
    pub reason: Option<String>,
}

/// Which payments are listed; `None` does not narrow.
#[derive(Default)]
pub struct PaymentFilter {
    pub payee_id: Option<PayeeId>,
    pub status: Option<Status>,
}

pub fn payee(connection: &mut Connection, id: PayeeId) -> QueryResult<Option<i64>> {
    payee::table.filter(payee::payee_id.eq(id)).select(payee::payee_no).get_result(connection).optional()
}

/// Whether a payment with this document's number was made or may still be.
pub fn has_document(connection: &mut Connection, programme_no: i64, number: &str) -> QueryResult<bool> {
    let same = payment::table
        .filter(payment::programme_no.eq(programme_no))
        .filter(payment::document_number.eq(number))
        .filter(payment::status.ne(Status::Withdrawn.as_str()));
    select(exists(same)).get_result(connection)
}

pub fn insert(connection: &mut Connection, payment_no: i64, new: &NewPayment) -> Result<(), Failure> {
    diesel::insert_into(payment::table)
        .values((payment::payment_no.eq(payment_no), new))
        .execute(connection)?;
    Ok(())
}

pub fn payment_to_decide(connection: &mut Connection, id: PaymentId) -> QueryResult<Option<ToDecide>> {
    payment::table
        .inner_join(programme::table.on(programme::programme_no.eq(payment::programme_no)))
        .filter(payment::payment_id.eq(id))
        .select(ToDecide::as_select())
        .get_result(connection)
        .optional()
}

/// Marks a payment paid by the transaction at `entry`.
pub fn confirm(
    connection: &mut Connection,
    entry: Entry,
    payment_no: i64,
    confirmed_by: &str,
) -> Result<(), Failure> {
    let changed = diesel::update(payment::table.find((entry.programme_no, payment_no)))
        .filter(payment::status.eq(Status::Prepared.as_str()))
        .set((
            payment::status.eq(Status::Paid.as_str()),
            payment::confirmed_by.eq(confirmed_by),
            payment::paid_log_index.eq(entry.log_index),
        ))
        .execute(connection)?;
    expect_prepared(changed, payment_no)
}

/// Marks a payment withdrawn by the transaction at `entry`.
pub fn withdraw(
    connection: &mut Connection,
    entry: Entry,
    payment_no: i64,
    withdrawn_by: &str,
    reason: &str,
) -> Result<(), Failure> {
    let changed = diesel::update(payment::table.find((entry.programme_no, payment_no)))
        .filter(payment::status.eq(Status::Prepared.as_str()))
        .set((
            payment::status.eq(Status::Withdrawn.as_str()),
            payment::withdrawn_by.eq(withdrawn_by),
            payment::withdrawn_log_index.eq(entry.log_index),
            payment::reason.eq(reason),
        ))
        .execute(connection)?;
    expect_prepared(changed, payment_no)
}

fn expect_prepared(changed: usize, payment_no: i64) -> Result<(), Failure> {
    if changed == 1 {
        Ok(())
    } else {
        Err(Failure::Inconsistent(format!("payment {payment_no} was not prepared")))
    }
}

macro_rules! payments {
    ($filter:expr) => {{
        let filter: &PaymentFilter = $filter;
        let mut query = payment::table
            .inner_join(programme::table.on(programme::programme_no.eq(payment::programme_no)))
            .inner_join(payee::table.on(payee::payee_no.eq(payment::payee_no)))
            .select(PaymentRow::as_select())
            .into_boxed();
        if let Some(id) = filter.payee_id {
            query = query.filter(payee::payee_id.eq(id));
        }
        if let Some(status) = filter.status {
            query = query.filter(payment::status.eq(status.as_str()));
        }
        query
    }};
}

pub fn payment(connection: &mut Connection, id: PaymentId) -> QueryResult<Option<PaymentRow>> {
    payments!(&PaymentFilter::default()).filter(payment::payment_id.eq(id)).get_result(connection).optional()
}

/// Payments of a programme in the order they were prepared, after `after`.
pub fn payments(
    connection: &mut Connection,
    programme_no: i64,
    filter: &PaymentFilter,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<PaymentRow>> {
    payments!(filter)
        .filter(payment::programme_no.eq(programme_no))
        .filter(payment::payment_no.gt(after))
        .order(payment::payment_no)
        .limit(limit)
        .load(connection)
}
