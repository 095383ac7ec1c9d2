//! The first pages: for whoever comes by, and for whoever is signed in.

use super::{Page, menu};
use crate::http::Caller;
use actix_web::{HttpResponse, get};
use askama::Template;

/// What this is, and the way in.
#[derive(Template)]
#[template(path = "front.html", config = "src/desk/askama.toml")]
struct Front {
    page: Page,
}

#[get("/")]
pub async fn front(page: Page) -> HttpResponse {
    page.show(&Front { page: page.clone() })
}

/// The desk of a role.
#[derive(Template)]
#[template(path = "desk.html", config = "src/desk/askama.toml")]
struct Desk {
    page: Page,
    person: Caller,
    pages: Vec<menu::Item>,
}

#[get("/desk")]
pub async fn desk(page: Page, caller: Caller) -> HttpResponse {
    let pages = page.menu().into_iter().filter(|item| item.path != "/desk").collect();
    page.show(&Desk { page: page.clone(), person: caller, pages })
}
