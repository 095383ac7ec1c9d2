//! What a login is made of. Pure.

use crate::kernel::text::Malformed;
use crate::kernel::{Scope, Timestamp};
use zeroize::Zeroizing;

/// How long a browser stays signed in: a working day.
pub const SIGNED_IN_SECONDS: i64 = 12 * 3_600;

/// How long an invitation may lie.
pub const SET_UP_SECONDS: i64 = 7 * 24 * 3_600;

/// How long a pass for another browser is good: it is taken from screen to phone at once.
pub const SIGN_IN_SECONDS: i64 = 10 * 60;

/// Recovery codes that are made at once.
pub const RECOVERY_CODES: usize = 8;

/// What a pass is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// To choose a password and link a second factor.
    SetUp,
    /// To sign in a browser, once.
    SignIn,
}

impl Purpose {
    pub const fn as_str(self) -> &'static str {
        match self {
            Purpose::SetUp => "set_up",
            Purpose::SignIn => "sign_in",
        }
    }

    pub const fn seconds(self) -> i64 {
        match self {
            Purpose::SetUp => SET_UP_SECONDS,
            Purpose::SignIn => SIGN_IN_SECONDS,
        }
    }
}

/// A password as it is chosen: 12 to 128 characters, and not the login itself. Nothing is asked of its composition
/// (NIST SP 800-63B-4, 3.1.1.2).
pub struct NewPassword(Zeroizing<String>);

impl NewPassword {
    pub fn parse(text: &str, login: &str) -> Result<Self, Malformed> {
        let length = text.chars().count();
        let is_of_more_than_one = text.chars().any(|c| !text.starts_with(c));
        if !(12..=128).contains(&length) || !is_of_more_than_one || text.to_lowercase().contains(login) {
            return Err(Malformed::expected(
                "12 to 128 characters that do not contain the login; a phrase is good",
            ));
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A token that can be signed in with, as far as a sign-in looks at it.
#[derive(Clone, Debug)]
pub struct LoginFacts {
    pub token_no: i64,
    pub password_hash: String,
    pub second_factor: i64,
    pub last_step: i64,
}

/// The bearer of a pass.
#[derive(Clone, Debug)]
pub struct Bearer {
    pub token_no: i64,
    pub token_id: crate::kernel::TokenId,
    pub subject: String,
    pub scope: Scope,
    /// Of the second factor that is set up with this pass.
    pub next_second_factor: i64,
}

/// What a browser calls itself, in short: `Firefox, Windows`. For its person to know it again in a list.
pub fn browser_name(user_agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map_or("?", |(_, name)| *name)
    };
    // Each also names those it came from, so the order matters.
    let browser = first(&[
        ("YaBrowser", "Яндекс Браузер"),
        ("Edg", "Edge"),
        ("OPR", "Opera"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    format!("{browser}, {system}")
}

/// Until when a browser is signed in: a working day, but not longer than the token lives.
pub fn signed_in_until(now: Timestamp, token_expires_at: Timestamp) -> Timestamp {
    now.plus_seconds(SIGNED_IN_SECONDS).min(token_expires_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_a_password_and_the_login_is_none() {
        assert!(NewPassword::parse("серый кот на окне", "treasury-1").is_ok());
        for bad in ["короткий", "aaaaaaaaaaaaaaaa", "my treasury-1 password", &"x1".repeat(65)] {
            assert!(NewPassword::parse(bad, "treasury-1").is_err(), "{bad}");
        }
    }
}
