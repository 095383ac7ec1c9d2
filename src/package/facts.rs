//! `facts.jsonl`: what the digests in the leaves are of (`ledger::facts`), a line for each leaf that has one. Pure.

use serde::{Deserialize, Serialize};

/// A line of the file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) log_index: u64,
    pub(super) facts: Vec<String>,
}

impl Line {
    /// As it is written, with the end of the line.
    pub(super) fn text(&self) -> String {
        let facts = serde_json::Value::from(self.facts.as_slice());
        format!("{{\"log_index\":{},\"facts\":{facts}}}\n", self.log_index)
    }
}
