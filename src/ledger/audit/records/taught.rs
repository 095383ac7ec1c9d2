//! Contracts of instructors, plans of course runs, and sessions, accepted and cancelled ones too, as their leaves must say them.

use super::Records;
use super::later::Later;
use crate::db::Connection;
use crate::db::schema::{course_run, instructor_contract, payee, programme, session};
use crate::kernel::{CourseRunId, InstructorContractId, Kopecks, PayeeId, SessionId};
use crate::ledger::model::Kind;
use crate::ledger::{facts, told};
use diesel::prelude::*;
use std::ops::RangeInclusive;

/// Contracts of instructors, in the service's own log.
pub(super) fn contracts(connection: &mut Connection, range: &RangeInclusive<i64>) -> QueryResult<Records> {
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
pub(super) fn plans(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let plans = told::plans(connection, programme_no, range)?.into_iter();
    let signed =
        |(course_run_no, plan)| (course_run_no, vec![(facts::SUBJECT, facts::of_plan(plan).to_vec())]);
    Ok(plans.map(signed).collect())
}

#[derive(Queryable)]
struct Session {
    session_no: i64,
    session: SessionId,
    course_run: CourseRunId,
    payee: PayeeId,
    held_on: String,
    phase: String,
    hours: i32,
    starts_at: Option<String>,
    status: String,
    accepted_log_index: Option<i64>,
    pay: Option<Kopecks>,
    contributions: Option<Kopecks>,
    /// Of the contract of its day.
    rate: Option<Kopecks>,
    contribution_basis_points: i32,
    cancelled_log_index: Option<i64>,
    reason: Option<String>,
}

impl Session {
    fn facts(&self) -> [u8; 32] {
        facts::of_session(&self.held_on, &self.phase, self.hours, self.starts_at.as_deref())
    }

    /// What it came to, if it was accepted. What is missing is nobody's pay: the digest is another one then.
    fn acceptance(&self) -> [u8; 32] {
        let [rate, pay, contributions] =
            [self.rate, self.pay, self.contributions].map(Option::unwrap_or_default);
        let basis_points = self.contribution_basis_points.cast_unsigned();
        facts::of_acceptance(self.hours, rate, basis_points, pay, contributions)
    }
}

pub(super) fn sessions(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
    later: &mut Later,
) -> QueryResult<Records> {
    let rows: Vec<Session> = session::table
        .inner_join(payee::table.on(payee::payee_no.eq(session::payee_no)))
        .inner_join(
            course_run::table.on(course_run::programme_no
                .eq(session::programme_no)
                .and(course_run::course_run_no.eq(session::course_run_no))),
        )
        .inner_join(programme::table.on(programme::programme_no.eq(session::programme_no)))
        .left_join(
            instructor_contract::table.on(instructor_contract::payee_no
                .eq(session::payee_no)
                .and(instructor_contract::valid_from.le(session::held_on))
                .and(instructor_contract::valid_until.ge(session::held_on))),
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
            session::status,
            session::accepted_log_index,
            session::pay_kopecks,
            session::contributions_kopecks,
            instructor_contract::hourly_rate_kopecks.nullable(),
            programme::contribution_basis_points,
            session::cancelled_log_index,
            session::reason,
        ))
        .load(connection)?;
    let records = rows.into_iter().map(|row| {
        let session = ("session", row.session.bytes().to_vec());
        if row.accepted_log_index.is_some() || row.status == "accepted" {
            let subjects = vec![session.clone(), (facts::SUBJECT, row.acceptance().to_vec())];
            let kind = Kind::SessionAccepted;
            later.expect(programme_no, kind, row.session_no, row.accepted_log_index, subjects);
        }
        if row.cancelled_log_index.is_some() {
            let reason = facts::of_reason(row.reason.as_deref().unwrap_or_default()).to_vec();
            let subjects = vec![session.clone(), (facts::REASON, reason)];
            let kind = Kind::SessionCancelled;
            later.expect(programme_no, kind, row.session_no, row.cancelled_log_index, subjects);
        }
        let subjects = vec![
            session,
            ("course_run", row.course_run.bytes().to_vec()),
            ("payee", row.payee.bytes().to_vec()),
            (facts::SUBJECT, row.facts().to_vec()),
        ];
        (row.session_no, subjects)
    });
    Ok(records.collect())
}
