//! The trace: redemption ⇄ course run ⇄ session ⇄ accrual ⇄ payment. Sums agree both ways, because
//! both are read from the same postings. `starts` follows from other things by the same parts.

use crate::db::Connection;
use crate::db::schema::{
    course_run, enrolment_move, payee, payment, posting, programme, redemption, voucher,
};
use crate::kernel::*;
use crate::ledger::as_of::AsOf;
use crate::payment::model::Status;
use crate::redemption::query::{Sought, locate};
use crate::writer::{Failure, Stop};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Integer, Text};
use serde::Serialize;
use utoipa::ToSchema;

/// A redemption followed to the hours it paid for.
#[derive(Serialize, ToSchema)]
pub struct RedemptionTrace {
    pub redemption_id: RedemptionId,
    pub voucher_id: VoucherId,
    pub programme_id: ProgrammeId,
    pub course_run_id: CourseRunId,
    #[schema(example = "П-01")]
    pub course_run: String,
    /// Reversed redemptions keep what they had funded before, as sunk cost.
    pub is_live: bool,
    /// `face_value` + `topped_up` + `moved_in` = `obligated` + `accrued` + `released` + `moved_out`.
    pub face_value: Kopecks,
    /// Its part of what its run was topped up by.
    pub topped_up: Kopecks,
    /// Its parts of what redemptions of its run left to the others when they were reversed.
    pub moved_in: Kopecks,
    /// What it left to the others when it was reversed itself.
    pub moved_out: Kopecks,
    /// Owed for the seat and not yet turned into pay.
    pub obligated: Kopecks,
    /// All that became owed to payees, paid or not: the sum of `sessions`.
    pub accrued: Kopecks,
    /// The part of `accrued` that was paid: the sum of `payments`.
    pub paid: Kopecks,
    /// Given back when it was reversed or its course run closed.
    pub released: Kopecks,
    /// Hours of the sessions it has a part in.
    pub hours: i64,
    pub sessions: Vec<SessionShare>,
    pub payments: Vec<PaymentShare>,
}

/// The redemption's part in what one session owes to one payee.
#[derive(Serialize, ToSchema, QueryableByName)]
pub struct SessionShare {
    #[diesel(sql_type = Binary)]
    pub session_id: SessionId,
    #[diesel(sql_type = Text)]
    #[schema(format = Date)]
    pub held_on: String,
    #[diesel(sql_type = Text)]
    #[schema(example = "lecture")]
    pub phase: String,
    #[diesel(sql_type = Integer)]
    pub hours: i32,
    #[diesel(sql_type = Binary)]
    pub payee_id: PayeeId,
    /// `instructor` or `tax_office`.
    #[diesel(sql_type = Text)]
    pub payee_kind: String,
    #[diesel(sql_type = BigInt)]
    pub accrued: Kopecks,
    #[diesel(sql_type = BigInt)]
    pub paid: Kopecks,
}

/// The redemption's part in a payment.
#[derive(Serialize, ToSchema, QueryableByName)]
pub struct PaymentShare {
    #[diesel(sql_type = Binary)]
    pub payment_id: PaymentId,
    #[diesel(sql_type = Binary)]
    pub payee_id: PayeeId,
    #[diesel(sql_type = Text)]
    pub document_number: String,
    #[diesel(sql_type = Text)]
    #[schema(format = Date)]
    pub paid_on: String,
    #[diesel(sql_type = BigInt)]
    pub amount: Kopecks,
}

/// A payment followed back to the redemptions behind it.
#[derive(Serialize, ToSchema)]
pub struct PaymentTrace {
    pub payment_id: PaymentId,
    pub programme_id: ProgrammeId,
    pub payee_id: PayeeId,
    /// `instructor`, `tax_office` or `contractor`.
    pub payee_kind: String,
    pub document_number: String,
    #[schema(format = Date)]
    pub paid_on: String,
    #[schema(example = "paid")]
    pub status: String,
    /// Once paid, the sum of `shares` and `acts`.
    pub amount: Kopecks,
    /// Empty before it is confirmed, and once it is returned.
    pub shares: Vec<Share>,
    /// What of it paid a contractor of the campaign.
    pub acts: Vec<ActShare>,
}

