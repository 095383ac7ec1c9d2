//! A ledger for beancount, whose accounts begin with one of five English words: `Equity:Limit` for the authority given,
//! `Assets` for what of it is not paid yet, `Expenses:Paid` for what is; behind it the КБК and the item. Dimensions are
//! metadata of postings. It ends with an assertion of every balance, exact to the kopeck.

use super::columns::{Cell, Posting, Row};
use super::ledger_file::{Place, balances, head};
use super::words::{quoted, roubles};
use super::{About, ExportError, Line, Rest, Sums, Writing};
use crate::ledger::model::Account;
use std::fmt::Write;

/// Before every day that anything can be effective on.
const OPENED: &str = "1970-01-01";

#[derive(Default)]
pub(super) struct Beancount(Place);

fn name(account: Account, Line { kbk, item }: &Line) -> String {
    let account = match account {
        Account::Limit => "Equity:Limit",
        Account::Available => "Assets:Available",
        Account::Reserved => "Assets:Reserved",
        Account::Obligated => "Assets:Obligated",
        Account::Accrued => "Assets:Accrued",
        Account::Paid => "Expenses:Paid",
    };
    // `instructor_pay` is `Instructor-Pay` there.
    let words = item.split('_').map(|word| {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        first.to_uppercase() + rest
    });
    format!("{account}:{kbk}:{}", words.collect::<Vec<_>>().join("-"))
}

fn value(cell: Cell<'_>) -> String {
    match cell {
        Cell::Text(text) => quoted(text),
        Cell::Id(id) => quoted(&id.to_string()),
        Cell::Whole(number) => number.to_string(),
        Cell::Money(amount) => format!("{} RUB", roubles(amount, '.')),
        Cell::Instant(instant) => quoted(&instant.in_moscow()),
        Cell::Empty => String::new(),
    }
}

fn posting(text: &mut String, posting: &Posting) -> std::fmt::Result {
    let line = Line { kbk: posting.kbk.clone(), item: posting.item.clone() };
    writeln!(text, "  {}  {} RUB", name(posting.account, &line), roubles(posting.amount, '.'))?;
    writeln!(text, "    posting_no: {}", posting.posting_no)?;
    for (name, cell) in posting.present() {
        writeln!(text, "    {name}: {}", value(cell))?;
    }
    Ok(())
}

impl Beancount {
    fn row(&mut self, text: &mut String, row: &Row) -> std::fmt::Result {
        let Some(of_row) = &row.posting else { return Ok(()) };
        if self.0.begins(row) {
            let t = &row.transaction;
            writeln!(text, "\n{} * {}", t.effective_at.date(), quoted(t.kind))?;
            writeln!(text, "  log_index: {}", t.log_index)?;
            writeln!(text, "  effective_at: {}", quoted(&t.effective_at.in_moscow()))?;
            writeln!(text, "  recorded_at: {}", quoted(&t.recorded_at.in_moscow()))?;
            writeln!(text, "  recorded_by: {}", t.recorded_by)?;
        }
        posting(text, of_row)
    }
}

impl Writing for Beancount {
    fn begin(&mut self, about: &About, out: &mut Vec<u8>) -> Result<(), ExportError> {
        let mut text = head(about);
        let title = quoted(&format!("Journal of programme {}", about.programme_code));
        // Writing to a string cannot fail.
        let _ = write!(text, "\noption \"title\" {title}\noption \"operating_currency\" \"RUB\"\n\n");
        let _ = writeln!(text, "{OPENED} commodity RUB");
        for (line, account, _) in balances(about, &Sums::new()) {
            let _ = writeln!(text, "{OPENED} open {} RUB", name(account, line));
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

    /// A balance is asserted of the beginning of a day: of the one after the last.
    fn end(&mut self, about: &About, sums: &Sums, out: &mut Vec<u8>) -> Result<Rest, ExportError> {
        let Some(day) = self.0.last_day().and_then(|day| day.succ_opt()) else { return Ok(Rest::Nothing) };
        let mut text = String::from("\n");
        for (line, account, sum) in balances(about, sums) {
            // Without a tolerance of its own a kopeck more or less would pass.
            let _ = writeln!(text, "{day} balance {}  {} ~ 0 RUB", name(account, line), roubles(sum, '.'));
        }
        out.extend_from_slice(text.as_bytes());
        Ok(Rest::Nothing)
    }
}
