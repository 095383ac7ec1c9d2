//! Keys on disk: made, protected, read back.

#[path = "support/credential.rs"]
mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use support::{ISSUED, ISSUER, claims};
use training_vouchers::credential::key_files::{
    KeyFileError, generate, read_jwks, read_private_keys, write_jwks,
};
use training_vouchers::credential::{KeyError, Keyring, Purpose, sign, verify};

/// An empty directory, gone with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("credential-keys-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn named(&self, end: &str) -> PathBuf {
        let mut paths = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        paths.find(|path| path.to_str().unwrap().ends_with(end)).unwrap()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl std::ops::Deref for Directory {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.0
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

#[test]
fn keys_are_made_private_and_read_back() {
    let directory = Directory::new("plain");
    let (credential, _) = generate(&directory, Purpose::Credential, ISSUED, None).unwrap();
    let (log, _) = generate(&directory, Purpose::Log, ISSUED, None).unwrap();
    let private = directory.join(format!("credential-{}.pem", credential.kid.hex()));
    assert_eq!((mode(&directory), mode(&private)), (0o700, 0o600));
    assert!(fs::read_to_string(&private).unwrap().starts_with("-----BEGIN PRIVATE KEY-----"));
    let public = fs::read_to_string(directory.join(format!("log-{}.pub.pem", log.kid.hex()))).unwrap();
    assert!(public.starts_with("-----BEGIN PUBLIC KEY-----"));

    let private = read_private_keys(&directory, None).unwrap();
    let keyring = Keyring::new(ISSUER, vec![credential.clone(), log], private).unwrap();
    write_jwks(&directory, &keyring).unwrap();
    let signer = keyring.signer(Purpose::Credential, ISSUED).unwrap();
    assert_eq!(signer.kid(), credential.kid);
    assert_ne!(keyring.signer(Purpose::Log, ISSUED).unwrap().kid(), credential.kid);

    let text = sign(&claims(), signer).unwrap().text();
    let public_only = read_jwks(&directory).unwrap();
    assert!(public_only.signer(Purpose::Credential, ISSUED).is_none());
    assert_eq!(verify(&text, &public_only).unwrap().claims(), &claims());
}

#[test]
fn a_private_key_others_can_read_is_refused() {
    let directory = Directory::new("exposed");
    generate(&directory, Purpose::Log, ISSUED, None).unwrap();
    let path = directory.named(".pem");
    let path = if path.to_str().unwrap().ends_with(".pub.pem") {
        PathBuf::from(path.to_str().unwrap().replace(".pub.pem", ".pem"))
    } else {
        path
    };
    for exposed in [0o640, 0o604, 0o660] {
        fs::set_permissions(&path, Permissions::from_mode(exposed)).unwrap();
        let error = read_private_keys(&directory, None).unwrap_err();
        assert!(matches!(error, KeyFileError::Exposed { mode, .. } if mode == exposed), "{error}");
        assert!(error.to_string().contains("chmod 600"));
    }
    fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
    assert_eq!(read_private_keys(&directory, None).unwrap().len(), 1);
}

#[test]
fn a_passphrase_protects_a_key() {
    let directory = Directory::new("passphrase");
    let (record, _) = generate(&directory, Purpose::Credential, ISSUED, Some("пароль")).unwrap();
    let private = directory.join(format!("credential-{}.pem", record.kid.hex()));
    assert!(fs::read_to_string(&private).unwrap().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    let error = read_private_keys(&directory, None).unwrap_err();
    assert!(matches!(error, KeyFileError::PassphraseNeeded(_)), "{error}");
    let error = read_private_keys(&directory, Some("parole")).unwrap_err();
    assert!(matches!(error, KeyFileError::NotAKey { .. }), "{error}");
    assert_eq!(read_private_keys(&directory, Some("пароль")).unwrap()[0].kid(), record.kid);
}

#[test]
fn a_directory_that_does_not_fit_together_is_refused() {
    let directory = Directory::new("unfit");
    assert!(matches!(read_jwks(&directory), Err(KeyFileError::File { .. })));
    generate(&directory, Purpose::Credential, ISSUED, None).unwrap();
    let private = read_private_keys(&directory, None).unwrap();
    let error = Keyring::new(ISSUER, vec![], private).unwrap_err();
    assert!(matches!(error, KeyError::NoRecord(_)), "{error}");

    fs::write(directory.join("jwks.json"), "{}").unwrap();
    assert!(matches!(read_jwks(&directory), Err(KeyFileError::Keys { error: KeyError::NotAJwks(_), .. })));
    let junk = directory.join("junk.pem");
    fs::write(&junk, "no key").unwrap();
    fs::set_permissions(&junk, Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(read_private_keys(&directory, None), Err(KeyFileError::NotAKey { .. })));
}
