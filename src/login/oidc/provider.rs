//! Speaks with the provider. It may be slow, gone, or lie: every answer is bounded, each request waits only so long, only a few
//! run at once, and no thread waits for any of them. It is asked what it is each time: sign-ins are rare, and so its keys may
//! change whenever it likes.

use super::id_token::{self, Expected};
use super::{OidcSettings, Round};
use crate::http::Language;
use crate::http::outgoing::{self, is_private};
use crate::kernel::Timestamp;
use awc::ClientRequest;
use awc::http::header::{ACCEPT, AUTHORIZATION};
use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// For one request and its answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// An answer is a document or a few keys.
const MOST_BYTES: usize = 256 * 1024;

/// Sign-ins that speak with it at the same time.
const AT_ONCE: usize = 8;

/// The provider that is configured.
pub struct IdentityProvider {
    settings: OidcSettings,
    client_secret: Zeroizing<String>,
    turns: Semaphore,
}

/// Who somebody is, by the provider's word.
pub struct Identity {
    pub issuer: String,
    pub subject: String,
    /// Whether it says that it has asked for a second factor, in the words that were configured.
    pub has_second_factor: bool,
}

/// Why the client secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    #[error("the provider's client secret {}: {error}", .path.display())]
    Unreadable { path: PathBuf, error: std::io::Error },
    #[error("the provider's client secret {} may be read by others: chmod 600", .0.display())]
    Open(PathBuf),
    #[error("the provider's client secret {} is empty", .0.display())]
    Empty(PathBuf),
}

/// Why nobody was signed in, for the log. Never with what the provider says of a person.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("it does not answer: {0}")]
    Unreachable(String),
    #[error("too many are signing in")]
    Busy,
    #[error("what it answers cannot be used: {0}")]
    Unusable(String),
    #[error("it refuses: {0}")]
    Refused(String),
}

/// OpenID Connect Discovery 1.0, section 3, as far as we need it.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<serde_json::Value>,
}

/// RFC 6749, section 5.2.
#[derive(Deserialize)]
struct ErrorAnswer {
    error: String,
}

impl IdentityProvider {
    /// Reads the client secret.
    ///
    /// # Errors
    /// When it is not there, is empty, or may be read by others.
    pub fn open(settings: OidcSettings) -> Result<Self, SecretFileError> {
        let path = settings.client_secret_file.clone();
        let unreadable = |error| SecretFileError::Unreadable { path: path.clone(), error };
        if std::fs::metadata(&path).map_err(unreadable)?.mode() & 0o077 != 0 {
            return Err(SecretFileError::Open(path));
        }
        let text = Zeroizing::new(std::fs::read_to_string(&path).map_err(unreadable)?);
        let client_secret = Zeroizing::new(text.trim().to_owned());
        if client_secret.is_empty() {
            return Err(SecretFileError::Empty(path));
        }
        Ok(Self { settings, client_secret, turns: Semaphore::new(AT_ONCE) })
    }

    /// What people call it.
    pub fn name(&self, language: Language) -> &str {
        match language {
            Language::Russian => &self.settings.name_ru,
            Language::English => &self.settings.name_en,
        }
    }

