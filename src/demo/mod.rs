//! The demo: the main job played on the Pskov case of 2020, with illustrative figures and synthetic people.
//!
//! `run` prepares a directory, plays and reports; `play` is the year, through the same commands as the
//! API's; `cast` is who takes part, `course` what is taught and paid, `bank` a statement of its account, `campaign` the contracts and the months closed;
//! `roster` is the people.

mod bank;
mod campaign;
mod cast;
mod course;
mod files;
mod learning;
mod names;
mod play;
mod progress;
mod report;
pub mod roster;
pub mod run;
mod stage;

pub use files::{ForScripts, VoucherForScripts};
pub use run::{DemoError, DemoOptions, perform};
