//! Epochs: how a log goes on after it was brought back from a copy.
//!
//! A copy may lack leaves that were signed after it was taken. If the log went on under its name, it would
//! sign two trees of one size. So each restore gives it another name, `<issuer>/<programme>/<epoch>`, from
//! a leaf on that names the checkpoint it goes on from. Indexes go on: they are the numbers of things.
//! Pure.

use super::leaf::Leaf;
use super::model::{Event, Kind};
use crate::kernel::Timestamp;
use crate::proof::Checkpoint;
use uuid::Uuid;

/// The subjects of the opening leaf: the checkpoint's text, origin, size and root, and the epoch's id.
const CHECKPOINT: &str = "checkpoint";
const EPOCH: &str = "epoch";

/// The name a log was created under: issuer and programme, without an epoch.
pub fn first_name(origin: &str) -> &str {
    origin.match_indices('/').nth(1).map_or(origin, |(second, _)| &origin[..second])
}

/// The log's name in this epoch.
pub fn name(origin: &str, epoch: Uuid) -> String {
    format!("{}/{}", first_name(origin), epoch.simple())
}

/// The event that opens an epoch.
pub fn opening(restored: &Checkpoint, epoch: Uuid, now: Timestamp) -> Event {
    Event::new(Kind::LogRestored, now, 0)
        .about(CHECKPOINT, restored.body().as_bytes())
        .about(EPOCH, epoch.as_bytes())
}

/// What an opening leaf says.
pub struct Opening {
    /// What the log goes on from, under its name until then.
    pub restored: Checkpoint,
    pub epoch: Uuid,
}

impl Opening {
    /// None for any other leaf.
    pub fn read(leaf: &Leaf) -> Option<Self> {
        let subject = |wanted| leaf.subjects.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
        if leaf.kind != Kind::LogRestored.number() {
            return None;
        }
        let restored = Checkpoint::parse(str::from_utf8(subject(CHECKPOINT)?).ok()?).ok()?;
        Some(Self { restored, epoch: Uuid::from_slice(subject(EPOCH)?).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::leaf;
    use crate::proof::leaf_hash;

    #[test]
    fn each_epoch_has_the_first_name_and_its_own_id() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let first = name("tv.example/PSK20", one);
        assert_eq!(first, "tv.example/PSK20/00000000000000000000000000000001");
        assert_eq!(name(&first, two), "tv.example/PSK20/00000000000000000000000000000002");
        assert_eq!(first_name("tv.example"), "tv.example");
    }

    #[test]
    fn the_opening_leaf_names_the_checkpoint() {
        let restored = Checkpoint { origin: "tv.example/PSK20".into(), size: 7, root: leaf_hash(b"entry") };
        let now = Timestamp::from_millis(5);
        let bytes = leaf::encode(&opening(&restored, Uuid::from_u128(9), now), now);
        let read = Opening::read(&leaf::decode(&bytes).unwrap()).unwrap();
        assert_eq!((read.restored, read.epoch), (restored, Uuid::from_u128(9)));
        let other = leaf::encode(&Event::new(Kind::Redeemed, now, 0), now);
        assert!(Opening::read(&leaf::decode(&other).unwrap()).is_none());
    }
}
