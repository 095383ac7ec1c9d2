//! `vouchers export audit-package`: what proves a programme's books, for `vouchers-audit` and others.

use super::progress::Bar;
use super::table::Table;
use super::{Failure, House, Output, find, output};
use crate::credential::{KeyRecord, Purpose, key_files};
use crate::ledger::audit::Progress;
use crate::package::export::{self, Exported, Order};
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct AuditPackage {
    /// The programme's code
    #[arg(long, value_name = "CODE")]
    programme: String,
    /// Where to: a directory that is not there yet, or is empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The log as it was when a checkpoint covered this many leaves [default: the newest checkpoint]
    #[arg(long, value_name = "SIZE")]
    as_of: Option<u64>,
    #[command(flatten)]
    output: Output,
}

impl AuditPackage {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        let Self { programme: code, out, as_of, output } = self;
        let keyring = key_files::read_jwks(&house.config.keys)?;
        let records = keyring.records().into_iter().filter(|key| key.purpose == Purpose::Log);
        let log_keys: Vec<KeyRecord> = records.cloned().collect();
        let bar = Bar::new();
        let mut show = |progress: Progress<'_>| bar.show(&progress);
        let exported = house.read(|connection| {
            let programme = find::programme(connection, &code)?;
            let order = Order { programme: &programme, as_of, issuer: keyring.issuer(), log_keys: &log_keys };
            // An answer of its own, which is no refusal.
            Ok(export::export(connection, &order, &out, &mut show))
        })??;
        drop(bar);
        let Exported { size, files, checkpoint } = &exported;
        if output.json {
            output::json(&exported)?;
        } else {
            let names = [
                ("Package", out.display().to_string()),
                ("Files", files.to_string()),
                ("Leaves", size.to_string()),
            ];
            output::text(Table::of_names(names))?;
            output::line(format_args!("\n{checkpoint}"))?;
        }
        output::remark(
            "Keep this checkpoint apart: the next package is checked against it.\n\
             Check the package: vouchers-audit verify DIR --key jwks.json",
        );
        Ok(())
    }
}
