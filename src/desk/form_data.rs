//! Forms that may carry a file (multipart/form-data, RFC 7578), of somebody who is signed in.

use super::form::Sender;
use crate::http::{Browser, Caller, Problem, media_type};
use crate::kernel::{Code, Refusal};
use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::dev::Payload;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use std::future::Future;
use std::pin::Pin;

/// Bytes of a file at most: twenty times a list of 5,000 people in a workbook.
pub const FILE_LIMIT: usize = 4 << 20;

/// Bytes of a whole form at most: a file that travels as text is a third longer, and there are other fields.
const FORM_LIMIT: usize = FILE_LIMIT / 3 * 4 + (256 << 10);

/// So much of what is too large is still taken in and thrown away: a browser that is answered while it sends shows a broken
/// connection and not the answer.
const HEARD_OUT: usize = 64 << 20;

/// A form that was sent.
pub struct FormData {
    /// In their order.
    pub fields: Vec<(String, String)>,
    pub file: Option<ChosenFile>,
    pub caller: Caller,
    pub browser: Browser,
}

/// A file that was chosen, or why it is not taken.
pub struct ChosenFile {
    /// As the browser calls it.
    pub name: String,
    pub bytes: Result<Bytes, Refusal>,
}

impl FormData {
    /// The first field of this name; empty when there is none.
    pub fn field<'a>(&'a self, name: &'a str) -> &'a str {
        self.all(name).next().unwrap_or_default()
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl FromRequest for FormData {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let sender = Sender::of(&request)?;
            let (fields, file) = read(&request, &mut payload).await?;
            let token = fields.iter().find(|(name, _)| name == "csrf_token").map_or("", |(_, token)| token);
            let (caller, browser) = sender.prove(&request, token)?;
            Ok(Self { fields, file, caller, browser })
        })
    }
}

type Parts = (Vec<(String, String)>, Option<ChosenFile>);

async fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Parts, Refusal> {
    const FORM: &str = "multipart/form-data";
    if media_type(request) != FORM {
        return Err(Refusal::new(Code::UnsupportedMediaType).at("Content-Type").with("expected", FORM));
    }
    let mut parts = Multipart::from_request(request, payload).await.map_err(|_| malformed())?;
    let (mut fields, mut file) = (Vec::new(), None);
    let mut heard = 0;
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(broken)?;
        let name = part.name().unwrap_or_default().to_owned();
        let chosen = part.content_disposition().and_then(|header| header.get_filename()).map(str::to_owned);
        match chosen {
            Some(chosen) => {
                let bytes = content(&mut part, FILE_LIMIT, &mut heard).await?;
                file = Some(ChosenFile { name: chosen, bytes });
            }
            None => {
                let taken: usize = fields.iter().map(|(_, value): &(String, String)| value.len()).sum();
                let value = content(&mut part, FORM_LIMIT - taken, &mut heard).await??;
                let value = String::from_utf8(value.into()).map_err(|_| malformed())?;
                fields.push((name, value));
            }
        }
    }
    Ok((fields, file))
}

/// What a part holds; `too_large`, when it is heard to its end and was more than `limit`.
async fn content(
    part: &mut Field,
    limit: usize,
    heard: &mut usize,
) -> Result<Result<Bytes, Refusal>, Refusal> {
    let too_large = || Refusal::new(Code::TooLarge).with("limit_bytes", limit);
    let mut bytes = BytesMut::new();
    let mut is_too_large = false;
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(broken)?;
        *heard += chunk.len();
        if *heard > HEARD_OUT {
            return Err(too_large());
        }
        is_too_large |= bytes.len() + chunk.len() > limit;
        if is_too_large {
            bytes.clear();
        } else {
            bytes.extend_from_slice(&chunk);
        }
    }
    Ok(if is_too_large { Err(too_large()) } else { Ok(bytes.freeze()) })
}

fn broken(_: MultipartError) -> Refusal {
    malformed()
}

fn malformed() -> Refusal {
    Refusal::new(Code::MalformedBody).with("reason", "no form of this page")
}
