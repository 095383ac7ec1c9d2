//! Signing and verifying: claims in a tagged COSE_Sign1 (RFC 9052 §4.2, tag 18), and back.
//!
//! ```text
//! 18([ << {1: -19, 3: 61, 4: kid} >>, {}, << claims >>, signature ])
//! ```
//! −19 is Ed25519 (RFC 9864), 61 the content format of `application/cwt`. The unprotected header and the
//! external data are empty. A reader takes kid, payload and signature out, writes the whole again and
//! compares: that is the one check no field can slip by.

use super::cbor::{Fields, Reader, Writer, read};
use super::claims::Claims;
use super::key::{KeyRecord, KeyState, Kid, Purpose, Signer};
use super::{Keyring, malformed, text};
use crate::kernel::{Code, Refusal, Timestamp, refusal::Result};
use ciborium::Value;
use sha2::{Digest, Sha256};
use std::fmt;

const COSE_SIGN1: u64 = 18;
pub(super) const ALG: i64 = 1;
const CRIT: i64 = 2;
const CONTENT_TYPE: i64 = 3;
pub(super) const KID: i64 = 4;
pub(super) const ED25519: i64 = -19;
const CWT: i64 = 61;

/// A credential just signed.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedCredential(Vec<u8>);

impl SignedCredential {
    /// The COSE_Sign1.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The text form, which the QR code carries: at most [`text::MAX_WRITTEN`] characters.
    pub fn text(&self) -> String {
        text::encode(&self.0)
    }

    /// What log and audit package carry in the credential's place.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

/// Signs. The caller chooses a signer of [`Purpose::Credential`] that is valid at `issued_at`. A holder's
/// name that a QR code has no room for is cut, and marked so (`Константинопо… В. А.`): staff compare it
/// with a document, and one long name must not hold up a list.
///
/// # Errors
/// `invalid_field` when a claim cannot be written, or when the text would exceed
/// [`text::MAX_WRITTEN`] characters whatever the name: what no QR code of ours would hold is not signed.
pub fn sign(claims: &Claims, signer: &Signer) -> Result<SignedCredential> {
    let protected = protected_header(&signer.kid());
    let mut shorter = None;
    loop {
        let claims = shorter.as_ref().unwrap_or(claims);
        let payload = claims.encode()?;
        let bytes = envelope(&protected, &payload, &signer.sign(&to_be_signed(&protected, &payload)));
        if text::encoded_length(bytes.len()) <= text::MAX_WRITTEN {
            return Ok(SignedCredential(bytes));
        }
        let too_long = || Refusal::field("holder", "a credential text of at most 512 characters");
        let holder = cut(&claims.holder).ok_or_else(too_long)?;
        shorter = Some(Claims { holder, ..claims.clone() });
    }
}

/// The name with its surname a letter shorter; none when nothing is left of it to cut.
fn cut(holder: &str) -> Option<String> {
    let initials = holder.find('.').and_then(|dot| holder[..dot].rfind(' ')).unwrap_or(holder.len());
    let (surname, initials) = holder.split_at(initials);
    let mut kept = surname.trim_end_matches('…').chars();
    kept.next_back()?;
    let kept = kept.as_str();
    (!kept.is_empty()).then(|| format!("{kept}…{initials}"))
}

/// A credential that was verified: its signature by a key that is trusted and was valid at its issue, its
/// issuer, its form. Only [`Signed::trusted`] makes one. Place and time are asked separately, because they
/// depend on who asks and when.
#[derive(Clone)]
pub struct Verified {
    claims: Claims,
    kid: Kid,
    bytes: Vec<u8>,
}

/// A credential that one of our keys did sign, whether or not that key is trusted with it. What it says
/// may be looked up, for a history or for the repeat of an answer; nothing new is given for it.
pub struct Signed {
    credential: Verified,
    distrust: Option<Refusal>,
}

/// Checks a credential's text against the issuer's keys.
///
/// # Errors
/// Those of [`authenticate`], then those of [`Signed::trusted`].
pub fn verify(text: &str, keyring: &Keyring) -> Result<Verified> {
    authenticate(text, keyring)?.trusted()
}

/// Checks that a key of the issuer signed the text.
///
/// # Errors
/// - `malformed_credential` with `reason`: of the text (see [`text::decode`]), `not_cbor`,
///   `trailing_bytes`, `not_cose_sign1`, `duplicate_key`, `critical_header`, `wrong_algorithm`,
///   `wrong_content_type`, `wrong_kid_length`, `unknown_header`, `unprotected_header`,
///   `wrong_signature_length`, `not_canonical`; of the claims, once the signature holds, see
///   [`Claims`];
/// - `unknown_key` {`kid`}, for another purpose's key too;
/// - `bad_signature` {`kid`};
/// - `wrong_issuer` {`issuer`, `expected`}.
pub fn authenticate(text: &str, keyring: &Keyring) -> Result<Signed> {
    let bytes = text::decode(text)?;
    let Envelope { kid, payload, signature } = Envelope::read(&bytes)?;
    let key = keyring
        .key(&kid)
        .filter(|key| key.record.purpose == Purpose::Credential)
        .ok_or_else(|| Refusal::new(Code::UnknownKey).with("kid", kid))?;
    if !key.verifies(&to_be_signed(&protected_header(&kid), &payload), &signature) {
        return Err(Refusal::new(Code::BadSignature).with("kid", kid));
    }
    let claims = Claims::decode(&payload)?;
    if claims.issuer != keyring.issuer() {
        return Err(Refusal::new(Code::WrongIssuer)
            .with("issuer", &claims.issuer)
            .with("expected", keyring.issuer()));
    }
    let distrust = distrust(&key.record, &claims);
    Ok(Signed { credential: Verified { claims, kid, bytes }, distrust })
}

fn distrust(key: &KeyRecord, claims: &Claims) -> Option<Refusal> {
    if key.state == KeyState::Compromised {
        let refusal = Refusal::new(Code::KeyCompromised).with("kid", key.kid);
        return Some(refusal.with("compromised_at", key.compromised_at));
    }
    if key.is_valid_at(claims.issued_at) {
        return None;
    }
    let refusal = Refusal::new(Code::KeyNotValidAtIssue)
        .with("kid", key.kid)
        .with("issued_at", claims.issued_at)
        .with("valid_from", key.valid_from)
        .with("valid_until", key.valid_until);
    Some(refusal)
}

impl Signed {
    pub fn claims(&self) -> &Claims {
        &self.credential.claims
    }

