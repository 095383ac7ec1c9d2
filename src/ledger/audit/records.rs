//! Programmes, redemptions, sessions and payments against the leaves that recorded them: nobody has changed a price, what was taught, to
//! whom it is owed, what was ordered to be paid or what was withdrawn and why.
//!
//! The number of such a record is the index of its leaf, so the two are read side by side.

use super::Check;
use crate::db::Connection;
use crate::db::schema::{course_run, payee, payment, programme, redemption, session, voucher};
use crate::kernel::{CourseRunId, Kopecks, PayeeId, PaymentId, RedemptionId, SessionId, VoucherId};
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
    programmes: Check,
    redemptions: Check,
    /// Reversals that redemptions of the pages read so far say, by the numbers of their leaves; few.
    reversals: Records,
    sessions: Check,
    payments: Check,
}

impl RecordChecks {
    pub(super) fn new() -> Self {
        Self {
            programmes: Check::new("programmes_as_signed"),
            redemptions: Check::new("redemptions_as_signed"),
            reversals: Records::new(),
            sessions: Check::new("sessions_as_signed"),
            payments: Check::new("payments_as_signed"),
        }
    }

    pub(super) fn into_checks(self) -> [Check; 4] {
        [self.programmes, self.redemptions, self.sessions, self.payments]
    }

    /// The programme's own figures with those it was opened with.
    fn compare_programme(
        &mut self,
        connection: &mut Connection,
        programme_no: i64,
        leaves: &BTreeMap<i64, Leaf>,
    ) -> QueryResult<()> {
        for leaf in leaves.values().filter(|leaf| leaf.kind == Kind::ProgrammeOpened.number()) {
            let stored = figures(connection, programme_no)?;
            let holds =
                stored.is_some_and(|digest| is_signed(&vec![(facts::SUBJECT, digest.to_vec())], leaf));
            self.programmes.that(holds, || {
                format!("programme {programme_no} has other figures than it was opened with")
            });
        }
        Ok(())
    }

    /// Compares the records numbered in `range` of one log with the leaves there.
    pub(super) fn compare(
        &mut self,
        connection: &mut Connection,
        programme_no: i64,
        range: &RangeInclusive<i64>,
        leaves: &BTreeMap<i64, Leaf>,
    ) -> QueryResult<()> {
        self.compare_programme(connection, programme_no, leaves)?;
        let records = redemptions(connection, programme_no, range, &mut self.reversals)?;
        compare(&mut self.redemptions, "redemption", programme_no, records, Kind::Redeemed, leaves);
        // A redemption comes before its reversal, so those up to here have been read.
        let later = self.reversals.split_off(&range.end().saturating_add(1));
        let reversals = std::mem::replace(&mut self.reversals, later);
        let kind = Kind::RedemptionReversed;
        compare(&mut self.redemptions, "reversal of a redemption", programme_no, reversals, kind, leaves);
        let records = sessions(connection, programme_no, range)?;
        compare(&mut self.sessions, "session", programme_no, records, Kind::SessionRecorded, leaves);
        let records = payments(connection, programme_no, range)?;
        compare(&mut self.payments, "payment", programme_no, records, Kind::PaymentPrepared, leaves);
        let records = withdrawals(connection, programme_no, range)?;
        let kind = Kind::PaymentWithdrawn;
        compare(&mut self.payments, "withdrawal of a payment", programme_no, records, kind, leaves);
        Ok(())
    }
}

/// The digest of a programme's own figures.
fn figures(connection: &mut Connection, programme_no: i64) -> QueryResult<Option<[u8; 32]>> {
    let row: Option<(Kopecks, i32, i32, i32)> = programme::table
        .find(programme_no)
        .select((
            programme::face_value_kopecks,
            programme::course_hours,
            programme::contribution_basis_points,
            programme::target_trained,
        ))
        .get_result(connection)
        .optional()?;
    Ok(row.map(|(face_value, hours, points, target)| {
        facts::digest(&facts::programme(face_value, hours, points.cast_unsigned(), target))
    }))
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

/// Those that say of themselves that they are live or reversed, and no third thing; and the reversals.
fn redemptions(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
    reversals: &mut Records,
) -> QueryResult<Records> {
    let live = redemption::status.eq(1).and(redemption::reversed_log_index.is_null());
    let reversed = redemption::status.eq(2).and(redemption::reversed_log_index.is_not_null());
    let rows: Vec<(i64, RedemptionId, VoucherId, CourseRunId, Option<i64>)> = redemption::table
        .inner_join(
            voucher::table.on(voucher::programme_no
                .eq(redemption::programme_no)
                .and(voucher::voucher_no.eq(redemption::voucher_no))),
        )
        .inner_join(
            course_run::table.on(course_run::programme_no
                .eq(redemption::programme_no)
                .and(course_run::course_run_no.eq(redemption::course_run_no))),
        )
        .filter(redemption::programme_no.eq(programme_no))
        .filter(redemption::redemption_no.between(range.start(), range.end()))
        .filter(live.or(reversed))
        .select((
            redemption::redemption_no,
            redemption::redemption_id,
            voucher::voucher_id,
            course_run::course_run_id,
            redemption::reversed_log_index,
        ))
        .load(connection)?;
    let records = rows.into_iter().map(|(redemption_no, redemption, voucher, course_run, reversed)| {
        if let Some(log_index) = reversed {
            reversals.insert(log_index, vec![("redemption", redemption.bytes().to_vec())]);
        }
        let subjects = vec![
            ("redemption", redemption.bytes().to_vec()),
            ("voucher", voucher.bytes().to_vec()),
            ("course_run", course_run.bytes().to_vec()),
        ];
        (redemption_no, subjects)
    });
    Ok(records.collect())
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
