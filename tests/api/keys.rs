//! Signing keys seen from outside: the public set, rotation, compromise, and verification by anyone.

use crate::harness::Reply;
use crate::stage::{Stage, Voucher, because, done, rub, text};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use training_vouchers::credential::{self, Purpose, decode, encode};
use training_vouchers::db::Connection;
use training_vouchers::kernel::{Actor, Code, Scope, VoucherId};
use training_vouchers::programme::ProgrammeFacts;
use training_vouchers::voucher::extend::ExtendVoucher;
use training_vouchers::voucher::prepare::{Draft, SigningDesk, draft_of};
use training_vouchers::voucher::replace::ReplaceVoucher;
use training_vouchers::voucher::store;

fn jwks(stage: &Stage) -> Vec<Value> {
    let set = stage.server.get("", "/.well-known/jwks.json");
    assert_eq!((set.status, set.header("content-type")), (200, "application/jwk-set+json"));
    set.json["keys"].as_array().unwrap().clone()
}

fn jwk(stage: &Stage, kid: &str) -> Value {
    jwks(stage).into_iter().find(|key| key["kid"] == kid).expect("the key is published")
}

fn kid_of(stage: &Stage, voucher: &Voucher) -> String {
    text(&stage.shown(&voucher.id)["kid"])
}

/// As anyone, without a token.
fn verify(stage: &Stage, credential: &str) -> Reply {
    stage
        .server
        .request("POST", "/v1/verify")
        .json(&json!({ "credential": credential }))
        .send()
        .unwrap()
        .into()
}

/// Declares the key compromised: one administrator proposes, another confirms.
fn compromise(stage: &Stage, kid: &str) {
    let path = format!("/v1/keys/{kid}/compromise");
    let proposal = done(stage.post(Scope::Admin, &path, &because("потерян носитель")));
    done(stage.confirm(&stage.colleague(Scope::Admin), &proposal));
}

fn of_key(stage: &Stage, kid: &str) -> Vec<String> {
    let listed = done(stage.get(Scope::Programme, &format!("/v1/vouchers?kid={kid}")));
    listed["items"].as_array().unwrap().iter().map(|voucher| text(&voucher["voucher_id"])).collect()
}

#[test]
fn the_public_set_is_enough_to_verify_a_credential() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let keys = jwks(&stage);
    let purposes: Vec<_> = keys.iter().map(|key| text(&key["purpose"])).collect();
    assert!(purposes.contains(&"credential".into()) && purposes.contains(&"log".into()), "{purposes:?}");
    for key in &keys {
        let members = [&key["kty"], &key["crv"], &key["alg"], &key["use"], &key["state"]];
        assert_eq!(members, ["OKP", "Ed25519", "Ed25519", "sig", "active"]);
        assert!(key["d"].is_null(), "no private member");
    }
    let key = jwk(&stage, &kid_of(&stage, &voucher));
    let public: [u8; 32] = URL_SAFE_NO_PAD.decode(text(&key["x"])).unwrap().try_into().unwrap();
    use coset::{CoseSign1, TaggedCborSerializable};
    let sign1 = CoseSign1::from_tagged_slice(&decode(&voucher.credential).unwrap()).unwrap();
    assert_eq!(URL_SAFE_NO_PAD.encode(&sign1.protected.header.key_id), key["kid"].as_str().unwrap());
    let point = ed25519_dalek::VerifyingKey::from_bytes(&public).unwrap();
    let check = |signature: &[u8], signed: &[u8]| {
        point.verify_strict(signed, &ed25519_dalek::Signature::from_slice(signature).unwrap())
    };
    sign1.verify_signature(&[], check).unwrap();
}

