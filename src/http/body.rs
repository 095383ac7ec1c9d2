//! Bodies: JSON ([`Body`]), JSON under an `Idempotency-Key` ([`Write`]), and files ([`File`]).
//!
//! All are read whole, up to a limit. Compressed bodies are refused: what we limit is what we read.

use super::inputs::misfit;
use super::{Caller, Problem};
use crate::kernel::object::Object;
use crate::kernel::{Code, Refusal};
use crate::writer::Key;
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::Pin;
use utoipa::IntoParams;

/// Bytes of a JSON body at most; a request of 5,000 rows fits.
const JSON_LIMIT: usize = 4 << 20;

/// Bytes of a file at most.
const FILE_LIMIT: usize = 16 << 20;

const KEY_HEADER: &str = "Idempotency-Key";

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// The header of every write, for the OpenAPI document: `params(IdempotencyKey)`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "describes a header; Write reads it")]
pub struct IdempotencyKey {
    /// Chosen by the client, 1 to 128 visible ASCII characters. The same key with the same request gets
    /// the same answer and changes nothing twice.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 128, pattern = "^[!-~]{1,128}$")]
    idempotency_key: String,
}

/// A JSON body of so many bytes at most.
pub struct Body<T, const LIMIT: usize = JSON_LIMIT> {
    pub value: T,
    bytes: Bytes,
}

impl<T, const LIMIT: usize> Body<T, LIMIT> {
    /// The body as it was sent.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A JSON body sent under an `Idempotency-Key`.
pub struct Write<T> {
    pub value: T,
    request: Request,
}

/// A file sent under an `Idempotency-Key`, as it is.
pub struct File {
    pub bytes: Bytes,
    request: Request,
}

/// What must be the same when a key is used again.
struct Request {
    key: String,
    method: String,
    target: String,
    bytes: Bytes,
}

impl Request {
    fn of(request: &HttpRequest, bytes: Bytes) -> Result<Self, Refusal> {
        let target = request.uri().path_and_query().map_or("", |target| target.as_str()).to_owned();
        Ok(Self { key: idempotency_key(request)?, method: request.method().to_string(), target, bytes })
    }

    fn key(&self, caller: &Caller) -> Key {
        let parts = [self.method.as_bytes(), self.target.as_bytes(), &self.bytes];
        Key::new(caller.organisation(), self.key.clone(), &parts)
    }
}

impl<T> Write<T> {
    /// The key for `Once`, of the caller's organisation.
    pub fn key(&self, caller: &Caller) -> Key {
        self.request.key(caller)
    }
}

impl File {
    /// The key for `Once`, of the caller's organisation.
    pub fn key(&self, caller: &Caller) -> Key {
        self.request.key(caller)
    }
}

impl<T: DeserializeOwned + 'static, const LIMIT: usize> FromRequest for Body<T, LIMIT> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let bytes = json_bytes(&request, &mut payload, LIMIT).await?;
            Ok(Self { value: parse_object(&bytes)?, bytes })
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Write<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let bytes = json_bytes(&request, &mut payload, JSON_LIMIT).await?;
            let request = Request::of(&request, bytes)?;
            Ok(Self { value: parse_object(&request.bytes)?, request })
        })
    }
}

impl FromRequest for File {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let bytes = file_bytes(&request, &mut payload).await?;
            let request_of_key = Request::of(&request, bytes.clone())?;
            Ok(Self { bytes, request: request_of_key })
        })
    }
}

fn idempotency_key(request: &HttpRequest) -> Result<String, Refusal> {
    let missing = || Refusal::new(Code::IdempotencyKeyMissing).at(KEY_HEADER);
    let value = request.headers().get(KEY_HEADER).ok_or_else(missing)?;
    let is_plain = (1..=128).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic);
    value
        .to_str()
        .ok()
        .filter(|_| is_plain)
        .map(str::to_owned)
        .ok_or_else(|| Refusal::field(KEY_HEADER, "1 to 128 visible ASCII characters"))
}

/// `application/json` of `Application/JSON; charset=utf-8`; empty when there is none.
pub fn media_type(request: &HttpRequest) -> String {
    let header = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    header.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

async fn json_bytes(request: &HttpRequest, payload: &mut Payload, limit: usize) -> Result<Bytes, Refusal> {
    if media_type(request) != "application/json" {
        return Err(Refusal::new(Code::UnsupportedMediaType)
            .at("Content-Type")
            .with("expected", "application/json"));
    }
    read(request, payload, limit).await
}

/// A file as it was sent.
///
/// # Errors
/// `too_large`, `unsupported_media_type` for a compressed one, `malformed_body` when it broke off.
pub async fn file_bytes(request: &HttpRequest, payload: &mut Payload) -> Result<Bytes, Refusal> {
    read(request, payload, FILE_LIMIT).await
}

async fn read(request: &HttpRequest, payload: &mut Payload, limit: usize) -> Result<Bytes, Refusal> {
    let is_plain = |encoding: &str| encoding.eq_ignore_ascii_case("identity");
    if let Some(encoding) = request.headers().get(CONTENT_ENCODING)
        && !encoding.to_str().is_ok_and(is_plain)
    {
        let refusal = Refusal::new(Code::UnsupportedMediaType).at("Content-Encoding");
        return Err(refusal.with("expected", "no compression"));
    }
    let too_large = || Refusal::new(Code::TooLarge).with("limit_bytes", limit);
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > limit) {
        return Err(too_large());
    }
    // The outer result is actix's and never an error: the payload is only taken.
    let broken = || Refusal::new(Code::MalformedBody).with("reason", "the body broke off");
    let payload = web::Payload::from_request(request, payload).await.map_err(|_| broken())?;
    payload.to_bytes_limited(limit).await.map_err(|_| too_large())?.map_err(|_| broken())
}

/// Every body is an object.
fn parse_object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    parse::<Object<T>>(bytes).map(|Object(value)| value)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        match inner.classify() {
            serde_json::error::Category::Data => misfit(&path, &inner.to_string()),
            _ => malformed(&inner),
        }
    })?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> Refusal {
    Refusal::new(Code::MalformedBody)
        .with("reason", "not JSON (RFC 8259)")
        .with("line", error.line())
        .with("column", error.column())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only whether it can be read matters")]
    struct Row {
        name: String,
        seats: u32,
    }

    #[test]
    fn the_path_to_the_fault_is_named() {
        let field = |text: &str| parse::<Vec<Row>>(text.as_bytes()).unwrap_err().field.unwrap();
        assert_eq!(field(r#"[{"name":"a","seats":1},{"name":"b","seats":-1}]"#), "[1].seats");
        assert_eq!(field(r#"[{"name":"a","seats":1,"nick":2}]"#), "[0].nick");
        assert_eq!(field(r#"[{"name":"a"}]"#), "[0].seats");
        assert_eq!(field(r#"[{"name":"a","name":"b","seats":1}]"#), "[0].name");
    }

    #[test]
    fn what_is_not_json_says_where() {
        for bad in ["", "[", "[]x", "[{\"name\": \"\u{1}\"}]"] {
            let refusal = parse::<Vec<Row>>(bad.as_bytes()).unwrap_err();
            assert_eq!(refusal.code, Code::MalformedBody, "{bad:?}");
            assert_eq!(refusal.facts["line"], 1);
        }
        assert_eq!(parse::<Vec<Row>>(b"[{\"name\":\"\xff\"}]").unwrap_err().code, Code::MalformedBody);
    }
}
