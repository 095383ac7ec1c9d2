//! A history that was rewritten by whoever holds the log's key, or brought back from an old copy: what a witness has seen
//! finds it.

use crate::harness::TestServer;
use crate::installation::Installation;
use crate::own::{Own, text};
use crate::site::{Process, now_millis, post, until, vouchers};
use crate::stage::{Stage, done, rub, text as text_of};
use diesel::prelude::*;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use training_vouchers::db::Place;
use training_vouchers::kernel::{Scope, Timestamp};
use training_vouchers::proof::Checkpoint;

const ORIGIN: &str = "tv.example/service";

/// A file of SQLite, whatever the other tests run on: it is copied.
fn installation() -> Installation {
    Installation::on(Timestamp::from_millis(now_millis()), |directory| {
        Place::in_directory(&directory.join("data"))
    })
}

fn file(place: &Place) -> &Path {
    let Place::Sqlite(path) = place else { panic!("a file") };
    path
}

/// Nobody has it open.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    for end in ["", "-wal", "-shm"] {
        let of = |path: &Path| PathBuf::from(format!("{}{end}", path.display()));
        // What is not there belongs to what is replaced.
        let _ = fs::remove_file(of(to));
        if of(from).exists() {
            fs::copy(of(from), of(to)).unwrap();
        }
    }
}

fn serve(database: &Place, keys: &Path, witness: Option<&Own>) -> Process {
    Process::start_with(database, keys, |command| {
        command.env_remove("VOUCHERS_WITNESSES");
        command.envs(witness.map(|own| ("VOUCHERS_WITNESSES", own.setting())));
    })
}

fn run(database: &Place, keys: &Path, arguments: &[&str]) -> Output {
    vouchers(database, keys, arguments).output().unwrap()
}

/// One more entry in the service's log, and the token that it is about.
fn grow(database: &Place, keys: &Path, subject: &str) -> String {
    let made = run(database, keys, &["token", "create", "--scope", "auditor", "--subject", subject]);
    assert!(made.status.success(), "{}", text(&made));
    String::from_utf8(made.stdout).unwrap().trim_end().to_owned()
}

fn tree(note: &str) -> Checkpoint {
    Checkpoint::parse(&note.split_inclusive('\n').take(3).collect::<String>()).unwrap()
}

/// The line of `vouchers log vkeys` for this log.
fn log_key(installation: &Installation, origin: &str) -> String {
    let output = run(installation.database(), &installation.keys(), &["log", "vkeys"]);
    let lines = text(&output);
    lines
        .lines()
        .find(|line| line.starts_with(&format!("{origin}+")))
        .unwrap_or_else(|| panic!("{lines}"))
        .to_owned()
}

/// Once the witness has cosigned so many entries of the service's log.
#[track_caller]
fn wait_for(own: &Own, origin: &str, wanted: impl Fn(u64) -> bool) -> u64 {
    let size = || own.checkpoint(origin).map_or(0, |note| tree(&note).size);
    until(size, |size| wanted(*size))
}

#[test]
fn a_database_that_was_put_back_is_refused_and_its_fork_is_kept_as_evidence() {
    let installation = installation();
    let (database, keys) = (installation.database(), &installation.keys());
    let mut own = Own::new("control.example");
    own.trust(&log_key(&installation, ORIGIN), ORIGIN);
    own.start();
    let server = serve(database, keys, Some(&own));
    let start = wait_for(&own, ORIGIN, |size| size > 0);
    drop(server);
    let old = installation.keys().join("../old.sqlite");
    copy(file(database), &old);

    let server = serve(database, keys, Some(&own));
    for subject in ["ann", "ben", "cid"] {
        grow(database, keys, subject);
    }
    wait_for(&own, ORIGIN, |size| size == start + 3);
    let seen = own.checkpoint(ORIGIN).unwrap();
    drop(server);

    copy(&old, file(database));
    grow(database, keys, "dan");
    let server = serve(database, keys, Some(&own));
    // Shorter than what was seen: no proof of anything yet, but the service notices, and nothing is cosigned.
    let failures = "vouchers_cosignature_failures_total{witness=\"control.example\"}";
    until(|| server.figure(failures), |count| *count >= 1.0);
    assert_eq!(own.status().0, Some(0));
    drop(server);
    grow(database, keys, "eve");
    grow(database, keys, "fay");
    let server = serve(database, keys, Some(&own));
    let (_, said) = until(|| own.status(), |(code, _)| *code == Some(1));
    assert!(said.contains("РАЗДВОЕН") && said.contains(ORIGIN), "{said}");
    assert_eq!(own.checkpoint(ORIGIN).unwrap(), seen, "what was cosigned stays");
    drop(server);
    // Whoever has the witness' checkpoint shows the operator.
    let kept = installation.keys().join("../seen");
    fs::write(&kept, &seen).unwrap();
    let audit = run(database, keys, &["audit", "--checkpoint", kept.to_str().unwrap()]);
    assert_eq!(audit.status.code(), Some(1), "{}", text(&audit));
}

