//! Tokens: shown once, expiring, revoked at once; and the record of those turned away.

use crate::harness::TestServer;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use training_vouchers::kernel::Scope;

const TOKENS: &str = "/v1/tokens";

fn terms(server: &TestServer, scope: &str) -> Value {
    json!({ "subject": "new-1", "scope": scope, "expires_at": server.now().plus_seconds(3_600) })
}

#[test]
fn a_secret_is_shown_once_and_stored_nowhere() {
    let server = TestServer::start();
    let admin = server.token(Scope::Admin);
    let made = server.post_with_key("k", admin, TOKENS, &terms(&server, "auditor"));
    assert_eq!(made.status, 201);
    let secret = made.json["secret"].as_str().unwrap();
    assert_eq!(server.get(secret, TOKENS).status, 200, "it works at once");
    let again = server.post_with_key("k", admin, TOKENS, &terms(&server, "auditor"));
    assert_eq!((again.status, &again.json["secret"]), (200, &Value::Null));
    assert_eq!(
        (&again.json["token_id"], &again.json["receipt"]),
        (&made.json["token_id"], &made.json["receipt"])
    );
    let listed = server.get(admin, TOKENS);
    assert!(listed.text.contains(made.json["token_id"].as_str().unwrap()) && !listed.text.contains(secret));
}

#[test]
fn a_token_ends_when_it_expires_and_when_it_is_revoked() {
    let server = TestServer::start();
    let admin = server.token(Scope::Admin);
    let made = server.post(admin, TOKENS, &terms(&server, "auditor")).json;
    let (path, secret) =
        (format!("{TOKENS}/{}", made["token_id"].as_str().unwrap()), made["secret"].as_str().unwrap());
    let revoked = server.delete(admin, &path);
    assert_eq!(revoked.status, 200);
    assert_eq!(server.get(secret, TOKENS).problem(), (401, "unauthenticated"));
    assert_eq!(server.delete(admin, &path).problem(), (409, "invalid_transition"));
    let made = server.post(admin, TOKENS, &terms(&server, "treasury")).json;
    server.advance(3_599);
    assert_eq!(server.get(made["secret"].as_str().unwrap(), "/v1/agencies").status, 200);
    server.advance(1);
    assert_eq!(server.get(made["secret"].as_str().unwrap(), "/v1/agencies").status, 401);
}

#[test]
fn a_token_has_the_organisation_its_scope_asks_for() {
    let server = TestServer::start();
    let admin = server.token(Scope::Admin);
    let mut new = terms(&server, "agency");
    let reply = server.post(admin, TOKENS, &new);
    assert_eq!((reply.problem(), &reply.json["field"]), ((422, "invalid_field"), &json!("agency_id")));
    new["agency_id"] = json!(server.app.new_id());
    assert_eq!(server.post(admin, TOKENS, &new).problem(), (404, "not_found"));
    new["agency_id"] = json!(server.agency_id);
    assert_eq!(server.post(admin, TOKENS, &new).status, 201);
    new["scope"] = json!("auditor");
    assert_eq!(server.post(admin, TOKENS, &new).problem(), (422, "invalid_field"));
    let mut past = terms(&server, "auditor");
    past["expires_at"] = json!(server.now());
    assert_eq!(server.post(admin, TOKENS, &past).json["field"], "expires_at");
}

#[test]
fn those_turned_away_are_recorded_without_their_tokens() {
    let server = TestServer::start();
    let treasury = server.token(Scope::Treasury);
    assert_eq!(server.get(treasury, TOKENS).status, 403);
    assert_eq!(server.get("tv_nonsense", "/v1/agencies?secret=1").status, 401);
    let patience = Instant::now() + Duration::from_secs(30);
    let denials = loop {
        let denials = server.get(server.token(Scope::Auditor), "/v1/denials");
        if denials.json["items"].as_array().unwrap().len() == 2 {
            break denials;
        }
        assert!(Instant::now() < patience, "the denials were not recorded: {denials:?}");
        std::thread::yield_now();
    };
    let newest = &denials.json["items"][0];
    assert_eq!((&newest["code"], &newest["route"]), (&json!("unauthenticated"), &json!("/v1/agencies")));
    assert_eq!(newest["token_id"], Value::Null);
    let oldest = &denials.json["items"][1];
    assert_eq!((&oldest["code"], &oldest["route"]), (&json!("forbidden"), &json!(TOKENS)));
    assert!(oldest["token_id"].is_string());
    assert!(!denials.text.contains("tv_") && !denials.text.contains("secret"));
}
