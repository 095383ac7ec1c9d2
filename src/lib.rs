//! Training Vouchers: the map of the house.

pub mod credential;
pub mod db;
pub mod demo;
pub mod employee;
pub mod kernel;
pub mod ledger;
pub mod programme;
pub mod proof;
pub mod request;
pub mod writer;
