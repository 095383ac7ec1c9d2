//! Files that appear under their name whole or not at all, and digests beside them.

use super::{BackupError, Progress, Result};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Read and written at a time.
const BLOCK: usize = 1 << 20;

/// A file that is not finished, beside its place; gone unless it is put there.
pub(super) struct Partial {
    path: PathBuf,
    place: PathBuf,
}

impl Partial {
    /// Only its owner may read it: there is personal data in it.
    ///
    /// # Errors
    /// [`BackupError::Exists`] when something is in its place, or left over beside it.
    pub(super) fn create(place: &Path) -> Result<(Self, File)> {
        vacant(place)?;
        let path = beside(place, ".partial");
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = made.map_err(at(&path))?;
        Ok((Self { path, place: place.to_owned() }, file))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it in its place, durably.
    pub(super) fn finish(self) -> Result<()> {
        sync(&self.path)?;
        vacant(&self.place)?;
        fs::rename(&self.path, &self.place).map_err(at(&self.place))?;
        sync(directory(&self.place))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // What SQLite may have put beside it too. Once it is in its place, there is nothing of these names.
        for ending in ["", "-wal", "-shm", "-journal"] {
            let _ = fs::remove_file(beside(&self.path, ending));
        }
    }
}

/// Nothing is there, nor what SQLite would take for a part of it.
pub(super) fn vacant(place: &Path) -> Result<()> {
    let parts = ["", "-wal", "-shm", "-journal"].map(|ending| beside(place, ending));
    match parts.into_iter().find(|part| part.exists()) {
        Some(part) => Err(BackupError::Exists(part)),
        None => Ok(()),
    }
}

/// Where the digest of a file is, in the form of `sha256sum`.
pub(super) fn digest_of(file: &Path) -> PathBuf {
    beside(file, ".sha256")
}

pub(super) fn write_digest(file: &Path, sha256: &str) -> Result<()> {
    let (partial, mut out) = Partial::create(&digest_of(file))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    writeln!(out, "{sha256}  {name}").map_err(at(partial.path()))?;
    partial.finish()
}

/// The digest that was written beside the file.
pub(super) fn read_digest(file: &Path) -> Result<String> {
    let digest = digest_of(file);
    match fs::read_to_string(&digest) {
        Ok(text) => Ok(text.split_whitespace().next().unwrap_or_default().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(BackupError::NoDigest { file: file.to_owned(), digest })
        }
        Err(error) => Err(BackupError::File { path: digest, error }),
    }
}

/// Reads a file to its end, hands on what it reads and gives its SHA-256 in hexadecimal.
pub(super) fn pass(
    file: &Path,
    mut to: impl FnMut(&[u8]) -> Result<()>,
    (of, progress): (&str, &mut dyn FnMut(Progress<'_>)),
) -> Result<String> {
    let mut source = File::open(file).map_err(at(file))?;
    let total = source.metadata().map_err(at(file))?.len();
    let (mut block, mut hash, mut done) = (vec![0; BLOCK], Sha256::new(), 0);
    loop {
        progress(Progress { of, done, total });
        let count = source.read(&mut block).map_err(at(file))?;
        if count == 0 {
            return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hash.update(&block[..count]);
        to(&block[..count])?;
        done += count as u64;
    }
}

pub(super) fn directory(place: &Path) -> &Path {
    place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file, or the names in a directory.
fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(at(path))
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    name.into()
}

pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> BackupError {
    move |error| match error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(path.to_owned()),
        io::ErrorKind::NotFound => BackupError::Missing(path.to_owned()),
        _ => BackupError::File { path: path.to_owned(), error },
    }
}
