//! Growth: the same work on ever larger databases. What a redemption costs, how long auditors wait against a look-up by
//! primary key, how many bytes a voucher and a redemption take on disk; on PostgreSQL, whether any of it reads a table of
//! vouchers from end to end.

use crate::cluster::Cluster;
use crate::contender::{Contender, Role};
use crate::issue;
use crate::load;
use crate::pages;
use crate::questions;
use crate::redeem::{Turn, micros, redemptions, shuffled};
use crate::report::{Report, Target};
use crate::world::{Anyhow, Door, PROGRAMME, World};
use diesel::prelude::*;
use std::path::Path;
use std::time::Duration;
use training_vouchers::db::schema::{programme, redemption, voucher};
use training_vouchers::db::{self, LogHome, Place};
use training_vouchers::kernel::{ProgrammeId, RedemptionId, VoucherId};

/// Redemptions of a turn; the best of [`TURNS`] counts.
const REDEMPTIONS: usize = 20_000;
const TURNS: usize = 3;

/// Vouchers of the small database that the largest is compared with.
const COMPARED: i64 = 100_000;

/// Questions of one kind, one after the other.
const QUESTIONS: usize = 500;

/// What was measured at one size.
struct Size {
    vouchers: i64,
    redemption: Duration,
    per_second: f64,
    bytes_of_voucher: f64,
    bytes_of_redemption: f64,
    /// The median time of each question, by its name.
    asked: Vec<(&'static str, Duration)>,
    look_up: Duration,
    /// How often the questions had PostgreSQL read a large table from end to end.
    full_scans: Option<i64>,
}

/// Where the databases of all sizes are.
enum Site<'s> {
    Directory(&'s Path),
    Cluster(Cluster, &'s Path),
}

/// The database of one size, in a cluster.
const DATABASE: &str = "growth";

impl Site<'_> {
    /// Makes a database with so many people in approved requests.
    fn create(&self, vouchers: i64) -> Anyhow<World> {
        let (place, data) = match self {
            Self::Directory(directory) => {
                let data = directory.join("growth");
                let _ = std::fs::remove_dir_all(&data);
                (Place::in_directory(&data), data)
            }
            Self::Cluster(cluster, directory) => {
                cluster.create(DATABASE)?;
                (cluster.place(DATABASE), directory.join("growth"))
            }
        };
        let keys = data.join("keys");
        let _ = std::fs::remove_dir_all(&keys);
        World::create(place, &keys, vouchers)
    }

    /// The database on disk.
    fn bytes(&self, world: &World) -> Anyhow<i64> {
        match self {
            Self::Directory(_) => bytes_of_file(world),
            Self::Cluster(cluster, _) => {
                cluster.number(DATABASE, &format!("SELECT pg_database_size('{DATABASE}') AS number"))
            }
        }
    }

    /// Statistics of what was just loaded, which autovacuum would make later.
    fn analyze(&self) -> Anyhow<()> {
        match self {
            Self::Directory(_) => Ok(()),
            Self::Cluster(cluster, _) => cluster.run(DATABASE, "VACUUM ANALYZE"),
        }
    }

    /// How often PostgreSQL has read a table that grows with vouchers from end to end; sessions tell it when they end.
    fn full_scans(&self) -> Anyhow<Option<i64>> {
        let Self::Cluster(cluster, _) = self else { return Ok(None) };
        let counted = "SELECT sum(seq_scan)::bigint AS number FROM pg_stat_user_tables WHERE relname IN
            ('journal_transaction', 'posting', 'log_hash', 'voucher', 'voucher_credential', 'redemption', 'request_item',
             'employee', 'employee_personal', 'voucher_attempt', 'holder_claim', 'idempotency')";
        cluster.number(DATABASE, counted).map(Some)
    }

    fn clear(&self) -> Anyhow<()> {
        match self {
            Self::Directory(directory) => Ok(std::fs::remove_dir_all(directory.join("growth"))?),
            Self::Cluster(cluster, _) => cluster.drop(DATABASE),
        }
    }
}

/// Names, and the paths behind the programme's.
const PROGRAMME_ASKED: [(&str, &str); 4] = [
    ("budget execution", "/budget-execution"),
    ("progress by agency", "/progress"),
    ("accounts", "/ledger/accounts"),
    ("first 100 transactions", "/ledger/transactions?limit=100"),
];

/// At [`COMPARED`] vouchers and at `largest`; of PostgreSQL if `on_postgres`.
pub fn measure(
    report: &mut Report,
    directory: &Path,
    on_postgres: bool,
    largest: i64,
    connections: usize,
) -> Anyhow<()> {
    let steps = [COMPARED].into_iter().filter(|vouchers| *vouchers < largest).chain([largest]);
    let site = match on_postgres {
        true => Site::Cluster(Cluster::start(&directory.join("cluster"))?, directory),
        false => Site::Directory(directory),
    };
    let sizes: Vec<Size> =
        steps.map(|vouchers| one(report, &site, vouchers, connections)).collect::<Anyhow<_>>()?;
    for size in &sizes {
        show(report, size);
    }
    let of = |vouchers: i64| sizes.iter().find(|size| size.vouchers == vouchers);
    if let (Some(small), Some(large)) = (of(COMPARED), sizes.last()) {
        report.section("Growth, from 100,000 vouchers to the largest");
        let grown = large.redemption.as_secs_f64() / small.redemption.as_secs_f64();
        report.target("a redemption's CPU", grown, "×", Target::AtMost(2.0));
    }
    Ok(())
}

fn one(report: &mut Report, site: &Site<'_>, vouchers: i64, connections: usize) -> Anyhow<Size> {
    println!("growth: {vouchers} vouchers");
    let world = site.create(vouchers)?;
    let people = site.bytes(&world)?;
    let server = Contender::start(Role::Ours, &world)?;
    let took = issue::issue_all(&server, &world)?;
    site.analyze()?;
    let issued = site.bytes(&world)?;
    println!("growth: issued in {took:.1?}");
    let order = shuffled(vouchers);
    let per_turn = REDEMPTIONS.min(order.len() / 2 / TURNS);
    let (mut best, mut redeemed) = (None::<Turn>, 0);
    for voucher_nos in order.chunks(per_turn).take(TURNS) {
        let turn = Turn::take(&server, connections, redemptions(&world.credentials(voucher_nos)?))?;
        redeemed += voucher_nos.len();
        if best.as_ref().is_none_or(|best| turn.cpu.total < best.cpu.total) {
            best = Some(turn);
        }
    }
    let best = best.ok_or("no turn was taken")?;
    drop(server);
    let grown = site.bytes(&world)? - issued;
    let server = Contender::start(Role::Ours, &world)?;
    let before = site.full_scans()?;
    let (asked, look_up) = ask(&server, &world, &order)?;
    if let Site::Directory(_) = site {
        questions::measure(report, format!("Questions: {vouchers} vouchers"), &server, &world)?;
        pages::measure(report, format!("Pages: {vouchers} vouchers"), &server, &world)?;
    }
    drop(server);
    let full_scans = site.full_scans()?.zip(before).map(|(after, before)| after - before);
    site.clear()?;
    Ok(Size {
        vouchers,
        redemption: best.cpu.total / per_turn as u32,
        per_second: best.per_second(),
        bytes_of_voucher: (issued - people) as f64 / vouchers as f64,
        bytes_of_redemption: grown as f64 / redeemed as f64,
        asked,
        look_up,
        full_scans,
    })
}

/// The file, its log copied home. The server copies it too, now and then, and is not waited for.
fn bytes_of_file(world: &World) -> Anyhow<i64> {
    let mut connection = world.connection()?;
    let mut tries = 0;
    while let Err(error) = db::copy_log_home(&mut connection, LogHome::Whole) {
        tries += 1;
        if tries > 1_000 {
            return Err(error.into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(i64::try_from(std::fs::metadata(world.file()?)?.len())?)
}

/// The medians of the programme's questions, of the trace of a redemption, of the postings of a voucher; and of a voucher's
/// look-up.
fn ask(
    server: &Contender,
    world: &World,
    order: &[i64],
) -> Anyhow<(Vec<(&'static str, Duration)>, Duration)> {
    let mut connection = world.connection()?;
    let programme: ProgrammeId =
        programme::table.find(PROGRAMME).select(programme::programme_id).get_result(&mut connection)?;
    let mut vouchers = Vec::new();
    for voucher_no in order.iter().cycle().take(QUESTIONS) {
        let found = voucher::table.find((PROGRAMME, voucher_no)).select(voucher::voucher_id);
        let id: VoucherId = found.get_result(&mut connection)?;
        vouchers.push(format!("/v1/vouchers/{id}"));
    }
    let redemptions = redemption::table.select(redemption::redemption_id).limit(QUESTIONS as i64);
    let redemptions: Vec<RedemptionId> = redemptions.load(&mut connection)?;
    let median = |paths: Vec<String>| -> Anyhow<Duration> {
        let token = Door::Auditor.secret();
        let requests = paths.iter().map(|path| load::get(path, token.reveal())).collect();
        Ok(load::run(server.address, 1, requests)?.percentile(0.5))
    };
    let look_up = median(vouchers)?;
    let mut asked = Vec::new();
    for (name, path) in PROGRAMME_ASKED {
        asked.push((name, median(vec![format!("/v1/programmes/{programme}{path}"); QUESTIONS])?));
    }
    let trace = |id: &RedemptionId| format!("/v1/redemptions/{id}/trace");
    asked.push(("trace of a redemption", median(redemptions.iter().map(trace).collect())?));
    let postings =
        |id: &RedemptionId| format!("/v1/programmes/{programme}/ledger/postings?redemption_id={id}");
    asked.push(("postings of a redemption", median(redemptions.iter().map(postings).collect())?));
    Ok((asked, look_up))
}

fn show(report: &mut Report, size: &Size) {
    report.section(format!("Growth: {} vouchers", size.vouchers));
    report.line("redeemed", size.per_second, "/s");
    report.line("a redemption's CPU", micros(size.redemption), "µs");
    report.line("on disk, a voucher", size.bytes_of_voucher, "bytes");
    report.line("on disk, a redemption", size.bytes_of_redemption, "bytes");
    report.line("look-up of a voucher, median over HTTP", micros(size.look_up), "µs");
    for (name, took) in &size.asked {
        report.line(*name, micros(*took), "µs");
        let times = took.as_secs_f64() / size.look_up.as_secs_f64();
        report.target(format!("{name} ÷ look-up"), times, "×", Target::AtMost(10.0));
    }
    if let Some(full_scans) = size.full_scans {
        report.target("large tables read from end to end", full_scans as f64, "times", Target::AtMost(0.0));
    }
}
