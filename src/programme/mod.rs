//! Programmes: one training programme of one year, its budget lines, and the seats of each agency.
//!
//! `facts` is what other slices read of a programme; `model` holds the rules, pure. `create`,
//! `lifecycle`, `budget_line` and `quotas` are the commands.

pub mod budget_line;
pub mod create;
pub mod facts;
pub mod file;
pub mod form;
pub mod http;
pub mod lifecycle;
pub mod model;
pub mod quotas;
pub mod store;
pub mod view;
pub mod year_end;

pub use facts::ProgrammeFacts;
