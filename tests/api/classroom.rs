//! An open programme with money, three people redeemed into one course run, and who teaches and pays.
//! Everything is made through the doors.

use crate::harness::{Reply, TestServer};
use serde_json::{Value, json};
use training_vouchers::credential::Purpose;
use training_vouchers::kernel::{Scope, Snils};
use training_vouchers::ledger::audit::{Trusted, audit};

pub const FACE_VALUE: i64 = 650_000;

pub struct Classroom {
    pub server: TestServer,
    pub programme_id: String,
    pub course_run_id: String,
    pub instructor_id: String,
    /// Of the three redemptions, in the order they were made.
    pub redemption_ids: Vec<String>,
    /// A colleague of the teaching office, and one of the treasury.
    pub teaching_2: String,
    pub treasury_2: String,
    /// The teaching office of another university.
    pub foreign_teaching: String,
}

pub fn rub(kopecks: i64) -> Value {
    json!({ "amount": kopecks, "currency": "RUB" })
}

/// The answer's JSON; a refusal fails the test.
pub fn done(reply: Reply) -> Value {
    assert!((200..300).contains(&reply.status), "{reply:#?}");
    reply.json
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a string, not {value}")).to_owned()
}

impl Classroom {
    pub fn start() -> Self {
        let server = TestServer::start();
        let token = |scope| server.token(scope).to_owned();
        let (office, treasury, teaching) =
            (token(Scope::Programme), token(Scope::Treasury), token(Scope::Teaching));
        let university_id = text(&done(server.get(&office, "/v1/universities"))["items"][0]["university_id"]);
        let other = json!({ "code": "NOVSU", "name": "НовГУ" });
        let foreign_id = text(&done(server.post(&office, "/v1/universities", &other))["university_id"]);
        let teaching_2 = new_token(&server, "teaching-2", "teaching", Some(&university_id));
        let treasury_2 = new_token(&server, "treasury-2", "treasury", None);
        let foreign_teaching = new_token(&server, "foreign-teaching", "teaching", Some(&foreign_id));
        let programme_id = open_programme(&server, &office, &university_id);
        appropriate(&server, &office, (&treasury, &treasury_2), &programme_id);
        let run = json!({ "programme_id": programme_id, "code": "П-01", "starts_on": "2020-03-02",
            "ends_on": "2020-03-31", "seats": 25 });
        let course_run_id = text(&done(server.post(&teaching, "/v1/course-runs", &run))["course_run_id"]);
        let redemption_ids = redeem(&server, &office, &programme_id, &course_run_id);
        let instructor = json!({ "name": "Соколова Анна Петровна", "hourly_rate": rub(150_001) });
        let instructor_id = text(&done(server.post(&teaching, "/v1/instructors", &instructor))["payee_id"]);
        Self {
            server,
            programme_id,
            course_run_id,
            instructor_id,
            redemption_ids,
            teaching_2,
            treasury_2,
            foreign_teaching,
        }
    }

    /// By somebody with this scope.
    pub fn get(&self, scope: Scope, path: &str) -> Reply {
        self.server.get(self.server.token(scope), path)
    }

    pub fn session(&self, held_on: &str, hours: i64) -> Value {
        json!({ "course_run_id": self.course_run_id, "instructor_id": self.instructor_id,
            "held_on": held_on, "phase": "lecture", "hours": hours })
    }

    pub fn record(&self, session: &Value) -> Reply {
        self.server.post(self.server.token(Scope::Teaching), "/v1/sessions", session)
    }

    pub fn accept(&self, token: &str, session: &Value) -> Reply {
        let path = format!("/v1/sessions/{}/accept", text(&session["session_id"]));
        self.server.post(token, &path, &json!({}))
    }

    /// A session of this many hours on 16 March, recorded by one and accepted by another.
    pub fn teach(&self, hours: i64) -> Value {
        let recorded = done(self.record(&self.session("2020-03-16", hours)));
        done(self.accept(&self.teaching_2, &recorded))
    }

    pub fn payment(&self, payee_id: &str, kopecks: i64, document: &str) -> Value {
        json!({ "programme_id": self.programme_id, "payee_id": payee_id, "amount": rub(kopecks),
            "document_number": document, "paid_on": "2020-03-17" })
    }

    pub fn prepare(&self, payment: &Value) -> Reply {
        self.server.post(self.server.token(Scope::Treasury), "/v1/payments", payment)
    }

    pub fn confirm(&self, token: &str, payment: &Value) -> Reply {
        let path = format!("/v1/payments/{}/confirm", text(&payment["payment_id"]));
        self.server.post(token, &path, &json!({}))
    }

