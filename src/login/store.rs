//! Logins, passes and browsers that are signed in, in the database.

use super::model::{Bearer, LoginFacts, Purpose};
use crate::db::Connection;
use crate::db::schema::{identity, login, pass, recovery_code, sign_in, token};
use crate::kernel::{Scope, SignInId, Timestamp, TokenId};
use crate::ledger::books::Failure;
use diesel::prelude::*;

/// The number of a token that has neither expired nor been revoked, and until when it lives.
///
/// # Errors
/// The database's.
pub fn live_token(
    connection: &mut Connection,
    id: TokenId,
    now: Timestamp,
) -> QueryResult<Option<(i64, Timestamp)>> {
    token::table
        .filter(token::token_id.eq(id).and(token::revoked_at.is_null()).and(token::expires_at.gt(now)))
        .select((token::token_no, token::expires_at))
        .first(connection)
        .optional()
}

/// The id of a token.
///
/// # Errors
/// The database's.
pub fn token_id(connection: &mut Connection, token_no: i64) -> QueryResult<Option<TokenId>> {
    token::table.filter(token::token_no.eq(token_no)).select(token::token_id).first(connection).optional()
}

/// The tokens of a subject that have neither expired nor been revoked.
///
/// # Errors
/// The database's.
pub fn live_tokens_of(
    connection: &mut Connection,
    subject: &str,
    now: Timestamp,
) -> QueryResult<Vec<TokenId>> {
    token::table
        .filter(token::subject.eq(subject).and(token::revoked_at.is_null()).and(token::expires_at.gt(now)))
        .order(token::token_no)
        .select(token::token_id)
        .load(connection)
}

/// # Errors
/// The database's.
pub fn insert_pass(
    connection: &mut Connection,
    hash: &[u8; 32],
    token_no: i64,
    purpose: Purpose,
    expires_at: Timestamp,
) -> QueryResult<()> {
    diesel::insert_into(pass::table)
        .values((
            pass::pass_hash.eq(hash.as_slice()),
            pass::token_no.eq(token_no),
            pass::purpose.eq(purpose.as_str()),
            pass::expires_at.eq(expires_at),
        ))
        .execute(connection)
        .map(drop)
}

/// Passes that nobody used in time.
///
/// # Errors
/// The database's.
pub fn drop_stale_passes(connection: &mut Connection, now: Timestamp) -> QueryResult<()> {
    diesel::delete(pass::table.filter(pass::expires_at.le(now))).execute(connection).map(drop)
}

/// # Errors
/// The database's.
pub fn drop_pass(connection: &mut Connection, hash: &[u8; 32]) -> QueryResult<()> {
    diesel::delete(pass::table.filter(pass::pass_hash.eq(hash.as_slice()))).execute(connection).map(drop)
}

/// Whose pass it is; `None` for one that is unknown, used, of another purpose or too old, or whose token has ended.
///
/// # Errors
/// The database's; a scope that cannot be read.
pub fn bearer(
    connection: &mut Connection,
    hash: &[u8; 32],
    purpose: Purpose,
    now: Timestamp,
) -> Result<Option<Bearer>, Failure> {
    let row: Option<(i64, TokenId, String, String, Option<i64>)> = pass::table
        .inner_join(token::table.on(token::token_no.eq(pass::token_no)))
        .left_join(login::table.on(login::token_no.eq(pass::token_no)))
        .filter(pass::pass_hash.eq(hash.as_slice()).and(pass::purpose.eq(purpose.as_str())))
        .filter(pass::expires_at.gt(now))
        .filter(token::revoked_at.is_null().and(token::expires_at.gt(now)))
        .select((
            token::token_no,
            token::token_id,
            token::subject,
            token::scope,
            login::second_factor.nullable(),
        ))
        .first(connection)
        .optional()?;
    let Some((token_no, token_id, subject, scope, second_factor)) = row else { return Ok(None) };
    let scope = Scope::parse(&scope);
    let scope = scope.ok_or_else(|| Failure::Inconsistent(format!("token {token_no} cannot be read")))?;
    let next_second_factor = second_factor.unwrap_or(0) + 1;
    Ok(Some(Bearer { token_no, token_id, subject, scope, next_second_factor }))
}

