//! Cosigning: witnesses elsewhere are shown every log as it grows, and what they cosign is kept and given out, so that
//! nobody who holds the log's key can rewrite what a witness has seen.
//!
//! `address` is who is asked and where; `submit` asks, beside the service and never in the way of a write, over `client`;
//! `keep` is the command that stores a cosignature that was verified. Our own witness is [`crate::witness`].

mod address;
mod client;
mod keep;
pub mod store;
mod submit;

pub use address::{BadAddress, WitnessAddress};
pub use keep::KeepCosignature;
pub use submit::start;
