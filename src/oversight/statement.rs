//! The statement of an account (выписка по счёту): what it held, every posting by the day it is dated, what it holds then.
//!
//! Whole months come from the turnovers that the books keep, so that a balance is never summed from the beginning; the rest
//! is read by the index of transactions by `effective_at`. Each balance is read in one statement, and of the first leaves
//! only, so that nothing booked meanwhile comes between.

use super::ledger::{self, Span};
use super::postings::{OF, PostingPlace, PostingRow, PostingView, SAID};
use crate::db::Connection;
use crate::db::schema::journal_transaction;
use crate::http::{Page, Paged};
use crate::kernel::*;
use crate::ledger::as_of::{self, AsOf};
use crate::ledger::model::Account;
use crate::writer::{Failure, Stop};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Integer};
use serde::Serialize;
use utoipa::ToSchema;

/// Which account, and of which days.
#[derive(Clone, Copy)]
pub struct Wanted {
    pub budget_line_id: BudgetLineId,
    pub account: Account,
    /// Effective on this day (Moscow) or later.
    pub from: Option<NaiveDate>,
    /// Effective on this day (Moscow) or earlier.
    pub to: Option<NaiveDate>,
    pub as_of: Option<i64>,
}

/// A page of the statement of an account. Balances are on the account's normal side (limit: credit; all others: debit).
#[derive(Serialize, ToSchema)]
pub struct Statement {
    pub budget_line_id: BudgetLineId,
    /// The budget classification code (КБК).
    pub kbk: String,
    #[schema(example = "instructor_pay")]
    pub item: String,
    #[schema(example = "paid")]
    pub account: &'static str,
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<NaiveDate>,
    #[schema(value_type = Option<String>, format = Date)]
    pub to: Option<NaiveDate>,
    /// Of how many leaves of the log.
    pub as_of: i64,
    /// Before the first day.
    pub opening: Kopecks,
    /// After the last day.
    pub closing: Kopecks,
    /// Before the first line of this page.
    pub page_opening: Kopecks,
    /// After the last line of this page.
    pub page_closing: Kopecks,
    #[serde(flatten)]
    pub lines: Paged<StatementLine>,
}

/// A posting, and what the account holds after it.
#[derive(Serialize, ToSchema)]
pub struct StatementLine {
    #[serde(flatten)]
    pub posting: PostingView,
    pub balance: Kopecks,
}

/// An account of a budget line by number, as of a size of its programme's log.
#[derive(Clone, Copy)]
struct AccountOf {
    programme_no: i64,
    budget_line_no: i64,
    account: Account,
    as_of: AsOf,
}

/// Where a line stands in a statement.
#[derive(Clone, Copy)]
struct LinePlace {
    effective_at: Timestamp,
    place: PostingPlace,
}

/// Reads a page of a statement.
///
/// # Errors
/// `not_found` for a line that the programme does not have as of that size; `invalid_field` for days in the wrong order, a
/// cursor of another list, a size that the log does not have; the database's.
pub fn read(
    connection: &mut Connection,
    programme_no: i64,
    wanted: &Wanted,
    page: &Page,
) -> Result<Statement, Stop> {
    if wanted.from.zip(wanted.to).is_some_and(|(from, to)| to < from) {
        return Err(Refusal::field("to", "a day that is not before from").into());
    }
    let as_of = AsOf::find(connection, programme_no, wanted.as_of)?;
    let lines = ledger::lines(connection, programme_no, as_of)?;
    let line = lines.into_iter().find(|line| line.budget_line_id == wanted.budget_line_id);
    let line = line.ok_or_else(|| Refusal::not_found("budget_line").at("budget_line_id"))?;
    let of = AccountOf { programme_no, budget_line_no: line.budget_line_no, account: wanted.account, as_of };
    let days = Span::of_days(wanted.from, wanted.to);
    let before_day = |day| LinePlace { effective_at: day, place: PostingPlace::START };
    let opening = match days.from {
        Some(from) => of.balance_until(connection, before_day(from))?,
        None => Kopecks::ZERO,
    };
    let closing = match days.before {
        Some(before) => of.balance_until(connection, before_day(before))?,
        None => of.balance(connection)?,
    };
    let after = match page.after().map(PostingPlace::from_number) {
        Some(place) => of.line_at(connection, place, days)?,
        None => before_day(days.from.unwrap_or(Timestamp::from_millis(i64::MIN))),
    };
    let page_opening = match page.after() {
        Some(_) => of.balance_until(connection, after)?,
        None => opening,
    };
    let postings = of.postings(connection, after, days.before, page.fetch())?;
    let mut balance = page_opening;
    let mut rows = Vec::with_capacity(postings.len());
    for posting in postings {
        balance = sum(balance, wanted.account.effect(posting.amount))?;
        rows.push((posting.place().number(), StatementLine { posting, balance }));
    }
    let lines = page.cut(rows);
    Ok(Statement {
        budget_line_id: line.budget_line_id,
        kbk: line.kbk,
        item: line.item,
        account: wanted.account.as_str(),
        from: wanted.from,
        to: wanted.to,
        as_of: as_of.size,
        opening,
        closing,
        page_opening,
        page_closing: lines.items.last().map_or(page_opening, |last| last.balance),
        lines,
    })
}

