//! Reversing a redemption. The registrar who redeemed may undo within ten minutes while nothing is
//! accrued; after that it takes a second person (a proposal, confirmed).
//!
//! Hours already accrued stay as sunk cost: only the rest is released, or goes to the others of the run, and the voucher is
//! voided. Nothing is ever un-taught.

use super::desk::{LIVE, REVERSED, Redemption};
use super::late::Mark;
use crate::db::Connection;
use crate::db::schema::{course_run, posting, redemption, voucher};
use crate::kernel::*;
use crate::ledger::model::{Account, Dimensions, Event, Kind};
use crate::ledger::{rules, shares, spread};
use crate::programme::ProgrammeFacts;
use crate::proposal::Propose;
use crate::proposal::act::{Acting, Hands};
use crate::proposal::propose::Proposal;
use crate::voucher::model::{Action, Status};
use crate::voucher::retrained;
use crate::voucher::store::{self, Attempt, Voucher, expect_one};
use crate::writer::{Batch, Change, Command, Done, Entry, Failure, Stop};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How long a slip can be undone by the one who made it, in seconds.
const UNDO_SECONDS: i64 = 600;

/// What becomes of the voucher.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VoucherOutcome {
    /// It can be redeemed again.
    Issued,
    /// It ends.
    Voided,
}

/// What becomes of what a reversed redemption still has obligated when its voucher is voided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// It is available again.
    #[default]
    Released,
    /// It stays obligated, in equal parts for the others of the course run.
    CourseRun,
}

/// What is reversed, to what end and why.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reversal {
    pub redemption_id: RedemptionId,
    pub voucher: VoucherOutcome,
    #[serde(default)]
    pub rest: Rest,
    pub reason: String,
}

/// Undoes a slip: the same registrar, at once, while nothing is accrued. Otherwise it is refused with
/// `self_approval`, since it takes a second person.
pub struct Undo {
    pub reversal: Reversal,
    pub programme_no: i64,
    pub university_no: i64,
    pub actor: Actor,
}

/// A reversed redemption.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reversed {
    pub redemption_id: RedemptionId,
    pub voucher_id: VoucherId,
    /// `issued` or `voided`.
    pub voucher_status: String,
    /// What was still obligated and is released.
    pub released: Kopecks,
    /// What was still obligated and is so for the others of the run now.
    #[serde(default)]
    pub moved: Kopecks,
    /// Accrued or paid before the reversal: hours taught are not un-taught.
    pub sunk: Kopecks,
}

/// A redemption with what its reversal looks at.
pub struct Facts {
    pub programme: ProgrammeFacts,
    pub redemption: Redemption,
    pub voucher: Voucher,
    pub redeemed_by: Option<String>,
    pub obligated: Kopecks,
    pub sunk: Kopecks,
    /// The other live redemptions of its run.
    pub others: Vec<(RedemptionId, Dimensions)>,
}

impl Facts {
    /// Whether it was reversed already, and by which leaf.
    pub fn reversed(&self) -> Option<Entry> {
        let log_index = self.redemption.reversed_log_index?;
        Some(Entry { programme_no: self.redemption.programme_no, log_index })
    }
}

/// Whether a slip that was made and undone at a device may be undone by it alone: within ten minutes by its clock, while nothing
/// is accrued. Pure.
///
/// # Errors
/// Those of [`check`]; `self_approval` when it takes a second person.
pub fn check_late_undo(facts: &Facts, undone_at: Timestamp) -> Result<(), Refusal> {
    check(facts, VoucherOutcome::Issued, Rest::Released)?;
    let made_at = facts.redemption.redeemed_at;
    if !(made_at..made_at.plus_seconds(UNDO_SECONDS)).contains(&undone_at) || facts.sunk.is_positive() {
        return Err(Code::SelfApproval.into());
    }
    Ok(())
}

