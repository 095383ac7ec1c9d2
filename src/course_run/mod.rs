//! Course runs: groups taught by the programme's university, with dates and seats.
//!
//! Seats are taken by redemption; what teaching a run costs is in `teaching`.

pub mod close;
pub mod create;
pub mod http;
pub mod model;
pub mod plan;
pub mod store;
pub mod top_up;

pub use model::{CourseRun, NewCourseRun};
pub use plan::{Phase, Plan};
