//! Saved queries: the pages of the books that somebody looks at again.

use super::super::form::Nothing;
use super::super::{Form, Page};
use crate::app::App;
use crate::http::permissions::{self, Access, Lookup};
use crate::http::{Caller, Problem};
use crate::kernel::{Refusal, SavedQueryId, Scope};
use crate::saved_query::{Address, DeleteQuery, QueryName, RenameQuery, SaveQuery, store};
use crate::writer::Once;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use askama::Template;
use serde::Deserialize;

/// The pages that have the form "save this query".
const SAVED: [&str; 6] =
    ["/desk/budget", "/desk/accounts", "/desk/postings", "/desk/payments", "/desk/findings", "/desk/journal"];

/// The address, if it is of a page that can be saved and that is there for this role.
///
/// # Errors
/// `invalid_field`.
fn own_page(text: &str, scope: Scope) -> Result<Address, Refusal> {
    let address = Address::parse(text).map_err(|malformed| malformed.at("address"))?;
    let is_open = match permissions::find("GET", &address.path) {
        Lookup::Found(route) => matches!(route.access, Access::Only(scopes) if scopes.contains(&scope)),
        Lookup::OtherMethods(_) | Lookup::Nowhere => false,
    };
    if is_open && SAVED.contains(&address.path.as_str()) {
        return Ok(address);
    }
    Err(Refusal::field("address", "a page of the books that can be saved"))
}

impl Page {
    /// Whether the looker can save the page.
    pub(in super::super) fn is_saved_by_looker(&self) -> bool {
        self.caller.as_ref().is_some_and(|who| matches!(who.scope, Scope::Treasury | Scope::Auditor))
    }
}

/// A saved query as it is listed.
struct Shown {
    query_id: SavedQueryId,
    name: String,
    /// None for a page that is there no more.
    href: Option<String>,
    /// What the page is called.
    of: String,
    saved_at: String,
}

#[derive(Template)]
#[template(path = "books/queries.html", config = "src/desk/askama.toml")]
struct QueriesPage {
    page: Page,
    rows: Vec<Shown>,
}

#[get("/desk/queries")]
pub async fn queries(app: Data<App>, page: Page, caller: Caller) -> Result<HttpResponse, Problem> {
    let token_no = caller.token_no;
    let saved = app.read(move |connection| Ok(store::list(connection, token_no)?)).await?;
    let shown = |query: store::SavedQuery| {
        let address = own_page(&query.address, caller.scope).ok();
        let of = address.as_ref().and_then(|address| address.path.strip_prefix("/desk/"));
        Shown {
            query_id: query.query_id,
            of: of.map(|name| page.word("books", name)).unwrap_or_default(),
            href: address.map(|address| address.to_string()),
            saved_at: page.instant(&query.saved_at),
            name: query.name,
        }
    };
    let rows = saved.into_iter().map(shown).collect();
    Ok(page.show(&QueriesPage { rows, page: page.clone() }))
}

#[derive(Deserialize)]
struct ToSave {
    name: QueryName,
    address: String,
}

#[post("/desk/queries")]
pub async fn save(app: Data<App>, form: Form<ToSave>) -> Result<HttpResponse, Problem> {
    let key = form.key();
    let ToSave { name, address } = form.value;
    let address = own_page(&address, form.caller.scope)?;
    let query_id = SavedQueryId(app.new_id());
    let command = SaveQuery { query_id, name, address, actor: form.caller.actor() };
    app.writer.execute(Once { key, command }).await?;
    Ok(to_queries())
}

#[derive(Deserialize)]
struct NewName {
    name: QueryName,
}

#[post("/desk/queries/{query_id}/rename")]
pub async fn rename(
    app: Data<App>,
    id: Path<SavedQueryId>,
    form: Form<NewName>,
) -> Result<HttpResponse, Problem> {
    let key = form.key();
    let command = RenameQuery { query_id: *id, name: form.value.name, actor: form.caller.actor() };
    app.writer.execute(Once { key, command }).await?;
    Ok(to_queries())
}

#[post("/desk/queries/{query_id}/delete")]
pub async fn delete(
    app: Data<App>,
    id: Path<SavedQueryId>,
    form: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let key = form.key();
    let command = DeleteQuery { query_id: *id, actor: form.caller.actor() };
    app.writer.execute(Once { key, command }).await?;
    Ok(to_queries())
}

fn to_queries() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, "/desk/queries")).finish()
}
