//! A list of people becomes a request, without any program: a file is chosen, its columns are matched, every row is
//! checked, and what was looked at is sent.
//!
//! Nothing is kept here between the steps: the file travels in the form ([`wish`]). It is read, decided and sent by the
//! functions of `POST /v1/sheets/preview` and `POST /v1/requests`; [`rows`] says in words what they decided, [`trouble`]
//! what is wrong with a file.

mod rows;
mod trouble;
mod wish;

use super::Page;
use super::choice::Choice;
use super::form_data::{FILE_LIMIT, FormData};
use super::quota::Quota;
use crate::app::App;
use crate::employee::fields::Field;
use crate::employee::matched::{self, Mapping, Matched, Reading};
use crate::employee::preview::{self, PreviewColumn};
use crate::employee::upload::file_rows;
use crate::http::{Caller, Problem, problem};
use crate::kernel::{Code, ProgrammeId, Refusal, ServiceCategory};
use crate::programme::ProgrammeFacts;
use crate::request::http::{Asked, command};
use crate::request::model::{Mode, Seats};
use crate::request::outcome::{RowOutcome, SubmittedRequest};
use crate::request::store::seats;
use crate::writer::Once;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{self, Data, Query};
use actix_web::{HttpResponse, get, post};
use askama::Template;
use chrono::NaiveDate;
use rows::Row;
use serde::Deserialize;
use trouble::Trouble;
use wish::Wish;

/// Where a file is chosen; with what was wrong with the one before.
#[derive(Template)]
#[template(path = "new_request.html", config = "src/desk/askama.toml")]
struct ChoosePage {
    page: Page,
    /// None while no programme is open.
    choice: Option<Choice>,
    trouble: Option<Trouble>,
    limit: usize,
}

/// A list as it was understood, its rows checked as soon as nothing is missing.
#[derive(Template)]
#[template(path = "new_request_check.html", config = "src/desk/askama.toml")]
struct CheckPage {
    page: Page,
    programme: String,
    wish: Wish,
    sheets: Vec<String>,
    sheet: String,
    header_row: u32,
    columns: Vec<PreviewColumn>,
    fields: [Field; 10],
    categories: [ServiceCategory; 3],
    /// What is to be done before rows can be checked, or has changed since they were.
    notices: Vec<String>,
    checked: Option<Checked>,
}

/// What sending the list would do.
struct Checked {
    rows: Vec<Row>,
    accepted: i64,
    refused: i64,
    over_quota: i64,
    quota: Option<Quota>,
    automatic: bool,
    waits_until: Option<NaiveDate>,
    /// How the list was read when it was looked at: it is sent like this or not at all.
    reading: String,
}

impl CheckPage {
    fn is_sheet(&self, name: &str) -> bool {
        self.sheet == name
    }

    fn is_category(&self, category: &ServiceCategory) -> bool {
        self.wish.reading.category == Some(*category)
    }
}

#[derive(Deserialize)]
struct Wanted {
    programme_id: Option<ProgrammeId>,
}

