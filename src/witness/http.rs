//! The doors of C2SP tlog-witness: `add-checkpoint`, the checkpoints cosigned last, and a page of plain words.

use super::cosigner::{Answer, Cosigner};
use super::directory::WitnessError;
use super::status::Status;
use crate::proof::Refused;
use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Path, PayloadConfig};
use actix_web::{App, HttpResponse, HttpServer, get, post};
use std::net::TcpListener;
use std::time::Duration;

/// A proof of 63 lines and a checkpoint with a hundred signatures take less.
const MOST_BYTES: usize = 64 * 1024;

const TEXT: &str = "text/plain; charset=utf-8";

/// A sender must have sent the head of its request by then.
const PATIENCE: Duration = Duration::from_secs(10);

/// A witness on this listener: await it. It ends on SIGTERM or SIGINT, having answered what it accepted.
///
/// # Errors
/// When the listener cannot be used.
pub(super) fn server(cosigner: Cosigner, listener: TcpListener) -> std::io::Result<Server> {
    let cosigner = Data::new(cosigner);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(cosigner.clone())
            .app_data(PayloadConfig::new(MOST_BYTES))
            .service(add_checkpoint)
            .service(show_checkpoint)
            .service(show_status)
    });
    Ok(server.workers(2).client_request_timeout(PATIENCE).listen(listener)?.run())
}

#[post("/add-checkpoint")]
async fn add_checkpoint(cosigner: Data<Cosigner>, request: String) -> HttpResponse {
    let answer = web::block(move || cosigner.add(&request)).await;
    match answer {
        Ok(Ok(answer)) => respond(answer),
        Ok(Err(error)) => failed(&error),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

fn respond(answer: Answer) -> HttpResponse {
    let refused = match answer {
        Answer::Cosigned(lines) => return HttpResponse::Ok().content_type(TEXT).body(lines),
        Answer::Refused(refused) => refused,
    };
    let (status, words) = match refused {
        Refused::UnknownOrigin => (StatusCode::NOT_FOUND, "this log is not known here".to_owned()),
        Refused::Untrusted(why) => (StatusCode::FORBIDDEN, why.to_string()),
        Refused::Malformed(why) => (StatusCode::BAD_REQUEST, why.to_string()),
        Refused::Conflict { size, .. } => {
            return HttpResponse::Conflict().content_type("text/x.tlog.size").body(format!("{size}\n"));
        }
        Refused::NotContinued { why, .. } => (StatusCode::UNPROCESSABLE_ENTITY, why.to_string()),
    };
    HttpResponse::build(status).content_type(TEXT).body(format!("{words}\n"))
}

fn failed(error: &WitnessError) -> HttpResponse {
    tracing::error!(%error, "nothing was cosigned");
    HttpResponse::InternalServerError().content_type(TEXT).body("the witness cannot keep what it signs\n")
}

/// The note cosigned last of the log whose origin has this SHA-256.
#[get("/{origin_hash}/checkpoint")]
async fn show_checkpoint(cosigner: Data<Cosigner>, hash: Path<String>) -> HttpResponse {
    let found =
        web::block(move || cosigner.directory().log_of_hash(&hash).map_or(Ok(None), |log| log.checkpoint()));
    match found.await {
        Ok(Ok(Some(note))) => HttpResponse::Ok().content_type(TEXT).body(note),
        Ok(Ok(None)) => HttpResponse::NotFound().content_type(TEXT).body("nothing was cosigned of it\n"),
        Ok(Err(error)) => failed(&error),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

#[get("/")]
async fn show_status(cosigner: Data<Cosigner>) -> HttpResponse {
    let status = web::block(move || Status::of(cosigner.directory()).map(|status| status.to_string()));
    match status.await {
        Ok(Ok(text)) => HttpResponse::Ok().content_type(TEXT).body(text),
        Ok(Err(error)) => failed(&error),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}
