//! Quotas: what each agency has, what is held of it, and the moves between agencies.

use super::super::choice::{self, Choice};
use super::super::lists;
use super::super::{Form, Page};
use crate::app::App;
use crate::http::{self, Caller, Problem};
use crate::kernel::{AgencyId, ProgrammeId, QuotaMoveId, Reason, Refusal, Scope};
use crate::organisation;
use crate::programme::store::{AgencyQuota, agency_quotas};
use crate::quota_move::model::{Status, Word};
use crate::quota_move::propose::NewQuotaMove;
use crate::quota_move::store::{self, MoveRow, Wanted};
use crate::quota_move::view::{QuotaMove, views};
use crate::quota_move::{AgreeToQuotaMove, EndQuotaMove, ProposeQuotaMove};
use crate::writer::Once;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get, post};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "office/quotas.html", config = "src/desk/askama.toml")]
struct QuotasPage {
    page: Page,
    choice: Choice,
    shown: Shown,
    /// Without moves that are over.
    only_open: bool,
    is_office: bool,
    is_agency: bool,
    next: Option<String>,
}

struct Shown {
    programme_id: ProgrammeId,
    /// All agencies, those without a quota too: they may get one.
    agencies: Vec<AgencyQuota>,
    moves: Vec<Move>,
}

impl Shown {
    /// Those that have a quota.
    fn rows(&self) -> impl Iterator<Item = &AgencyQuota> {
        self.agencies.iter().filter(|agency| agency.quota.is_some())
    }

    /// Those that could give.
    fn givers(&self) -> impl Iterator<Item = &AgencyQuota> {
        self.agencies.iter().filter(|agency| agency.left() > 0)
    }

    /// Seats, held and left of all together.
    fn total(&self) -> (i64, i64, i64) {
        let sum = |of: fn(&AgencyQuota) -> i64| self.agencies.iter().map(of).sum();
        (sum(AgencyQuota::seats), sum(AgencyQuota::held), sum(AgencyQuota::left))
    }
}

/// A move with what the looker may say to it.
struct Move {
    view: QuotaMove,
    words: &'static [Word],
}

impl Move {
    fn may(&self, word: &str) -> bool {
        self.words.iter().any(|each| each.as_str() == word)
    }
}

#[derive(Deserialize)]
struct Asked {
    programme_id: Option<ProgrammeId>,
    /// `all`: moves that are over too.
    show: Option<String>,
}

#[get("/desk/quotas")]
pub async fn quotas(
    app: Data<App>,
    page: Page,
    caller: Caller,
    asked: Query<Asked>,
    part: http::Page,
) -> Result<HttpResponse, Problem> {
    let only_open = asked.show.as_deref() != Some("all");
    let Some(choice) = Choice::find(&app, &caller, asked.programme_id).await? else {
        return Ok(choice::nothing(&page));
    };
    let programme = choice.chosen.clone();
    let (is_office, is_agency) = (caller.scope == Scope::Programme, caller.scope == Scope::Agency);
    let (programme_no, programme_id) = (programme.programme_no, programme.programme_id);
    let own = caller.agency_no();
    let wanted =
        Wanted { agency_no: own, status: only_open.then_some(Status::Proposed), after: part.after() };
    let speaks = is_office || is_agency;
    let words = move |row: &MoveRow| match row.side_of(own) {
        Some(side) if speaks => row.standing().allowed(side),
        _ => &[],
    };
    let (agencies, moves) = app
        .read(move |connection| {
            let agencies = agency_quotas(connection, programme_no, own)?;
            let rows = store::list(connection, programme_no, wanted, part.fetch())?;
            let said: Vec<_> = rows.iter().map(|row| (row.move_no, words(row))).collect();
            let views = views(connection, programme_id, rows)?;
            let moves = said.into_iter().zip(views);
            let moves = moves.map(|((number, words), view)| (number, Move { view, words }));
            Ok((agencies, moves.collect()))
        })
        .await?;
    let paged = part.cut(moves);
    let next = paged.next_cursor.map(|cursor| lists::next(&page, &cursor));
    let shown = Shown { programme_id, agencies, moves: paged.items };
    let shown = QuotasPage { page: page.clone(), choice, shown, only_open, is_office, is_agency, next };
    Ok(page.show(&shown))
}

#[derive(Deserialize)]
struct Proposed {
    /// The code of the agency that gives; an agency gives of its own.
    from_agency: Option<String>,
    to_agency: String,
    seats: i64,
    reason: Reason,
}

#[post("/desk/quotas/{programme_id}/moves")]
pub async fn propose(
    app: Data<App>,
    id: Path<ProgrammeId>,
    form: Form<Proposed>,
) -> Result<HttpResponse, Problem> {
    let (key, caller) = (form.key(), form.caller);
    let Proposed { from_agency, to_agency, seats, reason } = form.value;
    let own = caller.agency.map(|(_, agency_id)| agency_id);
    let from_agency_id = match own {
        Some(own) => own,
        None => agency(&app, from_agency.unwrap_or_default(), "from_agency").await?,
    };
    let to_agency_id = agency(&app, to_agency, "to_agency").await?;
    let command = ProposeQuotaMove {
        move_id: QuotaMoveId(app.new_id()),
        programme_id: *id,
        actor: caller.actor(),
        agency_no: caller.agency_no(),
        new: NewQuotaMove { from_agency_id, to_agency_id, seats, reason },
    };
    app.writer.execute(Once { key, command }).await?;
    Ok(back(*id))
}

/// The agency of this code.
async fn agency(app: &App, code: String, field: &str) -> Result<AgencyId, Refusal> {
    let code = code.trim().to_owned();
    let found =
        app.read(move |connection| Ok(organisation::store::agency_of_code(connection, &code)?)).await?;
    found.ok_or_else(|| Refusal::field(field, "the code of an agency, as PSK-S01"))
}

#[derive(Deserialize)]
struct Said {
    /// Why it is declined.
    reason: Option<Reason>,
}

#[post("/desk/quotas/{programme_id}/moves/{move_id}/{word}")]
pub async fn say(
    app: Data<App>,
    path: Path<(ProgrammeId, QuotaMoveId, String)>,
    form: Form<Said>,
) -> Result<HttpResponse, Problem> {
    let (programme_id, move_id, word) = path.into_inner();
    let (key, actor, agency_no) = (form.key(), form.caller.actor(), form.caller.agency_no());
    let end = |reason| EndQuotaMove { programme_id, move_id, actor: actor.clone(), agency_no, reason };
    match word.as_str() {
        // The office proposes, and agrees to nothing.
        "agree" if agency_no.is_some() => {
            let command = AgreeToQuotaMove { programme_id, move_id, actor, agency_no };
            app.writer.execute(Once { key, command }).await.map(drop)?;
        }
        "decline" if agency_no.is_some() => {
            let reason = form.value.reason.ok_or_else(|| Refusal::field("reason", "why it is declined"))?;
            app.writer.execute(Once { key, command: end(Some(reason)) }).await.map(drop)?;
        }
        "withdraw" => {
            app.writer.execute(Once { key, command: end(None) }).await.map(drop)?;
        }
        _ => return Err(Refusal::not_found("word").into()),
    }
    Ok(back(programme_id))
}

fn back(id: ProgrammeId) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, format!("/desk/quotas?programme_id={id}"))).finish()
}
