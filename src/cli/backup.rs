//! `vouchers backup`: a copy of the database, taken while the service runs.

use super::progress::Bar;
use super::table::Table;
use super::{Failure, House, Output, output};
use crate::backup::{self, Content, Taken};
use crate::db::Place;
use crate::ledger::audit::Progress;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Backup {
    /// Where to; nothing is overwritten. Its SHA-256 is put beside it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    output: Output,
}

impl Backup {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        let path = match &house.config.database {
            Place::Sqlite(path) => path,
            place @ Place::Postgres(_) => return Err(Failure::ByItsOwnTools(place.clone())),
        };
        let bar = Bar::new();
        let mut show = |progress: Progress<'_>| bar.show(&progress);
        let taken = backup::take(path, &self.out, &mut show)?;
        drop(bar);
        if self.output.json {
            output::json(&taken)?;
        } else {
            let Taken { bytes, sha256, content } = taken;
            let out = self.out.display().to_string();
            let names = [("Backup", out), ("Bytes", bytes.to_string()), ("SHA-256", sha256)];
            output::text(Table::of_names(names))?;
            print(&content)?;
        }
        output::remark(
            "Keep these checkpoints on another machine: a restored backup is checked against them.\n\
             The keys are not in the backup: keep a copy of their directory apart from it.",
        );
        Ok(())
    }
}

/// What is in a database, and the newest checkpoints of its logs.
pub(super) fn print(content: &Content) -> Result<(), Failure> {
    let backup::Counts { programmes, agencies, employees, vouchers, redemptions, payments } = content.counts;
    let counts = [
        ("Programmes", programmes),
        ("Agencies", agencies),
        ("Employees", employees),
        ("Vouchers", vouchers),
        ("Redemptions", redemptions),
        ("Payments", payments),
    ];
    output::text(Table::of_names(counts.map(|(name, count)| (name, count.to_string()))))?;
    for log in &content.logs {
        match &log.checkpoint {
            Some(note) => output::text(format_args!("\n{note}"))?,
            None => output::line(format_args!("\n{} has no entries yet", log.origin))?,
        }
    }
    Ok(())
}
