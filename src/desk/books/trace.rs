//! The way of money, from a redemption, a payment, a session or a payee: as a picture and as tables. People are pseudonyms.

use super::super::Page;
use super::names::{self, short};
use super::picture::Picture;
use super::table::{Cell, Part, Table};
use super::unmasking;
use super::ways::{self, about, payee_name};
use crate::app::App;
use crate::http::{Caller, Problem};
use crate::kernel::*;
use crate::oversight::names::Names;
use crate::oversight::starts::{self, RedemptionShare};
use crate::oversight::trace::{
    self, ActShare, PaymentShare, PaymentTrace, RedemptionTrace, SessionShare, Share, SoughtPayment,
};
use crate::redemption::query::Sought;
use crate::teaching::store::INSTRUCTOR;
use crate::unmasking::Whom;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get};
use askama::Template;
use serde::Deserialize;
use std::iter;

/// Rows of a table at most: the export and the API have all.
const MOST: usize = 500;

/// As of when, and within which programme.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Within {
    programme_id: Option<ProgrammeId>,
    as_of: Option<i64>,
}

#[derive(Template)]
#[template(path = "books/trace.html", config = "src/desk/askama.toml")]
struct TracePage {
    page: Page,
    title: String,
    id: String,
    /// How it stands, and the tone of its badge.
    status: Option<(String, &'static str)>,
    facts: Vec<(String, Part)>,
    /// Where the name behind the pseudonym is asked for.
    unmask: Option<String>,
    picture: Picture,
    /// Heading, table, and how many rows are left out.
    tables: Vec<(String, Table, usize)>,
    size: i64,
}

fn amount(page: &Page, word: &str, amount: Kopecks) -> (String, Part) {
    (page.t(word), Part::text(page.money(&amount)))
}

/// A table under its heading, without the rows that are too many.
fn cut(page: &Page, caption: &str, columns: &[&str], mut rows: Vec<Vec<Cell>>) -> (String, Table, usize) {
    let left_out = rows.len().saturating_sub(MOST);
    rows.truncate(MOST);
    (page.t(&format!("{caption}-title")), Table::new(page, caption, columns).with(rows), left_out)
}

fn sessions_table(page: &Page, programme: ProgrammeId, shares: &[SessionShare]) -> (String, Table, usize) {
    let row = |share: &SessionShare| {
        vec![
            Cell::link(page.day_of(&share.held_on), names::trace("session", share.session_id, programme))
                .heading(),
            Cell::text(page.word("books-phase", &share.phase)),
            Cell::text(page.number(&i64::from(share.hours))).at_the_end(),
            Cell::link(
                payee_name(page, &share.payee_kind, share.payee_id),
                names::trace("payee", share.payee_id, programme),
            ),
            Cell::money(page, share.accrued, None),
            Cell::money(page, share.paid, None),
        ]
    };
    let columns = [
        "books-day",
        "books-phase",
        "#books-hours",
        "books-payee",
        "#books-accrued-in-all",
        "#books-of-it-paid",
    ];
    cut(page, "books-trace-sessions", &columns, shares.iter().map(row).collect())
}

fn payments_table(page: &Page, programme: ProgrammeId, shares: &[PaymentShare]) -> (String, Table, usize) {
    let row = |share: &PaymentShare| {
        vec![
            Cell::link(
                format!("№ {}", share.document_number),
                names::trace("payment", share.payment_id, programme),
            )
            .heading(),
            Cell::text(page.day_of(&share.paid_on)),
            Cell::link(
                about(page, "payee", share.payee_id),
                names::trace("payee", share.payee_id, programme),
            ),
            Cell::money(page, share.amount, None),
        ]
    };
    let columns = ["books-document", "books-paid-on", "books-payee", "#books-amount"];
    cut(page, "books-trace-payments", &columns, shares.iter().map(row).collect())
}

fn acts_table(page: &Page, programme: ProgrammeId, acts: &[ActShare]) -> (String, Table, usize) {
    let row = |share: &ActShare| {
        let contract = names::postings(programme, &[("contract_id", share.contract_id.to_string())]);
        vec![
            Cell::text(format!("№ {}", share.document_number)).heading(),
            Cell::link(about(page, "contract", share.contract_id), contract),
            Cell::money(page, share.amount, None),
        ]
    };
    let columns = ["books-act", "books-contract", "#books-amount"];
    cut(page, "books-trace-acts", &columns, acts.iter().map(row).collect())
}

#[get("/desk/trace/redemption/{redemption_id}")]
pub async fn redemption_page(
    app: Data<App>,
    page: Page,
    caller: Caller,
    id: Path<RedemptionId>,
    within: Query<Within>,
) -> Result<HttpResponse, Problem> {
    let Within { programme_id, as_of } = within.into_inner();
    let sought = Sought { redemption_id: *id, programme_id, university_no: caller.university_no() };
    let (size, trace) =
        app.read_books(move |connection| trace::redemption(connection, &sought, as_of)).await?;
    let programme = trace.programme_id;
    let status = if trace.is_live { ("live", "good") } else { ("reversed", "warn") };
    Ok(page.show(&TracePage {
        title: page.word("books-what", "redemption"),
        id: trace.redemption_id.to_string(),
        status: Some((page.word("books-redemption", status.0), status.1)),
        facts: of_redemption(&page, &trace),
        unmask: unmasking::address(&caller, Whom::Holder(trace.voucher_id)),
        picture: ways::of_redemption(&page, &trace).draw(&page),
        tables: vec![
            sessions_table(&page, programme, &trace.sessions),
            payments_table(&page, programme, &trace.payments),
        ],
        size,
        page: page.clone(),
    }))
}

fn of_redemption(page: &Page, trace: &RedemptionTrace) -> Vec<(String, Part)> {
    let programme = trace.programme_id;
    let voucher = names::postings(programme, &[("voucher_id", trace.voucher_id.to_string())]);
    let run = names::postings(programme, &[("course_run_id", trace.course_run_id.to_string())]);
    let mut facts = vec![
        (page.word("books-what", "voucher"), Part::link(short(trace.voucher_id), voucher)),
        (page.word("books-what", "course_run"), Part::link(trace.course_run.clone(), run)),
        (page.t("books-hours"), Part::text(page.number(&trace.hours))),
        amount(page, "books-face-value", trace.face_value),
    ];
    let sometimes = [
        ("books-topped-up", trace.topped_up),
        ("books-moved-in", trace.moved_in),
        ("books-moved-out", trace.moved_out),
    ];
    facts.extend(
        sometimes.into_iter().filter(|(_, sum)| !sum.is_zero()).map(|(word, sum)| amount(page, word, sum)),
    );
    facts.extend([
        amount(page, "books-still-obligated", trace.obligated),
        amount(page, "books-accrued-in-all", trace.accrued),
        amount(page, "books-of-it-paid", trace.paid),
        amount(page, "books-released", trace.released),
    ]);
    facts
}

#[get("/desk/trace/payment/{payment_id}")]
pub async fn payment_page(
    app: Data<App>,
    page: Page,
    caller: Caller,
    id: Path<PaymentId>,
    within: Query<Within>,
) -> Result<HttpResponse, Problem> {
    let (university_no, as_of, id) = (caller.university_no(), within.as_of, *id);
    let (size, trace, names) = app
        .read_books(move |connection| {
            let (size, trace) = trace::payment(connection, SoughtPayment::ById(id), university_no, as_of)?;
            let (agencies, runs) = (
                trace.shares.iter().map(|share| share.agency_id),
                trace.shares.iter().map(|share| share.course_run_id),
            );
            let names = Names::find(connection, agencies, runs, iter::empty())?;
            Ok((size, trace, names))
        })
        .await?;
    let programme = trace.programme_id;
    let payee = payee_name(&page, &trace.payee_kind, trace.payee_id);
    let payee_href = names::trace("payee", trace.payee_id, programme);
    let tone = match trace.status.as_str() {
        "paid" => "good",
        "prepared" => "plain",
        _ => "warn",
    };
    Ok(page.show(&TracePage {
        title: format!("{} № {}", page.word("books-what", "payment"), trace.document_number),
        id: trace.payment_id.to_string(),
        status: Some((page.word("books-payment", &trace.status), tone)),
        facts: vec![
            (page.t("books-amount"), Part::text(page.money(&trace.amount))),
            (page.t("books-paid-on"), Part::text(page.day_of(&trace.paid_on))),
            (page.t("books-payee"), Part::link(payee, payee_href)),
        ],
        unmask: None,
        picture: ways::of_payment(&page, &trace, &names).draw(&page),
        tables: payment_tables(&page, &trace, &names),
        size,
        page: page.clone(),
    }))
}

fn payment_tables(page: &Page, trace: &PaymentTrace, names: &Names) -> Vec<(String, Table, usize)> {
    let programme = trace.programme_id;
    let row = |share: &Share| {
        let of_agency = names::postings(programme, &[("agency_id", share.agency_id.to_string())]);
        let of_run = names::postings(programme, &[("course_run_id", share.course_run_id.to_string())]);
        vec![
            Cell::link(
                short(share.redemption_id),
                names::trace("redemption", share.redemption_id, programme),
            )
            .heading(),
            Cell::link(names.agency(share.agency_id), of_agency),
            Cell::link(names.course_run(share.course_run_id), of_run),
            Cell::link(short(share.session_id), names::trace("session", share.session_id, programme)),
            Cell::money(page, share.amount, None),
        ]
    };
    let columns = ["books-redemption", "books-agency", "books-course-run", "books-session", "#books-amount"];
    let mut tables = Vec::new();
    if !trace.shares.is_empty() || trace.acts.is_empty() {
        tables.push(cut(page, "books-trace-shares", &columns, trace.shares.iter().map(row).collect()));
    }
    if !trace.acts.is_empty() {
        tables.push(acts_table(page, programme, &trace.acts));
    }
    tables
}

#[get("/desk/trace/session/{session_id}")]
pub async fn session_page(
    app: Data<App>,
    page: Page,
    caller: Caller,
    id: Path<SessionId>,
    within: Query<Within>,
) -> Result<HttpResponse, Problem> {
    let (university_no, as_of, id) = (caller.university_no(), within.as_of, *id);
    let (size, trace, names) = app
        .read_books(move |connection| {
            let (size, trace) = starts::session(connection, id, university_no, as_of)?;
            let agencies = trace.shares.iter().map(|share| share.agency_id);
            let names = Names::find(connection, agencies, iter::empty(), iter::empty())?;
            Ok((size, trace, names))
        })
        .await?;
    let programme = trace.programme_id;
    let run = names::postings(programme, &[("course_run_id", trace.course_run_id.to_string())]);
    let tone = match trace.status {
        "accepted" => "good",
        "cancelled" => "warn",
        _ => "plain",
    };
    Ok(page.show(&TracePage {
        title: format!("{}, {}", page.word("books-phase", &trace.phase), page.day_of(&trace.held_on)),
        id: trace.session_id.to_string(),
        status: Some((page.word("books-session", trace.status), tone)),
        facts: vec![
            (page.word("books-what", "course_run"), Part::link(trace.course_run.clone(), run)),
            (page.t("books-hours"), Part::text(page.number(&i64::from(trace.hours)))),
            amount(&page, "books-accrued-in-all", trace.accrued),
            amount(&page, "books-of-it-paid", trace.paid),
        ],
        unmask: None,
        picture: ways::of_session(&page, &trace).draw(&page),
        tables: vec![
            sessions_table(&page, programme, &trace.payees),
            shares_of_session(&page, programme, &trace.shares, &names),
            payments_table(&page, programme, &trace.payments),
        ],
        size,
        page: page.clone(),
    }))
}

fn shares_of_session(
    page: &Page,
    programme: ProgrammeId,
    shares: &[RedemptionShare],
    names: &Names,
) -> (String, Table, usize) {
    let row = |share: &RedemptionShare| {
        let of_agency = names::postings(programme, &[("agency_id", share.agency_id.to_string())]);
        vec![
            Cell::link(
                short(share.redemption_id),
                names::trace("redemption", share.redemption_id, programme),
            )
            .heading(),
            Cell::link(names.agency(share.agency_id), of_agency),
            Cell::money(page, share.accrued, None),
            Cell::money(page, share.paid, None),
        ]
    };
    let columns = ["books-redemption", "books-agency", "#books-accrued-in-all", "#books-of-it-paid"];
    cut(page, "books-trace-shares", &columns, shares.iter().map(row).collect())
}

/// Which payee in which programme; as of when.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThroughProgramme {
    programme_id: ProgrammeId,
    as_of: Option<i64>,
}

