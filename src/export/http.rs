//! Exports over HTTP: a file that is sent while it is read.

use super::{Export, ExportError, Format, Source, Wanted};
use crate::app::App;
use crate::db::{Connection, Readers};
use crate::http::problem::Refusals;
use crate::http::{AS_OF, Caller, Pieces, Problem, Streamed};
use crate::kernel::ProgrammeId;
use crate::oversight;
use crate::writer::Failure;
use actix_web::http::header::{CONTENT_DISPOSITION, HeaderName};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// How often a page waits for a reading connection; the pool waits two seconds each time.
const ATTEMPTS: u32 = 15;

const CHECKPOINT: HeaderName = HeaderName::from_static("x-journal-checkpoint");

pub fn routes(config: &mut ServiceConfig) {
    config.service(export_journal);
}

/// Which part of the journal, and how it is written.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WantedFile {
    /// `csv`, `xlsx`, `jsonl`, `parquet`, `hledger` or `beancount`.
    #[param(example = "csv")]
    format: String,
    /// Effective on this day (Moscow) or later.
    from: Option<NaiveDate>,
    /// Effective on this day (Moscow) or earlier.
    to: Option<NaiveDate>,
    /// The first so many leaves of the log; all there are when not given. The same number gives the same file for ever.
    #[param(minimum = 0)]
    as_of: Option<i64>,
}

/// The journal as a file: a row for each posting, and for each transaction without any, in the order of the log. The
/// header `X-Journal-As-Of` says of how many leaves it is, `X-Journal-Checkpoint` (base64) has the signed
/// checkpoint that covers them.
#[utoipa::path(tag = "Ledger", params(("programme_id" = ProgrammeId, Path), WantedFile), responses(
    (status = 200, description = "The file", content(
        (Vec<u8> = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (Vec<u8> = "application/jsonl"),
        (Vec<u8> = "application/vnd.apache.parquet"),
        (Vec<u8> = "text/plain"),
    )),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/exports/journal")]
async fn export_journal(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    wanted: Query<WantedFile>,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let WantedFile { format, from, to, as_of } = wanted.into_inner();
    let (format, wanted) = (Format::parse(&format)?, Wanted { from, to, as_of });
    let export = app.read_books(move |connection| {
        let programme = oversight::programme(connection, *id, university_no)?;
        Export::new(connection, &programme, format, wanted)
    });
    let export = export.await?;
    app.writer.confirm().await?;
    let mut response = HttpResponse::Ok();
    let file_name = export.about.file_name(format);
    response
        .content_type(format.media_type())
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{file_name}\"")))
        .insert_header((AS_OF, export.about.as_of.to_string()));
    if let Some(note) = &export.about.checkpoint {
        response.insert_header((CHECKPOINT, STANDARD.encode(note)));
    }
    Ok(response.body(Streamed::start(Job { export, source: Pool(app.books()) })))
}

/// An export and where it reads.
struct Job {
    export: Export,
    source: Pool,
}

/// Takes a connection for a page and gives it back: a client that reads slowly keeps none.
struct Pool(Readers);

impl Source for Pool {
    fn read<T>(&mut self, query: impl FnOnce(&mut Connection) -> Result<T, Failure>) -> Result<T, Failure> {
        let connection = (1..ATTEMPTS).find_map(|_| self.0.get().ok());
        let connection = connection.map_or_else(|| self.0.get(), Ok);
        query(&mut *connection.map_err(|error| Failure::Unreachable(error.to_string()))?)
    }
}

impl Pieces for Job {
    type Error = ExportError;

    fn next(&mut self) -> Result<Option<Vec<u8>>, ExportError> {
        self.export.next(&mut self.source)
    }
}
