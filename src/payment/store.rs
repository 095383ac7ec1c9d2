//! The tables of payments and registers.

use super::model::Status;
use crate::db::schema::{payee, payment, payment_register, posting, programme};
use crate::db::{Connection, OptionalParsed, Parsed, parsed_columns, rows};
use crate::kernel::{Kopecks, PayeeId, PaymentId, ProgrammeId, RegisterId};
use crate::ledger::model::Account;
use crate::writer::{Entry, Failure};
use chrono::NaiveDate;
use diesel::dsl::{exists, select, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use std::collections::HashMap;

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
    pub register_no: Option<i64>,
}

#[derive(Insertable)]
#[diesel(table_name = payment_register)]
pub struct NewRegister {
    pub programme_no: i64,
    pub register_id: RegisterId,
    pub document_number: String,
    pub paid_on: String,
}

/// How a payment came back.
pub struct Back {
    pub returned_on: String,
    pub returned_by: String,
    pub reason: String,
}

/// A payment as confirming, withdrawing or returning it needs it.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = payment)]
pub struct ToDecide {
    pub programme_no: i64,
    pub payment_no: i64,
    pub payment_id: PaymentId,
    pub payee_no: i64,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub paid_on: NaiveDate,
    pub amount_kopecks: Kopecks,
    #[diesel(deserialize_as = Parsed<Status>)]
    pub status: Status,
    pub prepared_by: String,
    pub paid_log_index: Option<i64>,
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
    #[diesel(deserialize_as = OptionalParsed<NaiveDate>)]
    pub returned_on: Option<NaiveDate>,
    pub reason: Option<String>,
    #[diesel(select_expression = sql::<Nullable<Binary>>(REGISTER_ID))]
    #[diesel(select_expression_type = SqlLiteral<Nullable<Binary>>)]
    pub register_id: Option<RegisterId>,
}

/// No left join: with conditions put together at run time the compiler takes gigabytes for it.
const REGISTER_ID: &str =
    "(SELECT register_id FROM payment_register WHERE payment_register.programme_no = payment.programme_no
    AND payment_register.register_no = payment.register_no)";

/// Which payments are listed; `None` does not narrow.
#[derive(Default)]
pub struct PaymentFilter {
    pub payee_id: Option<PayeeId>,
    pub register_no: Option<i64>,
    pub status: Option<Status>,
}

pub fn payee(connection: &mut Connection, id: PayeeId) -> QueryResult<Option<i64>> {
    payee::table.filter(payee::payee_id.eq(id)).select(payee::payee_no).get_result(connection).optional()
}

/// The numbers of payees by their ids; ids that there are not are left out.
pub fn payees(
    connection: &mut Connection,
    ids: impl Iterator<Item = PayeeId>,
) -> QueryResult<HashMap<PayeeId, i64>> {
    let mut found = HashMap::new();
    for ids in ids.collect::<Vec<_>>().chunks(CHUNK) {
        let rows =
            payee::table.filter(payee::payee_id.eq_any(ids)).select((payee::payee_id, payee::payee_no));
        found.extend(rows.load::<(PayeeId, i64)>(connection)?);
    }
    Ok(found)
}

/// What each payee is owed and has not been paid; those owed nothing may be left out.
pub fn owed(
    connection: &mut Connection,
    programme_no: i64,
    payee_nos: impl Iterator<Item = i64>,
) -> QueryResult<HashMap<i64, Kopecks>> {
    let mut owed = HashMap::new();
    for payee_nos in payee_nos.collect::<Vec<_>>().chunks(CHUNK) {
        let rows: Vec<(Option<i64>, Kopecks)> = posting::table
            .filter(posting::programme_no.eq(programme_no))
            .filter(posting::payee_no.eq_any(payee_nos))
            .filter(posting::account.eq(Account::Accrued.number()))
            .group_by(posting::payee_no)
            .select((posting::payee_no, sql::<BigInt>("CAST(SUM(amount_kopecks) AS BIGINT)")))
            .load(connection)?;
        owed.extend(rows.into_iter().filter_map(|(payee_no, amount)| Some((payee_no?, amount))));
    }
    Ok(owed)
}

/// Values in one list of a statement: SQLite takes 32,766 at most.
const CHUNK: usize = 1_000;

/// Whether there is a register of this document's number.
pub fn has_register(connection: &mut Connection, programme_no: i64, number: &str) -> QueryResult<bool> {
    let same = payment_register::table
        .filter(payment_register::programme_no.eq(programme_no))
        .filter(payment_register::document_number.eq(number));
    select(exists(same)).get_result(connection)
}

pub fn insert_register(
    connection: &mut Connection,
    register_no: i64,
    new: &NewRegister,
) -> Result<(), Failure> {
    diesel::insert_into(payment_register::table)
        .values((payment_register::register_no.eq(register_no), new))
        .execute(connection)?;
    Ok(())
}

/// A register's programme and number.
pub fn register(connection: &mut Connection, id: RegisterId) -> QueryResult<Option<(i64, i64)>> {
    payment_register::table
        .filter(payment_register::register_id.eq(id))
        .select((payment_register::programme_no, payment_register::register_no))
        .get_result(connection)
        .optional()
}

/// The payments of a register, in the order of its lines.
pub fn payments_of_register(connection: &mut Connection, id: RegisterId) -> QueryResult<Vec<ToDecide>> {
    let Some((programme_no, register_no)) = register(connection, id)? else { return Ok(Vec::new()) };
    payment::table
        .filter(payment::programme_no.eq(programme_no))
        .filter(payment::register_no.eq(register_no))
        .order(payment::payment_no)
        .select(ToDecide::as_select())
        .load(connection)
}

