//! Records beside the books against the leaves that recorded them: nobody has changed a price, what an instructor is engaged for,
//! what was taught and accepted, to whom it is owed, what was ordered to be paid, what was cancelled, withdrawn or
//! returned and why. Who attended, passed and completed the course is in `learning`, the campaign and closed months in
//! `agreed`.
//!
//! The number of such a record is the index of its leaf, so the two are read side by side.

mod agreed;
mod learning;

use super::Check;
use crate::db::Connection;
use crate::db::schema::{
    course_run, instructor_contract, payee, payment, programme, redemption, session, voucher,
};
use crate::kernel::{
    CourseRunId, InstructorContractId, Kopecks, PayeeId, PaymentId, RedemptionId, SessionId, VoucherId,
};
use crate::ledger::books::SERVICE;
use crate::ledger::facts;
use crate::ledger::leaf::Leaf;
use crate::ledger::model::Kind;
use crate::ledger::told;
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
    contracts: Check,
    plans: Check,
    sessions: Check,
    payments: Check,
    attendance: Check,
    results: Check,
    completions: Check,
    campaign: Check,
    periods: Check,
}

impl RecordChecks {
    pub(super) fn new() -> Self {
        Self {
            programmes: Check::new("programmes_as_signed"),
            redemptions: Check::new("redemptions_as_signed"),
            reversals: Records::new(),
            contracts: Check::new("contracts_as_signed"),
            plans: Check::new("plans_as_signed"),
            sessions: Check::new("sessions_as_signed"),
            payments: Check::new("payments_as_signed"),
            attendance: Check::new("attendance_as_signed"),
            results: Check::new("results_as_signed"),
            completions: Check::new("completions_as_signed"),
            campaign: Check::new("campaign_as_signed"),
            periods: Check::new("periods_as_signed"),
        }
    }

    pub(super) fn into_checks(self) -> Vec<Check> {
        let Self {
            programmes,
            redemptions,
            reversals: _,
            contracts,
            plans,
            sessions,
            payments,
            attendance,
            results,
            completions,
            campaign,
            periods,
        } = self;
        vec![
            programmes,
            redemptions,
            contracts,
            plans,
            sessions,
            payments,
            attendance,
            results,
            completions,
            campaign,
            periods,
        ]
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
        if programme_no == SERVICE {
            let records = contracts(connection, range)?;
            let kind = Kind::InstructorContractAdded;
            compare(&mut self.contracts, "contract", programme_no, records, kind, leaves);
        }
        let records = plans(connection, programme_no, range)?;
        let planned = |leaf: &Leaf| leaf.subjects.iter().any(|(name, _)| name == facts::SUBJECT);
        let with_plans = leaves.iter().filter(|(_, leaf)| planned(leaf));
        let with_plans = with_plans.map(|(log_index, leaf)| (*log_index, leaf.clone())).collect();
        let kind = Kind::CourseRunCreated;
        compare(&mut self.plans, "the plan of course run", programme_no, records, kind, &with_plans);
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
        let records = acceptances(connection, programme_no, range)?;
        let kind = Kind::SessionAccepted;
        compare(&mut self.sessions, "the acceptance of session", programme_no, records, kind, leaves);
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
        let records = agreed::contracts(connection, programme_no, range)?;
        compare(&mut self.campaign, "contract", programme_no, records, Kind::ContractSigned, leaves);
        let records = agreed::acts(connection, programme_no, range)?;
        compare(&mut self.campaign, "act", programme_no, records, Kind::ActAccepted, leaves);
        let records = agreed::periods(connection, programme_no, range)?;
        compare(&mut self.periods, "period", programme_no, records, Kind::PeriodClosed, leaves);
        let records = learning::attendance(connection, programme_no, range)?;
        let kind = Kind::AttendanceRecorded;
        compare(&mut self.attendance, "attendance list", programme_no, records, kind, leaves);
        let records = learning::results(connection, programme_no, range)?;
        compare(&mut self.results, "list of results", programme_no, records, Kind::ResultsRecorded, leaves);
        let records = learning::completions(connection, programme_no, range)?;
        compare(&mut self.completions, "completion", programme_no, records, Kind::Completed, leaves);
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
    type Row = (i64, SessionId, CourseRunId, PayeeId, String, String, i32, Option<String>);
    let rows: Vec<Row> = session::table
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
            session::starts_at,
        ))
        .load(connection)?;
    let records = rows.into_iter().map(|row| {
        let (session_no, session, course_run, payee, held_on, phase, hours, starts_at) = row;
        let digest = facts::of_session(&held_on, &phase, hours, starts_at.as_deref());
        let subjects = vec![
            ("session", session.bytes().to_vec()),
            ("course_run", course_run.bytes().to_vec()),
            ("payee", payee.bytes().to_vec()),
            (facts::SUBJECT, digest.to_vec()),
        ];
        (session_no, subjects)
    });
    Ok(records.collect())
}

