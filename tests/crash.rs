//! The server is killed (SIGKILL) again and again while it redeems: nothing acknowledged is lost, every
//! request sent again gets its answer, and the books are whole afterwards.

use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use training_vouchers::db::Place;
use training_vouchers::demo::{DemoOptions, perform};

const ROUNDS: usize = 20;
const AT_ONCE: usize = 3;

struct Server {
    child: Child,
    base: String,
    client: Client,
    token: String,
}

impl Server {
    /// Starts on a free port and waits until it answers.
    fn start(data: &Path, token: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(env!("CARGO_BIN_EXE_vouchers"))
            .args(["--data", data.to_str().unwrap(), "serve", "--listen", &format!("127.0.0.1:{port}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self {
            child,
            base: format!("http://127.0.0.1:{port}"),
            client: Client::new(),
            token: token.to_owned(),
        };
        let is_ready = || server.client.get(format!("{}/readyz", server.base)).send().is_ok();
        while !is_ready() {
            std::thread::yield_now();
        }
        server
    }

    fn post(&self, body: &Value) -> reqwest::Result<Response> {
        self.client
            .post(format!("{}/v1/redemptions", self.base))
            .bearer_auth(&self.token)
            .header("Content-Type", "application/json")
            .body(body.to_string())
            .send()
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn killed_at_any_instant_it_loses_nothing_it_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let listen = "127.0.0.1:8080".parse().unwrap();
    let database = Place::in_directory(&data);
    perform(&DemoOptions { data: data.clone(), database, listen, serve: false, reset: false }).unwrap();
    let demo: Value = serde_json::from_slice(&std::fs::read(data.join("demo.json")).unwrap()).unwrap();
    let token = demo["tokens"]["registrar"].as_str().unwrap();
    let live = demo["vouchers"].as_array().unwrap().iter().filter(|voucher| voucher["status"] == "issued");
    let bodies: Vec<Value> = live
        .take(ROUNDS * AT_ONCE)
        .map(|voucher| {
            json!({
                "redemption_id": uuid::Uuid::new_v4(),
                "credential": voucher["credential"],
                "course_run_id": demo["open_course_run_id"],
                "identity_checked": true,
            })
        })
        .collect();
    assert_eq!(bodies.len(), ROUNDS * AT_ONCE);
    let mut acknowledged = Vec::new();
    for (round, bodies) in bodies.chunks(AT_ONCE).enumerate() {
        let server = Server::start(&data, token);
        let (journal, answers) = mpsc::channel();
        std::thread::scope(|scope| {
            for body in bodies {
                let (journal, server) = (journal.clone(), &server);
                // A broken connection is no answer: nothing is known of that request.
                scope.spawn(move || {
                    let is_done = server.post(body).is_ok_and(|answer| answer.status() == 201);
                    journal.send(is_done.then(|| body["redemption_id"].clone())).unwrap();
                });
            }
            if round % 2 == 0 {
                acknowledged.extend(answers.recv().unwrap());
            }
            let pid = server.child.id().to_string();
            assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
        });
        server.kill();
        drop(journal);
        acknowledged.extend(answers.iter().flatten());
    }
    assert!(acknowledged.len() >= ROUNDS / 2, "{} acknowledged", acknowledged.len());
    // Every request again: those acknowledged before are there, the others are made now; none twice.
    let server = Server::start(&data, token);
    for body in &bodies {
        let answer = server.post(body).unwrap();
        let is_kept = acknowledged.contains(&body["redemption_id"]);
        let status = answer.status().as_u16();
        assert!(status == 200 || (status == 201 && !is_kept), "{status} {}", answer.text().unwrap());
        let other = json!({
            "redemption_id": uuid::Uuid::new_v4(),
            "credential": body["credential"],
            "course_run_id": body["course_run_id"],
            "identity_checked": true,
        });
        let refused: Value = serde_json::from_str(&server.post(&other).unwrap().text().unwrap()).unwrap();
        assert_eq!(refused["code"], "already_redeemed");
        assert_eq!(refused["facts"]["redemption_id"], body["redemption_id"]);
    }
    server.kill();
    let audit = Command::new(env!("CARGO_BIN_EXE_vouchers"))
        .args(["--data", data.to_str().unwrap(), "audit"])
        .output()
        .unwrap();
    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
}
