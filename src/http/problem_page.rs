//! What each kind of problem means: the pages that `type` of a problem document points to.

use super::{Language, Problem, problem, words};
use crate::kernel::{Code, Refusal};
use actix_web::web::{Json, Path};
use actix_web::{HttpRequest, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(explain);
}

/// A kind of problem in general.
#[derive(Serialize, ToSchema)]
pub struct Explanation {
    #[schema(value_type = String, example = "already_redeemed")]
    code: Code,
    #[schema(example = 409)]
    status: u16,
    title: String,
    detail: String,
    remedy: String,
}

/// Explains a problem code.
#[utoipa::path(tag = "Service", security(()), params(("code" = String, Path)),
    responses((status = 200, description = "What it means and what to do", body = Explanation), problem::Refusals))]
#[get("/problems/{code}")]
async fn explain(request: HttpRequest, code: Path<String>) -> Result<Json<Explanation>, Problem> {
    let code = Code::parse(&code).ok_or_else(|| Refusal::not_found("problem code"))?;
    let words = words::of(&code.into(), Language::of(request.headers()));
    let (title, status) = (words.title.to_owned(), problem::status(code).as_u16());
    Ok(Json(Explanation { code, status, title, detail: words.detail, remedy: words.remedy }))
}
