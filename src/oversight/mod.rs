//! Oversight: what auditors, the treasury and the programme office read. Queries only; writes nothing.
//!
//! `ledger` shows accounts and transactions, `postings` searches postings, `statement` follows one account day by day;
//! `execution` shows the budget line by line, what is owed to whom, and the way to the target, `breakdown` the budget by agency,
//! course run and month; `trace` follows money from a
//! redemption to hours, payees and payments, and back, `starts` from whatever else one has; `unusual` looks for what its
//! `rules` describe, `attempts` shows what was refused; `sample` picks postings by a seed; `tiles` gives out the log's tree,
//! `proofs` what it proves; `retrained` is the official figure,
//! `weeks` the way to the target week by week, `load` what instructors have taught, `campaign` what the campaign spent, `readiness` what is still to be set up, `names` what pages call things.
//! Payees and holders appear as pseudonymous ids only.

pub mod attempts;
pub mod breakdown;
pub mod campaign;
pub mod execution;
pub mod http;
pub mod ledger;
pub mod load;
pub mod log_http;
pub mod names;
pub mod postings;
pub mod proofs;
pub mod readiness;
mod redemptions;
pub mod retrained;
mod rules;
pub mod sample;
pub mod starts;
pub mod statement;
pub mod tiles;
pub mod trace;
pub mod unusual;
pub mod weeks;

use crate::db::Connection;
use crate::kernel::{ProgrammeId, Refusal};
use crate::programme::ProgrammeFacts;
use crate::writer::Stop;

/// A programme; with `university_no`, only among that university's.
///
/// # Errors
/// `not_found`; the database's.
pub fn programme(
    connection: &mut Connection,
    id: ProgrammeId,
    university_no: Option<i64>,
) -> Result<ProgrammeFacts, Stop> {
    let found = ProgrammeFacts::find(connection, id)?;
    let own = found.filter(|programme| university_no.is_none_or(|own| own == programme.university_no));
    Ok(own.ok_or_else(|| Refusal::not_found("programme"))?)
}
