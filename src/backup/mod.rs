//! Backups: a copy of the database taken while the service runs, and the way back from one.
//!
//! A restored log must not go on under its name: whatever was signed after the copy was taken would be
//! contradicted by what is signed now. So a restore opens a new epoch of each log (`ledger/epoch.rs`).
//! Keys are never part of a backup. PostgreSQL is copied and brought back by its own tools; only
//! [`bring_back`] is common to both.

mod content;
mod epochs;
mod files;
mod restore;
mod take;

pub use content::{Content, Counts, Log};
pub use restore::{bring_back, restore};
pub use take::{Taken, take};

use crate::app::StartError;
use crate::db::{FileError, OpenError};
use crate::kernel::Refusal;
use crate::ledger::audit::{Progress, Report};
use crate::ledger::books::Failure;
use std::io;
use std::path::PathBuf;

/// Why there is no backup, or nothing was restored. Nothing is left half done.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{} exists already: nothing is overwritten", .0.display())]
    Exists(PathBuf),
    #[error("{} is not there", .0.display())]
    Missing(PathBuf),
    #[error("{}: {error}", .path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("{} holds no installation", .0.display())]
    Empty(PathBuf),
    #[error(
        "{} is not there, so nobody can tell whether the backup was damaged; if you are sure of it: sha256sum {} > {}",
        .digest.display(), .file.display(), .digest.display()
    )]
    NoDigest { file: PathBuf, digest: PathBuf },
    #[error("{} is damaged: its SHA-256 is not the one of the backup ({})", .file.display(), .digest.display())]
    Altered { file: PathBuf, digest: PathBuf },
    #[error("{}: {error}", .path.display())]
    Database { path: PathBuf, error: FileError },
    #[error("the audit finds that the backup does not hold: nothing was restored")]
    NotClean(Box<Report>),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the database cannot be read: {0}")]
    Reading(#[from] Failure),
    #[error("the new epochs of the logs cannot be recorded: {}", .0.code.as_str())]
    Epochs(Refusal),
}

type Result<T> = std::result::Result<T, BackupError>;
