//! Cosignatures in the database, and what witnesses are sent.

use crate::db::schema::{checkpoint, cosignature, log_head};
use crate::db::{Connection, rows};
use crate::kernel::Timestamp;
use crate::ledger::books::Failure;
use crate::ledger::receipts::StoredHashes;
use crate::proof::{self, AddCheckpoint, Frontier};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// What a witness said of the checkpoint that covers so many leaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewCosignature {
    pub programme_no: i64,
    /// The witness' verifier key.
    pub witness: String,
    pub tree_size: i64,
    pub cosigned_at: Timestamp,
    /// The line below the note.
    pub line: String,
}

rows! {
    fn add(NewCosignature {
        programme_no: i64 as BigInt,
        witness: String as Text,
        tree_size: i64 as BigInt,
        cosigned_at: Timestamp as BigInt,
        line: String as Text,
    }) = "INSERT INTO cosignature {values} ON CONFLICT DO NOTHING"
}

/// Adds it, unless another server has, and drops what it makes superfluous: earlier ones of its day.
///
/// # Errors
/// The database's.
pub fn keep(connection: &mut Connection, new: &NewCosignature) -> QueryResult<()> {
    let day = new.cosigned_at.date();
    let of_its_day = (Timestamp::start_of_day(day), Timestamp::end_of_day(day).plus_seconds(-1));
    let earlier = cosignature::table
        .filter(cosignature::programme_no.eq(new.programme_no))
        .filter(cosignature::witness.eq(&new.witness))
        .filter(cosignature::tree_size.lt(new.tree_size))
        .filter(cosignature::cosigned_at.between(of_its_day.0, of_its_day.1));
    diesel::delete(earlier).execute(connection)?;
    add(connection, std::slice::from_ref(new)).map(drop)
}

/// The names of all logs, as they are now.
///
/// # Errors
/// The database's.
pub fn origins(connection: &mut Connection) -> QueryResult<Vec<String>> {
    log_head::table.order(log_head::programme_no).select(log_head::origin).load(connection)
}

/// A log and how far this witness has cosigned it.
pub(super) struct Progress {
    pub(super) programme_no: i64,
    pub(super) origin: String,
    pub(super) size: u64,
    pub(super) cosigned: u64,
}

impl Progress {
    /// Leaves that no cosignature of the witness covers.
    pub(super) fn lag(&self) -> u64 {
        self.size.saturating_sub(self.cosigned)
    }
}

pub(super) fn progress(connection: &mut Connection, witness: &str) -> Result<Vec<Progress>, Failure> {
    let cosigned: HashMap<i64, Option<i64>> = cosignature::table
        .filter(cosignature::witness.eq(witness))
        .group_by(cosignature::programme_no)
        .select((cosignature::programme_no, diesel::dsl::max(cosignature::tree_size)))
        .load::<(i64, Option<i64>)>(connection)?
        .into_iter()
        .collect();
    let heads: Vec<(i64, String, Vec<u8>)> = log_head::table
        .order(log_head::programme_no)
        .select((log_head::programme_no, log_head::origin, log_head::frontier))
        .load(connection)?;
    let of = |(programme_no, origin, frontier): (i64, String, Vec<u8>)| {
        let size = Frontier::from_bytes(&frontier)?.size();
        let cosigned = cosigned.get(&programme_no).copied().flatten().unwrap_or(0).cast_unsigned();
        Ok(Progress { programme_no, origin, size, cosigned })
    };
    heads.into_iter().map(of).collect()
}

/// The newest checkpoint of a log and its size.
fn newest(connection: &mut Connection, programme_no: i64) -> QueryResult<Option<(i64, String)>> {
    checkpoint::table
        .filter(checkpoint::programme_no.eq(programme_no))
        .order(checkpoint::tree_size.desc())
        .select((checkpoint::tree_size, checkpoint::note))
        .first(connection)
        .optional()
}

/// The newest checkpoint of a log, with the proof that it continues the tree of `old` leaves, and its size. No request
/// when the log has fewer leaves than that; nothing at all for a log without checkpoints.
pub(super) fn request(
    connection: &mut Connection,
    programme_no: i64,
    old: u64,
) -> Result<Option<(u64, Option<AddCheckpoint>)>, Failure> {
    let Some((size, note)) = newest(connection, programme_no)? else { return Ok(None) };
    let size = size.cast_unsigned();
    if old > size {
        return Ok(Some((size, None)));
    }
    let path = proof::consistency_path(old, size, &mut StoredHashes { connection, programme_no })?;
    Ok(Some((size, Some(AddCheckpoint { old, path, checkpoint: note }))))
}

/// The lines of all witnesses below the checkpoint of this size, by their keys.
///
/// # Errors
/// The database's.
pub fn lines(connection: &mut Connection, programme_no: i64, tree_size: i64) -> QueryResult<String> {
    Ok(lines_between(connection, programme_no, tree_size..=tree_size)?.remove(&tree_size).unwrap_or_default())
}

/// [`lines`] of every checkpoint in a range of sizes that has any.
///
/// # Errors
/// The database's.
pub fn lines_between(
    connection: &mut Connection,
    programme_no: i64,
    sizes: RangeInclusive<i64>,
) -> QueryResult<HashMap<i64, String>> {
    let found: Vec<(i64, String)> = cosignature::table
        .filter(cosignature::programme_no.eq(programme_no))
        .filter(cosignature::tree_size.between(sizes.start(), sizes.end()))
        .order(cosignature::witness)
        .select((cosignature::tree_size, cosignature::line))
        .load(connection)?;
    let mut lines = HashMap::<i64, String>::new();
    for (size, line) in found {
        *lines.entry(size).or_default() += &line;
    }
    Ok(lines)
}

/// The newest checkpoint of a log, with the cosignatures that it has already.
///
/// # Errors
/// The database's.
pub fn newest_checkpoint(connection: &mut Connection, programme_no: i64) -> QueryResult<Option<String>> {
    let Some((size, note)) = newest(connection, programme_no)? else { return Ok(None) };
    Ok(Some(note + &lines(connection, programme_no, size)?))
}

/// The newest checkpoint of a log that a witness has cosigned, with its cosignatures.
///
/// # Errors
/// The database's.
pub fn cosigned_checkpoint(connection: &mut Connection, programme_no: i64) -> QueryResult<Option<String>> {
    let size: Option<i64> = cosignature::table
        .filter(cosignature::programme_no.eq(programme_no))
        .select(diesel::dsl::max(cosignature::tree_size))
        .get_result(connection)?;
    let Some(size) = size else { return Ok(None) };
    let note: Option<String> = checkpoint::table
        .find((programme_no, size))
        .select(checkpoint::note)
        .get_result(connection)
        .optional()?;
    let Some(note) = note else { return Ok(None) };
    Ok(Some(note + &lines(connection, programme_no, size)?))
}
