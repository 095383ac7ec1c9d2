//! Redemption: ours over HTTP, ours without HTTP, the plain design, and the parts, taking turns.

use crate::bare::{self, Took};
use crate::contender::{Contender, Role, WORKERS};
use crate::load::{self, Outcome};
use crate::report::{Report, Target};
use crate::signatures::{self, Costs};
use crate::usage::{self, Cpu};
use crate::world::{
    Anyhow, COURSE_RUNS, Door, PROGRAMME, World, course_run, is_of_these_tables, mark_tables,
};
use crate::{core, issue, offered};
use diesel::prelude::*;
use std::cell::RefCell;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use training_vouchers::app::App;
use training_vouchers::db::Place;
use training_vouchers::db::schema::checkpoint;
use uuid::Uuid;

pub struct Plan {
    pub directory: PathBuf,
    pub vouchers: i64,
    pub connections: usize,
    pub rounds: usize,
    /// Redemptions of a turn.
    pub per_round: usize,
}

/// A turn of a server.
pub struct Turn {
    pub outcome: Outcome,
    pub cpu: Cpu,
}

impl Turn {
    pub fn take(server: &Contender, connections: usize, requests: Vec<Vec<u8>>) -> Anyhow<Self> {
        let before = server.cpu();
        let outcome = load::run(server.address, connections, requests)?;
        Ok(Self { outcome, cpu: server.cpu().since(before) })
    }

    pub fn per_second(&self) -> f64 {
        self.outcome.per_second()
    }

    /// Of one request, in µs.
    pub fn each(&self, cpu: Duration) -> f64 {
        micros(cpu) / self.outcome.latencies.len() as f64
    }
}

pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// What one round showed.
struct Round {
    ours: Turn,
    /// Redemptions that shared a transaction, on average.
    batch: f64,
    plain: Turn,
    echo: Turn,
    bare: Took,
    /// Redemptions a second without HTTP.
    alone: f64,
    costs: Costs,
}

/// Those that take part, each with a database of its own.
struct Contest {
    loaded: World,
    ours: (World, Contender),
    plain: Contender,
    echo: Contender,
    core: App,
    bare: World,
    connections: usize,
}

impl Contest {
    fn prepare(plan: &Plan) -> Anyhow<Self> {
        let loaded = load(plan)?;
        let copy = |name: &str| loaded.copy_to(&plan.directory.join(name));
        let (ours, plain, core, bare) = (copy("ours")?, copy("plain")?, copy("core")?, copy("bare")?);
        let server = Contender::start(Role::Ours, &ours)?;
        Ok(Self {
            ours: (ours, server),
            plain: Contender::start(Role::Plain, &plain)?,
            echo: Contender::start(Role::Echo, &loaded)?,
            core: core.app()?,
            bare,
            connections: plan.connections,
            loaded,
        })
    }

    fn round(&self, voucher_nos: &[i64]) -> Anyhow<Round> {
        let credentials = self.loaded.credentials(voucher_nos)?;
        let (world, server) = &self.ours;
        let before = checkpoints(world)?;
        let ours = Turn::take(server, self.connections, redemptions(&credentials))?;
        let batch = voucher_nos.len() as f64 / (checkpoints(world)? - before) as f64;
        let few = &credentials[..credentials.len().div_ceil(4)];
        let plain = Turn::take(&self.plain, self.connections, redemptions(few))?;
        let echo = Turn::take(&self.echo, self.connections, echoes(&credentials, ours.outcome.answer))?;
        let bare = bare::redeem_all(&self.bare, voucher_nos, (batch.round() as usize).max(1))?;
        let costs = signatures::measure(&self.loaded, &credentials[0])?;
        let app = &self.core;
        let begun = Instant::now();
        core::redeem_all(&app.writer, &app.keyring(), credentials, self.connections);
        let alone = voucher_nos.len() as f64 / begun.elapsed().as_secs_f64();
        Ok(Round { ours, batch, plain, echo, bare, alone, costs })
    }
}

