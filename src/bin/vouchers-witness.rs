//! The program `vouchers-witness`: cosigns the checkpoints of logs it knows. Everything it does is in `witness/`.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    training_vouchers::witness::cli::Cli::parse().run()
}
