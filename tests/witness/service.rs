//! The service shows witnesses its logs, whatever becomes of the witnesses.

use crate::own::Own;
use crate::site::{Process, Site, get, until, vouchers};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::thread;
use std::time::Duration;
use training_vouchers::credential::Signer;
use training_vouchers::kernel::Scope;
use training_vouchers::proof::{Checkpoint, VerifierKey, WitnessKey, cosign};

/// A site without a server yet, whose logs a witness trusts.
pub fn site() -> Site {
    Site::start(0, 5, crate::installation::store::empty)
}

const ORIGINS: [&str; 2] = ["tv.example/PSK20", "tv.example/service"];

pub fn trusted(site: &Site, name: &str) -> Own {
    let own = Own::new(name);
    for origin in ORIGINS {
        own.trust(&site.stage.log_key(origin).to_string(), origin);
    }
    own
}

fn serve(site: &Site, witnesses: &[String]) -> Process {
    serve_with(site, witnesses, |_| ())
}

/// A server that is to ask these witnesses, with something else changed about its environment.
pub fn serve_with(site: &Site, witnesses: &[String], change: impl FnOnce(&mut Command)) -> Process {
    let keys = site.stage.server.installation.keys();
    Process::start_with(site.database(), &keys, |command| {
        command.env("VOUCHERS_WITNESSES", witnesses.join(","));
        change(command);
    })
}

fn log_path(site: &Site, rest: &str) -> String {
    format!("/v1/programmes/{}/log/{rest}", site.stage.programme_id)
}

/// The newest checkpoint, once this witness has cosigned it.
#[track_caller]
pub fn cosigned_newest(site: &Site, server: &Process, witness: &WitnessKey) -> String {
    let path = log_path(site, "checkpoint");
    until(|| get(&server.base, "", &path).text, |note| witness.open(note).is_ok())
}

fn tree(note: &str, key: &VerifierKey) -> Checkpoint {
    Checkpoint::open(note, key).unwrap()
}

/// Cosignatures in the database, by witness.
pub fn stored(site: &Site, witness: &WitnessKey) -> i64 {
    use diesel::prelude::*;
    use training_vouchers::db::schema::cosignature;
    let count = cosignature::table.filter(cosignature::witness.eq(witness.to_string())).count();
    site.stage.server.app.read_blocking(|connection| Ok(count.get_result(connection)?)).unwrap()
}

fn audit(site: &Site) -> (Option<i32>, String) {
    let audit =
        vouchers(site.database(), &site.stage.server.installation.keys(), &["audit"]).output().unwrap();
    (audit.status.code(), crate::own::text(&audit))
}

#[test]
fn two_witnesses_cosign_what_grows_and_one_that_was_down_catches_up() {
    let site = site();
    let key = site.stage.log_key(ORIGINS[0]);
    let (mut first, mut second) = (trusted(&site, "first.example"), trusted(&site, "second.example"));
    first.start();
    second.start();
    second.kill();
    let server = serve(&site, &[first.setting(), second.setting()]);
    let cosigned = log_path(&site, "checkpoint/cosigned");

    let before = cosigned_newest(&site, &server, &first.key);
    assert!(second.key.open(&before).is_err());
    assert_eq!(get(&server.base, "", &cosigned).text, before);
    assert_eq!(tree(&first.checkpoint(ORIGINS[0]).unwrap(), &key), tree(&before, &key));
    // The writes' own receipts are as they were signed.
    let voucher = site.stage.voucher();
    let receipts = site
        .stage
        .get(Scope::Auditor, &format!("/v1/programmes/{}/ledger/transactions/0", site.stage.programme_id));
    assert!(receipts.json["receipt"].as_str().unwrap().matches('—').count() == 1, "{voucher:?}");

    second.start();
    let both = cosigned_newest(&site, &server, &second.key);
    let both = if first.key.open(&both).is_ok() { both } else { cosigned_newest(&site, &server, &first.key) };
    first.key.open(&both).unwrap();
    assert!(tree(&both, &key).size > tree(&before, &key).size);
    server.until("", "/metrics", |reply| {
        ["first", "second"].iter().all(|name| {
            reply.text.contains(&format!("vouchers_cosignature_lag_leaves{{witness=\"{name}.example\"}} 0"))
        })
    });
    // The service's own log too, for who may see it.
    let own = "/v1/log/checkpoint/cosigned";
    server.until(site.stage.server.token(Scope::Auditor), own, |reply| first.key.open(&reply.text).is_ok());
    assert_eq!(server.get("", own).status, 401);

    first.kill();
    first.start();
    site.stage.voucher();
    let newest = cosigned_newest(&site, &server, &first.key);
    assert!(tree(&newest, &key).size > tree(&both, &key).size);
    assert_eq!(stored(&site, &first.key), 2, "one for each log: the earlier ones of a day are dropped");
    let (code, said) = audit(&site);
    assert!(code == Some(0) && said.contains("cosignatures"), "{said}");
    for own in [&first, &second] {
        let (code, said) = own.status();
        assert!(code == Some(0) && said.contains("PSK20") && said.contains("service"), "{said}");
    }
}

#[test]
fn no_witness_no_cosigned_checkpoint() {
    let site = site();
    let reply = site.stage.server.request("GET", &log_path(&site, "checkpoint/cosigned")).send().unwrap();
    assert_eq!(reply.status(), 404);
    let path = "/v1/programmes/0190aaaa-0000-7000-8000-000000000003/log/checkpoint/cosigned";
    assert_eq!(site.stage.server.request("GET", path).send().unwrap().status(), 404);
}

