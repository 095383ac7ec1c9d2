//! Tables: rows of cells that are ready to be written, and one template for all of them.

use super::super::Page;
use crate::kernel::Kopecks;
use askama::Template;

/// A table with its caption; without rows, what is said instead.
#[derive(Template)]
#[template(path = "books/table.html", config = "src/desk/askama.toml")]
pub struct Table {
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// Sums below.
    pub foot: Option<Vec<Cell>>,
    pub empty: String,
}

/// The head of a column.
pub struct Column {
    pub label: String,
    pub is_amount: bool,
}

/// What stands in one place of a table.
pub struct Cell {
    pub parts: Vec<Part>,
    pub is_amount: bool,
    /// The row is named by it.
    pub is_head: bool,
    /// Of a badge; empty for plain text.
    pub tone: &'static str,
}

/// Some text, which may lead somewhere.
pub struct Part {
    pub text: String,
    pub href: Option<String>,
}

impl Part {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), href: None }
    }

    pub fn link(text: impl Into<String>, href: String) -> Self {
        Self { text: text.into(), href: Some(href) }
    }
}

impl Cell {
    pub fn of(parts: Vec<Part>) -> Self {
        Self { parts, is_amount: false, is_head: false, tone: "" }
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::of(vec![Part::text(text)])
    }

    pub fn link(text: impl Into<String>, href: String) -> Self {
        Self::of(vec![Part::link(text, href)])
    }

    /// Money, which leads to what it is made of; nothing is made of none.
    pub fn money(page: &Page, amount: Kopecks, href: Option<String>) -> Self {
        let href = href.filter(|_| !amount.is_zero());
        Self { is_amount: true, ..Self::of(vec![Part { text: page.money(&amount), href }]) }
    }

    pub fn badge(text: impl Into<String>, tone: &'static str) -> Self {
        Self { tone, ..Self::text(text) }
    }

    /// The one that names its row.
    #[must_use]
    pub fn heading(self) -> Self {
        Self { is_head: true, ..self }
    }

    /// In a column of numbers.
    #[must_use]
    pub fn at_the_end(self) -> Self {
        Self { is_amount: true, ..self }
    }
}

impl Table {
    /// Heads of columns by their words; those of amounts begin with `#`.
    pub fn new(page: &Page, caption: &str, columns: &[&str]) -> Self {
        let column = |word: &&str| Column {
            label: page.t(word.trim_start_matches('#')),
            is_amount: word.starts_with('#'),
        };
        Self {
            caption: page.t(caption),
            columns: columns.iter().map(column).collect(),
            rows: Vec::new(),
            foot: None,
            empty: page.t(&format!("{caption}-empty")),
        }
    }

    #[must_use]
    pub fn with(self, rows: Vec<Vec<Cell>>) -> Self {
        Self { rows, ..self }
    }
}
