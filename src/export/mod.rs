//! Exports of the journal: every posting of a programme as a file, for spreadsheets, bookkeeping tools and programs.
//!
//! An export is of the first `as_of` leaves of the programme's log. Journal, postings and whatever they name are only
//! added to, so the same question is answered with the same rows for ever, and is read page by page without holding
//! a connection or a transaction. Nothing in a file depends on the clock or on a row that may change.
//!
//! `columns` says what a row holds (to add one: a line there), `rows` reads, and each format has its file. The
//! queries only read; personal data is in none of them.

mod beancount;
mod columns;
mod csv;
mod hledger;
pub mod http;
mod jsonl;
mod ledger_file;
#[cfg_attr(not(feature = "parquet"), path = "no_parquet.rs")]
mod parquet;
mod rows;
mod sheet;
mod words;
mod xlsx;

pub use rows::Source;

use crate::db::Connection;
use crate::db::schema::checkpoint;
use crate::kernel::{Refusal, Timestamp};
use crate::ledger::as_of::{self, AsOf};
use crate::ledger::model::Account;
use crate::programme::ProgrammeFacts;
use crate::writer::{Failure, Stop};
use chrono::NaiveDate;
use columns::Row;
use diesel::prelude::*;
use rows::{Line, Reader};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroU16;

/// What a piece of a file that was made on disk holds at most, in bytes.
const PIECE: u64 = 1 << 18;

/// How a journal is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    /// For Excel in Russian: `;` between values, a comma before kopecks
    Csv,
    /// A workbook of Excel, with real numbers and dates
    Xlsx,
    /// JSON Lines: one object a line, as the API writes it
    Jsonl,
    /// Apache Parquet, for pandas, DuckDB and the like
    Parquet,
    /// A journal for hledger
    Hledger,
    /// A ledger for beancount
    Beancount,
}

impl Format {
    pub const ALL: [Format; 6] =
        [Self::Csv, Self::Xlsx, Self::Jsonl, Self::Parquet, Self::Hledger, Self::Beancount];

    /// Its name, which is also how its files' names end.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
            Self::Hledger => "hledger",
            Self::Beancount => "beancount",
        }
    }

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Jsonl => "application/jsonl",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Hledger | Self::Beancount => "text/plain; charset=utf-8",
        }
    }

    /// Whether a terminal can show it.
    pub const fn is_text(self) -> bool {
        !matches!(self, Self::Xlsx | Self::Parquet)
    }

    /// # Errors
    /// `invalid_field` for another name, or one that this build cannot write.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let names = Self::ALL.map(Self::as_str).join(", ");
        let found = Self::ALL.into_iter().find(|format| format.as_str() == text);
        found.ok_or_else(|| Refusal::field("format", format!("one of {names}")))?.supported()
    }

    /// # Errors
    /// `invalid_field` when this build cannot write it.
    pub fn supported(self) -> Result<Self, Refusal> {
        match self {
            Self::Parquet if !parquet::IS_BUILT => {
                let remedy = "another format: this build has no Parquet; build with --features parquet";
                Err(Refusal::field("format", remedy))
            }
            format => Ok(format),
        }
    }
}

/// Which part of the journal.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Wanted {
    /// Effective on this day (Moscow) or later.
    pub from: Option<NaiveDate>,
    /// Effective on this day (Moscow) or earlier.
    pub to: Option<NaiveDate>,
    /// The first so many leaves of the log; all there are when not given.
    pub as_of: Option<i64>,
}

/// What an export is of; the same for ever.
pub struct About {
    pub programme_code: String,
    pub wanted: Wanted,
    pub as_of: i64,
    /// The first signed checkpoint that covers those leaves, a C2SP note; none of an empty log.
    pub checkpoint: Option<String>,
    /// When the last of those leaves was recorded.
    recorded_at: Timestamp,
    /// The budget lines there were, by number.
    lines: BTreeMap<i64, Line>,
}

impl About {
    /// A file name of codes and numbers only.
    pub fn file_name(&self, format: Format) -> String {
        let mut name = format!("journal-{}-{}", self.programme_code, self.as_of);
        for (word, day) in [("from", self.wanted.from), ("to", self.wanted.to)] {
            if let Some(day) = day {
                name += &format!("-{word}-{day}");
            }
        }
        name + "." + format.as_str()
    }
}

/// Why an export ended before its file was whole.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Books(#[from] Failure),
    #[error("a file on the way: {0}")]
    File(#[from] io::Error),
    #[error("the file cannot be written: {0}")]
    Format(String),
}

/// What is left of a file when its last row is written.
enum Rest {
    Nothing,
    /// The file itself, at its beginning.
    File(File),
}

