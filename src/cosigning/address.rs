//! Who is asked to cosign, and where.

use crate::proof::{ProofError, WitnessKey};
use serde::Deserialize;
use std::fmt;
use std::str::FromStr;

/// A witness: its verifier key, a space, its address.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct WitnessAddress {
    pub key: WitnessKey,
    /// Without a slash at its end: `https://control.example.ru/witness`.
    pub url: String,
}

/// Why a text names no witness.
#[derive(Debug, thiserror::Error)]
pub enum BadAddress {
    #[error("a witness is its verifier key, a space and its URL")]
    Form,
    #[error("the witness' verifier key: {0}")]
    Key(#[from] ProofError),
    #[error("the witness' URL begins with http:// or https:// and has neither a password nor a query")]
    Url,
}

impl FromStr for WitnessAddress {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let (key, url) = text.trim().split_once(' ').ok_or(BadAddress::Form)?;
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        // It goes to logs: a password would too.
        let is_plain = |host: &&str| !host.is_empty() && !host.contains(['@', '?', '#', ' ']);
        host.filter(is_plain).ok_or(BadAddress::Url)?;
        Ok(Self { key: key.parse()?, url: url.trim_end_matches('/').to_owned() })
    }
}

impl TryFrom<String> for WitnessAddress {
    type Error = BadAddress;

    fn try_from(text: String) -> Result<Self, BadAddress> {
        text.parse()
    }
}

impl fmt::Display for WitnessAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key, self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Signer;

    #[test]
    fn an_address_is_a_key_and_a_url_without_secrets() {
        let key = WitnessKey::new("control.example", &Signer::from_secret(&[3; 32]).public_key()).unwrap();
        let address = |url: &str| format!("{key} {url}").parse::<WitnessAddress>();
        for (url, kept) in [
            ("http://127.0.0.1:8082", "http://127.0.0.1:8082"),
            ("https://control.example/witness/", "https://control.example/witness"),
        ] {
            assert_eq!(address(url).unwrap().to_string(), format!("{key} {kept}"));
        }
        for url in
            ["control.example", "ftp://x", "http://", "https://a:b@x", "http://x/?token=1", "http://x y"]
        {
            assert!(matches!(address(url), Err(BadAddress::Url)), "{url}");
        }
        assert!(matches!(key.to_string().parse::<WitnessAddress>(), Err(BadAddress::Form)));
        assert!(matches!("a+b+c http://x".parse::<WitnessAddress>(), Err(BadAddress::Key(_))));
    }
}