#[test]
fn a_restored_log_is_shown_under_its_new_name_and_trusted_by_a_person() {
    let installation = installation();
    let (database, keys) = (installation.database(), &installation.keys());
    let key = log_key(&installation, ORIGIN);
    let mut own = Own::new("control.example");
    own.trust(&key, ORIGIN);
    own.start();
    let server = serve(database, keys, Some(&own));
    let seen = wait_for(&own, ORIGIN, |size| size > 0);
    drop(server);
    let restored = run(database, keys, &["restore", "--in-place", "--json"]);
    assert!(restored.status.success(), "{}", text(&restored));
    let token = grow(database, keys, "ann");
    let server = serve(database, keys, Some(&own));
    let note = server.get(&token, "/v1/log/checkpoint").text;
    let origin = note.lines().next().unwrap().to_owned();
    assert!(origin.starts_with(&format!("{ORIGIN}/")), "{origin}");
    let failures = "vouchers_cosignature_failures_total{witness=\"control.example\"}";
    until(|| server.figure(failures), |count| *count >= 1.0);
    assert_eq!(own.checkpoint(&origin), None, "nobody has said that it may go on so");
    own.trust(&key, &origin);
    wait_for(&own, &origin, |size| size > seen);
    let path = "/v1/log/checkpoint/cosigned";
    server.until(&token, path, |reply| reply.text.starts_with(&origin) && own.key.open(&reply.text).is_ok());
    assert_eq!(tree(&own.checkpoint(ORIGIN).unwrap()).size, seen);
    drop(server);
    let audit = run(database, keys, &["audit"]);
    assert_eq!(audit.status.code(), Some(0), "{}", text(&audit));
}

/// A package of the programme, and what `vouchers-audit` says of it with these arguments.
struct Package(tempfile::TempDir);

impl Package {
    fn of(database: &Place, keys: &Path) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().to_str().unwrap();
        let export = ["export", "audit-package", "--programme", "PSK20", "--out", out];
        let exported = run(database, keys, &export);
        assert!(exported.status.success(), "{}", text(&exported));
        Self(directory)
    }

    fn verify(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vouchers-audit"));
        let output = command.arg("verify").arg(self.0.path()).args(arguments).output().unwrap();
        (output.status.code(), text(&output))
    }
}

#[test]
fn a_forked_log_with_the_genuine_key_is_found_by_what_its_witness_saw() {
    const LOG: &str = "tv.example/PSK20";
    let stage = Stage::on(TestServer::on(installation()), 5, |_| ());
    let mut own = Own::new("control.example");
    own.trust(&stage.log_key(LOG).to_string(), LOG);
    own.start();
    let (programme_id, token) = (stage.programme_id.clone(), stage.server.token(Scope::Programme).to_owned());
    let treasury = stage.server.token(Scope::Treasury).to_owned();
    let installation = stage.server.stop().unwrap();
    let (database, keys) = (installation.database(), &installation.keys());
    let forked = Place::in_directory(&installation.keys().join("../forked"));
    copy(file(database), file(&forked));
    let jwks = keys.join("jwks.json");
    let (jwks, vkey) = (jwks.to_str().unwrap(), own.key.to_string());
    let with_witness = ["--key", jwks, "--witness", &vkey];
    let add_line = |server: &Process, kbk: &str| {
        let path = format!("/v1/programmes/{programme_id}/budget-lines");
        let line = json!({ "kbk": kbk, "item": "information_campaign", "name": "Кампания" });
        text_of(&done(post(&server.base, &token, &path, kbk, &line))["budget_line_id"])
    };

    let server = serve(database, keys, Some(&own));
    let before = wait_for(&own, LOG, |size| size > 0);
    let line = add_line(&server, "07507051310000000245");
    let seen = wait_for(&own, LOG, |size| size > before);
    let path = format!("/v1/programmes/{programme_id}/log/checkpoint");
    server.until("", &path, |reply| own.key.open(&reply.text).is_ok());
    let honest = Package::of(database, keys);
    let (code, said) = honest.verify(&with_witness);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains(&format!("vouches for all {seen} entries")) && said.contains("удостоверил все"),
        "{said}"
    );
    own.kill();
    let path = format!("/v1/budget-lines/{line}/appropriations");
    let body = json!({ "amount": rub(1_000), "document_number": "1-ОЗ" });
    done(post(&server.base, &treasury, &path, "more", &body));
    drop(server);
    let (code, said) = Package::of(database, keys).verify(&with_witness);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains(&format!("the first {seen} entries")) && said.contains("the last 1 it has not seen"),
        "{said}"
    );

    // The same key, another history of the same size.
    let server = serve(&forked, keys, None);
    add_line(&server, "07507051310000000299");
    drop(server);
    let package = Package::of(&forked, keys);
    assert_eq!(package.verify(&["--key", jwks]).0, Some(0), "the key signs any tree");
    let (code, said) = package.verify(&with_witness);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("witness control.example") && said.contains("has cosigned no checkpoint"),
        "{said}"
    );
    let kept = installation.keys().join("../kept");
    own.start();
    fs::write(&kept, own.checkpoint(LOG).unwrap()).unwrap();
    let (code, said) = package.verify(&["--key", jwks, "--since", kept.to_str().unwrap()]);
    assert!(code == Some(1) && said.contains("the history was rewritten"), "{said}");

    // With the genuine cosignature put below the other tree.
    let mut books = SqliteConnection::establish(file(&forked).to_str().unwrap()).unwrap();
    diesel::sql_query("ATTACH ? AS genuine")
        .bind::<diesel::sql_types::Text, _>(file(database).to_str().unwrap())
        .execute(&mut books)
        .unwrap();
    let copied = "INSERT INTO main.cosignature SELECT * FROM genuine.cosignature WHERE programme_no > 0";
    assert_eq!(diesel::sql_query(copied).execute(&mut books).unwrap(), 1);
    let (code, said) = Package::of(&forked, keys).verify(&with_witness);
    assert!(code == Some(1) && said.contains("is not good"), "{said}");
    let audit = text(&run(&forked, keys, &["audit"]));
    assert!(audit.contains("are not what control.example has cosigned"), "{audit}");
    // And one of more entries than there are.
    diesel::sql_query("UPDATE cosignature SET tree_size = tree_size + 1").execute(&mut books).unwrap();
    let audit = text(&run(&forked, keys, &["audit"]));
    assert!(
        audit.contains(&format!("has {seen} leaves, control.example has cosigned {}", seen + 1)),
        "{audit}"
    );
}
