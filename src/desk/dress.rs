//! Refusals of pages, as pages; and whoever is not signed in is asked to.

use super::language::own_path;
use super::page::Page;
use super::resume;
use crate::http::cookies;
use crate::http::permissions::{self, Route};
use crate::http::{problem, words};
use crate::kernel::{Code, Refusal};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{LOCATION, REFERER};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use askama::Template;

/// A refusal in words.
#[derive(Template)]
#[template(path = "refused.html", config = "src/desk/askama.toml")]
struct Refused {
    page: Page,
    status: u16,
    title: &'static str,
    detail: String,
    remedy: String,
    /// The page that was left.
    back: String,
}

/// The middleware, for `from_fn`. Routes for programs pass untouched.
///
/// # Errors
/// Those from within; there are none.
pub async fn dress(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let wants_page = request.method() == Method::GET && accepts_html(request.request());
    let response = next.call(request).await?.map_into_boxed_body();
    let refusal = response.response().extensions().get::<Refusal>().cloned();
    let Some(refusal) = refusal else { return Ok(response) };
    let route = response.request().extensions().get::<&'static Route>().copied();
    let is_page = route.map_or(wants_page, permissions::is_page);
    if !is_page {
        return Ok(response);
    }
    let request = response.request().clone();
    let told = tell(&request, &refusal);
    Ok(ServiceResponse::new(request, told))
}

fn tell(request: &HttpRequest, refusal: &Refusal) -> HttpResponse {
    let page = Page::of(request);
    if refusal.code == Code::Unauthenticated && request.method() == Method::GET {
        let next = serde_urlencoded::to_string([("next", &page.here)]).unwrap_or_default();
        return HttpResponse::SeeOther().insert_header((LOCATION, format!("/sign-in?{next}"))).finish();
    }
    let mut response = resume::instead_of(request, &page, refusal, left(request))
        .unwrap_or_else(|| in_words(request, &page, refusal));
    for (name, value) in problem::headers(refusal) {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn in_words(request: &HttpRequest, page: &Page, refusal: &Refusal) -> HttpResponse {
    let status = problem::status(refusal.code);
    let words = words::of(refusal, page.language);
    let refused = Refused {
        status: status.as_u16(),
        title: words.title,
        detail: words.detail,
        remedy: words.remedy,
        back: left(request),
        page: page.clone(),
    };
    page.show_as(status, &refused)
}

/// The page of ours that a form was on, or the desk.
fn left(request: &HttpRequest) -> String {
    let referer = request.headers().get(REFERER).and_then(|value| value.to_str().ok()).unwrap_or("");
    let rest = referer.split_once("://").and_then(|(_, rest)| rest.strip_prefix(cookies::host(request)));
    own_path(rest.filter(|_| request.method() == Method::POST).unwrap_or("/desk"))
}

fn accepts_html(request: &HttpRequest) -> bool {
    let header = request.headers().get("accept").and_then(|value| value.to_str().ok());
    header.is_some_and(|accepted| accepted.contains("text/html"))
}
