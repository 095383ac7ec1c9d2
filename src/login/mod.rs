//! Signing in with a browser: a person instead of a program behind a token.
//!
//! A login belongs to a token: whoever signs in acts as that token, with its subject, scope and organisation, and
//! ends when it ends. It is set up by whoever holds a one-time pass (an invitation), who chooses a password
//! (Argon2id, RFC 9106) and links an app as second factor (TOTP, RFC 6238); recovery codes replace the app when it
//! is lost. A pass of the other kind signs in another browser of the same person, such as the phone.
//!
//! Where a provider of identities is configured (`oidc`), an identity that was linked to a login replaces its password.
//!
//! A browser that is signed in holds a random secret in a cookie; `access::door` knows it by its SHA-256. Guessing
//! is slowed down for strangers only (`throttle`): nobody can lock a person out of the browser they use.

pub mod end;
pub mod http;
mod means;
pub mod model;
pub mod oidc;
pub mod pass;
mod password;
mod second_factor;
pub mod set_up;
pub mod sign_in;
pub mod store;
mod throttle;

pub use means::{Attempted, Proven, prove_identity, prove_pass};
pub use password::{Password, hash as hash_password};
pub use second_factor::{AppSecret, recovery_codes, recovery_hash};
pub use throttle::{Attempts, Client, cookie as browser_cookie};
