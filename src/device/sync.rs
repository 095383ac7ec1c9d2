//! Following what a device did offline: each item once, each into exactly one leaf.

use super::item::{Deed, Item, Place, place};
use super::store::{self, DeviceRow, ItemRow};
use crate::conflict;
use crate::conflict::model::Status as CaseStatus;
use crate::conflict::open::NewCase;
use crate::db::Connection;
use crate::kernel::*;
use crate::ledger::model::{Event, Kind};
use crate::programme::ProgrammeFacts;
use crate::redemption::late::{self, Mark, Scan, Table, Taking};
use crate::redemption::model::{Presented, Registrar, RunFacts};
use crate::redemption::redeem::Redeemed;
use crate::redemption::reverse::{self, Rest, Reversal, VoucherOutcome, check_late_undo};
use crate::voucher::Action;
use crate::voucher::store::Voucher;
use crate::writer::{Batch, Change, Command, Done, Entry, Failure, SERVICE, Stop, stored_refusal};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Why a slip was undone, when the device did not say.
const UNDONE: &str = "отменено на устройстве";

/// Follows one item.
pub struct FollowItem {
    pub device_no: i64,
    pub item: Item,
    /// What was scanned, its signature verified; or why it is no voucher. None for an undo.
    pub presented: Option<Result<Presented, Refusal>>,
    /// Of the case, if there will be one.
    pub conflict_id: ConflictId,
}

/// What became of an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemOutcome {
    /// It was followed.
    Final,
    /// A person decides.
    Conflict,
    /// There is nothing to be done about it.
    Rejected,
}

impl ItemOutcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            ItemOutcome::Final => "final",
            ItemOutcome::Conflict => "conflict",
            ItemOutcome::Rejected => "rejected",
        }
    }
}

/// What an item is answered, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    pub outcome: ItemOutcome,
    /// Code, field and facts.
    refusal: Option<Value>,
    pub redemption: Option<Redeemed>,
    pub conflict_id: Option<ConflictId>,
}

impl Answer {
    fn followed(redemption: Option<Redeemed>) -> Self {
        Self { outcome: ItemOutcome::Final, refusal: None, redemption, conflict_id: None }
    }

    fn refused(outcome: ItemOutcome, why: &Refusal, conflict_id: Option<ConflictId>) -> Self {
        let refusal = json!({ "code": why.code, "field": why.field, "facts": why.facts });
        Self { outcome, refusal: Some(refusal), redemption: None, conflict_id }
    }

    /// Why it was not followed.
    ///
    /// # Errors
    /// [`Failure::Inconsistent`] for what was not written by this program.
    pub fn refusal(&self) -> Result<Option<Refusal>, Failure> {
        self.refusal.as_ref().map(|refusal| stored_refusal(&refusal.to_string())).transpose()
    }
}

/// An answer on its way.
pub struct Followed {
    pub answer: Answer,
    /// The item was received before, and answered so.
    pub was_received: bool,
}

/// What is to be done about an item.
enum Plan {
    /// It happened already, by this leaf.
    Known(Entry, Option<Redeemed>),
    Take(Box<Taking>),
    Reverse(Box<reverse::Facts>, Reversal),
    /// The case that its redemption waits in ends: it was undone.
    Withdraw(Box<conflict::store::CaseRow>),
    Conflict(Box<(Voucher, (i64, CourseRunId), Refusal)>),
    /// In the log of this number.
    Reject(i64, Refusal),
}