/// What of a payment is for one act.
#[derive(Serialize, ToSchema, QueryableByName)]
pub struct ActShare {
    #[diesel(sql_type = Binary)]
    pub contract_id: ContractId,
    #[diesel(sql_type = Binary)]
    pub act_id: ActId,
    /// Of the act.
    #[diesel(sql_type = Text)]
    pub document_number: String,
    #[diesel(sql_type = BigInt)]
    pub amount: Kopecks,
}

/// What one redemption gave to a payment for one session.
#[derive(Serialize, ToSchema, QueryableByName)]
#[schema(as = PaymentTraceShare)]
pub struct Share {
    #[diesel(sql_type = Binary)]
    pub redemption_id: RedemptionId,
    #[diesel(sql_type = Binary)]
    pub voucher_id: VoucherId,
    #[diesel(sql_type = Binary)]
    pub agency_id: AgencyId,
    #[diesel(sql_type = Binary)]
    pub course_run_id: CourseRunId,
    #[diesel(sql_type = Binary)]
    pub session_id: SessionId,
    #[diesel(sql_type = BigInt)]
    pub amount: Kopecks,
}

#[derive(QueryableByName)]
struct Sums {
    #[diesel(sql_type = BigInt)]
    obligated: Kopecks,
    #[diesel(sql_type = BigInt)]
    accrued: Kopecks,
    #[diesel(sql_type = BigInt)]
    paid: Kopecks,
    #[diesel(sql_type = BigInt)]
    released: Kopecks,
    #[diesel(sql_type = BigInt)]
    topped_up: Kopecks,
    #[diesel(sql_type = BigInt)]
    hours: i64,
}

type RedemptionRow = (RedemptionId, Option<i64>, VoucherId, Kopecks, ProgrammeId, CourseRunId, String);

/// Follows a redemption, and says as of how many leaves.
///
/// # Errors
/// As [`locate`]; `not_found` when it was made later; `invalid_field` for a size that the log does not have.
pub fn redemption(
    connection: &mut Connection,
    sought: &Sought,
    as_of: Option<i64>,
) -> Result<(i64, RedemptionTrace), Stop> {
    let (programme_no, redemption_no) = locate(connection, sought)?;
    let size = AsOf::find(connection, programme_no, as_of)?.size;
    if redemption_no >= size {
        return Err(Refusal::not_found("redemption").into());
    }
    Ok((size, of_redemption(connection, programme_no, redemption_no, size)?))
}

/// Follows a redemption by its number, through the first `size` leaves.
pub(super) fn of_redemption(
    connection: &mut Connection,
    programme_no: i64,
    redemption_no: i64,
    size: i64,
) -> Result<RedemptionTrace, Failure> {
    let course_run_no = course_run_no(connection, programme_no, redemption_no, size)?;
    let found = redemption::table
        .inner_join(programme::table.on(programme::programme_no.eq(redemption::programme_no)))
        .inner_join(
            voucher::table.on(voucher::programme_no
                .eq(redemption::programme_no)
                .and(voucher::voucher_no.eq(redemption::voucher_no))),
        )
        .inner_join(
            course_run::table.on(course_run::programme_no
                .eq(redemption::programme_no)
                .and(course_run::course_run_no.eq(course_run_no))),
        )
        .filter(redemption::programme_no.eq(programme_no))
        .filter(redemption::redemption_no.eq(redemption_no))
        .select((
            redemption::redemption_id,
            redemption::reversed_log_index,
            voucher::voucher_id,
            voucher::face_value_kopecks,
            programme::programme_id,
            course_run::course_run_id,
            course_run::code,
        ))
        .get_result::<RedemptionRow>(connection)?;
    let (redemption_id, reversed, voucher_id, face_value, programme_id, course_run_id, course_run) = found;
    let sums = sums(connection, programme_no, redemption_no, size)?;
    let (moved_in, moved_out) = moved(connection, programme_no, redemption_no, size)?;
    Ok(RedemptionTrace {
        redemption_id,
        voucher_id,
        programme_id,
        course_run_id,
        course_run,
        is_live: reversed.is_none_or(|leaf| leaf >= size),
        face_value,
        topped_up: sums.topped_up,
        moved_in,
        moved_out,
        obligated: sums.obligated,
        accrued: sums.accrued,
        paid: sums.paid,
        released: sums.released,
        hours: sums.hours,
        sessions: session_shares(connection, programme_no, Of::Redemption(redemption_no), size)?,
        payments: payment_shares(connection, programme_no, Of::Redemption(redemption_no), size)?,
    })
}

