//! What a running service is made of: the writer, the readers, the keys, the clock.
//!
//! The server, the command line, the demo and the tests all start here. The only place where ids are
//! made, since it has both a clock and a random source.

use crate::access::{Denials, Secret, SecretOf, TokenDirectory};
use crate::credential::key_files::{self, KeyFileError};
use crate::credential::{Keyring, Purpose, Signer};
use crate::db::{self, Connection, Place, Readers};
use crate::installation::{self, InstallationError};
use crate::kernel::time::Clock;
use crate::kernel::{Code, HolderSecret, Refusal};
use crate::keys;
use crate::ledger::books::Failure;
use crate::login::Attempts;
use crate::login::oidc::IdentityProvider;
use crate::status::StatusLists;
use crate::writer::{CheckpointKey, Stop, Writer, told};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use uuid::Uuid;
use zeroize::Zeroizing;

/// How long a client waits for what is read. A database that stands still does not even say that it fails.
const READ_PATIENCE: Duration = Duration::from_secs(15);

/// The same for auditors' questions, which look at more: a little longer than the database works on one.
const BOOKS_PATIENCE: Duration = Duration::from_secs(65);

/// Where a service finds its things.
#[derive(Clone)]
pub struct Settings {
    pub database: Place,
    /// A replica that answers auditors, if there is one (PostgreSQL).
    pub read_from: Option<Place>,
    /// The keys' directory: private keys, `jwks.json`, the holders' secret.
    pub keys: PathBuf,
    /// What the private keys are encrypted with, if they are.
    pub passphrase: Option<String>,
    /// Connections for reading.
    pub readers: u32,
    pub clock: Clock,
}

/// A running service, without its doors.
pub struct App {
    pub writer: Writer,
    pub clock: Clock,
    pub holder_secret: HolderSecret,
    pub tokens: TokenDirectory,
    pub denials: Denials,
    /// Attempts to sign in.
    pub attempts: Attempts,
    /// Who may vouch for people besides us, if anybody.
    pub identity_provider: Option<IdentityProvider>,
    pub status_lists: StatusLists,
    readers: Readers,
    /// Of the replica, if there is one.
    books: Readers,
    keys: PathBuf,
    keyring: RwLock<Keyring>,
    log_signer: Arc<RwLock<Option<Signer>>>,
}

