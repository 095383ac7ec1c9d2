//! Prometheus metrics of the process: requests by route and status, and what the writer records.

use actix_web::http::{Method, StatusCode};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use std::time::Duration;

const REQUESTS: &str = "vouchers_http_requests_total";
const SECONDS: &str = "vouchers_http_request_seconds";
const BATCH_SIZE: &str = "vouchers_writer_batch_size";

const SECONDS_BUCKETS: &[f64] =
    &[0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
const BATCH_BUCKETS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// How often samples are folded into their buckets when nobody scrapes, so that they do not pile up.
const UPKEEP: Duration = Duration::from_secs(5);

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Starts recording; the recorder is the process's, so only the first call does anything.
pub fn start() {
    RECORDER.get_or_init(install);
}

fn install() -> Option<PrometheusHandle> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(SECONDS.into()), SECONDS_BUCKETS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Full(BATCH_SIZE.into()), BATCH_BUCKETS));
    let handle = match builder.and_then(PrometheusBuilder::install_recorder) {
        Ok(handle) => handle,
        Err(error) => {
            tracing::error!(%error, "metrics are not recorded");
            return None;
        }
    };
    metrics::describe_counter!(REQUESTS, "Requests answered, by route and status");
    metrics::describe_histogram!(SECONDS, "Seconds from request to answer");
    metrics::describe_histogram!(BATCH_SIZE, "Commands that shared one transaction");
    let upkeep = handle.clone();
    let spawned = std::thread::Builder::new().name("metrics".into()).spawn(move || {
        loop {
            std::thread::sleep(UPKEEP);
            upkeep.run_upkeep();
        }
    });
    if let Err(error) = spawned {
        tracing::error!(%error, "metrics are folded only when somebody reads them");
    }
    Some(handle)
}

/// The text that Prometheus reads.
pub fn render() -> String {
    RECORDER.get().and_then(Option::as_ref).map(PrometheusHandle::render).unwrap_or_default()
}

pub fn count(method: &Method, route: &'static str, status: StatusCode, elapsed: Duration) {
    let status = status.as_str().to_owned();
    let method = match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "other",
    };
    metrics::counter!(REQUESTS, "method" => method, "route" => route, "status" => status).increment(1);
    metrics::histogram!(SECONDS, "method" => method, "route" => route).record(elapsed.as_secs_f64());
}
