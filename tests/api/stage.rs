//! An open programme with money, a quota for two agencies and a course run. Everything is made through
//! the doors, from creating the programme to approving and issuing.

use crate::harness::{Reply, TestServer};
use crate::installation;
use crate::people::row;
use diesel::prelude::*;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use training_vouchers::cosigning::KeepCosignature;
use training_vouchers::cosigning::store::NewCosignature;
use training_vouchers::credential::{self, Claims, Purpose, Signer, encode};
use training_vouchers::db::schema::checkpoint;
use training_vouchers::kernel::Scope;
use training_vouchers::proof::{Checkpoint, VerifierKey, WitnessKey, cosign};

pub const FACE_VALUE: i64 = 650_000;

/// The last day of the programme's vouchers.
pub const LAST_DAY: &str = "2020-12-15";

pub struct Stage {
    pub server: TestServer,
    pub university_id: String,
    pub programme_id: String,
    pub course_run_id: String,
    people: AtomicU32,
}

/// A voucher as it was handed out.
#[derive(Clone, Debug)]
pub struct Voucher {
    pub id: String,
    pub number: String,
    pub credential: String,
}

pub fn rub(kopecks: i64) -> Value {
    json!({ "amount": kopecks, "currency": "RUB" })
}

/// The answer's JSON; a refusal fails the test.
#[track_caller]
pub fn done(reply: Reply) -> Value {
    assert!((200..300).contains(&reply.status), "{reply:#?}");
    reply.json
}

#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a string, not {value}")).to_owned()
}

/// An instructor engaged for the whole year, for 500 hours at this rate.
pub fn instructor(rate: i64) -> Value {
    json!({ "name": "Соколова Анна Петровна", "hourly_rate": rub(rate), "contract": contract("7-ГПХ") })
}

pub fn contract(number: &str) -> Value {
    json!({ "number": number, "valid_from": "2020-01-01", "valid_until": "2020-12-31", "hours": 500 })
}

pub fn because(reason: &str) -> Value {
    json!({ "reason": reason })
}

/// The move is refused with the present state and the moves allowed, which the remedy names.
#[track_caller]
pub fn assert_not_possible(reply: &Reply, attempted: &str, status: &str, allowed: &[&str]) {
    assert_eq!(reply.problem(), (409, "invalid_transition"), "{reply:?}");
    let facts = &reply.json["facts"];
    assert_eq!(facts, &json!({ "attempted": attempted, "status": status, "allowed": allowed }));
    for word in allowed {
        assert!(text(&reply.json["remedy"]).contains(word), "{reply:?}");
    }
}

impl Stage {
    /// A programme that is good from 1 March to [`LAST_DAY`], with money for `seats` vouchers.
    pub fn start(seats: i64) -> Self {
        Self::with(seats, |_| {})
    }

    /// The same, with another form.
    pub fn with(seats: i64, change: impl FnOnce(&mut Value)) -> Self {
        Self::on(TestServer::start(), seats, change)
    }

    /// The same on a server of the test's choice.
    pub fn on(server: TestServer, seats: i64, change: impl FnOnce(&mut Value)) -> Self {
        let office = server.token(Scope::Programme);
        let university_id = text(&done(server.get(office, "/v1/universities"))["items"][0]["university_id"]);
        let mut stage = Self {
            server,
            university_id,
            programme_id: String::new(),
            course_run_id: String::new(),
            people: AtomicU32::new(0),
        };
        stage.programme_id = stage.open_programme("PSK20", seats, change);
        stage.course_run_id = stage.course_run("П-01", 25);
        stage
    }

