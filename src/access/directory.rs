//! All tokens, and all browsers that are signed in, in memory, read again when older than a second: requests do not
//! touch the database, and a revocation, also one made by another process, takes effect within that second.

use super::store;
use crate::app::App;
use crate::http::Caller;
use crate::kernel::{Code, Refusal, SignInId, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

const FRESH: Duration = Duration::from_secs(1);

/// How long a request waits for the tokens. All wait for the one that reads: a database that stands still would
/// hold them one after the other.
const PATIENCE: Duration = Duration::from_secs(3);

/// A token that has not been revoked.
pub struct KnownToken {
    pub caller: Caller,
    pub expires_at: Timestamp,
}

/// A browser that is signed in.
pub struct KnownSignIn {
    pub caller: Caller,
    pub sign_in_id: SignInId,
    pub expires_at: Timestamp,
}

/// Both by the SHA-256 of their secrets.
pub struct Known {
    pub tokens: HashMap<[u8; 32], KnownToken>,
    pub sign_ins: HashMap<[u8; 32], KnownSignIn>,
}

/// What opens the door, as of at most a second ago.
#[derive(Default)]
pub struct TokenDirectory {
    snapshot: RwLock<Option<(Instant, Arc<Known>)>>,
    /// Held by the one request that reads the tokens again.
    reading: tokio::sync::Mutex<()>,
}

impl TokenDirectory {
    /// The caller whose token has this hash; `None` for one unknown, revoked or expired.
    ///
    /// # Errors
    /// `unavailable` when the tokens cannot be read, or not in time.
    pub async fn find(&self, app: &App, hash: &[u8; 32]) -> Result<Option<Caller>, Refusal> {
        let (known, now) = (self.in_time(app).await?, app.clock.now());
        Ok(known.tokens.get(hash).filter(|token| now < token.expires_at).map(|token| token.caller.clone()))
    }

    /// The caller, and the sign-in, whose secret has this hash; `None` for one unknown, ended or expired.
    ///
    /// # Errors
    /// As [`TokenDirectory::find`].
    pub async fn find_sign_in(
        &self,
        app: &App,
        hash: &[u8; 32],
    ) -> Result<Option<(Caller, SignInId)>, Refusal> {
        let (known, now) = (self.in_time(app).await?, app.clock.now());
        let found = known.sign_ins.get(hash).filter(|sign_in| now < sign_in.expires_at);
        Ok(found.map(|sign_in| (sign_in.caller.clone(), sign_in.sign_in_id)))
    }

    async fn in_time(&self, app: &App) -> Result<Arc<Known>, Refusal> {
        tokio::time::timeout(PATIENCE, self.known(app)).await.map_err(|_| Code::Unavailable)?
    }

    /// Makes the next request read them again: one was made or has ended here.
    pub fn forget(&self) {
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn known(&self, app: &App) -> Result<Arc<Known>, Refusal> {
        if let Some(known) = self.fresh() {
            return Ok(known);
        }
        let _turn = self.reading.lock().await;
        if let Some(known) = self.fresh() {
            return Ok(known);
        }
        // The age counts from before the reading: what is revoked during it is seen within the second.
        let read_at = Instant::now();
        let now = app.clock.now();
        let known = Arc::new(app.read(move |connection| Ok(store::known(connection, now)?)).await?);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Some((read_at, Arc::clone(&known)));
        Ok(known)
    }

    fn fresh(&self) -> Option<Arc<Known>> {
        let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        snapshot.as_ref().filter(|(read_at, _)| read_at.elapsed() < FRESH).map(|(_, known)| Arc::clone(known))
    }
}
