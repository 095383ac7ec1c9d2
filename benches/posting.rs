//! Posting in bulk: journal transactions through the writer against the bare rows of the same, and what of it is the log.

use crate::bare::{self, Rows, Took};
use crate::redeem::micros;
use crate::report::{Report, Target};
use crate::world::{Anyhow, LINE, PROGRAMME, World, refused};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};
use training_vouchers::db::Place;
use training_vouchers::kernel::{Kopecks, Timestamp};
use training_vouchers::ledger::leaf;
use training_vouchers::ledger::model::{Dimensions, Event, Kind};
use training_vouchers::ledger::rules;
use training_vouchers::proof::{Appender, Frontier, leaf_hash};
use training_vouchers::writer::{Batch, Change, Command, Done, Failure, Stop};
use uuid::Uuid;

/// Journal transactions of one database transaction.
const BATCH: usize = 1_000;

/// They bring the money; every transaction moves a kopeck of it.
const PEOPLE: i64 = 1_000;

const NOW: Timestamp = Timestamp::from_millis(1_600_000_000_000);

/// As the issue of a voucher is booked: four subjects, two postings.
fn event(number: usize, now: Timestamp) -> Event {
    let voucher = Dimensions { agency_no: Some(7), voucher_no: Some(number as i64), ..Dimensions::default() };
    Event::new(Kind::VoucherIssued, now, 1)
        .about("voucher", Uuid::from_u128(number as u128).as_bytes())
        .about("agency", &[7; 16])
        .about("request", &[8; 16])
        .about("credential_sha256", &[9; 32])
        .moving(rules::reserve(LINE, Kopecks::new(1), voucher))
}

/// So many journal transactions in one database transaction.
struct Post(std::ops::Range<usize>);

impl Command for Post {
    type Reply = ();

    fn decide(&self, _batch: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        let numbers = self.0.clone();
        Ok(Box::new(move |batch| {
            let mut last = None;
            for number in numbers {
                last = Some(batch.record(PROGRAMME, &event(number, batch.now()))?);
            }
            let entry = last.ok_or_else(|| Failure::Inconsistent("nothing to post".into()))?;
            Ok(Done::new((), entry))
        }))
    }
}

/// What the log is made of, without the store: leaves hashed and put in the tree. (They are encoded for the journal.)
fn log_of(count: usize) -> Duration {
    let leaves: Vec<_> = (0..count.min(BATCH)).map(|number| leaf::encode(&event(number, NOW), NOW)).collect();
    let begun = Instant::now();
    let mut appender = Appender::new(Frontier::default());
    for leaf in leaves.iter().cycle().take(count) {
        appender.append(leaf_hash(black_box(leaf)));
    }
    black_box(appender.finish());
    begun.elapsed()
}

pub fn measure(report: &mut Report, directory: &Path, count: usize, rounds: usize) -> Anyhow<()> {
    let (template, copy) = (directory.join("posting"), directory.join("posting-copy"));
    let _ = std::fs::remove_dir_all(&template);
    let world = World::create(Place::in_directory(&template), &template.join("keys"), PEOPLE)?;
    let mut best = [Duration::MAX; 4];
    for round in 1..=rounds {
        let app = world.copy_to(&copy)?.app()?;
        let begun = Instant::now();
        for first in (0..count).step_by(BATCH) {
            let post = Post(first..(first + BATCH).min(count));
            app.writer.execute_blocking(post).map_err(refused)?;
        }
        let ours = begun.elapsed();
        app.close();
        let leaf = leaf::encode(&event(count, NOW), NOW).len();
        let alone = |rows: Rows| -> Anyhow<Duration> {
            let Took { wall, .. } = bare::post_all(&world.copy_to(&copy)?, count, BATCH, leaf, rows)?;
            Ok(wall)
        };
        let (bare, bare_without) = (alone(Rows::All)?, alone(Rows::WithoutLog)?);
        println!(
            "posting, round {round}: {count} in {ours:.2?}, bare {bare:.2?}, without the log's rows {bare_without:.2?}"
        );
        for (best, took) in best.iter_mut().zip([ours, bare, bare_without, log_of(count)]) {
            *best = took.min(*best);
        }
    }
    let [ours, bare, without, hashed] = best.map(|time| micros(time) / count as f64);
    let log = hashed + (bare - without).max(0.0);
    report.section("Posting in bulk, 1,000 journal transactions to a transaction");
    report.line("journal transactions through the writer", 1e6 / ours, "/s");
    report.line("bare SQL of the same rows", 1e6 / bare, "/s");
    report.target("through the writer ÷ bare", 100.0 * bare / ours, "%", Target::AtLeast(50.0));
    report.line("of each: leaf hashed and put in the tree", hashed, "µs");
    report.line("of each: the log's rows", (bare - without).max(0.0), "µs");
    report.target("the log adds to the rest", 100.0 * log / (ours - log), "%", Target::AtMost(15.0));
    Ok(())
}
