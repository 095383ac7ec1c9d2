//! Sessions, payments, contracts, acts and closed periods against the leaves that recorded them: nobody has changed what
//! was taught, to whom it is owed, what was ordered to be paid, or what was cancelled, withdrawn or returned and why.
//!
//! The number of such a record is the index of its leaf, so the two are read side by side.

use super::Check;
use crate::db::Connection;
use crate::db::schema::{campaign_act, campaign_contract, course_run, payee, payment, period, session};
use crate::kernel::{ActId, ContractId, CourseRunId, Kopecks, PayeeId, PaymentId, SessionId};
use crate::ledger::facts;
use crate::ledger::leaf::Leaf;
use crate::ledger::model::Kind;
use diesel::prelude::*;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// What the leaf of a record says when nobody has changed the record.
type Subjects = Vec<(&'static str, Vec<u8>)>;

/// Records of one kind by their numbers.
type Records = BTreeMap<i64, Subjects>;

pub(super) struct RecordChecks {
    sessions: Check,
    payments: Check,
    contracts: Check,
    periods: Check,
}

impl RecordChecks {
    pub(super) fn new() -> Self {
        Self {
            sessions: Check::new("sessions_as_signed"),
            payments: Check::new("payments_as_signed"),
            contracts: Check::new("contracts_as_signed"),
            periods: Check::new("periods_as_signed"),
        }
    }

    pub(super) fn into_checks(self) -> [Check; 4] {
        [self.sessions, self.payments, self.contracts, self.periods]
    }

    /// Compares the records numbered in `range` of one log with the leaves there.
    pub(super) fn compare(
        &mut self,
        connection: &mut Connection,
        programme_no: i64,
        range: &RangeInclusive<i64>,
        leaves: &BTreeMap<i64, Leaf>,
    ) -> QueryResult<()> {
        let records = sessions(connection, programme_no, range)?;
        compare(&mut self.sessions, "session", programme_no, records, Kind::SessionRecorded, leaves);
        let records = payments(connection, programme_no, range)?;
        compare(&mut self.payments, "payment", programme_no, records, Kind::PaymentPrepared, leaves);
        let records = withdrawals(connection, programme_no, range)?;
        let kind = Kind::PaymentWithdrawn;
        compare(&mut self.payments, "withdrawal of a payment", programme_no, records, kind, leaves);
        let records = returns(connection, programme_no, range)?;
        let kind = Kind::PaymentReturned;
        compare(&mut self.payments, "return of a payment", programme_no, records, kind, leaves);
        let records = cancellations(connection, programme_no, range)?;
        let kind = Kind::SessionCancelled;
        compare(&mut self.sessions, "cancellation of a session", programme_no, records, kind, leaves);
        let records = contracts(connection, programme_no, range)?;
        compare(&mut self.contracts, "contract", programme_no, records, Kind::ContractSigned, leaves);
        let records = acts(connection, programme_no, range)?;
        compare(&mut self.contracts, "act", programme_no, records, Kind::ActAccepted, leaves);
        let records = periods(connection, programme_no, range)?;
        compare(&mut self.periods, "period", programme_no, records, Kind::PeriodClosed, leaves);
        Ok(())
    }
}

fn compare(
    check: &mut Check,
    noun: &str,
    programme_no: i64,
    mut records: Records,
    kind: Kind,
    leaves: &BTreeMap<i64, Leaf>,
) {
    for (log_index, leaf) in leaves.iter().filter(|(_, leaf)| leaf.kind == kind.number()) {
        let record = records.remove(log_index);
        check.that(record.is_some_and(|record| is_signed(&record, leaf)), || {
            format!("{noun} {programme_no}/{log_index} is not as it was recorded")
        });
    }
    for record_no in records.into_keys() {
        check.that(false, || format!("{noun} {programme_no}/{record_no} was recorded by no transaction"));
    }
}

fn is_signed(record: &Subjects, leaf: &Leaf) -> bool {
    let says = |name: &str| leaf.subjects.iter().find(|(said, _)| said == name).map(|(_, bytes)| bytes);
    record.iter().all(|(name, bytes)| says(name) == Some(bytes))
}

fn sessions(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let rows: Vec<(i64, SessionId, CourseRunId, PayeeId, String, String, i32)> = session::table
        .inner_join(payee::table.on(payee::payee_no.eq(session::payee_no)))
        .inner_join(
            course_run::table.on(course_run::programme_no
                .eq(session::programme_no)
                .and(course_run::course_run_no.eq(session::course_run_no))),
        )
        .filter(session::programme_no.eq(programme_no))
        .filter(session::session_no.between(range.start(), range.end()))
        .select((
            session::session_no,
            session::session_id,
            course_run::course_run_id,
            payee::payee_id,
            session::held_on,
            session::phase,
            session::hours,
        ))
        .load(connection)?;
    let records = rows.into_iter().map(|(session_no, session, course_run, payee, held_on, phase, hours)| {
        let subjects = vec![
            ("session", session.bytes().to_vec()),
            ("course_run", course_run.bytes().to_vec()),
            ("payee", payee.bytes().to_vec()),
            (facts::SUBJECT, facts::of_session(&held_on, &phase, hours).to_vec()),
        ];
        (session_no, subjects)
    });
    Ok(records.collect())
}

fn payments(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let rows: Vec<(i64, PaymentId, PayeeId, String, String, Kopecks)> = payment::table
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
        ))
        .load(connection)?;
    let records = rows.into_iter().map(|(payment_no, payment, payee, document_number, paid_on, amount)| {
        let subjects = vec![
            ("payment", payment.bytes().to_vec()),
            ("payee", payee.bytes().to_vec()),
            (facts::SUBJECT, facts::of_payment(&document_number, &paid_on, amount).to_vec()),
        ];
        (payment_no, subjects)
    });
    Ok(records.collect())
}

