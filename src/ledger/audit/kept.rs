//! Checkpoints of one log that were kept outside of the database, in whichever of its epochs.

use super::Check;
use crate::ledger::epoch;
use crate::proof::{Checkpoint, Hash, VerifierKey};

/// What verifies the checkpoints of a log of this name.
pub(super) fn verifiers(origin: &str, keys: &[[u8; 32]]) -> Vec<VerifierKey> {
    keys.iter().filter_map(|key| VerifierKey::new(origin, key).ok()).collect()
}

pub(super) struct Kept {
    programme_no: i64,
    checkpoints: Vec<Checkpoint>,
    /// The log's names before it was restored from copies, and the sizes of these.
    ended: Vec<(String, u64)>,
}

impl Kept {
    /// Takes the notes of this log out of those that nobody has taken yet.
    pub(super) fn take(
        programme_no: i64,
        first_name: &str,
        keys: &[[u8; 32]],
        notes: &mut Vec<&str>,
    ) -> Self {
        let mut checkpoints = Vec::new();
        notes.retain(|note| {
            let origin = note.lines().next().unwrap_or_default();
            let is_named = epoch::first_name(origin) == first_name;
            let opened =
                is_named.then(|| Checkpoint::open_by_any(note, &verifiers(origin, keys)).ok()).flatten();
            let is_ours = opened.is_some();
            checkpoints.extend(opened);
            !is_ours
        });
        Self { programme_no, checkpoints, ended: Vec::new() }
    }

    pub(super) fn sizes(&self) -> impl Iterator<Item = u64> {
        self.checkpoints.iter().map(|kept| kept.size)
    }

    /// From here on the log has another name.
    pub(super) fn end_epoch(&mut self, origin: String, size: u64) {
        self.ended.push((origin, size));
    }

    /// Those that cover as many leaves as have been read.
    pub(super) fn compare(&self, check: &mut Check, origin: &str, size: u64, root: Hash) {
        for kept in self.checkpoints.iter().filter(|kept| kept.size == size) {
            check.that(kept.root == root && kept.origin == origin, || {
                self.lost(kept).unwrap_or_else(|| {
                    let programme_no = self.programme_no;
                    format!(
                        "the first {size} leaves of log {programme_no} are not those of the kept checkpoint"
                    )
                })
            });
        }
    }

    /// Those that cover more leaves than there are.
    pub(super) fn compare_end(&self, check: &mut Check, size: u64) {
        for kept in self.checkpoints.iter().filter(|kept| kept.size > size) {
            let (programme_no, covers) = (self.programme_no, kept.size);
            check.that(false, || {
                self.lost(kept).unwrap_or_else(|| {
                    format!("log {programme_no} has {size} leaves, the kept checkpoint covers {covers}")
                })
            });
        }
    }

    /// What there is to say of one that covers more than was restored.
    fn lost(&self, kept: &Checkpoint) -> Option<String> {
        let (_, end) = self.ended.iter().find(|(name, end)| *name == kept.origin && *end < kept.size)?;
        Some(format!(
            "log {} was restored from a copy of {end} leaves: of the {} that the kept checkpoint of {} covers, \
             the others are not in it",
            self.programme_no, kept.size, kept.origin
        ))
    }
}
