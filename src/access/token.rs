//! Making and revoking tokens.

use super::model::{Holder, Subject};
use super::store::{self, NewToken};
use crate::kernel::{Actor, AgencyId, Refusal, Scope, Timestamp, TokenId, UniversityId};
use crate::ledger::model::{Event, Kind};
use crate::organisation;
use crate::writer::{Batch, Change, Command, Done, SERVICE, Stop};
use serde::{Deserialize, Serialize};

/// Makes a token. The secret is the caller's to make and to show; only its hash comes here.
pub struct CreateToken {
    pub actor: Actor,
    pub token_id: TokenId,
    pub token_hash: [u8; 32],
    pub subject: Subject,
    pub scope: Scope,
    pub holder: Holder<AgencyId, UniversityId>,
    pub expires_at: Timestamp,
}

/// A token that was made.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CreatedToken {
    pub token_id: TokenId,
    pub subject: Subject,
    pub scope: Scope,
    pub expires_at: Timestamp,
}

impl Command for CreateToken {
    type Reply = CreatedToken;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<CreatedToken>, Stop> {
        if self.expires_at <= batch.now() {
            return Err(Refusal::field("expires_at", "an instant in the future").into());
        }
        let connection = batch.connection()?;
        let (agency_no, university_no) = match self.holder {
            Holder::Agency(agency_id) => {
                let found = organisation::store::agency_no(connection, agency_id)?;
                (Some(found.ok_or_else(|| Refusal::not_found("agency").at("agency_id"))?), None)
            }
            Holder::University(university_id) => {
                let found = organisation::store::university_no(connection, university_id)?;
                (None, Some(found.ok_or_else(|| Refusal::not_found("university").at("university_id"))?))
            }
            Holder::Office => (None, None),
        };
        let (scope, subject) = (self.scope, self.subject.clone());
        let (token_id, token_hash, expires_at) = (self.token_id, self.token_hash, self.expires_at);
        let recorded_by = self.actor.token_no;
        Ok(Box::new(move |batch| {
            let created_at = batch.now();
            let event =
                Event::new(Kind::TokenCreated, created_at, recorded_by).about("token", token_id.bytes());
            let token_no = batch.next_index(SERVICE)?;
            let entry = batch.record(SERVICE, &event)?;
            let row = NewToken {
                token_no,
                token_id,
                token_hash: token_hash.to_vec(),
                subject: subject.to_string(),
                scope: scope.as_str(),
                agency_no,
                university_no,
                created_at,
                expires_at,
            };
            store::insert_token(batch.connection()?, &row)?;
            Ok(Done::new(CreatedToken { token_id, subject, scope, expires_at }, entry))
        }))
    }
}

/// Revokes a token, within a second on every server.
pub struct RevokeToken {
    pub actor: Actor,
    pub token_id: TokenId,
}

/// A token that was revoked.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RevokedToken {
    pub token_id: TokenId,
    pub revoked_at: Timestamp,
}

impl Command for RevokeToken {
    type Reply = RevokedToken;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<RevokedToken>, Stop> {
        let revoked_at = store::revoked_at(batch.connection()?, self.token_id)?;
        if let Some(revoked_at) = revoked_at.ok_or_else(|| Refusal::not_found("token"))? {
            let refusal = Refusal::invalid_transition("revoke", "revoked", &[]);
            return Err(refusal.with("revoked_at", revoked_at).into());
        }
        let (token_id, recorded_by) = (self.token_id, self.actor.token_no);
        Ok(Box::new(move |batch| {
            let revoked_at = batch.now();
            store::revoke_token(batch.connection()?, token_id, revoked_at)?;
            let event =
                Event::new(Kind::TokenRevoked, revoked_at, recorded_by).about("token", token_id.bytes());
            let entry = batch.record(SERVICE, &event)?;
            Ok(Done::new(RevokedToken { token_id, revoked_at }, entry))
        }))
    }
}
