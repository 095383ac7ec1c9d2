//! Asks one witness. It may be slow, gone, or lie: whatever it answers is bounded, and nothing it signs is believed before
//! it is verified.

use super::WitnessAddress;
use crate::http::outgoing;
use crate::proof::{AddCheckpoint, Cosignature, ProofError};
use awc::Client;
use awc::http::header::CONTENT_TYPE;
use std::time::Duration;

/// For a whole request and its answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// An answer is a few lines.
const MOST_BYTES: usize = 16 * 1024;

/// What a witness answered.
pub(super) enum Answer {
    Cosigned(Cosignature),
    /// It has cosigned another size last than we believed.
    Has(u64),
}

/// Why there is no cosignature.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("it does not answer: {0}")]
    Unreachable(String),
    #[error("it does not answer in time")]
    Slow,
    #[error("it refuses with status {0}")]
    Refused(u16),
    #[error("its answer cannot be read")]
    Unreadable,
    #[error("what it signed is no cosignature of ours: {0}")]
    Bad(#[from] ProofError),
}

pub(super) struct Asking {
    client: Client,
    pub(super) witness: WitnessAddress,
}

impl Asking {
    pub(super) fn new(witness: WitnessAddress) -> Self {
        Self { client: outgoing::client(&witness.url, PATIENCE), witness }
    }

    /// Sends a checkpoint; its text is `body` and its proof starts from what the witness is believed to have.
    ///
    /// # Errors
    /// [`Trouble`].
    pub(super) async fn add(&self, request: &AddCheckpoint, body: &str) -> Result<Answer, Trouble> {
        let answer = tokio::time::timeout(PATIENCE, self.send(request)).await;
        let (status, text) = answer.map_err(|_| Trouble::Slow)??;
        match status {
            200 => Ok(Answer::Cosigned(self.witness.key.open_lines(body, &text)?)),
            409 => {
                let size = text.strip_suffix('\n').unwrap_or(&text).parse();
                size.map(Answer::Has).map_err(|_| Trouble::Unreadable)
            }
            other => Err(Trouble::Refused(other)),
        }
    }

    async fn send(&self, request: &AddCheckpoint) -> Result<(u16, String), Trouble> {
        let post = self.client.post(format!("{}/add-checkpoint", self.witness.url));
        let post = post.insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"));
        let sent = post.send_body(request.to_string()).await;
        let mut response = sent.map_err(|error| Trouble::Unreachable(error.to_string()))?;
        let bytes = response.body().limit(MOST_BYTES).await.map_err(|_| Trouble::Unreadable)?;
        let text = String::from_utf8(bytes.to_vec()).map_err(|_| Trouble::Unreadable)?;
        Ok((response.status().as_u16(), text))
    }
}
