//! Deleting a saved query.

use super::store;
use crate::kernel::{Actor, SavedQueryId};
use crate::writer::{Batch, Change, Command, Done, Scope, Stop};

/// Deletes a query of the actor's.
pub struct DeleteQuery {
    pub query_id: SavedQueryId,
    pub actor: Actor,
}

impl Command for DeleteQuery {
    type Reply = ();

    fn scope(&self) -> Scope {
        Scope::Nothing
    }

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        store::find(batch.connection()?, self.query_id, self.actor.token_no)?;
        let query_id = self.query_id;
        Ok(Box::new(move |batch| {
            store::delete(batch.connection()?, query_id)?;
            Ok(Done::unrecorded(()))
        }))
    }
}
