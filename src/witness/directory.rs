//! What lies on a witness' disk.
//!
//! ```text
//! vkey                        its own verifier key
//! key/witness-….pem           the private half (mode 0600)
//! lock                        held by the one process that cosigns
//! logs/<SHA-256 of origin>/keys         the log's trusted keys, one a line, each with the origin as its name
//! logs/…/checkpoint                     the note cosigned last, with our cosignature
//! logs/…/fork-…, unproven-…             what the log signed and did not continue it: that note, then the request
//! ```
//!
//! A file gets its name when all of it is on disk, and its name is on disk before anybody is told.

use crate::credential::Signer;
use crate::credential::key_files::{self, KeyFileError};
use crate::proof::{AddCheckpoint, Checkpoint, ProofError, Seen, VerifierKey, WitnessKey};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

const VKEY: &str = "vkey";
const KEY: &str = "key";
const LOCK: &str = "lock";
const LOGS: &str = "logs";
const KEYS: &str = "keys";
const CHECKPOINT: &str = "checkpoint";
const FORK: &str = "fork";
const UNPROVEN: &str = "unproven";

/// Pieces of evidence that are kept of one log: whoever can reach the witness could fill its disk with more.
const MOST_EVIDENCE: usize = 100;

/// Why a witness cannot be made, opened or asked, for whoever runs it.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    #[error("there is a witness in {} already: nothing was changed", .0.display())]
    Exists(PathBuf),
    #[error("there is no witness in {}: make one with `vouchers-witness init`", .0.display())]
    Missing(PathBuf),
    #[error("{} is in use by another process: two would cosign two trees of one size", .0.display())]
    InUse(PathBuf),
    #[error("the private key is not that of {}", .0.display())]
    AnotherKey(PathBuf),
    #[error("cannot listen on {address}: {error}")]
    Listen { address: SocketAddr, error: io::Error },
    #[error("{}: {error}", .path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("{} is damaged: {error}", .path.display())]
    Damaged { path: PathBuf, error: ProofError },
    #[error(transparent)]
    Key(#[from] KeyFileError),
    #[error("the witness' name: {0}")]
    Name(ProofError),
    #[error("the log's origin: {0}")]
    Origin(ProofError),
}

type Result<T> = std::result::Result<T, WitnessError>;

/// A witness' directory.
pub struct Directory {
    path: PathBuf,
    key: WitnessKey,
}

