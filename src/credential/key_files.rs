//! Keys on disk, and where new ones come from: the only file of this room that touches the disk and the
//! random source.
//!
//! A key directory holds, per key, `<purpose>-<kid in hex>.pem` (private: PKCS#8, mode 0600, encrypted
//! with PBES2 when there is a passphrase) and `….pub.pem` (public: SPKI), and one `jwks.json` with the
//! public keys and their states, which is the record of what the keys are for.

use super::key::{KeyError, KeyRecord, Purpose, Signer};
use super::keyring::Keyring;
use crate::kernel::Timestamp;
use ed25519_dalek::SigningKey;
use pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding, spki::EncodePublicKey};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const JWKS: &str = "jwks.json";

/// Why keys could not be made, read or written: for the operator.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    #[error("{} exists already: a key is never overwritten", .0.display())]
    Exists(PathBuf),
    #[error("{} can be read by others than its owner (mode {mode:04o}): run `chmod 600` on it, and rotate \
        the key if somebody may have read it", .path.display())]
    Exposed { path: PathBuf, mode: u32 },
    #[error("{} is encrypted: a passphrase is needed", .0.display())]
    PassphraseNeeded(PathBuf),
    #[error("{} cannot be read as a PKCS#8 Ed25519 key (or the passphrase is wrong): {reason}", .path.display())]
    NotAKey { path: PathBuf, reason: pkcs8::Error },
    #[error("{}: {error}", .path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("{}: {error}", .path.display())]
    Keys { path: PathBuf, error: KeyError },
    #[error("the key could not be encoded: {0}")]
    Encoding(#[from] pkcs8::Error),
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
}

type Result<T> = std::result::Result<T, KeyFileError>;

/// Makes a new active key, valid from `now`, and writes both halves to `directory` (made if missing,
/// mode 0700). The caller adds the record to its keyring and writes that with [`write_jwks`].
///
/// # Errors
/// [`KeyFileError::Exists`] when a file of that name is there; whatever disk and random source refuse.
pub fn generate(
    directory: &Path,
    purpose: Purpose,
    now: Timestamp,
    passphrase: Option<&str>,
) -> Result<(KeyRecord, Signer)> {
    let signer = make(directory, purpose.as_str(), passphrase)?;
    Ok((KeyRecord::active(&signer, purpose, now), signer))
}

/// Makes a new key and writes both halves to `directory` (made if missing, mode 0700), as `<used_for>-<kid in hex>`.
///
/// # Errors
/// As [`generate`].
pub fn make(directory: &Path, used_for: &str, passphrase: Option<&str>) -> Result<Signer> {
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *secret).map_err(KeyFileError::Random)?;
    let signer = Signer::from_secret(&secret);
    write_key(directory, used_for, &signer, passphrase)?;
    Ok(signer)
}

fn write_key(directory: &Path, used_for: &str, signer: &Signer, passphrase: Option<&str>) -> Result<()> {
    let key = signer.signing_key();
    let private = match passphrase {
        Some(passphrase) => key.to_pkcs8_encrypted_pem(passphrase, LineEnding::LF)?,
        None => key.to_pkcs8_pem(LineEnding::LF)?,
    };
    let public = key.verifying_key().to_public_key_pem(LineEnding::LF).map_err(pkcs8::Error::from)?;
    let name = format!("{used_for}-{}", signer.kid().hex());
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(at(directory))?;
    create(&directory.join(format!("{name}.pem")), 0o600, private.as_bytes())?;
    create(&directory.join(format!("{name}.pub.pem")), 0o644, public.as_bytes())
}

/// All private keys of a directory, in order of file name.
///
/// # Errors
/// [`KeyFileError::Exposed`] when group or others may read one; [`KeyFileError::PassphraseNeeded`],
/// [`KeyFileError::NotAKey`].
pub fn read_private_keys(directory: &Path, passphrase: Option<&str>) -> Result<Vec<Signer>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(at(directory))? {
        let path = entry.map_err(at(directory))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".pem") && !name.ends_with(".pub.pem") {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| read_private_key(path, passphrase)).collect()
}

fn read_private_key(path: &Path, passphrase: Option<&str>) -> Result<Signer> {
    let mut file = File::open(path).map_err(at(path))?;
    let mode = file.metadata().map_err(at(path))?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Exposed { path: path.to_owned(), mode });
    }
    let mut pem = Zeroizing::new(String::new());
    file.read_to_string(&mut pem).map_err(at(path))?;
    let key = match (pem.contains("BEGIN ENCRYPTED PRIVATE KEY"), passphrase) {
        (true, Some(passphrase)) => SigningKey::from_pkcs8_encrypted_pem(&pem, passphrase),
        (true, None) => return Err(KeyFileError::PassphraseNeeded(path.to_owned())),
        (false, _) => SigningKey::from_pkcs8_pem(&pem),
    };
    key.map(Signer::from).map_err(|reason| KeyFileError::NotAKey { path: path.to_owned(), reason })
}

/// Writes the public keys and their states to `jwks.json`: a new file in the old one's place, so that
/// a reader sees one or the other whole.
///
/// # Errors
/// Whatever the disk refuses.
pub fn write_jwks(directory: &Path, keyring: &Keyring) -> Result<()> {
    let path = directory.join(JWKS);
    let draft = directory.join(format!("{JWKS}.{}", std::process::id()));
    let text = format!("{:#}\n", keyring.jwks());
    create(&draft, 0o644, text.as_bytes())?;
    fs::rename(&draft, &path).map_err(at(&path))?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(at(directory))
}

/// The public keys of `directory/jwks.json`: enough to verify.
///
/// # Errors
/// A missing file, or one that is not a key set of ours.
pub fn read_jwks(directory: &Path) -> Result<Keyring> {
    let path = directory.join(JWKS);
    let json = fs::read_to_string(&path).map_err(at(&path))?;
    Keyring::from_jwks(&json).map_err(|error| KeyFileError::Keys { path, error })
}

/// A new file, durable before we go on: a key that signed must not be lost with the power.
fn create(path: &Path, mode: u32, content: &[u8]) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(at(path))?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(at(path))
}

fn at(path: &Path) -> impl Fn(io::Error) -> KeyFileError {
    move |error| match error.kind() {
        ErrorKind::AlreadyExists => KeyFileError::Exists(path.to_owned()),
        _ => KeyFileError::File { path: path.to_owned(), error },
    }
}
