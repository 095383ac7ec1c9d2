//! Postings: what they are about, where they stand, and the search among them.

use super::ledger::{TransactionFilter, account_name, kind_name};
use super::redemptions;
use crate::db::schema::voucher;
use crate::db::{Backend, Connection};
use crate::kernel::*;
use crate::ledger::model::Account;
use crate::writer::Failure;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, SmallInt, Text};
use serde::Serialize;
use std::fmt::Write as _;
use std::ops::RangeFrom;
use utoipa::ToSchema;

/// One line of a journal transaction, with all it is about.
#[derive(Serialize, ToSchema)]
pub struct PostingView {
    pub log_index: i64,
    pub posting_no: i32,
    #[schema(example = "session_accepted")]
    pub kind: String,
    pub effective_at: Timestamp,
    pub budget_line_id: BudgetLineId,
    #[schema(example = "accrued")]
    pub account: &'static str,
    /// Debit positive, credit negative.
    pub amount: Kopecks,
    pub agency_id: Option<AgencyId>,
    pub voucher_id: Option<VoucherId>,
    pub redemption_id: Option<RedemptionId>,
    pub course_run_id: Option<CourseRunId>,
    pub session_id: Option<SessionId>,
    pub payee_id: Option<PayeeId>,
    pub payment_id: Option<PaymentId>,
    /// Of the information campaign.
    pub contract_id: Option<ContractId>,
    /// Of such a contract.
    pub act_id: Option<ActId>,
}

impl PostingView {
    pub fn place(&self) -> PostingPlace {
        PostingPlace { log_index: self.log_index, posting_no: self.posting_no }
    }
}

/// Which postings; `None` does not narrow. An id that there is not has none.
#[derive(Clone, Default)]
pub struct PostingFilter {
    pub account: Option<Account>,
    pub budget_line_id: Option<BudgetLineId>,
    pub agency_id: Option<AgencyId>,
    pub voucher_id: Option<VoucherId>,
    pub redemption_id: Option<RedemptionId>,
    pub payee_id: Option<PayeeId>,
    pub payment_id: Option<PaymentId>,
    /// Of the order that paid.
    pub document_number: Option<String>,
    pub session_id: Option<SessionId>,
    pub course_run_id: Option<CourseRunId>,
    pub contract_id: Option<ContractId>,
    /// Without its sign, in kopecks: debits and credits alike.
    pub amount_min: Option<i64>,
    pub amount_max: Option<i64>,
    /// What their transactions are.
    pub transactions: TransactionFilter,
}

/// The next argument of a statement that grows.
fn argument(next: &mut RangeFrom<usize>) -> String {
    format!("${}", next.next().unwrap_or_default())
}

/// One more condition, on the next argument.
fn and(condition: &str, next: &mut RangeFrom<usize>) -> String {
    format!(" AND {condition} {}", argument(next))
}

/// Where a posting stands; as one number it is the cursor of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PostingPlace {
    pub log_index: i64,
    pub posting_no: i32,
}

/// No transaction has this many postings: a bit pattern of its own for every posting.
const POSTING_BITS: u32 = 24;

impl PostingPlace {
    /// Before every posting.
    pub const START: Self = Self { log_index: -1, posting_no: 0 };

    pub fn number(self) -> i64 {
        self.log_index << POSTING_BITS | i64::from(self.posting_no)
    }

    pub fn from_number(number: i64) -> Self {
        let posting_no = (number & ((1 << POSTING_BITS) - 1)) as i32; // 24 bits
        Self { log_index: number >> POSTING_BITS, posting_no }
    }
}

#[derive(QueryableByName)]
pub(super) struct PostingRow {
    #[diesel(sql_type = BigInt)]
    log_index: i64,
    #[diesel(sql_type = Integer)]
    posting_no: i32,
    #[diesel(sql_type = SmallInt)]
    kind: i16,
    #[diesel(sql_type = BigInt)]
    effective_at: Timestamp,
    #[diesel(sql_type = Binary)]
    budget_line_id: BudgetLineId,
    #[diesel(sql_type = SmallInt)]
    account: i16,
    #[diesel(sql_type = BigInt)]
    amount_kopecks: Kopecks,
    #[diesel(sql_type = Nullable<Binary>)]
    agency_id: Option<AgencyId>,
    #[diesel(sql_type = Nullable<Binary>)]
    voucher_id: Option<VoucherId>,
    #[diesel(sql_type = Nullable<Binary>)]
    redemption_id: Option<RedemptionId>,
    #[diesel(sql_type = Nullable<Binary>)]
    course_run_id: Option<CourseRunId>,
    #[diesel(sql_type = Nullable<Binary>)]
    session_id: Option<SessionId>,
    #[diesel(sql_type = Nullable<Binary>)]
    payee_id: Option<PayeeId>,
    #[diesel(sql_type = Nullable<Binary>)]
    payment_id: Option<PaymentId>,
    #[diesel(sql_type = Nullable<Binary>)]
    contract_id: Option<ContractId>,
    #[diesel(sql_type = Nullable<Binary>)]
    act_id: Option<ActId>,
}

