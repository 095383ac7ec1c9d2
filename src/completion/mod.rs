//! Completion: who attended, who passed the test, and who finished the course and counts as retrained.
//!
//! `model` decides (pure), `roll` reads what a list says about the people of a course run (pure); `attend`, `grade` and
//! `complete` are the verbs; `upload` reads lists as they are sent; `store` alone touches the tables. How many were
//! retrained is kept by `voucher/retrained.rs` and answered by `oversight/retrained.rs`.

pub mod attend;
pub mod complete;
pub mod grade;
pub mod http;
pub mod model;
pub mod roll;
mod store;
mod upload;

pub use attend::RecordAttendance;
pub use complete::CompleteCourse;
pub use grade::RecordResults;
