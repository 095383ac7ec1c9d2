//! `vouchers export`: what others read with tools of their own.

use super::audit_package::AuditPackage;
use super::progress::Bar;
use super::{Failure, House, find, output};
use crate::export::{Export as Exporting, ExportError, Format, Wanted};
use crate::ledger::audit::Progress;
use crate::writer::told;
use chrono::NaiveDate;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

#[derive(clap::Subcommand)]
pub(super) enum Export {
    /// Every posting of a programme, for spreadsheets, bookkeeping tools and programs
    Journal(Journal),
    /// Writes what proves a programme's books into a directory: `vouchers-audit verify` checks it anywhere
    AuditPackage(AuditPackage),
}

#[derive(clap::Args)]
pub(super) struct Journal {
    /// The programme's code
    #[arg(long, value_name = "CODE")]
    programme: String,
    #[arg(long, value_enum)]
    format: Format,
    /// Where to; nothing is overwritten [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Effective on this day (Moscow) or later
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    /// Effective on this day (Moscow) or earlier
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    /// The first so many leaves of the log, the same for ever [default: all there are]
    #[arg(long, value_name = "SIZE")]
    as_of: Option<i64>,
}

impl Export {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        match self {
            Self::Journal(journal) => journal.run(house),
            Self::AuditPackage(package) => package.run(house),
        }
    }
}

impl Journal {
    fn run(self, house: &House) -> Result<(), Failure> {
        if self.out.is_none() && !self.format.is_text() && io::stdout().is_terminal() {
            return Err(Failure::Usage(format!("{} is not for terminals: --out FILE", self.format.as_str())));
        }
        let wanted = Wanted { from: self.from, to: self.to, as_of: self.as_of };
        house.read(|mut connection| {
            let programme = find::programme(connection, &self.programme)?;
            let mut export = Exporting::new(connection, &programme, self.format, wanted)?;
            let bar = Bar::new();
            let mut next = || {
                let piece = export.next(&mut connection);
                let (done, total) =
                    (export.leaves_read().cast_unsigned(), export.about.as_of.cast_unsigned());
                bar.show(&Progress { of: &export.about.programme_code, done, total });
                piece
            };
            let written = match &self.out {
                Some(path) => to_file(path, &mut next),
                None => to_output(&mut next),
            };
            drop(bar);
            if written.is_ok() {
                output::remark(format_args!("The first {} leaves of the log", export.about.as_of));
            }
            Ok(written)
        })?
    }
}

type Next<'n> = dyn FnMut() -> Result<Option<Vec<u8>>, ExportError> + 'n;

/// The file has its name only when it is whole.
fn to_file(path: &Path, next: &mut Next<'_>) -> Result<(), Failure> {
    if path.exists() {
        return Err(Failure::at(path)(ErrorKind::AlreadyExists.into()));
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(directory).map_err(Failure::at(path))?;
    while let Some(piece) = next().map_err(failed)? {
        file.write_all(&piece).map_err(Failure::at(path))?;
    }
    file.as_file().sync_all().map_err(Failure::at(path))?;
    file.persist_noclobber(path).map(drop).map_err(|failed| Failure::at(path)(failed.error))
}

/// A reader that has had enough ends the export.
fn to_output(next: &mut Next<'_>) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    while let Some(piece) = next().map_err(failed)? {
        match out.write_all(&piece).and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(Failure::at(Path::new("standard output")))?,
        }
    }
    Ok(())
}

fn failed(error: ExportError) -> Failure {
    match error {
        ExportError::Books(failure) => {
            tracing::error!(%failure, "an export failed");
            told(&failure).into()
        }
        other => Failure::Export(other),
    }
}
