//! How the budget is carried out: its figures, a bar for each line, and a table by line, agency, month or course run.

use super::super::Page;
use super::super::choice::{self, Choice};
use super::bars::{self, Bar};
use super::names;
use super::table::{Cell, Part, Table};
use crate::app::App;
use crate::db::Connection;
use crate::http::{Caller, Problem};
use crate::kernel::{Kopecks, ProgrammeId};
use crate::ledger::as_of::AsOf;
use crate::oversight::breakdown::{self, OfAgency, OfCourseRun, OfMonth};
use crate::oversight::execution::{self, LineExecution};
use crate::writer::Stop;
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use askama::Template;
use serde::Deserialize;

/// Which programme, and by what.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default, deserialize_with = "choice::optional")]
    programme_id: Option<ProgrammeId>,
    #[serde(default)]
    by: By,
}

/// What the table has a row for.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
enum By {
    #[default]
    Line,
    Agency,
    Month,
    CourseRun,
}

impl By {
    const ALL: [Self; 4] = [Self::Line, Self::Agency, Self::Month, Self::CourseRun];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Agency => "agency",
            Self::Month => "month",
            Self::CourseRun => "course_run",
        }
    }
}

enum Broken {
    Lines,
    Agencies(Vec<OfAgency>),
    Months(Vec<OfMonth>),
    CourseRuns(Vec<OfCourseRun>),
}

/// The table's other forms.
struct Tab {
    label: String,
    href: String,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "books/budget.html", config = "src/desk/askama.toml")]
