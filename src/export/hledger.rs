//! A journal for hledger. An account is `obligated:<КБК>:<item>`; a transaction's date is the day it is effective, its
//! second date the day it was recorded, its code the index of its leaf; dimensions are tags of postings. It ends with
//! an assertion of every balance, by which hledger itself checks that no posting is missing.

use super::columns::{Cell, Posting, Row};
use super::ledger_file::{Place, balances, head};
use super::words::{roubles, tag};
use super::{About, ExportError, Line, Rest, Sums, Writing};
use crate::ledger::model::Account;
use std::borrow::Cow;
use std::fmt::Write;

#[derive(Default)]
pub(super) struct Hledger(Place);

/// The type that reports of hledger know: authority given is equity, what money was paid is an expense.
fn kind(account: Account) -> char {
    match account {
        Account::Limit => 'E',
        Account::Paid => 'X',
        _ => 'A',
    }
}

fn name(account: Account, Line { kbk, item }: &Line) -> String {
    format!("{}:{kbk}:{item}", account.as_str())
}

fn value(cell: Cell<'_>) -> Cow<'_, str> {
    match cell {
        Cell::Text(text) => tag(text),
        Cell::Id(id) => Cow::Owned(id.to_string()),
        Cell::Whole(number) => Cow::Owned(number.to_string()),
        Cell::Money(amount) => Cow::Owned(roubles(amount, '.')),
        Cell::Instant(instant) => Cow::Owned(instant.in_moscow()),
        Cell::Empty => Cow::Borrowed(""),
    }
}

fn posting(text: &mut String, posting: &Posting) -> std::fmt::Result {
    let line = Line { kbk: posting.kbk.clone(), item: posting.item.clone() };
    let account = name(posting.account, &line);
    let amount = roubles(posting.amount, '.');
    write!(text, "    {account}  {amount} RUB  ; posting_no:{}", posting.posting_no)?;
    for (name, cell) in posting.present() {
        write!(text, ", {name}:{}", value(cell))?;
    }
    text.write_char('\n')
}

impl Hledger {
    fn row(&mut self, text: &mut String, row: &Row) -> std::fmt::Result {
        let Some(of_row) = &row.posting else { return Ok(()) };
        if self.0.begins(row) {
            let t = &row.transaction;
            let (effective, recorded) = (t.effective_at.date(), t.recorded_at.date());
            let instants = format!(
                "effective_at:{}, recorded_at:{}",
                t.effective_at.in_moscow(),
                t.recorded_at.in_moscow()
            );
            let by = t.recorded_by;
            writeln!(
                text,
                "\n{effective}={recorded} ({}) {}  ; {instants}, recorded_by:{by}",
                t.log_index, t.kind
            )?;
        }
        posting(text, of_row)
    }
}

impl Writing for Hledger {
    fn begin(&mut self, about: &About, out: &mut Vec<u8>) -> Result<(), ExportError> {
        let mut text = head(about);
        text.push_str("\ndecimal-mark .\ncommodity 1000.00 RUB\n\n");
        for (line, account, _) in balances(about, &Sums::new()) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "account {}  ; type:{}", name(account, line), kind(account));
        }
        out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn rows(&mut self, rows: &[Row], out: &mut Vec<u8>) -> Result<(), ExportError> {
        let mut text = String::new();
        for row in rows {
            self.row(&mut text, row).map_err(|error| ExportError::Format(error.to_string()))?;
        }
        out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn end(&mut self, about: &About, sums: &Sums, out: &mut Vec<u8>) -> Result<Rest, ExportError> {
        let Some(day) = self.0.last_day() else { return Ok(Rest::Nothing) };
        let mut text = format!("\n{day} balances of the first {} leaves\n", about.as_of);
        for (line, account, sum) in balances(about, sums) {
            let (account, sum) = (name(account, line), roubles(sum, '.'));
            let _ = writeln!(text, "    {account}  0.00 RUB = {sum} RUB");
        }
        out.extend_from_slice(text.as_bytes());
        Ok(Rest::Nothing)
    }
}
