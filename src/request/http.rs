//! Requests over HTTP. Issuing the vouchers of an approved request is the voucher slice's.

use super::model::{Mode, Status};
use super::query::{self, Counts, Filter, ItemView, RequestView};
use super::submit::Candidate;
use super::{ApproveRequest, DecidedRequest, RejectRequest, SubmitRequest, SubmittedRequest};
use crate::app::App;
use crate::employee::upload::{self, Upload, json_rows};
use crate::employee::{RawRow, RosterRow};
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Page, Paged, Problem, Receipted, Write, created, inputs, ok};
use crate::kernel::{EmployeeId, ProgrammeId, Reason, Refusal, RequestId, Scope, ServiceCategory, object};
use crate::writer::Once;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(submit).service(list).service(show).service(approve).service(reject);
}

/// A list of employees for a programme.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    programme_id: ProgrammeId,
    /// What becomes of the list when some rows are refused.
    #[serde(default)]
    mode: Mode,
    /// Decides the same and writes nothing.
    #[serde(default)]
    dry_run: bool,
    /// At most 5,000.
    #[serde(deserialize_with = "object::list")]
    rows: Vec<RawRow>,
}

/// What a file does not say.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FileParameters {
    programme_id: ProgrammeId,
    /// What becomes of the list when some rows are refused.
    #[serde(default)]
    mode: Mode,
    /// Decides the same and writes nothing.
    #[serde(default)]
    dry_run: bool,
    /// Which column is which field, as a preview says it. Without it the file has our own titles.
    #[param(example = "snils:3,full_name:2,position:4")]
    columns: Option<String>,
    /// Of a workbook; with `columns`. The first that can be seen, when not given.
    sheet: Option<String>,
    /// The row with the titles, from 1; with `columns`.
    header_row: Option<u32>,
    /// Everybody's, where no column says it; with `columns`.
    category: Option<ServiceCategory>,
}

/// What is asked for, besides the people.
pub(crate) struct Asked {
    pub programme_id: ProgrammeId,
    pub mode: Mode,
    pub dry_run: bool,
}

/// Asks for vouchers for the agency's people: a JSON body, or a file (a workbook or CSV) with the rest in the query.
/// Every row has an outcome of its own, with the rules it met and the evidence.
#[utoipa::path(tag = "Requests", params(IdempotencyKey, FileParameters),
    request_body(content((NewRequest = "application/json"), (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), responses(
    (status = 201, description = "Requested, with what became of each row",
        body = Receipted<SubmittedRequest>),
    (status = 200, description = "A dry run, or requested before with the same key",
        body = Receipted<SubmittedRequest>),
    Refusals,
))]
#[post("/v1/requests")]
async fn submit(
    app: Data<App>,
    caller: Caller,
    http: HttpRequest,
    body: Upload<NewRequest>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let command = match body {
        Upload::Json(body) => {
            let NewRequest { programme_id, mode, dry_run, rows } = body.value;
            command(&app, &caller, Asked { programme_id, mode, dry_run }, json_rows(&rows))?
        }
        Upload::File(file) => {
            let FileParameters { programme_id, mode, dry_run, columns, sheet, header_row, category } =
                inputs::query(&http)?;
            let reading = upload::reading(sheet, header_row, columns.as_deref(), category)?;
            let rows = upload::file_rows(file.bytes, reading).await?;
            command(&app, &caller, Asked { programme_id, mode, dry_run }, rows)?
        }
    };
    if command.dry_run {
        // No key is kept: nothing was written that a repeat could do twice.
        return Ok(ok(app.writer.execute(command).await?));
    }
    Ok(created(app.writer.execute(Once { key, command }).await?))
}

/// The command of this door and of the pages.
pub(crate) fn command(
    app: &App,
    caller: &Caller,
    asked: Asked,
    rows: Vec<RosterRow>,
) -> Result<SubmitRequest, Refusal> {
    let (agency_no, agency_id) = caller.own_agency()?;
    let Asked { programme_id, mode, dry_run } = asked;
    let candidate =
        |row| Candidate::new(row, &app.holder_secret, programme_id, agency_id, EmployeeId(app.new_id()));
    Ok(SubmitRequest {
        request_id: RequestId(app.new_id()),
        programme_id,
        agency_no,
        agency_id,
        actor: caller.actor(),
        mode,
        dry_run,
        rows: rows.into_iter().map(candidate).collect(),
    })
}

