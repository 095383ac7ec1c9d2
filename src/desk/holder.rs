//! The certificate on its holder's phone, by its unguessable link: where it stands now, its QR code, its file. The phone
//! keeps the page for when there is no network (`assets/holder-worker.js`).

use super::Page;
use super::assets;
use crate::app::App;
use crate::certificate::link_http::{discreet, voucher_of};
use crate::certificate::store::{self, State};
use crate::http::Problem;
use crate::kernel::Timestamp;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use askama::Template;
use serde_json::json;

#[derive(Template)]
#[template(path = "holder.html", config = "src/desk/askama.toml")]
struct HolderPage {
    page: Page,
    link: String,
    state: State,
    /// It can be shown at the enrolment table.
    is_good: bool,
    now: Timestamp,
}

#[get("/c/{link}")]
pub async fn holder(app: Data<App>, page: Page, link: Path<String>) -> Result<HttpResponse, Problem> {
    let voucher_id = voucher_of(&app, &link)?;
    let (now, keyring) = (app.clock.now(), app.keyring());
    let state = app.read(move |connection| store::state(connection, voucher_id, &keyring, now)).await?;
    let is_good = state.status == "issued" && !state.lapsed;
    // The holder's, whoever is signed in here: nothing of a desk is kept with it.
    let page = Page { caller: None, csrf_token: String::new(), ..page };
    let shown = HolderPage { page: page.clone(), link: link.into_inner(), state, is_good, now };
    Ok(discreet(page.show(&shown)))
}

/// The service worker. Its address is fixed, so browsers must ask whether it has changed.
#[get("/c/worker.js")]
pub async fn holder_worker() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/javascript; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(assets::bytes("holder-worker.js"))
}

/// What a phone needs to put the page among its applications. Names nobody.
#[get("/c/{link}/manifest.webmanifest")]
pub async fn holder_manifest(
    app: Data<App>,
    page: Page,
    link: Path<String>,
) -> Result<HttpResponse, Problem> {
    voucher_of(&app, &link)?;
    let start = format!("/c/{link}");
    Ok(discreet(HttpResponse::Ok().json(json!({
        "name": page.t("holder-title"), "short_name": page.t("holder-app-name"), "lang": page.language.tag(),
        "id": start, "start_url": start, "scope": start, "display": "standalone",
        "background_color": "#f5f3ee", "theme_color": "#0b5568",
        "icons": [{ "src": page.asset("icon.svg"), "sizes": "any", "type": "image/svg+xml" }],
    }))))
}
