//! The books as they are, or were: accounts with balances, transactions, the log's checkpoint.

use super::postings::{PostingFilter, PostingPlace, PostingView, postings};
use crate::db::Connection;
use crate::db::schema::{budget_line, journal_transaction};
use crate::kernel::*;
use crate::ledger::as_of::{self, AsOf};
use crate::ledger::books::Entry;
use crate::ledger::model::{Account, Kind};
use crate::ledger::receipts::stored_receipt;
use crate::writer::{Failure, Stop};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Nullable, SmallInt};
use serde::Serialize;
use std::fmt::Write as _;
use utoipa::ToSchema;

/// An account of a budget line.
#[derive(Serialize, ToSchema)]
pub struct AccountView {
    pub budget_line_id: BudgetLineId,
    /// The budget classification code (КБК).
    pub kbk: String,
    #[schema(example = "instructor_pay")]
    pub item: String,
    /// `limit`, `available`, `reserved`, `obligated`, `accrued` or `paid`.
    #[schema(example = "obligated")]
    pub account: &'static str,
    /// On the account's normal side (limit: credit; all others: debit), never negative.
    pub balance: Kopecks,
}

/// A journal transaction: one event, and one leaf of the programme's log.
#[derive(Serialize, ToSchema)]
pub struct TransactionView {
    /// The place of its leaf in the programme's log, from 0.
    pub log_index: i64,
    #[schema(example = "redeemed")]
    pub kind: String,
    pub effective_at: Timestamp,
    pub recorded_at: Timestamp,
    /// The token that did it; null for the service itself.
    pub recorded_by: Option<TokenId>,
    /// The sum of its debits; zero when it moved no money.
    pub moved: Kopecks,
    pub postings: i64,
}

/// A journal transaction with all that proves it.
#[derive(Serialize, ToSchema)]
pub struct TransactionDetail {
    #[serde(flatten)]
    pub transaction: TransactionView,
    pub lines: Vec<PostingView>,
    /// The leaf, in hexadecimal: deterministic CBOR, see docs/ledger.md.
    pub leaf: String,
    /// Its inclusion proof (C2SP tlog-proof).
    pub receipt: String,
}

/// Which transactions; `None` does not narrow.
#[derive(Clone, Default)]
pub struct TransactionFilter {
    pub kind: Option<Kind>,
    pub effective: Span,
    pub recorded: Span,
}

impl TransactionFilter {
    /// Whether every transaction is wanted.
    pub(super) fn is_open(&self) -> bool {
        self.kind.is_none() && self.effective.is_open() && self.recorded.is_open()
    }

    /// What it asks of a transaction called `j`. Numbers only, which need no arguments.
    pub(super) fn condition(&self) -> String {
        let mut condition = String::from("TRUE");
        // Writing to a string cannot fail.
        if let Some(kind) = self.kind {
            let _ = write!(condition, " AND j.kind = {}", kind.number());
        }
        for (column, span) in [("effective_at", self.effective), ("recorded_at", self.recorded)] {
            if let Some(from) = span.from {
                let _ = write!(condition, " AND j.{column} >= {}", from.millis());
            }
            if let Some(before) = span.before {
                let _ = write!(condition, " AND j.{column} < {}", before.millis());
            }
        }
        condition
    }
}

/// A part of time; `None` does not end it.
#[derive(Clone, Copy, Default)]
pub struct Span {
    /// From this instant on.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub before: Option<Timestamp>,
}

impl Span {
    /// Whole days of Moscow, the last one included.
    pub fn of_days(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Self {
        Self { from: from.map(Timestamp::start_of_day), before: to.map(Timestamp::end_of_day) }
    }

    fn is_open(self) -> bool {
        self.from.is_none() && self.before.is_none()
    }
}

/// The six accounts of every budget line that the first leaves made.
///
/// # Errors
/// The database's.
pub fn accounts(
    connection: &mut Connection,
    programme_no: i64,
    as_of: AsOf,
) -> Result<Vec<AccountView>, Failure> {
    let balances = as_of::balances(connection, programme_no, as_of)?;
    let lines = lines(connection, programme_no, as_of)?;
    let accounts = lines.into_iter().flat_map(|line| {
        Account::ALL.map(|account| AccountView {
            budget_line_id: line.budget_line_id,
            kbk: line.kbk.clone(),
            item: line.item.clone(),
            account: account.as_str(),
            balance: balances.get(&(line.budget_line_no, account)).copied().unwrap_or_default(),
        })
    });
    Ok(accounts.collect())
}

/// A budget line as it was made; none of this changes.
#[derive(Queryable)]
pub(super) struct Line {
    pub(super) budget_line_no: i64,
    pub(super) budget_line_id: BudgetLineId,
    pub(super) kbk: String,
    pub(super) item: String,
    pub(super) name: String,
}

/// The budget lines that the first leaves made: a line's number is the index of its leaf.
pub(super) fn lines(connection: &mut Connection, programme_no: i64, as_of: AsOf) -> QueryResult<Vec<Line>> {
    budget_line::table
        .filter(budget_line::programme_no.eq(programme_no))
        .filter(budget_line::budget_line_no.lt(as_of.size))
        .order(budget_line::budget_line_no)
        .select((
            budget_line::budget_line_no,
            budget_line::budget_line_id,
            budget_line::kbk,
            budget_line::item,
            budget_line::name,
        ))
        .load(connection)
}

pub(super) fn account_name(number: i16) -> Result<&'static str, Failure> {
    let account = Account::from_number(number);
    account.map(Account::as_str).ok_or_else(|| Failure::Inconsistent(format!("there is no account {number}")))
}

