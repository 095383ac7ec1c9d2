//! What each redemption has on an account, and what a payee is owed for what: the weights by which accruals and
//! payments are spread (`allocation`), what closing a run releases, what a reverse takes back.
//!
//! Reads postings; writes nothing and decides nothing.

use super::books::Entry;
use super::model::{Account, Dimensions};
use crate::db::{Connection, rows};
use crate::kernel::{Kopecks, RedemptionId};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Nullable, SmallInt};
use std::collections::HashMap;

/// A redemption's part of an account, greater than zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, QueryableByName)]
pub struct Share {
    #[diesel(sql_type = BigInt)]
    pub redemption_no: i64,
    #[diesel(sql_type = Binary)]
    pub redemption_id: RedemptionId,
    #[diesel(sql_type = BigInt)]
    pub voucher_no: i64,
    #[diesel(sql_type = BigInt)]
    pub agency_no: i64,
    #[diesel(sql_type = BigInt)]
    pub course_run_no: i64,
    #[diesel(sql_type = BigInt)]
    pub amount: Kopecks,
}

impl Share {
    /// The dimensions that every posting about this redemption carries.
    pub fn dimensions(&self) -> Dimensions {
        Dimensions {
            agency_no: Some(self.agency_no),
            voucher_no: Some(self.voucher_no),
            redemption_no: Some(self.redemption_no),
            course_run_no: Some(self.course_run_no),
            ..Dimensions::default()
        }
    }
}

/// What a payee is owed and has not been paid, by what it is owed for: a redemption's part of a session, or an act.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnpaidShare {
    pub budget_line_no: i64,
    /// None of an act.
    pub redemption_id: Option<RedemptionId>,
    /// With the payee, without a payment.
    pub dimensions: Dimensions,
    pub amount: Kopecks,
}

/// A payee of a programme.
struct Owed {
    programme_no: i64,
    payee_no: i64,
}

/// Payee and line; the redemption; agency, voucher, redemption and course run; session, contract and act; the amount.
type UnpaidRow = ((i64, i64), Option<RedemptionId>, (No, No, No, No), (No, No, No), Kopecks);

/// What each redemption of a course run has on `account` (not `limit`), by redemption number.
/// Reversed ones appear with what they funded before (their sunk cost).
///
/// # Errors
/// The database's.
pub fn of_run(
    connection: &mut Connection,
    programme_no: i64,
    course_run_no: i64,
    account: Account,
) -> QueryResult<Vec<Share>> {
    sql_query(
        "SELECT r.redemption_no, r.redemption_id, r.voucher_no, v.agency_no, r.course_run_no,
                CAST(SUM(p.amount_kopecks) AS BIGINT) AS amount
           FROM redemption r
           JOIN voucher v ON v.programme_no = r.programme_no AND v.voucher_no = r.voucher_no
           JOIN posting p ON p.programme_no = r.programme_no AND p.redemption_no = r.redemption_no
          WHERE r.programme_no = $1 AND r.course_run_no = $2 AND p.account = $3
          GROUP BY r.redemption_no, r.redemption_id, r.voucher_no, v.agency_no, r.course_run_no
         HAVING SUM(p.amount_kopecks) > 0
          ORDER BY r.redemption_no",
    )
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(course_run_no)
    .bind::<SmallInt, _>(account.number())
    .load(connection)
}

/// The live redemptions of a course run, by redemption number, with what every posting about them carries.
///
/// # Errors
/// The database's.
pub fn live_of_run(
    connection: &mut Connection,
    programme_no: i64,
    course_run_no: i64,
) -> QueryResult<Vec<(RedemptionId, Dimensions)>> {
    use crate::db::schema::{redemption, voucher};
    const LIVE: i16 = 1;
    let rows: Vec<(RedemptionId, i64, i64, i64)> = redemption::table
        .inner_join(
            voucher::table.on(voucher::programme_no
                .eq(redemption::programme_no)
                .and(voucher::voucher_no.eq(redemption::voucher_no))),
        )
        .filter(redemption::programme_no.eq(programme_no))
        .filter(redemption::course_run_no.eq(course_run_no))
        .filter(redemption::status.eq(LIVE))
        .order(redemption::redemption_no)
        .select((
            redemption::redemption_id,
            redemption::redemption_no,
            voucher::voucher_no,
            voucher::agency_no,
        ))
        .load(connection)?;
    let live = rows.into_iter().map(|(id, redemption_no, voucher_no, agency_no)| {
        let about = Dimensions {
            agency_no: Some(agency_no),
            voucher_no: Some(voucher_no),
            redemption_no: Some(redemption_no),
            course_run_no: Some(course_run_no),
            ..Dimensions::default()
        };
        (id, about)
    });
    Ok(live.collect())
}

/// What a payee is owed and has not been paid, redemptions and sessions in the order of their numbers, then acts.
///
/// # Errors
/// The database's.
pub fn unpaid_of_payee(
    connection: &mut Connection,
    programme_no: i64,
    payee_no: i64,
) -> QueryResult<Vec<UnpaidShare>> {
    Ok(unpaid_of_payees(connection, programme_no, &[payee_no])?.remove(&payee_no).unwrap_or_default())
}

