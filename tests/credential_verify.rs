//! What `credential::verify` takes and refuses, with credentials built by another library (coset) where
//! ours would not write them.

#[path = "support/credential.rs"]
mod support;

use ciborium::Value;
use coset::{CoseSign1Builder, Header, HeaderBuilder, TaggedCborSerializable, iana};
use proptest::prelude::*;
use support::*;
use training_vouchers::credential::{Claims, KeyState, Keyring, MAX_WRITTEN, Purpose, Signer, sign, verify};
use training_vouchers::kernel::{Code, Kopecks, Refusal, Timestamp};
use uuid::Uuid;

/// The header as we write it; tests change one thing of it.
fn header() -> HeaderBuilder {
    HeaderBuilder::new()
        .algorithm(iana::Algorithm::Ed25519)
        .content_format(iana::CoapContentFormat::Cwt)
        .key_id(signer().kid().bytes().to_vec())
}

/// A credential over any header and payload, honestly signed.
fn forge(protected: Header, unprotected: Header, payload: Vec<u8>) -> String {
    let cose = CoseSign1Builder::new()
        .protected(protected)
        .unprotected(unprotected)
        .payload(payload)
        .create_signature(&[], |message| signer().sign(message).to_vec())
        .build();
    text(&cose.to_tagged_vec().unwrap())
}

fn forge_header(protected: Header) -> (Code, String) {
    refused(verify(&forge(protected, Header::default(), payload()), &public_keyring()))
}

fn forge_payload(payload: Vec<u8>) -> (Code, String) {
    refused(verify(&forge(header().build(), Header::default(), payload), &public_keyring()))
}

fn payload() -> Vec<u8> {
    let signed = sign(&claims(), &signer()).unwrap();
    coset::CoseSign1::from_tagged_slice(signed.bytes()).unwrap().payload.unwrap()
}

type Pairs = Vec<(Value, Value)>;

/// The claims as pairs, to be bent and signed again.
fn forge_claims(bend: impl FnOnce(&mut Pairs)) -> (Code, String) {
    let Value::Map(mut pairs) = ciborium::from_reader(payload().as_slice()).unwrap() else { panic!() };
    bend(&mut pairs);
    let mut bytes = Vec::new();
    ciborium::into_writer(&Value::Map(pairs), &mut bytes).unwrap();
    forge_payload(bytes)
}

fn malformed(reason: &str) -> (Code, String) {
    (Code::MalformedCredential, reason.to_owned())
}

#[test]
fn a_good_credential_is_verified_with_and_without_the_private_key() {
    let signed = sign(&claims(), &signer()).unwrap();
    for keyring in [public_keyring(), private_keyring()] {
        let verified = verify(&signed.text(), &keyring).unwrap();
        assert_eq!(verified.claims(), &claims());
        assert_eq!(verified.kid(), signer().kid());
        assert_eq!(verified.bytes(), signed.bytes());
        assert_eq!(verified.sha256(), signed.sha256());
    }
}

#[test]
fn another_library_writes_the_same_bytes() {
    assert_eq!(
        forge(header().build(), Header::default(), payload()),
        sign(&claims(), &signer()).unwrap().text()
    );
}

#[test]
fn the_text_of_a_long_name_fits_a_qr_code() {
    let length = sign(&claims(), &signer()).unwrap().text().len();
    println!("realistic text, longest name: {length} characters");
    assert!(length <= MAX_WRITTEN);
    let short = Claims { holder: "Иванова М. П.".to_owned(), ..claims() };
    println!("with a usual name: {}", sign(&short, &signer()).unwrap().text().len());
}

/// The surname is cut, the initials stay; what no name could make fit is refused.
#[test]
fn a_name_that_a_qr_code_has_no_room_for_is_cut_and_marked() {
    let written = |claims: &Claims| {
        let signed = sign(claims, &signer())?;
        assert!(signed.text().len() <= MAX_WRITTEN);
        Ok::<_, Refusal>(verify(&signed.text(), &public_keyring()).unwrap().claims().holder.clone())
    };
    let long = |letters| Claims { holder: format!("{} В. А.", "Ж".repeat(letters)), ..claims() };
    let is_whole = |letters: &usize| written(&long(*letters)).unwrap() == long(*letters).holder;
    let most = (1..).take_while(is_whole).count();
    assert!(most > 20, "{most}");
    for letters in [most + 1, most + 2, 60] {
        // The mark takes the room of a letter and a half.
        assert_eq!(written(&long(letters)).unwrap(), format!("{}… В. А.", "Ж".repeat(most - 2)), "{letters}");
    }
    let other = Claims { status_uri: "u".repeat(300), ..claims() };
    assert_eq!(written(&other).unwrap_err().code, Code::InvalidField);
}

