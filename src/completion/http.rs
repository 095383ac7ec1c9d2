//! Attendance, test results and completions over HTTP.

use super::model::TestResult;
use super::roll::{Entered, Listed, Seat};
use super::store::{self, Hours};
use super::upload::{AttendanceRow, CompletionRow, List, ResultRow, Row, file_rows, json_rows};
use super::{CompleteCourse, RecordAttendance, RecordResults};
use crate::app::App;
use crate::employee::upload::Upload;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Page, Paged, Problem, Receipted, inputs, ok};
use crate::kernel::{Code, CourseRunId, RedemptionId, Refusal, SessionId};
use crate::programme::ProgrammeFacts;
use crate::writer::{Command, Key, Once};
use actix_web::web::{self, Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(record_attendance).service(list_attendance);
    config.service(record_results).service(complete_course).service(list_participants);
}

/// What a file does not say.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FileParameters {
    /// Decides the same and writes nothing.
    #[serde(default)]
    dry_run: bool,
}

/// A list as it was sent: its rows, and whether it is only tried.
struct Sent<S> {
    key: Key,
    dry_run: bool,
    rows: Vec<Listed<S>>,
}

impl<S> Sent<S> {
    async fn read<R>(caller: &Caller, http: &HttpRequest, body: Upload<List<R>>) -> Result<Self, Refusal>
    where
        R: Row<Says = S> + ToSchema,
        S: Send + 'static,
    {
        let key = body.key(caller);
        let (dry_run, rows) = match body {
            Upload::Json(body) => (body.value.dry_run, json_rows(body.value.rows)),
            Upload::File(file) => {
                let dry_run = inputs::query::<FileParameters>(http)?.dry_run;
                // A workbook takes a while.
                let read = web::block(move || file_rows::<R>(&file.bytes)).await;
                (dry_run, read.unwrap_or_else(|_| Err(Code::Unavailable.into()))?)
            }
        };
        Ok(Self { key, dry_run, rows })
    }
}

/// Carries out a list; of one that is only tried no key is kept.
async fn enter<C: Command<Reply = Entered>>(
    app: &App,
    key: Key,
    dry_run: bool,
    command: C,
) -> Result<HttpResponse, Problem> {
    Ok(match dry_run {
        true => ok(app.writer.execute(command).await?),
        false => ok(app.writer.execute(Once { key, command }).await?),
    })
}

/// Records who was in a session: a JSON body, or a CSV file. Each row has an outcome of its own. What is said again
/// changes nothing, what is said otherwise replaces what was recorded, and who is not named stays as they were.
#[utoipa::path(tag = "Completion", params(("session_id" = SessionId, Path), FileParameters, IdempotencyKey),
    request_body(content((List<AttendanceRow> = "application/json"), (String = "text/csv"))), responses(
    (status = 200, description = "What became of each row", body = Receipted<Entered>),
    Refusals,
))]
#[post("/v1/sessions/{session_id}/attendance")]
async fn record_attendance(
    app: Data<App>,
    caller: Caller,
    id: Path<SessionId>,
    http: HttpRequest,
    body: Upload<List<AttendanceRow>>,
) -> Result<HttpResponse, Problem> {
    let (university_no, _) = caller.own_university()?;
    let Sent { key, dry_run, rows } = Sent::read(&caller, &http, body).await?;
    let command = RecordAttendance { session_id: *id, actor: caller.actor(), university_no, dry_run, rows };
    enter(&app, key, dry_run, command).await
}

/// Whether somebody was in a session.
#[derive(Serialize, ToSchema)]
pub struct Attendance {
    redemption_id: RedemptionId,
    voucher_number: String,
    /// `live` or `reversed`.
    redemption_status: String,
    /// Null where nothing was recorded.
    present: Option<bool>,
}

fn redemption_status(seat: &Seat) -> String {
    if seat.is_live { "live" } else { "reversed" }.into()
}

/// Lists the people of a session's course run, and who was in the session. A university sees its own.
#[utoipa::path(tag = "Completion", params(("session_id" = SessionId, Path), PageParameters), responses(
    (status = 200, description = "In the order of their redemptions", body = Paged<Attendance>),
    Refusals,
))]
#[get("/v1/sessions/{session_id}/attendance")]
async fn list_attendance(
    app: Data<App>,
    caller: Caller,
    id: Path<SessionId>,
    page: Page,
) -> Result<Json<Paged<Attendance>>, Problem> {
    let own = caller.university_no();
    let after = page.after().unwrap_or(-1);
    let found = app.read(move |connection| {
        let session = store::session(connection, *id, own)?.ok_or_else(|| Refusal::not_found("session"))?;
        let programme = ProgrammeFacts::by_no(connection, session.programme_no)?;
        let seats = store::seats(connection, &programme, session.course_run_no, after, page.fetch())?;
        Ok((seats, store::attendance(connection, session.programme_no, session.session_no)?))
    });
    let (seats, present) = found.await?;
    let shown = |seat: Seat| {
        let attendance = Attendance {
            redemption_id: seat.redemption_id,
            redemption_status: redemption_status(&seat),
            present: present.get(&seat.redemption_no).copied(),
            voucher_number: seat.number,
        };
        (seat.redemption_no, attendance)
    };
    Ok(Json(page.cut(seats.into_iter().map(shown).collect())))
}

