//! Redemption on PostgreSQL: ours over HTTP by one server process and by two, the plain design, and `pgbench`
//! with the SQL alone, taking turns, each with a database of its own.

use crate::cluster::Cluster;
use crate::contender::{Contender, Role};
use crate::issue;
use crate::load;
use crate::offered;
use crate::pgbench;
use crate::redeem::{Fresh, Plan, Turn, checkpoints, micros, millis, redemptions, shuffled};
use crate::report::{Report, Target};
use crate::world::{Anyhow, World, is_of_these_tables, mark_tables};
use std::time::Duration;

struct Round {
    ours: Turn,
    batch: f64,
    /// The database's own CPU, of one redemption.
    database: f64,
    two: f64,
    plain: Turn,
    pgbench: f64,
}

pub fn measure(report: &mut Report, plan: &Plan) -> Anyhow<()> {
    let cluster = Cluster::start(&plan.directory.join("cluster"))?;
    let (loaded, name) = load(plan, &cluster)?;
    let copy = |to: &str| -> Anyhow<World> {
        cluster.copy(&name, to)?;
        Ok(World::at(cluster.place(to), loaded.keys()))
    };
    let (ours, pair, plain) = (copy("ours")?, copy("pair")?, copy("plain")?);
    copy("bench")?;
    let server = Contender::start(Role::Ours, &ours)?;
    let servers = [Contender::start(Role::Ours, &pair)?, Contender::start(Role::Ours, &pair)?];
    let plain = Contender::start(Role::Plain, &plain)?;
    let order = shuffled(plan.vouchers);
    let mut rounds = Vec::new();
    for (number, voucher_nos) in (1..).zip(order.chunks(plan.per_round).take(plan.rounds)) {
        let credentials = loaded.credentials(voucher_nos)?;
        let before = (checkpoints(&ours)?, cluster.cpu()?);
        let turn = Turn::take(&server, plan.connections, redemptions(&credentials))?;
        let database = micros(cluster.cpu()?.saturating_sub(before.1)) / voucher_nos.len() as f64;
        let batch = voucher_nos.len() as f64 / (checkpoints(&ours)? - before.0) as f64;
        let two = both(&servers, plan.connections, &credentials)?;
        let few = &credentials[..credentials.len().div_ceil(4)];
        let plain = Turn::take(&plain, plan.connections, redemptions(few))?;
        let round = Round { ours: turn, batch, database, two, plain, pgbench: 0.0 };
        println!(
            "PostgreSQL, round {number}: {:.0}/s in batches of {batch:.1}, two servers {two:.0}/s, plain {:.0}/s",
            round.ours.per_second(),
            round.plain.per_second(),
        );
        rounds.push(round);
    }
    let (alone, clients) = pgbench::best(&cluster, "bench", plan.vouchers, plan.per_round / 8)?;
    if let Some(last) = rounds.last_mut() {
        last.pgbench = alone;
    }
    show(report, &rounds, clients);
    let capacity = rounds.iter().map(|round| round.ours.per_second()).fold(0.0, f64::max);
    let fresh = Fresh::after(&order, plan);
    let section = "Offered load, PostgreSQL";
    offered::measure(report, section, &server, capacity, |count| fresh.take(&loaded, count))?;
    drop((server, servers, plain));
    for database in ["ours", "pair", "plain", "bench"] {
        cluster.drop(database)?;
    }
    Ok(())
}

/// Half of the credentials to each of two servers at the same time; redemptions a second of both.
fn both(servers: &[Contender; 2], connections: usize, credentials: &[String]) -> Anyhow<f64> {
    let half = credentials.len() / 2;
    let begun = std::time::Instant::now();
    std::thread::scope(|scope| {
        let parts = [(&servers[0], &credentials[..half]), (&servers[1], &credentials[half..])];
        let runs = parts.map(|(server, part)| {
            let requests = redemptions(part);
            scope.spawn(move || {
                load::run(server.address, connections / 2, requests).map_err(|e| e.to_string())
            })
        });
        for run in runs {
            run.join().map_err(|_| "a client panicked")??;
        }
        Anyhow::Ok(())
    })?;
    Ok(credentials.len() as f64 / begun.elapsed().as_secs_f64())
}

/// A loaded database; it is made once and kept.
fn load(plan: &Plan, cluster: &Cluster) -> Anyhow<(World, String)> {
    let name = format!("loaded_{}", plan.vouchers);
    let keys = plan.directory.join(format!("keys-{}", plan.vouchers));
    let world = World::at(cluster.place(&name), &keys);
    let mark = keys.join("tables.sql");
    if cluster.exists(&name) && is_of_these_tables(&mark) && world.requests()?.is_empty() {
        return Ok((world, name));
    }
    let _ = std::fs::remove_dir_all(&keys);
    cluster.create(&name)?;
    println!("loading {} vouchers into PostgreSQL", plan.vouchers);
    let world = World::create(cluster.place(&name), &keys, plan.vouchers)?;
    let took: Duration = issue::issue_all(&Contender::start(Role::Ours, &world)?, &world)?;
    println!("issued in {took:.1?}");
    cluster.run(&name, "VACUUM ANALYZE")?;
    mark_tables(&mark)?;
    Ok((world, name))
}

fn show(report: &mut Report, rounds: &[Round], clients: usize) {
    let most = |of: &dyn Fn(&Round) -> f64| rounds.iter().map(of).fold(0.0, f64::max);
    let by_speed = |a: &&Round, b: &&Round| a.ours.per_second().total_cmp(&b.ours.per_second());
    let best = rounds.iter().max_by(by_speed).expect("there is a round");
    let (reached, two) = (best.ours.per_second(), most(&|round| round.two));
    let (plain, pgbench) = (most(&|round| round.plain.per_second()), most(&|round| round.pgbench));
    report.section("Redemption over HTTP, on PostgreSQL");
    report.line("redeemed", reached, "/s");
    report.line("p50", millis(best.ours.outcome.percentile(0.50)), "ms");
    report.line("p99", millis(best.ours.outcome.percentile(0.99)), "ms");
    report.line("server CPU", best.ours.each(best.ours.cpu.total), "µs each");
    report.line("of it the writer's thread", best.ours.each(best.ours.cpu.writer), "µs each");
    report.line("database CPU", best.database, "µs each");
    report.line("redemptions a transaction", best.batch, "");
    report.line("plain: redeemed", plain, "/s");
    report.target("ours ÷ plain", reached / plain, "×", Target::AtLeast(6.0));
    report.line("pgbench, the SQL alone, one redemption per transaction", pgbench, "/s");
    report.line("clients at which it does best", clients as f64, "");
    report.target("ours ÷ pgbench", reached / pgbench, "×", Target::AtLeast(2.0));
    report.line("two server processes on one database", two, "/s");
    report.target("two ÷ one", two / reached, "×", Target::AtLeast(1.0));
}
