//! What is told beside the books about a programme, a session, a payment, a contract …, bound to the leaf that recorded it
//! by a digest: an edit of the tables is found by the audit. Pure.
//!
//! SHA-256 of a JSON array of strings without blanks, such as `["2020-09-08","lecture","7"]`. For every kind of record one
//! function makes the strings, and `of_…` their digest.

use super::leaf::Leaf;
use super::model::Kind;
use crate::kernel::{Kopecks, RedemptionId};
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

/// Of a session: its day (`YYYY-MM-DD`), phase, whole hours and, where it is fixed, the time it starts at (`HH:MM`).
pub fn session(held_on: &str, phase: &str, hours: i32, starts_at: Option<&str>) -> Vec<String> {
    let always = [held_on.to_owned(), phase.to_owned(), hours.to_string()];
    always.into_iter().chain(starts_at.map(str::to_owned)).collect()
}

/// The digest of [`session`].
pub fn of_session(held_on: &str, phase: &str, hours: i32, starts_at: Option<&str>) -> [u8; 32] {
    digest(&session(held_on, phase, hours, starts_at))
}

/// Of an accepted session: hours, hourly rate in kopecks, contributions in 1/10 000 of the pay, pay and contributions in
/// kopecks.
pub fn acceptance(
    hours: i32,
    hourly_rate: Kopecks,
    contribution_basis_points: u32,
    pay: Kopecks,
    contributions: Kopecks,
) -> [String; 5] {
    [
        hours.to_string(),
        hourly_rate.get().to_string(),
        contribution_basis_points.to_string(),
        pay.get().to_string(),
        contributions.get().to_string(),
    ]
}

/// The digest of [`acceptance`].
pub fn of_acceptance(
    hours: i32,
    hourly_rate: Kopecks,
    contribution_basis_points: u32,
    pay: Kopecks,
    contributions: Kopecks,
) -> [u8; 32] {
    digest(&acceptance(hours, hourly_rate, contribution_basis_points, pay, contributions))
}

/// Of a payment: the number of its order, its day (`YYYY-MM-DD`) and its kopecks. Of an act of the campaign the same.
pub fn payment(document_number: &str, paid_on: &str, amount: Kopecks) -> [String; 3] {
    [document_number.to_owned(), paid_on.to_owned(), amount.get().to_string()]
}

/// The digest of [`payment`].
pub fn of_payment(document_number: &str, paid_on: &str, amount: Kopecks) -> [u8; 32] {
    digest(&payment(document_number, paid_on, amount))
}

/// Of an instructor's contract: its number, hourly rate in kopecks, first and last day (`YYYY-MM-DD`) and hours at most.
pub fn of_instructor_contract(
    number: &str,
    hourly_rate: Kopecks,
    valid_from: &str,
    valid_until: &str,
    hours: i32,
) -> [u8; 32] {
    digest(&[
        number.to_owned(),
        hourly_rate.get().to_string(),
        valid_from.to_owned(),
        valid_until.to_owned(),
        hours.to_string(),
    ])
}

/// Of a course run's plan: phase and hours of each planned phase, in the order of the phases.
pub fn plan<'a>(phases: impl IntoIterator<Item = (&'a str, i32)>) -> Vec<String> {
    phases.into_iter().flat_map(|(phase, hours)| [phase.to_owned(), hours.to_string()]).collect()
}

/// The digest of [`plan`].
pub fn of_plan<'a>(phases: impl IntoIterator<Item = (&'a str, i32)>) -> [u8; 32] {
    digest(&plan(phases))
}

/// Of an attendance list: redemption and `present` or `absent` of each row, by redemption id.
pub fn attendance(mut rows: Vec<(RedemptionId, bool)>) -> Vec<String> {
    rows.sort_unstable();
    let facts = rows.into_iter().flat_map(|(redemption_id, present)| {
        [redemption_id.to_string(), if present { "present" } else { "absent" }.to_owned()]
    });
    facts.collect()
}

/// The digest of [`attendance`].
pub fn of_attendance(rows: Vec<(RedemptionId, bool)>) -> [u8; 32] {
    digest(&attendance(rows))
}

/// Of test results: redemption, `passed` or `failed`, and the score (empty where there is none) of each row, by
/// redemption id.
pub fn results(mut rows: Vec<(RedemptionId, bool, Option<i32>)>) -> Vec<String> {
    rows.sort_unstable();
    let facts = rows.into_iter().flat_map(|(redemption_id, passed, score)| {
        let verdict = if passed { "passed" } else { "failed" };
        [
            redemption_id.to_string(),
            verdict.to_owned(),
            score.map_or_else(String::new, |score| score.to_string()),
        ]
    });
    facts.collect()
}

/// The digest of [`results`].
pub fn of_results(rows: Vec<(RedemptionId, bool, Option<i32>)>) -> [u8; 32] {
    digest(&results(rows))
}

/// Of a completion: the number of the document, its day (`YYYY-MM-DD`) and the category of service.
pub fn completion(document_number: &str, completed_on: &str, category: &str) -> [String; 3] {
    [document_number.to_owned(), completed_on.to_owned(), category.to_owned()]
}