/// The logins of a subject whose tokens live; usually one.
///
/// # Errors
/// The database's.
pub fn logins(
    connection: &mut Connection,
    subject: &str,
    now: Timestamp,
) -> QueryResult<Vec<(TokenId, LoginFacts)>> {
    let rows: Vec<(TokenId, i64, String, i64, i64)> = login::table
        .inner_join(token::table.on(token::token_no.eq(login::token_no)))
        .filter(token::subject.eq(subject))
        .filter(token::revoked_at.is_null().and(token::expires_at.gt(now)))
        .order(login::token_no)
        .select((
            token::token_id,
            login::token_no,
            login::password_hash,
            login::second_factor,
            login::last_step,
        ))
        .load(connection)?;
    let facts = |(id, token_no, password_hash, second_factor, last_step)| {
        (id, LoginFacts { token_no, password_hash, second_factor, last_step })
    };
    Ok(rows.into_iter().map(facts).collect())
}

/// A login that an identity opens.
pub struct Owner {
    pub token_no: i64,
    pub token_id: TokenId,
    /// The login's name.
    pub subject: String,
    pub facts: LoginFacts,
}

/// Whose identity it is; `None` when it is linked with no login whose token lives.
///
/// # Errors
/// The database's.
pub fn identity_owner(
    connection: &mut Connection,
    hash: &[u8; 32],
    now: Timestamp,
) -> QueryResult<Option<Owner>> {
    let row: Option<(TokenId, String, i64, String, i64, i64)> = identity::table
        .inner_join(login::table.on(login::token_no.eq(identity::token_no)))
        .inner_join(token::table.on(token::token_no.eq(identity::token_no)))
        .filter(identity::identity_hash.eq(hash.as_slice()))
        .filter(token::revoked_at.is_null().and(token::expires_at.gt(now)))
        .select((
            token::token_id,
            token::subject,
            login::token_no,
            login::password_hash,
            login::second_factor,
            login::last_step,
        ))
        .first(connection)
        .optional()?;
    Ok(row.map(|(token_id, subject, token_no, password_hash, second_factor, last_step)| Owner {
        token_no,
        token_id,
        subject,
        facts: LoginFacts { token_no, password_hash, second_factor, last_step },
    }))
}

/// Since when an identity has been linked to a login.
///
/// # Errors
/// The database's.
pub fn identity_linked_at(connection: &mut Connection, token_no: i64) -> QueryResult<Option<Timestamp>> {
    identity::table
        .filter(identity::token_no.eq(token_no))
        .select(identity::linked_at)
        .first(connection)
        .optional()
}

/// Links an identity to a login and to no other.
///
/// # Errors
/// The database's.
pub fn replace_identity(
    connection: &mut Connection,
    token_no: i64,
    hash: &[u8; 32],
    at: Timestamp,
) -> QueryResult<()> {
    drop_identity(connection, token_no)?;
    // Of a login whose token has ended.
    diesel::delete(identity::table.filter(identity::identity_hash.eq(hash.as_slice())))
        .execute(connection)?;
    diesel::insert_into(identity::table)
        .values((
            identity::token_no.eq(token_no),
            identity::identity_hash.eq(hash.as_slice()),
            identity::linked_at.eq(at),
        ))
        .execute(connection)
        .map(drop)
}

/// # Errors
/// The database's.
pub fn drop_identity(connection: &mut Connection, token_no: i64) -> QueryResult<()> {
    diesel::delete(identity::table.filter(identity::token_no.eq(token_no))).execute(connection).map(drop)
}

/// The step of the last code taken, and which second factor it is of; `None` when nothing is set up.
///
/// # Errors
/// The database's.
pub fn last_step(connection: &mut Connection, token_no: i64) -> QueryResult<Option<(i64, i64)>> {
    login::table
        .filter(login::token_no.eq(token_no))
        .select((login::second_factor, login::last_step))
        .first(connection)
        .optional()
}

/// # Errors
/// The database's.
pub fn set_last_step(connection: &mut Connection, token_no: i64, step: i64) -> QueryResult<()> {
    diesel::update(login::table.filter(login::token_no.eq(token_no)))
        .set(login::last_step.eq(step))
        .execute(connection)
        .map(drop)
}

/// # Errors
/// The database's.
pub fn has_recovery_code(connection: &mut Connection, token_no: i64, hash: &[u8; 32]) -> QueryResult<bool> {
    let code = recovery_code::table
        .filter(recovery_code::token_no.eq(token_no).and(recovery_code::code_hash.eq(hash.as_slice())));
    diesel::select(diesel::dsl::exists(code)).get_result(connection)
}

/// # Errors
/// The database's.
pub fn drop_recovery_code(connection: &mut Connection, token_no: i64, hash: &[u8; 32]) -> QueryResult<()> {
    let code = recovery_code::table
        .filter(recovery_code::token_no.eq(token_no).and(recovery_code::code_hash.eq(hash.as_slice())));
    diesel::delete(code).execute(connection).map(drop)
}