#[test]
fn claims_that_could_not_be_read_are_not_signed() {
    for bad in [
        Claims { not_before: Timestamp::from_millis(-1), ..claims() },
        Claims { expires_at: Timestamp::from_millis(i64::MAX), ..claims() },
        Claims { face_value: Kopecks::new(-1), ..claims() },
    ] {
        assert_eq!(sign(&bad, &signer()).unwrap_err().code, Code::InvalidField);
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    let bytes = sign(&claims(), &signer()).unwrap().into_bytes();
    let (public, private) = (public_keyring(), private_keyring());
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let text = text(&flipped);
        let (with, without) = (verify(&text, &private), verify(&text, &public));
        assert_eq!(refused(with), refused(without), "bit {bit}");
    }
}

#[test]
fn every_truncation_and_every_extra_byte_is_refused() {
    let bytes = sign(&claims(), &signer()).unwrap().into_bytes();
    for length in 0..bytes.len() {
        assert_eq!(
            refused(verify(&text(&bytes[..length]), &private_keyring())),
            malformed("not_cbor"),
            "{length}"
        );
    }
    for extra in 0..=255 {
        let longer = [&bytes[..], &[extra]].concat();
        assert_eq!(
            refused(verify(&text(&longer), &private_keyring())),
            malformed("trailing_bytes"),
            "{extra}"
        );
    }
}

#[test]
fn text_that_is_not_ours() {
    let good = sign(&claims(), &signer()).unwrap().text();
    let verify = |text: &str| refused(verify(text, &public_keyring()));
    assert_eq!(verify(&good.replace("TV1:", "HC1:")), malformed("wrong_prefix"));
    assert_eq!(verify(&good.to_lowercase()), malformed("wrong_prefix"));
    assert_eq!(verify(&format!("{good}\n")), malformed("bad_base45"));
    assert_eq!(verify(&format!("{good}{}", "0".repeat(1_000))), malformed("text_too_long"));
    assert_eq!(verify(""), malformed("wrong_prefix"));
    assert_eq!(verify("TV1:"), malformed("not_cbor"));
}

#[test]
fn headers_that_are_not_ours() {
    assert_eq!(
        forge_header(header().algorithm(iana::Algorithm::EdDSA).build()),
        malformed("wrong_algorithm")
    );
    assert_eq!(
        forge_header(header().algorithm(iana::Algorithm::ES256).build()),
        malformed("wrong_algorithm")
    );
    assert_eq!(
        forge_header(header().add_critical(iana::HeaderParameter::Alg).build()),
        malformed("critical_header")
    );
    assert_eq!(
        forge_header(header().content_format(iana::CoapContentFormat::Cbor).build()),
        malformed("wrong_content_type")
    );
    assert_eq!(forge_header(header().key_id(vec![1; 9]).build()), malformed("wrong_kid_length"));
    assert_eq!(forge_header(header().value(99, Value::Null).build()), malformed("unknown_header"));
    let unprotected = HeaderBuilder::new().key_id(signer().kid().bytes().to_vec()).build();
    let text = forge(header().build(), unprotected, payload());
    assert_eq!(refused(verify(&text, &public_keyring())), malformed("unprotected_header"));
}

/// Puts `replacement` in place of the one `pattern`.
fn splice(bytes: &[u8], pattern: &[u8], replacement: &[u8]) -> Vec<u8> {
    let at = bytes.windows(pattern.len()).position(|window| window == pattern).unwrap();
    [&bytes[..at], replacement, &bytes[at + pattern.len()..]].concat()
}

