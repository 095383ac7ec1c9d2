//! Decides on requests and signs: one at a time for each log, and nothing is answered before it is on disk.

use super::directory::{Directory, Lock, Log, WitnessError};
use crate::credential::Signer;
use crate::kernel::time::Clock;
use crate::proof::{AddCheckpoint, ProofError, Refused, cosign, decide};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What is answered to `add-checkpoint`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The lines to put below the note.
    Cosigned(String),
    Refused(Refused),
}

/// A witness that is at work.
pub struct Cosigner {
    directory: Directory,
    signer: Signer,
    clock: Clock,
    /// Of each log that was ever asked for, by origin: held while one request of it is decided, signed and kept.
    turns: Mutex<HashMap<String, Arc<Mutex<()>>>>,
    _lock: Lock,
}

impl Cosigner {
    /// # Errors
    /// The directory is in use, or its key cannot be read.
    pub fn open(directory: Directory, passphrase: Option<&str>, clock: Clock) -> Result<Self, WitnessError> {
        let lock = directory.lock()?;
        let signer = directory.signer(passphrase)?;
        Ok(Self { directory, signer, clock, turns: Mutex::default(), _lock: lock })
    }

    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Answers a request, as it came.
    ///
    /// # Errors
    /// The disk's, or what is kept of the log is damaged: then nothing was answered.
    pub fn add(&self, request: &str) -> Result<Answer, WitnessError> {
        let request: AddCheckpoint = match request.parse() {
            Ok(request) => request,
            Err(malformed) => return Ok(Answer::Refused(Refused::Malformed(malformed))),
        };
        let Some(log) = self.directory.log(request.origin()) else {
            return Ok(Answer::Refused(Refused::UnknownOrigin));
        };
        let turn = Arc::clone(self.turns().entry(request.origin().to_owned()).or_default());
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.answer(&log, &request)
    }

    fn turns(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Mutex<()>>>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, log: &Log, request: &AddCheckpoint) -> Result<Answer, WitnessError> {
        let now = u64::try_from(self.clock.now().seconds()).unwrap_or(0);
        let accepted = match decide(&log.keys()?, log.seen()?.as_ref(), request, now) {
            Ok(accepted) => accepted,
            Err(refused) => {
                if let Refused::Conflict { fork: true, .. } | Refused::NotContinued { .. } = refused {
                    let is_fork = !matches!(refused, Refused::NotContinued { fork: false, .. });
                    log.keep_evidence(is_fork, request)?;
                    tracing::error!(
                        origin = request.origin(),
                        is_fork,
                        "the log signed what it does not continue"
                    );
                }
                return Ok(Answer::Refused(refused));
            }
        };
        let witness = self.directory.key();
        let body = accepted.checkpoint.body();
        let cosigned = cosign(&body, accepted.time, witness, |message| self.signer.sign(message));
        let line = match cosigned {
            Ok(cosignature) => cosignature.line,
            // A clock before 1970.
            Err(error @ ProofError::MalformedCosignature) => {
                return Ok(Answer::Refused(Refused::Malformed(error)));
            }
            Err(error) => return Err(WitnessError::Name(error)),
        };
        log.keep(&format!("{}{line}", accepted.note), &accepted.checkpoint)?;
        tracing::info!(origin = request.origin(), size = accepted.checkpoint.size, "cosigned");
        Ok(Answer::Cosigned(line))
    }
}
