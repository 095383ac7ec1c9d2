//! The doors of unmasking: ask for a name, and see who asked.

use super::ask::{Unmask, Unmasked};
use super::model::{Grounds, Whom};
use super::store::{self, Person, Unmasking};
use crate::app::App;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Page, Paged, Problem, Receipted, Write, created};
use crate::kernel::{Code, PayeeId, ProgrammeId, Refusal, VoucherId};
use crate::programme::http::find as find_programme;
use crate::writer::{Answer, Key, Once};
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(unmask_holder).service(unmask_payee).service(list);
}

/// Why the holder's name is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HolderQuestion {
    reason: Grounds,
}

/// Why an instructor's name is asked for, and in whose log that is recorded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PayeeQuestion {
    /// A programme of their university.
    programme_id: ProgrammeId,
    reason: Grounds,
}

/// A name that was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct Told {
    pub programme_id: ProgrammeId,
    /// The leaf that records the asking.
    pub log_index: i64,
    #[serde(flatten)]
    pub person: Person,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    programme_id: ProgrammeId,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    limit: Option<i64>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    cursor: Option<String>,
}

/// Records the asking, and when that is on disk reads the name, for the doors and the pages.
///
/// # Errors
/// The command's refusals; `idempotency_key_reused` when somebody else asked under this key.
pub(crate) async fn ask(
    app: &App,
    caller: &Caller,
    whom: Whom,
    grounds: Grounds,
    key: Key,
) -> Result<Answer<Told>, Refusal> {
    let command = Unmask { whom, grounds, actor: caller.actor() };
    let answer = app.writer.execute(Once { key, command }).await?;
    let Unmasked { programme_id, log_index, asked_by } = answer.reply;
    if asked_by != caller.token_no {
        return Err(Refusal::new(Code::IdempotencyKeyReused).at("Idempotency-Key"));
    }
    let person = app.read(move |connection| store::person(connection, whom)).await?;
    Ok(answer.map(|_| Told { programme_id, log_index, person }))
}

/// No browser and nothing between keeps a page with a name.
pub(crate) fn unkept(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Tells whose voucher it is, and records that it was asked and why.
#[utoipa::path(tag = "Unmasking", request_body = HolderQuestion,
    params(("voucher_id" = VoucherId, Path), IdempotencyKey), responses(
        (status = 201, description = "Recorded, and the name", body = Receipted<Told>),
        (status = 200, description = "The same, asked before by the same request", body = Receipted<Told>),
        Refusals,
))]
#[post("/v1/vouchers/{voucher_id}/unmask")]
async fn unmask_holder(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<VoucherId>,
    body: Write<HolderQuestion>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let told = ask(&app, &caller, Whom::Holder(*id), body.value.reason, key).await?;
    Ok(unkept(created(told)))
}

/// Tells an instructor's name, and records in a programme's log that it was asked and why.
#[utoipa::path(tag = "Unmasking", request_body = PayeeQuestion,
    params(("payee_id" = PayeeId, Path), IdempotencyKey), responses(
        (status = 201, description = "Recorded, and the name", body = Receipted<Told>),
        (status = 200, description = "The same, asked before by the same request", body = Receipted<Told>),
        Refusals,
))]
#[post("/v1/payees/{payee_id}/unmask")]
async fn unmask_payee(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<PayeeId>,
    body: Write<PayeeQuestion>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let PayeeQuestion { programme_id, reason } = body.value;
    let told = ask(&app, &caller, Whom::Payee(*id, programme_id), reason, key).await?;
    Ok(unkept(created(told)))
}

/// Which names were asked for in a programme, by whom and why; without the names.
#[utoipa::path(tag = "Unmasking", params(Asked, crate::http::page::PageParameters),
    responses((status = 200, description = "In the order they were asked for", body = Paged<Unmasking>), Refusals))]
#[get("/v1/unmaskings")]
async fn list(
    app: web::Data<App>,
    caller: Caller,
    asked: web::Query<Asked>,
    page: Page,
) -> Result<web::Json<Paged<Unmasking>>, Problem> {
    let programme_id = asked.programme_id;
    let rows = app
        .read(move |connection| {
            let programme = find_programme(connection, programme_id, &caller)?;
            let of = (programme.programme_no, programme.code.as_str());
            Ok(store::list(connection, of, page.after(), page.fetch())?)
        })
        .await?;
    Ok(web::Json(page.cut(rows.into_iter().map(|row| (row.log_index, row)).collect())))
}
