//! Programmes, their budget lines and the seats of agencies.

use crate::harness::{Reply, TestServer};
use crate::people::rows;
use crate::stage::{Stage, because, done};
use serde_json::{Value, json};
use training_vouchers::kernel::Scope;

pub const PROGRAMMES: &str = "/v1/programmes";

/// The text of a field.
pub fn text<'a>(json: &'a Value, field: &str) -> &'a str {
    json[field].as_str().unwrap_or_else(|| panic!("no {field} in {json}"))
}

pub fn field(reply: &Reply) -> &str {
    text(&reply.json, "field")
}

pub fn another_university(server: &TestServer) -> String {
    let body = json!({ "code": "SPBGU", "name": "СПбГУ" });
    let made = server.post(server.token(Scope::Admin), "/v1/universities", &body);
    text(&made.json, "university_id").to_owned()
}

pub fn university_id(server: &TestServer) -> String {
    let listed = server.get(server.token(Scope::Admin), "/v1/universities");
    text(&listed.json["items"][0], "university_id").to_owned()
}

pub fn form(server: &TestServer) -> Value {
    json!({
        "code": "PSK20", "name": "Переквалификация органов госвласти", "year": 2020,
        "university_id": university_id(server), "course_hours": 72,
        "face_value": { "amount": 650_000, "currency": "RUB" },
        "valid_from": "2020-03-01", "valid_until": "2020-12-15",
        "auto_approve_max_rows": 5, "sync_grace_days": 3,
        "eligible_categories": ["state_civil_servant", "municipal_servant"],
        "contribution_basis_points": 3_020, "target_trained": 2_000, "illustrative": true,
    })
}

pub fn instructor_line() -> Value {
    json!({ "kbk": "07507051310000000244", "item": "instructor_pay", "name": "Оплата преподавателей" })
}

/// A draft: its path.
pub fn draft(server: &TestServer) -> String {
    let made = server.post(server.token(Scope::Programme), PROGRAMMES, &form(server));
    format!("{PROGRAMMES}/{}", text(&made.json, "programme_id"))
}

/// An open programme: its path, and the id of its line for instructors.
pub fn open(server: &TestServer) -> (String, String) {
    let office = server.token(Scope::Programme);
    let programme = draft(server);
    let line = server.post(office, &format!("{programme}/budget-lines"), &instructor_line());
    let opened = server.post(office, &format!("{programme}/open"), &json!({}));
    assert_eq!(opened.status, 200, "{}", opened.text);
    (programme, text(&line.json, "budget_line_id").to_owned())
}

/// The id at the end of a path.
pub fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

fn seats(agency_id: impl serde::Serialize, seats: i64) -> Value {
    json!({ "quotas": [{ "agency_id": agency_id, "seats": seats }] })
}

#[test]
fn a_programme_is_created_opened_and_closed() {
    let server = TestServer::start();
    let office = server.token(Scope::Programme);
    let made = server.post(office, PROGRAMMES, &form(&server));
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(text(&made.json, "receipt").contains("tv.example"));
    let programme = format!("{PROGRAMMES}/{}", text(&made.json, "programme_id"));
    let shown = server.get(server.token(Scope::Agency), &programme).json;
    assert_eq!((&shown["status"], &shown["face_value"]["amount"]), (&json!("draft"), &json!(650_000)));
    for (name, value) in form(&server).as_object().unwrap() {
        let same = match name.as_str() {
            "eligible_categories" => shown[name].as_array().map(Vec::len) == value.as_array().map(Vec::len),
            _ => shown[name] == *value,
        };
        assert!(same, "{name}: {}", shown[name]);
    }

    let early = server.post(office, &format!("{programme}/open"), &json!({}));
    assert_eq!(early.problem(), (409, "invalid_transition"));
    assert_eq!(early.json["facts"]["missing_budget_line"], "instructor_pay");
    let close = format!("{programme}/close");
    assert_eq!(server.post(office, &close, &json!({})).problem(), (409, "invalid_transition"));

    let line = server.post(office, &format!("{programme}/budget-lines"), &instructor_line());
    assert_eq!(line.status, 201, "{}", line.text);
    let opened = server.post(office, &format!("{programme}/open"), &json!({}));
    assert_eq!((opened.status, &opened.json["status"]), (200, &json!("open")));
    let again = server.post(office, &format!("{programme}/open"), &json!({}));
    assert_eq!(again.json["facts"]["allowed"], json!(["close"]));

    let listed = server.get(server.token(Scope::Teaching), PROGRAMMES).json;
    assert_eq!(listed["items"][0]["status"], "open");
    let closed = server.post(office, &close, &json!({}));
    assert_eq!((closed.status, &closed.json["status"]), (200, &json!("closed")));
    let late = json!({ "kbk": "07507051310000000245", "item": "information_campaign", "name": "Кампания" });
    let refused = server.post(office, &format!("{programme}/budget-lines"), &late);
    assert_eq!(refused.problem(), (409, "programme_not_open"));
    let refused = server.send("PUT", office, &format!("{programme}/quotas"), &seats(server.agency_id, 1));
    assert_eq!(refused.problem(), (409, "programme_not_open"));
}

