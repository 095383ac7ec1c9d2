//! The doors of acts of two people: appropriations, and looking at, confirming and withdrawing
//! proposals of every kind.

use super::act::{Act, visible_to};
use super::appropriation::{Appropriation, DocumentNumber};
use super::budget_move::BudgetMove;
use super::confirm::Confirm;
use super::model::{Second, Status};
use super::propose::{Proposal, Propose};
use super::store::{self, Wanted};
use super::withdraw::Withdraw;
use crate::app::App;
use crate::course_run;
use crate::course_run::top_up::TopUp;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Page, Paged, Problem, Receipted, Write, accepted, ok};
use crate::kernel::{BudgetLineId, CourseRunId, Kopecks, ProgrammeId, ProposalId, Reason, Refusal};
use crate::programme::year_end::YearEnd;
use crate::programme::{self, ProgrammeFacts, http::Empty};
use crate::writer::{Answer, Key, Once};
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(propose_appropriation)
        .service(propose_move)
        .service(propose_top_up)
        .service(propose_year_end);
    config.service(list_proposals).service(show_proposal);
    config.service(confirm_proposal).service(withdraw_proposal);
}

/// An appropriation, or its amendment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAppropriation {
    /// A negative amount takes back what is still available.
    amount: Kopecks,
    /// The document (law, order) it rests on.
    document_number: DocumentNumber,
}

/// A move of authority to another line.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewBudgetMove {
    /// The line it comes to, of the same programme.
    to_budget_line_id: BudgetLineId,
    amount: Kopecks,
    /// The document (law, order) it rests on.
    document_number: DocumentNumber,
}

/// Money for a course run whose redemptions cannot pay all its hours.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTopUp {
    amount: Kopecks,
    reason: Reason,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ProposalFilter {
    status: Option<Status>,
}

pub(crate) fn second(caller: &Caller) -> Second {
    Second { actor: caller.actor(), scope: caller.scope, university_no: caller.university_no() }
}

/// Proposes an appropriation to a budget line; another person of the treasury confirms it.
#[utoipa::path(tag = "Budget", request_body = NewAppropriation,
    params(("budget_line_id" = BudgetLineId, Path), IdempotencyKey), responses(
        (status = 202, description = "Waits for a second person", body = Receipted<Proposal>),
        (status = 200, description = "Proposed before by the same request", body = Receipted<Proposal>),
        Refusals,
    ))]
#[post("/v1/budget-lines/{budget_line_id}/appropriations")]
async fn propose_appropriation(
    app: Data<App>,
    caller: Caller,
    id: Path<BudgetLineId>,
    body: Write<NewAppropriation>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let NewAppropriation { amount, document_number } = body.value;
    let budget_line_id = *id;
    let programme_no = programme_of_line(&app, budget_line_id).await?;
    let act = Act::Appropriation(Appropriation { budget_line_id, amount, document_number });
    Ok(accepted(
        app.writer.execute(Once { key, command: proposing(&app, &caller, programme_no, act) }).await?,
    ))
}

async fn programme_of_line(app: &App, id: BudgetLineId) -> Result<i64, Problem> {
    let line = app.read(move |connection| Ok(programme::store::find_budget_line(connection, id)?)).await?;
    Ok(line.ok_or_else(|| Refusal::not_found("budget_line"))?.programme_no)
}

fn proposing(app: &App, caller: &Caller, programme_no: i64, act: Act) -> Propose {
    Propose { proposal_id: ProposalId(app.new_id()), programme_no, actor: caller.actor(), act }
}

/// Proposes to move what is available on a budget line, or a part of it, to another line of the programme; another person
/// of the treasury confirms it.
#[utoipa::path(tag = "Budget", request_body = NewBudgetMove,
    params(("budget_line_id" = BudgetLineId, Path), IdempotencyKey), responses(
        (status = 202, description = "Waits for a second person", body = Receipted<Proposal>),
        (status = 200, description = "Proposed before by the same request", body = Receipted<Proposal>),
        Refusals,
    ))]
#[post("/v1/budget-lines/{budget_line_id}/moves")]
async fn propose_move(
    app: Data<App>,
    caller: Caller,
    id: Path<BudgetLineId>,
    body: Write<NewBudgetMove>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let NewBudgetMove { to_budget_line_id, amount, document_number } = body.value;
    let from_budget_line_id = *id;
    let programme_no = programme_of_line(&app, from_budget_line_id).await?;
    let act = Act::BudgetMove(BudgetMove { from_budget_line_id, to_budget_line_id, amount, document_number });
    Ok(accepted(
        app.writer.execute(Once { key, command: proposing(&app, &caller, programme_no, act) }).await?,
    ))
}

/// Proposes to top up a course run out of what is available, in equal parts for its redemptions; another person of the
/// treasury confirms it.
#[utoipa::path(tag = "Budget", request_body = NewTopUp,
    params(("course_run_id" = CourseRunId, Path), IdempotencyKey), responses(
        (status = 202, description = "Waits for a second person", body = Receipted<Proposal>),
        (status = 200, description = "Proposed before by the same request", body = Receipted<Proposal>),
        Refusals,
    ))]
