//! Reminders: people of an agency whose certificates are about to lapse, with a text to send to each; on a page, and as a
//! list for a mail merge.

use super::choice::{self, Choice};
use super::{Page, words};
use crate::app::App;
use crate::certificate::link_http;
use crate::http::{Caller, Language, Problem};
use crate::kernel::{Code, ProgrammeId, Refusal, VoucherId};
use crate::programme::ProgrammeFacts;
use crate::voucher::holders::{self, Lapsing};
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use askama::Template;
use chrono::NaiveDate;
use csv::{Terminator, WriterBuilder};
use serde::Deserialize;

/// People of one list at most: those of the longest request.
const MOST: i64 = 5_000;

#[derive(Template)]
#[template(path = "reminders.html", config = "src/desk/askama.toml")]
struct RemindersPage {
    page: Page,
    choice: Choice,
    people: Vec<Reminder>,
}

/// A person to remind.
struct Reminder {
    voucher_id: VoucherId,
    number: String,
    name: holders::Name,
    email: String,
    last_day: NaiveDate,
    days_left: i64,
    link: String,
    /// Holders read Russian.
    text: String,
    /// What it says, for whoever does not.
    english: String,
}

impl RemindersPage {
    fn is_in_english(&self) -> bool {
        self.page.language == Language::English
    }
}

impl Reminder {
    fn of(app: &App, page: &Page, programme: &ProgrammeFacts, lapsing: Lapsing) -> Self {
        let Lapsing { voucher_id, number, expires_at, name, email } = lapsing;
        let last_day = expires_at.plus_seconds(-1).date();
        let days_left = (last_day - app.clock.now().date()).num_days();
        let link = link_http::address(app, voucher_id);
        let text = |language| {
            let date = Page { language, ..page.clone() }.date(&last_day);
            let values = [
                ("name", name.address().into()),
                ("number", number.as_str().into()),
                ("programme", programme.name.as_str().into()),
                ("date", date.into()),
                ("days", days_left.into()),
                ("link", link.as_str().into()),
            ];
            words::say(language, "reminder-text", &values)
        };
        let (russian, english) = (text(Language::Russian), text(Language::English));
        let email = email.unwrap_or_default();
        Self { voucher_id, number, email, last_day, days_left, text: russian, english, link, name }
    }

    fn full_name(&self) -> String {
        self.name.full()
    }
}

#[derive(Deserialize)]
struct Asked {
    programme_id: Option<ProgrammeId>,
}

#[get("/desk/reminders")]
pub async fn reminders(
    app: Data<App>,
    page: Page,
    caller: Caller,
    asked: Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let Some(choice) = Choice::find(&app, &caller, asked.programme_id).await? else {
        return Ok(choice::nothing(&page));
    };
    let people = due(&app, &page, &caller, &choice.chosen).await?;
    Ok(page.show(&RemindersPage { page: page.clone(), choice, people }))
}

/// The same people as CSV: UTF-8 with a byte order mark and `;`, which is what Excel in Russian opens.
#[get("/desk/reminders.csv")]
pub async fn list(
    app: Data<App>,
    page: Page,
    caller: Caller,
    asked: Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let choice = Choice::find(&app, &caller, asked.programme_id).await?;
    let choice = choice.ok_or_else(|| Refusal::not_found("programme"))?;
    let people = due(&app, &page, &caller, &choice.chosen).await?;
    let file = csv(&people).map_err(|_| Refusal::from(Code::Internal))?;
    let answer = HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"reminders.csv\""))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .body(file);
    Ok(answer)
}

async fn due(
    app: &App,
    page: &Page,
    caller: &Caller,
    programme: &ProgrammeFacts,
) -> Result<Vec<Reminder>, Refusal> {
    let (agency_no, _) = caller.own_agency()?;
    let (programme_id, now) = (programme.programme_id, app.clock.now());
    let lapsing = app
        .read(move |connection| Ok(holders::to_remind(connection, agency_no, programme_id, now, MOST)?))
        .await?;
    Ok(lapsing.into_iter().map(|lapsing| Reminder::of(app, page, programme, lapsing)).collect())
}

/// Titles are in Russian, as those of lists of people may be. No value can be a formula: none starts as one, see
/// [`crate::sheet::plain`].
fn csv(people: &[Reminder]) -> csv::Result<Vec<u8>> {
    let mut writer =
        WriterBuilder::new().delimiter(b';').terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record([
        "фамилия",
        "имя",
        "отчество",
        "электронная почта",
        "номер сертификата",
        "действует по",
        "осталось дней",
        "ссылка на сертификат",
        "текст",
    ])?;
    for person in people {
        let name = &person.name;
        let (last_day, days_left) =
            (person.last_day.format("%d.%m.%Y").to_string(), person.days_left.to_string());
        writer.write_record([
            name.family_name.as_str(),
            &name.given_name,
            name.patronymic.as_deref().unwrap_or_default(),
            &person.email,
            &person.number,
            &last_day,
            &days_left,
            &person.link,
            &person.text,
        ])?;
    }
    let rows = writer.into_inner().map_err(|error| error.into_error())?;
    Ok([b"\xef\xbb\xbf", rows.as_slice()].concat())
}
