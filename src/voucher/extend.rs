//! Extending: the same voucher signed again with a later last day, as its next version.
//!
//! Online the database's date decides; the signed date counts offline. The same path signs a voucher
//! again after its key was compromised. A voucher whose reserve was released takes it again.

use super::change::{Moved, keep_refusal, load, moved};
use super::issue::budget_exceeded;
use super::model::{Action, Status};
use super::prepare::Prepared;
use super::store::{self, Attempt, Credential};
use crate::db::schema::voucher;
use crate::kernel::*;
use crate::ledger::model::{Account, Event, Kind, Postings};
use crate::ledger::rules;
use crate::writer::{Batch, Change, Command, Done, Failure, Stop};
use diesel::prelude::*;
use sha2::{Digest, Sha256};

/// Gives a voucher the dates and credential it was signed again with.
pub struct ExtendVoucher {
    pub voucher_id: VoucherId,
    pub signed: Prepared,
    pub reason: String,
    pub actor: Actor,
}

impl Command for ExtendVoucher {
    type Reply = Moved;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Moved>, Stop> {
        let (old, programme) = load(batch, self.voucher_id, None)?;
        old.status.check(Action::Extend)?;
        programme.require_open()?;
        let now = batch.now();
        if self.signed.expires_at <= now || self.signed.expires_at < old.expires_at {
            let last_day = Timestamp::from_millis(old.expires_at.millis() - 1).date().max(now.date());
            return Err(Refusal::field("valid_until", format!("a day not before {last_day}")).into());
        }
        if self.signed.credential_version.cast_signed() != old.credential_version + 1 {
            // Somebody signed it again between our signing and now.
            return Err(Code::Unavailable.into());
        }
        self.signed.check_key(batch.connection()?)?;
        let line = programme.instructor_line()?;
        let mut claim = None;
        let mut postings = Postings::none();
        if old.status == Status::Expired {
            claim = Some(store::check_claim_free(batch.connection()?, &old)?);
            let available = batch.balance(old.programme_no, line, Account::Available)?;
            if old.face_value > available {
                return Err(budget_exceeded(old.face_value, available).into());
            }
            postings = rules::reserve(line, old.face_value, old.dimensions());
        }
        let event = Event::new(Kind::VoucherExtended, now, self.actor.token_no)
            .about("voucher", old.voucher_id.bytes())
            .about("credential_sha256", &self.signed.credential.sha256())
            .about("reason_sha256", &Sha256::digest(&self.reason))
            .moving(postings);
        let credential = Credential {
            programme_no: old.programme_no,
            voucher_no: old.voucher_no,
            credential_version: self.signed.credential_version.cast_signed(),
            credential: self.signed.credential.bytes().to_vec(),
        };
        let (expires_at, kid) = (self.signed.expires_at, self.signed.kid);
        let (reason, actor) = (self.reason.clone(), self.actor.clone());
        Ok(Box::new(move |batch| {
            let entry = batch.record(old.programme_no, &event)?;
            let connection = batch.connection()?;
            let changed = diesel::update(voucher::table.find((old.programme_no, old.voucher_no)))
                .filter(voucher::status.eq(old.status.number()))
                .set((
                    voucher::status.eq(Status::Issued.number()),
                    voucher::expires_at.eq(expires_at),
                    voucher::kid.eq(kid.bytes().as_slice()),
                    voucher::credential_version.eq(credential.credential_version),
                ))
                .execute(connection)?;
            store::expect_one(changed)?;
            store::keep_move(connection, &old, Status::Issued, expires_at)?;
            store::insert_credentials(connection, &[credential])?;
            if let Some(holder_key) = claim {
                store::take_claim(connection, &old, &holder_key)?;
            }
            let attempt = Attempt::done(&old, Action::Extend, now, &actor, entry.log_index);
            store::insert_attempts(connection, vec![attempt.because(&reason)])?;
            Ok(Done::new(moved(&old, &programme, Status::Issued), entry))
        }))
    }

    fn refused(&self, refusal: &Refusal, batch: &mut Batch<'_>) -> Result<(), Failure> {
        keep_refusal(batch, self.voucher_id, None, Action::Extend, &self.actor, refusal)
    }
}
