//! A running service with an open programme, three agencies and a token for everybody.

use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use training_vouchers::access::{CreateToken, Holder};
use training_vouchers::app::{App, Settings};
use training_vouchers::installation::{self, NewInstallation};
use training_vouchers::kernel::time::Clock;
use training_vouchers::kernel::{Actor, AgencyId, ProgrammeId, Scope, Snils, Timestamp, TokenId};
use training_vouchers::organisation::{RegisterAgency, RegisterUniversity};
use training_vouchers::programme::form::ProgrammeForm;
use training_vouchers::programme::lifecycle::OpenProgramme;
use training_vouchers::programme::{
    budget_line::CreateBudgetLine, create::CreateProgramme, quotas::SetQuotas,
};
use training_vouchers::writer::Command;

/// 2020-03-17T10:00:00Z: municipalities still wait.
const START: i64 = 1_584_439_200_000;

pub const SEATS: usize = 10;

pub struct World {
    pub app: actix_web::web::Data<App>,
    pub programme_id: ProgrammeId,
    pub state_body: Party,
    pub other_body: Party,
    pub municipality: Party,
    /// An agency without a quota.
    pub outsider: Party,
    pub office: String,
    /// The programme office again, by the person who is also `state_body`'s HR office.
    pub office_by_hr: String,
    pub auditor: String,
    clock: Arc<AtomicI64>,
    keys: AtomicU64,
    base: String,
    client: Client,
    _data: tempfile::TempDir,
}

/// An agency, and the token of its HR office.
pub struct Party {
    pub agency_id: AgencyId,
    pub token: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The outcome of each row: `accepted`, `created` …, or the code of its refusal.
    pub fn outcomes(&self) -> Vec<&str> {
        let rows = match &self.body["facts"]["rows"] {
            Value::Array(rows) => rows,
            _ => self.body["rows"].as_array().expect("an answer with rows"),
        };
        rows.iter().map(|row| row["code"].as_str().or(row["outcome"].as_str()).unwrap()).collect()
    }
}

impl World {
    pub fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let millis = Arc::new(AtomicI64::new(START));
        let hands = Arc::clone(&millis);
        let clock = Clock::new(move || Timestamp::from_millis(hands.load(Ordering::Relaxed)));
        let keys = data.path().join("keys");
        installation::init(&NewInstallation {
            data: data.path(),
            keys: &keys,
            issuer: "vouchers.pskov.example",
            passphrase: None,
            clock: &clock,
        })
        .unwrap();
        let settings = Settings { data: data.path().to_owned(), keys, passphrase: None, readers: 2, clock };
        let app = actix_web::web::Data::new(App::open(settings).unwrap());
        let setup = Setup(&app);
        let state_body = setup.agency("PSK-S01", "state_body");
        let other_body = setup.agency("PSK-S02", "state_body");
        let municipality = setup.agency("PSK-M01", "municipality");
        let outsider = setup.agency("PSK-S03", "state_body");
        let programme_id = setup.programme(&[&state_body, &other_body, &municipality]);
        Self {
            programme_id,
            state_body,
            other_body,
            municipality,
            outsider,
            office: setup.token("olga", Scope::Programme, Holder::Office),
            office_by_hr: setup.token("hr.psk-s01", Scope::Programme, Holder::Office),
            auditor: setup.token("rita", Scope::Auditor, Holder::Office),
            clock: millis,
            keys: AtomicU64::new(0),
            base: serve(app.clone()),
            client: Client::new(),
            app,
            _data: data,
        }
    }

    pub fn advance_days(&self, days: i64) {
        self.clock.fetch_add(days * 86_400_000, Ordering::Relaxed);
    }

    pub fn get(&self, token: &str, path: &str) -> Answer {
        answer(self.client.get(format!("{}{path}", self.base)).bearer_auth(token).send().unwrap())
    }

    /// Posts JSON under a key of its own.
    pub fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.send(token, path, "application/json", body.to_string().into_bytes())
    }

    /// Posts any bytes under a key of its own.
    pub fn send(&self, token: &str, path: &str, content_type: &str, body: Vec<u8>) -> Answer {
        let key = self.keys.fetch_add(1, Ordering::Relaxed).to_string();
        self.send_with_key(&key, token, path, content_type, body)
    }

    pub fn send_with_key(
        &self,
        key: &str,
        token: &str,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Answer {
        let request = self.client.post(format!("{}{path}", self.base)).bearer_auth(token);
        let request = request.header("Idempotency-Key", key).header("Content-Type", content_type);
        answer(request.body(body).send().unwrap())
    }

    /// Numbers of rows in tables that a write would touch.
    pub fn footprint(&self) -> Vec<i64> {
        use diesel::prelude::*;
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let tables = [
            "employee",
            "employee_personal",
            "request",
            "request_item",
            "holder_claim",
            "journal_transaction",
            "idempotency",
        ];
        let count = |table: &str| {
            let sql = format!("SELECT COUNT(*) AS n FROM {table}");
            self.app
                .read_blocking(|connection| Ok(diesel::sql_query(sql).get_result::<Count>(connection)?.n))
                .unwrap()
        };
        tables.iter().map(|table| count(table)).collect()
    }

    /// Seats held by an agency.
    pub fn held(&self, party: &Party) -> i64 {
        use diesel::prelude::*;
        use training_vouchers::db::schema::{agency, quota};
        let id = party.agency_id;
        self.app
            .read_blocking(move |connection| {
                Ok(quota::table
                    .inner_join(agency::table.on(agency::agency_no.eq(quota::agency_no)))
                    .filter(agency::agency_id.eq(id))
                    .select(quota::held)
                    .first(connection)?)
            })
            .unwrap()
    }
}

