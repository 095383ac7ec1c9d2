//! The door: tokens, the check of every request against the permission table, and the record of those
//! turned away.
//!
//! A token is `tv_` + 256 random bits + a checksum; only its SHA-256 is stored. It belongs to a subject
//! (two tokens of one subject are one person for four eyes), has one scope and, where the scope asks for
//! it, one organisation.

mod denials;
mod directory;
pub mod door;
pub mod http;
mod model;
mod secret;
pub mod store;
mod token;

pub use denials::Denials;
pub use directory::TokenDirectory;
pub use model::{Holder, Subject};
pub use secret::{Secret, SecretOf};
pub use token::{CreateToken, CreatedToken, RevokeToken, RevokedToken};
