//! Quotas moved between agencies: seats go from one to another once both have agreed, and only seats that nobody holds.
//!
//! The programme office, or the agency that gives, proposes (`propose`); each agency that has not spoken yet agrees (`agree`), and
//! with the last word the seats move in that same transaction. Either agency may decline and the proposer withdraw (`end`).
//! `model` decides (pure); `store` alone touches the table.

pub mod agree;
pub mod end;
pub mod http;
pub mod model;
pub mod propose;
pub mod store;
pub mod view;

pub use agree::AgreeToQuotaMove;
pub use end::EndQuotaMove;
pub use propose::ProposeQuotaMove;
