//! Running the demo: the year 2020 played through the service's own commands, then a report.

use super::files::{self, ForScripts, VoucherForScripts};
use super::play::{self, Played};
use super::progress::step;
use super::report;
use super::stage::Stage;
use crate::app::StartError;
use crate::credential::Purpose;
use crate::db::{Connection, Place};
use crate::installation::InstallationError;
use crate::kernel::{Refusal, Timestamp};
use crate::ledger::audit::{self, Trusted};
use crate::voucher::query::{Filter, VoucherView};
use crate::voucher::{Status, query, store};
use crate::writer::Stop;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// How the demo is run.
pub struct DemoOptions {
    /// The data directory; keys go to `keys` in it.
    pub data: PathBuf,
    /// The database; one of PostgreSQL must be empty.
    pub database: Place,
    /// Where the demo is served afterwards, by whoever runs it: stands in the report and in `demo.json`.
    pub listen: SocketAddr,
    /// It is served afterwards, which the report says.
    pub serve: bool,
    /// Deletes the demo that is in the directory already.
    pub reset: bool,
}

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(
        "the demo was played in {} already and is left as it is: serve it with `vouchers --data {} serve`, \
         or play it anew with `vouchers --data {} demo --reset`, which deletes it", .0.display(), .0.display(), .0.display()
    )]
    Played(PathBuf),
    #[error(
        "{} holds an installation that is not a demo's, and nothing was changed: name another directory \
         with --data", .0.display()
    )]
    NotADemo(PathBuf),
    #[error(transparent)]
    Installation(#[from] InstallationError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("{doing} was refused: {} {} {}", .refusal.code.as_str(), .refusal.field.as_deref().unwrap_or(""),
        serde_json::Value::from(.refusal.facts.clone()))]
    Refused { doing: &'static str, refusal: Box<Refusal> },
    #[error("the demo came out otherwise than it must: {0}")]
    Mismatch(String),
    #[error("the books do not hold: {0}")]
    Audit(String),
    #[error("{}: {error}", .path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("a thread cannot be started: {0}")]
    Thread(io::Error),
}

/// Plays the demo into the data directory; the report as text. Must not be called from async code.
///
/// # Errors
/// A directory that is taken, a disk that fails; or, loudly, a play that comes out otherwise than it
/// must, books that the audit finds fault with.
pub fn perform(options: &DemoOptions) -> Result<String, DemoError> {
    files::prepare(&options.data, options.reset)?;
    let stage = Stage::open(&options.data, &options.database, play::FIRST_DAY, real_now())?;
    let played = play::play(&stage)?;
    let audited = audit(&stage)?;
    let vouchers =
        stage.look("reading the vouchers", |connection| vouchers(connection, &played, stage.today))?;
    let pictures = draw(&options.data, &vouchers)?;
    let for_scripts = ForScripts {
        base_url: format!("http://{}", options.listen),
        tokens: played.cast.tokens(),
        passes: played.cast.passes(&stage)?,
        programme_id: played.programme_id,
        university_id: played.cast.university_id,
        open_course_run_id: played.open_course_run_id,
        vouchers,
    };
    files::write_for_scripts(&options.data, &for_scripts)?;
    let facts = stage.look("reading the books", |connection| report::read(connection, &played))?;
    let text = report::write(&report::Report {
        facts: &facts,
        played: &played,
        audited: &audited,
        pictures,
        options,
        for_scripts: &for_scripts,
    });
    stage.app.close();
    Ok(text)
}

#[expect(clippy::disallowed_methods, reason = "the demo's only look at the machine's clock")]
fn real_now() -> Timestamp {
    Timestamp::from_millis(chrono::Utc::now().timestamp_millis())
}

fn audit(stage: &Stage) -> Result<audit::Report, DemoError> {
    let bar = step("Проверка книг / Auditing", 0);
    let keyring = stage.app.keyring();
    let log_keys = keyring.records().into_iter().filter(|record| record.purpose == Purpose::Log);
    let trusted = Trusted { log_keys: log_keys.map(|record| record.public).collect(), ..Trusted::default() };
    let report = stage.look("the audit", |connection| {
        let mut progress = |progress: audit::Progress<'_>| {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
        };
        Ok(audit::audit(connection, &trusted, &mut progress)?)
    })?;
    bar.finish_and_clear();
    if report.is_clean() {
        return Ok(report);
    }
    let broken: Vec<_> =
        report.broken().map(|check| format!("{}: {}", check.name, check.failures.join("; "))).collect();
    Err(DemoError::Audit(broken.join("\n")))
}

/// Vouchers of each state but the live ones that scripts are given.
const OF_EACH_STATE: i64 = 20;

/// All live vouchers, then some of every other state, with their credentials.
fn vouchers(
    connection: &mut Connection,
    played: &Played,
    now: Timestamp,
) -> Result<Vec<VoucherForScripts>, Stop> {
    let mut vouchers = Vec::new();
    for status in Status::ALL {
        let filter = Filter {
            programme_id: Some(played.programme_id),
            status: Some(status),
            limit: if status == Status::Issued { i64::MAX } else { OF_EACH_STATE },
            ..Filter::default()
        };
        for (_, view) in query::list(connection, &filter, now)? {
            vouchers.push(for_scripts(connection, view)?);
        }
    }
    Ok(vouchers)
}

fn for_scripts(connection: &mut Connection, view: VoucherView) -> Result<VoucherForScripts, Stop> {
    let row = store::find(connection, view.voucher_id, None)?;
    let credential = crate::credential::encode(&store::credential(connection, &row)?);
    let VoucherView { voucher_id, number, status, .. } = view;
    Ok(VoucherForScripts { voucher_id, number, status, credential })
}

/// Vouchers that are drawn; live ones come first in the list.
const PICTURES: usize = 36;

fn draw(data: &Path, vouchers: &[VoucherForScripts]) -> Result<usize, DemoError> {
    let drawn = &vouchers[..PICTURES.min(vouchers.len())];
    let bar = step("QR-коды / Drawing QR codes", drawn.len());
    for voucher in drawn {
        files::draw(data, voucher)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(drawn.len())
}
