//! What an ID token must say (OpenID Connect Core 1.0, section 3.1.3.7). Pure.

use super::signatures::{self, ALGORITHMS};
use crate::kernel::Timestamp;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
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
    if !ALGORITHMS.contains(&header.alg) {
        return Err(BadToken::Unreadable);
    }
    let key = key_of(keys, header.kid.as_deref(), header.alg).ok_or(BadToken::NoKey)?;
    let mut validation = Validation::new(header.alg);
    validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    // By our clock, below.
    validation.validate_exp = false;
    let claims = decode::<Claims>(token, &DecodingKey::from_jwk(key)?, &validation)?.claims;
    let is_ours = |client: &String| client == expected.client_id;
    let is_of_others = match &claims.aud {
        Audience::One(_) => false,
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
fn key_of<'a>(keys: &'a [Jwk], kid: Option<&str>, algorithm: Algorithm) -> Option<&'a Jwk> {
    let fits = |key: &&Jwk| {
        let common = &key.common;
        let signs = common.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature);
        let algorithms = common.key_algorithm.is_none_or(|of| of.to_algorithm().is_ok_and(|of| of == algorithm));
        let family = DecodingKey::from_jwk(key).is_ok_and(|key| key.family().algorithms().contains(&algorithm));
        signs && algorithms && family
    };
    let mut fitting = keys.iter().filter(fits);
    match kid {
        Some(kid) => fitting.find(|key| key.common.key_id.as_deref() == Some(kid)),
        None => fitting.next().filter(|_| fitting.next().is_none()),
    }
}
