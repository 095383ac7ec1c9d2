//! Tables in files: workbooks (.xlsx) and CSV in UTF-8 or windows-1251, separated by `;`, `,` or tabs.
//!
//! Pure. [`read`] takes a file whose header row has our names, in English or Russian; [`open`] takes any table, for whoever
//! says which column is what. A file that is no table is refused as a whole: what is wrong, where, and how to save it right.
//! What a cell means is its reader's to say. Nothing in a file is run, and nothing is guessed here.

pub mod grid;
pub mod kind;
mod text;
mod xlsx;

use crate::kernel::{Code, Refusal};
use chrono::NaiveDate;
use grid::{Cell, Grid, Holds};
use kind::Kind;
use text::{after_empty_lines, decode, delimiter_of_header, line_of, records, unreadable};
pub use xlsx::SheetName;
use xlsx::Workbook;

/// A column a file may have.
#[derive(Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub russian: &'static str,
    /// Whether a file must have it.
    pub required: bool,
    pub holds: Holds,
}

/// A row of a file.
pub struct Row {
    /// Its place below the header, from 1; empty lines count.
    pub row: i32,
    /// In the order of the columns asked for; empty where the file has no such column.
    pub cells: Vec<String>,
}

/// A file, opened.
pub struct Opened {
    /// What it is written in: `csv` or `xlsx`.
    pub kind: &'static str,
    /// Of CSV.
    pub encoding: Option<&'static str>,
    /// Of CSV.
    pub delimiter: Option<char>,
    /// Of a workbook.
    pub sheets: Vec<SheetName>,
    /// The sheet that was read.
    pub sheet: Option<String>,
    pub grid: Grid,
}

/// Opens a file and reads a sheet of it: the one named, or the first that can be seen.
///
/// # Errors
/// Those of [`kind::of`]; `malformed_file`; `too_large`; `too_many_rows` above `most`; `invalid_field` for a sheet that is not
/// there.
pub fn open(file: &[u8], sheet: Option<&str>, most: usize) -> Result<Opened, Refusal> {
    let no_such_sheet = || Refusal::field("sheet", "the name of a sheet of the workbook");
    if kind::of(file)? == Kind::Csv {
        if sheet.is_some() {
            return Err(no_such_sheet());
        }
        let decoded = decode(file)?;
        let (delimiter, grid) = text::grid(&decoded.text, most)?;
        return Ok(Opened {
            kind: "csv",
            encoding: Some(decoded.encoding),
            delimiter: Some(char::from(delimiter)),
            sheets: Vec::new(),
            sheet: None,
            grid,
        });
    }
    let mut workbook = Workbook::open(file)?;
    let sheets = workbook.sheets();
    let wanted = match sheet {
        Some(name) => sheets.iter().find(|sheet| sheet.name == name).ok_or_else(no_such_sheet)?,
        None => {
            let visible = sheets.iter().find(|sheet| sheet.visible);
            visible.or(sheets.first()).ok_or_else(|| malformed("empty", "a sheet with cells"))?
        }
    };
    let name = wanted.name.clone();
    let grid = workbook.grid(&name, most)?;
    Ok(Opened { kind: "xlsx", encoding: None, delimiter: None, sheets, sheet: Some(name), grid })
}

/// Reads a file into rows; empty lines are passed over. Of a workbook, its first sheet.
///
/// # Errors
/// Those of [`open`]; `malformed_file` with `reason`, `expected` and, where it applies, `looks_like`, `column`, `row` and
/// `line`; `too_many_rows` above `most`.
pub fn read(file: &[u8], columns: &[Column], most: usize) -> Result<Vec<Row>, Refusal> {
    let rows = match kind::of(file)? {
        Kind::Csv => csv_rows(file, columns, most)?,
        Kind::Xlsx => sheet_rows(&open(file, None, most + 1)?.grid, columns)?,
    };
    if rows.is_empty() {
        return Err(malformed("empty", "at least one row below the header"));
    }
    Ok(rows)
}

fn csv_rows(file: &[u8], columns: &[Column], most: usize) -> Result<Vec<Row>, Refusal> {
    let decoded = decode(file)?;
    let text = decoded.text.as_ref();
    let mut records = records(text, delimiter_of_header(text)?);
    let header = match records.next() {
        Some(record) => record.map_err(unreadable)?,
        None => return Err(malformed("empty", "a header row and at least one row")),
    };
    let places = places(header.iter(), columns)?;
    let mut rows = Vec::new();
    for (row, record) in (1..).zip(records) {
        let record = record.map_err(unreadable)?;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if record.len() != places.len() {
            return Err(ragged(text, row, &record, places.len()));
        }
        if rows.len() == most {
            return Err(Refusal::new(Code::TooManyRows).with("limit", most));
        }
        let mut cells = vec![String::new(); columns.len()];
        for (place, cell) in places.iter().zip(&record) {
            cells[*place] = cell.to_owned();
        }
        rows.push(Row { row, cells });
    }
    Ok(rows)
}

