//! The command line as operators and scripts meet it: the built program, on directories of its own.

mod ask;
mod backup;
mod export;
mod job;
mod place;
mod server;
mod statement;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use place::{FAR, PASSPHRASE, Place, assert_code, err, out};
use serde_json::Value;
use server::Server;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use training_vouchers::credential::{Purpose, qr};
use training_vouchers::kernel::Timestamp;

#[test]
fn init_makes_owners_keys_and_refuses_a_second_time() {
    let place = Place::initialised();
    let mut private_files = 0;
    let listing = || {
        let mut files: Vec<_> =
            fs::read_dir(place.path("keys")).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    };
    let before: Vec<_> = listing().into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect();
    for (_, path) in &before {
        let name = path.file_name().unwrap().to_string_lossy();
        if name.ends_with(".secret") || (name.ends_with(".pem") && !name.ends_with(".pub.pem")) {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
            private_files += 1;
        }
    }
    assert_eq!(private_files, 3, "two keys and the holders' secret");
    let again = place.run(&["init"]);
    assert_code(&again, 1);
    assert!(err(&again).contains("exists already"), "{}", err(&again));
    let after: Vec<_> = listing().into_iter().map(|path| (fs::read(&path).unwrap(), path)).collect();
    assert!(before == after);
}

#[test]
fn encrypted_keys_need_their_passphrase() {
    let place = Place::new();
    assert_code(&place.command(&["init"]).env(PASSPHRASE, "correct horse").output().unwrap(), 0);
    let create = ["token", "create", "--scope", "auditor", "--subject", "ann"];
    let without = place.run(&create);
    assert_code(&without, 1);
    assert!(err(&without).contains("passphrase"), "{}", err(&without));
    assert_code(&place.command(&create).env(PASSPHRASE, "correct horse").output().unwrap(), 0);
}