/// A payment that was not withdrawn, with its number and its register.
#[derive(Queryable, Selectable)]
#[diesel(table_name = payment)]
pub struct Numbered {
    pub document_number: String,
    pub register_no: Option<i64>,
    #[diesel(embed)]
    pub payment: ToDecide,
}

/// The payments with these numbers, and those of these registers.
pub fn numbered(
    connection: &mut Connection,
    programme_no: i64,
    numbers: &[&str],
    register_nos: &[i64],
) -> QueryResult<Vec<Numbered>> {
    let mut found = Vec::new();
    let all = || {
        payment::table
            .filter(payment::programme_no.eq(programme_no))
            .filter(payment::status.ne(Status::Withdrawn.as_str()))
            .order(payment::payment_no)
            .select(Numbered::as_select())
    };
    for numbers in numbers.chunks(CHUNK) {
        found.extend(all().filter(payment::document_number.eq_any(numbers)).load(connection)?);
    }
    for register_nos in register_nos.chunks(CHUNK) {
        found.extend(all().filter(payment::register_no.eq_any(register_nos)).load(connection)?);
    }
    Ok(found)
}

/// The registers with these numbers.
pub fn registers(
    connection: &mut Connection,
    programme_no: i64,
    numbers: &[&str],
) -> QueryResult<Vec<(String, RegisterId, i64)>> {
    let mut found = Vec::new();
    for numbers in numbers.chunks(CHUNK) {
        let rows = payment_register::table
            .filter(payment_register::programme_no.eq(programme_no))
            .filter(payment_register::document_number.eq_any(numbers))
            .select((
                payment_register::document_number,
                payment_register::register_id,
                payment_register::register_no,
            ));
        found.extend(rows.load::<(String, RegisterId, i64)>(connection)?);
    }
    Ok(found)
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

/// Many at once, each under its number.
pub fn insert_all(connection: &mut Connection, payments: &[(i64, NewPayment)]) -> Result<(), Failure> {
    for (payment_no, new) in payments {
        insert(connection, *payment_no, new)?;
    }
    Ok(())
}

pub fn payment_to_decide(connection: &mut Connection, id: PaymentId) -> QueryResult<Option<ToDecide>> {
    payment::table
        .filter(payment::payment_id.eq(id))
        .select(ToDecide::as_select())
        .get_result(connection)
        .optional()
}

/// A prepared payment that the transaction at `log_index` pays.
pub struct Confirmed<'a> {
    pub programme_no: i64,
    pub payment_no: i64,
    pub log_index: i64,
    pub confirmed_by: &'a str,
}

/// Marks prepared payments paid.
pub fn confirm(connection: &mut Connection, payments: &[Confirmed<'_>]) -> Result<(), Failure> {
    expect_rows(set_paid(connection, payments)?, payments.len())
}

rows! {
    fn set_paid(Confirmed<'r> {
        confirmed_by: &'r str as Text,
        log_index: i64 as BigInt,
        programme_no: i64 as BigInt,
        payment_no: i64 as BigInt,
    }) = "UPDATE payment SET status = 'paid', confirmed_by = rows.confirmed_by, paid_log_index = rows.log_index \
            FROM {rows} WHERE payment.programme_no = rows.programme_no AND payment.payment_no = rows.payment_no \
             AND payment.status = 'prepared'"
}

/// A prepared payment that the transaction at `log_index` withdraws.
pub struct Withdrawn<'a> {
    pub programme_no: i64,
    pub payment_no: i64,
    pub log_index: i64,
    pub withdrawn_by: &'a str,
    pub reason: &'a str,
}

/// Marks prepared payments withdrawn.
pub fn withdraw(connection: &mut Connection, payments: &[Withdrawn<'_>]) -> Result<(), Failure> {
    expect_rows(set_withdrawn(connection, payments)?, payments.len())
}

rows! {
    fn set_withdrawn(Withdrawn<'r> {
        withdrawn_by: &'r str as Text,
        log_index: i64 as BigInt,
        reason: &'r str as Text,
        programme_no: i64 as BigInt,
        payment_no: i64 as BigInt,
    }) = "UPDATE payment SET status = 'withdrawn', withdrawn_by = rows.withdrawn_by, \
                 withdrawn_log_index = rows.log_index, reason = rows.reason \
            FROM {rows} WHERE payment.programme_no = rows.programme_no AND payment.payment_no = rows.payment_no \
             AND payment.status = 'prepared'"
}

/// Marks a payment returned by the transaction at `entry`.
pub fn give_back(
    connection: &mut Connection,
    entry: Entry,
    payment_no: i64,
    back: &Back,
) -> Result<(), Failure> {
    let changed = diesel::update(payment::table.find((entry.programme_no, payment_no)))
        .filter(payment::status.eq(Status::Paid.as_str()))
        .set((
            payment::status.eq(Status::Returned.as_str()),
            payment::returned_on.eq(&back.returned_on),
            payment::returned_by.eq(&back.returned_by),
            payment::returned_log_index.eq(entry.log_index),
            payment::reason.eq(&back.reason),
        ))
        .execute(connection)?;
    expect_rows(changed, 1)
}

fn expect_rows(changed: usize, expected: usize) -> Result<(), Failure> {
    if changed == expected {
        Ok(())
    } else {
        Err(Failure::Inconsistent(format!("{changed} payments changed instead of {expected}")))
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
        if let Some(register_no) = filter.register_no {
            query = query.filter(payment::register_no.eq(register_no));
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
