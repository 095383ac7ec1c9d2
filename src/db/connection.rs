//! Opening the database: one writing connection, a pool of reading ones, migrations under a lock.

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel::{Connection as _, ConnectionError, RunQueryDsl, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::path::Path;
use std::time::Duration;

pub type Connection = SqliteConnection;
pub type Readers = Pool<ConnectionManager<Connection>>;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// The first SQLite without the WAL-reset corruption that 3.7.0 to 3.51.2 have.
const OLDEST_SAFE_SQLITE: i32 = 3_051_003;

/// Why the database could not be opened, in words for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot open the database {path}: {source}")]
    Connect { path: String, source: ConnectionError },
    #[error("the database {path} cannot be prepared: {reason}")]
    Prepare { path: String, reason: String },
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

const READER_SETTINGS: &str = "
    PRAGMA busy_timeout = 10000;
    PRAGMA query_only = ON;
    PRAGMA cache_size = -4096;";

/// Opens (creating and migrating it if need be) the one connection that writes.
///
/// # Errors
/// When the file cannot be opened or migrated, or the linked SQLite is unsafe.
pub fn open_writer(path: &Path) -> Result<Connection, OpenError> {
    // SAFETY: sqlite3_libversion_number only returns a constant of the linked library.
    let found = unsafe { libsqlite3_sys::sqlite3_libversion_number() };
    if found < OLDEST_SAFE_SQLITE {
        return Err(OpenError::UnsafeSqlite { found });
    }
    let name = path.display().to_string();
    let mut connection =
        Connection::establish(&name).map_err(|source| OpenError::Connect { path: name.clone(), source })?;
    let prepare = |reason: String| OpenError::Prepare { path: name.clone(), reason };
    connection.batch_execute(WRITER_SETTINGS).map_err(|e| prepare(e.to_string()))?;
    migrate(&mut connection).map_err(prepare)?;
    Ok(connection)
}

/// Two processes may start at once: the whole check runs inside one write lock.
fn migrate(connection: &mut Connection) -> Result<(), String> {
    if !connection.has_pending_migration(MIGRATIONS).map_err(|e| e.to_string())? {
        return Ok(());
    }
    connection
        .immediate_transaction(|connection| {
            connection
                .run_pending_migrations(MIGRATIONS)
                .map(drop)
                .map_err(diesel::result::Error::QueryBuilderError)
        })
        .map_err(|e| e.to_string())
}

#[derive(Debug)]
struct ReadOnly;

impl CustomizeConnection<Connection, diesel::r2d2::Error> for ReadOnly {
    fn on_acquire(&self, connection: &mut Connection) -> Result<(), diesel::r2d2::Error> {
        connection.batch_execute(READER_SETTINGS).map_err(diesel::r2d2::Error::QueryError)
    }
}

/// A pool of reading connections. Reads never wait for the writer (WAL).
///
/// # Errors
/// When the database cannot be opened.
pub fn open_readers(path: &Path, connections: u32) -> Result<Readers, OpenError> {
    let name = path.display().to_string();
    Pool::builder()
        .max_size(connections)
        .min_idle(Some(0))
        .connection_timeout(Duration::from_secs(2))
        .connection_customizer(Box::new(ReadOnly))
        .build(ConnectionManager::new(&name))
        .map_err(|e| OpenError::Prepare { path: name, reason: e.to_string() })
}

/// Whether the database answers at all.
pub fn ping(connection: &mut Connection) -> diesel::QueryResult<()> {
    diesel::sql_query("SELECT 1").execute(connection).map(drop)
}
