//! Backups of a running service, and the way back from them.

use crate::place::{Place, assert_code, err, out};
use crate::server::Server;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const CLIENTS: usize = 3;
const BEFORE: usize = 20;

fn json_of(output: &Output) -> Value {
    assert_code(output, 0);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every log's newest checkpoint, as files that an audit is given.
fn keep_checkpoints(place: &Place, content: &Value, name: &str) -> Vec<String> {
    let notes = content["logs"].as_array().unwrap().iter().filter_map(|log| log["checkpoint"].as_str());
    let keep = |(number, note): (usize, &str)| {
        let file = format!("{name}{number}");
        fs::write(place.path(&file), note).unwrap();
        format!("--checkpoint={file}")
    };
    notes.enumerate().map(keep).collect()
}

fn audit(place: &Place, data: &str, checkpoints: &[String]) -> Output {
    let mut arguments = vec!["audit", "--json", "--data", data, "--keys", "keys"];
    arguments.extend(checkpoints.iter().map(String::as_str));
    place.run(&arguments)
}

/// The checks that find something, and what they say.
fn found(audit: &Output) -> Vec<(String, String)> {
    let report: Value = serde_json::from_slice(&audit.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap().iter().filter(|check| check["failed"] != 0);
    checks
        .map(|check| (check["name"].as_str().unwrap().to_owned(), check["failures"][0].to_string()))
        .collect()
}

/// Writes on as many connections as there are clients until the work is done: redeems, and registers
/// agencies when there is nothing left to redeem. Gives the redemptions acknowledged before the work began,
/// and how much was acknowledged while it went on.
fn under_load(
    server: &Server,
    demo: &Value,
    bodies: &[Value],
    work: impl FnOnce() + Send,
) -> (Vec<Value>, usize) {
    let (next, is_done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let acknowledged = Mutex::new(Vec::new());
    let (mut before, mut work_began) = (Vec::new(), 0);
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                while !is_done.load(Ordering::SeqCst) {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let agency = json!({ "code": format!("LOAD-{number}"), "name": "Орган", "category": "state_body" });
                    let (path, scope, body) = match bodies.get(number) {
                        Some(body) => ("/v1/redemptions", "registrar", body),
                        None => ("/v1/agencies", "admin", &agency),
                    };
                    let answer = server.post(path, demo["tokens"][scope].as_str().unwrap(), body);
                    assert_eq!(answer.0, 201, "{}", answer.1);
                    acknowledged.lock().unwrap().push(body.clone());
                }
            });
        }
        scope.spawn(|| {
            while acknowledged.lock().unwrap().len() < BEFORE {
                std::thread::yield_now();
            }
            before = acknowledged.lock().unwrap().clone();
            work_began = before.len();
            before.retain(|body| bodies.contains(body));
            work();
            is_done.store(true, Ordering::SeqCst);
        });
    });
    (before, acknowledged.into_inner().unwrap().len() - work_began)
}

