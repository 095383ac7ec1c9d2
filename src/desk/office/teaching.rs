//! Instructors' load: hours planned, accepted and paid against their contracts, and by course run. Who may not see names sees
//! pseudonyms, as over the API.

use super::super::Page;
use super::super::books::{Cell, Part, Table, names};
use super::super::choice::{self, Asked, Choice};
use crate::app::App;
use crate::http::{Caller, Problem};
use crate::kernel::{ProgrammeId, Scope};
use crate::oversight::load::{self, Load, OfContract, OfRun, Taught};
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use askama::Template;

#[derive(Template)]
#[template(path = "office/teaching.html", config = "src/desk/askama.toml")]
struct TeachingPage {
    page: Page,
    choice: Choice,
    shown: Shown,
}

struct Shown {
    /// Hours planned, accepted and paid of all runs together.
    hours: (i64, i64, i64),
    contracts: Table,
    runs: Table,
}

#[get("/desk/teaching")]
pub async fn teaching(
    app: Data<App>,
    page: Page,
    caller: Caller,
    asked: Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let Some(choice) = Choice::find(&app, &caller, asked.programme_id).await? else {
        return Ok(choice::nothing(&page));
    };
    let programme = choice.chosen.clone();
    let programme_id = programme.programme_id;
    let load = app.read_books(move |connection| Ok(load::load(connection, &programme)?)).await?;
    let shown = shown(&page, caller.scope, programme_id, &load);
    Ok(page.show(&TeachingPage { page: page.clone(), choice, shown }))
}

fn shown(page: &Page, scope: Scope, programme: ProgrammeId, load: &Load) -> Shown {
    let may_see_names = matches!(scope, Scope::Teaching | Scope::Treasury);
    let may_see_numbers = may_see_names || scope == Scope::Auditor;
    let contract = |of: &OfContract| {
        let name = if may_see_names { of.name.clone() } else { names::short(of.payee_id) };
        let number =
            if may_see_numbers { of.contract.number.clone() } else { names::short(of.contract.contract_id) };
        let days = format!("{} – {}", page.day(&of.contract.valid_from), page.day(&of.contract.valid_until));
        let hours = i64::from(of.contract.hours);
        let is_full = of.used_hours >= hours;
        let left = page.number(&(hours - of.used_hours));
        let left = if is_full { Cell::badge(left, "warn") } else { Cell::text(left) };
        let head = Cell::link(name, names::trace("payee", of.payee_id, programme)).heading();
        let agreed = [Cell::of(vec![Part::text(number), Part::text(days)]), number_of(page, hours)];
        let row = [head].into_iter().chain(agreed).chain(taught(page, &of.taught));
        row.chain([left.at_the_end()]).collect()
    };
    let run = |of: &OfRun| {
        let href = names::postings(programme, &[("course_run_id", of.course_run_id.to_string())]);
        let head = Cell::link(of.code.clone(), href).heading();
        [head].into_iter().chain(taught(page, &of.taught)).collect()
    };
    let sum = |of: fn(&Taught) -> i64| load.runs.iter().map(|run| of(&run.taught)).sum();
    const TAUGHT: [&str; 5] =
        ["#load-planned", "#load-accepted", "#load-paid-hours", "#load-pay", "#load-paid"];
    let contracts = ["load-instructor", "load-contract", "#load-contract-hours"];
    let contracts = [contracts.as_slice(), &TAUGHT, &["#load-left"]].concat();
    let runs = [["load-run"].as_slice(), &TAUGHT].concat();
    Shown {
        hours: (
            sum(|taught| taught.planned_hours),
            sum(|taught| taught.accepted_hours),
            sum(|taught| taught.paid_hours),
        ),
        contracts: Table::new(page, "load-contracts", &contracts)
            .with(load.contracts.iter().map(contract).collect()),
        runs: Table::new(page, "load-runs", &runs).with(load.runs.iter().map(run).collect()),
    }
}

fn number_of(page: &Page, number: i64) -> Cell {
    Cell::text(page.number(&number)).at_the_end()
}

fn taught(page: &Page, taught: &Taught) -> [Cell; 5] {
    [
        number_of(page, taught.planned_hours),
        number_of(page, taught.accepted_hours),
        number_of(page, taught.paid_hours),
        Cell::money(page, taught.pay, None),
        Cell::money(page, taught.paid, None),
    ]
}
