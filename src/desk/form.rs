//! Forms as browsers send them. One that changes something as somebody carries the token of the browser, and only by
//! it becomes the caller's.

use crate::http::caller::Unproven;
use crate::http::form::{Typed, read};
use crate::http::{Browser, Caller, Problem};
use crate::kernel::{Code, Refusal};
use crate::writer::Key;
use actix_web::dev::Payload;
use actix_web::web;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::Pin;

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// A form of somebody who is signed in.
pub struct Form<T> {
    pub value: T,
    pub caller: Caller,
    pub browser: Browser,
    key: Key,
}

impl<T> Form<T> {
    /// The key for `Once`: a form that is sent twice (a double click, the back button) is carried out once.
    pub fn key(&self) -> Key {
        self.key.clone()
    }
}

/// The fields of a form that is only a button.
#[derive(Deserialize)]
pub struct Nothing {}

/// A form of anybody: one that signs in. That it comes from a page of ours the door has seen.
pub struct OpenForm<T>(pub T);

/// Who seems to send a form.
pub struct Sender {
    unproven: Unproven,
    browser: Browser,
}

impl Sender {
    /// # Errors
    /// `not_from_here` for a token of the API, which needs no proof: it is not for pages.
    pub fn of(request: &HttpRequest) -> Result<Self, Refusal> {
        let extensions = request.extensions();
        let known = extensions.get::<Unproven>().cloned().zip(extensions.get::<Browser>().cloned());
        let (unproven, browser) = known.ok_or_else(|| Refusal::new(Code::NotFromHere))?;
        Ok(Self { unproven, browser })
    }

    /// The sender, by the token in the form.
    ///
    /// # Errors
    /// `not_from_here`.
    pub fn prove(self, request: &HttpRequest, csrf_token: &str) -> Result<(Caller, Browser), Refusal> {
        let caller = self.unproven.prove(&self.browser, csrf_token)?;
        request.extensions_mut().insert(caller.clone());
        Ok((caller, self.browser))
    }
}

/// What pages put into each of their forms.
#[derive(Deserialize)]
struct Marks {
    #[serde(default)]
    csrf_token: String,
    /// Of the page as it was made; with the form's address it names one wish.
    #[serde(default)]
    form_key: String,
}

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let sender = Sender::of(&request)?;
            let bytes = read(&request, &mut payload).await?;
            let Marks { csrf_token, form_key } = parse(&bytes)?;
            let (caller, browser) = sender.prove(&request, &csrf_token).inspect_err(|_| {
                // A page of ours from before its person signed in anew; `dress` shows what was typed.
                if !csrf_token.is_empty() {
                    request.extensions_mut().insert(Typed(bytes.clone()));
                }
            })?;
            let address = request.path();
            let key = Key::new(caller.organisation(), format!("{form_key} {address}"), &[&fields(&bytes)]);
            Ok(Self { value: parse(&bytes)?, caller, browser, key })
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for OpenForm<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move { Ok(Self(parse(&read(&request, &mut payload).await?)?)) })
    }
}

/// What was typed, which is what must be the same when a form is sent again: its token is another after signing in anew.
fn fields(bytes: &[u8]) -> Vec<u8> {
    let pairs = bytes.split(|byte| *byte == b'&').filter(|pair| !pair.starts_with(b"csrf_token="));
    pairs.collect::<Vec<_>>().join(&b'&')
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::new(Code::MalformedBody))?;
    let query = web::Query::from_query(text);
    query
        .map(web::Query::into_inner)
        .map_err(|error| crate::http::inputs::misfit("query", &error.to_string()))
}
