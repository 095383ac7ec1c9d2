//! The one check that every request passes: the permission table and the token. Denies by default.

use super::Secret;
use crate::app::App;
use crate::http::permissions::{self, Access, Lookup, Route};
use crate::http::{Caller, Problem};
use crate::kernel::{Code, Refusal};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, ResponseError};

/// The middleware, for `from_fn`. Lets a request through with its [`Caller`], or answers it.
///
/// # Errors
/// Those from within.
pub async fn admit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match check(&request).await {
        Ok(()) => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        Err(refusal) => Ok(request.into_response(Problem(refusal).error_response())),
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
    let Access::Only(scopes) = route.access else { return Ok(()) };
    let app = request.app_data::<Data<App>>().ok_or(Code::Internal)?;
    let Some(caller) = caller(app, request).await? else {
        return Err(denied(app, route, None, Code::Unauthenticated.into()));
    };
    let (token_no, scope) = (caller.token_no, caller.scope);
    request.extensions_mut().insert(caller);
    if scopes.contains(&scope) {
        return Ok(());
    }
    let refusal = Refusal::new(Code::Forbidden).with("allowed_scopes", scopes);
    Err(denied(app, route, Some(token_no), refusal))
}

/// The bearer of a valid token (RFC 6750 §2.1).
async fn caller(app: &App, request: &ServiceRequest) -> Result<Option<Caller>, Refusal> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = header.and_then(|header| {
        let (scheme, token) = header.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
    });
    match bearer.and_then(Secret::parse) {
        Some(secret) => app.tokens.find(app, &secret.hash()).await,
        None => Ok(None),
    }
}

fn denied(app: &App, route: &'static Route, token_no: Option<i64>, refusal: Refusal) -> Refusal {
    app.denials.note(app.clock.now(), token_no, route, refusal.code);
    refusal
}
