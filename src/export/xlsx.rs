//! A workbook of Excel: real numbers and dates (Moscow's clock), text that is never taken for a formula, a head that stays
//! in sight. A row is on disk, in a temporary file, before the next is written; beyond what a sheet of Excel holds, a
//! million rows a sheet.

use super::columns::{Cell, Holds, Row};
use super::sheet::{sheet_cells, sheet_columns};
use super::{About, ExportError, Rest, Sums, Writing};
use crate::kernel::Timestamp;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::io::{Seek, SeekFrom};

/// Excel's limit is 1,048,576 with the head.
const ROWS_OF_A_SHEET: u32 = 1_000_000;

/// 1970-01-01 as Excel counts days.
const UNIX_EPOCH: f64 = 25_569.0;

/// No posting is near it: numbers of Excel have fifteen digits.
const EXACT: i64 = 999_999_999_999_999;

pub(super) struct Xlsx {
    book: Workbook,
    sheets: usize,
    /// Rows of the present sheet, its head among them.
    rows: u32,
    rows_of_a_sheet: u32,
    formats: Formats,
}

struct Formats {
    head: Format,
    money: Format,
    instant: Format,
}

impl Default for Xlsx {
    fn default() -> Self {
        let formats = Formats {
            head: Format::new().set_bold(),
            money: Format::new().set_num_format("#,##0.00"),
            instant: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        };
        Self { book: Workbook::new(), sheets: 0, rows: 0, rows_of_a_sheet: ROWS_OF_A_SHEET, formats }
    }
}

fn width(holds: Holds) -> f64 {
    match holds {
        Holds::Whole => 12.0,
        Holds::Money => 16.0,
        Holds::Instant => 20.0,
        Holds::Text => 22.0,
        Holds::Id => 37.0,
    }
}

impl Xlsx {
    fn new_sheet(&mut self) -> Result<(), XlsxError> {
        self.sheets += 1;
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        sheet.set_name(format!("journal {}", self.sheets))?;
        sheet.set_freeze_panes(1, 0)?;
        for (column, (_, holds)) in (0..).zip(sheet_columns()) {
            sheet.set_column_width(column, width(holds))?;
        }
        for (column, (name, _)) in (0..).zip(sheet_columns()) {
            sheet.write_string_with_format(0, column, name, &self.formats.head)?;
        }
        self.rows = 1;
        Ok(())
    }

    fn row(&mut self, row: &Row) -> Result<(), XlsxError> {
        if self.rows > self.rows_of_a_sheet {
            self.new_sheet()?;
        }
        let sheet = self.book.worksheet_from_index(self.sheets - 1)?;
        for (column, value) in (0..).zip(sheet_cells(row)) {
            cell(sheet, self.rows, column, value, &self.formats)?;
        }
        self.rows += 1;
        Ok(())
    }
}

fn cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    value: Cell<'_>,
    formats: &Formats,
) -> Result<(), XlsxError> {
    match value {
        Cell::Empty => return Ok(()),
        Cell::Whole(number) if number.abs() > EXACT => sheet.write_string(row, column, number.to_string()),
        Cell::Whole(number) => sheet.write_number(row, column, number as f64),
        // The nearest number to so many hundredths: Excel shows and sums it to the kopeck.
        Cell::Money(amount) => {
            sheet.write_number_with_format(row, column, amount.get() as f64 / 100.0, &formats.money)
        }
        Cell::Instant(instant) => {
            sheet.write_number_with_format(row, column, serial(instant), &formats.instant)
        }
        Cell::Text(text) => sheet.write_string(row, column, text),
        Cell::Id(id) => sheet.write_string(row, column, id.to_string()),
    }
    .map(drop)
}

/// An instant as Excel counts days, on Moscow's clock.
fn serial(instant: Timestamp) -> f64 {
    UNIX_EPOCH + instant.moscow_days()
}

impl Writing for Xlsx {
    fn begin(&mut self, about: &About, _: &mut Vec<u8>) -> Result<(), ExportError> {
        // Not when the file is made, or it would be another one every time.
        let made = ExcelDateTime::from_timestamp(about.recorded_at.seconds())?;
        let title =
            format!("Journal of programme {}, the first {} leaves", about.programme_code, about.as_of);
        let comment = about.checkpoint.clone().unwrap_or_default();
        let properties =
            DocProperties::new().set_title(title).set_comment(comment).set_creation_datetime(&made);
        self.book.set_properties(&properties);
        Ok(self.new_sheet()?)
    }

    fn rows(&mut self, rows: &[Row], _: &mut Vec<u8>) -> Result<(), ExportError> {
        Ok(rows.iter().try_for_each(|row| self.row(row))?)
    }

    fn end(&mut self, _: &About, _: &Sums, _: &mut Vec<u8>) -> Result<Rest, ExportError> {
        let mut file = tempfile::tempfile()?;
        self.book.save_to_writer(&mut file)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Rest::File(file))
    }
}

impl From<XlsxError> for ExportError {
    fn from(error: XlsxError) -> Self {
        Self::Format(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::Transaction;
    use super::*;

    #[test]
    fn a_full_sheet_is_followed_by_another() {
        let mut xlsx = Xlsx { rows_of_a_sheet: 2, ..Xlsx::default() };
        xlsx.new_sheet().unwrap();
        let instant = Timestamp::default();
        let transaction = Transaction {
            log_index: 0,
            kind: "redeemed",
            effective_at: instant,
            recorded_at: instant,
            recorded_by: 0,
        };
        let rows = vec![Row { transaction, posting: None }; 5];
        xlsx.rows(&rows, &mut Vec::new()).unwrap();
        let names: Vec<_> = xlsx.book.worksheets().iter().map(Worksheet::name).collect();
        assert_eq!(names, ["journal 1", "journal 2", "journal 3"]);
        assert_eq!(xlsx.rows, 2, "a head and one row");
    }

    #[test]
    fn instants_are_days_of_excel_in_moscow() {
        // 2020-03-17T00:00:00+03:00, which Excel counts as 43907.
        assert_eq!(serial(Timestamp::from_millis(1_584_392_400_000)), 43_907.0);
    }
}
