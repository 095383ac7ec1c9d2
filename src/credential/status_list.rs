//! A status list as its verifiers get it: the IETF Token Status List (draft-ietf-oauth-status-list), two bits a
//! place, compressed, signed as JWT or as CWT. Pure.
//!
//! Place `i` lies in byte `i / 4`, the first of a byte in its lowest bits (§4 of the draft). A place says nothing about dates:
//! a voucher that lapsed is told by its own.

use super::cbor::Writer;
use super::cose::{ALG, ED25519, KID, envelope, to_be_signed};
use super::key::Signer;
use crate::kernel::Timestamp;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use miniz_oxide::deflate::compress_to_vec_zlib;
use serde_json::json;

/// Places of a list.
pub const PLACES: u64 = 1 << 18;

const BITS: u8 = 2;
const PER_BYTE: u64 = 8 / BITS as u64;

/// The draft recommends the highest level; what is signed once is fetched many times.
const LEVEL: u8 = 9;

/// `typ` of the COSE header (RFC 9596).
const TYP: i64 = 16;
/// Claims of CWT (RFC 8392 and the draft).
const SUB: i64 = 2;
const EXP: i64 = 4;
const IAT: i64 = 6;
const STATUS_LIST: i64 = 65_533;
const TTL: i64 = 65_534;

/// What a place says (§7 of the draft).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Nothing speaks against it; a place of no voucher says the same.
    Valid = 0,
    /// It will not be valid again as it is.
    Invalid = 1,
    Suspended = 2,
    /// Application specific: it was used up by its redemption.
    Redeemed = 3,
}

/// The places of one list.
pub struct StatusList(Vec<u8>);

impl Default for StatusList {
    fn default() -> Self {
        Self(vec![0; (PLACES / PER_BYTE) as usize])
    }
}

/// What a signed list says beside its places.
pub struct Terms {
    /// Where it is served, as the credentials name it.
    pub uri: String,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    /// How long a verifier may go without looking again.
    pub ttl_seconds: u32,
}

impl StatusList {
    /// Says of a place what it was not said before; a place beyond the list is passed over.
    pub fn set(&mut self, place: u64, standing: Standing) {
        if let Some(byte) = self.0.get_mut((place / PER_BYTE) as usize) {
            *byte |= (standing as u8) << ((place % PER_BYTE) * u64::from(BITS));
        }
    }

    /// The list ready to be signed.
    pub fn compress(&self) -> Compressed {
        Compressed(compress_to_vec_zlib(&self.0, LEVEL))
    }
}

/// A list in DEFLATE with the frame of zlib (RFC 1950).
pub struct Compressed(Vec<u8>);

impl Compressed {
    /// As `statuslist+jwt` (§5.1).
    pub fn jwt(&self, terms: &Terms, signer: &Signer) -> String {
        let header = json!({ "alg": "EdDSA", "kid": signer.kid(), "typ": "statuslist+jwt" });
        let claims = json!({
            "sub": terms.uri,
            "iat": terms.issued_at.seconds(),
            "exp": terms.expires_at.seconds(),
            "ttl": terms.ttl_seconds,
            "status_list": { "bits": BITS, "lst": URL_SAFE_NO_PAD.encode(&self.0) },
        });
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(signer.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// As `statuslist+cwt` (§5.2), in deterministic CBOR.
    pub fn cwt(&self, terms: &Terms, signer: &Signer) -> Vec<u8> {
        let mut protected = Writer::default();
        protected.map(3).integer(ALG).integer(ED25519).integer(KID).bytes(signer.kid().bytes());
        protected.integer(TYP).text("application/statuslist+cwt");
        let protected = protected.finish();
        let mut claims = Writer::default();
        claims.map(5).integer(SUB).text(&terms.uri);
        claims.integer(EXP).integer(terms.expires_at.seconds());
        claims.integer(IAT).integer(terms.issued_at.seconds());
        claims.integer(STATUS_LIST).map(2).text("lst").bytes(&self.0).text("bits").unsigned(BITS.into());
        claims.integer(TTL).unsigned(terms.ttl_seconds.into());
        let claims = claims.finish();
        envelope(&protected, &claims, &signer.sign(&to_be_signed(&protected, &claims)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of §4.1 of the draft, with two bits.
    #[test]
    fn places_lie_as_in_the_draft() {
        let mut list = StatusList::default();
        for (place, standing) in [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3].into_iter().enumerate() {
            let standings = [Standing::Valid, Standing::Invalid, Standing::Suspended, Standing::Redeemed];
            list.set(place as u64, standings[standing]);
        }
        assert_eq!(list.0[..4], [0xc9, 0x44, 0xf9, 0x00]);
        list.set(PLACES, Standing::Invalid);
        assert_eq!(list.0.len(), 65_536);
    }
}
