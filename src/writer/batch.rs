//! One batch: the transaction's connection, its instant, its books, and the slices' workspaces.

use crate::db::Connection;
use crate::kernel::{Kopecks, Timestamp};
use crate::ledger::books::{Books, CheckpointKey, Entry, Failure};
use crate::ledger::model::{Account, Event};
use crate::ledger::receipts::Sealed;
use std::any::Any;
use uuid::Uuid;

/// Rows of one slice that a batch has loaded set-based and will write set-based.
pub trait Workspace: Any + Default {
    /// Writes what commands have buffered.
    ///
    /// # Errors
    /// The store's.
    fn flush(&mut self, connection: &mut Connection) -> Result<(), Failure>;
}

/// [`Workspace`] without its type.
trait Held: Any {
    fn flush(&mut self, connection: &mut Connection) -> Result<(), Failure>;
    fn as_any(&mut self) -> &mut dyn Any;
}

impl<W: Workspace> Held for W {
    fn flush(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        Workspace::flush(self, connection)
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// The transaction that the commands of one batch share.
pub struct Batch<'c> {
    connection: &'c mut Connection,
    now: Timestamp,
    books: Books,
    workspaces: Vec<Box<dyn Held>>,
}

impl<'c> Batch<'c> {
    pub(super) fn new(connection: &'c mut Connection, now: Timestamp, books: Books) -> Self {
        Self { connection, now, books, workspaces: Vec::new() }
    }

    /// The instant of the whole batch.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The transaction's connection, after everything buffered so far has been written: queries see
    /// the changes of earlier commands.
    ///
    /// # Errors
    /// The store's.
    pub fn connection(&mut self) -> Result<&mut Connection, Failure> {
        for workspace in &mut self.workspaces {
            workspace.flush(self.connection)?;
        }
        self.books.flush(self.connection)?;
        Ok(self.connection)
    }

    /// A slice's workspace, with the connection as it stands (buffered rows are not yet visible to it).
    pub fn workspace<W: Workspace>(&mut self) -> (&mut W, &mut Connection) {
        let found = self.workspaces.iter_mut().position(|held| held.as_any().is::<W>());
        let index = found.unwrap_or_else(|| {
            self.workspaces.push(Box::new(W::default()));
            self.workspaces.len() - 1
        });
        let workspace = self.workspaces[index].as_any().downcast_mut::<W>();
        (workspace.expect("the position was found, or made, by this very type"), self.connection)
    }

    /// Starts the log of a new programme.
    ///
    /// # Errors
    /// The store's.
    pub fn create_log(&mut self, programme_no: i64, origin: &str) -> Result<(), Failure> {
        self.books.create_log(self.connection, programme_no, origin)
    }

    /// Opens a new epoch of a log that was brought back from a copy.
    ///
    /// # Errors
    /// The store's; the batch has grown this log already.
    pub fn open_epoch(&mut self, programme_no: i64, epoch: Uuid) -> Result<Entry, Failure> {
        self.books.open_epoch(self.connection, programme_no, epoch, self.now)
    }

    /// The number of the next leaf of this programme's log, and so of what it creates.
    ///
    /// # Errors
    /// The store's.
    pub fn next_index(&mut self, programme_no: i64) -> Result<i64, Failure> {
        self.books.next_index(self.connection, programme_no)
    }

    /// Books an event.
    ///
    /// # Errors
    /// The store's; a balance that would go negative.
    pub fn record(&mut self, programme_no: i64, event: &Event) -> Result<Entry, Failure> {
        self.books.record(self.connection, programme_no, event, self.now)
    }

    /// A balance as of now, this batch included.
    ///
    /// # Errors
    /// The store's.
    pub fn balance(&mut self, programme_no: i64, line_no: i64, account: Account) -> Result<Kopecks, Failure> {
        self.books.balance(self.connection, programme_no, line_no, account)
    }

    pub(super) fn seal(mut self, key: Option<&CheckpointKey>) -> Result<Sealed, Failure> {
        self.connection()?;
        self.books.seal(self.connection, key)
    }
}