    /// The key that signed it.
    pub fn kid(&self) -> Kid {
        self.credential.kid
    }

    /// Why the key is not trusted with it; none when it is.
    pub fn distrust(&self) -> Option<&Refusal> {
        self.distrust.as_ref()
    }

    /// The credential, if its key is trusted with it.
    ///
    /// # Errors
    /// - `key_compromised` {`kid`, `compromised_at`};
    /// - `key_not_valid_at_issue` {`kid`, `issued_at`, `valid_from`, `valid_until`}.
    pub fn trusted(self) -> Result<Verified> {
        self.distrust.map_or(Ok(self.credential), Err)
    }
}

impl Verified {
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    pub fn kid(&self) -> Kid {
        self.kid
    }

    /// The COSE_Sign1 that was verified.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }

    /// Whether it is meant for this university.
    ///
    /// # Errors
    /// `wrong_university` {`university`: the one it is meant for}.
    pub fn check_audience(&self, university: &str) -> Result<()> {
        if self.claims.audience == university {
            return Ok(());
        }
        Err(Refusal::new(Code::WrongUniversity).with("university", &self.claims.audience))
    }

    /// Whether its signed dates hold `now`: from `not_before`, inclusive, to `expires_at`, exclusive.
    ///
    /// # Errors
    /// `not_yet_valid` {`not_before`}, `expired` {`expires_at`}.
    pub fn check_time(&self, now: Timestamp) -> Result<()> {
        let Claims { not_before, expires_at, .. } = self.claims;
        if now < not_before {
            return Err(Refusal::new(Code::NotYetValid).with("not_before", not_before));
        }
        if now >= expires_at {
            return Err(Refusal::new(Code::Expired).with("expires_at", expires_at));
        }
        Ok(())
    }
}

/// Both hold a name, signed: debug output shows ids only.
impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("claims", &self.claims)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SignedCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedCredential({} bytes)", self.0.len())
    }
}

