//! Vouchers: where each stands, its certificate to hand out, its history, and the moves its agency may make.

use super::choice::{self, Choice};
use super::{Form, Page, books, lists};
use crate::app::App;
use crate::http::{self, Caller, Problem};
use crate::kernel::{ProgrammeId, Reason, Refusal, Scope, VoucherId};
use crate::organisation;
use crate::unmasking::Whom;
use crate::voucher::change::{Move, MoveVoucher};
use crate::voucher::holders;
use crate::voucher::http::replace_voucher;
use crate::voucher::model::Status;
use crate::voucher::query::{self, Filter, HistoryEntry, VoucherView};
use crate::writer::Once;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, post};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "vouchers.html", config = "src/desk/askama.toml")]
struct VouchersPage {
    page: Page,
    choice: Choice,
    status: Option<Status>,
    lapsing: bool,
    statuses: [Status; 7],
    /// Each with its holder's name, where the looker may know it.
    rows: Vec<(VoucherView, Option<String>)>,
    shows_names: bool,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "voucher.html", config = "src/desk/askama.toml")]
struct VoucherPage {
    page: Page,
    voucher: VoucherView,
    agency: String,
    history: Vec<HistoryEntry>,
    hands_out: bool,
    moves: Vec<&'static str>,
    /// Where the holder's name is asked for.
    unmask: Option<String>,
}

impl Page {
    /// How a voucher's state looks.
    pub(super) fn voucher_look(&self, status: &str, lapsed: &bool) -> &'static str {
        match status {
            _ if *lapsed => "warn",
            "redeemed" | "completed" => "good",
            "suspended" => "warn",
            "voided" | "expired" => "bad",
            _ => "",
        }
    }
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default, deserialize_with = "choice::optional")]
    programme_id: Option<ProgrammeId>,
    status: Option<String>,
}

#[get("/desk/vouchers")]
pub async fn list(
    app: Data<App>,
    page: Page,
    caller: Caller,
    asked: Query<Asked>,
    part: http::Page,
) -> Result<HttpResponse, Problem> {
    let Asked { programme_id, status } = asked.into_inner();
    let Some(choice) = Choice::find(&app, &caller, programme_id).await? else {
        return Ok(choice::nothing(&page));
    };
    let lapsing = status.as_deref() == Some("lapsing");
    let status = status.as_deref().and_then(Status::parse);
    let own = caller.agency_no();
    let filter = Filter {
        programme_id: Some(choice.chosen.programme_id),
        agency_no: own,
        status,
        lapsing,
        kid: None,
        after: part.after(),
        limit: part.fetch(),
    };
    let now = app.clock.now();
    let rows = app
        .read(move |connection| {
            let rows = query::list(connection, &filter, now)?;
            let ids: Vec<_> = rows.iter().map(|(_, voucher)| voucher.voucher_id).collect();
            let names = own.map(|agency_no| holders::names(connection, agency_no, &ids)).transpose()?;
            let names = names.unwrap_or_default();
            let named = rows.into_iter().map(|(place, voucher)| {
                let name = names.get(&voucher.voucher_id).map(holders::Name::full);
                (place, (voucher, name))
            });
            Ok(named.collect())
        })
        .await?;
    let paged = part.cut(rows);
    let next = paged.next_cursor.map(|cursor| lists::next(&page, &cursor));
    let statuses = Status::ALL;
    let shown = VouchersPage {
        page: page.clone(),
        choice,
        status,
        lapsing,
        statuses,
        rows: paged.items,
        shows_names: own.is_some(),
        next,
    };
    Ok(page.show(&shown))
}

#[get("/desk/vouchers/{voucher_id}")]
pub async fn one(
    app: Data<App>,
    page: Page,
    caller: Caller,
    id: Path<VoucherId>,
) -> Result<HttpResponse, Problem> {
    let (agency_no, now) = (caller.agency_no(), app.clock.now());
    let (voucher, history, agency) = app
        .read(move |connection| {
            let (view, found) = query::one(connection, *id, agency_no, now)?;
            let history = query::history(connection, &found)?;
            let agency = organisation::store::find_agency(connection, view.agency_id, None)?;
            Ok((view, history, agency.map(|agency| agency.name).unwrap_or_default()))
        })
        .await?;
    let unmask = books::unmasking::address(&caller, Whom::Holder(voucher.voucher_id));
    let hands_out = matches!(caller.scope, Scope::Agency | Scope::Programme);
    let is_allowed = |action: &&str| voucher.allowed.iter().any(|allowed| allowed == *action);
    let moves = ["suspend", "resume", "replace", "void"].into_iter().filter(is_allowed);
    let moves = if hands_out { moves.collect() } else { Vec::new() };
    Ok(page.show(&VoucherPage { page: page.clone(), voucher, agency, history, hands_out, moves, unmask }))
}

#[derive(Deserialize)]
struct Why {
    reason: Reason,
}

#[post("/desk/vouchers/{voucher_id}/{action}")]
pub async fn change(
    app: Data<App>,
    path: Path<(VoucherId, String)>,
    form: Form<Why>,
) -> Result<HttpResponse, Problem> {
    let ((voucher_id, action), key) = (path.into_inner(), form.key());
    let (caller, reason) = (&form.caller, form.value.reason.to_string());
    let to = match action.as_str() {
        "suspend" => Move::Suspend,
        "resume" => Move::Resume,
        "void" => Move::Void,
        "replace" => {
            let made = replace_voucher(&app, caller, voucher_id, reason, key).await?;
            return Ok(to_voucher(made.reply.successor_id));
        }
        _ => return Err(Refusal::not_found("address").into()),
    };
    let command =
        MoveVoucher { voucher_id, agency_no: caller.agency_no(), to, reason, actor: caller.actor() };
    app.writer.execute(Once { key, command }).await?;
    Ok(to_voucher(voucher_id))
}

fn to_voucher(id: VoucherId) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, format!("/desk/vouchers/{id}"))).finish()
}
