//! Requests in the database.

use super::model::{Claim, Mode, Seats, Status};
use crate::db::schema::{agency, holder_claim, programme, quota, request, request_item};
use crate::db::{Connection, Parsed, parsed_columns, rows};
use crate::kernel::{HolderKey, Malformed, Refusal, RequestId, Timestamp};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use std::collections::HashMap;
use std::str::FromStr;

/// Rows per statement: ten columns at most, and SQLite takes 32,766 parameters.
const CHUNK: usize = 3_000;

impl FromStr for Status {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Self::parse(text).ok_or(Malformed::expected("requested, approved, rejected or issued"))
    }
}

impl FromStr for Mode {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = [Self::AllOrNothing, Self::BestEffort].into_iter().find(|mode| mode.as_str() == text);
        found.ok_or(Malformed::expected("all_or_nothing or best_effort"))
    }
}

parsed_columns!(Status, Mode);

/// A request as commands see it.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = request)]
pub struct RequestFacts {
    pub programme_no: i64,
    pub request_no: i64,
    pub request_id: RequestId,
    pub agency_no: i64,
    #[diesel(deserialize_as = Parsed<Status>)]
    pub status: Status,
    pub requested_by: String,
}

/// By its id alone; the list of programmes lets the unique key be used.
pub fn find(connection: &mut Connection, request_id: RequestId) -> QueryResult<Option<RequestFacts>> {
    request::table
        .filter(request::programme_no.eq_any(programme::table.select(programme::programme_no)))
        .filter(request::request_id.eq(request_id))
        .select(RequestFacts::as_select())
        .first(connection)
        .optional()
}

/// The agency's seats, those its waiting requests ask for included; none without a quota.
pub fn seats(connection: &mut Connection, programme_no: i64, agency_no: i64) -> QueryResult<Option<Seats>> {
    let row = quota::table
        .find((programme_no, agency_no))
        .select((quota::seats, quota::held))
        .first::<(i64, i64)>(connection)
        .optional()?;
    let Some((seats, held)) = row else { return Ok(None) };
    let pending = request_item::table
        .inner_join(
            request::table.on(request::programme_no
                .eq(request_item::programme_no)
                .and(request::request_no.eq(request_item::request_no))),
        )
        .filter(request::programme_no.eq(programme_no))
        .filter(request::agency_no.eq(agency_no))
        .filter(request::status.eq(Status::Requested.as_str()))
        .filter(request_item::status.eq(Status::Requested.as_str()))
        .count()
        .get_result(connection)?;
    Ok(Some(Seats { seats, held, pending }))
}

/// Which of these people have a live voucher or a waiting request, and whose.
pub fn claims(
    connection: &mut Connection,
    programme_no: i64,
    agency_no: i64,
    keys: impl Iterator<Item = HolderKey>,
) -> QueryResult<HashMap<HolderKey, Claim>> {
    let keys: Vec<HolderKey> = keys.collect();
    let mut found = HashMap::new();
    for keys in keys.chunks(CHUNK) {
        let rows: Vec<(Vec<u8>, i64)> = holder_claim::table
            .filter(holder_claim::programme_no.eq(programme_no))
            .filter(holder_claim::holder_key.eq_any(keys.iter().map(|key| key.0.as_slice())))
            .select((holder_claim::holder_key, holder_claim::agency_no))
            .load(connection)?;
        found.extend(rows.into_iter().filter_map(|(key, holder_agency_no)| {
            let claim = if holder_agency_no == agency_no { Claim::Own } else { Claim::Elsewhere };
            Some((HolderKey(key.try_into().ok()?), claim))
        }));
    }
    Ok(found)
}

pub fn is_municipality(connection: &mut Connection, agency_no: i64) -> QueryResult<bool> {
    let category: String = agency::table.find(agency_no).select(agency::category).first(connection)?;
    Ok(category == "municipality")
}

#[derive(Insertable)]
#[diesel(table_name = request)]
pub struct NewRequest<'a> {
    pub programme_no: i64,
    pub request_no: i64,
    pub request_id: RequestId,
    pub agency_no: i64,
    pub mode: &'static str,
    pub status: &'static str,
    pub requested_by: &'a str,
    pub requested_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    pub automatic: bool,
}