#[test]
fn a_backup_taken_under_load_has_all_that_was_acknowledged_before_it() {
    let place = Place::new();
    assert_code(&place.run(&["demo", "--no-serve"]), 0);
    fs::rename(place.path("data/keys"), place.path("keys")).unwrap();
    let demo: Value = serde_json::from_slice(&fs::read(place.path("data/demo.json")).unwrap()).unwrap();
    let token = demo["tokens"]["registrar"].as_str().unwrap();
    let body = |voucher: &Value| {
        json!({
            "redemption_id": uuid::Uuid::new_v4(),
            "credential": voucher["credential"],
            "course_run_id": demo["open_course_run_id"],
            "identity_checked": true,
        })
    };
    let live = demo["vouchers"].as_array().unwrap().iter().filter(|voucher| voucher["status"] == "issued");
    let bodies: Vec<Value> = live.map(body).collect();
    let server = Server::start(&place);
    let mut taken = Value::Null;
    let (before, during) = under_load(&server, &demo, &bodies, || {
        taken = json_of(&place.run(&["backup", "--out", "backup.sqlite", "--json"]));
    });
    assert!(before.len() >= BEFORE && during > 0, "{} before, {during} meanwhile", before.len());
    assert_eq!(server.stop(), Some(0));

    let kept = keep_checkpoints(&place, &taken, "kept");
    let mut restore =
        vec!["restore", "--from", "backup.sqlite", "--data", "restored", "--keys", "keys", "--json"];
    restore.extend(kept.iter().map(String::as_str));
    let restored = json_of(&place.run(&restore));
    assert_eq!(restored["counts"], taken["counts"]);
    assert_eq!(found(&audit(&place, "restored", &kept)), []);

    // It goes on: what was acknowledged before the backup is there, the rest is made again.
    let server = Server::start_with(&place, &["--data", "restored", "--keys", "keys"]);
    for body in &bodies {
        let (status, answer) = server.post("/v1/redemptions", token, body);
        assert!(status == 200 || (status == 201 && !before.contains(body)), "{status} {answer}");
    }
    assert_eq!(server.stop(), Some(0));
    let newest = keep_checkpoints(&place, &restored, "new");
    assert_eq!(found(&audit(&place, "restored", &[kept, newest].concat())), []);

    // What the first service signed after the backup is told apart from what the restored one signed.
    let lost = json_of(&place.run(&["backup", "--out", "later.sqlite", "--json"]));
    let found = found(&audit(&place, "restored", &keep_checkpoints(&place, &lost, "lost")));
    let [(name, said)] = &found[..] else { panic!("{found:?}") };
    assert!(name == "kept_checkpoints" && said.contains("was restored from a copy"), "{name}: {said}");
}

/// A small installation and its backup.
fn with_backup() -> Place {
    let place = Place::initialised();
    assert_code(&place.run(&["backup", "--out", "b.sqlite"]), 0);
    place
}

fn restore(place: &Place, data: &str) -> Output {
    place.run(&["restore", "--from", "b.sqlite", "--data", data, "--keys", "keys", "--json"])
}

#[test]
fn nothing_is_overwritten() {
    let place = with_backup();
    let before = fs::read(place.path("b.sqlite")).unwrap();
    let again = place.run(&["backup", "--out", "b.sqlite"]);
    assert_code(&again, 1);
    assert!(err(&again).contains("exists already"), "{}", err(&again));
    assert_eq!(fs::read(place.path("b.sqlite")).unwrap(), before);
    for taken in ["vouchers.sqlite", "vouchers.sqlite-wal"] {
        let data = format!("data-{taken}");
        fs::create_dir(place.path(&data)).unwrap();
        let file = place.path(&format!("{data}/{taken}"));
        fs::write(&file, "mine").unwrap();
        let refused = restore(&place, &data);
        assert_code(&refused, 1);
        assert!(err(&refused).contains("exists already"), "{}", err(&refused));
        assert_eq!(fs::read(&file).unwrap(), b"mine");
        assert_eq!(fs::read_dir(place.path(&data)).unwrap().count(), 1);
    }
}

/// The digest that lies beside a backup, made to fit what is there now.
fn forge_digest(place: &Place) {
    let bytes = fs::read(place.path("b.sqlite")).unwrap();
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(place.path("b.sqlite.sha256"), format!("{digest}  b.sqlite\n")).unwrap();
}

fn alter(place: &Place, statements: &str) {
    let path = place.path("b.sqlite");
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    connection.batch_execute(statements).unwrap();
}

#[test]
fn a_damaged_backup_is_refused_and_leaves_nothing() {
    let place = with_backup();
    let whole = fs::read(place.path("b.sqlite")).unwrap();
    let digest = fs::read(place.path("b.sqlite.sha256")).unwrap();
    let refuses = |expected: &str| {
        let refused = restore(&place, "restored");
        assert_code(&refused, 1);
        assert!(err(&refused).contains(expected), "{expected}: {}", err(&refused));
        let left: Vec<_> = fs::read_dir(place.path("restored")).into_iter().flatten().collect();
        assert!(left.is_empty(), "{left:?}");
        fs::write(place.path("b.sqlite"), &whole).unwrap();
        fs::write(place.path("b.sqlite.sha256"), &digest).unwrap();
        out(&refused)
    };
    let write = |bytes: &[u8]| fs::write(place.path("b.sqlite"), bytes).unwrap();
    write(&whole[..whole.len() - 1]);
    refuses("is damaged");
    for at in [100, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        write(&flipped);
        refuses("is damaged");
    }
    fs::remove_file(place.path("b.sqlite.sha256")).unwrap();
    refuses("nobody can tell whether the backup was damaged");
    // Damaged before the digest was made: the file itself is read, and then the books in it.
    write(&whole[..whole.len() / 2]);
    forge_digest(&place);
    refuses("it is damaged");
    write(b"not a database, whatever it is called");
    forge_digest(&place);
    refuses("it is damaged");
    alter(&place, "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000001')");
    forge_digest(&place);
    refuses("of a newer version (99991231000001)");
    alter(
        &place,
        "DROP TRIGGER journal_transaction_no_update;
         UPDATE journal_transaction SET recorded_at = recorded_at + 1 WHERE log_index = 1",
    );
    forge_digest(&place);
    assert!(refuses("the audit finds").contains("transactions_as_signed"));
    assert_code(&restore(&place, "restored"), 0);
}

