//! The books as of a size of a programme's log: what its first so many leaves alone say, for ever the same.
//!
//! Postings are only added, so an older balance is today's without what was posted since, or the sum of what was posted
//! until then: whichever is the shorter part of the log is read, by primary key and in one statement, so that nothing booked
//! meanwhile comes between.

use super::model::Account;
use crate::db::Connection;
use crate::db::schema::{journal_transaction, log_head};
use crate::kernel::{Kopecks, Refusal, Timestamp};
use crate::proof::Frontier;
use crate::writer::{Failure, Stop};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, SmallInt};
use std::collections::BTreeMap;

/// The first `size` leaves of a programme's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AsOf {
    pub size: i64,
    /// How many leaves there are.
    log: i64,
}

impl AsOf {
    /// The first `wanted` leaves; all there are when not given.
    ///
    /// # Errors
    /// `invalid_field` for more than there are; the database's.
    pub fn find(connection: &mut Connection, programme_no: i64, wanted: Option<i64>) -> Result<Self, Stop> {
        let log = log_size(connection, programme_no)?;
        let size = wanted.unwrap_or(log);
        if !(0..=log).contains(&size) {
            let expected = format!("0 to {log}, which is how many leaves the log has");
            return Err(Refusal::field("as_of", expected).with("size", log).into());
        }
        Ok(Self { size, log })
    }

    /// Whether these leaves are fewer than those behind them.
    pub fn is_shorter_part(self) -> bool {
        self.size < self.log - self.size
    }
}

fn log_size(connection: &mut Connection, programme_no: i64) -> Result<i64, Failure> {
    let frontier: Vec<u8> =
        log_head::table.find(programme_no).select(log_head::frontier).get_result(connection)?;
    Ok(Frontier::from_bytes(&frontier)?.size().cast_signed())
}

/// When the last of these leaves was recorded; none when there is none.
///
/// # Errors
/// The database's.
pub fn recorded_at(
    connection: &mut Connection,
    programme_no: i64,
    as_of: AsOf,
) -> QueryResult<Option<Timestamp>> {
    journal_transaction::table
        .find((programme_no, as_of.size - 1))
        .select(journal_transaction::recorded_at)
        .get_result(connection)
        .optional()
}

/// Balances by the number of the budget line and the account, on each account's normal side.
pub type Balances = BTreeMap<(i64, Account), Kopecks>;

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = BigInt)]
    budget_line_no: i64,
    #[diesel(sql_type = SmallInt)]
    account: i16,
    #[diesel(sql_type = BigInt)]
    sum: Kopecks,
}

const OF_THE_FIRST: &str =
    "SELECT budget_line_no, account, CAST(SUM(amount_kopecks) AS BIGINT) AS sum FROM posting
    WHERE programme_no = $1 AND log_index < $2 GROUP BY budget_line_no, account";

const WITHOUT_THE_LAST: &str = "SELECT budget_line_no, account, CAST(SUM(amount) AS BIGINT) AS sum FROM (
        SELECT budget_line_no, account,
               CASE WHEN account = 0 THEN -balance_kopecks ELSE balance_kopecks END AS amount
        FROM account_balance WHERE programme_no = $1
        UNION ALL
        SELECT budget_line_no, account, -amount_kopecks AS amount FROM posting
        WHERE programme_no = $1 AND log_index >= $2
    ) moved GROUP BY budget_line_no, account";

/// The balances of every account that anything came to.
///
/// # Errors
/// The database's; an account that there is not.
pub fn balances(connection: &mut Connection, programme_no: i64, as_of: AsOf) -> Result<Balances, Failure> {
    let query = if as_of.is_shorter_part() { OF_THE_FIRST } else { WITHOUT_THE_LAST };
    let rows: Vec<SumRow> =
        sql_query(query).bind::<BigInt, _>(programme_no).bind::<BigInt, _>(as_of.size).load(connection)?;
    let balance = |row: SumRow| {
        let account = Account::from_number(row.account)
            .ok_or_else(|| Failure::Inconsistent(format!("there is no account {}", row.account)))?;
        Ok(((row.budget_line_no, account), account.effect(row.sum)))
    };
    rows.into_iter().map(balance).collect()
}
