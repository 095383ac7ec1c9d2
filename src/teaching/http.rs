//! Instructors and sessions over HTTP.

use super::accept::Accepted;
use super::add_contract::Added;
use super::cancel::{CancelReply, Cancelled, SessionCancellation};
use super::contract::{Contract, ContractNumber};
use super::model::{Phase, Status};
use super::record::Recorded;
use super::register::PayeeName;
use super::store::{self, Instructor as InstructorRow, SessionFilter, SessionRow};
use super::{
    AcceptSession, AddContract, CancelSession, Lesson, RecordSession, RegisterInstructor, StartsAt, Terms,
};
use crate::app::App;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Page, Paged, Problem, Receipted, Write, accepted, created, ok};
use crate::kernel::{
    CourseRunId, InstructorContractId, Kopecks, PayeeId, ProgrammeId, ProposalId, Reason, Refusal, Scope,
    SessionId, object,
};
use crate::programme::ProgrammeFacts;
use crate::proposal::propose::Proposal;
use crate::proposal::{Act, Propose};
use crate::writer::Once;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(register_instructor).service(list_instructors).service(add_contract);
    config.service(record_session).service(list_sessions).service(show_session);
    config.service(accept_session).service(cancel_session);
}

/// An instructor to be registered, with their first contract.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewInstructor {
    name: PayeeName,
    /// Gross pay for an hour in kopecks, 10 to 100,000 roubles; income tax withheld is inside it.
    hourly_rate: Kopecks,
    #[serde(deserialize_with = "object::one")]
    contract: ContractForm,
}

/// Another contract of an instructor: its rate is paid for sessions of its days.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewContract {
    /// Gross pay for an hour in kopecks, 10 to 100,000 roubles; income tax withheld is inside it.
    hourly_rate: Kopecks,
    #[serde(deserialize_with = "object::one")]
    contract: ContractForm,
}

/// What a contract says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContractForm {
    number: ContractNumber,
    valid_from: NaiveDate,
    /// The last day, inclusive.
    valid_until: NaiveDate,
    /// Hours of all its sessions at most.
    #[schema(minimum = 1, maximum = 10000)]
    hours: i32,
}

impl ContractForm {
    fn terms(self, hourly_rate: Kopecks) -> Terms {
        let Self { number, valid_from, valid_until, hours } = self;
        Terms { number, hourly_rate, valid_from, valid_until, hours }
    }
}

/// An instructor, under the id of a payee that ledger and traces use.
#[derive(Serialize, ToSchema)]
pub struct Instructor {
    payee_id: PayeeId,
    /// Shown to their teaching office and to the treasury; null for others.
    name: Option<String>,
    /// Day by day.
    contracts: Vec<InstructorContract>,
}

/// A contract of an instructor.
#[derive(Serialize, ToSchema)]
pub struct InstructorContract {
    contract_id: InstructorContractId,
    /// Shown to their teaching office, the treasury and auditors; null for others.
    number: Option<String>,
    hourly_rate: Kopecks,
    valid_from: NaiveDate,
    /// The last day, inclusive.
    valid_until: NaiveDate,
    /// Hours of all its sessions at most.
    hours: i32,
}

/// A session to be recorded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSession {
    course_run_id: CourseRunId,
    instructor_id: PayeeId,
    /// A day of the course run.
    held_on: NaiveDate,
    /// Null where it is not fixed. Two sessions of one instructor, or of one course run, are not held at once; an
    /// hour lasts 60 minutes.
    #[serde(default)]
    starts_at: Option<StartsAt>,
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
    /// Moscow; null where it is not fixed.
    starts_at: Option<StartsAt>,
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
            starts_at: row.starts_at,
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
    (status = 201, description = "Registered", body = Receipted<Added>),
    (status = 200, description = "Registered before by the same request", body = Receipted<Added>),
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
    let NewInstructor { name, hourly_rate, contract } = body.value;
    let command = RegisterInstructor {
        payee_id: PayeeId(app.new_id()),
        contract_id: InstructorContractId(app.new_id()),
        actor: caller.actor(),
        university_no,
        university_id,
        name,
        terms: contract.terms(hourly_rate),
    };
    Ok(created(app.writer.execute(Once { key, command }).await?))
}

/// Adds a contract of an instructor of the caller's university. It has no day in common with another of theirs.
#[utoipa::path(tag = "Teaching", request_body = NewContract,
    params(("payee_id" = PayeeId, Path), IdempotencyKey), responses(
        (status = 201, description = "Added", body = Receipted<Added>),
        (status = 200, description = "Added before by the same request", body = Receipted<Added>),
        Refusals,
))]
#[post("/v1/instructors/{payee_id}/contracts")]
async fn add_contract(
    app: Data<App>,
    caller: Caller,
    id: Path<PayeeId>,
    body: Write<NewContract>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let (university_no, university_id) = caller.own_university()?;
    let NewContract { hourly_rate, contract } = body.value;
    let command = AddContract {
        contract_id: InstructorContractId(app.new_id()),
        payee_id: *id,
        actor: caller.actor(),
        university_no,
        university_id,
        terms: contract.terms(hourly_rate),
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
    let rows = app.read(move |connection| {
        let instructors = store::instructors(connection, university_no, after, page.fetch())?;
        let payees: Vec<i64> = instructors.iter().map(|instructor| instructor.payee_no).collect();
        let mut contracts: BTreeMap<i64, Vec<Contract>> = BTreeMap::new();
        for (payee_no, contract) in store::contracts_of(connection, &payees)? {
            contracts.entry(payee_no).or_default().push(contract);
        }
        Ok((instructors, contracts))
    });
    let (instructors, mut contracts) = rows.await?;
    let may_see_names = matches!(caller.scope, Scope::Teaching | Scope::Treasury);
    let may_see_numbers = may_see_names || caller.scope == Scope::Auditor;
    let shown_contract = |contract: Contract| InstructorContract {
        contract_id: contract.contract_id,
        number: may_see_numbers.then_some(contract.number),
        hourly_rate: contract.hourly_rate,
        valid_from: contract.valid_from,
        valid_until: contract.valid_until,
        hours: contract.hours,
    };
    let shown = |row: InstructorRow| {
        let contracts = contracts.remove(&row.payee_no).unwrap_or_default();
        let instructor = Instructor {
            payee_id: row.payee_id,
            name: may_see_names.then_some(row.name),
            contracts: contracts.into_iter().map(shown_contract).collect(),
        };
        (row.payee_no, instructor)
    };
    Ok(Json(page.cut(instructors.into_iter().map(shown).collect())))
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
    let NewSession { course_run_id, instructor_id, held_on, starts_at, phase, hours } = body.value;
    let command = RecordSession {
        session_id: SessionId(app.new_id()),
        actor: caller.actor(),
        university_no,
        course_run_id,
        payee_id: instructor_id,
        lesson: Lesson { held_on, starts_at, phase, hours },
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
    reason: Reason,
}

/// Nothing to say: `{}`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Acceptance {}