#[test]
fn an_envelope_in_another_form() {
    let bytes = sign(&claims(), &signer()).unwrap().into_bytes();
    let verify = |bytes: &[u8]| refused(verify(&text(bytes), &public_keyring()));
    // Tag and array heads with longer arguments; payload length in four bytes; indefinite array.
    assert_eq!(verify(&[&[0xd8, 18], &bytes[1..]].concat()), malformed("not_canonical"));
    assert_eq!(verify(&[&[0xd2, 0x98, 4], &bytes[2..]].concat()), malformed("not_canonical"));
    assert_eq!(verify(&[&[0xd2, 0x9f], &bytes[2..], &[0xff]].concat()), malformed("not_canonical"));
    assert_eq!(verify(&splice(&bytes, &[0x58, 64], &[0x59, 0, 64])), malformed("not_canonical"));
    // Untagged, another tag, COSE_Sign's shape, a nil payload, a short signature.
    assert_eq!(verify(&bytes[1..]), malformed("not_cose_sign1"));
    assert_eq!(verify(&[&[0xd1], &bytes[1..]].concat()), malformed("not_cose_sign1"));
    assert_eq!(verify(&[0xd2, 0x83, 0x40, 0xa0, 0x40]), malformed("not_cose_sign1"));
    assert_eq!(verify(&[0xd2, 0x84, 0x40, 0xa0, 0xf6, 0x40]), malformed("not_cose_sign1"), "no payload");
    let short = [&splice(&bytes, &[0x58, 64], &[0x58, 63])[..bytes.len() - 1]].concat();
    assert_eq!(verify(&short), malformed("wrong_signature_length"));
}

/// The protected header is signed bytes: sign each form of it as it stands.
#[test]
fn a_protected_header_in_another_form() {
    let kid = signer().kid();
    let verify = |protected: &[u8]| {
        let mut message = Vec::new();
        let parts = [
            "Signature1".into(),
            Value::Bytes(protected.to_vec()),
            Value::Bytes(vec![]),
            Value::Bytes(payload()),
        ];
        ciborium::into_writer(&Value::Array(parts.to_vec()), &mut message).unwrap();
        let cose = Value::Tag(
            18,
            Box::new(Value::Array(vec![
                Value::Bytes(protected.to_vec()),
                Value::Map(vec![]),
                Value::Bytes(payload()),
                Value::Bytes(signer().sign(&message).to_vec()),
            ])),
        );
        let mut bytes = Vec::new();
        ciborium::into_writer(&cose, &mut bytes).unwrap();
        verify(&text(&bytes), &public_keyring())
    };
    let kid = |head: &[u8]| [head, &[4, 0x48], kid.bytes()].concat();
    assert!(verify(&kid(&[0xa3, 1, 0x32, 3, 0x18, 61])).is_ok(), "the form we write");
    assert_eq!(refused(verify(&kid(&[0xa3, 3, 0x18, 61, 1, 0x32]))), malformed("not_canonical"), "order");
    assert_eq!(refused(verify(&kid(&[0xa3, 0x18, 1, 0x32, 3, 0x18, 61]))), malformed("not_canonical"), "key");
    assert_eq!(refused(verify(&kid(&[0xa3, 1, 0x38, 18, 3, 0x18, 61]))), malformed("not_canonical"), "alg");
    assert_eq!(refused(verify(&kid(&[0xa4, 1, 0x32, 1, 0x32, 3, 0x18, 61]))), malformed("duplicate_key"));
    assert_eq!(refused(verify(&kid(&[0xa2, 3, 0x18, 61]))), malformed("wrong_algorithm"), "none");
    assert_eq!(
        refused(verify(&kid(&[0xa4, 1, 0x32, 2, 0x81, 0x18, 99, 3, 0x18, 61]))),
        malformed("critical_header")
    );
    assert_eq!(refused(verify(&kid(&[0xa4, 1, 0x32, 2, 0x80, 3, 0x18, 61]))), malformed("critical_header"));
    assert_eq!(refused(verify(&[0xa2, 1, 0x32, 3, 0x18, 61])), malformed("wrong_kid_length"), "no kid");
}

