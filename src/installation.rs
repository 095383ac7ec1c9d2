//! The installation: a data directory with its database, and a keys' directory with signing keys and
//! the holders' secret. Made once by [`init`]; opened by the server, the command line and the tests.

use crate::app::new_id;
use crate::credential::key_files::{self, KeyFileError};
use crate::credential::{KeyError, KeyRecord, Keyring, Purpose, Signer};
use crate::db::schema::{installation, payee, payee_personal};
use crate::db::{self, Connection, OpenError, Place};
use crate::kernel::time::Clock;
use crate::kernel::{Actor, HolderSecret, PayeeId, Refusal};
use crate::keys::rotate::RotateKey;
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, CheckpointKey, Command, Done, SERVICE, Stop, Writer};
use diesel::prelude::*;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

const HOLDER_SECRET: &str = "holder.secret";

/// Why an installation cannot be made or opened, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum InstallationError {
    #[error("{0} exists already: nothing was changed. Serve it, or name another place")]
    Exists(String),
    #[error("there is no installation in {0}: make one with `vouchers init`")]
    Missing(Place),
    #[error(
        "the issuer \"{0}\" must be 1 to 24 Latin letters, digits, dots and hyphens, such as vouchers.example.ru"
    )]
    Issuer(String),
    #[error("{}: {error}", .path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("{} does not hold 32 bytes in hexadecimal", .0.display())]
    Secret(PathBuf),
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error("the database cannot be read: {0}")]
    Query(#[from] diesel::result::Error),
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    #[error(transparent)]
    Keys(#[from] KeyError),
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
    #[error("a thread cannot be started: {0}")]
    Thread(io::Error),
    #[error("the first entries cannot be recorded: {}", .0.code.as_str())]
    Recording(Refusal),
}

type Result<T> = std::result::Result<T, InstallationError>;

/// What a new installation is made of.
pub struct NewInstallation<'a> {
    pub database: &'a Place,
    pub keys: &'a Path,
    /// The name in credentials and logs: short, like a host name.
    pub issuer: &'a str,
    /// Encrypts the private keys.
    pub passphrase: Option<&'a str>,
    pub clock: &'a Clock,
}

/// Makes an installation: directories, keys, the holders' secret, the database with the service's log,
/// and the tax office as the payee of payroll contributions.
///
/// # Errors
/// [`InstallationError::Exists`] when there is a database or a secret already; then nothing is changed.
pub fn init(new: &NewInstallation<'_>) -> Result<()> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b".-".contains(&b);
    if !(1..=24).contains(&new.issuer.len()) || !new.issuer.bytes().all(is_plain) {
        return Err(InstallationError::Issuer(new.issuer.to_owned()));
    }
    let secret = new.keys.join(HOLDER_SECRET);
    if secret.exists() {
        return Err(InstallationError::Exists(secret.display().to_string()));
    }
    if is_taken(new.database)? {
        return Err(InstallationError::Exists(new.database.to_string()));
    }
    if let Place::Sqlite(path) = new.database
        && let Some(directory) = path.parent()
    {
        fs::create_dir_all(directory).map_err(at(directory))?;
    }
    let now = new.clock.now();
    let generate = |purpose| key_files::generate(new.keys, purpose, now, new.passphrase);
    let (credential_record, credential_signer) = generate(Purpose::Credential)?;
    let (log_record, log_signer) = generate(Purpose::Log)?;
    write_secret(&secret)?;
    let records = vec![credential_record.clone(), log_record.clone()];
    let keyring = Keyring::new(new.issuer, records, vec![credential_signer, log_signer.clone()])?;
    key_files::write_jwks(new.keys, &keyring)?;
    record(new, [credential_record, log_record], &log_signer)
}

/// Whether there is something already: a file, or an installation in a database of PostgreSQL.
fn is_taken(place: &Place) -> Result<bool> {
    match place {
        Place::Sqlite(path) => Ok(path.exists()),
        Place::Postgres(_) => Ok(is_made(&mut db::open_writer(place)?)?),
    }
}

/// Whether the database holds an installation.
///
/// # Errors
/// The database's.
pub fn is_made(connection: &mut Connection) -> QueryResult<bool> {
    Ok(installation::table.count().get_result::<i64>(connection)? > 0)
}

