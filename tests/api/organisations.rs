//! Agencies and universities: registering once, and each agency seeing only itself.

use crate::harness::TestServer;
use serde_json::{Value, json};
use training_vouchers::kernel::Scope;

const AGENCIES: &str = "/v1/agencies";

fn details(code: &str) -> Value {
    json!({ "code": code, "name": "Комитет по финансам", "category": "state_body", "municipality": null })
}

#[test]
fn the_same_key_gets_the_same_answer_and_another_request_is_refused() {
    let server = TestServer::start();
    let admin = server.token(Scope::Admin);
    let first = server.post_with_key("key-1", admin, AGENCIES, &details("X-1"));
    assert_eq!(first.status, 201);
    let receipt = first.json["receipt"].as_str().unwrap();
    assert!(receipt.starts_with("c2sp.org/tlog-proof@v1\n"));
    server.post(admin, AGENCIES, &details("X-2"));
    let again = server.post_with_key("key-1", admin, AGENCIES, &details("X-1"));
    assert_eq!((again.status, &again.json), (200, &first.json), "to the byte, receipt included");
    let other = server.post_with_key("key-1", admin, AGENCIES, &details("X-3"));
    assert_eq!(other.problem(), (409, "idempotency_key_reused"));
    let elsewhere =
        server.post_with_key("key-1", admin, "/v1/universities", &json!({ "code": "U", "name": "У" }));
    assert_eq!(elsewhere.problem(), (409, "idempotency_key_reused"));
}

#[test]
fn a_code_is_taken_once_and_a_final_refusal_stays() {
    let server = TestServer::start();
    let programme = server.token(Scope::Programme);
    let refused = server.post_with_key("key-1", programme, AGENCIES, &details("PSK-S01"));
    assert_eq!((refused.problem(), &refused.json["field"]), ((409, "already_exists"), &json!("code")));
    let again = server.post_with_key("key-1", programme, AGENCIES, &details("PSK-S01"));
    assert_eq!(again.json["detail"], refused.json["detail"]);
    let other = server.post_with_key("key-1", programme, AGENCIES, &details("X-1"));
    assert_eq!(other.problem(), (409, "idempotency_key_reused"));
}

#[test]
fn an_agency_sees_itself_and_nobody_else() {
    let server = TestServer::start();
    let (own, foreign) = (server.agency_id, server.other_agency_id);
    let agency = server.token(Scope::Agency);
    let items = |token: &str| {
        let listed = server.get(token, AGENCIES).json["items"].clone();
        let ids = listed.as_array().unwrap().iter().map(|agency| agency["agency_id"].clone());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(items(agency), [json!(own)]);
    assert_eq!(items(&server.other_agency), [json!(foreign)]);
    assert_eq!(items(server.token(Scope::Auditor)), [json!(own), json!(foreign)]);
    assert_eq!(server.get(agency, &format!("{AGENCIES}/{own}")).status, 200);
    let theirs = server.get(agency, &format!("{AGENCIES}/{foreign}"));
    let nobodys = server.get(agency, &format!("{AGENCIES}/{}", server.app.new_id()));
    assert_eq!(theirs.problem(), (404, "not_found"));
    assert_eq!(theirs.json["detail"], nobodys.json["detail"], "not even that it is there");
}

#[test]
fn a_list_is_read_page_by_page() {
    let server = TestServer::start();
    let admin = server.token(Scope::Admin);
    for number in 0..5 {
        assert_eq!(server.post(admin, AGENCIES, &details(&format!("X-{number}"))).status, 201);
    }
    let (mut codes, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.get(admin, &format!("{AGENCIES}?limit=3{cursor}")).json;
        codes.extend(page["items"].as_array().unwrap().iter().map(|agency| agency["code"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(codes, ["PSK-S01", "PSK-M01", "X-0", "X-1", "X-2", "X-3", "X-4"].map(Value::from));
    for query in ["limit=0", "limit=501", "limit=x", "cursor=x", "limit=1&limit=2"] {
        assert_eq!(
            server.get(admin, &format!("{AGENCIES}?{query}")).problem(),
            (422, "invalid_field"),
            "{query}"
        );
    }
}
