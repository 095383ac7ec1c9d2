//! Redeeming a voucher. The client chooses the redemption's id; the same id always gets the same answer.

use super::desk::{Desk, LIVE, Loaded, Redemption};
use super::model::{self, Facts, Presented, Registrar, RunFacts, VoucherFacts};
use crate::kernel::*;
use crate::ledger::model::{Dimensions, Event, Kind};
use crate::ledger::rules;
use crate::programme::ProgrammeFacts;
use crate::voucher::issue::number;
use crate::voucher::model::Action;
use crate::voucher::store::Attempt;
use crate::writer::{Batch, Change, Command, Done, Entry, Failure, Scope, Stop, is_final, stored_refusal};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Redeems the voucher presented into a course run.
pub struct Redeem {
    pub redemption_id: RedemptionId,
    pub presented: Presented,
    pub course_run_id: CourseRunId,
    /// The registrar compared the holder with a document.
    pub identity_checked: bool,
    pub registrar: Registrar,
}

/// A redemption, as every repeat of its request gets it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Redeemed {
    pub redemption_id: RedemptionId,
    pub voucher_id: VoucherId,
    pub number: String,
    pub programme_id: ProgrammeId,
    pub course_run_id: CourseRunId,
    pub course_run: String,
    pub redeemed_at: Timestamp,
    /// What is now obligated for the seat.
    pub face_value: Kopecks,
    /// Redeemed by the typed number instead of a scan.
    pub by_number: bool,
}

impl Command for Redeem {
    type Reply = Redeemed;

    fn scope(&self) -> Scope {
        match &self.presented {
            Presented::Credential { programme_id, .. } => Scope::Programme(*programme_id),
            Presented::Number { programme_code, .. } => Scope::ProgrammeCode(programme_code.clone()),
        }
    }

    fn announce(&self, batch: &mut Batch<'_>) {
        let (desk, _) = batch.workspace::<Desk>();
        desk.want(&self.presented, self.course_run_id, self.redemption_id);
    }

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Redeemed>, Stop> {
        let now = batch.now();
        let (desk, connection) = batch.workspace::<Desk>();
        let loaded = desk.facts(connection)?;
        let facts = loaded.facts(&self.presented, self.course_run_id, &self.registrar)?;
        let Facts { programme, voucher, run, .. } = facts;
        if let Some(answer) = self.replay(loaded, programme, voucher, run)? {
            return Ok(answer);
        }
        model::decide(&facts, &self.presented, &self.registrar, self.identity_checked, now)?;
        let made = self.row(programme, voucher, run, now);
        let reply = reply(&made, programme, voucher, run);
        let about = Dimensions {
            agency_no: Some(voucher.agency_no),
            voucher_no: Some(voucher.voucher_no),
            course_run_no: Some(run.course_run_no),
            ..Dimensions::default()
        };
        let (line, face_value) = (programme.instructor_line()?, voucher.face_value);
        let event = Event::new(Kind::Redeemed, now, self.registrar.actor.token_no)
            .about("voucher", voucher.voucher_id.bytes())
            .about("redemption", self.redemption_id.bytes())
            .about("course_run", self.course_run_id.bytes());
        Ok(Box::new(move |batch| {
            let redemption_no = batch.next_index(made.programme_no)?;
            let about = Dimensions { redemption_no: Some(redemption_no), ..about };
            let event = event.moving(rules::redeem(line, face_value, about));
            let entry = batch.record(made.programme_no, &event)?;
            batch.workspace::<Desk>().0.add(Redemption { redemption_no, ..made });
            Ok(Done::new(reply, entry))
        }))
    }

    fn refused(&self, refusal: &Refusal, batch: &mut Batch<'_>) -> Result<(), Failure> {
        let now = batch.now();
        let (desk, connection) = batch.workspace::<Desk>();
        let loaded = match desk.facts(connection) {
            Ok(loaded) => loaded,
            Err(Stop::Refused(_)) => return Ok(()),
            Err(Stop::Failed(failure)) => return Err(failure),
        };
        let Ok(programme) = loaded.programme(&self.presented) else { return Ok(()) };
        let Ok(voucher) = loaded.voucher(programme.programme_no, &self.presented) else { return Ok(()) };
        let of = (programme.programme_no, voucher.voucher_no);
        let is_repeat = loaded.kept_refusal(programme.programme_no, self.redemption_id).is_some();
        let mut attempt = Attempt::refused(of, Action::Redeem, now, &self.registrar.actor, refusal);
        attempt.redemption_id = Some(self.redemption_id);
        attempt.is_final = is_final(refusal.code) && !is_repeat;
        attempt.request_digest = attempt.is_final.then(|| self.digest());
        desk.refuse(attempt);
        Ok(())
    }
}

impl Redeem {
    /// What must be the same when the id comes again.
    fn digest(&self) -> Vec<u8> {
        let mut hasher = Sha256::new();
        match &self.presented {
            Presented::Credential { programme_id, voucher_id, .. } => {
                hasher.update(programme_id.bytes());
                hasher.update(voucher_id.bytes());
            }
            Presented::Number { programme_code, voucher_no } => {
                hasher.update(programme_code);
                hasher.update(voucher_no.to_be_bytes());
            }
        }
        hasher.update(self.course_run_id.bytes());
        hasher.finalize().to_vec()
    }

    /// The answer this id got before, if it did.
    fn replay(
        &self,
        loaded: &Loaded,
        programme: &ProgrammeFacts,
        voucher: &VoucherFacts,
        run: &RunFacts,
    ) -> Result<Option<Change<Redeemed>>, Stop> {
        let reused = || Refusal::new(Code::IdempotencyKeyReused).at("redemption_id");
        if let Some(made) = loaded.made(programme.programme_no, self.redemption_id) {
            if (made.voucher_no, made.course_run_no) != (voucher.voucher_no, run.course_run_no) {
                return Err(reused().into());
            }
            let entry = Entry { programme_no: made.programme_no, log_index: made.redemption_no };
            let reply = reply(made, programme, voucher, run);
            return Ok(Some(Box::new(move |_| Ok(Done { reply, entry: Some(entry), replayed: true }))));
        }
        match loaded.kept_refusal(programme.programme_no, self.redemption_id) {
            Some(kept) if kept.digest == self.digest() => Err(stored_refusal(&kept.outcome)?.into()),
            Some(_) => Err(reused().into()),
            None => Ok(None),
        }
    }

    fn row(
        &self,
        programme: &ProgrammeFacts,
        voucher: &VoucherFacts,
        run: &RunFacts,
        now: Timestamp,
    ) -> Redemption {
        Redemption {
            programme_no: programme.programme_no,
            redemption_no: 0,
            redemption_id: self.redemption_id,
            voucher_no: voucher.voucher_no,
            course_run_no: run.course_run_no,
            status: LIVE,
            redeemed_at: now,
            redeemed_by: self.registrar.actor.token_no,
            by_number: matches!(self.presented, Presented::Number { .. }),
            reversed_log_index: None,
        }
    }
}

pub(super) fn reply(
    made: &Redemption,
    programme: &ProgrammeFacts,
    voucher: &VoucherFacts,
    run: &RunFacts,
) -> Redeemed {
    Redeemed {
        redemption_id: made.redemption_id,
        voucher_id: voucher.voucher_id,
        number: number(programme, voucher.voucher_no),
        programme_id: programme.programme_id,
        course_run_id: run.course_run_id,
        course_run: run.code.clone(),
        redeemed_at: made.redeemed_at,
        face_value: voucher.face_value,
        by_number: made.by_number,
    }
}
