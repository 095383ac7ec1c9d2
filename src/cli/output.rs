//! How a command speaks: results to standard output, remarks to standard error.
//!
//! `println!` panics when nobody reads any more (`vouchers token list | head -1`). Here a reader that has
//! had enough ends the printing, not the work.

use super::Failure;
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Machine-readable output.
#[derive(clap::Args)]
pub(super) struct Output {
    /// Prints JSON instead of words and tables
    #[arg(long)]
    pub(super) json: bool,
}

/// Prints a result as JSON, laid out for reading.
///
/// # Errors
/// As [`text`].
pub(super) fn json(value: &impl Serialize) -> Result<(), Failure> {
    line(format_args!("{:#}", serde_json::json!(value)))
}

/// Prints a result and ends its line.
///
/// # Errors
/// As [`text`].
pub(super) fn line(result: impl Display) -> Result<(), Failure> {
    text(format_args!("{result}\n"))
}

/// Prints a result as it is.
///
/// # Errors
/// When it cannot be written, as to a full disk; not when nobody reads it.
pub(super) fn text(result: impl Display) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    unless_nobody_reads(write!(out, "{result}").and_then(|()| out.flush()))
        .map_err(Failure::at(Path::new("standard output")))
}

/// Says something about the work. If it cannot be said, there is nowhere to say so.
pub(super) fn remark(words: impl Display) {
    let _ = writeln!(io::stderr(), "{words}");
}

fn unless_nobody_reads(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
