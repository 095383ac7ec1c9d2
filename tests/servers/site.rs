//! An installation with several servers: processes of `vouchers serve` on one database. The test prepares it
//! through a server of its own, whose clock stands at the moment it began.

use crate::harness::{Reply, TestServer};
use crate::installation::Installation;
use crate::stage::{Stage, Voucher, done};
use reqwest::blocking::Client;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::time::{Duration, Instant};
use training_vouchers::db::Place;
use training_vouchers::kernel::{Scope, Timestamp};

pub const REDEMPTIONS: &str = "/v1/redemptions";

/// What another process changed is taken up within a second; the machine may be slow.
const SOON: Duration = Duration::from_secs(30);

/// The program, to run on this database and these keys.
pub fn vouchers(database: &Place, keys: &Path, arguments: &[&str]) -> Command {
    let url = match database {
        Place::Sqlite(path) => format!("sqlite://{}", path.display()),
        Place::Postgres(url) => url.clone(),
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_vouchers"));
    for name in ["DATA", "KEYS", "CONFIG", "LOG_FORMAT", "LISTEN", "WORKERS", "TOKEN", "KEY_PASSPHRASE"] {
        command.env_remove(format!("VOUCHERS_{name}"));
    }
    command.env_remove("RUST_LOG").env_remove("DATABASE_READ_URL").env("DATABASE_URL", url);
    command.env("LC_ALL", "C.UTF-8").arg("--keys").arg(keys).args(arguments);
    command
}

/// A server that ends with the value.
pub struct Process {
    child: Child,
    pub base: String,
}

impl Process {
    pub fn start(database: &Place, keys: &Path) -> Self {
        Self::start_with(database, keys, |_| {})
    }

    /// [`Process::start`] with something changed about the program's environment.
    pub fn start_with(database: &Place, keys: &Path, change: impl FnOnce(&mut Command)) -> Self {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--log-format", "json"];
        let mut command = vouchers(database, keys, &arguments);
        change(&mut command);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let address = lines.by_ref().find_map(|line| {
            let line = line.unwrap();
            let value: Value = serde_json::from_str(&line).unwrap_or(Value::Null);
            said += &line;
            value["address"].as_str().map(str::to_owned)
        });
        std::thread::spawn(move || lines.for_each(drop));
        let address = address.unwrap_or_else(|| panic!("the server does not start: {said}"));
        Self { child, base: format!("http://{address}") }
    }

    pub fn get(&self, token: &str, path: &str) -> Reply {
        get(&self.base, token, path)
    }

    /// Asks until the answer is as wanted.
    #[track_caller]
    pub fn until(&self, token: &str, path: &str, wanted: impl Fn(&Reply) -> bool) {
        until(|| self.get(token, path), wanted);
    }

    /// A figure of `/metrics`; 0 for one that nothing was counted in.
    pub fn figure(&self, name: &str) -> f64 {
        let text = self.get("", "/metrics").text;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A test that fails leaves it running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again and again until the answer is as wanted, and gives it.
#[track_caller]
pub fn until<T: std::fmt::Debug>(ask: impl Fn() -> T, wanted: impl Fn(&T) -> bool) -> T {
    let end = Instant::now() + SOON;
    loop {
        let answer = ask();
        if wanted(&answer) {
            return answer;
        }
        assert!(Instant::now() < end, "{answer:?}");
    }
}

pub fn get(base: &str, token: &str, path: &str) -> Reply {
    Client::new().get(format!("{base}{path}")).bearer_auth(token).send().unwrap().into()
}

/// Posts on a connection of its own.
pub fn post(base: &str, token: &str, path: &str, key: &str, body: &Value) -> Reply {
    // Longer than the service ever takes: a test that fails rather than hangs.
    let client = Client::builder().timeout(Duration::from_secs(90)).build().unwrap();
    let request = client.post(format!("{base}{path}")).bearer_auth(token).header("Idempotency-Key", key);
    request.json(body).send().unwrap().into()
}

pub struct Site {
    pub servers: Vec<Process>,
    pub stage: Stage,
}

impl Site {
    /// A programme with money for `seats` vouchers in this database, and so many servers.
    pub fn start(servers: usize, seats: usize, database: impl FnOnce(&Path) -> Place) -> Self {
        let server = TestServer::on(Installation::on(Timestamp::from_millis(now_millis()), database));
        let stage = Stage::on(server, i64::try_from(seats).unwrap(), still_valid);
        let (database, keys) = (stage.server.installation.database(), stage.server.installation.keys());
        let servers = (0..servers).map(|_| Process::start(database, &keys)).collect();
        Self { servers, stage }
    }

    pub fn database(&self) -> &Place {
        self.stage.server.installation.database()
    }

    /// Vouchers of the programme, each with the body that redeems it into a run with room for all.
    pub fn redemptions(&self, people: usize) -> Vec<(Voucher, Value)> {
        self.redemptions_of(&self.stage.programme_id, people)
    }

    pub fn redemptions_of(&self, programme_id: &str, people: usize) -> Vec<(Voucher, Value)> {
        let run = self.stage.course_run_of(programme_id, &self.stage.server.app.new_id().to_string(), 1_000);
        let body = |voucher: Voucher| {
            let mut body = self.stage.redemption(&voucher.credential);
            body["course_run_id"] = json!(run);
            (voucher, body)
        };
        self.stage.vouchers_of(programme_id, people).into_iter().map(body).collect()
    }

    /// A second programme, with money.
    pub fn another_programme(&self, code: &str, seats: usize) -> String {
        self.stage.open_programme(code, i64::try_from(seats).unwrap(), still_valid)
    }

    pub fn redeem(&self, server: usize, body: &Value) -> Reply {
        let registrar = self.stage.server.token(Scope::Registrar);
        post(&self.servers[server].base, registrar, REDEMPTIONS, "", body)
    }

    /// Sends every body on a connection of its own, all at once, to the servers in turn.
    pub fn redeem_at_once(&self, bodies: &[&Value]) -> Vec<Reply> {
        let start = &Barrier::new(bodies.len());
        std::thread::scope(|scope| {
            let send = |(index, body): (usize, &&Value)| {
                let body = (*body).clone();
                scope.spawn(move || {
                    start.wait();
                    self.redeem(index % self.servers.len(), &body)
                })
            };
            let racers: Vec<_> = bodies.iter().enumerate().map(send).collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        })
    }

    /// Something that is read from the database.
    pub fn read(&self, server: usize) -> Reply {
        let path = format!("/v1/course-runs?programme_id={}", self.stage.programme_id);
        self.servers[server].get(self.stage.server.token(Scope::Registrar), &path)
    }

    /// What the programme's line for instructors owes for seats, in kopecks.
    pub fn obligated(&self, programme_id: &str) -> i64 {
        let path = format!("/v1/programmes/{programme_id}/ledger/accounts");
        let accounts = done(self.stage.get(Scope::Auditor, &path));
        let accounts = accounts.get("items").unwrap_or(&accounts).as_array().unwrap().clone();
        let found = accounts.iter().find(|row| row["account"] == "obligated");
        found.map_or(0, |row| row["balance"]["amount"].as_i64().unwrap())
    }
}

fn still_valid(form: &mut Value) {
    form["valid_until"] = json!("2099-12-15");
}

#[expect(clippy::disallowed_methods, reason = "the program under test reads the machine's clock too")]
pub fn now_millis() -> i64 {
    chrono::Utc::now().timestamp_millis()
}
