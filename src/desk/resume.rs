//! A form that met no session, or the token of another, loses nothing that was typed: the page that answers carries it
//! along in hidden fields, through signing in, to a page that shows it and sends it again when its person says so.
//!
//! Nothing is kept by the server, and nothing is sent by itself: whatever is carried is shown first, and goes with the new
//! token of the browser only when the button is pressed.

use super::form::OpenForm;
use super::{Page, menu, sign_in};
use crate::access::Secret;
use crate::app::App;
use crate::http::caller::Unproven;
use crate::http::form::Typed;
use crate::http::permissions::{self, Lookup};
use crate::http::{Browser, Problem};
use crate::kernel::{Code, Refusal};
use actix_web::http::StatusCode;
use actix_web::web::ReqData;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, post};
use askama::Template;
use serde::Deserialize;

/// Bytes that are carried at most: escaped once more, they still fit into a form.
const LIMIT: usize = 100 << 10;

/// Fields that are never carried: what proves who somebody is, and the old token.
const SECRET: [&str; 5] = ["csrf_token", "password", "again", "pass", "code"];

/// Of the page, not of its person.
const FORM_KEY: &str = "form_key";

/// Addresses that are not worth coming back to.
const NOT_RESUMED: [&str; 2] = ["/resume", "/sign-out"];

/// A form on its way round signing in, as hidden fields of our pages have it.
#[derive(Clone, Default, Deserialize)]
pub struct Carried {
    /// Its address; empty when nothing is carried.
    #[serde(default)]
    resume_to: String,
    /// Its fields but the secret ones, as they were sent.
    #[serde(default)]
    resume: String,
}

impl Carried {
    /// What of a form is carried; `None` when it is no form of ours, when nothing was typed into it, or when it is too large.
    fn of(path: &str, fields: &[u8]) -> Option<Self> {
        let Lookup::Found(route) = permissions::find("POST", path) else { return None };
        if !permissions::is_form(route) || NOT_RESUMED.contains(&path) {
            return None;
        }
        let text = std::str::from_utf8(fields).ok()?;
        let is_plain = |pair: &&str| pairs(pair).iter().all(|(name, _)| !SECRET.contains(&name.as_str()));
        let resume = text.split('&').filter(is_plain).collect::<Vec<_>>().join("&");
        let carried = Self { resume_to: path.to_owned(), resume };
        (carried.resume.len() <= LIMIT && !carried.typed().is_empty()).then_some(carried)
    }

    /// Takes only what [`Carried::of`] gives, whatever a page sent.
    pub fn checked(self) -> Self {
        Self::of(&self.resume_to, self.resume.as_bytes()).unwrap_or_default()
    }

    /// Of a request that was refused.
    fn of_refused(request: &HttpRequest) -> Option<Self> {
        let Typed(bytes) = request.extensions().get::<Typed>().cloned()?;
        if request.path() == "/resume" {
            let carried: Self = serde_urlencoded::from_bytes(&bytes).ok()?;
            return Some(carried.checked()).filter(Self::is_some);
        }
        Self::of(request.path(), &bytes)
    }

    pub fn is_some(&self) -> bool {
        !self.resume_to.is_empty()
    }

    pub fn to(&self) -> &str {
        &self.resume_to
    }

    pub fn fields(&self) -> &str {
        &self.resume
    }

    /// Everything that is sent again.
    fn all(&self) -> Vec<(String, String)> {
        pairs(&self.resume)
    }

    /// What a person typed or chose.
    fn typed(&self) -> Vec<(String, String)> {
        let all = self.all().into_iter();
        all.filter(|(name, value)| name != FORM_KEY && !value.trim().is_empty()).collect()
    }
}

fn pairs(urlencoded: &str) -> Vec<(String, String)> {
    serde_urlencoded::from_str(urlencoded).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "resume.html", config = "src/desk/askama.toml")]
struct ResumePage {
    page: Page,
    /// The page of the menu that the form belongs to.
    section: Option<String>,
    to: String,
    typed: Vec<(String, String)>,
    all: Vec<(String, String)>,
}

