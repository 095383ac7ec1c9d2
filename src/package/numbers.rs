//! `numbers.json`: what the internal numbers in leaves and postings mean. Ids, codes and kinds; no names.

use crate::db::Connection;
use crate::db::schema::{agency, budget_line, course_run, payee};
use crate::kernel::{AgencyId, BudgetLineId, CourseRunId, PayeeId};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Serialize, Deserialize)]
pub(super) struct Numbers {
    pub(super) budget_lines: Vec<BudgetLine>,
    pub(super) agencies: Vec<Agency>,
    pub(super) course_runs: Vec<CourseRun>,
    pub(super) payees: Vec<Payee>,
}

#[derive(Serialize, Deserialize, Queryable)]
pub(super) struct BudgetLine {
    pub(super) number: i64,
    pub(super) budget_line_id: BudgetLineId,
    pub(super) kbk: String,
    pub(super) item: String,
}

#[derive(Serialize, Deserialize, Queryable)]
pub(super) struct Agency {
    pub(super) number: i64,
    pub(super) agency_id: AgencyId,
    pub(super) code: String,
}

#[derive(Serialize, Deserialize, Queryable)]
pub(super) struct CourseRun {
    pub(super) number: i64,
    pub(super) course_run_id: CourseRunId,
    pub(super) code: String,
}

#[derive(Serialize, Deserialize, Queryable)]
pub(super) struct Payee {
    pub(super) number: i64,
    pub(super) payee_id: PayeeId,
    pub(super) kind: String,
}

/// Agencies and payees that postings name.
#[derive(Default)]
pub(super) struct Named {
    pub(super) agencies: BTreeSet<i64>,
    pub(super) payees: BTreeSet<i64>,
}

impl Numbers {
    /// Of a log of this size.
    ///
    /// # Errors
    /// The database's.
    pub(super) fn read(
        connection: &mut Connection,
        programme_no: i64,
        size: u64,
        named: &Named,
    ) -> QueryResult<Self> {
        let size = size.cast_signed();
        // There are few of each, so all are read.
        let mut agencies: Vec<Agency> = agency::table
            .order(agency::agency_no)
            .select((agency::agency_no, agency::agency_id, agency::code))
            .load(connection)?;
        agencies.retain(|agency| named.agencies.contains(&agency.number));
        let mut payees: Vec<Payee> = payee::table
            .order(payee::payee_no)
            .select((payee::payee_no, payee::payee_id, payee::kind))
            .load(connection)?;
        payees.retain(|payee| named.payees.contains(&payee.number));
        Ok(Self {
            budget_lines: budget_line::table
                .filter(budget_line::programme_no.eq(programme_no))
                .filter(budget_line::budget_line_no.lt(size))
                .order(budget_line::budget_line_no)
                .select((
                    budget_line::budget_line_no,
                    budget_line::budget_line_id,
                    budget_line::kbk,
                    budget_line::item,
                ))
                .load(connection)?,
            agencies,
            course_runs: course_run::table
                .filter(course_run::programme_no.eq(programme_no))
                .filter(course_run::course_run_no.lt(size))
                .order(course_run::course_run_no)
                .select((course_run::course_run_no, course_run::course_run_id, course_run::code))
                .load(connection)?,
            payees,
        })
    }
}
