//! The books as they are: accounts with balances, transactions, postings, the log's checkpoint.

use crate::db::schema::{account_balance, budget_line, checkpoint, journal_transaction};
use crate::db::{Backend, Connection};
use crate::kernel::*;
use crate::ledger::books::Entry;
use crate::ledger::model::{Account, Kind};
use crate::ledger::receipts::stored_receipt;
use crate::writer::{Failure, Stop};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, SmallInt};
use serde::Serialize;
use std::fmt::Write as _;
use std::ops::RangeFrom;
use utoipa::ToSchema;

/// An account of a budget line.
#[derive(Serialize, ToSchema)]
pub struct AccountView {
    pub budget_line_id: BudgetLineId,
    /// The budget classification code (КБК).
    pub kbk: String,
    #[schema(example = "instructor_pay")]
    pub item: String,
    /// `limit`, `available`, `reserved`, `obligated`, `accrued` or `paid`.
    #[schema(example = "obligated")]
    pub account: &'static str,
    /// On the account's normal side (limit: credit; all others: debit), never negative.
    pub balance: Kopecks,
}

/// A journal transaction: one event, and one leaf of the programme's log.
#[derive(Serialize, ToSchema)]
pub struct TransactionView {
    /// The place of its leaf in the programme's log, from 0.
    pub log_index: i64,
    #[schema(example = "redeemed")]
    pub kind: String,
    pub effective_at: Timestamp,
    pub recorded_at: Timestamp,
    /// The token that did it; null for the service itself.
    pub recorded_by: Option<TokenId>,
    /// The sum of its debits; zero when it moved no money.
    pub moved: Kopecks,
    pub postings: i64,
}

/// A journal transaction with all that proves it.
#[derive(Serialize, ToSchema)]
pub struct TransactionDetail {
    #[serde(flatten)]
    pub transaction: TransactionView,
    pub lines: Vec<PostingView>,
    /// The leaf, in hexadecimal: deterministic CBOR, see docs/ledger.md.
    pub leaf: String,
    /// Its inclusion proof (C2SP tlog-proof).
    pub receipt: String,
}

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

/// Which transactions; `None` does not narrow.
#[derive(Default)]
pub struct TransactionFilter {
    pub kind: Option<Kind>,
    /// From this instant on, by `effective_at`.
    pub from: Option<Timestamp>,
    /// Before this instant, by `effective_at`.
    pub before: Option<Timestamp>,
}

/// Which postings; `None` does not narrow. An id that there is not has none.
#[derive(Default)]
pub struct PostingFilter {
    pub account: Option<Account>,
    pub budget_line_id: Option<BudgetLineId>,
    pub redemption_id: Option<RedemptionId>,
    pub payee_id: Option<PayeeId>,
    pub payment_id: Option<PaymentId>,
    pub session_id: Option<SessionId>,
    pub course_run_id: Option<CourseRunId>,
    pub contract_id: Option<ContractId>,
}

/// All accounts of a programme, line by line.
///
/// # Errors
/// The database's.
pub fn accounts(connection: &mut Connection, programme_no: i64) -> Result<Vec<AccountView>, Failure> {
    let rows: Vec<(BudgetLineId, String, String, i16, Kopecks)> = budget_line::table
        .inner_join(
            account_balance::table.on(account_balance::programme_no
                .eq(budget_line::programme_no)
                .and(account_balance::budget_line_no.eq(budget_line::budget_line_no))),
        )
        .filter(budget_line::programme_no.eq(programme_no))
        .order((budget_line::budget_line_no, account_balance::account))
        .select((
            budget_line::budget_line_id,
            budget_line::kbk,
            budget_line::item,
            account_balance::account,
            account_balance::balance_kopecks,
        ))
        .load(connection)?;
    rows.into_iter()
        .map(|(budget_line_id, kbk, item, account, balance)| {
            Ok(AccountView { budget_line_id, kbk, item, account: account_name(account)?, balance })
        })
        .collect()
}

fn account_name(number: i16) -> Result<&'static str, Failure> {
    let account = Account::from_number(number);
    account.map(Account::as_str).ok_or_else(|| Failure::Inconsistent(format!("there is no account {number}")))
}

fn kind_name(number: i16) -> Result<String, Failure> {
    let kind = Kind::from_number(number);
    kind.map(Kind::name).ok_or_else(|| Failure::Inconsistent(format!("there is no kind {number}")))
}

#[derive(QueryableByName)]
struct TransactionRow {
    #[diesel(sql_type = BigInt)]
    log_index: i64,
    #[diesel(sql_type = SmallInt)]
    kind: i16,
    #[diesel(sql_type = BigInt)]
    effective_at: Timestamp,
    #[diesel(sql_type = BigInt)]
    recorded_at: Timestamp,
    #[diesel(sql_type = Nullable<Binary>)]
    token_id: Option<TokenId>,
    #[diesel(sql_type = BigInt)]
    moved: Kopecks,
    #[diesel(sql_type = BigInt)]
    postings: i64,
}

impl TransactionRow {
    fn view(self) -> Result<TransactionView, Failure> {
        Ok(TransactionView {
            log_index: self.log_index,
            kind: kind_name(self.kind)?,
            effective_at: self.effective_at,
            recorded_at: self.recorded_at,
            recorded_by: self.token_id,
            moved: self.moved,
            postings: self.postings,
        })
    }
}

/// The next argument of a statement that grows.
fn argument(next: &mut RangeFrom<usize>) -> String {
    format!("${}", next.next().unwrap_or_default())
}