/// While it lives, no other process cosigns from this directory.
pub struct Lock(#[expect(dead_code, reason = "held, not read")] File);

impl Directory {
    /// Makes a witness of this name in a new or empty directory.
    ///
    /// # Errors
    /// [`WitnessError::Exists`]; a name that cannot be one; the disk's.
    pub fn init(path: &Path, name: &str, passphrase: Option<&str>) -> Result<Self> {
        // Any key will do to see whether the name can be one, before anything is written.
        WitnessKey::new(name, &Signer::from_secret(&[1; 32]).public_key()).map_err(WitnessError::Name)?;
        if path.join(VKEY).exists() || path.join(KEY).exists() {
            return Err(WitnessError::Exists(path.to_owned()));
        }
        let logs = path.join(LOGS);
        fs::create_dir_all(&logs).map_err(at(&logs))?;
        let signer = key_files::make(&path.join(KEY), "witness", passphrase)?;
        let key = WitnessKey::new(name, &signer.public_key()).map_err(WitnessError::Name)?;
        write_durably(&path.join(VKEY), &format!("{key}\n"))?;
        Ok(Self { path: path.to_owned(), key })
    }

    /// # Errors
    /// [`WitnessError::Missing`]; what is there cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let file = path.join(VKEY);
        let text = fs::read_to_string(&file).map_err(|error| match error.kind() {
            ErrorKind::NotFound => WitnessError::Missing(path.to_owned()),
            _ => at(&file)(error),
        })?;
        let key = text.trim_end().parse().map_err(|error| WitnessError::Damaged { path: file, error })?;
        Ok(Self { path: path.to_owned(), key })
    }

    /// The witness' name and public key.
    pub fn key(&self) -> &WitnessKey {
        &self.key
    }

    /// Its private key.
    ///
    /// # Errors
    /// Those of [`key_files::read_private_keys`]; it is another one than the verifier key's.
    pub fn signer(&self, passphrase: Option<&str>) -> Result<Signer> {
        let signers = key_files::read_private_keys(&self.path.join(KEY), passphrase)?;
        let own = signers.into_iter().find(|signer| signer.public_key() == *self.key.public_key());
        own.ok_or_else(|| WitnessError::AnotherKey(self.path.join(VKEY)))
    }

    /// # Errors
    /// [`WitnessError::InUse`]; the disk's.
    pub fn lock(&self) -> Result<Lock> {
        let path = self.path.join(LOCK);
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(at(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => Err(WitnessError::InUse(self.path.clone())),
            Err(TryLockError::Error(error)) => Err(at(&path)(error)),
        }
    }

    /// Trusts a key for the log of this origin from now on, beside those it has; a running witness takes it up at once.
    /// Whether it is a new one.
    ///
    /// # Errors
    /// An origin that cannot be one; the disk's.
    pub fn trust(&self, key: &VerifierKey, origin: &str) -> Result<bool> {
        let key = VerifierKey::new(origin, key.public_key()).map_err(WitnessError::Origin)?;
        let log = self.log_at(origin);
        let mut keys = if log.path.exists() { log.keys()? } else { Vec::new() };
        if keys.contains(&key) {
            return Ok(false);
        }
        keys.push(key);
        fs::create_dir_all(&log.path).map_err(at(&log.path))?;
        sync(&self.path.join(LOGS))?;
        let lines: String = keys.iter().map(|key| format!("{key}\n")).collect();
        write_durably(&log.path.join(KEYS), &lines)?;
        Ok(true)
    }

    fn log_at(&self, origin: &str) -> Log {
        self.log_by_hash(&hex(&Sha256::digest(origin)))
    }

    fn log_by_hash(&self, hash: &str) -> Log {
        Log { path: self.path.join(LOGS).join(hash), witness: self.key.clone() }
    }

    /// The log of this origin; none that is not trusted.
    pub fn log(&self, origin: &str) -> Option<Log> {
        Some(self.log_at(origin)).filter(Log::is_trusted)
    }

    /// The log whose origin has this SHA-256, in lower-case hexadecimal.
    pub fn log_of_hash(&self, hash: &str) -> Option<Log> {
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_hash.then(|| self.log_by_hash(hash)).filter(Log::is_trusted)
    }

    /// All logs that are trusted, by directory name.
    ///
    /// # Errors
    /// The disk's.
    pub fn logs(&self) -> Result<Vec<Log>> {
        let mut names = names_in(&self.path.join(LOGS))?;
        names.sort();
        Ok(names.iter().map(|name| self.log_by_hash(name)).filter(Log::is_trusted).collect())
    }
}

/// What the witness keeps of one log.
pub struct Log {
    path: PathBuf,
    witness: WitnessKey,
}

/// What was kept of a log that did not continue what had been cosigned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// It proves that the log signed two histories; else only that the proof was missing.
    pub is_fork: bool,
    pub path: PathBuf,
}

impl Log {
    fn is_trusted(&self) -> bool {
        self.path.join(KEYS).is_file()
    }

