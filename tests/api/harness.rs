//! A running service: its own installation and port, a clock that is set, a token for every scope.

use crate::installation::Installation;
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use training_vouchers::access::{CreateToken, Holder, SecretOf};
use training_vouchers::app::App;
use training_vouchers::credential::{Kid, Purpose, Signer, key_files};
use training_vouchers::kernel::{Actor, AgencyId, Scope, Timestamp, TokenId, UniversityId};
use training_vouchers::keys::{self, rotate::RotateKey};
use training_vouchers::organisation::{RegisterAgency, RegisterUniversity};
use training_vouchers::web;
use training_vouchers::writer::Command;

/// 2020-03-17T10:00:00Z.
const START: i64 = 1_584_439_200_000;

pub struct TestServer {
    pub app: actix_web::web::Data<App>,
    pub agency_id: AgencyId,
    pub other_agency_id: AgencyId,
    /// The HR office of the other agency.
    pub other_agency: String,
    base: String,
    client: Client,
    browser: Client,
    keys: AtomicU64,
    tokens: HashMap<Scope, String>,
    serving: Serving,
    pub installation: Installation,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub json: Value,
    pub text: String,
}

impl Reply {
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// Status and code at once: `(409, "already_exists")`.
    pub fn problem(&self) -> (u16, &str) {
        (self.status, self.code())
    }

    /// The outcome of each row: `accepted`, `created` …, or the code of its refusal.
    pub fn outcomes(&self) -> Vec<&str> {
        let rows = match &self.json["facts"]["rows"] {
            Value::Array(rows) => rows,
            _ => self.json["rows"].as_array().expect("an answer with rows"),
        };
        rows.iter().map(|row| row["code"].as_str().or(row["outcome"].as_str()).unwrap()).collect()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().unwrap();
        Self { status, headers, json: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    }
}

impl TestServer {
    pub fn start() -> Self {
        Self::on(Installation::new(Timestamp::from_millis(START)))
    }

    pub fn on(installation: Installation) -> Self {
        Self::prepared(installation, |_, _| ())
    }

    /// `prepare` has the service, and the address it will be at, before anybody else.
    pub fn prepared(installation: Installation, prepare: impl FnOnce(&mut App, &str)) -> Self {
        let mut app = installation.open().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        prepare(&mut app, &base);
        let [agency_id, other_agency_id] =
            [("PSK-S01", "state_body"), ("PSK-M01", "municipality")].map(|new| agency(&app, new));
        let university_id = university(&app);
        let tokens = Scope::ALL.map(|scope| {
            let holder = match scope {
                Scope::Agency => Holder::Agency(agency_id),
                Scope::Registrar | Scope::Teaching => Holder::University(university_id),
                _ => Holder::Office,
            };
            (scope, token(&app, scope.as_str(), scope, holder))
        });
        let other_agency = token(&app, "agency-2", Scope::Agency, Holder::Agency(other_agency_id));
        let app = actix_web::web::Data::new(app);
        let serving = serve(app.clone(), listener);
        Self {
            app,
            agency_id,
            other_agency_id,
            other_agency,
            base,
            client: Client::new(),
            browser: Client::builder().redirect(Policy::none()).build().unwrap(),
            keys: AtomicU64::new(0),
            tokens: tokens.into(),
            serving,
            installation,
        }
    }

    pub fn token(&self, scope: Scope) -> &str {
        &self.tokens[&scope]
    }

    pub fn advance(&self, seconds: i64) {
        self.installation.advance(seconds);
    }

    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// Makes a new key, as `vouchers key rotate` does, and lets the service take it up.
    pub fn rotate(&self, purpose: Purpose) -> Kid {
        let directory = self.installation.keys();
        let (new, signer) = key_files::generate(&directory, purpose, self.now(), None).unwrap();
        if purpose == Purpose::Log {
            self.app.sign_log_with(Some(signer));
        }
        let rotated = run(&self.app, RotateKey { new, actor: Actor::service() });
        let signers = key_files::read_private_keys(&directory, None).unwrap();
        let keyring = self.app.read_blocking(|connection| Ok(keys::keyring(connection, signers)?)).unwrap();
        self.app.replace_keyring(keyring);
        rotated.kid
    }

    /// A private key, as somebody who took the disk would have it.
    pub fn private_key(&self, kid: Kid) -> Signer {
        let all = key_files::read_private_keys(&self.installation.keys(), None).unwrap();
        all.into_iter().find(|signer| signer.kid() == kid).unwrap()
    }

