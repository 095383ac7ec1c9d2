//! The route table that mounts every slice, and the server.

use crate::app::App;
use crate::http::openapi::{self, Document, Served};
use crate::http::{health, inputs, observe, problem_page};
use crate::{
    access, campaign, certificate, completion, conflict, course_run, desk, device, employee, export, keys,
    login, organisation, oversight, payment, period, programme, proposal, quota_move, redemption, request,
    statement, status, teaching, unmasking, voucher,
};
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App as Actix, HttpServer};
use std::net::TcpListener;
use std::time::Duration;
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

/// A client that reuses its connection is not kept waiting for a new one.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// A client that starts a request must send its head within this time.
const REQUEST_HEAD: Duration = Duration::from_secs(10);

/// Requests that were accepted are answered within this time of a shutdown.
const SHUTDOWN_SECONDS: u64 = 30;

/// Every slice's routes; who may call them is in `http::permissions`.
const SLICES: &[fn(&mut ServiceConfig)] = &[
    // First, since the router tries the patterns one after the other.
    redemption::http::routes,
    health::routes,
    problem_page::routes,
    access::http::routes,
    login::http::routes,
    organisation::http::routes,
    programme::http::routes,
    quota_move::http::routes,
    proposal::http::routes,
    course_run::http::routes,
    device::http::routes,
    conflict::http::routes,
    voucher::http::routes,
    unmasking::http::routes,
    certificate::http::routes,
    certificate::link_http::routes,
    keys::http::routes,
    status::http::routes,
    employee::http::routes,
    request::http::routes,
    teaching::http::routes,
    campaign::http::routes,
    completion::http::routes,
    payment::http::routes,
    statement::http::routes,
    period::http::routes,
    oversight::http::routes,
    export::http::routes,
    oversight::log_http::routes,
];

fn routes(config: &mut ServiceConfig) {
    for slice in SLICES {
        slice(config);
    }
}

/// The OpenAPI document of all routes.
pub fn document() -> utoipa::openapi::OpenApi {
    document_of(routes)
}

fn document_of(routes: fn(&mut ServiceConfig)) -> utoipa::openapi::OpenApi {
    let app = Actix::new().into_utoipa_app().openapi(Document::openapi()).configure(routes);
    let (_, mut document) = app.split_for_parts();
    openapi::name_operations(&mut document);
    document
}

/// A server on this listener: await it. It ends, having answered what it accepted, on SIGTERM, on
/// SIGINT, or when its handle says so.
///
/// # Errors
/// When the listener cannot be used.
pub fn server(app: Data<App>, listener: TcpListener, workers: usize) -> std::io::Result<Server> {
    crate::http::start_metrics();
    let document = Data::new(Served(document()));
    let server = HttpServer::new(move || {
        let (actix, _) = Actix::new().into_utoipa_app().configure(routes).split_for_parts();
        actix
            .app_data(app.clone())
            .app_data(document.clone())
            .app_data(inputs::path_config())
            .app_data(inputs::query_config())
            .service(openapi::document)
            .service(openapi::page())
            .configure(desk::routes)
            .wrap(from_fn(access::door::admit))
            .wrap(from_fn(desk::dress))
            .wrap(from_fn(observe))
    });
    let server = server
        .workers(workers)
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(REQUEST_HEAD)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals()
        .listen(listener)?
        .run();
    stop_on_signals(&server)?;
    Ok(server)
}

/// Both signals stop gracefully; actix itself would cut connections on SIGINT.
fn stop_on_signals(server: &Server) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let handle = server.handle();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    actix_web::rt::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: what was accepted is answered");
        handle.stop(true).await;
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// Types of two slices with one name would silently take each other's place in the document.
    #[test]
    fn no_two_slices_call_different_schemas_the_same() {
        let mut seen = HashMap::new();
        for slice in SLICES {
            for (name, schema) in document_of(*slice).components.unwrap().schemas {
                let schema = serde_json::to_value(schema).unwrap();
                let first = seen.entry(name.clone()).or_insert_with(|| schema.clone());
                assert_eq!(*first, schema, "{name}");
            }
        }
    }
}
