//! Whether the process lives, whether it can serve, and its figures. Public, and nothing personal.

use super::metrics;
use crate::app::App;
use crate::db;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// A database that takes longer to say a word does not serve: whoever asks wants to know now.
const PING_PATIENCE: Duration = Duration::from_millis(500);

pub fn routes(config: &mut ServiceConfig) {
    config.service(healthz).service(readyz).service(figures);
}

/// Whether the service can do its work.
#[derive(Serialize, ToSchema)]
pub struct Readiness {
    pub ready: bool,
    /// The thread that makes changes serves.
    pub writer: bool,
    /// The database answers a read within half a second.
    pub database: bool,
    /// A key is at hand that signs the log's checkpoints; without one nothing is written.
    pub log_key: bool,
    /// Changes that wait for the writer.
    pub writer_queue: usize,
}

/// Says that the process lives.
#[utoipa::path(tag = "Service", security(()), responses((status = 200, description = "Alive", body = String)))]
#[get("/healthz")]
async fn healthz() -> &'static str {
    "alive\n"
}

/// Says whether the service can read and write.
#[utoipa::path(tag = "Service", security(()), responses(
    (status = 200, description = "Ready", body = Readiness),
    (status = 503, description = "Not ready: see which part", body = Readiness),
))]
#[get("/readyz")]
async fn readyz(app: Data<App>) -> HttpResponse {
    let writer = app.writer.is_alive();
    let pinged = app.read(|connection| Ok(db::ping(connection)?));
    let database = matches!(tokio::time::timeout(PING_PATIENCE, pinged).await, Ok(Ok(())));
    let log_key = app.has_log_key();
    let ready = writer && database && log_key;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let writer_queue = app.writer.depth();
    HttpResponse::build(status).json(Readiness { ready, writer, database, log_key, writer_queue })
}

/// Metrics in the Prometheus text format.
#[utoipa::path(tag = "Service", security(()), responses((status = 200, description = "Metrics", body = String)))]
#[get("/metrics")]
async fn figures(app: Data<App>) -> HttpResponse {
    ::metrics::gauge!("vouchers_writer_queue").set(app.writer.depth() as f64);
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(metrics::render())
}
