//! A list in somebody's own columns, read by a mapping: which column is which field.
//!
//! Pure. The rows are the same as those of our own form and are decided in the same way ([`RawRow::parse`]).

use super::fields::{Field, Header};
use super::roster::{MAX_ROWS, RawRow, RosterRow};
use crate::kernel::{Code, Refusal, ServiceCategory};
use crate::sheet::grid::{Grid, Line};
use crate::sheet::{self, Opened};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Lines above and below the table that a sheet may have beside its rows.
const AROUND: usize = 200;

/// Which column (from 1) holds which field: `full_name:2,snils:3,position:5`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping(BTreeMap<Field, usize>);

impl Mapping {
    pub fn of_guess(guess: &[Option<Field>]) -> Self {
        Self((1..).zip(guess).filter_map(|(column, field)| Some(((*field)?, column))).collect())
    }

    pub fn column(&self, field: Field) -> Option<usize> {
        self.0.get(&field).copied()
    }

    pub fn field_at(&self, column: usize) -> Option<Field> {
        self.0.iter().find(|(_, at)| **at == column).map(|(field, _)| *field)
    }

    /// What is needed and not there; a name may be in one column or in several.
    pub fn missing(&self, category: Option<ServiceCategory>) -> Vec<Field> {
        let has = |field: &Field| self.0.contains_key(field);
        let mut missing: Vec<Field> =
            [Field::Snils, Field::Position].into_iter().filter(|field| !has(field)).collect();
        if !has(&Field::FullName) {
            missing.extend([Field::FamilyName, Field::GivenName].into_iter().filter(|field| !has(field)));
        }
        if !has(&Field::Category) && category.is_none() {
            missing.push(Field::Category);
        }
        missing
    }
}

impl fmt::Display for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<String> = self.0.iter().map(|(field, column)| format!("{field}:{column}")).collect();
        f.write_str(&pairs.join(","))
    }
}

impl FromStr for Mapping {
    type Err = Refusal;

    /// # Errors
    /// `invalid_field` for a field that is none, a column that is no number from 1 to 200, and either named twice.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::field("columns", "fields and their columns, each once: snils:1,full_name:2");
        let mut mapping = BTreeMap::new();
        for pair in text.split(',') {
            let (field, column) = pair.split_once(':').ok_or_else(wrong)?;
            let field = Field::parse(field.trim()).ok_or_else(wrong)?;
            let column: usize = column.trim().parse().map_err(|_| wrong())?;
            let is_taken = mapping.values().any(|taken| *taken == column);
            if !(1..=200).contains(&column) || is_taken || mapping.insert(field, column).is_some() {
                return Err(wrong());
            }
        }
        Ok(Self(mapping))
    }
}

/// How a list is to be read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub sheet: Option<String>,
    /// The row with the titles; found when not given.
    pub header_row: Option<u32>,
    pub mapping: Option<Mapping>,
    /// Everybody's, when no column says it.
    pub category: Option<ServiceCategory>,
}

/// A list as it was read.
pub struct Matched {
    pub opened: Opened,
    pub header: Header,
    pub mapping: Mapping,
    pub rows: Vec<RosterRow>,
    /// Lines below the header that are no people, by their number in the file.
    pub passed_over: Vec<(u32, PassedOver)>,
}

/// Why a line is no person's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PassedOver {
    /// The columns' numbers, as forms have them below their titles.
    ColumnNumbers,
    /// Nothing stands in any of the columns that were named.
    NothingOfOurs,
    /// A sum of the list.
    Total,
}

/// Opens a file and reads its people.
///
/// # Errors
/// Those of [`look`]; `malformed_file` with `reason` `missing_column` and `columns` when a mapping is given that leaves
/// something out.
pub fn read(file: &[u8], reading: &Reading) -> Result<Matched, Refusal> {
    let missing = reading.mapping.as_ref().map_or_else(Vec::new, |mapping| mapping.missing(reading.category));
    let matched = look(file, reading)?;
    if !missing.is_empty() {
        let refusal = sheet::malformed("missing_column", "a column for each field that is needed");
        return Err(refusal.with("columns", missing));
    }
    Ok(matched)
}

