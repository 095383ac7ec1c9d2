//! JSON Lines: an object a row, with the API's names; money is `{"amount": …, "currency": "RUB"}`.

use super::columns::{Cell, Row, columns};
use super::{About, ExportError, Rest, Sums, Writing};
use serde::ser::{Serialize, SerializeMap, Serializer};

pub(super) struct JsonLines;

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Empty => serializer.serialize_none(),
            Cell::Whole(number) => number.serialize(serializer),
            Cell::Money(amount) => amount.serialize(serializer),
            Cell::Instant(instant) => instant.serialize(serializer),
            Cell::Text(text) => text.serialize(serializer),
            Cell::Id(id) => id.serialize(serializer),
        }
    }
}

/// In the order of the columns.
struct Object<'r>(&'r Row);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        for ((name, _), cell) in columns().zip(self.0.cells()) {
            object.serialize_entry(name, &cell)?;
        }
        object.end()
    }
}

impl Writing for JsonLines {
    fn begin(&mut self, _: &About, _: &mut Vec<u8>) -> Result<(), ExportError> {
        Ok(())
    }

    fn rows(&mut self, rows: &[Row], out: &mut Vec<u8>) -> Result<(), ExportError> {
        for row in rows {
            let written = serde_json::to_writer(&mut *out, &Object(row));
            written.map_err(|error| ExportError::Format(error.to_string()))?;
            out.push(b'\n');
        }
        Ok(())
    }

    fn end(&mut self, _: &About, _: &Sums, _: &mut Vec<u8>) -> Result<Rest, ExportError> {
        Ok(Rest::Nothing)
    }
}
