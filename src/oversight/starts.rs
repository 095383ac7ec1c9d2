//! Traces from other ends: a voucher, a session, a payee. They are made of the parts of `trace`, from the same postings, so
//! that all of them agree.

use super::redemptions;
use super::trace::{
    ActShare, Of, PaymentShare, RedemptionTrace, SessionShare, Whose, act_shares, of_redemption,
    payment_shares, session_shares,
};
use crate::db::Connection;
use crate::db::schema::{course_run, payee, programme, session, voucher};
use crate::kernel::*;
use crate::ledger::as_of::AsOf;
use crate::writer::{Failure, Stop};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary};
use serde::Serialize;
use utoipa::ToSchema;

/// A voucher followed through all its redemptions.
#[derive(Serialize, ToSchema)]
pub struct VoucherTrace {
    pub voucher_id: VoucherId,
    pub programme_id: ProgrammeId,
    pub face_value: Kopecks,
    /// Held for it and not redeemed.
    pub reserved: Kopecks,
    /// Sums of `redemptions`.
    pub obligated: Kopecks,
    pub accrued: Kopecks,
    pub paid: Kopecks,
    /// In the order they were made, reversed ones too.
    pub redemptions: Vec<RedemptionTrace>,
}

/// A session followed to whom it owes, to the redemptions it is funded by and to the payments.
#[derive(Serialize, ToSchema)]
pub struct SessionTrace {
    pub session_id: SessionId,
    pub programme_id: ProgrammeId,
    pub course_run_id: CourseRunId,
    #[schema(example = "П-01")]
    pub course_run: String,
    /// `recorded`, `accepted` or `cancelled`.
    pub status: &'static str,
    #[schema(format = Date)]
    pub held_on: String,
    #[schema(example = "lecture")]
    pub phase: String,
    pub hours: i32,
    /// All that became owed for it, paid or not: the sum of `payees`, and of `shares`.
    pub accrued: Kopecks,
    /// The part of it that was paid: the sum of `payments`.
    pub paid: Kopecks,
    pub payees: Vec<SessionShare>,
    pub shares: Vec<RedemptionShare>,
    pub payments: Vec<PaymentShare>,
}

/// What one redemption gave for a session, to all its payees.
#[derive(Serialize, ToSchema, QueryableByName)]
pub struct RedemptionShare {
    #[diesel(sql_type = Binary)]
    pub redemption_id: RedemptionId,
    #[diesel(sql_type = Binary)]
    pub voucher_id: VoucherId,
    #[diesel(sql_type = Binary)]
    pub agency_id: AgencyId,
    #[diesel(sql_type = BigInt)]
    pub accrued: Kopecks,
    #[diesel(sql_type = BigInt)]
    pub paid: Kopecks,
}

/// A payee followed to sessions, acts and payments of a programme.
#[derive(Serialize, ToSchema)]
pub struct PayeeTrace {
    pub payee_id: PayeeId,
    /// `instructor`, `tax_office` or `contractor`.
    pub kind: String,
    pub programme_id: ProgrammeId,
    /// All that became owed, paid or not.
    pub accrued: Kopecks,
    pub paid: Kopecks,
    /// `accrued` without `paid`.
    pub unpaid: Kopecks,
    /// 5,000 at most of each list; `is_whole` is false when there are more. Postings by `payee_id` have all.
    pub is_whole: bool,
    pub sessions: Vec<SessionShare>,
    /// What was paid of acts of the campaign.
    pub acts: Vec<ActShare>,
    pub payments: Vec<PaymentShare>,
}

#[derive(QueryableByName)]
struct Owed {
    #[diesel(sql_type = BigInt)]
    reserved: Kopecks,
    #[diesel(sql_type = BigInt)]
    accrued: Kopecks,
    #[diesel(sql_type = BigInt)]
    paid: Kopecks,
}