/// The same of many payees, by their numbers; those who are owed nothing are left out.
///
/// # Errors
/// The database's.
pub fn unpaid_of_payees(
    connection: &mut Connection,
    programme_no: i64,
    payee_nos: &[i64],
) -> QueryResult<HashMap<i64, Vec<UnpaidShare>>> {
    let payees: Vec<_> =
        payee_nos.iter().map(|payee_no| Owed { programme_no, payee_no: *payee_no }).collect();
    let mut unpaid: HashMap<i64, Vec<UnpaidShare>> = HashMap::new();
    for ((payee_no, budget_line_no), redemption_id, of_redemption, of_hours_or_act, amount) in
        accrued(connection, &payees)?
    {
        let (agency_no, voucher_no, redemption_no, course_run_no) = of_redemption;
        let (session_no, contract_no, act_no) = of_hours_or_act;
        let dimensions = Dimensions {
            agency_no,
            voucher_no,
            redemption_no,
            course_run_no,
            session_no,
            payee_no: Some(payee_no),
            payment_no: None,
            contract_no,
            act_no,
        };
        let share = UnpaidShare { budget_line_no, redemption_id, dimensions, amount };
        unpaid.entry(payee_no).or_default().push(share);
    }
    for shares in unpaid.values_mut() {
        shares.sort_unstable_by_key(|share| {
            let of = &share.dimensions;
            (of.redemption_no.is_none(), of.redemption_no, of.session_no, of.act_no)
        });
    }
    Ok(unpaid)
}

rows! {
    /// On the account `accrued` (4).
    fn accrued(Owed { programme_no: i64 as BigInt, payee_no: i64 as BigInt })
        -> UnpaidRow as ((BigInt, BigInt), Nullable<Binary>, (Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>), (Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>), BigInt)
        = "SELECT p.payee_no, p.budget_line_no, r.redemption_id, p.agency_no, p.voucher_no, p.redemption_no, \
                  p.course_run_no, p.session_no, p.contract_no, p.act_no, CAST(SUM(p.amount_kopecks) AS BIGINT) \
             FROM posting p \
             LEFT JOIN redemption r ON r.programme_no = p.programme_no AND r.redemption_no = p.redemption_no, {rows} \
            WHERE p.programme_no = rows.programme_no AND p.payee_no = rows.payee_no AND p.account = 4 \
            GROUP BY p.payee_no, p.budget_line_no, r.redemption_id, p.agency_no, p.voucher_no, p.redemption_no, \
                  p.course_run_no, p.session_no, p.contract_no, p.act_no \
           HAVING SUM(p.amount_kopecks) > 0"
}

/// The ids of redemptions by their numbers.
///
/// # Errors
/// The database's.
pub fn redemption_ids(
    connection: &mut Connection,
    programme_no: i64,
    numbers: &[i64],
) -> QueryResult<HashMap<i64, RedemptionId>> {
    use crate::db::schema::redemption;
    let mut found = HashMap::new();
    for numbers in numbers.chunks(1_000) {
        let rows = redemption::table
            .filter(redemption::programme_no.eq(programme_no))
            .filter(redemption::redemption_no.eq_any(numbers))
            .select((redemption::redemption_no, redemption::redemption_id));
        found.extend(rows.load::<(i64, RedemptionId)>(connection)?);
    }
    Ok(found)
}

/// The debits that a transaction made on an account, with all they are about: what its exact reverse takes back.
///
/// # Errors
/// The database's.
pub fn debits_of(
    connection: &mut Connection,
    entry: Entry,
    account: Account,
) -> QueryResult<Vec<(i64, Dimensions, Kopecks)>> {
    use crate::db::schema::posting;
    let rows: Vec<(i64, Numbers, Kopecks)> = posting::table
        .filter(posting::programme_no.eq(entry.programme_no))
        .filter(posting::log_index.eq(entry.log_index))
        .filter(posting::account.eq(account.number()))
        .filter(posting::amount_kopecks.gt(0))
        .order(posting::posting_no)
        .select((
            posting::budget_line_no,
            (
                posting::agency_no,
                posting::voucher_no,
                posting::redemption_no,
                posting::course_run_no,
                posting::session_no,
                posting::payee_no,
                posting::payment_no,
                posting::contract_no,
                posting::act_no,
            ),
            posting::amount_kopecks,
        ))
        .load(connection)?;
    Ok(rows.into_iter().map(|(line, numbers, amount)| (line, dimensions(numbers), amount)).collect())
}

type No = Option<i64>;
type Numbers = (No, No, No, No, No, No, No, No, No);

fn dimensions(numbers: Numbers) -> Dimensions {
    let (
        agency_no,
        voucher_no,
        redemption_no,
        course_run_no,
        session_no,
        payee_no,
        payment_no,
        contract_no,
        act_no,
    ) = numbers;
    Dimensions {
        agency_no,
        voucher_no,
        redemption_no,
        course_run_no,
        session_no,
        payee_no,
        payment_no,
        contract_no,
        act_no,
    }
}
