//! One bar for each budget line: what became of its limit. Drawn here as SVG; colour, pattern and the list below it say the same.

use super::super::Page;
use super::names;
use crate::http::Language;
use crate::kernel::{Kopecks, ProgrammeId};
use crate::oversight::execution::LineExecution;

/// A bar and its legend.
pub struct Bar {
    pub name: String,
    pub limit: String,
    pub segments: Vec<Segment>,
    /// The bar in words, for whoever does not see it.
    pub words: String,
}

/// What stands on one account.
pub struct Segment {
    /// Names colour and pattern.
    pub account: &'static str,
    pub label: String,
    pub amount: String,
    /// Of the limit: `12,5 %`.
    pub share: String,
    pub href: String,
    /// Where it begins and how far it goes, in percent of the bar.
    pub x: String,
    pub width: String,
}

/// The bar of a line, from what is spent to what is free.
pub fn of(page: &Page, programme: ProgrammeId, line: &LineExecution) -> Bar {
    let parts = [
        ("paid", line.paid),
        ("accrued", line.accrued),
        ("obligated", line.obligated),
        ("reserved", line.reserved),
        ("available", line.available),
    ];
    let mut before = 0;
    let segment = |(account, amount): (&'static str, Kopecks)| {
        let (start, length) =
            (millionths(before, line.limit.get()), millionths(amount.get(), line.limit.get()));
        before += amount.get();
        Segment {
            account,
            label: page.word("books-account", account),
            amount: page.money(&amount),
            share: share(page, length),
            href: names::account(programme, line.budget_line_id, account, None),
            x: percent(start),
            width: percent(length),
        }
    };
    let segments: Vec<_> = parts.into_iter().map(segment).collect();
    let said: Vec<_> =
        segments.iter().map(|part| format!("{}: {} ({})", part.label, part.amount, part.share)).collect();
    Bar { name: line.name.clone(), limit: page.money(&line.limit), words: said.join("; "), segments }
}

/// A part of the whole in millionths; nothing of no whole.
pub fn millionths(part: i64, whole: i64) -> i64 {
    let part = (i128::from(part) * 1_000_000).checked_div(i128::from(whole)).unwrap_or(0);
    i64::try_from(part).unwrap_or(0)
}

/// As SVG writes it.
pub fn percent(millionths: i64) -> String {
    format!("{}.{:04}%", millionths / 10_000, millionths % 10_000)
}

/// As people write it, with one decimal.
fn share(page: &Page, millionths: i64) -> String {
    let tenths = (millionths + 500) / 1_000;
    let mark = if page.language == Language::Russian { ',' } else { '.' };
    format!("{}{mark}{}\u{a0}%", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_limit_are_exact_and_nothing_is_part_of_none() {
        let limit = 1_300_000_000;
        assert_eq!(percent(millionths(650_000_000, limit)), "50.0000%");
        assert_eq!(percent(millionths(1, limit)), "0.0000%");
        assert_eq!(percent(millionths(1_300_000_000, limit)), "100.0000%");
        assert_eq!(millionths(5, 0), 0);
        assert_eq!(percent(millionths(i64::MAX, i64::MAX)), "100.0000%");
    }
}
