//! The tables `voucher`, `voucher_credential`, `voucher_attempt` and `holder_claim`. Nothing else
//! writes them but the redemption's batch (a voucher's status) and the request (a new claim).

use super::model::{Action, Status};
use super::tally::{Place, Tally};
use crate::db::schema::{holder_claim, quota, voucher, voucher_attempt, voucher_credential};
use crate::db::{Connection, column_type, rows};
use crate::kernel::*;
use crate::ledger::model::Dimensions;
use crate::writer::{Failure, Stop};
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, SmallInt, Text};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// A voucher as stored.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = voucher)]
pub struct Voucher {
    pub programme_no: i64,
    pub voucher_no: i64,
    pub voucher_id: VoucherId,
    pub status: Status,
    pub agency_no: i64,
    pub employee_no: i64,
    pub request_no: i64,
    #[diesel(column_name = face_value_kopecks)]
    pub face_value: Kopecks,
    pub not_before: Timestamp,
    pub expires_at: Timestamp,
    pub issued_at: Timestamp,
    pub issued_log_index: i64,
    pub kid: Vec<u8>,
    pub credential_version: i32,
    pub redemption_no: Option<i64>,
    pub replaces_no: Option<i64>,
    pub replaced_by_no: Option<i64>,
}

column_type!(Status, SmallInt, |status| status.number(), |raw: i16| Ok(Status::try_from(raw)?));

impl Voucher {
    /// Where it is counted.
    fn place(&self) -> Place {
        let &Self { programme_no, agency_no, expires_at, .. } = self;
        Place { programme_no, agency_no, expires_at }
    }

    /// What a posting about this voucher's reserve carries.
    pub fn dimensions(&self) -> Dimensions {
        Dimensions {
            agency_no: Some(self.agency_no),
            voucher_no: Some(self.voucher_no),
            ..Dimensions::default()
        }
    }
}

/// Finds a voucher by its id; with `agency_no`, only among that agency's.
///
/// # Errors
/// `not_found`; the store's.
pub fn find(
    connection: &mut Connection,
    voucher_id: VoucherId,
    agency_no: Option<i64>,
) -> Result<Voucher, Stop> {
    use crate::db::schema::programme;
    let mut query = voucher::table
        .filter(voucher::programme_no.eq_any(programme::table.select(programme::programme_no)))
        .filter(voucher::voucher_id.eq(voucher_id))
        .select(Voucher::as_select())
        .into_boxed();
    if let Some(agency_no) = agency_no {
        query = query.filter(voucher::agency_no.eq(agency_no));
    }
    let found = query.first(connection).optional()?;
    found.ok_or_else(|| Refusal::not_found("voucher").into())
}

/// Adds vouchers and their credentials.
///
/// # Errors
/// The store's; a voucher number or id is taken.
pub fn insert(
    connection: &mut Connection,
    vouchers: &[Voucher],
    credentials: &[Credential],
) -> Result<(), Failure> {
    insert_vouchers(connection, vouchers)?;
    let mut tally = Tally::default();
    for voucher in vouchers {
        tally.came(voucher.place(), voucher.status, voucher.face_value);
    }
    tally.keep(connection)?;
    insert_credentials(connection, credentials)?;
    Ok(())
}

rows! {
    fn insert_vouchers(Voucher {
        programme_no: i64 as BigInt,
        voucher_no: i64 as BigInt,
        voucher_id: VoucherId as Binary,
        status: Status as SmallInt,
        agency_no: i64 as BigInt,
        employee_no: i64 as BigInt,
        request_no: i64 as BigInt,
        face_value: Kopecks as BigInt,
        not_before: Timestamp as BigInt,
        expires_at: Timestamp as BigInt,
        issued_at: Timestamp as BigInt,
        issued_log_index: i64 as BigInt,
        kid: Vec<u8> as Binary,
        credential_version: i32 as Integer,
        redemption_no: Option<i64> as Nullable<BigInt>,
        replaces_no: Option<i64> as Nullable<BigInt>,
        replaced_by_no: Option<i64> as Nullable<BigInt>,
    }) = "INSERT INTO voucher (programme_no, voucher_no, voucher_id, status, agency_no, employee_no, request_no, \
                              face_value_kopecks, not_before, expires_at, issued_at, issued_log_index, kid, \
                              credential_version, redemption_no, replaces_no, replaced_by_no) {values}"
}

