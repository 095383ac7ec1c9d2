//! The pages that sign a browser in: by password and code, or by a one-time pass.

use super::form::OpenForm;
use super::language::own_path;
use super::resume::Carried;
use super::{Page, resume};
use crate::access::{Secret, SecretOf};
use crate::app::App;
use crate::http::cookies::Kept;
use crate::http::{Problem, problem};
use crate::kernel::{Code, Refusal, SignInId, TokenId};
use crate::login::model::browser_name;
use crate::login::sign_in::SignIn;
use crate::login::{Attempted, Client, Password, Proven, browser_cookie, prove_pass};
use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::http::header::{LOCATION, USER_AGENT};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use askama::Template;
use serde::Deserialize;

const YEAR: i64 = 365 * 24 * 3_600;

#[derive(Template)]
#[template(path = "sign_in.html", config = "src/desk/askama.toml")]
struct SignInPage {
    page: Page,
    login: String,
    next: String,
    /// A form that waits for its person.
    carried: Carried,
    /// The provider of identities, by its name.
    provider: Option<String>,
    refused: Option<String>,
}

impl SignInPage {
    fn new(page: &Page, next: String) -> Self {
        let (page, provider) = (page.clone(), page.provider.clone());
        let (login, carried) = (String::new(), Carried::default());
        Self { page, login, next, carried, provider, refused: None }
    }
}

#[derive(Template)]
#[template(path = "pass.html", config = "src/desk/askama.toml")]
struct PassPage {
    page: Page,
    refused: Option<String>,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct Typed {
    login: String,
    password: String,
    code: String,
    #[serde(default)]
    next: String,
    #[serde(flatten)]
    carried: Carried,
}

#[get("/sign-in")]
pub async fn sign_in_page(page: Page, next: Query<Next>) -> HttpResponse {
    page.show(&SignInPage::new(&page, next.into_inner().next))
}

/// Answers a form of somebody who is not signed in, or no longer: what was typed goes along.
pub fn ask(page: &Page, next: String, carried: Option<Carried>) -> HttpResponse {
    let word = if carried.is_some() { "resume-sign-in" } else { "resume-sign-in-only" };
    // The form's own address cannot be come back to, in another language or otherwise.
    let page = Page { here: next.clone(), ..page.clone() };
    let (refused, carried) = (Some(page.t(word)), carried.unwrap_or_default());
    page.show_as(StatusCode::UNAUTHORIZED, &SignInPage { carried, refused, ..SignInPage::new(&page, next) })
}

#[post("/sign-in")]
pub async fn sign_in(
    request: HttpRequest,
    app: Data<App>,
    page: Page,
    form: OpenForm<Typed>,
) -> Result<HttpResponse, Problem> {
    let OpenForm(Typed { login, password, code, next, carried }) = form;
    let carried = carried.checked();
    let client = client(&request, &app, &login);
    let attempted = Attempted { login: login.clone(), password: Password::new(password), code };
    let outcome = async {
        app.attempts.begin(&client, app.clock.now())?;
        let (token_id, proven) = attempted.prove(&app).await?;
        admit(&request, &app, token_id, proven).await
    };
    match outcome.await {
        Ok(admitted) => {
            app.attempts.succeeded(&client);
            let name = login.trim().to_ascii_lowercase();
            let known = browser_cookie(&app.holder_secret, &name, app.new_id().into_bytes());
            let mut response = if carried.is_some() {
                resume::after_sign_in(&app, page, &admitted.secret, &carried).await?
            } else {
                go_on(&next)
            };
            for cookie in [admitted.cookie, Kept::KnownBrowser.write(&request, known, YEAR)] {
                response.add_cookie(&cookie).map_err(|_| Refusal::new(Code::Internal))?;
            }
            Ok(response)
        }
        Err(refusal) if matches!(refusal.code, Code::SignInFailed | Code::TooManyAttempts) => {
            let (status, refused) = (problem::status(refusal.code), Some(page.refusal(&refusal)));
            let shown = SignInPage { login, carried, refused, ..SignInPage::new(&page, next) };
            Ok(page.show_as(status, &shown))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// The page with a notice: why somebody is not signed in.
pub fn refuse(page: &Page, status: StatusCode, next: String, notice: String) -> HttpResponse {
    let page = Page { here: "/sign-in".into(), ..page.clone() };
    page.show_as(status, &SignInPage { refused: Some(notice), ..SignInPage::new(&page, next) })
}

#[derive(Deserialize)]
struct TypedPass {
    pass: String,
    #[serde(default)]
    next: String,
}

#[get("/pass")]
pub async fn pass_page(page: Page) -> HttpResponse {
    page.show(&PassPage { page: page.clone(), refused: None })
}

#[post("/pass")]
pub async fn by_pass(
    request: HttpRequest,
    app: Data<App>,
    page: Page,
    form: OpenForm<TypedPass>,
) -> Result<HttpResponse, Problem> {
    let OpenForm(TypedPass { pass, next }) = form;
    let outcome = async {
        let (token_id, proven) = prove_pass(&app, &pass).await?;
        admit(&request, &app, token_id, proven).await
    };
    match outcome.await {
        Ok(admitted) => {
            let mut response = go_on(&next);
            response.add_cookie(&admitted.cookie).map_err(|_| Refusal::new(Code::Internal))?;
            Ok(response)
        }
        Err(refusal) if refusal.code == Code::PassNotValid => {
            let (status, refused) = (problem::status(refusal.code), Some(page.refusal(&refusal)));
            Ok(page.show_as(status, &PassPage { page: page.clone(), refused }))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// To the page that was asked for, or the desk.
pub fn go_on(next: &str) -> HttpResponse {
    let next = own_path(if next.is_empty() { "/desk" } else { next });
    HttpResponse::SeeOther().insert_header((LOCATION, next)).finish()
}

/// A browser that has been signed in.
pub struct Admitted {
    pub cookie: Cookie<'static>,
    secret: Secret,
}

/// Uses up what was proven.
///
/// # Errors
/// `sign_in_failed`, `pass_not_valid` when it has been used up meanwhile.
pub async fn admit(
    request: &HttpRequest,
    app: &App,
    token_id: TokenId,
    proven: Proven,
) -> Result<Admitted, Refusal> {
    let secret = app.new_secret(SecretOf::SignIn);
    let agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let command = SignIn {
        token_id,
        proven,
        sign_in_id: SignInId(app.new_id()),
        secret_hash: secret.hash(),
        browser: browser_name(agent),
    };
    let until = app.writer.execute(command).await?.reply;
    app.tokens.forget();
    let seconds = until.seconds() - app.clock.now().seconds();
    let cookie = Kept::SignIn.write(request, secret.reveal().to_owned(), seconds);
    Ok(Admitted { cookie, secret })
}

/// Whose attempts are counted.
pub fn client(request: &HttpRequest, app: &App, login: &str) -> Client {
    let cookie = Kept::KnownBrowser.read(request);
    let address = request.peer_addr().map(|address| address.ip());
    let login = login.trim().to_ascii_lowercase();
    Client::of(&app.holder_secret, &login, cookie.as_deref(), address)
}
