//! One trip of a browser to the provider and back, and what it shows then: both are kept in one cookie of that browser,
//! sealed by us and good for ten minutes.

use crate::kernel::{HolderSecret, Timestamp};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How long the cookie is good.
pub const SECONDS: i64 = 10 * 60;

/// Characters of a page to go on to that are kept at most.
const LONGEST_NEXT: usize = 1_000;

/// What the trip is for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errand {
    SignIn {
        next: String,
    },
    /// To link the identity to the login of this token.
    Link {
        token_no: i64,
    },
}

/// A trip that has begun.
#[derive(Clone, Serialize, Deserialize)]
pub struct Round {
    seed: String,
    pub errand: Errand,
    begun_at: i64,
}

/// What a provider said at the end of a trip.
#[derive(Clone, Serialize, Deserialize)]
pub struct Shown {
    pub errand: Errand,
    /// What is stored of the identity: [`HolderSecret::identity`].
    pub identity: [u8; 32],
    /// As the provider calls it; shown to its person, stored nowhere.
    pub subject: String,
    pub has_second_factor: bool,
    shown_at: i64,
}

impl Round {
    pub fn begin(random: &[u8; 32], errand: Errand, now: Timestamp) -> Self {
        let errand = match errand {
            Errand::SignIn { next } if next.len() > LONGEST_NEXT => Errand::SignIn { next: String::new() },
            errand => errand,
        };
        Self { seed: URL_SAFE_NO_PAD.encode(random), errand, begun_at: now.millis() }
    }

    /// What the provider hands back beside the code.
    pub fn state(&self) -> String {
        self.derive("state")
    }

    /// What the provider writes into the ID token.
    pub fn nonce(&self) -> String {
        self.derive("nonce")
    }

    /// RFC 7636 `code_verifier`.
    pub fn verifier(&self) -> String {
        self.derive("verifier")
    }

    /// RFC 7636 `code_challenge`, S256.
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier()))
    }

    pub fn has_state(&self, given: &str) -> bool {
        bool::from(self.state().as_bytes().ct_eq(given.as_bytes()))
    }

    fn derive(&self, label: &str) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{label}\0{}", self.seed)))
    }

    pub fn seal(&self, secret: &HolderSecret) -> String {
        seal(secret, b"round", self)
    }

    /// The trip that this browser has begun, if it is not over.
    pub fn open(secret: &HolderSecret, cookie: &str, now: Timestamp) -> Option<Self> {
        open(secret, b"round", cookie).filter(|round: &Self| is_fresh(round.begun_at, now))
    }
}

impl Shown {
    pub fn new(secret: &HolderSecret, errand: Errand, identity: super::Identity, now: Timestamp) -> Self {
        Self {
            errand,
            identity: secret.identity(&identity.issuer, &identity.subject),
            subject: identity.subject,
            has_second_factor: identity.has_second_factor,
            shown_at: now.millis(),
        }
    }

    pub fn seal(&self, secret: &HolderSecret) -> String {
        seal(secret, b"shown", self)
    }

    /// What was shown to this browser, if it is not too long ago.
    pub fn open(secret: &HolderSecret, cookie: &str, now: Timestamp) -> Option<Self> {
        open(secret, b"shown", cookie).filter(|shown: &Self| is_fresh(shown.shown_at, now))
    }
}

fn is_fresh(at: i64, now: Timestamp) -> bool {
    now < Timestamp::from_millis(at).plus_seconds(SECONDS)
}

fn seal(secret: &HolderSecret, label: &[u8], value: &impl Serialize) -> String {
    let payload = serde_json::to_vec(value).expect("plain values are written");
    let tag = secret.provider_cookie(label, &payload);
    format!("{}.{}", URL_SAFE_NO_PAD.encode(payload), URL_SAFE_NO_PAD.encode(tag))
}

fn open<T: DeserializeOwned>(secret: &HolderSecret, label: &[u8], cookie: &str) -> Option<T> {
    let (payload, tag) = cookie.split_once('.')?;
    let (payload, tag) = (URL_SAFE_NO_PAD.decode(payload).ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?);
    let is_ours = secret.provider_cookie(label, &payload).ct_eq(tag.as_slice());
    if bool::from(is_ours) { serde_json::from_slice(&payload).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_584_439_200_000);

    #[test]
    fn a_trip_is_of_its_browser_and_its_time() {
        let (secret, other) = (HolderSecret::new([1; 32]), HolderSecret::new([2; 32]));
        let round = Round::begin(&[7; 32], Errand::Link { token_no: 4 }, NOW);
        let cookie = round.seal(&secret);
        let opened = Round::open(&secret, &cookie, NOW.plus_seconds(SECONDS - 1)).unwrap();
        assert!(opened.errand == round.errand && opened.has_state(&round.state()));
        assert!(!Round::begin(&[8; 32], Errand::Link { token_no: 4 }, NOW).has_state(&round.state()));
        assert!(Round::open(&secret, &cookie, NOW.plus_seconds(SECONDS)).is_none());
        assert!(Round::open(&other, &cookie, NOW).is_none());
        assert!(Shown::open(&secret, &cookie, NOW).is_none(), "one is never taken for the other");
        let (payload, tag) = cookie.split_once('.').unwrap();
        let forged = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap().replace('4', "5");
        assert!(Round::open(&secret, &format!("{}.{tag}", URL_SAFE_NO_PAD.encode(forged)), NOW).is_none());
    }

    /// RFC 7636, section 4.2: 43 to 128 characters of the unreserved ones.
    #[test]
    fn what_is_derived_is_different_and_fits_into_an_address() {
        let round = Round::begin(&[7; 32], Errand::SignIn { next: "x".repeat(2_000) }, NOW);
        let all = [round.state(), round.nonce(), round.verifier(), round.challenge()];
        for (at, text) in all.iter().enumerate() {
            assert!(text.len() == 43 && !all[..at].contains(text), "{text}");
        }
        assert_eq!(round.errand, Errand::SignIn { next: String::new() });
    }
}