/// How a server that is no honest witness answers a request, which has this body.
type Lie = fn(&Signer, &WitnessKey, &str) -> Vec<u8>;

fn response(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n{body}")
        .into()
}

fn note_of(request: &str) -> &str {
    request.split_once("\n\n").unwrap().1
}

fn signed(signer: &Signer, key: &WitnessKey, body: &str) -> String {
    cosign(body, 1_600_000_000, key, |message| signer.sign(message)).unwrap().line
}

const LIES: &[(&str, Lie)] = &[
    ("another-tree", |signer, key, request| {
        let body: String = note_of(request).split_inclusive('\n').take(3).collect();
        let other = body.replacen('\n', "\n9", 1);
        response("200 OK", "", &signed(signer, key, &other))
    }),
    ("longer-text", |signer, key, request| {
        // Good if the note is taken to end at the last empty line.
        let note = note_of(request);
        response(
            "200 OK",
            "",
            &format!("— x AAAAAAE=\n\n{}", signed(signer, key, &format!("{note}— x AAAAAAE=\n"))),
        )
    }),
    ("log-key", |signer, key, request| {
        let body: String = note_of(request).split_inclusive('\n').take(3).collect();
        let line = signed(signer, key, &body);
        let mut wrong = line.into_bytes();
        let at = wrong.len() - 9;
        wrong[at] = if wrong[at] == b'A' { b'B' } else { b'A' };
        response("200 OK", "", &String::from_utf8(wrong).unwrap())
    }),
    ("huge", |_, _, _| response("200 OK", "", &"— x AAAAAAE=\n".repeat(100_000))),
    ("endless", |_, _, _| {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
        format!("{head}{}", chunk.repeat(100)).into()
    }),
    ("redirect", |_, _, _| response("307 Temporary Redirect", "Location: /elsewhere\r\n", "")),
    ("error", |_, _, _| response("500 Internal Server Error", "", "")),
    ("conflict", |_, _, _| response("409 Conflict", "", "99999999\n")),
    ("no-conflict", |_, _, _| response("409 Conflict", "", "none\n")),
    ("no-http", |_, _, _| b"what?\r\n\r\n".to_vec()),
    ("silent", |_, _, _| {
        thread::sleep(Duration::from_secs(60));
        Vec::new()
    }),
];

/// A server of one lie: its setting and its key.
fn liar(name: &str, lie: Lie) -> (String, WitnessKey) {
    let signer = Signer::from_secret(&[8; 32]);
    let key = WitnessKey::new(&format!("{name}.example"), &signer.public_key()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let setting = format!("{key} http://{}", listener.local_addr().unwrap());
    let of_the_server = key.clone();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let (signer, key) = (signer.clone(), of_the_server.clone());
            thread::spawn(move || {
                let mut connection = connection.unwrap();
                let (mut request, mut part) = (Vec::new(), [0; 4096]);
                // The whole of a request: its note ends with a signature line.
                while !request.ends_with(b"=\n") {
                    match connection.read(&mut part) {
                        Ok(0) | Err(_) => return,
                        Ok(read) => request.extend(&part[..read]),
                    }
                }
                let request = String::from_utf8(request).unwrap();
                let body = request.split_once("\r\n\r\n").unwrap().1;
                // Whoever asked may have gone.
                let _ = connection.write_all(&lie(&signer, &key, body));
            });
        }
    });
    (setting, key)
}

#[test]
fn nothing_that_a_lying_witness_says_is_stored_and_nobody_waits_for_it() {
    let site = site();
    let mut honest = trusted(&site, "honest.example");
    honest.start();
    let liars: Vec<_> = LIES.iter().map(|(name, lie)| liar(name, *lie)).collect();
    let mut settings: Vec<_> = liars.iter().map(|(setting, _)| setting.clone()).collect();
    settings.push(honest.setting());
    let server = serve(&site, &settings);
    let before = cosigned_newest(&site, &server, &honest.key);
    let programme = site.stage.server.token(Scope::Programme);
    let path = format!("/v1/programmes/{}/budget-lines", site.stage.programme_id);
    let line = json!({ "kbk": "07507051310000000245", "item": "information_campaign", "name": "Кампания" });
    let made = crate::site::post(&server.base, programme, &path, "line-1", &line);
    assert_eq!(made.status, 201, "{}", made.text);
    let failures = |key: &WitnessKey| {
        server.figure(&format!("vouchers_cosignature_failures_total{{witness=\"{}\"}}", key.name()))
    };
    until(
        || liars.iter().map(|(_, key)| (key.name().to_owned(), failures(key))).collect::<Vec<_>>(),
        |failures| failures.iter().all(|(_, count)| *count >= 1.0),
    );
    let after = cosigned_newest(&site, &server, &honest.key);
    assert_ne!(before, after);
    for (_, key) in &liars {
        assert_eq!(stored(&site, key), 0, "{key}");
        assert!(!after.contains(key.name()));
    }
    assert_eq!(failures(&honest.key), 0.0);
    assert_eq!(server.get("", "/readyz").status, 200);
}

/// Two servers of one database may both ask: a witness takes either, and the other starts again from there.
#[test]
fn two_servers_that_ask_the_same_witness_do_no_harm() {
    let site = site();
    let mut own = trusted(&site, "control.example");
    own.start();
    let servers = [serve(&site, &[own.setting()]), serve(&site, &[own.setting()])];
    for _ in 0..3 {
        site.stage.voucher();
        for server in &servers {
            cosigned_newest(&site, server, &own.key);
        }
    }
    assert_eq!(own.status().0, Some(0));
    assert_eq!(audit(&site).0, Some(0));
}
