//! Refusals on their way out: `application/problem+json` (RFC 9457).
//!
//! A handler only knows the refusal. [`super::observe()`] writes the body, because only there is it known
//! which language the client reads.

use super::{Language, words};
use crate::kernel::{Code, Refusal};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

/// A refusal as an actix error, so that `?` carries it out of handlers and extractors.
#[derive(Debug)]
pub struct Problem(pub Refusal);

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.code.as_str())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        status(self.0.code)
    }

    /// A response without a body yet: the refusal travels in its extensions.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        response.extensions_mut().insert(self.0.clone());
        response
    }
}

/// The HTTP status of a refusal.
pub const fn status(code: Code) -> StatusCode {
    match code {
        Code::IdempotencyKeyMissing
        | Code::MalformedBody
        | Code::MalformedFile
        | Code::MalformedStatement
        | Code::WrongFileKind
        | Code::FileProtected => StatusCode::BAD_REQUEST,
        Code::Unauthenticated | Code::SignInFailed => StatusCode::UNAUTHORIZED,
        Code::Forbidden
        | Code::SelfApproval
        | Code::NotFromHere
        | Code::PairingInvalid
        | Code::DeviceRevoked
        | Code::BadItemSignature => StatusCode::FORBIDDEN,
        Code::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
        Code::NotFound | Code::UnknownVoucher => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::Suspended
        | Code::Voided
        | Code::Replaced
        | Code::AlreadyRedeemed
        | Code::CourseFull
        | Code::CourseRunClosed
        | Code::ProgrammeNotOpen
        | Code::DuplicateHolder
        | Code::QuotaExceeded
        | Code::BeforePriorityDate
        | Code::BudgetExceeded
        | Code::ObligationExceeded
        | Code::AccrualExceeded
        | Code::PeriodClosed
        | Code::NoContract
        | Code::ContractExceeded
        | Code::ContractOverlap
        | Code::PhaseExceeded
        | Code::SessionOverlap
        | Code::NotPassed
        | Code::AttendanceTooLow
        | Code::InvalidTransition
        | Code::IdempotencyKeyReused
        | Code::OutOfSequence
        | Code::AlreadyExists => StatusCode::CONFLICT,
        Code::TooLarge | Code::TooManyRows => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::MalformedCredential
        | Code::BadSignature
        | Code::UnknownKey
        | Code::KeyCompromised
        | Code::KeyNotValidAtIssue
        | Code::WrongIssuer
        | Code::WrongUniversity
        | Code::WrongProgramme
        | Code::NotYetValid
        | Code::Expired
        | Code::IdentityNotChecked
        | Code::PassNotValid
        | Code::ClockNotBelieved
        | Code::NotEligible
        | Code::WrongAccount
        | Code::StatementUnbalanced
        | Code::InvalidField
        | Code::RowsRefused => StatusCode::UNPROCESSABLE_ENTITY,
        Code::Overloaded | Code::OutcomeUnknown | Code::Unavailable | Code::LogKeyMissing => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Seconds after which a passing refusal of the house itself is worth trying again.
const RETRY_AFTER_SECONDS: &str = "1";

/// The document a client reads.
#[derive(Serialize, ToSchema)]
pub struct ProblemDocument {
    /// `/problems/<code>`.
    #[schema(example = "/problems/already_redeemed")]
    r#type: String,
    title: String,
    #[schema(example = 409)]
    status: u16,
    /// Stable; branch on this.
    #[schema(value_type = String, example = "already_redeemed")]
    code: Code,
    /// What is known about the case.
    detail: String,
    /// What to do next.
    remedy: String,
    /// The field, parameter, header or row at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The facts of the case for programs.
    #[schema(value_type = Object)]
    facts: Map<String, Value>,
    /// Name this to whoever looks into it.
    request_id: String,
}

/// The refusal in words, as the bytes of a problem document. What is known about a fault of ours is for the log
/// only.
pub fn document(refusal: &Refusal, language: Language, request_id: &str) -> Vec<u8> {
    let words = words::of(refusal, language);
    let document = ProblemDocument {
        r#type: format!("/problems/{}", refusal.code.as_str()),
        title: words.title.to_owned(),
        status: status(refusal.code).as_u16(),
        code: refusal.code,
        detail: words.detail,
        remedy: words.remedy,
        field: refusal.field.clone(),
        facts: if refusal.code == Code::Internal { Map::new() } else { refusal.facts.clone() },
        request_id: request_id.to_owned(),
    };
    serde_json::to_vec(&document).expect("text, numbers and JSON values always serialise")
}

/// The headers that belong to a refusal, beside its body.
pub fn headers(refusal: &Refusal) -> Vec<(header::HeaderName, String)> {
    let challenge = || "Bearer realm=\"vouchers\"".to_owned();
    match refusal.code {
        Code::Unauthenticated => vec![(header::WWW_AUTHENTICATE, challenge())],
        Code::Forbidden => {
            vec![(header::WWW_AUTHENTICATE, challenge() + ", error=\"insufficient_scope\"")]
        }
        Code::TooManyAttempts => {
            let seconds = refusal.facts.get("retry_after_seconds").and_then(Value::as_i64);
            seconds.map(|seconds| (header::RETRY_AFTER, seconds.to_string())).into_iter().collect()
        }
        Code::MethodNotAllowed => vec![(header::ALLOW, listed(refusal.facts.get("allowed")))],
        Code::Overloaded | Code::OutcomeUnknown | Code::Unavailable | Code::LogKeyMissing => {
            vec![(header::RETRY_AFTER, RETRY_AFTER_SECONDS.to_owned())]
        }
        _ => Vec::new(),
    }
}

fn listed(value: Option<&Value>) -> String {
    let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

/// The refusals every operation may answer with, for the OpenAPI document: `responses(..., Refusals)`.
pub struct Refusals;

impl utoipa::IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let schema = Ref::from_schema_name("ProblemDocument");
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let refused = ResponseBuilder::new()
            .description("Refused: `code` says why, `remedy` what to do next")
            .content("application/problem+json", content)
            .build();
        ["4XX", "5XX"].map(|status| (status.to_owned(), RefOr::T(refused.clone()))).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_a_fault_of_ours_stays_inside() {
        let refusal = |code| Refusal::new(code).with("reason", "the shares do not add up");
        let facts = |code| {
            let bytes = document(&refusal(code), Language::English, "id");
            serde_json::from_slice::<Value>(&bytes).unwrap()["facts"].clone()
        };
        assert_eq!(facts(Code::Internal), serde_json::json!({}));
        assert_eq!(facts(Code::MalformedFile)["reason"], "the shares do not add up");
    }
}
