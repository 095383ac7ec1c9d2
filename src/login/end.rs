//! Signing out: a browser's secret opens nothing any more, within a second on every server.

use super::store;
use crate::kernel::{Actor, Refusal, SignInId};
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, SERVICE, Stop};

/// Ends a sign-in of the actor's own token.
pub struct EndSignIn {
    pub actor: Actor,
    pub sign_in_id: SignInId,
}

impl Command for EndSignIn {
    type Reply = ();

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        let found = store::find_sign_in(batch.connection()?, self.sign_in_id)?;
        let own = found.filter(|(token_no, _)| *token_no == self.actor.token_no);
        let (token_no, ended_at) = own.ok_or_else(|| Refusal::not_found("sign-in"))?;
        let sign_in_id = self.sign_in_id;
        Ok(Box::new(move |batch| {
            if ended_at.is_some() {
                return Ok(Done::unrecorded(()));
            }
            let now = batch.now();
            store::end_sign_in(batch.connection()?, sign_in_id, now)?;
            let event = Event::new(Kind::SignInEnded, now, token_no).about("sign_in", sign_in_id.bytes());
            Ok(Done::new((), batch.record(SERVICE, &event)?))
        }))
    }
}
