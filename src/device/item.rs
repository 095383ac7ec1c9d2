//! An offline item: what a device did, as it signed it. Reading and checking; pure.

use super::model::DeviceKey;
use crate::kernel::object::Object;
use crate::kernel::*;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// Stands before every text that a device signs, so that its signature means nothing else anywhere.
pub const CONTEXT: &[u8] = b"training-vouchers/offline-item/v1\n";

/// Bytes of a text at most: a credential and a reason fit.
pub const MAX_TEXT: usize = 4 << 10;

/// How far clocks may be apart, in seconds.
const SLACK_SECONDS: i64 = 120;

/// The text as it is signed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    device_id: DeviceId,
    sequence: i64,
    previous: Option<String>,
    action: Action,
    redemption_id: RedemptionId,
    course_run_id: Option<CourseRunId>,
    credential: Option<String>,
    identity_checked: bool,
    scanned_at: Timestamp,
    last_server_time: Timestamp,
    elapsed_ms: i64,
    #[allow(dead_code, reason = "evidence: which status list the desk had; kept with the text")]
    status_list_at: Option<Timestamp>,
    reason: Option<Reason>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Redeem,
    Undo,
}

/// An item that its device did sign.
pub struct Item {
    pub text: String,
    pub signature: [u8; 64],
    pub sha256: [u8; 32],
    pub sequence: i64,
    /// The digest of the item before it.
    pub previous: Option<[u8; 32]>,
    pub redemption_id: RedemptionId,
    pub deed: Deed,
    pub clock: ItemClock,
}

/// What was done.
pub enum Deed {
    Redeem { credential: String, course_run_id: CourseRunId, identity_checked: bool },
    Undo { reason: Option<Reason> },
}

impl Deed {
    pub const fn action(&self) -> &'static str {
        match self {
            Deed::Redeem { .. } => "redeem",
            Deed::Undo { .. } => "undo",
        }
    }
}

/// What a device knew of the time.
#[derive(Clone, Copy, Debug)]
pub struct ItemClock {
    pub scanned_at: Timestamp,
    /// The last that it heard of the server's clock, and how long ago by its own.
    pub last_server_time: Timestamp,
    pub elapsed_ms: i64,
}

impl Item {
    /// Reads an item of this device.
    ///
    /// # Errors
    /// `bad_item_signature`; `invalid_field` for what is not such an item. Fields are named below `path`.
    pub fn read(
        text: String,
        signature: &str,
        (device_id, key): (DeviceId, &DeviceKey),
        path: &str,
    ) -> Result<Self, Refusal> {
        let not_an_item = || {
            Refusal::field(
                format!("{path}.item"),
                "an offline item of this device, as docs/formats.md has it",
            )
        };
        if text.len() > MAX_TEXT {
            return Err(not_an_item());
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).ok().and_then(|bytes| bytes.try_into().ok());
        let signature =
            signature.ok_or_else(|| Refusal::field(format!("{path}.signature"), "64 bytes as base64url"))?;
        if !key.verifies(&[CONTEXT, text.as_bytes()].concat(), &signature) {
            return Err(Refusal::new(Code::BadItemSignature).at(format!("{path}.signature")));
        }
        let Object(signed): Object<Signed> = serde_json::from_str(&text).map_err(|_| not_an_item())?;
        let deed = match (signed.action, signed.credential, signed.course_run_id, signed.reason) {
            (Action::Redeem, Some(credential), Some(course_run_id), None) => {
                Deed::Redeem { credential, course_run_id, identity_checked: signed.identity_checked }
            }
            (Action::Undo, None, None, reason) => Deed::Undo { reason },
            _ => return Err(not_an_item()),
        };
        let digest = |text: String| URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        let previous = match signed.previous {
            None => None,
            Some(previous) => Some(digest(previous).ok_or_else(not_an_item)?),
        };
        if signed.device_id != device_id || signed.sequence < 1 {
            return Err(not_an_item());
        }
        let Signed { sequence, redemption_id, scanned_at, last_server_time, elapsed_ms, .. } = signed;
        let sha256 = Sha256::digest(&text).into();
        let clock = ItemClock { scanned_at, last_server_time, elapsed_ms };
        Ok(Self { text, signature, sha256, sequence, previous, redemption_id, deed, clock })
    }
}

impl ItemClock {
    /// Whether the time of the scan can be believed: not in the server's future, not before the device was paired, and what the
    /// device's own reckoning since it last heard of the server comes to.
    ///
    /// # Errors
    /// `clock_not_believed`.
    pub fn believe(&self, paired_at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
        let (since, until) = (paired_at.plus_seconds(-SLACK_SECONDS), now.plus_seconds(SLACK_SECONDS));
        let reckoned = self.last_server_time.millis().saturating_add(self.elapsed_ms);
        let apart = self.scanned_at.millis().saturating_sub(reckoned).saturating_abs();
        let possible = since..=until;
        let believed = possible.contains(&self.scanned_at)
            && possible.contains(&self.last_server_time)
            && self.elapsed_ms >= 0
            && apart <= SLACK_SECONDS * 1_000;
        if believed {
            return Ok(());
        }
        Err(Refusal::new(Code::ClockNotBelieved)
            .with("scanned_at", self.scanned_at)
            .with("expected_at", Timestamp::from_millis(reckoned))
            .with("paired_at", paired_at)
            .with("received_at", now))
    }
}

/// Where an item stands in its device's chain.
#[derive(PartialEq, Eq, Debug)]
pub enum Place {
    /// It is the next one.
    Next,
    /// One of this number was received before.
    Before,
}

/// The place of an item behind those that were received.
///
/// # Errors
/// `out_of_sequence` with the number of the next.
pub fn place(item: &Item, next_sequence: i64, newest_sha256: Option<&[u8]>) -> Result<Place, Refusal> {
    if item.sequence < next_sequence {
        return Ok(Place::Before);
    }
    let previous = item.previous.as_ref().map(<[u8; 32]>::as_slice);
    if item.sequence == next_sequence && previous == newest_sha256 {
        return Ok(Place::Next);
    }
    Err(Refusal::new(Code::OutOfSequence).with("next_sequence", next_sequence))
}

/// That the items follow each other.
///
/// # Errors
/// `out_of_sequence`.
pub fn chained(items: &[Item], next_sequence: i64) -> Result<(), Refusal> {
    let follows = |pair: &[Item]| match pair {
        [one, next] => next.sequence == one.sequence + 1 && next.previous == Some(one.sha256),
        _ => true,
    };
    match items.windows(2).all(follows) {
        true => Ok(()),
        false => Err(Refusal::new(Code::OutOfSequence).with("next_sequence", next_sequence)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_believed_within_two_minutes() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
        let believed = |scanned: i64, heard: i64, elapsed_ms: i64| {
            let clock = ItemClock { scanned_at: at(scanned), last_server_time: at(heard), elapsed_ms };
            clock.believe(at(10_000), at(20_000)).is_ok()
        };
        assert!(believed(15_000, 14_000, 1_000_000));
        assert!(believed(15_120, 14_000, 1_000_000) && !believed(15_121, 14_000, 1_000_000));
        assert!(believed(14_880, 14_000, 1_000_000) && !believed(14_879, 14_000, 1_000_000));
        assert!(believed(20_120, 20_000, 120_000) && !believed(20_121, 20_000, 121_000));
        assert!(believed(9_880, 9_880, 0) && !believed(9_879, 9_879, 0));
        assert!(!believed(15_000, 15_000, -1));
        assert!(!believed(15_000, 15_000, i64::MAX) && !believed(15_000, i64::MIN / 1_000, 0));
    }
}
