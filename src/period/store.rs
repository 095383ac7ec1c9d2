//! The table of closed periods. Decides nothing.

use super::model;
use crate::db::schema::period;
use crate::db::{Connection, OptionalParsed, Parsed};
use crate::kernel::{Month, Timestamp};
use crate::writer::{Entry, Stop};
use chrono::NaiveDate;
use diesel::dsl::max;
use diesel::prelude::*;

/// A closed month, with its trial balance as it was signed.
#[derive(Queryable, Selectable)]
#[diesel(table_name = period)]
pub struct PeriodRow {
    #[diesel(deserialize_as = Parsed<Month>)]
    pub month: Month,
    pub closed_at: Timestamp,
    pub closed_log_index: i64,
    pub trial_balance: String,
}

/// The last month of a programme that is closed.
///
/// # Errors
/// The database's.
pub fn closed(connection: &mut Connection, programme_no: i64) -> QueryResult<Option<Month>> {
    let OptionalParsed(last) = period::table
        .filter(period::programme_no.eq(programme_no))
        .select(max(period::month))
        .get_result(connection)?;
    Ok(last)
}

/// Makes sure that something may be dated on `day`, which is the caller's `field`.
///
/// # Errors
/// `period_closed`; the database's.
pub fn require_open(
    connection: &mut Connection,
    programme_no: i64,
    day: NaiveDate,
    field: &str,
) -> Result<(), Stop> {
    Ok(model::open_on(day, closed(connection, programme_no)?, field)?)
}

/// Closed months in their order.
///
/// # Errors
/// The database's.
pub fn list(connection: &mut Connection, programme_no: i64) -> QueryResult<Vec<PeriodRow>> {
    period::table
        .filter(period::programme_no.eq(programme_no))
        .order(period::month)
        .select(PeriodRow::as_select())
        .load(connection)
}

/// Writes that the transaction at `entry` closed a month.
///
/// # Errors
/// The database's; the month is closed already.
pub fn insert(
    connection: &mut Connection,
    entry: Entry,
    month: Month,
    closed_at: Timestamp,
    trial_balance: &str,
) -> QueryResult<()> {
    diesel::insert_into(period::table)
        .values((
            period::programme_no.eq(entry.programme_no),
            period::month.eq(month.to_string()),
            period::ends_at.eq(Timestamp::end_of_day(month.last_day())),
            period::closed_at.eq(closed_at),
            period::closed_log_index.eq(entry.log_index),
            period::trial_balance.eq(trial_balance),
        ))
        .execute(connection)
        .map(drop)
}
