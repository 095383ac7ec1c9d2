//! Training Vouchers: the map of the house.

pub mod course_run;
pub mod credential;
pub mod db;
pub mod demo;
pub mod kernel;
pub mod keys;
pub mod ledger;
pub mod programme;
pub mod proof;
pub mod redemption;
pub mod voucher;
pub mod proposal;
pub mod writer;
