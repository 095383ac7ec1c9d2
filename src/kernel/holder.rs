//! How a person is looked up without their СНИЛС: keyed HMAC-SHA-256 (RFC 2104).
//!
//! The key lies outside the database, so that its rows alone tell nobody who a holder is.

use super::ids::{AgencyId, ProgrammeId, TokenId, VoucherId};
use super::person::Snils;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// A person within one programme: what "one live voucher per person" is checked by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HolderKey(pub [u8; 32]);

/// The installation's HMAC key.
#[derive(Clone)]
pub struct HolderSecret(Zeroizing<[u8; 32]>);

impl HolderSecret {
    pub fn new(secret: [u8; 32]) -> Self {
        Self(Zeroizing::new(secret))
    }

    /// The person's key in a programme; the same across agencies, different in every programme.
    pub fn holder_key(&self, programme: ProgrammeId, snils: &Snils) -> HolderKey {
        HolderKey(self.mac(b"holder", programme.bytes(), snils))
    }

    /// The person's key within one agency's list of employees.
    pub fn snils_key(&self, agency: AgencyId, snils: &Snils) -> [u8; 32] {
        self.mac(b"employee", agency.bytes(), snils)
    }

    /// The key that spreads a programme's vouchers over the places of one status list.
    pub fn status_key(&self, programme: ProgrammeId, list: u64) -> [u8; 32] {
        self.hmac(&[b"status", programme.bytes(), &list.to_be_bytes()])
    }

    /// The secret of a login's second factor (RFC 6238): the `generation`-th that was set up.
    pub fn second_factor(&self, token: TokenId, generation: i64) -> [u8; 20] {
        let key = self.hmac(&[b"second factor", token.bytes(), &generation.to_be_bytes()]);
        std::array::from_fn(|at| key[at])
    }

    /// What vouches that a browser has signed in as this login before.
    pub fn known_browser(&self, login: &str, nonce: &[u8; 16]) -> [u8; 32] {
        self.hmac(&[b"known browser", nonce, login.as_bytes()])
    }

    /// What is stored of a person as a provider of identities knows them: it names nobody.
    pub fn identity(&self, issuer: &str, subject: &str) -> [u8; 32] {
        let key = Self::new(self.hmac(&[b"identity"]));
        key.hmac(&[&(issuer.len() as u64).to_be_bytes(), issuer.as_bytes(), subject.as_bytes()])
    }

    /// What seals the cookie of a trip to that provider. No label is the beginning of another.
    pub fn provider_cookie(&self, label: &[u8], payload: &[u8]) -> [u8; 32] {
        Self::new(self.hmac(&[b"provider cookie", label])).hmac(&[payload])
    }

    /// What proves that a voucher's link is ours: under a key of its own, so that nothing else that is derived here can be
    /// taken for one.
    pub fn link_tag(&self, voucher: VoucherId) -> [u8; 16] {
        let key = Self::new(self.hmac(&[b"certificate-link"]));
        let mut tag = [0; 16];
        tag.copy_from_slice(&key.hmac(&[voucher.bytes()])[..16]);
        tag
    }

    fn mac(&self, purpose: &[u8], scope: &[u8; 16], snils: &Snils) -> [u8; 32] {
        self.hmac(&[purpose, scope, snils.to_string().as_bytes()])
    }

    fn hmac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.as_slice()).expect("HMAC takes a key of any length");
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for HolderSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HolderSecret(***)")
    }
}
