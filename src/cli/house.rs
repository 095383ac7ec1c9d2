//! The installation that a command works on.

use super::Failure;
use crate::app::{App, Settings};
use crate::config::Config;
use crate::db::{self, Connection, Place};
use crate::http::Caller;
use crate::installation::InstallationError;
use crate::kernel::time::Clock;
use crate::kernel::{Actor, Code, Refusal, Timestamp};
use crate::writer::{Stop, told};
use std::time::{SystemTime, UNIX_EPOCH};
use zeroize::Zeroizing;

/// Where the installation is, and what opens its keys.
pub(super) struct House {
    pub(super) config: Config,
    pub(super) passphrase: Option<Zeroizing<String>>,
}

impl House {
    pub(super) fn passphrase(&self) -> Option<&str> {
        self.passphrase.as_deref().map(String::as_str)
    }

    /// Opens everything, for a command that writes. Close it, so that its last words are kept.
    pub(super) fn open(&self) -> Result<App, Failure> {
        self.open_with(1)
    }

    pub(super) fn open_with(&self, readers: u32) -> Result<App, Failure> {
        Ok(App::open(self.settings(readers))?)
    }

    pub(super) fn settings(&self, readers: u32) -> Settings {
        Settings {
            database: self.config.database.clone(),
            read_from: self.config.database_read.clone(),
            keys: self.config.keys.clone(),
            passphrase: self.passphrase().map(str::to_owned),
            readers,
            clock: system_clock(),
        }
    }

    /// Runs a command that writes, and closes the installation behind it.
    pub(super) fn with_app<T>(&self, work: impl FnOnce(&App) -> Result<T, Failure>) -> Result<T, Failure> {
        let app = self.open()?;
        let done = work(&app);
        app.close();
        done
    }

    /// Reads the database; private keys and their passphrase are not needed.
    pub(super) fn read<T>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, Stop>,
    ) -> Result<T, Failure> {
        let database = &self.config.database;
        if let Place::Sqlite(path) = database
            && !path.exists()
        {
            return Err(InstallationError::Missing(database.clone()).into());
        }
        let readers = db::open_readers(self.config.database_read.as_ref().unwrap_or(database), 1)?;
        let mut connection = readers.get().map_err(|error| {
            tracing::error!(%error, "the database cannot be opened for reading");
            Refusal::new(Code::Unavailable)
        })?;
        query(&mut connection).map_err(|stop| match stop {
            Stop::Refused(refusal) => refusal.into(),
            Stop::Failed(failure) => {
                tracing::error!(%failure, "a query failed");
                told(&failure).into()
            }
        })
    }
}

/// The person at this machine: the command line needs no token, the machine's own door is its guard.
pub(super) fn operator() -> Actor {
    let user = ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    Actor { token_no: 0, subject: format!("operator:{}", user.as_deref().unwrap_or("unknown")) }
}

/// The bearer of a token's secret.
///
/// # Errors
/// `unauthenticated` for one that is unknown, revoked or expired.
pub(super) fn bearer(app: &App, token: &str) -> Result<Caller, Refusal> {
    let secret = crate::access::Secret::parse(crate::access::SecretOf::Token, token.trim())
        .ok_or(Code::Unauthenticated)?;
    let found = wait(app.tokens.find(app, &secret.hash()))?;
    found.ok_or_else(|| Code::Unauthenticated.into())
}

/// Runs what is async to its end.
pub(super) fn wait<T>(work: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(work)
}

/// The machine's clock: the one place outside of tests and the demo where time comes from.
#[expect(clippy::disallowed_methods, reason = "the edge that everything else gets its clock from")]
pub(crate) fn system_clock() -> Clock {
    Clock::new(|| {
        // A clock before 1970 is a broken machine: everything is then not yet valid.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}