/// What is posted under this condition of a posting called `p`.
fn owed(connection: &mut Connection, programme_no: i64, condition: &str, size: i64) -> QueryResult<Owed> {
    sql_query(format!(
        "SELECT CAST(COALESCE(SUM(CASE p.account WHEN 2 THEN p.amount_kopecks END), 0) AS BIGINT) AS reserved,
                CAST(COALESCE(SUM(CASE WHEN p.account IN (4, 5) THEN p.amount_kopecks END), 0) AS BIGINT) AS accrued,
                CAST(COALESCE(SUM(CASE p.account WHEN 5 THEN p.amount_kopecks END), 0) AS BIGINT) AS paid
         FROM posting p WHERE p.programme_no = $1 AND p.log_index < $2 AND {condition}"
    ))
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(size)
    .get_result(connection)
}

/// Follows a voucher, and says as of how many leaves; with `university_no`, only of that university's programmes.
///
/// # Errors
/// `not_found`, also when it was issued later; `invalid_field` for a size that the log does not have; the database's.
pub fn voucher(
    connection: &mut Connection,
    id: VoucherId,
    university_no: Option<i64>,
    as_of: Option<i64>,
) -> Result<(i64, VoucherTrace), Stop> {
    let mut query = voucher::table
        .inner_join(programme::table.on(programme::programme_no.eq(voucher::programme_no)))
        .filter(voucher::voucher_id.eq(id))
        .select((
            voucher::programme_no,
            voucher::voucher_no,
            voucher::issued_log_index,
            voucher::face_value_kopecks,
            programme::programme_id,
        ))
        .into_boxed();
    if let Some(university_no) = university_no {
        query = query.filter(programme::university_no.eq(university_no));
    }
    let found: Option<(i64, i64, i64, Kopecks, ProgrammeId)> = query.get_result(connection).optional()?;
    let none = || Refusal::not_found("voucher");
    let (programme_no, voucher_no, issued, face_value, programme_id) = found.ok_or_else(none)?;
    let size = AsOf::find(connection, programme_no, as_of)?.size;
    if issued >= size {
        return Err(none().into());
    }
    let made = redemptions::of_voucher(connection, programme_no, voucher_no)?;
    let redemptions = made
        .into_iter()
        .filter(|redemption_no| *redemption_no < size)
        .map(|redemption_no| of_redemption(connection, programme_no, redemption_no, size))
        .collect::<Result<Vec<_>, Failure>>()?;
    let leaves = super::postings::leaves_of_voucher(connection, programme_no, voucher_no)?;
    let condition = format!("p.voucher_no = {voucher_no} AND p.log_index IN ({leaves})");
    let sum = |of: fn(&RedemptionTrace) -> Kopecks| {
        let sum = Kopecks::sum(redemptions.iter().map(of));
        sum.ok_or_else(|| Failure::Inconsistent("sums of a voucher do not fit 64 bits".into()))
    };
    let trace = VoucherTrace {
        voucher_id: id,
        programme_id,
        face_value,
        reserved: owed(connection, programme_no, &condition, size)?.reserved,
        obligated: sum(|redemption| redemption.obligated)?,
        accrued: sum(|redemption| redemption.accrued)?,
        paid: sum(|redemption| redemption.paid)?,
        redemptions,
    };
    Ok((size, trace))
}

type SessionRow =
    ((i64, i64), (ProgrammeId, CourseRunId, String), (String, String, i32), (Option<i64>, Option<i64>));

