//! What each redemption has on an account: the weights by which accruals and payments are spread
//! (`allocation`), and what closing a run releases.
//!
//! Reads postings; writes nothing and decides nothing.

use super::model::{Account, Dimensions};
use crate::db::Connection;
use crate::kernel::{Kopecks, RedemptionId};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, SmallInt};

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

/// A redemption's part of what a payee is owed for one session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, QueryableByName)]
pub struct UnpaidShare {
    #[diesel(embed)]
    pub share: Share,
    #[diesel(sql_type = BigInt)]
    pub session_no: i64,
}

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

/// What a payee is owed and has not been paid, by redemption and session.
///
/// # Errors
/// The database's.
pub fn unpaid_of_payee(
    connection: &mut Connection,
    programme_no: i64,
    payee_no: i64,
) -> QueryResult<Vec<UnpaidShare>> {
    sql_query(
        "SELECT r.redemption_no, r.redemption_id, r.voucher_no, v.agency_no, p.course_run_no, p.session_no,
                CAST(SUM(p.amount_kopecks) AS BIGINT) AS amount
           FROM posting p
           JOIN redemption r ON r.programme_no = p.programme_no AND r.redemption_no = p.redemption_no
           JOIN voucher v ON v.programme_no = r.programme_no AND v.voucher_no = r.voucher_no
          WHERE p.programme_no = $1 AND p.payee_no = $2 AND p.account = $3
          GROUP BY r.redemption_no, r.redemption_id, r.voucher_no, v.agency_no, p.course_run_no, p.session_no
         HAVING SUM(p.amount_kopecks) > 0
          ORDER BY r.redemption_no, p.session_no",
    )
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(payee_no)
    .bind::<SmallInt, _>(Account::Accrued.number())
    .load(connection)
}
