//! Training Vouchers: the map of the house.

pub mod access;
pub mod app;
pub mod cli;
pub mod config;
pub mod course_run;
pub mod credential;
pub mod db;
pub mod demo;
pub mod employee;
pub mod http;
pub mod installation;
pub mod kernel;
pub mod keys;
pub mod ledger;
pub mod organisation;
pub mod programme;
pub mod proof;
pub mod proposal;
pub mod redemption;
pub mod request;
pub mod voucher;
pub mod web;
pub mod writer;
