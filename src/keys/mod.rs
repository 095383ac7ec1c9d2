//! Signing keys over time: rotation, compromise, and the keyring a running server works with.
//!
//! The database says which keys there are and in which state (so that every server and every process
//! agrees); the keys' directory holds the private halves and, for whoever verifies offline, a copy of
//! the public ones (`jwks.json`).

pub mod compromise;
pub mod http;
pub mod rotate;
pub mod store;

use crate::credential::{KeyError, Keyring, Signer};
use crate::db::Connection;
use crate::db::schema::installation;
use crate::writer::Failure;
use diesel::prelude::*;

/// The keyring as the database knows it, with the private halves that are at hand. A private key that
/// the database does not know (a rotation that stopped half-way) is left aside.
///
/// # Errors
/// The store's; [`Failure::Inconsistent`] for keys that are none.
pub fn keyring(connection: &mut Connection, signers: Vec<Signer>) -> Result<Keyring, Failure> {
    let issuer: String = installation::table.select(installation::issuer).first(connection)?;
    let records = store::all(connection)?;
    let known = |signer: &Signer| records.iter().any(|record| record.kid == signer.kid());
    let signers = signers.into_iter().filter(known).collect();
    Keyring::new(issuer, records, signers).map_err(|error: KeyError| Failure::Inconsistent(error.to_string()))
}
