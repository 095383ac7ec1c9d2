//! Renaming a saved query.

use super::model::QueryName;
use super::store;
use crate::kernel::{Actor, SavedQueryId};
use crate::writer::{Batch, Change, Command, Done, Scope, Stop};

/// Gives a query of the actor's another name.
pub struct RenameQuery {
    pub query_id: SavedQueryId,
    pub name: QueryName,
    pub actor: Actor,
}

impl Command for RenameQuery {
    type Reply = ();

    fn scope(&self) -> Scope {
        Scope::Nothing
    }

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        store::find(batch.connection()?, self.query_id, self.actor.token_no)?;
        let (query_id, name) = (self.query_id, self.name.clone());
        Ok(Box::new(move |batch| {
            store::rename(batch.connection()?, query_id, name.as_str())?;
            Ok(Done::unrecorded(()))
        }))
    }
}