/// Shows what was typed to whoever is signed in, with a button that sends it.
fn show(page: Page, status: StatusCode, carried: &Carried) -> HttpResponse {
    let to = carried.to().to_owned();
    let mut sections = menu::of(&page).into_iter();
    let section = sections.find(|item| to.starts_with(&format!("{}/", item.path))).map(|item| item.label);
    let label = |(name, value): (String, String)| (page.label_of(&name), value);
    let typed = carried.typed().into_iter().map(label).collect();
    page.clone().show_as(status, &ResumePage { page, section, to, typed, all: carried.all() })
}

/// After signing in with this secret.
///
/// # Errors
/// `unauthenticated` when the sign-in has ended already.
pub async fn after_sign_in(
    app: &App,
    page: Page,
    secret: &Secret,
    carried: &Carried,
) -> Result<HttpResponse, Refusal> {
    let found = app.tokens.find_sign_in(app, &secret.hash()).await?;
    let (caller, sign_in_id) = found.ok_or(Code::Unauthenticated)?;
    let browser = Browser { sign_in_id, csrf_token: secret.csrf_token() };
    Ok(show(page.of_form(caller, browser), StatusCode::OK, carried))
}

/// Shows a form again to whoever has signed in meanwhile, in another tab.
#[post("/resume")]
pub async fn again(
    page: Page,
    unproven: Option<ReqData<Unproven>>,
    browser: Option<ReqData<Browser>>,
    form: OpenForm<Carried>,
) -> Result<HttpResponse, Problem> {
    let (unproven, browser) = unproven.zip(browser).ok_or(Refusal::new(Code::NotFromHere))?;
    let carried = form.0.checked();
    let page = shown_to(page, unproven.into_inner(), browser.into_inner())?;
    Ok(show(page, StatusCode::OK, &carried))
}

/// The answer to a form that was refused for its session or its token; `None` for any other.
pub fn instead_of(
    request: &HttpRequest,
    page: &Page,
    refusal: &Refusal,
    left: String,
) -> Option<HttpResponse> {
    let carried = Carried::of_refused(request);
    match refusal.code {
        Code::Unauthenticated => Some(sign_in::ask(page, left, carried)),
        Code::NotFromHere => {
            let extensions = request.extensions();
            let (unproven, browser) = (extensions.get::<Unproven>()?, extensions.get::<Browser>()?);
            let page = shown_to(page.clone(), unproven.clone(), browser.clone()).ok()?;
            Some(show(page, StatusCode::FORBIDDEN, &carried?))
        }
        _ => None,
    }
}

/// The page of whoever's browser asks. It only shows: nothing is done as them.
fn shown_to(page: Page, unproven: Unproven, browser: Browser) -> Result<Page, Refusal> {
    let caller = unproven.prove(&browser, &browser.csrf_token)?;
    Ok(page.of_form(caller, browser))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REJECT: &str = "/desk/requests/0/reject";

    #[test]
    fn what_proves_who_somebody_is_stays_behind() {
        let fields = b"csrf_token=a&form_key=k&reason=a%0D%0Ab+%D0%B9&password=p&again=p&pass=p&%63ode=1";
        let carried = Carried::of(REJECT, fields).unwrap();
        assert_eq!(carried.fields(), "form_key=k&reason=a%0D%0Ab+%D0%B9");
        assert_eq!(carried.typed(), [("reason".to_owned(), "a\r\nb й".to_owned())]);
    }

    #[test]
    fn only_forms_of_ours_into_which_something_was_typed_are_carried() {
        assert!(Carried::of(REJECT, b"reason=x").is_some());
        for path in
            ["/sign-in", "/sign-out", "/resume", "/v1/requests", "https://example.org/", "//x", "/desk"]
        {
            assert!(Carried::of(path, b"reason=x").is_none(), "{path}");
        }
        for fields in ["csrf_token=a&form_key=k", "reason=+", "", &format!("reason={}", "x".repeat(LIMIT))] {
            assert!(Carried::of(REJECT, fields.as_bytes()).is_none());
        }
    }
}
