//! The table `signing_key`.

use crate::credential::{KeyRecord, KeyState, Kid, Purpose};
use crate::db::Connection;
use crate::db::schema::signing_key;
use crate::kernel::Timestamp;
use crate::writer::Failure;
use diesel::prelude::*;

type Row = (Vec<u8>, String, Vec<u8>, String, Timestamp, Option<Timestamp>, Option<Timestamp>);

/// Every key, oldest first.
///
/// # Errors
/// The store's; a row that cannot be read.
pub fn all(connection: &mut Connection) -> Result<Vec<KeyRecord>, Failure> {
    let rows: Vec<Row> = signing_key::table.order(signing_key::valid_from).load(connection)?;
    rows.into_iter().map(|row| record(row).ok_or_else(unreadable)).collect()
}

fn unreadable() -> Failure {
    Failure::Inconsistent("a stored signing key cannot be read".into())
}

fn record((kid, purpose, public, state, valid_from, valid_until, compromised_at): Row) -> Option<KeyRecord> {
    Some(KeyRecord {
        kid: Kid::from_bytes(kid.try_into().ok()?),
        purpose: [Purpose::Credential, Purpose::Log].into_iter().find(|p| p.as_str() == purpose)?,
        public: public.try_into().ok()?,
        state: [KeyState::Active, KeyState::Retired, KeyState::Compromised]
            .into_iter()
            .find(|s| state_name(*s) == state)?,
        valid_from,
        valid_until,
        compromised_at,
    })
}

/// The state's name in the table and in JSON.
pub const fn state_name(state: KeyState) -> &'static str {
    match state {
        KeyState::Active => "active",
        KeyState::Retired => "retired",
        KeyState::Compromised => "compromised",
    }
}

/// Adds a key.
///
/// # Errors
/// The store's.
pub fn insert(connection: &mut Connection, key: &KeyRecord) -> Result<(), Failure> {
    diesel::insert_into(signing_key::table)
        .values((
            signing_key::kid.eq(key.kid.bytes().as_slice()),
            signing_key::purpose.eq(key.purpose.as_str()),
            signing_key::public_key.eq(key.public.as_slice()),
            signing_key::state.eq(state_name(key.state)),
            signing_key::valid_from.eq(key.valid_from),
            signing_key::valid_until.eq(key.valid_until),
            signing_key::compromised_at.eq(key.compromised_at),
        ))
        .execute(connection)?;
    Ok(())
}

/// Moves a key to another state.
///
/// # Errors
/// The store's.
pub fn update(connection: &mut Connection, key: &KeyRecord) -> Result<(), Failure> {
    diesel::update(signing_key::table.find(key.kid.bytes().as_slice()))
        .set((
            signing_key::state.eq(state_name(key.state)),
            signing_key::valid_until.eq(key.valid_until),
            signing_key::compromised_at.eq(key.compromised_at),
        ))
        .execute(connection)?;
    Ok(())
}
