//! The program `vouchers`. Everything is in the library: `lib.rs` is the map, `cli` the commands.

use clap::Parser;
use std::process::ExitCode;
use training_vouchers::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
