//! Names that finance control asks for: the form's answer, which has the name and is kept nowhere, and the list of what was
//! asked.

use super::super::choice::{self, Asked, Choice};
use super::super::{Form, Page, lists};
use super::names::{self, short};
use super::table::{Cell, Table};
use crate::app::App;
use crate::http::page::Page as Part;
use crate::http::{Caller, Problem};
use crate::kernel::{PayeeId, ProgrammeId, Scope, VoucherId};
use crate::unmasking::http::{Told, ask, unkept};
use crate::unmasking::store::{self, Unmasking};
use crate::unmasking::{Grounds, Whom};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, post};
use askama::Template;
use serde::Deserialize;

/// Where the form "show the name" is sent, for those who may.
pub fn address(caller: &Caller, whom: Whom) -> Option<String> {
    let address = match whom {
        Whom::Holder(voucher_id) => format!("/desk/unmaskings/voucher/{voucher_id}"),
        Whom::Payee(payee_id, programme_id) => format!("/desk/unmaskings/payee/{programme_id}/{payee_id}"),
    };
    (caller.scope == Scope::Auditor).then_some(address)
}

#[derive(Template)]
#[template(path = "books/unmaskings.html", config = "src/desk/askama.toml")]
struct UnmaskingsPage {
    page: Page,
    choice: Choice,
    kept: Vec<(&'static str, String)>,
    table: Table,
    next: Option<String>,
}

#[get("/desk/unmaskings")]
pub async fn unmaskings(
    app: Data<App>,
    page: Page,
    caller: Caller,
    asked: Query<Asked>,
    part: Part,
) -> Result<HttpResponse, Problem> {
    let Some(choice) = Choice::find(&app, &caller, asked.programme_id).await? else {
        return Ok(choice::nothing(&page));
    };
    let (programme_no, code) = (choice.chosen.programme_no, choice.chosen.code.to_string());
    let rows = app
        .read(move |connection| {
            Ok(store::list(connection, (programme_no, &code), part.after(), part.fetch())?)
        })
        .await?;
    let paged = part.cut(rows.into_iter().map(|row| (row.log_index, row)).collect());
    Ok(page.show(&UnmaskingsPage {
        kept: Vec::new(),
        table: table(&page, &caller, choice.chosen.programme_id, &paged.items),
        next: paged.next_cursor.map(|cursor| lists::next(&page, &cursor)),
        choice,
        page: page.clone(),
    }))
}

fn table(page: &Page, caller: &Caller, programme: ProgrammeId, rows: &[Unmasking]) -> Table {
    // Administrators see that it was asked, and nothing of what it was asked about.
    let looks = caller.scope != Scope::Admin;
    let cell = |text: String, href: String| if looks { Cell::link(text, href) } else { Cell::text(text) };
    let row = |row: &Unmasking| {
        let whose = match (row.voucher_id, row.payee_id) {
            (Some(id), _) => {
                let number = row.voucher_number.clone().unwrap_or_else(|| short(id));
                cell(number, format!("/desk/vouchers/{id}"))
            }
            (None, Some(id)) => {
                let name = format!("{} {}", page.t("books-payee-instructor"), short(id));
                cell(name, names::trace("payee", id, programme))
            }
            (None, None) => Cell::text(""),
        };
        vec![
            cell(format!("№ {}", row.log_index), names::entry(programme, row.log_index)).heading(),
            Cell::text(page.instant(&row.asked_at)),
            Cell::text(row.asked_by.as_str()),
            whose,
            Cell::text(row.reason.as_str()),
        ]
    };
    let columns = ["books-entry", "books-at", "books-by-whom", "books-whose-name", "books-reason"];
    Table::new(page, "books-unmaskings-caption", &columns).with(rows.iter().map(row).collect())
}

/// Why it is asked.
#[derive(Deserialize)]
struct Why {
    reason: Grounds,
}

#[derive(Template)]
#[template(path = "books/unmasked.html", config = "src/desk/askama.toml")]
struct UnmaskedPage {
    page: Page,
    told: Told,
    entry: String,
    /// The page of the pseudonym.
    back: String,
}

#[post("/desk/unmaskings/voucher/{voucher_id}")]
pub async fn unmask_holder(
    app: Data<App>,
    page: Page,
    id: Path<VoucherId>,
    form: Form<Why>,
) -> Result<HttpResponse, Problem> {
    show(&app, page, Whom::Holder(*id), form).await
}

#[post("/desk/unmaskings/payee/{programme_id}/{payee_id}")]
pub async fn unmask_payee(
    app: Data<App>,
    page: Page,
    ids: Path<(ProgrammeId, PayeeId)>,
    form: Form<Why>,
) -> Result<HttpResponse, Problem> {
    let (programme_id, payee_id) = ids.into_inner();
    show(&app, page, Whom::Payee(payee_id, programme_id), form).await
}

async fn show(app: &App, page: Page, whom: Whom, form: Form<Why>) -> Result<HttpResponse, Problem> {
    let key = form.key();
    let Form { value: Why { reason }, caller, browser, .. } = form;
    let told = ask(app, &caller, whom, reason, key).await?.reply;
    let back = match whom {
        Whom::Holder(id) => format!("/desk/vouchers/{id}"),
        Whom::Payee(id, programme_id) => names::trace("payee", id, programme_id),
    };
    // The answer to a form has no address to come back to in another language.
    let here = format!("/desk/unmaskings?programme_id={}", told.programme_id);
    let page = Page { here, ..page.of_form(caller, browser) };
    let entry = names::entry(told.programme_id, told.log_index);
    Ok(unkept(page.show(&UnmaskedPage { told, entry, back, page: page.clone() })))
}
