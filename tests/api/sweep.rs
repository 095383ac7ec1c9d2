//! A request to every route: a path to things there are, a token that may, a body that is good. Tests spoil
//! one of them.

use crate::devices;
use crate::harness::Reply;
use crate::phone::Phone;
use crate::stage::{LAST_DAY, Stage, contract, done, rub, text};
use serde_json::{Value, json};
use training_vouchers::credential::Signer;
use training_vouchers::http::permissions::{Access, Route};
use training_vouchers::http::problem;
use training_vouchers::kernel::{Code, Scope};

/// Things there are, by the names that paths call them.
fn ids(stage: &Stage) -> Vec<(&'static str, String)> {
    let voucher = stage.voucher();
    let redeemed = stage.voucher();
    let redemption = done(stage.redeem(&redeemed));
    let session = stage.record_session(100_000);
    done(stage.accept_session(&session));
    let payment = json!({ "programme_id": stage.programme_id, "payee_id": session["instructor_id"], "amount": rub(1),
        "document_number": "1", "paid_on": "2020-03-17" });
    let payment = done(stage.post(Scope::Treasury, "/v1/payments", &payment));
    let lines =
        done(stage.get(Scope::Programme, &format!("/v1/programmes/{}/budget-lines", stage.programme_id)));
    let request_id = stage.request(stage.server.token(Scope::Agency), &stage.programme_id, &stage.rows(1));
    stage.approve(&request_id);
    done(stage.post(Scope::Programme, &format!("/v1/requests/{request_id}/issue"), &json!({})));
    let link = done(stage.get(Scope::Agency, &format!("/v1/vouchers/{}/link", voucher.id)));
    let line = text(&lines["items"][0]["budget_line_id"]);
    let appropriation = json!({ "amount": rub(1), "document_number": "2-ОЗ" });
    let path = format!("/v1/budget-lines/{line}/appropriations");
    let proposal = done(stage.post(Scope::Treasury, &path, &appropriation));
    let employees = done(stage.get(Scope::Agency, "/v1/employees"));
    let register = json!({ "programme_id": stage.programme_id, "document_number": "Р-1", "paid_on": "2020-03-17",
        "lines": [{ "payee_id": session["instructor_id"], "amount": rub(1) }] });
    let register = done(stage.post(Scope::Treasury, "/v1/payment-registers", &register));
    let (contract_id, other_line) = campaign_contract(stage);
    let statement = bank_statement(stage);
    let phone = Phone::paired(stage, 7);
    let conflict = phone.sync(&phone.redeem(&redeemed));
    let item = phone.redeem(&redeemed);
    stage.cosign_newest();
    vec![
        ("agency_id", stage.server.agency_id.to_string()),
        ("university_id", stage.university_id.clone()),
        ("programme_id", stage.programme_id.clone()),
        ("budget_line_id", line),
        ("course_run_id", stage.course_run_id.clone()),
        ("voucher_id", voucher.id.clone()),
        ("number", voucher.number),
        ("link", text(&link["link"]).replace("/c/", "")),
        ("kid", text(&stage.shown(&voucher.id)["kid"])),
        ("redemption_id", text(&redemption["redemption_id"])),
        ("payee_id", text(&session["instructor_id"])),
        ("session_id", text(&session["session_id"])),
        ("payment_id", text(&payment["payment_id"])),
        ("register_id", text(&register["register_id"])),
        ("statement_id", text(&statement["statement_id"])),
        ("item_id", text(&statement["items"][0]["item_id"])),
        ("contract_id", contract_id),
        ("other_budget_line_id", other_line),
        ("signed_item", text(&item["item"])),
        ("signature", text(&item["signature"])),
        ("move_id", quota_move(stage)),
        ("conflict_id", text(&conflict["conflict_id"])),
        ("device_id", phone.id.clone()),
        ("month", "2020-02".into()),
        ("request_id", request_id),
        ("proposal_id", text(&proposal["proposal_id"])),
        ("employee_id", text(&employees["items"][0]["employee_id"])),
        // Not one that the test lives by.
        ("token_id", token_of(stage, "agency-2")),
        ("code", "not_found".into()),
        ("log_index", "0".into()),
        ("size", "2".into()),
        ("programme_code", "PSK20".into()),
        ("list", "0".into()),
        ("from", "1".into()),
        ("tile:.*", "0/000.p/1".into()),
        ("other_course_run_id", stage.course_run("другой", 5)),
        ("format", "csv".into()),
        ("account", "paid".into()),
        ("size", "5".into()),
        ("seed", "audit".into()),
        ("document_number", "1".into()),
    ]
}

