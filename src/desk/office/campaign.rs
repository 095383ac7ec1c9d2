//! The information campaign's spending: its line, its contracts, the acts of work accepted, what is paid.

use super::super::Page;
use super::super::books::{Cell, Part, Table, names};
use super::super::choice::{self, Asked, Choice};
use crate::app::App;
use crate::http::{Caller, Problem};
use crate::kernel::{Kopecks, ProgrammeId, Scope};
use crate::oversight::campaign::{self, OfContract, Spending};
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use askama::Template;

#[derive(Template)]
#[template(path = "office/campaign.html", config = "src/desk/askama.toml")]
struct CampaignPage {
    page: Page,
    choice: Choice,
    shown: Shown,
}

struct Shown {
    /// Accounts of the campaign's line with their balances; none while it has none.
    figures: Vec<(String, String)>,
    contracts: Table,
    acts: Table,
}

#[get("/desk/campaign")]
pub async fn campaign_page(
    app: Data<App>,
    page: Page,
    caller: Caller,
    asked: Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let Some(choice) = Choice::find(&app, &caller, asked.programme_id).await? else {
        return Ok(choice::nothing(&page));
    };
    let programme = choice.chosen.clone();
    let programme_no = programme.programme_no;
    let spending = app.read_books(move |connection| campaign::spending(connection, programme_no));
    let shown = shown(&page, caller.scope, programme.programme_id, &spending.await?);
    Ok(page.show(&CampaignPage { page: page.clone(), choice, shown }))
}

fn shown(page: &Page, scope: Scope, programme: ProgrammeId, spending: &Spending) -> Shown {
    let figures = spending.line.as_ref().map(|line| {
        let balances = [
            ("limit", line.limit),
            ("available", line.available),
            ("obligated", line.obligated),
            ("accrued", line.accrued),
            ("paid", line.paid),
        ];
        balances.map(|(account, amount)| (page.word("books-account", account), page.money(&amount))).to_vec()
    });
    let minus = |amount: Kopecks, other: Kopecks| Kopecks::new(amount.get() - other.get());
    let contract = |of: &OfContract| {
        let row = &of.contract;
        let href = |id| names::trace("payee", id, programme);
        let name = if scope == Scope::Treasury { of.contractor.clone() } else { names::short(row.payee_id) };
        let status = row.status.as_str();
        let (left, tone) = match status {
            "signed" => (minus(row.amount_kopecks, of.accepted), "good"),
            _ => (Kopecks::ZERO, ""),
        };
        vec![
            Cell::text(format!("№ {}", row.document_number)).heading(),
            Cell::text(page.day(&row.signed_on)),
            Cell::text(row.subject.clone()),
            Cell::of(vec![Part::link(name, href(row.payee_id))]),
            Cell::money(page, row.amount_kopecks, None),
            Cell::money(page, of.accepted, None),
            Cell::money(page, of.paid, None),
            Cell::money(page, left, None),
            Cell::badge(page.word("campaign-contract", status), tone),
        ]
    };
    let acts = spending.contracts.iter().flat_map(|of| {
        of.acts.iter().map(|act| {
            vec![
                Cell::text(format!("№ {}", act.document_number)).heading(),
                Cell::text(page.day(&act.accepted_on)),
                Cell::text(format!("№ {}", of.contract.document_number)),
                Cell::money(page, act.amount_kopecks, None),
            ]
        })
    });
    let contracts = [
        "campaign-contract",
        "campaign-signed-on",
        "campaign-subject",
        "campaign-contractor",
        "#campaign-amount",
        "#campaign-accepted",
        "#campaign-paid",
        "#campaign-left",
        "state",
    ];
    let of_acts = ["campaign-act", "campaign-accepted-on", "campaign-contract", "#campaign-amount"];
    Shown {
        figures: figures.unwrap_or_default(),
        contracts: Table::new(page, "campaign-contracts", &contracts)
            .with(spending.contracts.iter().map(contract).collect()),
        acts: Table::new(page, "campaign-acts", &of_acts).with(acts.collect()),
    }
}
