//! Ledger, budget execution, progress and traces over HTTP.

use super::execution::{self, LineExecution, Payable, Progress};
use super::ledger::{
    self, AccountView, PostingFilter, PostingPlace, PostingView, TransactionDetail, TransactionFilter,
    TransactionView,
};
use super::retrained::{self, Retrained};
use super::tiles::{self, Tile};
use super::trace::{self, PaymentTrace, RedemptionTrace};
use crate::app::App;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, Page, Paged, Problem};
use crate::kernel::{
    BudgetLineId, ContractId, CourseRunId, PayeeId, PaymentId, ProgrammeId, RedemptionId, Refusal, SessionId,
    Timestamp,
};
use crate::ledger::model::{Account, Kind};
use crate::redemption::http::InProgramme;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_accounts).service(list_transactions).service(show_transaction).service(list_postings);
    config.service(show_tile).service(show_execution).service(list_payables).service(show_progress);
    config.service(show_retrained);
    config.service(trace_redemption).service(trace_payment);
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
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    limit: Option<String>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    cursor: Option<String>,
}

impl WantedTransactions {
    fn filter(&self) -> Result<TransactionFilter, Refusal> {
        let kind = |name: &String| {
            Kind::parse(name).ok_or_else(|| Refusal::field("kind", "a kind of transaction, such as redeemed"))
        };
        Ok(TransactionFilter {
            kind: self.kind.as_ref().map(kind).transpose()?,
            from: self.from.map(Timestamp::start_of_day),
            before: self.to.map(Timestamp::end_of_day),
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
    budget_line_id: Option<BudgetLineId>,
    redemption_id: Option<RedemptionId>,
    payee_id: Option<PayeeId>,
    payment_id: Option<PaymentId>,
    session_id: Option<SessionId>,
    course_run_id: Option<CourseRunId>,
    contract_id: Option<ContractId>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    limit: Option<String>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    cursor: Option<String>,
}

impl WantedPostings {
    fn filter(&self) -> Result<PostingFilter, Refusal> {
        let account = |name: &String| {
            let names = Account::ALL.map(Account::as_str).join(", ");
            Account::parse(name).ok_or_else(|| Refusal::field("account", format!("one of {names}")))
        };
        Ok(PostingFilter {
            account: self.account.as_ref().map(account).transpose()?,
            budget_line_id: self.budget_line_id,
            redemption_id: self.redemption_id,
            payee_id: self.payee_id,
            payment_id: self.payment_id,
            session_id: self.session_id,
            course_run_id: self.course_run_id,
            contract_id: self.contract_id,
        })
    }
}

/// The six accounts of every budget line, with their balances.
#[utoipa::path(tag = "Ledger", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "Line by line", body = Vec<AccountView>),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/ledger/accounts")]
async fn list_accounts(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
) -> Result<Json<Vec<AccountView>>, Problem> {
    let university_no = caller.university_no();
    let accounts = app.read_books(move |connection| {
        let programme = super::programme(connection, *id, university_no)?;
        Ok(ledger::accounts(connection, programme.programme_no)?)
    });
    Ok(Json(accounts.await?))
}

/// Journal transactions in the order of the programme's log.
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
) -> Result<Json<Paged<TransactionView>>, Problem> {
    let university_no = caller.university_no();
    let filter = wanted.filter()?;
    let found = app.read_books(move |connection| {
        let programme_no = super::programme(connection, *id, university_no)?.programme_no;
        let after = page.after().unwrap_or(-1);
        Ok(ledger::transactions(connection, programme_no, &filter, after, page.fetch())?)
    });
    Ok(Json(page.cut(found.await?.into_iter().map(|found| (found.log_index, found)).collect())))
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
        let programme = super::programme(connection, id, university_no)?;
        ledger::transaction(connection, programme.programme_no, log_index)
    });
    Ok(Json(found.await?))
}

/// Postings in the order of the programme's log, each with all it is about.
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
) -> Result<Json<Paged<PostingView>>, Problem> {
    let university_no = caller.university_no();
    let filter = wanted.filter()?;
    let found = app.read_books(move |connection| {
        let programme_no = super::programme(connection, *id, university_no)?.programme_no;
        let after = page.after().map_or(PostingPlace::START, PostingPlace::from_number);
        Ok(ledger::postings(connection, programme_no, &filter, after, page.fetch())?)
    });
    let numbered = found.await?.into_iter().map(|posting| {
        let place = PostingPlace { log_index: posting.log_index, posting_no: posting.posting_no };
        (place.number(), posting)
    });
    Ok(Json(page.cut(numbered.collect())))
}

