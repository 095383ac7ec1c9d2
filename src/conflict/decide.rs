//! Deciding a case. What the device accepted stands, and the voucher ends redeemed into the run of the item; or nothing moves.

use super::model::{self, Decision, Status as CaseStatus};
use super::store::{self, CaseRow};
use crate::course_run::store as runs;
use crate::db::Connection;
use crate::device;
use crate::kernel::*;
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::programme::ProgrammeFacts;
use crate::redemption::late::{self, Mark, Taking};
use crate::redemption::model::RunFacts;
use crate::redemption::move_enrolments::Moving;
use crate::redemption::reverse;
use crate::voucher::store::{Attempt, Voucher, insert_attempts};
use crate::voucher::{Action, Status};
use crate::writer::{Batch, Change, Command, Done, Entry, Failure, Stop};
use serde::{Deserialize, Serialize};

/// Decides a case.
pub struct DecideConflict {
    pub conflict_id: ConflictId,
    pub decision: Decision,
    pub reason: Reason,
    pub actor: Actor,
}

/// A case that was decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DecidedConflict {
    pub conflict_id: ConflictId,
    pub status: CaseStatus,
    /// By which the holder is enrolled in the run of the item; null when nothing moved.
    pub redemption_id: Option<RedemptionId>,
    pub decided_at: Timestamp,
}

/// What has to be done so that the holder is enrolled in the run of the item.
enum Plan {
    /// By this live redemption they are.
    Enrolled(RedemptionId),
    /// Their live redemption goes to another run.
    Move(Box<reverse::Facts>),
    Redeem(Box<Voucher>, Box<Taking>),
}

impl Command for DecideConflict {
    type Reply = DecidedConflict;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<DecidedConflict>, Stop> {
        let connection = batch.connection()?;
        let case = store::find(connection, self.conflict_id, None)?
            .ok_or_else(|| Refusal::not_found("conflict case"))?;
        let device = device::store::by_no(connection, case.device_no)?;
        let item = device::store::item(connection, case.device_no, case.sequence)?;
        let is_undo = item.action == "undo";
        model::decide(case.status, &device.registrar, &self.actor, self.decision, is_undo)?;
        let plan = match self.decision {
            Decision::Dismiss => None,
            Decision::Enrol => Some(plan(batch, &case, item.redemption_id)?),
        };
        let (decision, reason, actor) = (self.decision, self.reason.clone(), self.actor.clone());
        Ok(Box::new(move |batch| {
            let redemption_id = match plan {
                None => None,
                Some(Plan::Enrolled(redemption_id)) => Some(redemption_id),
                Some(Plan::Move(facts)) => Some(go(batch, &case, &facts, &reason, &actor)?),
                Some(Plan::Redeem(voucher, taking)) => {
                    resume(batch, &voucher, &reason, &actor)?;
                    let (now, mark) = (batch.now(), mark(&case));
                    taking.make(batch, item.redemption_id, (&actor, now), mark)?;
                    Some(item.redemption_id)
                }
            };
            let ending = (decision.ends_as(), reason.as_str());
            let entry = end(batch, &case, ending, &actor, (decision, redemption_id), Mark::new())?;
            let reply = DecidedConflict {
                conflict_id: case.conflict_id,
                status: decision.ends_as(),
                redemption_id,
                decided_at: batch.now(),
            };
            Ok(Done::new(reply, entry))
        }))
    }
}

/// What enrols the holder as things stand now.
///
/// # Errors
/// `invalid_transition` for who completed the course; `course_run_closed`, `course_full`; `budget_exceeded`,
/// `duplicate_holder`, `quota_exceeded` for a voucher whose reserve was released; the store's.
fn plan(batch: &mut Batch<'_>, case: &CaseRow, redemption_id: RedemptionId) -> Result<Plan, Stop> {
    let connection = batch.connection()?;
    let programme = ProgrammeFacts::by_no(connection, case.programme_no)?;
    programme.accepts_changes()?;
    let run = late::run(connection, case.programme_no, case.course_run_no)?;
    let voucher = successor(connection, case)?;
    if let (Status::Redeemed, Some(live)) = (voucher.status, voucher.redemption_no) {
        let live = reverse::load_no(connection, case.programme_no, live)?;
        if live.redemption.course_run_no == run.course_run_no {
            return Ok(Plan::Enrolled(live.redemption.redemption_id));
        }
        check_seat(&run)?;
        return Ok(Plan::Move(Box::new(live)));
    }
    if voucher.status == Status::Completed {
        return Err(Refusal::invalid_transition("enrol", Status::Completed.as_str(), &["dismiss"]).into());
    }
    check_seat(&run)?;
    match reverse::load(connection, case.programme_no, redemption_id) {
        Err(Stop::Refused(_)) => {}
        Ok(_) => return Err(Refusal::invalid_transition("enrol", "reversed", &["dismiss"]).into()),
        Err(failure) => return Err(failure),
    }
    let taking = Taking::of(batch, programme, voucher.clone(), run)?;
    Ok(Plan::Redeem(Box::new(voucher), Box::new(taking)))
}

