//! The words every room of the house shares: ids, money, time, people, refusals.
//!
//! Pure: nothing here reads a clock, a random source, a file or a database, and
//! nothing here knows diesel or actix.

pub mod ids;
pub mod money;
pub mod refusal;
pub mod time;

pub use ids::*;
pub use money::Kopecks;
pub use refusal::{Code, Refusal};
pub use time::Timestamp;
