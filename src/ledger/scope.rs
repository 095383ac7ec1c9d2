//! Which logs a batch is about, and their lock: with several processes on one database of PostgreSQL, a log's
//! head is the lock of everything that hangs on its programme.

use super::books::Failure;
use crate::db::Connection;
use crate::db::schema::{log_head, programme};
use crate::kernel::ProgrammeId;
use diesel::prelude::*;
use std::collections::HashSet;

/// The logs that a command reads or grows. Several processes may write to one database of PostgreSQL: a log's
/// head is the lock of everything that hangs on its programme, and it is taken before any fact is read.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Scope {
    /// Every log there is. Always right; everybody else waits.
    All,
    Programme(ProgrammeId),
    ProgrammeCode(String),
    ProgrammeNo(i64),
    /// None: what it writes hangs on no log.
    Nothing,
}

/// A log's number, name and tree.
type Head = (i64, String, Vec<u8>);

/// Locks the heads of these logs to the end of the transaction, in the order of their numbers, so that two
/// processes cannot each wait for the other, and gives them as they are. SQLite has one writer at a time as it is.
///
/// # Errors
/// The database's.
pub fn lock(connection: &mut Connection, scopes: &HashSet<Scope>) -> Result<Vec<Head>, Failure> {
    let Connection::Postgres(connection) = connection else { return Ok(Vec::new()) };
    let heads = log_head::table
        .select((log_head::programme_no, log_head::origin, log_head::frontier))
        .order(log_head::programme_no)
        .for_update();
    if scopes.contains(&Scope::All) {
        return Ok(heads.load(connection)?);
    }
    let (mut ids, mut codes, mut numbers) = (HashSet::new(), HashSet::new(), HashSet::new());
    for scope in scopes {
        match scope {
            Scope::All | Scope::Nothing => {}
            Scope::Programme(id) => drop(ids.insert(id)),
            Scope::ProgrammeCode(code) => drop(codes.insert(code)),
            Scope::ProgrammeNo(number) => drop(numbers.insert(number)),
        }
    }
    if ids.is_empty() && codes.is_empty() && numbers.is_empty() {
        return Ok(Vec::new());
    }
    let named = programme::table
        .filter(programme::programme_id.eq_any(ids))
        .or_filter(programme::code.eq_any(codes))
        .or_filter(programme::programme_no.eq_any(numbers))
        .select(programme::programme_no);
    Ok(heads.filter(log_head::programme_no.eq_any(named)).load(connection)?)
}
