//! Reading vouchers: lists, one, and its history with every attempt, refused ones too.

use super::model::{Status, lapsing};
use super::store::Voucher;
use crate::db::Connection;
use crate::db::schema::{agency, course_run, programme, redemption, token, voucher, voucher_attempt};
use crate::kernel::voucher_number::VoucherNumber;
use crate::kernel::*;
use crate::writer::{Failure, Stop};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// A voucher as the API shows it. Names nobody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VoucherView {
    pub voucher_id: VoucherId,
    /// What people read aloud and type: `PSK20-0001234-5`.
    pub number: String,
    /// `issued`, `suspended`, `redeemed`, `completed`, `voided`, `expired` or `replaced`.
    pub status: String,
    /// Issued, but its last day is over; the reserve is released later by an `expired` event.
    pub lapsed: bool,
    pub programme_id: ProgrammeId,
    pub agency_id: AgencyId,
    pub face_value: Kopecks,
    pub not_before: Timestamp,
    /// The first instant at which it is no longer valid.
    pub expires_at: Timestamp,
    pub issued_at: Timestamp,
    /// 1 when issued, one more with each signing again.
    pub credential_version: i32,
    /// Which key signed the current credential.
    pub kid: String,
    /// The moves allowed now.
    pub allowed: Vec<String>,
}

/// Which vouchers to list.
#[derive(Clone, Default, Debug)]
pub struct Filter {
    pub programme_id: Option<ProgrammeId>,
    pub agency_no: Option<i64>,
    pub status: Option<Status>,
    /// Only those about to lapse: [`lapsing`].
    pub lapsing: bool,
    pub kid: Option<Vec<u8>>,
    /// After the voucher of this place in the list.
    pub after: Option<i64>,
    pub limit: i64,
}

type Row = (Voucher, ProgrammeId, String, AgencyId);

/// Where a voucher stands in the list of all: programme by programme, in the order of numbers.
/// Numbers stay far below 2^40, and programmes below 2^23.
const fn place(programme_no: i64, voucher_no: i64) -> i64 {
    programme_no << 40 | voucher_no
}

/// Lists vouchers in the order of their numbers, programme by programme, each with its place.
///
/// # Errors
/// The store's.
pub fn list(
    connection: &mut Connection,
    filter: &Filter,
    now: Timestamp,
) -> Result<Vec<(i64, VoucherView)>, Failure> {
    let mut query = voucher::table
        .inner_join(programme::table)
        .inner_join(agency::table)
        .select((Voucher::as_select(), programme::programme_id, programme::code, agency::agency_id))
        .order((voucher::programme_no, voucher::voucher_no))
        .limit(filter.limit)
        .into_boxed();
    if let Some(programme_id) = filter.programme_id {
        query = query.filter(programme::programme_id.eq(programme_id));
    }
    if let Some(agency_no) = filter.agency_no {
        query = query.filter(voucher::agency_no.eq(agency_no));
    }
    if let Some(status) = filter.status {
        query = query.filter(voucher::status.eq(status.number()));
    }
    if filter.lapsing {
        let (from, until) = lapsing(now);
        query = query.filter(voucher::status.eq(Status::Issued.number()));
        query = query.filter(voucher::expires_at.gt(from).and(voucher::expires_at.le(until)));
    }
    if let Some(kid) = &filter.kid {
        query = query.filter(voucher::kid.eq(kid));
    }
    if let Some(after) = filter.after {
        let (programme_no, voucher_no) = (after >> 40, after & ((1 << 40) - 1));
        let same = voucher::programme_no.eq(programme_no).and(voucher::voucher_no.gt(voucher_no));
        query = query.filter(voucher::programme_no.gt(programme_no).or(same));
    }
    let rows = query.load::<Row>(connection)?;
    rows.into_iter().map(|row| Ok((place(row.0.programme_no, row.0.voucher_no), view(row, now)?))).collect()
}

/// One voucher; with `agency_no`, only among that agency's.
///
/// # Errors
/// `not_found`; the store's.
pub fn one(
    connection: &mut Connection,
    voucher_id: VoucherId,
    agency_no: Option<i64>,
    now: Timestamp,
) -> Result<(VoucherView, Voucher), Stop> {
    let found = super::store::find(connection, voucher_id, agency_no)?;
    let (programme_id, code) = programme::table
        .find(found.programme_no)
        .select((programme::programme_id, programme::code))
        .get_result(connection)?;
    let agency_id = agency::table.find(found.agency_no).select(agency::agency_id).get_result(connection)?;
    Ok((view((found.clone(), programme_id, code, agency_id), now)?, found))
}

/// The number of a voucher, from its programme's code as stored.
///
/// # Errors
/// [`Failure::Inconsistent`] when that is no code.
pub fn stored_number(programme_code: &str, voucher_no: i64) -> Result<String, Failure> {
    let code = voucher_number::ProgrammeCode::parse(programme_code)
        .map_err(|_| Failure::Inconsistent("a stored programme code cannot be read".into()))?;
    Ok(VoucherNumber::new(code, voucher_no.cast_unsigned()).to_string())
}

