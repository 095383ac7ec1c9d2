//! A stage with three people redeemed into its course run, and who teaches and pays.

use crate::harness::Reply;
use crate::stage::{Stage, because, done, instructor, rub, text};
use serde_json::{Value, json};
use std::ops::Deref;
use training_vouchers::kernel::Scope;

pub struct Classroom {
    stage: Stage,
    pub instructor_id: String,
    /// Of the three redemptions, in the order they were made. A fourth voucher is not redeemed.
    pub redemption_ids: Vec<String>,
    /// A colleague of the teaching office, and one of the treasury.
    pub teaching_2: String,
    pub treasury_2: String,
    /// The teaching office of another university.
    pub foreign_teaching: String,
}

impl Deref for Classroom {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl Classroom {
    pub fn start() -> Self {
        let stage = Stage::start(15);
        let server = &stage.server;
        for (agency_id, seats) in [(server.agency_id, 10), (server.other_agency_id, 0)] {
            stage.set_quota(&stage.programme_id, &agency_id.to_string(), seats);
        }
        let vouchers = stage.vouchers(4);
        let redeem = |voucher| text(&done(stage.redeem(voucher))["redemption_id"]);
        let redemption_ids = vouchers[..3].iter().map(redeem).collect();
        let instructor = instructor(150_001);
        let instructor = done(stage.post(Scope::Teaching, "/v1/instructors", &instructor));
        Self {
            instructor_id: text(&instructor["payee_id"]),
            redemption_ids,
            teaching_2: stage.colleague(Scope::Teaching),
            treasury_2: stage.colleague(Scope::Treasury),
            foreign_teaching: stage.foreigner(Scope::Teaching),
            stage,
        }
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

    pub fn withdraw(&self, token: &str, payment: &Value) -> Reply {
        let path = format!("/v1/payments/{}/withdraw", text(&payment["payment_id"]));
        self.server.post(token, &path, &because("указан не тот день"))
    }

    /// Confirms an act of two people as its second.
    pub fn confirm_act(&self, token: &str, proposal: &Value) -> Reply {
        self.stage.confirm(token, proposal)
    }

    /// A payment prepared by one and confirmed by another; gives its id.
    pub fn pay(&self, payee_id: &str, kopecks: i64, document: &str) -> String {
        let prepared = done(self.prepare(&self.payment(payee_id, kopecks, document)));
        text(&done(self.confirm(&self.treasury_2, &prepared))["payment_id"])
    }
}
