//! The command line as operators and scripts meet it: the built program, on directories of its own.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use training_vouchers::credential::{self, Claims, Purpose, key_files, qr};
use training_vouchers::kernel::{Kopecks, ProgrammeId, Timestamp, VoucherId};
use uuid::Uuid;

const PASSPHRASE: &str = "VOUCHERS_KEY_PASSPHRASE";

/// A working directory where `vouchers` runs in English with nothing set.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn initialised() -> Self {
        let place = Self::new();
        assert_code(&place.run(&["init", "--issuer", "vouchers.test"]), 0);
        place
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vouchers"));
        for name in ["DATA", "KEYS", "CONFIG", "LOG_FORMAT", "LISTEN", "WORKERS", "TOKEN", "KEY_PASSPHRASE"] {
            command.env_remove(format!("VOUCHERS_{name}"));
        }
        command.current_dir(self.0.path()).env("LC_ALL", "C.UTF-8").env_remove("RUST_LOG").args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The text of a credential signed by this place's key.
    fn credential(&self, expires_at: Timestamp) -> String {
        let keyring = key_files::load(&self.path("keys"), None).unwrap();
        let active = keyring.records().into_iter().find(|key| key.purpose == Purpose::Credential).unwrap();
        let issued_at = active.valid_from;
        let claims = Claims {
            issuer: "vouchers.test".into(),
            audience: "PSKOVGU".into(),
            not_before: Timestamp::from_millis(1_577_826_000_000),
            expires_at,
            issued_at,
            voucher_id: VoucherId(Uuid::from_u128(7)),
            status_index: 1,
            status_uri: "s/1".into(),
            credential_version: 1,
            programme_id: ProgrammeId(Uuid::from_u128(8)),
            agency_code: "PSK-ED".into(),
            course_hours: 72,
            face_value: Kopecks::new(650_000),
            holder: "Иванов И. И.".into(),
        };
        let signer = keyring.signer(Purpose::Credential, issued_at).unwrap();
        credential::sign(&claims, signer).unwrap().text()
    }
}

fn assert_code(output: &Output, code: i32) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "\n--- out\n{out}\n--- err\n{err}");
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// 2099: after every date in these tests.
const FAR: Timestamp = Timestamp::from_millis(4_070_908_800_000);

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
    let keyring = key_files::load(&place.path("keys"), None).unwrap();
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

/// A server that ends with its test.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(place: &Place) -> Self {
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--log-format", "json"]);
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = lines
            .by_ref()
            .find_map(|line| {
                let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
                line["address"].as_str().map(str::to_owned)
            })
            .expect("the server says where it listens");
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address }
    }

    /// Asks until the answer is as wanted: what another process changed is taken up within seconds.
    fn until(&self, path: &str, token: &str, wanted: impl Fn(u16, &str) -> bool) {
        let client = reqwest::blocking::Client::new();
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let answer =
                client.get(format!("http://{}{path}", self.address)).bearer_auth(token).send().unwrap();
            let (status, body) = (answer.status().as_u16(), answer.text().unwrap());
            if wanted(status, &body) {
                return;
            }
            assert!(Instant::now() < end, "{path}: {status} {body}");
        }
    }

    fn stop(mut self) -> Option<i32> {
        let killed = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(killed.success());
        self.process.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already unless the test failed.
        let _ = self.process.kill();
    }
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
