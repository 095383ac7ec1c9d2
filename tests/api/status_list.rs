//! Status lists, as a stranger reads them: fetched where a credential says, verified with the published keys, unpacked.

use crate::harness::Reply;
use crate::stage::{Stage, because, done, text};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use coset::cbor::Value as Cbor;
use coset::{CborSerializable, CoseSign1, Label, TaggedCborSerializable};
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::Value;
use training_vouchers::credential::{Purpose, decode};
use training_vouchers::kernel::Scope;

const DAY: i64 = 86_400;

fn bytes(base64url: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text(base64url)).unwrap()
}

/// The published key of this id.
fn key(stage: &Stage, kid: &str) -> VerifyingKey {
    let set: Reply = stage.server.request("GET", "/.well-known/jwks.json").send().unwrap().into();
    let keys = set.json["keys"].as_array().unwrap().clone();
    let key = keys.into_iter().find(|key| key["kid"] == kid).expect("a published key");
    assert_eq!(key["purpose"], "credential");
    VerifyingKey::from_bytes(&bytes(&key["x"]).try_into().unwrap()).unwrap()
}

/// Path and place that a credential names, read without our own code.
fn named(credential: &str) -> (String, usize) {
    let cose = CoseSign1::from_tagged_slice(&decode(credential).unwrap()).unwrap();
    let claims = Cbor::from_slice(&cose.payload.unwrap()).unwrap();
    let field = |map: &Cbor, key: Cbor| {
        map.as_map().unwrap().iter().find(|(name, _)| *name == key).expect("a claim").1.clone()
    };
    let list = field(&field(&claims, 65_535.into()), "status_list".into());
    let uri = field(&list, "uri".into()).into_text().unwrap();
    let issuer = field(&claims, 1.into()).into_text().unwrap();
    let path = uri.strip_prefix(&format!("https://{issuer}")).expect("served by the issuer").to_owned();
    let index: i128 = field(&list, "idx".into()).into_integer().unwrap().into();
    (path, usize::try_from(index).unwrap())
}

fn fetch(stage: &Stage, path: &str, accept: &str) -> Reply {
    stage.server.request("GET", path).header("Accept", accept).send().unwrap().into()
}

/// The claims of the list as JWT.
fn jwt(stage: &Stage, path: &str) -> Value {
    let reply = fetch(stage, path, "*/*");
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, "application/statuslist+jwt"),
        "{reply:?}"
    );
    let (signed, signature) = reply.text.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let [header, claims] =
        [header, claims].map(|part| serde_json::from_slice::<Value>(&bytes(&part.into())).unwrap());
    assert_eq!((&header["typ"], &header["alg"]), (&"statuslist+jwt".into(), &"EdDSA".into()));
    let signature = Signature::from_slice(&bytes(&signature.into())).unwrap();
    key(stage, &text(&header["kid"])).verify_strict(signed.as_bytes(), &signature).unwrap();
    claims
}

/// What a place of two bits says.
fn at(list: &[u8], place: usize) -> u8 {
    let list = miniz_oxide::inflate::decompress_to_vec_zlib(list).unwrap();
    assert_eq!(list.len(), 65_536);
    list[place / 4] >> (place % 4 * 2) & 3
}

/// What the list says of a credential, some seconds later.
fn standing(stage: &Stage, credential: &str) -> u8 {
    stage.server.advance(5);
    let (path, place) = named(credential);
    let claims = jwt(stage, &path);
    assert_eq!(claims["status_list"]["bits"], 2);
    at(&bytes(&claims["status_list"]["lst"]), place)
}

#[test]
fn a_list_says_what_became_of_each_voucher() {
    let stage = Stage::start(6);
    let vouchers = stage.vouchers(6);
    let standings =
        || vouchers.iter().map(|voucher| standing(&stage, &voucher.credential)).collect::<Vec<_>>();
    assert_eq!(standings(), [0; 6]);
    for (voucher, verb) in vouchers[1..].iter().zip(["void", "replace", "suspend"]) {
        done(stage.act(&voucher.id, verb, &because("по заявлению органа")));
    }
    done(stage.redeem(&vouchers[4]));
    assert_eq!(standings(), [0, 1, 1, 2, 3, 0]);
    done(stage.act(&vouchers[3].id, "resume", &because("вернулся")));
    assert_eq!(standings(), [0, 1, 1, 0, 3, 0]);
    // Lapsed by date is the verifier's to see; released is told.
    stage.server.advance(274 * DAY);
    assert_eq!(standings(), [0, 1, 1, 0, 3, 0]);
    stage.server.advance(4 * DAY);
    let release = format!("/v1/programmes/{}/release-expired", stage.programme_id);
    done(stage.post(Scope::Programme, &release, &serde_json::json!({})));
    assert_eq!(standings(), [1, 1, 1, 1, 3, 1]);
}

