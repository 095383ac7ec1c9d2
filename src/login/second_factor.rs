//! The second factor: codes of an app (TOTP, RFC 6238: SHA-1, six digits, 30 seconds, as every app has it) and
//! recovery codes for when the app is lost.
//!
//! The app's secret is derived from the installation's and is nowhere in the database.

use super::model::RECOVERY_CODES;
use crate::kernel::{HolderSecret, Timestamp, TokenId};
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

/// Of a step, in seconds.
const STEP: u64 = 30;

/// The name by which apps list it.
const ISSUER: &str = "Цифровые сертификаты";

/// The app's secret of a login.
pub struct AppSecret(Zeroizing<[u8; 20]>);

impl AppSecret {
    /// The secret that was set up as the `generation`-th.
    pub fn derive(secret: &HolderSecret, token: TokenId, generation: i64) -> Self {
        Self(Zeroizing::new(secret.second_factor(token, generation)))
    }

    /// In base32, as it is typed where no QR code can be scanned.
    pub fn in_base32(&self) -> String {
        Secret::from(*self.0).to_base32()
    }

    /// What apps scan (the "Key Uri Format" that they share).
    pub fn uri(&self, login: &str) -> String {
        let label = format!("{ISSUER}:{login}");
        let encode = |text: &str| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
            text.bytes()
                .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
                .collect::<String>()
        };
        format!("otpauth://totp/{}?secret={}&issuer={}", encode(&label), self.in_base32(), encode(ISSUER))
    }

    /// The time step of this code: of now, or of the one before or after, since clocks differ; `None` for any other.
    pub fn step(&self, code: &str, now: Timestamp) -> Option<i64> {
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let seconds = u64::try_from(now.seconds()).ok()?;
        self.totp()?.check(&digits, seconds).and_then(|step| i64::try_from(step).ok())
    }

    /// The code of an instant, for tests and whoever has no app.
    pub fn code(&self, at: Timestamp) -> Option<String> {
        let seconds = u64::try_from(at.seconds()).ok()?;
        Some(self.totp()?.generate(seconds).to_string())
    }

    fn totp(&self) -> Option<Totp> {
        Builder::new().with_secret(*self.0).with_skew(1).with_step_duration(STEP).build().ok()
    }
}

/// Recovery codes: letters and digits that are hard to mistake, 59 bits each.
pub fn recovery_codes(random: &[[u8; 12]; RECOVERY_CODES]) -> Vec<String> {
    const LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let code = |bytes: &[u8; 12]| {
        let letters: String = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 31)])).collect();
        format!("{}-{}-{}", &letters[..4], &letters[4..8], &letters[8..])
    };
    random.iter().map(code).collect()
}

/// What is kept of a recovery code. Codes are random, so that a plain hash tells nothing.
pub fn recovery_hash(code: &str) -> [u8; 32] {
    let plain: String = code.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    Sha256::digest(plain).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> AppSecret {
        AppSecret::derive(&HolderSecret::new([1; 32]), TokenId(uuid::Uuid::nil()), 1)
    }

    /// RFC 6238, appendix B, with six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = AppSecret(Zeroizing::new(*b"12345678901234567890"));
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            let at = Timestamp::from_millis(seconds * 1_000);
            assert_eq!(secret.code(at).as_deref(), Some(code));
            assert_eq!(secret.step(&format!(" {} {}", &code[..3], &code[3..]), at), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_is_good_for_its_step_and_its_neighbours() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
        let code = secret().code(at(3_000)).unwrap();
        assert_eq!(secret().step(&code, at(2_970)), Some(100));
        assert_eq!(secret().step(&code, at(3_059)), Some(100));
        assert_eq!(secret().step(&code, at(2_969)), None);
        assert_eq!(secret().step(&code, at(3_060)), None);
        assert_eq!(secret().step("", at(3_000)), None);
    }

    #[test]
    fn recovery_codes_are_taken_as_they_are_typed() {
        let codes = recovery_codes(&[[7; 12]; RECOVERY_CODES]);
        assert_eq!(codes[0], "hhhh-hhhh-hhhh");
        assert_eq!(recovery_hash("HHHH hhhh hhhh"), recovery_hash(&codes[0]));
    }

    #[test]
    fn the_address_for_apps_is_plain_ascii() {
        let uri = secret().uri("treasury-1");
        assert!(uri.starts_with("otpauth://totp/%D0%A6") && uri.is_ascii(), "{uri}");
    }
}
