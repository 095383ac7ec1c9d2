//! Codes of organisations and course runs, numbers of payments' documents, logins: names that say nothing of a person
//! in the programme.

use crate::db::Connection;
use crate::db::schema::{agency, course_run, payment, token};
use crate::kernel::{AgencyId, CourseRunId, PaymentId, TokenId};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Names by id; whatever has none is shown by the end of its id.
#[derive(Default)]
pub struct Names {
    agencies: HashMap<AgencyId, String>,
    course_runs: HashMap<CourseRunId, String>,
    documents: HashMap<PaymentId, String>,
}

/// No statement takes more arguments than this from here.
const CHUNK: usize = 500;

fn distinct<T: Eq + std::hash::Hash>(ids: impl Iterator<Item = T>) -> Vec<T> {
    ids.collect::<HashSet<_>>().into_iter().collect()
}

impl Names {
    /// Finds those of these ids.
    ///
    /// # Errors
    /// The database's.
    pub fn find(
        connection: &mut Connection,
        agencies: impl Iterator<Item = AgencyId>,
        course_runs: impl Iterator<Item = CourseRunId>,
        payments: impl Iterator<Item = PaymentId>,
    ) -> QueryResult<Self> {
        let mut names = Self::default();
        for ids in distinct(agencies).chunks(CHUNK) {
            let rows =
                agency::table.filter(agency::agency_id.eq_any(ids)).select((agency::agency_id, agency::code));
            names.agencies.extend(rows.load::<(AgencyId, String)>(connection)?);
        }
        for ids in distinct(course_runs).chunks(CHUNK) {
            let rows = course_run::table
                .filter(course_run::course_run_id.eq_any(ids))
                .select((course_run::course_run_id, course_run::code));
            names.course_runs.extend(rows.load::<(CourseRunId, String)>(connection)?);
        }
        for ids in distinct(payments).chunks(CHUNK) {
            let rows = payment::table
                .filter(payment::payment_id.eq_any(ids))
                .select((payment::payment_id, payment::document_number));
            names.documents.extend(rows.load::<(PaymentId, String)>(connection)?);
        }
        Ok(names)
    }

    pub fn agency(&self, id: AgencyId) -> String {
        self.agencies.get(&id).cloned().unwrap_or_else(|| end_of(id.0))
    }

    pub fn course_run(&self, id: CourseRunId) -> String {
        self.course_runs.get(&id).cloned().unwrap_or_else(|| end_of(id.0))
    }

    pub fn document(&self, id: PaymentId) -> String {
        self.documents.get(&id).map_or_else(|| end_of(id.0), |number| format!("№ {number}"))
    }
}

fn end_of(id: Uuid) -> String {
    let id = id.simple().to_string();
    format!("…{}", &id[24..])
}

/// The logins of tokens.
///
/// # Errors
/// The database's.
pub fn logins(
    connection: &mut Connection,
    ids: impl Iterator<Item = TokenId>,
) -> QueryResult<HashMap<TokenId, String>> {
    let ids = distinct(ids);
    let rows = token::table.filter(token::token_id.eq_any(ids)).select((token::token_id, token::subject));
    Ok(rows.load::<(TokenId, String)>(connection)?.into_iter().collect())
}
