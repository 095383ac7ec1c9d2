//! Reading cases, with both proofs side by side.

use super::model::Status;
use super::store::CaseRow;
use crate::db::Connection;
use crate::db::schema::{
    course_run, device, journal_transaction, offline_item, offline_item_personal, programme, token, voucher,
};
use crate::kernel::*;
use crate::ledger::model::Kind;
use crate::voucher::query::stored_number;
use crate::writer::{Failure, stored_refusal};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

/// A case.
#[derive(Serialize, ToSchema)]
pub struct Conflict {
    pub conflict_id: ConflictId,
    pub programme_id: ProgrammeId,
    pub status: Status,
    /// Why the item could not be followed.
    #[schema(example = "already_redeemed")]
    pub code: String,
    /// The facts of that, for programs.
    #[schema(value_type = Object)]
    pub facts: serde_json::Value,
    pub voucher_id: VoucherId,
    pub number: String,
    /// Where the voucher stands now.
    pub voucher_status: String,
    /// The run that the device enrolled into.
    pub course_run_id: CourseRunId,
    pub course_run: String,
    /// The leaf that opened the case.
    pub log_index: i64,
    pub offline: OfflineProof,
    /// What it collides with; null where nothing in this log does.
    pub collides_with: Option<LedgerProof>,
    pub decided_by: Option<String>,
    pub decided_at: Option<Timestamp>,
    pub decided_log_index: Option<i64>,
    pub reason: Option<String>,
}

/// What the device did, as it signed it.
#[derive(Serialize, ToSchema)]
pub struct OfflineProof {
    pub device_id: DeviceId,
    pub device: String,
    /// The login of the registrar who answers for the device.
    pub registrar: String,
    pub device_revoked_at: Option<Timestamp>,
    pub public_key: String,
    pub sequence: i64,
    #[schema(example = "redeem")]
    pub action: String,
    pub redemption_id: RedemptionId,
    /// By the device's clock.
    pub scanned_at: Timestamp,
    pub received_at: Timestamp,
    /// SHA-256 of the text, base64url: what the log carries.
    pub item_sha256: String,
    /// The text, which has the holder's credential: for those who may see it.
    pub item: Option<String>,
    pub signature: String,
}

/// A leaf of the programme's log.
#[derive(Serialize, ToSchema)]
pub struct LedgerProof {
    pub log_index: i64,
    #[schema(example = "redeemed")]
    pub kind: String,
    pub effective_at: Timestamp,
    pub recorded_at: Timestamp,
    /// The login behind it; null for the service itself.
    pub recorded_by: Option<String>,
}

/// The case as it is shown; with the signed text if `sees_item`.
///
/// # Errors
/// The database's; what is stored cannot be read.
pub fn view(connection: &mut Connection, case: CaseRow, sees_item: bool) -> Result<Conflict, Failure> {
    let (programme_id, programme_code) = programme::table
        .find(case.programme_no)
        .select((programme::programme_id, programme::code))
        .get_result::<(ProgrammeId, String)>(connection)?;
    let (voucher_id, voucher_status) = voucher::table
        .find((case.programme_no, case.voucher_no))
        .select((voucher::voucher_id, voucher::status))
        .get_result::<(VoucherId, crate::voucher::Status)>(connection)?;
    let (course_run_id, course_run) = course_run::table
        .find((case.programme_no, case.course_run_no))
        .select((course_run::course_run_id, course_run::code))
        .get_result::<(CourseRunId, String)>(connection)?;
    let refusal = stored_refusal(&case.refusal)?;
    let collides_with = match case.collides_log_index {
        Some(log_index) => Some(leaf(connection, case.programme_no, log_index)?),
        None => None,
    };
    Ok(Conflict {
        conflict_id: case.conflict_id,
        programme_id,
        status: case.status,
        code: refusal.code.as_str().into(),
        facts: refusal.facts.into(),
        voucher_id,
        number: stored_number(&programme_code, case.voucher_no)?,
        voucher_status: voucher_status.as_str().into(),
        course_run_id,
        course_run,
        log_index: case.conflict_no,
        offline: offline(connection, &case, sees_item)?,
        collides_with,
        decided_by: case.decided_by,
        decided_at: case.decided_at,
        decided_log_index: case.decided_log_index,
        reason: case.reason,
    })
}

type DeviceColumns = (DeviceId, String, String, Option<Timestamp>, Vec<u8>);
type ItemColumns = (String, RedemptionId, Timestamp, Timestamp, Vec<u8>, String, Vec<u8>);

fn offline(connection: &mut Connection, case: &CaseRow, sees_item: bool) -> QueryResult<OfflineProof> {
    let (device_id, device, registrar, device_revoked_at, public_key): DeviceColumns = device::table
        .find(case.device_no)
        .select((device::device_id, device::name, device::registrar, device::revoked_at, device::public_key))
        .get_result(connection)?;
    let (action, redemption_id, scanned_at, received_at, sha256, item, signature): ItemColumns =
        offline_item::table
            .inner_join(
                offline_item_personal::table.on(offline_item_personal::device_no
                    .eq(offline_item::device_no)
                    .and(offline_item_personal::sequence.eq(offline_item::sequence))),
            )
            .filter(offline_item::device_no.eq(case.device_no))
            .filter(offline_item::sequence.eq(case.sequence))
            .select((
                offline_item::action,
                offline_item::redemption_id,
                offline_item::scanned_at,
                offline_item::received_at,
                offline_item::item_sha256,
                offline_item_personal::item,
                offline_item_personal::signature,
            ))
            .get_result(connection)?;
    Ok(OfflineProof {
        device_id,
        device,
        registrar,
        device_revoked_at,
        public_key: URL_SAFE_NO_PAD.encode(public_key),
        sequence: case.sequence,
        action,
        redemption_id,
        scanned_at,
        received_at,
        item_sha256: URL_SAFE_NO_PAD.encode(sha256),
        item: sees_item.then_some(item),
        signature: URL_SAFE_NO_PAD.encode(signature),
    })
}

fn leaf(connection: &mut Connection, programme_no: i64, log_index: i64) -> Result<LedgerProof, Failure> {
    let (kind, effective_at, recorded_at, token_no) = journal_transaction::table
        .find((programme_no, log_index))
        .select((
            journal_transaction::kind,
            journal_transaction::effective_at,
            journal_transaction::recorded_at,
            journal_transaction::recorded_by,
        ))
        .get_result::<(i16, Timestamp, Timestamp, i64)>(connection)?;
    let kind =
        Kind::from_number(kind).ok_or_else(|| Failure::Inconsistent(format!("there is no kind {kind}")))?;
    let recorded_by = token::table.find(token_no).select(token::subject).get_result(connection).optional()?;
    Ok(LedgerProof { log_index, kind: kind.name(), effective_at, recorded_at, recorded_by })
}
