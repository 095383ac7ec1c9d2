//! Acts of two people that wait for the second: what was proposed, by whom, and the word that is left to say.

use super::form::Nothing;
use super::lists;
use super::{Form, Page};
use crate::app::App;
use crate::http::{self, Caller, Problem};
use crate::kernel::{Kopecks, ProposalId};
use crate::proposal::act::visible_to;
use crate::proposal::http::second;
use crate::proposal::model::Status;
use crate::proposal::store::{self, ProposalRow, Wanted};
use crate::proposal::withdraw::Withdraw;
use crate::proposal::{self, Act};
use crate::writer::Once;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, post};
use askama::Template;
use serde::Deserialize;
use serde_json::Value;

#[derive(Template)]
#[template(path = "proposals.html", config = "src/desk/askama.toml")]
struct ProposalsPage {
    page: Page,
    only_open: bool,
    rows: Vec<Shown>,
    next: Option<String>,
}

struct Shown {
    row: ProposalRow,
    /// What the act says, in pairs of a word and a value.
    facts: Vec<(String, String)>,
    confirms: bool,
    withdraws: bool,
}

#[derive(Deserialize)]
struct Asked {
    /// `all`: decided ones too.
    show: Option<String>,
}

#[get("/desk/proposals")]
pub async fn list(
    app: Data<App>,
    page: Page,
    caller: Caller,
    asked: Query<Asked>,
    part: http::Page,
) -> Result<HttpResponse, Problem> {
    let only_open = asked.show.as_deref() != Some("all");
    let wanted = Wanted {
        kinds: visible_to(caller.scope),
        status: only_open.then_some(Status::Proposed),
        university_no: caller.university_no(),
        after: part.after(),
    };
    let rows = app.read(move |connection| Ok(store::list(connection, wanted, part.fetch())?)).await?;
    let paged = part.cut(rows.into_iter().map(|row| (row.place(), row)).collect());
    let next = paged.next_cursor.map(|cursor| lists::next(&page, &cursor));
    let rows = paged.items.into_iter().map(|row| shown(&page, &caller, row)).collect();
    Ok(page.show(&ProposalsPage { page: page.clone(), only_open, rows, next }))
}

fn shown(page: &Page, caller: &Caller, row: ProposalRow) -> Shown {
    let is_open = row.status == Status::Proposed && row.act.scopes().contains(&caller.scope);
    let is_own = row.proposed_by == caller.subject;
    Shown { facts: facts(page, &row.act), confirms: is_open && !is_own, withdraws: is_open && is_own, row }
}

/// The act's own fields, but ids, which say nothing to people.
fn facts(page: &Page, act: &Act) -> Vec<(String, String)> {
    let Ok(Value::Object(fields)) = serde_json::to_value(act) else { return Vec::new() };
    let told = |(name, value): (String, Value)| {
        let text = match &value {
            Value::Object(_) => serde_json::from_value::<Kopecks>(value.clone()).ok()?.to_string(),
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        (name != "kind" && !name.ends_with("_id")).then(|| (page.word("fact", &name), text))
    };
    fields.into_iter().filter_map(told).collect()
}

#[post("/desk/proposals/{proposal_id}/confirm")]
pub async fn confirm(
    app: Data<App>,
    id: Path<ProposalId>,
    form: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    proposal::http::confirm(&app, &form.caller, *id, form.key()).await?;
    Ok(back())
}

#[post("/desk/proposals/{proposal_id}/withdraw")]
pub async fn withdraw(
    app: Data<App>,
    id: Path<ProposalId>,
    form: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let command = Withdraw { proposal_id: *id, second: second(&form.caller) };
    app.writer.execute(Once { key: form.key(), command }).await?;
    Ok(back())
}

fn back() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, "/desk/proposals")).finish()
}
