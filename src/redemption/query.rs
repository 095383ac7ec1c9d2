//! Reading redemptions.

use super::desk::LIVE;
use crate::db::Connection;
use crate::db::schema::{course_run, programme, redemption, voucher};
use crate::kernel::*;
use crate::voucher::query::stored_number;
use crate::writer::{Failure, Stop};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// A redemption as the API shows it. Names nobody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RedemptionView {
    pub redemption_id: RedemptionId,
    /// `live` or `reversed`.
    pub status: String,
    pub voucher_id: VoucherId,
    pub number: String,
    pub programme_id: ProgrammeId,
    pub course_run_id: CourseRunId,
    pub course_run: String,
    pub redeemed_at: Timestamp,
    pub face_value: Kopecks,
    pub by_number: bool,
}

type Row = (
    (i64, RedemptionId, i16, Timestamp, bool),
    (VoucherId, i64, Kopecks),
    (ProgrammeId, String),
    (CourseRunId, String),
);

/// The joins behind every view.
macro_rules! views {
    () => {
        redemption::table
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
            .inner_join(programme::table.on(programme::programme_no.eq(redemption::programme_no)))
            .select((
                (
                    redemption::redemption_no,
                    redemption::redemption_id,
                    redemption::status,
                    redemption::redeemed_at,
                    redemption::by_number,
                ),
                (voucher::voucher_id, voucher::voucher_no, voucher::face_value_kopecks),
                (programme::programme_id, programme::code),
                (course_run::course_run_id, course_run::code),
            ))
            .into_boxed()
    };
}

fn view(row: Row) -> Result<(i64, RedemptionView), Failure> {
    let (
        (redemption_no, redemption_id, status, redeemed_at, by_number),
        (voucher_id, voucher_no, face_value),
        (programme_id, code),
        (course_run_id, course_run),
    ) = row;
    let view = RedemptionView {
        redemption_id,
        status: if status == LIVE { "live" } else { "reversed" }.into(),
        voucher_id,
        number: stored_number(&code, voucher_no)?,
        programme_id,
        course_run_id,
        course_run,
        redeemed_at,
        face_value,
        by_number,
    };
    Ok((redemption_no, view))
}

/// One redemption; with `university_no`, only among that university's.
///
/// # Errors
/// `not_found`; the store's.
pub fn one(
    connection: &mut Connection,
    id: RedemptionId,
    university_no: Option<i64>,
) -> Result<RedemptionView, Stop> {
    let mut query = views!().filter(redemption::redemption_id.eq(id));
    if let Some(university_no) = university_no {
        query = query.filter(programme::university_no.eq(university_no));
    }
    let row = query.first::<Row>(connection).optional()?;
    Ok(view(row.ok_or_else(|| Refusal::not_found("redemption"))?)?.1)
}

/// The redemptions of a course run after a number, with their numbers, in the order they were made.
///
/// # Errors
/// The store's.
pub fn of_run(
    connection: &mut Connection,
    course_run_id: CourseRunId,
    university_no: Option<i64>,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<(i64, RedemptionView)>, Stop> {
    let mut query = views!()
        .filter(course_run::course_run_id.eq(course_run_id))
        .filter(redemption::redemption_no.gt(after.unwrap_or(-1)))
        .order(redemption::redemption_no)
        .limit(limit);
    if let Some(university_no) = university_no {
        query = query.filter(programme::university_no.eq(university_no));
    }
    let rows = query.load::<Row>(connection)?;
    Ok(rows.into_iter().map(view).collect::<Result<_, _>>()?)
}
