//! What every page has: who looks at it, in which language, and how money, dates and numbers are written there.

use super::{assets, menu, words};
use crate::app::App;
use crate::http::cookies::Kept;
use crate::http::words as refusals;
use crate::http::{Browser, Caller, Language};
use crate::kernel::{Code, Kopecks, Month, Refusal, Timestamp};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY,
};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use askama::Template;
use chrono::{Datelike, NaiveDate};
use fluent_bundle::FluentValue;
use serde_json::Value;
use std::convert::Infallible;
use std::future::{Ready, ready};

/// Nothing from elsewhere, nothing inline (CSP level 3). WebAssembly is what reads QR codes.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' blob: data:; connect-src 'self'; font-src 'self'; media-src 'self' blob:; worker-src 'self'; \
    manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The looker's side of a page; templates have it as `page`.
#[derive(Clone)]
pub struct Page {
    pub language: Language,
    /// Path and query, where a change of language comes back to.
    pub here: String,
    pub caller: Option<Caller>,
    pub csrf_token: String,
    /// Of this page as it is made now: see [`super::Form::key`].
    pub form_key: String,
    /// What the provider of identities is called, if one is configured.
    pub provider: Option<String>,
}

impl Page {
    pub fn of(request: &HttpRequest) -> Self {
        let chosen = Kept::Language.read(request).and_then(|tag| Language::parse(&tag));
        let extensions = request.extensions();
        let browser = extensions.get::<Browser>();
        let language = chosen.unwrap_or_else(|| Language::preferred(request.headers(), Language::Russian));
        let app = request.app_data::<Data<App>>();
        let provider = app.and_then(|app| app.identity_provider.as_ref());
        Self {
            language,
            here: request.uri().path_and_query().map_or("/", |here| here.as_str()).to_owned(),
            caller: extensions.get::<Caller>().cloned(),
            csrf_token: browser.map(|browser| browser.csrf_token.clone()).unwrap_or_default(),
            form_key: app.map(|app| app.new_id().to_string()).unwrap_or_default(),
            provider: provider.map(|provider| provider.name(language).to_owned()),
        }
    }

    /// The page that answers a form: who sent it is known from the form only.
    #[must_use]
    pub fn of_form(self, caller: Caller, browser: Browser) -> Self {
        Self { caller: Some(caller), csrf_token: browser.csrf_token, ..self }
    }

    /// Answers with the page.
    pub fn show(&self, template: &impl Template) -> HttpResponse {
        self.show_as(StatusCode::OK, template)
    }

    /// Answers with the page under another status.
    pub fn show_as(&self, status: StatusCode, template: &impl Template) -> HttpResponse {
        let body = template.render().expect("writing a page to memory does not fail");
        let mut response = HttpResponse::build(status);
        response
            .content_type("text/html; charset=utf-8")
            .insert_header((CONTENT_LANGUAGE, self.language.tag()))
            .insert_header((CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((REFERRER_POLICY, "same-origin"))
            .insert_header((
                HeaderName::from_static("permissions-policy"),
                "camera=(self), microphone=(), geolocation=()",
            ))
            .insert_header((HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
            .insert_header((CACHE_CONTROL, "private, no-cache"));
        response.body(body)
    }

    /// The message.
    pub fn t(&self, id: &str) -> String {
        words::say(self.language, id, &[])
    }

    /// The message about a value.
    pub fn t1<'a>(&self, id: &str, name: &'a str, value: impl Into<FluentValue<'a>>) -> String {
        words::say(self.language, id, &[(name, value.into())])
    }

    /// The message about two values.
    pub fn t2<'a>(
        &self,
        id: &str,
        name: &'a str,
        value: impl Into<FluentValue<'a>>,
        other: &'a str,
        another: impl Into<FluentValue<'a>>,
    ) -> String {
        words::say(self.language, id, &[(name, value.into()), (other, another.into())])
    }

    /// The message whose name ends with a word of the domain: a status, a scope, a kind.
    pub fn word(&self, of: &str, value: &str) -> String {
        self.t(&format!("{of}-{}", value.replace('_', "-")))
    }

    /// What a field of our forms is called; its name when it has no word.
    pub fn label_of(&self, field: &str) -> String {
        let id = format!("typed-{}", field.replace('_', "-"));
        if words::has(&id) { self.t(&id) } else { field.to_owned() }
    }

    /// A refusal in words: what is known and what to do.
    pub fn refusal(&self, refusal: &Refusal) -> String {
        let words = refusals::of(refusal, self.language);
        format!("{} {}", words.detail, words.remedy)
    }

    /// What a kept refusal of a row says: `{code, field, facts}`.
    pub fn stored_refusal(&self, kept: &Value) -> String {
        let Some(code) = kept["code"].as_str().and_then(Code::parse) else { return String::new() };
        let facts = kept["facts"].as_object().cloned().unwrap_or_default();
        let refusal = Refusal { code, field: kept["field"].as_str().map(str::to_owned), facts };
        refusals::of(&refusal, self.language).detail
    }

    /// What a refusal of this code is called; the code itself when there is none.
    pub fn refusal_title(&self, code: &str) -> String {
        let refusal = Code::parse(code).map(Refusal::new);
        refusal
            .map_or_else(|| code.to_owned(), |refusal| refusals::of(&refusal, self.language).title.to_owned())
    }

    /// Money, as Russians write it, in both languages: `162 500,00 ₽`.
    pub fn money(&self, amount: &Kopecks) -> String {
        amount.to_string()
    }

    /// A whole number with its thousands apart.
    pub fn number(&self, number: &i64) -> String {
        let digits = number.unsigned_abs().to_string();
        let mut text = String::from(if *number < 0 { "−" } else { "" });
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(if self.language == Language::Russian { '\u{a0}' } else { ',' });
            }
            text.push(digit);
        }
        text
    }

