//! `vouchers log`: checkpoints and proofs of a programme's log.

use super::{Failure, House, find, output};
use crate::kernel::Refusal;
use crate::oversight::{ledger, proofs};

#[derive(clap::Subcommand)]
pub(super) enum Log {
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
            Self::Checkpoint { programme, size } => {
                let note = house.read(|connection| {
                    let programme_no = find::programme(connection, &programme)?.programme_no;
                    let note = match size {
                        Some(size) => proofs::checkpoint(connection, programme_no, size)?,
                        None => ledger::newest_checkpoint(connection, programme_no)?,
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