    /// What verifies the log's checkpoints.
    ///
    /// # Errors
    /// The disk's; the file is damaged.
    pub fn keys(&self) -> Result<Vec<VerifierKey>> {
        let path = self.path.join(KEYS);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.map_err(at(&path))?,
        };
        text.lines().map(str::parse).collect::<std::result::Result<_, _>>().map_err(damaged(&path))
    }

    /// The note cosigned last.
    ///
    /// # Errors
    /// The disk's.
    pub fn checkpoint(&self) -> Result<Option<String>> {
        let path = self.path.join(CHECKPOINT);
        match fs::read_to_string(&path) {
            Ok(note) => Ok(Some(note)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(&path)(error)),
        }
    }

    /// What was cosigned last; checked by our own signature, so that a damaged file is not taken for a tree.
    ///
    /// # Errors
    /// The disk's; [`WitnessError::Damaged`].
    pub fn seen(&self) -> Result<Option<Seen>> {
        let Some(note) = self.checkpoint()? else { return Ok(None) };
        let path = self.path.join(CHECKPOINT);
        let damaged = damaged(&path);
        let time = self.witness.open(&note).map_err(&damaged)?.time;
        let body = note.split_inclusive('\n').take(3).collect::<String>();
        let Checkpoint { size, root, .. } = Checkpoint::parse(&body).map_err(&damaged)?;
        Ok(Some(Seen { size, root, time }))
    }

    /// Keeps a note that is about to be answered as cosigned. It is on disk when this returns.
    ///
    /// # Errors
    /// The disk's; then it may or may not be kept, and must not be answered.
    pub fn keep(&self, cosigned: &str, tree: &Checkpoint) -> Result<()> {
        write_durably(&self.path.join(CHECKPOINT), cosigned)?;
        // What was not proven when it was first shown is proven now.
        match fs::remove_file(self.evidence_path(UNPROVEN, tree)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(at(&self.path)(error)),
            _ => Ok(()),
        }
    }

    fn evidence_path(&self, kind: &str, tree: &Checkpoint) -> PathBuf {
        self.path.join(format!("{kind}-{}-{}", tree.size, &tree.root.to_string()[..16]))
    }

    /// Keeps a request of a checkpoint that the log has signed and that does not continue what was cosigned, behind the
    /// note that was.
    ///
    /// # Errors
    /// The disk's.
    pub fn keep_evidence(&self, is_fork: bool, request: &AddCheckpoint) -> Result<()> {
        let body = request.checkpoint.split_inclusive('\n').take(3).collect::<String>();
        let path = self.evidence_path(
            if is_fork { FORK } else { UNPROVEN },
            &Checkpoint::parse(&body).map_err(damaged(&self.path))?,
        );
        if path.exists() || self.evidence()?.len() >= MOST_EVIDENCE {
            return Ok(());
        }
        let kept = self.checkpoint()?.unwrap_or_default();
        write_durably(&path, &format!("{kept}\n{request}"))
    }

    /// What was kept, forks first.
    ///
    /// # Errors
    /// The disk's.
    pub fn evidence(&self) -> Result<Vec<Evidence>> {
        let mut names = names_in(&self.path)?;
        names.sort();
        let is_of = |name: &str, kind: &str| name.starts_with(&format!("{kind}-")) && !name.ends_with(DRAFT);
        let of = |kind, is_fork| {
            let names = names.iter().filter(move |name| is_of(name, kind));
            names.map(move |name| Evidence { is_fork, path: self.path.join(name) })
        };
        Ok(of(FORK, true).chain(of(UNPROVEN, false)).collect())
    }
}

const DRAFT: &str = ".new";

/// A new file in the old one's place: whoever reads sees one or the other whole, after a power cut too.
fn write_durably(path: &Path, text: &str) -> Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(DRAFT);
    let draft = PathBuf::from(draft);
    let write = || {
        let mut file = File::create(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    write().map_err(at(path))?;
    path.parent().map_or(Ok(()), sync)
}

fn sync(directory: &Path) -> Result<()> {
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(at(directory))
}

fn names_in(directory: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(at(directory))? {
        names.extend(entry.map_err(at(directory))?.file_name().into_string());
    }
    Ok(names)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn at(path: &Path) -> impl Fn(io::Error) -> WitnessError {
    move |error| WitnessError::File { path: path.to_owned(), error }
}

fn damaged(path: &Path) -> impl Fn(ProofError) -> WitnessError {
    move |error| WitnessError::Damaged { path: path.to_owned(), error }
}
