//! Vouchers: issued from approved requests, suspended, resumed, voided, replaced, extended, expired.
//!
//! `model` has the state machine; `prepare` signs before the transaction, on all cores; each verb has
//! its file; `store` alone touches the tables. Redemption is next door in `redemption/`.

pub mod change;
pub mod expire;
pub mod extend;
pub mod holders;
pub mod http;
pub mod issue;
pub mod model;
pub mod prepare;
pub mod query;
pub mod replace;
pub mod retrained;
pub(crate) mod status_index;
pub mod store;
pub mod tally;

pub use model::{Action, Status};
