//! What instructors are engaged for and what they have taught: hours planned, accepted and paid, by contract and by course run.

use crate::db::Connection;
use crate::db::schema::{course_run, payee, session};
use crate::kernel::{CourseRunId, Kopecks, PayeeId};
use crate::programme::ProgrammeFacts;
use crate::teaching::contract::Contract;
use crate::teaching::store as teaching;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;
use std::collections::{BTreeMap, HashMap};

/// Hours and money of sessions that were not cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Taught {
    /// Recorded, accepted or not.
    pub planned_hours: i64,
    pub accepted_hours: i64,
    /// Of sessions whose pay was paid in full.
    pub paid_hours: i64,
    /// The instructor's gross pay for what is accepted.
    pub pay: Kopecks,
    /// What of it was paid.
    pub paid: Kopecks,
}

impl Taught {
    fn add(&mut self, row: &Row) {
        self.planned_hours += row.hours;
        let Some(pay) = row.pay else { return };
        self.accepted_hours += row.hours;
        if row.paid >= pay {
            self.paid_hours += row.hours;
        }
        // What was booked on one line fits 64 bits together.
        self.pay = self.pay.checked_add(pay).unwrap_or(self.pay);
        self.paid = self.paid.checked_add(row.paid).unwrap_or(self.paid);
    }
}

/// An instructor's contract and what was taught under it in a programme.
pub struct OfContract {
    pub payee_id: PayeeId,
    pub name: String,
    pub contract: Contract,
    pub taught: Taught,
    /// Hours recorded under it, in all programmes.
    pub used_hours: i64,
}

/// A course run and what was taught in it.
pub struct OfRun {
    pub course_run_id: CourseRunId,
    pub code: String,
    pub taught: Taught,
}

pub struct Load {
    pub contracts: Vec<OfContract>,
    pub runs: Vec<OfRun>,
}

/// A session that was not cancelled.
struct Row {
    programme_no: i64,
    course_run_no: i64,
    payee_no: i64,
    held_on: String,
    hours: i64,
    pay: Option<Kopecks>,
    paid: Kopecks,
}

#[derive(QueryableByName)]
struct Paid {
    #[diesel(sql_type = BigInt)]
    session_no: i64,
    #[diesel(sql_type = BigInt)]
    paid: Kopecks,
}

type Columns = (i64, i64, i64, i64, String, i32, Option<Kopecks>);

/// Sessions of the programme, and those of its instructors elsewhere.
fn sessions(connection: &mut Connection, programme_no: i64, payees: &[i64]) -> QueryResult<Vec<Row>> {
    let paid: Vec<Paid> = sql_query(
        "SELECT p.session_no, CAST(SUM(p.amount_kopecks) AS BIGINT) AS paid
         FROM posting p JOIN session s ON s.programme_no = p.programme_no AND s.session_no = p.session_no
             AND s.payee_no = p.payee_no
         WHERE p.programme_no = $1 AND p.account = 5 AND p.session_no IS NOT NULL
         GROUP BY p.session_no",
    )
    .bind::<BigInt, _>(programme_no)
    .load(connection)?;
    let paid: HashMap<i64, Kopecks> = paid.into_iter().map(|row| (row.session_no, row.paid)).collect();
    let rows: Vec<Columns> = session::table
        .filter(session::programme_no.eq(programme_no).or(session::payee_no.eq_any(payees)))
        .filter(session::status.ne("cancelled"))
        .select((
            session::programme_no,
            session::session_no,
            session::course_run_no,
            session::payee_no,
            session::held_on,
            session::hours,
            session::pay_kopecks,
        ))
        .load(connection)?;
    let row = |(of, session_no, course_run_no, payee_no, held_on, hours, pay): Columns| Row {
        programme_no: of,
        course_run_no,
        payee_no,
        held_on,
        hours: hours.into(),
        pay,
        paid: if of == programme_no {
            paid.get(&session_no).copied().unwrap_or_default()
        } else {
            Kopecks::ZERO
        },
    };
    Ok(rows.into_iter().map(row).collect())
}

/// The load of the instructors of the programme's university, and of its course runs.
///
/// # Errors
/// The database's.
pub fn load(connection: &mut Connection, programme: &ProgrammeFacts) -> QueryResult<Load> {
    let programme_no = programme.programme_no;
    let payees: Vec<i64> = payee::table
        .filter(payee::kind.eq(teaching::INSTRUCTOR))
        .filter(payee::university_no.eq(programme.university_no))
        .select(payee::payee_no)
        .load(connection)?;
    let names: HashMap<i64, (PayeeId, String)> =
        teaching::instructors(connection, Some(programme.university_no), -1, i64::MAX)?
            .into_iter()
            .map(|row| (row.payee_no, (row.payee_id, row.name)))
            .collect();
    let rows = sessions(connection, programme_no, &payees)?;
    let contracts = teaching::contracts_of(connection, &payees)?;
    let contracts = contracts.into_iter().filter_map(|(payee_no, contract)| {
        let (payee_id, name) = names.get(&payee_no)?.clone();
        let days = contract.valid_from.to_string()..=contract.valid_until.to_string();
        let (mut taught, mut used_hours) = (Taught::default(), 0);
        for row in rows.iter().filter(|row| row.payee_no == payee_no && days.contains(&row.held_on)) {
            used_hours += row.hours;
            if row.programme_no == programme_no {
                taught.add(row);
            }
        }
        Some(OfContract { payee_id, name, contract, taught, used_hours })
    });
    let contracts = contracts.collect();
    let mut of_runs: BTreeMap<i64, Taught> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.programme_no == programme_no) {
        of_runs.entry(row.course_run_no).or_default().add(row);
    }
    let runs: Vec<(i64, CourseRunId, String)> = course_run::table
        .filter(course_run::programme_no.eq(programme_no))
        .order(course_run::course_run_no)
        .select((course_run::course_run_no, course_run::course_run_id, course_run::code))
        .load(connection)?;
    let run = |(number, course_run_id, code)| {
        let taught = of_runs.get(&number).copied().unwrap_or_default();
        OfRun { course_run_id, code, taught }
    };
    Ok(Load { contracts, runs: runs.into_iter().map(run).collect() })
}
