//! The page of an invitation: choose a password, link an app, keep the recovery codes. In two steps, since the app's
//! secret is shown only to whoever has the invitation.

use super::Page;
use super::form::OpenForm;
use crate::access::{Secret, SecretOf};
use crate::app::App;
use crate::credential::qr;
use crate::http::Problem;
use crate::kernel::{Code, Refusal};
use crate::login::model::{Bearer, NewPassword, Purpose, RECOVERY_CODES};
use crate::login::set_up::SetUpLogin;
use crate::login::{AppSecret, hash_password, recovery_codes, recovery_hash, store};
use actix_web::web::Data;
use actix_web::{HttpResponse, get, post};
use askama::Template;
use serde::Deserialize;

/// Where the invitation is typed.
#[derive(Template)]
#[template(path = "invitation.html", config = "src/desk/askama.toml")]
struct InvitationPage {
    page: Page,
    refused: Option<String>,
}

/// Where password and app are chosen.
#[derive(Template)]
#[template(path = "set_up.html", config = "src/desk/askama.toml")]
struct SetUpPage {
    page: Page,
    pass: String,
    login: String,
    role: String,
    /// The code for the app, as SVG.
    qr: String,
    app_secret: String,
    refused: Option<String>,
}

/// What is shown once.
#[derive(Template)]
#[template(path = "recovery_codes.html", config = "src/desk/askama.toml")]
struct RecoveryCodesPage {
    page: Page,
    login: String,
    codes: Vec<String>,
}

#[derive(Deserialize)]
struct Typed {
    pass: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
    #[serde(default)]
    code: String,
}

#[get("/set-up")]
pub async fn invitation_page(page: Page) -> HttpResponse {
    page.show(&InvitationPage { page: page.clone(), refused: None })
}

#[post("/set-up")]
pub async fn set_up(app: Data<App>, page: Page, form: OpenForm<Typed>) -> Result<HttpResponse, Problem> {
    let OpenForm(typed) = form;
    let (bearer, pass_hash) = match invited(&app, &typed.pass).await {
        Ok(invited) => invited,
        Err(refusal) if refusal.code == Code::PassNotValid => {
            let refused = Some(page.refusal(&refusal));
            let status = crate::http::problem::status(refusal.code);
            return Ok(page.show_as(status, &InvitationPage { page: page.clone(), refused }));
        }
        Err(refusal) => return Err(refusal.into()),
    };
    let secret = AppSecret::derive(&app.holder_secret, bearer.token_id, bearer.next_second_factor);
    let is_first_step = typed.password.is_empty() && typed.code.is_empty();
    let wrong = match chosen(&app, &page, &typed, &bearer, &secret) {
        Ok((password, step)) => return finish(&app, &page, bearer, pass_hash, password, step).await,
        Err(wrong) => (!is_first_step).then_some(wrong),
    };
    let status = if wrong.is_some() { 422 } else { 200 };
    let shown = SetUpPage {
        pass: typed.pass,
        role: page.word("scope", bearer.scope.as_str()),
        qr: qr::svg_of_address(&secret.uri(&bearer.subject), &page.t("set-up-qr-title"))?,
        app_secret: secret.in_base32(),
        login: bearer.subject,
        refused: wrong,
        page: page.clone(),
    };
    Ok(page.show_as(status.try_into().expect("both are statuses"), &shown))
}

async fn invited(app: &App, pass: &str) -> Result<(Bearer, [u8; 32]), Refusal> {
    let secret = Secret::parse(SecretOf::Pass, pass.trim()).ok_or(Code::PassNotValid)?;
    let (hash, now) = (secret.hash(), app.clock.now());
    let bearer =
        app.read(move |connection| Ok(store::bearer(connection, &hash, Purpose::SetUp, now)?)).await?;
    Ok((bearer.ok_or(Code::PassNotValid)?, hash))
}

/// Password and time step, or what is wrong with them, in words.
fn chosen(
    app: &App,
    page: &Page,
    typed: &Typed,
    bearer: &Bearer,
    secret: &AppSecret,
) -> Result<(NewPassword, i64), String> {
    let password = NewPassword::parse(&typed.password, &bearer.subject)
        .map_err(|_| page.t("set-up-password-refused"))?;
    if typed.password != typed.again {
        return Err(page.t("set-up-passwords-differ"));
    }
    let step = secret.step(&typed.code, app.clock.now());
    step.map(|step| (password, step)).ok_or_else(|| page.t("set-up-code-refused"))
}

async fn finish(
    app: &App,
    page: &Page,
    bearer: Bearer,
    pass_hash: [u8; 32],
    password: NewPassword,
    step: i64,
) -> Result<HttpResponse, Problem> {
    let mut random = [[0; 12]; RECOVERY_CODES];
    for bytes in &mut random {
        getrandom::fill(bytes).map_err(|_| Refusal::new(Code::Internal))?;
    }
    let codes = recovery_codes(&random);
    let login = bearer.subject.clone();
    let command = SetUpLogin {
        pass_hash,
        bearer,
        password_hash: hash_password(password).await?,
        step,
        recovery_hashes: codes.iter().map(|code| recovery_hash(code)).collect(),
    };
    app.writer.execute(command).await?;
    app.tokens.forget();
    Ok(page.show(&RecoveryCodesPage { page: page.clone(), login, codes }))
}