#[test]
fn anyone_may_verify_and_is_told_what_is_signed_and_no_more() {
    let stage = Stage::start(2);
    let voucher = stage.voucher();
    let verified = done(verify(&stage, &format!("\n{} ", voucher.credential)));
    assert_eq!((&verified["voucher_id"], &verified["issuer"]), (&json!(voucher.id), &json!("tv.example")));
    assert_eq!((&verified["holder"], &verified["face_value"]), (&json!("Иванова А. П."), &rub(650_000)));
    assert_eq!((&verified["audience"], &verified["agency"]), (&json!("PSKGU"), &json!("PSK-S01")));
    assert_eq!(verified["kid"], kid_of(&stage, &voucher));
    assert_eq!(verified["expires_at"], "2020-12-15T21:00:00.000Z");
    done(stage.redeem(&voucher));
    assert_eq!(
        done(verify(&stage, &voucher.credential)),
        verified,
        "where it stands is the university's to ask"
    );

    let mut bytes = decode(&voucher.credential).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(verify(&stage, &encode(&bytes)).problem(), (422, "bad_signature"));
    assert_eq!(verify(&stage, "Иванов").problem(), (422, "malformed_credential"));
    assert_eq!(verify(&stage, &"0".repeat(1 << 20)).problem(), (422, "malformed_credential"));
    let other = stage.forge(&voucher.credential, |claims| claims.issuer = "other.example".into());
    assert_eq!(verify(&stage, &other).problem(), (422, "wrong_issuer"));
    let early =
        stage.forge(&voucher.credential, |claims| claims.not_before = stage.server.now().plus_seconds(60));
    assert_eq!(verify(&stage, &early).problem(), (422, "not_yet_valid"));
    stage.server.advance(274 * 86_400);
    assert_eq!(verify(&stage, &voucher.credential).problem(), (422, "expired"));
}

#[test]
fn after_a_rotation_the_new_key_signs_and_the_old_vouchers_stay_good() {
    let stage = Stage::start(2);
    let before = stage.voucher();
    let old_keyring = stage.server.app.keyring();
    stage.server.advance(60);
    let rotated_at = stage.server.now();
    let new = stage.server.rotate(Purpose::Credential).to_string();
    let old = kid_of(&stage, &before);
    let published = jwk(&stage, &old);
    assert_eq!(published["state"], "retired");
    assert_eq!(published["valid_until"], json!(rotated_at.plus_seconds(1)));
    assert_eq!(jwk(&stage, &new)["state"], "active");
    let after = stage.voucher();
    assert_eq!(kid_of(&stage, &after), new);
    assert_eq!(
        (of_key(&stage, &old), of_key(&stage, &new)),
        (vec![before.id.clone()], vec![after.id.clone()])
    );
    for voucher in [&before, &after] {
        assert_eq!(verify(&stage, &voucher.credential).status, 200);
        assert_eq!(stage.redeem(voucher).status, 201);
    }
    // The retired key in strange hands: what it signs from now on is not believed.
    stage.server.advance(60);
    let mut claims = credential::verify(&before.credential, &old_keyring).unwrap().claims().clone();
    claims.issued_at = stage.server.now();
    let signer = old_keyring.signer(Purpose::Credential, rotated_at).unwrap();
    let late = encode(credential::sign(&claims, signer).unwrap().bytes());
    let refused = verify(&stage, &late);
    assert_eq!(refused.problem(), (422, "key_not_valid_at_issue"));
    assert_eq!(refused.json["facts"]["valid_until"], json!(rotated_at.plus_seconds(1)));
    assert_eq!(stage.preview(&late).code(), "key_not_valid_at_issue");
}

#[test]
fn receipts_go_on_over_a_rotation_of_the_logs_key() {
    let stage = Stage::start(2);
    stage.voucher();
    stage.server.advance(60);
    stage.server.rotate(Purpose::Log);
    let voucher = stage.voucher();
    let body = stage.redemption(&voucher.credential);
    let redeemed = stage.send_redemption(&body);
    assert!(text(&redeemed.json["receipt"]).starts_with("c2sp.org/tlog-proof"));
    stage.server.advance(60);
    stage.server.rotate(Purpose::Log);
    assert_eq!(stage.send_redemption(&body).text, redeemed.text, "the receipt of before, to the byte");
}

#[test]
fn the_only_key_of_the_log_is_rotated_before_it_is_declared_compromised() {
    let stage = Stage::start(2);
    let voucher = stage.voucher();
    let of_log = |key: &Value| key["purpose"] == "log" && key["state"] == "active";
    let kid = text(&jwks(&stage).iter().find(|key| of_log(key)).unwrap()["kid"]);
    let path = format!("/v1/keys/{kid}/compromise");
    let refused = stage.post(Scope::Admin, &path, &because("потерян носитель"));
    assert_eq!(refused.problem(), (409, "invalid_transition"));
    assert_eq!(refused.json["facts"]["allowed"], json!(["vouchers key rotate --purpose log"]));

    stage.server.advance(60);
    stage.server.rotate(Purpose::Log);
    compromise(&stage, &kid);
    assert_eq!(jwk(&stage, &kid)["state"], "compromised");
    assert_eq!(stage.redeem(&voucher).status, 201, "the new key signs on");
}