/// The digest of [`completion`].
pub fn of_completion(document_number: &str, completed_on: &str, category: &str) -> [u8; 32] {
    digest(&completion(document_number, completed_on, category))
}

/// Of a contract of the campaign: its number, its day (`YYYY-MM-DD`), what it is about and its kopecks.
pub fn contract(document_number: &str, signed_on: &str, subject: &str, amount: Kopecks) -> [String; 4] {
    [document_number, signed_on, subject, &amount.get().to_string()].map(str::to_owned)
}

/// The digest of [`contract`].
pub fn of_contract(document_number: &str, signed_on: &str, subject: &str, amount: Kopecks) -> [u8; 32] {
    digest(&contract(document_number, signed_on, subject, amount))
}

/// The leaf's subject that carries the digest of a reason.
pub const REASON: &str = "reason_sha256";

/// Of the reason given for an act: SHA-256 of its text.
pub fn of_reason(reason: &str) -> [u8; 32] {
    of_text(reason)
}

/// Of a settlement account: its number and the BIC it is kept under.
pub fn account(number: &str, bic: &str) -> [String; 2] {
    [number, bic].map(str::to_owned)
}

/// The digest of [`account`].
pub fn of_account(number: &str, bic: &str) -> [u8; 32] {
    digest(&account(number, bic))
}

/// Of an item of a bank statement: its place, its id, `debit` or `credit`, day (`YYYY-MM-DD`), kopecks, number of the
/// document, what became of it, why it was matched with nothing (or empty), and the id of the payment or register it was
/// matched with (or empty).
pub type StatementItem = [String; 9];

/// Of a bank statement: first and last day (`YYYY-MM-DD`), opening and closing balance in kopecks, SHA-256 of the file
/// (hexadecimal), and those of its items, one behind the other.
pub fn statement(
    (first_day, last_day): (&str, &str),
    opening: Kopecks,
    closing: Kopecks,
    file_sha256: &[u8],
    items: impl IntoIterator<Item = StatementItem>,
) -> Vec<String> {
    let file: String = file_sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    let balances = [opening.get().to_string(), closing.get().to_string()];
    let whole = [first_day.to_owned(), last_day.to_owned()].into_iter().chain(balances).chain([file]);
    whole.chain(items.into_iter().flatten()).collect()
}

/// The leaf's subject that carries the digest of a trial balance.
pub const TRIAL_BALANCE: &str = "trial_balance_sha256";

/// SHA-256 of a text.
pub fn of_text(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// Whether the leaf has a digest of facts.
pub fn are_bound(leaf: &Leaf) -> bool {
    leaf.subjects.iter().any(|(name, _)| name == SUBJECT)
}

/// Whether a package tells them: those of attendance, results and completions stay, being about people and moving no
/// money.
pub fn are_told(leaf: &Leaf) -> bool {
    let kind = Kind::from_number(leaf.kind);
    let stays = matches!(kind, Some(Kind::AttendanceRecorded | Kind::ResultsRecorded | Kind::Completed));
    are_bound(leaf) && !stays
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

    fn hex(digest: [u8; 32]) -> String {
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn strangers_get_the_same_digest() {
        // printf '["2020-09-08","lecture","7"]' | sha256sum
        assert_eq!(
            hex(of_session("2020-09-08", "lecture", 7, None)),
            "af695933510cd79f47ef2f1c95847effce80320ab9b7b64f41f2ad62205444f7"
        );
        // printf '["2020-09-08","lecture","7","09:30"]' | sha256sum
        assert_eq!(
            hex(of_session("2020-09-08", "lecture", 7, Some("09:30"))),
            "467097df20ce3d833e8a739e380ea6b2f40c3397afcc59047acf6ba4329abdb8"
        );
        // printf '["7","150001","3020","1050007","317102"]' | sha256sum
        assert_eq!(
            hex(of_acceptance(
                7,
                Kopecks::new(150_001),
                3_020,
                Kopecks::new(1_050_007),
                Kopecks::new(317_102)
            )),
            "7947109f9eaaa2c7cbc2f828f9b3deb1bcee7a7b94d68ea5db0aaf8eceae67c8"
        );
    }

    #[test]
    fn lists_are_the_same_in_any_order() {
        let id = |number| RedemptionId(uuid::Uuid::from_u128(number));
        let digest = of_attendance(vec![(id(2), true), (id(1), false)]);
        assert_eq!(digest, of_attendance(vec![(id(1), false), (id(2), true)]));
        assert_ne!(digest, of_attendance(vec![(id(1), true), (id(2), true)]));
        let digest = of_results(vec![(id(2), true, Some(90)), (id(1), false, None)]);
        assert_eq!(digest, of_results(vec![(id(1), false, None), (id(2), true, Some(90))]));
        assert_ne!(digest, of_results(vec![(id(1), false, Some(0)), (id(2), true, Some(90))]));
    }
}