pub(super) fn kind_name(number: i16) -> Result<String, Failure> {
    let kind = Kind::from_number(number);
    kind.map(Kind::name).ok_or_else(|| Failure::Inconsistent(format!("there is no kind {number}")))
}

#[derive(QueryableByName)]
struct TransactionRow {
    #[diesel(sql_type = BigInt)]
    log_index: i64,
    #[diesel(sql_type = SmallInt)]
    kind: i16,
    #[diesel(sql_type = BigInt)]
    effective_at: Timestamp,
    #[diesel(sql_type = BigInt)]
    recorded_at: Timestamp,
    #[diesel(sql_type = Nullable<Binary>)]
    token_id: Option<TokenId>,
    #[diesel(sql_type = BigInt)]
    moved: Kopecks,
    #[diesel(sql_type = BigInt)]
    postings: i64,
}

impl TransactionRow {
    fn view(self) -> Result<TransactionView, Failure> {
        Ok(TransactionView {
            log_index: self.log_index,
            kind: kind_name(self.kind)?,
            effective_at: self.effective_at,
            recorded_at: self.recorded_at,
            recorded_by: self.token_id,
            moved: self.moved,
            postings: self.postings,
        })
    }
}

/// Transactions in the order of the log: those after the leaf `after` and before the leaf `before`.
///
/// # Errors
/// The database's.
pub fn transactions(
    connection: &mut Connection,
    programme_no: i64,
    filter: &TransactionFilter,
    after: i64,
    before: i64,
    limit: i64,
) -> Result<Vec<TransactionView>, Failure> {
    let query = format!(
        "SELECT j.log_index, j.kind, j.effective_at, j.recorded_at, t.token_id,
                CAST((SELECT COALESCE(SUM(p.amount_kopecks), 0) FROM posting p
                      WHERE p.programme_no = j.programme_no AND p.log_index = j.log_index
                        AND p.amount_kopecks > 0) AS BIGINT) AS moved,
                (SELECT COUNT(*) FROM posting p
                 WHERE p.programme_no = j.programme_no AND p.log_index = j.log_index) AS postings
         FROM journal_transaction j LEFT JOIN token t ON t.token_no = j.recorded_by
         WHERE j.programme_no = $1 AND j.log_index > $2 AND j.log_index < $3 AND {}
         ORDER BY j.log_index LIMIT $4",
        filter.condition()
    );
    let rows: Vec<TransactionRow> = sql_query(query)
        .bind::<BigInt, _>(programme_no)
        .bind::<BigInt, _>(after)
        .bind::<BigInt, _>(before)
        .bind::<BigInt, _>(limit)
        .load(connection)?;
    rows.into_iter().map(TransactionRow::view).collect()
}

/// One transaction (of an index from 0), with its lines, its leaf and its receipt.
///
/// # Errors
/// `not_found`; the database's.
pub fn transaction(
    connection: &mut Connection,
    programme_no: i64,
    log_index: i64,
) -> Result<TransactionDetail, Stop> {
    let filter = TransactionFilter::default();
    let found = transactions(connection, programme_no, &filter, log_index - 1, i64::MAX, 1)?;
    let transaction = found.into_iter().find(|found| found.log_index == log_index);
    let transaction = transaction.ok_or_else(|| Refusal::not_found("transaction"))?;
    let first = PostingPlace { log_index, posting_no: -1 };
    let filter = PostingFilter::default();
    let lines = postings(connection, programme_no, &filter, first, i64::MAX, transaction.postings)?;
    let leaf: Vec<u8> = journal_transaction::table
        .find((programme_no, log_index))
        .select(journal_transaction::leaf)
        .first(connection)?;
    let receipt = stored_receipt(connection, Entry { programme_no, log_index })?.to_string();
    Ok(TransactionDetail { transaction, lines, leaf: hexadecimal(&leaf), receipt })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_hexadecimal() {
        assert_eq!(hexadecimal(&[0x00, 0xa7, 0xff]), "00a7ff");
    }
}
