//! Which provider, and what it may vouch for: `[oidc]` in the settings file.

use crate::http::outgoing::is_private;
use serde::Deserialize;
use std::path::PathBuf;

/// The section of the settings file.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    pub issuer: Issuer,
    pub client_id: String,
    /// Readable by this service only.
    pub client_secret_file: PathBuf,
    /// What people call it: on the button and in sentences.
    pub name_ru: String,
    pub name_en: String,
    /// Values of `amr` of which one says that the provider has asked for a second factor.
    #[serde(default)]
    pub second_factor_amr: Vec<String>,
    /// The same for `acr`; the provider is asked for these.
    #[serde(default)]
    pub second_factor_acr: Vec<String>,
}

/// The provider's issuer identifier, as it is written in its tokens.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Issuer(String);

/// Why a text is no issuer.
#[derive(Debug, thiserror::Error)]
#[error("an issuer is an https address without query or password (http on loopback only)")]
pub struct BadIssuer;

impl Issuer {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Issuer {
    type Error = BadIssuer;

    fn try_from(text: String) -> Result<Self, BadIssuer> {
        if is_private(&text) && !text.contains('?') { Ok(Self(text)) } else { Err(BadIssuer) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_asked_by_tls_or_on_this_machine() {
        assert!(Issuer::try_from("https://id.example.ru/realms/region".to_owned()).is_ok());
        assert!(Issuer::try_from("http://127.0.0.1:9000".to_owned()).is_ok());
        for bad in ["http://id.example.ru", "https://id.example.ru/?a=1", "id.example.ru"] {
            assert!(Issuer::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