fn answer(response: Response) -> Answer {
    let status = response.status().as_u16();
    let text = response.text().unwrap();
    Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
}

/// Serves on a free port, in a thread that ends with the process.
fn serve(app: actix_web::web::Data<App>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        actix_web::rt::System::new()
            .block_on(async { training_vouchers::web::server(app, listener, 1).unwrap().await })
    });
    base
}

struct Setup<'a>(&'a App);

impl Setup<'_> {
    fn run<C: Command>(&self, command: C) -> C::Reply {
        self.0.writer.execute_blocking(command).map(|answer| answer.reply).expect("the setup is in order")
    }

    fn agency(&self, code: &str, category: &str) -> Party {
        let agency_id = AgencyId(self.0.new_id());
        let details = serde_json::from_value(
            json!({ "code": code, "name": code, "category": category, "municipality": null }),
        );
        self.run(RegisterAgency { actor: Actor::service(), agency_id, details: details.unwrap() });
        let subject = format!("hr.{}", code.to_lowercase());
        Party { agency_id, token: self.token(&subject, Scope::Agency, Holder::Agency(agency_id)) }
    }

    fn token(
        &self,
        subject: &str,
        scope: Scope,
        holder: Holder<AgencyId, training_vouchers::kernel::UniversityId>,
    ) -> String {
        let secret = self.0.new_secret();
        self.run(CreateToken {
            actor: Actor::service(),
            token_id: TokenId(self.0.new_id()),
            token_hash: secret.hash(),
            subject: serde_json::from_value(json!(subject)).unwrap(),
            scope,
            holder,
            expires_at: Timestamp::from_millis(START).plus_seconds(365 * 86_400),
        });
        secret.reveal().to_owned()
    }

    fn programme(&self, agencies: &[&Party]) -> ProgrammeId {
        let university_id = self.0.new_id().into();
        let details = serde_json::from_value(json!({ "code": "PSKGU", "name": "ПсковГУ" })).unwrap();
        self.run(RegisterUniversity { actor: Actor::service(), university_id, details });
        let programme_id = ProgrammeId(self.0.new_id());
        let form: ProgrammeForm = serde_json::from_value(json!({
            "code": "PSK20", "name": "Цифровая экономика", "year": 2020, "university_id": university_id,
            "course_hours": 72, "face_value": { "amount": 650_000, "currency": "RUB" },
            "valid_from": "2020-03-01", "valid_until": "2020-12-15", "priority_until": "2020-03-31",
            "auto_approve_max_rows": 2, "eligible_categories": ["state_civil_servant", "municipal_servant"],
            "contribution_basis_points": 3020, "target_trained": 2000,
        }))
        .unwrap();
        let actor = Actor::service;
        self.run(CreateProgramme { programme_id, actor: actor(), new: form.parse().unwrap() });
        let line = serde_json::from_value(json!({
            "kbk": "07507051310000000244", "item": "instructor_pay", "name": "Оплата преподавателей",
        }));
        let budget_line_id = self.0.new_id().into();
        self.run(CreateBudgetLine { programme_id, budget_line_id, actor: actor(), new: line.unwrap() });
        let seats = |party: &&Party| {
            serde_json::from_value(json!({ "agency_id": party.agency_id, "seats": SEATS })).unwrap()
        };
        let quotas = agencies.iter().map(seats).collect();
        self.run(SetQuotas { programme_id, actor: actor(), quotas });
        self.run(OpenProgramme { programme_id, actor: actor() });
        programme_id
    }
}

/// The row of synthetic person number `number`.
pub fn row(number: u32) -> Value {
    json!({
        "client_ref": format!("R-{number}"),
        "snils": snils(number),
        "family_name": "Иванова",
        "given_name": "Анна",
        "patronymic": "Петровна",
        "position": "Консультант",
        "email": format!("p{number}@example.org"),
        "category": "state_civil_servant",
    })
}

pub fn rows(numbers: impl IntoIterator<Item = u32>) -> Value {
    numbers.into_iter().map(row).collect()
}

pub fn snils(number: u32) -> String {
    Snils::from_serial(900_000_000 + number).unwrap().to_string()
}

pub const HEADER: &str = "client_ref;snils;family_name;given_name;patronymic;position;email;category";

/// The same people as [`rows`], as a file.
pub fn csv(numbers: impl IntoIterator<Item = u32>) -> String {
    let mut file = format!("{HEADER}\n");
    for number in numbers {
        let snils = snils(number);
        file += &format!(
            "R-{number};{snils};Иванова;Анна;Петровна;Консультант;p{number}@example.org;state_civil_servant\n"
        );
    }
    file
}
