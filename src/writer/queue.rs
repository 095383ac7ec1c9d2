//! The queue before the writer's thread: commands with their ways back.

use super::batch::Batch;
use super::disk::{Disk, Safe};
use super::home::Home;
use super::thread::Desk;
use super::{Answer, Change, Command, Done, Proof, Scope, Stop};
use crate::db::{Connection, Place};
use crate::kernel::time::Clock;
use crate::kernel::{Code, Refusal};
use crate::ledger::books::{CheckpointKey, Failure};
use crate::ledger::receipts::{Sealed, stored_receipt};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Commands that may wait, a tenth of a second's work or two; one more is refused at once with `overloaded`.
const QUEUE: usize = 1_024;

/// How long a client waits for its answer. A database that stands still for longer may still commit.
const PATIENCE: Duration = Duration::from_secs(15);

/// A command with its way back.
struct Pending<C: Command> {
    command: C,
    verdict: Option<Result<Done<C::Reply>, Refusal>>,
    stored: Option<Box<crate::proof::Receipt>>,
    reply: oneshot::Sender<Result<Answer<C::Reply>, Refusal>>,
}

/// [`Pending`] without its type.
pub(super) trait Job: Send {
    fn scope(&self) -> Scope;
    fn announce(&self, batch: &mut Batch<'_>);
    fn run(&mut self, batch: &mut Batch<'_>) -> Result<(), Failure>;
    /// Tells the client: `Ok` after the commit, the refusal if there was none.
    fn settle(self: Box<Self>, committed: Result<Arc<Sealed>, Refusal>);
}

impl<C: Command> Job for Pending<C> {
    fn scope(&self) -> Scope {
        self.command.scope()
    }

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
            self.stored = Some(Box::new(stored_receipt(batch.connection()?, entry)?));
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
    /// Where commits become visible before they are safe.
    safe: Option<Safe>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Writer {
    /// Starts the writer's thread on a connection of its own to this place, which it opens anew when it is
    /// lost. Without a `key` for checkpoints
    /// everything is refused with `log_key_missing`.
    ///
    /// # Errors
    /// The system's, when no thread can be had.
    pub fn start(
        mut connection: Connection,
        place: Place,
        clock: Clock,
        key: impl Fn() -> Option<CheckpointKey> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let (ahead, safe) = match &place {
            Place::Sqlite(file) => {
                connection.commit_ahead().map_err(std::io::Error::other)?;
                let (disk, safe) = Disk::start(file)?;
                (Some((disk, Home::start(&place)?)), Some(safe))
            }
            Place::Postgres(_) => (None, None),
        };
        let desk = Desk { connection: Some(connection), begun: 0, place, ahead, clock, key: Box::new(key) };
        let thread = std::thread::Builder::new().name("writer".into()).spawn(move || desk.serve(waiting))?;
        Ok(Self { queue, safe, thread: Arc::new(Mutex::new(Some(thread))) })
    }

    /// Queues a command and waits for its durable outcome.
    ///
    /// # Errors
    /// The command's refusal; `overloaded` when the queue is full; `outcome_unknown` when the writer
    /// ended, or the database stood still, before it could say.
    pub async fn execute<C: Command>(&self, command: C) -> Result<Answer<C::Reply>, Refusal> {
        let (job, answer) = pending(command);
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refusal::new(Code::Overloaded),
            mpsc::error::TrySendError::Closed(_) => Refusal::new(Code::Unavailable),
        })?;
        let answer = tokio::time::timeout(PATIENCE, answer).await.map_or(None, Result::ok);
        answer.unwrap_or_else(|| Err(Code::OutcomeUnknown.into()))
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

    /// Whether one more command may wait. To ask before costly work (a signature) keeps a server that is asked
    /// for too much from spending itself on what it will refuse.
    ///
    /// # Errors
    /// `overloaded`.
    pub fn check_room(&self) -> Result<(), Refusal> {
        match self.queue.capacity() {
            0 if self.is_alive() => Err(Code::Overloaded.into()),
            _ => Ok(()),
        }
    }

    /// Returns when whatever this process has written and could be read before is safe from a crash, so that
    /// nothing is shown that may be taken back. On PostgreSQL at once: there a commit may be seen for a moment before it
    /// is safe, by every server alike.
    pub async fn settled(&self) {
        if let Some(safe) = &self.safe {
            safe.wait().await;
        }
    }

    /// Returns when whatever could be read of the database before is safe, whichever server wrote it: what is handed
    /// out to be kept (a signed checkpoint) must not be taken back by a crash.
    ///
    /// # Errors
    /// As [`Writer::execute`].
    pub async fn confirm(&self) -> Result<(), Refusal> {
        match &self.safe {
            Some(safe) => safe.wait().await,
            None => drop(self.execute(Confirm).await?),
        }
        Ok(())
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

/// Changes nothing; its answer comes when everything before it is safe.
struct Confirm;

impl Command for Confirm {
    type Reply = ();

    fn scope(&self) -> Scope {
        Scope::Nothing
    }

    fn decide(&self, _batch: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        Ok(Box::new(|_| Ok(Done::unrecorded(()))))
    }
}

/// How a command's outcome comes back.
type Outcome<R> = oneshot::Receiver<Result<Answer<R>, Refusal>>;

fn pending<C: Command>(command: C) -> (Box<dyn Job>, Outcome<C::Reply>) {
    let (reply, answer) = oneshot::channel();
    (Box::new(Pending { command, verdict: None, stored: None, reply }), answer)
}
