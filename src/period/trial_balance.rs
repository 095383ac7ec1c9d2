//! The trial balance (оборотно-сальдовая ведомость): of each account what it held before, what moved, and what it holds,
//! by the months that transactions are dated in.
//!
//! Reads the turnovers that the books keep, and as of an older size of the log also postings; writes nothing.

use crate::db::Connection;
use crate::db::schema::{account_turnover, budget_line};
use crate::kernel::{BudgetLineId, Kopecks, Month, Refusal, Timestamp};
use crate::ledger::as_of::{self, AsOf};
use crate::ledger::books::Failure;
use crate::ledger::model::Account;
use crate::writer::Stop;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, SmallInt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What moved on an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct AccountTurnover {
    /// Before the first month, on the account's normal side (limit: credit; all others: debit).
    pub opening: Kopecks,
    pub debit: Kopecks,
    pub credit: Kopecks,
    /// After the last month: opening and turnovers.
    pub closing: Kopecks,
}

/// The six accounts of a budget line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct LineTurnover {
    pub budget_line_id: BudgetLineId,
    /// The budget classification code (КБК).
    pub kbk: String,
    #[schema(example = "instructor_pay")]
    pub item: String,
    pub limit: AccountTurnover,
    pub available: AccountTurnover,
    pub reserved: AccountTurnover,
    pub obligated: AccountTurnover,
    pub accrued: AccountTurnover,
    pub paid: AccountTurnover,
}

/// The trial balance of a programme. Debits and credits are equal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct TrialBalance {
    /// Its first month; null: from the beginning.
    pub from: Option<Month>,
    /// Its last month.
    pub to: Month,
    pub lines: Vec<LineTurnover>,
    pub debits: Kopecks,
    pub credits: Kopecks,
}

/// Debits and credits of one account.
type Sides = (Kopecks, Kopecks);

/// What is asked for.
pub struct Wanted {
    /// The first month; from the beginning when not given.
    pub from: Option<Month>,
    /// The last month.
    pub to: Option<Month>,
    /// From the first so many leaves alone.
    pub as_of: Option<i64>,
}

/// Answers a question, and says of how many leaves the answer is. The last month is `this` when neither it nor a size is
/// given; of a size, the one in which its last leaf was recorded.
///
/// # Errors
/// `invalid_field` for a size that there is not, or a first month behind the last; the database's.
pub fn answer(
    connection: &mut Connection,
    programme_no: i64,
    wanted: &Wanted,
    this: Month,
) -> Result<(i64, TrialBalance), Stop> {
    let as_of = AsOf::find(connection, programme_no, wanted.as_of)?;
    let to = match (wanted.to, wanted.as_of) {
        (Some(to), _) => to,
        (None, None) => this,
        (None, Some(_)) => {
            Month::at(as_of::recorded_at(connection, programme_no, as_of)?.unwrap_or_default())
        }
    };
    if wanted.from.is_some_and(|from| from > to) {
        return Err(Refusal::field("from", "no later than `to`").with("to", to).into());
    }
    Ok((as_of.size, read_as_of(connection, programme_no, wanted.from, to, as_of)?))
}

/// Reads the trial balance of the months `from` to `to` from all there is.
///
/// # Errors
/// The database's; sums that do not fit 64 bits.
pub fn read(
    connection: &mut Connection,
    programme_no: i64,
    from: Option<Month>,
    to: Month,
) -> Result<TrialBalance, Failure> {
    let months: Vec<(i64, i16, String, Kopecks, Kopecks)> = account_turnover::table
        .filter(account_turnover::programme_no.eq(programme_no))
        .filter(account_turnover::month.le(to.to_string()))
        .select((
            account_turnover::budget_line_no,
            account_turnover::account,
            account_turnover::month,
            account_turnover::debit_kopecks,
            account_turnover::credit_kopecks,
        ))
        .load(connection)?;
    let from_text = from.map(|month| month.to_string());
    let (mut before, mut within) = (Turnovers::new(), Turnovers::new());
    for (line_no, account, month, debit, credit) in months {
        let is_before = from_text.as_ref().is_some_and(|from| month < *from);
        let of = if is_before { &mut before } else { &mut within };
        let sides = of.entry((line_no, account)).or_default();
        *sides = (sum(sides.0, debit)?, sum(sides.1, credit)?);
    }
    let lines = lines(connection, programme_no, i64::MAX)?;
    assembled(lines, from, to, &before, &within)
}

#[derive(QueryableByName)]
struct SidesRow {
    #[diesel(sql_type = BigInt)]
    budget_line_no: i64,
    #[diesel(sql_type = SmallInt)]
    account: i16,
    #[diesel(sql_type = BigInt)]
    is_before: i64,
    #[diesel(sql_type = BigInt)]
    debit: Kopecks,
    #[diesel(sql_type = BigInt)]
    credit: Kopecks,
}

