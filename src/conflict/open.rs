//! Opening a case: the item could not be followed as it was, and a person has to look.

use super::store::{self, CaseRow};
use crate::kernel::*;
use crate::ledger::model::{Event, Kind};
use crate::redemption::late::Mark;
use crate::voucher::store::{Attempt, Voucher, insert_attempts};
use crate::voucher::{Action, Status};
use crate::writer::{Batch, Entry, Failure};

/// A case to be opened.
pub struct NewCase<'a> {
    pub conflict_id: ConflictId,
    pub device_no: i64,
    pub sequence: i64,
    pub redemption_id: RedemptionId,
    pub action: Action,
    pub voucher: &'a Voucher,
    pub course_run: (i64, CourseRunId),
    pub refusal: &'a Refusal,
    /// The registrar who answers for the device.
    pub registrar: &'a Actor,
    /// Names the item.
    pub mark: Mark,
}

/// Opens the case.
///
/// # Errors
/// The store's.
pub fn open(batch: &mut Batch<'_>, case: NewCase<'_>) -> Result<Entry, Failure> {
    let (voucher, now) = (case.voucher, batch.now());
    let (course_run_no, course_run_id) = case.course_run;
    let mut event = Event::new(Kind::ConflictOpened, now, case.registrar.token_no)
        .about("conflict", case.conflict_id.bytes())
        .about("voucher", voucher.voucher_id.bytes())
        .about("redemption", case.redemption_id.bytes())
        .about("course_run", course_run_id.bytes())
        .about("code", case.refusal.code.as_str().as_bytes());
    event.subjects.extend(case.mark);
    let collides_log_index = collision(batch, voucher)?;
    let entry = batch.record(voucher.programme_no, &event)?;
    let Refusal { code, field, facts } = case.refusal;
    let row = CaseRow {
        programme_no: entry.programme_no,
        conflict_no: entry.log_index,
        conflict_id: case.conflict_id,
        device_no: case.device_no,
        sequence: case.sequence,
        voucher_no: voucher.voucher_no,
        course_run_no,
        refusal: serde_json::json!({ "code": code, "field": field, "facts": facts }).to_string(),
        collides_log_index,
        status: super::model::Status::Open,
        decided_by: None,
        decided_at: None,
        decided_log_index: None,
        reason: None,
    };
    let connection = batch.connection()?;
    store::insert(connection, &row)?;
    let of = (voucher.programme_no, voucher.voucher_no);
    let mut attempt = Attempt::refused(of, case.action, now, case.registrar, case.refusal);
    attempt.redemption_id = Some(case.redemption_id);
    insert_attempts(connection, vec![attempt])?;
    Ok(entry)
}

/// The leaf that stands against the item: the voucher's live redemption, or whatever was done to it last.
fn collision(batch: &mut Batch<'_>, voucher: &Voucher) -> Result<Option<i64>, Failure> {
    match voucher.status {
        Status::Issued => Ok(None),
        Status::Redeemed | Status::Completed => Ok(voucher.redemption_no),
        Status::Suspended | Status::Voided | Status::Expired | Status::Replaced => {
            let connection = batch.connection()?;
            Ok(store::last_deed(connection, voucher)?)
        }
    }
}
