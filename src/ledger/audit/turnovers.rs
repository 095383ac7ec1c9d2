//! The turnovers kept by month against the leaves of one log.

use super::Check;
use crate::db::Connection;
use crate::db::schema::account_turnover;
use crate::kernel::{Kopecks, Month};
use crate::ledger::leaf::Leaf;
use diesel::prelude::*;
use std::collections::BTreeMap;

/// Debits and credits by line, account and month, of the leaves read so far.
#[derive(Default)]
pub(super) struct Turnovers(BTreeMap<(i64, i16, String), (i128, i128)>);

impl Turnovers {
    pub(super) fn add(&mut self, leaf: &Leaf) {
        let month = Month::at(leaf.effective_at);
        for posting in &leaf.postings {
            let place = (posting.budget_line_no, posting.account.number(), month.to_string());
            let (debit, credit) = self.0.entry(place).or_default();
            let amount = i128::from(posting.amount.get());
            if amount > 0 { *debit += amount } else { *credit -= amount }
        }
    }

    /// What is kept against what was added.
    pub(super) fn compare(
        mut self,
        connection: &mut Connection,
        programme_no: i64,
        check: &mut Check,
    ) -> QueryResult<()> {
        let kept: Vec<(i64, i16, String, Kopecks, Kopecks)> = account_turnover::table
            .filter(account_turnover::programme_no.eq(programme_no))
            .select((
                account_turnover::budget_line_no,
                account_turnover::account,
                account_turnover::month,
                account_turnover::debit_kopecks,
                account_turnover::credit_kopecks,
            ))
            .load(connection)?;
        for (line_no, account, month, debit, credit) in kept {
            let (debits, credits) = self.0.remove(&(line_no, account, month.clone())).unwrap_or_default();
            let holds = (i128::from(debit.get()), i128::from(credit.get())) == (debits, credits);
            check.that(holds, || {
                format!("account {account} of line {programme_no}/{line_no} moved {debits} and {credits} in {month}, \
                         the turnover says {} and {}", debit.get(), credit.get())
            });
        }
        for ((line_no, account, month), (debits, credits)) in self.0 {
            check.that(false, || {
                format!("account {account} of line {programme_no}/{line_no} moved {debits} and {credits} in {month}, \
                         there is no turnover")
            });
        }
        Ok(())
    }
}
