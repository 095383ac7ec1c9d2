//! The service through its doors: real HTTP, a real database, one fresh installation per test.

mod ask;
mod classroom;
mod codes;
mod completion;
mod contracts;
mod course_run;
mod doors;
mod employee;
mod export;
mod harness;
#[path = "../support/installation.rs"]
mod installation;
mod keys;
mod malformed;
mod money;
mod moves;
mod organisations;
mod oversight;
mod people;
mod periods;
mod programme;
mod proofs;
mod proposal;
mod races;
mod redemption;
mod request;
mod reversal;
mod stage;
mod sweep;
mod teaching;
mod tiles;
mod tokens;
mod trouble;
mod voucher;
mod voucher_moves;
mod world;