#[test]
fn a_programme_that_is_wrong_or_there_already_is_refused() {
    let server = TestServer::start();
    let office = server.token(Scope::Programme);
    let with = |name: &str, value: Value| {
        let mut body = form(&server);
        body[name] = value;
        server.post(office, PROGRAMMES, &body)
    };
    for (name, value) in [
        ("code", json!("Ж")),
        ("name", json!("")),
        ("year", json!(1990)),
        ("valid_until", json!("2020-02-01")),
        ("valid_from", json!("01.03.2020")),
        ("eligible_categories", json!([])),
        ("surprise", json!(1)),
    ] {
        let reply = with(name, value);
        assert_eq!((reply.problem(), field(&reply)), ((422, "invalid_field"), name));
    }
    let reply = with("face_value", json!({ "amount": 0, "currency": "RUB" }));
    assert_eq!(field(&reply), "face_value.amount");
    let reply = with("university_id", json!(server.app.new_id()));
    assert_eq!((reply.problem(), field(&reply)), ((404, "not_found"), "university_id"));

    assert_eq!(server.get(office, PROGRAMMES).json["items"], json!([]), "nothing was written");
    let made = server.post_with_key("once", office, PROGRAMMES, &form(&server));
    let again = server.post_with_key("once", office, PROGRAMMES, &form(&server));
    assert_eq!((made.status, again.status, &again.json), (201, 200, &made.json));
    let twice = server.post(office, PROGRAMMES, &form(&server));
    assert_eq!((twice.problem(), field(&twice)), ((409, "already_exists"), "code"));
    let elsewhere = server.get(office, &format!("{PROGRAMMES}/{}", server.app.new_id()));
    assert_eq!(elsewhere.problem(), (404, "not_found"));
}

#[test]
fn a_programme_has_one_budget_line_for_each_item() {
    let server = TestServer::start();
    let office = server.token(Scope::Programme);
    let lines = format!("{}/budget-lines", draft(&server));
    let made = server.post(office, &lines, &instructor_line());
    let twice = server.post(office, &lines, &instructor_line());
    assert_eq!((twice.problem(), field(&twice)), ((409, "already_exists"), "item"));
    assert_eq!(twice.json["facts"]["budget_line_id"], made.json["budget_line_id"]);
    let mut wrong = instructor_line();
    wrong["kbk"] = json!("123");
    let refused = server.post(office, &lines, &wrong);
    assert_eq!((refused.problem(), field(&refused)), ((422, "invalid_field"), "kbk"));
    let nowhere = format!("{PROGRAMMES}/{}/budget-lines", server.app.new_id());
    assert_eq!(server.post(office, &nowhere, &instructor_line()).problem(), (404, "not_found"));
    let listed = server.get(server.token(Scope::Treasury), &lines).json;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["kbk"], "07507051310000000244");
}

#[test]
fn quotas_are_set_and_an_agency_sees_its_own() {
    let server = TestServer::start();
    let office = server.token(Scope::Programme);
    let quotas = format!("{}/quotas", draft(&server));
    let both = json!({ "quotas": [
        { "agency_id": server.agency_id, "seats": 40 }, { "agency_id": server.other_agency_id, "seats": 7 },
    ] });
    let set = server.send("PUT", office, &quotas, &both);
    assert_eq!((set.status, &set.json["items"][0]["seats"]), (200, &json!(40)), "{}", set.text);
    server.send("PUT", office, &quotas, &seats(server.agency_id, 41));
    let all = server.get(office, &quotas).json;
    assert_eq!((&all["items"][0]["seats"], &all["items"][1]["seats"]), (&json!(41), &json!(7)));
    let own = server.get(&server.other_agency, &quotas).json;
    assert_eq!(
        own["items"],
        json!([{ "agency_id": server.other_agency_id, "seats": 7, "held": 0 }]),
        "another agency's seats are not shown"
    );

    let nobody = server.send("PUT", office, &quotas, &seats(server.app.new_id(), 1));
    assert_eq!((nobody.problem(), field(&nobody)), ((404, "not_found"), "quotas[0].agency_id"));
    let negative = server.send("PUT", office, &quotas, &seats(server.agency_id, -1));
    assert_eq!((negative.problem(), field(&negative)), ((422, "invalid_field"), "quotas[0].seats"));
    let mut twice = both;
    twice["quotas"][1]["agency_id"] = json!(server.agency_id);
    let twice = server.send("PUT", office, &quotas, &twice);
    assert_eq!((twice.problem(), field(&twice)), ((422, "invalid_field"), "quotas[1].agency_id"));
    assert_eq!(field(&server.send("PUT", office, &quotas, &json!({ "quotas": [] }))), "quotas");
    assert_eq!(server.get(office, &quotas).json, all, "refused ones set nothing");
}