/// The course run that a redemption was in when the log had `size` leaves: the one that its next move was from, or its own.
fn course_run_no(
    connection: &mut Connection,
    programme_no: i64,
    redemption_no: i64,
    size: i64,
) -> QueryResult<i64> {
    let left: Option<i64> = enrolment_move::table
        .filter(enrolment_move::programme_no.eq(programme_no))
        .filter(enrolment_move::redemption_no.eq(redemption_no))
        .filter(enrolment_move::move_no.ge(size))
        .order(enrolment_move::move_no)
        .select(enrolment_move::from_course_run_no)
        .first(connection)
        .optional()?;
    match left {
        Some(left) => Ok(left),
        None => redemption::table
            .find((programme_no, redemption_no))
            .select(redemption::course_run_no)
            .get_result(connection),
    }
}

/// What came from redemptions that were reversed, and what went to others when it was itself: nothing else moves between
/// redemptions.
fn moved(
    connection: &mut Connection,
    programme_no: i64,
    redemption_no: i64,
    size: i64,
) -> QueryResult<(Kopecks, Kopecks)> {
    let sums: Vec<i64> = posting::table
        .filter(posting::programme_no.eq(programme_no))
        .filter(posting::redemption_no.eq(redemption_no))
        .filter(posting::log_index.lt(size))
        .group_by(posting::log_index)
        .select(sql::<BigInt>("CAST(SUM(amount_kopecks) AS BIGINT)"))
        .load(connection)?;
    let (came, went): (Vec<i64>, Vec<i64>) = sums.into_iter().partition(|sum| *sum > 0);
    Ok((Kopecks::new(came.iter().sum()), Kopecks::new(-went.iter().sum::<i64>())))
}

/// What is accrued moves on when it is paid: both accounts together are all that ever accrued.
fn sums(connection: &mut Connection, programme_no: i64, redemption_no: i64, size: i64) -> QueryResult<Sums> {
    // SQLite numbers arguments as they appear.
    sql_query(
        "SELECT CAST(COALESCE(SUM(CASE account WHEN 3 THEN amount_kopecks END), 0) AS BIGINT) AS obligated,
                CAST(COALESCE(SUM(CASE WHEN account IN (4, 5) THEN amount_kopecks END), 0) AS BIGINT) AS accrued,
                CAST(COALESCE(SUM(CASE account WHEN 5 THEN amount_kopecks END), 0) AS BIGINT) AS paid,
                CAST(COALESCE(SUM(CASE WHEN account IN (1, 2) AND amount_kopecks > 0
                                       THEN amount_kopecks END), 0) AS BIGINT) AS released,
                CAST(COALESCE(-SUM(CASE WHEN account = 1 AND amount_kopecks < 0 AND log_index <> redemption_no
                                        THEN amount_kopecks END), 0) AS BIGINT) AS topped_up,
                CAST(COALESCE((SELECT SUM(hours) FROM session
                    WHERE (session.cancelled_log_index IS NULL OR session.cancelled_log_index >= $1)
                      AND session.programme_no = posting.programme_no AND session.session_no IN (
                        SELECT own.session_no FROM posting own
                        WHERE own.programme_no = posting.programme_no
                          AND own.redemption_no = posting.redemption_no AND own.log_index < $1)), 0) AS BIGINT) AS hours
         FROM posting WHERE programme_no = $2 AND redemption_no = $3 AND log_index < $1
         GROUP BY programme_no, redemption_no",
    )
    .bind::<BigInt, _>(size)
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(redemption_no)
    .get_result(connection)
}

/// Whose postings a trace is read from; each has an index.
#[derive(Clone, Copy)]
pub(super) enum Of {
    Redemption(i64),
    Session(i64),
    Payee(i64),
}

impl Of {
    /// The condition of a posting called `p`. A number only, which needs no argument.
    pub(super) fn condition(self) -> String {
        match self {
            Self::Redemption(number) => format!("p.redemption_no = {number}"),
            Self::Session(number) => format!("p.session_no = {number}"),
            Self::Payee(number) => format!("p.payee_no = {number}"),
        }
    }
}

