//! Employees: the people an agency may request vouchers for.
//!
//! `roster` is the one door by which a row about a person comes in, whether from JSON, a file or the
//! command line; `csv` reads files into such rows; `import` is the command; `store` keeps who they
//! are (`employee_personal`) apart from everything else (`employee`). An agency sees its own people
//! only, and auditors see no names.

pub mod csv;
pub mod fields;
pub mod http;
pub mod import;
pub mod matched;
pub(crate) mod preview;
pub mod query;
pub mod roster;
pub(crate) mod store;
pub mod upload;

pub use import::{ImportEmployees, ImportedEmployees};
pub use roster::{Keyed, Listed, MAX_ROWS, Person, RawRow, RosterRow};
