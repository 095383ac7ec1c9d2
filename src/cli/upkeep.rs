//! What a running server does by itself: it takes up keys that were rotated or declared compromised, by
//! whichever process, it releases the reserves of lapsed vouchers, and it shows witnesses the logs.

use super::House;
use super::serve::Served;
use crate::cosigning;
use crate::credential::key_files;
use crate::kernel::{Actor, Refusal};
use crate::keys;
use crate::programme::ProgrammeFacts;
use crate::programme::model::Status;
use crate::voucher::http::release_all;
use actix_web::rt;
use std::path::PathBuf;
use std::time::Duration;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

const KEYS_EVERY: Duration = Duration::from_secs(1);
const RELEASE_EVERY: Duration = Duration::from_secs(3600);

pub(super) struct Upkeep {
    tasks: Vec<JoinHandle<()>>,
}

impl Upkeep {
    /// Ends the tasks; what they had sent to the writer is still done.
    pub(super) async fn stop(self) {
        for task in self.tasks {
            task.abort();
            // Aborted is what it should be.
            let _ = task.await;
        }
    }
}

/// Starts the tasks on this thread.
pub(super) fn start(app: &Served, house: &House) -> Upkeep {
    let keys = KeysWatch {
        app: app.clone(),
        directory: house.config.keys.clone(),
        passphrase: house.passphrase.clone(),
    };
    let releasing = app.clone();
    let keys = rt::spawn(async move {
        let mut ticks = rt::time::interval(KEYS_EVERY);
        loop {
            ticks.tick().await;
            keys.look().await;
        }
    });
    let release = rt::spawn(async move {
        let mut ticks = rt::time::interval(RELEASE_EVERY);
        loop {
            ticks.tick().await;
            if let Err(refusal) = release_lapsed(&releasing).await {
                tracing::warn!(code = refusal.code.as_str(), "lapsed vouchers are not released now");
            }
        }
    });
    let mut tasks = vec![keys, release];
    tasks.extend(cosigning::start(app, &house.config.witnesses));
    Upkeep { tasks }
}

async fn release_lapsed(app: &Served) -> Result<(), Refusal> {
    let programmes = app.read(|connection| Ok(ProgrammeFacts::list(connection, None, -1, i64::MAX)?)).await?;
    for programme in programmes.into_iter().filter(|programme| programme.status == Status::Open) {
        let released = release_all(app, programme.programme_id, Actor::service()).await?;
        if released > 0 {
            tracing::info!(programme = %programme.code, released, "reserves of lapsed vouchers released");
        }
    }
    Ok(())
}

struct KeysWatch {
    app: Served,
    directory: PathBuf,
    passphrase: Option<Zeroizing<String>>,
}

impl KeysWatch {
    /// Compares the database's keys with ours; only when they differ are the files read again.
    async fn look(&self) {
        let keyring = self.app.keyring();
        let stored = self.app.read(|connection| Ok(keys::store::all(connection)?)).await;
        let Ok(stored) = stored else { return };
        let held = keyring.records();
        if stored.len() == held.len() && stored.iter().all(|record| held.contains(&record)) {
            return;
        }
        let (directory, passphrase) = (self.directory.clone(), self.passphrase.clone());
        let read =
            move || key_files::read_private_keys(&directory, passphrase.as_deref().map(String::as_str));
        match actix_web::web::block(read).await {
            Ok(Ok(signers)) => self.app.take_up_keys(signers).await,
            Ok(Err(error)) => tracing::error!(%error, "signing keys have changed and cannot be read"),
            Err(error) => tracing::error!(%error, "signing keys have changed and cannot be read"),
        }
    }
}
