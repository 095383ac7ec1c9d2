//! A list of people as it is sent: JSON, or a roster file in CSV. Which it is, the content type says.

use super::roster::{RawRow, RosterRow};
use crate::http::{Caller, File, Problem, Write, media_type};
use crate::kernel::{Code, Refusal};
use crate::writer::Key;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::Pin;

/// Media types of files: CSV, and spreadsheets, which are told how to become one.
const FILES: [&str; 3] = [
    "text/csv",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
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
            let refusal = Refusal::new(Code::UnsupportedMediaType).at("Content-Type");
            let refusal = refusal.with("expected", "application/json or text/csv");
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

/// The rows of a JSON body.
pub fn json_rows(rows: &[RawRow]) -> Vec<RosterRow> {
    (1..).zip(rows).map(|(row, raw)| raw.parse(row)).collect()
}