    /// A payment prepared by one and confirmed by another; gives its id.
    pub fn pay(&self, payee_id: &str, kopecks: i64, document: &str) -> String {
        let prepared = done(self.prepare(&self.payment(payee_id, kopecks, document)));
        text(&done(self.confirm(&self.treasury_2, &prepared))["payment_id"])
    }

    pub fn assert_audit_is_clean(&self) {
        let keyring = self.server.app.keyring();
        let records = keyring.records().into_iter().filter(|record| record.purpose == Purpose::Log);
        let trusted =
            Trusted { log_keys: records.map(|record| record.public).collect(), checkpoints: Vec::new() };
        let read = self.server.app.read_blocking(|connection| Ok(audit(connection, &trusted, &mut |_| ())?));
        let report = read.unwrap();
        assert!(report.is_clean(), "{:#?}", report.broken().collect::<Vec<_>>());
    }
}

fn new_token(server: &TestServer, subject: &str, scope: &str, university_id: Option<&str>) -> String {
    let terms = json!({ "subject": subject, "scope": scope, "university_id": university_id,
        "expires_at": "2021-01-01T00:00:00Z" });
    text(&done(server.post(server.token(Scope::Admin), "/v1/tokens", &terms))["secret"])
}

fn open_programme(server: &TestServer, office: &str, university_id: &str) -> String {
    let form = json!({
        "code": "PSK20", "name": "Переквалификация органов госвласти", "year": 2020,
        "university_id": university_id, "course_hours": 20, "face_value": rub(FACE_VALUE),
        "valid_from": "2020-03-01", "valid_until": "2020-12-15", "auto_approve_max_rows": 10,
        "eligible_categories": ["state_civil_servant"], "contribution_basis_points": 3020,
        "target_trained": 2000,
    });
    let programme_id = text(&done(server.post(office, "/v1/programmes", &form))["programme_id"]);
    let path = |rest: &str| format!("/v1/programmes/{programme_id}/{rest}");
    let line = json!({ "kbk": "07507051310000000244", "item": "instructor_pay", "name": "Оплата труда" });
    done(server.post(office, &path("budget-lines"), &line));
    let quotas = json!({ "quotas": [{ "agency_id": server.agency_id, "seats": 10 }] });
    let put = server.request("PUT", &path("quotas")).bearer_auth(office).header("Idempotency-Key", "quotas");
    done(put.json(&quotas).send().unwrap().into());
    done(server.post(office, &path("open"), &json!({})));
    programme_id
}

fn appropriate(server: &TestServer, office: &str, treasurers: (&str, &str), programme_id: &str) {
    let lines = done(server.get(office, &format!("/v1/programmes/{programme_id}/budget-lines")));
    let lines = lines.get("items").unwrap_or(&lines);
    let line_id = text(&lines[0]["budget_line_id"]);
    let path = format!("/v1/budget-lines/{line_id}/appropriations");
    let appropriation = json!({ "amount": rub(10_000_000), "document_number": "1-ОЗ" });
    let proposal = done(server.post(treasurers.0, &path, &appropriation));
    let path = format!("/v1/proposals/{}/confirm", text(&proposal["proposal_id"]));
    done(server.post(treasurers.1, &path, &json!({})));
}

/// Four vouchers are issued, three of them redeemed; gives the redemptions.
fn redeem(server: &TestServer, office: &str, programme_id: &str, course_run_id: &str) -> Vec<String> {
    let row = |number: u32| {
        json!({ "client_ref": format!("R-{number}"), "snils": snils(number),
            "family_name": "Иванова", "given_name": "Анна", "patronymic": "Петровна",
            "position": "Консультант", "email": null, "category": "state_civil_servant" })
    };
    let rows: Vec<Value> = (1..=4).map(row).collect();
    let request = json!({ "programme_id": programme_id, "mode": "all_or_nothing", "rows": rows });
    let request = done(server.post(server.token(Scope::Agency), "/v1/requests", &request));
    let path = format!("/v1/requests/{}/issue", text(&request["request_id"]));
    done(server.post(office, &path, &json!({})));
    let vouchers = done(server.get(office, &format!("/v1/vouchers?programme_id={programme_id}")));
    let registrar = server.token(Scope::Registrar);
    let redeem_one = |voucher: &Value| {
        let redemption_id = server.app.new_id().to_string();
        let redemption = json!({ "redemption_id": redemption_id, "number": voucher["number"],
            "course_run_id": course_run_id, "identity_checked": true });
        done(server.post(registrar, "/v1/redemptions", &redemption));
        redemption_id
    };
    vouchers["items"].as_array().unwrap().iter().take(3).map(redeem_one).collect()
}

fn snils(number: u32) -> String {
    Snils::from_serial(900_000_000 + number).unwrap().to_string()
}