#[test]
fn claims_in_another_form() {
    let payload = payload();
    let last = payload.len();
    assert_eq!(forge_payload(payload[..last - 1].to_vec()), malformed("not_cbor"));
    assert_eq!(forge_payload([&payload[..], &[0]].concat()), malformed("trailing_bytes"));
    assert_eq!(
        forge_payload(splice(&payload, &[5, 0x18, 72], &[5, 0x19, 0, 72])),
        malformed("not_canonical")
    );
    assert_eq!(forge_payload(vec![0x80]), malformed("bad_claim"));
    assert_eq!(forge_claims(|pairs| pairs.swap(0, 1)), malformed("not_canonical"));
    assert_eq!(forge_claims(|pairs| pairs.push(pairs[0].clone())), malformed("duplicate_key"));
    assert_eq!(forge_claims(|pairs| pairs.push((2.into(), "sub".into()))), malformed("unknown_claim"));
    assert_eq!(forge_claims(|pairs| pairs.push((Value::Null, Value::Null))), malformed("unknown_claim"));
}

#[test]
fn every_claim_is_needed_and_of_its_type() {
    let count = 8;
    for index in 0..count {
        assert_eq!(
            forge_claims(|pairs| drop(pairs.remove(index))),
            malformed("bad_claim"),
            "without {index}"
        );
        for wrong in [Value::Null, Value::Float(1.0), Value::Integer((-1).into()), Value::Bytes(vec![0; 15])]
        {
            assert_eq!(forge_claims(|pairs| pairs[index].1 = wrong), malformed("bad_claim"), "at {index}");
        }
    }
    let ours = |bend: &dyn Fn(&mut Pairs)| forge_claims(|pairs| bend(pairs[7].1.as_map_mut().unwrap()));
    for index in 0..7 {
        assert_eq!(ours(&|map| drop(map.remove(index))), malformed("bad_claim"), "ours, without {index}");
        assert_eq!(ours(&|map| map[index].1 = Value::Bool(true)), malformed("bad_claim"), "ours, at {index}");
    }
    assert_eq!(ours(&|map| map.push((8.into(), 1.into()))), malformed("unknown_claim"));
    assert_eq!(ours(&|map| map[0].1 = 2.into()), malformed("unsupported_format_version"));
    assert_eq!(ours(&|map| map[4].1 = 70_000.into()), malformed("bad_claim"), "hours beyond 16 bits");
    assert_eq!(forge_claims(|pairs| pairs[2].1 = u64::MAX.into()), malformed("bad_claim"), "the end of time");
}

#[test]
fn signatures_and_keys_that_are_not_ours() {
    let stranger = Signer::from_secret(&[8; 32]);
    let signed = sign(&claims(), &stranger).unwrap();
    assert_eq!(refused(verify(&signed.text(), &public_keyring())).0, Code::UnknownKey);

    let bytes = sign(&claims(), &signer()).unwrap().into_bytes();
    let body = bytes.len() - 64;
    let swapped = [&bytes[..body], &signed.bytes()[body..]].concat();
    for keyring in [public_keyring(), private_keyring()] {
        assert_eq!(refused(verify(&text(&swapped), &keyring)).0, Code::BadSignature);
    }

    let mut log_key = record(&signer());
    log_key.purpose = Purpose::Log;
    let keyring = Keyring::new(ISSUER, vec![log_key], vec![signer()]).unwrap();
    assert_eq!(refused(verify(&text(&bytes), &keyring)).0, Code::UnknownKey, "a checkpoint key");
}

/// What is wrong with the payload is not said to somebody who could not sign it.
#[test]
fn signature_before_payload() {
    let cose = CoseSign1Builder::new()
        .protected(header().build())
        .payload(b"no claims".to_vec())
        .signature(vec![0; 64])
        .build();
    let text = text(&cose.to_tagged_vec().unwrap());
    assert_eq!(refused(verify(&text, &public_keyring())).0, Code::BadSignature);
}

