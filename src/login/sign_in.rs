//! Signing in a browser: what was proven is used up, and the browser's secret is known from now on.

use super::means::{Proven, Second};
use super::model::{Purpose, signed_in_until};
use super::store::{self, NewSignIn};
use crate::db::Connection;
use crate::kernel::{Code, SignInId, Timestamp, TokenId};
use crate::ledger::books::Failure;
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, SERVICE, Stop};

/// Signs in a browser. Its secret is the caller's to make and to send; only its hash comes here.
pub struct SignIn {
    pub token_id: TokenId,
    pub proven: Proven,
    pub sign_in_id: SignInId,
    pub secret_hash: [u8; 32],
    /// What the browser calls itself, in short.
    pub browser: String,
}

impl Command for SignIn {
    type Reply = Timestamp;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Timestamp>, Stop> {
        let now = batch.now();
        let connection = batch.connection()?;
        let found = store::live_token(connection, self.token_id, now)?;
        let (token_no, token_expires_at) = found.ok_or(Code::SignInFailed)?;
        if !self.still_holds(connection, token_no, now)? {
            return Err(match self.proven {
                Proven::Pass { .. } => Code::PassNotValid.into(),
                Proven::Password(_) | Proven::Identity { .. } => Code::SignInFailed.into(),
            });
        }
        let (token_id, proven, sign_in_id) = (self.token_id, self.proven, self.sign_in_id);
        let (secret_hash, browser) = (self.secret_hash.to_vec(), self.browser.clone());
        Ok(Box::new(move |batch| {
            use_up(batch.connection()?, token_no, proven)?;
            let expires_at = signed_in_until(now, token_expires_at);
            let sign_in_no = batch.next_index(SERVICE)?;
            let event = Event::new(Kind::SignedIn, now, token_no)
                .about("token", token_id.bytes())
                .about("sign_in", sign_in_id.bytes());
            let entry = batch.record(SERVICE, &event)?;
            let row = NewSignIn {
                sign_in_no,
                sign_in_id,
                secret_hash,
                token_no,
                means: proven.means(),
                browser,
                signed_in_at: now,
                expires_at,
            };
            store::insert_sign_in(batch.connection()?, &row)?;
            Ok(Done::new(expires_at, entry))
        }))
    }
}

impl SignIn {
    /// Whether nobody used it meanwhile.
    fn still_holds(
        &self,
        connection: &mut Connection,
        token_no: i64,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        match self.proven {
            Proven::Password(second) => second_holds(connection, token_no, second),
            Proven::Identity { identity, second } => {
                let owner = store::identity_owner(connection, &identity, now)?;
                let is_linked = owner.is_some_and(|owner| owner.token_no == token_no);
                let holds = second.map(|second| second_holds(connection, token_no, second)).transpose()?;
                Ok(is_linked && holds.unwrap_or(true))
            }
            Proven::Pass { pass_hash } => {
                Ok(store::bearer(connection, &pass_hash, Purpose::SignIn, now)?.is_some())
            }
        }
    }
}

fn second_holds(connection: &mut Connection, token_no: i64, second: Second) -> Result<bool, Failure> {
    match second {
        Second::App { second_factor, step } => {
            let last = store::last_step(connection, token_no)?;
            Ok(last.is_some_and(|(factor, last_step)| factor == second_factor && step > last_step))
        }
        Second::Recovery { code_hash } => Ok(store::has_recovery_code(connection, token_no, &code_hash)?),
    }
}

fn use_up(connection: &mut Connection, token_no: i64, proven: Proven) -> QueryResult<()> {
    match proven {
        Proven::Password(second) | Proven::Identity { second: Some(second), .. } => match second {
            Second::App { step, .. } => store::set_last_step(connection, token_no, step),
            Second::Recovery { code_hash } => store::drop_recovery_code(connection, token_no, &code_hash),
        },
        Proven::Identity { second: None, .. } => Ok(()),
        Proven::Pass { pass_hash } => store::drop_pass(connection, &pass_hash),
    }
}

type QueryResult<T> = diesel::QueryResult<T>;
