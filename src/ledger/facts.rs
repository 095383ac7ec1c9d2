//! What is told beside the books about a session, a payment, a contract or an act, bound to the leaf that recorded it by a
//! digest: an edit of the tables is found by the audit. Pure.
//!
//! SHA-256 of a JSON array of strings without blanks, such as `["2020-09-08","lecture","7"]`.

use crate::kernel::Kopecks;
use sha2::{Digest, Sha256};

/// The leaf's subject that carries the digest.
pub const SUBJECT: &str = "facts_sha256";

/// Of a session: its day (`YYYY-MM-DD`), phase and whole hours.
pub fn of_session(held_on: &str, phase: &str, hours: i32) -> [u8; 32] {
    digest([held_on, phase, &hours.to_string()])
}

/// Of a payment: the number of its order, its day (`YYYY-MM-DD`) and its kopecks.
pub fn of_payment(document_number: &str, paid_on: &str, amount: Kopecks) -> [u8; 32] {
    digest([document_number, paid_on, &amount.get().to_string()])
}

/// Of a contract: its number, its day (`YYYY-MM-DD`), what it is about and its kopecks.
pub fn of_contract(document_number: &str, signed_on: &str, subject: &str, amount: Kopecks) -> [u8; 32] {
    digest([document_number, signed_on, subject, &amount.get().to_string()])
}

/// Of an act: its number, its day (`YYYY-MM-DD`) and its kopecks.
pub fn of_act(document_number: &str, accepted_on: &str, amount: Kopecks) -> [u8; 32] {
    digest([document_number, accepted_on, &amount.get().to_string()])
}

/// The leaf's subject that carries the digest of a reason.
pub const REASON: &str = "reason_sha256";

/// Of the reason given for an act: SHA-256 of its text.
pub fn of_reason(reason: &str) -> [u8; 32] {
    of_text(reason)
}

/// The leaf's subject that carries the digest of a trial balance.
pub const TRIAL_BALANCE: &str = "trial_balance_sha256";

/// SHA-256 of a text.
pub fn of_text(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

fn digest<const N: usize>(facts: [&str; N]) -> [u8; 32] {
    Sha256::digest(serde_json::Value::from(facts.to_vec()).to_string()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_get_the_same_digest() {
        // printf '["2020-09-08","lecture","7"]' | sha256sum
        let hex: String =
            of_session("2020-09-08", "lecture", 7).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "af695933510cd79f47ef2f1c95847effce80320ab9b7b64f41f2ad62205444f7");
    }
}
