//! Signing in through the provider of identities, and linking an account there: the trip there and back, the code of our app
//! where the provider's second factor does not count, and the page that asks before anything is linked.

use super::form::{Nothing, OpenForm};
use super::sign_in::{self, Admitted};
use super::{Form, Page};
use crate::app::App;
use crate::http::cookies::{self, Kept};
use crate::http::{Caller, Problem, problem};
use crate::kernel::{Code, Refusal};
use crate::login::oidc::link::{LinkIdentity, UnlinkIdentity};
use crate::login::oidc::{Errand, IdentityProvider, Round, Shown, Trouble};
use crate::login::{prove_identity, store};
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, get, post};
use askama::Template;
use serde::Deserialize;

/// Seconds that the cookie of a trip is kept by the browser.
const KEPT_SECONDS: i64 = 10 * 60;

/// Where the provider sends browsers back to; it must know this address.
const BACK: &str = "/sign-in/provider/back";

pub fn routes(config: &mut ServiceConfig) {
    config.service(sign_in_there).service(back).service(code_page).service(by_code);
    config.service(link_there).service(linking).service(link).service(unlink);
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

#[get("/sign-in/provider")]
async fn sign_in_there(
    request: HttpRequest,
    app: Data<App>,
    page: Page,
    next: Query<Next>,
) -> Result<HttpResponse, Problem> {
    let next = next.into_inner().next;
    begin(&request, &app, &page, Errand::SignIn { next }).await
}

#[get("/desk/me/identity/provider")]
async fn link_there(
    request: HttpRequest,
    app: Data<App>,
    page: Page,
    caller: Caller,
) -> Result<HttpResponse, Problem> {
    begin(&request, &app, &page, Errand::Link { token_no: caller.token_no }).await
}

fn provider(app: &App) -> Result<&IdentityProvider, Refusal> {
    app.identity_provider.as_ref().ok_or_else(|| Refusal::not_found("address"))
}

/// Sends the browser to the provider. Only a page of ours begins a trip.
async fn begin(
    request: &HttpRequest,
    app: &App,
    page: &Page,
    errand: Errand,
) -> Result<HttpResponse, Problem> {
    let provider = provider(app)?;
    let site = request.headers().get("sec-fetch-site").and_then(|value| value.to_str().ok());
    if matches!(site, Some("cross-site" | "same-site")) {
        return Ok(HttpResponse::SeeOther().insert_header((LOCATION, "/sign-in")).finish());
    }
    let round = Round::begin(&app.random(), errand, app.clock.now());
    match provider.begin(&round, &back_to(request)).await {
        Ok(address) => {
            let cookie = Kept::Provider.write(request, round.seal(&app.holder_secret), KEPT_SECONDS);
            Ok(HttpResponse::SeeOther().insert_header((LOCATION, address)).cookie(cookie).finish())
        }
        Err(trouble) => Ok(tell(page, &trouble, round.errand)),
    }
}

fn back_to(request: &HttpRequest) -> String {
    format!("{}{BACK}", cookies::origin(request))
}

/// RFC 6749, section 4.1.2; RFC 9207.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    error: Option<String>,
    iss: Option<String>,
}

