//! The books over HTTP: accounts, transactions, postings, the statement of an account, a sample.

use super::super::ledger::{self, AccountView, Span, TransactionDetail, TransactionFilter, TransactionView};
use super::super::postings::{self, PostingFilter, PostingPlace, PostingView};
use super::super::programme;
use super::super::sample::{self, Sample};
use super::super::statement::{self, Statement};
use super::{AsOfSize, account, document_number};
use crate::app::App;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, Page, Paged, Problem, as_of_leaves};
use crate::kernel::text::Text;
use crate::kernel::*;
use crate::ledger::as_of::AsOf;
use crate::ledger::model::Kind;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(list_accounts).service(list_transactions).service(show_transaction).service(list_postings);
    config.service(show_statement).service(pick_sample);
}

fn kind(name: &str) -> Result<Kind, Refusal> {
    Kind::parse(name).ok_or_else(|| Refusal::field("kind", "a kind of transaction, such as redeemed"))
}

/// Which transactions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WantedTransactions {
    #[param(example = "session_accepted")]
    kind: Option<String>,
    /// Effective on this day (Moscow) or later.
    from: Option<NaiveDate>,
    /// Effective on this day (Moscow) or earlier.
    to: Option<NaiveDate>,
    /// Recorded on this day (Moscow) or later.
    recorded_from: Option<NaiveDate>,
    /// Recorded on this day (Moscow) or earlier.
    recorded_to: Option<NaiveDate>,
    /// Among the first so many leaves of the log; all there are when not given.
    #[param(minimum = 0)]
    as_of: Option<i64>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    limit: Option<String>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    cursor: Option<String>,
}

impl WantedTransactions {
    fn filter(&self) -> Result<TransactionFilter, Refusal> {
        Ok(TransactionFilter {
            kind: self.kind.as_deref().map(kind).transpose()?,
            effective: Span::of_days(self.from, self.to),
            recorded: Span::of_days(self.recorded_from, self.recorded_to),
        })
    }
}

/// Which postings.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WantedPostings {
    #[param(example = "accrued")]
    account: Option<String>,
    /// Of their transactions.
    #[param(example = "session_accepted")]
    kind: Option<String>,
    budget_line_id: Option<BudgetLineId>,
    agency_id: Option<AgencyId>,
    voucher_id: Option<VoucherId>,
    redemption_id: Option<RedemptionId>,
    payee_id: Option<PayeeId>,
    payment_id: Option<PaymentId>,
    /// Of the order that paid.
    document_number: Option<String>,
    session_id: Option<SessionId>,
    course_run_id: Option<CourseRunId>,
    contract_id: Option<ContractId>,
    /// Kopecks at least, debits and credits alike.
    #[param(minimum = 0)]
    amount_min: Option<i64>,
    /// Kopecks at most.
    #[param(minimum = 0)]
    amount_max: Option<i64>,
    /// Effective on this day (Moscow) or later.
    effective_from: Option<NaiveDate>,
    /// Effective on this day (Moscow) or earlier.
    effective_to: Option<NaiveDate>,
    /// Recorded on this day (Moscow) or later.
    recorded_from: Option<NaiveDate>,
    /// Recorded on this day (Moscow) or earlier.
    recorded_to: Option<NaiveDate>,
    /// Among the first so many leaves of the log; all there are when not given.
    #[param(minimum = 0)]
    as_of: Option<i64>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    limit: Option<String>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    cursor: Option<String>,
}