#[test]
fn keys_have_a_life() {
    let text = sign(&claims(), &signer()).unwrap().text();
    let with = |bend: &dyn Fn(&mut training_vouchers::credential::KeyRecord)| {
        let mut record = record(&signer());
        bend(&mut record);
        verify(&text, &Keyring::new(ISSUER, vec![record], vec![signer()]).unwrap())
    };
    let compromised = with(&|record| {
        record.state = KeyState::Compromised;
        record.compromised_at = Some(ISSUED.plus_seconds(60));
    });
    let refusal = compromised.unwrap_err();
    assert_eq!(refusal.code, Code::KeyCompromised);
    assert_eq!(refusal.facts["compromised_at"], "2020-03-17T10:01:00.000Z");

    let too_early = with(&|record| record.valid_from = ISSUED.plus_seconds(1));
    assert_eq!(refused(too_early).0, Code::KeyNotValidAtIssue);
    let too_late = with(&|record| record.valid_until = Some(ISSUED));
    assert_eq!(refused(too_late).0, Code::KeyNotValidAtIssue);
    assert!(with(&|record| record.valid_from = ISSUED).is_ok());
    assert!(
        with(&|record| record.valid_from = Timestamp::from_millis(ISSUED.millis() + 999)).is_ok(),
        "made and used within one second"
    );
    let retired = with(&|record| {
        record.state = KeyState::Retired;
        record.valid_until = Some(ISSUED.plus_seconds(1));
    });
    assert!(retired.is_ok(), "old vouchers keep verifying");
}

#[test]
fn issuer_place_and_time() {
    let text = sign(&claims(), &signer()).unwrap().text();
    let elsewhere = Keyring::new("vouchers.other.example", vec![record(&signer())], vec![]).unwrap();
    assert_eq!(refused(verify(&text, &elsewhere)).0, Code::WrongIssuer);

    let verified = verify(&text, &public_keyring()).unwrap();
    assert_eq!(verified.check_audience("pskovgu"), Ok(()));
    let refusal = verified.check_audience("novsu").unwrap_err();
    assert_eq!((refusal.code, &refusal.facts["university"]), (Code::WrongUniversity, &"pskovgu".into()));

    let Claims { not_before, expires_at, .. } = claims();
    assert_eq!(verified.check_time(not_before), Ok(()));
    assert_eq!(verified.check_time(Timestamp::from_millis(expires_at.millis() - 1)), Ok(()));
    let early = verified.check_time(Timestamp::from_millis(not_before.millis() - 1)).unwrap_err();
    assert_eq!(
        (early.code, &early.facts["not_before"]),
        (Code::NotYetValid, &"2020-03-17T10:00:00.000Z".into())
    );
    let late = verified.check_time(expires_at).unwrap_err();
    assert_eq!((late.code, &late.facts["expires_at"]), (Code::Expired, &"2020-12-31T21:00:00.000Z".into()));
}

#[test]
fn debug_output_names_nobody() {
    let signed = sign(&claims(), &signer()).unwrap();
    let verified = verify(&signed.text(), &private_keyring()).unwrap();
    let shown = format!("{:?} {verified:?} {signed:?} {:?} {:?}", claims(), signer(), private_keyring());
    assert!(!shown.contains("Константинопольский"));
    assert!(!shown.contains("7, 7, 7"), "the secret: {shown}");
}

proptest! {
    #[test]
    fn what_is_signed_is_read(
        ids in any::<(u128, u128)>(), status_index in any::<u64>(), credential_version in any::<u32>(),
        course_hours in any::<u16>(), face_value in 0..i64::MAX, times in any::<[u32; 3]>(),
        agency_code in "[A-Z0-9-]{1,12}", holder in "[А-Я][а-я]{1,20} [А-Я]\\.",
    ) {
        let second = |seconds: u32| Timestamp::from_millis(i64::from(seconds) * 1_000);
        let claims = Claims {
            not_before: second(times[0]), expires_at: second(times[1]), issued_at: second(times[2]),
            voucher_id: Uuid::from_u128(ids.0).into(), programme_id: Uuid::from_u128(ids.1).into(),
            status_index, credential_version, agency_code, course_hours, holder,
            face_value: Kopecks::new(face_value), ..claims()
        };
        let mut record = record(&signer());
        record.valid_from = Timestamp::from_millis(0);
        let keyring = Keyring::new(ISSUER, vec![record], vec![]).unwrap();
        let text = sign(&claims, &signer()).unwrap().text();
        let verified = verify(&text, &keyring).unwrap();
        prop_assert_eq!(verified.claims(), &claims);
    }

    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(verify(&text(&bytes), &public_keyring()).is_err());
    }
}
