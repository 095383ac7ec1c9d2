//! What `tests/strangers/proof.py` reads: proofs of ours for implementations of others to check.

use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

use super::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(Hash::to_string).collect()
}

/// The case of one tree: its last leaf and a few others proved, and its growth from `old` leaves.
fn case(old: usize, size: usize) -> Value {
    let secret = SigningKey::from_bytes(&[7; 32]);
    let key = VerifierKey::new("log.example/2020", secret.verifying_key().as_bytes()).unwrap();
    let entries: Vec<Vec<u8>> = (0..size).map(|number| format!("entry {number}").into_bytes()).collect();
    let mut store = naive::Store::default();
    let (mut frontier, mut paths, mut roots) = (Frontier::default(), Vec::new(), Vec::new());
    for batch in [0..old, old..size] {
        let leaves: Vec<Hash> = entries[batch.clone()].iter().map(|entry| leaf_hash(entry)).collect();
        let mut appender = Appender::new(frontier);
        leaves.iter().for_each(|leaf| _ = appender.append(*leaf));
        let grown = appender.finish();
        store.add(&leaves, &grown.tile_hashes);
        roots.push(grown.root());
        paths = batch.map(|index| (index, grown.inclusion_path(index as u64).unwrap())).collect();
        frontier = grown.frontier;
    }
    let (old_root, root) = (roots[0], roots[1]);
    let checkpoint = Checkpoint { origin: key.name().to_owned(), size: size as u64, root };
    let note = checkpoint.sign(key.public_key(), |body| secret.sign(body).to_bytes()).unwrap().0;
    let eye = SigningKey::from_bytes(&[8; 32]);
    let witness = WitnessKey::new("control.example", eye.verifying_key().as_bytes()).unwrap();
    let cosigned =
        cosign(&checkpoint.body(), 1_679_315_147, &witness, |message| eye.sign(message).to_bytes()).unwrap();
    let consistency = consistency_path(old as u64, size as u64, &mut store).unwrap();
    assert_eq!(verify_consistency(old as u64, size as u64, &consistency, old_root, root), Ok(()));
    let inclusions: Vec<Value> = paths
        .into_iter()
        .map(|(index, path)| {
            let receipt = Receipt { index: index as u64, path, checkpoint: note.clone(), extra: None };
            assert!(receipt.verify(&entries[index], &key).is_ok());
            json!({ "index": index, "path": texts(&receipt.path), "receipt": receipt.to_string() })
        })
        .collect();
    json!({
        "leaves": entries.iter().map(|entry| hex(entry)).collect::<Vec<_>>(),
        "size": size,
        "root": root.to_string(),
        "inclusions": inclusions,
        "old_size": old,
        "old_root": old_root.to_string(),
        "consistency": texts(&consistency),
        "checkpoint": note,
        "cosigned": format!("{note}{}", cosigned.line),
        "witness_key": witness.to_string(),
        "verifier_key": key.to_string(),
    })
}

/// Writes the cases to the file that `PROOF_CASES` names, if it does.
#[test]
fn proofs_for_strangers() {
    let cases: Vec<Value> =
        [(0, 1), (1, 2), (2, 3), (3, 5), (4, 7), (6, 8), (7, 13), (60, 70), (255, 257), (256, 350)]
            .map(|(old, size)| case(old, size))
            .to_vec();
    if let Some(path) = std::env::var_os("PROOF_CASES") {
        std::fs::write(path, Value::from(cases).to_string()).unwrap();
    }
}
