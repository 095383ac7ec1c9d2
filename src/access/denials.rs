//! Those turned away, the newest ten thousand: what was asked for, with which token's number, never
//! the token. Kept outside of the log, and never in the way of a request: notes gather in a bounded
//! queue and are written at most once a second; when it is full they are dropped and counted.

use super::store::{self, NewDenial};
use crate::http::permissions::Route;
use crate::kernel::{Code, Timestamp};
use crate::writer::{Batch, Change, Command, Done, Scope, Stop, Writer};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const QUEUE: usize = 1_024;
const EVERY: Duration = Duration::from_secs(1);

/// Where denials are noted.
pub struct Denials {
    notes: SyncSender<NewDenial>,
    thread: JoinHandle<()>,
}

impl Denials {
    /// Starts the thread that hands notes to the writer.
    ///
    /// # Errors
    /// The system's, when no thread can be had.
    pub fn start(writer: Writer) -> std::io::Result<Self> {
        let (notes, waiting) = sync_channel(QUEUE);
        let builder = std::thread::Builder::new().name("denials".into());
        Ok(Self { notes, thread: builder.spawn(move || hand_on(&waiting, &writer))? })
    }

    /// Notes a denial.
    pub fn note(&self, denied_at: Timestamp, token_no: Option<i64>, route: &'static Route, code: Code) {
        let denial =
            NewDenial { denied_at, token_no, method: route.method, route: route.path, code: code.as_str() };
        if self.notes.try_send(denial).is_err() {
            metrics::counter!("vouchers_denials_dropped_total").increment(1);
        }
    }

    /// Writes what has been noted and ends the thread.
    pub fn finish(self) {
        drop(self.notes);
        // A panic of the thread has been logged by the panic hook; there is nothing left to save.
        let _ = self.thread.join();
    }
}

fn hand_on(waiting: &Receiver<NewDenial>, writer: &Writer) {
    while let Ok(first) = waiting.recv() {
        let until = Instant::now() + EVERY;
        let mut denials = vec![first];
        while let Ok(next) = waiting.recv_timeout(until.saturating_duration_since(Instant::now())) {
            denials.push(next);
        }
        if let Err(refusal) = writer.execute_blocking(RecordDenials { denials }) {
            tracing::error!(code = refusal.code.as_str(), "denials were not recorded");
        }
    }
}

/// Keeps denials.
struct RecordDenials {
    denials: Vec<NewDenial>,
}

impl Command for RecordDenials {
    type Reply = ();

    fn scope(&self) -> Scope {
        Scope::Nothing
    }

    fn decide(&self, _batch: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        let denials = self.denials.clone();
        Ok(Box::new(move |batch| {
            store::insert_denials(batch.connection()?, &denials)?;
            Ok(Done::unrecorded(()))
        }))
    }
}
