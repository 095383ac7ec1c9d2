//! Rotation: a new key signs from now on; the ones before it sign no more, and what they signed
//! keeps verifying.

use super::store;
use crate::credential::{KeyRecord, KeyState, Kid};
use crate::kernel::*;
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, SERVICE, Stop};
use serde::{Deserialize, Serialize};

/// Adds a key whose private half is on disk already, and retires the active ones of its purpose.
pub struct RotateKey {
    pub new: KeyRecord,
    pub actor: Actor,
}

/// What a rotation changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rotated {
    pub kid: Kid,
    pub retired: Vec<Kid>,
}

impl Command for RotateKey {
    type Reply = Rotated;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Rotated>, Stop> {
        let now = batch.now();
        let keys = store::all(batch.connection()?)?;
        if keys.iter().any(|key| key.kid == self.new.kid) {
            return Err(Refusal::new(Code::AlreadyExists).at("kid").into());
        }
        let is_old = |key: &KeyRecord| key.purpose == self.new.purpose && key.state == KeyState::Active;
        let old: Vec<_> = keys
            .into_iter()
            .filter(is_old)
            .map(|key| KeyRecord { state: KeyState::Retired, valid_until: Some(end(now)), ..key })
            .collect();
        let mut event =
            Event::new(Kind::KeyAdded, now, self.actor.token_no).about("public_key", &self.new.public);
        if let [.., newest] = old.as_slice() {
            event = event.about("retired_kid", newest.kid.bytes());
        }
        let new = self.new.clone();
        Ok(Box::new(move |batch| {
            let entry = batch.record(SERVICE, &event)?;
            let connection = batch.connection()?;
            for key in &old {
                store::update(connection, key)?;
            }
            store::insert(connection, &new)?;
            let retired = old.iter().map(|key| key.kid).collect();
            Ok(Done::new(Rotated { kid: new.kid, retired }, entry))
        }))
    }
}

/// Claims carry whole seconds: what was signed within this second stays valid.
fn end(now: Timestamp) -> Timestamp {
    Timestamp::from_millis((now.seconds() + 1) * 1_000)
}
