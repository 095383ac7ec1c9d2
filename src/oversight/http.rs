//! Budget execution, progress and the log's tiles over HTTP; the rest of the doors by what they show: `books`, `traces`, `findings`.

mod books;
mod findings;
mod traces;

use super::breakdown::{self, OfAgency, OfCourseRun, OfMonth};
use super::execution::{self, LineExecution, Payable, Progress};
use super::retrained::{self, Retrained};
use super::tiles::{self, Tile};
use super::weeks::{self, ByWeek};
use crate::app::App;
use crate::http::problem::Refusals;
use crate::http::{Caller, Problem, as_of_leaves};
use crate::kernel::text::Text;
use crate::kernel::{ProgrammeId, Refusal};
use crate::ledger::as_of::AsOf;
use crate::ledger::model::Account;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(show_tile).service(show_execution).service(list_payables).service(show_progress);
    config.service(show_retrained).service(show_weeks);
    config.service(budget_by_agency).service(budget_by_course_run).service(budget_by_month);
    books::routes(config);
    traces::routes(config);
    findings::routes(config);
}

/// As of which size of the log.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AsOfSize {
    /// The first so many leaves of the log; all there are when not given. The same number gives the same answer for ever.
    #[param(minimum = 0)]
    as_of: Option<i64>,
}

/// The number of a payment's order, as it may be.
pub(crate) fn document_number(text: &str) -> Result<String, Refusal> {
    let number = Text::<1, 200>::parse(text).map_err(|malformed| malformed.at("document_number"))?;
    Ok(number.as_str().to_owned())
}

/// An account by its name.
pub(crate) fn account(name: &str) -> Result<Account, Refusal> {
    let names = Account::ALL.map(Account::as_str).join(", ");
    Account::parse(name).ok_or_else(|| Refusal::field("account", format!("one of {names}")))
}

