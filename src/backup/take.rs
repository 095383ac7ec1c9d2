//! Taking a backup of a file of SQLite while others write to it.

use super::content::Content;
use super::files::{self, Partial};
use super::{BackupError, Progress, Result};
use crate::db::{self, Place};
use crate::installation;
use serde::Serialize;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// What was taken.
#[derive(Serialize)]
pub struct Taken {
    pub bytes: u64,
    /// In hexadecimal; it lies beside the backup too.
    pub sha256: String,
    #[serde(flatten)]
    pub content: Content,
}

/// How often the growing file is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Takes a backup: everything that was committed when it began is in it. Checked, durable and with its
/// digest beside it before it appears under its name.
///
/// # Errors
/// [`BackupError`]; then there is no file of that name.
pub fn take(from: &Path, to: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Taken> {
    if !from.exists() {
        return Err(BackupError::Missing(from.to_owned()));
    }
    files::vacant(&files::digest_of(to))?;
    let (partial, _) = Partial::create(to)?;
    copy(from, partial.path(), progress)?;
    let place = Place::Sqlite(partial.path().to_owned());
    progress(Progress { of: "checking", done: 0, total: 0 });
    let wrong = |error| BackupError::Database { path: from.to_owned(), error };
    db::check_file(partial.path()).map_err(wrong)?;
    let content = {
        let mut connection = db::open_reader(&place)?;
        if !installation::is_made(&mut connection).map_err(|error| wrong(error.into()))? {
            return Err(BackupError::Empty(from.to_owned()));
        }
        Content::read(&mut connection)?
    };
    let mut bytes = 0;
    let count = |block: &[u8]| {
        bytes += block.len() as u64;
        Ok(())
    };
    let sha256 = files::pass(partial.path(), count, ("reading again", progress))?;
    files::write_digest(to, &sha256)?;
    partial.finish()?;
    Ok(Taken { bytes, sha256, content })
}

/// Copies in a thread of its own and tells how the file grows. The copy has no free pages, so it may end
/// smaller than its source.
fn copy(from: &Path, to: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<()> {
    let size = |path: &Path| path.metadata().map_or(0, |about| about.len());
    let total = size(from);
    let copied = std::thread::scope(|scope| {
        let (done, is_done) = mpsc::channel();
        scope.spawn(move || done.send(db::copy_file(from, to)));
        loop {
            match is_done.recv_timeout(LOOK) {
                Ok(copied) => return copied,
                Err(RecvTimeoutError::Timeout) => {
                    progress(Progress { of: "copying", done: size(to).min(total), total });
                }
                Err(RecvTimeoutError::Disconnected) => unreachable!("the thread sends before it ends"),
            }
        }
    });
    copied.map_err(|error| BackupError::Database { path: from.to_owned(), error })
}
