//! Shows each witness the logs as they grow: a task for each, which the others and the service never wait for.

use super::WitnessAddress;
use super::client::{Answer, Asking, Trouble};
use super::keep::KeepCosignature;
use super::store::{self, NewCosignature, Progress};
use crate::app::App;
use crate::kernel::{Refusal, Timestamp};
use crate::proof::Cosignature;
use actix_web::rt;
use actix_web::web::Data;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// A log that grows all the time is shown no more often.
const EVERY: Duration = Duration::from_secs(2);

/// A witness, or one log of it, that fails again and again is tried this often.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

const LAG: &str = "vouchers_cosignature_lag_leaves";
const COSIGNED: &str = "vouchers_checkpoints_cosigned_total";
const FAILED: &str = "vouchers_cosignature_failures_total";

/// Starts asking on this thread, for as long as the tasks live.
pub fn start(app: &Data<App>, witnesses: &[WitnessAddress]) -> Vec<JoinHandle<()>> {
    metrics::describe_gauge!(LAG, "Leaves of all logs that no cosignature of the witness covers yet");
    metrics::describe_counter!(COSIGNED, "Cosignatures that were verified and kept, by witness");
    metrics::describe_counter!(FAILED, "Requests to a witness that brought no cosignature");
    let task = |witness: &WitnessAddress| {
        let mut asking = Submitter {
            app: app.clone(),
            name: witness.key.name().to_owned(),
            asking: Asking::new(witness.clone()),
            witness: Wait::default(),
            logs: HashMap::new(),
        };
        rt::spawn(async move {
            let mut ticks = rt::time::interval(EVERY);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                asking.round().await;
            }
        })
    };
    witnesses.iter().map(task).collect()
}

/// How long to leave alone what fails: twice as long each time.
#[derive(Default)]
struct Wait {
    until: Option<Instant>,
    last: Duration,
}

impl Wait {
    fn is_over(&self) -> bool {
        self.until.is_none_or(|until| until <= Instant::now())
    }

    fn longer(&mut self) {
        self.last = (2 * self.last).clamp(EVERY, LONGEST_WAIT);
        self.until = Some(Instant::now() + self.last);
    }
}

/// Why a log was not cosigned.
#[derive(Debug, thiserror::Error)]
enum Setback {
    #[error(transparent)]
    Trouble(#[from] Trouble),
    #[error(
        "it has cosigned {witness} leaves and this log has {own}: this database is older than what was cosigned"
    )]
    Ahead { witness: u64, own: u64 },
    #[error("others show it the same log just now")]
    Contended,
    #[error("here: {}", .0.code.as_str())]
    Here(Refusal),
}

impl From<Refusal> for Setback {
    fn from(refusal: Refusal) -> Self {
        Self::Here(refusal)
    }
}

struct Submitter {
    app: Data<App>,
    name: String,
    asking: Asking,
    witness: Wait,
    logs: HashMap<i64, Wait>,
}

impl Submitter {
    /// Shows the witness every log that has grown.
    async fn round(&mut self) {
        let key = self.asking.witness.key.to_string();
        let progress = self.app.read(move |connection| Ok(store::progress(connection, &key)?)).await;
        // What fails here is logged where it fails, and tried again.
        let Ok(progress) = progress else { return };
        self.show_lag(progress.iter().map(Progress::lag).sum());
        if !self.witness.is_over() {
            return;
        }
        for log in progress.iter().filter(|log| log.lag() > 0) {
            if self.logs.get(&log.programme_no).is_some_and(|wait| !wait.is_over()) {
                continue;
            }
            match self.submit(log).await {
                Ok(()) => {
                    self.witness = Wait::default();
                    self.logs.remove(&log.programme_no);
                }
                Err(setback) => {
                    self.note(log, &setback);
                    match setback {
                        Setback::Trouble(Trouble::Unreachable(_) | Trouble::Slow) => {
                            self.witness.longer();
                            break;
                        }
                        // Not the witness' fault: as soon as it is over.
                        Setback::Here(_) => break,
                        _ => self.logs.entry(log.programme_no).or_default().longer(),
                    }
                }
            }
        }
    }

    fn show_lag(&self, leaves: u64) {
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
        metrics::gauge!(LAG, "witness" => self.name.clone()).set(leaves as f64);
    }

    fn note(&self, log: &Progress, setback: &Setback) {
        metrics::counter!(FAILED, "witness" => self.name.clone()).increment(1);
        let (witness, log) = (&self.name, &log.origin);
        match setback {
            Setback::Ahead { .. } | Setback::Trouble(Trouble::Refused(422) | Trouble::Bad(_)) => {
                tracing::error!(witness, log, %setback, "not cosigned");
            }
            _ => tracing::warn!(witness, log, %setback, "not cosigned"),
        }
    }

    /// Shows the newest checkpoint, from the size that the witness had last as far as we know, then from the size it names.
    async fn submit(&self, log: &Progress) -> Result<(), Setback> {
        let (programme_no, mut old) = (log.programme_no, log.cosigned);
        for _ in 0..2 {
            let request = move |connection: &mut _| Ok(store::request(connection, programme_no, old)?);
            let Some((size, request)) = self.app.read(request).await? else { return Ok(()) };
            let request = request.ok_or(Setback::Ahead { witness: old, own: size })?;
            // What a crash could take back must not be seen by a witness: the log would be a fork of itself for ever.
            self.app.writer.confirm().await?;
            let body = request.checkpoint.split_inclusive('\n').take(3).collect::<String>();
            match self.asking.add(&request, &body).await? {
                Answer::Cosigned(cosignature) => return self.keep(programme_no, size, cosignature).await,
                Answer::Has(size) => old = size,
            }
        }
        Err(Setback::Contended)
    }

    async fn keep(&self, programme_no: i64, size: u64, cosignature: Cosignature) -> Result<(), Setback> {
        let millis = i64::try_from(cosignature.time).unwrap_or(i64::MAX).saturating_mul(1_000);
        let new = NewCosignature {
            programme_no,
            witness: self.asking.witness.key.to_string(),
            tree_size: size.cast_signed(),
            cosigned_at: Timestamp::from_millis(millis),
            line: cosignature.line,
        };
        self.app.writer.execute(KeepCosignature(new)).await?;
        metrics::counter!(COSIGNED, "witness" => self.name.clone()).increment(1);
        Ok(())
    }
}
