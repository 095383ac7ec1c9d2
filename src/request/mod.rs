//! Requests: an agency's list of employees for a programme, from submission to approval.
//!
//! `model` decides, row by row, who has a right to training and whether a seat is left; `submit`,
//! `approve` and `reject` are the commands. Quota is held at approval; money is not touched here:
//! vouchers are issued from approved items by the voucher slice.

pub mod approve;
pub mod http;
pub mod model;
pub mod outcome;
pub mod query;
pub mod reject;
pub(crate) mod store;
pub mod submit;

pub use approve::ApproveRequest;
pub use outcome::{DecidedRequest, SubmittedRequest};
pub use reject::RejectRequest;
pub use submit::SubmitRequest;
