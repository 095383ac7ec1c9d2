//! Declaring a key compromised: nothing it signed is believed any more. Takes two people.
//!
//! The only active key of the log must be rotated first: without one nothing could be written, not even
//! redemptions, and a rotation needs no trust in the key before it.
//!
//! Its vouchers are listed for signing again (`GET /v1/vouchers?kid=…`, then extend).

use super::store;
use crate::credential::{KeyRecord, KeyState, Kid, Purpose};
use crate::kernel::*;
use crate::ledger::model::{Event, Kind};
use crate::proposal::act::{Acting, Hands};
use crate::writer::{Batch, SERVICE, Stop};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Which key, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Compromise {
    #[schema(value_type = String)]
    pub kid: Kid,
    pub reason: String,
}

/// See [`crate::proposal::Act::decide`].
///
/// # Errors
/// `not_found`; `invalid_transition` when it is compromised already; the store's.
pub fn decide(act: &Compromise, batch: &mut Batch<'_>, hands: Hands) -> Result<Acting, Stop> {
    let keys = store::all(batch.connection()?)?;
    let is_active = |key: &&KeyRecord| key.purpose == Purpose::Log && key.state == KeyState::Active;
    let active_of_log: Vec<_> = keys.iter().filter(is_active).map(|key| key.kid).collect();
    let key = keys.into_iter().find(|key| key.kid == act.kid);
    let key = key.ok_or_else(|| Refusal::not_found("signing key"))?;
    if key.state == KeyState::Compromised {
        return Err(Refusal::invalid_transition("compromise", "compromised", &[]).into());
    }
    if active_of_log == [key.kid] {
        return Err(Refusal::invalid_transition(
            "compromise",
            "active",
            &["vouchers key rotate --purpose log"],
        )
        .into());
    }
    let now = batch.now();
    let event = Event::new(Kind::KeyCompromised, now, hands.actor.token_no)
        .about("kid", key.kid.bytes())
        .about("proposal", hands.proposal_id.bytes())
        .about("reason_sha256", &Sha256::digest(&act.reason));
    Ok(Box::new(move |batch| {
        let entry = batch.record(SERVICE, &event)?;
        let key = KeyRecord { state: KeyState::Compromised, compromised_at: Some(now), ..key };
        store::update(batch.connection()?, &key)?;
        Ok(entry)
    }))
}