/// Reads the trial balance of the months `from` to `to` from the first leaves alone: their turnovers, or those of all
/// without what was posted since, whichever reads the shorter part of the log.
///
/// # Errors
/// The database's; sums that do not fit 64 bits.
pub fn read_as_of(
    connection: &mut Connection,
    programme_no: i64,
    from: Option<Month>,
    to: Month,
    as_of: AsOf,
) -> Result<TrialBalance, Failure> {
    // Before this instant, a transaction is of an earlier month than those asked for; before that, of one of them.
    let first = from.map_or(i64::MIN, |month| Timestamp::start_of_day(month.first_day()).millis());
    let end = Timestamp::end_of_day(to.last_day()).millis();
    let (sign, behind) = if as_of.is_shorter_part() { ("", "<") } else { ("-", ">=") };
    // The plus keeps these leaves from being sought by day, along the whole log.
    let posted = format!(
        "SELECT p.budget_line_no, p.account, CASE WHEN j.effective_at < {first} THEN 1 ELSE 0 END AS is_before,
                {sign}CASE WHEN p.amount_kopecks > 0 THEN p.amount_kopecks ELSE 0 END AS debit,
                {sign}CASE WHEN p.amount_kopecks < 0 THEN -p.amount_kopecks ELSE 0 END AS credit
         FROM journal_transaction j CROSS JOIN posting p
         WHERE j.programme_no = $1 AND j.log_index {behind} $2 AND +j.effective_at < {end}
           AND p.programme_no = j.programme_no AND p.log_index = j.log_index"
    );
    let kept = if as_of.is_shorter_part() {
        String::new()
    } else {
        // Months are written so that text sorts as time does, and contain nothing that would end the text.
        let first_month = from.map(|month| month.to_string()).unwrap_or_default();
        format!(
            "UNION ALL SELECT budget_line_no, account, CASE WHEN month < '{first_month}' THEN 1 ELSE 0 END AS is_before,
                    debit_kopecks AS debit, credit_kopecks AS credit
             FROM account_turnover WHERE programme_no = $1 AND month <= '{to}'"
        )
    };
    let rows: Vec<SidesRow> = sql_query(format!(
        "SELECT budget_line_no, account, CAST(is_before AS BIGINT) AS is_before,
                CAST(SUM(debit) AS BIGINT) AS debit, CAST(SUM(credit) AS BIGINT) AS credit
         FROM ({posted} {kept}) moved GROUP BY budget_line_no, account, is_before"
    ))
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(as_of.size)
    .load(connection)?;
    let (mut before, mut within) = (Turnovers::new(), Turnovers::new());
    for row in rows {
        let of = if row.is_before == 1 { &mut before } else { &mut within };
        of.insert((row.budget_line_no, row.account), (row.debit, row.credit));
    }
    let lines = lines(connection, programme_no, as_of.size)?;
    assembled(lines, from, to, &before, &within)
}

/// Debits and credits by the number of the budget line and the account.
type Turnovers = BTreeMap<(i64, i16), Sides>;

type Line = (i64, BudgetLineId, String, String);

/// The budget lines that leaves before this one made: a line's number is the index of its leaf.
fn lines(connection: &mut Connection, programme_no: i64, before: i64) -> QueryResult<Vec<Line>> {
    budget_line::table
        .filter(budget_line::programme_no.eq(programme_no))
        .filter(budget_line::budget_line_no.lt(before))
        .order(budget_line::budget_line_no)
        .select((
            budget_line::budget_line_no,
            budget_line::budget_line_id,
            budget_line::kbk,
            budget_line::item,
        ))
        .load(connection)
}

fn assembled(
    lines: Vec<Line>,
    from: Option<Month>,
    to: Month,
    before: &Turnovers,
    within: &Turnovers,
) -> Result<TrialBalance, Failure> {
    let (mut debits, mut credits) = (Kopecks::ZERO, Kopecks::ZERO);
    let mut shown = Vec::with_capacity(lines.len());
    for (line_no, budget_line_id, kbk, item) in lines {
        let mut of = |account: Account| -> Result<AccountTurnover, Failure> {
            let place = (line_no, account.number());
            let balance = |(debit, credit): Sides| account.effect(Kopecks::new(debit.get() - credit.get()));
            let opening = balance(before.get(&place).copied().unwrap_or_default());
            let (debit, credit) = within.get(&place).copied().unwrap_or_default();
            (debits, credits) = (sum(debits, debit)?, sum(credits, credit)?);
            let closing = sum(opening, balance((debit, credit)))?;
            Ok(AccountTurnover { opening, debit, credit, closing })
        };
        shown.push(LineTurnover {
            budget_line_id,
            kbk,
            item,
            limit: of(Account::Limit)?,
            available: of(Account::Available)?,
            reserved: of(Account::Reserved)?,
            obligated: of(Account::Obligated)?,
            accrued: of(Account::Accrued)?,
            paid: of(Account::Paid)?,
        });
    }
    Ok(TrialBalance { from, to, lines: shown, debits, credits })
}

fn sum(one: Kopecks, other: Kopecks) -> Result<Kopecks, Failure> {
    one.checked_add(other).ok_or_else(|| Failure::Inconsistent("turnovers do not fit 64 bits".into()))
}
