//! Suspending, resuming and voiding a voucher. Each needs a reason and is kept in its history.

use super::model::{Action, Status};
use super::store::{self, Attempt, Voucher};
use crate::kernel::*;
use crate::ledger::model::{Event, Kind, Postings};
use crate::ledger::rules;
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Failure, Stop};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The moves this command makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Move {
    Suspend,
    Resume,
    Void,
}

impl Move {
    const fn action(self) -> Action {
        match self {
            Move::Suspend => Action::Suspend,
            Move::Resume => Action::Resume,
            Move::Void => Action::Void,
        }
    }

    const fn result(self) -> (Status, Kind) {
        match self {
            Move::Suspend => (Status::Suspended, Kind::VoucherSuspended),
            Move::Resume => (Status::Issued, Kind::VoucherResumed),
            Move::Void => (Status::Voided, Kind::VoucherVoided),
        }
    }
}

/// Moves a voucher.
pub struct MoveVoucher {
    pub voucher_id: VoucherId,
    /// Only among the vouchers of this agency.
    pub agency_no: Option<i64>,
    pub to: Move,
    pub reason: String,
    pub actor: Actor,
}

/// A voucher after a move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Moved {
    pub voucher_id: VoucherId,
    pub number: String,
    /// The status it has now.
    pub status: String,
}

impl Command for MoveVoucher {
    type Reply = Moved;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Moved>, Stop> {
        let (voucher, programme) = load(batch, self.voucher_id, self.agency_no)?;
        voucher.status.check(self.to.action())?;
        let (status, kind) = self.to.result();
        let postings = match self.to {
            Move::Void => {
                rules::release_reserve(programme.instructor_line()?, voucher.face_value, voucher.dimensions())
            }
            Move::Suspend | Move::Resume => Postings::none(),
        };
        let event = Event::new(kind, batch.now(), self.actor.token_no)
            .about("voucher", voucher.voucher_id.bytes())
            .about("reason_sha256", &Sha256::digest(&self.reason))
            .moving(postings);
        let (to, reason, actor) = (self.to, self.reason.clone(), self.actor.clone());
        Ok(Box::new(move |batch| {
            let entry = batch.record(voucher.programme_no, &event)?;
            let now = batch.now();
            let connection = batch.connection()?;
            store::set_status(connection, &voucher, status)?;
            if to == Move::Void {
                store::release_claim(connection, &voucher)?;
            }
            let attempt = Attempt::done(&voucher, to.action(), now, &actor, entry.log_index);
            store::insert_attempts(connection, vec![attempt.because(&reason)])?;
            Ok(Done::new(moved(&voucher, &programme, status), entry))
        }))
    }

    fn refused(&self, refusal: &Refusal, batch: &mut Batch<'_>) -> Result<(), Failure> {
        keep_refusal(batch, self.voucher_id, self.agency_no, self.to.action(), &self.actor, refusal)
    }
}

/// A voucher of this agency (of any, if `None`) and its programme.
pub(super) fn load(
    batch: &mut Batch<'_>,
    voucher_id: VoucherId,
    agency_no: Option<i64>,
) -> Result<(Voucher, ProgrammeFacts), Stop> {
    let connection = batch.connection()?;
    let voucher = store::find(connection, voucher_id, agency_no)?;
    let programme = ProgrammeFacts::by_no(connection, voucher.programme_no)?;
    Ok((voucher, programme))
}

pub(super) fn moved(voucher: &Voucher, programme: &ProgrammeFacts, status: Status) -> Moved {
    Moved {
        voucher_id: voucher.voucher_id,
        number: super::issue::number(programme, voucher.voucher_no),
        status: status.as_str().into(),
    }
}

/// Keeps a refused move in the voucher's history, if there is such a voucher.
pub(super) fn keep_refusal(
    batch: &mut Batch<'_>,
    voucher_id: VoucherId,
    agency_no: Option<i64>,
    action: Action,
    actor: &Actor,
    refusal: &Refusal,
) -> Result<(), Failure> {
    let now = batch.now();
    let connection = batch.connection()?;
    match store::find(connection, voucher_id, agency_no) {
        Ok(voucher) => {
            let of = (voucher.programme_no, voucher.voucher_no);
            store::insert_attempts(connection, vec![Attempt::refused(of, action, now, actor, refusal)])
        }
        Err(Stop::Refused(_)) => Ok(()),
        Err(Stop::Failed(failure)) => Err(failure),
    }
}
