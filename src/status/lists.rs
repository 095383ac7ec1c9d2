//! The signed lists in memory: each is made once for all who fetch it, and again when its programme's log has grown, its key is
//! another or it grows old; whether that is so is looked at every few seconds at most. Anybody may fetch them, so that
//! fetching must cost next to nothing.

use super::{model, store};
use crate::app::App;
use crate::credential::status_list::{PLACES, StatusList, Terms};
use crate::credential::{Keyring, Kid, Purpose, Signer};
use crate::kernel::{Code, HolderSecret, Refusal, Timestamp};
use crate::voucher::{Status, status_index};
use actix_web::web::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A change is told after this many seconds at most.
const LOOK_SECONDS: i64 = 5;

/// How long a verifier may go without looking again.
const TTL_SECONDS: u32 = 300;

/// A desk that was offline for longer does not know what it should.
const VALID_SECONDS: i64 = 24 * 3_600;

/// An unchanged list is signed anew after this time: nobody gets one that is about to expire.
const RENEW_SECONDS: i64 = VALID_SECONDS / 2;

/// How long a request waits while the list is made for another.
const PATIENCE: Duration = Duration::from_secs(5);

/// A signed list.
pub struct Made {
    pub jwt: Bytes,
    pub cwt: Bytes,
    issued_at: Timestamp,
    log_size: i64,
    kid: Kid,
}

/// By the programme's code and the list's number.
type Name = (String, i64);

/// The lists that were asked for: as many at most as there are.
#[derive(Default)]
pub struct StatusLists {
    /// Each as of when it was looked at last.
    kept: Mutex<HashMap<Name, (Timestamp, Arc<Made>)>>,
    /// Held by the one request that looks.
    looking: tokio::sync::Mutex<()>,
}

impl StatusLists {
    /// The list of this name.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without an active key for credentials, or when it cannot be made in time.
    pub async fn find(&self, app: &App, code: &str, list: i64) -> Result<Arc<Made>, Refusal> {
        let name = (code.to_owned(), list);
        if let Some(fresh) = self.fresh(&name, app.clock.now()) {
            return Ok(fresh);
        }
        let look = async {
            let _turn = self.looking.lock().await;
            match self.fresh(&name, app.clock.now()) {
                Some(fresh) => Ok(fresh),
                None => self.look(app, name).await,
            }
        };
        tokio::time::timeout(PATIENCE, look).await.map_err(|_| Code::Unavailable)?
    }

    async fn look(&self, app: &App, name: Name) -> Result<Arc<Made>, Refusal> {
        let (now, keyring) = (app.clock.now(), app.keyring());
        let known = self.kept().get(&name).map(|(_, made)| Arc::clone(made));
        let (secret, asked) = (app.holder_secret.clone(), name.clone());
        let made = app.read(move |connection| {
            let signer = keyring.signer(Purpose::Credential, now);
            let signer =
                signer.ok_or_else(|| Refusal::new(Code::Unavailable).with("missing", "credential key"))?;
            let head = store::head(connection, &asked.0)?;
            let lists = |head: &store::Head| 0..=(head.next_voucher_no - 1) / PLACES.cast_signed();
            let head = head.filter(|head| lists(head).contains(&asked.1));
            let head = head.ok_or_else(|| Refusal::not_found("status list"))?;
            if let Some(known) = known.filter(|known| known.still_holds(&head, signer, now)) {
                return Ok(known);
            }
            let first = asked.1 * PLACES.cast_signed();
            let changed =
                store::changed(connection, head.programme_no, &(first..first + PLACES.cast_signed()))?;
            Ok(Arc::new(make(&asked, &head, &changed, &secret, (&keyring, signer), now)))
        });
        let made = made.await?;
        self.kept().insert(name, (now, Arc::clone(&made)));
        Ok(made)
    }

    fn fresh(&self, name: &Name, now: Timestamp) -> Option<Arc<Made>> {
        let kept = self.kept();
        let (looked_at, made) = kept.get(name)?;
        let age = now.millis() - looked_at.millis();
        (0..LOOK_SECONDS * 1_000).contains(&age).then(|| Arc::clone(made))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<Name, (Timestamp, Arc<Made>)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Made {
    fn still_holds(&self, head: &store::Head, signer: &Signer, now: Timestamp) -> bool {
        let renewed_at = self.issued_at.plus_seconds(RENEW_SECONDS);
        self.log_size == head.log_size
            && self.kid == signer.kid()
            && (self.issued_at..renewed_at).contains(&now)
    }
}

fn make(
    (code, list): &Name,
    head: &store::Head,
    changed: &[(i64, Status)],
    secret: &HolderSecret,
    (keyring, signer): (&Keyring, &Signer),
    now: Timestamp,
) -> Made {
    let mut places = StatusList::default();
    for (voucher_no, status) in changed {
        let (_, place) = status_index::place(secret, head.programme_id, *voucher_no);
        places.set(place, model::standing(*status));
    }
    let terms = Terms {
        uri: status_index::uri(keyring.issuer(), code, list.cast_unsigned()),
        issued_at: now,
        expires_at: now.plus_seconds(VALID_SECONDS),
        ttl_seconds: TTL_SECONDS,
    };
    let places = places.compress();
    Made {
        jwt: places.jwt(&terms, signer).into(),
        cwt: places.cwt(&terms, signer).into(),
        issued_at: now,
        log_size: head.log_size,
        kid: signer.kid(),
    }
}