impl PostingRow {
    pub(super) fn view(self) -> Result<PostingView, Failure> {
        Ok(PostingView {
            log_index: self.log_index,
            posting_no: self.posting_no,
            kind: kind_name(self.kind)?,
            effective_at: self.effective_at,
            budget_line_id: self.budget_line_id,
            account: account_name(self.account)?,
            amount: self.amount_kopecks,
            agency_id: self.agency_id,
            voucher_id: self.voucher_id,
            redemption_id: self.redemption_id,
            course_run_id: self.course_run_id,
            session_id: self.session_id,
            payee_id: self.payee_id,
            payment_id: self.payment_id,
            contract_id: self.contract_id,
            act_id: self.act_id,
        })
    }
}

/// What a page of postings says, from those of a table in parentheses: it is cut before anything is joined to it, so
/// that its order comes from an index and not from a sort.
pub(super) const SAID: &str =
    "SELECT p.log_index, p.posting_no, j.kind, j.effective_at, l.budget_line_id, p.account,
        p.amount_kopecks, a.agency_id, v.voucher_id, r.redemption_id, c.course_run_id, s.session_id,
        y.payee_id, m.payment_id, k.contract_id, w.act_id
    FROM (";

pub(super) const OF: &str = ") p
    JOIN journal_transaction j ON j.programme_no = p.programme_no AND j.log_index = p.log_index
    JOIN budget_line l ON l.programme_no = p.programme_no AND l.budget_line_no = p.budget_line_no
    LEFT JOIN agency a ON a.agency_no = p.agency_no
    LEFT JOIN voucher v ON v.programme_no = p.programme_no AND v.voucher_no = p.voucher_no
    LEFT JOIN redemption r ON r.programme_no = p.programme_no AND r.redemption_no = p.redemption_no
    LEFT JOIN course_run c ON c.programme_no = p.programme_no AND c.course_run_no = p.course_run_no
    LEFT JOIN session s ON s.programme_no = p.programme_no AND s.session_no = p.session_no
    LEFT JOIN payee y ON y.payee_no = p.payee_no
    LEFT JOIN payment m ON m.programme_no = p.programme_no AND m.payment_no = p.payment_no
    LEFT JOIN campaign_contract k ON k.programme_no = p.programme_no AND k.contract_no = p.contract_no
    LEFT JOIN campaign_act w ON w.programme_no = p.programme_no AND w.act_no = p.act_no";

/// Postings in the order of the log: those after a place, of leaves before the leaf `before`.
///
/// # Errors
/// The database's.
pub fn postings(
    connection: &mut Connection,
    programme_no: i64,
    filter: &PostingFilter,
    after: PostingPlace,
    before: i64,
    limit: i64,
) -> Result<Vec<PostingView>, Failure> {
    let of_voucher = filter.voucher_id.map(|id| of_voucher(connection, programme_no, id)).transpose()?;
    let mut query = sql_query(SAID)
        .into_boxed::<Backend>()
        .sql("SELECT * FROM posting WHERE programme_no = $1 AND (log_index, posting_no) > ($2, $3) AND log_index < $4")
        .bind::<BigInt, _>(programme_no)
        .bind::<BigInt, _>(after.log_index)
        .bind::<Integer, _>(after.posting_no)
        .bind::<BigInt, _>(before);
    let mut next = 5..;
    if let Some(condition) = of_voucher {
        query = query.sql(condition);
    }
    query = query.sql(of_amounts_and_transactions(filter));
    if let Some(account) = filter.account {
        query = query.sql(and("account =", &mut next)).bind::<SmallInt, _>(account.number());
    }
    // By name: the number of what is no part of a programme, from its id.
    let of_all = [("payee", filter.payee_id.map(|id| id.0)), ("agency", filter.agency_id.map(|id| id.0))];
    for (table, id) in of_all {
        let Some(id) = id else { continue };
        let condition =
            and(&format!("{table}_no = (SELECT {table}_no FROM {table} WHERE {table}_id ="), &mut next);
        query = query.sql(condition).sql(")").bind::<Binary, _>(id.into_bytes().to_vec());
    }
    if let Some(number) = &filter.document_number {
        // One that was withdrawn paid nothing, and its number may be another's.
        let of_programme = and(
            "payment_no = (SELECT payment_no FROM payment WHERE status <> 'withdrawn' AND payment.programme_no =",
            &mut next,
        );
        query = query
            .sql(of_programme)
            .sql(and("document_number =", &mut next))
            .sql(")")
            .bind::<BigInt, _>(programme_no)
            .bind::<Text, _>(number.clone());
    }
    // By table and name: the table's number in this programme, from its id.
    let by_id = [
        ("budget_line", filter.budget_line_id.map(|id| id.0)),
        ("redemption", filter.redemption_id.map(|id| id.0)),
        ("payment", filter.payment_id.map(|id| id.0)),
        ("session", filter.session_id.map(|id| id.0)),
        ("course_run", filter.course_run_id.map(|id| id.0)),
        ("campaign_contract", filter.contract_id.map(|id| id.0)),
    ];
    for (table, id) in by_id {
        let Some(id) = id else { continue };
        let condition = match table {
            // Whatever is posted about a course run is about its redemptions, of which there is an index.
            "course_run" => " AND redemption_no IN (SELECT redemption_no FROM redemption JOIN course_run
                     ON course_run.programme_no = redemption.programme_no
                    AND course_run.course_run_no = redemption.course_run_no WHERE TRUE"
                .to_owned(),
            "campaign_contract" => {
                " AND contract_no = (SELECT contract_no FROM campaign_contract WHERE TRUE".to_owned()
            }
            _ => format!(" AND {table}_no = (SELECT {table}_no FROM {table} WHERE TRUE"),
        };
        query = query
            .sql(condition)
            .sql(and(&format!("{table}.programme_no ="), &mut next))
            .sql(and(&format!("{}_id =", table.trim_start_matches("campaign_")), &mut next))
            .sql(")")
            .bind::<BigInt, _>(programme_no)
            .bind::<Binary, _>(id.into_bytes().to_vec());
    }
    let query = query
        .sql(" ORDER BY log_index, posting_no LIMIT ")
        .sql(argument(&mut next))
        .sql(OF)
        .sql(" ORDER BY p.log_index, p.posting_no")
        .bind::<BigInt, _>(limit);
    let rows: Vec<PostingRow> = query.load(connection)?;
    rows.into_iter().map(PostingRow::view).collect()
}

/// Conditions of numbers only, which need no arguments. A transaction is looked up posting by posting, which no planner
/// can turn round into a search of all transactions for every page.
fn of_amounts_and_transactions(filter: &PostingFilter) -> String {
    let mut conditions = String::new();
    // Writing to a string cannot fail.
    if let Some(least) = filter.amount_min {
        let _ = write!(conditions, " AND ABS(amount_kopecks) >= {least}");
    }
    if let Some(most) = filter.amount_max {
        let _ = write!(conditions, " AND ABS(amount_kopecks) <= {most}");
    }
    if !filter.transactions.is_open() {
        let _ = write!(
            conditions,
            " AND (SELECT CASE WHEN {} THEN 1 ELSE 0 END FROM journal_transaction j
                   WHERE j.programme_no = posting.programme_no AND j.log_index = posting.log_index) = 1",
            filter.transactions.condition()
        );
    }
    conditions
}

