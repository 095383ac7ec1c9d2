//! The outermost layer: gives the request its id, writes refusals out in the client's language, adds
//! `ETag`s, counts and logs.
//!
//! The log line has ids only: no query, no body, no token, no name.

use super::{Caller, Language, metrics, permissions::Route, problem};
use crate::app::App;
use crate::kernel::{Code, Refusal};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage, HttpResponse};
use sha2::{Digest, Sha256};
use std::time::Instant;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The middleware, for `from_fn`.
///
/// # Errors
/// Those from within; there are none: handlers, extractors and the door answer theirs as responses.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let request_id = request_id(&request);
    let language = Language::of(request.headers());
    let mut response = next.call(request).await?.map_into_boxed_body();
    if let Some(refusal) = refusal_of(response.response()) {
        if refusal.code == Code::Internal && !refusal.facts.is_empty() {
            tracing::error!(request_id, facts = ?refusal.facts, "a fault of the service");
        }
        response = response.map_body(|_, _| BoxBody::new(problem::document(&refusal, language, &request_id)));
        describe(response.headers_mut(), &refusal, language);
    } else if response.request().method() == Method::GET && response.status() == StatusCode::OK {
        response = with_etag(response);
    }
    finish(&mut response, &request_id, started);
    Ok(response)
}

/// The client's own id when it is short and plain, else a new one.
fn request_id(request: &ServiceRequest) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_.".contains(b);
    let given = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    match given.filter(|id| (1..=64).contains(&id.len()) && id.as_bytes().iter().all(plain)) {
        Some(id) => id.to_owned(),
        None => match request.app_data::<Data<App>>() {
            Some(app) => app.new_id().to_string(),
            None => String::new(),
        },
    }
}

/// The refusal a response carries. An error of actix itself has none: its status says which it is.
fn refusal_of(response: &HttpResponse) -> Option<Refusal> {
    if let Some(refusal) = response.extensions().get::<Refusal>() {
        return Some(refusal.clone());
    }
    let code = match response.status() {
        status if !status.is_client_error() && !status.is_server_error() => return None,
        // Health checks answer 503 with a body of their own.
        _ if response.headers().contains_key(CONTENT_TYPE) && response.error().is_none() => return None,
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        status if status.is_client_error() => Code::MalformedBody,
        _ => Code::Internal,
    };
    Some(code.into())
}

fn describe(headers: &mut HeaderMap, refusal: &Refusal, language: Language) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    for (name, value) in problem::headers(refusal) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

/// A strong validator over the body's bytes, and 304 when the client has them already (RFC 9110 §13).
fn with_etag(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let (request, response) = response.into_parts();
    let (mut response, body) = response.into_parts();
    let body = match body.try_into_bytes() {
        Ok(body) => body,
        Err(stream) => return ServiceResponse::new(request, response.set_body(stream)),
    };
    let tag = format!("\"{}\"", hex(&Sha256::digest(&body)[..16]));
    let known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = known.is_some_and(|known| {
        known.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == tag || one == "*")
    });
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    let body = if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(CONTENT_TYPE);
        Bytes::new()
    } else {
        body
    };
    ServiceResponse::new(request, response.set_body(BoxBody::new(body)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn finish(response: &mut ServiceResponse<BoxBody>, request_id: &str, started: Instant) {
    let (route, token_no) = {
        let extensions = response.request().extensions();
        let route = extensions.get::<&'static Route>().map_or("unmatched", |route| route.path);
        (route, extensions.get::<Caller>().map(|caller| caller.token_no))
    };
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    if token_no.is_some() && !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    let (method, status, elapsed) =
        (response.request().method().clone(), response.status(), started.elapsed());
    metrics::count(&method, route, status, elapsed);
    let millis = elapsed.as_secs_f64() * 1_000.0;
    if status.is_server_error() {
        tracing::error!(request_id, %method, route, status = status.as_u16(), millis, token_no, "answered");
    } else {
        tracing::info!(request_id, %method, route, status = status.as_u16(), millis, token_no, "answered");
    }
}
