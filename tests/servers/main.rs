//! Several servers on one database, and what happens when the database fails: real processes of `vouchers
//! serve`, a cluster of PostgreSQL that the tests start, stop, stall and exhaust.
//!
//! What needs PostgreSQL 15 or root is ignored unless it is asked for, as `scripts/test` does:
//! `cargo test --test servers -- --include-ignored`.

mod failing;
mod faults;
mod full;
#[path = "../api/harness.rs"]
#[allow(dead_code, reason = "shared with the tests of the API")]
mod harness;
#[path = "../support/installation.rs"]
mod installation;
mod journal;
#[path = "../api/people.rs"]
#[allow(dead_code, reason = "shared with the tests of the API")]
mod people;
mod races;
mod sight;
mod site;
#[path = "../api/stage.rs"]
#[allow(dead_code, reason = "shared with the tests of the API")]
mod stage;
mod start;
