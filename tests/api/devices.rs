//! Devices: paired once by a secret that lives ten minutes, listed, revoked.

use crate::harness::Reply;
use crate::stage::{Stage, because, done, text};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use training_vouchers::credential::Signer;
use training_vouchers::kernel::Scope;

pub fn key(signer: &Signer) -> String {
    URL_SAFE_NO_PAD.encode(signer.public_key())
}

pub fn pairing(stage: &Stage) -> Value {
    done(stage.post(Scope::Registrar, "/v1/device-pairings", &json!({})))
}

/// Shows a secret, without any token.
pub fn pair(stage: &Stage, secret: &Value, public_key: &str) -> Reply {
    let body = json!({ "secret": secret, "name": "Планшет у входа", "public_key": public_key });
    stage.server.request("POST", "/v1/devices").json(&body).send().unwrap().into()
}

#[test]
fn a_secret_pairs_one_device_once() {
    let stage = Stage::start(1);
    let signer = Signer::from_secret(&[8; 32]);
    let opened = pairing(&stage);
    assert_eq!(opened["expires_at"], stage.server.now().plus_seconds(600).to_string());
    let paired = pair(&stage, &opened["secret"], &key(&signer));
    assert_eq!(paired.status, 201, "{paired:?}");
    assert_eq!(
        (&paired.json["registrar"], &paired.json["university"]["code"]),
        (&json!("registrar"), &json!("PSKGU"))
    );
    assert_eq!(paired.json["service_time"], stage.server.now().to_string());
    assert!(text(&paired.json["receipt"]).starts_with("c2sp.org/tlog-proof@v1"));
    // Its answer was lost: the same device may ask again, another may not.
    let again = pair(&stage, &opened["secret"], &key(&signer));
    assert_eq!((again.status, &again.json["device_id"]), (200, &paired.json["device_id"]));
    assert_eq!(again.json["receipt"], paired.json["receipt"]);
    let other = key(&Signer::from_secret(&[9; 32]));
    assert_eq!(pair(&stage, &opened["secret"], &other).problem(), (403, "pairing_invalid"));
    // A key is one device's.
    let opened = pairing(&stage);
    let refused = pair(&stage, &opened["secret"], &key(&signer));
    assert_eq!((refused.problem(), &refused.json["field"]), ((409, "already_exists"), &json!("public_key")));
    stage.server.advance(600);
    assert_eq!(pair(&stage, &opened["secret"], &other).problem(), (403, "pairing_invalid"));
    stage.assert_audit_is_clean();
}

#[test]
fn whoever_has_no_secret_is_turned_away_and_noted() {
    let stage = Stage::start(1);
    let public_key = key(&Signer::from_secret(&[8; 32]));
    for secret in ["", "guess", &URL_SAFE_NO_PAD.encode([1; 32])] {
        assert_eq!(pair(&stage, &json!(secret), &public_key).problem(), (403, "pairing_invalid"));
    }
    let opened = pairing(&stage);
    for weak in [[0; 32], [[1].as_slice(), &[0; 31]].concat().try_into().unwrap()] {
        let refused = pair(&stage, &opened["secret"], &URL_SAFE_NO_PAD.encode(weak));
        assert_eq!(
            (refused.problem(), &refused.json["field"]),
            ((422, "invalid_field"), &json!("public_key"))
        );
    }
    let long = json!({ "secret": "x".repeat(2_000), "name": "x", "public_key": public_key });
    let long: Reply = stage.server.request("POST", "/v1/devices").json(&long).send().unwrap().into();
    assert_eq!(long.problem(), (413, "too_large"));
    let patience = Instant::now() + Duration::from_secs(30);
    let noted = || {
        let denials = done(stage.get(Scope::Auditor, "/v1/denials"));
        let denials = denials["items"].as_array().unwrap().clone();
        denials.iter().filter(|denial| denial["code"] == "pairing_invalid").count()
    };
    while noted() < 3 {
        assert!(Instant::now() < patience, "the denials were not recorded");
        std::thread::yield_now();
    }
}

#[test]
fn a_pairing_ends_with_its_registrar() {
    let stage = Stage::start(1);
    let opened = pairing(&stage);
    let tokens = done(stage.get(Scope::Admin, "/v1/tokens"));
    let tokens = tokens["items"].as_array().unwrap().clone();
    let registrar = tokens.iter().find(|token| token["subject"] == "registrar").unwrap();
    let path = format!("/v1/tokens/{}", text(&registrar["token_id"]));
    done(stage.server.delete(stage.server.token(Scope::Admin), &path));
    let refused = pair(&stage, &opened["secret"], &key(&Signer::from_secret(&[8; 32])));
    assert_eq!(refused.problem(), (403, "pairing_invalid"));
}

#[test]
fn devices_are_their_universitys_to_see_and_to_revoke() {
    let stage = Stage::start(1);
    let paired = done(pair(&stage, &pairing(&stage)["secret"], &key(&Signer::from_secret(&[8; 32]))));
    let listed = done(stage.get(Scope::Registrar, "/v1/devices"));
    let device = &listed["items"][0];
    assert_eq!((&device["device_id"], &device["next_sequence"]), (&paired["device_id"], &json!(1)));
    assert_eq!(done(stage.get(Scope::Auditor, "/v1/devices")), listed);
    let foreigner = stage.foreigner(Scope::Registrar);
    assert_eq!(done(stage.server.get(&foreigner, "/v1/devices"))["items"], json!([]));
    let path = format!("/v1/devices/{}/revoke", text(&paired["device_id"]));
    assert_eq!(stage.server.post(&foreigner, &path, &because("чужое")).problem(), (404, "not_found"));
    let revoked = done(stage.post(Scope::Registrar, &path, &because("потерян")));
    assert_eq!(revoked["revoked_at"], stage.server.now().to_string());
    assert_eq!(stage.post(Scope::Admin, &path, &because("потерян")).problem(), (409, "invalid_transition"));
    let listed = done(stage.get(Scope::Admin, "/v1/devices"));
    assert_eq!(listed["items"][0]["revoked_at"], revoked["revoked_at"]);
    stage.assert_audit_is_clean();
}