impl Command for FollowItem {
    type Reply = Followed;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Followed>, Stop> {
        let connection = batch.connection()?;
        let device = store::by_no(connection, self.device_no)?;
        if place(&self.item, device.next_sequence, device.newest_item_sha256.as_deref())? == Place::Before {
            return self.replay(connection);
        }
        let plan = match (&self.item.deed, &self.presented) {
            (Deed::Redeem { course_run_id, identity_checked, .. }, Some(presented)) => {
                self.redeem(batch, &device, presented, (*course_run_id, *identity_checked))?
            }
            (Deed::Undo { reason }, _) => self.undo(batch, &device, reason.as_ref())?,
            (Deed::Redeem { .. }, None) => {
                return Err(Failure::Inconsistent("nothing was presented".into()).into());
            }
        };
        let (item, conflict_id) = (self.kept(&device, batch.now()), self.conflict_id);
        let (sequence, redemption_id) = (self.item.sequence, self.item.redemption_id);
        let (action, mark) = (self.action(), self.mark(&device));
        let (text, signature) = (self.item.text.clone(), self.item.signature);
        let at = self.item.clock.scanned_at.min(batch.now());
        Ok(Box::new(move |batch| {
            let by = registrar(&device).actor;
            // A leaf of an earlier batch has its receipt already.
            let has_receipt = matches!(plan, Plan::Known(..));
            let (answer, entry) = match plan {
                Plan::Known(entry, redemption) => (Answer::followed(redemption), entry),
                Plan::Take(taking) => made(taking.make(batch, redemption_id, (&by, at), mark)?, Some)?,
                Plan::Reverse(facts, reversal) => {
                    made(reverse::apply(batch, &facts, &reversal, &by, mark)?, |_| None)?
                }
                Plan::Withdraw(case) => {
                    let entry = conflict::decide::withdraw(batch, &case, &by, mark)?;
                    (Answer::followed(None), entry)
                }
                Plan::Conflict(about) => {
                    let (voucher, course_run, refusal) = *about;
                    let case = NewCase {
                        conflict_id,
                        device_no: device.device_no,
                        sequence,
                        redemption_id,
                        action,
                        voucher: &voucher,
                        course_run,
                        refusal: &refusal,
                        registrar: &by,
                        mark,
                    };
                    let entry = conflict::open::open(batch, case)?;
                    (Answer::refused(ItemOutcome::Conflict, &refusal, Some(conflict_id)), entry)
                }
                Plan::Reject(programme_no, refusal) => {
                    let mut event = Event::new(Kind::OfflineItemRejected, batch.now(), by.token_no)
                        .about("redemption", redemption_id.bytes())
                        .about("code", refusal.code.as_str().as_bytes());
                    event.subjects.extend(mark);
                    let entry = batch.record(programme_no, &event)?;
                    (Answer::refused(ItemOutcome::Rejected, &refusal, None), entry)
                }
            };
            let item = ItemRow { programme_no: entry.programme_no, log_index: entry.log_index, ..item };
            store::keep_item(batch.connection()?, &item.answered(&answer)?, &text, &signature)?;
            let reply = Followed { answer, was_received: false };
            Ok(Done { reply, entry: Some(entry), replayed: has_receipt })
        }))
    }
}

fn made<T>(done: Done<T>, reply: impl FnOnce(T) -> Option<Redeemed>) -> Result<(Answer, Entry), Failure> {
    let entry = done.entry.ok_or_else(|| Failure::Inconsistent("an item left no leaf".into()))?;
    Ok((Answer::followed(reply(done.reply)), entry))
}

fn registrar(device: &DeviceRow) -> Registrar {
    let actor = Actor { token_no: device.token_no, subject: device.registrar.clone() };
    Registrar { actor, university_no: device.university_no }
}

/// What nothing can be done about, whoever decides: it is no voucher of ours, not here, or was not good when it was scanned.
const fn is_hopeless(code: Code) -> bool {
    matches!(
        code,
        Code::MalformedCredential
            | Code::BadSignature
            | Code::UnknownKey
            | Code::KeyNotValidAtIssue
            | Code::WrongIssuer
            | Code::WrongUniversity
            | Code::WrongProgramme
            | Code::NotYetValid
            | Code::Expired
            | Code::UnknownVoucher
            | Code::NotFound
            | Code::IdentityNotChecked
            | Code::IdempotencyKeyReused
    )
}

