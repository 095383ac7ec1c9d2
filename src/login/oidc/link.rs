//! Which identity opens a login: said by whoever is signed in to it, and taken back by them.

use super::super::store;
use crate::kernel::{Actor, Code, Refusal};
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, SERVICE, Stop};

/// Links an identity to the actor's login, in the place of one that was linked before.
pub struct LinkIdentity {
    pub actor: Actor,
    /// What is stored of it: [`crate::kernel::HolderSecret::identity`].
    pub identity: [u8; 32],
}

impl Command for LinkIdentity {
    type Reply = ();

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        let (now, token_no, identity) = (batch.now(), self.actor.token_no, self.identity);
        let connection = batch.connection()?;
        // Password, app and recovery codes are what is left when the provider is not there.
        if store::last_step(connection, token_no)?.is_none() {
            return Err(Refusal::new(Code::NotFound).with("what", "login").into());
        }
        let token_id = store::token_id(connection, token_no)?.ok_or_else(|| Refusal::not_found("token"))?;
        let owner = store::identity_owner(connection, &identity, now)?;
        if owner.as_ref().is_some_and(|owner| owner.token_no != token_no) {
            return Err(Refusal::new(Code::AlreadyExists).with("what", "identity").into());
        }
        Ok(Box::new(move |batch| {
            if owner.is_some() {
                return Ok(Done::unrecorded(()));
            }
            store::replace_identity(batch.connection()?, token_no, &identity, now)?;
            let event = Event::new(Kind::IdentityLinked, now, token_no);
            let event = event.about("token", token_id.bytes()).about("linked", &[1]);
            Ok(Done::new((), batch.record(SERVICE, &event)?))
        }))
    }
}

/// Takes the link back, and ends the sign-ins that were made through it.
pub struct UnlinkIdentity {
    pub actor: Actor,
}

impl Command for UnlinkIdentity {
    type Reply = ();

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        let (now, token_no) = (batch.now(), self.actor.token_no);
        let connection = batch.connection()?;
        let is_linked = store::identity_linked_at(connection, token_no)?.is_some();
        let token_id = store::token_id(connection, token_no)?.ok_or_else(|| Refusal::not_found("token"))?;
        Ok(Box::new(move |batch| {
            if !is_linked {
                return Ok(Done::unrecorded(()));
            }
            store::drop_identity(batch.connection()?, token_no)?;
            store::end_sign_ins_by(batch.connection()?, token_no, "provider", now)?;
            let event = Event::new(Kind::IdentityLinked, now, token_no);
            let event = event.about("token", token_id.bytes()).about("linked", &[0]);
            Ok(Done::new((), batch.record(SERVICE, &event)?))
        }))
    }
}