fn check_seat(run: &RunFacts) -> Result<(), Refusal> {
    if !run.is_open {
        return Err(Refusal::new(Code::CourseRunClosed).with("course_run", &run.code));
    }
    if run.enrolled >= run.seats {
        return Err(Refusal::new(Code::CourseFull).with("course_run", &run.code).with("seats", run.seats));
    }
    Ok(())
}

/// The voucher of the case, or the one that took its place: the same holder has it.
fn successor(connection: &mut Connection, case: &CaseRow) -> Result<Voucher, Failure> {
    let mut voucher = late::row(connection, case.programme_no, case.voucher_no)?;
    while let Some(next) = voucher.replaced_by_no {
        voucher = late::row(connection, case.programme_no, next)?;
    }
    Ok(voucher)
}

/// Moves the live redemption to the run of the item.
fn go(
    batch: &mut Batch<'_>,
    case: &CaseRow,
    live: &reverse::Facts,
    reason: &Reason,
    actor: &Actor,
) -> Result<RedemptionId, Failure> {
    let connection = batch.connection()?;
    let mut find = |course_run_no| {
        let id = late::run(connection, case.programme_no, course_run_no)?.course_run_id;
        let found = runs::find(connection, id, None)?;
        found.ok_or_else(|| Failure::Inconsistent("a case's course run is not there".into()))
    };
    let (from, to) = (find(live.redemption.course_run_no)?, find(case.course_run_no)?);
    let line = live.programme.instructor_line().map_err(|_| {
        Failure::Inconsistent("a programme with redemptions has no line for instructors".into())
    })?;
    let moving = Moving { line, from, to, reason: reason.clone(), actor: actor.clone() };
    moving.one(batch, &live.redemption, &live.voucher, live.obligated)?;
    moving.seats(batch.connection()?, 1)?;
    Ok(live.redemption.redemption_id)
}

/// A suspended voucher is not redeemed: it is resumed first.
fn resume(batch: &mut Batch<'_>, voucher: &Voucher, reason: &Reason, actor: &Actor) -> Result<(), Failure> {
    if voucher.status != Status::Suspended {
        return Ok(());
    }
    let now = batch.now();
    let event = Event::new(Kind::VoucherResumed, now, actor.token_no)
        .about("voucher", voucher.voucher_id.bytes())
        .about(facts::REASON, &facts::of_reason(reason.as_str()));
    let entry = batch.record(voucher.programme_no, &event)?;
    let attempt = Attempt::done(voucher, Action::Resume, now, actor, entry.log_index);
    insert_attempts(batch.connection()?, vec![attempt.because(reason.as_str())])
}

/// Ends a case because the device undid what it had accepted: nothing moves.
///
/// # Errors
/// The store's.
pub(crate) fn withdraw(
    batch: &mut Batch<'_>,
    case: &CaseRow,
    actor: &Actor,
    mark: Mark,
) -> Result<Entry, Failure> {
    let ending = (CaseStatus::Dismissed, "отменено на устройстве");
    end(batch, case, ending, actor, (Decision::Dismiss, None), mark)
}

fn end(
    batch: &mut Batch<'_>,
    case: &CaseRow,
    (status, reason): (CaseStatus, &str),
    actor: &Actor,
    (decision, redemption_id): (Decision, Option<RedemptionId>),
    extra: Mark,
) -> Result<Entry, Failure> {
    let now = batch.now();
    let mut event = Event::new(Kind::ConflictDecided, now, actor.token_no)
        .about("decision", decision.as_str().as_bytes())
        .about(facts::REASON, &facts::of_reason(reason));
    event.subjects.extend(mark(case));
    event.subjects.extend(extra);
    if let Some(redemption_id) = redemption_id {
        event = event.about("redemption", redemption_id.bytes());
    }
    let entry = batch.record(case.programme_no, &event)?;
    store::decide(batch.connection()?, case, (status, reason), (actor, now), entry.log_index)?;
    Ok(entry)
}

/// How a leaf names the case.
fn mark(case: &CaseRow) -> Mark {
    vec![("conflict", case.conflict_id.bytes().to_vec())]
}
