//! Instructors and sessions over HTTP.

use super::accept::Accepted;
use super::cancel::{self, CancelReply, Cancelled, SessionCancellation};
use super::model::{Phase, Status};
use super::record::Recorded;
use super::register::{PayeeName, Registered};
use super::store::{self, Instructor as InstructorRow, SessionFilter, SessionRow};
use super::{AcceptSession, CancelSession, RecordSession, RegisterInstructor};
use crate::app::App;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Page, Paged, Problem, Receipted, Write, accepted, created, ok};
use crate::kernel::{CourseRunId, Kopecks, PayeeId, ProgrammeId, ProposalId, Refusal, Scope, SessionId};
use crate::programme::ProgrammeFacts;
use crate::proposal::propose::Proposal;
use crate::proposal::{Act, Propose};
use crate::writer::Once;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(register_instructor).service(list_instructors);
    config.service(record_session).service(list_sessions).service(show_session);
    config.service(accept_session).service(cancel_session);
}

/// An instructor to be registered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewInstructor {
    name: PayeeName,
    /// Gross pay for an hour; income tax withheld is inside it.
    hourly_rate: Kopecks,
}

/// An instructor, under the id of a payee that ledger and traces use.
#[derive(Serialize, ToSchema)]
pub struct Instructor {
    payee_id: PayeeId,
    /// Shown to their teaching office and to the treasury; null for others.
    name: Option<String>,
    hourly_rate: Option<Kopecks>,
}

/// A session to be recorded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSession {
    course_run_id: CourseRunId,
    instructor_id: PayeeId,
    /// A day of the course run.
    held_on: NaiveDate,
    phase: Phase,
    /// Whole hours, 1 to 12.
    #[schema(minimum = 1, maximum = 12)]
    hours: i32,
}

/// A session.
#[derive(Serialize, ToSchema)]
pub struct Session {
    session_id: SessionId,
    programme_id: ProgrammeId,
    course_run_id: CourseRunId,
    instructor_id: PayeeId,
    held_on: NaiveDate,
    phase: Phase,
    hours: i32,
    status: Status,
    /// Gross pay it accrued; null before it is accepted.
    pay: Option<Kopecks>,
    /// Payroll contributions on top of it; null before it is accepted.
    contributions: Option<Kopecks>,
    /// Why it was cancelled.
    reason: Option<String>,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            session_id: row.session_id,
            programme_id: row.programme_id,
            course_run_id: row.course_run_id,
            instructor_id: row.payee_id,
            held_on: row.held_on,
            phase: row.phase,
            hours: row.hours,
            status: row.status,
            pay: row.pay_kopecks,
            contributions: row.contributions_kopecks,
            reason: row.reason,
        }
    }
}

/// Which sessions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    programme_id: ProgrammeId,
    course_run_id: Option<CourseRunId>,
    instructor_id: Option<PayeeId>,
    status: Option<Status>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    limit: Option<String>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    cursor: Option<String>,
}

/// Registers an instructor of the caller's university.
#[utoipa::path(tag = "Teaching", request_body = NewInstructor, params(IdempotencyKey), responses(
    (status = 201, description = "Registered", body = Receipted<Registered>),
    (status = 200, description = "Registered before by the same request", body = Receipted<Registered>),
    Refusals,
))]
#[post("/v1/instructors")]
async fn register_instructor(
    app: Data<App>,
    caller: Caller,
    body: Write<NewInstructor>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let (university_no, university_id) = caller.own_university()?;
    let command = RegisterInstructor {
        payee_id: PayeeId(app.new_id()),
        actor: caller.actor(),
        university_no,
        university_id,
        name: body.value.name,
        hourly_rate: body.value.hourly_rate,
    };
    Ok(created(app.writer.execute(Once { key, command }).await?))
}

/// Lists instructors. A university sees its own.
#[utoipa::path(tag = "Teaching", params(PageParameters), responses(
    (status = 200, description = "In the order they were registered", body = Paged<Instructor>),
    Refusals,
))]
#[get("/v1/instructors")]
async fn list_instructors(
    app: Data<App>,
    caller: Caller,
    page: Page,
) -> Result<Json<Paged<Instructor>>, Problem> {
    let university_no = caller.university_no();
    let after = page.after().unwrap_or(0);
    let rows = app
        .read(move |connection| Ok(store::instructors(connection, university_no, after, page.fetch())?))
        .await?;
    let may_see_names = matches!(caller.scope, Scope::Teaching | Scope::Treasury);
    let shown = |row: InstructorRow| Instructor {
        payee_id: row.payee_id,
        name: may_see_names.then_some(row.name),
        hourly_rate: row.hourly_rate_kopecks,
    };
    Ok(Json(page.cut(rows.into_iter().map(|row| (row.payee_no, shown(row))).collect())))
}

