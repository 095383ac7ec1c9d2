//! Devices of the enrolment table: paired by a registrar, they sign what they do while there is no network.
//!
//! `model` decides (pure); `pair` and `revoke` are about the device itself, `item` reads what it signed, `sync` follows it;
//! `store` alone touches the tables.

pub mod http;
pub mod item;
pub mod model;
pub mod pair;
pub mod revoke;
pub(crate) mod store;
pub mod sync;