#[get("/desk/trace/payee/{payee_id}")]
pub async fn payee_page(
    app: Data<App>,
    page: Page,
    caller: Caller,
    id: Path<PayeeId>,
    through: Query<ThroughProgramme>,
) -> Result<HttpResponse, Problem> {
    let (university_no, id) = (caller.university_no(), *id);
    let ThroughProgramme { programme_id, as_of } = through.into_inner();
    let (size, trace) = app
        .read_books(move |connection| {
            let programme = crate::oversight::programme(connection, programme_id, university_no)?;
            starts::payee(connection, id, (programme.programme_no, programme_id), as_of)
        })
        .await?;
    let mut tables = vec![sessions_table(&page, programme_id, &trace.sessions)];
    if !trace.acts.is_empty() {
        tables.push(acts_table(&page, programme_id, &trace.acts));
    }
    tables.push(payments_table(&page, programme_id, &trace.payments));
    Ok(page.show(&TracePage {
        title: payee_name(&page, &trace.kind, trace.payee_id),
        id: trace.payee_id.to_string(),
        status: None,
        facts: vec![
            amount(&page, "books-accrued-in-all", trace.accrued),
            amount(&page, "books-of-it-paid", trace.paid),
            amount(&page, "books-unpaid", trace.unpaid),
        ],
        unmask: (trace.kind == INSTRUCTOR)
            .then(|| unmasking::address(&caller, Whom::Payee(id, programme_id)))
            .flatten(),
        picture: ways::of_payee(&page, &trace).draw(&page),
        tables,
        size,
        page: page.clone(),
    }))
}
