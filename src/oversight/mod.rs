//! Oversight: what auditors, the treasury and the programme office read. Queries only; writes nothing.
//!
//! `ledger` shows accounts, transactions and postings; `execution` the budget line by line, what is
//! owed to whom, and the way to the target; `trace` follows money from a redemption to hours, payees
//! and payments, and back; `tiles` gives out the log's tree,
//! `proofs` what it proves. Payees and holders appear as pseudonymous ids only.

pub mod execution;
pub mod http;
pub mod ledger;
pub mod log_http;
pub mod proofs;
pub mod retrained;
pub mod tiles;
pub mod trace;

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
