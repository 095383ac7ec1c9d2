//! Reading cases, with both proofs side by side.

use super::model::Status;
use super::store::CaseRow;
use crate::db::Connection;
use crate::db::schema::{
    conflict_case, course_run, device, journal_transaction, offline_item, offline_item_personal, programme,
    token, voucher,
};
use crate::kernel::*;
use crate::ledger::model::Kind;
use crate::voucher::query::stored_number;
use crate::writer::{Failure, stored_refusal};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
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
#[derive(Serialize, ToSchema, Clone)]
pub struct LedgerProof {
    pub log_index: i64,
    #[schema(example = "redeemed")]
    pub kind: String,
    pub effective_at: Timestamp,
    pub recorded_at: Timestamp,
    /// The login behind it; null for the service itself.
    pub recorded_by: Option<String>,
}

type DeviceColumns = (DeviceId, String, String, Option<Timestamp>, Vec<u8>);
type ItemColumns = (String, RedemptionId, Timestamp, Timestamp, Vec<u8>, String, Vec<u8>);

/// What cases of one programme are shown with, by the numbers of the tables.
struct Beside {
    programme_id: ProgrammeId,
    programme_code: String,
    vouchers: HashMap<i64, (VoucherId, crate::voucher::Status)>,
    course_runs: HashMap<i64, (CourseRunId, String)>,
    devices: HashMap<i64, DeviceColumns>,
    /// By the number of the case.
    items: HashMap<i64, ItemColumns>,
    leaves: HashMap<i64, LedgerProof>,
}

/// The case as it is shown; with the signed text if `sees_item`.
///
/// # Errors
/// The database's; what is stored cannot be read.
pub fn view(connection: &mut Connection, case: CaseRow, sees_item: bool) -> Result<Conflict, Failure> {
    Beside::read(connection, case.programme_no, std::slice::from_ref(&case))?.view(case, sees_item)
}

/// Cases of one programme as they are shown, with the same few statements however many there are.
///
/// # Errors
/// The database's; what is stored cannot be read.
pub fn views(
    connection: &mut Connection,
    cases: Vec<CaseRow>,
    sees_item: bool,
) -> Result<Vec<Conflict>, Failure> {
    let Some(first) = cases.first() else { return Ok(Vec::new()) };
    let beside = Beside::read(connection, first.programme_no, &cases)?;
    cases.into_iter().map(|case| beside.view(case, sees_item)).collect()
}

impl Beside {
    fn read(connection: &mut Connection, programme_no: i64, cases: &[CaseRow]) -> Result<Self, Failure> {
        let numbers = |of: fn(&CaseRow) -> i64| cases.iter().map(of).collect::<HashSet<_>>();
        let (programme_id, programme_code) = programme::table
            .find(programme_no)
            .select((programme::programme_id, programme::code))
            .get_result(connection)?;
        let vouchers = voucher::table
            .filter(voucher::programme_no.eq(programme_no))
            .filter(voucher::voucher_no.eq_any(numbers(|case| case.voucher_no)))
            .select((voucher::voucher_no, (voucher::voucher_id, voucher::status)))
            .load(connection)?;
        let course_runs = course_run::table
            .filter(course_run::programme_no.eq(programme_no))
            .filter(course_run::course_run_no.eq_any(numbers(|case| case.course_run_no)))
            .select((course_run::course_run_no, (course_run::course_run_id, course_run::code)))
            .load(connection)?;
        let of_device =
            (device::device_id, device::name, device::registrar, device::revoked_at, device::public_key);
        let devices = device::table
            .filter(device::device_no.eq_any(numbers(|case| case.device_no)))
            .select((device::device_no, of_device))
            .load(connection)?;
        Ok(Self {
            programme_id,
            programme_code,
            vouchers: vouchers.into_iter().collect(),
            course_runs: course_runs.into_iter().collect(),
            devices: devices.into_iter().collect(),
            items: items(connection, programme_no, numbers(|case| case.conflict_no))?,
            leaves: leaves(connection, programme_no, cases)?,
        })
    }

