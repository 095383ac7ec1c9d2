//! The devices of the enrolment table: preparing one by a QR code, which also signs its browser in; listing; revoking.

use super::form::Nothing;
use super::lists;
use super::me::own_pass;
use super::{Form, Page};
use crate::app::App;
use crate::credential::qr;
use crate::device::pair::OpenPairing;
use crate::device::revoke::RevokeDevice;
use crate::device::store::{self, DeviceRow};
use crate::http::{self, Caller, Problem};
use crate::kernel::{DeviceId, PairingId, Reason, Scope};
use crate::writer::Once;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "devices.html", config = "src/desk/askama.toml")]
struct DevicesPage {
    page: Page,
    rows: Vec<DeviceRow>,
    next: Option<String>,
    prepares: bool,
    revokes: bool,
}

#[derive(Template)]
#[template(path = "pairing.html", config = "src/desk/askama.toml")]
struct PairingPage {
    page: Page,
    /// Of the address that signs the phone in and pairs it, as SVG.
    qr: String,
}

#[get("/desk/devices")]
pub async fn devices(
    app: Data<App>,
    page: Page,
    caller: Caller,
    part: http::Page,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let rows = app
        .read(move |connection| Ok(store::list(connection, university_no, part.after(), part.fetch())?))
        .await?;
    let paged = part.cut(rows.into_iter().map(|(row, _)| (row.device_no, row)).collect());
    let next = paged.next_cursor.map(|cursor| lists::next(&page, &cursor));
    let prepares = caller.scope == Scope::Registrar;
    let revokes = prepares || caller.scope == Scope::Admin;
    Ok(page.show(&DevicesPage { page: page.clone(), rows: paged.items, next, prepares, revokes }))
}

#[post("/desk/devices/pairings")]
pub async fn pair(
    request: HttpRequest,
    app: Data<App>,
    page: Page,
    form: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let Form { value: Nothing {}, caller, browser, .. } = form;
    let (pairing_id, university_no) = (PairingId(app.new_id()), caller.own_university()?.0);
    let (pairing, pairing_secret) =
        OpenPairing::new(pairing_id, &app.random(), university_no, caller.actor());
    app.writer.execute(pairing).await?;
    let secret = own_pass(&app, &caller).await?;
    let info = request.connection_info();
    // Both stand in the fragment, which no server sees.
    let address =
        format!("{}://{}/pass#{}&pair={pairing_secret}", info.scheme(), info.host(), secret.reveal());
    let page = page.of_form(caller, browser);
    let qr = qr::svg_of_address(&address, &page.t("pairing-qr-title"))?;
    Ok(page.show(&PairingPage { page: page.clone(), qr }))
}

#[derive(Deserialize)]
struct Why {
    reason: Reason,
}

#[post("/desk/devices/{device_id}/revoke")]
pub async fn revoke(app: Data<App>, id: Path<DeviceId>, form: Form<Why>) -> Result<HttpResponse, Problem> {
    let key = form.key();
    let command = RevokeDevice {
        device_id: *id,
        university_no: form.caller.university_no(),
        reason: form.value.reason,
        actor: form.caller.actor(),
    };
    app.writer.execute(Once { key, command }).await?;
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, "/desk/devices")).finish())
}