/// Reads what a reversal looks at.
///
/// # Errors
/// `not_found`; the store's.
pub(crate) fn load(
    connection: &mut Connection,
    programme_no: i64,
    redemption_id: RedemptionId,
) -> Result<Facts, Stop> {
    let redemption = redemption::table
        .filter(redemption::programme_no.eq(programme_no))
        .filter(redemption::redemption_id.eq(redemption_id))
        .select(Redemption::as_select())
        .get_result(connection)
        .optional()?
        .ok_or_else(|| Refusal::not_found("redemption"))?;
    load_of(connection, redemption)
}

/// [`load`] by the redemption's number.
///
/// # Errors
/// The store's.
pub(crate) fn load_no(
    connection: &mut Connection,
    programme_no: i64,
    redemption_no: i64,
) -> Result<Facts, Stop> {
    let redemption = redemption::table
        .find((programme_no, redemption_no))
        .select(Redemption::as_select())
        .get_result(connection)?;
    load_of(connection, redemption)
}

fn load_of(connection: &mut Connection, redemption: Redemption) -> Result<Facts, Stop> {
    use crate::db::schema::token;
    let Redemption { programme_no, redemption_id, .. } = redemption;
    let programme = ProgrammeFacts::by_no(connection, redemption.programme_no)?;
    let voucher = voucher::table
        .find((redemption.programme_no, redemption.voucher_no))
        .select(Voucher::as_select())
        .get_result(connection)?;
    let mut others = shares::live_of_run(connection, programme_no, redemption.course_run_no)?;
    others.retain(|(id, _)| *id != redemption_id);
    let redeemed_by = token::table.find(redemption.redeemed_by).select(token::subject).get_result(connection);
    let lines = posting::table
        .filter(posting::programme_no.eq(redemption.programme_no))
        .filter(posting::redemption_no.eq(redemption.redemption_no))
        .select((posting::account, posting::amount_kopecks))
        .load::<(i16, i64)>(connection)?;
    let sum = |account: Account| {
        let of_account = lines.iter().filter(|(number, _)| *number == account.number());
        Kopecks::new(of_account.map(|(_, amount)| amount).sum())
    };
    Ok(Facts {
        obligated: sum(Account::Obligated),
        sunk: Kopecks::new(sum(Account::Accrued).get() + sum(Account::Paid).get()),
        redeemed_by: redeemed_by.optional()?,
        others,
        programme,
        redemption,
        voucher,
    })
}

/// Whether a redemption may be reversed at all. Pure.
///
/// # Errors
/// `invalid_transition` when it is reversed already, or to `issued` once hours are accrued, the run is closed or
/// the course completed; when the rest should go to others and there are none. `invalid_field` when it should, and the
/// voucher lives again.
pub fn check(facts: &Facts, outcome: VoucherOutcome, rest: Rest) -> Result<(), Refusal> {
    if facts.redemption.status != LIVE {
        return Err(Refusal::invalid_transition("reverse", "reversed", &[]));
    }
    facts.voucher.status.check(Action::Reverse)?;
    // What was completed is not un-learnt: such a voucher ends, it is not used again.
    if outcome == VoucherOutcome::Issued && facts.voucher.status == Status::Completed {
        return Err(
            Refusal::invalid_transition("reverse", Status::Completed.as_str(), &["voided"]).at("voucher")
        );
    }
    // A live voucher must have its whole face value reserved: neither may hours have used some of it,
    // nor may a closed course run have released it.
    if outcome == VoucherOutcome::Issued && facts.obligated != facts.voucher.face_value {
        return Err(Refusal::invalid_transition("reverse", "accrued_or_released", &["voided"])
            .at("voucher")
            .with("obligated_kopecks", facts.obligated.get())
            .with("sunk_kopecks", facts.sunk.get()));
    }
    match (rest, outcome) {
        (Rest::CourseRun, VoucherOutcome::Issued) => {
            Err(Refusal::field("rest", "released, for a voucher that lives again"))
        }
        (Rest::CourseRun, VoucherOutcome::Voided) if facts.others.is_empty() => {
            Err(Refusal::invalid_transition("reverse", "nobody_else_enrolled", &["released"]).at("rest"))
        }
        _ => Ok(()),
    }
}

