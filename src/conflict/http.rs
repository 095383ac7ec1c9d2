//! The doors of conflict cases: list, look, decide.

use super::decide::{DecideConflict, DecidedConflict};
use super::model::Decision;
use super::query::{Conflict, view, views};
use super::store;
use crate::app::App;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Page, Paged, Problem, Receipted, Write, ok};
use crate::kernel::*;
use crate::programme::http::find as find_programme;
use crate::writer::Once;
use actix_web::{HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(one).service(decide);
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Sought {
    Open,
    Decided,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ConflictFilter {
    programme_id: ProgrammeId,
    /// `open` or `decided`; without it, both.
    #[param(value_type = Option<String>)]
    status: Option<Sought>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    limit: Option<i64>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    cursor: Option<String>,
}

/// The signed text names the holder: control sees its digest.
fn sees_item(caller: &Caller) -> bool {
    caller.scope != Scope::Auditor
}

/// The conflict cases of a programme.
#[utoipa::path(tag = "Conflict cases", params(ConflictFilter, crate::http::page::PageParameters),
    responses((status = 200, description = "In the order they were opened", body = Paged<Conflict>), Refusals))]
#[get("/v1/conflicts")]
async fn list(
    app: web::Data<App>,
    caller: Caller,
    filter: web::Query<ConflictFilter>,
    page: Page,
) -> Result<web::Json<Paged<Conflict>>, Problem> {
    let (programme_id, is_open) = (filter.programme_id, filter.status.map(|status| status == Sought::Open));
    let rows = app
        .read(move |connection| {
            let programme_no = find_programme(connection, programme_id, &caller)?.programme_no;
            let cases = store::list(connection, programme_no, is_open, page.after(), page.fetch())?;
            Ok(views(connection, cases, sees_item(&caller))?)
        })
        .await?;
    Ok(web::Json(page.cut(rows.into_iter().map(|case| (case.log_index, case)).collect())))
}

/// A conflict case with both proofs: what the device signed, and what it collides with.
#[utoipa::path(tag = "Conflict cases", params(("conflict_id" = ConflictId, Path)),
    responses((status = 200, description = "The case", body = Conflict), Refusals))]
#[get("/v1/conflicts/{conflict_id}")]
async fn one(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<ConflictId>,
) -> Result<web::Json<Conflict>, Problem> {
    let shown = app.read(move |connection| {
        let case = store::find(connection, *id, caller.university_no())?;
        let case = case.ok_or_else(|| Refusal::not_found("conflict case"))?;
        Ok(view(connection, case, sees_item(&caller))?)
    });
    Ok(web::Json(shown.await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDecision {
    /// `enrol`: what the device accepted stands. `dismiss`: nothing moves.
    decision: Decision,
    reason: Reason,
}

/// Decides a case; not by the registrar who answers for the device. Money follows in the same transaction.
#[utoipa::path(tag = "Conflict cases", request_body = NewDecision,
    params(("conflict_id" = ConflictId, Path), IdempotencyKey),
    responses((status = 200, description = "Decided", body = Receipted<DecidedConflict>), Refusals))]
#[post("/v1/conflicts/{conflict_id}/decide")]
async fn decide(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<ConflictId>,
    body: Write<NewDecision>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let NewDecision { decision, reason } = body.value;
    let command = DecideConflict { conflict_id: *id, decision, reason, actor: caller.actor() };
    Ok(ok(app.writer.execute(Once { key, command }).await?))
}
