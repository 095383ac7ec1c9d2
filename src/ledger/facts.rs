//! What is told beside the books about a programme, a session or a payment, bound to the leaf that recorded it by a
//! digest: an edit of the tables is found by the audit. Pure.
//!
//! SHA-256 of a JSON array of strings without blanks, such as `["2020-09-08","lecture","7"]`.

use super::leaf::Leaf;
use crate::kernel::Kopecks;
use sha2::{Digest, Sha256};

/// The leaf's subject that carries the digest.
pub const SUBJECT: &str = "facts_sha256";

/// Of a programme that opens: face value in kopecks, hours of the course, contributions in 1/10 000 of the pay, and
/// the target.
pub fn programme(
    face_value: Kopecks,
    course_hours: i32,
    contribution_basis_points: u32,
    target: i32,
) -> [String; 4] {
    [
        face_value.get().to_string(),
        course_hours.to_string(),
        contribution_basis_points.to_string(),
        target.to_string(),
    ]
}

/// Of a session: its day (`YYYY-MM-DD`), phase and whole hours.
pub fn session(held_on: &str, phase: &str, hours: i32) -> [String; 3] {
    [held_on.to_owned(), phase.to_owned(), hours.to_string()]
}

/// The digest of [`session`].
pub fn of_session(held_on: &str, phase: &str, hours: i32) -> [u8; 32] {
    digest(&session(held_on, phase, hours))
}

/// Of a payment: the number of its order, its day (`YYYY-MM-DD`) and its kopecks.
pub fn payment(document_number: &str, paid_on: &str, amount: Kopecks) -> [String; 3] {
    [document_number.to_owned(), paid_on.to_owned(), amount.get().to_string()]
}

/// The digest of [`payment`].
pub fn of_payment(document_number: &str, paid_on: &str, amount: Kopecks) -> [u8; 32] {
    digest(&payment(document_number, paid_on, amount))
}

/// The leaf's subject that carries the digest of a reason.
pub const REASON: &str = "reason_sha256";

/// Of the reason given for an act: SHA-256 of its text.
pub fn of_reason(reason: &str) -> [u8; 32] {
    Sha256::digest(reason).into()
}

/// Whether the leaf has a digest of facts.
pub fn are_bound(leaf: &Leaf) -> bool {
    leaf.subjects.iter().any(|(name, _)| name == SUBJECT)
}

/// Whether they are those that the leaf has the digest of.
pub fn are_those_of(told: &[String], leaf: &Leaf) -> bool {
    let digest = digest(told);
    leaf.subjects.iter().any(|(name, value)| name == SUBJECT && *value == digest)
}

/// The digest of facts of any kind.
pub fn digest(facts: &[String]) -> [u8; 32] {
    Sha256::digest(serde_json::Value::from(facts).to_string()).into()
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
