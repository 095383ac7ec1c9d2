//! The door of status lists: public, at the address that credentials name.

use crate::app::App;
use crate::http::Problem;
use crate::http::problem::Refusals;
use crate::kernel::{ProgrammeCode, Refusal};
use actix_web::http::header::{ACCEPT, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, HeaderMap, VARY};
use actix_web::{HttpRequest, HttpResponse, get, web};
use utoipa_actix_web::service_config::ServiceConfig;

const JWT: &str = "application/statuslist+jwt";
const CWT: &str = "application/statuslist+cwt";

pub fn routes(config: &mut ServiceConfig) {
    config.service(status_list);
}

/// What became of the vouchers of a list: IETF Token Status List, two bits a place (0 valid, 1 invalid, 2 suspended, 3
/// redeemed), signed by the key of credentials. As JWT; as CWT by `Accept: application/statuslist+cwt`.
#[utoipa::path(tag = "Keys and verification", security(()),
    params(("programme_code" = String, Path), ("list" = i64, Path)),
    responses((status = 200, description = "The signed list", body = String, content_type = "application/statuslist+jwt"),
        Refusals))]
#[get("/s/{programme_code}/{list}")]
async fn status_list(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<(String, i64)>,
) -> Result<HttpResponse, Problem> {
    let (code, list) = path.into_inner();
    // Anything else names no programme, and may have characters that a database takes for a fault.
    let code = ProgrammeCode::parse(&code).map_err(|_| Refusal::not_found("status list"))?;
    let made = app.status_lists.find(&app, code.as_str(), list).await?;
    let (media_type, body) = match wants_cwt(request.headers()) {
        true => (CWT, made.cwt.clone()),
        false => (JWT, made.jwt.clone()),
    };
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((VARY, "accept"))
        .insert_header((CACHE_CONTROL, "public, max-age=5"))
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .body(body))
}

/// Of the two forms the one that is named first.
fn wants_cwt(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let named = accepted.split(',').filter_map(|range| range.split(';').next()).map(str::trim);
    named.into_iter().find(|name| [JWT, CWT].contains(name)) == Some(CWT)
}