/// One more condition, on the next argument.
fn and(condition: &str, next: &mut RangeFrom<usize>) -> String {
    format!(" AND {condition} {}", argument(next))
}

/// Transactions in the order of the log, after `after`.
///
/// # Errors
/// The database's.
pub fn transactions(
    connection: &mut Connection,
    programme_no: i64,
    filter: &TransactionFilter,
    after: i64,
    limit: i64,
) -> Result<Vec<TransactionView>, Failure> {
    let mut query = sql_query(
        "SELECT j.log_index, j.kind, j.effective_at, j.recorded_at, t.token_id,
                CAST((SELECT COALESCE(SUM(p.amount_kopecks), 0) FROM posting p
                      WHERE p.programme_no = j.programme_no AND p.log_index = j.log_index
                        AND p.amount_kopecks > 0) AS BIGINT) AS moved,
                (SELECT COUNT(*) FROM posting p
                 WHERE p.programme_no = j.programme_no AND p.log_index = j.log_index) AS postings
         FROM journal_transaction j LEFT JOIN token t ON t.token_no = j.recorded_by
         WHERE j.programme_no = $1 AND j.log_index > $2",
    )
    .into_boxed::<Backend>()
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(after);
    let mut next = 3..;
    if let Some(kind) = filter.kind {
        query = query.sql(and("j.kind =", &mut next)).bind::<SmallInt, _>(kind.number());
    }
    if let Some(from) = filter.from {
        query = query.sql(and("j.effective_at >=", &mut next)).bind::<BigInt, _>(from);
    }
    if let Some(before) = filter.before {
        query = query.sql(and("j.effective_at <", &mut next)).bind::<BigInt, _>(before);
    }
    let query = query.sql(" ORDER BY j.log_index LIMIT ").sql(argument(&mut next)).bind::<BigInt, _>(limit);
    let rows: Vec<TransactionRow> = query.load(connection)?;
    rows.into_iter().map(TransactionRow::view).collect()
}

/// One transaction (of an index from 0), with its lines, its leaf and its receipt.
///
/// # Errors
/// `not_found`; the database's.
pub fn transaction(
    connection: &mut Connection,
    programme_no: i64,
    log_index: i64,
) -> Result<TransactionDetail, Stop> {
    let found = transactions(connection, programme_no, &TransactionFilter::default(), log_index - 1, 1)?;
    let transaction = found.into_iter().find(|found| found.log_index == log_index);
    let transaction = transaction.ok_or_else(|| Refusal::not_found("transaction"))?;
    let first = PostingPlace { log_index, posting_no: -1 };
    let lines = postings(connection, programme_no, &PostingFilter::default(), first, transaction.postings)?;
    let leaf: Vec<u8> = journal_transaction::table
        .find((programme_no, log_index))
        .select(journal_transaction::leaf)
        .first(connection)?;
    let receipt = stored_receipt(connection, Entry { programme_no, log_index })?.to_string();
    Ok(TransactionDetail { transaction, lines, leaf: hexadecimal(&leaf), receipt })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
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
struct PostingRow {
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
    fn view(self) -> Result<PostingView, Failure> {
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

/// Postings in the order of the log, after `after`.
///
/// # Errors
/// The database's.
pub fn postings(
    connection: &mut Connection,
    programme_no: i64,
    filter: &PostingFilter,
    after: PostingPlace,
    limit: i64,
) -> Result<Vec<PostingView>, Failure> {
    // The page is cut before anything is joined to it: the order of the log comes from the index then, not from a sort.
    let mut query = sql_query(
        "SELECT p.log_index, p.posting_no, j.kind, j.effective_at, l.budget_line_id, p.account,
                p.amount_kopecks, a.agency_id, v.voucher_id, r.redemption_id, c.course_run_id, s.session_id,
                y.payee_id, m.payment_id, k.contract_id, w.act_id
         FROM (SELECT * FROM posting WHERE programme_no = $1 AND (log_index, posting_no) > ($2, $3)",
    )
    .into_boxed::<Backend>()
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(after.log_index)
    .bind::<Integer, _>(after.posting_no);
    let mut next = 4..;
    if let Some(account) = filter.account {
        query = query.sql(and("account =", &mut next)).bind::<SmallInt, _>(account.number());
    }
    if let Some(id) = filter.payee_id {
        let of_payee = and("payee_no = (SELECT payee_no FROM payee WHERE payee_id =", &mut next);
        query = query.sql(of_payee).sql(")").bind::<Binary, _>(id);
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
        .sql(
            ") p
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
         LEFT JOIN campaign_act w ON w.programme_no = p.programme_no AND w.act_no = p.act_no
         ORDER BY p.log_index, p.posting_no",
        )
        .bind::<BigInt, _>(limit);
    let rows: Vec<PostingRow> = query.load(connection)?;
    rows.into_iter().map(PostingRow::view).collect()
}

/// The newest signed checkpoint of the programme's log, as a C2SP signed note.
///
/// # Errors
/// The database's.
pub fn newest_checkpoint(connection: &mut Connection, programme_no: i64) -> QueryResult<Option<String>> {
    checkpoint::table
        .filter(checkpoint::programme_no.eq(programme_no))
        .order(checkpoint::tree_size.desc())
        .select(checkpoint::note)
        .first(connection)
        .optional()
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

    #[test]
    fn bytes_are_written_in_hexadecimal() {
        assert_eq!(hexadecimal(&[0x00, 0xa7, 0xff]), "00a7ff");
    }
}
