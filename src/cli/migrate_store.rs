//! `vouchers migrate-store`: from SQLite to PostgreSQL, or back.

use super::progress::Bar;
use super::{Failure, House, audit, output};
use crate::db::Place;
use crate::ledger::audit::Progress;
use crate::moving::{MoveError, move_store};

#[derive(clap::Args)]
pub(super) struct MigrateStore {
    /// The database that everything is in: sqlite://PATH or postgres://…
    from: Place,
    /// An empty one; after an interruption, the same again
    to: Place,
}

impl MigrateStore {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        let trusted = audit::trusted(house, &[])?;
        let bar = Bar::new();
        let mut show = |progress: Progress<'_>| bar.show(&progress);
        let moved = move_store(&self.from, &self.to, &trusted, &mut show);
        drop(bar);
        let rows = moved.map_err(|error| {
            if let MoveError::NotClean(report) = &error
                && let Err(failure) = audit::print(report)
            {
                return failure;
            }
            error.into()
        })?;
        output::line(format_args!("{rows} rows moved to {}; everything holds", self.to))?;
        output::remark(format_args!("From now on only this one may be served, never {} again.", self.from));
        Ok(())
    }
}
