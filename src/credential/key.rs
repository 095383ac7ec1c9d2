//! Keys as values: how one is named, what it is for, when it may sign, and the signer itself.

use crate::kernel::Timestamp;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr, sync::Arc};

/// Names a public key: the first 8 bytes of its SHA-256. Written as base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kid([u8; 8]);

impl Kid {
    /// The name of a raw public key (32 bytes, RFC 8032).
    pub fn of(public: &[u8; 32]) -> Self {
        let mut kid = [0; 8];
        kid.copy_from_slice(&Sha256::digest(public)[..8]);
        Self(kid)
    }

    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    pub const fn bytes(&self) -> &[u8; 8] {
        &self.0
    }

    /// Sixteen lower-case digits: for file names, where base64url's case would matter.
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kid({self})")
    }
}

impl FromStr for Kid {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| KeyError::NotAKid(text.to_owned()))
    }
}

impl Serialize for Kid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Kid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What a key signs. A key never does both.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Credentials.
    Credential,
    /// Checkpoints of the logs, on which receipts ride.
    Log,
}

impl Purpose {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credential => "credential",
            Self::Log => "log",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Signs and verifies.
    Active,
    /// Signs no more; what it signed keeps verifying.
    Retired,
    /// In strange hands: nothing it signed is believed.
    Compromised,
}

/// The public half of a key and its life.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyRecord {
    pub kid: Kid,
    pub purpose: Purpose,
    /// Raw public key (RFC 8032 §5.1.5).
    pub public: [u8; 32],
    pub state: KeyState,
    /// First second at which it may sign.
    pub valid_from: Timestamp,
    /// First instant at which it may no longer sign (exclusive); open while `None`.
    pub valid_until: Option<Timestamp>,
    pub compromised_at: Option<Timestamp>,
}

impl KeyRecord {
    /// A new active key.
    pub fn active(signer: &Signer, purpose: Purpose, valid_from: Timestamp) -> Self {
        Self {
            kid: signer.kid(),
            purpose,
            public: signer.public_key(),
            state: KeyState::Active,
            valid_from,
            valid_until: None,
            compromised_at: None,
        }
    }

    /// Whether a signature said to be of this instant can be this key's. The first second counts whole,
    /// because claims carry whole seconds, rounded down.
    pub fn is_valid_at(&self, instant: Timestamp) -> bool {
        self.valid_from.seconds() <= instant.seconds() && self.valid_until.is_none_or(|end| instant < end)
    }
}

/// A private key. Cheap to clone; wiped from memory with the last clone; never shown.
#[derive(Clone)]
pub struct Signer(Arc<Secret>);

struct Secret {
    key: SigningKey,
    kid: Kid,
}

impl Signer {
    /// From the 32 secret bytes of RFC 8032.
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        SigningKey::from_bytes(secret).into()
    }

    pub fn kid(&self) -> Kid {
        self.0.kid
    }

    pub fn public_key(&self) -> [u8; 32] {
        self.0.key.verifying_key().to_bytes()
    }

    /// The Ed25519 signature of `message` (deterministic, RFC 8032 §5.1.6).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.key.sign(message).to_bytes()
    }

    pub(super) fn signing_key(&self) -> &SigningKey {
        &self.0.key
    }
}

impl From<SigningKey> for Signer {
    fn from(key: SigningKey) -> Self {
        let kid = Kid::of(key.verifying_key().as_bytes());
        Self(Arc::new(Secret { key, kid }))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.0.kid)
    }
}

/// Why keys cannot be taken: for the operator, who must mend them before the service starts.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    #[error("\"{0}\" is not a key id: 8 bytes as base64url")]
    NotAKid(String),
    #[error("key {0}: the public key is not a point of the curve")]
    NotAPoint(Kid),
    #[error("key {0}: a public key of small order, under which anybody can forge")]
    SmallOrder(Kid),
    #[error("key {0}: the id does not belong to the public key")]
    WrongKid(Kid),
    #[error("key {0} is listed twice")]
    Twice(Kid),
    #[error("key {0}: there is a private key but no record of it in jwks.json")]
    NoRecord(Kid),
    #[error("not a key set: {0}")]
    NotAJwks(String),
}
