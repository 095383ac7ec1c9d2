//! The way back: a backup becomes the database of a service again.

use super::content::Content;
use super::epochs::OpenEpochs;
use super::files::{self, Partial, at};
use super::{BackupError, Result};
use crate::app::{App, Settings};
use crate::db::{self, Place};
use crate::ledger::audit::{Progress, Trusted, audit};
use std::fs;
use std::io::Write;
use std::path::Path;

/// Restores a backup of SQLite to a place where nothing is. What appears there is whole, audited, durable,
/// and goes on in new epochs; `settings` are those of the service, with that place as the database.
///
/// # Errors
/// [`BackupError`]; then nothing is in that place.
pub fn restore(
    from: &Path,
    place: &Path,
    settings: Settings,
    trusted: &Trusted,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Content> {
    let expected = files::read_digest(from)?;
    let directory = files::directory(place);
    fs::create_dir_all(directory).map_err(at(directory))?;
    let (partial, mut out) = Partial::create(place)?;
    let path = partial.path();
    let write = |block: &[u8]| out.write_all(block).map_err(at(path));
    if files::pass(from, write, ("copying", progress))? != expected {
        return Err(BackupError::Altered { file: from.to_owned(), digest: files::digest_of(from) });
    }
    progress(Progress { of: "checking", done: 0, total: 0 });
    let wrong = |error| BackupError::Database { path: from.to_owned(), error };
    db::check_file(path).map_err(wrong)?;
    let content =
        bring_back(Settings { database: Place::Sqlite(path.to_owned()), ..settings }, trusted, progress)?;
    db::close_file(path).map_err(wrong)?;
    partial.finish()?;
    Ok(content)
}

/// Makes a database that was brought back, by whatever tools, into one that may go on: audits it and opens
/// a new epoch of each of its logs.
///
/// # Errors
/// [`BackupError::NotClean`] when the audit finds something, and others; then nothing is changed.
pub fn bring_back(
    settings: Settings,
    trusted: &Trusted,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Content> {
    let database = settings.database.clone();
    let report = audit(&mut db::open_writer(&database)?, trusted, progress)?;
    if !report.is_clean() {
        return Err(BackupError::NotClean(Box::new(report)));
    }
    let app = App::open(settings)?;
    let opened = app.writer.execute_blocking(OpenEpochs { epoch: app.new_id() });
    app.close();
    opened.map_err(BackupError::Epochs)?;
    Content::read(&mut db::open_reader(&database)?).map_err(BackupError::from)
}
