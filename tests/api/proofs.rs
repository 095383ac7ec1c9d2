//! The log's proofs over HTTP. They are checked here by our own verifier, and with `PROOF_CASES` written to a file for
//! strangers' (`tests/strangers/proof.py`).

use crate::harness::Reply;
use crate::stage::{Stage, done};
use serde_json::{Value, json};
use training_vouchers::kernel::Scope;
use training_vouchers::proof::{
    Checkpoint, Hash, Receipt, VerifierKey, entries, leaf_hash, verify_consistency, verify_inclusion,
};

fn path(stage: &Stage, rest: &str) -> String {
    format!("/v1/programmes/{}/log/{rest}", stage.programme_id)
}

fn asked(stage: &Stage, rest: &str) -> Reply {
    stage.server.get(stage.server.token(Scope::Auditor), &path(stage, rest))
}

fn hash(value: &Value) -> Hash {
    Hash::from_base64(value.as_str().unwrap()).unwrap()
}

fn hashes(value: &Value) -> Vec<Hash> {
    value.as_array().unwrap().iter().map(hash).collect()
}

fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(Hash::to_string).collect()
}

/// The leaves, from their tiles.
fn leaves(stage: &Stage, size: u64) -> Vec<Vec<u8>> {
    let tile = |tile: String| {
        let request = stage.server.request("GET", &path(stage, &format!("tile/entries/{tile}")));
        let reply = request.bearer_auth(stage.server.token(Scope::Auditor)).send().unwrap();
        assert_eq!(reply.status(), 200, "{tile}");
        reply.bytes().unwrap()
    };
    let tiles = [tile("000".into()), tile(format!("001.p/{}", size - 256))];
    tiles.iter().flat_map(|tile| entries(tile).unwrap()).map(<[u8]>::to_vec).collect()
}

/// Proofs between trees that end in the middle of batches and tiles.
#[test]
fn any_tree_continues_any_earlier_one_and_has_its_leaves() {
    let stage = Stage::start(300);
    stage.set_quota(&stage.programme_id, &stage.server.agency_id.to_string(), 300);
    stage.vouchers(300);
    let newest = stage.checkpoint();
    let size = newest.size;
    assert!((257..512).contains(&size), "a full tile and a part: {size}");
    let leaves = leaves(&stage, size);
    let mut cases = Vec::new();
    for (from, to) in [(1, 2), (3, 7), (100, 255), (255, 257), (256, size), (size - 1, size), (size, size)] {
        let proof = done(asked(&stage, &format!("proofs/consistency?from={from}&to={to}")));
        let (old, new) = (hash(&proof["from_root"]), hash(&proof["to_root"]));
        let path = hashes(&proof["hashes"]);
        assert_eq!(verify_consistency(from, to, &path, old, new), Ok(()));
        assert_eq!((proof["from"].as_u64(), proof["to"].as_u64()), (Some(from), Some(to)));
        let mut inclusions = Vec::new();
        for index in [0, from - 1, to - 1] {
            let proof = done(asked(&stage, &format!("proofs/inclusion?log_index={index}&size={to}")));
            let leaf = leaf_hash(&leaves[index as usize]);
            let path = hashes(&proof["hashes"]);
            assert_eq!((hash(&proof["leaf_hash"]), hash(&proof["root"])), (leaf, new));
            assert_eq!(verify_inclusion(leaf, index, to, &path, new), Ok(()));
            inclusions.push((index, path));
        }
        if to == size {
            assert_eq!(new, newest.root);
            cases.push(case(&stage, &leaves, (from, old), (to, new), &path, inclusions));
        }
    }
    if let Some(path) = std::env::var_os("PROOF_CASES") {
        std::fs::write(path, Value::from(cases).to_string()).unwrap();
    }
}

/// One for `tests/strangers/proof.py`.
fn case(
    stage: &Stage,
    leaves: &[Vec<u8>],
    old: (u64, Hash),
    new: (u64, Hash),
    consistency: &[Hash],
    inclusions: Vec<(u64, Vec<Hash>)>,
) -> Value {
    let hex = |bytes: &Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let note = asked(stage, &format!("checkpoints/{}", new.0)).text;
    let origin = note.lines().next().unwrap();
    let key: VerifierKey = stage.log_key(origin);
    let inclusions = inclusions.into_iter().map(|(index, path)| {
        let receipt = Receipt { index, path, checkpoint: note.clone(), extra: None };
        json!({ "index": index, "path": texts(&receipt.path), "receipt": receipt.to_string() })
    });
    json!({
        "leaves": leaves.iter().map(hex).collect::<Vec<_>>(),
        "size": new.0,
        "root": new.1.to_string(),
        "inclusions": inclusions.collect::<Vec<_>>(),
        "old_size": old.0,
        "old_root": old.1.to_string(),
        "consistency": texts(consistency),
        "checkpoint": note,
        "verifier_key": key.to_string(),
    })
}

