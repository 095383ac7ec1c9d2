//! The audit package: everything that proves a programme's books, in a directory that needs neither us nor our
//! database (`docs/audit-package.md` documents every byte).
//!
//! `export` writes one from the database, streaming; `verify` checks one with nothing but its files and the keys and
//! checkpoints that the auditor brings. `manifest`, `facts`, `postings`, `keys`, `notes` and `numbers` are the files both sides
//! know. No personal data goes in: ids and hashes are all the log has.

pub mod export;
mod facts;
mod keys;
mod manifest;
mod notes;
mod numbers;
mod postings;
pub mod verify;

/// The version of the package's form.
const FORMAT: u32 = 1;

/// The names of its files, tiles aside.
mod name {
    pub(super) const MANIFEST: &str = "manifest.json";
    pub(super) const CHECKPOINT: &str = "checkpoint";
    pub(super) const CHECKPOINTS: &str = "checkpoints.txt";
    pub(super) const KEYS: &str = "keys.json";
    pub(super) const FACTS: &str = "facts.jsonl";
    pub(super) const POSTINGS: &str = "postings.csv";
    pub(super) const NUMBERS: &str = "numbers.json";

    /// All but the manifest itself.
    pub(super) const ALL: [&str; 6] = [CHECKPOINT, CHECKPOINTS, KEYS, FACTS, POSTINGS, NUMBERS];
}
