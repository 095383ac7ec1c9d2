//! Witnesses: our own as a process, the service that shows it its logs, and what is found when a history is rewritten.

mod fork;
#[path = "../api/harness.rs"]
#[allow(dead_code, reason = "shared with the tests of the API")]
mod harness;
#[path = "../support/installation.rs"]
mod installation;
mod own;
#[path = "../api/people.rs"]
#[allow(dead_code, reason = "shared with the tests of the API")]
mod people;
mod protocol;
mod service;
#[path = "../servers/site.rs"]
#[allow(dead_code, reason = "shared with the tests of several servers")]
mod site;
#[path = "../api/stage.rs"]
#[allow(dead_code, reason = "shared with the tests of the API")]
mod stage;
mod tls;
