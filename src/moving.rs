//! Moving house: everything from one store to another, verified; goes on where it was interrupted.
//!
//! The target has no installation until all of it is there and holds, so no service starts on a half.
//! Logs keep their names: it is the same service, of which only one may go on.

use crate::db::transfer::{self, INSTALLATION, TABLES, Table};
use crate::db::{self, Connection, OpenError, Place};
use crate::installation;
use crate::ledger::audit::{Progress, Report, Trusted, audit};
use crate::ledger::books::Failure;
use diesel::Connection as _;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use serde_json::{Value, json};

/// What remembers in the target how far it is: the key of the last row of each table, and what the source
/// was like.
const REMEMBER: &str =
    "CREATE TABLE IF NOT EXISTS __moving (what TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)";
const SOURCE: &str = "the source";

/// Why nothing, or not everything, was moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    #[error("there is no installation in {0}")]
    Nothing(Place),
    #[error("{0} holds an installation already: nothing was changed")]
    Taken(Place),
    #[error("{0} holds a half of another source: empty it")]
    Another(Place),
    #[error("{0} was written to meanwhile: stop every server, empty the target and run it again")]
    Changed(Place),
    #[error("what arrived is not what was sent: {0}")]
    Differs(String),
    #[error("the audit finds that what arrived does not hold")]
    NotClean(Box<Report>),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Database(#[from] Failure),
}

impl From<diesel::result::Error> for MoveError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Moves an installation. Gives the number of rows.
///
/// # Errors
/// [`MoveError`]; whatever has arrived stays, and the same call goes on from there.
pub fn move_store(
    from: &Place,
    to: &Place,
    trusted: &Trusted,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<u64, MoveError> {
    if matches!(from, Place::Sqlite(path) if !path.exists()) {
        return Err(MoveError::Nothing(from.clone()));
    }
    // Migrated, if need be, as a server would: both stores then have the same tables.
    drop(db::open_writer(from)?);
    let mut target = db::open_writer(to)?;
    if installation::is_made(&mut target)? {
        return Err(MoveError::Taken(to.clone()));
    }
    let mut source = reader(from)?;
    let rows = source.transaction(|source| {
        if !installation::is_made(source)? {
            return Err(MoveError::Nothing(from.clone()));
        }
        let sent = likeness(source)?;
        begin(&mut target, &sent, from, to)?;
        copy(source, &mut target, &sent, progress)?;
        let arrived = likeness(&mut target)?;
        if arrived != sent {
            return Err(MoveError::Differs(format!("{sent} became {arrived}")));
        }
        Ok(total(&sent))
    })?;
    let report = audit(&mut target, trusted, progress)?;
    if !report.is_clean() {
        return Err(MoveError::NotClean(Box::new(report)));
    }
    if remembered(&mut target, SOURCE)?.as_ref() != Some(&likeness(&mut source)?) {
        return Err(MoveError::Changed(from.clone()));
    }
    target.transaction(|target| {
        if let Some(page) = transfer::read_page(&mut source, INSTALLATION, None)? {
            transfer::write_page(target, INSTALLATION, &page)?;
        }
        transfer::go_on_numbering(target)?;
        target.batch_execute("DROP TABLE __moving")
    })?;
    Ok(rows)
}

/// Whole tables are counted: that may take longer than a page's query may.
fn reader(place: &Place) -> Result<Connection, MoveError> {
    let mut connection = db::open_reader(place)?;
    if matches!(place, Place::Postgres(_)) {
        connection.batch_execute("SET statement_timeout = 0")?;
    }
    Ok(connection)
}

/// What two stores with the same content have in common, and what a write changes: the heads of the logs,
/// how many rows each table has, and what all balances come to.
fn likeness(connection: &mut Connection) -> Result<Value, MoveError> {
    #[derive(QueryableByName)]
    struct Sum {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        sum: i64,
    }
    let mut counts = serde_json::Map::new();
    for table in TABLES {
        counts.insert(table.name.to_owned(), transfer::count(connection, table)?.into());
    }
    use db::schema::log_head;
    let heads: Vec<(i64, String, Vec<u8>)> =
        log_head::table.order(log_head::programme_no).load(connection)?;
    let Sum { sum } =
        sql_query("SELECT CAST(COALESCE(SUM(balance_kopecks), 0) AS BIGINT) AS sum FROM account_balance")
            .get_result(connection)?;
    Ok(json!({ "rows": counts, "heads": heads, "balances": sum }))
}

fn total(likeness: &Value) -> u64 {
    likeness["rows"].as_object().into_iter().flat_map(serde_json::Map::values).filter_map(Value::as_u64).sum()
}

/// Remembers the source, or sees that it is the one that was begun with.
fn begin(target: &mut Connection, sent: &Value, from: &Place, to: &Place) -> Result<(), MoveError> {
    target.batch_execute(REMEMBER)?;
    match remembered(target, SOURCE)? {
        None => {
            let rest = TABLES.iter().find_map(|table| match transfer::count(target, *table) {
                Ok(0) => None,
                Ok(_) => Some(Ok(())),
                Err(error) => Some(Err(error)),
            });
            match rest.transpose()? {
                Some(()) => Err(MoveError::Another(to.clone())),
                None => Ok(remember(target, SOURCE, sent)?),
            }
        }
        Some(begun) if begun == *sent => Ok(()),
        Some(begun) if is_older(&begun, sent) => Err(MoveError::Changed(from.clone())),
        Some(_) => Err(MoveError::Another(to.clone())),
    }
}

/// Whether the logs have the same names: then it is the same service, at another time.
fn is_older(begun: &Value, sent: &Value) -> bool {
    let first = |likeness: &Value| likeness["heads"][0][1].clone();
    first(begun) == first(sent)
}

/// Each page arrives together with the key it ends with.
fn copy(
    source: &mut Connection,
    target: &mut Connection,
    sent: &Value,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(), MoveError> {
    let (mut done, total) = (0, total(sent));
    for table in TABLES {
        let Table { name, .. } = table;
        let mut last = remembered(target, name)?;
        done += transfer::count(target, table)?.unsigned_abs();
        progress(Progress { of: name, done, total });
        while let Some(page) = transfer::read_page(source, table, last.as_ref())? {
            target.transaction(|target| {
                transfer::write_page(target, table, &page)?;
                remember(target, name, &page.last)
            })?;
            done += page.count;
            progress(Progress { of: name, done, total });
            last = Some(page.last);
        }
    }
    Ok(())
}

fn remembered(target: &mut Connection, what: &str) -> QueryResult<Option<Value>> {
    #[derive(QueryableByName)]
    struct Remembered {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let found: Option<Remembered> = sql_query("SELECT value FROM __moving WHERE what = $1")
        .bind::<Text, _>(what)
        .get_result(target)
        .optional()?;
    let parsed = found.map(|found| serde_json::from_str(&found.value));
    parsed.transpose().map_err(|error| diesel::result::Error::DeserializationError(error.into()))
}

fn remember(target: &mut Connection, what: &str, value: &Value) -> QueryResult<()> {
    sql_query(
        "INSERT INTO __moving (what, value) VALUES ($1, $2) ON CONFLICT (what) DO UPDATE SET value = excluded.value",
    )
    .bind::<Text, _>(what)
    .bind::<Text, _>(value.to_string())
    .execute(target)
    .map(drop)
}
