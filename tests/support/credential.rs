//! Claims and keys for the credential tests.

#![allow(dead_code, reason = "no test binary needs all of it")]

use training_vouchers::credential::{Claims, KeyRecord, Keyring, Purpose, Signer, encode};
use training_vouchers::kernel::{Code, Kopecks, Refusal, Timestamp};
use uuid::Uuid;

pub const ISSUER: &str = "vouchers.pskov.example";

/// 2020-03-17T10:00:00Z.
pub const ISSUED: Timestamp = Timestamp::from_millis(1_584_439_200_000);

/// A realistic claim set with a long surname.
pub fn claims() -> Claims {
    Claims {
        issuer: ISSUER.to_owned(),
        audience: "pskovgu".to_owned(),
        not_before: ISSUED,
        expires_at: Timestamp::from_millis(1_609_448_400_000),
        issued_at: ISSUED,
        voucher_id: Uuid::from_u128(0x0170_e7b0_8c00_7abc_8def_0123_4567_89ab).into(),
        status_index: 1_234_567,
        status_uri: "https://vouchers.pskov.example/s/1".to_owned(),
        credential_version: 1,
        programme_id: Uuid::from_u128(0x0170_e7b0_8c00_7fff_9def_0123_4567_89ab).into(),
        agency_code: "KOMZDRAV".to_owned(),
        course_hours: 72,
        face_value: Kopecks::new(650_000),
        holder: "Константинопольский В. А.".to_owned(),
    }
}

pub fn signer() -> Signer {
    Signer::from_secret(&[7; 32])
}

pub fn record(signer: &Signer) -> KeyRecord {
    KeyRecord::active(signer, Purpose::Credential, ISSUED.plus_seconds(-3_600))
}

/// A keyring that can only verify.
pub fn public_keyring() -> Keyring {
    Keyring::new(ISSUER, vec![record(&signer())], vec![]).unwrap()
}

/// A keyring that holds the private key too, and verifies by signing again.
pub fn private_keyring() -> Keyring {
    Keyring::new(ISSUER, vec![record(&signer())], vec![signer()]).unwrap()
}

/// Code and reason, for short assertions.
pub fn refused<T: std::fmt::Debug>(result: Result<T, Refusal>) -> (Code, String) {
    let refusal = result.unwrap_err();
    let reason = refusal.facts.get("reason").and_then(|reason| reason.as_str()).unwrap_or_default();
    (refusal.code, reason.to_owned())
}

/// Any bytes as a credential's text.
pub fn text(bytes: &[u8]) -> String {
    encode(bytes)
}
