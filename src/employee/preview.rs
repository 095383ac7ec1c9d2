//! What a list in somebody's own columns looks like to us, before anything is done with it: the table that was found, what
//! its columns seem to hold, and what is wrong in which cell.

use super::fields::Field;
use super::matched::{Matched, PassedOver};
use super::roster::RosterRow;
use crate::http::{Language, words};
use crate::kernel::{Code, Refusal, ServiceCategory};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// Values shown of a column.
const SAMPLES: usize = 3;

/// Characters shown of a value.
const SAMPLE_LENGTH: usize = 60;

/// A list as it was understood.
#[derive(Serialize, ToSchema)]
#[schema(as = SheetPreview)]
pub struct Preview {
    /// `csv` or `xlsx`.
    kind: &'static str,
    /// Of CSV: `utf-8` or `windows-1251`.
    encoding: Option<&'static str>,
    /// Of CSV.
    delimiter: Option<char>,
    /// Of a workbook.
    sheets: Vec<PreviewSheet>,
    /// The one that was read.
    sheet: Option<String>,
    /// The number of the row with the titles.
    header_row: u32,
    columns: Vec<PreviewColumn>,
    /// The columns as an import takes them, in `columns`.
    #[schema(example = "snils:3,full_name:2,position:4")]
    mapping: String,
    /// Needed, and in no column.
    missing: Vec<Field>,
    /// How many people were found.
    people: usize,
    passed_over: Vec<PassedOverLine>,
    /// What is wrong, cell by cell. Empty while something is missing.
    checks: Vec<Check>,
}

#[derive(Serialize, ToSchema)]
struct PreviewSheet {
    name: String,
    visible: bool,
}

#[derive(Serialize, ToSchema)]
pub struct PreviewColumn {
    /// From 1.
    pub column: usize,
    /// As the sheet calls it.
    #[schema(example = "C")]
    pub letter: String,
    pub title: String,
    /// Up to three values.
    pub samples: Vec<String>,
    /// What it seems to hold, or what was said.
    pub field: Option<Field>,
}

/// A line that is no person's.
#[derive(Serialize, ToSchema)]
struct PassedOverLine {
    /// Its number in the file.
    row: u32,
    why: PassedOver,
}

/// A value that cannot be taken.
#[derive(Serialize, ToSchema)]
#[schema(as = SheetCheck)]
struct Check {
    /// The row's place below the header, as the import numbers it.
    row: i32,
    /// Where it stands in the file, if a column holds it.
    #[schema(example = "C7")]
    cell: Option<String>,
    field: Option<String>,
    code: &'static str,
    /// In the caller's language.
    detail: String,
    /// For a person named twice, the place of the first row about them.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_row: Option<i32>,
}

impl Preview {
    pub fn new(matched: Matched, category: Option<ServiceCategory>, language: Language) -> Self {
        let missing = matched.mapping.missing(category);
        let checks = if missing.is_empty() { checks(&matched, language) } else { Vec::new() };
        let columns = columns(&matched);
        let Matched { opened, header, mapping, rows, passed_over } = matched;
        let sheets = opened.sheets.into_iter();
        Self {
            kind: opened.kind,
            encoding: opened.encoding,
            delimiter: opened.delimiter,
            sheets: sheets.map(|sheet| PreviewSheet { name: sheet.name, visible: sheet.visible }).collect(),
            sheet: opened.sheet,
            header_row: header.row,
            columns,
            mapping: mapping.to_string(),
            missing,
            people: rows.len(),
            passed_over: passed_over.into_iter().map(|(row, why)| PassedOverLine { row, why }).collect(),
            checks,
        }
    }
}

/// The columns of a list, with what they are taken for.
pub fn columns(matched: &Matched) -> Vec<PreviewColumn> {
    let is_passed_over = |number: u32| matched.passed_over.iter().any(|(row, _)| *row == number);
    let lines = matched.opened.grid.lines.iter().filter(|line| line.number > matched.header.row);
    let people: Vec<_> = lines.filter(|line| !is_passed_over(line.number)).collect();
    let widest = people.iter().map(|line| line.cells.len()).max().unwrap_or(0);
    let column = |place: usize| {
        let field = matched.mapping.field_at(place + 1);
        let holds = field.map_or(crate::sheet::grid::Holds::Text, Field::holds);
        let cells = people.iter().filter_map(|line| line.cell(place));
        let samples = cells.filter_map(|cell| cell.read(holds)).take(SAMPLES);
        PreviewColumn {
            column: place + 1,
            letter: letter(place),
            title: matched.header.titles.get(place).cloned().unwrap_or_default(),
            samples: samples.map(|sample| sample.chars().take(SAMPLE_LENGTH).collect()).collect(),
            field,
        }
    };
    (0..widest.max(matched.header.titles.len())).map(column).collect()
}

fn checks(matched: &Matched, language: Language) -> Vec<Check> {
    let mut first_rows = HashMap::new();
    let check = |row: &RosterRow| {
        let refusal = match &row.person {
            Err(refusal) => refusal.clone(),
            Ok(person) => match first_rows.insert(*person.snils.digits(), row.row) {
                None => return None,
                Some(first) => {
                    first_rows.insert(*person.snils.digits(), first);
                    Refusal::new(Code::DuplicateHolder).at("snils").with("first_row", first)
                }
            },
        };
        Some(Check {
            row: row.row,
            cell: refusal
                .field
                .as_deref()
                .and_then(Field::parse)
                .and_then(|field| cell(matched, row.row, field)),
            code: refusal.code.as_str(),
            detail: words::of(&refusal, language).detail,
            first_row: refusal.facts.get("first_row").and_then(|row| i32::try_from(row.as_i64()?).ok()),
            field: refusal.field,
        })
    };
    matched.rows.iter().filter_map(check).collect()
}

/// Where a field of a row stands in the file, if a column holds it.
pub fn cell(matched: &Matched, row: i32, field: Field) -> Option<String> {
    let column = matched.mapping.column(field).or_else(|| matched.mapping.column(Field::FullName))?;
    Some(format!("{}{}", letter(column - 1), matched.header.row + row.unsigned_abs()))
}

/// `A` of 0, `AA` of 26.
fn letter(place: usize) -> String {
    let last = char::from(b'A' + u8::try_from(place % 26).unwrap_or_default());
    match place / 26 {
        0 => last.to_string(),
        before => letter(before - 1) + &last.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_of_sheets() {
        assert_eq!([0, 25, 26, 51, 52, 199].map(letter), ["A", "Z", "AA", "AZ", "BA", "GR"]);
    }
}
