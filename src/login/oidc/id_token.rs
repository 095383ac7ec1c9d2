//! What an ID token must say (OpenID Connect Core 1.0, section 3.1.3.7). Pure.

use super::signatures::{self, ALGORITHMS};
use crate::kernel::Timestamp;
use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use subtle::ConstantTimeEq;

/// Seconds that clocks may differ.
const LEEWAY: i64 = 60;

/// OpenID Connect Core 1.0, section 2: `sub` has at most 255 characters.
const LONGEST_SUBJECT: usize = 255;

/// What we expect of it.
pub(super) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub now: Timestamp,
}

/// What it says, as far as we look.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    pub sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    nonce: Option<String>,
    #[serde(default)]
    pub amr: Vec<String>,
    pub acr: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Why it is not believed.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadToken {
    #[error("it cannot be read, or is signed by an algorithm that is not taken")]
    Unreadable,
    #[error("none of the provider's keys is the one it was signed with")]
    NoKey,
    #[error("{0}")]
    Refused(#[from] jsonwebtoken::errors::Error),
    #[error("it is for another client as well")]
    OtherAudience,
    #[error("it has expired")]
    Expired,
    #[error("it answers another request")]
    OtherNonce,
    #[error("its subject is empty or too long")]
    Subject,
}

/// Checks signature, issuer, audience, end and nonce.
///
/// # Errors
/// [`BadToken`].
pub(super) fn check(token: &str, keys: &[Jwk], expected: &Expected<'_>) -> Result<Claims, BadToken> {
    signatures::install();
    let header = decode_header(token).map_err(|_| BadToken::Unreadable)?;
    let taken = ALGORITHMS.iter().find(|(algorithm, _)| *algorithm == header.alg);
    let taken = taken.ok_or(BadToken::Unreadable)?;
    let key = key_of(keys, header.kid.as_deref(), *taken).ok_or(BadToken::NoKey)?;
    let mut validation = Validation::new(header.alg);
    validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    // By our clock, below.
    validation.validate_exp = false;
    let claims = decode::<Claims>(token, &DecodingKey::from_jwk(key)?, &validation)?.claims;
    let is_ours = |client: &String| client == expected.client_id;
    let is_of_others = match &claims.aud {
        Audience::One(client) => !is_ours(client),
        Audience::Several(all) => !all.iter().all(is_ours),
    };
    if is_of_others || claims.azp.as_ref().is_some_and(|azp| !is_ours(azp)) {
        return Err(BadToken::OtherAudience);
    }
    if claims.exp.saturating_add(LEEWAY) <= expected.now.seconds() {
        return Err(BadToken::Expired);
    }
    let nonce = claims.nonce.as_deref().unwrap_or("");
    if !bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
        return Err(BadToken::OtherNonce);
    }
    if claims.sub.is_empty() || claims.sub.len() > LONGEST_SUBJECT {
        return Err(BadToken::Subject);
    }
    Ok(claims)
}