/// A tile of the programme's log (C2SP tlog-tiles, with `…/log` as the prefix): `<level>/<N>` are hashes of the tree,
/// `entries/<N>` the leaves, `.p/<W>` behind either the first W of the last tile. With the checkpoint they rebuild the
/// whole tree.
#[utoipa::path(tag = "Ledger", params(
    ("programme_id" = ProgrammeId, Path),
    ("tile" = String, Path, example = "0/x001/067"),
), responses(
    (status = 200, description = "The tile's bytes", body = Vec<u8>, content_type = "application/octet-stream"),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/log/tile/{tile:.*}")]
async fn show_tile(
    app: Data<App>,
    caller: Caller,
    path: Path<(ProgrammeId, String)>,
) -> Result<HttpResponse, Problem> {
    let (id, tile) = path.into_inner();
    let no_tile = || Refusal::not_found("tile");
    let tile = Tile::parse(&tile).ok_or_else(no_tile)?;
    let university_no = caller.university_no();
    let read = app.read_books(move |connection| {
        let programme = super::programme(connection, id, university_no)?;
        Ok(tiles::read(connection, programme.programme_no, tile)?)
    });
    let bytes = read.await?.ok_or_else(no_tile)?;
    let mut response = HttpResponse::Ok();
    if tile.is_full() {
        response.insert_header((CACHE_CONTROL, "private, max-age=31536000, immutable"));
    }
    Ok(response.content_type("application/octet-stream").body(bytes))
}

/// The budget, line by line.
#[utoipa::path(tag = "Oversight", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "Line by line", body = Vec<LineExecution>),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/budget-execution")]
async fn show_execution(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
) -> Result<Json<Vec<LineExecution>>, Problem> {
    let (university_no, now) = (caller.university_no(), app.clock.now());
    let lines = app.read_books(move |connection| {
        let programme = super::programme(connection, *id, university_no)?;
        Ok(execution::budget(connection, programme.programme_no, now)?)
    });
    Ok(Json(lines.await?))
}

/// Who is owed, and was paid, how much.
#[utoipa::path(tag = "Oversight", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "Payees in the order they were registered", body = Vec<Payable>),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/payables")]
async fn list_payables(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
) -> Result<Json<Vec<Payable>>, Problem> {
    let university_no = caller.university_no();
    let payables = app.read_books(move |connection| {
        let programme = super::programme(connection, *id, university_no)?;
        Ok(execution::payables(connection, programme.programme_no)?)
    });
    Ok(Json(payables.await?))
}

/// Issued, redeemed and live by category of body and by agency, against the target.
#[utoipa::path(tag = "Oversight", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "As of now", body = Progress),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/progress")]
async fn show_progress(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
) -> Result<Json<Progress>, Problem> {
    let (university_no, now) = (caller.university_no(), app.clock.now());
    let progress = app.read_books(move |connection| {
        let programme = super::programme(connection, *id, university_no)?;
        Ok(execution::progress(connection, &programme, now)?)
    });
    Ok(Json(progress.await?))
}

/// The official figure: specialists retrained, by month, agency and category, against the target.
#[utoipa::path(tag = "Oversight", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "Who completed the course", body = Retrained),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/retrained")]
async fn show_retrained(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
) -> Result<Json<Retrained>, Problem> {
    let university_no = caller.university_no();
    let figures = app.read_books(move |connection| {
        let programme = super::programme(connection, *id, university_no)?;
        Ok(retrained::retrained(connection, &programme)?)
    });
    Ok(Json(figures.await?))
}

/// Follows a redemption to the hours, payees and payments it funded.
#[utoipa::path(tag = "Oversight", params(("redemption_id" = RedemptionId, Path), InProgramme), responses(
    (status = 200, description = "The trace", body = RedemptionTrace),
    Refusals,
))]
#[get("/v1/redemptions/{redemption_id}/trace")]
async fn trace_redemption(
    app: Data<App>,
    caller: Caller,
    id: Path<RedemptionId>,
    within: Query<InProgramme>,
) -> Result<Json<RedemptionTrace>, Problem> {
    let sought = within.sought(*id, &caller);
    Ok(Json(app.read_books(move |connection| trace::redemption(connection, &sought)).await?))
}

/// Follows a payment back to the redemptions behind it.
#[utoipa::path(tag = "Oversight", params(("payment_id" = PaymentId, Path)), responses(
    (status = 200, description = "The trace", body = PaymentTrace),
    Refusals,
))]
#[get("/v1/payments/{payment_id}/trace")]
async fn trace_payment(
    app: Data<App>,
    caller: Caller,
    id: Path<PaymentId>,
) -> Result<Json<PaymentTrace>, Problem> {
    let university_no = caller.university_no();
    Ok(Json(app.read_books(move |connection| trace::payment(connection, *id, university_no)).await?))
}
