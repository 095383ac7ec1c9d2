//! Passwords: Argon2id (RFC 9106) with the parameters of the library (19 MiB, two passes: OWASP's), a few at a time
//! so that a flood of sign-ins takes neither the memory nor the cores of the house.

use super::model::NewPassword;
use crate::kernel::{Code, Refusal};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::time::Duration;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Passwords that are hashed at the same time.
const AT_ONCE: usize = 2;

/// How long a sign-in waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// A password as somebody typed it.
pub struct Password(Zeroizing<String>);

impl Password {
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Which of these hashes is of this password. Takes as long when there are none: whether a login exists is not
    /// told by the time it takes.
    ///
    /// # Errors
    /// `overloaded` when too many wait.
    pub async fn matching(self, hashes: Vec<String>) -> Result<Option<usize>, Refusal> {
        in_turn(move || {
            let fits = |hash: &str| {
                let hash = PasswordHash::new(hash).ok()?;
                Argon2::default().verify_password(self.0.as_bytes(), &hash).ok()
            };
            if hashes.is_empty() {
                // The time is what it is made for.
                let _ = Argon2::default().hash_password(self.0.as_bytes());
            }
            hashes.iter().position(|hash| fits(hash).is_some())
        })
        .await
    }
}

/// The hash of a new password, in PHC's form with its salt and parameters.
///
/// # Errors
/// `overloaded` when too many wait, `internal_error` when the system has no random bytes.
pub async fn hash(password: NewPassword) -> Result<String, Refusal> {
    in_turn(move || {
        let hash = Argon2::default().hash_password(password.as_str().as_bytes());
        hash.map(|hash: PasswordHash| hash.to_string()).map_err(|_| Refusal::new(Code::Internal))
    })
    .await?
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    let turn = tokio::time::timeout(PATIENCE, TURNS.acquire()).await;
    let _turn = turn.ok().and_then(Result::ok).ok_or(Code::Overloaded)?;
    actix_web::web::block(work).await.map_err(|_| Code::Unavailable.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn only_its_own_hash_fits() {
        let new = |text| NewPassword::parse(text, "login").unwrap();
        let hashes = vec![
            hash(new("серый кот на окне")).await.unwrap(),
            hash(new("рыжий кот на окне")).await.unwrap(),
        ];
        assert!(hashes[0].starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hashes[0]);
        let typed = |text: &str| Password::new(text.into());
        assert_eq!(typed("рыжий кот на окне").matching(hashes.clone()).await.unwrap(), Some(1));
        assert_eq!(typed("Рыжий кот на окне").matching(hashes).await.unwrap(), None);
        assert_eq!(typed("рыжий кот на окне").matching(vec![]).await.unwrap(), None);
    }
}