/// The first entries of the service's log.
fn record(new: &NewInstallation<'_>, keys: [KeyRecord; 2], log_signer: &Signer) -> Result<()> {
    let connection = db::open_writer(new.database)?;
    let signer = log_signer.clone();
    let checkpoint_key = move || {
        let signer = signer.clone();
        let public_key = signer.public_key();
        Some(CheckpointKey { public_key, sign: Arc::new(move |message| signer.sign(message)) })
    };
    let writer = Writer::start(connection, new.database.clone(), new.clock.clone(), checkpoint_key)
        .map_err(InstallationError::Thread)?;
    let initialise = Initialise { issuer: new.issuer.to_owned() };
    let recorded = writer.execute_blocking(initialise).and_then(|_| {
        for new in keys {
            writer.execute_blocking(RotateKey { new, actor: Actor::service() })?;
        }
        writer.execute_blocking(RegisterTaxOffice { payee_id: PayeeId(new_id(new.clock)) })
    });
    writer.finish();
    recorded.map(drop).map_err(InstallationError::Recording)
}

/// The secret that holders are known by.
///
/// # Errors
/// [`InstallationError::Missing`] when there is no installation; a secret that cannot be read.
pub fn open_secret(database: &Place, keys: &Path) -> Result<HolderSecret> {
    if let Place::Sqlite(path) = database
        && !path.exists()
    {
        return Err(InstallationError::Missing(database.clone()));
    }
    read_secret(&keys.join(HOLDER_SECRET))
}

fn write_secret(path: &Path) -> Result<()> {
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *secret).map_err(InstallationError::Random)?;
    let text: Zeroizing<String> = Zeroizing::new(secret.iter().map(|byte| format!("{byte:02x}")).collect());
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(at(path))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(at(path))
}

fn read_secret(path: &Path) -> Result<HolderSecret> {
    let text = Zeroizing::new(fs::read_to_string(path).map_err(at(path))?);
    let digits = text.trim();
    let mut secret = [0; 32];
    let is_hex = digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_hex {
        return Err(InstallationError::Secret(path.to_owned()));
    }
    for (index, byte) in secret.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16)
            .map_err(|_| InstallationError::Secret(path.to_owned()))?;
    }
    Ok(HolderSecret::new(secret))
}

fn at(path: &Path) -> impl Fn(io::Error) -> InstallationError {
    move |error| match error.kind() {
        io::ErrorKind::AlreadyExists => InstallationError::Exists(path.display().to_string()),
        _ => InstallationError::File { path: path.to_owned(), error },
    }
}

/// Starts the service's own log, of which this is the first leaf.
struct Initialise {
    issuer: String,
}

impl Command for Initialise {
    type Reply = ();

    fn decide(&self, _batch: &mut Batch<'_>) -> std::result::Result<Change<()>, Stop> {
        let issuer = self.issuer.clone();
        Ok(Box::new(move |batch| {
            let now = batch.now();
            diesel::insert_into(installation::table)
                .values((
                    installation::installation_no.eq(1),
                    installation::issuer.eq(&issuer),
                    installation::created_at.eq(now),
                ))
                .execute(batch.connection()?)?;
            batch.create_log(SERVICE, &format!("{issuer}/service"))?;
            let entry = batch.record(SERVICE, &Event::new(Kind::Initialised, now, 0))?;
            Ok(Done::new((), entry))
        }))
    }
}

/// The payee of payroll contributions.
struct RegisterTaxOffice {
    payee_id: PayeeId,
}

const TAX_OFFICE: &str = "ФНС России";

impl Command for RegisterTaxOffice {
    type Reply = ();

    fn decide(&self, _batch: &mut Batch<'_>) -> std::result::Result<Change<()>, Stop> {
        let payee_id = self.payee_id;
        Ok(Box::new(move |batch| {
            let event = Event::new(Kind::PayeeRegistered, batch.now(), 0).about("payee", payee_id.bytes());
            let payee_no = batch.next_index(SERVICE)?;
            let entry = batch.record(SERVICE, &event)?;
            let connection = batch.connection()?;
            diesel::insert_into(payee::table)
                .values((
                    payee::payee_no.eq(payee_no),
                    payee::payee_id.eq(payee_id),
                    payee::kind.eq("tax_office"),
                ))
                .execute(connection)?;
            diesel::insert_into(payee_personal::table)
                .values((payee_personal::payee_no.eq(payee_no), payee_personal::name.eq(TAX_OFFICE)))
                .execute(connection)?;
            Ok(Done::new((), entry))
        }))
    }
}