pub struct NewItem<'a> {
    pub programme_no: i64,
    pub request_no: i64,
    pub item_no: i32,
    pub client_ref: &'a str,
    pub employee_no: Option<i64>,
    pub holder_key: Option<&'a [u8]>,
    pub status: &'static str,
    pub refusal: Option<String>,
    pub eligibility: String,
}

/// A row's refusal as kept: `{code, field, facts}`.
pub fn refusal_json(refusal: &Refusal) -> String {
    serde_json::json!({ "code": refusal.code, "field": refusal.field, "facts": refusal.facts }).to_string()
}

pub fn insert(connection: &mut Connection, new: &NewRequest<'_>) -> QueryResult<()> {
    diesel::insert_into(request::table).values(new).execute(connection).map(drop)
}

rows! {
    pub fn insert_items(NewItem<'r> {
        programme_no: i64 as BigInt,
        request_no: i64 as BigInt,
        item_no: i32 as Integer,
        client_ref: &'r str as Text,
        employee_no: Option<i64> as Nullable<BigInt>,
        holder_key: Option<&'r [u8]> as Nullable<Binary>,
        status: &'static str as Text,
        refusal: Option<String> as Nullable<Text>,
        eligibility: String as Text,
    }) = "INSERT INTO request_item {values}"
}

pub struct NewClaim<'a> {
    pub programme_no: i64,
    pub holder_key: &'a [u8],
    pub agency_no: i64,
}

rows! {
    pub fn insert_claims(NewClaim<'r> {
        programme_no: i64 as BigInt,
        holder_key: &'r [u8] as Binary,
        agency_no: i64 as BigInt,
    }) = "INSERT INTO holder_claim {values}"
}

/// Holds `rows` more seats; the table's CHECK is the last guard.
pub fn hold(connection: &mut Connection, programme_no: i64, agency_no: i64, rows: i64) -> QueryResult<()> {
    diesel::update(quota::table.find((programme_no, agency_no)))
        .set(quota::held.eq(quota::held + rows))
        .execute(connection)
        .map(drop)
}

/// How many items of a request wait for its approval.
pub fn waiting_items(connection: &mut Connection, of: &RequestFacts) -> QueryResult<i64> {
    request_item::table
        .filter(request_item::programme_no.eq(of.programme_no))
        .filter(request_item::request_no.eq(of.request_no))
        .filter(request_item::status.eq(Status::Requested.as_str()))
        .count()
        .get_result(connection)
}

/// How a person decided a request.
pub struct Verdict {
    pub status: Status,
    pub decided_by: String,
    pub reason: Option<String>,
}

/// Moves a waiting request and its waiting items.
pub fn decide(
    connection: &mut Connection,
    of: &RequestFacts,
    now: Timestamp,
    verdict: &Verdict,
) -> QueryResult<()> {
    diesel::update(request::table.find((of.programme_no, of.request_no)))
        .set((
            request::status.eq(verdict.status.as_str()),
            request::decided_by.eq(&verdict.decided_by),
            request::decided_at.eq(now),
            request::reason.eq(&verdict.reason),
        ))
        .execute(connection)?;
    diesel::update(request_item::table)
        .filter(request_item::programme_no.eq(of.programme_no))
        .filter(request_item::request_no.eq(of.request_no))
        .filter(request_item::status.eq(Status::Requested.as_str()))
        .set(request_item::status.eq(verdict.status.as_str()))
        .execute(connection)
        .map(drop)
}

/// Frees the people of a request's waiting items.
pub fn release_claims(connection: &mut Connection, of: &RequestFacts) -> QueryResult<()> {
    let keys = request_item::table
        .filter(request_item::programme_no.eq(of.programme_no))
        .filter(request_item::request_no.eq(of.request_no))
        .filter(request_item::status.eq(Status::Requested.as_str()))
        .select(request_item::holder_key.assume_not_null());
    diesel::delete(holder_claim::table)
        .filter(holder_claim::programme_no.eq(of.programme_no))
        .filter(holder_claim::holder_key.eq_any(keys))
        .execute(connection)
        .map(drop)
}
