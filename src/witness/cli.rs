//! The program `vouchers-witness`. Exit codes: 0 done, 1 refused or (of `status`) something to look into, 2 the command
//! line cannot be understood.

use super::cosigner::Cosigner;
use super::directory::{Directory, WitnessError};
use super::http;
use super::status::Status;
use crate::cli::system_clock;
use crate::proof::VerifierKey;
use clap::{Parser, Subcommand};
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;
use zeroize::Zeroizing;

/// A witness of logs (свидетель журналов): it cosigns what continues all it has seen before, and remembers.
#[derive(Parser)]
#[command(name = "vouchers-witness", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Args)]
struct Place {
    /// The witness' directory
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
}

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, for as long as the program runs")]
enum Command {
    /// Makes a witness and its key; prints the verifier key, which the service and auditors are told
    Init {
        #[command(flatten)]
        place: Place,
        /// The witness' name, like an address: control.example.ru
        #[arg(long)]
        name: String,
    },
    /// Trusts a key of a log, beside those it has; a running witness takes it up at once
    Trust {
        #[command(flatten)]
        place: Place,
        /// The log's verifier key, from somewhere else than the log
        #[arg(value_name = "LOG_VKEY")]
        key: VerifierKey,
        /// The log's name [default: the key's]
        origin: Option<String>,
    },
    /// Cosigns until it is told to stop
    Serve {
        #[command(flatten)]
        place: Place,
        /// Where to listen
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8082")]
        listen: SocketAddr,
    },
    /// What it has seen of each log; exit code 1 when somebody must look into something
    Status {
        #[command(flatten)]
        place: Place,
    },
}

impl Cli {
    /// Does what was asked and says how it ended.
    pub fn run(self) -> ExitCode {
        let passphrase = std::env::var("VOUCHERS_KEY_PASSPHRASE").ok().map(Zeroizing::new);
        match self.command.execute(passphrase.as_deref().map(String::as_str)) {
            Ok(code) => code,
            Err(error) => {
                // Nobody may be reading any more; the exit code says it too.
                let _ = writeln!(io::stderr(), "vouchers-witness: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

impl Command {
    fn execute(self, passphrase: Option<&str>) -> Result<ExitCode, WitnessError> {
        match self {
            Self::Init { place, name } => {
                say(Directory::init(&place.dir, &name, passphrase)?.key());
            }
            Self::Trust { place, key, origin } => {
                let origin = origin.as_deref().unwrap_or(key.name());
                let is_new = Directory::open(&place.dir)?.trust(&key, origin)?;
                let verb = if is_new {
                    "доверен / is trusted"
                } else {
                    "уже доверен / is trusted already"
                };
                say(&format!("{origin}: ключ {verb}"));
            }
            Self::Serve { place, listen } => serve(&place, listen, passphrase)?,
            Self::Status { place } => {
                let status = Status::of(&Directory::open(&place.dir)?)?;
                say(&status.to_string().trim_end());
                if !status.is_clean() {
                    return Ok(ExitCode::FAILURE);
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn say(words: &dyn std::fmt::Display) {
    // Whoever asked may have stopped reading; what was done is done.
    let _ = writeln!(io::stdout(), "{words}");
}

fn serve(place: &Place, listen: SocketAddr, passphrase: Option<&str>) -> Result<(), WitnessError> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    logs.log_internal_errors(false).json().flatten_event(true).init();
    let cosigner = Cosigner::open(Directory::open(&place.dir)?, passphrase, system_clock())?;
    let at = |error| WitnessError::Listen { address: listen, error };
    actix_web::rt::System::new().block_on(async {
        let listener = TcpListener::bind(listen).map_err(at)?;
        let address = listener.local_addr().map_err(at)?;
        let server = http::server(cosigner, listener).map_err(at)?;
        tracing::info!(%address, "cosigning");
        server.await.map_err(at)
    })
}
