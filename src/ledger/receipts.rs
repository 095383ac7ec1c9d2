//! Receipts: that a leaf is in its log, from the memory of the batch that added it or from the database.

use super::books::{Entry, Failure};
use crate::db::Connection;
use crate::db::schema::{checkpoint, journal_transaction, log_hash};
use crate::proof::{self, Grown, Hash, Receipt};
use diesel::prelude::*;
use std::collections::HashMap;
use std::ops::Range;

/// One log as a batch left it.
pub(super) struct SealedLog {
    pub grown: Grown,
    pub note: String,
}

/// A committed batch's trees: gives the receipt of every leaf the batch added, from memory.
pub struct Sealed(pub(super) HashMap<i64, SealedLog>);

impl Sealed {
    /// The receipt of a leaf of this batch; none for an older one.
    pub fn receipt(&self, entry: Entry) -> Option<Receipt> {
        let log = self.0.get(&entry.programme_no)?;
        let index = entry.log_index.cast_unsigned();
        let path = log.grown.inclusion_path(index)?;
        Some(Receipt { index, path, checkpoint: log.note.clone(), extra: None })
    }
}

/// The receipt of a stored leaf, the same to the byte as was given when it was written.
///
/// # Errors
/// The database's; the log has gaps.
pub fn stored_receipt(connection: &mut Connection, entry: Entry) -> Result<Receipt, Failure> {
    let (tree_size, note) = checkpoint::table
        .filter(checkpoint::programme_no.eq(entry.programme_no))
        .filter(checkpoint::tree_size.gt(entry.log_index))
        .order(checkpoint::tree_size.asc())
        .select((checkpoint::tree_size, checkpoint::note))
        .first::<(i64, String)>(connection)?;
    let index = entry.log_index.cast_unsigned();
    let mut hashes = StoredHashes { connection, programme_no: entry.programme_no };
    let path = proof::inclusion_path(index, tree_size.cast_unsigned(), &mut hashes)?;
    Ok(Receipt { index, path, checkpoint: note, extra: None })
}

/// The stored hashes of one log.
pub struct StoredHashes<'c> {
    pub connection: &'c mut Connection,
    pub programme_no: i64,
}

impl proof::NodeSource for StoredHashes<'_> {
    type Error = Failure;

    fn hashes(&mut self, level: u8, range: Range<u64>) -> Result<Vec<Hash>, Failure> {
        let (first, last) = (range.start.cast_signed(), range.end.cast_signed() - 1);
        let rows: Vec<Vec<u8>> = if level == 0 {
            journal_transaction::table
                .filter(journal_transaction::programme_no.eq(self.programme_no))
                .filter(journal_transaction::log_index.between(first, last))
                .order(journal_transaction::log_index.asc())
                .select(journal_transaction::leaf_hash)
                .load(self.connection)?
        } else {
            log_hash::table
                .filter(log_hash::programme_no.eq(self.programme_no))
                .filter(log_hash::level.eq(i16::from(level)))
                .filter(log_hash::hash_index.between(first, last))
                .order(log_hash::hash_index.asc())
                .select(log_hash::hash)
                .load(self.connection)?
        };
        rows.iter()
            .map(|bytes| {
                <[u8; 32]>::try_from(bytes.as_slice())
                    .map(Hash)
                    .map_err(|_| Failure::Inconsistent("a stored hash is not 32 bytes".into()))
            })
            .collect()
    }
}