#[test]
fn each_restore_is_an_epoch_of_its_own() {
    let place = with_backup();
    let content = json_of(&place.run(&["backup", "--out", "first.sqlite", "--json"]));
    let first = keep_checkpoints(&place, &content, "first");
    let contents = ["one", "two"].map(|data| json_of(&restore(&place, data)));
    let origins = contents.each_ref().map(|content| content["logs"][0]["origin"].as_str().unwrap());
    assert_ne!(origins[0], origins[1]);
    assert!(origins.iter().all(|origin| origin.starts_with("vouchers.test/service/")), "{origins:?}");
    let kept = [0, 1].map(|number| keep_checkpoints(&place, &contents[number], &format!("of{number}-")));
    for (data, own, other) in [("one", 0, 1), ("two", 1, 0)] {
        assert_eq!(found(&audit(&place, data, &[first.clone(), kept[own].clone()].concat())), []);
        let found = found(&audit(&place, data, &kept[other]));
        assert!(found.len() == 1 && found[0].0 == "kept_checkpoints", "{found:?}");
    }

    // A restored one is backed up and restored like any other.
    assert_code(&place.run(&["backup", "--data", "one", "--out", "second.sqlite"]), 0);
    let again = ["restore", "--from", "second.sqlite", "--data", "three", "--keys", "keys", "--json"];
    assert_ne!(json_of(&place.run(&again))["logs"][0]["origin"], origins[0]);
    assert_eq!(found(&audit(&place, "three", &[first, kept[0].clone()].concat())), []);

    // Nobody can say that there was no restore, or another one.
    let path = place.path("three/vouchers.sqlite");
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    connection.batch_execute("UPDATE log_head SET origin = 'vouchers.test/service'").unwrap();
    let found = found(&audit(&place, "three", &[]));
    assert!(found.len() == 1 && found[0].0 == "tree_heads", "{found:?}");
}

/// What PostgreSQL's own tools do is not done badly here.
#[test]
fn postgresql_is_left_to_its_own_tools() {
    let place = with_backup();
    let url = "postgres://somebody:secret@localhost/vouchers";
    for arguments in [["backup", "--out", "x"], ["restore", "--from", "b.sqlite"]] {
        let refused = place.command(&arguments).args(["--database-url", url]).output().unwrap();
        assert_code(&refused, 1);
        let said = err(&refused);
        assert!(
            said.contains("pg_dump") && said.contains("pg_basebackup") && !said.contains("secret"),
            "{said}"
        );
    }
}

/// A backup that cannot be finished leaves nothing under its name.
#[test]
fn a_full_disk_leaves_no_backup() {
    let place = Place::initialised();
    let mut command = std::process::Command::new("sh");
    command.current_dir(place.path("")).stdin(Stdio::piped()).stderr(Stdio::piped());
    // No file of more than 64 KiB may be written: 128 blocks of 512 bytes.
    let mut shell = command.arg("-s").spawn().unwrap();
    let program = env!("CARGO_BIN_EXE_vouchers");
    let script = format!("trap '' XFSZ; ulimit -f 128; exec '{program}' backup --out b.sqlite\n");
    shell.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let ended = shell.wait_with_output().unwrap();
    assert_code(&ended, 1);
    let left = fs::read_dir(place.path("")).unwrap().map(|file| file.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().starts_with("b.sqlite")).collect();
    assert!(left.is_empty(), "{left:?}");
}