    /// `17 марта 2020 г.`, `17 March 2020`.
    pub fn date(&self, date: &NaiveDate) -> String {
        let month = self.t(&format!("month-{}", date.month()));
        self.t2("date", "day", date.day(), "monthYear", format!("{month} {}", date.year()))
    }

    /// A day as it is stored, `2020-03-17`.
    pub fn stored_day(&self, stored: &str) -> String {
        stored.parse().map_or_else(|_| stored.to_owned(), |day| self.date(&day))
    }

    /// The last day of what is over at this instant.
    pub fn last_day(&self, end: &Timestamp) -> String {
        self.date(&end.plus_seconds(-1).date())
    }

    /// A day in a table: `17.03.2020`.
    pub fn day(&self, day: &NaiveDate) -> String {
        day.format("%d.%m.%Y").to_string()
    }

    /// A day of the database's, `2020-03-17`, in a table.
    pub fn day_of(&self, day: &str) -> String {
        NaiveDate::parse_from_str(day, "%Y-%m-%d").map_or_else(|_| day.to_owned(), |day| self.day(&day))
    }

    /// `2020-03`, as people write it: `03.2020`.
    pub fn month(&self, month: Month) -> String {
        month.first_day().format("%m.%Y").to_string()
    }

    /// `17 марта 2020 г., 14:05`, Moscow time.
    pub fn instant(&self, at: &Timestamp) -> String {
        let time = at.for_people();
        let clock = time.split_whitespace().nth(1).unwrap_or("");
        format!("{}, {clock}", self.date(&at.date()))
    }

    /// The address of a file that is part of the program.
    pub fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// The pages of the looker's role.
    pub fn menu(&self) -> Vec<menu::Item> {
        menu::of(self)
    }

    /// The other language, to change to.
    pub fn other_language(&self) -> (&'static str, &'static str) {
        match self.language {
            Language::Russian => ("en", "English"),
            Language::English => ("ru", "Русский"),
        }
    }
}

impl FromRequest for Page {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(language: Language) -> Page {
        let (here, csrf_token, form_key) = ("/".into(), String::new(), String::new());
        Page { language, here, caller: None, csrf_token, form_key, provider: None }
    }

    #[test]
    fn dates_and_numbers_are_written_as_each_language_does() {
        let (russian, english) = (page(Language::Russian), page(Language::English));
        let day = NaiveDate::from_ymd_opt(2020, 3, 7).unwrap();
        assert_eq!([russian.date(&day), english.date(&day)], ["7 марта 2020\u{a0}г.", "7 March 2020"]);
        let at = Timestamp::from_millis(1_584_443_100_000);
        assert_eq!(english.instant(&at), "17 March 2020, 14:05");
        assert_eq!([russian.number(&1_234_567), english.number(&-1_234)], ["1\u{a0}234\u{a0}567", "−1,234"]);
        assert_eq!(russian.number(&999), "999");
    }
}
