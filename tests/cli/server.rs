//! `vouchers serve`, asked over HTTP.

use crate::place::Place;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that ends with its test.
pub struct Server {
    process: Child,
    address: String,
}

impl Server {
    pub fn start(place: &Place) -> Self {
        Self::start_with(place, &[])
    }

    /// On another installation than the place's own.
    pub fn start_with(place: &Place, arguments: &[&str]) -> Self {
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--log-format", "json"]);
        command.args(arguments);
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

    /// Sends JSON once.
    pub fn post(&self, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let request = reqwest::blocking::Client::new().post(format!("http://{}{path}", self.address));
        let key = uuid::Uuid::new_v4().to_string();
        let request = request.bearer_auth(token).header("Idempotency-Key", key);
        let request = request.header("Content-Type", "application/json");
        let answer = request.body(body.to_string()).send().unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.text().unwrap()).unwrap())
    }

    /// Asks until the answer is as wanted: what another process changed is taken up within seconds.
    pub fn until(&self, path: &str, token: &str, wanted: impl Fn(u16, &str) -> bool) {
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

    pub fn stop(mut self) -> Option<i32> {
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