/// Which requests are listed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RequestFilter {
    programme_id: Option<ProgrammeId>,
    #[param(inline)]
    status: Option<Status>,
}

/// A request with its counts.
#[derive(Serialize, ToSchema)]
pub struct ListedRequest {
    #[serde(flatten)]
    request: RequestView,
    #[serde(flatten)]
    counts: Counts,
}

/// Lists requests: an agency its own.
#[utoipa::path(tag = "Requests", params(RequestFilter, PageParameters), responses(
    (status = 200, description = "A page of requests", body = Paged<ListedRequest>),
    Refusals,
))]
#[get("/v1/requests")]
async fn list(
    app: Data<App>,
    caller: Caller,
    filter: Query<RequestFilter>,
    page: Page,
) -> Result<Json<Paged<ListedRequest>>, Problem> {
    let RequestFilter { programme_id, status } = filter.into_inner();
    let filter = Filter { agency_no: caller.agency_no(), programme_id, status };
    let after = page.after().unwrap_or(0);
    let rows = app.read(move |connection| Ok(query::list(connection, &filter, after, page.fetch())?)).await?;
    let listed =
        rows.into_iter().map(|(request, counts)| (request.place(), ListedRequest { request, counts }));
    Ok(Json(page.cut(listed.collect())))
}

/// A request with its rows.
#[derive(Serialize, ToSchema)]
pub struct ShownRequest {
    #[serde(flatten)]
    request: RequestView,
    items: Vec<ItemView>,
}

/// Shows a request with its rows: an agency its own. Names are for the agency and the programme office.
#[utoipa::path(tag = "Requests", params(("request_id" = RequestId, Path)), responses(
    (status = 200, description = "The request", body = ShownRequest),
    Refusals,
))]
#[get("/v1/requests/{request_id}")]
async fn show(app: Data<App>, caller: Caller, id: Path<RequestId>) -> Result<Json<ShownRequest>, Problem> {
    let agency_no = caller.agency_no();
    let with_names = matches!(caller.scope, Scope::Agency | Scope::Programme);
    let found = app
        .read(move |connection| {
            let request =
                query::one(connection, *id, agency_no)?.ok_or_else(|| Refusal::not_found("request"))?;
            let items = query::items(connection, &request, with_names)?;
            Ok(ShownRequest { request, items })
        })
        .await?;
    Ok(Json(found))
}

/// Nothing more is to be said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {}

/// Approves a request; its seats are held. It takes another person than the requester.
#[utoipa::path(tag = "Requests", params(("request_id" = RequestId, Path), IdempotencyKey),
    request_body = Approval, responses(
    (status = 200, description = "Approved", body = Receipted<DecidedRequest>),
    Refusals,
))]
#[post("/v1/requests/{request_id}/approve")]
async fn approve(
    app: Data<App>,
    caller: Caller,
    id: Path<RequestId>,
    body: Write<Approval>,
) -> Result<HttpResponse, Problem> {
    let command = ApproveRequest { request_id: *id, actor: caller.actor() };
    Ok(ok(app.writer.execute(Once { key: body.key(&caller), command }).await?))
}

/// Why a request is rejected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    reason: Reason,
}

/// Rejects a request; its people may be requested again.
#[utoipa::path(tag = "Requests", params(("request_id" = RequestId, Path), IdempotencyKey),
    request_body = Rejection, responses(
    (status = 200, description = "Rejected", body = Receipted<DecidedRequest>),
    Refusals,
))]
#[post("/v1/requests/{request_id}/reject")]
async fn reject(
    app: Data<App>,
    caller: Caller,
    id: Path<RequestId>,
    body: Write<Rejection>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let command = RejectRequest { request_id: *id, actor: caller.actor(), reason: body.value.reason };
    Ok(ok(app.writer.execute(Once { key, command }).await?))
}
