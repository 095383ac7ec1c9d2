//! Saving a query.

use super::model::{self, Address, QueryName};
use super::store::{self, SavedQuery};
use crate::kernel::{Actor, SavedQueryId};
use crate::writer::{Batch, Change, Command, Done, Scope, Stop};

/// Saves a page of the actor's under a name.
pub struct SaveQuery {
    pub query_id: SavedQueryId,
    pub name: QueryName,
    pub address: Address,
    pub actor: Actor,
}

impl Command for SaveQuery {
    type Reply = ();

    fn scope(&self) -> Scope {
        Scope::Nothing
    }

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        model::check_room(store::count(batch.connection()?, self.actor.token_no)?)?;
        let row = SavedQuery {
            query_id: self.query_id,
            token_no: self.actor.token_no,
            name: self.name.to_string(),
            address: self.address.to_string(),
            saved_at: batch.now(),
        };
        Ok(Box::new(move |batch| {
            store::insert(batch.connection()?, &row)?;
            Ok(Done::unrecorded(()))
        }))
    }
}