#[test]
fn without_a_key_for_the_log_nothing_is_written_and_everything_is_read() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let body = stage.redemption(&voucher.credential);
    stage.server.app.sign_log_with(None);
    let refused = stage.send_redemption(&body);
    assert_eq!((refused.problem(), refused.header("retry-after")), ((503, "log_key_missing"), "1"));
    let ready = stage.server.get("", "/readyz");
    assert_eq!((ready.status, &ready.json["log_key"]), (503, &json!(false)));
    assert_eq!(stage.preview(&voucher.credential).status, 200);
    stage.server.advance(60);
    stage.server.rotate(Purpose::Log);
    assert_eq!(stage.server.get("", "/readyz").status, 200);
    assert_eq!(stage.send_redemption(&body).status, 201, "the same request, once there is a key");
}

#[test]
fn declaring_a_key_compromised_takes_two_people() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let kid = kid_of(&stage, &voucher);
    let path = format!("/v1/keys/{kid}/compromise");
    let proposed = stage.post(Scope::Admin, &path, &because("потерян носитель"));
    assert_eq!((proposed.status, &proposed.json["status"]), (202, &json!("proposed")), "{proposed:?}");
    assert_eq!(
        proposed.json["act"],
        json!({ "kind": "key_compromise", "kid": kid, "reason": "потерян носитель" })
    );
    assert_eq!(verify(&stage, &voucher.credential).status, 200, "nothing has happened yet");
    let own = stage.confirm(stage.server.token(Scope::Admin), &proposed.json);
    assert_eq!(own.problem(), (403, "self_approval"));
    assert_eq!(
        stage.confirm(stage.server.token(Scope::Programme), &proposed.json).problem(),
        (403, "forbidden")
    );
    assert_eq!(verify(&stage, &voucher.credential).status, 200);
    done(stage.confirm(&stage.colleague(Scope::Admin), &proposed.json));
    assert_eq!(verify(&stage, &voucher.credential).problem(), (422, "key_compromised"), "from the answer on");
    let again = stage.post(Scope::Admin, &path, &because("потерян носитель"));
    assert_eq!(
        (again.problem(), &again.json["facts"]["status"]),
        ((409, "invalid_transition"), &json!("compromised"))
    );
    for unknown in ["AAAAAAAAAAA", "x", "%20", &"A".repeat(300)] {
        let path = format!("/v1/keys/{unknown}/compromise");
        assert_eq!(
            stage.post(Scope::Admin, &path, &because("нет такого")).problem(),
            (404, "not_found"),
            "{unknown}"
        );
    }
}

