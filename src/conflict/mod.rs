//! Conflict cases: what a device did offline and could not be followed as it was. A person who is not the device's registrar
//! decides; money follows in the same transaction.
//!
//! `model` decides (pure); `open` makes a case, `decide` ends it, `query` shows both proofs; `store` alone touches the table.

pub mod decide;
pub mod http;
pub mod model;
pub(crate) mod open;
pub mod query;
pub(crate) mod store;
