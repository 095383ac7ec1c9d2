//! Rows of proposals. Decides nothing.

use super::act::Act;
use super::model::Status;
use crate::db::schema::{programme, proposal};
use crate::db::{Connection, Parsed, parsed_columns};
use crate::kernel::{ProgrammeId, ProposalId, Timestamp};
use diesel::prelude::*;
use std::str::FromStr;

parsed_columns!(Status, Act);

impl FromStr for Act {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

/// A proposal with its programme (none: an act of the service itself).
#[derive(Clone, PartialEq, Debug, Queryable, Selectable)]
#[diesel(table_name = proposal)]
pub struct ProposalRow {
    pub programme_no: i64,
    #[diesel(select_expression = programme::programme_id.nullable())]
    pub programme_id: Option<ProgrammeId>,
    pub proposal_no: i64,
    pub proposal_id: ProposalId,
    #[diesel(deserialize_as = Parsed<Act>)]
    pub act: Act,
    #[diesel(deserialize_as = Parsed<Status>)]
    pub status: Status,
    pub proposed_by: String,
    pub proposed_at: Timestamp,
    pub decided_by: Option<String>,
    pub decided_at: Option<Timestamp>,
}

impl ProposalRow {
    /// Its place in the list of all: later proposals of a programme behind earlier ones. A log of
    /// 2^40 leaves is out of reach.
    pub fn place(&self) -> i64 {
        self.programme_no << PLACE_BITS | self.proposal_no
    }
}

const PLACE_BITS: u32 = 40;

macro_rules! proposals {
    () => {
        proposal::table
            .left_join(programme::table.on(programme::programme_no.eq(proposal::programme_no)))
            .select(ProposalRow::as_select())
    };
}

/// The proposal of this id, about this university's programmes if one is named.
///
/// # Errors
/// The database's.
pub fn find(
    connection: &mut Connection,
    id: ProposalId,
    university_no: Option<i64>,
) -> QueryResult<Option<ProposalRow>> {
    let found =
        proposals!().filter(proposal::proposal_id.eq(id)).get_result::<ProposalRow>(connection).optional()?;
    let Some(university_no) = university_no else { return Ok(found) };
    let own = programmes_of(connection, university_no)?;
    Ok(found.filter(|row| own.contains(&row.programme_no)))
}

/// The programmes that a university teaches: a handful.
fn programmes_of(connection: &mut Connection, university_no: i64) -> QueryResult<Vec<i64>> {
    programme::table
        .filter(programme::university_no.eq(university_no))
        .select(programme::programme_no)
        .load(connection)
}

/// Which proposals are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub kinds: &'static [&'static str],
    pub status: Option<Status>,
    /// About this university's programmes only.
    pub university_no: Option<i64>,
    /// Behind this place.
    pub after: Option<i64>,
}

/// Proposals by their place.
///
/// # Errors
/// The database's.
pub fn list(connection: &mut Connection, wanted: Wanted, limit: i64) -> QueryResult<Vec<ProposalRow>> {
    let after = wanted.after.unwrap_or(-1);
    let (programme_no, proposal_no) = (after >> PLACE_BITS, after & ((1 << PLACE_BITS) - 1));
    let behind = proposal::programme_no
        .gt(programme_no)
        .or(proposal::programme_no.eq(programme_no).and(proposal::proposal_no.gt(proposal_no)));
    let mut query = proposals!().filter(proposal::kind.eq_any(wanted.kinds)).filter(behind).into_boxed();
    if let Some(university_no) = wanted.university_no {
        query = query.filter(proposal::programme_no.eq_any(programmes_of(connection, university_no)?));
    }
    if let Some(status) = wanted.status {
        query = query.filter(proposal::status.eq(status.as_str()));
    }
    query.order((proposal::programme_no, proposal::proposal_no)).limit(limit).load(connection)
}

/// # Errors
/// The database's.
pub fn insert(
    connection: &mut Connection,
    programme_no: i64,
    proposal_no: i64,
    id: ProposalId,
    (act, json): (&Act, &str),
    (proposed_by, proposed_at): (&str, Timestamp),
) -> QueryResult<()> {
    diesel::insert_into(proposal::table)
        .values((
            proposal::programme_no.eq(programme_no),
            proposal::proposal_no.eq(proposal_no),
            proposal::proposal_id.eq(id),
            proposal::kind.eq(act.kind()),
            proposal::act.eq(json),
            proposal::status.eq(Status::Proposed.as_str()),
            proposal::proposed_by.eq(proposed_by),
            proposal::proposed_at.eq(proposed_at),
        ))
        .execute(connection)
        .map(drop)
}

/// Writes how a proposal was decided, and which leaf says so.
///
/// # Errors
/// The database's.
pub fn decide(connection: &mut Connection, decided: &ProposalRow, log_index: i64) -> QueryResult<()> {
    diesel::update(proposal::table.find((decided.programme_no, decided.proposal_no)))
        .set((
            proposal::status.eq(decided.status.as_str()),
            proposal::decided_by.eq(&decided.decided_by),
            proposal::decided_at.eq(decided.decided_at),
            proposal::decided_log_index.eq(log_index),
        ))
        .execute(connection)
        .map(drop)
}