/// A loaded database; it is made once and kept.
pub fn load(plan: &Plan) -> Anyhow<World> {
    let data = plan.directory.join(format!("loaded-{}", plan.vouchers));
    let (place, keys) = (Place::in_directory(&data), data.join("keys"));
    let world = World::at(place.clone(), &keys);
    let mark = data.join("tables.sql");
    if is_of_these_tables(&mark) && world.requests()?.is_empty() {
        return Ok(world);
    }
    let _ = std::fs::remove_dir_all(&data);
    println!("loading {} vouchers into {}", plan.vouchers, data.display());
    let world = World::create(place, &keys, plan.vouchers)?;
    let took = issue::issue_all(&Contender::start(Role::Ours, &world)?, &world)?;
    println!("issued in {took:.1?}");
    mark_tables(&mark)?;
    Ok(world)
}

/// The numbers of so many vouchers, each once, in an order that is random but always the same (Fisher and Yates, xorshift).
pub fn shuffled(count: i64) -> Vec<i64> {
    let mut numbers: Vec<i64> = (1..=count).collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for place in (1..numbers.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        numbers.swap(place, (state % (place as u64 + 1)) as usize);
    }
    numbers
}

pub fn redemptions(credentials: &[String]) -> Vec<Vec<u8>> {
    let token = Door::Registrar.secret();
    let redemption = |(place, credential): (usize, &String)| {
        let body = serde_json::json!({
            "redemption_id": Uuid::new_v4(),
            "credential": credential,
            "course_run_id": course_run(place % COURSE_RUNS),
            "identity_checked": true,
        });
        load::post("/v1/redemptions", token.reveal(), &body.to_string(), None)
    };
    credentials.iter().enumerate().map(redemption).collect()
}

/// Requests and answers as long as a redemption's, twice as many.
fn echoes(credentials: &[String], answer: usize) -> Vec<Vec<u8>> {
    let (token, path) = (Door::Registrar.secret(), format!("/echo/{answer}"));
    // The ids and names around a credential are 160 bytes.
    let echo =
        |credential: &String| load::post(&path, token.reveal(), &format!("{credential}{:160}", ""), None);
    credentials.iter().chain(credentials).map(echo).collect()
}

/// Every transaction leaves one checkpoint.
pub fn checkpoints(world: &World) -> Anyhow<i64> {
    let of_programme = checkpoint::table.filter(checkpoint::programme_no.eq(PROGRAMME));
    Ok(of_programme.count().get_result(&mut world.connection()?)?)
}

pub fn measure(report: &mut Report, plan: &Plan) -> Anyhow<()> {
    let contest = Contest::prepare(plan)?;
    let pid = contest.ours.1.pid();
    let (idle, _) = usage::resident(pid);
    let order = shuffled(plan.vouchers);
    let mut rounds = Vec::new();
    for (number, voucher_nos) in (1..).zip(order.chunks(plan.per_round).take(plan.rounds)) {
        let round = contest.round(voucher_nos)?;
        println!(
            "redemption, round {number}: {:.0}/s in batches of {:.1}, alone {:.0}/s, plain {:.0}/s, echo {:.0}/s",
            round.ours.per_second(),
            round.batch,
            round.alone,
            round.plain.per_second(),
            round.echo.per_second(),
        );
        rounds.push(round);
    }
    let (_, peak) = usage::resident(pid);
    show(report, &rounds, [idle, peak]);
    let capacity = best(&rounds, |round| &round.ours, Turn::per_second).per_second();
    let fresh = Fresh::after(&order, plan);
    let section = "Offered load, SQLite";
    offered::measure(report, section, &contest.ours.1, capacity, |count| fresh.take(&contest.loaded, count))
}

/// Vouchers that no round has redeemed.
pub struct Fresh {
    left: RefCell<Vec<i64>>,
}

impl Fresh {
    pub fn after(order: &[i64], plan: &Plan) -> Self {
        let left = order.get(plan.per_round * plan.rounds..).unwrap_or_default();
        Self { left: RefCell::new(left.to_vec()) }
    }

