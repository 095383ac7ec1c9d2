//! Redemptions, their moves to other course runs and their reversals as their leaves must say them.

use super::Records;
use super::later::Later;
use crate::db::Connection;
use crate::kernel::{CourseRunId, RedemptionId, VoucherId};
use crate::ledger::facts;
use crate::ledger::model::Kind;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use std::ops::RangeInclusive;

#[derive(QueryableByName)]
struct Redeemed {
    #[diesel(sql_type = BigInt)]
    redemption_no: i64,
    #[diesel(sql_type = Binary)]
    redemption_id: RedemptionId,
    #[diesel(sql_type = Binary)]
    voucher_id: VoucherId,
    #[diesel(sql_type = Binary)]
    course_run_id: CourseRunId,
    #[diesel(sql_type = Nullable<BigInt>)]
    reversed_log_index: Option<i64>,
}

/// Those that say of themselves that they are live or reversed, and no third thing; each with the course run that it was made
/// into: that of its first move, if it was moved.
pub(super) fn redemptions(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
    later: &mut Later,
) -> QueryResult<Records> {
    let rows: Vec<Redeemed> = sql_query(
        "SELECT r.redemption_no, r.redemption_id, v.voucher_id, c.course_run_id, r.reversed_log_index
         FROM redemption r
         JOIN voucher v ON v.programme_no = r.programme_no AND v.voucher_no = r.voucher_no
         JOIN course_run c ON c.programme_no = r.programme_no AND c.course_run_no = COALESCE(
             (SELECT m.from_course_run_no FROM enrolment_move m
              WHERE m.programme_no = r.programme_no AND m.redemption_no = r.redemption_no
              ORDER BY m.move_no LIMIT 1), r.course_run_no)
         WHERE r.programme_no = $1 AND r.redemption_no BETWEEN $2 AND $3
           AND (r.status = 1 AND r.reversed_log_index IS NULL OR r.status = 2 AND r.reversed_log_index IS NOT NULL)",
    )
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(range.start())
    .bind::<BigInt, _>(range.end())
    .load(connection)?;
    let records = rows.into_iter().map(|row| {
        let redemption = ("redemption", row.redemption_id.bytes().to_vec());
        if row.reversed_log_index.is_some() {
            let (kind, reversed) = (Kind::RedemptionReversed, row.reversed_log_index);
            later.expect(programme_no, kind, row.redemption_no, reversed, vec![redemption.clone()]);
        }
        let subjects = vec![
            redemption,
            ("voucher", row.voucher_id.bytes().to_vec()),
            ("course_run", row.course_run_id.bytes().to_vec()),
        ];
        (row.redemption_no, subjects)
    });
    Ok(records.collect())
}

#[derive(QueryableByName)]
struct Moved {
    #[diesel(sql_type = BigInt)]
    move_no: i64,
    #[diesel(sql_type = Binary)]
    redemption_id: RedemptionId,
    #[diesel(sql_type = Binary)]
    from_course_run_id: CourseRunId,
    #[diesel(sql_type = Binary)]
    course_run_id: CourseRunId,
    #[diesel(sql_type = Text)]
    reason: String,
}

/// Moves: from the run they say, to that of the next move, or to the redemption's own.
pub(super) fn moves(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let rows: Vec<Moved> = sql_query(
        "SELECT m.move_no, r.redemption_id, f.course_run_id AS from_course_run_id, c.course_run_id, m.reason
         FROM enrolment_move m
         JOIN redemption r ON r.programme_no = m.programme_no AND r.redemption_no = m.redemption_no
         JOIN course_run f ON f.programme_no = m.programme_no AND f.course_run_no = m.from_course_run_no
         JOIN course_run c ON c.programme_no = m.programme_no AND c.course_run_no = COALESCE(
             (SELECT n.from_course_run_no FROM enrolment_move n
              WHERE n.programme_no = m.programme_no AND n.redemption_no = m.redemption_no AND n.move_no > m.move_no
              ORDER BY n.move_no LIMIT 1), r.course_run_no)
         WHERE m.programme_no = $1 AND m.move_no BETWEEN $2 AND $3",
    )
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(range.start())
    .bind::<BigInt, _>(range.end())
    .load(connection)?;
    let records = rows.into_iter().map(|row| {
        let subjects = vec![
            ("redemption", row.redemption_id.bytes().to_vec()),
            ("from_course_run", row.from_course_run_id.bytes().to_vec()),
            ("course_run", row.course_run_id.bytes().to_vec()),
            (facts::REASON, facts::of_reason(&row.reason).to_vec()),
        ];
        (row.move_no, subjects)
    });
    Ok(records.collect())
}