    /// Another programme, opened with money for `seats` vouchers; `change` changes its form.
    pub fn open_programme(&self, code: &str, seats: i64, change: impl FnOnce(&mut Value)) -> String {
        let mut form = json!({
            "code": code, "name": "Переквалификация органов госвласти", "year": 2020,
            "university_id": self.university_id, "course_hours": 20, "face_value": rub(FACE_VALUE),
            "valid_from": "2020-03-01", "valid_until": LAST_DAY, "sync_grace_days": 3,
            "auto_approve_max_rows": 0, "eligible_categories": ["state_civil_servant"],
            "contribution_basis_points": 3020, "target_trained": 2000,
        });
        change(&mut form);
        let programme_id = text(&done(self.post(Scope::Programme, "/v1/programmes", &form))["programme_id"]);
        let path = |rest: &str| format!("/v1/programmes/{programme_id}/{rest}");
        let line = json!({ "kbk": "07507051310000000244", "item": "instructor_pay", "name": "Оплата труда" });
        let line = done(self.post(Scope::Programme, &path("budget-lines"), &line));
        for agency_id in [self.server.agency_id, self.server.other_agency_id] {
            self.set_quota(&programme_id, &agency_id.to_string(), 100);
        }
        done(self.post(Scope::Programme, &path("open"), &json!({})));
        if seats > 0 {
            self.appropriate(&text(&line["budget_line_id"]), seats * FACE_VALUE);
        }
        programme_id
    }

    pub fn set_quota(&self, programme_id: &str, agency_id: &str, seats: usize) {
        let body = json!({ "quotas": [{ "agency_id": agency_id, "seats": seats }] });
        let path = format!("/v1/programmes/{programme_id}/quotas");
        done(self.server.send("PUT", self.server.token(Scope::Programme), &path, &body));
    }

    /// Money for a budget line: proposed by one, confirmed by another.
    pub fn appropriate(&self, budget_line_id: &str, kopecks: i64) {
        let path = format!("/v1/budget-lines/{budget_line_id}/appropriations");
        let body = json!({ "amount": rub(kopecks), "document_number": "1-ОЗ" });
        let proposal = done(self.post(Scope::Treasury, &path, &body));
        done(self.confirm(&self.colleague(Scope::Treasury), &proposal));
    }

    pub fn confirm(&self, token: &str, proposal: &Value) -> Reply {
        let path = format!("/v1/proposals/{}/confirm", text(&proposal["proposal_id"]));
        self.server.post(token, &path, &json!({}))
    }

    /// A course run of the stage's programme.
    pub fn course_run(&self, code: &str, seats: i64) -> String {
        self.course_run_of(&self.programme_id, code, seats)
    }

    pub fn course_run_of(&self, programme_id: &str, code: &str, seats: i64) -> String {
        let run = json!({ "programme_id": programme_id, "code": code, "starts_on": "2020-03-02",
            "ends_on": "2020-03-31", "seats": seats });
        text(&done(self.post(Scope::Teaching, "/v1/course-runs", &run))["course_run_id"])
    }

    /// A recorded session of two hours in the stage's course run, of an instructor at this rate.
    pub fn record_session(&self, rate: i64) -> Value {
        let instructor = instructor(rate);
        let instructor = done(self.post(Scope::Teaching, "/v1/instructors", &instructor));
        let session = json!({ "course_run_id": self.course_run_id, "instructor_id": instructor["payee_id"],
            "held_on": "2020-03-16", "phase": "lecture", "hours": 2 });
        let mut recorded = done(self.post(Scope::Teaching, "/v1/sessions", &session));
        recorded["instructor_id"] = instructor["payee_id"].clone();
        recorded
    }

    /// By a second person.
    pub fn accept_session(&self, session: &Value) -> Reply {
        let path = format!("/v1/sessions/{}/accept", text(&session["session_id"]));
        self.server.post(&self.colleague(Scope::Teaching), &path, &json!({}))
    }

    /// By somebody with this scope.
    pub fn get(&self, scope: Scope, path: &str) -> Reply {
        self.server.get(self.server.token(scope), path)
    }

    /// By somebody with this scope, under a new key.
    pub fn post(&self, scope: Scope, path: &str, body: &Value) -> Reply {
        self.server.post(self.server.token(scope), path, body)
    }

    /// The token of another person with the same right.
    pub fn colleague(&self, scope: Scope) -> String {
        let university_id =
            matches!(scope, Scope::Registrar | Scope::Teaching).then_some(&self.university_id);
        self.server.person(&format!("{}-2", scope.as_str()), scope, json!({ "university_id": university_id }))
    }

