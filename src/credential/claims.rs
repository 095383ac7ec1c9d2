//! What a credential says: CWT claims (RFC 8392) as deterministic CBOR, written and read in exactly
//! one form.
//!
//! | key | claim | value |
//! |---|---|---|
//! | 1 | `iss` | issuer, text |
//! | 3 | `aud` | university code, text |
//! | 4, 5, 6 | `exp`, `nbf`, `iat` | whole seconds since 1970, unsigned |
//! | 7 | `cti` | voucher id, 16 bytes |
//! | 65535 | `status` | `{"status_list": {"idx": unsigned, "uri": text}}` (IETF Token Status List) |
//! | −70001 | ours | `{1: 1 (format version), 2: credential version, 3: programme id, 4: agency code, 5: hours, 6: kopecks, 7: holder}` |

use super::cbor::{Fields, Reader, Writer, read};
use super::malformed;
use crate::kernel::{Kopecks, ProgrammeId, Refusal, Timestamp, VoucherId, refusal::Result};
use ciborium::Value;
use std::fmt;
use uuid::Uuid;

const ISS: i64 = 1;
const AUD: i64 = 3;
const EXP: i64 = 4;
const NBF: i64 = 5;
const IAT: i64 = 6;
const CTI: i64 = 7;
const STATUS: i64 = 65_535;
/// Private use (below −65536, RFC 8392 §9.1).
const VOUCHER: i64 = -70_001;

const FORMAT_VERSION: u64 = 1;

/// 9999-12-31T23:59:59Z: the last second RFC 3339 can write.
const LAST_SECOND: i64 = 253_402_300_799;

/// The content of a credential. Times are whole seconds: signing drops what is below.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    /// Who issues: a short name, equal to the keyring's.
    pub issuer: String,
    /// Code of the programme's university, which alone may redeem.
    pub audience: String,
    /// First instant of validity.
    pub not_before: Timestamp,
    /// First instant at which it is no longer valid (exclusive).
    pub expires_at: Timestamp,
    /// When it was signed; the key must have been valid then.
    pub issued_at: Timestamp,
    pub voucher_id: VoucherId,
    /// Place in the status list, random so that it tells nothing.
    pub status_index: u64,
    /// Where the status list is served.
    pub status_uri: String,
    /// 1 when issued, one more with each signing again.
    pub credential_version: u32,
    pub programme_id: ProgrammeId,
    pub agency_code: String,
    /// Academic hours of the course.
    pub course_hours: u16,
    pub face_value: Kopecks,
    /// Surname and initials: the only personal datum.
    pub holder: String,
}

/// Leaves the holder's name out: debug output ends up in logs.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("voucher_id", &self.voucher_id)
            .field("credential_version", &self.credential_version)
            .field("programme_id", &self.programme_id)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

impl Claims {
    /// The claims as the payload of a credential.
    ///
    /// # Errors
    /// `invalid_field` when a time lies before 1970 or after 9999, or the face value is negative.
    pub(super) fn encode(&self) -> Result<Vec<u8>> {
        let seconds = |time: Timestamp, field| match time.seconds() {
            seconds @ 0..=LAST_SECOND => Ok(seconds),
            _ => Err(Refusal::field(field, "a time from 1970 to 9999")),
        };
        let face_value = u64::try_from(self.face_value.get())
            .map_err(|_| Refusal::field("face_value", "an amount not below zero"))?;
        let mut cbor = Writer::default();
        cbor.map(8);
        cbor.integer(ISS).text(&self.issuer);
        cbor.integer(AUD).text(&self.audience);
        cbor.integer(EXP).integer(seconds(self.expires_at, "expires_at")?);
        cbor.integer(NBF).integer(seconds(self.not_before, "not_before")?);
        cbor.integer(IAT).integer(seconds(self.issued_at, "issued_at")?);
        cbor.integer(CTI).bytes(self.voucher_id.bytes());
        cbor.integer(STATUS).map(1).text("status_list").map(2);
        cbor.text("idx").unsigned(self.status_index).text("uri").text(&self.status_uri);
        cbor.integer(VOUCHER).map(7);
        cbor.unsigned(1).unsigned(FORMAT_VERSION);
        cbor.unsigned(2).unsigned(self.credential_version.into());
        cbor.unsigned(3).bytes(self.programme_id.bytes());
        cbor.unsigned(4).text(&self.agency_code);
        cbor.unsigned(5).unsigned(self.course_hours.into());
        cbor.unsigned(6).unsigned(face_value);
        cbor.unsigned(7).text(&self.holder);
        Ok(cbor.finish())
    }

    /// The claims of a payload, whose signature the caller has checked.
    ///
    /// # Errors
    /// `malformed_credential` with `reason` `not_cbor`, `trailing_bytes`, `duplicate_key`, `bad_claim`
    /// (missing or of a wrong type; `claim` names it), `unknown_claim`, `unsupported_format_version` or
    /// `not_canonical`.
    pub(super) fn decode(payload: &[u8]) -> Result<Self> {
        let written_by_us = |claims: &Self| claims.encode().is_ok_and(|again| again == payload);
        Self::read(payload).filter(written_by_us).map_or_else(|| Self::search(payload), Ok)
    }

