//! The command line `vouchers`: one file for each family of commands.
//!
//! A command parses its arguments, sends the same commands to the writer that the doors of HTTP send,
//! and prints what came of it. It may write while a server runs on the same data directory. Results go to
//! standard output, everything about the work itself to standard error. Exit codes: 0 done, 1 refused or
//! found wanting, 2 the command line or the configuration cannot be understood.

mod ask;
mod audit;
mod audit_package;
mod backup;
mod demo;
mod export;
mod failure;
mod find;
mod house;
mod import;
mod init;
mod key;
mod log;
mod logs;
mod migrate_store;
mod output;
mod programme;
mod progress;
mod redeem;
mod restore;
mod retrained;
mod serve;
mod statement;
mod table;
mod token;
mod upkeep;
mod verify;
mod voucher;

use crate::config::{Config, Given, LogFormat};
use crate::cosigning::WitnessAddress;
use crate::db::Place;
use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use failure::Failure;
use house::House;
pub(crate) use house::system_clock;
use output::Output;
use std::path::PathBuf;
use std::process::ExitCode;
use zeroize::Zeroizing;

/// Digital training vouchers (цифровой сертификат на обучение): signed, redeemed exactly once, with a
/// ledger that follows every kopeck.
#[derive(Parser)]
#[command(name = "vouchers", version, about, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Global {
    /// The data directory [default: data]
    #[arg(long, global = true, value_name = "DIR", env = "VOUCHERS_DATA")]
    data: Option<PathBuf>,
    /// The keys' directory [default: keys inside the data directory if it is there, else keys]
    #[arg(long, global = true, value_name = "DIR", env = "VOUCHERS_KEYS")]
    keys: Option<PathBuf>,
    /// The database: postgres://… or sqlite://PATH [default: a file of SQLite in the data directory]
    #[arg(long, global = true, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<Place>,
    /// A replica that answers auditors (PostgreSQL) [default: the same database]
    #[arg(long, global = true, value_name = "URL", env = "DATABASE_READ_URL", hide_env_values = true)]
    database_read_url: Option<Place>,
    /// Settings in TOML; the environment and flags win over them
    #[arg(long, global = true, value_name = "FILE", env = "VOUCHERS_CONFIG")]
    config: Option<PathBuf>,
    /// How logs are written [default: text on a terminal, else json]
    #[arg(long, global = true, value_name = "FORMAT", env = "VOUCHERS_LOG_FORMAT")]
    log_format: Option<LogFormat>,
    /// Who cosigns the logs: "VKEY URL", several with commas between them
    #[arg(long, global = true, value_name = "WITNESSES", env = "VOUCHERS_WITNESSES", value_delimiter = ',')]
    witnesses: Option<Vec<WitnessAddress>>,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a data directory and its keys
    Init(init::Init),
    /// Serves the API until it is told to stop
    Serve(serve::Serve),
    /// Plays the Pskov case of 2020 with made-up people, reports, and serves it
    Demo(demo::Demo),
    /// Signing keys
    #[command(subcommand)]
    Key(key::Key),
    /// API tokens
    #[command(subcommand)]
    Token(token::Token),
    /// Programmes
    #[command(subcommand)]
    Programme(programme::Programme),
    /// Requests vouchers for the people of a roster file (CSV)
    Import(import::Import),
    /// Vouchers
    #[command(subcommand)]
    Voucher(voucher::Voucher),
    /// Redeems a voucher into a course run, as a registrar
    Redeem(redeem::Redeem),
    /// Bank statements
    #[command(subcommand)]
    Statement(statement::Statement),
    /// How many specialists were retrained, against the target
    Retrained(retrained::Retrained),
    /// Checks a credential, its QR picture or a receipt with public keys only
    Verify(verify::Verify),
    Ask(ask::Ask),
    /// Checks every rule of the books and the whole history
    Audit(audit::Audit),
    /// Checkpoints and proofs of a programme's log
    #[command(subcommand)]
    Log(log::Log),
    /// Files for auditors and others' tools
    #[command(subcommand)]
    Export(export::Export),
    /// Copies the database while the service runs
    Backup(backup::Backup),
    /// Makes a backup the database again; its logs go on in a new epoch
    Restore(restore::Restore),
    /// Moves everything from one store to another, and verifies it
    MigrateStore(migrate_store::MigrateStore),
    /// Prints completions for a shell
    Completions {
        shell: Shell,
    },
}

impl Cli {
    /// Does what was asked and says how it ended.
    pub fn run(self) -> ExitCode {
        match self.execute() {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failure.report(),
        }
    }

    fn execute(self) -> Result<(), Failure> {
        let Global {
            data,
            keys,
            database_url: database,
            database_read_url: database_read,
            config,
            log_format,
            witnesses,
        } = self.global;
        if let Command::Completions { shell } = self.command {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Self::command(), "vouchers", &mut script);
            return output::text(String::from_utf8_lossy(&script));
        }
        let config = Config::resolve(
            Given { data, keys, database, database_read, log_format, witnesses },
            config.as_deref(),
        )?;
        logs::start(config.log_format, matches!(self.command, Command::Serve(_)));
        let passphrase = std::env::var("VOUCHERS_KEY_PASSPHRASE").ok().map(Zeroizing::new);
        let house = House { config, passphrase };
        match self.command {
            Command::Init(init) => init.run(&house),
            Command::Serve(serve) => serve.run(&house),
            Command::Demo(demo) => demo.run(house),
            Command::Key(key) => key.run(&house),
            Command::Token(token) => token.run(&house),
            Command::Programme(programme) => programme.run(&house),
            Command::Import(import) => import.run(&house),
            Command::Voucher(voucher) => voucher.run(&house),
            Command::Redeem(redeem) => redeem.run(&house),
            Command::Statement(statement) => statement.run(&house),
            Command::Retrained(retrained) => retrained.run(&house),
            Command::Verify(verify) => verify.run(&house),
            Command::Ask(ask) => ask.run(&house),
            Command::Audit(audit) => audit.run(&house),
            Command::Log(log) => log.run(&house),
            Command::Export(export) => export.run(&house),
            Command::Backup(backup) => backup.run(&house),
            Command::Restore(restore) => restore.run(&house),
            Command::MigrateStore(migrate) => migrate.run(&house),
            Command::Completions { .. } => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
