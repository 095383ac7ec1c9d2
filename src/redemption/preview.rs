//! Looking without spending: the same decision as redeeming, on a reading connection.

use super::desk::{Loaded, Wanted};
use super::model::{self, Facts, Presented, Registrar};
use crate::db::Connection;
use crate::kernel::*;
use crate::voucher::issue::number;
use crate::writer::Stop;
use serde::{Deserialize, Serialize};

/// What redeeming would say now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Preview {
    pub voucher_id: VoucherId,
    pub number: String,
    pub face_value: Kopecks,
    pub expires_at: Timestamp,
    pub course_run: String,
    pub free_seats: i64,
}

/// Decides as [`super::redeem::Redeem`] would, and changes nothing.
///
/// # Errors
/// The refusal that redeeming would give; the store's.
pub fn preview(
    connection: &mut Connection,
    presented: &Presented,
    course_run_id: CourseRunId,
    registrar: &Registrar,
    now: Timestamp,
) -> Result<Preview, Stop> {
    let mut wanted = Wanted::default();
    wanted.add(presented, course_run_id, None);
    let loaded = Loaded::read(connection, &wanted)?;
    let facts = loaded.facts(presented, course_run_id, registrar)?;
    model::decide(&facts, presented, registrar, true, now)?;
    let Facts { programme, voucher, run, .. } = facts;
    Ok(Preview {
        voucher_id: voucher.voucher_id,
        number: number(programme, voucher.voucher_no),
        face_value: voucher.face_value,
        expires_at: voucher.expires_at,
        course_run: run.code.clone(),
        free_seats: run.seats - run.enrolled,
    })
}
