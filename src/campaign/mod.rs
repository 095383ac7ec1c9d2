//! The information campaign: its contractors and contracts, and the acts of work accepted under them. Contracts and acts
//! take two people of the treasury; how an act is paid is next door in `payment/`.
//!
//! `model` decides (pure); `register`, `sign`, `accept` and `end` are the verbs; `store` alone touches the tables.

pub mod accept;
pub mod end;
pub mod http;
pub mod model;
pub mod register;
pub mod sign;
pub mod store;

pub use register::RegisterContractor;
