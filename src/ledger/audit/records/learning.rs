//! Attendance, test results and completions as their leaves must say them.

use super::Records;
use crate::db::Connection;
use crate::db::schema::{attendance, completion, course_run, redemption, session, test_result, voucher};
use crate::kernel::{CourseRunId, RedemptionId, SessionId, VoucherId};
use crate::ledger::facts;
use diesel::prelude::*;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Attendance lists, by the number of the leaf that records each.
pub(super) fn attendance(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let rows: Vec<(i64, SessionId, RedemptionId, bool)> = attendance::table
        .inner_join(
            session::table.on(session::programme_no
                .eq(attendance::programme_no)
                .and(session::session_no.eq(attendance::session_no))),
        )
        .inner_join(
            redemption::table.on(redemption::programme_no
                .eq(attendance::programme_no)
                .and(redemption::redemption_no.eq(attendance::redemption_no))),
        )
        .filter(attendance::programme_no.eq(programme_no))
        .filter(attendance::attendance_no.between(range.start(), range.end()))
        .select((
            attendance::attendance_no,
            session::session_id,
            redemption::redemption_id,
            attendance::present,
        ))
        .load(connection)?;
    // A list is of one session: rows of two are two lists under one number, and at least one of them is wrong.
    let mut lists: BTreeMap<(i64, SessionId), Vec<(RedemptionId, bool)>> = BTreeMap::new();
    for (attendance_no, session, redemption, present) in rows {
        lists.entry((attendance_no, session)).or_default().push((redemption, present));
    }
    let records = lists.into_iter().map(|((attendance_no, session), list)| {
        let digest = facts::of_attendance(list).to_vec();
        (attendance_no, vec![("session", session.bytes().to_vec()), (facts::SUBJECT, digest)])
    });
    Ok(records.collect())
}

/// Lists of test results, by the number of the leaf that records each.
pub(super) fn results(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let rows: Vec<(i64, RedemptionId, bool, Option<i32>)> = test_result::table
        .inner_join(
            redemption::table.on(redemption::programme_no
                .eq(test_result::programme_no)
                .and(redemption::redemption_no.eq(test_result::redemption_no))),
        )
        .filter(test_result::programme_no.eq(programme_no))
        .filter(test_result::result_no.between(range.start(), range.end()))
        .select((test_result::result_no, redemption::redemption_id, test_result::passed, test_result::score))
        .load(connection)?;
    let mut lists: BTreeMap<i64, Vec<(RedemptionId, bool, Option<i32>)>> = BTreeMap::new();
    for (result_no, redemption, passed, score) in rows {
        lists.entry(result_no).or_default().push((redemption, passed, score));
    }
    let records = lists
        .into_iter()
        .map(|(result_no, list)| (result_no, vec![(facts::SUBJECT, facts::of_results(list).to_vec())]));
    Ok(records.collect())
}

/// Completions, by the number of the leaf that records each.
pub(super) fn completions(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    type Row = (i64, RedemptionId, VoucherId, CourseRunId, String, String, String);
    let rows: Vec<Row> = completion::table
        .inner_join(
            redemption::table.on(redemption::programme_no
                .eq(completion::programme_no)
                .and(redemption::redemption_no.eq(completion::redemption_no))),
        )
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
        .filter(completion::programme_no.eq(programme_no))
        .filter(completion::completion_no.between(range.start(), range.end()))
        .select((
            completion::completion_no,
            redemption::redemption_id,
            voucher::voucher_id,
            course_run::course_run_id,
            completion::document_number,
            completion::completed_on,
            completion::category,
        ))
        .load(connection)?;
    let records = rows.into_iter().map(|row| {
        let (completion_no, redemption, voucher, course_run, document_number, completed_on, category) = row;
        let digest = facts::of_completion(&document_number, &completed_on, &category).to_vec();
        let subjects = vec![
            ("redemption", redemption.bytes().to_vec()),
            ("voucher", voucher.bytes().to_vec()),
            ("course_run", course_run.bytes().to_vec()),
            (facts::SUBJECT, digest),
        ];
        (completion_no, subjects)
    });
    Ok(records.collect())
}
