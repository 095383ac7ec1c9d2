//! Waiting for the disk, beside the writer's thread (SQLite).
//!
//! A commit of SQLite stands in its write-ahead log when it returns and is safe when that file is on disk. While one
//! batch waits for that here, the next is already decided; one wait does for every commit before it. Nobody is told of
//! a commit that is not safe: not its clients, and not who reads ([`Safe`]).

use super::thread::{Jobs, refuse, settle};
use crate::db;
use crate::kernel::Code;
use crate::ledger::receipts::Sealed;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SendError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::watch;

/// A commit that readers may have seen and that is not yet safe; without jobs when it failed.
struct Made {
    number: u64,
    committed: Option<(Jobs, Arc<Sealed>)>,
}

/// How far commits are safe, as readers see it.
#[derive(Clone)]
pub(super) struct Safe {
    /// The last batch that readers may have seen.
    begun: Arc<AtomicU64>,
    safe: watch::Receiver<u64>,
}

impl Safe {
    /// Returns when whatever could be read before is safe.
    pub(super) async fn wait(&self) {
        let seen = self.begun.load(Ordering::Acquire);
        // The other end is gone only when the writer has ended, and with it every wait.
        let _ = self.safe.clone().wait_for(|safe| *safe >= seen).await;
    }
}

/// The thread that waits for the disk.
pub(super) struct Disk {
    begun: Arc<AtomicU64>,
    made: SyncSender<Made>,
    broken: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Disk {
    /// Starts the thread for this database.
    ///
    /// # Errors
    /// The system's, when no thread can be had.
    pub(super) fn start(file: &Path) -> io::Result<(Self, Safe)> {
        let file = file.to_owned();
        // One batch on its way to the disk, one behind it; the third waits and grows.
        let (made, waiting) = sync_channel(1);
        let (told, safe) = watch::channel(0);
        let broken = Arc::new(AtomicBool::new(false));
        let side = Side { file, log: None, waiting, told, broken: Arc::clone(&broken) };
        let thread = std::thread::Builder::new().name("disk".into()).spawn(move || side.serve())?;
        let begun = Arc::new(AtomicU64::new(0));
        Ok((Self { begun: Arc::clone(&begun), made, broken, thread }, Safe { begun, safe }))
    }

    /// Before a commit: readers are about to see it.
    pub(super) fn begin(&self) {
        self.begun.fetch_add(1, Ordering::AcqRel);
    }

    /// After a commit: answers the jobs when it is safe.
    pub(super) fn settle(&self, jobs: Jobs, sealed: Sealed) {
        self.send(Some((jobs, Arc::new(sealed))));
    }

    /// After a commit that failed: readers need not wait for it.
    pub(super) fn give_up(&self) {
        self.send(None);
    }

    fn send(&self, committed: Option<(Jobs, Arc<Sealed>)>) {
        let number = self.begun.load(Ordering::Acquire);
        if let Err(SendError(Made { committed: Some((jobs, _)), .. })) =
            self.made.send(Made { number, committed })
        {
            refuse(jobs, &Code::OutcomeUnknown.into());
        }
    }

    /// Whether the disk has failed since the last [`Disk::mended`]: what is committed may or may not be on it, and waiting
    /// again would not tell, since a system reports such a failure once.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Acquire)
    }

    /// Everything committed has been brought to the disk by other means.
    pub(super) fn mended(&self) {
        self.broken.store(false, Ordering::Release);
    }

    /// Answers what is left and ends the thread.
    pub(super) fn finish(self) {
        drop(self.made);
        // A panic of the thread has been logged by the panic hook; there is nothing left to save.
        let _ = self.thread.join();
    }
}

/// What the thread owns.
struct Side {
    file: PathBuf,
    /// The write-ahead log, opened once and kept: the system tells each open file of a failure once, and a file opened
    /// later would not hear of one that somebody else has been told of.
    log: Option<File>,
    waiting: Receiver<Made>,
    told: watch::Sender<u64>,
    broken: Arc<AtomicBool>,
}

impl Side {
    fn serve(mut self) {
        while let Ok(first) = self.waiting.recv() {
            let batches: Vec<_> = std::iter::once(first).chain(self.waiting.try_iter()).collect();
            let is_safe = self.sync();
            for Made { number, committed } in batches {
                match committed {
                    Some((jobs, sealed)) if is_safe => settle(jobs, &sealed),
                    Some((jobs, _)) => refuse(jobs, &Code::OutcomeUnknown.into()),
                    None => {}
                }
                self.told.send_replace(number);
            }
        }
    }

    fn sync(&mut self) -> bool {
        if self.broken.load(Ordering::Acquire) {
            return false;
        }
        let synced = self.log().and_then(|log| log.sync_data());
        if let Err(error) = &synced {
            tracing::error!(%error, "the disk failed; the outcome of what was just committed is unknown");
            self.broken.store(true, Ordering::Release);
        }
        synced.is_ok()
    }

    /// There is one from the first commit on, for as long as a connection is open: [`super::home`]'s is.
    fn log(&mut self) -> io::Result<&File> {
        match &mut self.log {
            Some(log) => Ok(log),
            none => Ok(none.insert(File::open(db::log_of(&self.file))?)),
        }
    }
}
