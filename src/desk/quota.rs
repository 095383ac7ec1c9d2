//! An agency's seats in a programme, as a bar; colour, pattern and the list below it say the same.

use super::Page;
use super::books::bars::{millionths, percent};
use crate::request::model::Seats;

pub struct Quota {
    pub seats: i64,
    pub parts: Vec<Part>,
    /// The bar in words, for whoever does not see it.
    pub words: String,
}

/// Seats of one kind.
pub struct Part {
    pub pattern: &'static str,
    pub label: String,
    pub number: String,
    /// Where it begins and how far it goes, in percent of the bar.
    pub x: String,
    pub width: String,
}

impl Quota {
    /// With the seats that a list asks for now; none when it is not about a list.
    pub fn of(page: &Page, seats: Seats, asked: i64) -> Self {
        let left = (seats.left() - asked).max(0);
        let parts = [
            ("paid", "quota-part-held", seats.held),
            ("accrued", "quota-part-waiting", seats.pending),
            ("reserved", "quota-part-asked", asked),
            ("available", "quota-part-left", left),
        ];
        let whole = parts.iter().map(|(_, _, number)| number).sum();
        let mut before = 0;
        let part = |(pattern, label, number): (&'static str, &str, i64)| {
            let x = percent(millionths(before, whole));
            before += number;
            let width = percent(millionths(number, whole));
            Part { pattern, label: page.t(label), number: page.number(&number), x, width }
        };
        let shown =
            parts.into_iter().filter(|(_, label, number)| *label != "quota-part-asked" || *number > 0);
        let parts: Vec<_> = shown.map(part).collect();
        let said: Vec<_> = parts.iter().map(|part| format!("{}: {}", part.label, part.number)).collect();
        Self { seats: seats.seats, words: said.join("; "), parts }
    }
}
