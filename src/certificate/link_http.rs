//! The doors of a certificate's link: who has it needs no login.
//!
//! A link is checked before the database is asked, and every bad one gets the same answer: guessing is as cheap for us as it
//! is hopeless.

use super::http::printed;
use super::link;
use super::model::check_printable;
use super::store::{self, State};
use crate::app::App;
use crate::credential::{encode, qr};
use crate::http::problem::Refusals;
use crate::http::{Caller, Problem};
use crate::kernel::{Code, Refusal, VoucherId};
use crate::voucher;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, REFERRER_POLICY};
use actix_web::web::{self, Data, Json, Path};
use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

pub fn routes(config: &mut ServiceConfig) {
    config.service(link_of).service(state).service(certificate).service(picture);
}

/// Where a holder finds their certificate.
#[derive(Serialize, ToSchema)]
struct CertificateLink {
    /// The path: `/c/` and 43 characters. Who has it sees what the holder sees.
    link: String,
    /// The same at the issuer's address.
    url: String,
}

/// The link of a voucher, for its holder. It stays the same as long as the voucher lives and is not stored anywhere.
#[utoipa::path(tag = "Certificates", params(("voucher_id" = VoucherId, Path)),
    responses((status = 200, description = "The link", body = CertificateLink), Refusals))]
#[get("/v1/vouchers/{voucher_id}/link")]
async fn link_of(
    app: Data<App>,
    caller: Caller,
    id: Path<VoucherId>,
) -> Result<Json<CertificateLink>, Problem> {
    let (voucher_id, agency_no) = (id.into_inner(), caller.agency_no());
    let found = app.read(move |connection| voucher::store::find(connection, voucher_id, agency_no)).await?;
    let link = path(&app, found.voucher_id);
    let url = url(&app, &link);
    Ok(Json(CertificateLink { link, url }))
}

fn path(app: &App, voucher_id: VoucherId) -> String {
    format!("/c/{}", link::of(&app.holder_secret, voucher_id))
}

fn url(app: &App, path: &str) -> String {
    format!("https://{}{path}", app.keyring().issuer())
}

/// Where the holder of a voucher finds their certificate.
pub(crate) fn address(app: &App, voucher_id: VoucherId) -> String {
    url(app, &path(app, voucher_id))
}

/// The voucher of a link.
pub(crate) fn voucher_of(app: &App, link: &str) -> Result<VoucherId, Refusal> {
    link::voucher(&app.holder_secret, link).ok_or_else(|| Refusal::not_found("certificate"))
}

/// Answers to links are for whoever has the link: not for caches, search engines or the pages they lead to.
pub(crate) fn discreet(mut response: HttpResponse) -> HttpResponse {
    let headers = response.headers_mut();
    for (name, value) in
        [(CACHE_CONTROL, "private, no-cache"), (REFERRER_POLICY, "no-referrer"), (ROBOTS, "noindex")]
    {
        headers.insert(name, actix_web::http::header::HeaderValue::from_static(value));
    }
    response
}

/// Where a voucher stands now, for its holder. Without a login; a link that is none of ours is `not_found`, whatever is
/// wrong with it.
#[utoipa::path(tag = "Certificates", security(()), params(("link" = String, Path)),
    responses((status = 200, description = "The live state", body = State), Refusals))]
#[get("/c/{link}/state.json")]
async fn state(app: Data<App>, link: Path<String>) -> Result<HttpResponse, Problem> {
    let voucher_id = voucher_of(&app, &link)?;
    let (now, keyring) = (app.clock.now(), app.keyring());
    let state = app.read(move |connection| store::state(connection, voucher_id, &keyring, now)).await?;
    Ok(discreet(HttpResponse::Ok().json(state)))
}

/// The certificate of a link: the same file as its agency gets.
#[utoipa::path(tag = "Certificates", security(()), params(("link" = String, Path)),
    responses((status = 200, description = "The certificate", body = Vec<u8>, content_type = "application/pdf"), Refusals))]
#[get("/c/{link}/certificate.pdf")]
async fn certificate(app: Data<App>, link: Path<String>) -> Result<HttpResponse, Problem> {
    let voucher_id = voucher_of(&app, &link)?;
    let (names, stored) = app.read(move |connection| store::one(connection, voucher_id, None)).await?;
    Ok(discreet(printed(&app, &names, &stored).await?))
}

/// The QR code of a link's voucher, to be shown from a phone.
#[utoipa::path(tag = "Certificates", security(()), params(("link" = String, Path)),
    responses((status = 200, description = "The picture", body = String, content_type = "image/svg+xml"), Refusals))]
#[get("/c/{link}/qr.svg")]
async fn picture(app: Data<App>, link: Path<String>) -> Result<HttpResponse, Problem> {
    let voucher_id = voucher_of(&app, &link)?;
    let (status, credential) = app
        .read(move |connection| {
            let found = voucher::store::find(connection, voucher_id, None)?;
            Ok((found.status, voucher::store::credential(connection, &found)?))
        })
        .await?;
    check_printable(status)?;
    let draw = move || qr::svg(&encode(&credential));
    let picture = web::block(draw).await.unwrap_or_else(|_| Err(Code::Unavailable.into()))?;
    Ok(discreet(HttpResponse::Ok().content_type("image/svg+xml").body(picture)))
}