rows! {
    /// Adds credentials: of new vouchers, or new versions.
    pub fn insert_credentials(Credential {
        programme_no: i64 as BigInt,
        voucher_no: i64 as BigInt,
        credential_version: i32 as Integer,
        credential: Vec<u8> as Binary,
    }) = "INSERT INTO voucher_credential {values}"
}

/// A signed credential as stored: personal data, since it names the holder.
pub struct Credential {
    pub programme_no: i64,
    pub voucher_no: i64,
    pub credential_version: i32,
    pub credential: Vec<u8>,
}

/// The voucher's current credential.
///
/// # Errors
/// The store's; there is none.
pub fn credential(connection: &mut Connection, of: &Voucher) -> Result<Vec<u8>, diesel::result::Error> {
    voucher_credential::table
        .find((of.programme_no, of.voucher_no, of.credential_version))
        .select(voucher_credential::credential)
        .first(connection)
}

/// The person's key in the programme: the claim that this voucher holds.
///
/// # Errors
/// The store's.
pub fn holder_key(connection: &mut Connection, of: &Voucher) -> Result<Vec<u8>, Failure> {
    use crate::db::schema::request_item;
    let key = request_item::table
        .filter(request_item::programme_no.eq(of.programme_no))
        .filter(request_item::request_no.eq(of.request_no))
        .filter(request_item::employee_no.eq(of.employee_no))
        .select(request_item::holder_key)
        .first::<Option<Vec<u8>>>(connection)?;
    key.ok_or_else(|| Failure::Inconsistent("a voucher's request row has no holder key".into()))
}

/// Gives back what a voucher that ends unused held beside money: the seat of its agency's quota and
/// the person's claim.
///
/// # Errors
/// The store's.
pub fn release_claim(connection: &mut Connection, of: &Voucher) -> Result<(), Failure> {
    let holder_key = holder_key(connection, of)?;
    diesel::delete(holder_claim::table.find((of.programme_no, holder_key))).execute(connection)?;
    diesel::update(quota::table.find((of.programme_no, of.agency_no)))
        .set(quota::held.eq(quota::held - 1))
        .execute(connection)?;
    Ok(())
}

/// Takes back what [`release_claim`] gave.
///
/// # Errors
/// The store's; [`Stop::Refused`] when the person or the quota's last seat is taken meanwhile.
pub fn check_claim_free(connection: &mut Connection, of: &Voucher) -> Result<Vec<u8>, Stop> {
    let holder_key = holder_key(connection, of)?;
    let taken = holder_claim::table.find((of.programme_no, &holder_key)).count();
    if taken.get_result::<i64>(connection)? > 0 {
        return Err(Refusal::new(Code::DuplicateHolder).into());
    }
    let (seats, held) = quota::table
        .find((of.programme_no, of.agency_no))
        .select((quota::seats, quota::held))
        .first::<(i64, i64)>(connection)?;
    if held >= seats {
        return Err(Refusal::new(Code::QuotaExceeded).with("seats", seats).with("held", held).into());
    }
    Ok(holder_key)
}

/// Takes the claim and the seat that [`check_claim_free`] found free.
///
/// # Errors
/// The store's.
pub fn take_claim(connection: &mut Connection, of: &Voucher, holder_key: &[u8]) -> Result<(), Failure> {
    diesel::insert_into(holder_claim::table)
        .values((
            holder_claim::programme_no.eq(of.programme_no),
            holder_claim::holder_key.eq(holder_key),
            holder_claim::agency_no.eq(of.agency_no),
        ))
        .execute(connection)?;
    diesel::update(quota::table.find((of.programme_no, of.agency_no)))
        .set(quota::held.eq(quota::held + 1))
        .execute(connection)?;
    Ok(())
}

/// Moves a voucher from one status to another.
///
/// # Errors
/// The store's; [`Failure::Inconsistent`] when it no longer has the status it was decided on.
pub fn set_status(connection: &mut Connection, of: &Voucher, to: Status) -> Result<(), Failure> {
    let changed = diesel::update(voucher::table.find((of.programme_no, of.voucher_no)))
        .filter(voucher::status.eq(of.status.number()))
        .set(voucher::status.eq(to.number()))
        .execute(connection)?;
    expect_one(changed)?;
    keep_move(connection, of, to, of.expires_at)
}

