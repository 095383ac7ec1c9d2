//! Employees over HTTP.

use super::import::{ImportEmployees, ImportedEmployees};
use super::matched;
use super::preview::Preview;
use super::query::{self, Employee, View};
use super::roster::RawRow;
use super::upload::{self, Shown, Upload, json_rows};
use crate::app::App;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Language, Page, Paged, Problem, Receipted, inputs, ok};
use crate::kernel::{Code, EmployeeId, Refusal, Scope, ServiceCategory, object};
use crate::writer::Once;
use actix_web::web::{self, Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(import).service(list).service(show).service(preview);
}

/// A list of an agency's people.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmployeeList {
    /// Decides the same and writes nothing.
    #[serde(default)]
    dry_run: bool,
    /// At most 5,000.
    #[serde(deserialize_with = "object::list")]
    rows: Vec<RawRow>,
}

/// How a file is read.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ImportParameters {
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

/// How a file is looked at.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PreviewParameters {
    /// Which column is which field; guessed when not given.
    #[param(example = "snils:3,full_name:2,position:4")]
    columns: Option<String>,
    /// Of a workbook; the first that can be seen, when not given.
    sheet: Option<String>,
    /// The row with the titles, from 1; found when not given.
    header_row: Option<u32>,
    /// Everybody's, where no column says it.
    category: Option<ServiceCategory>,
}

/// Creates and updates the agency's employees, by СНИЛС. Each row has an outcome of its own.
#[utoipa::path(tag = "Employees", params(IdempotencyKey,     ImportParameters), request_body(content((EmployeeList = "application/json"), (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), responses(
    (status = 200, description = "What became of each row", body = Receipted<ImportedEmployees>),
    Refusals,
))]
#[post("/v1/employees")]
async fn import(
    app: Data<App>,
    caller: Caller,
    http: HttpRequest,
    body: Upload<EmployeeList>,
) -> Result<HttpResponse, Problem> {
    let (agency_no, agency_id) = caller.own_agency()?;
    let key = body.key(&caller);
    let (dry_run, rows) = match body {
        Upload::Json(body) => (body.value.dry_run, json_rows(&body.value.rows)),
        Upload::File(file) => {
            let ImportParameters { dry_run, columns, sheet, header_row, category } = inputs::query(&http)?;
            let reading = upload::reading(sheet, header_row, columns.as_deref(), category)?;
            (dry_run, upload::file_rows(file.bytes, reading).await?)
        }
    };
    let rows = rows.into_iter().map(|row| row.list(&app.holder_secret, agency_id, EmployeeId(app.new_id())));
    let command =
        ImportEmployees { agency_no, agency_id, actor: caller.actor(), dry_run, rows: rows.collect() };
    if dry_run {
        // No key is kept: nothing was written that a repeat could do twice.
        return Ok(ok(app.writer.execute(command).await?));
    }
    Ok(ok(app.writer.execute(Once { key, command }).await?))
}

/// Looks at a file of people in anybody's columns, in a workbook or CSV, and does nothing with it: where the table is, what
/// its columns seem to hold, and what is wrong in which cell. What it says in `mapping` an import takes as `columns`.
#[utoipa::path(tag = "Employees", params(PreviewParameters), request_body(content((String = "text/csv"),
    (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), responses(
    (status = 200, description = "What was found", body = Preview),
    Refusals,
))]
#[post("/v1/sheets/preview")]
async fn preview(http: HttpRequest, file: Shown) -> Result<Json<Preview>, Problem> {
    let PreviewParameters { columns, sheet, header_row, category } = inputs::query(&http)?;
    let reading = upload::reading(sheet, header_row, columns.as_deref(), category)?;
    let language = Language::of(http.headers());
    let look = move || Ok(Preview::new(matched::read(&file.0, &reading)?, reading.category, language));
    let preview: Result<Preview, Refusal> =
        web::block(look).await.unwrap_or_else(|_| Err(Code::Unavailable.into()));
    Ok(Json(preview?))
}

/// What the caller may see: an agency its own people, anyone else no names.
fn view(caller: &Caller) -> View {
    match (caller.scope, caller.agency_no()) {
        (Scope::Agency, Some(agency_no)) => View::Own { agency_no },
        _ => View::Pseudonyms,
    }
}

/// Lists employees: an agency's own; for auditors all, without names.
#[utoipa::path(tag = "Employees", params(PageParameters), responses(
    (status = 200, description = "A page of employees", body = Paged<Employee>),
    Refusals,
))]
#[get("/v1/employees")]
async fn list(app: Data<App>, caller: Caller, page: Page) -> Result<Json<Paged<Employee>>, Problem> {
    let (view, after) = (view(&caller), page.after().unwrap_or(0));
    let rows = app.read(move |connection| Ok(query::list(connection, view, after, page.fetch())?)).await?;
    Ok(Json(page.cut(rows.into_iter().map(|row| (row.employee_no, row)).collect())))
}

/// Shows an employee: an agency its own; auditors any, without the name.
#[utoipa::path(tag = "Employees", params(("employee_id" = EmployeeId, Path)), responses(
    (status = 200, description = "The employee", body = Employee),
    Refusals,
))]
#[get("/v1/employees/{employee_id}")]
async fn show(app: Data<App>, caller: Caller, id: Path<EmployeeId>) -> Result<Json<Employee>, Problem> {
    let view = view(&caller);
    let found = app.read(move |connection| Ok(query::one(connection, view, *id)?)).await?;
    Ok(Json(found.ok_or_else(|| Refusal::not_found("employee"))?))
}
