//! The audit: does everything in the books hold, and is the history the one that was signed?
//!
//! `invariants` asks the database for what contradicts the rules of `docs/ledger.md`; `history` reads
//! every log from its first leaf to its last. Only reads, in one snapshot, with bounded memory;
//! knows no command.

mod cosigned;
mod history;
mod invariants;
mod kept;
mod records;
mod turnovers;

use super::books::Failure;
use crate::db::Connection;
use diesel::Connection as _;

/// What an auditor brings along.
#[derive(Default)]
pub struct Trusted {
    /// Raw public keys that may have signed checkpoints: the active log key and its predecessors.
    pub log_keys: Vec<[u8; 32]>,
    /// Signed notes kept outside the database: the history must still contain what they cover.
    pub checkpoints: Vec<String>,
}

/// How far a long work is: `done` of `total` leaves of one log, or invariants; elsewhere bytes or rows.
pub struct Progress<'a> {
    pub of: &'a str,
    pub done: u64,
    pub total: u64,
}

/// One thing that was checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    pub name: &'static str,
    /// How many things it looked at.
    pub checked: u64,
    /// How many of them do not hold.
    pub failed: u64,
    /// The first failures, in English, by internal numbers.
    pub failures: Vec<String>,
}

/// Failures that are spelled out for each check; more are only counted.
const SPELLED_OUT: usize = 50;

impl Check {
    fn new(name: &'static str) -> Self {
        Self { name, checked: 0, failed: 0, failures: Vec::new() }
    }

    fn fail(&mut self, what: String) {
        self.failed += 1;
        if self.failures.len() < SPELLED_OUT {
            self.failures.push(what);
        }
    }

    /// Looks at one thing.
    fn that(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        self.checked += 1;
        if !holds {
            self.fail(otherwise());
        }
    }
}

/// All checks, in the order in which they were made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    pub checks: Vec<Check>,
}

impl Report {
    pub fn is_clean(&self) -> bool {
        self.checks.iter().all(|check| check.failed == 0)
    }

    /// The checks that found something.
    pub fn broken(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.failed > 0)
    }
}

/// Checks every invariant of the ledger and the whole of every log.
///
/// # Errors
/// The database's. What does not hold is no error but a failure in the report.
pub fn audit(
    connection: &mut Connection,
    trusted: &Trusted,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report, Failure> {
    connection.transaction(|connection| {
        let mut checks = invariants::check(connection, progress)?;
        checks.extend(history::check(connection, trusted, progress)?);
        Ok(Report { checks })
    })
}