#[test]
fn the_same_list_comes_as_cwt() {
    let stage = Stage::start(2);
    let voucher = stage.voucher();
    done(stage.redeem(&voucher));
    let (path, place) = named(&voucher.credential);
    let reply = stage.server.request("GET", &path).header("Accept", "application/statuslist+cwt");
    let reply = reply.send().unwrap();
    assert_eq!(reply.headers()["content-type"], "application/statuslist+cwt");
    let cose = CoseSign1::from_tagged_slice(&reply.bytes().unwrap()).unwrap();
    let header = &cose.protected.header;
    assert_eq!(header.rest, [(Label::Int(16), "application/statuslist+cwt".into())]);
    let key = key(&stage, &URL_SAFE_NO_PAD.encode(&header.key_id));
    cose.verify_signature(&[], |signature, message| {
        key.verify_strict(message, &Signature::from_slice(signature).unwrap())
    })
    .unwrap();
    let claims = Cbor::from_slice(&cose.payload.unwrap()).unwrap().into_map().unwrap();
    let claim = |key: i64| claims.iter().find(|(name, _)| *name == key.into()).unwrap().1.clone();
    let as_jwt = jwt(&stage, &path);
    assert_eq!(claim(2), text(&as_jwt["sub"]).into());
    for (key, name) in [(4, "exp"), (6, "iat"), (65_534, "ttl")] {
        assert_eq!(claim(key), as_jwt[name].as_i64().unwrap().into(), "{name}");
    }
    let list = claim(65_533).into_map().unwrap();
    let lst = list.iter().find(|(name, _)| *name == "lst".into()).unwrap().1.as_bytes().unwrap();
    assert_eq!(*lst, bytes(&as_jwt["status_list"]["lst"]));
    assert_eq!(at(lst, place), 3);
}

#[test]
fn a_list_is_made_once_per_change_and_never_grows_old() {
    let stage = Stage::start(3);
    let voucher = stage.voucher();
    let (path, _) = named(&voucher.credential);
    let first = fetch(&stage, &path, "*/*");
    assert_eq!((first.header("vary"), first.header("cache-control")), ("accept", "public, max-age=5"));
    let claims = jwt(&stage, &path);
    assert_eq!(claims["iat"], stage.server.now().seconds());
    assert_eq!(claims["sub"], format!("https://{}{path}", stage.server.app.keyring().issuer()));
    assert!(claims["exp"].as_i64().unwrap() - claims["ttl"].as_i64().unwrap() > stage.server.now().seconds());
    // Nothing has changed: the same to the byte, and no need to send it.
    stage.server.advance(3_600);
    let etag = first.header("etag");
    let again = stage.server.request("GET", &path).header("If-None-Match", etag).send().unwrap();
    assert_eq!(again.status(), 304);
    // A change is told within five seconds, and not before.
    done(stage.redeem(&voucher));
    assert_eq!(fetch(&stage, &path, "*/*").text, first.text);
    stage.server.advance(5);
    let changed = fetch(&stage, &path, "*/*");
    assert_ne!(changed.text, first.text);
    // A new key signs at once that it is looked at; an old list is signed anew.
    let kid = stage.server.rotate(Purpose::Credential);
    stage.server.advance(5);
    let header = fetch(&stage, &path, "*/*").text;
    let header: Value = serde_json::from_slice(&bytes(&header.split('.').next().unwrap().into())).unwrap();
    assert_eq!(header["kid"], kid.to_string());
    stage.server.advance(13 * 3_600);
    assert_eq!(jwt(&stage, &path)["iat"], stage.server.now().seconds());
}

#[test]
fn there_is_no_list_where_there_are_no_vouchers() {
    let stage = Stage::start(1);
    for path in ["/s/PSK20/1", "/s/PSK20/-1", "/s/NOWHERE/0"] {
        assert_eq!(fetch(&stage, path, "*/*").problem(), (404, "not_found"), "{path}");
    }
    assert_eq!(fetch(&stage, "/s/PSK20/x", "*/*").problem(), (422, "invalid_field"));
}
