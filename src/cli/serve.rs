//! `vouchers serve`.

use super::{Failure, House, house, upkeep};
use crate::app::App;
use crate::login::oidc::IdentityProvider;
use crate::web;
use actix_web::web::Data;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

/// Reading connections for each worker: while one reads, another waits for the disk.
const READERS_EACH: usize = 2;

#[derive(clap::Args)]
pub(super) struct Serve {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", env = "VOUCHERS_LISTEN")]
    listen: Option<SocketAddr>,
    /// Threads that answer requests [default: one for each core]
    #[arg(long, value_name = "N", env = "VOUCHERS_WORKERS")]
    workers: Option<NonZero<u16>>,
}

impl Serve {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        let workers = self.workers.map(|workers| usize::from(workers.get())).or(house.config.workers);
        serve(house, self.listen.unwrap_or(house.config.listen), workers)
    }
}

/// Serves until a signal says stop; returns when everything that was accepted is answered.
pub(super) fn serve(house: &House, listen: SocketAddr, workers: Option<usize>) -> Result<(), Failure> {
    let cores = || available_parallelism().map_or(1, NonZero::get);
    let workers = workers.unwrap_or_else(cores).max(1);
    let readers = u32::try_from(workers * READERS_EACH).unwrap_or(u32::MAX);
    house::wait(async {
        // Listen first: a taken port is told before anything is opened.
        let listener = TcpListener::bind(listen).map_err(Failure::Server)?;
        let address = listener.local_addr().map_err(Failure::Server)?;
        let mut app = house.open_with(readers)?;
        app.identity_provider = house.config.oidc.clone().map(IdentityProvider::open).transpose()?;
        let app = Data::new(app);
        let server = web::server(app.clone(), listener, workers).map_err(Failure::Server)?;
        let upkeep = upkeep::start(&app, house);
        tracing::info!(%address, workers, database = %house.config.database, "serving");
        let ended = server.await.map_err(Failure::Server);
        upkeep.stop().await;
        if let Some(app) = Arc::into_inner(app.into_inner()) {
            app.close();
        }
        tracing::info!("stopped");
        ended
    })
}

/// What the periodic tasks share.
pub(super) type Served = Data<App>;