    /// The copy of the public keys on disk, for whoever verifies offline.
    pub fn jwks_on_disk(&self) -> String {
        std::fs::read_to_string(self.installation.keys().join("jwks.json")).unwrap()
    }

    /// Host and port, for tests that speak to the socket.
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// A request to be completed by the test; no token, no key.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(method.parse().unwrap(), format!("{}{path}", self.base))
    }

    /// A request of a browser's, which shows redirects instead of following them.
    pub fn browser(&self, method: &str, path: &str) -> RequestBuilder {
        self.browser.request(method.parse().unwrap(), format!("{}{path}", self.base))
    }

    /// Gives the service a command as its own.
    pub fn run<C: Command>(&self, command: C) -> C::Reply {
        run(&self.app, command)
    }

    pub fn get(&self, token: &str, path: &str) -> Reply {
        self.request("GET", path).bearer_auth(token).send().unwrap().into()
    }

    /// Posts JSON under a new key.
    pub fn post(&self, token: &str, path: &str, body: &Value) -> Reply {
        self.send("POST", token, path, body)
    }

    /// Sends JSON under a new key.
    pub fn send(&self, method: &str, token: &str, path: &str, body: &Value) -> Reply {
        let key = self.keys.fetch_add(1, Ordering::Relaxed).to_string();
        self.request(method, path)
            .bearer_auth(token)
            .header("Idempotency-Key", key)
            .json(body)
            .send()
            .unwrap()
            .into()
    }

    pub fn post_with_key(&self, key: &str, token: &str, path: &str, body: &Value) -> Reply {
        let request = self.request("POST", path).bearer_auth(token).header("Idempotency-Key", key);
        request.json(body).send().unwrap().into()
    }

    /// A token of `subject`, made by the administrator, of the organisation in `of`.
    pub fn person(&self, subject: &str, scope: Scope, of: Value) -> String {
        let mut terms = of;
        terms["subject"] = json!(subject);
        terms["scope"] = json!(scope);
        terms["expires_at"] = json!(self.now().plus_seconds(3 * 365 * 86_400));
        let made = self.post(self.token(Scope::Admin), "/v1/tokens", &terms);
        made.json["secret"].as_str().unwrap_or_else(|| panic!("{made:?}")).to_owned()
    }

    pub fn delete(&self, token: &str, path: &str) -> Reply {
        self.request("DELETE", path).bearer_auth(token).send().unwrap().into()
    }

    /// Stops as on SIGTERM: gives back the installation, once the server's thread has ended well.
    pub fn stop(self) -> std::io::Result<Installation> {
        let Self { client, browser, mut serving, installation, .. } = self;
        drop((client, browser));
        actix_web::rt::System::new().block_on(serving.handle.stop(true));
        let thread = serving.thread.take().unwrap();
        thread.join().unwrap().map(|()| installation)
    }
}

/// A server's thread, which ends with this value: connections to the database are few.
struct Serving {
    handle: actix_web::dev::ServerHandle,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        if self.thread.is_some() {
            drop(self.handle.stop(false));
        }
    }
}

fn serve(app: actix_web::web::Data<App>, listener: TcpListener) -> Serving {
    let (send, receive) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = web::server(app, listener, 1)?;
            send.send(server.handle()).unwrap();
            server.await
        })
    });
    Serving { handle: receive.recv().unwrap(), thread: Some(thread) }
}

fn run<C: Command>(app: &App, command: C) -> C::Reply {
    app.writer.execute_blocking(command).expect("the installation is fresh").reply
}

fn agency(app: &App, (code, category): (&str, &str)) -> AgencyId {
    let details = json!({ "code": code, "name": format!("Орган {code}"), "category": category });
    let agency_id = AgencyId(app.new_id());
    let details = serde_json::from_value(details).unwrap();
    run(app, RegisterAgency { actor: Actor::service(), agency_id, details });
    agency_id
}

fn university(app: &App) -> UniversityId {
    let details = serde_json::from_value(json!({ "code": "PSKGU", "name": "ПсковГУ" })).unwrap();
    let university_id = UniversityId(app.new_id());
    run(app, RegisterUniversity { actor: Actor::service(), university_id, details });
    university_id
}

fn token(app: &App, subject: &str, scope: Scope, holder: Holder<AgencyId, UniversityId>) -> String {
    let secret = app.new_secret(SecretOf::Token);
    let command = CreateToken {
        actor: Actor::service(),
        token_id: TokenId(app.new_id()),
        token_hash: secret.hash(),
        subject: subject.parse().unwrap(),
        scope,
        holder,
        expires_at: app.clock.now().plus_seconds(365 * 86_400),
    };
    run(app, command);
    secret.reveal().to_owned()
}
