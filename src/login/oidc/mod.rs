//! Signing in through an organisation's provider of identities (OpenID Connect Core 1.0), where one is configured.
//!
//! Authorization Code with PKCE (RFC 7636, S256). A [`Round`] is one trip of a browser to the provider and back: its state,
//! nonce and verifier come from one random seed, which only that browser has, in a sealed cookie. What comes back is an
//! [`Identity`]: `iss` and `sub`, and whether the provider has asked for a second factor that counts. Which login it opens is
//! said once by whoever is signed in to it (`link`); an identity that nobody linked opens nothing.

mod id_token;
pub mod link;
mod provider;
mod round;
mod settings;
mod signatures;

pub use provider::{Identity, IdentityProvider, SecretFileError, Trouble};
pub use round::{Errand, Round, Shown};
pub use settings::OidcSettings;
