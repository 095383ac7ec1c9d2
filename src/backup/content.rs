//! What is in a database, so that people can tell one backup from another and check it later.

use crate::db::Connection;
use crate::db::schema::{checkpoint, log_head};
use crate::ledger::books::Failure;
use crate::proof::Frontier;
use diesel::Connection as _;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::Serialize;

/// How many there are of what people know by name.
#[derive(Serialize, QueryableByName, Clone, PartialEq, Eq, Debug)]
pub struct Counts {
    #[diesel(sql_type = BigInt)]
    pub programmes: i64,
    #[diesel(sql_type = BigInt)]
    pub agencies: i64,
    #[diesel(sql_type = BigInt)]
    pub employees: i64,
    #[diesel(sql_type = BigInt)]
    pub vouchers: i64,
    #[diesel(sql_type = BigInt)]
    pub redemptions: i64,
    #[diesel(sql_type = BigInt)]
    pub payments: i64,
}

/// A log as it stands.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub struct Log {
    pub origin: String,
    pub leaves: u64,
    /// The newest signed checkpoint; a log without leaves has none.
    pub checkpoint: Option<String>,
}

#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub struct Content {
    pub counts: Counts,
    pub logs: Vec<Log>,
}

impl Content {
    /// Reads it in one snapshot.
    ///
    /// # Errors
    /// The database's; a tree head that is none.
    pub fn read(connection: &mut Connection) -> Result<Self, Failure> {
        connection.transaction(|connection| {
            let counts = diesel::sql_query(
                "SELECT (SELECT COUNT(*) FROM programme) AS programmes, (SELECT COUNT(*) FROM agency) AS agencies, \
                 (SELECT COUNT(*) FROM employee) AS employees, (SELECT COUNT(*) FROM voucher) AS vouchers, \
                 (SELECT COUNT(*) FROM redemption) AS redemptions, (SELECT COUNT(*) FROM payment) AS payments",
            )
            .get_result(connection)?;
            let heads: Vec<(i64, String, Vec<u8>)> =
                log_head::table.order(log_head::programme_no).load(connection)?;
            let mut logs = Vec::with_capacity(heads.len());
            for (programme_no, origin, frontier) in heads {
                let checkpoint = checkpoint::table
                    .filter(checkpoint::programme_no.eq(programme_no))
                    .order(checkpoint::tree_size.desc())
                    .select(checkpoint::note)
                    .first(connection)
                    .optional()?;
                logs.push(Log { origin, leaves: Frontier::from_bytes(&frontier)?.size(), checkpoint });
            }
            Ok(Self { counts, logs })
        })
    }
}
