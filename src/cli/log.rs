//! `vouchers log`: checkpoints and proofs of a programme's log.

use super::{Failure, House, find, output};
use crate::cosigning::store;
use crate::credential::{KeyRecord, KeyState, Purpose, key_files};
use crate::kernel::Refusal;
use crate::oversight::proofs;
use crate::proof::VerifierKey;

#[derive(clap::Subcommand)]
pub(super) enum Log {
    /// Prints the verifier keys of all logs, one a line: what a witness is to trust
    Vkeys,
    /// Prints a signed checkpoint, to be kept where the operator cannot reach it
    Checkpoint {
        /// The programme's code
        #[arg(long, value_name = "CODE")]
        programme: String,
        /// The one that covered so many leaves [default: the newest]
        #[arg(long, value_name = "SIZE")]
        size: Option<u64>,
    },
    /// Prints the proof that the log of `--to` leaves continues the one of `--from`, as the API answers it
    Consistency {
        /// The programme's code
        #[arg(long, value_name = "CODE")]
        programme: String,
        #[arg(long, value_name = "SIZE")]
        from: u64,
        /// [default: all leaves]
        #[arg(long, value_name = "SIZE")]
        to: Option<u64>,
    },
}

impl Log {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        match self {
            Self::Vkeys => {
                let origins = house.read(|connection| Ok(store::origins(connection)?))?;
                // Not from the database, as everything that says whom to believe.
                let keyring = key_files::read_jwks(&house.config.keys)?;
                let log =
                    |key: &&KeyRecord| key.purpose == Purpose::Log && key.state != KeyState::Compromised;
                let keys: Vec<_> = keyring.records().into_iter().filter(log).collect();
                for (origin, key) in
                    origins.iter().flat_map(|origin| keys.iter().map(move |key| (origin, key)))
                {
                    if let Ok(key) = VerifierKey::new(origin, &key.public) {
                        output::line(key)?;
                    }
                }
                Ok(())
            }
            Self::Checkpoint { programme, size } => {
                let note = house.read(|connection| {
                    let programme_no = find::programme(connection, &programme)?.programme_no;
                    let note = match size {
                        Some(size) => proofs::checkpoint(connection, programme_no, size)?,
                        None => store::newest_checkpoint(connection, programme_no)?,
                    };
                    Ok(note.ok_or_else(|| Refusal::not_found("checkpoint"))?)
                })?;
                output::text(note)
            }
            Self::Consistency { programme, from, to } => {
                let proof = house.read(|connection| {
                    let programme_no = find::programme(connection, &programme)?.programme_no;
                    proofs::consistency(connection, programme_no, from, to)
                })?;
                output::json(&proof)
            }
        }
    }
}
