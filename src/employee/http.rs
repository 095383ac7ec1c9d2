//! Employees over HTTP.

use super::csv;
use super::import::{ImportEmployees, ImportedEmployees};
use super::query::{self, Employee, View};
use super::roster::RawRow;
use super::upload::{Upload, json_rows};
use crate::app::App;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Page, Paged, Problem, Receipted, ok};
use crate::kernel::{EmployeeId, Refusal, Scope, object};
use crate::writer::Once;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(import).service(list).service(show);
}

/// A list of an agency's people.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmployeeList {
    /// At most 5,000.
    #[serde(deserialize_with = "object::list")]
    rows: Vec<RawRow>,
}

/// Creates and updates the agency's employees, by СНИЛС. Each row has an outcome of its own.
#[utoipa::path(tag = "Employees", params(IdempotencyKey),
    request_body(content((EmployeeList = "application/json"), (String = "text/csv"))), responses(
    (status = 200, description = "What became of each row", body = Receipted<ImportedEmployees>),
    Refusals,
))]
#[post("/v1/employees")]
async fn import(app: Data<App>, caller: Caller, body: Upload<EmployeeList>) -> Result<HttpResponse, Problem> {
    let (agency_no, agency_id) = caller.own_agency()?;
    let rows = match &body {
        Upload::Json(body) => json_rows(&body.value.rows),
        Upload::File(file) => csv::read(&file.bytes)?,
    };
    let rows = rows.into_iter().map(|row| row.list(&app.holder_secret, agency_id, EmployeeId(app.new_id())));
    let command = ImportEmployees { agency_no, agency_id, actor: caller.actor(), rows: rows.collect() };
    Ok(ok(app.writer.execute(Once { key: body.key(&caller), command }).await?))
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
