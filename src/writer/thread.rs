//! The writer's thread: takes what waits, makes one transaction of it, and answers.

use super::Scope;
use super::batch::Batch;
use super::disk::Disk;
use super::fate::{Fate, fate, told};
use super::home::Home;
use super::queue::Job;
use crate::db::{self, Connection, LogHome, Place};
use crate::kernel::time::Clock;
use crate::kernel::{Code, Refusal, Timestamp};
use crate::ledger::books::{Books, CheckpointKey, Failure};
use crate::ledger::receipts::Sealed;
use diesel::QueryResult;
use diesel::result::Error;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Commands that share one transaction at most.
const BATCH: usize = 256;

/// Batches after which statements are planned anew: a moment's work, for tables a few thousand rows larger.
const BATCHES_OF_A_PLAN: u32 = 256;

/// How often a batch that lost a race against another process is tried anew as it is.
const RACES: usize = 4;

/// What the thread owns.
pub(super) struct Desk {
    /// None after it was lost.
    pub connection: Option<Connection>,
    /// Batches begun.
    pub begun: u32,
    pub place: Place,
    /// What waits for the disk and keeps the write-ahead log short, where commits do not.
    pub ahead: Option<(Disk, Home)>,
    pub clock: Clock,
    pub key: Box<dyn Fn() -> Option<CheckpointKey> + Send>,
}

pub(super) type Jobs = Vec<Box<dyn Job>>;

/// What waits for the thread.
struct Line {
    waiting: mpsc::Receiver<Box<dyn Job>>,
    /// Taken already, for the next batch.
    left: Option<Box<dyn Job>>,
}

impl Line {
    /// A batch of what waits; none at the end.
    fn take(&mut self) -> Option<Jobs> {
        let mut jobs = Vec::with_capacity(BATCH);
        jobs.push(self.left.take().or_else(|| self.waiting.blocking_recv())?);
        self.join(&mut jobs, |_| true);
        Some(jobs)
    }

    /// Lets what waits join a batch, up to the first that does not fit.
    fn join(&mut self, jobs: &mut Jobs, fits: impl Fn(&dyn Job) -> bool) {
        while jobs.len() < BATCH && self.left.is_none() {
            match self.waiting.try_recv() {
                Ok(job) if fits(&*job) => jobs.push(job),
                Ok(job) => self.left = Some(job),
                Err(_) => break,
            }
        }
    }
}

/// How a batch ended without a commit.
enum Aborted {
    /// Nothing of it happened: it could not be begun, or was rolled back.
    RolledBack(Failure),
    /// The commit itself failed: nobody knows until the database is asked again.
    Unknown(Error),
}

impl Desk {
    pub(super) fn serve(mut self, waiting: mpsc::Receiver<Box<dyn Job>>) {
        let mut line = Line { waiting, left: None };
        while let Some(jobs) = line.take() {
            if let Some(key) = (self.key)() {
                self.commit(jobs, Some(&key), Some(&mut line));
            } else {
                let (unlogged, logged): (Jobs, Jobs) =
                    jobs.into_iter().partition(|job| job.scope() == Scope::Nothing);
                refuse(logged, &Code::LogKeyMissing.into());
                if !unlogged.is_empty() {
                    self.commit(unlogged, None, None);
                }
            }
        }
        if let Some((disk, home)) = self.ahead {
            disk.finish();
            home.finish();
        }
    }

    /// Commits the jobs together, and those of the line that may join. A batch that lost a race is tried again; one that
    /// fails is halved until the culprit is alone.
    fn commit(&mut self, mut jobs: Jobs, key: Option<&CheckpointKey>, mut line: Option<&mut Line>) {
        let mut races = 0;
        let failure = loop {
            match self.attempt(&mut jobs, key, line.as_deref_mut()) {
                Ok(sealed) => {
                    metrics::histogram!("vouchers_writer_batch_size").record(jobs.len() as f64);
                    return match &self.ahead {
                        Some((disk, _)) => disk.settle(jobs, sealed),
                        None => settle(jobs, &Arc::new(sealed)),
                    };
                }
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
            self.commit(jobs, key, None);
            self.commit(rest, key, None);
        } else {
            tracing::error!(%failure, "a command failed");
            refuse(jobs, &told(&failure));
        }
    }

    fn attempt(
        &mut self,
        jobs: &mut Jobs,
        key: Option<&CheckpointKey>,
        line: Option<&mut Line>,
    ) -> Result<Sealed, Aborted> {
        let now = self.clock.now();
        let connection = match self.begin() {
            Ok(connection) => connection,
            Err(failure) => return Err(Aborted::RolledBack(failure)),
        };
        match run(connection, jobs, now, key, line) {
            Ok(sealed) => match self.end() {
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
        self.mend()?;
        self.begun = self.begun.wrapping_add(1);
        let renews = self.begun.is_multiple_of(BATCHES_OF_A_PLAN);
        if let Some(mut connection) = self.connection.take()
            && (!renews || connection.renew_plans().is_ok())
            && connection.begin().is_ok()
        {
            return Ok(self.connection.insert(connection));
        }
        let mut connection =
            db::reopen_ahead(&self.place).map_err(|error| Failure::Unreachable(error.to_string()))?;
        connection.begin()?;
        Ok(self.connection.insert(connection))
    }

    /// After a failure of the disk nothing is written until what was committed is on it.
    fn mend(&mut self) -> Result<(), Failure> {
        let (Some((disk, _)), Some(connection)) = (&self.ahead, &mut self.connection) else { return Ok(()) };
        if disk.is_broken() {
            db::copy_log_home(connection, LogHome::Whole)
                .map_err(|error| Failure::Unreachable(error.to_string()))?;
            disk.mended();
        }
        Ok(())
    }

    fn end(&mut self) -> QueryResult<()> {
        let connection = self.connection.as_mut().ok_or(Error::BrokenTransactionManager)?;
        let Some((disk, home)) = &self.ahead else { return connection.commit() };
        disk.begin();
        connection.commit().inspect_err(|_| disk.give_up())?;
        home.after_commit(connection);
        Ok(())
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

pub(super) fn settle(jobs: Jobs, sealed: &Arc<Sealed>) {
    for job in jobs {
        job.settle(Ok(Arc::clone(sealed)));
    }
}

pub(super) fn refuse(jobs: Jobs, refusal: &Refusal) {
    for job in jobs {
        job.settle(Err(refusal.clone()));
    }
}

/// Locks come first, facts are read after them: see [`Scope`]. Another server may have held the locks for a while:
/// what has come meanwhile and needs no others joins the batch.
fn run(
    connection: &mut Connection,
    jobs: &mut Jobs,
    now: Timestamp,
    key: Option<&CheckpointKey>,
    line: Option<&mut Line>,
) -> Result<Sealed, Failure> {
    let scopes: HashSet<Scope> = jobs.iter().map(|job| job.scope()).collect();
    let books = Books::open(connection, &scopes)?;
    if let Some(line) = line {
        line.join(jobs, |job| {
            let scope = job.scope();
            scope == Scope::Nothing || scopes.contains(&scope) || scopes.contains(&Scope::All)
        });
    }
    let mut batch = Batch::new(connection, now, books);
    for job in jobs.iter() {
        job.announce(&mut batch);
    }
    for job in jobs.iter_mut() {
        job.run(&mut batch)?;
    }
    batch.seal(key)
}