fn of_voucher(connection: &mut Connection, programme_no: i64, id: VoucherId) -> Result<String, Failure> {
    let found: Option<i64> = voucher::table
        .filter(voucher::programme_no.eq(programme_no))
        .filter(voucher::voucher_id.eq(id))
        .select(voucher::voucher_no)
        .get_result(connection)
        .optional()?;
    let Some(voucher_no) = found else { return Ok(" AND FALSE".into()) };
    let leaves = leaves_of_voucher(connection, programme_no, voucher_no)?;
    Ok(format!(" AND voucher_no = {voucher_no} AND log_index IN ({leaves})"))
}

/// The leaves in which something may be posted about a voucher, as a query: those that issued and changed it and those about
/// its redemptions. Indexes find all of them; of postings by voucher there is none.
pub(super) fn leaves_of_voucher(
    connection: &mut Connection,
    programme_no: i64,
    voucher_no: i64,
) -> Result<String, Failure> {
    let redemptions = redemptions::of_voucher(connection, programme_no, voucher_no)?;
    let redemptions: Vec<String> = redemptions.iter().map(ToString::to_string).collect();
    let of_redemptions = match redemptions.as_slice() {
        [] => String::new(),
        some => format!(
            "UNION SELECT o.log_index FROM posting o
             WHERE o.programme_no = {programme_no} AND o.redemption_no IN ({})",
            some.join(", ")
        ),
    };
    Ok(format!(
        "SELECT i.issued_log_index FROM voucher i
         WHERE i.programme_no = {programme_no} AND i.voucher_no = {voucher_no}
         UNION SELECT a.log_index FROM voucher_attempt a
         WHERE a.programme_no = {programme_no} AND a.voucher_no = {voucher_no} AND a.log_index IS NOT NULL
         {of_redemptions}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_being_a_cursor() {
        for place in [
            PostingPlace { log_index: 0, posting_no: 0 },
            PostingPlace { log_index: 0, posting_no: (1 << 24) - 1 },
            PostingPlace { log_index: 5_000_000_000, posting_no: 49 },
            PostingPlace::START,
        ] {
            assert_eq!(PostingPlace::from_number(place.number()), place);
        }
    }
}
