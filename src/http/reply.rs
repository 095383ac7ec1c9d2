//! Answers to writes: what happened, and the receipt that it is in the log.

use crate::writer::Answer;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use serde::Serialize;
use utoipa::ToSchema;

/// What happened, with its receipt.
#[derive(Serialize, ToSchema)]
pub struct Receipted<T> {
    #[serde(flatten)]
    pub reply: T,
    /// A C2SP tlog-proof: the leaf's place, its path and a signed checkpoint; anyone can check it offline.
    /// Null when nothing was written (a dry run).
    pub receipt: Option<String>,
}

impl<T> From<Answer<T>> for Receipted<T> {
    fn from(answer: Answer<T>) -> Self {
        let receipt = answer.receipt().map(|receipt| receipt.to_string());
        Self { reply: answer.reply, receipt }
    }
}

/// 201 with what was made; 200 when the same request had made it before.
pub fn created<T: Serialize>(answer: Answer<T>) -> HttpResponse {
    let status = if answer.replayed { StatusCode::OK } else { StatusCode::CREATED };
    HttpResponse::build(status).json(Receipted::from(answer))
}

/// 202 with what now waits for a second person; 200 when the same request had proposed it before.
pub fn accepted<T: Serialize>(answer: Answer<T>) -> HttpResponse {
    let status = if answer.replayed { StatusCode::OK } else { StatusCode::ACCEPTED };
    HttpResponse::build(status).json(Receipted::from(answer))
}

/// 200 with what was changed.
pub fn ok<T: Serialize>(answer: Answer<T>) -> HttpResponse {
    HttpResponse::Ok().json(Receipted::from(answer))
}

/// Says of how many leaves of a programme's log an answer is.
pub const AS_OF: HeaderName = HeaderName::from_static("x-journal-as-of");

/// 200 with what the first so many leaves of a log say.
pub fn as_of_leaves(size: i64, answer: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((AS_OF, size.to_string())).json(answer)
}
