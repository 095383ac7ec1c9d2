//! What a device is, and whether it may be paired. Pure.

use crate::kernel::text::{Malformed, Text, string_value};
use crate::kernel::*;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, VerifyingKey};
use std::fmt;

/// How long a pairing waits for its device, in seconds.
pub const PAIRING_SECONDS: i64 = 600;

/// What staff call the device. Not a person's name.
pub type DeviceName = Text<1, 60>;

/// The public half of a device's key (Ed25519, RFC 8032), under which nobody else can sign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceKey(VerifyingKey);

impl DeviceKey {
    /// base64url of the 32 bytes. A key of small order is refused: anybody could sign for it.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        let key = bytes.and_then(|bytes: [u8; 32]| Self::from_bytes(&bytes));
        key.ok_or(Malformed::expected("a public key of Ed25519, 32 bytes as base64url"))
    }

    /// None when the bytes are no point of the curve, or one of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak()).map(Self)
    }

    pub fn bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Whether this key signed the message.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Display for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&URL_SAFE_NO_PAD.encode(self.bytes()))
    }
}

string_value!(DeviceKey, "^[A-Za-z0-9_-]{43}$", "Public key of Ed25519, base64url");

/// A pairing as far as it decides.
pub struct PairingFacts {
    pub expires_at: Timestamp,
    pub is_used: bool,
    /// The right of the registrar who opened it stands.
    pub registrar_stands: bool,
    /// Another device has this key.
    pub is_key_taken: bool,
}

/// Whether a device may be paired. One answer for whatever is wrong with the secret: whoever guesses learns nothing.
///
/// # Errors
/// `pairing_invalid`; `already_exists` for a key that another device has.
pub fn pair(facts: Option<&PairingFacts>, now: Timestamp) -> Result<(), Refusal> {
    let facts = facts.filter(|facts| !facts.is_used && facts.registrar_stands && now < facts.expires_at);
    match facts {
        None => Err(Code::PairingInvalid.into()),
        Some(facts) if facts.is_key_taken => Err(Refusal::new(Code::AlreadyExists).at("public_key")),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_under_which_anybody_can_sign_are_refused() {
        let order_1 = [&[1], [0; 31].as_slice()].concat();
        let order_4 = [0; 32].to_vec();
        for weak in [order_1, order_4] {
            assert!(DeviceKey::parse(&URL_SAFE_NO_PAD.encode(weak)).is_err());
        }
        let generator = [&[0x58], [0x66; 31].as_slice()].concat();
        let text = URL_SAFE_NO_PAD.encode(generator);
        assert_eq!(DeviceKey::parse(&text).unwrap().to_string(), text);
        assert!(DeviceKey::parse(&text[1..]).is_err());
    }

    #[test]
    fn a_pairing_is_good_once_and_for_ten_minutes() {
        let now = Timestamp::from_millis(1_000);
        let good = || PairingFacts {
            expires_at: now.plus_seconds(1),
            is_used: false,
            registrar_stands: true,
            is_key_taken: false,
        };
        let code = |facts: Option<PairingFacts>| pair(facts.as_ref(), now).map_err(|refusal| refusal.code);
        assert_eq!(code(Some(good())), Ok(()));
        assert_eq!(code(None), Err(Code::PairingInvalid));
        for bad in [
            PairingFacts { expires_at: now, ..good() },
            PairingFacts { is_used: true, ..good() },
            PairingFacts { registrar_stands: false, ..good() },
        ] {
            assert_eq!(code(Some(bad)), Err(Code::PairingInvalid));
        }
        assert_eq!(code(Some(PairingFacts { is_key_taken: true, ..good() })), Err(Code::AlreadyExists));
    }
}
