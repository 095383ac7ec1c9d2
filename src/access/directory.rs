//! All tokens in memory, read again when older than a second: requests do not touch the database, and a
//! revocation, also one made by another process, takes effect within that second.

use super::store;
use crate::app::App;
use crate::http::Caller;
use crate::kernel::{Code, Refusal, Timestamp};
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

type Tokens = Arc<HashMap<[u8; 32], KnownToken>>;

/// The tokens by their hash, as of at most a second ago.
#[derive(Default)]
pub struct TokenDirectory {
    snapshot: RwLock<Option<(Instant, Tokens)>>,
    /// Held by the one request that reads the tokens again.
    reading: tokio::sync::Mutex<()>,
}

impl TokenDirectory {
    /// The caller whose token has this hash; `None` for one unknown, revoked or expired.
    ///
    /// # Errors
    /// `unavailable` when the tokens cannot be read, or not in time.
    pub async fn find(&self, app: &App, hash: &[u8; 32]) -> Result<Option<Caller>, Refusal> {
        let tokens =
            tokio::time::timeout(PATIENCE, self.tokens(app)).await.map_err(|_| Code::Unavailable)??;
        let now = app.clock.now();
        Ok(tokens.get(hash).filter(|token| now < token.expires_at).map(|token| token.caller.clone()))
    }

    /// Makes the next request read the tokens again: one was made or revoked here.
    pub fn forget(&self) {
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn tokens(&self, app: &App) -> Result<Tokens, Refusal> {
        if let Some(tokens) = self.fresh() {
            return Ok(tokens);
        }
        let _turn = self.reading.lock().await;
        if let Some(tokens) = self.fresh() {
            return Ok(tokens);
        }
        // The age counts from before the reading: what is revoked during it is seen within the second.
        let read_at = Instant::now();
        let tokens = Arc::new(app.read(|connection| Ok(store::known_tokens(connection)?)).await?);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Some((read_at, Arc::clone(&tokens)));
        Ok(tokens)
    }

    fn fresh(&self) -> Option<Tokens> {
        let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        snapshot
            .as_ref()
            .filter(|(read_at, _)| read_at.elapsed() < FRESH)
            .map(|(_, tokens)| Arc::clone(tokens))
    }
}
