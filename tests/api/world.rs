//! A stage with four agencies: two state bodies, a municipality that waits in line, and one without a
//! quota; and the people who decide on their requests.

use crate::harness::Reply;
use crate::stage::{Stage, done, text};
use serde_json::{Value, json};
use std::ops::Deref;
use training_vouchers::kernel::Scope;

/// Of each agency that takes part.
pub const SEATS: usize = 10;

pub struct World {
    stage: Stage,
    pub state_body: Party,
    pub other_body: Party,
    pub municipality: Party,
    /// An agency without a quota.
    pub outsider: Party,
    pub office: String,
    /// The programme office again, by the person who is also `state_body`'s HR office.
    pub office_by_hr: String,
    pub auditor: String,
}

/// An agency, and the token of its HR office.
pub struct Party {
    pub agency_id: String,
    pub token: String,
}

impl Deref for World {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl World {
    /// Requests of up to two rows are approved at once; municipalities wait until 31 March.
    pub fn start() -> Self {
        let stage = Stage::with(1, |form| {
            form["priority_until"] = json!("2020-03-31");
            form["auto_approve_max_rows"] = json!(2);
            form["eligible_categories"] = json!(["state_civil_servant", "municipal_servant"]);
        });
        let server = &stage.server;
        let party = |agency_id: &dyn ToString, token: &str| Party {
            agency_id: agency_id.to_string(),
            token: token.to_owned(),
        };
        let state_body = party(&server.agency_id, server.token(Scope::Agency));
        let municipality = party(&server.other_agency_id, &server.other_agency);
        let [other_body, outsider] = ["PSK-S02", "PSK-S03"].map(|code| {
            let agency = json!({ "code": code, "name": code, "category": "state_body" });
            let agency_id = done(stage.post(Scope::Programme, "/v1/agencies", &agency))["agency_id"].clone();
            let subject = format!("hr.{}", code.to_lowercase());
            let token = server.person(&subject, Scope::Agency, json!({ "agency_id": agency_id }));
            Party { agency_id: text(&agency_id), token }
        });
        for party in [&state_body, &other_body, &municipality] {
            stage.set_quota(&stage.programme_id, &party.agency_id, SEATS);
        }
        Self {
            office: server.person("olga", Scope::Programme, json!({})),
            office_by_hr: server.person("agency", Scope::Programme, json!({})),
            auditor: server.token(Scope::Auditor).to_owned(),
            state_body,
            other_body,
            municipality,
            outsider,
            stage,
        }
    }

    pub fn set_seats(&self, party: &Party, seats: usize) {
        self.set_quota(&self.programme_id, &party.agency_id, seats);
    }

    pub fn close_programme(&self) {
        let run = format!("/v1/course-runs/{}/close", self.course_run_id);
        done(self.stage.post(Scope::Teaching, &run, &json!({})));
        let programme = format!("/v1/programmes/{}/close", self.programme_id);
        done(self.stage.post(Scope::Programme, &programme, &json!({})));
    }

    pub fn advance_days(&self, days: i64) {
        self.server.advance(days * 86_400);
    }

    pub fn get(&self, token: &str, path: &str) -> Reply {
        self.server.get(token, path)
    }

    /// Posts JSON under a key of its own.
    pub fn post(&self, token: &str, path: &str, body: &Value) -> Reply {
        self.server.post(token, path, body)
    }

    /// Posts any bytes under a key of its own.
    pub fn send(&self, token: &str, path: &str, content_type: &str, body: Vec<u8>) -> Reply {
        self.send_with_key(&self.server.app.new_id().to_string(), token, path, content_type, body)
    }

    pub fn send_with_key(
        &self,
        key: &str,
        token: &str,
        path: &str,
        content_type: &str,
        body: Vec<u8>,
    ) -> Reply {
        let request = self.server.request("POST", path).bearer_auth(token);
        let request = request.header("Idempotency-Key", key).header("Content-Type", content_type);
        request.body(body).send().unwrap().into()
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
            let query = diesel::sql_query(format!("SELECT COUNT(*) AS n FROM {table}"));
            let counted =
                self.server.app.read_blocking(|connection| Ok(query.get_result::<Count>(connection)?.n));
            counted.unwrap()
        };
        tables.iter().map(|table| count(table)).collect()
    }

    /// Seats held by an agency.
    pub fn held(&self, party: &Party) -> i64 {
        let quotas = done(self.get(&party.token, &format!("/v1/programmes/{}/quotas", self.programme_id)));
        quotas["items"][0]["held"].as_i64().unwrap()
    }
}