/// Contracts of instructors, in the service's own log.
fn contracts(connection: &mut Connection, range: &RangeInclusive<i64>) -> QueryResult<Records> {
    type Row = (i64, InstructorContractId, PayeeId, String, Kopecks, String, String, i32);
    let rows: Vec<Row> = instructor_contract::table
        .inner_join(payee::table.on(payee::payee_no.eq(instructor_contract::payee_no)))
        .filter(instructor_contract::contract_no.between(range.start(), range.end()))
        .select((
            instructor_contract::contract_no,
            instructor_contract::contract_id,
            payee::payee_id,
            instructor_contract::number,
            instructor_contract::hourly_rate_kopecks,
            instructor_contract::valid_from,
            instructor_contract::valid_until,
            instructor_contract::hours,
        ))
        .load(connection)?;
    let records = rows.into_iter().map(|(contract_no, contract, payee, number, rate, from, until, hours)| {
        let digest = facts::of_instructor_contract(&number, rate, &from, &until, hours);
        let subjects = vec![
            ("contract", contract.bytes().to_vec()),
            ("payee", payee.bytes().to_vec()),
            (facts::SUBJECT, digest.to_vec()),
        ];
        (contract_no, subjects)
    });
    Ok(records.collect())
}

/// Plans of course runs, by the number of the run.
fn plans(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let plans = told::plans(connection, programme_no, range)?.into_iter();
    let signed =
        |(course_run_no, plan)| (course_run_no, vec![(facts::SUBJECT, facts::of_plan(plan).to_vec())]);
    Ok(plans.map(signed).collect())
}

/// What accepted sessions came to: at the rate of the contract of their day.
fn acceptances(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    // One that names no leaf is looked for at its own, which says something else.
    let unnamed = session::accepted_log_index
        .is_null()
        .and(session::status.eq("accepted"))
        .and(session::session_no.between(range.start(), range.end()));
    type Row = (i64, Option<i64>, SessionId, i32, Option<Kopecks>, Option<Kopecks>, Option<Kopecks>, i32);
    let rows: Vec<Row> = session::table
        .inner_join(programme::table.on(programme::programme_no.eq(session::programme_no)))
        .left_join(
            instructor_contract::table.on(instructor_contract::payee_no
                .eq(session::payee_no)
                .and(instructor_contract::valid_from.le(session::held_on))
                .and(instructor_contract::valid_until.ge(session::held_on))),
        )
        .filter(session::programme_no.eq(programme_no))
        .filter(session::accepted_log_index.between(range.start(), range.end()).or(unnamed))
        .select((
            session::session_no,
            session::accepted_log_index,
            session::session_id,
            session::hours,
            session::pay_kopecks,
            session::contributions_kopecks,
            instructor_contract::hourly_rate_kopecks.nullable(),
            programme::contribution_basis_points,
        ))
        .load(connection)?;
    let records = rows.into_iter().map(|row| {
        let (session_no, log_index, session, hours, pay, contributions, rate, basis_points) = row;
        // What is missing is nobody's pay: the digest is another one then.
        let [rate, pay, contributions] = [rate, pay, contributions].map(Option::unwrap_or_default);
        let digest = facts::of_acceptance(hours, rate, basis_points.cast_unsigned(), pay, contributions);
        let subjects = vec![("session", session.bytes().to_vec()), (facts::SUBJECT, digest.to_vec())];
        (log_index.unwrap_or(session_no), subjects)
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
