//! Repeats: the same key and the same request always get the same answer.
//!
//! The key, the request's digest and the outcome are written in the command's own transaction.
//! Accomplished facts and final refusals are kept; passing refusals are decided anew.
//! (A redemption needs none of this: its `redemption_id` is its key and its row the record.)

use super::{Batch, Change, Command, Done, Entry, Failure, Scope, Stop};
use crate::db::schema::idempotency;
use crate::kernel::{Code, Refusal};
use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// An `Idempotency-Key` with the organisation it belongs to and the digest of the request it came with.
#[derive(Clone, Debug)]
pub struct Key {
    organisation: String,
    key: String,
    digest: [u8; 32],
}

impl Key {
    /// `request` is what must be the same when the key is used again: method, path and body.
    pub fn new(organisation: String, key: String, request: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in request {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        Self { organisation, key, digest: hasher.finalize().into() }
    }
}

/// A command that is carried out once, however often it is sent with this key.
pub struct Once<C> {
    pub key: Key,
    pub command: C,
}

#[derive(Queryable)]
struct Record {
    request_digest: Vec<u8>,
    accepted: bool,
    outcome: String,
    programme_no: Option<i64>,
    log_index: Option<i64>,
}

impl<C: Command> Command for Once<C>
where
    C::Reply: Serialize + DeserializeOwned,
{
    type Reply = C::Reply;

    fn scope(&self) -> Scope {
        self.command.scope()
    }

    fn announce(&self, batch: &mut Batch<'_>) {
        self.command.announce(batch);
    }

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<C::Reply>, Stop> {
        if let Some(record) = self.find(batch)? {
            return self.replay(record);
        }
        let change = self.command.decide(batch)?;
        let key = self.key.clone();
        Ok(Box::new(move |batch| {
            let done = change(batch)?;
            let reply = serde_json::to_string(&done.reply).map_err(unreadable)?;
            store(batch, &key, true, &reply, done.entry)?;
            Ok(done)
        }))
    }

    fn refused(&self, refusal: &Refusal, batch: &mut Batch<'_>) -> Result<(), Failure> {
        self.command.refused(refusal, batch)?;
        if is_final(refusal.code) && self.find(batch)?.is_none() {
            let outcome = serde_json::json!({
                "code": refusal.code, "field": refusal.field, "facts": refusal.facts,
            });
            store(batch, &self.key, false, &outcome.to_string(), None)?;
        }
        Ok(())
    }
}

impl<C: Command> Once<C>
where
    C::Reply: DeserializeOwned,
{
    fn find(&self, batch: &mut Batch<'_>) -> Result<Option<Record>, Failure> {
        let found = idempotency::table
            .find((&self.key.organisation, &self.key.key))
            .select((
                idempotency::request_digest,
                idempotency::accepted,
                idempotency::outcome,
                idempotency::programme_no,
                idempotency::log_index,
            ))
            .first(batch.connection()?)
            .optional()?;
        Ok(found)
    }

    fn replay(&self, record: Record) -> Result<Change<C::Reply>, Stop> {
        if record.request_digest != self.key.digest {
            return Err(Refusal::new(Code::IdempotencyKeyReused).at("Idempotency-Key").into());
        }
        if !record.accepted {
            return Err(stored_refusal(&record.outcome)?.into());
        }
        let reply = serde_json::from_str(&record.outcome).map_err(unreadable)?;
        let entry = record
            .programme_no
            .zip(record.log_index)
            .map(|(programme_no, log_index)| Entry { programme_no, log_index });
        Ok(Box::new(move |_| Ok(Done { reply, entry, replayed: true })))
    }
}

fn unreadable(error: serde_json::Error) -> Failure {
    Failure::Inconsistent(format!("a kept answer cannot be read or written: {error}"))
}

/// A refusal read back from a kept outcome `{code, field, facts}`.
///
/// # Errors
/// [`Failure::Inconsistent`] when it cannot be read.
pub fn stored_refusal(outcome: &str) -> Result<Refusal, Failure> {
    #[derive(serde::Deserialize)]
    struct Kept {
        code: String,
        field: Option<String>,
        facts: serde_json::Map<String, serde_json::Value>,
    }
    let kept: Kept = serde_json::from_str(outcome).map_err(unreadable)?;
    let code = Code::parse(&kept.code)
        .ok_or_else(|| Failure::Inconsistent(format!("unknown refusal code {}", kept.code)))?;
    Ok(Refusal { code, field: kept.field, facts: kept.facts })
}

fn store(
    batch: &mut Batch<'_>,
    key: &Key,
    accepted: bool,
    outcome: &str,
    entry: Option<Entry>,
) -> Result<(), Failure> {
    let now = batch.now();
    diesel::insert_into(idempotency::table)
        .values((
            idempotency::organisation.eq(&key.organisation),
            idempotency::idempotency_key.eq(&key.key),
            idempotency::request_digest.eq(key.digest.as_slice()),
            idempotency::accepted.eq(accepted),
            idempotency::outcome.eq(outcome),
            idempotency::programme_no.eq(entry.map(|entry| entry.programme_no)),
            idempotency::log_index.eq(entry.map(|entry| entry.log_index)),
            idempotency::recorded_at.eq(now),
        ))
        .execute(batch.connection()?)?;
    Ok(())
}

/// Whether this refusal is the answer for ever. What waiting, money, seats, another person or a
/// corrected request could change is not.
pub fn is_final(code: Code) -> bool {
    matches!(
        code,
        Code::AlreadyRedeemed
            | Code::Voided
            | Code::Replaced
            | Code::Expired
            | Code::DuplicateHolder
            | Code::AlreadyExists
    )
}
