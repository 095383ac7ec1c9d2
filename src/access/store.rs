//! Tokens and denials in the database.

use super::directory::{Known, KnownSignIn, KnownToken};
use crate::db::schema::{agency, denial, sign_in, token, university};
use crate::db::{Connection, rows};
use crate::http::caller::Identity;
use crate::http::{Caller, Page};
use crate::kernel::{AgencyId, Scope, SignInId, Timestamp, TokenId, UniversityId};
use crate::ledger::books::Failure;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use std::collections::HashMap;
use std::sync::Arc;

/// Denials that are kept.
const KEPT_DENIALS: i64 = 10_000;

#[derive(Insertable)]
#[diesel(table_name = token, treat_none_as_default_value = false)]
pub struct NewToken {
    pub token_no: i64,
    pub token_id: TokenId,
    pub token_hash: Vec<u8>,
    pub subject: String,
    pub scope: &'static str,
    pub agency_no: Option<i64>,
    pub university_no: Option<i64>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

pub fn insert_token(connection: &mut Connection, row: &NewToken) -> QueryResult<()> {
    diesel::insert_into(token::table).values(row).execute(connection).map(drop)
}

/// When the token was revoked; the outer `None` when there is no such token.
pub fn revoked_at(connection: &mut Connection, id: TokenId) -> QueryResult<Option<Option<Timestamp>>> {
    token::table.filter(token::token_id.eq(id)).select(token::revoked_at).first(connection).optional()
}

pub fn revoke_token(connection: &mut Connection, id: TokenId, at: Timestamp) -> QueryResult<()> {
    diesel::update(token::table.filter(token::token_id.eq(id)))
        .set(token::revoked_at.eq(at))
        .execute(connection)
        .map(drop)
}

/// A token as administrators and auditors see it.
#[derive(Queryable)]
pub struct TokenRow {
    pub token_no: i64,
    pub token_id: TokenId,
    pub subject: String,
    pub scope: String,
    pub agency_id: Option<AgencyId>,
    pub university_id: Option<UniversityId>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

pub fn list_tokens(connection: &mut Connection, page: &Page) -> QueryResult<Vec<TokenRow>> {
    token::table
        .left_join(agency::table.on(token::agency_no.eq(agency::agency_no.nullable())))
        .left_join(university::table.on(token::university_no.eq(university::university_no.nullable())))
        .filter(token::token_no.gt(page.after().unwrap_or(-1)))
        .order(token::token_no)
        .limit(page.fetch())
        .select((
            token::token_no,
            token::token_id,
            token::subject,
            token::scope,
            agency::agency_id.nullable(),
            university::university_id.nullable(),
            token::created_at,
            token::expires_at,
            token::revoked_at,
        ))
        .load(connection)
}

/// What a token says of its bearer, as it lies in the database.
#[derive(Queryable)]
struct KnownRow {
    token_no: i64,
    token_hash: Vec<u8>,
    subject: String,
    scope: String,
    agency_no: Option<i64>,
    agency_id: Option<AgencyId>,
    university_no: Option<i64>,
    university_id: Option<UniversityId>,
    expires_at: Timestamp,
}

/// All tokens that are not revoked, and the browsers that are signed in with them.
pub(super) fn known(connection: &mut Connection, now: Timestamp) -> Result<Known, Failure> {
    let rows: Vec<KnownRow> = token::table
        .left_join(agency::table.on(token::agency_no.eq(agency::agency_no.nullable())))
        .left_join(university::table.on(token::university_no.eq(university::university_no.nullable())))
        .filter(token::revoked_at.is_null())
        .select((
            token::token_no,
            token::token_hash,
            token::subject,
            token::scope,
            token::agency_no,
            agency::agency_id.nullable(),
            token::university_no,
            university::university_id.nullable(),
            token::expires_at,
        ))
        .load(connection)?;
    let unreadable = |token_no| Failure::Inconsistent(format!("token {token_no} cannot be read"));
    let (mut tokens, mut callers) = (HashMap::with_capacity(rows.len()), HashMap::with_capacity(rows.len()));
    for row in rows {
        let (token_no, expires_at) = (row.token_no, row.expires_at);
        let hash = row.token_hash.as_slice().try_into().map_err(|_| unreadable(token_no))?;
        let identity = Identity {
            token_no,
            scope: Scope::parse(&row.scope).ok_or_else(|| unreadable(token_no))?,
            subject: row.subject,
            agency: row.agency_no.zip(row.agency_id),
            university: row.university_no.zip(row.university_id),
        };
        let caller = Caller::new(Arc::new(identity));
        callers.insert(token_no, caller.clone());
        tokens.insert(hash, KnownToken { caller, expires_at });
    }
    Ok(Known { tokens, sign_ins: sign_ins(connection, &callers, now)? })
}

fn sign_ins(
    connection: &mut Connection,
    callers: &HashMap<i64, Caller>,
    now: Timestamp,
) -> Result<HashMap<[u8; 32], KnownSignIn>, Failure> {
    let rows: Vec<(Vec<u8>, SignInId, i64, Timestamp)> = sign_in::table
        .filter(sign_in::ended_at.is_null().and(sign_in::expires_at.gt(now)))
        .select((sign_in::secret_hash, sign_in::sign_in_id, sign_in::token_no, sign_in::expires_at))
        .load(connection)?;
    let known = |(hash, sign_in_id, token_no, expires_at): (Vec<u8>, _, _, _)| {
        let unreadable = |_| Failure::Inconsistent(format!("a sign-in of token {token_no} cannot be read"));
        let hash = hash.try_into().map_err(unreadable)?;
        // Of a token that was revoked there is none: it ends with the token.
        let caller = callers.get(&token_no).cloned();
        Ok(caller.map(|caller| (hash, KnownSignIn { caller, sign_in_id, expires_at })))
    };
    rows.into_iter().filter_map(|row| known(row).transpose()).collect()
}

#[derive(Clone)]
pub struct NewDenial {
    pub denied_at: Timestamp,
    pub token_no: Option<i64>,
    pub method: &'static str,
    pub route: &'static str,
    pub code: &'static str,
}

rows! {
    fn add_denials(NewDenial {
        denied_at: Timestamp as BigInt,
        token_no: Option<i64> as Nullable<BigInt>,
        method: &'static str as Text,
        route: &'static str as Text,
        code: &'static str as Text,
    }) = "INSERT INTO denial {values}"
}

/// Adds denials and drops the oldest beyond the newest ten thousand.
pub fn insert_denials(connection: &mut Connection, denials: &[NewDenial]) -> QueryResult<()> {
    add_denials(connection, denials)?;
    let newest: Option<i64> = denial::table.select(diesel::dsl::max(denial::denial_no)).first(connection)?;
    let oldest_kept = newest.unwrap_or(0) - KEPT_DENIALS;
    diesel::delete(denial::table.filter(denial::denial_no.le(oldest_kept))).execute(connection).map(drop)
}

/// A denial as administrators and auditors see it.
#[derive(Queryable)]
pub struct DenialRow {
    pub denial_no: i64,
    pub denied_at: Timestamp,
    pub token_id: Option<TokenId>,
    pub method: String,
    pub route: String,
    pub code: String,
}

/// The newest first.
pub fn list_denials(connection: &mut Connection, page: &Page) -> QueryResult<Vec<DenialRow>> {
    denial::table
        .left_join(token::table.on(denial::token_no.eq(token::token_no.nullable())))
        .filter(denial::denial_no.lt(page.after().unwrap_or(i64::MAX)))
        .order(denial::denial_no.desc())
        .limit(page.fetch())
        .select((
            denial::denial_no,
            denial::denied_at,
            token::token_id.nullable(),
            denial::method,
            denial::route,
            denial::code,
        ))
        .load(connection)
}