fn view((found, programme_id, code, agency_id): Row, now: Timestamp) -> Result<VoucherView, Failure> {
    let kid = <[u8; 8]>::try_from(found.kid.as_slice())
        .map_err(|_| Failure::Inconsistent("a stored kid is not 8 bytes".into()))?;
    Ok(VoucherView {
        voucher_id: found.voucher_id,
        number: stored_number(&code, found.voucher_no)?,
        status: found.status.as_str().into(),
        lapsed: found.status.holds_reserve() && now >= found.expires_at,
        programme_id,
        agency_id,
        face_value: found.face_value,
        not_before: found.not_before,
        expires_at: found.expires_at,
        issued_at: found.issued_at,
        credential_version: found.credential_version,
        kid: crate::credential::Kid::from_bytes(kid).to_string(),
        allowed: found.status.allowed().iter().map(|action| action.as_str().into()).collect(),
    })
}

/// Something that happened to a voucher, or was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HistoryEntry {
    pub at: Timestamp,
    /// `issue`, `redeem`, `reverse`, `suspend`, `resume`, `void`, `replace`, `extend` or `expire`.
    pub action: String,
    /// `done`, or the code of the refusal.
    pub outcome: String,
    /// Who, as named on their token; none for the service itself.
    pub by: Option<String>,
    /// What is known: reasons, redemption, facts of a refusal.
    #[schema(value_type = Object)]
    pub facts: serde_json::Value,
    /// The leaf of the programme's log that records it; refusals have none.
    pub log_index: Option<i64>,
}

/// The history of a voucher, oldest first.
///
/// # Errors
/// The store's.
pub fn history(connection: &mut Connection, of: &Voucher) -> Result<Vec<HistoryEntry>, Failure> {
    let mut entries = vec![HistoryEntry {
        at: of.issued_at,
        action: "issue".into(),
        outcome: "done".into(),
        by: recorded_by(connection, of.programme_no, of.issued_log_index)?,
        facts: serde_json::json!({}),
        log_index: Some(of.issued_log_index),
    }];
    let attempts = voucher_attempt::table
        .left_join(token::table.on(token::token_no.eq(voucher_attempt::attempted_by)))
        .filter(voucher_attempt::programme_no.eq(of.programme_no))
        .filter(voucher_attempt::voucher_no.eq(of.voucher_no))
        .order(voucher_attempt::attempt_no)
        .select((
            voucher_attempt::attempted_at,
            voucher_attempt::action,
            voucher_attempt::outcome,
            token::subject.nullable(),
            voucher_attempt::facts,
            voucher_attempt::log_index,
        ))
        .load::<(Timestamp, String, String, Option<String>, String, Option<i64>)>(connection)?;
    for (at, action, outcome, by, facts, log_index) in attempts {
        let facts = serde_json::from_str(&facts)
            .map_err(|_| Failure::Inconsistent("kept facts of an attempt cannot be read".into()))?;
        entries.push(HistoryEntry { at, action, outcome, by, facts, log_index });
    }
    if let Some(redemption_no) = of.redemption_no {
        entries.push(redeemed(connection, of.programme_no, redemption_no)?);
    }
    for redemption_no in reversed(connection, of.programme_no, &entries)? {
        entries.push(redeemed(connection, of.programme_no, redemption_no)?);
    }
    // A batch has one instant: of the same one, what was done stands before what was refused because of it.
    entries.sort_by_key(|entry| (entry.at, entry.log_index.is_none(), entry.log_index));
    Ok(entries)
}

/// The numbers of the redemptions that entries of a history reversed: the voucher no longer names them.
fn reversed(
    connection: &mut Connection,
    programme_no: i64,
    entries: &[HistoryEntry],
) -> QueryResult<Vec<i64>> {
    let made =
        entries.iter().filter(|entry| (entry.action.as_str(), entry.outcome.as_str()) == ("reverse", "done"));
    let ids = made.filter_map(|entry| serde_json::from_value(entry.facts["redemption_id"].clone()).ok());
    redemption::table
        .filter(redemption::programme_no.eq(programme_no))
        .filter(redemption::redemption_id.eq_any(ids.collect::<Vec<RedemptionId>>()))
        .select(redemption::redemption_no)
        .load(connection)
}

fn redeemed(
    connection: &mut Connection,
    programme_no: i64,
    redemption_no: i64,
) -> Result<HistoryEntry, Failure> {
    let (redemption_id, at, course_run_id, course_run, by_number) = redemption::table
        .inner_join(
            course_run::table.on(course_run::programme_no
                .eq(redemption::programme_no)
                .and(course_run::course_run_no.eq(redemption::course_run_no))),
        )
        .filter(redemption::programme_no.eq(programme_no))
        .filter(redemption::redemption_no.eq(redemption_no))
        .select((
            redemption::redemption_id,
            redemption::redeemed_at,
            course_run::course_run_id,
            course_run::code,
            redemption::by_number,
        ))
        .get_result::<(RedemptionId, Timestamp, CourseRunId, String, bool)>(connection)?;
    Ok(HistoryEntry {
        at,
        action: "redeem".into(),
        outcome: "done".into(),
        by: recorded_by(connection, programme_no, redemption_no)?,
        facts: serde_json::json!({
            "redemption_id": redemption_id,
            "course_run_id": course_run_id,
            "course_run": course_run,
            "by_number": by_number,
        }),
        log_index: Some(redemption_no),
    })
}

fn recorded_by(
    connection: &mut Connection,
    programme_no: i64,
    log_index: i64,
) -> Result<Option<String>, Failure> {
    use crate::db::schema::journal_transaction;
    let subject = journal_transaction::table
        .inner_join(token::table.on(token::token_no.eq(journal_transaction::recorded_by)))
        .filter(journal_transaction::programme_no.eq(programme_no))
        .filter(journal_transaction::log_index.eq(log_index))
        .select(token::subject)
        .get_result(connection)
        .optional()?;
    Ok(subject)
}
