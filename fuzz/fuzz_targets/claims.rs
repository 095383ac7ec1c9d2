//! Any bytes as the claims of a credential, behind a good signature: changed blindly, no credential
//! gets that far.
#![no_main]

use ciborium::Value;
use libfuzzer_sys::fuzz_target;
use training_vouchers::credential::encode;
use training_vouchers_fuzz::{SIGNER, read_credential};

fuzz_target!(|payload: &[u8]| read_credential(&encode(&sign(payload))));

/// The COSE_Sign1 of a payload, whatever it says, by another's encoder (docs/formats.md).
fn sign(payload: &[u8]) -> Vec<u8> {
    let bytes = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
    let header = [(1, Value::from(-19)), (3, Value::from(61)), (4, bytes(SIGNER.kid().bytes()))];
    let protected = cbor(&Value::Map(header.map(|(key, value)| (key.into(), value)).into()));
    let to_be_signed = ["Signature1".into(), bytes(&protected), bytes(&[]), bytes(payload)];
    let signature = SIGNER.sign(&cbor(&Value::Array(to_be_signed.into())));
    let parts = [bytes(&protected), Value::Map(vec![]), bytes(payload), bytes(&signature)];
    cbor(&Value::Tag(18, Box::new(Value::Array(parts.into()))))
}

fn cbor(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("memory takes whatever is written");
    bytes
}
