//! What somebody signs in with, from what they typed to what is proven. Reads only; [`super::sign_in`] uses it up.

use super::model::{LoginFacts, Purpose};
use super::password::Password;
use super::second_factor::{AppSecret, recovery_hash};
use super::store;
use crate::access::{Secret, SecretOf};
use crate::app::App;
use crate::kernel::{Code, Refusal, TokenId};

/// What somebody typed.
pub struct Attempted {
    pub login: String,
    pub password: Password,
    /// Of the app, or a recovery code.
    pub code: String,
}

/// What was proven and is yet to be used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Proven {
    /// Password and a code of the app.
    Password {
        second_factor: i64,
        step: i64,
    },
    /// Password and a recovery code.
    Recovery {
        code_hash: [u8; 32],
    },
    Pass {
        pass_hash: [u8; 32],
    },
}

impl Proven {
    pub const fn means(&self) -> &'static str {
        match self {
            Proven::Password { .. } => "password",
            Proven::Recovery { .. } => "recovery_code",
            Proven::Pass { .. } => "pass",
        }
    }
}

impl Attempted {
    /// Whose login it is, when password and code fit.
    ///
    /// # Errors
    /// `sign_in_failed`, whatever it was that did not fit; `overloaded`, `unavailable`.
    pub async fn prove(self, app: &App) -> Result<(TokenId, Proven), Refusal> {
        let (login, now) = (self.login.trim().to_ascii_lowercase(), app.clock.now());
        let logins = app.read(move |connection| Ok(store::logins(connection, &login, now)?)).await?;
        let hashes = logins.iter().map(|(_, facts)| facts.password_hash.clone()).collect();
        let fitting = self.password.matching(hashes).await?.and_then(|at| logins.into_iter().nth(at));
        let (token_id, facts) = fitting.ok_or(Code::SignInFailed)?;
        let app_secret = AppSecret::derive(&app.holder_secret, token_id, facts.second_factor);
        if let Some(step) = app_secret.step(&self.code, now).filter(|step| *step > facts.last_step) {
            return Ok((token_id, Proven::Password { second_factor: facts.second_factor, step }));
        }
        let code_hash = recovery_hash(&self.code);
        let LoginFacts { token_no, .. } = facts;
        let is_known =
            move |connection: &mut _| Ok(store::has_recovery_code(connection, token_no, &code_hash)?);
        if app.read(is_known).await? {
            return Ok((token_id, Proven::Recovery { code_hash }));
        }
        Err(Code::SignInFailed.into())
    }
}

/// Whose pass it is.
///
/// # Errors
/// `pass_not_valid`.
pub async fn prove_pass(app: &App, typed: &str) -> Result<(TokenId, Proven), Refusal> {
    let secret = Secret::parse(SecretOf::Pass, typed.trim()).ok_or(Code::PassNotValid)?;
    let (pass_hash, now) = (secret.hash(), app.clock.now());
    let found = app.read(move |c| Ok(store::bearer(c, &pass_hash, Purpose::SignIn, now)?)).await?;
    let bearer = found.ok_or(Code::PassNotValid)?;
    Ok((bearer.token_id, Proven::Pass { pass_hash }))
}