/// The variable parts of a COSE_Sign1 whose every other byte is as we write it.
struct Envelope {
    kid: Kid,
    payload: Vec<u8>,
    signature: [u8; 64],
}

impl Envelope {
    fn read(bytes: &[u8]) -> Result<Self> {
        let written_by_us =
            |read: &Self| envelope(&protected_header(&read.kid), &read.payload, &read.signature) == bytes;
        Self::parts(bytes).filter(written_by_us).map_or_else(|| Self::search(bytes), Ok)
    }

    /// The parts, where they are in what we write.
    fn parts(bytes: &[u8]) -> Option<Self> {
        let mut cbor = Reader::of(bytes);
        cbor.the(|expected| expected.tag(COSE_SIGN1).array(4))?;
        let kid = cbor.bytes()?.last_chunk()?;
        cbor.the(|expected| expected.map(0))?;
        let payload = cbor.bytes()?.to_vec();
        let signature = cbor.bytes()?.try_into().ok()?;
        Some(Self { kid: Kid::from_bytes(*kid), payload, signature })
    }

    /// Looks for what is wrong with an envelope that we did not write so.
    fn search(bytes: &[u8]) -> Result<Self> {
        let not_ours = || malformed("not_cose_sign1");
        let Value::Tag(COSE_SIGN1, item) = read(bytes)? else { return Err(not_ours()) };
        let Value::Array(items) = *item else { return Err(not_ours()) };
        let Ok([Value::Bytes(protected), unprotected, Value::Bytes(payload), Value::Bytes(signature)]) =
            <[Value; 4]>::try_from(items)
        else {
            return Err(not_ours());
        };
        let kid = kid_of(&protected)?;
        if !Fields::of(unprotected, "not_cose_sign1")?.is_empty() {
            return Err(malformed("unprotected_header"));
        }
        let signature = signature.try_into().map_err(|_| malformed("wrong_signature_length"))?;
        if envelope(&protected_header(&kid), &payload, &signature) != bytes {
            return Err(malformed("not_canonical"));
        }
        Ok(Self { kid, payload, signature })
    }
}

/// The key id of a protected header that says what ours says.
fn kid_of(protected: &[u8]) -> Result<Kid> {
    let mut header = Fields::of(read(protected)?, "not_cose_sign1")?;
    // We understand no critical header, so every one of them is unknown (RFC 9052 §3.1).
    if header.take(CRIT).is_some() {
        return Err(malformed("critical_header"));
    }
    if header.take(ALG) != Some(ED25519.into()) {
        return Err(malformed("wrong_algorithm"));
    }
    if header.take(CONTENT_TYPE) != Some(CWT.into()) {
        return Err(malformed("wrong_content_type"));
    }
    let kid = header.take(KID).and_then(|kid| kid.into_bytes().ok()?.try_into().ok());
    let kid = kid.map(Kid::from_bytes).ok_or_else(|| malformed("wrong_kid_length"))?;
    if header.is_empty() { Ok(kid) } else { Err(malformed("unknown_header")) }
}

fn protected_header(kid: &Kid) -> Vec<u8> {
    let mut cbor = Writer::default();
    cbor.map(3).integer(ALG).integer(ED25519).integer(CONTENT_TYPE).integer(CWT);
    cbor.integer(KID).bytes(kid.bytes());
    cbor.finish()
}

/// The `Sig_structure` of RFC 9052 §4.4 with empty external data.
pub(super) fn to_be_signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut cbor = Writer::default();
    cbor.array(4).text("Signature1").bytes(protected).bytes(&[]).bytes(payload);
    cbor.finish()
}

pub(super) fn envelope(protected: &[u8], payload: &[u8], signature: &[u8; 64]) -> Vec<u8> {
    let mut cbor = Writer::default();
    cbor.tag(COSE_SIGN1).array(4).bytes(protected).map(0).bytes(payload).bytes(signature);
    cbor.finish()
}