#[get("/desk/requests/new")]
pub async fn choose(
    app: Data<App>,
    page: Page,
    caller: Caller,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, Problem> {
    choosing(&app, page, &caller, wanted.programme_id, None).await
}

/// The file that was chosen, or the same list with other columns.
#[post("/desk/requests/new")]
pub async fn check(app: Data<App>, page: Page, form: FormData) -> Result<HttpResponse, Problem> {
    let (wish, page) = match opened(&app, page, form).await? {
        Ok(opened) => opened,
        Err(told) => return Ok(told),
    };
    show(&app, page, wish, Vec::new()).await
}

/// Sends the list as it was looked at.
#[post("/desk/requests/new/send")]
pub async fn send(app: Data<App>, page: Page, form: FormData) -> Result<HttpResponse, Problem> {
    let seen = form.field("checked").to_owned();
    let mode =
        if form.field("mode") == Mode::BestEffort.as_str() { Mode::BestEffort } else { Mode::AllOrNothing };
    let (wish, page) = match opened(&app, page, form).await? {
        Ok(opened) => opened,
        Err(told) => return Ok(told),
    };
    if wish.reading_as_text() != seen {
        let notice = page.t("list-read-anew");
        return show(&app, page, wish, vec![notice]).await;
    }
    let asked = Asked { programme_id: wish.programme_id, mode, dry_run: false };
    let rows = file_rows(wish.file.clone(), wish.reading.clone()).await?;
    let command = command(&app, &wish.caller, asked, rows)?;
    let sent = app.writer.execute(Once { key: wish.key(mode), command }).await;
    match sent.map(|sent| sent.reply.request_id) {
        Ok(Some(id)) => {
            Ok(HttpResponse::SeeOther().insert_header((LOCATION, format!("/desk/requests/{id}"))).finish())
        }
        Ok(None) => Err(Refusal::from(Code::Internal).into()),
        Err(refusal) if refusal.code == Code::RowsRefused => {
            let notice = page.t("list-changed-meanwhile");
            show(&app, page, wish, vec![notice]).await
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// What is wished, and the page that will answer; or the answer, when there is nothing to go on with.
async fn opened(
    app: &App,
    page: Page,
    form: FormData,
) -> Result<Result<(Wish, Page), HttpResponse>, Problem> {
    let page = page.of_form(form.caller.clone(), form.browser.clone());
    let programme_id = form.field("programme_id").parse().ok();
    let caller = form.caller.clone();
    match Wish::of(form) {
        Ok(wish) => {
            let page = Page { form_key: wish.form_key.clone(), ..page };
            Ok(Ok((wish, page)))
        }
        Err(refusal) => Ok(Err(choosing(app, page, &caller, programme_id, Some(refusal)).await?)),
    }
}

/// The page to choose a file on.
async fn choosing(
    app: &App,
    page: Page,
    caller: &Caller,
    wanted: Option<ProgrammeId>,
    refusal: Option<Refusal>,
) -> Result<HttpResponse, Problem> {
    let choice = Choice::find_open(app, caller, wanted).await?;
    let status = refusal.as_ref().map_or(StatusCode::OK, |refusal| problem::status(refusal.code));
    let trouble = refusal.map(|refusal| Trouble::of(&page, &refusal));
    Ok(page.show_as(status, &ChoosePage { page: page.clone(), choice, trouble, limit: FILE_LIMIT }))
}

/// The page of a list that could be read; that of choosing, with what is wrong, when it could not.
async fn show(
    app: &App,
    page: Page,
    mut wish: Wish,
    mut notices: Vec<String>,
) -> Result<HttpResponse, Problem> {
    let looked = look(app, &page, &mut wish, &mut notices).await;
    let (matched, programme, checked) = match looked {
        Ok(looked) => looked,
        Err(refusal) => {
            let (caller, programme_id) = (wish.caller.clone(), wish.programme_id);
            return choosing(app, page, &caller, Some(programme_id), Some(refusal)).await;
        }
    };
    let columns = preview::columns(&matched);
    let sheets = matched.opened.sheets.into_iter().filter(|sheet| sheet.visible);
    let shown = CheckPage {
        programme,
        sheets: sheets.map(|sheet| sheet.name).collect(),
        sheet: matched.opened.sheet.unwrap_or_default(),
        header_row: matched.header.row,
        columns,
        fields: Field::ALL,
        categories: ServiceCategory::ALL,
        notices,
        checked,
        wish,
        page: page.clone(),
    };
    Ok(page.show(&shown))
}

/// Reads the list, says in `wish` how it was read, and, once nothing is missing, decides every row as sending it would.
async fn look(
    app: &App,
    page: &Page,
    wish: &mut Wish,
    notices: &mut Vec<String>,
) -> Result<(Matched, String, Option<Checked>), Refusal> {
    let (agency_no, _) = wish.caller.own_agency()?;
    let programme_id = wish.programme_id;
    let (programme, seats) = app
        .read(move |connection| {
            let programme = ProgrammeFacts::find(connection, programme_id)?;
            let programme = programme.ok_or_else(|| Refusal::not_found("programme"))?;
            let seats = seats(connection, programme.programme_no, agency_no)?;
            Ok((programme, seats))
        })
        .await?;
    let matched = read(wish, page, notices).await?;
    let category = wish.reading.category;
    wish.reading = Reading {
        sheet: matched.opened.sheet.clone(),
        header_row: Some(matched.header.row),
        mapping: Some(matched.mapping.clone()),
        category,
    };
    let name = |field: &Field| page.word("field", field.as_str());
    let doubled = wish.doubled.iter().map(|field| page.t1("list-doubled", "field", name(field)));
    notices.extend(doubled);
    let missing = matched.mapping.missing(category);
    if matched.mapping == Mapping::default() {
        notices.push(page.t("list-nothing-recognised"));
    } else if !missing.is_empty() {
        let names: Vec<_> = missing.iter().map(name).collect();
        notices.push(page.t1("list-missing", "fields", names.join(", ")));
    } else if matched.rows.is_empty() {
        notices.push(page.t("list-nobody"));
    }
    let programme = format!("{} · {}", programme.code, programme.name);
    if !missing.is_empty() || !wish.doubled.is_empty() || matched.rows.is_empty() {
        return Ok((matched, programme, None));
    }
    let asked = Asked { programme_id, mode: Mode::BestEffort, dry_run: true };
    let tried = app.writer.execute(command(app, &wish.caller, asked, matched.rows.clone())?).await?.reply;
    let checked = Checked::of(page, &matched, tried, seats, wish.reading_as_text());
    Ok((matched, programme, Some(checked)))
}

/// Off the server's own threads: a workbook takes a while. A row of titles that is not there is looked for anew.
async fn read(wish: &Wish, page: &Page, notices: &mut Vec<String>) -> Result<Matched, Refusal> {
    let (file, reading) = (wish.file.clone(), wish.reading.clone());
    let read = move || match matched::look(&file, &reading) {
        Err(refusal) if refusal.field.as_deref() == Some("header_row") => {
            let anew = Reading { header_row: None, mapping: None, ..reading };
            matched::look(&file, &anew).map(|matched| (matched, true))
        }
        looked => looked.map(|matched| (matched, false)),
    };
    let (matched, is_anew) = web::block(read).await.unwrap_or_else(|_| Err(Code::Unavailable.into()))?;
    if is_anew {
        notices.push(page.t("list-no-such-row"));
    }
    Ok(matched)
}

impl Checked {
    fn of(
        page: &Page,
        matched: &Matched,
        tried: SubmittedRequest,
        seats: Option<Seats>,
        reading: String,
    ) -> Self {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let is_over = |row: &&RowOutcome| row.code.as_deref() == Some(Code::QuotaExceeded.as_str());
        let accepted = count(tried.accepted);
        Self {
            accepted,
            refused: count(tried.refused),
            over_quota: count(tried.rows.iter().filter(is_over).count()),
            quota: seats.map(|seats| Quota::of(page, seats, accepted)),
            automatic: tried.automatic,
            waits_until: tried.waits_until,
            rows: rows::of(page, matched, &tried.rows),
            reading,
        }
    }
}
