//! `vouchers programme`: programmes from files.

use super::{Failure, House, Output, house, output};
use crate::programme::file::ProgrammeFile;
use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub(super) enum Programme {
    /// Creates a programme with its budget lines and quotas
    Create {
        /// TOML or JSON; docs/cli.md shows one
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        output: Output,
    },
}

impl Programme {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        let Self::Create { file, output } = self;
        let text = std::fs::read_to_string(&file).map_err(Failure::at(&file))?;
        let parsed = ProgrammeFile::parse(&text)?;
        house.with_app(|app| {
            let made = parsed.create(&app.writer, &house::operator(), || app.new_id())?;
            output::remark(format_args!(
                "Programme {} «{}» is a draft: appropriate its budget lines, then open it.",
                made.code, made.name
            ));
            if output.json { output::json(&made) } else { output::line(made.programme_id) }
        })
    }
}
