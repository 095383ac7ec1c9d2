//! The redemptions of a voucher, reversed ones too: those are found by its history, which needs no index of its own.

use crate::db::Connection;
use crate::db::schema::{redemption, voucher, voucher_attempt};
use crate::kernel::RedemptionId;
use crate::writer::Failure;
use diesel::prelude::*;

/// Their numbers, in the order they were made.
///
/// # Errors
/// The database's; stored facts that cannot be read.
pub(super) fn of_voucher(
    connection: &mut Connection,
    programme_no: i64,
    voucher_no: i64,
) -> Result<Vec<i64>, Failure> {
    let live: Option<i64> = voucher::table
        .find((programme_no, voucher_no))
        .select(voucher::redemption_no)
        .get_result(connection)?;
    let reversals: Vec<String> = voucher_attempt::table
        .filter(voucher_attempt::programme_no.eq(programme_no))
        .filter(voucher_attempt::voucher_no.eq(voucher_no))
        .filter(voucher_attempt::action.eq("reverse"))
        .filter(voucher_attempt::outcome.eq("done"))
        .select(voucher_attempt::facts)
        .load(connection)?;
    let reversed = |facts: String| {
        let facts: Reversed = serde_json::from_str(&facts)
            .map_err(|_| Failure::Inconsistent("kept facts of a reversal cannot be read".into()))?;
        Ok(facts.redemption_id)
    };
    let ids = reversals.into_iter().map(reversed).collect::<Result<Vec<_>, Failure>>()?;
    let mut numbers: Vec<i64> = redemption::table
        .filter(redemption::programme_no.eq(programme_no))
        .filter(redemption::redemption_id.eq_any(ids))
        .select(redemption::redemption_no)
        .load(connection)?;
    numbers.extend(live);
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

#[derive(serde::Deserialize)]
struct Reversed {
    redemption_id: RedemptionId,
}
