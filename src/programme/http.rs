//! The doors of programmes, budget lines and quotas.

use super::ProgrammeFacts;
use super::budget_line::CreateBudgetLine;
use super::create::CreateProgramme;
use super::form::ProgrammeForm;
use super::lifecycle::{CloseProgramme, OpenProgramme};
use super::model::NewBudgetLine;
use super::quotas::{Seats, SetQuotas};
use super::store;
use super::view::{BudgetLine, BudgetLines, Programme, Quotas};
use crate::app::App;
use crate::db::Connection;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Page, Paged, Problem, Receipted, Write, created, ok};
use crate::kernel::{BudgetLineId, ProgrammeId, Refusal, object};
use crate::writer::{Once, Stop};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, post, put};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(create_programme).service(list_programmes).service(show_programme);
    config.service(open_programme).service(close_programme);
    config.service(create_budget_line).service(list_budget_lines);
    config.service(set_quotas).service(list_quotas);
}

/// A body without fields: what is meant is in the path.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// The programme of this id, if it is there for the caller: a university sees its own.
///
/// # Errors
/// `not_found`.
pub fn find(connection: &mut Connection, id: ProgrammeId, caller: &Caller) -> Result<ProgrammeFacts, Stop> {
    let found = ProgrammeFacts::find(connection, id)?;
    let is_theirs =
        |facts: &ProgrammeFacts| caller.university_no().is_none_or(|own| own == facts.university_no);
    found.filter(is_theirs).ok_or_else(|| Refusal::not_found("programme").into())
}

/// Creates a programme, a draft.
#[utoipa::path(tag = "Programmes", request_body = ProgrammeForm, params(IdempotencyKey), responses(
    (status = 201, description = "Created", body = Receipted<Programme>),
    (status = 200, description = "Created before by the same request", body = Receipted<Programme>),
    Refusals,
))]
#[post("/v1/programmes")]
async fn create_programme(
    app: Data<App>,
    caller: Caller,
    body: Write<ProgrammeForm>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let programme_id = ProgrammeId(app.new_id());
    let command = CreateProgramme { programme_id, actor: caller.actor(), new: body.value.parse()? };
    Ok(created(app.writer.execute(Once { key, command }).await?))
}

/// Lists programmes. A university sees those it teaches.
#[utoipa::path(tag = "Programmes", params(PageParameters), responses(
    (status = 200, description = "A page of programmes", body = Paged<Programme>),
    Refusals,
))]
#[get("/v1/programmes")]
async fn list_programmes(
    app: Data<App>,
    caller: Caller,
    page: Page,
) -> Result<Json<Paged<Programme>>, Problem> {
    let (own, after) = (caller.university_no(), page.after().unwrap_or(0));
    let rows =
        app.read(move |connection| Ok(ProgrammeFacts::list(connection, own, after, page.fetch())?)).await?;
    Ok(Json(page.cut(rows.into_iter().map(|row| (row.programme_no, row.into())).collect())))
}

/// Shows a programme.
#[utoipa::path(tag = "Programmes", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "The programme", body = Programme),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}")]
async fn show_programme(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
) -> Result<Json<Programme>, Problem> {
    let found = app.read(move |connection| find(connection, *id, &caller)).await?;
    Ok(Json(found.into()))
}

/// Opens a draft: from now on it issues and redeems vouchers. It needs its line for instructors' pay.
#[utoipa::path(tag = "Programmes", request_body = Empty,
    params(("programme_id" = ProgrammeId, Path), IdempotencyKey), responses(
        (status = 200, description = "Opened", body = Receipted<Programme>),
        Refusals,
    ))]
#[post("/v1/programmes/{programme_id}/open")]
async fn open_programme(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    body: Write<Empty>,
) -> Result<HttpResponse, Problem> {
    let command = OpenProgramme { programme_id: *id, actor: caller.actor() };
    Ok(ok(app.writer.execute(Once { key: body.key(&caller), command }).await?))
}

/// Closes a programme in which nothing is left to do: no live vouchers, requests or open course runs,
/// and no money on its way.
#[utoipa::path(tag = "Programmes", request_body = Empty,
    params(("programme_id" = ProgrammeId, Path), IdempotencyKey), responses(
        (status = 200, description = "Closed", body = Receipted<Programme>),
        Refusals,
    ))]
#[post("/v1/programmes/{programme_id}/close")]
async fn close_programme(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    body: Write<Empty>,
) -> Result<HttpResponse, Problem> {
    let command = CloseProgramme { programme_id: *id, actor: caller.actor() };
    Ok(ok(app.writer.execute(Once { key: body.key(&caller), command }).await?))
}

/// Creates a budget line. Its money comes by appropriations.
#[utoipa::path(tag = "Budget", request_body = NewBudgetLine,
    params(("programme_id" = ProgrammeId, Path), IdempotencyKey), responses(
        (status = 201, description = "Created", body = Receipted<BudgetLine>),
        (status = 200, description = "Created before by the same request", body = Receipted<BudgetLine>),
        Refusals,
    ))]
#[post("/v1/programmes/{programme_id}/budget-lines")]
async fn create_budget_line(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    body: Write<NewBudgetLine>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let command = CreateBudgetLine {
        programme_id: *id,
        budget_line_id: BudgetLineId(app.new_id()),
        actor: caller.actor(),
        new: body.value,
    };
    Ok(created(app.writer.execute(Once { key, command }).await?))
}

/// Lists the budget lines of a programme: one for each item.
#[utoipa::path(tag = "Budget", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "Its budget lines", body = BudgetLines),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/budget-lines")]
async fn list_budget_lines(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
) -> Result<Json<BudgetLines>, Problem> {
    let rows = app
        .read(move |connection| {
            let programme_no = find(connection, *id, &caller)?.programme_no;
            Ok(store::budget_lines(connection, programme_no)?)
        })
        .await?;
    Ok(Json(BudgetLines { items: rows.into_iter().map(BudgetLine::from).collect() }))
}

/// The seats that agencies are to have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewQuotas {
    #[serde(deserialize_with = "object::list")]
    quotas: Vec<Seats>,
}

/// Gives the agencies named these seats, all or none; others keep theirs.
#[utoipa::path(tag = "Programmes", request_body = NewQuotas,
    params(("programme_id" = ProgrammeId, Path), IdempotencyKey), responses(
        (status = 200, description = "The quotas set", body = Receipted<Quotas>),
        Refusals,
    ))]
#[put("/v1/programmes/{programme_id}/quotas")]
async fn set_quotas(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    body: Write<NewQuotas>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let command = SetQuotas { programme_id: *id, actor: caller.actor(), quotas: body.value.quotas };
    Ok(ok(app.writer.execute(Once { key, command }).await?))
}

/// Lists the quotas of a programme. An agency sees its own only.
#[utoipa::path(tag = "Programmes", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "Seats by agency", body = Quotas),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/quotas")]
async fn list_quotas(app: Data<App>, caller: Caller, id: Path<ProgrammeId>) -> Result<Json<Quotas>, Problem> {
    let items = app
        .read(move |connection| {
            let programme_no = find(connection, *id, &caller)?.programme_no;
            Ok(store::quotas(connection, programme_no, caller.agency_no())?)
        })
        .await?;
    Ok(Json(Quotas { items }))
}
