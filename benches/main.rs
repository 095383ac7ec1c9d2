//! `cargo bench`: how fast and how large the main job is, against what its parts allow and against a
//! plain design, all in one run. `docs/benchmarks.md` says what the lines mean.

#![allow(clippy::disallowed_methods, reason = "a benchmark is an edge: it reads the clock and makes ids")]

mod auditing;
mod bare;
mod cluster;
mod contender;
mod core;
mod echo;
mod growth;
mod issue;
mod load;
mod offered;
mod pages;
mod payday;
mod pgbench;
mod picture;
mod plain;
mod postgres;
mod posting;
mod questions;
mod redeem;
mod report;
mod signatures;
mod usage;
mod world;

use clap::Parser;
use contender::Role;
use report::Report;
use std::path::PathBuf;
use training_vouchers::db::Place;
use world::Anyhow;

/// Measures redemption and issue against their parts and a plain design.
#[derive(Parser)]
struct Options {
    /// Vouchers loaded before redemption is measured [default: 1000000, or 20000 with --quick]
    #[arg(long)]
    vouchers: Option<i64>,
    /// Vouchers issued when issue is measured [default: 100000, or 10000 with --quick]
    #[arg(long)]
    issued: Option<i64>,
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Rounds in which the contenders take turns; the best of each counts [default: 5, or 2 with --quick]
    #[arg(long)]
    rounds: Option<usize>,
    /// A small run, of less than a minute
    #[arg(long)]
    quick: bool,
    /// Only this store [default: both; PostgreSQL 15 must be installed]
    #[arg(long)]
    store: Option<Store>,
    /// Measures only how work grows with the database (SQLite if no store is named): from 100,000 vouchers to so many
    #[arg(long, value_name = "VOUCHERS")]
    growth: Option<i64>,
    /// Measures only the ledger, on SQLite: posting, sessions and registers, audit
    #[arg(long)]
    ledger: bool,
    /// Writes the table as JSON too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draws the main lines as a picture (SVG)
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// Where databases are made; a loaded one is used again [default: in the target directory]
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"), hide_default_value = true)]
    directory: PathBuf,
    /// Serves instead of measuring: how the servers are started
    #[arg(long, hide = true, requires = "database", requires = "keys")]
    role: Option<Role>,
    #[arg(long, hide = true)]
    database: Option<Place>,
    #[arg(long, hide = true)]
    keys: Option<PathBuf>,
    /// `cargo bench` passes it; without it, as under `cargo test`, the run is tiny
    #[arg(long, hide = true)]
    bench: bool,
}

/// Where the database is.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Store {
    Sqlite,
    Postgres,
}

fn main() -> Anyhow<()> {
    let options = Options::parse();
    if let (Some(role), Some(place), Some(keys)) = (options.role, &options.database, &options.keys) {
        return contender::serve(role, place.clone(), keys);
    }
    let (vouchers, issued, rounds) = match (options.bench, options.quick) {
        (true, false) => (1_000_000, 100_000, 5),
        (true, true) => (20_000, 10_000, 2),
        // As a test: does it still run?
        (false, _) => (400, 200, 1),
    };
    let vouchers = options.vouchers.unwrap_or(vouchers);
    let rounds = options.rounds.unwrap_or(rounds);
    let mut report = Report::default();
    let plan = redeem::Plan {
        directory: options.directory.clone(),
        vouchers,
        connections: options.connections,
        rounds,
        // Half of the vouchers at most; of a million a tenth, so that every round finds the same database.
        per_round: (vouchers as usize / 2 / rounds).min(20_000),
    };
    if let Some(largest) = options.growth {
        let on_postgres = options.store == Some(Store::Postgres);
        growth::measure(&mut report, &options.directory, on_postgres, largest, options.connections)?;
    } else if options.store != Some(Store::Postgres) {
        if !options.ledger {
            redeem::measure(&mut report, &plan)?;
            issue::measure(&mut report, &options.directory, options.issued.unwrap_or(issued), rounds.min(3))?;
        }
        let posted = options.issued.unwrap_or(issued) as usize;
        posting::measure(&mut report, &options.directory, posted, rounds.min(3))?;
        payday::measure(&mut report, &options.directory, !options.bench)?;
        auditing::measure(&mut report, &plan)?;
    }
    if options.store != Some(Store::Sqlite) && options.bench && options.growth.is_none() && !options.ledger {
        postgres::measure(&mut report, &plan)?;
    }
    report.print();
    if let Some(path) = &options.json {
        report.write(path)?;
    }
    if let Some(path) = &options.picture {
        picture::write(&report, path)?;
    }
    Ok(())
}
