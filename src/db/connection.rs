//! Connections of either store: one that writes, a pool of those that read; migrations under a lock.
//!
//! What differs between the stores in opening, beginning and migrating is here.

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ManageConnection, Pool};
use diesel::{
    Connection as _, MultiConnection, PgConnection, QueryResult, RunQueryDsl, SqliteConnection, sql_query,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// A connection to either store. Nothing outside of `db` looks which.
#[derive(MultiConnection)]
pub enum AnyConnection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// What SQL is written for.
pub type AnyBackend = MultiBackend;
pub type Readers = Pool<Reading>;

pub(super) const FOR_SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const FOR_POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The first SQLite without the WAL-reset corruption that 3.7.0 to 3.51.2 have.
const OLDEST_SAFE_SQLITE: i32 = 3_051_003;

/// Any number will do, as long as nobody else takes an advisory lock of it.
const MIGRATION_LOCK: i64 = 0x7476_6d69_6772;

/// The file of SQLite in a data directory.
const FILE: &str = "vouchers.sqlite";

/// Where the database is.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub enum Place {
    Sqlite(PathBuf),
    /// A `postgres://` URL, with its password if it has one.
    Postgres(String),
}

impl Place {
    /// The file that a data directory holds.
    pub fn in_directory(data: &Path) -> Self {
        Self::Sqlite(data.join(FILE))
    }
}

impl TryFrom<String> for Place {
    type Error = NoSuchStore;

    fn try_from(url: String) -> Result<Self, NoSuchStore> {
        url.parse()
    }
}

/// Without the password: this goes to logs and to people.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
                let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
                write!(f, "{scheme}://{}", host.split('?').next().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A URL is neither `sqlite://` nor `postgres://`.
#[derive(Debug, thiserror::Error)]
#[error("a database URL begins with sqlite:// or postgres://")]
pub struct NoSuchStore;

impl FromStr for Place {
    type Err = NoSuchStore;

    fn from_str(url: &str) -> Result<Self, NoSuchStore> {
        match url.split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(url.to_owned())),
            _ => Err(NoSuchStore),
        }
    }
}

/// Why the database could not be opened, in words for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot open the database {place}: {reason}")]
    Connect { place: Place, reason: String },
    #[error("the database {place} cannot be prepared: {reason}")]
    Prepare { place: Place, reason: String },
    #[error("SQLite {found} is linked, but versions before 3.51.3 can corrupt a WAL database: rebuild")]
    UnsafeSqlite { found: i32 },
}

/// Waiting for a lock comes first, so that nothing after it fails at once; FULL because NORMAL
/// may lose acknowledged commits at a power cut.
pub const WRITER_SETTINGS: &str = "
    PRAGMA busy_timeout = 10000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA wal_autocheckpoint = 16000;
    PRAGMA journal_size_limit = 134217728;
    PRAGMA cache_size = -65536;
    PRAGMA temp_store = MEMORY;";

const SQLITE_AHEAD_SETTINGS: &str = "
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 64000;";

const READER_SETTINGS: &str = "
    PRAGMA busy_timeout = 10000;
    PRAGMA query_only = ON;
    PRAGMA cache_size = -4096;";

/// A writer that waits for a lock longer than this gives up and tries again. A commit itself does not wait for
/// the disk: [`AnyConnection::commit`] does, when the locks are gone. Everything the writer asks for is by key: one
/// plan serves a batch of any size, and should look rows up even while a table is so small that it need not
/// ([`AnyConnection::renew_plans`]).
const POSTGRES_WRITER_SETTINGS: &str = "
    SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '60s';
    SET synchronous_commit = off;
    SET plan_cache_mode = force_generic_plan;
    SET enable_seqscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET random_page_cost = 1.1;
    SET client_min_messages = warning;";

/// A transaction that changes nothing, and yet waits for the disk: PostgreSQL waits only for one that has written to
/// the write-ahead log before its commit record, which having a number alone is not. Any role may write such a message.
const CONFIRMATION: &str =
    "BEGIN; SET LOCAL synchronous_commit = on; SELECT pg_logical_emit_message(true, 'vouchers', ''); COMMIT";

/// What is read in one transaction is of one instant.
const POSTGRES_READER_SETTINGS: &str = "
    SET default_transaction_read_only = on;
    SET default_transaction_isolation = 'repeatable read';
    SET statement_timeout = '60s';
    SET client_min_messages = warning;";

/// How long PostgreSQL is waited for, where its URL does not say (libpq's names): five seconds for a connection;
/// a peer that acknowledges nothing, or no probe, is given up within twenty. A host that is gone must not hold the
/// writer for the minutes that the system would give it.
const POSTGRES_WAITS: [(&str, &str); 5] = [
    ("connect_timeout", "5"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "2"),
    ("tcp_user_timeout", "10000"),
];

