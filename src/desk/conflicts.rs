//! Conflict cases: what a device accepted offline beside what it collides with, for a person to decide.

use super::choice::{self, Choice};
use super::lists;
use super::{Form, Page};
use crate::app::App;
use crate::conflict::decide::DecideConflict;
use crate::conflict::model::{Decision, Status};
use crate::conflict::query::{Conflict, views};
use crate::conflict::store;
use crate::http::{self, Caller, Problem};
use crate::kernel::{ConflictId, ProgrammeId, Reason, Scope};
use crate::writer::Once;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, post};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "conflicts.html", config = "src/desk/askama.toml")]
struct ConflictsPage {
    page: Page,
    choice: Choice,
    only_open: bool,
    rows: Vec<Shown>,
    next: Option<String>,
}

struct Shown {
    case: Conflict,
    /// Why the item could not be followed, in words.
    why: String,
    decides: bool,
    /// An undo that came too late enrols nobody.
    is_undo: bool,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default, deserialize_with = "choice::optional")]
    programme_id: Option<ProgrammeId>,
    /// `all`: decided ones too.
    show: Option<String>,
}

#[get("/desk/conflicts")]
pub async fn conflicts(
    app: Data<App>,
    page: Page,
    caller: Caller,
    asked: Query<Asked>,
    part: http::Page,
) -> Result<HttpResponse, Problem> {
    let only_open = asked.show.as_deref() != Some("all");
    let Some(choice) = Choice::find(&app, &caller, asked.programme_id).await? else {
        return Ok(choice::nothing(&page));
    };
    let programme_no = choice.chosen.programme_no;
    let cases = app
        .read(move |connection| {
            let is_open = only_open.then_some(true);
            let cases = store::list(connection, programme_no, is_open, part.after(), part.fetch())?;
            Ok(views(connection, cases, false)?)
        })
        .await?;
    let paged = part.cut(cases.into_iter().map(|case| (case.log_index, case)).collect());
    let next = paged.next_cursor.map(|cursor| lists::next(&page, &cursor));
    let rows = paged.items.into_iter().map(|case| shown(&page, &caller, case)).collect();
    Ok(page.show(&ConflictsPage { page: page.clone(), choice, only_open, rows, next }))
}

fn shown(page: &Page, caller: &Caller, case: Conflict) -> Shown {
    let kept = serde_json::json!({ "code": case.code, "field": null, "facts": case.facts });
    let is_own = case.offline.registrar == caller.subject;
    let decides = caller.scope == Scope::Programme && case.status == Status::Open && !is_own;
    Shown { why: page.stored_refusal(&kept), decides, is_undo: case.offline.action == "undo", case }
}

#[derive(Deserialize)]
struct Decided {
    decision: Decision,
    reason: Reason,
}

#[post("/desk/conflicts/{conflict_id}/decide")]
pub async fn decide(
    app: Data<App>,
    id: Path<ConflictId>,
    form: Form<Decided>,
) -> Result<HttpResponse, Problem> {
    let key = form.key();
    let Decided { decision, reason } = form.value;
    let command = DecideConflict { conflict_id: *id, decision, reason, actor: form.caller.actor() };
    app.writer.execute(Once { key, command }).await?;
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, "/desk/conflicts")).finish())
}