#[test]
fn verify_needs_public_keys_and_nothing_else() {
    let place = Place::initialised();
    let (good, old) = (place.credential(FAR), place.credential(Timestamp::from_millis(1_577_826_001_000)));
    fs::write(place.path("qr.png"), qr::png(&good, 4).unwrap()).unwrap();
    fs::copy(place.path("keys/jwks.json"), place.path("public.json")).unwrap();
    fs::remove_dir_all(place.path("data")).unwrap();
    fs::remove_dir_all(place.path("keys")).unwrap();
    for presented in [good.as_str(), "qr.png"] {
        let output = place.run(&["verify", presented, "--jwks", "public.json"]);
        assert_code(&output, 0);
        assert!(out(&output).contains("Иванов И. И.") && out(&output).contains("6\u{a0}500,00"));
    }
    let json = place.run(&["verify", &good, "--jwks", "public.json", "--json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&json["genuine"], &json["agency"]), (&Value::from(true), &Value::from("PSK-ED")));

    let last = good.chars().last().unwrap();
    let cut = &good[..good.len() - 1];
    let forged = format!("{cut}{}", if last == '0' { '1' } else { '0' });
    for (presented, codes) in [
        (old.as_str(), vec!["expired"]),
        (forged.as_str(), vec!["bad_signature", "malformed_credential"]),
        ("hello", vec!["malformed_credential"]),
    ] {
        let output = place.run(&["verify", presented, "--jwks", "public.json"]);
        assert_code(&output, 1);
        let said = err(&output);
        assert!(codes.iter().any(|code| said.starts_with(code)) && said.lines().count() > 1, "{said}");
    }
    let russian =
        place.command(&["verify", &old, "--jwks", "public.json"]).env("LC_ALL", "ru_RU.UTF-8").output();
    assert!(err(&russian.unwrap()).chars().any(|c| ('а'..='я').contains(&c)));
    assert_code(&place.run(&["verify", &good]), 1);
}

#[test]
fn verify_checks_a_receipt() {
    use training_vouchers::proof::{Appender, Checkpoint, Frontier, Receipt, leaf_hash};
    let place = Place::initialised();
    let keyring = place.keyring();
    let signer = keyring.signer(Purpose::Log, FAR).unwrap();
    let mut appender = Appender::new(Frontier::default());
    appender.append(leaf_hash(b"entry"));
    let grown = appender.finish();
    let checkpoint = Checkpoint { origin: "vouchers.test/PSK20".into(), size: 1, root: grown.root() };
    let signed = checkpoint.sign(&signer.public_key(), |body| signer.sign(body)).unwrap();
    let receipt = Receipt { index: 0, path: Vec::new(), checkpoint: signed.0, extra: None };
    fs::write(place.path("receipt"), receipt.to_string()).unwrap();
    fs::write(place.path("entry"), b"entry").unwrap();
    let verify = |entry: &str, origin: &str| {
        place.run(&["verify", "--receipt", "receipt", "--entry", entry, "--origin", origin])
    };
    assert_code(&verify("656e747279", "vouchers.test/PSK20"), 0);
    assert_code(&verify("entry", "vouchers.test/PSK20"), 0);
    assert_code(&verify("656e747278", "vouchers.test/PSK20"), 1);
    assert_code(&verify("656e747279", "vouchers.test/PSK21"), 1);
    assert_code(&verify("no entry", "vouchers.test/PSK20"), 2);
    assert_code(&place.run(&["verify", "--receipt", "receipt"]), 2);
}

#[test]
fn audit_is_clean_until_the_books_are_rewritten() {
    let place = Place::initialised();
    let clean = place.run(&["audit", "--json"]);
    assert_code(&clean, 0);
    let report: Value = serde_json::from_slice(&clean.stdout).unwrap();
    assert_eq!(report["clean"], true);

    let database = place.path("data/vouchers.sqlite");
    let mut books = SqliteConnection::establish(database.to_str().unwrap()).unwrap();
    #[derive(QueryableByName)]
    struct Trigger {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let triggers: Vec<Trigger> =
        diesel::sql_query("SELECT name FROM sqlite_master WHERE type = 'trigger'").load(&mut books).unwrap();
    for Trigger { name } in triggers {
        books.batch_execute(&format!("DROP TRIGGER {name}")).unwrap();
    }
    books.batch_execute("UPDATE journal_transaction SET recorded_by = 7 WHERE log_index = 1").unwrap();
    drop(books);
    let found = place.run(&["audit"]);
    assert_code(&found, 1);
    assert!(out(&found).contains("DOES NOT HOLD"), "{}", out(&found));
}

#[test]
fn a_server_whose_log_key_is_lost_serves_on_after_one_rotation() {
    let place = Place::initialised();
    let token =
        out(&place.run(&["token", "create", "--scope", "admin", "--subject", "ann"])).trim().to_owned();
    for file in fs::read_dir(place.path("keys")).unwrap().map(|file| file.unwrap().path()) {
        let name = file.file_name().unwrap().to_string_lossy();
        if name.starts_with("log-") && !name.ends_with(".pub.pem") {
            fs::remove_file(&file).unwrap();
        }
    }
    let server = Server::start(&place);
    server.until("/readyz", "", |status, body| status == 503 && body.contains("\"log_key\":false"));
    server.until("/v1/keys", &token, |status, _| status == 200);
    let refused = place.run(&["token", "create", "--scope", "auditor", "--subject", "eve"]);
    assert_code(&refused, 1);
    assert!(err(&refused).contains("vouchers key rotate --purpose log"), "{}", err(&refused));

    assert_code(&place.run(&["key", "rotate", "--purpose", "log"]), 0);
    server.until("/readyz", "", |status, _| status == 200);
    assert_code(&place.run(&["token", "create", "--scope", "auditor", "--subject", "eve"]), 0);
    assert_eq!(server.stop(), Some(0));
    assert_code(&place.run(&["audit"]), 0);
}

#[test]
fn completions_and_misuse() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish"] {
        let output = place.run(&["completions", shell]);
        assert_code(&output, 0);
        assert!(out(&output).contains("vouchers") && out(&output).contains("redeem"));
    }
    assert_code(&place.run(&["audits"]), 2);
    fs::write(place.path("bad.toml"), "dta = \"x\"").unwrap();
    let output = place.run(&["--config", "bad.toml", "audit"]);
    assert_code(&output, 2);
    assert!(err(&output).contains("dta"), "{}", err(&output));
    let nothing = place.run(&["audit"]);
    assert_code(&nothing, 1);
}

#[test]
fn a_running_server_takes_up_tokens_and_keys_of_the_command_line() {
    let place = Place::initialised();
    let server = Server::start(&place);
    server.until("/healthz", "", |status, _| status == 200);
    let made = place.run(&["token", "create", "--scope", "admin", "--subject", "ann"]);
    assert_code(&made, 0);
    let token = out(&made).trim().to_owned();
    server.until("/v1/keys", &token, |status, _| status == 200);

    let old = place.credential(FAR);
    assert_code(&place.run(&["key", "rotate", "--purpose", "credential"]), 0);
    server.until("/.well-known/jwks.json", "", |_, body| body.matches("\"credential\"").count() == 2);
    assert_code(&place.run(&["verify", &old]), 0);
    let keys: Value = serde_json::from_slice(&place.run(&["key", "list", "--json"]).stdout).unwrap();
    let states: Vec<_> = keys.as_array().unwrap().iter().map(|key| key["state"].as_str().unwrap()).collect();
    assert_eq!(states.iter().filter(|state| **state == "retired").count(), 1, "{states:?}");

    let tokens: Value = serde_json::from_slice(&place.run(&["token", "list", "--json"]).stdout).unwrap();
    let token_id = tokens[0]["token_id"].as_str().unwrap();
    assert_code(&place.run(&["token", "revoke", token_id]), 0);
    server.until("/v1/keys", &token, |status, _| status == 401);
    assert_code(&place.run(&["token", "revoke", token_id]), 1);
    assert_eq!(server.stop(), Some(0));
    assert_code(&place.run(&["audit"]), 0);
}
