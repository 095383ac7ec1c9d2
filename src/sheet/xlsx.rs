//! Workbooks (ECMA-376): cells as they were last calculated; nothing in them is run.
//!
//! A file is a ZIP and may hold far more than it weighs: it is unpacked once, counting, before anything is kept of it,
//! and its cells are taken one by one, so that one cell at the far end of a sheet does not ask for all before it.

use super::grid::{Cell, Grid, Line};
use super::malformed;
use crate::kernel::{Code, Refusal};
use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx};
use chrono::NaiveDate;
use std::io::{self, Cursor, Read};
use zip::ZipArchive;

/// Bytes of an unpacked workbook at most; a list of 5,000 people has a tenth of it.
const MAX_UNPACKED: u64 = 32 << 20;

const MAX_FILES: usize = 1_000;

/// Cells further to the right are not read.
const MAX_COLUMNS: u32 = 200;

const EXPECTED: &str = "a whole Excel workbook (.xlsx)";

/// An open workbook.
pub struct Workbook<'f>(Xlsx<Cursor<&'f [u8]>>);

/// A sheet of it.
pub struct SheetName {
    pub name: String,
    pub visible: bool,
}

impl<'f> Workbook<'f> {
    /// # Errors
    /// `too_large` for what unpacks to more than is taken; `malformed_file` with `reason` `unreadable`.
    pub fn open(file: &'f [u8]) -> Result<Self, Refusal> {
        check_size(file)?;
        Xlsx::new(Cursor::new(file)).map(Self).map_err(|_| unreadable())
    }

    /// Its sheets of cells, in order.
    pub fn sheets(&self) -> Vec<SheetName> {
        let sheets = self.0.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        sheets
            .map(|sheet| SheetName {
                name: sheet.name.clone(),
                visible: sheet.visible == SheetVisible::Visible,
            })
            .collect()
    }

    /// The rows of a sheet that are not empty.
    ///
    /// # Errors
    /// `too_many_rows` above `most`; `malformed_file` with `reason` `unreadable`.
    pub fn grid(&mut self, sheet: &str, most: usize) -> Result<Grid, Refusal> {
        let mut cells = self.0.worksheet_cells_reader(sheet).map_err(|_| unreadable())?;
        let mut lines: Vec<Line> = Vec::new();
        while let Some(cell) = cells.next_cell().map_err(|_| unreadable())? {
            let (row, column) = cell.get_position();
            let Some(value) = value(cell.get_value()).filter(|_| column < MAX_COLUMNS) else { continue };
            if lines.last().is_none_or(|line| line.number != row + 1) {
                if lines.len() == most {
                    return Err(Refusal::new(Code::TooManyRows).with("limit", most));
                }
                lines.push(Line { number: row + 1, cells: Vec::new() });
            }
            if let Some(line) = lines.last_mut() {
                let place = column as usize;
                if line.cells.len() <= place {
                    line.cells.resize(place + 1, None);
                }
                line.cells[place] = Some(value);
            }
        }
        Ok(Grid { lines })
    }
}

fn value(value: &DataRef<'_>) -> Option<Cell> {
    let text = |text: &str| (!text.trim().is_empty()).then(|| Cell::Text(text.to_owned()));
    match value {
        DataRef::Empty => None,
        DataRef::Int(number) => Some(Cell::Number(*number as f64)),
        DataRef::Float(number) => Some(Cell::Number(*number)),
        DataRef::String(string) | DataRef::DateTimeIso(string) | DataRef::DurationIso(string) => text(string),
        DataRef::SharedString(string) => text(string),
        DataRef::Bool(truth) => Some(Cell::Text(truth.to_string())),
        DataRef::DateTime(instant) => {
            let (year, month, day, ..) = instant.to_ymd_hms_milli();
            let day = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into());
            Some(day.filter(|_| instant.is_datetime()).map_or(Cell::Number(instant.as_f64()), Cell::Day))
        }
        DataRef::Error(_) => Some(Cell::Fault),
    }
}

/// Unpacks everything into nothing: what a ZIP says of its sizes may be a lie.
fn check_size(file: &[u8]) -> Result<(), Refusal> {
    let too_large = || Refusal::new(Code::TooLarge).with("limit_bytes", MAX_UNPACKED).with("unpacked", true);
    let mut zip = ZipArchive::new(Cursor::new(file)).map_err(|_| unreadable())?;
    if zip.len() > MAX_FILES {
        return Err(too_large());
    }
    let mut unpacked = 0;
    for index in 0..zip.len() {
        let entry = zip.by_index(index).map_err(|_| unreadable())?;
        let mut bounded = entry.take(MAX_UNPACKED + 1 - unpacked);
        unpacked += io::copy(&mut bounded, &mut io::sink()).map_err(|_| unreadable())?;
        if unpacked > MAX_UNPACKED {
            return Err(too_large());
        }
    }
    Ok(())
}

fn unreadable() -> Refusal {
    malformed("unreadable", EXPECTED)
}