/// A tile of the programme's log (C2SP tlog-tiles, with `…/log` as the prefix): `<level>/<N>` are hashes of the tree,
/// `entries/<N>` the leaves, `.p/<W>` behind either the first W of the last tile. With the checkpoint they rebuild the
/// whole tree.
#[utoipa::path(tag = "Ledger", params(
    ("programme_id" = ProgrammeId, Path),
    ("tile" = String, Path, example = "0/x001/067"),
), responses(
    (status = 200, description = "The tile's bytes", body = Vec<u8>, content_type = "application/octet-stream"),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/log/tile/{tile:.*}")]
async fn show_tile(
    app: Data<App>,
    caller: Caller,
    path: Path<(ProgrammeId, String)>,
) -> Result<HttpResponse, Problem> {
    let (id, tile) = path.into_inner();
    let no_tile = || Refusal::not_found("tile");
    let tile = Tile::parse(&tile).ok_or_else(no_tile)?;
    let university_no = caller.university_no();
    let read = app.read_books(move |connection| {
        let programme = super::programme(connection, id, university_no)?;
        Ok(tiles::read(connection, programme.programme_no, tile)?)
    });
    let bytes = read.await?.ok_or_else(no_tile)?;
    let mut response = HttpResponse::Ok();
    if tile.is_full() {
        response.insert_header((CACHE_CONTROL, "private, max-age=31536000, immutable"));
    }
    Ok(response.content_type("application/octet-stream").body(bytes))
}

/// The budget, line by line. Of an older size of the log it has what the journal alone decides: no `lapsed_not_released`. The
/// header `X-Journal-As-Of` says of how many leaves it is.
#[utoipa::path(tag = "Oversight", params(("programme_id" = ProgrammeId, Path), AsOfSize), responses(
    (status = 200, description = "Line by line", body = Vec<LineExecution>),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/budget-execution")]
async fn show_execution(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    wanted: Query<AsOfSize>,
) -> Result<HttpResponse, Problem> {
    let (university_no, now) = (caller.university_no(), app.clock.now());
    let wanted = wanted.as_of;
    let lines = app.read_books(move |connection| {
        let programme_no = super::programme(connection, *id, university_no)?.programme_no;
        let as_of = AsOf::find(connection, programme_no, wanted)?;
        let now = wanted.is_none().then_some(now);
        Ok((as_of.size, execution::budget(connection, programme_no, as_of, now)?))
    });
    let (size, lines) = lines.await?;
    Ok(as_of_leaves(size, &lines))
}

/// The budget by agency: what is held, owed and paid for its people, as of now.
#[utoipa::path(tag = "Oversight", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "Agencies in the order they were registered", body = Vec<OfAgency>),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/budget-execution/agencies")]
async fn budget_by_agency(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
) -> Result<Json<Vec<OfAgency>>, Problem> {
    let university_no = caller.university_no();
    let agencies = app.read_books(move |connection| {
        let programme = super::programme(connection, *id, university_no)?;
        Ok(breakdown::by_agency(connection, programme.programme_no)?)
    });
    Ok(Json(agencies.await?))
}

/// The budget by course run: what is owed and paid for it, as of now.
#[utoipa::path(tag = "Oversight", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "Course runs in the order they were made", body = Vec<OfCourseRun>),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/budget-execution/course-runs")]
async fn budget_by_course_run(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
) -> Result<Json<Vec<OfCourseRun>>, Problem> {
    let university_no = caller.university_no();
    let runs = app.read_books(move |connection| {
        let programme = super::programme(connection, *id, university_no)?;
        Ok(breakdown::by_course_run(connection, programme.programme_no)?)
    });
    Ok(Json(runs.await?))
}

/// The budget by month: what moved on the accounts of each line in it, each on its normal side, by the days that transactions
/// are dated.
#[utoipa::path(tag = "Oversight", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "Month by month, line by line", body = Vec<OfMonth>),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/budget-execution/months")]
async fn budget_by_month(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
) -> Result<Json<Vec<OfMonth>>, Problem> {
    let university_no = caller.university_no();
    let months = app.read_books(move |connection| {
        let programme = super::programme(connection, *id, university_no)?;
        Ok(breakdown::by_month(connection, programme.programme_no)?)
    });
    Ok(Json(months.await?))
}

/// Who is owed, and was paid, how much.
#[utoipa::path(tag = "Oversight", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "Payees in the order they were registered", body = Vec<Payable>),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/payables")]
async fn list_payables(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
) -> Result<Json<Vec<Payable>>, Problem> {
    let university_no = caller.university_no();
    let payables = app.read_books(move |connection| {
        let programme = super::programme(connection, *id, university_no)?;
        Ok(execution::payables(connection, programme.programme_no)?)
    });
    Ok(Json(payables.await?))
}

/// Issued, redeemed and live by category of body and by agency, against the target.
#[utoipa::path(tag = "Oversight", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "As of now", body = Progress),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/progress")]
async fn show_progress(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
) -> Result<Json<Progress>, Problem> {
    let (university_no, now) = (caller.university_no(), app.clock.now());
    let progress = app.read_books(move |connection| {
        let programme = super::programme(connection, *id, university_no)?;
        Ok(execution::progress(connection, &programme, now)?)
    });
    Ok(Json(progress.await?))
}

/// The way to the target week by week, from the first redemption on: who was enrolled and who completed the course. What was
/// reversed since is left out.
#[utoipa::path(tag = "Oversight", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "Weeks without gaps", body = ByWeek),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/progress/weeks")]
async fn show_weeks(app: Data<App>, caller: Caller, id: Path<ProgrammeId>) -> Result<Json<ByWeek>, Problem> {
    let university_no = caller.university_no();
    let by_week = app.read_books(move |connection| {
        let programme = super::programme(connection, *id, university_no)?;
        Ok(weeks::by_week(connection, &programme)?)
    });
    Ok(Json(by_week.await?))
}

/// The official figure: specialists retrained, by month, agency and category, against the target.
#[utoipa::path(tag = "Oversight", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "Who completed the course", body = Retrained),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/retrained")]
async fn show_retrained(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
) -> Result<Json<Retrained>, Problem> {
    let university_no = caller.university_no();
    let figures = app.read_books(move |connection| {
        let programme = super::programme(connection, *id, university_no)?;
        Ok(retrained::retrained(connection, &programme)?)
    });
    Ok(Json(figures.await?))
}