/// The URL with [`POSTGRES_WAITS`].
fn with_waits(url: &str) -> String {
    let given = url.split_once('?').map_or("", |(_, parameters)| parameters);
    let is_given = |name: &str| given.split('&').any(|parameter| parameter.split('=').next() == Some(name));
    let mut complete = url.to_owned();
    for (name, value) in POSTGRES_WAITS.iter().filter(|(name, _)| !is_given(name)) {
        complete.push(if complete.contains('?') { '&' } else { '?' });
        complete += &format!("{name}={value}");
    }
    complete
}

impl AnyConnection {
    fn open(place: &Place) -> Result<Self, OpenError> {
        let opened = match place {
            Place::Sqlite(path) => SqliteConnection::establish(&path.to_string_lossy()).map(Self::Sqlite),
            Place::Postgres(url) => PgConnection::establish(&with_waits(url)).map(Self::Postgres),
        };
        opened.map_err(|error| OpenError::Connect { place: place.clone(), reason: error.to_string() })
    }

    /// Begins a transaction that will write. SQLite takes its one write lock at once: a read upgraded to a
    /// write would be told "locked" without waiting. PostgreSQL's locks come with the facts.
    ///
    /// # Errors
    /// The database's.
    pub fn begin(&mut self) -> QueryResult<()> {
        self.batch_execute(match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => "BEGIN",
        })
    }

    /// Commits, and returns when that is on disk (and with synchronous replicas on theirs). On PostgreSQL the
    /// locks of a log's head are let go before the disk is waited for, so that other servers need not wait for it
    /// too: the commit is followed by a transaction without changes that does wait, on the same connection and so on the same
    /// server; the write-ahead log being one, what was committed before it is then as safe.
    ///
    /// # Errors
    /// The database's; then nobody knows whether it was made.
    pub fn commit(&mut self) -> QueryResult<()> {
        self.batch_execute("COMMIT")?;
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(connection) => connection.batch_execute(CONFIRMATION),
        }
    }

    /// From here on a commit of SQLite does not wait for the disk: it may be lost at a power cut, whole and with all
    /// after it, until its log ([`log_of`]) is on disk. It copies the log home ([`copy_log_home`]) only when nobody else does.
    ///
    /// # Errors
    /// The database's.
    pub fn commit_ahead(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(connection) => connection.batch_execute(SQLITE_AHEAD_SETTINGS),
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Lets statements be planned anew. PostgreSQL keeps a plan until it makes new statistics: one made while a table was
    /// empty would read all of it, minutes later, for every row sought. SQLite's do not depend on sizes.
    ///
    /// # Errors
    /// The database's.
    pub fn renew_plans(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(connection) => connection.batch_execute("DISCARD PLANS"),
        }
    }

    /// # Errors
    /// The database's; there may be nothing left to roll back.
    pub fn roll_back(&mut self) -> QueryResult<()> {
        self.batch_execute("ROLLBACK")
    }
}

/// The write-ahead log of this file of SQLite. What has been committed is safe when that is on disk; when the system fails
/// to bring it there, some of it may be missing, and to ask again tells nothing: [`copy_log_home`].
pub fn log_of(file: &Path) -> PathBuf {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// How much of SQLite's write-ahead log is copied into the database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LogHome {
    /// What no reader stands in the way of; nobody is waited for.
    AsFarAsFree,
    /// All of it.
    Whole,
}

/// Copies SQLite's write-ahead log into the database itself, waits until that is on disk, and gives the log's
/// length in pages.
///
/// # Errors
/// The database's; when the whole is wanted, a reader that holds an old state for longer than the busy timeout, or
/// somebody else who is copying (SQLite does not wait for that one).
pub fn copy_log_home(connection: &mut AnyConnection, how: LogHome) -> QueryResult<i32> {
    #[derive(diesel::QueryableByName)]
    struct Copied {
        #[diesel(sql_type = diesel::sql_types::Integer)]
        busy: i32,
        #[diesel(sql_type = diesel::sql_types::Integer)]
        log: i32,
    }
    let pragma = match how {
        LogHome::AsFarAsFree => "PRAGMA wal_checkpoint(PASSIVE)",
        LogHome::Whole => "PRAGMA wal_checkpoint(FULL)",
    };
    let Copied { busy, log } = sql_query(pragma).get_result(connection)?;
    if how == LogHome::Whole && busy != 0 {
        return Err(diesel::result::Error::QueryBuilderError("somebody reads or copies the log".into()));
    }
    Ok(log)
}

/// Opens (creating and migrating it if need be) the one connection that writes.
///
/// # Errors
/// When the database cannot be opened or migrated, or the linked SQLite is unsafe.
pub fn open_writer(place: &Place) -> Result<AnyConnection, OpenError> {
    let mut connection = reopen_writer(place)?;
    migrate(&mut connection).map_err(|reason| OpenError::Prepare { place: place.clone(), reason })?;
    Ok(connection)
}