#[test]
fn the_newest_tree_is_meant_when_none_is_named() {
    let stage = Stage::start(2);
    let newest = stage.checkpoint();
    let proof = done(asked(&stage, "proofs/consistency?from=0"));
    assert_eq!((proof["to"].as_u64(), hash(&proof["to_root"])), (Some(newest.size), newest.root));
    assert_eq!(proof["hashes"], json!([]));
    let note = proof["checkpoint"].as_str().unwrap();
    let key = stage.log_key(&newest.origin);
    assert_eq!(Checkpoint::open(note, &key), Ok(newest.clone()));
    let proof = done(asked(&stage, "proofs/inclusion?log_index=0"));
    assert_eq!(proof["size"].as_u64(), Some(newest.size));
}

#[test]
fn an_old_checkpoint_is_the_one_that_was_signed_then() {
    let stage = Stage::start(2);
    let old = stage.checkpoint();
    stage.vouchers(2);
    assert!(stage.checkpoint().size > old.size);
    // Anyone may ask.
    let reply: Reply = stage
        .server
        .request("GET", &path(&stage, &format!("checkpoints/{}", old.size)))
        .send()
        .unwrap()
        .into();
    assert_eq!((reply.status, reply.header("content-type")), (200, "text/plain; charset=utf-8"));
    assert_eq!(Checkpoint::open(&reply.text, &stage.log_key(&old.origin)), Ok(old));
    for none in ["0", "99999999", "18446744073709551615"] {
        assert_eq!(asked(&stage, &format!("checkpoints/{none}")).problem(), (404, "not_found"), "{none}");
    }
}

#[test]
fn trees_that_are_not_are_refused_with_what_there_is() {
    let stage = Stage::start(2);
    let size = stage.checkpoint().size;
    for (query, field) in [
        (format!("consistency?from=3&to={}", size + 1), "to"),
        ("consistency?from=3&to=2".into(), "from"),
        (format!("inclusion?log_index=0&size={}", size + 1), "size"),
        ("inclusion?log_index=2&size=2".into(), "log_index"),
        ("inclusion?log_index=0&size=0".into(), "log_index"),
    ] {
        let reply = asked(&stage, &format!("proofs/{query}"));
        assert_eq!(
            (reply.problem(), &reply.json["field"]),
            ((422, "invalid_field"), &json!(field)),
            "{query}"
        );
    }
    let agency =
        stage.server.get(stage.server.token(Scope::Agency), &path(&stage, "proofs/consistency?from=1"));
    assert_eq!(agency.status, 403);
}

#[test]
fn the_services_own_log_is_proved_too() {
    let stage = Stage::start(2);
    let auditor = stage.server.token(Scope::Auditor);
    let reply = stage.server.get(auditor, "/v1/log/checkpoint");
    let origin = reply.text.lines().next().unwrap();
    let newest = Checkpoint::open(&reply.text, &stage.log_key(origin)).unwrap();
    assert!(origin.ends_with("/service"), "{origin}");
    let old = stage.server.get(auditor, &format!("/v1/log/checkpoints/{}", newest.size));
    assert_eq!(old.text, reply.text);
    let proof = done(stage.server.get(auditor, "/v1/log/proofs/consistency?from=2"));
    let (from, to) = (hash(&proof["from_root"]), hash(&proof["to_root"]));
    assert_eq!(verify_consistency(2, newest.size, &hashes(&proof["hashes"]), from, to), Ok(()));
    assert_eq!(to, newest.root);
    let proof = done(stage.server.get(auditor, "/v1/log/proofs/inclusion?log_index=1"));
    let leaf = hash(&proof["leaf_hash"]);
    assert_eq!(verify_inclusion(leaf, 1, newest.size, &hashes(&proof["hashes"]), newest.root), Ok(()));
    assert_eq!(stage.server.get(stage.server.token(Scope::Treasury), "/v1/log/checkpoint").status, 403);
}

/// Below the newest checkpoint, and at an address of its own once the log has gone on; of a day only the last is kept.
#[test]
fn cosignatures_stand_below_the_checkpoint_they_are_of() {
    let stage = Stage::start(3);
    let (newest, cosigned) = (path(&stage, "checkpoint"), path(&stage, "checkpoint/cosigned"));
    let anyone = |path: &str| -> Reply { stage.server.request("GET", path).send().unwrap().into() };
    assert_eq!(anyone(&cosigned).problem(), (404, "not_found"));
    let before = anyone(&newest).text;
    let witness = stage.cosign_newest();
    let below = anyone(&newest).text;
    let line = below.strip_prefix(&before).unwrap();
    assert_eq!(witness.open(&below).unwrap().line, line);
    stage.voucher();
    assert_eq!(anyone(&cosigned).text, below);
    assert!(witness.open(&anyone(&newest).text).is_err(), "not yet");
    let old = anyone(&path(&stage, &format!("checkpoints/{}", below.lines().nth(1).unwrap())));
    assert_eq!(old.text, before, "as it was signed then");

    stage.cosign_newest();
    let later = anyone(&cosigned).text;
    assert_eq!(anyone(&newest).text, later);
    stage.server.advance(86_400);
    stage.voucher();
    stage.cosign_newest();
    stage.assert_audit_is_clean();
    // The last of yesterday and the one of today; those of the service's log as well.
    use diesel::prelude::*;
    use training_vouchers::db::schema::cosignature;
    let count = |connection: &mut _| Ok(cosignature::table.count().get_result::<i64>(connection)?);
    let logs = 2;
    assert_eq!(stage.server.app.read_blocking(count).unwrap(), logs * 2 - 1);
}