#[test]
fn a_compromised_keys_vouchers_are_refused_listed_and_made_good_again() {
    let stage = Stage::start(4);
    let vouchers = stage.vouchers(4);
    let [spent, extended, replaced, left] = &vouchers[..] else { panic!() };
    let kid = kid_of(&stage, spent);
    let body = stage.redemption(&spent.credential);
    let redeemed = stage.send_redemption(&body);
    assert_eq!(redeemed.status, 201);
    stage.server.advance(60);
    let compromised_at = stage.server.now();
    compromise(&stage, &kid);

    let published = jwk(&stage, &kid);
    assert_eq!(
        (&published["state"], &published["compromised_at"]),
        (&json!("compromised"), &json!(compromised_at))
    );
    assert!(stage.server.jwks_on_disk().contains("compromised_at"), "offline verifiers get it too");
    let keys = done(stage.get(Scope::Auditor, "/v1/keys"));
    let listed = keys.as_array().unwrap().iter().find(|key| key["kid"] == kid.as_str()).unwrap();
    assert_eq!((&listed["state"], &listed["purpose"]), (&json!("compromised"), &json!("credential")));

    for reply in [stage.redeem(left), stage.preview(&left.credential), verify(&stage, &left.credential)] {
        assert_eq!(reply.problem(), (422, "key_compromised"), "{reply:?}");
        assert_eq!(reply.json["facts"], json!({ "kid": kid, "compromised_at": compromised_at }));
    }
    assert_eq!(stage.deeds(&left.id)[1], ("redeem".into(), "key_compromised".into()), "the attempt is kept");
    let nowhere = stage.server.app.new_id();
    let old_signed = sign_with_compromised(&stage, &left.credential, nowhere);
    assert_eq!(stage.redeem(&old_signed).code(), "key_compromised", "of a voucher there never was, too");
    let again = stage.send_redemption(&body);
    assert_eq!((again.status, &again.text), (200, &redeemed.text), "what was redeemed before stays so");

    let unsigned = stage.request(stage.server.token(Scope::Agency), &stage.programme_id, &stage.rows(1));
    stage.approve(&unsigned);
    let issue = format!("/v1/requests/{unsigned}/issue");
    let no_key = stage.post(Scope::Programme, &issue, &json!({}));
    assert_eq!(
        (no_key.problem(), &no_key.json["facts"]["missing"]),
        ((503, "unavailable"), &json!("credential key"))
    );
    stage.server.rotate(Purpose::Credential);

    let all: Vec<_> = vouchers.iter().map(|voucher| voucher.id.clone()).collect();
    assert_eq!(of_key(&stage, &kid), all, "the list of what to sign again");
    let extension = json!({ "valid_until": "2020-12-15", "reason": "ключ скомпрометирован" });
    done(stage.act(&extended.id, "extend", &extension));
    let successor = done(stage.act(&replaced.id, "replace", &because("ключ скомпрометирован")));
    assert_eq!(of_key(&stage, &kid), [spent.id.clone(), replaced.id.clone(), left.id.clone()]);
    for (id, old) in [(extended.id.clone(), extended), (text(&successor["successor_id"]), replaced)] {
        assert_eq!(stage.redeem(old).code(), "key_compromised", "the old paper stays bad");
        assert_eq!(stage.redeem(&stage.handed_out(&id)).status, 201);
    }
    assert_eq!(stage.preview(&left.credential).code(), "key_compromised");
}

/// The key is declared compromised between the signing of a voucher and the transaction that stores it.
#[test]
fn what_a_key_signed_just_before_it_was_declared_compromised_is_not_stored() {
    let stage = Stage::start(2);
    let (extended, replaced) = (stage.voucher(), stage.voucher());
    let desk = SigningDesk {
        keyring: stage.server.app.keyring(),
        secret: stage.server.app.holder_secret.clone(),
        now: stage.server.now(),
    };
    let id = |voucher: &Voucher| VoucherId(voucher.id.parse().unwrap());
    let signed = |voucher: &Voucher, version| {
        let read = |connection: &mut Connection| {
            let of = store::find(connection, id(voucher), None)?;
            let programme = ProgrammeFacts::by_no(connection, of.programme_no)?;
            let draft = Draft { credential_version: version, ..draft_of(connection, &of)? };
            Ok(desk.sign(&programme, of.voucher_no, &draft)?)
        };
        stage.server.app.read_blocking(read).unwrap()
    };
    let (again, successor) = (signed(&extended, 2), signed(&replaced, 1));
    let kid = kid_of(&stage, &extended);
    compromise(&stage, &kid);
    let (actor, reason) = (Actor::service(), "проверка".to_owned());
    let extend = ExtendVoucher {
        voucher_id: id(&extended),
        signed: again,
        reason: reason.clone(),
        actor: actor.clone(),
    };
    let replace = ReplaceVoucher {
        voucher_id: id(&replaced),
        agency_no: None,
        successor,
        reason,
        actor: actor.clone(),
    };
    let app = &stage.server.app;
    for refused in [
        app.writer.execute_blocking(extend).err().unwrap(),
        app.writer.execute_blocking(replace).err().unwrap(),
    ] {
        assert_eq!(refused.code, Code::Unavailable);
        assert!(refused.facts.contains_key("key_compromised_at"), "{refused:?}");
    }
    assert_eq!((stage.status(&extended.id), stage.status(&replaced.id)), ("issued".into(), "issued".into()));
}

/// The credential with another voucher's id, signed by the key that signed it, as a thief would.
fn sign_with_compromised(stage: &Stage, credential: &str, voucher_id: uuid::Uuid) -> Voucher {
    let keyring = stage.server.app.keyring();
    let signed = credential::authenticate(credential, &keyring).unwrap();
    let mut claims = signed.claims().clone();
    claims.voucher_id = voucher_id.into();
    let stolen = stage.server.private_key(signed.kid());
    let credential = encode(credential::sign(&claims, &stolen).unwrap().bytes());
    Voucher { id: voucher_id.to_string(), number: String::new(), credential }
}
