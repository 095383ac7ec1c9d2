//! Declaring a key compromised: nothing it signed is believed any more. Takes two people.
//!
//! Its vouchers are listed for signing again (`GET /v1/vouchers?kid=…`, then extend).

use super::store;
use crate::credential::{KeyState, Kid};
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
    let key = store::find(batch.connection()?, act.kid)?.ok_or_else(|| Refusal::not_found("signing key"))?;
    if key.state == KeyState::Compromised {
        return Err(Refusal::invalid_transition("compromise", "compromised", &[]).into());
    }
    let now = batch.now();
    let event = Event::new(Kind::KeyCompromised, now, hands.actor.token_no)
        .about("kid", key.kid.bytes())
        .about("proposal", hands.proposal_id.bytes())
        .about("reason_sha256", &Sha256::digest(&act.reason));
    Ok(Box::new(move |batch| {
        let entry = batch.record(SERVICE, &event)?;
        let key =
            crate::credential::KeyRecord { state: KeyState::Compromised, compromised_at: Some(now), ..key };
        store::update(batch.connection()?, &key)?;
        Ok(entry)
    }))
}
