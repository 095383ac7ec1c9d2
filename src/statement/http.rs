//! Settlement accounts and bank statements over HTTP.

use super::account::SettlementAccount;
use super::import::ImportedStatement;
use super::model::Status;
use super::number::{AccountNumber, Bic};
use super::query::{self, ItemFilter, ItemView, StatementView};
use super::resolve::ResolvedItem;
use super::{ImportStatement, ResolveItem, SetAccount, store};
use crate::app::App;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{
    Caller, File, IdempotencyKey, Page, Paged, Problem, Receipted, Write, created, media_type, ok,
};
use crate::kernel::{
    Code, PaymentId, ProgrammeId, Reason, Refusal, SettlementAccountId, StatementId, StatementItemId,
};
use crate::programme::http::find as find_programme;
use crate::writer::Once;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(set_account).service(list_accounts).service(import_statement).service(list_statements);
    config.service(show_statement).service(list_items).service(resolve_item);
}

/// A settlement account to be set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSettlementAccount {
    /// 20 digits; the control key must fit the BIC.
    account_number: AccountNumber,
    bic: Bic,
}

/// What a statement's file may be called; what it is, is read from it.
const FILES: [&str; 3] = ["text/plain", "application/xml", "text/xml"];

/// What a statement's file does not say.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StatementParameters {
    /// Decides the same and writes nothing.
    #[serde(default)]
    dry_run: bool,
}

/// What an unmatched item is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StatementItemResolution {
    /// The payment it is about: of its amount, and paid (of a debit) or returned (of a credit).
    #[serde(default)]
    payment_id: Option<PaymentId>,
    reason: Reason,
}

/// The settlement accounts of a programme.
#[derive(Serialize, ToSchema)]
struct SettlementAccounts {
    items: Vec<SettlementAccount>,
}

/// A statement with a page of its items.
#[derive(Serialize, ToSchema)]
struct BankStatementWithItems {
    #[serde(flatten)]
    statement: StatementView,
    items: Paged<ItemView>,
}

/// Which items.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WantedItems {
    status: Option<Status>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    limit: Option<String>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    cursor: Option<String>,
}

/// Sets a settlement account of the programme; earlier ones stay, since statements of them may still come.
#[utoipa::path(tag = "Statements", params(("programme_id" = ProgrammeId, Path), IdempotencyKey),
    request_body = NewSettlementAccount, responses(
        (status = 201, description = "Set", body = Receipted<SettlementAccount>),
        (status = 200, description = "Set before by the same request", body = Receipted<SettlementAccount>),
        Refusals,
))]
#[post("/v1/programmes/{programme_id}/settlement-accounts")]
async fn set_account(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    body: Write<NewSettlementAccount>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let NewSettlementAccount { account_number, bic } = body.value;
    let account_id = SettlementAccountId(app.new_id());
    let command = SetAccount { account_id, actor: caller.actor(), programme_id: *id, account_number, bic };
    Ok(created(app.writer.execute(Once { key, command }).await?))
}

/// Lists the settlement accounts of a programme.
#[utoipa::path(tag = "Statements", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "In the order they were set", body = SettlementAccounts),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/settlement-accounts")]
async fn list_accounts(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
) -> Result<Json<SettlementAccounts>, Problem> {
    let rows = app
        .read(move |connection| {
            let programme_no = find_programme(connection, *id, &caller)?.programme_no;
            Ok(store::accounts(connection, programme_no)?)
        })
        .await?;
    let items = rows.into_iter().map(|row| SettlementAccount {
        settlement_account_id: row.account_id,
        account_number: row.account_number,
        bic: row.bic,
    });
    Ok(Json(SettlementAccounts { items: items.collect() }))
}