/// What became owed for each session to each payee, and was paid.
pub(super) fn session_shares(
    connection: &mut Connection,
    programme_no: i64,
    of: Of,
    size: i64,
) -> QueryResult<Vec<SessionShare>> {
    sql_query(format!(
        "SELECT s.session_id, s.held_on, s.phase, s.hours, y.payee_id, y.kind AS payee_kind,
                CAST(SUM(p.amount_kopecks) AS BIGINT) AS accrued,
                CAST(SUM(CASE p.account WHEN 5 THEN p.amount_kopecks ELSE 0 END) AS BIGINT) AS paid
         FROM posting p
         JOIN session s ON s.programme_no = p.programme_no AND s.session_no = p.session_no
         JOIN payee y ON y.payee_no = p.payee_no
         WHERE p.programme_no = $1 AND p.log_index < $2 AND {} AND p.account IN (4, 5)
         GROUP BY s.session_no, s.session_id, s.held_on, s.phase, s.hours, y.payee_no, y.payee_id, y.kind
         HAVING SUM(p.amount_kopecks) <> 0
         ORDER BY s.held_on, s.session_no, y.kind LIMIT {AT_MOST}",
        of.condition()
    ))
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(size)
    .load(connection)
}

/// What each payment gave.
pub(super) fn payment_shares(
    connection: &mut Connection,
    programme_no: i64,
    of: Of,
    size: i64,
) -> QueryResult<Vec<PaymentShare>> {
    sql_query(format!(
        "SELECT m.payment_id, y.payee_id, m.document_number, m.paid_on,
                CAST(SUM(p.amount_kopecks) AS BIGINT) AS amount
         FROM posting p
         JOIN payment m ON m.programme_no = p.programme_no AND m.payment_no = p.payment_no
         JOIN payee y ON y.payee_no = m.payee_no
         WHERE p.programme_no = $1 AND p.log_index < $2 AND {} AND p.account = 5
         GROUP BY m.payment_no, m.payment_id, y.payee_id, m.document_number, m.paid_on
         HAVING SUM(p.amount_kopecks) <> 0
         ORDER BY m.payment_no LIMIT {AT_MOST}",
        of.condition()
    ))
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(size)
    .load(connection)
}

/// Rows of one list of a trace at most: a payee may have more.
pub(super) const AT_MOST: usize = 5_000;

/// The leaves that made a payment what it is: paid, returned, withdrawn.
type Leaves = (Option<i64>, Option<i64>, Option<i64>);

type PaymentRow = ((i64, i64, PaymentId, ProgrammeId), (PayeeId, String), (String, String, Kopecks), Leaves);

/// Which payment is asked for.
pub enum SoughtPayment {
    ById(PaymentId),
    /// By the number of its order, in the programme of this number: the one that was not withdrawn, or the last of those
    /// that were.
    ByDocument(i64, String),
}

/// Follows a payment back, and says as of how many leaves; with `university_no`, only one of that university's programmes.
///
/// # Errors
/// `not_found`, also when it was prepared later; `invalid_field` for a size that the log does not have; the database's.
pub fn payment(
    connection: &mut Connection,
    sought: SoughtPayment,
    university_no: Option<i64>,
    as_of: Option<i64>,
) -> Result<(i64, PaymentTrace), Stop> {
    let found = find_payments(connection, sought, university_no)?;
    let none = || Refusal::not_found("payment");
    let programme_no = found.first().ok_or_else(none)?.0.0;
    let size = AsOf::find(connection, programme_no, as_of)?.size;
    // A number of an order is free again once a payment is withdrawn.
    let made = found.into_iter().filter(|((_, payment_no, ..), ..)| *payment_no < size);
    let chosen = made.max_by_key(|((_, payment_no, ..), .., leaves)| {
        (leaves.2.is_none_or(|withdrawn| withdrawn >= size), *payment_no)
    });
    let ((_, payment_no, payment_id, programme_id), (payee_id, payee_kind), order, leaves) =
        chosen.ok_or_else(none)?;
    let (document_number, paid_on, amount) = order;
    let has = |leaf: Option<i64>| leaf.is_some_and(|leaf| leaf < size);
    let (paid, returned, withdrawn) = leaves;
    let status = match () {
        () if has(withdrawn) => Status::Withdrawn,
        () if has(returned) => Status::Returned,
        () if has(paid) => Status::Paid,
        () => Status::Prepared,
    };
    let trace = PaymentTrace {
        payment_id,
        programme_id,
        payee_id,
        payee_kind,
        document_number,
        paid_on,
        status: status.as_str().to_owned(),
        amount,
        shares: shares(connection, programme_no, payment_no, size)?,
        acts: act_shares(connection, programme_no, Whose::Payment(payment_no), size)?,
    };
    Ok((size, trace))
}

