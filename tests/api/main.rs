//! The service through its doors: real HTTP, a real database, one fresh installation per test.

mod employee;
mod request;
mod world;
