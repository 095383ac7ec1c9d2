//! The voucher's signed form: claims, signature, text, QR, status lists, and the keys behind them.
//!
//! A credential is CWT claims (RFC 8392) in a tagged COSE_Sign1 (RFC 9052) signed with Ed25519
//! (COSE algorithm −19, RFC 9864), written as `TV1:` + base45 (RFC 9285) so that it fits a QR code in
//! alphanumeric mode. [`sign`] makes one from [`Claims`]; [`verify`] turns text into [`Verified`], which
//! cannot be had in any other way: whoever holds one holds checked claims.
//!
//! There is exactly one way to write any claim set. A reader rebuilds the bytes from what it read and
//! compares, so whatever a lenient parser would forgive is refused (`malformed_credential`, with a
//! `reason`).
//!
//! Pure but for [`key_files`], the only file here that touches the disk and the random source. Knows
//! `kernel` and nothing else of the house.

mod cbor;
mod claims;
mod cose;
mod jwks;
mod key;
pub mod key_files;
mod keyring;
pub mod qr;
pub mod status_list;
mod text;

pub use claims::Claims;
pub use cose::{Signed, SignedCredential, Verified, authenticate, sign, verify};
pub use key::{KeyError, KeyRecord, KeyState, Kid, Purpose, Signer};
pub use keyring::Keyring;
pub use text::{MAX_READ, MAX_WRITTEN, PREFIX, decode, encode};

use crate::kernel::{Code, Refusal};

/// The text or bytes are not a credential as we write them. `reason` is stable: clients may branch on it.
fn malformed(reason: &'static str) -> Refusal {
    Refusal::new(Code::MalformedCredential).with("reason", reason)
}
