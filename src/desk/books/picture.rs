//! The way of money as a picture: redemptions, course runs, sessions, payees and payments in columns, lines between them.
//! Drawn here as SVG; the tables of its page say the same.

use super::super::Page;
use crate::kernel::Kopecks;
use std::collections::{BTreeSet, HashMap};

/// The columns, from left to right, by their words.
const COLUMNS: [&str; 5] = ["redemptions", "course-run", "sessions", "accruals", "payments"];
pub const REDEMPTIONS: usize = 0;
pub const COURSE_RUNS: usize = 1;
pub const SESSIONS: usize = 2;
pub const ACCRUALS: usize = 3;
pub const PAYMENTS: usize = 4;

/// Boxes of a column that are drawn each by itself.
const MOST: usize = 10;

const WIDTH: usize = 204;
const GAP: usize = 24;
/// Letters of a title that fit into a box.
const LETTERS: usize = 25;
const HEIGHT: usize = 50;
const ROW: usize = 62;
/// What is above the boxes.
const TOP: usize = 34;

/// What is to be drawn.
#[derive(Default)]
pub struct Sketch {
    columns: [Vec<Thing>; 5],
    /// By column and id.
    places: HashMap<(usize, String), usize>,
    /// Column and place on the left, place on the right.
    joins: BTreeSet<(usize, usize, usize)>,
}

struct Thing {
    title: String,
    amount: Kopecks,
    href: Option<String>,
}

/// A picture, ready to be written.
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub heads: Vec<Head>,
    pub boxes: Vec<Drawn>,
    /// Paths of the lines.
    pub lines: Vec<String>,
}

pub struct Head {
    pub text: String,
    pub x: usize,
}

pub struct Drawn {
    pub x: usize,
    pub y: usize,
    pub title: String,
    pub amount: String,
    pub href: Option<String>,
}

impl Drawn {
    pub fn width(&self) -> usize {
        WIDTH
    }

    pub fn height(&self) -> usize {
        HEIGHT
    }
}

impl Sketch {
    /// Puts a thing into a column, or adds the amount to the same one; gives its place.
    pub fn put(
        &mut self,
        column: usize,
        id: impl ToString,
        title: String,
        amount: Kopecks,
        href: Option<String>,
    ) -> usize {
        let things = &mut self.columns[column];
        let place = *self.places.entry((column, id.to_string())).or_insert(things.len());
        match things.get_mut(place) {
            // Sums of what was booked fit 64 bits.
            Some(thing) => thing.amount = thing.amount.checked_add(amount).unwrap_or(thing.amount),
            None => things.push(Thing { title, amount, href }),
        }
        place
    }

    /// Joins a thing of a column to one of the next.
    pub fn join(&mut self, column: usize, left: usize, right: usize) {
        self.joins.insert((column, left, right));
    }

    pub fn draw(self, page: &Page) -> Picture {
        let tallest = self.columns.iter().map(|things| things.len().min(MOST)).max().unwrap_or(0);
        let x = |column: usize| column * (WIDTH + GAP);
        let offset = |things: usize| (tallest - things.min(MOST)) * ROW / 2;
        let y = |column: usize, at: usize| {
            TOP + offset(self.columns[column].len()) + place(at, self.columns[column].len()) * ROW
        };
        let heads = COLUMNS.iter().enumerate();
        let heads =
            heads.map(|(at, word)| Head { text: page.word("books-column", word), x: x(at) }).collect();
        let mut boxes = Vec::new();
        for (column, things) in self.columns.iter().enumerate() {
            let alone = if things.len() > MOST { MOST - 1 } else { things.len() };
            let drawn = things[..alone].iter().enumerate().map(|(at, thing)| Drawn {
                x: x(column),
                y: y(column, at),
                title: fitting(&thing.title),
                amount: page.money(&thing.amount),
                href: thing.href.clone(),
            });
            boxes.extend(drawn);
            let others = &things[alone..];
            if !others.is_empty() {
                let amount = Kopecks::sum(others.iter().map(|thing| thing.amount)).unwrap_or_default();
                boxes.push(Drawn {
                    x: x(column),
                    y: y(column, alone),
                    title: page.t1("books-more", "count", others.len()),
                    amount: page.money(&amount),
                    href: None,
                });
            }
        }
        let line = |&(column, left, right): &(usize, usize, usize)| {
            let (from, to) = (x(column) + WIDTH, x(column + 1));
            let (start, end) = (y(column, left) + HEIGHT / 2, y(column + 1, right) + HEIGHT / 2);
            let middle = usize::midpoint(from, to);
            format!("M{from} {start}C{middle} {start} {middle} {end} {to} {end}")
        };
        let lines: BTreeSet<String> = self.joins.iter().map(line).collect();
        let height = TOP + tallest * ROW;
        Picture { width: 5 * WIDTH + 4 * GAP, height, heads, boxes, lines: lines.into_iter().collect() }
    }
}

/// A title, or as much of it as fits.
fn fitting(title: &str) -> String {
    if title.chars().count() <= LETTERS {
        return title.to_owned();
    }
    title.chars().take(LETTERS - 1).chain(['…']).collect()
}

/// The row of a thing: those that are too many share the last.
fn place(at: usize, things: usize) -> usize {
    if things > MOST { at.min(MOST - 1) } else { at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_things_share_the_last_row() {
        assert_eq!([place(9, 10), place(9, 25), place(24, 25)], [9, 9, 9]);
        assert_eq!([place(3, 4), place(3, 25)], [3, 3]);
    }

    #[test]
    fn titles_are_cut_to_their_box() {
        assert_eq!(fitting("Поток П-01"), "Поток П-01");
        assert_eq!(fitting(&"я".repeat(26)), format!("{}…", "я".repeat(24)));
    }
}
