//! The columns of an export, in their order, and a row of them.
//!
//! To add a dimension: its line in [`DIMENSIONS`]. Every format takes it up from there.

use crate::kernel::{Kopecks, Timestamp};
use crate::ledger::model::Account;
use std::sync::Arc;
use uuid::Uuid;

/// What a posting is about, beside its account: a column that may be empty.
pub(super) struct Dimension {
    pub(super) name: &'static str,
    pub(super) holds: Holds,
    /// What is selected.
    pub(super) sql: &'static str,
    /// How it is joined to the posting `p`; empty when an earlier dimension joined it.
    pub(super) join: &'static str,
}

const fn id(name: &'static str, sql: &'static str, join: &'static str) -> Dimension {
    Dimension { name, holds: Holds::Id, sql, join }
}

const fn text(name: &'static str, sql: &'static str, join: &'static str) -> Dimension {
    Dimension { name, holds: Holds::Text, sql, join }
}

#[rustfmt::skip]
pub(super) const DIMENSIONS: &[Dimension] = &[
    text("agency", "a.code", "LEFT JOIN agency a ON a.agency_no = p.agency_no"),
    id("agency_id", "a.agency_id", ""),
    id("voucher_id", "v.voucher_id", "LEFT JOIN voucher v ON v.programme_no = p.programme_no AND v.voucher_no = p.voucher_no"),
    id("redemption_id", "r.redemption_id", "LEFT JOIN redemption r ON r.programme_no = p.programme_no AND r.redemption_no = p.redemption_no"),
    id("course_run_id", "c.course_run_id", "LEFT JOIN course_run c ON c.programme_no = p.programme_no AND c.course_run_no = p.course_run_no"),
    id("session_id", "s.session_id", "LEFT JOIN session s ON s.programme_no = p.programme_no AND s.session_no = p.session_no"),
    id("payee_id", "y.payee_id", "LEFT JOIN payee y ON y.payee_no = p.payee_no"),
    id("payment_id", "m.payment_id", "LEFT JOIN payment m ON m.programme_no = p.programme_no AND m.payment_no = p.payment_no"),
    text("payment_document", "m.document_number", ""),
    id("contract_id", "k.contract_id", "LEFT JOIN campaign_contract k ON k.programme_no = p.programme_no AND k.contract_no = p.contract_no"),
    id("act_id", "w.act_id", "LEFT JOIN campaign_act w ON w.programme_no = p.programme_no AND w.act_no = p.act_no"),
];

/// What the cells of a column are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Holds {
    Whole,
    Money,
    Instant,
    Text,
    Id,
}

/// A cell of a row.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Cell<'r> {
    Empty,
    Whole(i64),
    Money(Kopecks),
    Instant(Timestamp),
    Text(&'r str),
    Id(Uuid),
}

/// A journal transaction, without its postings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Transaction {
    pub(super) log_index: i64,
    pub(super) kind: &'static str,
    pub(super) effective_at: Timestamp,
    pub(super) recorded_at: Timestamp,
    /// The number of the token that did it; 0 is the service itself.
    pub(super) recorded_by: i64,
}

/// A posting, with its dimensions in the order of [`DIMENSIONS`].
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Posting {
    pub(super) posting_no: i32,
    pub(super) kbk: Arc<str>,
    pub(super) item: Arc<str>,
    pub(super) account: Account,
    /// Debit positive, credit negative.
    pub(super) amount: Kopecks,
    pub(super) dimensions: Vec<Value>,
}

/// A dimension of a posting.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
    None,
    Id(Uuid),
    Text(String),
}

impl Value {
    pub(super) fn cell(&self) -> Cell<'_> {
        match self {
            Self::None => Cell::Empty,
            Self::Id(id) => Cell::Id(*id),
            Self::Text(text) => Cell::Text(text),
        }
    }
}

/// A row: a posting with its transaction, or a transaction that has none.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Row {
    pub(super) transaction: Transaction,
    pub(super) posting: Option<Posting>,
}

/// Name, content, and how to get it.
type Fixed = (&'static str, Holds, for<'r> fn(&'r Row) -> Cell<'r>);

const FIXED: &[Fixed] = &[
    ("log_index", Holds::Whole, |row| Cell::Whole(row.transaction.log_index)),
    ("posting_no", Holds::Whole, |row| row.of_posting(|posting| Cell::Whole(posting.posting_no.into()))),
    ("kind", Holds::Text, |row| Cell::Text(row.transaction.kind)),
    ("effective_at", Holds::Instant, |row| Cell::Instant(row.transaction.effective_at)),
    ("recorded_at", Holds::Instant, |row| Cell::Instant(row.transaction.recorded_at)),
    ("recorded_by", Holds::Whole, |row| Cell::Whole(row.transaction.recorded_by)),
    ("kbk", Holds::Text, |row| row.of_posting(|posting| Cell::Text(&posting.kbk))),
    ("item", Holds::Text, |row| row.of_posting(|posting| Cell::Text(&posting.item))),
    ("account", Holds::Text, |row| row.of_posting(|posting| Cell::Text(posting.account.as_str()))),
    ("amount", Holds::Money, |row| row.of_posting(|posting| Cell::Money(posting.amount))),
];

/// All columns: name and content.
pub(super) fn columns() -> impl Iterator<Item = (&'static str, Holds)> {
    let fixed = FIXED.iter().map(|(name, holds, _)| (*name, *holds));
    fixed.chain(DIMENSIONS.iter().map(|dimension| (dimension.name, dimension.holds)))
}

impl Row {
    /// A cell for each of [`columns`].
    pub(super) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        let fixed = FIXED.iter().map(|(_, _, get)| get(self));
        let dimensions = self.posting.as_ref().map(|posting| posting.dimensions.as_slice());
        let dimensions = dimensions.unwrap_or(&[]).iter().map(Value::cell);
        let missing = if self.posting.is_some() { 0 } else { DIMENSIONS.len() };
        fixed.chain(dimensions).chain(std::iter::repeat_n(Cell::Empty, missing))
    }

    fn of_posting<'r>(&'r self, cell: impl Fn(&'r Posting) -> Cell<'r>) -> Cell<'r> {
        self.posting.as_ref().map_or(Cell::Empty, cell)
    }
}

impl Posting {
    /// The dimensions it has, by name.
    pub(super) fn present(&self) -> impl Iterator<Item = (&'static str, Cell<'_>)> {
        let named = DIMENSIONS.iter().zip(&self.dimensions);
        named
            .map(|(dimension, value)| (dimension.name, value.cell()))
            .filter(|(_, cell)| *cell != Cell::Empty)
    }
}