fn find_payments(
    connection: &mut Connection,
    sought: SoughtPayment,
    university_no: Option<i64>,
) -> QueryResult<Vec<PaymentRow>> {
    let mut query = payment::table
        .inner_join(programme::table.on(programme::programme_no.eq(payment::programme_no)))
        .inner_join(payee::table.on(payee::payee_no.eq(payment::payee_no)))
        .select((
            (payment::programme_no, payment::payment_no, payment::payment_id, programme::programme_id),
            (payee::payee_id, payee::kind),
            (payment::document_number, payment::paid_on, payment::amount_kopecks),
            (payment::paid_log_index, payment::returned_log_index, payment::withdrawn_log_index),
        ))
        .into_boxed();
    query = match sought {
        SoughtPayment::ById(id) => query.filter(payment::payment_id.eq(id)),
        SoughtPayment::ByDocument(programme_no, number) => {
            query.filter(payment::programme_no.eq(programme_no)).filter(payment::document_number.eq(number))
        }
    };
    if let Some(university_no) = university_no {
        query = query.filter(programme::university_no.eq(university_no));
    }
    query.load(connection)
}

/// Of what acts were paid: by a payment, or to a payee.
#[derive(Clone, Copy)]
pub(super) enum Whose {
    Payment(i64),
    Payee(i64),
}

pub(super) fn act_shares(
    connection: &mut Connection,
    programme_no: i64,
    whose: Whose,
    size: i64,
) -> QueryResult<Vec<ActShare>> {
    let condition = match whose {
        Whose::Payment(number) => format!("p.payment_no = {number}"),
        Whose::Payee(number) => format!("p.payee_no = {number}"),
    };
    sql_query(format!(
        "SELECT k.contract_id, w.act_id, w.document_number, CAST(SUM(p.amount_kopecks) AS BIGINT) AS amount
         FROM posting p
         JOIN campaign_contract k ON k.programme_no = p.programme_no AND k.contract_no = p.contract_no
         JOIN campaign_act w ON w.programme_no = p.programme_no AND w.act_no = p.act_no
         WHERE p.programme_no = $1 AND p.log_index < $2 AND {condition} AND p.account = 5
         GROUP BY k.contract_id, w.act_no, w.act_id, w.document_number
         HAVING SUM(p.amount_kopecks) <> 0
         ORDER BY w.act_no LIMIT {AT_MOST}"
    ))
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(size)
    .load(connection)
}

fn shares(
    connection: &mut Connection,
    programme_no: i64,
    payment_no: i64,
    size: i64,
) -> QueryResult<Vec<Share>> {
    sql_query(
        "SELECT r.redemption_id, v.voucher_id, a.agency_id, c.course_run_id, s.session_id,
                CAST(SUM(p.amount_kopecks) AS BIGINT) AS amount
         FROM posting p
         JOIN redemption r ON r.programme_no = p.programme_no AND r.redemption_no = p.redemption_no
         JOIN voucher v ON v.programme_no = p.programme_no AND v.voucher_no = p.voucher_no
         JOIN agency a ON a.agency_no = p.agency_no
         JOIN course_run c ON c.programme_no = p.programme_no AND c.course_run_no = p.course_run_no
         JOIN session s ON s.programme_no = p.programme_no AND s.session_no = p.session_no
         WHERE p.programme_no = $1 AND p.payment_no = $2 AND p.log_index < $3 AND p.account = 5
         GROUP BY r.redemption_no, s.session_no, r.redemption_id, v.voucher_id, a.agency_id,
                  c.course_run_id, s.session_id
         HAVING SUM(p.amount_kopecks) <> 0
         ORDER BY r.redemption_no, s.session_no",
    )
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(payment_no)
    .bind::<BigInt, _>(size)
    .load(connection)
}
