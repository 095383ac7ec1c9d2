//! The queue before the writer, and the thread behind it.

use super::batch::Batch;
use super::{Answer, Command, Done, Proof, Stop};
use crate::db::Connection;
use crate::kernel::time::Clock;
use crate::kernel::{Code, Refusal};
use crate::ledger::books::{self, CheckpointKey, Failure, Sealed};
use diesel::connection::SimpleConnection;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// Commands that may wait; one more is refused at once with `overloaded`.
const QUEUE: usize = 2_048;

/// Commands that share one transaction at most.
const BATCH: usize = 256;

/// A command with its way back.
struct Pending<C: Command> {
    command: C,
    verdict: Option<Result<Done<C::Reply>, Refusal>>,
    stored: Option<Box<crate::proof::Receipt>>,
    reply: oneshot::Sender<Result<Answer<C::Reply>, Refusal>>,
}

/// [`Pending`] without its type.
trait Job: Send {
    fn announce(&self, batch: &mut Batch<'_>);
    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Failure>;
    /// Tells the client: `Ok` after the commit, the refusal if there was none.
    fn settle(self: Box<Self>, committed: Result<Arc<Sealed>, Refusal>);
}

impl<C: Command> Job for Pending<C> {
    fn announce(&self, batch: &mut Batch<'_>) {
        self.command.announce(batch);
    }

    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Failure> {
        let verdict = match self.command.decide(batch) {
            Ok(change) => Ok(change(batch)?),
            Err(Stop::Refused(refusal)) => {
                self.command.refused(&refusal, batch)?;
                Err(refusal)
            }
            Err(Stop::Failed(failure)) => return Err(failure),
        };
        if let Ok(Done { entry: Some(entry), replayed: true, .. }) = verdict {
            self.stored = Some(Box::new(books::stored_receipt(batch.connection()?, entry)?));
        }
        self.verdict = Some(verdict);
        Ok(())
    }

    fn settle(self: Box<Self>, committed: Result<Arc<Sealed>, Refusal>) {
        let Pending { verdict, stored, reply, .. } = *self;
        let answer = committed.and_then(|sealed| {
            let done = verdict.unwrap_or_else(|| Err(Code::OutcomeUnknown.into()))?;
            let proof = match (stored, done.entry) {
                (Some(receipt), _) => Proof::Stored(receipt),
                (None, Some(_)) => Proof::Fresh(sealed),
                (None, None) => Proof::None,
            };
            Ok(Answer { reply: done.reply, replayed: done.replayed, entry: done.entry, proof })
        });
        // The client may have gone; the commit stands, and its key gives the answer again.
        let _ = reply.send(answer);
    }
}

/// The door to the writer; cheap to clone.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Writer {
    /// Starts the writer's thread on a connection of its own. Without a `key` for checkpoints
    /// everything is refused with `log_key_missing`.
    ///
    /// # Errors
    /// The system's, when no thread can be had.
    pub fn start(
        connection: Connection,
        clock: Clock,
        key: impl Fn() -> Option<CheckpointKey> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let desk = Desk { connection, clock, key: Box::new(key) };
        let thread = std::thread::Builder::new().name("writer".into()).spawn(move || desk.serve(waiting))?;
        Ok(Self { queue, thread: Arc::new(Mutex::new(Some(thread))) })
    }

    /// Queues a command and waits for its durable outcome.
    ///
    /// # Errors
    /// The command's refusal; `overloaded` when the queue is full; `outcome_unknown` when the writer
    /// ended before it could say.
    pub async fn execute<C: Command>(&self, command: C) -> Result<Answer<C::Reply>, Refusal> {
        let (job, answer) = pending(command);
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refusal::new(Code::Overloaded),
            mpsc::error::TrySendError::Closed(_) => Refusal::new(Code::Unavailable),
        })?;
        answer.await.unwrap_or_else(|_| Err(Code::OutcomeUnknown.into()))
    }

    /// [`Writer::execute`] for code that is not async; waits for a place in the queue.
    ///
    /// # Errors
    /// As [`Writer::execute`], without `overloaded`.
    pub fn execute_blocking<C: Command>(&self, command: C) -> Result<Answer<C::Reply>, Refusal> {
        let (job, answer) = pending(command);
        self.queue.blocking_send(job).map_err(|_| Refusal::new(Code::Unavailable))?;
        answer.blocking_recv().unwrap_or_else(|_| Err(Code::OutcomeUnknown.into()))
    }

    /// Whether the writer's thread still serves.
    pub fn is_alive(&self) -> bool {
        !self.queue.is_closed()
    }

    /// How many commands wait.
    pub fn depth(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Answers what was accepted and ends the thread once every other clone is gone.
    pub fn finish(self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(self.queue);
        if let Some(thread) = thread {
            // A panic of the writer has been logged by the panic hook; there is nothing left to save.
            let _ = thread.join();
        }
    }
}