#[get("/sign-in/provider/back")]
async fn back(
    request: HttpRequest,
    app: Data<App>,
    page: Page,
    answer: Query<Answer>,
) -> Result<HttpResponse, Problem> {
    let provider = provider(&app)?;
    let now = app.clock.now();
    let cookie = Kept::Provider.read(&request);
    let round = cookie.and_then(|cookie| Round::open(&app.holder_secret, &cookie, now));
    let round = round.filter(|round| round.has_state(&answer.state));
    let Some(round) = round.filter(|_| answer.iss.as_ref().is_none_or(|iss| provider.is_issuer(iss))) else {
        tracing::warn!("an answer of the provider of identities is to no sign-in of this browser");
        let words = page.t("provider-not-begun");
        return Ok(sign_in::refuse(&page, StatusCode::BAD_REQUEST, String::new(), words));
    };
    let found = match &answer.error {
        Some(error) => Err(Trouble::told(error)),
        None => provider.finish(&round, &back_to(&request), &answer.code, now).await,
    };
    let identity = match found {
        Ok(identity) => identity,
        Err(trouble) => return Ok(over(&request, tell(&page, &trouble, round.errand))?),
    };
    let shown = Shown::new(&app.holder_secret, round.errand, identity, now);
    let Errand::SignIn { next } = &shown.errand else {
        return Ok(keep(&request, &app, &shown, "/desk/me/identity"));
    };
    let identity = shown.identity;
    let owner = app.read(move |connection| Ok(store::identity_owner(connection, &identity, now)?)).await?;
    if owner.is_none() {
        let page = Page { here: "/sign-in".into(), ..page };
        let unknown = UnknownPage { page: page.clone() };
        return Ok(over(&request, page.show_as(StatusCode::FORBIDDEN, &unknown))?);
    }
    if !shown.has_second_factor {
        return Ok(keep(&request, &app, &shown, "/sign-in/provider/code"));
    }
    let (token_id, proven) = prove_identity(&app, &shown, "").await?;
    Ok(let_in(&request, sign_in::admit(&request, &app, token_id, proven).await?, next)?)
}

/// An account that opens no login.
#[derive(Template)]
#[template(path = "unknown_identity.html", config = "src/desk/askama.toml")]
struct UnknownPage {
    page: Page,
}

/// Goes on with what the provider said.
fn keep(request: &HttpRequest, app: &App, shown: &Shown, to: &str) -> HttpResponse {
    let cookie = Kept::Provider.write(request, shown.seal(&app.holder_secret), KEPT_SECONDS);
    HttpResponse::SeeOther().insert_header((LOCATION, to)).cookie(cookie).finish()
}

/// The answer at the end of a trip: its cookie goes.
fn over(request: &HttpRequest, mut response: HttpResponse) -> Result<HttpResponse, Refusal> {
    let gone = Kept::Provider.write(request, String::new(), 0);
    response.add_cookie(&gone).map_err(|_| Refusal::new(Code::Internal))?;
    Ok(response)
}

fn let_in(request: &HttpRequest, admitted: Admitted, next: &str) -> Result<HttpResponse, Refusal> {
    let mut response = sign_in::go_on(next);
    response.add_cookie(&admitted.cookie).map_err(|_| Refusal::new(Code::Internal))?;
    over(request, response)
}

/// What came of it, on the page where the password still works.
fn tell(page: &Page, trouble: &Trouble, errand: Errand) -> HttpResponse {
    tracing::warn!(%trouble, "nobody was recognised by the provider of identities");
    let (status, word) = match trouble {
        Trouble::Unreachable(_) | Trouble::Unusable(_) | Trouble::Busy => {
            (StatusCode::SERVICE_UNAVAILABLE, "provider-down")
        }
        Trouble::Refused(_) => (StatusCode::UNAUTHORIZED, "provider-refused"),
    };
    let words = page.t1(word, "name", page.provider.as_deref().unwrap_or_default());
    let next = match errand {
        Errand::SignIn { next } => next,
        Errand::Link { .. } => "/desk/me".into(),
    };
    sign_in::refuse(page, status, next, words)
}

/// Where the code of our app is typed.
#[derive(Template)]
#[template(path = "provider_code.html", config = "src/desk/askama.toml")]
struct CodePage {
    page: Page,
    refused: Option<String>,
}

/// What the provider said of this browser a moment ago.
fn shown(request: &HttpRequest, app: &App) -> Option<Shown> {
    Shown::open(&app.holder_secret, &Kept::Provider.read(request)?, app.clock.now())
}

#[get("/sign-in/provider/code")]
async fn code_page(page: Page) -> HttpResponse {
    page.show(&CodePage { page: page.clone(), refused: None })
}

#[derive(Deserialize)]
struct TypedCode {
    code: String,
}

