//! Secrets that open a door: a prefix that says which, 32 random bytes as base64url, and six characters of
//! checksum, so that one cut or mistyped is refused without asking anybody. Pure; randomness is a parameter.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// What a secret is of. One is never taken for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecretOf {
    /// An API token.
    Token,
    /// A one-time pass.
    Pass,
    /// A browser that is signed in.
    SignIn,
}

impl SecretOf {
    const fn prefix(self) -> &'static str {
        match self {
            SecretOf::Token => "tv_",
            SecretOf::Pass => "tp_",
            SecretOf::SignIn => "ts_",
        }
    }
}

/// Characters of a prefix.
const PREFIX: usize = 3;
const BODY: usize = 43;
const CHECK: usize = 6;

/// A secret as its bearer holds it. Never stored, never logged.
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(of: SecretOf, random: &[u8; 32]) -> Self {
        let text = format!("{}{}", of.prefix(), URL_SAFE_NO_PAD.encode(random));
        Self(Zeroizing::new(format!("{text}{}", check(&text))))
    }

    /// Takes the one spelling and nothing else.
    pub fn parse(of: SecretOf, text: &str) -> Option<Self> {
        let (body, given) = text.split_at_checked(PREFIX + BODY)?;
        let is_whole = given.len() == CHECK && given == check(body);
        let random = URL_SAFE_NO_PAD.decode(body.strip_prefix(of.prefix())?).ok()?;
        (is_whole && random.len() == 32).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// For the one time it is shown.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What pages of a browser that is signed in put into their forms: known to whoever knows the secret, and
    /// telling nothing of it.
    pub fn csrf_token(&self) -> String {
        let digest = Sha256::new().chain_update(b"csrf\0").chain_update(self.0.as_bytes()).finalize();
        URL_SAFE_NO_PAD.encode(digest)
    }

    /// What is stored of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// The first 36 bits of SHA-256, as base64url.
fn check(text: &str) -> String {
    let mut check = URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..5]);
    check.truncate(CHECK);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_and_no_slip_passes() {
        let secret = Secret::new(SecretOf::Token, &[7; 32]);
        let text = secret.reveal();
        assert_eq!(text.len(), 52);
        assert_eq!(Secret::parse(SecretOf::Token, text).unwrap().hash(), secret.hash());
        for at in 0..text.len() {
            let mut slip = text.as_bytes().to_vec();
            slip[at] = if slip[at] == b'x' { b'y' } else { b'x' };
            assert!(Secret::parse(SecretOf::Token, std::str::from_utf8(&slip).unwrap()).is_none(), "at {at}");
            assert!(Secret::parse(SecretOf::Token, &text[..at]).is_none());
        }
        assert!(Secret::parse(SecretOf::Pass, text).is_none());
        assert!(Secret::parse(SecretOf::Token, &format!("{text} ")).is_none());
        assert!(Secret::parse(SecretOf::Token, &"ключ".repeat(13)).is_none());
    }

    #[test]
    fn is_not_shown_by_debug() {
        assert_eq!(format!("{:?}", Secret::new(SecretOf::Token, &[7; 32])), "Secret(***)");
    }
}