/// A file in the making. What is ready is appended to `out`; a format that is no stream keeps all of it to its end.
trait Writing: Send {
    /// What comes before every row.
    fn begin(&mut self, about: &About, out: &mut Vec<u8>) -> Result<(), ExportError>;
    /// The next rows. The postings of one transaction may come in several calls.
    fn rows(&mut self, rows: &[Row], out: &mut Vec<u8>) -> Result<(), ExportError>;
    /// What comes behind them. `sums` are the database's own, of every account that has postings.
    fn end(&mut self, about: &About, sums: &Sums, out: &mut Vec<u8>) -> Result<Rest, ExportError>;
}

/// Sums of postings (debit positive) by the number of the budget line and the account, in kopecks.
type Sums = BTreeMap<(i64, Account), i64>;

enum Stage {
    Beginning,
    Rows,
    Copying(File),
    Done,
}

/// An export on its way, piece by piece.
pub struct Export {
    pub about: About,
    reader: Reader,
    writing: Box<dyn Writing>,
    stage: Stage,
}

impl Export {
    /// Looks up what the export is of; nothing is read of the journal yet.
    ///
    /// # Errors
    /// `invalid_field` for `as_of` beyond the log, a `to` before `from`, or a format that this build lacks; the
    /// database's.
    pub fn new(
        connection: &mut Connection,
        programme: &ProgrammeFacts,
        format: Format,
        wanted: Wanted,
    ) -> Result<Self, Stop> {
        let format = format.supported()?;
        if wanted.from.zip(wanted.to).is_some_and(|(from, to)| to < from) {
            return Err(Refusal::field("to", "a day that is not before from").into());
        }
        let as_of = AsOf::find(connection, programme.programme_no, wanted.as_of)?;
        let programme_no = programme.programme_no;
        let about = About {
            programme_code: programme.code.to_string(),
            wanted,
            as_of: as_of.size,
            checkpoint: covering_checkpoint(connection, programme_no, as_of.size)?,
            recorded_at: as_of::recorded_at(connection, programme_no, as_of)?.unwrap_or_default(),
            lines: rows::lines(connection, programme_no, as_of.size)?,
        };
        let writing: Box<dyn Writing> = match format {
            Format::Csv => Box::new(csv::Csv),
            Format::Xlsx => Box::new(xlsx::Xlsx::default()),
            Format::Jsonl => Box::new(jsonl::JsonLines),
            Format::Parquet => parquet::writing(),
            Format::Hledger => Box::new(hledger::Hledger::default()),
            Format::Beancount => Box::new(beancount::Beancount::default()),
        };
        let reader = Reader::new(programme_no, &about);
        Ok(Self { about, reader, writing, stage: Stage::Beginning })
    }

    /// The same file from pages of so many rows: fewer need less memory and more questions.
    #[must_use]
    pub fn in_pages_of(mut self, rows: NonZeroU16) -> Self {
        self.reader.page = rows.get().into();
        self
    }

    /// The next piece of the file, maybe an empty one; none when it is whole.
    ///
    /// # Errors
    /// The database's; a full disk; sums of the rows that are not the database's own: then the file would be wrong.
    pub fn next(&mut self, source: &mut impl Source) -> Result<Option<Vec<u8>>, ExportError> {
        let mut out = Vec::new();
        match &mut self.stage {
            Stage::Beginning => {
                self.writing.begin(&self.about, &mut out)?;
                self.stage = Stage::Rows;
            }
            Stage::Rows => match self.reader.page(source)? {
                Some(page) => self.writing.rows(&page, &mut out)?,
                None => {
                    let sums = self.reader.checked_sums(source)?;
                    self.stage = match self.writing.end(&self.about, &sums, &mut out)? {
                        Rest::Nothing => Stage::Done,
                        Rest::File(file) => Stage::Copying(file),
                    };
                }
            },
            Stage::Copying(file) => {
                if file.take(PIECE).read_to_end(&mut out)? == 0 {
                    self.stage = Stage::Done;
                }
            }
            Stage::Done => return Ok(None),
        }
        Ok(Some(out))
    }

    /// How many leaves have been read, of `about.as_of`.
    pub fn leaves_read(&self) -> i64 {
        self.reader.leaves_read()
    }
}

/// A size in the midst of a batch was never signed: then it is the batch's end that covers it.
fn covering_checkpoint(
    connection: &mut Connection,
    programme_no: i64,
    as_of: i64,
) -> QueryResult<Option<String>> {
    checkpoint::table
        .filter(checkpoint::programme_no.eq(programme_no))
        .filter(checkpoint::tree_size.ge(as_of))
        .order(checkpoint::tree_size.asc())
        .select(checkpoint::note)
        .first(connection)
        .optional()
}
