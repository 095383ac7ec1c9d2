//! Apache Parquet: typed columns for pandas, DuckDB and the like. `amount` is a decimal with two places (debit positive),
//! instants are UTC, ids are text. A group of rows is written as soon as it is full.

use super::columns::{Cell, Holds, Row, columns};
use super::{About, ExportError, Rest, Sums, Writing};
use ::parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use ::parquet::column::writer::ColumnWriter;
use ::parquet::data_type::ByteArray;
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::{Type, TypePtr};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

pub(super) const IS_BUILT: bool = true;

/// Rows written together: enough for a reader to skip by, few enough to hold.
const GROUP: usize = 50_000;

pub(super) fn writing() -> Box<dyn Writing> {
    Box::new(Parquet { written: Shared::default(), file: None, columns: Vec::new(), rows: 0 })
}

/// What the library wrote and nobody has taken yet.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The cells of a column in the present group: those that are not empty, and for every row whether it is one.
struct Column {
    numbers: Vec<i64>,
    texts: Vec<ByteArray>,
    levels: Vec<i16>,
}

struct Parquet {
    written: Shared,
    file: Option<SerializedFileWriter<Shared>>,
    columns: Vec<Column>,
    rows: usize,
}

fn schema() -> Result<TypePtr, ParquetError> {
    let field = |(name, holds): (&str, Holds)| {
        let (physical, logical) = match holds {
            Holds::Whole => (Physical::INT64, None),
            Holds::Money => (Physical::INT64, Some(LogicalType::decimal(2, 18))),
            Holds::Instant => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
            Holds::Text | Holds::Id => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let field = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
        let field = if holds == Holds::Money { field.with_precision(18).with_scale(2) } else { field };
        field.with_logical_type(logical).build().map(Arc::new)
    };
    let fields = columns().map(field).collect::<Result<_, _>>()?;
    Type::group_type_builder("journal").with_fields(fields).build().map(Arc::new)
}

impl Column {
    fn empty() -> Self {
        Self { numbers: Vec::new(), texts: Vec::new(), levels: Vec::new() }
    }

    fn push(&mut self, cell: Cell<'_>) {
        self.levels.push(i16::from(cell != Cell::Empty));
        match cell {
            Cell::Empty => {}
            Cell::Whole(number) => self.numbers.push(number),
            Cell::Money(amount) => self.numbers.push(amount.get()),
            Cell::Instant(instant) => self.numbers.push(instant.millis()),
            Cell::Text(text) => self.texts.push(text.as_bytes().to_vec().into()),
            Cell::Id(id) => self.texts.push(id.to_string().into_bytes().into()),
        }
    }

    fn write(&mut self, writer: &mut ColumnWriter<'_>) -> Result<(), ParquetError> {
        match writer {
            ColumnWriter::Int64ColumnWriter(writer) => {
                writer.write_batch(&self.numbers, Some(&self.levels), None)?;
            }
            ColumnWriter::ByteArrayColumnWriter(writer) => {
                writer.write_batch(&self.texts, Some(&self.levels), None)?;
            }
            _ => return Err(ParquetError::General("a column of no type of ours".into())),
        }
        *self = Self::empty();
        Ok(())
    }
}

impl Parquet {
    fn write_group(&mut self) -> Result<(), ParquetError> {
        let Some(file) = self.file.as_mut().filter(|_| self.rows > 0) else { return Ok(()) };
        let mut group = file.next_row_group()?;
        for column in &mut self.columns {
            let missing = || ParquetError::General("fewer columns than the schema has".into());
            let mut writer = group.next_column()?.ok_or_else(missing)?;
            column.write(writer.untyped())?;
            writer.close()?;
        }
        group.close()?;
        self.rows = 0;
        file.flush()?;
        Ok(())
    }
}

impl Writing for Parquet {
    fn begin(&mut self, about: &About, out: &mut Vec<u8>) -> Result<(), ExportError> {
        let pair = |key: &str, value: String| KeyValue { key: key.to_owned(), value: Some(value) };
        let mut about_it = vec![
            pair("programme", about.programme_code.clone()),
            pair("as_of", about.as_of.to_string()),
            pair("currency", "RUB".into()),
        ];
        about_it.extend(about.checkpoint.clone().map(|note| pair("checkpoint", note)));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by("training-vouchers".into())
            .set_key_value_metadata(Some(about_it));
        let written = self.written.clone();
        self.file = Some(SerializedFileWriter::new(written, schema()?, Arc::new(properties.build()))?);
        self.columns = columns().map(|_| Column::empty()).collect();
        out.append(&mut self.written.take());
        Ok(())
    }

    fn rows(&mut self, rows: &[Row], out: &mut Vec<u8>) -> Result<(), ExportError> {
        for row in rows {
            self.columns.iter_mut().zip(row.cells()).for_each(|(column, cell)| column.push(cell));
            self.rows += 1;
        }
        if self.rows >= GROUP {
            self.write_group()?;
        }
        out.append(&mut self.written.take());
        Ok(())
    }

    fn end(&mut self, _: &About, _: &Sums, out: &mut Vec<u8>) -> Result<Rest, ExportError> {
        self.write_group()?;
        if let Some(file) = self.file.take() {
            file.close()?;
        }
        out.append(&mut self.written.take());
        Ok(Rest::Nothing)
    }
}

impl From<ParquetError> for ExportError {
    fn from(error: ParquetError) -> Self {
        Self::Format(error.to_string())
    }
}
