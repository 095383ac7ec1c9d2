//! `vouchers programme`: programmes from files.

use super::{Failure, House, house};
use crate::programme::file::ProgrammeFile;
use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub(super) enum Programme {
    /// Creates a programme with its budget lines and quotas
    Create {
        /// TOML or JSON; docs/cli.md shows one
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
}

impl Programme {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        let Self::Create { file } = self;
        let text = std::fs::read_to_string(&file).map_err(Failure::at(&file))?;
        let parsed = ProgrammeFile::parse(&text)?;
        house.with_app(|app| {
            let made = parsed.create(&app.writer, &house::operator(), || app.new_id())?;
            println!("{}", made.programme_id);
            eprintln!(
                "Programme {} «{}» is a draft: appropriate its budget lines, then open it.",
                made.code, made.name
            );
            Ok(())
        })
    }
}
