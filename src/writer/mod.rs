//! The writer: one thread that turns waiting commands into one durable transaction (group commit).
//!
//! A command is a value with three parts: which facts it will need (`announce`, so that they load
//! set-based), a decision (`decide`: yes with the change to make, or a refusal), and that change,
//! which runs only after a yes. Commands of one batch see the changes of those before them. Only a
//! confirmed commit is answered. The writer knows nothing else about commands; that is what lets
//! hundreds of them share one transaction.
//!
//! To add a command: implement [`Command`] in its slice's verb file, keep the decision itself in
//! the slice's pure `model.rs`, and send it with [`Writer::execute`].

mod batch;
mod disk;
mod fate;
mod home;
mod idempotency;
mod queue;
mod thread;

pub use crate::ledger::books::{CheckpointKey, Entry, Failure, SERVICE};
pub use crate::ledger::scope::Scope;
pub use batch::{Batch, Workspace};
pub use fate::told;
pub use idempotency::{Key, Once, is_final, stored_refusal};
pub use queue::Writer;

use crate::kernel::{Code, Refusal};
use crate::ledger::receipts::Sealed;
use crate::proof::Receipt;
use std::sync::Arc;

/// Why a command did not get to make its change.
#[derive(Debug)]
pub enum Stop {
    /// The rules say no; neighbours in the batch are not affected.
    Refused(Refusal),
    /// The store failed; the batch is rolled back and tried again without the culprit.
    Failed(Failure),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Stop::Refused(refusal)
    }
}

impl From<Code> for Stop {
    fn from(code: Code) -> Self {
        Stop::Refused(code.into())
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Stop::Failed(failure)
    }
}

impl From<diesel::result::Error> for Stop {
    fn from(error: diesel::result::Error) -> Self {
        Stop::Failed(error.into())
    }
}

/// The change that an accepted command makes, run at once after its decision.
pub type Change<R> = Box<dyn FnOnce(&mut Batch<'_>) -> Result<Done<R>, Failure>>;

/// Something a client asks to change.
pub trait Command: Send + 'static {
    type Reply: Send + 'static;

    /// Which logs it reads or grows, and what hangs on them.
    fn scope(&self) -> Scope {
        Scope::All
    }

    /// Tells workspaces which facts will be needed, before any command of the batch decides.
    fn announce(&self, _batch: &mut Batch<'_>) {}

    /// Decides from facts and the clock; changes nothing. May run again when a batch is retried.
    ///
    /// # Errors
    /// [`Stop::Refused`] with the reason, [`Stop::Failed`] when facts cannot be read.
    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Self::Reply>, Stop>;

    /// Keeps what must be remembered of a refusal (an attempt at a voucher); most keep nothing.
    ///
    /// # Errors
    /// The store's.
    fn refused(&self, _refusal: &Refusal, _batch: &mut Batch<'_>) -> Result<(), Failure> {
        Ok(())
    }
}

/// A change that was made: the reply, and the leaf that records it.
pub struct Done<R> {
    pub reply: R,
    pub entry: Option<Entry>,
    /// The reply is that of an earlier request with the same key.
    pub replayed: bool,
}

impl<R> Done<R> {
    /// A change recorded by `entry`.
    pub fn new(reply: R, entry: Entry) -> Self {
        Self { reply, entry: Some(entry), replayed: false }
    }

    pub fn map<T>(self, change: impl FnOnce(R) -> T) -> Done<T> {
        Done { reply: change(self.reply), entry: self.entry, replayed: self.replayed }
    }

    /// A look that leaves no leaf (a dry run).
    pub fn unrecorded(reply: R) -> Self {
        Self { reply, entry: None, replayed: false }
    }
}

/// The answer to an accepted command, after the commit.
pub struct Answer<R> {
    pub reply: R,
    pub replayed: bool,
    pub entry: Option<Entry>,
    proof: Proof,
}

enum Proof {
    Fresh(Arc<Sealed>),
    Stored(Box<Receipt>),
    None,
}

impl<R> Answer<R> {
    /// The receipt: proof that the change is in the log (C2SP tlog-proof).
    pub fn receipt(&self) -> Option<Receipt> {
        match &self.proof {
            Proof::Fresh(sealed) => sealed.receipt(self.entry?),
            Proof::Stored(receipt) => Some(receipt.as_ref().clone()),
            Proof::None => None,
        }
    }

    pub fn map<T>(self, change: impl FnOnce(R) -> T) -> Answer<T> {
        Answer { reply: change(self.reply), replayed: self.replayed, entry: self.entry, proof: self.proof }
    }
}
