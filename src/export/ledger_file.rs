//! What the two text ledgers share: the head that says what the file is of, and the day of its last posting.

use super::columns::Row;
use super::{About, Sums};
use crate::kernel::Kopecks;
use crate::ledger::model::Account;
use chrono::NaiveDate;
use std::fmt::Write;

/// Where a ledger's writing is: which transaction is open, and the last day anything was effective.
#[derive(Default)]
pub(super) struct Place {
    open: Option<i64>,
    last_day: Option<NaiveDate>,
}

impl Place {
    /// Whether the row's transaction begins with it. The postings of one may come in several calls.
    pub(super) fn begins(&mut self, row: &Row) -> bool {
        self.last_day = self.last_day.max(Some(row.transaction.effective_at.date()));
        self.open.replace(row.transaction.log_index) != Some(row.transaction.log_index)
    }

    /// None when nothing was posted.
    pub(super) fn last_day(&self) -> Option<NaiveDate> {
        self.last_day
    }
}

/// Comments that say what the file is of, with the signed checkpoint that covers it.
pub(super) fn head(about: &About) -> String {
    let mut head = format!(
        "; The journal of programme {}: the first {} leaves of its log\n; as_of: {}\n",
        about.programme_code, about.as_of, about.as_of
    );
    // Writing to a string cannot fail.
    for (word, day) in [("from", about.wanted.from), ("to", about.wanted.to)] {
        if let Some(day) = day {
            let _ = writeln!(head, "; effective {word}: {day}");
        }
    }
    if let Some(note) = &about.checkpoint {
        head.push_str("; checkpoint:\n");
        for line in note.lines() {
            let _ = writeln!(head, ";   {line}");
        }
    }
    head
}

/// Every account of every budget line, with the sum of its postings (debit positive).
pub(super) fn balances<'a>(
    about: &'a About,
    sums: &'a Sums,
) -> impl Iterator<Item = (&'a super::Line, Account, Kopecks)> {
    about.lines.iter().flat_map(move |(number, line)| {
        let sum = move |account| Kopecks::new(sums.get(&(*number, account)).copied().unwrap_or(0));
        Account::ALL.into_iter().map(move |account| (line, account, sum(account)))
    })
}