/// Counts a voucher where it is now.
///
/// # Errors
/// The store's.
pub fn keep_move(
    connection: &mut Connection,
    of: &Voucher,
    status: Status,
    expires_at: Timestamp,
) -> Result<(), Failure> {
    let mut tally = Tally::default();
    tally.left(of.place(), of.status, of.face_value);
    tally.came(Place { expires_at, ..of.place() }, status, of.face_value);
    tally.keep(connection)
}

/// A change that must touch exactly one row did.
pub(crate) fn expect_one(changed: usize) -> Result<(), Failure> {
    expect_rows(changed, 1)
}

/// A change that must touch so many rows did.
pub(crate) fn expect_rows(changed: usize, expected: usize) -> Result<(), Failure> {
    match changed == expected {
        true => Ok(()),
        false => Err(Failure::Inconsistent(format!("{changed} rows changed instead of {expected}"))),
    }
}

/// Something that was tried or done to a voucher, kept for its history.
pub struct Attempt {
    pub programme_no: i64,
    pub attempt_no: i64,
    pub voucher_no: i64,
    pub attempted_at: Timestamp,
    pub attempted_by: i64,
    pub action: &'static str,
    /// `done`, or the refusal's code.
    pub outcome: &'static str,
    /// What is known: JSON `{code, field, facts}` of a refusal, or facts of what was done.
    pub facts: String,
    pub log_index: Option<i64>,
    pub redemption_id: Option<RedemptionId>,
    pub request_digest: Option<Vec<u8>>,
    pub is_final: bool,
}

impl Attempt {
    /// A move that was made, recorded at `log_index`.
    pub fn done(of: &Voucher, action: Action, at: Timestamp, by: &Actor, log_index: i64) -> Self {
        Self {
            programme_no: of.programme_no,
            attempt_no: 0,
            voucher_no: of.voucher_no,
            attempted_at: at,
            attempted_by: by.token_no,
            action: action.as_str(),
            outcome: "done",
            facts: "{}".into(),
            log_index: Some(log_index),
            redemption_id: None,
            request_digest: None,
            is_final: false,
        }
    }

    /// A move that was refused.
    pub fn refused(of: (i64, i64), action: Action, at: Timestamp, by: &Actor, why: &Refusal) -> Self {
        Self {
            programme_no: of.0,
            attempt_no: 0,
            voucher_no: of.1,
            attempted_at: at,
            attempted_by: by.token_no,
            action: action.as_str(),
            outcome: why.code.as_str(),
            facts: serde_json::json!({"code": why.code, "field": why.field, "facts": why.facts}).to_string(),
            log_index: None,
            redemption_id: None,
            request_digest: None,
            is_final: false,
        }
    }

    /// Why it was done, for the history.
    #[must_use]
    pub fn because(self, reason: &str) -> Self {
        self.knowing(&serde_json::json!({ "reason": reason }))
    }

    /// What is known of it, for the history.
    #[must_use]
    pub fn knowing(mut self, facts: &serde_json::Value) -> Self {
        self.facts = facts.to_string();
        self
    }
}

/// Keeps attempts, numbering them.
///
/// # Errors
/// The store's.
pub fn insert_attempts(connection: &mut Connection, mut attempts: Vec<Attempt>) -> Result<(), Failure> {
    let mut newest = HashMap::new();
    for attempt in &mut attempts {
        let newest = match newest.entry(attempt.programme_no) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(newest_attempt(connection, attempt.programme_no)?),
        };
        *newest += 1;
        attempt.attempt_no = *newest;
    }
    add_attempts(connection, &attempts)?;
    Ok(())
}

rows! {
    fn add_attempts(Attempt {
        programme_no: i64 as BigInt,
        attempt_no: i64 as BigInt,
        voucher_no: i64 as BigInt,
        attempted_at: Timestamp as BigInt,
        attempted_by: i64 as BigInt,
        action: &'static str as Text,
        outcome: &'static str as Text,
        facts: String as Text,
        log_index: Option<i64> as Nullable<BigInt>,
        redemption_id: Option<RedemptionId> as Nullable<Binary>,
        request_digest: Option<Vec<u8>> as Nullable<Binary>,
        is_final: bool as Bool,
    }) = "INSERT INTO voucher_attempt {values}"
}

fn newest_attempt(connection: &mut Connection, programme_no: i64) -> QueryResult<i64> {
    let newest = voucher_attempt::table
        .filter(voucher_attempt::programme_no.eq(programme_no))
        .select(max(voucher_attempt::attempt_no));
    Ok(newest.get_result::<Option<i64>>(connection)?.unwrap_or(0))
}
