//! The language of pages, as its person chose it: kept in a cookie for a year.

use super::form::OpenForm;
use crate::http::cookies::Kept;
use crate::http::{Language, Problem};
use crate::kernel::Refusal;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, post};
use serde::Deserialize;

const YEAR: i64 = 365 * 24 * 3_600;

#[derive(Deserialize)]
struct Choice {
    language: String,
    /// Where to go on.
    here: String,
}

#[post("/language")]
pub async fn choose(request: HttpRequest, form: OpenForm<Choice>) -> Result<HttpResponse, Problem> {
    let OpenForm(Choice { language, here }) = form;
    let language = Language::parse(&language).ok_or_else(|| Refusal::field("language", "ru or en"))?;
    let cookie = Kept::Language.write(&request, language.tag().to_owned(), YEAR);
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, own_path(&here))).cookie(cookie).finish())
}

/// A path of ours, and nobody else's: `/desk` whenever it could be read as another host.
pub fn own_path(path: &str) -> String {
    let is_ours =
        path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t']);
    if is_ours { path.to_owned() } else { "/desk".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_followed() {
        assert_eq!(own_path("/desk/me?a=1"), "/desk/me?a=1");
        for foreign in ["https://example.org/", "//example.org/", "/\\example.org", "", "desk"] {
            assert_eq!(own_path(foreign), "/desk", "{foreign}");
        }
    }
}
