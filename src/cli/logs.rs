//! Logs, to standard error: the server's at `info`, other commands' only when something is wrong.
//! `RUST_LOG` says otherwise.

use crate::config::LogFormat;
use std::io::{self, IsTerminal};
use tracing_subscriber::EnvFilter;

pub(super) fn start(format: Option<LogFormat>, is_server: bool) {
    let usual = if is_server { "info" } else { "warn" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let by_place = if io::stderr().is_terminal() || !is_server { LogFormat::Text } else { LogFormat::Json };
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // Where they cannot be written, an error about that cannot be written either, and would panic.
    let logs = logs.log_internal_errors(false);
    match format.unwrap_or(by_place) {
        LogFormat::Json => logs.json().flatten_event(true).init(),
        LogFormat::Text => logs.init(),
    }
}