/// The key with this id that signs by this algorithm; a token that names none is of the only one there is.
fn key_of<'a>(
    keys: &'a [Jwk],
    kid: Option<&str>,
    (algorithm, named): (Algorithm, KeyAlgorithm),
) -> Option<&'a Jwk> {
    let fits = |key: &&Jwk| {
        let common = &key.common;
        let signs = common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature);
        let signs = signs && common.key_algorithm.is_none_or(|of| of == named);
        let family =
            DecodingKey::from_jwk(key).is_ok_and(|key| key.family().algorithms().contains(&algorithm));
        signs && family
    };
    let mut fitting = keys.iter().filter(fits);
    match kid {
        Some(kid) => fitting.find(|key| key.common.key_id.as_deref() == Some(kid)),
        None => fitting.next().filter(|_| fitting.next().is_none()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use ring::signature::{Ed25519KeyPair, KeyPair};
    use serde_json::{Value, json};

    const NOW: Timestamp = Timestamp::from_millis(1_584_439_200_000);

    fn signer(seed: u8) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
    }

    fn key(seed: u8, kid: &str) -> Jwk {
        let x = URL_SAFE_NO_PAD.encode(signer(seed).public_key());
        serde_json::from_value(json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "use": "sig" }))
            .unwrap()
    }

    fn claims() -> Value {
        let exp = NOW.seconds() + 300;
        json!({ "iss": "https://id.example.ru", "sub": "1000", "aud": "vouchers", "exp": exp, "iat": exp - 300, "nonce": "n" })
    }

    fn signed(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(sign(message.as_bytes())))
    }

    fn token(claims: &Value) -> String {
        let header = json!({ "alg": "EdDSA", "kid": "a" });
        signed(&header, claims, |message| signer(1).sign(message).as_ref().to_vec())
    }

    fn outcome(token: &str, keys: &[Jwk], now: Timestamp) -> Result<Claims, BadToken> {
        let issuer = "https://id.example.ru";
        check(token, keys, &Expected { issuer, client_id: "vouchers", nonce: "n", now })
    }

    #[test]
    fn a_token_for_us_is_believed_until_its_end() {
        let (token, keys) = (token(&claims()), [key(2, "b"), key(1, "a")]);
        assert_eq!(outcome(&token, &keys, NOW).unwrap().sub, "1000");
        assert!(outcome(&token, &keys, NOW.plus_seconds(359)).is_ok());
        assert!(matches!(outcome(&token, &keys, NOW.plus_seconds(360)), Err(BadToken::Expired)));
    }

    #[test]
    fn a_token_that_is_not_for_us_is_not() {
        let with = |name: &str, value: Value| {
            let mut claims = claims();
            claims[name] = value;
            outcome(&token(&claims), &[key(1, "a")], NOW)
        };
        assert!(with("iss", json!("https://id.example.ru")).is_ok());
        for (name, value) in [
            ("iss", json!("https://id.example.ru/")),
            ("iss", json!(null)),
            ("aud", json!("others")),
            ("aud", json!(["vouchers", "others"])),
            ("aud", json!([])),
            ("azp", json!("others")),
            ("nonce", json!("m")),
            ("nonce", json!(null)),
            ("exp", json!(null)),
            ("sub", json!("")),
            ("sub", json!("x".repeat(256))),
        ] {
            assert!(with(name, value.clone()).is_err(), "{name}: {value}");
        }
    }

    #[test]
    fn only_the_providers_key_and_the_algorithms_that_are_taken_count() {
        let good = claims();
        assert!(matches!(outcome(&token(&good), &[key(2, "b")], NOW), Err(BadToken::NoKey)), "rotated");
        assert!(matches!(outcome(&token(&good), &[key(2, "a")], NOW), Err(BadToken::Refused(_))), "forged");
        let unsigned = signed(&json!({ "alg": "none", "kid": "a" }), &good, |_| Vec::new());
        assert!(matches!(outcome(&unsigned, &[key(1, "a")], NOW), Err(BadToken::Unreadable)));
        // The public key as a shared one, the classic confusion.
        let shared = |message: &[u8]| {
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, signer(1).public_key().as_ref());
            ring::hmac::sign(&key, message).as_ref().to_vec()
        };
        let confused = signed(&json!({ "alg": "HS256", "kid": "a" }), &good, shared);
        assert!(matches!(outcome(&confused, &[key(1, "a")], NOW), Err(BadToken::Unreadable)));
        let of_none = signed(&json!({ "alg": "EdDSA" }), &good, |m| signer(1).sign(m).as_ref().to_vec());
        assert!(outcome(&of_none, &[key(1, "a")], NOW).is_ok(), "the only key there is");
        assert!(matches!(outcome(&of_none, &[key(1, "a"), key(2, "b")], NOW), Err(BadToken::NoKey)));
    }
}
