//! A fresh installation in a directory of its own, with a clock that tests set.

#![allow(dead_code, reason = "no test binary needs all of it")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;
use training_vouchers::app::{App, Settings, StartError};
use training_vouchers::credential::{KeyRecord, Purpose};
use training_vouchers::db::Place;
use training_vouchers::installation::{NewInstallation, init};
use training_vouchers::kernel::Timestamp;
use training_vouchers::kernel::time::Clock;
use training_vouchers::ledger::audit::{Trusted, audit};

#[path = "store.rs"]
pub mod store;

pub struct Installation {
    directory: TempDir,
    database: Place,
    hands: Arc<AtomicI64>,
}

impl Installation {
    /// Its clock stands at `start`. Gone with the value.
    pub fn new(start: Timestamp) -> Self {
        Self::on(start, store::empty)
    }

    /// The same on a database of the test's choice, which gets the installation's directory.
    pub fn on(start: Timestamp, database: impl FnOnce(&Path) -> Place) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = database(directory.path());
        let made = Self { directory, database, hands: Arc::new(AtomicI64::new(start.millis())) };
        let (database, keys, clock) = (&made.database, made.keys(), made.clock());
        let issuer = "tv.example";
        init(&NewInstallation { database, keys: &keys, issuer, passphrase: None, clock: &clock }).unwrap();
        made
    }

    /// Opens it as a server that starts does; it may be opened again.
    pub fn open(&self) -> Result<App, StartError> {
        App::open(self.settings())
    }

    pub fn settings(&self) -> Settings {
        let (database, keys, clock) = (self.database.clone(), self.keys(), self.clock());
        Settings { database, read_from: None, keys, passphrase: None, readers: 2, clock }
    }

    pub fn database(&self) -> &Place {
        &self.database
    }

    pub fn keys(&self) -> PathBuf {
        self.directory.path().join("keys")
    }

    fn clock(&self) -> Clock {
        let hands = Arc::clone(&self.hands);
        Clock::new(move || Timestamp::from_millis(hands.load(Ordering::SeqCst)))
    }

    pub fn advance(&self, seconds: i64) {
        self.hands.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

/// Every invariant of the ledger and the whole of every log hold.
#[track_caller]
pub fn assert_audit_is_clean(app: &App) {
    let keyring = app.keyring();
    let is_log = |key: &&&KeyRecord| key.purpose == Purpose::Log;
    let log_keys = keyring.records().iter().filter(is_log).map(|key| key.public).collect();
    let trusted = Trusted { log_keys, checkpoints: Vec::new() };
    let report = app.read_blocking(|connection| Ok(audit(connection, &trusted, &mut |_| ())?)).unwrap();
    let broken: Vec<_> = report.broken().map(|check| format!("{check:?}")).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}
