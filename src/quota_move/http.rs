//! The doors of moves of seats between agencies.

use super::agree::AgreeToQuotaMove;
use super::end::EndQuotaMove;
use super::model::Status;
use super::propose::{NewQuotaMove, ProposeQuotaMove};
use super::store::{self, Wanted};
use super::view::{QuotaMove, view, views};
use crate::app::App;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Page, Paged, Problem, Receipted, Write, created, ok};
use crate::kernel::{ProgrammeId, QuotaMoveId, Reason, Refusal};
use crate::programme::http::{Empty, find as find_programme};
use crate::writer::Once;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(propose).service(list).service(one).service(agree).service(decline).service(withdraw);
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct QuotaMoveFilter {
    status: Option<Status>,
}

/// Why an agency says no.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuotaMoveRefused {
    reason: Reason,
}

/// Proposes that free seats move from one agency to another: the office of any two, an agency of its own. Each agency that has
/// not spoken yet must agree; with the last word the seats move.
#[utoipa::path(tag = "Programmes", request_body = NewQuotaMove,
    params(("programme_id" = ProgrammeId, Path), IdempotencyKey), responses(
        (status = 201, description = "Waits for the agencies", body = Receipted<QuotaMove>),
        (status = 200, description = "Proposed before by the same request", body = Receipted<QuotaMove>),
        Refusals,
    ))]
#[post("/v1/programmes/{programme_id}/quota-moves")]
async fn propose(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    body: Write<NewQuotaMove>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let command = ProposeQuotaMove {
        move_id: QuotaMoveId(app.new_id()),
        programme_id: *id,
        actor: caller.actor(),
        agency_no: caller.agency_no(),
        new: body.value,
    };
    Ok(created(app.writer.execute(Once { key, command }).await?))
}

/// Lists moves of seats in the order they were proposed. An agency sees those it is part of.
#[utoipa::path(tag = "Programmes",
    params(("programme_id" = ProgrammeId, Path), QuotaMoveFilter, PageParameters), responses(
        (status = 200, description = "A page of moves", body = Paged<QuotaMove>),
        Refusals,
    ))]
#[get("/v1/programmes/{programme_id}/quota-moves")]
async fn list(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    filter: Query<QuotaMoveFilter>,
    page: Page,
) -> Result<Json<Paged<QuotaMove>>, Problem> {
    let wanted = Wanted { agency_no: caller.agency_no(), status: filter.status, after: page.after() };
    let rows = app
        .read(move |connection| {
            let programme_no = find_programme(connection, *id, &caller)?.programme_no;
            let rows = store::list(connection, programme_no, wanted, page.fetch())?;
            let numbers: Vec<_> = rows.iter().map(|row| row.move_no).collect();
            Ok(numbers.into_iter().zip(views(connection, *id, rows)?).collect())
        })
        .await?;
    Ok(Json(page.cut(rows)))
}

/// Shows a move of seats.
#[utoipa::path(tag = "Programmes",
    params(("programme_id" = ProgrammeId, Path), ("move_id" = QuotaMoveId, Path)), responses(
        (status = 200, description = "The move", body = QuotaMove),
        Refusals,
    ))]
#[get("/v1/programmes/{programme_id}/quota-moves/{move_id}")]
async fn one(
    app: Data<App>,
    caller: Caller,
    path: Path<(ProgrammeId, QuotaMoveId)>,
) -> Result<Json<QuotaMove>, Problem> {
    let (programme_id, move_id) = path.into_inner();
    let shown = app.read(move |connection| {
        let programme_no = find_programme(connection, programme_id, &caller)?.programme_no;
        let row = store::find(connection, programme_no, move_id, caller.agency_no())?;
        let row = row.ok_or_else(|| Refusal::not_found("quota_move"))?;
        Ok(view(connection, programme_id, row)?)
    });
    Ok(Json(shown.await?))
}

/// Agrees to a move for the caller's agency. If the other one has agreed, the seats move: those that are held by then stay.
#[utoipa::path(tag = "Programmes", request_body = Empty,
    params(("programme_id" = ProgrammeId, Path), ("move_id" = QuotaMoveId, Path), IdempotencyKey), responses(
        (status = 200, description = "Agreed; `moved` when it was the last word", body = Receipted<QuotaMove>),
        Refusals,
    ))]
#[post("/v1/programmes/{programme_id}/quota-moves/{move_id}/agree")]
async fn agree(
    app: Data<App>,
    caller: Caller,
    path: Path<(ProgrammeId, QuotaMoveId)>,
    body: Write<Empty>,
) -> Result<HttpResponse, Problem> {
    let (programme_id, move_id) = path.into_inner();
    let (actor, agency_no) = (caller.actor(), caller.agency_no());
    let command = AgreeToQuotaMove { programme_id, move_id, actor, agency_no };
    Ok(ok(app.writer.execute(Once { key: body.key(&caller), command }).await?))
}

/// Declines a move for the caller's agency, which ends it.
#[utoipa::path(tag = "Programmes", request_body = QuotaMoveRefused,
    params(("programme_id" = ProgrammeId, Path), ("move_id" = QuotaMoveId, Path), IdempotencyKey), responses(
        (status = 200, description = "Declined", body = Receipted<QuotaMove>),
        Refusals,
    ))]
#[post("/v1/programmes/{programme_id}/quota-moves/{move_id}/decline")]
async fn decline(
    app: Data<App>,
    caller: Caller,
    path: Path<(ProgrammeId, QuotaMoveId)>,
    body: Write<QuotaMoveRefused>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let command = ending(path, &caller, Some(body.value.reason));
    Ok(ok(app.writer.execute(Once { key, command }).await?))
}

/// Withdraws a move that the caller's side proposed.
#[utoipa::path(tag = "Programmes", request_body = Empty,
    params(("programme_id" = ProgrammeId, Path), ("move_id" = QuotaMoveId, Path), IdempotencyKey), responses(
        (status = 200, description = "Withdrawn", body = Receipted<QuotaMove>),
        Refusals,
    ))]
#[post("/v1/programmes/{programme_id}/quota-moves/{move_id}/withdraw")]
async fn withdraw(
    app: Data<App>,
    caller: Caller,
    path: Path<(ProgrammeId, QuotaMoveId)>,
    body: Write<Empty>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let command = ending(path, &caller, None);
    Ok(ok(app.writer.execute(Once { key, command }).await?))
}

fn ending(path: Path<(ProgrammeId, QuotaMoveId)>, caller: &Caller, reason: Option<Reason>) -> EndQuotaMove {
    let (programme_id, move_id) = path.into_inner();
    EndQuotaMove { programme_id, move_id, actor: caller.actor(), agency_no: caller.agency_no(), reason }
}