/// How a command's outcome comes back.
type Outcome<R> = oneshot::Receiver<Result<Answer<R>, Refusal>>;

fn pending<C: Command>(command: C) -> (Box<dyn Job>, Outcome<C::Reply>) {
    let (reply, answer) = oneshot::channel();
    (Box::new(Pending { command, verdict: None, stored: None, reply }), answer)
}

/// What the writer's thread owns.
struct Desk {
    connection: Connection,
    clock: Clock,
    key: Box<dyn Fn() -> Option<CheckpointKey> + Send>,
}

/// How a batch ended without a commit.
enum Aborted {
    /// Rolled back: nothing of it happened.
    RolledBack(Failure),
    /// The commit itself failed: nobody knows until the database is asked again.
    Unknown(diesel::result::Error),
}

impl Desk {
    fn serve(mut self, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
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

    /// Commits the jobs together; a batch that fails is halved until the culprit is alone.
    fn commit(&mut self, mut jobs: Vec<Box<dyn Job>>, key: &CheckpointKey) {
        match self.attempt(&mut jobs, key) {
            Ok(sealed) => {
                let sealed = Arc::new(sealed);
                for job in jobs {
                    job.settle(Ok(Arc::clone(&sealed)));
                }
            }
            Err(Aborted::Unknown(error)) => {
                tracing::error!(%error, jobs = jobs.len(), "a commit failed; its outcome is unknown");
                refuse(jobs, &Code::OutcomeUnknown.into());
            }
            Err(Aborted::RolledBack(failure)) if jobs.len() > 1 => {
                tracing::warn!(%failure, jobs = jobs.len(), "a batch failed and is halved");
                let rest = jobs.split_off(jobs.len() / 2);
                self.commit(jobs, key);
                self.commit(rest, key);
            }
            Err(Aborted::RolledBack(failure)) => {
                tracing::error!(%failure, "a command failed");
                refuse(jobs, &explain(&failure));
            }
        }
    }

    fn attempt(&mut self, jobs: &mut [Box<dyn Job>], key: &CheckpointKey) -> Result<Sealed, Aborted> {
        let begun = self.connection.batch_execute("BEGIN IMMEDIATE");
        begun.map_err(|error| Aborted::RolledBack(error.into()))?;
        match run(&mut self.connection, jobs, &self.clock, key) {
            Ok(sealed) => match self.connection.batch_execute("COMMIT") {
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

    /// SQLite may have rolled back by itself already; then this says so, and that is fine.
    fn roll_back(&mut self) {
        if let Err(error) = self.connection.batch_execute("ROLLBACK") {
            tracing::debug!(%error, "nothing left to roll back");
        }
    }
}

fn refuse(jobs: Vec<Box<dyn Job>>, refusal: &Refusal) {
    for job in jobs {
        job.settle(Err(refusal.clone()));
    }
}

fn run(
    connection: &mut Connection,
    jobs: &mut [Box<dyn Job>],
    clock: &Clock,
    key: &CheckpointKey,
) -> Result<Sealed, Failure> {
    let mut batch = Batch::new(connection, clock.now());
    for job in jobs.iter() {
        job.announce(&mut batch);
    }
    for job in jobs.iter_mut() {
        job.run(&mut batch)?;
    }
    batch.seal(key)
}

/// A failure as the client is told of it: the cause goes to the log only.
fn explain(failure: &Failure) -> Refusal {
    use diesel::result::{DatabaseErrorKind, Error};
    match failure {
        Failure::Database(Error::DatabaseError(
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::NotNullViolation,
            _,
        ))
        | Failure::Inconsistent(_)
        | Failure::Log(_) => Code::Internal.into(),
        Failure::Database(_) => Code::Unavailable.into(),
    }
}
