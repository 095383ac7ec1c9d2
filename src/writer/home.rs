//! Bringing SQLite's write-ahead log home into the database, beside the writer's thread: most of it here, while batches
//! go on; what has come meanwhile by the writer itself, which alone can begin the log anew.

use crate::db::{self, Connection, LogHome, Place};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Often enough that little is left for the writer, seldom enough that a page changed many times is copied once.
const EVERY: Duration = Duration::from_millis(250);

/// The log is begun anew when it has grown to so many pages of 4 KiB.
const LONG: i32 = 16_000;

/// The thread that copies.
pub(super) struct Home {
    signs: Arc<Signs>,
    stop: SyncSender<()>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Signs {
    /// Something was committed since the last look.
    grown: AtomicBool,
    /// The log is long, and nearly all of it copied.
    nearly_home: AtomicBool,
}

impl Home {
    /// Starts the thread for this database.
    ///
    /// # Errors
    /// The database's; the system's, when no thread can be had.
    pub(super) fn start(place: &Place) -> io::Result<Self> {
        let connection = db::reopen_ahead(place).map_err(io::Error::other)?;
        let signs = Arc::new(Signs::default());
        let (stop, stopped) = sync_channel(0);
        let of_thread = Arc::clone(&signs);
        let thread = std::thread::Builder::new()
            .name("home".into())
            .spawn(move || serve(connection, &of_thread, &stopped))?;
        Ok(Self { signs, stop, thread })
    }

    /// After a commit of the writer: copies the little that is left of a long log.
    pub(super) fn after_commit(&self, connection: &mut Connection) {
        self.signs.grown.store(true, Ordering::Release);
        if self.signs.nearly_home.swap(false, Ordering::AcqRel) {
            report(db::copy_log_home(connection, LogHome::AsFarAsFree));
        }
    }

    /// Ends the thread.
    pub(super) fn finish(self) {
        drop(self.stop);
        // A panic of the thread has been logged by the panic hook; the writer's connection copies what is left.
        let _ = self.thread.join();
    }
}

fn serve(mut connection: Connection, signs: &Signs, stopped: &Receiver<()>) {
    while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
        if signs.grown.swap(false, Ordering::AcqRel) {
            let frames = report(db::copy_log_home(&mut connection, LogHome::AsFarAsFree));
            signs.nearly_home.store(frames >= LONG, Ordering::Release);
        }
    }
}

/// A log that cannot be copied now only grows: the next time will do.
fn report(copied: diesel::QueryResult<i32>) -> i32 {
    copied.unwrap_or_else(|error| {
        tracing::warn!(%error, "the write-ahead log cannot be copied home");
        0
    })
}