fn sheet_rows(grid: &Grid, columns: &[Column]) -> Result<Vec<Row>, Refusal> {
    let Some((header, lines)) = grid.lines.split_first() else {
        return Err(malformed("empty", "a header row and at least one row"));
    };
    let titles: Vec<String> =
        header.cells.iter().map(|cell| cell.as_ref().map(Cell::shown).unwrap_or_default()).collect();
    let places = places(titles.iter().map(String::as_str), columns)?;
    let row = |line: &grid::Line| {
        let row = i32::try_from(line.number - header.number).unwrap_or(i32::MAX);
        if line.cells.len() > places.len() {
            let refusal = malformed("ragged_row", format!("{} cells, as in the header", places.len()));
            return Err(refusal.with("row", row).with("cells", line.cells.len()));
        }
        let mut cells = vec![String::new(); columns.len()];
        for (place, cell) in places.iter().zip(&line.cells) {
            if let Some(cell) = cell {
                // A fault of the sheet is no value of anything: what reads the cell will say so.
                cells[*place] = cell.read(columns[*place].holds).unwrap_or_else(|| "#".into());
            }
        }
        Ok(Row { row, cells })
    };
    lines.iter().map(row).collect()
}

/// A day in a cell.
///
/// # Errors
/// `invalid_field`, naming the column and not repeating the cell.
pub fn day(column: &'static str, cell: &str) -> Result<NaiveDate, Refusal> {
    let cell = plain(column, cell)?.trim();
    let cell = ["T00:00:00", " 00:00:00", " 0:00:00", " 00:00", " 0:00"]
        .iter()
        .find_map(|midnight| cell.strip_suffix(midnight))
        .unwrap_or(cell);
    ["%Y-%m-%d", "%d.%m.%Y"]
        .iter()
        .find_map(|format| NaiveDate::parse_from_str(cell, format).ok())
        .ok_or_else(|| Refusal::field(column, "a day such as 2020-12-31 or 31.12.2020"))
}

/// A cell that no spreadsheet will run when the list is opened again.
///
/// # Errors
/// `invalid_field`, naming the column and not repeating the cell.
pub fn plain<'a>(column: &'static str, cell: &'a str) -> Result<&'a str, Refusal> {
    if cell.trim_start().starts_with(['=', '+', '-', '@']) {
        return Err(Refusal::field(column, "a value that does not start with = + - or @ (a formula)"));
    }
    Ok(cell)
}

/// For each column of the file, its place among `columns`.
fn places<'t>(header: impl IntoIterator<Item = &'t str>, columns: &[Column]) -> Result<Vec<usize>, Refusal> {
    let mut found: Vec<usize> = Vec::new();
    for (place, title) in (1..).zip(header) {
        let title = title.trim().to_lowercase();
        let column = columns
            .iter()
            .position(|column| column.name == title || column.russian == title)
            // The title is not repeated: without a header row it would be somebody's name.
            .ok_or_else(|| malformed("unknown_column", names(columns)).with("column", place))?;
        if found.contains(&column) {
            let refusal = malformed("duplicate_column", "each column once");
            return Err(refusal.with("column", columns[column].name));
        }
        found.push(column);
    }
    let missing = (0..).zip(columns).find(|(place, column)| column.required && !found.contains(place));
    match missing {
        Some((_, column)) => Err(malformed("missing_column", names(columns)).with("column", column.name)),
        None => Ok(found),
    }
}

fn names(columns: &[Column]) -> String {
    let optional = |column: &Column| if column.required { "" } else { " (optional)" };
    let names: Vec<String> =
        columns.iter().map(|column| format!("{}{}", column.name, optional(column))).collect();
    format!("the columns {}", names.join(";"))
}

fn ragged(text: &str, row: i32, record: &csv::StringRecord, expected: usize) -> Refusal {
    let refusal = malformed("ragged_row", format!("{expected} cells, as in the header"))
        .with("row", row)
        .with("cells", record.len());
    match record.position().and_then(|position| usize::try_from(position.byte()).ok()) {
        Some(start) => refusal.with("line", line_of(text.as_bytes(), after_empty_lines(text, start))),
        None => refusal,
    }
}

pub(crate) fn malformed(reason: &'static str, expected: impl Into<String>) -> Refusal {
    Refusal::new(Code::MalformedFile).with("reason", reason).with("expected", expected.into())
}