impl FollowItem {
    /// The answer that the item got before.
    fn replay(&self, connection: &mut Connection) -> Result<Change<Followed>, Stop> {
        let before = store::item(connection, self.device_no, self.item.sequence)?;
        if before.item_sha256 != self.item.sha256 {
            return Err(Refusal::new(Code::IdempotencyKeyReused).at("sequence").into());
        }
        let entry = Entry { programme_no: before.programme_no, log_index: before.log_index };
        let reply = Followed { answer: before.answer()?, was_received: true };
        Ok(Box::new(move |_| Ok(Done { reply, entry: Some(entry), replayed: true })))
    }

    fn redeem(
        &self,
        batch: &mut Batch<'_>,
        device: &DeviceRow,
        presented: &Result<Presented, Refusal>,
        (course_run_id, identity_checked): (CourseRunId, bool),
    ) -> Result<Plan, Stop> {
        let presented = match presented {
            Ok(presented) => presented,
            Err(refusal) => {
                return Ok(Plan::Reject(home(batch.connection()?, None, course_run_id)?, refusal.clone()));
            }
        };
        let now = batch.now();
        let registrar = registrar(device);
        let scan = Scan {
            redemption_id: self.item.redemption_id,
            presented,
            course_run_id,
            identity_checked,
            registrar: &registrar,
            scanned_at: self.item.clock.scanned_at.min(now),
        };
        let connection = batch.connection()?;
        let table = match Table::read(connection, &scan) {
            Ok(table) => table,
            Err(Stop::Refused(refusal)) => {
                return Ok(Plan::Reject(home(connection, Some(presented), course_run_id)?, refusal));
            }
            Err(failure) => return Err(failure),
        };
        let programme_no = table.programme.programme_no;
        match table.made() {
            Ok(Some((entry, redemption))) => return Ok(Plan::Known(entry, Some(redemption))),
            Ok(None) => {}
            Err(refusal) => return Ok(Plan::Reject(programme_no, refusal)),
        }
        let waits = store::items_of(connection, device.device_no, self.item.redemption_id)?;
        if !waits.is_empty() {
            let reused = Refusal::new(Code::IdempotencyKeyReused).at("redemption_id");
            return Ok(Plan::Reject(programme_no, reused));
        }
        let voucher = table.voucher_row(connection)?;
        let run = (table.run.course_run_no, table.run.course_run_id);
        let decided = match self.trust(connection, device, now)? {
            Ok(()) => table.decide(batch, &scan),
            Err(refusal) => Err(refusal.into()),
        };
        match decided {
            Ok(taking) => Ok(Plan::Take(Box::new(taking))),
            Err(Stop::Refused(refusal)) if is_hopeless(refusal.code) => {
                Ok(Plan::Reject(programme_no, refusal))
            }
            Err(Stop::Refused(refusal)) => Ok(Plan::Conflict(Box::new((voucher, run, refusal)))),
            Err(failure) => Err(failure),
        }
    }