impl WantedPostings {
    fn filter(self) -> Result<PostingFilter, Refusal> {
        for (field, amount) in [("amount_min", self.amount_min), ("amount_max", self.amount_max)] {
            if amount.is_some_and(|amount| amount < 0) {
                return Err(Refusal::field(field, "kopecks, 0 or more: debits and credits are found alike"));
            }
        }
        Ok(PostingFilter {
            account: self.account.as_deref().map(account).transpose()?,
            budget_line_id: self.budget_line_id,
            agency_id: self.agency_id,
            voucher_id: self.voucher_id,
            redemption_id: self.redemption_id,
            payee_id: self.payee_id,
            payment_id: self.payment_id,
            document_number: self.document_number.as_deref().map(document_number).transpose()?,
            session_id: self.session_id,
            course_run_id: self.course_run_id,
            contract_id: self.contract_id,
            amount_min: self.amount_min,
            amount_max: self.amount_max,
            transactions: TransactionFilter {
                kind: self.kind.as_deref().map(kind).transpose()?,
                effective: Span::of_days(self.effective_from, self.effective_to),
                recorded: Span::of_days(self.recorded_from, self.recorded_to),
            },
        })
    }
}

/// The six accounts of every budget line, with their balances. The header `X-Journal-As-Of` says of how many leaves.
#[utoipa::path(tag = "Ledger", params(("programme_id" = ProgrammeId, Path), AsOfSize), responses(
    (status = 200, description = "Line by line", body = Vec<AccountView>),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/ledger/accounts")]
async fn list_accounts(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    wanted: Query<AsOfSize>,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let accounts = app.read_books(move |connection| {
        let programme_no = programme(connection, *id, university_no)?.programme_no;
        let as_of = AsOf::find(connection, programme_no, wanted.as_of)?;
        Ok((as_of.size, ledger::accounts(connection, programme_no, as_of)?))
    });
    let (size, accounts) = accounts.await?;
    Ok(as_of_leaves(size, &accounts))
}

/// Journal transactions in the order of the programme's log. The header `X-Journal-As-Of` says among how many leaves.
#[utoipa::path(tag = "Ledger",
    params(("programme_id" = ProgrammeId, Path), WantedTransactions, PageParameters), responses(
        (status = 200, description = "In the order they were recorded", body = Paged<TransactionView>),
        Refusals,
))]
#[get("/v1/programmes/{programme_id}/ledger/transactions")]
async fn list_transactions(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    wanted: Query<WantedTransactions>,
    page: Page,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let filter = wanted.filter()?;
    let found = app.read_books(move |connection| {
        let programme_no = programme(connection, *id, university_no)?.programme_no;
        let size = AsOf::find(connection, programme_no, wanted.as_of)?.size;
        let after = page.after().unwrap_or(-1);
        Ok((size, ledger::transactions(connection, programme_no, &filter, after, size, page.fetch())?))
    });
    let (size, found) = found.await?;
    let numbered = found.into_iter().map(|found| (found.log_index, found)).collect();
    Ok(as_of_leaves(size, &page.cut(numbered)))
}

/// One journal transaction: its lines, its leaf of the log, and the proof that it is there.
#[utoipa::path(tag = "Ledger",
    params(("programme_id" = ProgrammeId, Path), ("log_index" = i64, Path, minimum = 0)), responses(
        (status = 200, description = "The transaction", body = TransactionDetail),
        Refusals,
))]
#[get("/v1/programmes/{programme_id}/ledger/transactions/{log_index}")]
async fn show_transaction(
    app: Data<App>,
    caller: Caller,
    path: Path<(ProgrammeId, String)>,
) -> Result<Json<TransactionDetail>, Problem> {
    let university_no = caller.university_no();
    let (id, log_index) = path.into_inner();
    let log_index: i64 = log_index
        .parse()
        .ok()
        .filter(|index| *index >= 0)
        .ok_or_else(|| Refusal::field("log_index", "a whole number, from 0"))?;
    let found = app.read_books(move |connection| {
        let programme_no = programme(connection, id, university_no)?.programme_no;
        ledger::transaction(connection, programme_no, log_index)
    });
    Ok(Json(found.await?))
}

