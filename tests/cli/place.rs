//! A directory of its own for the program, and what it said there.

use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;
use training_vouchers::credential::{self, Claims, Keyring, Purpose, key_files};
use training_vouchers::kernel::{Kopecks, ProgrammeId, Timestamp, VoucherId};
use uuid::Uuid;

pub const PASSPHRASE: &str = "VOUCHERS_KEY_PASSPHRASE";

/// A working directory where `vouchers` runs in English with nothing set.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn initialised() -> Self {
        let place = Self::new();
        assert_code(&place.run(&["init", "--issuer", "vouchers.test"]), 0);
        place
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vouchers"));
        for name in ["DATA", "KEYS", "CONFIG", "LOG_FORMAT", "LISTEN", "WORKERS", "TOKEN", "KEY_PASSPHRASE"] {
            command.env_remove(format!("VOUCHERS_{name}"));
        }
        command.current_dir(self.0.path()).env("LC_ALL", "C.UTF-8").env_remove("RUST_LOG").args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Its keys, the private ones too.
    pub fn keyring(&self) -> Keyring {
        let directory = self.path("keys");
        let public = key_files::read_jwks(&directory).unwrap();
        let records = public.records().into_iter().cloned().collect();
        let signers = key_files::read_private_keys(&directory, None).unwrap();
        Keyring::new(public.issuer(), records, signers).unwrap()
    }

    /// The text of a credential signed by this place's key.
    pub fn credential(&self, expires_at: Timestamp) -> String {
        let keyring = self.keyring();
        let active = keyring.records().into_iter().find(|key| key.purpose == Purpose::Credential).unwrap();
        let issued_at = active.valid_from;
        let claims = Claims {
            issuer: "vouchers.test".into(),
            audience: "PSKOVGU".into(),
            not_before: Timestamp::from_millis(1_577_826_000_000),
            expires_at,
            issued_at,
            voucher_id: VoucherId(Uuid::from_u128(7)),
            status_index: 1,
            status_uri: "s/1".into(),
            credential_version: 1,
            programme_id: ProgrammeId(Uuid::from_u128(8)),
            agency_code: "PSK-ED".into(),
            course_hours: 72,
            face_value: Kopecks::new(650_000),
            holder: "Иванов И. И.".into(),
        };
        let signer = keyring.signer(Purpose::Credential, issued_at).unwrap();
        credential::sign(&claims, signer).unwrap().text()
    }
}

pub fn assert_code(output: &Output, code: i32) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "\n--- out\n{out}\n--- err\n{err}");
}

pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// 2099: after every date in these tests.
pub const FAR: Timestamp = Timestamp::from_millis(4_070_908_800_000);
