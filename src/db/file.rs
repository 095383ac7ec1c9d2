//! What a file of SQLite can do that a database on a server does by its own tools: be copied while others
//! write to it, be checked byte by byte, be closed up before it is moved.

use super::connection::{FOR_SQLITE, OpenError, Place};
use diesel::connection::SimpleConnection;
use diesel::migration::{MigrationSource, MigrationVersion};
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel::{Connection as _, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use diesel_migrations::MigrationHarness;
use std::path::Path;

/// Why a file is not a database that this program can use.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    #[error("it is damaged: {0}")]
    Damaged(String),
    #[error("its tables are of a newer version ({0}) than this program knows")]
    Newer(String),
    #[error("its version cannot be told: {0}")]
    Version(String),
}

/// Copies the database as of one instant to another file, which must be empty or not there. Others may
/// write meanwhile: `VACUUM INTO` reads one snapshot in one statement. Pages copied one by one
/// (`sqlite3_backup_step`) would begin anew with each commit of another process.
///
/// # Errors
/// When it cannot be read, or the copy not be written.
pub fn copy_file(from: &Path, to: &Path) -> Result<(), FileError> {
    let mut connection = open(from)?;
    sql_query("VACUUM INTO ?").bind::<Text, _>(to.to_string_lossy()).execute(&mut connection)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

/// Reads every page and every index of the file; and whether this program knows its tables.
///
/// # Errors
/// [`FileError::Damaged`] with what SQLite found, [`FileError::Newer`].
pub fn check_file(path: &Path) -> Result<(), FileError> {
    let mut connection = open(path)?;
    // What is no database at all fails here already.
    let findings: Vec<Finding> = sql_query("PRAGMA integrity_check(3)")
        .load(&mut connection)
        .map_err(|error| FileError::Damaged(error.to_string()))?;
    let findings: Vec<_> = findings.into_iter().map(|finding| finding.integrity_check).collect();
    if findings != ["ok"] {
        return Err(FileError::Damaged(findings.join("; ")));
    }
    let told = |error: Box<dyn std::error::Error + Send + Sync>| FileError::Version(error.to_string());
    let known: Vec<MigrationVersion<'_>> = MigrationSource::<Sqlite>::migrations(&FOR_SQLITE)
        .map_err(told)?
        .iter()
        .map(|migration| migration.name().version().as_owned())
        .collect();
    let applied = connection.applied_migrations().map_err(told)?;
    match applied.into_iter().find(|version| !known.contains(version)) {
        Some(newer) => Err(FileError::Newer(newer.to_string())),
        None => Ok(()),
    }
}

/// Takes what is still in the write-ahead log into the file, which then stands alone.
///
/// # Errors
/// When somebody else has it open.
pub fn close_file(path: &Path) -> Result<(), FileError> {
    open(path)?.batch_execute("PRAGMA journal_mode = DELETE")?;
    Ok(())
}

fn open(path: &Path) -> Result<SqliteConnection, FileError> {
    let opened = SqliteConnection::establish(&path.to_string_lossy());
    let mut connection = opened.map_err(|error| OpenError::Connect {
        place: Place::Sqlite(path.to_owned()),
        reason: error.to_string(),
    })?;
    connection.batch_execute("PRAGMA busy_timeout = 10000")?;
    Ok(connection)
}
