//! CSV for spreadsheets: UTF-8 with a byte order mark, `;` between values and a comma before kopecks, which is what Excel
//! in Russian takes for numbers. RFC 4180 quoting; what could be taken for a formula is neutralised.

use super::columns::{Cell, Row};
use super::sheet::{sheet_cells, sheet_columns};
use super::words::{harmless, roubles};
use super::{About, ExportError, Rest, Sums, Writing};
use ::csv::{Terminator, Writer, WriterBuilder};
use std::borrow::Cow;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

pub(super) struct Csv;

fn writer(out: &mut Vec<u8>) -> Writer<&mut Vec<u8>> {
    WriterBuilder::new().delimiter(b';').terminator(Terminator::CRLF).from_writer(out)
}

fn cell(cell: Cell<'_>) -> Cow<'_, str> {
    match cell {
        Cell::Empty => Cow::Borrowed(""),
        Cell::Whole(number) => Cow::Owned(number.to_string()),
        Cell::Money(amount) => Cow::Owned(roubles(amount, ',')),
        Cell::Instant(instant) => Cow::Owned(instant.in_moscow()),
        Cell::Text(text) => harmless(text),
        Cell::Id(id) => Cow::Owned(id.to_string()),
    }
}

impl Writing for Csv {
    fn begin(&mut self, _: &About, out: &mut Vec<u8>) -> Result<(), ExportError> {
        out.extend_from_slice(BYTE_ORDER_MARK);
        let mut writer = writer(out);
        writer.write_record(sheet_columns().iter().map(|(name, _)| name)).map_err(malformed)?;
        Ok(writer.flush()?)
    }

    fn rows(&mut self, rows: &[Row], out: &mut Vec<u8>) -> Result<(), ExportError> {
        let mut writer = writer(out);
        for row in rows {
            for value in sheet_cells(row) {
                writer.write_field(cell(value).as_bytes()).map_err(malformed)?;
            }
            writer.write_record(None::<&[u8]>).map_err(malformed)?;
        }
        Ok(writer.flush()?)
    }

    fn end(&mut self, _: &About, _: &Sums, _: &mut Vec<u8>) -> Result<Rest, ExportError> {
        Ok(Rest::Nothing)
    }
}

fn malformed(error: ::csv::Error) -> ExportError {
    ExportError::Format(error.to_string())
}
