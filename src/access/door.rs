//! The one check that every request passes: the permission table, and the token or the browser that is signed in.
//! Denies by default.

use super::{Secret, SecretOf};
use crate::app::App;
use crate::http::caller::Unproven;
use crate::http::cookies::{self, Kept};
use crate::http::form;
use crate::http::permissions::{self, Access, Lookup, Route};
use crate::http::{Browser, Caller, Problem};
use crate::kernel::{Code, Refusal};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, ResponseError};
use subtle::ConstantTimeEq;

/// Where scripts of our pages show the token of their browser.
const CSRF_HEADER: &str = "x-csrf-token";

/// The middleware, for `from_fn`. Lets a request through with its [`Caller`], or answers it.
///
/// # Errors
/// Those from within.
pub async fn admit(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match check(&request).await {
        Ok(()) => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        Err(refusal) => {
            let route = request.extensions().get::<&'static Route>().copied();
            if refusal.code == Code::Unauthenticated && route.is_some_and(permissions::is_form) {
                form::keep(&mut request).await;
            }
            Ok(request.into_response(Problem(refusal).error_response()))
        }
    }
}

async fn check(request: &ServiceRequest) -> Result<(), Refusal> {
    let route = match permissions::find(request.method().as_str(), request.match_info().as_str()) {
        Lookup::Found(route) => route,
        Lookup::OtherMethods(methods) => {
            return Err(Refusal::new(Code::MethodNotAllowed).with("allowed", methods));
        }
        Lookup::Nowhere => return Err(Refusal::not_found("address")),
    };
    request.extensions_mut().insert(route);
    let app = request.app_data::<Data<App>>().ok_or(Code::Internal)?;
    let is_safe = request.method().is_safe();
    if permissions::is_page(route) && !is_safe && !is_from_here(request) {
        return Err(denied(app, route, None, Code::NotFromHere.into()));
    }
    let Access::Only(scopes) = route.access else { return Ok(()) };
    let (caller, browser) = match caller(app, request).await? {
        Some(known) => known,
        None => return Err(denied(app, route, None, Code::Unauthenticated.into())),
    };
    let (token_no, scope) = (caller.token_no, caller.scope);
    let is_proven = is_safe || browser.as_ref().is_none_or(|browser| has_token(request, browser));
    if let Some(browser) = browser {
        request.extensions_mut().insert(browser);
    }
    if is_proven {
        request.extensions_mut().insert(caller);
    } else if permissions::is_page(route) {
        // Its form has the token, and is read by the handler.
        request.extensions_mut().insert(Unproven::new(caller));
    } else {
        return Err(denied(app, route, Some(token_no), Code::NotFromHere.into()));
    }
    if scopes.contains(&scope) {
        return Ok(());
    }
    let refusal = Refusal::new(Code::Forbidden).with("allowed_scopes", scopes);
    Err(denied(app, route, Some(token_no), refusal))
}

/// The bearer of a valid token (RFC 6750 §2.1), or whoever is signed in with the browser that asks.
async fn caller(app: &App, request: &ServiceRequest) -> Result<Option<(Caller, Option<Browser>)>, Refusal> {
    if let Some(header) = request.headers().get(AUTHORIZATION) {
        let header = header.to_str().unwrap_or("");
        let bearer = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let secret = bearer.and_then(|(_, token)| Secret::parse(SecretOf::Token, token.trim_start()));
        let Some(secret) = secret else { return Ok(None) };
        return Ok(app.tokens.find(app, &secret.hash()).await?.map(|caller| (caller, None)));
    }
    let cookie = Kept::SignIn.of(request);
    let Some(secret) = cookie.and_then(|cookie| Secret::parse(SecretOf::SignIn, &cookie)) else {
        return Ok(None);
    };
    let found = app.tokens.find_sign_in(app, &secret.hash()).await?;
    Ok(found
        .map(|(caller, sign_in_id)| (caller, Some(Browser { sign_in_id, csrf_token: secret.csrf_token() }))))
}

/// Whether the header that only our scripts can set has the browser's token.
fn has_token(request: &ServiceRequest, browser: &Browser) -> bool {
    let header = request.headers().get(CSRF_HEADER);
    header.is_some_and(|value| bool::from(value.as_bytes().ct_eq(browser.csrf_token.as_bytes())))
}

/// Whether a browser says that a page of this origin sends the request (Fetch Metadata; where that is unknown, RFC 6454).
fn is_from_here(request: &ServiceRequest) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    match header("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => header("origin").is_some_and(|origin| {
            origin.split_once("://").is_some_and(|(_, host)| host == cookies::host(request.request()))
        }),
    }
}

fn denied(app: &App, route: &'static Route, token_no: Option<i64>, refusal: Refusal) -> Refusal {
    app.denials.note(app.clock.now(), token_no, route, refusal.code);
    refusal
}
