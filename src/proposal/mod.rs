//! Acts that take two people: one proposes, another confirms, and only then does anything happen.
//!
//! `model` holds the four-eyes rule, `act` the list of acts, and each act has a file of its own.
//! To add an act: a variant of [`Act`], a line in each function of `act`, and a `decide` like
//! `appropriation::decide`. The act's own event, not one of this slice, records that it was done.

pub mod act;
pub mod appropriation;
pub mod budget_move;
pub mod confirm;
pub mod http;
pub mod model;
pub mod propose;
pub mod store;
pub mod withdraw;

pub use act::Act;
pub use propose::Propose;
