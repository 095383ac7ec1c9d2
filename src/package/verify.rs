//! Checking a package with nothing but its files, and the keys and checkpoints that the auditor kept.
//!
//! In this order: the files are those of the manifest (`files`); the checkpoints are signed by a trusted key
//! (`signatures`); the leaves make the tree that was signed and go on from what the auditor kept (`tree`); tables and facts
//! say what the leaves say, and the books derived from the leaves alone are the same (`pass`, over `ledger::replay`). The
//! first thing that does not hold ends it. What the witnesses that the auditor names vouch for is said last (`witnesses`). Reads a tile at a time; knows no database.

mod files;
mod pass;
mod signatures;
mod tree;
mod witnesses;

use super::manifest::{Manifest, hex};
use super::{keys, name};
use crate::ledger::audit::Progress;
use crate::ledger::replay::Wrong;
use crate::proof::WitnessKey;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;
use witnesses::Witnesses;

/// What the auditor brings along.
#[derive(Default)]
pub struct Brought {
    /// Raw public keys of the log. Without any, the package's own are taken, and somebody must compare them.
    pub keys: Option<Vec<[u8; 32]>>,
    /// Signed checkpoints from earlier: the package must go on from each.
    pub since: Vec<String>,
    /// Witnesses, each of which must have cosigned a checkpoint of the package.
    pub witnesses: Vec<WitnessKey>,
}

/// The keys in a file that the auditor brings: a key set (`jwks.json`), or verifier keys of signed notes, one a line.
/// None when it is neither.
pub fn keys_in(text: &str) -> Option<Vec<[u8; 32]>> {
    keys::trusted(text)
}

/// The same in both languages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Words {
    pub russian: String,
    pub english: String,
}

/// [`Words`] of two texts that name variables.
macro_rules! say {
    ($russian:literal, $english:literal) => {
        $crate::package::verify::Words { russian: format!($russian), english: format!($english) }
    };
}
use say;

/// What was checked, and the first thing that does not hold.
#[derive(Debug)]
pub struct Verdict {
    /// What holds, with its counts.
    pub holds: Vec<Words>,
    pub wrong: Option<Words>,
    /// SHA-256 of each public key that was trusted.
    pub fingerprints: Vec<String>,
    /// They come from the package itself.
    pub are_its_own: bool,
}

/// The package cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", .path.display())]
pub struct Unreadable {
    pub path: PathBuf,
    pub error: io::Error,
}

/// Why a check ended.
enum Stop {
    Wrong(Words),
    Unreadable(Unreadable),
}

impl From<Wrong> for Stop {
    fn from(wrong: Wrong) -> Self {
        let Wrong { log_index, russian, english } = wrong;
        Self::Wrong(say!("запись {log_index}: {russian}", "entry {log_index}: {english}"))
    }
}

impl Stop {
    /// For `map_err` when a file is read. One that is not there is wrong, not unreadable: the manifest names it.
    fn reading(path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |error| {
            let shown = path.display();
            match error.kind() {
                ErrorKind::NotFound => Self::Wrong(say!("файла {shown} нет", "{shown} is not there")),
                ErrorKind::InvalidData => Self::Wrong(say!("{shown}: это не текст", "{shown} is not text")),
                _ => Self::Unreadable(Unreadable { path: path.clone(), error }),
            }
        }
    }
}

type Checked<T> = Result<T, Stop>;

/// A package that is being checked.
struct Package<'a> {
    directory: &'a Path,
    manifest: Manifest,
}

impl Package<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn read(&self, name: &str) -> Checked<Vec<u8>> {
        let path = self.path(name);
        fs::read(&path).map_err(Stop::reading(&path))
    }

    fn text(&self, name: &str) -> Checked<String> {
        String::from_utf8(self.read(name)?)
            .map_err(|_| Stop::Wrong(say!("{name}: это не текст", "{name} is not text")))
    }

    fn open(&self, name: &str) -> Checked<BufReader<File>> {
        let path = self.path(name);
        File::open(&path).map(BufReader::new).map_err(Stop::reading(&path))
    }
}

/// Checks a package.
///
/// # Errors
/// [`Unreadable`]: there is no package, or the disk fails. What does not hold is no error but in the verdict.
pub fn verify(
    directory: &Path,
    brought: &Brought,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Verdict, Unreadable> {
    let path = directory.join(name::MANIFEST);
    let manifest = fs::read(&path).map_err(|error| Unreadable { path, error })?;
    let mut verdict = Verdict {
        holds: Vec::new(),
        wrong: None,
        fingerprints: Vec::new(),
        are_its_own: brought.keys.is_none(),
    };
    match check(directory, &manifest, brought, &mut verdict, progress) {
        Ok(()) => {}
        Err(Stop::Wrong(words)) => verdict.wrong = Some(words),
        Err(Stop::Unreadable(unreadable)) => return Err(unreadable),
    }
    Ok(verdict)
}

fn check(
    directory: &Path,
    manifest: &[u8],
    brought: &Brought,
    verdict: &mut Verdict,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Checked<()> {
    let manifest = Manifest::parse(manifest).ok_or_else(|| {
        Stop::Wrong(say!(
            "manifest.json — не оглавление пакета версии 1",
            "manifest.json is no manifest of version 1"
        ))
    })?;
    let package = Package { directory, manifest };
    verdict.holds.push(files::check(&package, progress)?);
    let keys = match &brought.keys {
        Some(keys) => keys.clone(),
        None => keys::trusted(&package.text(name::KEYS)?)
            .ok_or_else(|| Stop::Wrong(say!("keys.json — не набор ключей", "keys.json is no key set")))?,
    };
    verdict.fingerprints = keys.iter().map(|key| hex(&Sha256::digest(key))).collect();
    let signed = signatures::newest(&package, &keys)?;
    let since = signatures::since(&signed, &keys, &brought.since)?;
    let mut witnesses = Witnesses::new(&brought.witnesses);
    for (kept, note) in since.iter().zip(&brought.since) {
        witnesses.look(note, kept.size)?;
    }
    pass::run(&package, signed, &keys, since, witnesses, &mut verdict.holds, progress)
}

/// Does the same to every item, on all cores; the results are in the order of the items.
fn on_all_cores<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let part = items.len().div_ceil(cores).max(1);
    let mut results = Vec::with_capacity(items.len());
    thread::scope(|scope| {
        let work = &work;
        let parts: Vec<_> = items
            .chunks(part)
            .map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<R>>()))
            .collect();
        for part in parts {
            results.extend(part.join().expect("checking a file or a signature does not panic"));
        }
    });
    results
}