    /// Where the browser goes to be recognised.
    ///
    /// # Errors
    /// [`Trouble`]; it is asked first, so that a page of ours can say that it is down.
    pub async fn begin(&self, round: &Round, back: &str) -> Result<String, Trouble> {
        let _turn = self.turns.try_acquire().map_err(|_| Trouble::Busy)?;
        let metadata = self.metadata().await?;
        let (state, nonce, challenge) = (round.state(), round.nonce(), round.challenge());
        let acr = self.settings.second_factor_acr.join(" ");
        let mut query = vec![
            ("response_type", "code"),
            ("scope", "openid"),
            ("client_id", self.settings.client_id.as_str()),
            ("redirect_uri", back),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        if !acr.is_empty() {
            query.push(("acr_values", &acr));
        }
        let endpoint = metadata.authorization_endpoint;
        let mark = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{mark}{}", encoded(&query)?))
    }

    /// Who came back with this code.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn finish(
        &self,
        round: &Round,
        back: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<Identity, Trouble> {
        let _turn = self.turns.try_acquire().map_err(|_| Trouble::Busy)?;
        let metadata = self.metadata().await?;
        let token = self.exchange(&metadata, round, back, code).await?;
        let keys: Keys = read(get(&metadata.jwks_uri)).await?;
        // A key of a kind that is not known here is not ours to judge.
        let keys: Vec<Jwk> =
            keys.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect();
        let (issuer, nonce) = (self.settings.issuer.as_str(), round.nonce());
        let expected = Expected { issuer, client_id: &self.settings.client_id, nonce: &nonce, now };
        let claims = id_token::check(&token, &keys, &expected);
        let claims = claims.map_err(|bad| Trouble::Unusable(format!("its ID token: {bad}")))?;
        let by_amr = claims.amr.iter().any(|amr| self.settings.second_factor_amr.contains(amr));
        let by_acr = claims.acr.is_some_and(|acr| self.settings.second_factor_acr.contains(&acr));
        Ok(Identity { issuer: issuer.to_owned(), subject: claims.sub, has_second_factor: by_amr || by_acr })
    }

    /// Whether an answer that names its issuer (RFC 9207) is of this one.
    pub fn is_issuer(&self, named: &str) -> bool {
        named == self.settings.issuer.as_str()
    }

    async fn metadata(&self) -> Result<Metadata, Trouble> {
        let issuer = self.settings.issuer.as_str();
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let metadata: Metadata = read(get(&address)).await?;
        if metadata.issuer != issuer {
            return Err(Trouble::Unusable("it calls itself another issuer".into()));
        }
        let endpoints = [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri];
        if !endpoints.iter().all(|url| is_private(url)) {
            return Err(Trouble::Unusable(
                "one of its addresses is neither https nor of this machine".into(),
            ));
        }
        Ok(metadata)
    }

    /// The ID token for a code.
    async fn exchange(
        &self,
        metadata: &Metadata,
        round: &Round,
        back: &str,
        code: &str,
    ) -> Result<String, Trouble> {
        let (id, secret, verifier) = (&self.settings.client_id, &self.client_secret, round.verifier());
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", back),
            ("code_verifier", &verifier),
        ];
        let mut request = outgoing::client(&metadata.token_endpoint, PATIENCE).post(&metadata.token_endpoint);
        // Basic unless it can only do without (RFC 8414: what a provider that says nothing does).
        let methods = metadata.token_endpoint_auth_methods_supported.as_deref().unwrap_or_default();
        let has = |method: &str| methods.iter().any(|name| name == method);
        if has("client_secret_post") && !has("client_secret_basic") {
            fields.extend([("client_id", id.as_str()), ("client_secret", secret.as_str())]);
        } else {
            // RFC 6749, section 2.3.1: each is form-encoded first.
            let escaped = |text: &str| encoded(&[("", text)]).map(|pair| pair[1..].to_owned());
            let both = Zeroizing::new(format!("{}:{}", escaped(id)?, escaped(secret)?));
            request = request.insert_header((AUTHORIZATION, format!("Basic {}", STANDARD.encode(&*both))));
        }
        let tokens: Tokens = read((request, encoded(&fields)?)).await?;
        Ok(tokens.id_token)
    }
}

fn encoded(fields: &[(&str, &str)]) -> Result<String, Trouble> {
    serde_urlencoded::to_string(fields).map_err(|_| Trouble::Unusable("its settings".into()))
}

/// A request and its form, which is empty when there is none.
type Asked = (ClientRequest, String);

fn get(url: &str) -> Asked {
    (outgoing::client(url, PATIENCE).get(url), String::new())
}

async fn read<T: DeserializeOwned>((request, form): Asked) -> Result<T, Trouble> {
    let request = request.insert_header((ACCEPT, "application/json"));
    let sent = async {
        let sent = if form.is_empty() {
            request.send().await
        } else {
            request.content_type("application/x-www-form-urlencoded").send_body(form).await
        };
        let mut response = sent.map_err(|error| Trouble::Unreachable(error.to_string()))?;
        let too_large = |_| Trouble::Unusable("it broke off, or is too large".into());
        let bytes = response.body().limit(MOST_BYTES).await.map_err(too_large)?;
        Ok((response.status(), bytes))
    };
    let answer = tokio::time::timeout(PATIENCE, sent).await;
    let (status, bytes) = answer.map_err(|_| Trouble::Unreachable("not in time".into()))??;
    if status.is_success() {
        return serde_json::from_slice(&bytes)
            .map_err(|_| Trouble::Unusable("it is not what it must be".into()));
    }
    if status.is_server_error() {
        return Err(Trouble::Unreachable(format!("status {}", status.as_u16())));
    }
    let named = serde_json::from_slice(&bytes).ok().map(|answer: ErrorAnswer| answer.error);
    Err(Trouble::Refused(error_name(named.as_deref().unwrap_or(""), status.as_u16())))
}

/// An error's name as it may go into the log: it is a word of the standard or nothing.
fn error_name(named: &str, status: u16) -> String {
    let is_word =
        !named.is_empty() && named.len() <= 40 && named.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if is_word { named.to_owned() } else { format!("status {status}") }
}

impl Trouble {
    /// What the provider said to the browser (RFC 6749, section 4.1.2.1).
    pub fn told(error: &str) -> Self {
        Self::Refused(error_name(error, 0))
    }
}