/// Records a session. Nothing is owed before another person accepts it.
#[utoipa::path(tag = "Teaching", request_body = NewSession, params(IdempotencyKey), responses(
    (status = 201, description = "Recorded", body = Receipted<Recorded>),
    (status = 200, description = "Recorded before by the same request", body = Receipted<Recorded>),
    Refusals,
))]
#[post("/v1/sessions")]
async fn record_session(
    app: Data<App>,
    caller: Caller,
    body: Write<NewSession>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let (university_no, _) = caller.own_university()?;
    let NewSession { course_run_id, instructor_id, held_on, phase, hours } = body.value;
    let command = RecordSession {
        session_id: SessionId(app.new_id()),
        actor: caller.actor(),
        university_no,
        course_run_id,
        payee_id: instructor_id,
        held_on,
        phase,
        hours,
    };
    Ok(created(app.writer.execute(Once { key, command }).await?))
}

/// Lists the sessions of a programme. A university sees its own.
#[utoipa::path(tag = "Teaching", params(Wanted, PageParameters), responses(
    (status = 200, description = "In the order they were recorded", body = Paged<Session>),
    Refusals,
))]
#[get("/v1/sessions")]
async fn list_sessions(
    app: Data<App>,
    caller: Caller,
    wanted: Query<Wanted>,
    page: Page,
) -> Result<Json<Paged<Session>>, Problem> {
    let wanted = wanted.into_inner();
    let filter = SessionFilter {
        university_no: caller.university_no(),
        course_run_id: wanted.course_run_id,
        payee_id: wanted.instructor_id,
        status: wanted.status,
    };
    let rows = app
        .read(move |connection| {
            let programme = ProgrammeFacts::find(connection, wanted.programme_id)?
                .ok_or_else(|| Refusal::not_found("programme").at("programme_id"))?;
            let after = page.after().unwrap_or(-1);
            Ok(store::sessions(connection, programme.programme_no, &filter, after, page.fetch())?)
        })
        .await?;
    Ok(Json(page.cut(rows.into_iter().map(|row| (row.session_no, row.into())).collect())))
}

/// Shows a session. A university sees its own.
#[utoipa::path(tag = "Teaching", params(("session_id" = SessionId, Path)), responses(
    (status = 200, description = "The session", body = Session),
    Refusals,
))]
#[get("/v1/sessions/{session_id}")]
async fn show_session(app: Data<App>, caller: Caller, id: Path<SessionId>) -> Result<Json<Session>, Problem> {
    let filter = SessionFilter { university_no: caller.university_no(), ..SessionFilter::default() };
    let found = app.read(move |connection| Ok(store::session(connection, *id, &filter)?)).await?;
    Ok(Json(found.ok_or_else(|| Refusal::not_found("session"))?.into()))
}

/// Accepts a session that another person recorded: pay and contributions accrue, spread over the
/// redemptions of its course run.
#[utoipa::path(tag = "Teaching", params(("session_id" = SessionId, Path), IdempotencyKey),
    request_body = Acceptance, responses(
        (status = 200, description = "Accepted", body = Receipted<Accepted>),
        Refusals,
))]
#[post("/v1/sessions/{session_id}/accept")]
async fn accept_session(
    app: Data<App>,
    caller: Caller,
    id: Path<SessionId>,
    body: Write<Acceptance>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let (university_no, _) = caller.own_university()?;
    let command = AcceptSession { session_id: id.into_inner(), actor: caller.actor(), university_no };
    Ok(ok(app.writer.execute(Once { key, command }).await?))
}

/// Cancels a session that was not held as recorded. Once it is accepted, a second person of the teaching office has to
/// confirm it: what it accrued is obligated again. What was paid of it must be returned first.
#[utoipa::path(tag = "Teaching", params(("session_id" = SessionId, Path), IdempotencyKey),
    request_body = SessionCancelling, responses(
        (status = 200, description = "Cancelled", body = Receipted<Cancelled>),
        (status = 202, description = "It is accepted: waits for a second person", body = Receipted<Proposal>),
        Refusals,
))]
#[post("/v1/sessions/{session_id}/cancel")]
async fn cancel_session(
    app: Data<App>,
    caller: Caller,
    id: Path<SessionId>,
    body: Write<SessionCancelling>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let (university_no, _) = caller.own_university()?;
    let session_id = *id;
    let cancellation = SessionCancellation { session_id, reason: body.value.reason };
    let session = app
        .read(move |connection| Ok(store::session_to_accept(connection, session_id, Some(university_no))?))
        .await?;
    let propose = Propose {
        proposal_id: ProposalId(app.new_id()),
        programme_no: session.ok_or_else(|| Refusal::not_found("session"))?.programme_no,
        actor: caller.actor(),
        act: Act::SessionCancellation(cancellation.clone()),
    };
    let command = CancelSession { cancellation, actor: caller.actor(), university_no, propose };
    let answer = app.writer.execute(Once { key, command }).await?;
    Ok(match answer.reply {
        CancelReply::Cancelled(_) => ok(answer),
        CancelReply::Proposed(_) => accepted(answer),
    })
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SessionCancelling {
    reason: cancel::Reason,
}

/// Nothing to say: `{}`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Acceptance {}