/// Follows a session, and says as of how many leaves; with `university_no`, only of that university's programmes.
///
/// # Errors
/// `not_found`, also when it was recorded later; `invalid_field` for a size that the log does not have; the database's.
pub fn session(
    connection: &mut Connection,
    id: SessionId,
    university_no: Option<i64>,
    as_of: Option<i64>,
) -> Result<(i64, SessionTrace), Stop> {
    let mut query = session::table
        .inner_join(programme::table.on(programme::programme_no.eq(session::programme_no)))
        .inner_join(
            course_run::table.on(course_run::programme_no
                .eq(session::programme_no)
                .and(course_run::course_run_no.eq(session::course_run_no))),
        )
        .filter(session::session_id.eq(id))
        .select((
            (session::programme_no, session::session_no),
            (programme::programme_id, course_run::course_run_id, course_run::code),
            (session::held_on, session::phase, session::hours),
            (session::accepted_log_index, session::cancelled_log_index),
        ))
        .into_boxed();
    if let Some(university_no) = university_no {
        query = query.filter(programme::university_no.eq(university_no));
    }
    let found: Option<SessionRow> = query.get_result(connection).optional()?;
    let none = || Refusal::not_found("session");
    let ((programme_no, session_no), of, (held_on, phase, hours), leaves) = found.ok_or_else(none)?;
    let size = AsOf::find(connection, programme_no, as_of)?.size;
    if session_no >= size {
        return Err(none().into());
    }
    let has = |leaf: Option<i64>| leaf.is_some_and(|leaf| leaf < size);
    let (accepted, cancelled) = leaves;
    let status = match () {
        () if has(cancelled) => "cancelled",
        () if has(accepted) => "accepted",
        () => "recorded",
    };
    let of_session = Of::Session(session_no);
    let sums = owed(connection, programme_no, &of_session.condition(), size)?;
    let (programme_id, course_run_id, course_run) = of;
    let trace = SessionTrace {
        session_id: id,
        programme_id,
        course_run_id,
        course_run,
        status,
        held_on,
        phase,
        hours,
        accrued: sums.accrued,
        paid: sums.paid,
        payees: session_shares(connection, programme_no, of_session, size)?,
        shares: redemption_shares(connection, programme_no, session_no, size)?,
        payments: payment_shares(connection, programme_no, of_session, size)?,
    };
    Ok((size, trace))
}

fn redemption_shares(
    connection: &mut Connection,
    programme_no: i64,
    session_no: i64,
    size: i64,
) -> QueryResult<Vec<RedemptionShare>> {
    sql_query(
        "SELECT r.redemption_id, v.voucher_id, a.agency_id,
                CAST(SUM(p.amount_kopecks) AS BIGINT) AS accrued,
                CAST(SUM(CASE p.account WHEN 5 THEN p.amount_kopecks ELSE 0 END) AS BIGINT) AS paid
         FROM posting p
         JOIN redemption r ON r.programme_no = p.programme_no AND r.redemption_no = p.redemption_no
         JOIN voucher v ON v.programme_no = p.programme_no AND v.voucher_no = p.voucher_no
         JOIN agency a ON a.agency_no = p.agency_no
         WHERE p.programme_no = $1 AND p.session_no = $2 AND p.log_index < $3 AND p.account IN (4, 5)
         GROUP BY r.redemption_no, r.redemption_id, v.voucher_id, a.agency_id
         HAVING SUM(p.amount_kopecks) <> 0
         ORDER BY r.redemption_no",
    )
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(session_no)
    .bind::<BigInt, _>(size)
    .load(connection)
}

/// Follows a payee through the programme of these facts, and says as of how many leaves.
///
/// # Errors
/// `not_found` for a payee that there is not; `invalid_field` for a size that the log does not have; the database's.
pub fn payee(
    connection: &mut Connection,
    id: PayeeId,
    programme: (i64, ProgrammeId),
    as_of: Option<i64>,
) -> Result<(i64, PayeeTrace), Stop> {
    let (programme_no, programme_id) = programme;
    let found: Option<(i64, String)> = payee::table
        .filter(payee::payee_id.eq(id))
        .select((payee::payee_no, payee::kind))
        .get_result(connection)
        .optional()?;
    let (payee_no, kind) = found.ok_or_else(|| Refusal::not_found("payee"))?;
    let size = AsOf::find(connection, programme_no, as_of)?.size;
    let of_payee = Of::Payee(payee_no);
    let sums = owed(connection, programme_no, &of_payee.condition(), size)?;
    let sessions = session_shares(connection, programme_no, of_payee, size)?;
    let acts = act_shares(connection, programme_no, Whose::Payee(payee_no), size)?;
    let payments = payment_shares(connection, programme_no, of_payee, size)?;
    let most = [sessions.len(), acts.len(), payments.len()].into_iter().max();
    let trace = PayeeTrace {
        payee_id: id,
        kind,
        programme_id,
        accrued: sums.accrued,
        paid: sums.paid,
        unpaid: Kopecks::new(sums.accrued.get() - sums.paid.get()),
        is_whole: most.is_none_or(|most| most < super::trace::AT_MOST),
        sessions,
        acts,
        payments,
    };
    Ok((size, trace))
}