#[test]
fn seats_already_held_cannot_be_taken_away_nor_their_programme_closed() {
    let server = TestServer::start();
    let office = server.token(Scope::Programme);
    let (programme, _) = open(&server);
    let quotas = format!("{programme}/quotas");
    server.send("PUT", office, &quotas, &seats(server.agency_id, 5));
    let request = json!({ "programme_id": id(&programme), "rows": rows(1..4) });
    let requested = server.post(server.token(Scope::Agency), "/v1/requests", &request);
    assert_eq!(requested.status, 201, "{}", requested.text);

    let refused = server.send("PUT", office, &quotas, &seats(server.agency_id, 2));
    assert_eq!((refused.problem(), field(&refused)), ((409, "quota_exceeded"), "quotas[0].seats"));
    assert_eq!((&refused.json["facts"]["held"], &refused.json["facts"]["seats"]), (&json!(3), &json!(2)));
    assert_eq!(server.send("PUT", office, &quotas, &seats(server.agency_id, 3)).json["items"][0]["held"], 3);

    let refused = server.post(office, &format!("{programme}/close"), &json!({}));
    assert_eq!(refused.problem(), (409, "invalid_transition"));
    assert_eq!(refused.json["facts"]["unfinished"]["requests"], 1);
}

#[test]
fn a_university_sees_only_the_programmes_it_teaches() {
    let server = TestServer::start();
    let programme = draft(&server);
    let stranger =
        server.person("stranger", Scope::Teaching, json!({ "university_id": another_university(&server) }));
    assert_eq!(server.get(&stranger, &programme).problem(), (404, "not_found"));
    assert_eq!(server.get(&stranger, PROGRAMMES).json["items"], json!([]));
    assert_eq!(server.get(server.token(Scope::Teaching), &programme).status, 200);
}

/// Redeeming need not ask whether a programme is open: a living voucher keeps its programme from closing,
/// and none comes back to life in a closed one.
#[test]
fn a_closed_programme_has_no_living_voucher() {
    let stage = Stage::start(4);
    let vouchers = stage.vouchers(4);
    let [issued, suspended, redeemed, lapsed] = &vouchers[..] else { unreachable!() };
    let redemption = done(stage.redeem(redeemed));
    done(stage.act(&suspended.id, "suspend", &because("по заявлению органа")));
    let run = format!("/v1/course-runs/{}/close", stage.course_run_id);
    done(stage.post(Scope::Teaching, &run, &json!({})));
    let close = || {
        let path = format!("/v1/programmes/{}/close", stage.programme_id);
        stage.post(Scope::Programme, &path, &json!({}))
    };
    for (living, ended) in [(3, issued), (2, suspended)] {
        let refused = close();
        assert_eq!(refused.problem(), (409, "invalid_transition"));
        assert_eq!(refused.json["facts"]["unfinished"]["live_vouchers"], living, "{refused:?}");
        done(stage.act(&ended.id, "void", &because("по заявлению органа")));
    }
    // Past its last day and the grace, yet living until its reserve is released.
    stage.server.advance(278 * 86_400);
    assert_eq!(close().json["facts"]["unfinished"]["live_vouchers"], 1);
    let release = format!("/v1/programmes/{}/release-expired", stage.programme_id);
    done(stage.post(Scope::Programme, &release, &json!({})));
    done(close());

    for (voucher, code) in
        [(issued, "voided"), (suspended, "voided"), (redeemed, "already_redeemed"), (lapsed, "expired")]
    {
        assert_eq!(stage.redeem(voucher).code(), code);
        for verb in ["resume", "replace"] {
            let refused = stage.act(&voucher.id, verb, &because("по заявлению органа"));
            assert_eq!(refused.code(), "invalid_transition", "{verb} {code}");
        }
    }
    let extension = json!({ "valid_until": "2021-06-30", "reason": "перенос" });
    assert_eq!(stage.act(&lapsed.id, "extend", &extension).problem(), (409, "programme_not_open"));
    let reverse = format!("/v1/redemptions/{}/reverse", text(&redemption, "redemption_id"));
    let reversal = json!({ "voucher": "issued", "reason": "отсканирован не тот сертификат" });
    assert_eq!(stage.post(Scope::Registrar, &reverse, &reversal).problem(), (409, "invalid_transition"));
    stage.assert_audit_is_clean();
}
