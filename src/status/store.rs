//! Reading what status lists are made of.

use crate::db::Connection;
use crate::db::schema::{checkpoint, programme, voucher};
use crate::kernel::ProgrammeId;
use crate::voucher::Status;
use diesel::dsl::max;
use diesel::prelude::*;
use std::ops::Range;

/// The programme of a list, and how far its log is.
pub struct Head {
    pub programme_no: i64,
    pub programme_id: ProgrammeId,
    /// The number that the next voucher will have.
    pub next_voucher_no: i64,
    /// Leaves: whatever becomes of a voucher adds one.
    pub log_size: i64,
}

/// The head of the programme with this code.
///
/// # Errors
/// The database's.
pub fn head(connection: &mut Connection, code: &str) -> QueryResult<Option<Head>> {
    let found: Option<(i64, ProgrammeId, i64)> = programme::table
        .filter(programme::code.eq(code))
        .select((programme::programme_no, programme::programme_id, programme::next_voucher_no))
        .get_result(connection)
        .optional()?;
    let Some((programme_no, programme_id, next_voucher_no)) = found else { return Ok(None) };
    let log_size: Option<i64> = checkpoint::table
        .filter(checkpoint::programme_no.eq(programme_no))
        .select(max(checkpoint::tree_size))
        .get_result(connection)?;
    Ok(Some(Head { programme_no, programme_id, next_voucher_no, log_size: log_size.unwrap_or(0) }))
}

/// The vouchers of these numbers that are no longer merely issued.
///
/// # Errors
/// The database's.
pub fn changed(
    connection: &mut Connection,
    programme_no: i64,
    numbers: &Range<i64>,
) -> QueryResult<Vec<(i64, Status)>> {
    voucher::table
        .filter(voucher::programme_no.eq(programme_no))
        .filter(voucher::voucher_no.ge(numbers.start))
        .filter(voucher::voucher_no.lt(numbers.end))
        .filter(voucher::status.ne(Status::Issued.number()))
        .select((voucher::voucher_no, voucher::status))
        .load(connection)
}
