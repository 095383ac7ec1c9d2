//! The tamper-evident log: RFC 6962 Merkle trees, signed checkpoints, receipts.
//!
//! An entry's hash becomes a leaf ([`leaf_hash`]); a batch of leaves grows the tree
//! ([`Appender`]), whose state between batches is its [`Frontier`]; the batch ends with a
//! signed [`Checkpoint`], and every entry of it gets a [`Receipt`] that anyone can check
//! offline. Later the same paths, and the proof that one checkpoint continues another, are
//! computed again from stored hashes ([`inclusion_path`], [`consistency_path`]).
//!
//! A witness cosigns checkpoints that continue what it has seen ([`decide`], [`cosign`]); whoever knows its key checks
//! that ([`WitnessKey`]).
//!
//! Pure: no I/O, no database, no clock, no private keys (signing is a closure).

mod add_checkpoint;
mod checkpoint;
mod cosignature;
mod error;
mod growth;
mod merkle;
mod note;
mod receipt;
mod replay;
mod tile;
mod verify;

pub use add_checkpoint::{Accepted, AddCheckpoint, Refused, Seen, decide};
pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use cosignature::{Cosignature, WitnessKey, cosign};
pub use error::ProofError;
pub use growth::{Appender, Grown};
pub use merkle::{Frontier, Hash, leaf_hash, node_hash};
pub use note::VerifierKey;
pub use receipt::{Receipt, Verified};
pub use replay::{NodeSource, consistency_path, inclusion_path, root};
pub use tile::{TILE, entries, put_entry, tile_path, tiles};
pub use verify::{verify_consistency, verify_inclusion};

#[cfg(test)]
mod naive;
#[cfg(test)]
mod strangers;
