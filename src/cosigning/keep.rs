//! Keeps a cosignature that was verified.

use super::store::{self, NewCosignature};
use crate::writer::{Batch, Change, Command, Done, Scope, Stop};

/// Stores it; of the same log and witness the last of each day in Moscow is kept, and the newest.
pub struct KeepCosignature(pub NewCosignature);

impl Command for KeepCosignature {
    type Reply = ();

    fn scope(&self) -> Scope {
        Scope::Nothing
    }

    fn decide(&self, _batch: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        let new = self.0.clone();
        Ok(Box::new(move |batch| {
            store::keep(batch.connection()?, &new)?;
            Ok(Done::unrecorded(()))
        }))
    }
}
