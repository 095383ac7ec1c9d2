//! Making one-time passes.

use super::model::Purpose;
use super::store;
use crate::kernel::{Actor, Refusal, Timestamp, TokenId};
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, SERVICE, Stop};
use serde::{Deserialize, Serialize};

/// Makes a pass for the bearer of a token. The secret is the caller's to make and to show; only its hash comes here.
pub struct MakePass {
    pub actor: Actor,
    pub token_id: TokenId,
    pub purpose: Purpose,
    /// How long it may lie: [`Purpose::seconds`], or what the operator says.
    pub seconds: i64,
    pub pass_hash: [u8; 32],
}

/// A pass that was made.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MadePass {
    pub token_id: TokenId,
    pub expires_at: Timestamp,
}

impl Command for MakePass {
    type Reply = MadePass;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<MadePass>, Stop> {
        let now = batch.now();
        let found = store::live_token(batch.connection()?, self.token_id, now)?;
        let (token_no, _) = found.ok_or_else(|| Refusal::not_found("token"))?;
        let (token_id, purpose, hash) = (self.token_id, self.purpose, self.pass_hash);
        let expires_at = now.plus_seconds(self.seconds);
        let recorded_by = self.actor.token_no;
        Ok(Box::new(move |batch| {
            store::drop_stale_passes(batch.connection()?, now)?;
            store::insert_pass(batch.connection()?, &hash, token_no, purpose, expires_at)?;
            let event = Event::new(Kind::PassMade, now, recorded_by).about("token", token_id.bytes());
            let entry = batch.record(SERVICE, &event)?;
            Ok(Done::new(MadePass { token_id, expires_at }, entry))
        }))
    }
}
