//! Reporting periods: months that are closed by two people of the treasury, with a trial balance that is signed in the
//! log. What is dated in a closed month is not booked any more.
//!
//! `model` decides (pure); `close` is the act; `trial_balance` reads the turnovers; `store` alone touches the table.

pub mod close;
pub mod http;
pub mod model;
pub mod store;
pub mod trial_balance;

pub use store::require_open;
