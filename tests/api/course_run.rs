//! Course runs: seats and dates, closing, and whose they are.

use crate::classroom::Classroom;
use crate::harness::TestServer;
use crate::people::rows;
use crate::programme::{another_university, field, id, open, text, university_id};
use crate::stage::{FACE_VALUE, done};
use serde_json::{Value, json};
use training_vouchers::kernel::Scope;

const RUNS: &str = "/v1/course-runs";

fn new_run(programme: &str, code: &str, seats: i64) -> Value {
    json!({
        "programme_id": id(programme), "code": code, "seats": seats,
        "starts_on": "2020-03-16", "ends_on": "2020-06-30",
    })
}

fn make_run(server: &TestServer, programme: &str, code: &str, seats: i64) -> String {
    let made = server.post(server.token(Scope::Teaching), RUNS, &new_run(programme, code, seats));
    assert_eq!(made.status, 201, "{}", made.text);
    format!("{RUNS}/{}", text(&made.json, "course_run_id"))
}

/// Issues `people` vouchers (three at most) and redeems them into `run`: the redemptions' paths.
fn redeem(server: &TestServer, (programme, line): &(String, String), run: &str, people: u32) -> Vec<String> {
    let (office, agency) = (server.token(Scope::Programme), server.token(Scope::Agency));
    let path = format!("/v1/budget-lines/{line}/appropriations");
    let money = json!({ "amount": { "amount": 10_000_000, "currency": "RUB" }, "document_number": "1" });
    let proposed = server.post(server.token(Scope::Treasury), &path, &money).json;
    let confirm = format!("/v1/proposals/{}/confirm", text(&proposed, "proposal_id"));
    server.post(&server.person("second", Scope::Treasury, json!({})), &confirm, &json!({}));
    let quota = json!({ "quotas": [{ "agency_id": server.agency_id, "seats": 5 }] });
    server.send("PUT", office, &format!("{programme}/quotas"), &quota);
    let request = json!({ "programme_id": id(programme), "rows": rows(0..people) });
    let requested = server.post(agency, "/v1/requests", &request).json;
    let issue = format!("/v1/requests/{}/issue", text(&requested, "request_id"));
    let issued = server.post(office, &issue, &json!({}));
    assert_eq!(issued.status, 201, "{}", issued.text);
    let redeem = |voucher: &Value| {
        let redemption_id = server.app.new_id();
        let body = json!({
            "redemption_id": redemption_id, "number": voucher["number"], "course_run_id": id(run),
            "identity_checked": true,
        });
        let redeemed = server.post(server.token(Scope::Registrar), "/v1/redemptions", &body);
        assert_eq!(redeemed.status, 201, "{}", redeemed.text);
        format!("/v1/redemptions/{redemption_id}")
    };
    issued.json["vouchers"].as_array().unwrap().iter().map(redeem).collect()
}

#[test]
fn a_course_run_is_planned_listed_and_closed() {
    let server = TestServer::start();
    let teaching = server.token(Scope::Teaching);
    let programme = open(&server);
    let run = make_run(&server, &programme.0, "П-01", 2);
    let other = make_run(&server, &programme.0, "П-02", 25);
    let redemptions = redeem(&server, &programme, &run, 2);
    assert_eq!(redemptions.len(), 2);
    let shown = server.get(server.token(Scope::Agency), &run).json;
    assert_eq!((&shown["enrolled"], &shown["free_seats"]), (&json!(2), &json!(0)));

    let codes = |query: &str| -> Vec<String> {
        let page = server.get(teaching, &format!("{RUNS}?programme_id={}{query}", id(&programme.0))).json;
        page["items"].as_array().unwrap().iter().map(|run| text(run, "code").to_owned()).collect()
    };
    assert_eq!(codes(""), ["П-01", "П-02"]);
    assert_eq!(codes("&limit=1"), ["П-01"]);
    assert_eq!(codes("&with_free_seats=true"), ["П-02"]);

    let unfinished =
        server.post(server.token(Scope::Programme), &format!("{}/close", programme.0), &json!({}));
    assert_eq!(unfinished.json["facts"]["unfinished"]["open_course_runs"], 2);
    assert_eq!(unfinished.json["facts"]["unfinished"]["obligated"]["amount"], 1_300_000);

    let closed = server.post(teaching, &format!("{run}/close"), &json!({}));
    assert_eq!((closed.status, &closed.json["status"]), (200, &json!("closed")), "{}", closed.text);
    assert_eq!(closed.json["released"]["amount"], 1_300_000);
    let again = server.post(teaching, &format!("{run}/close"), &json!({}));
    assert_eq!(
        (again.problem(), &again.json["facts"]["status"]),
        ((409, "invalid_transition"), &json!("closed"))
    );
    assert_eq!(codes("&status=open"), ["П-02"]);
    assert_eq!(codes("&status=closed"), ["П-01"]);
    let nothing = server.post(teaching, &format!("{other}/close"), &json!({}));
    assert_eq!((nothing.status, &nothing.json["released"]["amount"]), (200, &json!(0)));

    let done = server.post(server.token(Scope::Programme), &format!("{}/close", programme.0), &json!({}));
    assert_eq!(done.status, 200, "everything is back: {}", done.text);
    let late = server.post(teaching, RUNS, &new_run(&programme.0, "П-03", 25));
    assert_eq!(late.problem(), (409, "programme_not_open"));
}