/// Opens a file and reads what is there, also by a mapping that leaves something out.
///
/// # Errors
/// Those of [`sheet::open`] and [`Header::at_row`]; `malformed_file` with `reason` `empty`; `too_many_rows`.
pub fn look(file: &[u8], reading: &Reading) -> Result<Matched, Refusal> {
    let opened = sheet::open(file, reading.sheet.as_deref(), MAX_ROWS + AROUND)?;
    let header = match reading.header_row {
        Some(row) => Header::at_row(&opened.grid, row)?,
        None => Header::find(&opened.grid)
            .ok_or_else(|| sheet::malformed("empty", "a header row and at least one row"))?,
    };
    let mapping = reading.mapping.clone().unwrap_or_else(|| Mapping::of_guess(&header.guess()));
    let (rows, passed_over) = people(&opened.grid, &header, &mapping, reading.category);
    if rows.len() > MAX_ROWS {
        return Err(Refusal::new(Code::TooManyRows).with("limit", MAX_ROWS));
    }
    Ok(Matched { opened, header, mapping, rows, passed_over })
}

fn people(
    grid: &Grid,
    header: &Header,
    mapping: &Mapping,
    category: Option<ServiceCategory>,
) -> (Vec<RosterRow>, Vec<(u32, PassedOver)>) {
    let (mut rows, mut passed_over) = (Vec::new(), Vec::new());
    let below = grid.lines.iter().filter(|line| line.number > header.row);
    for (place, line) in below.enumerate() {
        match why_not(line, place == 0, mapping) {
            Some(why) => passed_over.push((line.number, why)),
            None => {
                let row = i32::try_from(line.number - header.row).unwrap_or(i32::MAX);
                rows.push(person(line, row, mapping, category));
            }
        }
    }
    (rows, passed_over)
}

/// Why a line is no person's, if it is not.
fn why_not(line: &Line, is_first: bool, mapping: &Mapping) -> Option<PassedOver> {
    let shown: Vec<String> =
        line.cells.iter().flatten().map(|cell| cell.shown().trim().to_lowercase()).collect();
    if is_first && shown.len() > 2 && shown.iter().all(|cell| cell.parse::<usize>().is_ok_and(|n| n <= 200)) {
        return Some(PassedOver::ColumnNumbers);
    }
    let is_total = |cell: &String| ["итог", "всего", "total"].iter().any(|word| cell.starts_with(word));
    let has = |field| mapping.column(field).is_some_and(|column| line.cell(column - 1).is_some());
    if shown.iter().any(is_total) && !has(Field::Snils) {
        return Some(PassedOver::Total);
    }
    let ours =
        [Field::Snils, Field::FullName, Field::FamilyName, Field::GivenName, Field::Position, Field::Email];
    (!ours.into_iter().any(has)).then_some(PassedOver::NothingOfOurs)
}

fn person(line: &Line, row: i32, mapping: &Mapping, category: Option<ServiceCategory>) -> RosterRow {
    let mut fault = None;
    let mut cell = |field: Field| {
        let Some(cell) = mapping.column(field).and_then(|column| line.cell(column - 1)) else {
            return String::new();
        };
        cell.read(field.holds()).unwrap_or_else(|| {
            fault.get_or_insert(field);
            String::new()
        })
    };
    let mut raw = RawRow {
        client_ref: cell(Field::ClientRef),
        snils: cell(Field::Snils),
        family_name: cell(Field::FamilyName),
        given_name: cell(Field::GivenName),
        patronymic: cell(Field::Patronymic),
        position: cell(Field::Position),
        email: cell(Field::Email),
        category: cell(Field::Category),
        leaves_on: cell(Field::LeavesOn),
    };
    let full_name = cell(Field::FullName);
    if mapping.column(Field::FullName).is_some() {
        (raw.family_name, raw.given_name, raw.patronymic) = split(&full_name);
    }
    if raw.client_ref.trim().is_empty() {
        raw.client_ref = row.to_string();
    }
    if let Some(category) = category.filter(|_| raw.category.trim().is_empty()) {
        raw.category = category.as_str().to_owned();
    }
    let mut parsed = raw.parse(row);
    if let Some(field) = fault {
        parsed.person =
            Err(Refusal::field(field.as_str(), "a value, and not a fault of the sheet such as #N/A"));
    }
    parsed
}

/// Surname, given name, and whatever comes after as the patronymic (`Гусейн оглы`).
fn split(full_name: &str) -> (String, String, String) {
    let mut words = full_name.split_whitespace();
    let mut next = || words.next().unwrap_or_default().to_owned();
    let (family_name, given_name) = (next(), next());
    (family_name, given_name, words.collect::<Vec<_>>().join(" "))
}