/// The id of a login's token.
fn token_of(stage: &Stage, subject: &str) -> String {
    let tokens = done(stage.get(Scope::Admin, "/v1/tokens"));
    let tokens = tokens["items"].as_array().unwrap();
    text(&tokens.iter().find(|token| token["subject"] == subject).unwrap()["token_id"])
}

/// A move of seats that waits.
fn quota_move(stage: &Stage) -> String {
    let agencies = [stage.server.agency_id, stage.server.other_agency_id].map(|id| id.to_string());
    let body = json!({ "from_agency_id": agencies[0], "to_agency_id": agencies[1], "seats": 1, "reason": "проверка" });
    let path = format!("/v1/programmes/{}/quota-moves", stage.programme_id);
    text(&done(stage.post(Scope::Programme, &path, &body))["move_id"])
}

/// A contract of the campaign, and its line.
fn campaign_contract(stage: &Stage) -> (String, String) {
    let path = format!("/v1/programmes/{}/budget-lines", stage.programme_id);
    let line = json!({ "kbk": "07507051310000000245", "item": "information_campaign", "name": "Кампания" });
    let line = done(stage.post(Scope::Programme, &path, &line));
    stage.appropriate(&text(&line["budget_line_id"]), 1_000);
    let contractor = done(stage.post(Scope::Treasury, "/v1/contractors", &json!({ "name": "Вести" })));
    let contract = json!({ "programme_id": stage.programme_id, "contractor_id": contractor["payee_id"],
        "document_number": "К-1", "signed_on": "2020-03-16", "subject": "Ролики", "amount": rub(10) });
    let proposal = done(stage.post(Scope::Treasury, "/v1/contracts", &contract));
    let signed = done(stage.confirm(&stage.colleague(Scope::Treasury), &proposal));
    (text(&signed["act"]["contract_id"]), text(&line["budget_line_id"]))
}

/// A bank statement with an item that no payment explains.
fn bank_statement(stage: &Stage) -> Value {
    let account = json!({ "account_number": "40204810900000000025", "bic": "045805000" });
    let path = format!("/v1/programmes/{}", stage.programme_id);
    done(stage.post(Scope::Treasury, &format!("{path}/settlement-accounts"), &account));
    let file = "1CClientBankExchange\nКодировка=UTF-8\nДатаНачала=16.03.2020\nДатаКонца=16.03.2020\nСекцияРасчСчет\n\
        РасчСчет=40204810900000000025\nНачальныйОстаток=1\nКонечныйОстаток=0\nКонецРасчСчет\nСекцияДокумент=Ордер\n\
        Сумма=1\nПлательщикСчет=40204810900000000025\nДатаСписано=16.03.2020\nКонецДокумента\nКонецФайла\n";
    let request = stage.server.request("POST", &format!("{path}/statements"));
    let request =
        request.bearer_auth(stage.server.token(Scope::Treasury)).header("Idempotency-Key", "statement");
    done(request.header("Content-Type", "text/plain").body(file).send().unwrap().into())
}

pub struct Sweep {
    stage: Stage,
    ids: Vec<(&'static str, String)>,
}

impl Sweep {
    pub fn start() -> Self {
        let stage = Stage::start(20);
        let ids = ids(&stage);
        Self { stage, ids }
    }

    pub fn id(&self, name: &str) -> &str {
        &self.ids.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("an id for {name}")).1
    }

    /// The route's path to things there are, but for `parameter`, which is `value`.
    pub fn path(&self, route: &Route, parameter: &str, value: &str) -> String {
        let segment = |segment: &str| match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'))
        {
            Some("tail:.*") => "index.html".to_owned(),
            Some(name) if name == parameter => value.to_owned(),
            Some(name) => self.id(name).to_owned(),
            None => segment.to_owned(),
        };
        route.path.split('/').map(segment).collect::<Vec<_>>().join("/")
    }

