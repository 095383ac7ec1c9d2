//! `vouchers import`: an agency's roster file becomes a request.

use super::table::Table;
use super::{Failure, House, Output, find, house, output};
use crate::employee::csv;
use crate::kernel::{EmployeeId, RequestId};
use crate::request::model::Mode;
use crate::request::outcome::{Outcome, RowOutcome};
use crate::request::submit::Candidate;
use crate::request::{SubmitRequest, SubmittedRequest};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Import {
    /// Code of the agency whose people they are
    #[arg(long, value_name = "CODE")]
    agency: String,
    /// Code of the programme
    #[arg(long, value_name = "CODE")]
    programme: String,
    /// A workbook (.xlsx) or CSV; docs/api.md names the columns
    file: PathBuf,
    /// Decides the same and writes nothing
    #[arg(long)]
    dry_run: bool,
    /// What becomes of the list when some rows are refused
    #[arg(long, default_value = Mode::AllOrNothing.as_str(), value_parser = mode())]
    mode: Mode,
    #[command(flatten)]
    output: Output,
}

fn mode() -> impl TypedValueParser<Value = Mode> {
    let all = [Mode::AllOrNothing, Mode::BestEffort];
    PossibleValuesParser::new(all.map(Mode::as_str))
        .try_map(move |text| all.into_iter().find(|mode| mode.as_str() == text).ok_or("no such mode"))
}

impl Import {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        let file = std::fs::read(&self.file).map_err(Failure::at(&self.file))?;
        let rows = csv::read(&file)?;
        let outcome = house.with_app(|app| {
            let (agency_no, agency_id) = app.read_blocking(|c| find::agency(c, &self.agency))?;
            let programme_id = app.read_blocking(|c| find::programme(c, &self.programme))?.programme_id;
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} rows").ok();
            let bar = ProgressBar::new(rows.len() as u64);
            bar.set_style(style.unwrap_or_else(ProgressStyle::default_bar));
            let candidates = bar.wrap_iter(rows.into_iter()).map(|row| {
                let new_id = EmployeeId(app.new_id());
                Candidate::new(row, &app.holder_secret, programme_id, agency_id, new_id)
            });
            let command = SubmitRequest {
                request_id: RequestId(app.new_id()),
                programme_id,
                agency_no,
                agency_id,
                actor: house::operator(),
                mode: self.mode,
                dry_run: self.dry_run,
                rows: candidates.collect(),
            };
            bar.finish_and_clear();
            app.writer
                .execute_blocking(command)
                .map(|answer| answer.reply)
                .map_err(|refusal| refused(refusal, &self.output))
        })?;
        if self.output.json {
            return output::json(&outcome);
        }
        print(&outcome)
    }
}

/// A refused list shows which rows are at fault.
fn refused(refusal: crate::kernel::Refusal, output: &Output) -> Failure {
    let rows = refusal.facts.get("rows").cloned().unwrap_or_default();
    if let Ok(rows) = serde_json::from_value::<Vec<RowOutcome>>(rows)
        && !output.json
    {
        // The refusal is the news; it matters more than a table that cannot be printed.
        let _ = output::text(table(&rows));
    }
    refusal.into()
}

fn print(outcome: &SubmittedRequest) -> Result<(), Failure> {
    output::text(table(&outcome.rows))?;
    let automatic = if outcome.automatic { ", automatically" } else { "" };
    let SubmittedRequest { accepted, refused, status, .. } = outcome;
    output::line(format_args!(
        "{accepted} accepted, {refused} refused; the request is {}{automatic}",
        status.as_str()
    ))?;
    match outcome.request_id {
        Some(id) => output::line(format_args!("Request {id}"))?,
        None => output::line("A dry run: nothing was written")?,
    }
    if let Some(day) = outcome.waits_until {
        output::line(format_args!("State bodies come first: it waits in line until the end of {day}"))?;
    }
    Ok(())
}

fn table(rows: &[RowOutcome]) -> Table {
    let mut table = Table::new(&["ROW", "REFERENCE", "OUTCOME", "WHY"]);
    for row in rows {
        let outcome = match row.outcome {
            Outcome::Accepted => "accepted",
            Outcome::Refused => "refused",
        };
        let field = row.field.as_ref().map(|field| format!(" ({field})")).unwrap_or_default();
        let why = row.code.as_ref().map(|code| format!("{code}{field}")).unwrap_or_default();
        table.row([row.row.to_string(), row.client_ref.clone(), outcome.into(), why]);
    }
    table
}
