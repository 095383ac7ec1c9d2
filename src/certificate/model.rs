//! What a certificate says.
//!
//! Pure: no I/O, no clock, no randomness, no diesel, no actix.

use crate::credential::{Claims, Verified};
use crate::kernel::refusal::Result;
use crate::kernel::{Code, Kopecks, Timestamp};
use crate::voucher::Status;
use chrono::NaiveDate;

/// The names behind the codes of a credential, and what it does not say.
#[derive(Clone, Debug)]
pub struct Names {
    pub programme: String,
    pub year: i32,
    pub university: String,
    pub agency: String,
    /// The programme's figures are made up.
    pub illustrative: bool,
}

/// A voucher as it is printed.
#[derive(Clone)]
pub struct Certificate {
    pub number: String,
    pub holder: String,
    pub names: Names,
    pub hours: u16,
    pub face_value: Kopecks,
    /// The last day it is good, inclusive, Moscow.
    pub valid_until: NaiveDate,
    pub issued_at: Timestamp,
    pub credential_version: u32,
    pub kid: String,
    pub issuer: String,
    /// The text of the QR code.
    pub credential: String,
}

impl Certificate {
    /// The printed form of a credential; what the credential says, it says as the credential does.
    pub fn new(number: String, names: Names, verified: &Verified, credential: String) -> Self {
        let claims: &Claims = verified.claims();
        Self {
            number,
            holder: claims.holder.clone(),
            names,
            hours: claims.course_hours,
            face_value: claims.face_value,
            valid_until: claims.expires_at.plus_seconds(-1).date(),
            issued_at: claims.issued_at,
            credential_version: claims.credential_version,
            kid: verified.kid().to_string(),
            issuer: claims.issuer.clone(),
            credential,
        }
    }
}

/// Whether a voucher may still be handed out on paper: not one that ended for good before it was used.
///
/// # Errors
/// `voided`, `replaced`.
pub fn check_printable(status: Status) -> Result<()> {
    match status {
        Status::Voided => Err(Code::Voided.into()),
        Status::Replaced => Err(Code::Replaced.into()),
        Status::Issued | Status::Suspended | Status::Redeemed | Status::Completed | Status::Expired => Ok(()),
    }
}