    fn view(&self, case: CaseRow, sees_item: bool) -> Result<Conflict, Failure> {
        let (voucher_id, voucher_status) = there(&self.vouchers, case.voucher_no, "voucher")?;
        let (course_run_id, course_run) = there(&self.course_runs, case.course_run_no, "course run")?;
        let leaf = |log_index| there(&self.leaves, log_index, "leaf");
        let refusal = stored_refusal(&case.refusal)?;
        Ok(Conflict {
            conflict_id: case.conflict_id,
            programme_id: self.programme_id,
            status: case.status,
            code: refusal.code.as_str().into(),
            facts: refusal.facts.into(),
            voucher_id,
            number: stored_number(&self.programme_code, case.voucher_no)?,
            voucher_status: voucher_status.as_str().into(),
            course_run_id,
            course_run,
            log_index: case.conflict_no,
            offline: self.offline(&case, sees_item)?,
            collides_with: case.collides_log_index.map(leaf).transpose()?,
            decided_by: case.decided_by,
            decided_at: case.decided_at,
            decided_log_index: case.decided_log_index,
            reason: case.reason,
        })
    }

    fn offline(&self, case: &CaseRow, sees_item: bool) -> Result<OfflineProof, Failure> {
        let (device_id, device, registrar, device_revoked_at, public_key) =
            there(&self.devices, case.device_no, "device")?;
        let (action, redemption_id, scanned_at, received_at, sha256, item, signature) =
            there(&self.items, case.conflict_no, "item")?;
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
}

fn there<T: Clone>(of: &HashMap<i64, T>, number: i64, what: &str) -> Result<T, Failure> {
    let gone = || Failure::Inconsistent(format!("a conflict case names no {what}: {number}"));
    of.get(&number).cloned().ok_or_else(gone)
}

fn items(
    connection: &mut Connection,
    programme_no: i64,
    cases: HashSet<i64>,
) -> QueryResult<HashMap<i64, ItemColumns>> {
    let rows: Vec<(i64, ItemColumns)> = conflict_case::table
        .inner_join(
            offline_item::table.on(offline_item::device_no
                .eq(conflict_case::device_no)
                .and(offline_item::sequence.eq(conflict_case::sequence))),
        )
        .inner_join(
            offline_item_personal::table.on(offline_item_personal::device_no
                .eq(offline_item::device_no)
                .and(offline_item_personal::sequence.eq(offline_item::sequence))),
        )
        .filter(conflict_case::programme_no.eq(programme_no))
        .filter(conflict_case::conflict_no.eq_any(cases))
        .select((
            conflict_case::conflict_no,
            (
                offline_item::action,
                offline_item::redemption_id,
                offline_item::scanned_at,
                offline_item::received_at,
                offline_item::item_sha256,
                offline_item_personal::item,
                offline_item_personal::signature,
            ),
        ))
        .load(connection)?;
    Ok(rows.into_iter().collect())
}

fn leaves(
    connection: &mut Connection,
    programme_no: i64,
    cases: &[CaseRow],
) -> Result<HashMap<i64, LedgerProof>, Failure> {
    let wanted: HashSet<i64> = cases.iter().filter_map(|case| case.collides_log_index).collect();
    let rows: Vec<(i64, i16, Timestamp, Timestamp, Option<String>)> = journal_transaction::table
        .left_join(token::table.on(token::token_no.eq(journal_transaction::recorded_by)))
        .filter(journal_transaction::programme_no.eq(programme_no))
        .filter(journal_transaction::log_index.eq_any(wanted))
        .select((
            journal_transaction::log_index,
            journal_transaction::kind,
            journal_transaction::effective_at,
            journal_transaction::recorded_at,
            token::subject.nullable(),
        ))
        .load(connection)?;
    let proof = |(log_index, kind, effective_at, recorded_at, recorded_by)| {
        let unknown = || Failure::Inconsistent(format!("there is no kind {kind}"));
        let kind = Kind::from_number(kind).ok_or_else(unknown)?.name();
        Ok((log_index, LedgerProof { log_index, kind, effective_at, recorded_at, recorded_by }))
    };
    rows.into_iter().map(proof).collect()
}
