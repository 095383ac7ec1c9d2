//! Devices, what they signed offline, and conflict cases as their leaves must say them.

use super::later::Later;
use super::{Records, Subjects};
use crate::db::Connection;
use crate::db::schema::{conflict_case, course_run, device, offline_item, voucher};
use crate::kernel::{ConflictId, CourseRunId, DeviceId, RedemptionId, VoucherId};
use crate::ledger::books::SERVICE;
use crate::ledger::facts;
use crate::ledger::leaf::Leaf;
use crate::ledger::model::Kind;
use diesel::prelude::*;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// By which a leaf names the item that it follows.
const ITEM: &str = "item_sha256";

/// Devices, each with the key it was paired with; those that were revoked, and no others, say so.
pub(super) fn devices(
    connection: &mut Connection,
    range: &RangeInclusive<i64>,
    later: &mut Later,
) -> QueryResult<Records> {
    let rows: Vec<(i64, DeviceId, Vec<u8>, Option<i64>)> = device::table
        .filter(device::device_no.between(range.start(), range.end()))
        .select((device::device_no, device::device_id, device::public_key, device::revoked_log_index))
        .load(connection)?;
    let records = rows.into_iter().map(|(device_no, device_id, public_key, revoked)| {
        let device = ("device", device_id.bytes().to_vec());
        if revoked.is_some() {
            later.expect(SERVICE, Kind::DeviceRevoked, device_no, revoked, vec![device.clone()]);
        }
        (device_no, vec![device, ("public_key", public_key)])
    });
    Ok(records.collect())
}

/// Whether a leaf follows an item of its own.
pub(super) fn follows_item(leaf: &Leaf) -> bool {
    leaf.subjects.iter().any(|(name, _)| name == ITEM)
}

/// Items by the leaves that they ended in. One whose redemption was there already ended in a leaf that does not name it.
pub(super) fn items(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
    leaves: &BTreeMap<i64, Leaf>,
) -> QueryResult<Records> {
    let rows: Vec<(i64, Vec<u8>, DeviceId)> = offline_item::table
        .inner_join(device::table.on(device::device_no.eq(offline_item::device_no)))
        .filter(offline_item::programme_no.eq(programme_no))
        .filter(offline_item::log_index.between(range.start(), range.end()))
        .select((offline_item::log_index, offline_item::item_sha256, device::device_id))
        .load(connection)?;
    let known = [Kind::Redeemed, Kind::RedemptionReversed].map(Kind::number);
    let mut records = Records::new();
    for (log_index, sha256, device_id) in rows {
        let leaf = leaves.get(&log_index);
        let is_its_own = leaf
            .is_some_and(|leaf| leaf.subjects.iter().any(|(name, bytes)| name == ITEM && *bytes == sha256));
        let was_there = !is_its_own && leaf.is_some_and(|leaf| known.contains(&leaf.kind));
        if !was_there {
            let subjects = vec![(ITEM, sha256), ("device", device_id.bytes().to_vec())];
            records.insert(log_index, subjects);
        }
    }
    Ok(records)
}

type Case = (
    (i64, ConflictId, Option<i64>, String, Option<String>),
    (VoucherId, CourseRunId),
    (Vec<u8>, RedemptionId),
);

/// Cases as they were opened; those that were decided, and no others, say so, how and why.
pub(super) fn cases(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
    later: &mut Later,
) -> QueryResult<Records> {
    let rows: Vec<Case> = conflict_case::table
        .inner_join(
            voucher::table.on(voucher::programme_no
                .eq(conflict_case::programme_no)
                .and(voucher::voucher_no.eq(conflict_case::voucher_no))),
        )
        .inner_join(
            course_run::table.on(course_run::programme_no
                .eq(conflict_case::programme_no)
                .and(course_run::course_run_no.eq(conflict_case::course_run_no))),
        )
        .inner_join(
            offline_item::table.on(offline_item::device_no
                .eq(conflict_case::device_no)
                .and(offline_item::sequence.eq(conflict_case::sequence))),
        )
        .filter(conflict_case::programme_no.eq(programme_no))
        .filter(conflict_case::conflict_no.between(range.start(), range.end()))
        .select((
            (
                conflict_case::conflict_no,
                conflict_case::conflict_id,
                conflict_case::decided_log_index,
                conflict_case::status,
                conflict_case::reason,
            ),
            (voucher::voucher_id, course_run::course_run_id),
            (offline_item::item_sha256, offline_item::redemption_id),
        ))
        .load(connection)?;
    let records = rows.into_iter().map(|(case, (voucher, course_run), (item, redemption))| {
        let (conflict_no, conflict_id, decided, status, reason) = case;
        let conflict = ("conflict", conflict_id.bytes().to_vec());
        if status != "open" {
            let decision = if status == "enrolled" { "enrol" } else { "dismiss" };
            let said: Subjects = vec![
                conflict.clone(),
                ("decision", decision.into()),
                (facts::REASON, facts::of_reason(&reason.unwrap_or_default()).to_vec()),
            ];
            later.expect(programme_no, Kind::ConflictDecided, conflict_no, decided, said);
        }
        let subjects = vec![
            conflict,
            ("voucher", voucher.bytes().to_vec()),
            ("course_run", course_run.bytes().to_vec()),
            ("redemption", redemption.bytes().to_vec()),
            (ITEM, item),
        ];
        (conflict_no, subjects)
    });
    Ok(records.collect())
}