/// Records test results of a course run: a JSON body, or a CSV file. Each row has an outcome of its own; what is said
/// otherwise than before replaces it.
#[utoipa::path(tag = "Completion", params(("course_run_id" = CourseRunId, Path), FileParameters, IdempotencyKey),
    request_body(content((List<ResultRow> = "application/json"), (String = "text/csv"))), responses(
    (status = 200, description = "What became of each row", body = Receipted<Entered>),
    Refusals,
))]
#[post("/v1/course-runs/{course_run_id}/results")]
async fn record_results(
    app: Data<App>,
    caller: Caller,
    id: Path<CourseRunId>,
    http: HttpRequest,
    body: Upload<List<ResultRow>>,
) -> Result<HttpResponse, Problem> {
    let (university_no, _) = caller.own_university()?;
    let Sent { key, dry_run, rows } = Sent::read(&caller, &http, body).await?;
    let command = RecordResults { course_run_id: *id, actor: caller.actor(), university_no, dry_run, rows };
    enter(&app, key, dry_run, command).await
}

/// Records who completed the course: a JSON body, or a CSV file. Each row has an outcome of its own. It takes a passed
/// test and 70 % of the hours whose attendance was recorded. The voucher is completed; no money moves.
#[utoipa::path(tag = "Completion", params(("course_run_id" = CourseRunId, Path), FileParameters, IdempotencyKey),
    request_body(content((List<CompletionRow> = "application/json"), (String = "text/csv"))), responses(
    (status = 200, description = "What became of each row", body = Receipted<Entered>),
    Refusals,
))]
#[post("/v1/course-runs/{course_run_id}/completions")]
async fn complete_course(
    app: Data<App>,
    caller: Caller,
    id: Path<CourseRunId>,
    http: HttpRequest,
    body: Upload<List<CompletionRow>>,
) -> Result<HttpResponse, Problem> {
    let (university_no, _) = caller.own_university()?;
    let Sent { key, dry_run, rows } = Sent::read(&caller, &http, body).await?;
    let command = CompleteCourse { course_run_id: *id, actor: caller.actor(), university_no, dry_run, rows };
    enter(&app, key, dry_run, command).await
}

/// How far somebody is in a course run.
#[derive(Serialize, ToSchema)]
pub struct Participant {
    redemption_id: RedemptionId,
    voucher_number: String,
    /// `live` or `reversed`.
    redemption_status: String,
    /// Of the accepted sessions whose attendance was recorded, and the hours of all of these.
    attended_hours: i64,
    counted_hours: i64,
    /// Null where nothing was recorded.
    passed: Option<bool>,
    score: Option<i32>,
    /// Of who completed the course.
    document_number: Option<String>,
    completed_on: Option<NaiveDate>,
}

/// What is known of the people of a course run.
struct Known {
    hours: Hours,
    results: HashMap<i64, TestResult>,
    completions: HashMap<i64, (String, NaiveDate)>,
}

impl Known {
    fn participant(&mut self, seat: Seat) -> Participant {
        let result = self.results.get(&seat.redemption_no);
        let (document_number, completed_on) = self.completions.remove(&seat.redemption_no).unzip();
        Participant {
            redemption_id: seat.redemption_id,
            redemption_status: redemption_status(&seat),
            attended_hours: self.hours.attended.get(&seat.redemption_no).copied().unwrap_or(0),
            counted_hours: self.hours.counted,
            passed: result.map(|result| result.passed),
            score: result.and_then(|result| result.score),
            document_number,
            completed_on,
            voucher_number: seat.number,
        }
    }
}

/// Lists the people of a course run: hours attended, test result and completion. A university sees its own.
#[utoipa::path(tag = "Completion", params(("course_run_id" = CourseRunId, Path), PageParameters), responses(
    (status = 200, description = "In the order of their redemptions", body = Paged<Participant>),
    Refusals,
))]
#[get("/v1/course-runs/{course_run_id}/participants")]
async fn list_participants(
    app: Data<App>,
    caller: Caller,
    id: Path<CourseRunId>,
    page: Page,
) -> Result<Json<Paged<Participant>>, Problem> {
    let own = caller.university_no();
    let after = page.after().unwrap_or(-1);
    let found = app.read(move |connection| {
        let run = store::course_run(connection, *id, own)?.ok_or_else(|| Refusal::not_found("course_run"))?;
        let (programme_no, course_run_no) = (run.programme_no, run.course_run_no);
        let programme = ProgrammeFacts::by_no(connection, programme_no)?;
        let seats = store::seats(connection, &programme, course_run_no, after, page.fetch())?;
        let known = Known {
            hours: store::hours(connection, programme_no, course_run_no)?,
            results: store::results(connection, programme_no, course_run_no)?,
            completions: store::completions(connection, programme_no, course_run_no)?,
        };
        Ok((seats, known))
    });
    let (seats, mut known) = found.await?;
    let shown = |seat: Seat| (seat.redemption_no, known.participant(seat));
    Ok(Json(page.cut(seats.into_iter().map(shown).collect())))
}
