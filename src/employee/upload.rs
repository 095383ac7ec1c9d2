//! A list of people as it is sent: JSON, or a file. Which it is, the content type says; which kind of file, its bytes.

use super::csv;
use super::matched::{self, Mapping, Reading};
use super::roster::{RawRow, RosterRow};
use crate::http::{Caller, File, Problem, Write, file_bytes, media_type};
use crate::kernel::{Code, Refusal, ServiceCategory};
use crate::writer::Key;
use actix_web::dev::Payload;
use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::Pin;

/// Media types of files: those that are read, and those that are told what to be saved as.
const FILES: [&str; 7] = [
    "text/csv",
    "text/tab-separated-values",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/pdf",
    "application/octet-stream",
];

/// A body that is either a `T` in JSON or a file.
pub enum Upload<T> {
    Json(Write<T>),
    File(File),
}

impl<T: DeserializeOwned + 'static> FromRequest for Upload<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = media_type(request);
        if media_type == "application/json" {
            let json = Write::from_request(request, payload);
            return Box::pin(async move { Ok(Self::Json(json.await?)) });
        }
        if !FILES.contains(&media_type.as_str()) {
            // Told before anything of it is read.
            let refusal = no_such_media_type("application/json, a workbook (.xlsx) or text/csv");
            return Box::pin(std::future::ready(Err(refusal.into())));
        }
        let file = File::from_request(request, payload);
        Box::pin(async move { Ok(Self::File(file.await?)) })
    }
}

impl<T> Upload<T> {
    /// The key for `Once`, of the caller's organisation.
    pub fn key(&self, caller: &Caller) -> Key {
        match self {
            Self::Json(body) => body.key(caller),
            Self::File(file) => file.key(caller),
        }
    }
}

fn no_such_media_type(expected: &str) -> Refusal {
    Refusal::new(Code::UnsupportedMediaType).at("Content-Type").with("expected", expected)
}

/// A file that is only looked at: it needs no key.
pub struct Shown(pub Bytes);

impl FromRequest for Shown {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !FILES.contains(&media_type(request).as_str()) {
            let refusal = no_such_media_type("a workbook (.xlsx) or text/csv");
            return Box::pin(std::future::ready(Err(refusal.into())));
        }
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move { Ok(Self(file_bytes(&request, &mut payload).await?)) })
    }
}

/// How a file is read, as the query says it.
///
/// # Errors
/// `invalid_field` for columns that are no mapping.
pub fn reading(
    sheet: Option<String>,
    header_row: Option<u32>,
    columns: Option<&str>,
    category: Option<ServiceCategory>,
) -> Result<Reading, Refusal> {
    let mapping = columns.map(str::parse::<Mapping>).transpose()?;
    Ok(Reading { sheet, header_row, mapping, category })
}

/// The people of a file that is imported: in our own form, or by a mapping. Off the server's own threads: a workbook takes a
/// while.
///
/// # Errors
/// Those of [`csv::read`] and [`matched::read`]; `invalid_field` for a sheet, a header row or a category without a mapping:
/// our own form has no need of them.
pub async fn file_rows(file: Bytes, reading: Reading) -> Result<Vec<RosterRow>, Refusal> {
    let read = move || {
        if reading.mapping.is_some() {
            return Ok(matched::read(&file, &reading)?.rows);
        }
        if reading.sheet.is_some() || reading.header_row.is_some() || reading.category.is_some() {
            return Err(Refusal::field("columns", "which column is which field, as a preview says it"));
        }
        csv::read(&file)
    };
    web::block(read).await.unwrap_or_else(|_| Err(Code::Unavailable.into()))
}

/// The rows of a JSON body.
pub fn json_rows(rows: &[RawRow]) -> Vec<RosterRow> {
    (1..).zip(rows).map(|(row, raw)| raw.parse(row)).collect()
}
