//! The journal entry by entry, months that are closed, and the journal as a file.

use super::super::Page;
use super::super::choice::{self, Choice};
use super::names;
use super::table::{Cell, Table};
use crate::app::App;
use crate::export::Format;
use crate::http::page::Page as Part;
use crate::http::{Caller, Problem};
use crate::kernel::{ProgrammeId, Refusal, TokenId};
use crate::ledger::as_of::AsOf;
use crate::ledger::model::Kind;
use crate::oversight::ledger::{self, Span, TransactionFilter, TransactionView};
use crate::oversight::names::logins;
use crate::period::store::{self, PeriodRow};
use crate::period::trial_balance::TrialBalance;
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;
use std::collections::HashMap;

/// Which entries.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default, deserialize_with = "choice::optional")]
    programme_id: Option<ProgrammeId>,
    #[serde(default, deserialize_with = "choice::optional")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "choice::optional")]
    from: Option<NaiveDate>,
    #[serde(default, deserialize_with = "choice::optional")]
    to: Option<NaiveDate>,
    as_of: Option<i64>,
    #[allow(dead_code, reason = "read by Part")]
    limit: Option<String>,
    #[allow(dead_code, reason = "read by Part")]
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "books/journal.html", config = "src/desk/askama.toml")]
struct JournalPage {
    page: Page,
    choice: Choice,
    kept: Vec<(&'static str, String)>,
    size: i64,
    kinds: Vec<KindChoice>,
    from: String,
    to: String,
    table: Table,
    next: Option<String>,
    first: Option<String>,
    periods: Table,
    /// Words and address of each form of the file.
    files: Vec<(String, String)>,
}

/// A kind of entries to choose.
struct KindChoice {
    name: String,
    label: String,
    is_chosen: bool,
}

/// Kinds that a programme's own log has: numbers below are of the service's.
const FIRST_OF_PROGRAMMES: i16 = 20;

#[get("/desk/journal")]
pub async fn journal(
    app: Data<App>,
    page: Page,
    caller: Caller,
    wanted: Query<Wanted>,
    part: Part,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let Wanted { programme_id, kind, from, to, as_of, .. } = wanted.into_inner();
    let unknown = || Refusal::field("kind", "a kind of transaction, such as redeemed");
    let kind = kind.map(|name| Kind::parse(&name).ok_or_else(unknown)).transpose()?;
    let filter =
        TransactionFilter { kind, effective: Span::of_days(from, to), ..TransactionFilter::default() };
    let read = app.read_books(move |connection| {
        let Some(choice) = Choice::make(connection, programme_id, university_no)? else { return Ok(None) };
        let programme_no = choice.chosen.programme_no;
        let size = AsOf::find(connection, programme_no, as_of)?.size;
        let after = part.after().unwrap_or(-1);
        let found = ledger::transactions(connection, programme_no, &filter, after, size, part.fetch())?;
        let logins = logins(connection, found.iter().filter_map(|entry| entry.recorded_by))?;
        let periods = store::list(connection, programme_no)?;
        Ok(Some((choice, size, found, logins, periods)))
    });
    let Some((choice, size, found, logins, periods)) = read.await? else { return Ok(choice::nothing(&page)) };
    let programme = choice.chosen.programme_id;
    let found = part.cut(found.into_iter().map(|entry| (entry.log_index, entry)).collect());
    let days: Vec<_> = [("from", from), ("to", to)]
        .into_iter()
        .filter_map(|(name, day)| Some((name, day?.to_string())))
        .collect();
    let mut query = vec![("programme_id", programme.to_string())];
    query.extend(days.iter().cloned());
    query.extend(kind.map(|kind| ("kind", kind.name())));
    let first = part.after().is_some().then(|| names::address("/desk/journal", &query));
    let next = found.next_cursor.map(|cursor| {
        query.extend([("as_of", size.to_string()), ("cursor", cursor)]);
        names::address("/desk/journal", &query)
    });
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    Ok(page.show(&JournalPage {
        kept: Vec::new(),
        size,
        kinds: kinds(&page, kind),
        from: day(from),
        to: day(to),
        table: entries(&page, programme, &found.items, &logins),
        next,
        first,
        periods: closed(&page, programme, &periods),
        files: files(&page, programme, &days),
        choice,
        page: page.clone(),
    }))
}

fn kinds(page: &Page, chosen: Option<Kind>) -> Vec<KindChoice> {
    let of_programmes = Kind::ALL.into_iter().filter(|kind| kind.number() >= FIRST_OF_PROGRAMMES);
    let choice = |kind: Kind| {
        let name = kind.name();
        KindChoice { label: page.word("books-kind", &name), is_chosen: chosen == Some(kind), name }
    };
    of_programmes.map(choice).collect()
}

fn entries(
    page: &Page,
    programme: ProgrammeId,
    found: &[TransactionView],
    logins: &HashMap<TokenId, String>,
) -> Table {
    let row = |entry: &TransactionView| {
        let by = entry.recorded_by.and_then(|by| logins.get(&by).cloned());
        vec![
            Cell::link(format!("№ {}", entry.log_index), names::entry(programme, entry.log_index)).heading(),
            Cell::text(page.word("books-kind", &entry.kind)),
            Cell::text(page.day(&entry.effective_at.date())),
            Cell::text(page.day(&entry.recorded_at.date())),
            Cell::text(by.unwrap_or_else(|| page.t("books-service-itself"))),
            // Most entries move no money.
            if entry.moved.is_zero() { Cell::text("") } else { Cell::money(page, entry.moved, None) },
        ]
    };
    let columns = [
        "books-entry",
        "books-what-happened",
        "books-effective-at",
        "books-recorded-at",
        "books-recorded-by",
        "#books-moved",
    ];
    Table::new(page, "books-journal-caption", &columns).with(found.iter().map(row).collect())
}

fn closed(page: &Page, programme: ProgrammeId, periods: &[PeriodRow]) -> Table {
    let row = |period: &PeriodRow| {
        let balance: Option<TrialBalance> = serde_json::from_str(&period.trial_balance).ok();
        vec![
            Cell::text(page.month(period.month)).heading(),
            Cell::text(page.instant(&period.closed_at)),
            Cell::link(
                format!("№ {}", period.closed_log_index),
                names::entry(programme, period.closed_log_index),
            ),
            Cell::money(page, balance.map(|balance| balance.debits).unwrap_or_default(), None),
        ]
    };
    let columns = ["books-month", "books-closed-at", "books-entry", "#books-turnover"];
    Table::new(page, "books-periods-caption", &columns).with(periods.iter().map(row).collect())
}

fn files(page: &Page, programme: ProgrammeId, days: &[(&'static str, String)]) -> Vec<(String, String)> {
    let built = Format::ALL.into_iter().filter(|format| format.supported().is_ok());
    let file = |format: Format| {
        let format = format.as_str();
        let query: Vec<_> = [("format", format.to_owned())].into_iter().chain(days.iter().cloned()).collect();
        let path = format!("/v1/programmes/{programme}/exports/journal");
        (page.word("books-format", format), names::address(&path, &query))
    };
    built.map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Language;

    #[test]
    fn every_kind_of_entry_and_every_form_of_the_file_has_words() {
        for language in [Language::Russian, Language::English] {
            let page = Page {
                language,
                here: "/".into(),
                caller: None,
                csrf_token: String::new(),
                form_key: String::new(),
                provider: None,
            };
            for kind in Kind::ALL {
                let word = page.word("books-kind", &kind.name());
                assert!(!word.contains('⟦'), "{word}");
            }
            for format in Format::ALL {
                assert!(!page.word("books-format", format.as_str()).contains('⟦'), "{format:?}");
            }
        }
    }
}
