//! Progress on stderr: bars on a terminal, a line for each step elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write, stderr};

/// Starts a step of `total` things to do.
pub fn step(what: &'static str, total: usize) -> ProgressBar {
    if !stderr().is_terminal() {
        // A progress line that cannot be written is no reason to stop.
        let _ = writeln!(stderr(), "{what}: {total}");
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg:44} {wide_bar} {pos:>6}/{len}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total as u64).with_style(style).with_message(what)
}
