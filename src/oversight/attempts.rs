//! Attempts on vouchers that were refused, and why: scans at the enrolment table, moves of the programme office.

use crate::db::Connection;
use crate::db::schema::{token, voucher, voucher_attempt};
use crate::kernel::*;
use crate::oversight::ledger::Span;
use crate::voucher::model::Action;
use crate::writer::Failure;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::Serialize;
use utoipa::ToSchema;

/// Which attempts; `None` does not narrow.
#[derive(Clone, Default)]
pub struct AttemptFilter {
    /// Why they were refused.
    pub code: Option<Code>,
    /// What was tried.
    pub action: Option<Action>,
    pub attempted: Span,
}

/// An attempt that was refused.
#[derive(Serialize, ToSchema)]
pub struct AttemptView {
    /// Its place among the attempts of the programme.
    pub attempt_no: i64,
    pub at: Timestamp,
    /// The token that tried; null for the service itself.
    pub by: Option<TokenId>,
    pub voucher_id: VoucherId,
    #[schema(example = "redeem")]
    pub action: String,
    /// Why it was refused.
    #[schema(example = "already_redeemed")]
    pub code: String,
    /// What was known then: the figures of the refusal.
    #[schema(value_type = Object)]
    pub facts: serde_json::Value,
    /// Of a redemption: the id that its client chose.
    pub redemption_id: Option<RedemptionId>,
    /// Whether this is the answer to that id for ever.
    pub is_final: bool,
}

type Row = (i64, Timestamp, Option<TokenId>, VoucherId, String, String, String, Option<RedemptionId>, bool);

/// Refused attempts behind a number, in the order they were made.
///
/// # Errors
/// The database's; stored facts that cannot be read.
pub fn refused(
    connection: &mut Connection,
    programme_no: i64,
    filter: &AttemptFilter,
    after: i64,
    limit: i64,
) -> Result<Vec<AttemptView>, Failure> {
    // Instants no clock shows bound what is not bounded, and a code or action that is not asked for is any.
    let from = filter.attempted.from.unwrap_or(Timestamp::from_millis(i64::MIN));
    let before = filter.attempted.before.unwrap_or(Timestamp::from_millis(i64::MAX));
    let (code, action) = (filter.code.map(Code::as_str), filter.action.map(Action::as_str));
    let (any_code, any_action) = (code.is_none(), action.is_none());
    let rows: Vec<Row> = voucher_attempt::table
        .inner_join(
            voucher::table.on(voucher::programme_no
                .eq(voucher_attempt::programme_no)
                .and(voucher::voucher_no.eq(voucher_attempt::voucher_no))),
        )
        .left_join(token::table.on(token::token_no.eq(voucher_attempt::attempted_by)))
        .filter(voucher_attempt::programme_no.eq(programme_no))
        .filter(voucher_attempt::attempt_no.gt(after))
        .filter(voucher_attempt::outcome.ne("done"))
        .filter(voucher_attempt::attempted_at.ge(from).and(voucher_attempt::attempted_at.lt(before)))
        .filter(voucher_attempt::outcome.eq(code.unwrap_or_default()).or(any_code.into_sql::<Bool>()))
        .filter(voucher_attempt::action.eq(action.unwrap_or_default()).or(any_action.into_sql::<Bool>()))
        .order(voucher_attempt::attempt_no)
        .limit(limit)
        .select((
            voucher_attempt::attempt_no,
            voucher_attempt::attempted_at,
            token::token_id.nullable(),
            voucher::voucher_id,
            voucher_attempt::action,
            voucher_attempt::outcome,
            voucher_attempt::facts,
            voucher_attempt::redemption_id,
            voucher_attempt::is_final,
        ))
        .load(connection)?;
    let view = |(attempt_no, at, by, voucher_id, action, code, facts, redemption_id, is_final): Row| {
        let facts = serde_json::from_str(&facts)
            .map_err(|_| Failure::Inconsistent("kept facts of an attempt cannot be read".into()))?;
        Ok(AttemptView { attempt_no, at, by, voucher_id, action, code, facts, redemption_id, is_final })
    };
    rows.into_iter().map(view).collect()
}
