//! Postings about something: what a figure is made of.

use super::super::Page;
use super::super::choice::{self, Choice};
use super::accounts::sides;
use super::names;
use super::table::{Cell, Table};
use crate::app::App;
use crate::http::page::Page as Part;
use crate::http::{Caller, Paged, Problem};
use crate::kernel::*;
use crate::ledger::as_of::AsOf;
use crate::oversight::http::account;
use crate::oversight::names::Names;
use crate::oversight::postings::{self, PostingFilter, PostingPlace, PostingView};
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use askama::Template;
use serde::Deserialize;

/// Which postings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default, deserialize_with = "choice::optional")]
    programme_id: Option<ProgrammeId>,
    account: Option<String>,
    agency_id: Option<AgencyId>,
    course_run_id: Option<CourseRunId>,
    voucher_id: Option<VoucherId>,
    contract_id: Option<ContractId>,
    as_of: Option<i64>,
    #[allow(dead_code, reason = "read by Part")]
    limit: Option<String>,
    #[allow(dead_code, reason = "read by Part")]
    cursor: Option<String>,
}

impl Wanted {
    /// What the question narrows by, to go on with.
    fn query(&self, programme: ProgrammeId) -> Vec<(&'static str, String)> {
        let narrowed = [
            ("account", self.account.clone()),
            ("agency_id", self.agency_id.map(|id| id.to_string())),
            ("course_run_id", self.course_run_id.map(|id| id.to_string())),
            ("voucher_id", self.voucher_id.map(|id| id.to_string())),
            ("contract_id", self.contract_id.map(|id| id.to_string())),
        ];
        let narrowed = narrowed.into_iter().filter_map(|(name, value)| Some((name, value?)));
        [("programme_id", programme.to_string())].into_iter().chain(narrowed).collect()
    }
}

#[derive(Template)]
#[template(path = "books/postings.html", config = "src/desk/askama.toml")]
struct PostingsPage {
    page: Page,
    choice: Choice,
    size: i64,
    /// What they are about, in words.
    about: Vec<String>,
    table: Table,
    next: Option<String>,
    first: Option<String>,
}

#[get("/desk/postings")]
pub async fn postings_page(
    app: Data<App>,
    page: Page,
    caller: Caller,
    wanted: Query<Wanted>,
    part: Part,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let (programme_id, as_of) = (wanted.programme_id, wanted.as_of);
    let filter = PostingFilter {
        account: wanted.account.as_deref().map(account).transpose()?,
        agency_id: wanted.agency_id,
        course_run_id: wanted.course_run_id,
        voucher_id: wanted.voucher_id,
        contract_id: wanted.contract_id,
        ..PostingFilter::default()
    };
    let read = app.read_books(move |connection| {
        let Some(choice) = Choice::make(connection, programme_id, university_no)? else { return Ok(None) };
        let programme_no = choice.chosen.programme_no;
        let size = AsOf::find(connection, programme_no, as_of)?.size;
        let after = part.after().map_or(PostingPlace::START, PostingPlace::from_number);
        let found = postings::postings(connection, programme_no, &filter, after, size, part.fetch())?;
        let names = names::of(connection, found.iter())?;
        Ok(Some((choice, size, found, names)))
    });
    let Some((choice, size, found, names)) = read.await? else { return Ok(choice::nothing(&page)) };
    let programme = choice.chosen.programme_id;
    let found = part.cut(found.into_iter().map(|posting| (posting.place().number(), posting)).collect());
    let mut query = wanted.query(programme);
    let first = names::address("/desk/postings", &query);
    let about = about(&page, &wanted, &names);
    let table = table(&page, programme, &found, &names);
    let next = found.next_cursor.map(|cursor| {
        query.extend([("as_of", size.to_string()), ("cursor", cursor)]);
        names::address("/desk/postings", &query)
    });
    let first = part.after().is_some().then_some(first);
    Ok(page.show(&PostingsPage { size, about, table, next, first, choice, page: page.clone() }))
}

fn about(page: &Page, wanted: &Wanted, names: &Names) -> Vec<String> {
    let what = |what: &str, name: String| format!("{} {name}", page.word("books-what", what));
    let account = wanted.account.as_deref().map(|account| page.word("books-account", account));
    let narrowed = [
        account,
        wanted.agency_id.map(|id| what("agency", names.agency(id))),
        wanted.course_run_id.map(|id| what("course_run", names.course_run(id))),
        wanted.voucher_id.map(|id| what("voucher", names::short(id))),
        wanted.contract_id.map(|id| what("contract", names::short(id))),
    ];
    narrowed.into_iter().flatten().collect()
}

fn table(page: &Page, programme: ProgrammeId, found: &Paged<PostingView>, names: &Names) -> Table {
    let row = |posting: &PostingView| {
        let what = page.word("books-kind", &posting.kind);
        let account = page.word("books-account", posting.account);
        let statement = names::account(programme, posting.budget_line_id, posting.account, None);
        let [debit, credit] = sides(page, posting.amount);
        vec![
            Cell::text(page.day(&posting.effective_at.date())).heading(),
            Cell::link(
                format!("№ {} · {what}", posting.log_index),
                names::entry(programme, posting.log_index),
            ),
            Cell::link(account, statement),
            Cell::of(names::dimensions(page, programme, names, posting)),
            debit,
            credit,
        ]
    };
    let columns =
        ["books-day", "books-entry", "books-account", "books-about", "#books-debit", "#books-credit"];
    Table::new(page, "books-postings-caption", &columns).with(found.items.iter().map(row).collect())
}
