//! One's own page: the browsers that are signed in, a pass for the phone, signing out.

use super::form::Nothing;
use super::{Form, Page};
use crate::access::{Secret, SecretOf};
use crate::app::App;
use crate::credential::qr;
use crate::http::cookies::Kept;
use crate::http::{Browser, Caller, Problem};
use crate::kernel::{Refusal, SignInId, Timestamp};
use crate::login::end::EndSignIn;
use crate::login::model::Purpose;
use crate::login::pass::MakePass;
use crate::login::store::{self, SignInRow};
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path, ReqData};
use actix_web::{HttpRequest, HttpResponse, get, post};
use askama::Template;

/// Sign-ins that are shown.
const SHOWN: i64 = 20;

#[derive(Template)]
#[template(path = "me.html", config = "src/desk/askama.toml")]
struct MePage {
    page: Page,
    person: Caller,
    role: String,
    recovery_codes_left: i64,
    /// Whether a password and a second factor are set up.
    has_login: bool,
    linked_at: Option<Timestamp>,
    sign_ins: Vec<Shown>,
}

/// A sign-in as it is shown.
struct Shown {
    row: SignInRow,
    is_this: bool,
    is_live: bool,
}

/// A pass for another browser.
#[derive(Template)]
#[template(path = "made_pass.html", config = "src/desk/askama.toml")]
struct MadePassPage {
    page: Page,
    secret: String,
    /// Of the address that carries it in its fragment, as SVG.
    qr: String,
}

#[get("/desk/me")]
pub async fn me(
    app: Data<App>,
    page: Page,
    caller: Caller,
    browser: Option<ReqData<Browser>>,
) -> Result<HttpResponse, Problem> {
    let token_no = caller.token_no;
    let (rows, recovery_codes_left, has_login, linked_at) = app
        .read(move |connection| {
            let rows = store::sign_ins(connection, token_no, SHOWN)?;
            let codes_left = store::recovery_codes_left(connection, token_no)?;
            let has_login = store::last_step(connection, token_no)?.is_some();
            Ok((rows, codes_left, has_login, store::identity_linked_at(connection, token_no)?))
        })
        .await?;
    let (now, this) = (app.clock.now(), browser.map(|browser| browser.sign_in_id));
    let shown = |row: SignInRow| Shown {
        is_this: Some(row.sign_in_id) == this,
        is_live: row.ended_at.is_none() && now < row.expires_at,
        row,
    };
    let sign_ins = rows.into_iter().map(shown).collect();
    let role = page.word("scope", caller.scope.as_str());
    let (page, person) = (page.clone(), caller);
    Ok(page.clone().show(&MePage { page, person, role, recovery_codes_left, has_login, linked_at, sign_ins }))
}

#[post("/desk/me/passes")]
pub async fn make_pass(
    request: HttpRequest,
    app: Data<App>,
    page: Page,
    form: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let Form { value: Nothing {}, caller, browser, .. } = form;
    let secret = own_pass(&app, &caller).await?;
    let page = page.of_form(caller, browser);
    let (info, secret) = (request.connection_info(), secret.reveal().to_owned());
    let address = format!("{}://{}/pass#{secret}", info.scheme(), info.host());
    let qr = qr::svg_of_address(&address, &page.t("pass-qr-title"))?;
    Ok(page.show(&MadePassPage { page: page.clone(), secret, qr }))
}

/// A pass with which its caller signs in another browser.
///
/// # Errors
/// The command's refusals.
pub async fn own_pass(app: &App, caller: &Caller) -> Result<Secret, Refusal> {
    let token_no = caller.token_no;
    let token_id = app.read(move |connection| Ok(store::token_id(connection, token_no)?)).await?;
    let secret = app.new_secret(SecretOf::Pass);
    let command = MakePass {
        actor: caller.actor(),
        token_id: token_id.ok_or_else(|| Refusal::not_found("token"))?,
        purpose: Purpose::SignIn,
        seconds: Purpose::SignIn.seconds(),
        pass_hash: secret.hash(),
    };
    app.writer.execute(command).await?;
    Ok(secret)
}

#[post("/desk/me/sign-ins/{sign_in_id}/end")]
pub async fn end(
    app: Data<App>,
    sign_in_id: Path<SignInId>,
    form: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let Form { value: Nothing {}, caller, .. } = form;
    app.writer.execute(EndSignIn { actor: caller.actor(), sign_in_id: *sign_in_id }).await?;
    app.tokens.forget();
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, "/desk/me")).finish())
}

#[post("/sign-out")]
pub async fn sign_out(
    request: HttpRequest,
    app: Data<App>,
    form: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let Form { value: Nothing {}, caller, browser, .. } = form;
    app.writer.execute(EndSignIn { actor: caller.actor(), sign_in_id: browser.sign_in_id }).await?;
    app.tokens.forget();
    let gone = Kept::SignIn.write(&request, String::new(), 0);
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, "/sign-in")).cookie(gone).finish())
}
