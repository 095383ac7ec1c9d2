//! What to look at: unusual patterns, and attempts that were refused. A finding is no accusation.

use super::super::Page;
use super::super::choice::{self, Choice};
use super::names::{self, short};
use super::table::{Cell, Part as Piece, Table};
use crate::app::App;
use crate::db::Connection;
use crate::http::page::Page as Part;
use crate::http::{Caller, Language, Paged, Problem};
use crate::kernel::{Kopecks, ProgrammeId, TokenId};
use crate::oversight::attempts::{self, AttemptFilter, AttemptView};
use crate::oversight::names::logins;
use crate::oversight::unusual::{self, Finding};
use crate::writer::Stop;
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use askama::Template;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// Which list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default, deserialize_with = "choice::optional")]
    programme_id: Option<ProgrammeId>,
    #[serde(default)]
    list: List,
    #[allow(dead_code, reason = "read by Part")]
    limit: Option<String>,
    #[allow(dead_code, reason = "read by Part")]
    cursor: Option<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
enum List {
    #[default]
    Unusual,
    Attempts,
}

impl List {
    const ALL: [Self; 2] = [Self::Unusual, Self::Attempts];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Unusual => "unusual",
            Self::Attempts => "attempts",
        }
    }
}

enum Found {
    Unusual(Paged<Finding>),
    Attempts(Paged<AttemptView>, HashMap<TokenId, String>),
}

/// One of the lists, to go to.
struct Tab {
    label: String,
    href: String,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "books/findings.html", config = "src/desk/askama.toml")]
struct FindingsPage {
    page: Page,
    choice: Choice,
    kept: Vec<(&'static str, String)>,
    tabs: Vec<Tab>,
    about: String,
    table: Table,
    next: Option<String>,
    first: Option<String>,
}

fn read(connection: &mut Connection, programme_no: i64, list: List, part: &Part) -> Result<Found, Stop> {
    Ok(match list {
        List::Unusual => {
            let found = unusual::findings(connection, programme_no, None, part.after(), part.fetch())?;
            Found::Unusual(part.cut(found))
        }
        List::Attempts => {
            let after = part.after().unwrap_or(-1);
            let filter = AttemptFilter::default();
            let found = attempts::refused(connection, programme_no, &filter, after, part.fetch())?;
            let logins = logins(connection, found.iter().filter_map(|attempt| attempt.by))?;
            let numbered = found.into_iter().map(|attempt| (attempt.attempt_no, attempt));
            Found::Attempts(part.cut(numbered.collect()), logins)
        }
    })
}

#[get("/desk/findings")]
pub async fn findings(
    app: Data<App>,
    page: Page,
    caller: Caller,
    wanted: Query<Wanted>,
    part: Part,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let Wanted { programme_id, list, .. } = wanted.into_inner();
    let read = app.read_books(move |connection| {
        let Some(choice) = Choice::make(connection, programme_id, university_no)? else { return Ok(None) };
        let found = read(connection, choice.chosen.programme_no, list, &part)?;
        Ok(Some((choice, found)))
    });
    let Some((choice, found)) = read.await? else { return Ok(choice::nothing(&page)) };
    let programme = choice.chosen.programme_id;
    let query = |list: List| [("programme_id", programme.to_string()), ("list", list.as_str().to_owned())];
    let (table, cursor) = match found {
        Found::Unusual(found) => (unusual_table(&page, programme, &found.items), found.next_cursor),
        Found::Attempts(found, logins) => {
            (attempts_table(&page, programme, &found.items, &logins), found.next_cursor)
        }
    };
    let next = cursor.map(|cursor| {
        let query: Vec<_> = query(list).into_iter().chain([("cursor", cursor)]).collect();
        names::address("/desk/findings", &query)
    });
    let tab = |one: List| Tab {
        label: page.word("books-list", one.as_str()),
        href: names::address("/desk/findings", &query(one)),
        is_here: one == list,
    };
    Ok(page.show(&FindingsPage {
        kept: vec![("list", list.as_str().to_owned())],
        tabs: List::ALL.map(tab).into(),
        about: page.word("books-list-about", list.as_str()),
        table,
        next,
        first: part.after().is_some().then(|| names::address("/desk/findings", &query(list))),
        choice,
        page: page.clone(),
    }))
}

fn unusual_table(page: &Page, programme: ProgrammeId, found: &[Finding]) -> Table {
    let row = |finding: &Finding| {
        let words = match page.language {
            Language::Russian => finding.words.ru,
            Language::English => finding.words.en,
        };
        let ids =
            finding.ids.iter().flat_map(|(name, ids)| ids.iter().map(|id| thing(page, programme, name, *id)));
        let figures = finding.figures.iter().map(|(name, value)| Piece::text(figure(page, name, value)));
        vec![
            Cell::text(words).heading(),
            Cell::text(finding.day.as_deref().map(|day| page.day_of(day)).unwrap_or_default()),
            Cell::of(ids.collect()),
            Cell::of(figures.collect()),
        ]
    };
    let columns = ["books-finding", "books-day", "books-about", "books-figures"];
    Table::new(page, "books-unusual-caption", &columns).with(found.iter().map(row).collect())
}

/// What a finding names by an id, leading to it where there is a page of it.
fn thing(page: &Page, programme: ProgrammeId, name: &str, id: Uuid) -> Piece {
    let what = name.trim_end_matches("_id");
    let href = match what {
        "redemption" | "payment" | "session" | "payee" => Some(names::trace(what, id, programme)),
        "voucher" => Some(names::postings(programme, &[("voucher_id", id.to_string())])),
        "course_run" => Some(names::postings(programme, &[("course_run_id", id.to_string())])),
        _ => None,
    };
    Piece { text: format!("{} {}", page.word("books-what", what), short(id)), href }
}

fn figure(page: &Page, name: &str, value: &Value) -> String {
    let money = value.get("amount").and_then(Value::as_i64).map(|amount| page.money(&Kopecks::new(amount)));
    let number = value.as_i64().map(|number| page.number(&number));
    format!("{}: {}", page.word("books-figure", name), money.or(number).unwrap_or_else(|| value.to_string()))
}

fn attempts_table(
    page: &Page,
    programme: ProgrammeId,
    found: &[AttemptView],
    logins: &HashMap<TokenId, String>,
) -> Table {
    let row = |attempt: &AttemptView| {
        let by = attempt.by.and_then(|by| logins.get(&by).cloned());
        let voucher = names::postings(programme, &[("voucher_id", attempt.voucher_id.to_string())]);
        vec![
            Cell::text(page.instant(&attempt.at)).heading(),
            Cell::text(page.word("books-action", &attempt.action)),
            Cell::text(page.refusal_title(&attempt.code)),
            Cell::link(short(attempt.voucher_id), voucher),
            Cell::text(by.unwrap_or_else(|| page.t("books-service-itself"))),
        ]
    };
    let columns = ["books-at", "books-action", "books-refusal", "books-voucher", "books-by-whom"];
    Table::new(page, "books-attempts-caption", &columns).with(found.iter().map(row).collect())
}
