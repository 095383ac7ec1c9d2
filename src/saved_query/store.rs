//! The table `saved_query`.

use crate::db::Connection;
use crate::db::schema::saved_query;
use crate::kernel::{Refusal, SavedQueryId, Timestamp};
use crate::writer::{Failure, Stop};
use diesel::prelude::*;

/// A saved query as stored.
#[derive(Queryable, Selectable, Insertable, Clone, Debug)]
#[diesel(table_name = saved_query)]
pub struct SavedQuery {
    pub query_id: SavedQueryId,
    pub token_no: i64,
    pub name: String,
    /// Path and query.
    pub address: String,
    pub saved_at: Timestamp,
}

/// # Errors
/// The store's.
pub fn insert(connection: &mut Connection, row: &SavedQuery) -> Result<(), Failure> {
    diesel::insert_into(saved_query::table).values(row).execute(connection)?;
    Ok(())
}

/// # Errors
/// The store's.
pub fn count(connection: &mut Connection, token_no: i64) -> QueryResult<i64> {
    saved_query::table.filter(saved_query::token_no.eq(token_no)).count().get_result(connection)
}

/// A login's queries, in the order they were saved.
///
/// # Errors
/// The store's.
pub fn list(connection: &mut Connection, token_no: i64) -> QueryResult<Vec<SavedQuery>> {
    saved_query::table
        .filter(saved_query::token_no.eq(token_no))
        .order((saved_query::saved_at, saved_query::query_id))
        .select(SavedQuery::as_select())
        .load(connection)
}

/// Whether the query is this login's.
///
/// # Errors
/// `not_found`; the store's.
pub fn find(connection: &mut Connection, query_id: SavedQueryId, token_no: i64) -> Result<(), Stop> {
    let found = saved_query::table.find(query_id).filter(saved_query::token_no.eq(token_no)).count();
    match found.get_result::<i64>(connection)? {
        0 => Err(Refusal::not_found("saved query").into()),
        _ => Ok(()),
    }
}

/// # Errors
/// The store's.
pub fn rename(connection: &mut Connection, query_id: SavedQueryId, name: &str) -> Result<(), Failure> {
    diesel::update(saved_query::table.find(query_id)).set(saved_query::name.eq(name)).execute(connection)?;
    Ok(())
}

/// # Errors
/// The store's.
pub fn delete(connection: &mut Connection, query_id: SavedQueryId) -> Result<(), Failure> {
    diesel::delete(saved_query::table.find(query_id)).execute(connection)?;
    Ok(())
}