    fn token(&self, route: &Route) -> Option<&str> {
        match route.access {
            Access::Public => None,
            // The programme office sees what others see a part of.
            Access::Only(scopes) if route.method == "GET" && scopes.contains(&Scope::Programme) => {
                Some(self.stage.server.token(Scope::Programme))
            }
            Access::Only(scopes) => Some(self.stage.server.token(scopes[0])),
        }
    }

    pub fn send(&self, route: &Route, path: &str, content_type: Option<&str>, body: Vec<u8>) -> Reply {
        let request = self.stage.server.request(route.method, path);
        let request = request.header("Idempotency-Key", self.stage.server.app.new_id().to_string());
        let request = match self.token(route) {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let request = match content_type {
            Some(content_type) => request.header("Content-Type", content_type),
            None => request,
        };
        request.body(body).send().unwrap().into()
    }

    pub fn send_json(&self, route: &Route, body: impl Into<Vec<u8>>) -> Reply {
        self.send(route, &self.path(route, "", ""), Some("application/json"), body.into())
    }

    /// A good body for every route that takes one. None of them is sent as it is.
    pub fn body(&self, route: &Route) -> Option<Value> {
        let id = |name: &str| self.id(name).to_owned();
        let reason = json!({ "reason": "проверка" });
        let rows = self.stage.rows(1);
        Some(match route.path.rsplit('/').next().unwrap() {
            _ if route.method == "GET" || route.method == "DELETE" => return None,
            "tokens" => json!({ "subject": "someone", "scope": "agency", "agency_id": id("agency_id"),
                "expires_at": "2020-12-31T00:00:00Z" }),
            "agencies" => {
                json!({ "code": "X-1", "name": "Имя", "category": "state_body", "municipality": "Псков" })
            }
            "universities" => json!({ "code": "X-1", "name": "Имя" }),
            "employees" => json!({ "rows": rows }),
            "programmes" => {
                json!({ "code": "X1", "name": "Имя", "year": 2020, "university_id": id("university_id"),
                "course_hours": 20, "face_value": rub(100), "valid_from": "2020-03-01", "valid_until": LAST_DAY,
                "priority_until": "2020-03-31", "sync_grace_days": 3, "auto_approve_max_rows": 0,
                "eligible_categories": ["state_civil_servant"], "contribution_basis_points": 3020,
                "target_trained": 2000, "illustrative": true })
            }
            "budget-lines" => {
                json!({ "kbk": "07507051310000000244", "item": "information_campaign", "name": "Имя" })
            }
            "quotas" => json!({ "quotas": [{ "agency_id": id("agency_id"), "seats": 100 }] }),
            "quota-moves" => json!({ "from_agency_id": id("agency_id"),
                "to_agency_id": self.stage.server.other_agency_id, "seats": 1, "reason": "проверка" }),
            "appropriations" => json!({ "amount": rub(100), "document_number": "1" }),
            "requests" => json!({ "programme_id": id("programme_id"), "mode": "best_effort", "dry_run": true,
                "rows": rows }),
            "course-runs" => {
                json!({ "programme_id": id("programme_id"), "code": "X", "starts_on": "2020-03-02",
                "ends_on": "2020-03-31", "seats": 5, "illustrative": true,
                "plan": { "lecture": 10, "practical_university": 4, "practical_authority": 2, "remote": 3,
                    "test": 1 } })
            }
            "redemptions" => json!({ "redemption_id": self.stage.server.app.new_id(), "number": id("number"),
                "course_run_id": id("course_run_id"), "identity_checked": false }),
            "preview" => json!({ "number": id("number"), "course_run_id": id("course_run_id") }),
            "move-enrolments" => json!({ "to_course_run_id": id("other_course_run_id"),
                "redemption_ids": [id("redemption_id")], "reason": "проверка" }),
            "reverse" => json!({ "voucher": "voided", "reason": "проверка" }),
            "instructors" => json!({ "name": "Имя", "hourly_rate": rub(100_000), "contract": contract("1") }),
            "contracts" if route.path.starts_with("/v1/instructors") => {
                json!({ "hourly_rate": rub(100_000), "contract": {
                "number": "2", "valid_from": "2021-01-01", "valid_until": "2021-12-31", "hours": 10 } })
            }
            "attendance" => json!({ "dry_run": true, "rows": [
                { "redemption_id": id("redemption_id"), "present": true },
                { "voucher_number": id("number"), "present": false }] }),
            "results" => json!({ "dry_run": true, "rows": [
                { "redemption_id": id("redemption_id"), "passed": true }] }),
            "completions" => json!({ "dry_run": true, "rows": [{ "voucher_number": id("number"),
                "document_number": "У-1", "completed_on": "2020-03-17" }] }),
            "sessions" => json!({ "course_run_id": id("course_run_id"), "instructor_id": id("payee_id"),
                "held_on": "2020-03-16", "starts_at": "09:00", "phase": "lecture", "hours": 2 }),
            "payments" => {
                json!({ "programme_id": id("programme_id"), "payee_id": id("payee_id"), "amount": rub(1),
                "document_number": "1", "paid_on": "2020-03-17" })
            }
            "moves" => {
                json!({ "to_budget_line_id": id("other_budget_line_id"), "amount": rub(1), "document_number": "1" })
            }
            "top-ups" => json!({ "amount": rub(1), "reason": "проверка" }),
            "payment-registers" => {
                json!({ "programme_id": id("programme_id"), "document_number": "Р-2", "paid_on": "2020-03-17",
                "lines": [{ "payee_id": id("payee_id"), "amount": rub(1) }] })
            }
            "settlement-accounts" => {
                json!({ "account_number": "03224643580000005700", "bic": "015805002" })
            }
            // No JSON is a statement.
            "statements" => json!({}),
            "resolve" => json!({ "payment_id": id("payment_id"), "reason": "проверка" }),
            "return" => json!({ "returned_on": "2020-03-17", "reason": "проверка" }),
            "items" => json!({ "items": [{ "item": id("signed_item"), "signature": id("signature") }] }),
            "decide" => json!({ "decision": "dismiss", "reason": "проверка" }),
            "device-pairings" => json!({}),
            "devices" => json!({ "secret": "x", "name": "Планшет",
                "public_key": devices::key(&Signer::from_secret(&[9; 32])) }),
            "revoke" => reason,
            "unmask" if route.path.starts_with("/v1/vouchers") => {
                json!({ "reason": "сверка с ведомостью оплаты" })
            }
            "unmask" => json!({ "programme_id": id("programme_id"), "reason": "сверка с ведомостью оплаты" }),
            "contractors" => json!({ "name": "Имя" }),
            "contracts" => json!({ "programme_id": id("programme_id"), "contractor_id": id("payee_id"),
                "document_number": "К-2", "signed_on": "2020-03-16", "subject": "Ролики", "amount": rub(1) }),
            "acts" => json!({ "document_number": "А-1", "accepted_on": "2020-03-16", "amount": rub(1) }),
            "verify" => json!({ "credential": "TV1:" }),
            "extend" => json!({ "valid_until": "2020-12-31", "reason": "проверка" }),
            "withdraw" if route.path.starts_with("/v1/payment") => reason,
            "cancel" | "end" | "suspend" | "resume" | "void" | "replace" | "compromise" => reason,
            "reject" | "decline" => reason,
            "open" | "close" | "confirm" | "withdraw" | "approve" | "accept" | "agree" | "issue"
            | "release-expired" | "year-end" | "invitations" => json!({}),
            other => panic!("a good body for {} {other}", route.method),
        })
    }
}

/// Not a fault of ours, and if it is a refusal, one as documented.
#[track_caller]
pub fn assert_sane(reply: &Reply, sent: &str) {
    assert!(reply.status < 500, "{sent}: {reply:?}");
    if reply.status < 400 {
        return;
    }
    let code = Code::parse(reply.code()).unwrap_or_else(|| panic!("{sent}: no stable code in {reply:?}"));
    assert_eq!(problem::status(code).as_u16(), reply.status, "{sent}");
    assert_eq!(reply.header("content-type"), "application/problem+json", "{sent}");
    for member in ["type", "title", "detail", "remedy", "request_id"] {
        assert!(
            reply.json[member].as_str().is_some_and(|text| !text.is_empty()),
            "{sent}: {member} of {reply:?}"
        );
    }
}

#[track_caller]
pub fn assert_refused(reply: &Reply, sent: &str) {
    assert!((400..500).contains(&reply.status), "{sent}: {reply:?}");
    assert_sane(reply, sent);
}