    /// The credentials of so many of them, if there are as many.
    pub fn take(&self, world: &World, count: usize) -> Anyhow<Vec<String>> {
        let mut left = self.left.borrow_mut();
        // What is left at the end must do for the loads to come.
        let count = count.min(left.len() / 4);
        let rest = left.len() - count;
        world.credentials(&left.split_off(rest))
    }
}

fn best<T>(rounds: &[Round], of: impl Fn(&Round) -> &T, value: impl Fn(&T) -> f64) -> &T {
    let greater = |a: &&T, b: &&T| value(a).total_cmp(&value(b));
    rounds.iter().map(of).max_by(greater).expect("there is a round")
}

fn show(report: &mut Report, rounds: &[Round], [idle, peak]: [f64; 2]) {
    let round = best(rounds, |round| round, |round| round.ours.per_second());
    let (ours, batch) = (&round.ours, round.batch);
    let plain = best(rounds, |round| &round.plain, Turn::per_second);
    let echo = best(rounds, |round| &round.echo, Turn::per_second);
    let bare = best(rounds, |round| &round.bare, |bare| -bare.wall.as_secs_f64());
    let alone = *best(rounds, |round| &round.alone, |alone| *alone);
    let costs = rounds.iter().map(|round| round.costs).reduce(Costs::least).expect("there is a round");
    let reached = ours.per_second();

    report.section("Redemption over HTTP");
    report.line("redeemed", reached, "/s");
    report.line("p50", millis(ours.outcome.percentile(0.50)), "ms");
    report.line("p99", millis(ours.outcome.percentile(0.99)), "ms");
    report.line("server CPU", ours.each(ours.cpu.total), "µs each");
    report.line("of it the writer's thread", ours.each(ours.cpu.writer), "µs each");
    report.line("redemptions a transaction", batch, "");
    report.line("without HTTP: check, decision, durable commit, receipt", alone, "/s");
    report.target("resident, idle", idle, "MiB", Target::AtMost(50.0));
    report.target("resident, highest under load", peak, "MiB", Target::AtMost(200.0));

    report.section("Its parts, measured alone");
    let written = ours.outcome.latencies.len() as f64;
    let echoed = WORKERS as f64 * 1e6 / echo.per_second();
    let (sql, sql_wall) = (micros(bare.cpu) / written, micros(bare.wall) / written);
    report.line("HTTP echo, same sizes", echo.per_second(), "/s");
    report.line("HTTP echo, on both cores, load generator included", echoed, "µs each");
    report.line("sign", micros(costs.sign), "µs each");
    report.line("verify_strict", micros(costs.verify_strict), "µs each");
    report.line("check of a credential, private key at hand", micros(costs.check), "µs each");
    report.line("check of a credential, public key only", micros(costs.check_strict), "µs each");
    report.line("bare SQL of the same rows, CPU", sql, "µs each");
    report.line("bare SQL of the same rows, wall", sql_wall, "µs each");

    report.section("Against the sum of its parts");
    let allowed = |signatures: f64| 1e6 / ((echoed + signatures + sql) / WORKERS as f64).max(sql_wall);
    let checkpoint = micros(costs.sign) / batch;
    let quick = allowed(micros(costs.sign) + checkpoint);
    let strict = allowed(micros(costs.verify_strict) + checkpoint);
    report.line("allowed, checked by signing again", quick, "/s");
    report.target("redeemed ÷ allowed", 100.0 * reached / quick, "%", Target::AtLeast(75.0));
    report.line("allowed, checked by verify_strict", strict, "/s");
    report.line("redeemed ÷ that", 100.0 * reached / strict, "%");

    report.section("Against the plain design");
    report.line("plain: redeemed", plain.per_second(), "/s");
    report.line("plain: p99", millis(plain.outcome.percentile(0.99)), "ms");
    report.line("plain: server CPU", plain.each(plain.cpu.total), "µs each");
    report.target("ours ÷ plain", reached / plain.per_second(), "×", Target::AtLeast(3.5));
}
