//! Replacing a lost voucher: a new one takes over, the reserve moves and does not double.

use super::change::{keep_refusal, load};
use super::model::{Action, Status};
use super::prepare::Prepared;
use super::store::{self, Attempt, Credential, Voucher};
use crate::db::schema::voucher;
use crate::kernel::*;
use crate::ledger::model::{Event, Kind};
use crate::ledger::rules;
use crate::writer::{Batch, Change, Command, Done, Failure, Stop};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Replaces a voucher by one that is signed already.
pub struct ReplaceVoucher {
    pub voucher_id: VoucherId,
    pub agency_no: Option<i64>,
    pub successor: Prepared,
    pub reason: String,
    pub actor: Actor,
}

/// The old voucher and the one that took over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Replaced {
    pub voucher_id: VoucherId,
    pub status: String,
    pub successor_id: VoucherId,
    pub successor_number: String,
}

impl Command for ReplaceVoucher {
    type Reply = Replaced;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Replaced>, Stop> {
        let (old, programme) = load(batch, self.voucher_id, self.agency_no)?;
        old.status.check(Action::Replace)?;
        self.successor.check_key(batch.connection()?)?;
        let new = Voucher {
            voucher_no: self.successor.voucher_no,
            voucher_id: self.successor.voucher_id,
            status: Status::Issued,
            issued_at: self.successor.issued_at,
            kid: self.successor.kid.bytes().to_vec(),
            credential_version: self.successor.credential_version.cast_signed(),
            replaces_no: Some(old.voucher_no),
            ..old.clone()
        };
        let postings =
            rules::replace(programme.instructor_line()?, old.face_value, new.dimensions(), old.dimensions());
        let event = Event::new(Kind::VoucherReplaced, batch.now(), self.actor.token_no)
            .about("voucher", old.voucher_id.bytes())
            .about("successor", new.voucher_id.bytes())
            .about("credential_sha256", &self.successor.credential.sha256())
            .about("reason_sha256", &Sha256::digest(&self.reason))
            .moving(postings);
        let credential = Credential {
            programme_no: new.programme_no,
            voucher_no: new.voucher_no,
            credential_version: new.credential_version,
            credential: self.successor.credential.bytes().to_vec(),
        };
        let (reason, actor) = (self.reason.clone(), self.actor.clone());
        Ok(Box::new(move |batch| {
            let entry = batch.record(old.programme_no, &event)?;
            let now = batch.now();
            let reply = Replaced {
                voucher_id: old.voucher_id,
                status: Status::Replaced.as_str().into(),
                successor_id: new.voucher_id,
                successor_number: super::issue::number(&programme, new.voucher_no),
            };
            let new = Voucher { issued_log_index: entry.log_index, ..new };
            let connection = batch.connection()?;
            let changed = diesel::update(voucher::table.find((old.programme_no, old.voucher_no)))
                .filter(voucher::status.eq(old.status.number()))
                .set((
                    voucher::status.eq(Status::Replaced.number()),
                    voucher::replaced_by_no.eq(new.voucher_no),
                ))
                .execute(connection)?;
            store::expect_one(changed)?;
            store::keep_move(connection, &old, Status::Replaced, old.expires_at)?;
            store::insert(connection, &[new], &[credential])?;
            let attempt = Attempt::done(&old, Action::Replace, now, &actor, entry.log_index);
            let known = serde_json::json!({
                "reason": reason,
                "successor_id": reply.successor_id,
                "successor_number": reply.successor_number,
            });
            store::insert_attempts(connection, vec![attempt.knowing(&known)])?;
            Ok(Done::new(reply, entry))
        }))
    }

    fn refused(&self, refusal: &Refusal, batch: &mut Batch<'_>) -> Result<(), Failure> {
        keep_refusal(batch, self.voucher_id, self.agency_no, Action::Replace, &self.actor, refusal)
    }
}