struct BudgetPage {
    page: Page,
    choice: Choice,
    kept: Vec<(&'static str, String)>,
    /// Of how many leaves of the log.
    size: i64,
    /// Words of the figure, and the figure.
    figures: Vec<(String, String)>,
    lapsed: Option<String>,
    bars: Vec<Bar>,
    tabs: Vec<Tab>,
    table: Table,
}

fn read_broken(connection: &mut Connection, programme_no: i64, by: By) -> Result<Broken, Stop> {
    Ok(match by {
        By::Line => Broken::Lines,
        By::Agency => Broken::Agencies(breakdown::by_agency(connection, programme_no)?),
        By::Month => Broken::Months(breakdown::by_month(connection, programme_no)?),
        By::CourseRun => Broken::CourseRuns(breakdown::by_course_run(connection, programme_no)?),
    })
}

#[get("/desk/budget")]
pub async fn budget(
    app: Data<App>,
    page: Page,
    caller: Caller,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, Problem> {
    let (university_no, now) = (caller.university_no(), app.clock.now());
    let Wanted { programme_id, by } = wanted.into_inner();
    let read = app.read_books(move |connection| {
        let Some(choice) = Choice::make(connection, programme_id, university_no)? else { return Ok(None) };
        let programme_no = choice.chosen.programme_no;
        let as_of = AsOf::find(connection, programme_no, None)?;
        let lines = execution::budget(connection, programme_no, as_of, Some(now))?;
        let broken = read_broken(connection, programme_no, by)?;
        Ok(Some((choice, as_of.size, lines, broken)))
    });
    let Some((choice, size, lines, broken)) = read.await? else { return Ok(choice::nothing(&page)) };
    let programme = choice.chosen.programme_id;
    let total = |of: fn(&LineExecution) -> Kopecks| sum(lines.iter().map(of));
    let figures = FIGURES.map(|(account, of)| (page.word("books-account", account), page.money(&total(of))));
    let lapsed = sum(lines.iter().filter_map(|line| line.lapsed_not_released));
    let tab = |one: By| Tab {
        label: page.word("books-by", one.as_str()),
        href: names::address(
            "/desk/budget",
            &[("programme_id", programme.to_string()), ("by", one.as_str().to_owned())],
        ),
        is_here: one == by,
    };
    let table = match &broken {
        Broken::Lines => by_line(&page, programme, &lines),
        Broken::Agencies(agencies) => by_agency(&page, programme, agencies),
        Broken::Months(months) => by_month(&page, programme, months),
        Broken::CourseRuns(runs) => by_course_run(&page, programme, runs),
    };
    Ok(page.show(&BudgetPage {
        kept: vec![("by", by.as_str().to_owned())],
        size,
        figures: figures.into(),
        lapsed: lapsed.is_positive().then(|| page.money(&lapsed)),
        bars: lines.iter().map(|line| bars::of(&page, programme, line)).collect(),
        tabs: By::ALL.map(tab).into(),
        table,
        choice,
        page: page.clone(),
    }))
}

/// Lines of one programme that do not fit 64 bits together were never booked.
fn sum(amounts: impl Iterator<Item = Kopecks>) -> Kopecks {
    Kopecks::sum(amounts).unwrap_or(Kopecks::new(i64::MAX))
}

type Figure = (&'static str, fn(&LineExecution) -> Kopecks);

const FIGURES: [Figure; 6] = [
    ("limit", |line| line.limit),
    ("available", |line| line.available),
    ("reserved", |line| line.reserved),
    ("obligated", |line| line.obligated),
    ("accrued", |line| line.accrued),
    ("paid", |line| line.paid),
];

const ACCOUNTS: [&str; 6] = [
    "#books-account-limit",
    "#books-account-available",
    "#books-account-reserved",
    "#books-account-obligated",
    "#books-account-accrued",
    "#books-account-paid",
];

fn by_line(page: &Page, programme: ProgrammeId, lines: &[LineExecution]) -> Table {
    let row = |line: &LineExecution| {
        let head = Cell::of(vec![Part::text(line.name.clone()), Part::text(line.kbk.clone())]).heading();
        let figure = |(account, of): Figure| {
            let href = names::account(programme, line.budget_line_id, account, None);
            Cell::money(page, of(line), Some(href))
        };
        [head].into_iter().chain(FIGURES.map(figure)).collect()
    };
    let columns: Vec<_> = ["books-line"].into_iter().chain(ACCOUNTS).collect();
    let mut table = Table::new(page, "books-by-line-caption", &columns).with(lines.iter().map(row).collect());
    if lines.len() > 1 {
        let sums = FIGURES.map(|(_, of)| Cell::money(page, sum(lines.iter().map(of)), None));
        table.foot = Some([Cell::text(page.t("books-total")).heading()].into_iter().chain(sums).collect());
    }
    table
}

/// The row of what postings about something come to, each figure leading to them.
fn of_postings(
    page: &Page,
    programme: ProgrammeId,
    head: Cell,
    about: &(&'static str, String),
    figures: &[(&str, Kopecks)],
) -> Vec<Cell> {
    let figure = |(account, amount): &(&str, Kopecks)| {
        let href = names::postings(programme, &[about.clone(), ("account", (*account).to_owned())]);
        Cell::money(page, *amount, Some(href))
    };
    [head.heading()].into_iter().chain(figures.iter().map(figure)).collect()
}

fn by_agency(page: &Page, programme: ProgrammeId, agencies: &[OfAgency]) -> Table {
    let row = |of: &OfAgency| {
        let head = Cell::of(vec![Part::text(of.code.clone()), Part::text(of.name.clone())]);
        let figures = [
            ("reserved", of.reserved),
            ("obligated", of.obligated),
            ("accrued", of.accrued),
            ("paid", of.paid),
        ];
        of_postings(page, programme, head, &("agency_id", of.agency_id.to_string()), &figures)
    };
    let columns: Vec<_> = ["books-agency"].iter().chain(&ACCOUNTS[2..]).copied().collect();
    Table::new(page, "books-by-agency-caption", &columns).with(agencies.iter().map(row).collect())
}

fn by_course_run(page: &Page, programme: ProgrammeId, runs: &[OfCourseRun]) -> Table {
    let row = |of: &OfCourseRun| {
        let figures = [("obligated", of.obligated), ("accrued", of.accrued), ("paid", of.paid)];
        let about = ("course_run_id", of.course_run_id.to_string());
        of_postings(page, programme, Cell::text(of.code.clone()), &about, &figures)
    };
    let columns: Vec<_> = ["books-course-run"].iter().chain(&ACCOUNTS[3..]).copied().collect();
    Table::new(page, "books-by-course-run-caption", &columns).with(runs.iter().map(row).collect())
}

fn by_month(page: &Page, programme: ProgrammeId, months: &[OfMonth]) -> Table {
    let row = |of: &OfMonth| {
        let days = Some((of.month.first_day(), of.month.last_day()));
        let figure = |(account, moved): (&str, Kopecks)| {
            Cell::money(page, moved, Some(names::account(programme, of.budget_line_id, account, days)))
        };
        let figures = [
            ("limit", of.limit),
            ("available", of.available),
            ("reserved", of.reserved),
            ("obligated", of.obligated),
            ("accrued", of.accrued),
            ("paid", of.paid),
        ];
        let head = [Cell::text(page.month(of.month)).heading(), Cell::text(of.name.clone())];
        head.into_iter().chain(figures.map(figure)).collect()
    };
    let columns: Vec<_> = ["books-month", "books-line"].into_iter().chain(ACCOUNTS).collect();
    Table::new(page, "books-by-month-caption", &columns).with(months.iter().map(row).collect())
}