/// Whether the actor may undo it alone. Pure.
///
/// # Errors
/// `not_found` for another university; those of [`check`]; `self_approval` when it takes a second person.
fn check_undo(facts: &Facts, undo: &Undo, now: Timestamp) -> Result<(), Refusal> {
    if facts.programme.university_no != undo.university_no {
        return Err(Refusal::not_found("redemption"));
    }
    check(facts, undo.reversal.voucher, undo.reversal.rest)?;
    let is_own = facts.redeemed_by.as_deref().is_some_and(|subject| undo.actor.is_same_person(subject));
    let until = facts.redemption.redeemed_at.plus_seconds(UNDO_SECONDS);
    let is_completed = facts.voucher.status == Status::Completed;
    if !is_own || now >= until || facts.sunk.is_positive() || is_completed {
        return Err(Code::SelfApproval.into());
    }
    Ok(())
}

impl Command for Undo {
    type Reply = Reversed;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Reversed>, Stop> {
        let now = batch.now();
        let facts = load(batch.connection()?, self.programme_no, self.reversal.redemption_id)?;
        check_undo(&facts, self, now)?;
        let (reversal, actor) = (self.reversal.clone(), self.actor.clone());
        Ok(Box::new(move |batch| apply(batch, &facts, &reversal, &actor, Mark::new())))
    }

    fn refused(&self, refusal: &Refusal, batch: &mut Batch<'_>) -> Result<(), Failure> {
        let now = batch.now();
        let connection = batch.connection()?;
        let facts = match load(connection, self.programme_no, self.reversal.redemption_id) {
            Ok(facts) => facts,
            Err(Stop::Refused(_)) => return Ok(()),
            Err(Stop::Failed(failure)) => return Err(failure),
        };
        let of = (facts.voucher.programme_no, facts.voucher.voucher_no);
        let attempt = Attempt::refused(of, Action::Reverse, now, &self.actor, refusal);
        store::insert_attempts(connection, vec![attempt])
    }
}

/// A reversal of two people; see [`crate::proposal::Act::decide`].
///
/// # Errors
/// `not_found`, `invalid_transition`; the store's.
pub fn decide(act: &Reversal, batch: &mut Batch<'_>, hands: Hands) -> Result<Acting, Stop> {
    let facts = load(batch.connection()?, hands.programme_no, act.redemption_id)?;
    check(&facts, act.voucher, act.rest)?;
    let act = act.clone();
    Ok(Box::new(move |batch| {
        let done = apply(batch, &facts, &act, &hands.actor, Mark::new())?;
        done.entry.ok_or_else(|| Failure::Inconsistent("a reversal left no leaf".into()))
    }))
}

/// Reverses at once if its registrar still may; otherwise proposes it to a second person. One command,
/// so that a repeat with its key gets whichever answer it got.
pub struct Reverse {
    pub undo: Undo,
    pub propose: Propose,
}

/// What became of the wish to reverse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ReverseReply {
    Reversed(Reversed),
    Proposed(Proposal),
}

impl Command for Reverse {
    type Reply = ReverseReply;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<ReverseReply>, Stop> {
        match self.undo.decide(batch) {
            Ok(change) => Ok(Box::new(move |batch| Ok(change(batch)?.map(ReverseReply::Reversed)))),
            Err(Stop::Refused(refusal)) if refusal.code == Code::SelfApproval => {
                let change = self.propose.decide(batch)?;
                Ok(Box::new(move |batch| Ok(change(batch)?.map(ReverseReply::Proposed))))
            }
            Err(stop) => Err(stop),
        }
    }

