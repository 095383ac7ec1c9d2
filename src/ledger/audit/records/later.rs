//! What records say of leaves that come after their own: that they were accepted, cancelled, withdrawn, returned, reversed.
//! Knows no tables.

use super::{Records, Subjects};
use crate::ledger::model::Kind;
use std::collections::BTreeMap;

/// By log and kind of the leaf.
#[derive(Default)]
pub(super) struct Later(BTreeMap<(i64, i16), Records>);

impl Later {
    /// Record `own_no` says that the leaf at `log_index` is of this kind and about it. One that names no leaf, or another's, is
    /// looked for at its own, which says something else.
    pub(super) fn expect(
        &mut self,
        programme_no: i64,
        kind: Kind,
        own_no: i64,
        log_index: Option<i64>,
        subjects: Subjects,
    ) {
        let records = self.0.entry((programme_no, kind.number())).or_default();
        let free = log_index.filter(|log_index| !records.contains_key(log_index));
        records.insert(free.unwrap_or(own_no), subjects);
    }

    /// Takes what was said of leaves up to `end`. A record comes before what befalls it, so all have been read.
    pub(super) fn due(&mut self, programme_no: i64, kind: Kind, end: i64) -> Records {
        let Some(records) = self.0.get_mut(&(programme_no, kind.number())) else {
            return Records::new();
        };
        let later = records.split_off(&end.saturating_add(1));
        std::mem::replace(records, later)
    }
}
