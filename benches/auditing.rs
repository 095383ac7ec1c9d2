//! Auditing: a million journal transactions checked in the database and as a package, against the hashing and the signatures
//! alone; what the programs that do it hold in memory.

use crate::core;
use crate::redeem::{self, Plan, shuffled};
use crate::report::{Report, Target};
use crate::usage;
use crate::world::{Anyhow, PROGRAMME, World};
use diesel::prelude::*;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use training_vouchers::credential::{Purpose, key_files};
use training_vouchers::db::schema::{checkpoint, journal_transaction};
use training_vouchers::proof::{Appender, Checkpoint, Frontier, Hash, VerifierKey, leaf_hash};

/// What a program took.
struct Took {
    wall: Duration,
    /// At most, MiB.
    resident: f64,
}

/// Runs a program to its end, which must be a good one.
fn run(program: &str, arguments: &[&str]) -> Anyhow<Took> {
    let begun = Instant::now();
    let mut child =
        Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut resident = 0.0_f64;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        resident = resident.max(usage::resident(child.id()).1);
        thread::sleep(Duration::from_millis(5));
    };
    let wall = begun.elapsed();
    if status.success() {
        Ok(Took { wall, resident })
    } else {
        Err(format!("{program} {arguments:?}: {status}").into())
    }
}

/// What nobody can do without: every leaf hashed and put in the tree, every checkpoint's signature checked, on all cores.
fn alone(world: &World) -> Anyhow<(usize, usize, Duration)> {
    let mut connection = world.connection()?;
    let leaves: Vec<Vec<u8>> = journal_transaction::table
        .filter(journal_transaction::programme_no.eq(PROGRAMME))
        .order(journal_transaction::log_index)
        .select(journal_transaction::leaf)
        .load(&mut connection)?;
    let notes: Vec<String> = checkpoint::table
        .filter(checkpoint::programme_no.eq(PROGRAMME))
        .order(checkpoint::tree_size)
        .select(checkpoint::note)
        .load(&mut connection)?;
    let keyring = key_files::read_jwks(world.keys())?;
    let key = keyring.records().into_iter().find(|key| key.purpose == Purpose::Log).ok_or("no log key")?;
    let origin = notes.first().and_then(|note| note.lines().next()).ok_or("no checkpoint")?;
    let verifier = VerifierKey::new(origin, &key.public)?;
    let cores = thread::available_parallelism()?.get();
    let begun = Instant::now();
    thread::scope(|scope| {
        let hashing = leaves.chunks(leaves.len().div_ceil(cores));
        let hashing: Vec<_> = hashing
            .map(|part| scope.spawn(|| part.iter().map(|leaf| leaf_hash(leaf)).collect::<Vec<Hash>>()))
            .collect();
        let checking: Vec<_> = notes
            .chunks(notes.len().div_ceil(cores))
            .map(|part| scope.spawn(|| part.iter().all(|note| Checkpoint::open(note, &verifier).is_ok())))
            .collect();
        let mut appender = Appender::new(Frontier::default());
        for part in hashing {
            part.join().expect("hashing does not panic").into_iter().for_each(|hash| {
                appender.append(hash);
            });
        }
        std::hint::black_box(appender.finish());
        assert!(checking.into_iter().all(|part| part.join().expect("checking does not panic")));
    });
    Ok((leaves.len(), notes.len(), begun.elapsed()))
}

pub fn measure(report: &mut Report, plan: &Plan) -> Anyhow<()> {
    let loaded = redeem::load(plan)?;
    let directory = plan.directory.join("audited");
    let world = loaded.copy_to(&directory)?;
    let order = shuffled(plan.vouchers);
    let redeemed = &order[..order.len() / 10];
    let app = world.app()?;
    core::redeem_all(&app.writer, &app.keyring(), world.credentials(redeemed)?, plan.connections);
    app.close();
    let (leaves, notes, bare) = alone(&world)?;
    let database = format!("sqlite://{}", world.file()?.display());
    let keys = world.keys().display().to_string();
    let house = ["--database-url", &database, "--keys", &keys];
    let vouchers = env!("CARGO_BIN_EXE_vouchers");
    let in_database = run(vouchers, &[&house[..], &["audit"]].concat())?;
    let package = directory.join("package");
    let out = package.display().to_string();
    let export = ["export", "audit-package", "--programme", "BENCH", "--out", &out];
    let exported = run(vouchers, &[&house[..], &export].concat())?;
    let jwks = keys_file(world.keys());
    let verified = run(env!("CARGO_BIN_EXE_vouchers-audit"), &["verify", &out, "--key", &jwks])?;
    std::fs::remove_dir_all(&package)?;

    let rate = |time: Duration| leaves as f64 / time.as_secs_f64();
    report.section(format!("Audit of {leaves} journal transactions, {notes} checkpoints"));
    report.line("hashing and signatures alone, all cores", rate(bare), "/s");
    for (name, took) in
        [("in the database", in_database), ("package exported", exported), ("package verified", verified)]
    {
        report.line(name, rate(took.wall), "/s");
        report.line(format!("{name}: resident at most"), took.resident, "MiB");
        if name != "package exported" {
            let share = 100.0 * rate(took.wall) / rate(bare);
            report.target(format!("{name} ÷ alone"), share, "%", Target::AtLeast(60.0));
        }
    }
    Ok(())
}

fn keys_file(keys: &Path) -> String {
    keys.join("jwks.json").display().to_string()
}
