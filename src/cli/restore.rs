//! `vouchers restore`: a backup becomes the database again, in new epochs of its logs.

use super::audit;
use super::progress::Bar;
use super::{Failure, House, Output, backup::print, output};
use crate::backup::{self, BackupError};
use crate::db::Place;
use crate::ledger::audit::Progress;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true)))]
pub(super) struct Restore {
    /// A backup of SQLite, with its SHA-256 beside it; goes where no database is
    #[arg(long, value_name = "FILE", group = "what")]
    from: Option<PathBuf>,
    /// The database was brought back by other means: PostgreSQL's own tools, the snapshot of a disk
    #[arg(long, group = "what")]
    in_place: bool,
    /// A signed checkpoint kept elsewhere, which the history must still contain; may be repeated
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Restore {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        let trusted = audit::trusted(house, &self.checkpoint)?;
        let bar = Bar::new();
        let mut show = |progress: Progress<'_>| bar.show(&progress);
        let restored = match (&self.from, &house.config.database) {
            (Some(from), Place::Sqlite(place)) => {
                backup::restore(from, place, house.settings(1), &trusted, &mut show)
            }
            (Some(_), place @ Place::Postgres(_)) => return Err(Failure::ByItsOwnTools(place.clone())),
            (None, _) => backup::bring_back(house.settings(1), &trusted, &mut show),
        };
        drop(bar);
        let content = restored.map_err(|error| {
            if let BackupError::NotClean(report) = &error
                && let Err(failure) = audit::print(report)
            {
                return failure;
            }
            error.into()
        })?;
        if self.output.json {
            output::json(&content)?;
        } else {
            print(&content)?;
        }
        output::remark(
            "Whatever was acknowledged after the backup was taken is not in it, nor are later revocations of \
             tokens and\nkeys: make them again. The logs go on in a new epoch: keep these checkpoints.",
        );
        Ok(())
    }
}
