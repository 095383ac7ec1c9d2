//! The certificate on its holder's phone, by its unguessable link: where it stands now, its QR code, its file.

use super::Page;
use crate::app::App;
use crate::certificate::link_http::{discreet, voucher_of};
use crate::certificate::store::{self, State};
use crate::http::Problem;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get};
use askama::Template;

#[derive(Template)]
#[template(path = "holder.html", config = "src/desk/askama.toml")]
struct HolderPage {
    page: Page,
    link: String,
    state: State,
    /// It can be shown at the enrolment table.
    is_good: bool,
}

#[get("/c/{link}")]
pub async fn holder(app: Data<App>, page: Page, link: Path<String>) -> Result<HttpResponse, Problem> {
    let voucher_id = voucher_of(&app, &link)?;
    let (now, keyring) = (app.clock.now(), app.keyring());
    let state = app.read(move |connection| store::state(connection, voucher_id, &keyring, now)).await?;
    let is_good = state.status == "issued" && !state.lapsed;
    let shown = HolderPage { page: page.clone(), link: link.into_inner(), state, is_good };
    Ok(discreet(page.show(&shown)))
}
