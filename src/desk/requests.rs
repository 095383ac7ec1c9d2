//! Requests: an agency's own with what became of each row; for the programme office, to decide and to issue.

use super::choice::{self, Choice};
use super::form::Nothing;
use super::lists;
use super::quota::Quota;
use super::{Form, Page};
use crate::app::App;
use crate::http::{self, Caller, Problem};
use crate::kernel::{ProgrammeId, Reason, Refusal, RequestId, Scope};
use crate::request::model::{Status, Verdict};
use crate::request::query::{self, Counts, Filter, ItemView, RequestView};
use crate::request::store::seats;
use crate::request::{ApproveRequest, RejectRequest};
use crate::voucher::http::issue_request;
use crate::writer::Once;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, post};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "requests.html", config = "src/desk/askama.toml")]
struct RequestsPage {
    page: Page,
    choice: Choice,
    /// An agency's own.
    quota: Option<Quota>,
    asks: bool,
    status: Option<Status>,
    statuses: [Status; 4],
    rows: Vec<(RequestView, Counts)>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "request.html", config = "src/desk/askama.toml")]
struct RequestPage {
    page: Page,
    request: RequestView,
    items: Vec<Item>,
    accepted: i64,
    refused: i64,
    decides: bool,
}

/// A row with the words of its refusal.
struct Item {
    view: ItemView,
    refusal: Option<String>,
}

impl Item {
    /// Whose row it is, as far as the looker may know.
    fn name(&self) -> String {
        let Some(holder) = &self.view.holder else { return self.view.client_ref.clone() };
        let parts = [Some(&holder.family_name), Some(&holder.given_name), holder.patronymic.as_ref()];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    fn position(&self) -> &str {
        self.view.holder.as_ref().map_or("", |holder| &holder.position)
    }

    /// The rules that were not met, and those nothing is known for.
    fn open_rules(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.view
            .eligibility
            .iter()
            .filter(|finding| finding.verdict != Verdict::Pass)
            .map(|finding| (finding.rule.as_str(), finding.verdict == Verdict::Fail))
    }
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default, deserialize_with = "choice::optional")]
    programme_id: Option<ProgrammeId>,
    status: Option<String>,
}

#[get("/desk/requests")]
pub async fn list(
    app: Data<App>,
    page: Page,
    caller: Caller,
    asked: Query<Asked>,
    part: http::Page,
) -> Result<HttpResponse, Problem> {
    let Asked { programme_id, status } = asked.into_inner();
    let Some(choice) = Choice::find(&app, &caller, programme_id).await? else {
        return Ok(choice::nothing(&page));
    };
    // What waits is what an office comes for; an agency looks at all of its own.
    let status = match status.as_deref() {
        Some(text) => Status::parse(text),
        None => (caller.scope == Scope::Programme).then_some(Status::Requested),
    };
    let filter =
        Filter { agency_no: caller.agency_no(), programme_id: Some(choice.chosen.programme_id), status };
    let programme_no = choice.chosen.programme_no;
    let after = part.after().unwrap_or(0);
    let (rows, seats) = app
        .read(move |connection| {
            let rows = query::list(connection, &filter, after, part.fetch())?;
            let seats = filter.agency_no.map(|agency_no| seats(connection, programme_no, agency_no));
            Ok((rows.into_iter().map(|row| (row.0.place(), row)).collect(), seats.transpose()?.flatten()))
        })
        .await?;
    let quota = seats.map(|seats| Quota::of(&page, seats, 0));
    let asks = caller.scope == Scope::Agency;
    let paged = part.cut(rows);
    let next = paged.next_cursor.map(|cursor| lists::next(&page, &cursor));
    let statuses = Status::ALL;
    let rows = paged.items;
    Ok(page.show(&RequestsPage { page: page.clone(), choice, quota, asks, status, statuses, rows, next }))
}

#[get("/desk/requests/{request_id}")]
pub async fn one(
    app: Data<App>,
    page: Page,
    caller: Caller,
    id: Path<RequestId>,
) -> Result<HttpResponse, Problem> {
    let agency_no = caller.agency_no();
    let with_names = matches!(caller.scope, Scope::Agency | Scope::Programme);
    let (request, items) = app
        .read(move |connection| {
            let request =
                query::one(connection, *id, agency_no)?.ok_or_else(|| Refusal::not_found("request"))?;
            let items = query::items(connection, &request, with_names)?;
            Ok((request, items))
        })
        .await?;
    let refused = i64::try_from(items.iter().filter(|item| item.status == "refused").count()).unwrap_or(0);
    let accepted = i64::try_from(items.len()).unwrap_or(0) - refused;
    let told = |view: ItemView| Item {
        refusal: view.refusal.as_ref().map(|refusal| page.stored_refusal(refusal)),
        view,
    };
    let items = items.into_iter().map(told).collect();
    let decides = caller.scope == Scope::Programme;
    Ok(page.show(&RequestPage { page: page.clone(), request, items, accepted, refused, decides }))
}

#[derive(Deserialize)]
struct Rejection {
    reason: Reason,
}

#[post("/desk/requests/{request_id}/approve")]
pub async fn approve(
    app: Data<App>,
    id: Path<RequestId>,
    form: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let Nothing {} = form.value;
    let command = ApproveRequest { request_id: *id, actor: form.caller.actor() };
    app.writer.execute(Once { key: form.key(), command }).await?;
    Ok(back(*id))
}

#[post("/desk/requests/{request_id}/reject")]
pub async fn reject(
    app: Data<App>,
    id: Path<RequestId>,
    form: Form<Rejection>,
) -> Result<HttpResponse, Problem> {
    let reason = form.value.reason.clone();
    let command = RejectRequest { request_id: *id, actor: form.caller.actor(), reason };
    app.writer.execute(Once { key: form.key(), command }).await?;
    Ok(back(*id))
}

#[post("/desk/requests/{request_id}/issue")]
pub async fn issue(
    app: Data<App>,
    id: Path<RequestId>,
    form: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    issue_request(&app, &form.caller, *id, form.key()).await?;
    Ok(back(*id))
}

fn back(id: RequestId) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, format!("/desk/requests/{id}"))).finish()
}