#[test]
fn a_run_with_hours_to_accept_stays_open_and_what_is_accrued_is_not_released() {
    let room = Classroom::start();
    let teaching = room.server.token(Scope::Teaching);
    let recorded = done(room.record(&room.session("2020-03-16", 1)));
    let close = format!("{RUNS}/{}/close", room.course_run_id);
    let early = room.server.post(teaching, &close, &json!({}));
    assert_eq!(early.problem(), (409, "invalid_transition"));
    assert_eq!(early.json["facts"]["sessions_not_accepted"], 1);
    done(room.accept(&room.teaching_2, &recorded));
    let closed = done(room.server.post(teaching, &close, &json!({})));
    // Three seats, less an hour of 1 500,01 ₽ and contributions of 30.2 % on it.
    assert_eq!(closed["released"]["amount"], 3 * FACE_VALUE - 150_001 - 45_300);
}

#[test]
fn a_run_that_is_wrong_or_there_already_is_refused() {
    let server = TestServer::start();
    let teaching = server.token(Scope::Teaching);
    let (programme, _) = open(&server);
    for (name, value) in [
        ("code", json!("")),
        ("seats", json!(0)),
        ("ends_on", json!("2020-03-15")),
        ("starts_on", json!("tomorrow")),
    ] {
        let mut body = new_run(&programme, "П-01", 25);
        body[name] = value;
        let reply = server.post(teaching, RUNS, &body);
        assert_eq!((reply.problem(), field(&reply)), ((422, "invalid_field"), name));
    }
    let run = make_run(&server, &programme, "П-01", 25);
    let twice = server.post(teaching, RUNS, &new_run(&programme, "П-01", 25));
    assert_eq!((twice.problem(), field(&twice)), ((409, "already_exists"), "code"));
    let nowhere = new_run(&server.app.new_id().to_string(), "П-02", 25);
    assert_eq!(server.post(teaching, RUNS, &nowhere).problem(), (404, "not_found"));
    let all = server.get(teaching, RUNS);
    assert_eq!((all.problem(), field(&all)), ((422, "invalid_field"), "programme_id"));
    assert_eq!(
        server.get(teaching, &format!("{RUNS}/{}", server.app.new_id())).problem(),
        (404, "not_found")
    );
    let office = server.token(Scope::Programme);
    assert_eq!(server.post(office, &format!("{run}/close"), &json!({})).problem(), (403, "forbidden"));
}

#[test]
fn another_university_neither_sees_nor_closes_a_run_nor_confirms_its_reversals() {
    let server = TestServer::start();
    let programme = open(&server);
    let run = make_run(&server, &programme.0, "П-01", 25);
    let elsewhere = another_university(&server);
    let stranger = server.person("stranger", Scope::Teaching, json!({ "university_id": elsewhere }));
    assert_eq!(server.get(&stranger, &run).problem(), (404, "not_found"));
    assert_eq!(server.post(&stranger, &format!("{run}/close"), &json!({})).problem(), (404, "not_found"));
    let foreign = server.post(&stranger, RUNS, &new_run(&programme.0, "Ч-01", 25));
    assert_eq!(foreign.problem(), (404, "not_found"));
    let list = format!("{RUNS}?programme_id={}", id(&programme.0));
    assert_eq!(server.get(&stranger, &list).problem(), (404, "not_found"));

    let redemption = redeem(&server, &programme, &run, 1).remove(0);
    server.advance(601);
    let reversal = json!({ "voucher": "issued", "reason": "Зачислен не тот человек" });
    let registrar = server.token(Scope::Registrar);
    let proposed = server.post(registrar, &format!("{redemption}/reverse"), &reversal);
    assert_eq!(proposed.status, 202, "{}", proposed.text);
    let proposal = format!("/v1/proposals/{}", text(&proposed.json, "proposal_id"));
    let stranger = server.person("stranger", Scope::Registrar, json!({ "university_id": elsewhere }));
    assert_eq!(server.get(&stranger, "/v1/proposals").json["items"], json!([]));
    assert_eq!(server.get(&stranger, &proposal).problem(), (404, "not_found"));
    for decision in ["confirm", "withdraw"] {
        let path = format!("{proposal}/{decision}");
        assert_eq!(server.post(&stranger, &path, &json!({})).problem(), (404, "not_found"));
    }
    let confirm = format!("{proposal}/confirm");
    assert_eq!(server.post(registrar, &confirm, &json!({})).problem(), (403, "self_approval"));
    let colleague =
        server.person("colleague", Scope::Registrar, json!({ "university_id": university_id(&server) }));
    assert_eq!(
        server.get(&colleague, "/v1/proposals").json["items"][0]["proposal_id"],
        proposed.json["proposal_id"]
    );
    assert_eq!(server.post(&colleague, &confirm, &json!({})).status, 200);
    assert_eq!(server.get(registrar, &run).json["enrolled"], 0);
}
