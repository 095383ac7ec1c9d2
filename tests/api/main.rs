//! The service through its doors: real HTTP, a real database, one fresh installation per test.

mod doors;
mod employee;
mod harness;
mod organisations;
mod request;
mod tokens;
mod world;
