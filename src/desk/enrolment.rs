//! The enrolment desk: one page, kept by the browser for when there is no network, and filled by its scripts
//! (`script/`). They ask the doors for programs, as whoever is signed in.

use super::Page;
use super::assets;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use actix_web::web::Json;
use actix_web::{HttpResponse, get};
use askama::Template;
use serde_json::{Value, json};

/// Whence the worker may answer: the page itself lies above its address.
const WORKER_SCOPE: &str = "/desk/enrolment";

#[derive(Template)]
#[template(path = "enrolment.html", config = "src/desk/askama.toml")]
struct EnrolmentPage {
    language: &'static str,
    title: String,
    no_script: String,
    words: String,
    script: String,
    decoder: String,
    wasm: String,
    style: String,
    base: String,
    icon: String,
    sign_in: &'static str,
    /// What an offline start needs.
    files: String,
}

#[get("/desk/enrolment")]
pub async fn enrolment(page: Page) -> HttpResponse {
    let language = page.language.tag();
    let [words, script, decoder, wasm, style, base, icon] = [
        &*format!("scan.{language}.ftl"),
        "desk.js",
        "decoder-worker.js",
        "zxing_reader.wasm",
        "enrolment.css",
        "desk.css",
        "icon.svg",
    ]
    .map(|name| page.asset(name));
    let files = [&words, &script, &decoder, &wasm, &style, &base, &icon].map(String::as_str).join(" ");
    page.show(&EnrolmentPage {
        language,
        title: format!("{} · {}", page.t("menu-enrolment"), page.t("service")),
        no_script: page.t("enrolment-no-script"),
        files: format!("{files} /desk/enrolment/manifest.webmanifest"),
        sign_in: "/sign-in?next=/desk/enrolment",
        words,
        script,
        decoder,
        wasm,
        style,
        base,
        icon,
    })
}

/// The service worker. Its address is fixed, so browsers must ask whether it has changed.
#[get("/desk/enrolment/worker.js")]
pub async fn worker() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/javascript; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((HeaderName::from_static("service-worker-allowed"), WORKER_SCOPE))
        .body(assets::bytes("worker.js"))
}

/// What a phone needs to keep the page as an application.
#[get("/desk/enrolment/manifest.webmanifest")]
pub async fn manifest(page: Page) -> Json<Value> {
    Json(json!({
        "name": page.t("enrolment-app-name"), "short_name": page.t("menu-enrolment"), "lang": page.language.tag(),
        "start_url": WORKER_SCOPE, "scope": WORKER_SCOPE, "display": "standalone",
        "background_color": "#f5f3ee", "theme_color": "#0b5568",
        "icons": [{ "src": page.asset("icon.svg"), "sizes": "any", "type": "image/svg+xml" }],
    }))
}
