//! Declaring a key compromised: nothing it signed is believed any more. Takes two people.
//!
//! Its vouchers are listed for signing again (`GET /v1/vouchers?kid=…`, then extend).

use super::store;
use crate::credential::{KeyState, Kid};
use crate::db::Connection;
use crate::db::schema::voucher;
use crate::kernel::*;
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Done, Failure, SERVICE, Stop};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// A key declared compromised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Compromised {
    #[schema(value_type = String)]
    pub kid: Kid,
    /// Live vouchers whose current credential it signed: to be signed again.
    pub vouchers_to_sign_again: i64,
}

/// Whether a key can be declared compromised.
///
/// # Errors
/// `not_found`; `invalid_transition` when it is already; the store's.
pub fn check(connection: &mut Connection, kid: Kid) -> Result<(), Stop> {
    match store::find(connection, kid)? {
        None => Err(Refusal::not_found("signing key").into()),
        Some(key) if key.state == KeyState::Compromised => {
            Err(Refusal::invalid_transition("compromise", "compromised", &[]).into())
        }
        Some(_) => Ok(()),
    }
}

/// Does it; [`check`] has been asked.
///
/// # Errors
/// The store's.
pub fn apply(batch: &mut Batch<'_>, kid: Kid, actor: &Actor) -> Result<Done<Compromised>, Failure> {
    let now = batch.now();
    let event = Event::new(Kind::KeyCompromised, now, actor.token_no).about("kid", kid.bytes());
    let entry = batch.record(SERVICE, &event)?;
    let connection = batch.connection()?;
    let key = store::find(connection, kid)?;
    let mut key = key.ok_or_else(|| Failure::Inconsistent("a checked signing key is gone".into()))?;
    key.state = KeyState::Compromised;
    key.compromised_at = Some(now);
    store::update(connection, &key)?;
    let vouchers_to_sign_again = voucher::table
        .filter(voucher::kid.eq(kid.bytes().as_slice()))
        .filter(voucher::status.eq_any([1, 2]))
        .count()
        .get_result(connection)?;
    Ok(Done::new(Compromised { kid, vouchers_to_sign_again }, entry))
}
