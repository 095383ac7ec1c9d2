//! Any text as a verifier key of a log or a witness, as a request to a witness, as a receipt, as a checkpoint, and as the body of one behind a good
//! signature. Whatever is accepted prints to the same text.
#![no_main]

use base64::{Engine, engine::general_purpose::STANDARD};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use training_vouchers::proof::{
    AddCheckpoint, Checkpoint, Receipt, Seen, VerifierKey, WitnessKey, decide, leaf_hash,
};
use training_vouchers_fuzz::{ISSUER, SIGNER};

static KEY: LazyLock<VerifierKey> =
    LazyLock::new(|| VerifierKey::new(ISSUER, &SIGNER.public_key()).expect("a good key"));

fuzz_target!(|text: &str| {
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(key) = text.parse::<WitnessKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(request) = text.parse::<AddCheckpoint>() {
        assert_eq!(request.to_string(), text);
        // Behind a good signature the path is walked.
        let body = request.checkpoint.split_inclusive('\n').take(3).collect::<String>();
        let seen = Seen { size: request.old, root: leaf_hash(b"entry"), time: 1 };
        let request = AddCheckpoint { checkpoint: sign(&body), ..request };
        let decided = decide(std::slice::from_ref(&*KEY), Some(&seen), &request, 1);
        assert!(!decided.is_ok_and(|accepted| accepted.checkpoint.size < request.old));
    }
    open(text);
    open(&sign(text));
    let Ok(receipt) = text.parse::<Receipt>() else { return };
    assert_eq!(receipt.to_string(), text);
    // Signed again, the receipt's own checkpoint is opened, and its path is walked.
    let body = receipt.checkpoint.split_inclusive('\n').take(3).collect::<String>();
    let receipt = Receipt { checkpoint: sign(&body), ..receipt };
    if let Ok(verified) = receipt.verify(b"entry", &KEY) {
        assert!(verified.index < verified.checkpoint.size);
    }
});

fn open(note: &str) {
    if let Ok(checkpoint) = Checkpoint::open(note, &KEY) {
        assert_eq!(checkpoint.origin, ISSUER);
        assert!(note.starts_with(&format!("{}\n— ", checkpoint.body())));
    }
}

/// A signed note of a text, whatever it says.
fn sign(text: &str) -> String {
    let key = KEY.to_string();
    let id = key.split('+').nth(1).expect("a verifier key has its id in the middle");
    let id = u32::from_str_radix(id, 16).expect("eight hexadecimal digits");
    let signature = [&id.to_be_bytes()[..], &SIGNER.sign(text.as_bytes())].concat();
    format!("{text}\n— {ISSUER} {}\n", STANDARD.encode(signature))
}