#[post("/sign-in/provider/code")]
async fn by_code(
    request: HttpRequest,
    app: Data<App>,
    page: Page,
    form: OpenForm<TypedCode>,
) -> Result<HttpResponse, Problem> {
    let shown = shown(&request, &app).filter(|shown| !shown.has_second_factor);
    let Some((shown, Errand::SignIn { next })) = shown.map(|shown| (shown.clone(), shown.errand)) else {
        let words = page.t("provider-not-begun");
        return Ok(sign_in::refuse(&page, StatusCode::BAD_REQUEST, String::new(), words));
    };
    let (identity, now) = (shown.identity, app.clock.now());
    let owner = app.read(move |connection| Ok(store::identity_owner(connection, &identity, now)?)).await?;
    let login = owner.map(|owner| owner.subject).unwrap_or_default();
    let client = sign_in::client(&request, &app, &login);
    let outcome = async {
        app.attempts.begin(&client, now)?;
        let (token_id, proven) = prove_identity(&app, &shown, &form.0.code).await?;
        sign_in::admit(&request, &app, token_id, proven).await
    };
    match outcome.await {
        Ok(admitted) => {
            app.attempts.succeeded(&client);
            Ok(let_in(&request, admitted, &next)?)
        }
        Err(refusal) if matches!(refusal.code, Code::SignInFailed | Code::TooManyAttempts) => {
            let refused = match refusal.code {
                Code::SignInFailed => page.t("provider-code-refused"),
                _ => page.refusal(&refusal),
            };
            let shown = CodePage { page: page.clone(), refused: Some(refused) };
            Ok(page.show_as(problem::status(refusal.code), &shown))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// Where linking is asked for once more, by the account's name at the provider.
#[derive(Template)]
#[template(path = "identity.html", config = "src/desk/askama.toml")]
struct LinkPage {
    page: Page,
    login: String,
    subject: String,
}

/// What this person has just shown, to be linked with the login that asked.
fn to_link(request: &HttpRequest, app: &App, caller: &Caller) -> Option<Shown> {
    let errand = Errand::Link { token_no: caller.token_no };
    shown(request, app).filter(|shown| shown.errand == errand)
}

#[get("/desk/me/identity")]
async fn linking(request: HttpRequest, app: Data<App>, page: Page, caller: Caller) -> HttpResponse {
    let Some(shown) = to_link(&request, &app, &caller) else { return sign_in::go_on("/desk/me") };
    let (login, subject) = (caller.subject.clone(), shown.subject);
    page.show(&LinkPage { page: page.clone(), login, subject })
}

#[post("/desk/me/identity")]
async fn link(
    request: HttpRequest,
    app: Data<App>,
    page: Page,
    form: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let Form { value: Nothing {}, caller, browser, .. } = form;
    let Some(shown) = to_link(&request, &app, &caller) else { return Ok(sign_in::go_on("/desk/me")) };
    let command = LinkIdentity { actor: caller.actor(), identity: shown.identity };
    match app.writer.execute(command).await {
        Ok(_) => Ok(over(&request, sign_in::go_on("/desk/me"))?),
        Err(refusal) if refusal.code == Code::AlreadyExists => {
            let page = page.of_form(caller, browser);
            let taken = TakenPage { page: page.clone() };
            Ok(over(&request, page.show_as(StatusCode::CONFLICT, &taken))?)
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// An account that opens somebody else's login, or another of the same person.
#[derive(Template)]
#[template(path = "taken_identity.html", config = "src/desk/askama.toml")]
struct TakenPage {
    page: Page,
}

#[post("/desk/me/identity/unlink")]
async fn unlink(app: Data<App>, form: Form<Nothing>) -> Result<HttpResponse, Problem> {
    let Form { value: Nothing {}, caller, .. } = form;
    app.writer.execute(UnlinkIdentity { actor: caller.actor() }).await?;
    app.tokens.forget();
    Ok(sign_in::go_on("/desk/me"))
}
