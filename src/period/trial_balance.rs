//! The trial balance (оборотно-сальдовая ведомость): of each account what it held before, what moved, and what it holds,
//! by the months that transactions are dated in.
//!
//! Reads the turnovers that the books keep; writes nothing.

use crate::db::Connection;
use crate::db::schema::{account_turnover, budget_line};
use crate::kernel::{BudgetLineId, Kopecks, Month};
use crate::ledger::books::Failure;
use crate::ledger::model::Account;
use diesel::prelude::*;
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

/// Reads the trial balance of the months `from` to `to`.
///
/// # Errors
/// The database's; sums that do not fit 64 bits.
pub fn read(
    connection: &mut Connection,
    programme_no: i64,
    from: Option<Month>,
    to: Month,
) -> Result<TrialBalance, Failure> {
    let lines: Vec<(i64, BudgetLineId, String, String)> = budget_line::table
        .filter(budget_line::programme_no.eq(programme_no))
        .order(budget_line::budget_line_no)
        .select((
            budget_line::budget_line_no,
            budget_line::budget_line_id,
            budget_line::kbk,
            budget_line::item,
        ))
        .load(connection)?;
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
    let (mut before, mut within) = (BTreeMap::<_, Sides>::new(), BTreeMap::<_, Sides>::new());
    for (line_no, account, month, debit, credit) in months {
        let is_before = from_text.as_ref().is_some_and(|from| month < *from);
        let of = if is_before { &mut before } else { &mut within };
        let sides = of.entry((line_no, account)).or_default();
        *sides = (sum(sides.0, debit)?, sum(sides.1, credit)?);
    }
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
