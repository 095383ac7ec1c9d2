//! Tables in files: CSV in UTF-8 (with or without a byte order mark), `;` or `,`, columns found by their names in
//! English or Russian.
//!
//! Pure. A file that is not such a table is refused as a whole with `malformed_file`: what is wrong, where, and how to
//! save it right. What a cell means is its reader's to say. Nothing is guessed.

use super::{Code, Refusal};
use chrono::NaiveDate;

/// A column a file may have.
pub struct Column {
    pub name: &'static str,
    pub russian: &'static str,
    /// Whether a file must have it.
    pub required: bool,
}

/// A row of a file.
pub struct Row {
    /// Its place below the header, from 1; empty lines count.
    pub row: i32,
    /// In the order of the columns asked for; empty where the file has no such column.
    pub cells: Vec<String>,
}

const SAVE_AS_CSV: &str = "a CSV file in UTF-8: save the sheet as \"CSV UTF-8\" and send it again";

/// Reads a file into rows; empty lines are passed over.
///
/// # Errors
/// `malformed_file` with `reason`, `expected` and, where it applies, `looks_like`, `column`, `row` and
/// `line`; `too_many_rows` above `most`.
pub fn read(file: &[u8], columns: &[Column], most: usize) -> Result<Vec<Row>, Refusal> {
    let text = text_of(file)?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text)?)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = match records.next() {
        Some(record) => record.map_err(unreadable)?,
        None => return Err(malformed("empty", "a header row and at least one row")),
    };
    let places = places(&header, columns)?;
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
    if rows.is_empty() {
        return Err(malformed("empty", "at least one row below the header"));
    }
    Ok(rows)
}

/// A day in a cell.
///
/// # Errors
/// `invalid_field`, naming the column and not repeating the cell.
pub fn day(column: &'static str, cell: &str) -> Result<NaiveDate, Refusal> {
    let cell = plain(column, cell)?.trim();
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

/// The text of the file, or what the bytes look like instead.
fn text_of(file: &[u8]) -> Result<&str, Refusal> {
    let looks_like = |what: &str| malformed("encoding", SAVE_AS_CSV).with("looks_like", what);
    let spreadsheet = |what: &str| malformed("spreadsheet", SAVE_AS_CSV).with("looks_like", what);
    match file {
        [] => return Err(malformed("empty", "a header row and at least one row")),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => return Err(spreadsheet("xlsx")),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => return Err(spreadsheet("xls")),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Err(looks_like("utf-16")),
        // Without a mark: one byte of every Latin letter and separator is zero.
        [0, second, ..] | [second, 0, ..] if *second != 0 => return Err(looks_like("utf-16")),
        _ => {}
    }
    if let Some(at) = file.iter().position(|byte| *byte == 0) {
        return Err(malformed("nul_byte", SAVE_AS_CSV).with("line", line_of(file, at)));
    }
    let text = str::from_utf8(file).map_err(|error| {
        let refusal = malformed("encoding", SAVE_AS_CSV).with("line", line_of(file, error.valid_up_to()));
        match single_byte_encoding(file) {
            Some(encoding) => refusal.with("looks_like", encoding),
            None => refusal,
        }
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Russian letters fill 0xC0–0xFF in Windows-1251, and 0x80–0xAF with 0xE0–0xEF in CP866.
fn single_byte_encoding(file: &[u8]) -> Option<&'static str> {
    let high = file.iter().filter(|byte| **byte >= 0x80).count();
    let windows = file.iter().filter(|byte| **byte >= 0xc0).count();
    let dos = file.iter().filter(|byte| matches!(byte, 0x80..=0xaf | 0xe0..=0xef)).count();
    let most = |some: usize| some * 10 >= high * 9;
    match (most(windows), most(dos)) {
        (true, _) => Some("windows-1251"),
        (false, true) => Some("cp866"),
        (false, false) => None,
    }
}

fn delimiter(text: &str) -> Result<u8, Refusal> {
    let header = text.lines().next().unwrap_or_default();
    match (header.contains(';'), header.contains(',')) {
        (true, false) => Ok(b';'),
        (false, true) => Ok(b','),
        _ => Err(malformed("delimiter", "a header row whose columns are separated by ; or by ,")),
    }
}

/// For each column of the file, its place among `columns`.
fn places(header: &csv::StringRecord, columns: &[Column]) -> Result<Vec<usize>, Refusal> {
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
        Some(start) => refusal.with("line", line_of_record(text, start)),
        None => refusal,
    }
}

/// The reader says where it began to look for a record; empty lines may come before it.
fn line_of_record(text: &str, start: usize) -> usize {
    let empty = text.bytes().skip(start).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    line_of(text.as_bytes(), start + empty)
}

fn unreadable(error: csv::Error) -> Refusal {
    let refusal = malformed("unreadable", SAVE_AS_CSV);
    match error.position() {
        Some(position) => refusal.with("line", position.line()),
        None => refusal,
    }
}

fn malformed(reason: &'static str, expected: impl Into<String>) -> Refusal {
    Refusal::new(Code::MalformedFile).with("reason", reason).with("expected", expected.into())
}

fn line_of(file: &[u8], at: usize) -> usize {
    1 + file[..at].iter().filter(|byte| **byte == b'\n').count()
}
