//! `vouchers audit`: does everything in the books hold?

use super::progress::Bar;
use super::table::Table;
use super::{Failure, House, Output, output};
use crate::credential::{KeyState, Purpose, key_files};
use crate::ledger::audit::{self, Check, Progress, Report, Trusted};
use serde_json::json;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Audit {
    /// A signed checkpoint kept elsewhere, which the history must still contain; may be repeated
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Audit {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        let trusted = trusted(house, &self.checkpoint)?;
        let bar = Bar::new();
        let mut show = |progress: Progress<'_>| bar.show(&progress);
        let report = house.read(|connection| Ok(audit::audit(connection, &trusted, &mut show)?))?;
        drop(bar);
        if self.output.json {
            output::json(&as_json(&report))?;
        } else {
            print(&report)?;
        }
        if report.is_clean() { Ok(()) } else { Err(Failure::Shown) }
    }
}

/// What the audit believes: the log's keys, and checkpoints kept elsewhere.
pub(super) fn trusted(house: &House, checkpoints: &[PathBuf]) -> Result<Trusted, Failure> {
    // Not from the database: whoever rewrites the books could write a key into it too.
    let keyring = key_files::read_jwks(&house.config.keys)?;
    let is_trusted = |purpose, state| purpose == Purpose::Log && state != KeyState::Compromised;
    let log_keys = keyring
        .records()
        .into_iter()
        .filter(|key| is_trusted(key.purpose, key.state))
        .map(|key| key.public)
        .collect();
    let checkpoint = |path: &PathBuf| std::fs::read_to_string(path).map_err(Failure::at(path));
    let checkpoints = checkpoints.iter().map(checkpoint).collect::<Result<_, _>>()?;
    Ok(Trusted { log_keys, checkpoints })
}

pub(super) fn print(report: &Report) -> Result<(), Failure> {
    let mut table = Table::new(&["CHECK", "LOOKED AT", "FAILED", ""]);
    for Check { name, checked, failed, .. } in &report.checks {
        let verdict = if *failed == 0 { "holds" } else { "DOES NOT HOLD" };
        table.row([(*name).into(), checked.to_string(), failed.to_string(), verdict.into()]);
    }
    output::text(table)?;
    for check in report.broken() {
        output::line(format_args!("\n{}:", check.name))?;
        for failure in &check.failures {
            output::line(format_args!("  {failure}"))?;
        }
        let spelled_out = check.failures.len() as u64;
        if check.failed > spelled_out {
            output::line(format_args!("  and {} more", check.failed - spelled_out))?;
        }
    }
    match report.broken().count() {
        0 => output::line("\nEverything holds (нарушений нет)"),
        broken => output::line(format_args!("\n{broken} checks found something (есть нарушения)")),
    }
}

fn as_json(report: &Report) -> serde_json::Value {
    let checks = report.checks.iter().map(|Check { name, checked, failed, failures }| {
        json!({ "name": name, "checked": checked, "failed": failed, "failures": failures })
    });
    json!({ "clean": report.is_clean(), "checks": checks.collect::<Vec<_>>() })
}
