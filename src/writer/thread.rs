//! The writer's thread: takes what waits, makes one transaction of it, and answers.

use super::Scope;
use super::batch::Batch;
use super::fate::{Fate, fate, told};
use super::queue::Job;
use crate::db::{self, Connection, Place};
use crate::kernel::time::Clock;
use crate::kernel::{Code, Refusal};
use crate::ledger::books::{self, CheckpointKey, Failure, Sealed};
use diesel::result::Error;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Commands that share one transaction at most.
const BATCH: usize = 256;

/// How often a batch that lost a race against another process is tried anew as it is.
const RACES: usize = 4;

/// What the thread owns.
pub(super) struct Desk {
    /// None after it was lost.
    pub connection: Option<Connection>,
    pub place: Place,
    pub clock: Clock,
    pub key: Box<dyn Fn() -> Option<CheckpointKey> + Send>,
}

type Jobs = Vec<Box<dyn Job>>;

/// How a batch ended without a commit.
enum Aborted {
    /// Nothing of it happened: it could not be begun, or was rolled back.
    RolledBack(Failure),
    /// The commit itself failed: nobody knows until the database is asked again.
    Unknown(Error),
}

impl Desk {
    pub(super) fn serve(mut self, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
        while let Some(first) = waiting.blocking_recv() {
            let mut jobs = Vec::with_capacity(BATCH);
            jobs.push(first);
            while jobs.len() < BATCH {
                match waiting.try_recv() {
                    Ok(job) => jobs.push(job),
                    Err(_) => break,
                }
            }
            metrics::histogram!("vouchers_writer_batch_size").record(jobs.len() as f64);
            match (self.key)() {
                Some(key) => self.commit(jobs, &key),
                None => refuse(jobs, &Code::LogKeyMissing.into()),
            }
        }
    }

    /// Commits the jobs together. A batch that lost a race is tried again; one that fails is halved until
    /// the culprit is alone.
    fn commit(&mut self, mut jobs: Jobs, key: &CheckpointKey) {
        let mut races = 0;
        let failure = loop {
            match self.attempt(&mut jobs, key) {
                Ok(sealed) => return settle(jobs, &Arc::new(sealed)),
                Err(Aborted::Unknown(error)) => {
                    tracing::error!(%error, jobs = jobs.len(), "a commit failed; its outcome is unknown");
                    return refuse(jobs, &Code::OutcomeUnknown.into());
                }
                Err(Aborted::RolledBack(failure)) => match fate(&failure) {
                    Fate::Again if races < RACES => {
                        races += 1;
                        metrics::counter!("vouchers_writer_races").increment(1);
                        tracing::debug!(%failure, jobs = jobs.len(), "a batch is tried again");
                    }
                    Fate::Refuse => {
                        tracing::error!(%failure, jobs = jobs.len(), "the database cannot be written to");
                        self.let_go();
                        return refuse(jobs, &Code::Unavailable.into());
                    }
                    Fate::Again | Fate::Halve => break failure,
                },
            }
        };
        if jobs.len() > 1 {
            tracing::warn!(%failure, jobs = jobs.len(), "a batch failed and is halved");
            let rest = jobs.split_off(jobs.len() / 2);
            self.commit(jobs, key);
            self.commit(rest, key);
        } else {
            tracing::error!(%failure, "a command failed");
            refuse(jobs, &told(&failure));
        }
    }

    fn attempt(&mut self, jobs: &mut [Box<dyn Job>], key: &CheckpointKey) -> Result<Sealed, Aborted> {
        let now = self.clock.now();
        let connection = match self.begin() {
            Ok(connection) => connection,
            Err(failure) => return Err(Aborted::RolledBack(failure)),
        };
        match run(connection, jobs, now, key) {
            Ok(sealed) => match connection.commit() {
                Ok(()) => Ok(sealed),
                Err(error) => {
                    self.roll_back();
                    Err(Aborted::Unknown(error))
                }
            },
            Err(failure) => {
                self.roll_back();
                Err(Aborted::RolledBack(failure))
            }
        }
    }

    /// Begins a transaction, on a new connection if the old one is lost.
    fn begin(&mut self) -> Result<&mut Connection, Failure> {
        if let Some(mut connection) = self.connection.take()
            && connection.begin().is_ok()
        {
            return Ok(self.connection.insert(connection));
        }
        let mut connection =
            db::reopen_writer(&self.place).map_err(|error| Failure::Unreachable(error.to_string()))?;
        connection.begin()?;
        Ok(self.connection.insert(connection))
    }

    /// SQLite may have rolled back by itself already, and says so; a connection of PostgreSQL that cannot roll
    /// back is lost.
    fn roll_back(&mut self) {
        let Some(connection) = &mut self.connection else { return };
        if let Err(error) = connection.roll_back() {
            tracing::debug!(%error, "not rolled back");
            self.let_go();
        }
    }

    /// Makes the next batch open a connection of its own: a session of PostgreSQL may have ended, or be read-only
    /// for as long as it lives. SQLite's does not go bad, and may not be had again while the disk is full.
    fn let_go(&mut self) {
        if matches!(self.place, Place::Postgres(_)) {
            self.connection = None;
        }
    }
}

fn settle(jobs: Jobs, sealed: &Arc<Sealed>) {
    for job in jobs {
        job.settle(Ok(Arc::clone(sealed)));
    }
}

fn refuse(jobs: Jobs, refusal: &Refusal) {
    for job in jobs {
        job.settle(Err(refusal.clone()));
    }
}

/// Locks come first, facts are read after them: see [`Scope`].
fn run(
    connection: &mut Connection,
    jobs: &mut [Box<dyn Job>],
    now: crate::kernel::Timestamp,
    key: &CheckpointKey,
) -> Result<Sealed, Failure> {
    let scopes: Vec<Scope> = jobs.iter().map(|job| job.scope()).collect();
    books::lock(connection, &scopes)?;
    let mut batch = Batch::new(connection, now);
    for job in jobs.iter() {
        job.announce(&mut batch);
    }
    for job in jobs.iter_mut() {
        job.run(&mut batch)?;
    }
    batch.seal(key)
}
