//! How things are named and linked: organisations, course runs and documents by their codes, people and what belongs to one
//! by the end of an id.

use super::super::Page;
use super::table::Part;
use crate::db::Connection;
use crate::kernel::*;
use crate::oversight::names::Names;
use crate::oversight::postings::PostingView;
use chrono::NaiveDate;
use std::fmt::Display;

/// An address with its query.
pub fn address(path: &str, query: &[(&str, String)]) -> String {
    match serde_urlencoded::to_string(query) {
        Ok(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_owned(),
    }
}

/// The statement of an account.
pub fn account(
    programme: ProgrammeId,
    line: BudgetLineId,
    account: &str,
    days: Option<(NaiveDate, NaiveDate)>,
) -> String {
    let mut query = vec![
        ("programme_id", programme.to_string()),
        ("budget_line_id", line.to_string()),
        ("account", account.to_owned()),
    ];
    if let Some((from, to)) = days {
        query.extend([("from", from.to_string()), ("to", to.to_string())]);
    }
    address("/desk/accounts", &query)
}

/// Postings about something.
pub fn postings(programme: ProgrammeId, query: &[(&str, String)]) -> String {
    let programme = ("programme_id", programme.to_string());
    let query: Vec<_> = [programme].into_iter().chain(query.iter().cloned()).collect();
    address("/desk/postings", &query)
}

/// A journal transaction.
pub fn entry(programme: ProgrammeId, log_index: i64) -> String {
    format!("/desk/entries/{programme}/{log_index}")
}

/// The trace of a thing of this kind.
pub fn trace(of: &str, id: impl Display, programme: ProgrammeId) -> String {
    format!("/desk/trace/{of}/{id}?programme_id={programme}")
}

/// The end of an id, by which people tell things apart: its beginning is the time.
pub fn short(id: impl Display) -> String {
    let id = id.to_string();
    format!("…{}", id.get(id.len().saturating_sub(8)..).unwrap_or(&id))
}

/// What a posting is about, each leading to all of its kind.
pub fn dimensions(page: &Page, programme: ProgrammeId, names: &Names, posting: &PostingView) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut push = |what: &str, name: String, href: Option<String>| {
        parts.push(Part { text: format!("{} {name}", page.word("books-what", what)), href });
    };
    if let Some(id) = posting.agency_id {
        push("agency", names.agency(id), Some(postings(programme, &[("agency_id", id.to_string())])));
    }
    if let Some(id) = posting.course_run_id {
        push(
            "course_run",
            names.course_run(id),
            Some(postings(programme, &[("course_run_id", id.to_string())])),
        );
    }
    if let Some(id) = posting.voucher_id {
        push("voucher", short(id), Some(postings(programme, &[("voucher_id", id.to_string())])));
    }
    if let Some(id) = posting.redemption_id {
        push("redemption", short(id), Some(trace("redemption", id, programme)));
    }
    if let Some(id) = posting.session_id {
        push("session", short(id), Some(trace("session", id, programme)));
    }
    if let Some(id) = posting.payee_id {
        push("payee", short(id), Some(trace("payee", id, programme)));
    }
    if let Some(id) = posting.payment_id {
        push("payment", names.document(id), Some(trace("payment", id, programme)));
    }
    if let Some(id) = posting.contract_id {
        push("contract", short(id), Some(postings(programme, &[("contract_id", id.to_string())])));
    }
    if let Some(id) = posting.act_id {
        push("act", short(id), None);
    }
    parts
}

/// The names that postings need.
///
/// # Errors
/// The database's.
pub fn of<'p>(
    connection: &mut Connection,
    postings: impl Iterator<Item = &'p PostingView> + Clone,
) -> diesel::QueryResult<Names> {
    Names::find(
        connection,
        postings.clone().filter_map(|posting| posting.agency_id),
        postings.clone().filter_map(|posting| posting.course_run_id),
        postings.filter_map(|posting| posting.payment_id),
    )
}
