//! The entries that every log of a restored database begins its new epoch with.

use crate::db::schema::log_head;
use crate::ledger::books::Failure;
use crate::writer::{Batch, Change, Command, Done, Stop};
use diesel::prelude::*;
use uuid::Uuid;

/// Opens a new epoch of every log. Recorded in each of them.
pub(super) struct OpenEpochs {
    /// Not used before, by any restore of any copy: two epochs of one name could sign two trees of one size.
    pub epoch: Uuid,
}

impl Command for OpenEpochs {
    type Reply = ();

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        let heads = log_head::table.select(log_head::programme_no).order(log_head::programme_no);
        let logs: Vec<i64> = heads.load(batch.connection()?)?;
        let epoch = self.epoch;
        Ok(Box::new(move |batch| {
            let mut opened = None;
            for programme_no in logs {
                opened = Some(batch.open_epoch(programme_no, epoch)?);
            }
            let entry = opened.ok_or_else(|| Failure::Inconsistent("there is no log".into()))?;
            Ok(Done::new((), entry))
        }))
    }
}
