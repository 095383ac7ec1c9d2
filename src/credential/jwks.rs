//! The keyring as a JSON Web Key Set (RFC 7517; OKP/Ed25519 keys of RFC 8037): what
//! `/.well-known/jwks.json` serves and what `verify` needs to work without us.
//!
//! Beside the standard members a set names its `issuer`, and a key its `purpose`, `state`,
//! `valid_from`, `valid_until` and `compromised_at`; strangers' tools pass over these (RFC 7517 §4, §5).
//! A tool that does so also believes a compromised key: it must look at `state`.

use super::key::{KeyError, KeyRecord, KeyState, Kid, Purpose};
use super::keyring::Keyring;
use crate::kernel::Timestamp;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Jwks {
    issuer: String,
    keys: Vec<Jwk>,
}

#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    kid: String,
    #[serde(rename = "use")]
    usage: String,
    /// Fully specified (RFC 9864), so that no other algorithm can be meant.
    alg: String,
    purpose: Purpose,
    state: KeyState,
    valid_from: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    valid_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    compromised_at: Option<Timestamp>,
}

impl Keyring {
    /// The public keys, newest first.
    pub fn jwks(&self) -> serde_json::Value {
        let keys = self.records().into_iter().map(Jwk::from).collect();
        serde_json::json!(Jwks { issuer: self.issuer().to_owned(), keys })
    }

    /// A keyring that can only verify.
    ///
    /// # Errors
    /// [`KeyError::NotAJwks`] for anything but a set as [`Keyring::jwks`] writes it, and the errors of
    /// [`Keyring::new`].
    pub fn from_jwks(json: &str) -> Result<Self, KeyError> {
        let Jwks { issuer, keys } =
            serde_json::from_str(json).map_err(|error| KeyError::NotAJwks(error.to_string()))?;
        let records = keys.into_iter().map(Jwk::record).collect::<Result<_, _>>()?;
        Self::new(issuer, records, Vec::new())
    }
}

impl From<&KeyRecord> for Jwk {
    fn from(record: &KeyRecord) -> Self {
        Self {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            x: URL_SAFE_NO_PAD.encode(record.public),
            kid: record.kid.to_string(),
            usage: "sig".to_owned(),
            alg: "Ed25519".to_owned(),
            purpose: record.purpose,
            state: record.state,
            valid_from: record.valid_from,
            valid_until: record.valid_until,
            compromised_at: record.compromised_at,
        }
    }
}

impl Jwk {
    fn record(self) -> Result<KeyRecord, KeyError> {
        let kid: Kid = self.kid.parse()?;
        if [&*self.kty, &*self.crv, &*self.usage, &*self.alg] != ["OKP", "Ed25519", "sig", "Ed25519"] {
            return Err(KeyError::NotAJwks(format!("key {kid} is not an Ed25519 signing key")));
        }
        let public = URL_SAFE_NO_PAD.decode(&self.x).ok().and_then(|bytes| bytes.try_into().ok());
        Ok(KeyRecord {
            kid,
            purpose: self.purpose,
            public: public.ok_or_else(|| KeyError::NotAJwks(format!("key {kid}: x is not 32 bytes")))?,
            state: self.state,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            compromised_at: self.compromised_at,
        })
    }
}
