//! What the digests of facts in the leaves are of, from the tables.
//!
//! Reads sessions, payments, programmes, plans of course runs, `campaign` and `statements`; writes nothing and judges nothing.

mod campaign;
mod statements;

use super::facts;
use super::leaf::Leaf;
use super::model::Kind;
use crate::db::Connection;
use crate::db::schema::{course_run_plan, payment, programme, session};
use crate::kernel::{Kopecks, SessionId};
use diesel::prelude::*;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The phases of a course in their order, by name.
const PHASES: [&str; 5] = ["lecture", "practical_university", "practical_authority", "remote", "test"];

/// The facts of leaves next to each other, by log index; of those kinds that have any here. They are not compared with
/// the digests.
///
/// # Errors
/// The database's.
pub fn of_leaves(
    connection: &mut Connection,
    programme_no: i64,
    leaves: &BTreeMap<i64, Leaf>,
) -> QueryResult<BTreeMap<i64, Vec<String>>> {
    let (Some((first, _)), Some((last, _))) = (leaves.first_key_value(), leaves.last_key_value()) else {
        return Ok(BTreeMap::new());
    };
    let (first, last) = (*first, *last);
    let has = |kind: Kind| leaves.values().any(|leaf| leaf.kind == kind.number() && facts::are_bound(leaf));
    let mut found = BTreeMap::new();
    if has(Kind::ProgrammeOpened) {
        let opened = leaves.iter().filter(|(_, leaf)| leaf.kind == Kind::ProgrammeOpened.number());
        let figures = of_programme(connection, programme_no)?;
        found.extend(opened.map(|(log_index, _)| (*log_index, figures.clone())));
    }
    if has(Kind::SessionRecorded) {
        let rows: Vec<(i64, String, String, i32, Option<String>)> = session::table
            .filter(session::programme_no.eq(programme_no))
            .filter(session::session_no.between(first, last))
            .select((
                session::session_no,
                session::held_on,
                session::phase,
                session::hours,
                session::starts_at,
            ))
            .load(connection)?;
        let facts = rows.into_iter().map(|(number, held_on, phase, hours, starts_at)| {
            (number, facts::session(&held_on, &phase, hours, starts_at.as_deref()))
        });
        found.extend(facts);
    }
    if has(Kind::PaymentPrepared) {
        let rows: Vec<(i64, String, String, Kopecks)> = payment::table
            .filter(payment::programme_no.eq(programme_no))
            .filter(payment::payment_no.between(first, last))
            .select((
                payment::payment_no,
                payment::document_number,
                payment::paid_on,
                payment::amount_kopecks,
            ))
            .load(connection)?;
        let facts = rows.into_iter().map(|(number, document_number, paid_on, amount)| {
            (number, facts::payment(&document_number, &paid_on, amount).to_vec())
        });
        found.extend(facts);
    }
    if has(Kind::SessionAccepted) {
        found.extend(of_acceptances(connection, programme_no, leaves)?);
    }
    if has(Kind::CourseRunCreated) {
        let plans = plans(connection, programme_no, &(first..=last))?;
        found.extend(plans.into_iter().map(|(number, plan)| (number, facts::plan(plan))));
    }
    if has(Kind::ContractSigned) {
        found.extend(campaign::contracts(connection, programme_no, first, last)?);
    }
    if has(Kind::ActAccepted) {
        found.extend(campaign::acts(connection, programme_no, first, last)?);
    }
    if has(Kind::SettlementAccountSet) {
        let accounts = statements::accounts(connection, programme_no, &(first..=last))?;
        found.extend(accounts.into_iter().map(|account| (account.number, account.facts)));
    }
    if has(Kind::StatementImported) {
        let statements = statements::statements(connection, programme_no, &(first..=last))?;
        found.extend(statements.into_iter().map(|statement| (statement.number, statement.facts)));
    }
    Ok(found)
}

pub(super) use statements::{Account, Statement, accounts, statements};

/// The plans of course runs, by their numbers, in the order of the phases.
///
/// # Errors
/// The database's.
pub fn plans(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<BTreeMap<i64, Vec<(&'static str, i32)>>> {
    let rows: Vec<(i64, String, i32)> = course_run_plan::table
        .filter(course_run_plan::programme_no.eq(programme_no))
        .filter(course_run_plan::course_run_no.between(range.start(), range.end()))
        .select((course_run_plan::course_run_no, course_run_plan::phase, course_run_plan::hours))
        .load(connection)?;
    let mut plans: BTreeMap<i64, Vec<(&'static str, i32)>> = BTreeMap::new();
    // In the order of the phases, which is not that of their names.
    for phase in PHASES {
        for (course_run_no, _, hours) in rows.iter().filter(|(_, of, _)| of == phase) {
            plans.entry(*course_run_no).or_default().push((phase, *hours));
        }
    }
    Ok(plans)
}

/// The figures of a programme.
///
/// # Errors
/// The database's; `NotFound`.
pub fn of_programme(connection: &mut Connection, programme_no: i64) -> QueryResult<Vec<String>> {
    let (face_value, hours, basis_points, target): (Kopecks, i32, i32, i32) = programme::table
        .find(programme_no)
        .select((
            programme::face_value_kopecks,
            programme::course_hours,
            programme::contribution_basis_points,
            programme::target_trained,
        ))
        .get_result(connection)?;
    Ok(facts::programme(face_value, hours, basis_points.cast_unsigned(), target).to_vec())
}

/// Hours, hourly rate, basis points, pay and contributions. The rate is what was paid for an hour: the instructor's may be
/// another by now.
fn of_acceptances(
    connection: &mut Connection,
    programme_no: i64,
    leaves: &BTreeMap<i64, Leaf>,
) -> QueryResult<Vec<(i64, Vec<String>)>> {
    let accepted: BTreeMap<SessionId, i64> = leaves
        .iter()
        .filter(|(_, leaf)| leaf.kind == Kind::SessionAccepted.number())
        .filter_map(|(log_index, leaf)| {
            let (_, id) = leaf.subjects.iter().find(|(name, _)| name == "session")?;
            Some((SessionId(uuid::Uuid::from_slice(id).ok()?), *log_index))
        })
        .collect();
    type Row = (SessionId, i32, Option<Kopecks>, Option<Kopecks>, i32);
    let rows: Vec<Row> = session::table
        .inner_join(programme::table.on(programme::programme_no.eq(session::programme_no)))
        .filter(session::programme_no.eq(programme_no))
        .filter(session::session_id.eq_any(accepted.keys().copied().collect::<Vec<_>>()))
        .select((
            session::session_id,
            session::hours,
            session::pay_kopecks,
            session::contributions_kopecks,
            programme::contribution_basis_points,
        ))
        .load(connection)?;
    let facts = rows.into_iter().filter_map(|(session, hours, pay, contributions, points)| {
        let (pay, contributions) = (pay?.get(), contributions?.get());
        let rate = pay.checked_div(hours.into())?;
        let facts = [hours.into(), rate, points.into(), pay, contributions].map(|fact: i64| fact.to_string());
        Some((*accepted.get(&session)?, facts.to_vec()))
    });
    Ok(facts.collect())
}
