//! A list of people as it is sent: JSON, or a roster file in CSV. Which it is, the content type says.

use super::csv;
use super::roster::{RawRow, RosterRow};
use crate::http::{Caller, File, Problem, Write};
use crate::kernel::{Code, Refusal};
use crate::writer::Key;
use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::Pin;

/// A body that is either a `T` in JSON or a file.
pub enum Upload<T> {
    Json(Write<T>),
    File(File),
}

impl<T: DeserializeOwned + 'static> FromRequest for Upload<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type =
            request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let media_type = media_type.split(';').next().unwrap_or("").trim();
        if media_type.eq_ignore_ascii_case("application/json") {
            let json = Write::from_request(request, payload);
            return Box::pin(async move { Ok(Self::Json(json.await?)) });
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

/// The rows of a file.
///
/// # Errors
/// `unsupported_media_type` for what is neither CSV nor a spreadsheet that can be told how to become
/// one; those of [`csv::read`].
pub fn file_rows(file: &File) -> Result<Vec<RosterRow>, Refusal> {
    const SPREADSHEETS: [&str; 2] =
        ["application/vnd.ms-excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"];
    match file.content_type.as_str() {
        "text/csv" => csv::read(&file.bytes),
        spreadsheet if SPREADSHEETS.contains(&spreadsheet) => csv::read(&file.bytes),
        _ => Err(Refusal::new(Code::UnsupportedMediaType)
            .at("Content-Type")
            .with("expected", "application/json or text/csv")),
    }
}

/// The rows of a JSON body.
pub fn json_rows(rows: &[RawRow]) -> Vec<RosterRow> {
    (1..).zip(rows).map(|(row, raw)| raw.parse(row)).collect()
}
