//! Setting up a login with a pass: a password, a second factor, recovery codes. Sign-ins of a login that was there
//! before end with it, and so does its link with an identity.

use super::model::{Bearer, LoginFacts, Purpose};
use super::store;
use crate::kernel::{Code, TokenId};
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, SERVICE, Stop};

/// Sets up the login of whoever the pass was made for.
pub struct SetUpLogin {
    pub pass_hash: [u8; 32],
    /// As the pass named them when the second factor was linked.
    pub bearer: Bearer,
    pub password_hash: String,
    /// Of the code that showed that the app is linked.
    pub step: i64,
    pub recovery_hashes: Vec<[u8; 32]>,
}

impl Command for SetUpLogin {
    type Reply = TokenId;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<TokenId>, Stop> {
        let now = batch.now();
        let found = store::bearer(batch.connection()?, &self.pass_hash, Purpose::SetUp, now)?;
        let is_same = |found: &Bearer| {
            (found.token_no, found.next_second_factor)
                == (self.bearer.token_no, self.bearer.next_second_factor)
        };
        let bearer = found.filter(is_same).ok_or(Code::PassNotValid)?;
        let facts = LoginFacts {
            token_no: bearer.token_no,
            password_hash: self.password_hash.clone(),
            second_factor: bearer.next_second_factor,
            last_step: self.step,
        };
        let (pass_hash, recovery_hashes) = (self.pass_hash, self.recovery_hashes.clone());
        Ok(Box::new(move |batch| {
            let connection = batch.connection()?;
            store::drop_pass(connection, &pass_hash)?;
            store::drop_identity(connection, facts.token_no)?;
            store::replace_login(connection, &facts, &recovery_hashes)?;
            store::end_sign_ins_of(connection, facts.token_no, now)?;
            let event = Event::new(Kind::LoginSetUp, now, facts.token_no);
            let entry = batch.record(SERVICE, &event.about("token", bearer.token_id.bytes()))?;
            Ok(Done::new(bearer.token_id, entry))
        }))
    }
}
