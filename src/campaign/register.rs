//! Registering contractors: payees of the campaign.

use super::store;
use crate::kernel::{Actor, PayeeId};
use crate::ledger::model::{Event, Kind};
use crate::teaching::register::PayeeName;
use crate::writer::{Batch, Change, Command, Done, SERVICE, Stop};
use serde::{Deserialize, Serialize};

/// A contractor who is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RegisteredContractor {
    pub payee_id: PayeeId,
}

/// Registers a contractor.
pub struct RegisterContractor {
    pub payee_id: PayeeId,
    pub actor: Actor,
    pub name: PayeeName,
}

impl Command for RegisterContractor {
    type Reply = RegisteredContractor;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<RegisteredContractor>, Stop> {
        let payee_id = self.payee_id;
        let event = Event::new(Kind::PayeeRegistered, batch.now(), self.actor.token_no)
            .about("payee", payee_id.bytes());
        let name = self.name.clone();
        Ok(Box::new(move |batch| {
            let payee_no = batch.next_index(SERVICE)?;
            store::insert_contractor(batch.connection()?, payee_no, payee_id, name.as_str())?;
            let entry = batch.record(SERVICE, &event)?;
            Ok(Done::new(RegisteredContractor { payee_id }, entry))
        }))
    }
}
