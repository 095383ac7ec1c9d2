//! What somebody signs in with, from what they typed to what is proven. Reads only; [`super::sign_in`] uses it up.

use super::model::{LoginFacts, Purpose};
use super::oidc::Shown;
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

/// A second factor that was proven.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Second {
    /// A code of the app.
    App {
        second_factor: i64,
        step: i64,
    },
    Recovery {
        code_hash: [u8; 32],
    },
}

/// What was proven and is yet to be used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Proven {
    Password(Second),
    /// An identity, by its provider's word; its second factor where it is ours that counts.
    Identity {
        identity: [u8; 32],
        second: Option<Second>,
    },
    Pass {
        pass_hash: [u8; 32],
    },
}

impl Proven {
    pub const fn means(&self) -> &'static str {
        match self {
            Proven::Password(Second::App { .. }) => "password",
            Proven::Password(Second::Recovery { .. }) => "recovery_code",
            Proven::Identity { .. } => "provider",
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
        Ok((token_id, Proven::Password(second(app, token_id, &facts, &self.code).await?)))
    }
}

/// The second factor behind a code of the app, or a recovery code.
async fn second(app: &App, token_id: TokenId, facts: &LoginFacts, code: &str) -> Result<Second, Refusal> {
    let app_secret = AppSecret::derive(&app.holder_secret, token_id, facts.second_factor);
    if let Some(step) = app_secret.step(code, app.clock.now()).filter(|step| *step > facts.last_step) {
        return Ok(Second::App { second_factor: facts.second_factor, step });
    }
    let (token_no, code_hash) = (facts.token_no, recovery_hash(code));
    let is_known = move |connection: &mut _| Ok(store::has_recovery_code(connection, token_no, &code_hash)?);
    if app.read(is_known).await? {
        Ok(Second::Recovery { code_hash })
    } else {
        Err(Code::SignInFailed.into())
    }
}

/// Whose identity it is. A code is asked for where the provider's second factor does not count.
///
/// # Errors
/// `sign_in_failed` when it is linked with no login that lives, or the code does not fit.
pub async fn prove_identity(app: &App, shown: &Shown, code: &str) -> Result<(TokenId, Proven), Refusal> {
    let (identity, now) = (shown.identity, app.clock.now());
    let owner = app.read(move |connection| Ok(store::identity_owner(connection, &identity, now)?)).await?;
    let owner = owner.ok_or(Code::SignInFailed)?;
    let second = match shown.has_second_factor {
        true => None,
        false => Some(second(app, owner.token_id, &owner.facts, code).await?),
    };
    Ok((owner.token_id, Proven::Identity { identity, second }))
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