#[post("/v1/course-runs/{course_run_id}/top-ups")]
async fn propose_top_up(
    app: Data<App>,
    caller: Caller,
    id: Path<CourseRunId>,
    body: Write<NewTopUp>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let NewTopUp { amount, reason } = body.value;
    let course_run_id = *id;
    let run =
        app.read(move |connection| Ok(course_run::store::find(connection, course_run_id, None)?)).await?;
    let programme_no = run.ok_or_else(|| Refusal::not_found("course_run"))?.programme_no;
    let act = Act::TopUp(TopUp { course_run_id, amount, reason: reason.to_string() });
    Ok(accepted(
        app.writer.execute(Once { key, command: proposing(&app, &caller, programme_no, act) }).await?,
    ))
}

/// Proposes the end of the year: the limits of all lines come down to what was paid. Nothing may be reserved, obligated
/// or accrued any more. Another person of the treasury confirms it.
#[utoipa::path(tag = "Budget", request_body = Empty,
    params(("programme_id" = ProgrammeId, Path), IdempotencyKey), responses(
        (status = 202, description = "Waits for a second person", body = Receipted<Proposal>),
        (status = 200, description = "Proposed before by the same request", body = Receipted<Proposal>),
        Refusals,
    ))]
#[post("/v1/programmes/{programme_id}/year-end")]
async fn propose_year_end(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    body: Write<Empty>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let found = app.read(move |connection| Ok(ProgrammeFacts::find(connection, *id)?)).await?;
    let programme_no = found.ok_or_else(|| Refusal::not_found("programme"))?.programme_no;
    let act = Act::YearEnd(YearEnd {});
    Ok(accepted(
        app.writer.execute(Once { key, command: proposing(&app, &caller, programme_no, act) }).await?,
    ))
}

/// Lists the proposals that the caller may decide on; the programme office and auditors see all.
#[utoipa::path(tag = "Proposals", params(ProposalFilter, PageParameters), responses(
    (status = 200, description = "A page of proposals", body = Paged<Proposal>),
    Refusals,
))]
#[get("/v1/proposals")]
async fn list_proposals(
    app: Data<App>,
    caller: Caller,
    filter: Query<ProposalFilter>,
    page: Page,
) -> Result<Json<Paged<Proposal>>, Problem> {
    let wanted = Wanted {
        kinds: visible_to(caller.scope),
        status: filter.status,
        university_no: caller.university_no(),
        after: page.after(),
    };
    let rows = app.read(move |connection| Ok(store::list(connection, wanted, page.fetch())?)).await?;
    Ok(Json(page.cut(rows.into_iter().map(|row| (row.place(), row.into())).collect())))
}

/// Shows a proposal.
#[utoipa::path(tag = "Proposals", params(("proposal_id" = ProposalId, Path)), responses(
    (status = 200, description = "The proposal", body = Proposal),
    Refusals,
))]
#[get("/v1/proposals/{proposal_id}")]
async fn show_proposal(
    app: Data<App>,
    caller: Caller,
    id: Path<ProposalId>,
) -> Result<Json<Proposal>, Problem> {
    let (kinds, university_no) = (visible_to(caller.scope), caller.university_no());
    let found = app.read(move |connection| Ok(store::find(connection, *id, university_no)?)).await?;
    let found = found.filter(|row| kinds.contains(&row.act.kind()));
    Ok(Json(found.ok_or_else(|| Refusal::not_found("proposal"))?.into()))
}

/// Confirms a proposal as its second person: the act is done.
#[utoipa::path(tag = "Proposals", request_body = Empty,
    params(("proposal_id" = ProposalId, Path), IdempotencyKey), responses(
        (status = 200, description = "Done", body = Receipted<Proposal>),
        Refusals,
    ))]
#[post("/v1/proposals/{proposal_id}/confirm")]
async fn confirm_proposal(
    app: Data<App>,
    caller: Caller,
    id: Path<ProposalId>,
    body: Write<Empty>,
) -> Result<HttpResponse, Problem> {
    Ok(ok(confirm(&app, &caller, *id, body.key(&caller)).await?))
}

/// Confirms a proposal, for the doors and the pages.
///
/// # Errors
/// The command's refusals.
pub(crate) async fn confirm(
    app: &App,
    caller: &Caller,
    proposal_id: ProposalId,
    key: Key,
) -> Result<Answer<Proposal>, Refusal> {
    let command = Confirm { proposal_id, second: second(caller) };
    let answer = app.writer.execute(Once { key, command }).await?;
    if let Act::KeyCompromise(_) = answer.reply.act {
        app.refresh_keys().await;
    }
    Ok(answer)
}

/// Withdraws a proposal: its proposer changes their mind, or the second person says no.
#[utoipa::path(tag = "Proposals", request_body = Empty,
    params(("proposal_id" = ProposalId, Path), IdempotencyKey), responses(
        (status = 200, description = "Withdrawn", body = Receipted<Proposal>),
        Refusals,
    ))]
#[post("/v1/proposals/{proposal_id}/withdraw")]
async fn withdraw_proposal(
    app: Data<App>,
    caller: Caller,
    id: Path<ProposalId>,
    body: Write<Empty>,
) -> Result<HttpResponse, Problem> {
    let command = Withdraw { proposal_id: *id, second: second(&caller) };
    Ok(ok(app.writer.execute(Once { key: body.key(&caller), command }).await?))
}
