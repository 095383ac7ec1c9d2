//! Programmes: one training programme of one year, its budget lines, and the seats of each agency.
//!
//! `facts` is what other slices read of a programme; `model` holds the rules, pure.

pub mod facts;
pub mod model;

pub use facts::ProgrammeFacts;
