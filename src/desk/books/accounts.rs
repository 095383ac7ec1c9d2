//! The accounts of a programme, and the statement of one: what it held, every posting with the balance after it, what it holds.

use super::super::Page;
use super::super::choice::{self, Choice};
use super::names;
use super::table::{Cell, Table};
use crate::app::App;
use crate::http::page::Page as Part;
use crate::http::{Caller, Problem};
use crate::kernel::{BudgetLineId, Kopecks, ProgrammeId};
use crate::ledger::as_of::AsOf;
use crate::ledger::model::Account;
use crate::oversight::execution::{self, LineExecution};
use crate::oversight::names::Names;
use crate::oversight::statement::{self, Statement, StatementLine};
use crate::writer::Stop;
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

/// Which account, and of which days.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default, deserialize_with = "choice::optional")]
    programme_id: Option<ProgrammeId>,
    #[serde(default, deserialize_with = "choice::optional")]
    budget_line_id: Option<BudgetLineId>,
    #[serde(default, deserialize_with = "choice::optional")]
    account: Option<String>,
    #[serde(default, deserialize_with = "choice::optional")]
    from: Option<NaiveDate>,
    #[serde(default, deserialize_with = "choice::optional")]
    to: Option<NaiveDate>,
    /// Further pages are of the log of the first.
    as_of: Option<i64>,
    #[allow(dead_code, reason = "read by Part")]
    limit: Option<String>,
    #[allow(dead_code, reason = "read by Part")]
    cursor: Option<String>,
}

/// A statement and its names.
struct Read {
    statement: Statement,
    names: Names,
}

#[derive(Template)]
#[template(path = "books/accounts.html", config = "src/desk/askama.toml")]
struct AccountsPage {
    page: Page,
    choice: Choice,
    kept: Vec<(&'static str, String)>,
    lines: Vec<LineExecution>,
    budget_line_id: Option<BudgetLineId>,
    account: Account,
    shown: Option<Shown>,
    from: String,
    to: String,
}

/// A page of a statement as it is shown.
struct Shown {
    title: String,
    size: i64,
    opening: String,
    closing: String,
    table: Table,
    next: Option<String>,
    first: Option<String>,
}

impl AccountsPage {
    fn is_line(&self, line: &LineExecution) -> bool {
        self.budget_line_id == Some(line.budget_line_id)
    }

    fn is_account(&self, account: &Account) -> bool {
        *account == self.account
    }
}

#[get("/desk/accounts")]
pub async fn accounts(
    app: Data<App>,
    page: Page,
    caller: Caller,
    wanted: Query<Wanted>,
    part: Part,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let Wanted { programme_id, budget_line_id, account, from, to, as_of, .. } = wanted.into_inner();
    let account = account.as_deref().map(crate::oversight::http::account).transpose()?;
    let account = account.unwrap_or(Account::Obligated);
    let read = app.read_books(move |connection| {
        let Some(choice) = Choice::make(connection, programme_id, university_no)? else { return Ok(None) };
        let programme_no = choice.chosen.programme_no;
        let now = AsOf::find(connection, programme_no, None)?;
        let lines = execution::budget(connection, programme_no, now, None)?;
        // One that is not asked for is the first.
        let line = budget_line_id.or_else(|| lines.first().map(|line| line.budget_line_id));
        let read = line.map(|budget_line_id| {
            let wanted = statement::Wanted { budget_line_id, account, from, to, as_of };
            let statement = statement::read(connection, programme_no, &wanted, &part)?;
            let names = names::of(connection, statement.lines.items.iter().map(|line| &line.posting))?;
            Ok::<_, Stop>(Read { statement, names })
        });
        Ok(Some((choice, lines, line, read.transpose()?)))
    });
    let Some((choice, lines, line, read)) = read.await? else { return Ok(choice::nothing(&page)) };
    let programme = choice.chosen.programme_id;
    let shown = read.map(|read| shown(&page, programme, &read, &lines, part.after().is_some()));
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    Ok(page.show(&AccountsPage {
        kept: Vec::new(),
        budget_line_id: line,
        lines,
        account,
        shown,
        from: day(from),
        to: day(to),
        choice,
        page: page.clone(),
    }))
}

fn shown(page: &Page, programme: ProgrammeId, read: &Read, lines: &[LineExecution], is_later: bool) -> Shown {
    let Read { statement, names } = read;
    let line = lines.iter().find(|line| line.budget_line_id == statement.budget_line_id);
    let of = line.map_or(statement.kbk.as_str(), |line| line.name.as_str());
    let mut query = vec![
        ("programme_id", programme.to_string()),
        ("budget_line_id", statement.budget_line_id.to_string()),
        ("account", statement.account.to_owned()),
    ];
    query.extend(statement.from.map(|day| ("from", day.to_string())));
    query.extend(statement.to.map(|day| ("to", day.to_string())));
    let first = names::address("/desk/accounts", &query);
    let next = statement.lines.next_cursor.clone().map(|cursor| {
        query.extend([("as_of", statement.as_of.to_string()), ("cursor", cursor)]);
        names::address("/desk/accounts", &query)
    });
    Shown {
        title: format!("{} · {of}", page.word("books-account", statement.account)),
        size: statement.as_of,
        opening: page.money(&statement.opening),
        closing: page.money(&statement.closing),
        table: table(page, programme, statement, names),
        next,
        first: is_later.then_some(first),
    }
}

const COLUMNS: [&str; 6] =
    ["books-day", "books-entry", "books-about", "#books-debit", "#books-credit", "#books-balance"];

fn table(page: &Page, programme: ProgrammeId, statement: &Statement, names: &Names) -> Table {
    let row = |line: &StatementLine| {
        let StatementLine { posting, balance } = line;
        let what = page.word("books-kind", &posting.kind);
        let [debit, credit] = sides(page, posting.amount);
        vec![
            Cell::text(page.day(&posting.effective_at.date())).heading(),
            Cell::link(
                format!("№ {} · {what}", posting.log_index),
                names::entry(programme, posting.log_index),
            ),
            Cell::of(names::dimensions(page, programme, names, posting)),
            debit,
            credit,
            Cell::money(page, *balance, None),
        ]
    };
    let mut table = Table::new(page, "books-statement-caption", &COLUMNS);
    let balance = |word: &str, amount: Kopecks| {
        let mut row = vec![Cell::text(page.t(word)).heading()];
        row.extend((0..4).map(|_| Cell::text("")));
        row.push(Cell::money(page, amount, None));
        row
    };
    table.rows.push(balance("books-page-opening", statement.page_opening));
    table.rows.extend(statement.lines.items.iter().map(row));
    table.foot = Some(balance("books-page-closing", statement.page_closing));
    table
}

/// The amount of a posting in its column, debit or credit.
pub fn sides(page: &Page, amount: Kopecks) -> [Cell; 2] {
    let nothing = || Cell::text("").at_the_end();
    let positive = Kopecks::new(amount.get().saturating_abs());
    let money = Cell::money(page, positive, None);
    if amount.is_positive() { [money, nothing()] } else { [nothing(), money] }
}
