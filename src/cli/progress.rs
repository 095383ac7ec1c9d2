//! One bar for work of several steps, on a terminal; elsewhere nothing is shown.

use crate::ledger::audit::Progress;
use indicatif::{ProgressBar, ProgressStyle};

pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}").ok();
        bar.set_style(style.unwrap_or_else(ProgressStyle::default_bar));
        Self(bar)
    }

    pub(super) fn show(&self, Progress { of, done, total }: &Progress<'_>) {
        self.0.set_length(*total);
        self.0.set_position(*done);
        self.0.set_message((*of).to_owned());
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
