//! How many vouchers stand where: by agency and end of validity, so that budget and progress are answered
//! without counting vouchers. Kept with every change of a voucher's status or dates; the audit counts again.

use super::model::Status;
use crate::db::{Connection, rows};
use crate::kernel::{Kopecks, Timestamp};
use crate::writer::Failure;
use diesel::sql_types::BigInt;
use std::collections::BTreeMap;

/// Where a voucher is counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub programme_no: i64,
    pub agency_no: i64,
    pub expires_at: Timestamp,
}

/// How a place changes.
#[derive(Default)]
struct Change {
    /// By the status's number, from 1.
    vouchers: [i64; 7],
    /// Face value of the issued and suspended.
    held_kopecks: i64,
}

/// Changes that are not written yet.
#[derive(Default)]
pub struct Tally(BTreeMap<Place, Change>);

impl Tally {
    /// One more voucher is here.
    pub fn came(&mut self, place: Place, status: Status, face_value: Kopecks) {
        self.count(place, status, face_value, 1);
    }

    /// One less is.
    pub fn left(&mut self, place: Place, status: Status, face_value: Kopecks) {
        self.count(place, status, face_value, -1);
    }

    fn count(&mut self, place: Place, status: Status, face_value: Kopecks, by: i64) {
        let change = self.0.entry(place).or_default();
        change.vouchers[usize::from(status.number().unsigned_abs()) - 1] += by;
        if matches!(status, Status::Issued | Status::Suspended) {
            change.held_kopecks += by * face_value.get();
        }
    }

    /// Writes what has changed.
    ///
    /// # Errors
    /// The store's.
    pub fn keep(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        let row = |(place, change): (Place, Change)| {
            let [issued, suspended, redeemed, completed, voided, expired, replaced] = change.vouchers;
            let Place { programme_no, agency_no, expires_at } = place;
            Row {
                programme_no,
                agency_no,
                expires_at,
                issued,
                suspended,
                redeemed,
                completed,
                voided,
                expired,
                replaced,
                held_kopecks: change.held_kopecks,
            }
        };
        let rows: Vec<_> = std::mem::take(&mut self.0).into_iter().map(row).collect();
        add(connection, &rows)?;
        Ok(())
    }
}

struct Row {
    programme_no: i64,
    agency_no: i64,
    expires_at: Timestamp,
    issued: i64,
    suspended: i64,
    redeemed: i64,
    completed: i64,
    voided: i64,
    expired: i64,
    replaced: i64,
    held_kopecks: i64,
}

rows! {
    fn add(Row {
        programme_no: i64 as BigInt,
        agency_no: i64 as BigInt,
        expires_at: Timestamp as BigInt,
        issued: i64 as BigInt,
        suspended: i64 as BigInt,
        redeemed: i64 as BigInt,
        completed: i64 as BigInt,
        voided: i64 as BigInt,
        expired: i64 as BigInt,
        replaced: i64 as BigInt,
        held_kopecks: i64 as BigInt,
    }) = "INSERT INTO voucher_tally {values} ON CONFLICT (programme_no, agency_no, expires_at) DO UPDATE SET \
              issued = voucher_tally.issued + excluded.issued, \
              suspended = voucher_tally.suspended + excluded.suspended, \
              redeemed = voucher_tally.redeemed + excluded.redeemed, \
              completed = voucher_tally.completed + excluded.completed, \
              voided = voucher_tally.voided + excluded.voided, \
              expired = voucher_tally.expired + excluded.expired, \
              replaced = voucher_tally.replaced + excluded.replaced, \
              held_kopecks = voucher_tally.held_kopecks + excluded.held_kopecks"
}
