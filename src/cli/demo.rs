//! `vouchers demo`: the Pskov case, played and served.

use super::{Failure, House, output, serve};
use crate::config::Config;
use crate::demo::{self, DemoOptions};
use std::net::SocketAddr;

#[derive(clap::Args)]
pub(super) struct Demo {
    /// Ends after the report
    #[arg(long)]
    no_serve: bool,
    /// Deletes the demo that is in the data directory already
    #[arg(long)]
    reset: bool,
    /// Where to listen afterwards [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", env = "VOUCHERS_LISTEN")]
    listen: Option<SocketAddr>,
}

impl Demo {
    pub(super) fn run(self, house: House) -> Result<(), Failure> {
        let House { config, .. } = house;
        let data = config.data.clone();
        let listen = self.listen.unwrap_or(config.listen);
        let database = config.database.clone();
        let options =
            DemoOptions { data: data.clone(), database, listen, serve: !self.no_serve, reset: self.reset };
        output::text(demo::perform(&options)?)?;
        if self.no_serve {
            return Ok(());
        }
        // The demo's keys are its own, and not encrypted.
        let config = Config { keys: data.join("keys"), ..config };
        let workers = config.workers;
        serve::serve(&House { config, passphrase: None }, listen, workers)
    }
}
