//! The doors of course runs.

use super::close::{CloseCourseRun, ClosedCourseRun};
use super::create::CreateCourseRun;
use super::model::{CourseRun, CourseRunDetail, NewCourseRun, Status};
use super::store::{self, Wanted};
use crate::app::App;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Page, Paged, Problem, Receipted, Write, created, ok};
use crate::kernel::{CourseRunId, ProgrammeId, Refusal};
use crate::programme::http::{Empty, find as find_programme};
use crate::writer::Once;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(create_course_run).service(list_course_runs);
    config.service(show_course_run).service(close_course_run);
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CourseRunFilter {
    programme_id: ProgrammeId,
    status: Option<Status>,
    /// Only runs with a seat left.
    #[serde(default)]
    with_free_seats: bool,
}

/// Creates a course run of a programme that the caller's university teaches.
#[utoipa::path(tag = "Course runs", request_body = NewCourseRun, params(IdempotencyKey), responses(
    (status = 201, description = "Created", body = Receipted<CourseRun>),
    (status = 200, description = "Created before by the same request", body = Receipted<CourseRun>),
    Refusals,
))]
#[post("/v1/course-runs")]
async fn create_course_run(
    app: Data<App>,
    caller: Caller,
    body: Write<NewCourseRun>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let command = CreateCourseRun {
        course_run_id: CourseRunId(app.new_id()),
        actor: caller.actor(),
        university_no: caller.own_university()?.0,
        new: body.value,
    };
    Ok(created(app.writer.execute(Once { key, command }).await?))
}

/// Lists the course runs of a programme.
#[utoipa::path(tag = "Course runs", params(CourseRunFilter, PageParameters), responses(
    (status = 200, description = "A page of course runs", body = Paged<CourseRun>),
    Refusals,
))]
#[get("/v1/course-runs")]
async fn list_course_runs(
    app: Data<App>,
    caller: Caller,
    filter: Query<CourseRunFilter>,
    page: Page,
) -> Result<Json<Paged<CourseRun>>, Problem> {
    let CourseRunFilter { programme_id, status, with_free_seats } = filter.into_inner();
    let wanted = Wanted { status, with_free_seats, after: page.after() };
    let rows = app
        .read(move |connection| {
            let programme_no = find_programme(connection, programme_id, &caller)?.programme_no;
            Ok(store::list(connection, programme_no, wanted, page.fetch())?)
        })
        .await?;
    Ok(Json(page.cut(rows.into_iter().map(|row| (row.course_run_no, row.into())).collect())))
}

/// Shows a course run, and how many hours of each phase are planned, recorded and accepted.
#[utoipa::path(tag = "Course runs", params(("course_run_id" = CourseRunId, Path)), responses(
    (status = 200, description = "The course run", body = CourseRunDetail),
    Refusals,
))]
#[get("/v1/course-runs/{course_run_id}")]
async fn show_course_run(
    app: Data<App>,
    caller: Caller,
    id: Path<CourseRunId>,
) -> Result<Json<CourseRunDetail>, Problem> {
    let own = caller.university_no();
    let shown = app.read(move |connection| {
        let row = store::find(connection, *id, own)?.ok_or_else(|| Refusal::not_found("course_run"))?;
        let phases = store::phases(connection, row.programme_no, row.course_run_no)?;
        Ok(CourseRunDetail { course_run: row.into(), phases })
    });
    Ok(Json(shown.await?))
}

/// Closes a course run: what is left of its obligation becomes available again. Every recorded session
/// must have been accepted.
#[utoipa::path(tag = "Course runs", request_body = Empty,
    params(("course_run_id" = CourseRunId, Path), IdempotencyKey), responses(
        (status = 200, description = "Closed", body = Receipted<ClosedCourseRun>),
        Refusals,
    ))]
#[post("/v1/course-runs/{course_run_id}/close")]
async fn close_course_run(
    app: Data<App>,
    caller: Caller,
    id: Path<CourseRunId>,
    body: Write<Empty>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let university_no = caller.own_university()?.0;
    let command = CloseCourseRun { course_run_id: *id, actor: caller.actor(), university_no };
    Ok(ok(app.writer.execute(Once { key, command }).await?))
}