fn sum(one: Kopecks, other: Kopecks) -> Result<Kopecks, Failure> {
    one.checked_add(other).ok_or_else(|| Failure::Inconsistent("a balance does not fit 64 bits".into()))
}

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = BigInt)]
    sum: Kopecks,
}

impl AccountOf {
    /// After the last leaf.
    fn balance(self, connection: &mut Connection) -> Result<Kopecks, Failure> {
        let balances = as_of::balances(connection, self.programme_no, self.as_of)?;
        Ok(balances.get(&(self.budget_line_no, self.account)).copied().unwrap_or_default())
    }

    /// After the line at this place: turnovers of the months before its month, without what is behind the last leaf, and
    /// the postings of its month up to it.
    fn balance_until(self, connection: &mut Connection, until: LinePlace) -> Result<Kopecks, Failure> {
        // No transaction is dated outside of the years that four digits write, and months are compared as text.
        let last = NaiveDate::from_ymd_opt(9_999, 12, 31)
            .map_or(i64::MAX, |day| Timestamp::start_of_day(day).millis());
        let effective_at = Timestamp::from_millis(until.effective_at.millis().clamp(0, last));
        let month = Month::at(effective_at);
        let first = Timestamp::start_of_day(month.first_day());
        let (line, account) = (self.budget_line_no, self.account.number());
        // The plus keeps what is behind the last leaf from being sought by day, along the whole log.
        let query = format!(
            "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS sum FROM (
                SELECT debit_kopecks - credit_kopecks AS amount FROM account_turnover
                WHERE programme_no = $1 AND budget_line_no = {line} AND account = {account} AND month < '{month}'
                UNION ALL
                SELECT -p.amount_kopecks AS amount FROM journal_transaction j CROSS JOIN posting p
                WHERE j.programme_no = $1 AND j.log_index >= $2 AND +j.effective_at < $3
                  AND p.programme_no = j.programme_no AND p.log_index = j.log_index
                  AND p.budget_line_no = {line} AND p.account = {account}
                UNION ALL
                SELECT p.amount_kopecks AS amount FROM journal_transaction j CROSS JOIN posting p
                WHERE j.programme_no = $1 AND j.effective_at >= $3 AND (j.effective_at, j.log_index) <= ($4, $5)
                  AND j.log_index < $2 AND p.programme_no = j.programme_no AND p.log_index = j.log_index
                  AND (j.log_index <> $5 OR p.posting_no <= $6)
                  AND p.budget_line_no = {line} AND p.account = {account}
            ) moved"
        );
        let found: SumRow = sql_query(query)
            .bind::<BigInt, _>(self.programme_no)
            .bind::<BigInt, _>(self.as_of.size)
            .bind::<BigInt, _>(first)
            .bind::<BigInt, _>(effective_at)
            .bind::<BigInt, _>(until.place.log_index)
            .bind::<Integer, _>(until.place.posting_no)
            .get_result(connection)?;
        Ok(self.account.effect(found.sum))
    }

    /// The line that a cursor names.
    fn line_at(
        self,
        connection: &mut Connection,
        place: PostingPlace,
        days: Span,
    ) -> Result<LinePlace, Stop> {
        let effective_at: Option<Timestamp> = journal_transaction::table
            .find((self.programme_no, place.log_index))
            .select(journal_transaction::effective_at)
            .get_result(connection)
            .optional()?;
        let is_within = |at: &Timestamp| {
            days.from.is_none_or(|from| *at >= from) && days.before.is_none_or(|before| *at < before)
        };
        let known = effective_at.filter(is_within).filter(|_| place.log_index < self.as_of.size);
        let effective_at =
            known.ok_or_else(|| Refusal::field("cursor", "the next_cursor of the page before, unchanged"))?;
        Ok(LinePlace { effective_at, place })
    }

    /// The lines behind a place, in order.
    fn postings(
        self,
        connection: &mut Connection,
        after: LinePlace,
        before: Option<Timestamp>,
        limit: i64,
    ) -> Result<Vec<PostingView>, Failure> {
        // A transaction is looked up by its day, then its postings: in this order, whatever a planner thinks of it.
        let query = format!(
            "{SAID} SELECT p.* FROM journal_transaction j CROSS JOIN posting p
             WHERE j.programme_no = $1 AND (j.effective_at, j.log_index) >= ($2, $3) AND j.effective_at < $4
               AND j.log_index < $5 AND p.programme_no = j.programme_no AND p.log_index = j.log_index
               AND (j.log_index <> $3 OR p.posting_no > $6) AND p.budget_line_no = {} AND p.account = {}
             ORDER BY j.effective_at, j.log_index, p.posting_no LIMIT {limit} {OF}
             ORDER BY j.effective_at, p.log_index, p.posting_no",
            self.budget_line_no,
            self.account.number(),
        );
        let rows: Vec<PostingRow> = sql_query(query)
            .bind::<BigInt, _>(self.programme_no)
            .bind::<BigInt, _>(after.effective_at)
            .bind::<BigInt, _>(after.place.log_index)
            .bind::<BigInt, _>(before.unwrap_or(Timestamp::from_millis(i64::MAX)))
            .bind::<BigInt, _>(self.as_of.size)
            .bind::<Integer, _>(after.place.posting_no)
            .load(connection)?;
        rows.into_iter().map(PostingRow::view).collect()
    }
}