/// Postings in the order of the programme's log, each with all it is about. The header `X-Journal-As-Of` says among how many
/// leaves.
#[utoipa::path(tag = "Ledger",
    params(("programme_id" = ProgrammeId, Path), WantedPostings, PageParameters), responses(
        (status = 200, description = "In the order they were recorded", body = Paged<PostingView>),
        Refusals,
))]
#[get("/v1/programmes/{programme_id}/ledger/postings")]
async fn list_postings(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    wanted: Query<WantedPostings>,
    page: Page,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let wanted = wanted.into_inner();
    let as_of = wanted.as_of;
    let filter = wanted.filter()?;
    let found = app.read_books(move |connection| {
        let programme_no = programme(connection, *id, university_no)?.programme_no;
        let size = AsOf::find(connection, programme_no, as_of)?.size;
        let after = page.after().map_or(PostingPlace::START, PostingPlace::from_number);
        Ok((size, postings::postings(connection, programme_no, &filter, after, size, page.fetch())?))
    });
    let (size, found) = found.await?;
    let numbered = found.into_iter().map(|posting| (posting.place().number(), posting));
    Ok(as_of_leaves(size, &page.cut(numbered.collect())))
}

/// Which account, and of which days.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WantedStatement {
    budget_line_id: BudgetLineId,
    #[param(example = "paid")]
    account: String,
    /// Effective on this day (Moscow) or later.
    from: Option<NaiveDate>,
    /// Effective on this day (Moscow) or earlier.
    to: Option<NaiveDate>,
    /// From the first so many leaves of the log alone; all there are when not given.
    #[param(minimum = 0)]
    as_of: Option<i64>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    limit: Option<String>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    cursor: Option<String>,
}

/// The statement of an account: opening balance, postings by the day they are dated, each with the balance after it, and
/// closing balance. Ask for further pages with `as_of` of the first: then they are of the same log.
#[utoipa::path(tag = "Ledger",
    params(("programme_id" = ProgrammeId, Path), WantedStatement, PageParameters), responses(
        (status = 200, description = "By day, then in the order they were recorded", body = Statement),
        Refusals,
))]
#[get("/v1/programmes/{programme_id}/ledger/statement")]
async fn show_statement(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    wanted: Query<WantedStatement>,
    page: Page,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let wanted = statement::Wanted {
        budget_line_id: wanted.budget_line_id,
        account: account(&wanted.account)?,
        from: wanted.from,
        to: wanted.to,
        as_of: wanted.as_of,
    };
    let statement = app.read_books(move |connection| {
        let programme_no = programme(connection, *id, university_no)?.programme_no;
        statement::read(connection, programme_no, &wanted, &page)
    });
    let statement = statement.await?;
    Ok(as_of_leaves(statement.as_of, &statement))
}

/// What to pick from, and how.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WantedSample {
    /// Its debits are picked from.
    #[param(example = "paid")]
    account: String,
    /// Kopecks to pick, 1 to 500.
    #[param(minimum = 1, maximum = 500)]
    size: i64,
    /// Of the auditor's choice, one line of 1 to 200 characters.
    seed: String,
    /// From the first so many leaves of the log alone; all there are when not given.
    #[param(minimum = 0)]
    as_of: Option<i64>,
}

/// Monetary-unit sampling: debits of an account, picked with probability proportional to their amounts. Anybody picks
/// the same from the same account, size, seed and `as_of` (docs/ledger.md says how).
#[utoipa::path(tag = "Oversight", params(("programme_id" = ProgrammeId, Path), WantedSample), responses(
    (status = 200, description = "What was picked, in the order of the log", body = Sample),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/sample")]
async fn pick_sample(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    wanted: Query<WantedSample>,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let wanted = sample::Wanted {
        account: account(&wanted.account)?,
        size: wanted.size,
        seed: Text::parse(&wanted.seed).map_err(|malformed| malformed.at("seed"))?,
        as_of: wanted.as_of,
    };
    let sample = app.read_books(move |connection| {
        let programme_no = programme(connection, *id, university_no)?.programme_no;
        sample::read(connection, (programme_no, *id), &wanted)
    });
    let sample = sample.await?;
    Ok(as_of_leaves(sample.as_of, &sample))
}