/// Why a service does not start, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Database(#[from] db::OpenError),
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    #[error(transparent)]
    Installation(#[from] InstallationError),
    #[error("the keys cannot be read from the database: {0}")]
    StoredKeys(#[from] Failure),
    #[error("a thread cannot be started: {0}")]
    Thread(#[from] std::io::Error),
}

impl App {
    /// Opens an installation that was made by [`installation::init`].
    ///
    /// # Errors
    /// When it is not there, or its database or keys cannot be used.
    pub fn open(settings: Settings) -> Result<Self, StartError> {
        let Settings { database, read_from, keys, passphrase, readers, clock } = settings;
        let holder_secret = installation::open_secret(&database, &keys)?;
        let signers = key_files::read_private_keys(&keys, passphrase.as_deref())?;
        let mut connection = db::open_writer(&database)?;
        if !installation::is_made(&mut connection).map_err(Failure::from)? {
            return Err(InstallationError::Missing(database).into());
        }
        let keyring = keys::keyring(&mut connection, signers)?;
        let log_signer = keyring.signer(Purpose::Log, clock.now()).cloned();
        if log_signer.is_none() {
            tracing::warn!(
                "no active key for the log is at hand: nothing can be written until `vouchers key rotate --purpose log`"
            );
        }
        let log_signer = Arc::new(RwLock::new(log_signer));
        if keyring.signer(Purpose::Credential, clock.now()).is_none() {
            tracing::warn!(
                "no active key for credentials is at hand: nothing can be issued until `vouchers key rotate --purpose credential`"
            );
        }
        let of_the_log = Arc::clone(&log_signer);
        let writer =
            Writer::start(connection, database.clone(), clock.clone(), move || checkpoint_key(&of_the_log))?;
        let books = read_from.map(|replica| db::open_readers(&replica, readers)).transpose()?;
        let readers = db::open_readers(&database, readers)?;
        Ok(Self {
            books: books.unwrap_or_else(|| readers.clone()),
            readers,
            denials: Denials::start(writer.clone())?,
            tokens: TokenDirectory::default(),
            attempts: Attempts::default(),
            identity_provider: None,
            status_lists: StatusLists::default(),
            holder_secret,
            writer,
            clock,
            keys,
            keyring: RwLock::new(keyring),
            log_signer,
        })
    }

    /// The keys as of now. Immutable: a rotation replaces them.
    pub fn keyring(&self) -> Keyring {
        self.keyring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts other keys in place, for signing and verifying from now on.
    pub fn replace_keyring(&self, keyring: Keyring) {
        self.sign_log_with(keyring.signer(Purpose::Log, self.clock.now()).cloned());
        *self.keyring.write().unwrap_or_else(PoisonError::into_inner) = keyring;
    }

    /// Signs checkpoints with this key from now on. A new key of the log seals its own adding, so that a
    /// log whose key is lost can go on. Without a key, whatever would write is refused.
    pub fn sign_log_with(&self, signer: Option<Signer>) {
        *self.log_signer.write().unwrap_or_else(PoisonError::into_inner) = signer;
    }

    /// Whether checkpoints can be signed, and so anything written.
    pub fn has_log_key(&self) -> bool {
        self.log_signer.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Takes up the keys' states from the database, at once, where this process changed them: what a
    /// compromised key signed must not be believed for another second. A failure is logged and left to
    /// the watch that looks every second.
    pub async fn refresh_keys(&self) {
        self.take_up_keys(self.keyring().signers()).await;
    }

    /// Takes up the keys as the database knows them, with these private halves. A failure is logged.
    pub async fn take_up_keys(&self, signers: Vec<Signer>) {
        let directory = self.keys.clone();
        let taken_up = self.read(move |connection| {
            let keyring = keys::keyring(connection, signers)?;
            // The copy for whoever verifies offline. Serving goes on without it.
            if let Err(error) = key_files::write_jwks(&directory, &keyring) {
                tracing::warn!(%error, "jwks.json cannot be written");
            }
            Ok(keyring)
        });
        match taken_up.await {
            Ok(keyring) => {
                tracing::info!(keys = keyring.records().len(), "signing keys have changed");
                self.replace_keyring(keyring);
            }
            Err(refusal) => {
                tracing::error!(code = refusal.code.as_str(), "keys have changed and cannot be read");
            }
        }
    }

    /// A new id (UUID version 7, RFC 9562).
    pub fn new_id(&self) -> Uuid {
        new_id(&self.clock)
    }

    /// A new secret.
    pub fn new_secret(&self, of: SecretOf) -> Secret {
        Secret::new(of, &self.random())
    }

    /// 256 bits that nobody can guess.
    pub fn random(&self) -> Zeroizing<[u8; 32]> {
        let mut random = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *random).expect("without the system's random bytes no secret is safe to give");
        random
    }

    /// Runs a query on a reading connection, off the server's own threads.
    ///
    /// # Errors
    /// The query's refusal; `unavailable` when the database does not answer, `internal_error` for stored data that
    /// cannot be read.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.read_from(self.readers.clone(), READ_PATIENCE, query).await
    }

    /// [`App::read`] for auditors' questions, which a replica may answer: what was just written may be
    /// missing there for a moment.
    ///
    /// # Errors
    /// As [`App::read`].
    pub async fn read_books<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.read_from(self.books.clone(), BOOKS_PATIENCE, query).await
    }

    async fn read_from<T: Send + 'static>(
        &self,
        readers: Readers,
        patience: Duration,
        query: impl FnOnce(&mut Connection) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, Refusal> {
        let read = async {
            let outcome = actix_web::web::block(move || read(&readers, query)).await;
            self.writer.settled().await;
            outcome
        };
        // No answer in time; or the pool of threads is gone, since the process is ending.
        let outcome = tokio::time::timeout(patience, read).await.ok().and_then(Result::ok);
        outcome.unwrap_or_else(|| Err(Code::Unavailable.into()))
    }

    /// The connections of [`App::read_books`], for whoever reads page after page and keeps none meanwhile. What is
    /// read so may not be safe from a crash yet: ask first, by [`App::read_books`], how far it is.
    pub fn books(&self) -> Readers {
        self.books.clone()
    }

    /// [`App::read`] for code that is not async.
    ///
    /// # Errors
    /// As [`App::read`].
    pub fn read_blocking<T>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, Stop>,
    ) -> Result<T, Refusal> {
        read(&self.readers, query)
    }

    /// Ends in order: everything accepted is answered, then the writer's thread ends.
    pub fn close(self) {
        let Self { writer, denials, .. } = self;
        denials.finish();
        writer.finish();
    }
}

/// A new id (UUID version 7, RFC 9562) at this clock's time.
pub fn new_id(clock: &Clock) -> Uuid {
    let mut random = [0; 10];
    getrandom::fill(&mut random).expect("without the system's random bytes no id is safe to give");
    let millis = u64::try_from(clock.now().millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

fn read<T>(readers: &Readers, query: impl FnOnce(&mut Connection) -> Result<T, Stop>) -> Result<T, Refusal> {
    let mut connection = readers.get().map_err(|error| {
        tracing::error!(%error, "no reading connection");
        Refusal::new(Code::Unavailable)
    })?;
    query(&mut connection).map_err(|stop| match stop {
        Stop::Refused(refusal) => refusal,
        Stop::Failed(failure) => {
            tracing::error!(%failure, "a query failed");
            told(&failure)
        }
    })
}

/// What signs checkpoints: the log's present key, looked up for every batch.
fn checkpoint_key(signer: &RwLock<Option<Signer>>) -> Option<CheckpointKey> {
    let signer = signer.read().unwrap_or_else(PoisonError::into_inner).clone()?;
    Some(CheckpointKey {
        public_key: signer.public_key(),
        sign: Arc::new(move |message| signer.sign(message)),
    })
}