    fn refused(&self, refusal: &Refusal, batch: &mut Batch<'_>) -> Result<(), Failure> {
        self.undo.refused(refusal, batch)
    }
}

/// Makes a reversal that has been decided.
///
/// # Errors
/// The store's.
pub fn apply(
    batch: &mut Batch<'_>,
    facts: &Facts,
    reversal: &Reversal,
    actor: &Actor,
    mark: Mark,
) -> Result<Done<Reversed>, Failure> {
    let Facts { programme, redemption: made, voucher: of, .. } = facts;
    let about = Dimensions {
        redemption_no: Some(made.redemption_no),
        course_run_no: Some(made.course_run_no),
        ..of.dimensions()
    };
    let line = programme.instructor_line().map_err(|_| {
        Failure::Inconsistent("a programme with redemptions has no line for instructors".into())
    })?;
    let left = facts.obligated;
    let (status, postings) = match (reversal.voucher, reversal.rest) {
        (VoucherOutcome::Issued, _) => (Status::Issued, rules::reverse_to_reserved(line, left, about)),
        (VoucherOutcome::Voided, Rest::Released) => {
            (Status::Voided, rules::release_obligation(line, &[(about, left)]))
        }
        (VoucherOutcome::Voided, Rest::CourseRun) => {
            let parts = spread::equally(left, &facts.others)
                .map_err(|error| Failure::Inconsistent(format!("the rest of a redemption: {error}")))?;
            let parts: Vec<_> = parts.into_iter().map(|(other, part)| (other, about, part)).collect();
            (Status::Voided, rules::move_obligation(line, &parts))
        }
    };
    let (released, moved) = match reversal.rest {
        Rest::Released => (left, Kopecks::ZERO),
        Rest::CourseRun => (Kopecks::ZERO, left),
    };
    let now = batch.now();
    let mut event = Event::new(Kind::RedemptionReversed, now, actor.token_no)
        .about("voucher", of.voucher_id.bytes())
        .about("redemption", made.redemption_id.bytes())
        .about("reason_sha256", &Sha256::digest(&reversal.reason))
        .moving(postings);
    event.subjects.extend(mark);
    let entry = batch.record(made.programme_no, &event)?;
    let connection = batch.connection()?;
    let changed = diesel::update(redemption::table.find((made.programme_no, made.redemption_no)))
        .filter(redemption::status.eq(LIVE))
        .set((redemption::status.eq(REVERSED), redemption::reversed_log_index.eq(entry.log_index)))
        .execute(connection)?;
    expect_one(changed)?;
    let changed = diesel::update(voucher::table.find((of.programme_no, of.voucher_no)))
        .filter(voucher::status.eq(of.status.number()))
        .set((voucher::status.eq(status.number()), voucher::redemption_no.eq(None::<i64>)))
        .execute(connection)?;
    expect_one(changed)?;
    store::keep_move(connection, of, status, of.expires_at)?;
    if of.status == Status::Completed {
        retrained::left(connection, of, made.redemption_no)?;
    }
    diesel::update(course_run::table.find((made.programme_no, made.course_run_no)))
        .set(course_run::enrolled.eq(course_run::enrolled - 1))
        .execute(connection)?;
    if reversal.voucher == VoucherOutcome::Voided {
        store::release_claim(connection, of)?;
    }
    let attempt = Attempt::done(of, Action::Reverse, now, actor, entry.log_index);
    let known = serde_json::json!({
        "reason": reversal.reason,
        "redemption_id": made.redemption_id,
        "redeemed_at": made.redeemed_at,
        "voucher_status": status.as_str(),
    });
    store::insert_attempts(connection, vec![attempt.knowing(&known)])?;
    let reply = Reversed {
        redemption_id: made.redemption_id,
        voucher_id: of.voucher_id,
        voucher_status: status.as_str().into(),
        released,
        moved,
        sunk: facts.sunk,
    };
    Ok(Done::new(reply, entry))
}
