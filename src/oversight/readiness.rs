//! What a programme has and what waits for somebody: figures for a list of what is still to be set up.

use super::execution::{self, LineExecution};
use super::load;
use crate::db::Connection;
use crate::db::schema::{agency, conflict_case, course_run, proposal, quota_move, request, token};
use crate::kernel::{Scope, Timestamp};
use crate::ledger::as_of::AsOf;
use crate::programme::{self, ProgrammeFacts};
use crate::statement;
use crate::writer::Stop;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::collections::BTreeSet;

/// Figures of a programme as of now.
pub struct Readiness {
    /// Registered, in the programme or not.
    pub agencies: i64,
    pub agencies_with_quota: i64,
    /// Those of them that somebody can act for.
    pub agencies_with_people: i64,
    /// Seats of all quotas.
    pub seats: i64,
    pub registrars: i64,
    pub teaching: i64,
    pub treasury: i64,
    pub lines: Vec<LineExecution>,
    pub settlement_accounts: i64,
    pub open_runs: i64,
    /// Of open runs.
    pub free_seats: i64,
    /// Vouchers that can still be redeemed.
    pub live_vouchers: i64,
    /// Contracts of instructors that are in force, or will be.
    pub contracts: i64,
    /// Hours that are left of them.
    pub hours_left: i64,
    pub requested: i64,
    pub approved: i64,
    pub conflicts: i64,
    pub quota_moves: i64,
    pub proposals: i64,
}

/// Who may act: tokens that are good now.
struct Person {
    subject: String,
    scope: String,
    agency_no: Option<i64>,
    university_no: Option<i64>,
}

fn people(connection: &mut Connection, now: Timestamp) -> QueryResult<Vec<Person>> {
    let rows: Vec<(String, String, Option<i64>, Option<i64>)> = token::table
        .filter(token::revoked_at.is_null())
        .filter(token::expires_at.gt(now))
        .select((token::subject, token::scope, token::agency_no, token::university_no))
        .load(connection)?;
    let person =
        |(subject, scope, agency_no, university_no)| Person { subject, scope, agency_no, university_no };
    Ok(rows.into_iter().map(person).collect())
}

fn length<T>(items: &BTreeSet<T>) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
}

/// # Errors
/// The database's.
pub fn readiness(
    connection: &mut Connection,
    programme: &ProgrammeFacts,
    now: Timestamp,
) -> Result<Readiness, Stop> {
    let programme_no = programme.programme_no;
    let people = people(connection, now)?;
    let persons = |scope: Scope, university_no: Option<i64>| {
        let of = people.iter().filter(|person| person.scope == scope.as_str());
        let of = of.filter(|person| university_no.is_none() || person.university_no == university_no);
        length(&of.map(|person| person.subject.as_str()).collect())
    };
    let own = Some(programme.university_no);
    let (registrars, teaching) = (persons(Scope::Registrar, own), persons(Scope::Teaching, own));
    let treasury = persons(Scope::Treasury, None);
    let quotas = programme::store::quota_numbers(connection, programme_no)?;
    let with_quota: BTreeSet<i64> =
        quotas.iter().filter(|(_, seats)| *seats > 0).map(|(agency_no, _)| *agency_no).collect();
    let with_people: BTreeSet<i64> =
        people.iter().filter_map(|person| person.agency_no).filter(|no| with_quota.contains(no)).collect();
    let as_of = AsOf::find(connection, programme_no, None)?;
    let (open_runs, free_seats) = course_run::table
        .filter(course_run::programme_no.eq(programme_no))
        .filter(course_run::status.eq("open"))
        .select((
            sql::<BigInt>("COUNT(*)"),
            sql::<BigInt>("CAST(COALESCE(SUM(seats - enrolled), 0) AS BIGINT)"),
        ))
        .get_result::<(i64, i64)>(connection)?;
    let contracts = load::load(connection, programme)?.contracts;
    let in_force = || contracts.iter().filter(|of| of.contract.valid_until >= now.date());
    let of_requests = |connection: &mut Connection, status: &str| {
        let requests = request::table.filter(request::programme_no.eq(programme_no));
        requests.filter(request::status.eq(status)).count().get_result::<i64>(connection)
    };
    Ok(Readiness {
        agencies: agency::table.count().get_result(connection)?,
        agencies_with_quota: length(&with_quota),
        agencies_with_people: length(&with_people),
        seats: quotas.iter().map(|(_, seats)| seats).sum(),
        registrars,
        teaching,
        treasury,
        lines: execution::budget(connection, programme_no, as_of, None)?,
        settlement_accounts: i64::try_from(statement::store::accounts(connection, programme_no)?.len())
            .unwrap_or(i64::MAX),
        open_runs,
        free_seats,
        live_vouchers: execution::progress(connection, programme, now)?.total.live,
        contracts: i64::try_from(in_force().count()).unwrap_or(i64::MAX),
        hours_left: in_force().map(|of| i64::from(of.contract.hours) - of.used_hours).sum(),
        requested: of_requests(connection, "requested")?,
        approved: of_requests(connection, "approved")?,
        conflicts: conflict_case::table
            .filter(conflict_case::programme_no.eq(programme_no))
            .filter(conflict_case::status.eq("open"))
            .count()
            .get_result(connection)?,
        quota_moves: quota_move::table
            .filter(quota_move::programme_no.eq(programme_no))
            .filter(quota_move::status.eq("proposed"))
            .count()
            .get_result(connection)?,
        proposals: proposal::table
            .filter(proposal::programme_no.eq(programme_no))
            .filter(proposal::status.eq("proposed"))
            .count()
            .get_result(connection)?,
    })
}
