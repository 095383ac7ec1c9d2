//! Releasing the reserve of lapsed vouchers, after the programme's grace for scans made offline.
//!
//! Whether a voucher is good is decided from its dates, never by this; only the money waits for it.

use super::model::{Action, Status};
use super::store::{self, Attempt, Voucher};
use crate::db::schema::voucher;
use crate::kernel::*;
use crate::ledger::model::{Event, Kind};
use crate::ledger::rules;
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Stop};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// Vouchers released by one command at most, so that others need not wait long.
pub const AT_ONCE: i64 = 500;

/// Releases the reserves of lapsed vouchers of a programme; repeat while it says `more`.
pub struct ReleaseExpired {
    pub programme_id: ProgrammeId,
    pub actor: Actor,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Released {
    /// Vouchers whose reserve was released.
    pub vouchers: u64,
    /// Whether there may be more.
    pub more: bool,
}

impl Command for ReleaseExpired {
    type Reply = Released;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Released>, Stop> {
        let now = batch.now();
        let connection = batch.connection()?;
        let programme = ProgrammeFacts::find(connection, self.programme_id)?;
        let programme = programme.ok_or_else(|| Refusal::not_found("programme"))?;
        let lapsed_before = now.plus_seconds(-programme.sync_grace_seconds());
        let lapsed = voucher::table
            .filter(voucher::programme_no.eq(programme.programme_no))
            .filter(voucher::status.eq_any([Status::Issued.number(), Status::Suspended.number()]))
            .filter(voucher::expires_at.le(lapsed_before))
            .order(voucher::voucher_no)
            .limit(AT_ONCE)
            .select(Voucher::as_select())
            .load::<Voucher>(connection)?;
        let line = programme.instructor_line()?;
        let actor = self.actor.clone();
        Ok(Box::new(move |batch| {
            let mut newest = None;
            let mut attempts = Vec::with_capacity(lapsed.len());
            for old in &lapsed {
                let event = Event::new(Kind::VoucherExpired, now, actor.token_no)
                    .about("voucher", old.voucher_id.bytes())
                    .moving(rules::release_reserve(line, old.face_value, old.dimensions()));
                let entry = batch.record(old.programme_no, &event)?;
                newest = Some(entry);
                attempts.push(Attempt::done(old, Action::Expire, now, &actor, entry.log_index));
            }
            let connection = batch.connection()?;
            for old in &lapsed {
                store::set_status(connection, old, Status::Expired)?;
                store::release_claim(connection, old)?;
            }
            store::insert_attempts(connection, attempts)?;
            let more = lapsed.len() as i64 == AT_ONCE;
            let reply = Released { vouchers: lapsed.len() as u64, more };
            Ok(Done { reply, entry: newest, replayed: false })
        }))
    }
}