/// [`open_writer`] for a database that was opened before.
///
/// # Errors
/// When it cannot be opened.
pub fn reopen_writer(place: &Place) -> Result<AnyConnection, OpenError> {
    // SAFETY: sqlite3_libversion_number only returns a constant of the linked library.
    let found = unsafe { libsqlite3_sys::sqlite3_libversion_number() };
    if found < OLDEST_SAFE_SQLITE {
        return Err(OpenError::UnsafeSqlite { found });
    }
    open_with(place, WRITER_SETTINGS, POSTGRES_WRITER_SETTINGS)
}

/// [`reopen_writer`] whose commits do not wait for the disk, on SQLite ([`AnyConnection::commit_ahead`]).
///
/// # Errors
/// When it cannot be opened.
pub fn reopen_ahead(place: &Place) -> Result<AnyConnection, OpenError> {
    let mut connection = reopen_writer(place)?;
    let prepared = connection.commit_ahead();
    prepared.map_err(|e| OpenError::Prepare { place: place.clone(), reason: e.to_string() })?;
    Ok(connection)
}

/// Opens a connection with the settings of its store.
fn open_with(place: &Place, of_sqlite: &str, of_postgres: &str) -> Result<AnyConnection, OpenError> {
    let mut connection = AnyConnection::open(place)?;
    let prepared = connection.batch_execute(match place {
        Place::Sqlite(_) => of_sqlite,
        Place::Postgres(_) => of_postgres,
    });
    prepared.map_err(|e| OpenError::Prepare { place: place.clone(), reason: e.to_string() })?;
    Ok(connection)
}

/// Several processes may start at once: the whole check runs under a lock.
fn migrate(connection: &mut AnyConnection) -> Result<(), String> {
    match connection {
        AnyConnection::Sqlite(connection) => {
            if !connection.has_pending_migration(FOR_SQLITE).map_err(|e| e.to_string())? {
                return Ok(());
            }
            connection
                .immediate_transaction(|connection| run(connection, FOR_SQLITE))
                .map_err(|e| e.to_string())
        }
        AnyConnection::Postgres(connection) => {
            // Held to the end of the transaction, which a process that dies ends too.
            let lock = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})");
            let migrated = connection.transaction(|connection| {
                connection.batch_execute(&lock)?;
                run(connection, FOR_POSTGRES)
            });
            migrated.map_err(|e: diesel::result::Error| e.to_string())
        }
    }
}

fn run<DB: diesel::backend::Backend>(
    connection: &mut impl MigrationHarness<DB>,
    migrations: EmbeddedMigrations,
) -> QueryResult<()> {
    let done = connection.run_pending_migrations(migrations).map(drop);
    done.map_err(diesel::result::Error::QueryBuilderError)
}

/// Opens one connection that reads.
///
/// # Errors
/// When it cannot be opened.
pub fn open_reader(place: &Place) -> Result<AnyConnection, OpenError> {
    open_with(place, READER_SETTINGS, POSTGRES_READER_SETTINGS)
}

/// Opens and keeps the connections of [`Readers`].
pub struct Reading {
    place: Place,
}

impl ManageConnection for Reading {
    type Connection = AnyConnection;
    type Error = OpenError;

    fn connect(&self) -> Result<AnyConnection, OpenError> {
        open_reader(&self.place)
    }

    fn is_valid(&self, connection: &mut AnyConnection) -> Result<(), OpenError> {
        let pinged = ping(connection);
        pinged.map_err(|e| OpenError::Connect { place: self.place.clone(), reason: e.to_string() })
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        use diesel::r2d2::R2D2Connection;
        std::thread::panicking() || connection.is_broken()
    }
}

/// A pool of reading connections. Reads never wait for the writer.
///
/// # Errors
/// When the pool cannot be made; the database itself is asked only when it is needed.
pub fn open_readers(place: &Place, connections: u32) -> Result<Readers, OpenError> {
    Pool::builder()
        .max_size(connections)
        .min_idle(Some(0))
        .connection_timeout(Duration::from_secs(2))
        .build(Reading { place: place.clone() })
        .map_err(|e| OpenError::Prepare { place: place.clone(), reason: e.to_string() })
}

/// Whether the database answers at all.
///
/// # Errors
/// The database's.
pub fn ping(connection: &mut AnyConnection) -> QueryResult<()> {
    sql_query("SELECT 1").execute(connection).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_url_says_of_waiting_stands_and_the_rest_is_added() {
        let complete = with_waits("postgres://vouchers@host/vouchers");
        assert!(complete.starts_with("postgres://vouchers@host/vouchers?connect_timeout=5&"), "{complete}");
        assert!(complete.ends_with("&tcp_user_timeout=10000"), "{complete}");
        let complete = with_waits("postgres://host/vouchers?sslmode=require&connect_timeout=30");
        assert!(
            complete.starts_with("postgres://host/vouchers?sslmode=require&connect_timeout=30&keep"),
            "{complete}"
        );
        assert_eq!(complete.matches("connect_timeout").count(), 1, "{complete}");
    }
}
