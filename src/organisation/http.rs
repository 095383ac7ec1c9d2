//! Agencies and universities over HTTP.

use super::model::{AgencyDetails, UniversityDetails};
use super::store::{self, AgencyRow, UniversityRow};
use super::{RegisterAgency, RegisterUniversity, RegisteredAgency, RegisteredUniversity};
use crate::app::App;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Page, Paged, Problem, Receipted, Write, created};
use crate::kernel::{AgencyId, Refusal, UniversityId};
use crate::writer::Once;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, post};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(register_agency).service(list_agencies).service(show_agency);
    config.service(register_university).service(list_universities).service(show_university);
}

/// An agency: a body of state power or a municipality.
#[derive(Serialize, ToSchema)]
pub struct Agency {
    agency_id: AgencyId,
    #[schema(example = "PSK-S01")]
    code: String,
    name: String,
    #[schema(example = "state_body")]
    category: String,
    municipality: Option<String>,
}

impl From<AgencyRow> for Agency {
    fn from(row: AgencyRow) -> Self {
        let AgencyRow { agency_no: _, agency_id, code, name, category, municipality } = row;
        Self { agency_id, code, name, category, municipality }
    }
}

/// A university.
#[derive(Serialize, ToSchema)]
pub struct University {
    university_id: UniversityId,
    #[schema(example = "PSKGU")]
    code: String,
    name: String,
}

impl From<UniversityRow> for University {
    fn from(row: UniversityRow) -> Self {
        let UniversityRow { university_no: _, university_id, code, name } = row;
        Self { university_id, code, name }
    }
}

/// Registers an agency.
#[utoipa::path(tag = "Agencies", request_body = AgencyDetails, params(IdempotencyKey), responses(
    (status = 201, description = "Registered", body = Receipted<RegisteredAgency>),
    (status = 200, description = "Registered before by the same request", body = Receipted<RegisteredAgency>),
    Refusals,
))]
#[post("/v1/agencies")]
async fn register_agency(
    app: Data<App>,
    caller: Caller,
    body: Write<AgencyDetails>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let agency_id = AgencyId(app.new_id());
    let command = RegisterAgency { actor: caller.actor(), agency_id, details: body.value };
    Ok(created(app.writer.execute(Once { key, command }).await?))
}

/// Lists agencies. An agency sees itself only.
#[utoipa::path(tag = "Agencies", params(PageParameters), responses(
    (status = 200, description = "A page of agencies", body = Paged<Agency>),
    Refusals,
))]
#[get("/v1/agencies")]
async fn list_agencies(app: Data<App>, caller: Caller, page: Page) -> Result<Json<Paged<Agency>>, Problem> {
    let own = caller.agency_no();
    let rows = app.read(move |connection| Ok(store::list_agencies(connection, &page, own)?)).await?;
    Ok(Json(page.cut(rows.into_iter().map(|row| (row.agency_no, row.into())).collect())))
}

/// Shows an agency. An agency sees itself only.
#[utoipa::path(tag = "Agencies", params(("agency_id" = AgencyId, Path)), responses(
    (status = 200, description = "The agency", body = Agency),
    Refusals,
))]
#[get("/v1/agencies/{agency_id}")]
async fn show_agency(app: Data<App>, caller: Caller, id: Path<AgencyId>) -> Result<Json<Agency>, Problem> {
    let own = caller.agency_no();
    let found = app.read(move |connection| Ok(store::find_agency(connection, *id, own)?)).await?;
    Ok(Json(found.ok_or_else(|| Refusal::not_found("agency"))?.into()))
}

/// Registers a university.
#[utoipa::path(tag = "Universities", request_body = UniversityDetails, params(IdempotencyKey), responses(
    (status = 201, description = "Registered", body = Receipted<RegisteredUniversity>),
    (status = 200, description = "Registered before by the same request",
        body = Receipted<RegisteredUniversity>),
    Refusals,
))]
#[post("/v1/universities")]
async fn register_university(
    app: Data<App>,
    caller: Caller,
    body: Write<UniversityDetails>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let university_id = UniversityId(app.new_id());
    let command = RegisterUniversity { actor: caller.actor(), university_id, details: body.value };
    Ok(created(app.writer.execute(Once { key, command }).await?))
}

/// Lists universities.
#[utoipa::path(tag = "Universities", params(PageParameters), responses(
    (status = 200, description = "A page of universities", body = Paged<University>),
    Refusals,
))]
#[get("/v1/universities")]
async fn list_universities(app: Data<App>, page: Page) -> Result<Json<Paged<University>>, Problem> {
    let rows = app.read(move |connection| Ok(store::list_universities(connection, &page)?)).await?;
    Ok(Json(page.cut(rows.into_iter().map(|row| (row.university_no, row.into())).collect())))
}

/// Shows a university.
#[utoipa::path(tag = "Universities", params(("university_id" = UniversityId, Path)), responses(
    (status = 200, description = "The university", body = University),
    Refusals,
))]
#[get("/v1/universities/{university_id}")]
async fn show_university(app: Data<App>, id: Path<UniversityId>) -> Result<Json<University>, Problem> {
    let found = app.read(move |connection| Ok(store::find_university(connection, *id)?)).await?;
    Ok(Json(found.ok_or_else(|| Refusal::not_found("university"))?.into()))
}