    /// Claims in the one form we write.
    fn read(payload: &[u8]) -> Option<Self> {
        let mut cbor = Reader::of(payload);
        let key = |cbor: &mut Reader<'_>, key: i64| cbor.the(|expected| expected.integer(key));
        cbor.the(|expected| expected.map(8).integer(ISS))?;
        let issuer = cbor.text()?;
        key(&mut cbor, AUD)?;
        let audience = cbor.text()?;
        key(&mut cbor, EXP)?;
        let expires_at = seconds(cbor.unsigned()?)?;
        key(&mut cbor, NBF)?;
        let not_before = seconds(cbor.unsigned()?)?;
        key(&mut cbor, IAT)?;
        let issued_at = seconds(cbor.unsigned()?)?;
        key(&mut cbor, CTI)?;
        let voucher_id = Uuid::from_slice(cbor.bytes()?).ok()?.into();
        cbor.the(|expected| expected.integer(STATUS).map(1).text("status_list").map(2).text("idx"))?;
        let status_index = cbor.unsigned()?;
        cbor.the(|expected| expected.text("uri"))?;
        let status_uri = cbor.text()?;
        cbor.the(|expected| expected.integer(VOUCHER).map(7).integer(1).unsigned(FORMAT_VERSION))?;
        key(&mut cbor, 2)?;
        let credential_version = cbor.unsigned()?;
        key(&mut cbor, 3)?;
        let programme_id = Uuid::from_slice(cbor.bytes()?).ok()?.into();
        key(&mut cbor, 4)?;
        let agency_code = cbor.text()?;
        key(&mut cbor, 5)?;
        let course_hours = cbor.unsigned()?;
        key(&mut cbor, 6)?;
        let face_value = Kopecks::new(cbor.unsigned()?);
        key(&mut cbor, 7)?;
        let holder = cbor.text()?;
        Some(Self {
            issuer,
            audience,
            not_before,
            expires_at,
            issued_at,
            voucher_id,
            status_index,
            status_uri,
            credential_version,
            programme_id,
            agency_code,
            course_hours,
            face_value,
            holder,
        })
    }

    /// Looks for what is wrong with a payload that is not of that form.
    fn search(payload: &[u8]) -> Result<Self> {
        let mut all = Fields::of(read(payload)?, "bad_claim")?;
        let mut status = Fields::of(claim(&mut all, STATUS, "status", Some)?, "bad_claim")?;
        let mut list = Fields::of(claim(&mut status, "status_list", "status_list", Some)?, "bad_claim")?;
        let mut ours = Fields::of(claim(&mut all, VOUCHER, "voucher", Some)?, "bad_claim")?;
        if claim(&mut ours, 1, "format_version", unsigned::<u64>)? != FORMAT_VERSION {
            return Err(malformed("unsupported_format_version"));
        }
        let claims = Self {
            issuer: claim(&mut all, ISS, "iss", text)?,
            audience: claim(&mut all, AUD, "aud", text)?,
            not_before: claim(&mut all, NBF, "nbf", time)?,
            expires_at: claim(&mut all, EXP, "exp", time)?,
            issued_at: claim(&mut all, IAT, "iat", time)?,
            voucher_id: claim(&mut all, CTI, "cti", uuid)?.into(),
            status_index: claim(&mut list, "idx", "idx", unsigned)?,
            status_uri: claim(&mut list, "uri", "uri", text)?,
            credential_version: claim(&mut ours, 2, "credential_version", unsigned)?,
            programme_id: claim(&mut ours, 3, "programme_id", uuid)?.into(),
            agency_code: claim(&mut ours, 4, "agency_code", text)?,
            course_hours: claim(&mut ours, 5, "course_hours", unsigned)?,
            face_value: Kopecks::new(claim(&mut ours, 6, "face_value", unsigned)?),
            holder: claim(&mut ours, 7, "holder", text)?,
        };
        if ![all, status, list, ours].iter().all(Fields::is_empty) {
            return Err(malformed("unknown_claim"));
        }
        match claims.encode() {
            Ok(again) if again == payload => Ok(claims),
            _ => Err(malformed("not_canonical")),
        }
    }
}

fn claim<T>(
    fields: &mut Fields,
    key: impl Into<Value>,
    name: &'static str,
    convert: impl FnOnce(Value) -> Option<T>,
) -> Result<T> {
    fields.take(key).and_then(convert).ok_or_else(|| malformed("bad_claim").with("claim", name))
}

fn text(value: Value) -> Option<String> {
    value.into_text().ok()
}

fn unsigned<T: TryFrom<i128>>(value: Value) -> Option<T> {
    T::try_from(value.into_integer().ok()?.into()).ok()
}

fn time(value: Value) -> Option<Timestamp> {
    seconds(unsigned(value)?)
}

fn seconds(seconds: i64) -> Option<Timestamp> {
    (0..=LAST_SECOND).contains(&seconds).then(|| Timestamp::from_millis(seconds * 1_000))
}

fn uuid(value: Value) -> Option<Uuid> {
    Uuid::from_slice(&value.into_bytes().ok()?).ok()
}
