//! Proofs of the log: that one tree continues another, that a leaf is in a tree. For any size, from stored hashes.

use crate::db::Connection;
use crate::db::schema::{checkpoint, log_head};
use crate::kernel::{Code, Refusal};
use crate::ledger::books::Failure;
use crate::ledger::receipts::StoredHashes;
use crate::proof::{self, Frontier, Hash};
use crate::writer::Stop;
use diesel::prelude::*;
use serde::Serialize;

/// That the first `to` leaves continue the first `from` (RFC 6962 §2.1.2).
#[derive(Serialize, utoipa::ToSchema)]
pub struct ConsistencyProof {
    pub from: u64,
    /// Base64.
    pub from_root: String,
    pub to: u64,
    pub to_root: String,
    /// Base64, in the order of RFC 6962.
    pub hashes: Vec<String>,
    /// The signed note of the tree of `to` leaves; none when no batch of writes ended there.
    pub checkpoint: Option<String>,
}

/// That a leaf is among the first `size` (RFC 6962 §2.1.1).
#[derive(Serialize, utoipa::ToSchema)]
pub struct InclusionProof {
    pub log_index: u64,
    /// Base64 of SHA-256(0x00 ‖ leaf).
    pub leaf_hash: String,
    pub size: u64,
    pub root: String,
    /// Base64, from the leaf's sibling up.
    pub hashes: Vec<String>,
    /// The signed note of the tree of `size` leaves; none when no batch of writes ended there.
    pub checkpoint: Option<String>,
}

/// Leaves of the log.
fn leaves(connection: &mut Connection, programme_no: i64) -> Result<u64, Failure> {
    let frontier: Vec<u8> =
        log_head::table.find(programme_no).select(log_head::frontier).get_result(connection)?;
    Ok(Frontier::from_bytes(&frontier)?.size())
}

/// The size that was asked for, or the newest one.
fn size(
    connection: &mut Connection,
    programme_no: i64,
    field: &'static str,
    wanted: Option<u64>,
) -> Result<u64, Stop> {
    let leaves = leaves(connection, programme_no)?;
    match wanted {
        None => Ok(leaves),
        Some(size) if size <= leaves => Ok(size),
        Some(_) => {
            let refusal = Refusal::field(field, "no more than the log has");
            Err(refusal.with("size", leaves).into())
        }
    }
}

/// The signed note of a tree of exactly this size.
///
/// # Errors
/// The database's.
pub fn checkpoint(connection: &mut Connection, programme_no: i64, size: u64) -> QueryResult<Option<String>> {
    let Ok(size) = i64::try_from(size) else { return Ok(None) };
    checkpoint::table.find((programme_no, size)).select(checkpoint::note).get_result(connection).optional()
}

/// # Errors
/// `invalid_field` for sizes that the log has not or that are the wrong way round; the database's.
pub fn consistency(
    connection: &mut Connection,
    programme_no: i64,
    from: u64,
    to: Option<u64>,
) -> Result<ConsistencyProof, Stop> {
    let to = size(connection, programme_no, "to", to)?;
    if from > to {
        return Err(Refusal::field("from", "no more than `to`").with("to", to).into());
    }
    let checkpoint = checkpoint(connection, programme_no, to)?;
    let mut hashes = StoredHashes { connection, programme_no };
    let path = proof::consistency_path(from, to, &mut hashes)?;
    Ok(ConsistencyProof {
        from,
        from_root: proof::root(from, &mut hashes)?.to_base64(),
        to,
        to_root: proof::root(to, &mut hashes)?.to_base64(),
        hashes: path.into_iter().map(Hash::to_base64).collect(),
        checkpoint,
    })
}

/// # Errors
/// `invalid_field` for a size that the log has not or a leaf beyond it; the database's.
pub fn inclusion(
    connection: &mut Connection,
    programme_no: i64,
    log_index: u64,
    wanted: Option<u64>,
) -> Result<InclusionProof, Stop> {
    let size = size(connection, programme_no, "size", wanted)?;
    if log_index >= size {
        return Err(Refusal::field("log_index", "less than `size`").with("size", size).into());
    }
    let checkpoint = checkpoint(connection, programme_no, size)?;
    let mut hashes = StoredHashes { connection, programme_no };
    let path = proof::inclusion_path(log_index, size, &mut hashes)?;
    let leaf = proof::NodeSource::hashes(&mut hashes, 0, log_index..log_index + 1)?;
    let leaf = leaf.first().ok_or(Refusal::new(Code::Internal))?;
    Ok(InclusionProof {
        log_index,
        leaf_hash: leaf.to_base64(),
        size,
        root: proof::root(size, &mut hashes)?.to_base64(),
        hashes: path.into_iter().map(Hash::to_base64).collect(),
        checkpoint,
    })
}