/// Recovery codes that are left.
///
/// # Errors
/// The database's.
pub fn recovery_codes_left(connection: &mut Connection, token_no: i64) -> QueryResult<i64> {
    recovery_code::table.filter(recovery_code::token_no.eq(token_no)).count().get_result(connection)
}

/// Puts a login in the place of the one before, if there was one.
///
/// # Errors
/// The database's.
pub fn replace_login(
    connection: &mut Connection,
    facts: &LoginFacts,
    recovery_hashes: &[[u8; 32]],
) -> QueryResult<()> {
    let token_no = facts.token_no;
    diesel::delete(recovery_code::table.filter(recovery_code::token_no.eq(token_no))).execute(connection)?;
    diesel::delete(login::table.filter(login::token_no.eq(token_no))).execute(connection)?;
    diesel::insert_into(login::table)
        .values((
            login::token_no.eq(token_no),
            login::password_hash.eq(&facts.password_hash),
            login::second_factor.eq(facts.second_factor),
            login::last_step.eq(facts.last_step),
        ))
        .execute(connection)?;
    for hash in recovery_hashes {
        diesel::insert_into(recovery_code::table)
            .values((recovery_code::token_no.eq(token_no), recovery_code::code_hash.eq(hash.as_slice())))
            .execute(connection)?;
    }
    Ok(())
}

/// A browser that signs in.
#[derive(Insertable)]
#[diesel(table_name = sign_in)]
pub struct NewSignIn {
    pub sign_in_no: i64,
    pub sign_in_id: SignInId,
    pub secret_hash: Vec<u8>,
    pub token_no: i64,
    pub means: &'static str,
    pub browser: String,
    pub signed_in_at: Timestamp,
    pub expires_at: Timestamp,
}

/// # Errors
/// The database's.
pub fn insert_sign_in(connection: &mut Connection, row: &NewSignIn) -> QueryResult<()> {
    diesel::insert_into(sign_in::table).values(row).execute(connection).map(drop)
}

/// A browser that is, or was, signed in.
#[derive(Queryable)]
pub struct SignInRow {
    pub sign_in_no: i64,
    pub sign_in_id: SignInId,
    pub means: String,
    pub browser: String,
    pub signed_in_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// The newest sign-ins of a token.
///
/// # Errors
/// The database's.
pub fn sign_ins(connection: &mut Connection, token_no: i64, limit: i64) -> QueryResult<Vec<SignInRow>> {
    sign_in::table
        .filter(sign_in::token_no.eq(token_no))
        .order(sign_in::sign_in_no.desc())
        .limit(limit)
        .select((
            sign_in::sign_in_no,
            sign_in::sign_in_id,
            sign_in::means,
            sign_in::browser,
            sign_in::signed_in_at,
            sign_in::expires_at,
            sign_in::ended_at,
        ))
        .load(connection)
}

/// Whose sign-in it is and when it ended; `None` when there is no such sign-in.
///
/// # Errors
/// The database's.
pub fn find_sign_in(
    connection: &mut Connection,
    id: SignInId,
) -> QueryResult<Option<(i64, Option<Timestamp>)>> {
    sign_in::table
        .filter(sign_in::sign_in_id.eq(id))
        .select((sign_in::token_no, sign_in::ended_at))
        .first(connection)
        .optional()
}

/// # Errors
/// The database's.
pub fn end_sign_in(connection: &mut Connection, id: SignInId, at: Timestamp) -> QueryResult<()> {
    diesel::update(sign_in::table.filter(sign_in::sign_in_id.eq(id)))
        .set(sign_in::ended_at.eq(at))
        .execute(connection)
        .map(drop)
}

/// Ends the sign-ins of a token that were made by these means.
///
/// # Errors
/// The database's.
pub fn end_sign_ins_by(
    connection: &mut Connection,
    token_no: i64,
    means: &str,
    at: Timestamp,
) -> QueryResult<()> {
    let live = sign_in::token_no.eq(token_no).and(sign_in::ended_at.is_null());
    diesel::update(sign_in::table.filter(live.and(sign_in::means.eq(means))))
        .set(sign_in::ended_at.eq(at))
        .execute(connection)
        .map(drop)
}

/// Ends every sign-in of a token.
///
/// # Errors
/// The database's.
pub fn end_sign_ins_of(connection: &mut Connection, token_no: i64, at: Timestamp) -> QueryResult<()> {
    diesel::update(sign_in::table.filter(sign_in::token_no.eq(token_no).and(sign_in::ended_at.is_null())))
        .set(sign_in::ended_at.eq(at))
        .execute(connection)
        .map(drop)
}