    /// Undoes what this device did: a redemption, or one that waits in a case.
    fn undo(&self, batch: &mut Batch<'_>, device: &DeviceRow, reason: Option<&Reason>) -> Result<Plan, Stop> {
        let now = batch.now();
        let connection = batch.connection()?;
        let before = store::items_of(connection, device.device_no, self.item.redemption_id)?;
        let nothing = || Refusal::not_found("redemption").at("redemption_id");
        let Some(undone) = before.iter().find(|item| item.action == "redeem") else {
            return Ok(Plan::Reject(SERVICE, nothing()));
        };
        let programme_no = undone.programme_no;
        let answer = undone.answer()?;
        let trusted = self.trust(connection, device, now)?;
        if let Some(conflict_id) = answer.conflict_id {
            let case = conflict::store::find(connection, conflict_id, None)?
                .ok_or_else(|| Failure::Inconsistent("an item's case is not there".into()))?;
            match (case.status, &trusted) {
                (CaseStatus::Open, Ok(())) => return Ok(Plan::Withdraw(Box::new(case))),
                // The case waits for a person as it is.
                (CaseStatus::Open, Err(refusal)) => return Ok(Plan::Reject(programme_no, refusal.clone())),
                (CaseStatus::Dismissed, _) => return Ok(Plan::Reject(programme_no, nothing())),
                (CaseStatus::Enrolled, _) => {}
            }
        } else if answer.outcome != ItemOutcome::Final {
            return Ok(Plan::Reject(programme_no, nothing()));
        }
        let facts = match reverse::load(connection, programme_no, self.item.redemption_id) {
            Ok(facts) => facts,
            Err(Stop::Refused(refusal)) => return Ok(Plan::Reject(programme_no, refusal)),
            Err(failure) => return Err(failure),
        };
        if let Some(entry) = facts.reversed() {
            return Ok(Plan::Known(entry, None));
        }
        let undone_at = self.item.clock.scanned_at;
        match trusted.and_then(|()| check_late_undo(&facts, undone_at)) {
            Ok(()) => {
                let reversal = Reversal {
                    redemption_id: self.item.redemption_id,
                    voucher: VoucherOutcome::Issued,
                    rest: Rest::Released,
                    reason: reason.map_or(UNDONE, Reason::as_str).to_owned(),
                };
                Ok(Plan::Reverse(Box::new(facts), reversal))
            }
            Err(refusal) => {
                let run = late::run(connection, programme_no, facts.redemption.course_run_no)?;
                let RunFacts { course_run_no, course_run_id, .. } = run;
                Ok(Plan::Conflict(Box::new((facts.voucher, (course_run_no, course_run_id), refusal))))
            }
        }
    }

    /// Whether the device, its registrar and its clock may be believed.
    fn trust(
        &self,
        connection: &mut Connection,
        device: &DeviceRow,
        now: Timestamp,
    ) -> Result<Result<(), Refusal>, Failure> {
        if let Some(revoked_at) = device.revoked_at {
            return Ok(Err(Refusal::new(Code::DeviceRevoked).with("revoked_at", revoked_at)));
        }
        if store::standing_registrar(connection, device.token_no, now)?.is_none() {
            return Ok(Err(Refusal::new(Code::DeviceRevoked).with("registrar", &device.registrar)));
        }
        Ok(self.item.clock.believe(device.paired_at, now))
    }

    const fn action(&self) -> Action {
        match self.item.deed {
            Deed::Redeem { .. } => Action::Redeem,
            Deed::Undo { .. } => Action::Reverse,
        }
    }

    /// How a leaf names the item.
    fn mark(&self, device: &DeviceRow) -> Mark {
        vec![("device", device.device_id.bytes().to_vec()), ("item_sha256", self.item.sha256.to_vec())]
    }

    fn kept(&self, device: &DeviceRow, now: Timestamp) -> ItemRow {
        ItemRow {
            device_no: device.device_no,
            sequence: self.item.sequence,
            item_sha256: self.item.sha256.to_vec(),
            action: self.item.deed.action().to_owned(),
            redemption_id: self.item.redemption_id,
            scanned_at: self.item.clock.scanned_at,
            received_at: now,
            answer: String::new(),
            programme_no: SERVICE,
            log_index: 0,
        }
    }
}

/// In which log a rejected item is recorded: that of the programme it names, if it does.
fn home(
    connection: &mut Connection,
    presented: Option<&Presented>,
    course_run_id: CourseRunId,
) -> Result<i64, Failure> {
    if let Some(Presented::Credential { programme_id, .. }) = presented
        && let Some(programme) = ProgrammeFacts::find(connection, *programme_id)?
    {
        return Ok(programme.programme_no);
    }
    let run = crate::course_run::store::find(connection, course_run_id, None)?;
    Ok(run.map_or(SERVICE, |run| run.programme_no))
}
