//! Redemptions and their reversals as their leaves must say them.

use super::Records;
use super::later::Later;
use crate::db::Connection;
use crate::db::schema::{course_run, redemption, voucher};
use crate::kernel::{CourseRunId, RedemptionId, VoucherId};
use crate::ledger::model::Kind;
use diesel::prelude::*;
use std::ops::RangeInclusive;

/// Those that say of themselves that they are live or reversed, and no third thing.
pub(super) fn redemptions(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
    later: &mut Later,
) -> QueryResult<Records> {
    let live = redemption::status.eq(1).and(redemption::reversed_log_index.is_null());
    let reversed = redemption::status.eq(2).and(redemption::reversed_log_index.is_not_null());
    let rows: Vec<(i64, RedemptionId, VoucherId, CourseRunId, Option<i64>)> = redemption::table
        .inner_join(
            voucher::table.on(voucher::programme_no
                .eq(redemption::programme_no)
                .and(voucher::voucher_no.eq(redemption::voucher_no))),
        )
        .inner_join(
            course_run::table.on(course_run::programme_no
                .eq(redemption::programme_no)
                .and(course_run::course_run_no.eq(redemption::course_run_no))),
        )
        .filter(redemption::programme_no.eq(programme_no))
        .filter(redemption::redemption_no.between(range.start(), range.end()))
        .filter(live.or(reversed))
        .select((
            redemption::redemption_no,
            redemption::redemption_id,
            voucher::voucher_id,
            course_run::course_run_id,
            redemption::reversed_log_index,
        ))
        .load(connection)?;
    let records = rows.into_iter().map(|(redemption_no, redemption, voucher, course_run, reversed)| {
        let redemption = ("redemption", redemption.bytes().to_vec());
        if reversed.is_some() {
            let kind = Kind::RedemptionReversed;
            later.expect(programme_no, kind, redemption_no, reversed, vec![redemption.clone()]);
        }
        let subjects = vec![
            redemption,
            ("voucher", voucher.bytes().to_vec()),
            ("course_run", course_run.bytes().to_vec()),
        ];
        (redemption_no, subjects)
    });
    Ok(records.collect())
}
