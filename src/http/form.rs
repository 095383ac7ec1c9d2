//! The bodies of forms, and what becomes of one that is not taken: it is kept with the request, so that the page that
//! answers can carry on what was typed.

use super::media_type;
use crate::kernel::{Code, Refusal};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpMessage, HttpRequest};

/// Bytes of a form at most.
const LIMIT: usize = 256 << 10;

/// The fields of a form that was not taken, as they were sent. In the extensions of its request.
#[derive(Clone)]
pub struct Typed(pub Bytes);

/// The fields as they were sent.
///
/// # Errors
/// `unsupported_media_type`, `too_large`; `malformed_body` when it breaks off.
pub async fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Bytes, Refusal> {
    const FORM: &str = "application/x-www-form-urlencoded";
    if media_type(request) != FORM {
        return Err(Refusal::new(Code::UnsupportedMediaType).at("Content-Type").with("expected", FORM));
    }
    let broken = || Refusal::new(Code::MalformedBody).with("reason", "the body broke off");
    let payload = web::Payload::from_request(request, payload).await.map_err(|_| broken())?;
    let too_large = |_| Refusal::new(Code::TooLarge).with("limit_bytes", LIMIT);
    payload.to_bytes_limited(LIMIT).await.map_err(too_large)?.map_err(|_| broken())
}

/// Keeps what was typed with a request that is about to be refused; whatever is no form, or too large, is dropped as ever.
pub async fn keep(request: &mut ServiceRequest) {
    let mut payload = request.take_payload();
    if let Ok(bytes) = read(request.request(), &mut payload).await {
        request.extensions_mut().insert(Typed(bytes));
    }
}
