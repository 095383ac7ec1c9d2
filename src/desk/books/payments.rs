//! Payments and what became of them, and what the bank's statements say that no payment explains.

use super::super::Page;
use super::super::choice::{self, Choice};
use super::names::{self, short};
use super::table::{Cell, Table};
use crate::app::App;
use crate::http::page::Page as Part;
use crate::http::{Caller, Problem};
use crate::kernel::ProgrammeId;
use crate::oversight::unusual;
use crate::payment::model::Status;
use crate::payment::store::{self, PaymentFilter, PaymentRow};
use crate::statement::model::Status as ItemStatus;
use crate::statement::query::{self, ItemFilter, ItemView};
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use askama::Template;
use serde::Deserialize;

/// Unmatched items that are shown.
const ITEMS: i64 = 100;

/// Which payments.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default, deserialize_with = "choice::optional")]
    programme_id: Option<ProgrammeId>,
    #[serde(default, deserialize_with = "choice::optional")]
    status: Option<Status>,
    #[allow(dead_code, reason = "read by Part")]
    limit: Option<String>,
    #[allow(dead_code, reason = "read by Part")]
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "books/payments.html", config = "src/desk/askama.toml")]
struct PaymentsPage {
    page: Page,
    choice: Choice,
    kept: Vec<(&'static str, String)>,
    status: Option<Status>,
    table: Table,
    next: Option<String>,
    first: Option<String>,
    unmatched: i64,
    bank_items: Table,
}

impl PaymentsPage {
    fn is_status(&self, status: &Status) -> bool {
        self.status == Some(*status)
    }
}

#[get("/desk/payments")]
pub async fn payments(
    app: Data<App>,
    page: Page,
    caller: Caller,
    wanted: Query<Wanted>,
    part: Part,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let Wanted { programme_id, status, .. } = wanted.into_inner();
    let read = app.read_books(move |connection| {
        let Some(choice) = Choice::make(connection, programme_id, university_no)? else { return Ok(None) };
        let programme_no = choice.chosen.programme_no;
        let filter = PaymentFilter { status, ..PaymentFilter::default() };
        let found =
            store::payments(connection, programme_no, &filter, part.after().unwrap_or(-1), part.fetch())?;
        let unmatched = unusual::unmatched_items(connection, programme_no)?;
        let filter = ItemFilter { status: Some(ItemStatus::Unmatched), ..ItemFilter::default() };
        let items = query::items(connection, programme_no, filter, None, ITEMS)?;
        Ok(Some((choice, found, unmatched, items)))
    });
    let Some((choice, found, unmatched, items)) = read.await? else { return Ok(choice::nothing(&page)) };
    let programme = choice.chosen.programme_id;
    let found = part.cut(found.into_iter().map(|payment| (payment.payment_no, payment)).collect());
    let mut query = vec![("programme_id", programme.to_string())];
    query.extend(status.map(|status| ("status", status.as_str().to_owned())));
    let first = part.after().is_some().then(|| names::address("/desk/payments", &query));
    let next = found.next_cursor.map(|cursor| {
        query.push(("cursor", cursor));
        names::address("/desk/payments", &query)
    });
    Ok(page.show(&PaymentsPage {
        kept: Vec::new(),
        status,
        table: payments_table(&page, programme, &found.items),
        next,
        first,
        unmatched,
        bank_items: items_table(&page, items.iter().map(|(_, item)| item)),
        choice,
        page: page.clone(),
    }))
}

fn payments_table(page: &Page, programme: ProgrammeId, found: &[PaymentRow]) -> Table {
    let row = |payment: &PaymentRow| {
        let tone = match payment.status {
            Status::Paid => "good",
            Status::Prepared => "plain",
            Status::Returned | Status::Withdrawn => "warn",
        };
        let trace = names::trace("payment", payment.payment_id, programme);
        vec![
            Cell::link(format!("№ {}", payment.document_number), trace).heading(),
            Cell::text(page.day(&payment.paid_on)),
            Cell::link(short(payment.payee_id), names::trace("payee", payment.payee_id, programme)),
            Cell::badge(page.word("books-payment", payment.status.as_str()), tone),
            Cell::text(payment.reason.clone().unwrap_or_default()),
            Cell::money(page, payment.amount_kopecks, None),
        ]
    };
    let columns =
        ["books-document", "books-paid-on", "books-payee", "books-status", "books-reason", "#books-amount"];
    Table::new(page, "books-payments-caption", &columns).with(found.iter().map(row).collect())
}

fn items_table<'i>(page: &Page, items: impl Iterator<Item = &'i ItemView>) -> Table {
    let row = |item: &ItemView| {
        vec![
            Cell::text(page.day(&item.booked_on)).heading(),
            Cell::text(page.word("books-direction", item.direction.as_str())),
            Cell::text(item.document_number.clone()),
            Cell::text(because(page, item.because.as_deref().unwrap_or_default())),
            Cell::money(page, item.amount, None),
        ]
    };
    let columns = ["books-day", "books-direction", "books-document", "books-why-unmatched", "#books-amount"];
    Table::new(page, "books-unmatched-caption", &columns).with(items.map(row).collect())
}

/// Why an item is matched with nothing: a word of its own, or the refusal that stood in the way.
fn because(page: &Page, because: &str) -> String {
    const OWN: [&str; 8] = [
        "no_number",
        "no_payment",
        "amount_differs",
        "before_order",
        "ambiguous",
        "already_matched",
        "partly_paid",
        "not_a_return",
    ];
    if OWN.contains(&because) { page.word("books-because", because) } else { page.refusal_title(because) }
}
