//! Others' tools read our credentials: the coset crate here, zbarimg and Python's `cwt` in
//! `tests/strangers/credential.py`. That half needs an interpreter that has `cwt`, which is not every
//! machine's: `STRANGERS_PYTHON=… cargo test --test credential_strangers -- --include-ignored`.

#[path = "support/credential.rs"]
mod support;

use coset::{CoseSign1, TaggedCborSerializable, iana};
use ed25519_dalek::{Signature, VerifyingKey};
use std::fs;
use std::process::Command;
use support::{claims, public_keyring, signer};
use training_vouchers::credential::{Claims, decode, key_files, qr, sign, verify};
use training_vouchers::kernel::Timestamp;

/// Valid until 2099, because strangers look at their own clock.
fn text() -> String {
    let claims = Claims { expires_at: Timestamp::from_millis(4_070_908_800_000), ..claims() };
    sign(&claims, &signer()).unwrap().text()
}

#[test]
fn coset_reads_and_verifies() {
    let cose = CoseSign1::from_tagged_slice(&decode(&text()).unwrap()).unwrap();
    let header = &cose.protected.header;
    assert_eq!(header.alg, Some(coset::RegisteredLabelWithPrivate::Assigned(iana::Algorithm::Ed25519)));
    assert_eq!(header.key_id, signer().kid().bytes());
    assert!(cose.unprotected.is_empty());
    let key = VerifyingKey::from_bytes(&signer().public_key()).unwrap();
    cose.verify_signature(&[], |signature, message| {
        key.verify_strict(message, &Signature::from_slice(signature).unwrap())
    })
    .unwrap();
}

#[test]
fn a_picture_carries_the_credential() {
    let picture = qr::png(&text(), 4).unwrap();
    let texts = qr::read(&picture).unwrap();
    assert_eq!(texts, [text()]);
    assert!(verify(&texts[0], &public_keyring()).is_ok());
}

#[test]
#[ignore = "needs zbarimg, and STRANGERS_PYTHON: a Python that has cwt"]
fn python_reads_and_verifies() {
    let python = std::env::var("STRANGERS_PYTHON").expect("STRANGERS_PYTHON names a Python that has cwt");
    let directory = std::env::temp_dir().join(format!("credential-strangers-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    key_files::write_jwks(&directory, &public_keyring()).unwrap();
    let picture = directory.join("credential.png");
    fs::write(&picture, qr::png(&text(), 4).unwrap()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/strangers/credential.py");
    let run = |credential: &std::ffi::OsStr| {
        let mut command = Command::new(&python);
        let output = command.arg(script).arg(directory.join("jwks.json")).arg(credential).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for (code, shown) in [run(picture.as_os_str()), run(text().as_ref())] {
        println!("{shown}");
        assert_eq!(code, Some(0), "{shown}");
    }
    let text = text();
    let (first, rest) = text.split_at(20);
    let damaged = format!("{first}{}", rest.replacen(['A', 'B', 'C'], "D", 1));
    assert_eq!(run(damaged.as_ref()).0, Some(1));
    fs::remove_dir_all(&directory).unwrap();
}