/// Imports a bank statement: camt.053, or 1CClientBankExchange. A prepared payment that fits an item is confirmed, unless
/// the importer prepared it; one that is paid is linked; one that came back is returned; other items stay unmatched.
#[utoipa::path(tag = "Statements",
    params(("programme_id" = ProgrammeId, Path), StatementParameters, IdempotencyKey),
    request_body(content((String = "text/plain"), (String = "application/xml"))), responses(
        (status = 200, description = "A dry run, or imported before by the same request",
            body = Receipted<ImportedStatement>),
        (status = 201, description = "Imported", body = Receipted<ImportedStatement>),
        Refusals,
))]
#[post("/v1/programmes/{programme_id}/statements")]
async fn import_statement(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    http: HttpRequest,
    parameters: Query<StatementParameters>,
    file: File,
) -> Result<HttpResponse, Problem> {
    if !FILES.contains(&media_type(&http).as_str()) {
        let refusal = Refusal::new(Code::UnsupportedMediaType).at("Content-Type");
        return Err(refusal.with("expected", FILES.join(", ")).into());
    }
    let key = file.key(&caller);
    let command =
        ImportStatement::read(|| app.new_id(), caller.actor(), *id, &file.bytes, parameters.dry_run)?;
    Ok(match parameters.dry_run {
        true => ok(app.writer.execute(command).await?),
        false => created(app.writer.execute(Once { key, command }).await?),
    })
}

/// Lists the statements of a programme.
#[utoipa::path(tag = "Statements", params(("programme_id" = ProgrammeId, Path), PageParameters), responses(
    (status = 200, description = "In the order they were imported", body = Paged<StatementView>),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/statements")]
async fn list_statements(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    page: Page,
) -> Result<Json<Paged<StatementView>>, Problem> {
    let rows = app
        .read(move |connection| {
            let programme_no = find_programme(connection, *id, &caller)?.programme_no;
            Ok(query::statements(connection, programme_no, page.after().unwrap_or(-1), page.fetch())?)
        })
        .await?;
    Ok(Json(page.cut(rows.into_iter().map(|row| (row.statement_no, row)).collect())))
}

/// Shows a statement with its items.
#[utoipa::path(tag = "Statements", params(("statement_id" = StatementId, Path), PageParameters), responses(
    (status = 200, description = "The statement, and a page of its items", body = BankStatementWithItems),
    Refusals,
))]
#[get("/v1/statements/{statement_id}")]
async fn show_statement(
    app: Data<App>,
    id: Path<StatementId>,
    page: Page,
) -> Result<Json<BankStatementWithItems>, Problem> {
    let (statement, items) = app
        .read(move |connection| {
            let found = query::statement(connection, *id)?;
            let statement = found.ok_or_else(|| Refusal::not_found("statement"))?;
            let filter = ItemFilter { statement_no: Some(statement.statement_no), status: None };
            let items = query::items(connection, statement.programme_no, filter, page.after(), page.fetch())?;
            Ok((statement, items))
        })
        .await?;
    Ok(Json(BankStatementWithItems { statement, items: page.cut(items) }))
}

/// Lists the items of a programme's statements; `status=unmatched` are those that wait for a person.
#[utoipa::path(tag = "Statements",
    params(("programme_id" = ProgrammeId, Path), WantedItems, PageParameters), responses(
        (status = 200, description = "Statement by statement", body = Paged<ItemView>),
        Refusals,
))]
#[get("/v1/programmes/{programme_id}/statement-items")]
async fn list_items(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    wanted: Query<WantedItems>,
    page: Page,
) -> Result<Json<Paged<ItemView>>, Problem> {
    let filter = ItemFilter { statement_no: None, status: wanted.status };
    let rows = app
        .read(move |connection| {
            let programme_no = find_programme(connection, *id, &caller)?.programme_no;
            Ok(query::items(connection, programme_no, filter, page.after(), page.fetch())?)
        })
        .await?;
    Ok(Json(page.cut(rows)))
}

/// Resolves an unmatched item: it is about that payment, or it is explained. Takes another person than the one who
/// imported the statement, and moves no money.
#[utoipa::path(tag = "Statements", params(("item_id" = StatementItemId, Path), IdempotencyKey),
    request_body = StatementItemResolution, responses(
        (status = 200, description = "Resolved", body = Receipted<ResolvedItem>),
        Refusals,
))]
#[post("/v1/statement-items/{item_id}/resolve")]
async fn resolve_item(
    app: Data<App>,
    caller: Caller,
    id: Path<StatementItemId>,
    body: Write<StatementItemResolution>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let StatementItemResolution { payment_id, reason } = body.value;
    let command = ResolveItem { item_id: *id, actor: caller.actor(), payment_id, reason };
    Ok(ok(app.writer.execute(Once { key, command }).await?))
}