/// Payments that were withdrawn, by the number of the leaf that says so.
fn withdrawals(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    // One that names no leaf is looked for at its own, which says something else.
    let unnamed =
        payment::withdrawn_log_index.is_null().and(payment::payment_no.between(range.start(), range.end()));
    let rows: Vec<(i64, Option<i64>, PaymentId, Option<String>)> = payment::table
        .filter(payment::programme_no.eq(programme_no))
        .filter(payment::status.eq("withdrawn"))
        .filter(payment::withdrawn_log_index.between(range.start(), range.end()).or(unnamed))
        .select((payment::payment_no, payment::withdrawn_log_index, payment::payment_id, payment::reason))
        .load(connection)?;
    let records = rows.into_iter().map(|(payment_no, log_index, payment, reason)| {
        let reason = facts::of_reason(reason.as_deref().unwrap_or_default()).to_vec();
        let subjects = vec![("payment", payment.bytes().to_vec()), (facts::REASON, reason)];
        (log_index.unwrap_or(payment_no), subjects)
    });
    Ok(records.collect())
}

/// Payments that came back, by the number of the leaf that says so.
fn returns(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let rows: Vec<(Option<i64>, PaymentId, Option<String>)> = payment::table
        .filter(payment::programme_no.eq(programme_no))
        .filter(payment::returned_log_index.between(range.start(), range.end()))
        .select((payment::returned_log_index, payment::payment_id, payment::reason))
        .load(connection)?;
    let records = rows.into_iter().filter_map(|(log_index, payment, reason)| {
        let reason = facts::of_reason(reason.as_deref().unwrap_or_default()).to_vec();
        Some((log_index?, vec![("payment", payment.bytes().to_vec()), (facts::REASON, reason)]))
    });
    Ok(records.collect())
}

/// Sessions that were cancelled, by the number of the leaf that says so.
fn cancellations(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let rows: Vec<(Option<i64>, SessionId, Option<String>)> = session::table
        .filter(session::programme_no.eq(programme_no))
        .filter(session::cancelled_log_index.between(range.start(), range.end()))
        .select((session::cancelled_log_index, session::session_id, session::reason))
        .load(connection)?;
    let records = rows.into_iter().filter_map(|(log_index, session, reason)| {
        let reason = facts::of_reason(reason.as_deref().unwrap_or_default()).to_vec();
        Some((log_index?, vec![("session", session.bytes().to_vec()), (facts::REASON, reason)]))
    });
    Ok(records.collect())
}

fn contracts(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let rows: Vec<(i64, ContractId, PayeeId, String, String, String, Kopecks)> = campaign_contract::table
        .inner_join(payee::table.on(payee::payee_no.eq(campaign_contract::payee_no)))
        .filter(campaign_contract::programme_no.eq(programme_no))
        .filter(campaign_contract::contract_no.between(range.start(), range.end()))
        .select((
            campaign_contract::contract_no,
            campaign_contract::contract_id,
            payee::payee_id,
            campaign_contract::document_number,
            campaign_contract::signed_on,
            campaign_contract::subject,
            campaign_contract::amount_kopecks,
        ))
        .load(connection)?;
    let records =
        rows.into_iter().map(|(no, contract, payee, document_number, signed_on, subject, amount)| {
            let digest = facts::of_contract(&document_number, &signed_on, &subject, amount);
            let subjects = vec![
                ("contract", contract.bytes().to_vec()),
                ("payee", payee.bytes().to_vec()),
                (facts::SUBJECT, digest.to_vec()),
            ];
            (no, subjects)
        });
    Ok(records.collect())
}

fn acts(connection: &mut Connection, programme_no: i64, range: &RangeInclusive<i64>) -> QueryResult<Records> {
    let rows: Vec<(i64, ActId, ContractId, String, String, Kopecks)> = campaign_act::table
        .inner_join(
            campaign_contract::table.on(campaign_contract::programme_no
                .eq(campaign_act::programme_no)
                .and(campaign_contract::contract_no.eq(campaign_act::contract_no))),
        )
        .filter(campaign_act::programme_no.eq(programme_no))
        .filter(campaign_act::act_no.between(range.start(), range.end()))
        .select((
            campaign_act::act_no,
            campaign_act::act_id,
            campaign_contract::contract_id,
            campaign_act::document_number,
            campaign_act::accepted_on,
            campaign_act::amount_kopecks,
        ))
        .load(connection)?;
    let records = rows.into_iter().map(|(no, act, contract, document_number, accepted_on, amount)| {
        let subjects = vec![
            ("act", act.bytes().to_vec()),
            ("contract", contract.bytes().to_vec()),
            (facts::SUBJECT, facts::of_act(&document_number, &accepted_on, amount).to_vec()),
        ];
        (no, subjects)
    });
    Ok(records.collect())
}

/// Closed months, by the number of the leaf that closed them.
fn periods(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let rows: Vec<(i64, String, String)> = period::table
        .filter(period::programme_no.eq(programme_no))
        .filter(period::closed_log_index.between(range.start(), range.end()))
        .select((period::closed_log_index, period::month, period::trial_balance))
        .load(connection)?;
    let records = rows.into_iter().map(|(no, month, trial_balance)| {
        let digest = facts::of_text(&trial_balance).to_vec();
        (no, vec![("month", month.into_bytes()), (facts::TRIAL_BALANCE, digest)])
    });
    Ok(records.collect())
}