    /// The token of somebody at a university that was registered for this.
    pub fn foreigner(&self, scope: Scope) -> String {
        let code = format!("NOVSU{}", self.next_person());
        let university = json!({ "code": code, "name": "НовГУ" });
        let university = done(self.post(Scope::Programme, "/v1/universities", &university));
        let of = json!({ "university_id": university["university_id"] });
        self.server.person(&format!("foreign-{}", scope.as_str()), scope, of)
    }

    fn next_person(&self) -> u32 {
        self.people.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// `people` new people's rows.
    pub fn rows(&self, people: usize) -> Vec<Value> {
        (0..people).map(|_| row(self.next_person())).collect()
    }

    /// A request of the agency with this token; gives its id.
    pub fn request(&self, agency: &str, programme_id: &str, rows: &[Value]) -> String {
        let body = json!({ "programme_id": programme_id, "mode": "all_or_nothing", "rows": rows });
        text(&done(self.server.post(agency, "/v1/requests", &body))["request_id"])
    }

    pub fn approve(&self, request_id: &str) {
        done(self.post(Scope::Programme, &format!("/v1/requests/{request_id}/approve"), &json!({})));
    }

    /// Vouchers of new people, requested, approved and issued.
    pub fn vouchers(&self, people: usize) -> Vec<Voucher> {
        self.vouchers_of(&self.programme_id, people)
    }

    pub fn vouchers_of(&self, programme_id: &str, people: usize) -> Vec<Voucher> {
        let request_id = self.request(self.server.token(Scope::Agency), programme_id, &self.rows(people));
        self.approve(&request_id);
        let path = format!("/v1/requests/{request_id}/issue");
        let issued = done(self.post(Scope::Programme, &path, &json!({})));
        let issued = issued["vouchers"].as_array().unwrap().clone();
        issued.iter().map(|voucher| self.handed_out(&text(&voucher["voucher_id"]))).collect()
    }

    pub fn voucher(&self) -> Voucher {
        self.vouchers(1).pop().unwrap()
    }

    /// The voucher with its present credential.
    pub fn handed_out(&self, voucher_id: &str) -> Voucher {
        let shown = self.shown(voucher_id);
        let [id, number, credential] = ["voucher_id", "number", "credential"].map(|name| text(&shown[name]));
        Voucher { id, number, credential }
    }

    pub fn shown(&self, voucher_id: &str) -> Value {
        done(self.get(Scope::Programme, &format!("/v1/vouchers/{voucher_id}")))
    }

    pub fn status(&self, voucher_id: &str) -> String {
        text(&self.shown(voucher_id)["status"])
    }

    /// What the programme office does to a voucher, a second later.
    pub fn act(&self, voucher_id: &str, verb: &str, body: &Value) -> Reply {
        self.server.advance(1);
        self.post(Scope::Programme, &format!("/v1/vouchers/{voucher_id}/{verb}"), body)
    }

    pub fn history(&self, voucher_id: &str) -> Vec<Value> {
        let history = done(self.get(Scope::Auditor, &format!("/v1/vouchers/{voucher_id}/history")));
        history.as_array().unwrap().clone()
    }

    /// Action and outcome of each entry of the history.
    pub fn deeds(&self, voucher_id: &str) -> Vec<(String, String)> {
        let deed = |entry: &Value| (text(&entry["action"]), text(&entry["outcome"]));
        self.history(voucher_id).iter().map(deed).collect()
    }

    /// The body that redeems a credential into the stage's run, under a new id.
    pub fn redemption(&self, credential: &str) -> Value {
        json!({ "redemption_id": self.server.app.new_id(), "credential": credential,
            "course_run_id": self.course_run_id, "identity_checked": true })
    }

    /// Sends a redemption, a second later.
    pub fn send_redemption(&self, body: &Value) -> Reply {
        self.server.advance(1);
        self.post(Scope::Registrar, "/v1/redemptions", body)
    }

    pub fn redeem(&self, voucher: &Voucher) -> Reply {
        self.send_redemption(&self.redemption(&voucher.credential))
    }

    pub fn preview(&self, credential: &str) -> Reply {
        let body = json!({ "credential": credential, "course_run_id": self.course_run_id });
        self.post(Scope::Registrar, "/v1/redemptions/preview", &body)
    }

    /// A credential that says something else, signed by the house's own key.
    pub fn forge(&self, credential: &str, change: impl FnOnce(&mut Claims)) -> String {
        let keyring = self.server.app.keyring();
        let mut claims = credential::verify(credential, &keyring).unwrap().claims().clone();
        change(&mut claims);
        let signer = keyring.signer(Purpose::Credential, self.server.now()).unwrap();
        encode(credential::sign(&claims, signer).unwrap().bytes())
    }

    /// A balance of the programme's line for instructors, in kopecks; an account nothing came to is not
    /// listed.
    pub fn balance(&self, account: &str) -> i64 {
        let path = format!("/v1/programmes/{}/ledger/accounts", self.programme_id);
        let accounts = done(self.get(Scope::Auditor, &path));
        let accounts = accounts.get("items").unwrap_or(&accounts).as_array().unwrap().clone();
        let found = accounts.iter().find(|row| row["account"] == account);
        found.map_or(0, |row| row["balance"]["amount"].as_i64().unwrap())
    }

    /// What is available on that line, and what is reserved.
    pub fn money(&self) -> (i64, i64) {
        (self.balance("available"), self.balance("reserved"))
    }

    /// Every invariant holds, and the log is whole.
    #[track_caller]
    /// What verifies checkpoints of this log.
    pub fn log_key(&self, origin: &str) -> VerifierKey {
        let keyring = self.server.app.keyring();
        let key = keyring.records().into_iter().find(|record| record.purpose == Purpose::Log).unwrap();
        VerifierKey::new(origin, &key.public).unwrap()
    }

    /// The newest checkpoint of the programme's log, as anybody gets it.
    pub fn checkpoint(&self) -> Checkpoint {
        let path = format!("/v1/programmes/{}/log/checkpoint", self.programme_id);
        let reply: Reply = self.server.request("GET", &path).send().unwrap().into();
        assert_eq!((reply.status, reply.header("content-type")), (200, "text/plain; charset=utf-8"));
        let origin = reply.text.lines().next().unwrap();
        Checkpoint::open(&reply.text, &self.log_key(origin)).unwrap()
    }

    /// Stores what a witness would have said of every log's newest checkpoint.
    pub fn cosign_newest(&self) -> WitnessKey {
        let eye = Signer::from_secret(&[4; 32]);
        let witness = WitnessKey::new("control.example", &eye.public_key()).unwrap();
        let newest = |connection: &mut _| {
            let sizes = checkpoint::table.group_by(checkpoint::programme_no);
            let sizes = sizes.select((checkpoint::programme_no, diesel::dsl::max(checkpoint::tree_size)));
            let sizes: Vec<(i64, Option<i64>)> = sizes.load(connection)?;
            let note = |(log, size): &(i64, Option<i64>)| {
                let note = checkpoint::table.find((*log, size.unwrap())).select(checkpoint::note);
                Ok((*log, size.unwrap(), note.get_result::<String>(connection)?))
            };
            sizes.iter().map(note).collect::<QueryResult<Vec<_>>>().map_err(Into::into)
        };
        for (programme_no, tree_size, note) in self.server.app.read_blocking(newest).unwrap() {
            let body = note.split_inclusive('\n').take(3).collect::<String>();
            let cosigned_at = self.server.now();
            let time = cosigned_at.seconds().cast_unsigned();
            let line = cosign(&body, time, &witness, |message| eye.sign(message)).unwrap().line;
            let witness = witness.to_string();
            let keep =
                KeepCosignature(NewCosignature { programme_no, witness, tree_size, cosigned_at, line });
            self.server.app.writer.execute_blocking(keep).unwrap();
        }
        witness
    }

    pub fn assert_audit_is_clean(&self) {
        installation::assert_audit_is_clean(&self.server.app);
    }
}
