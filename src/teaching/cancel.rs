//! Cancelling a session that was recorded by mistake. Before it is accepted, the teaching office does so alone; after
//! that it takes a second person, and its accrual is reversed exactly. The right session is then recorded anew.

use super::model::Status;
use super::store;
use crate::kernel::{Actor, Code, Kopecks, Reason, Refusal, SessionId};
use crate::ledger::model::{Account, Dimensions, Event, Kind, Postings};
use crate::ledger::rules::Part;
use crate::ledger::{facts, rules, shares};
use crate::proposal::Propose;
use crate::proposal::act::{Acting, Hands};
use crate::proposal::propose::Proposal;
use crate::writer::{Batch, Change, Command, Done, Entry, Failure, Stop};
use serde::{Deserialize, Serialize};

/// A session that was not held as it was recorded.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SessionCancellation {
    pub session_id: SessionId,
    pub reason: Reason,
}

/// Cancels a session at once while it is only recorded; otherwise proposes it to a second person. One command, so that a
/// repeat with its key gets whichever answer it got.
pub struct CancelSession {
    pub cancellation: SessionCancellation,
    pub actor: Actor,
    /// The caller's university, whose session it must be.
    pub university_no: i64,
    pub propose: Propose,
}

/// A cancelled session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Cancelled {
    pub session_id: SessionId,
    pub status: Status,
}

/// What became of the wish to cancel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CancelReply {
    Cancelled(Cancelled),
    Proposed(Proposal),
}

impl Command for CancelSession {
    type Reply = CancelReply;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<CancelReply>, Stop> {
        let session_id = self.cancellation.session_id;
        let session = store::session_to_accept(batch.connection()?, session_id, Some(self.university_no))?
            .ok_or_else(|| Refusal::not_found("session"))?;
        if session.status == Status::Accepted {
            let change = self.propose.decide(batch)?;
            return Ok(Box::new(move |batch| Ok(change(batch)?.map(CancelReply::Proposed))));
        }
        let cancelling = Cancelling::decide(batch, &self.cancellation, session)?;
        let token_no = self.actor.token_no;
        let reply = CancelReply::Cancelled(Cancelled { session_id, status: Status::Cancelled });
        Ok(Box::new(move |batch| Ok(Done::new(reply, cancelling.make(batch, token_no)?))))
    }
}

/// The act of two people; see [`crate::proposal::Act::decide`].
///
/// # Errors
/// `not_found`; `invalid_transition` when it is cancelled, or something of it was paid, with the amount.
pub fn decide(act: &SessionCancellation, batch: &mut Batch<'_>, hands: Hands) -> Result<Acting, Stop> {
    let session = store::session_to_accept(batch.connection()?, act.session_id, None)?
        .filter(|session| session.programme_no == hands.programme_no)
        .ok_or_else(|| Refusal::not_found("session"))?;
    let cancelling = Cancelling::decide(batch, act, session)?;
    Ok(Box::new(move |batch| cancelling.make(batch, hands.actor.token_no)))
}

struct Cancelling {
    programme_no: i64,
    session_no: i64,
    act: SessionCancellation,
    postings: Postings,
}

impl Cancelling {
    fn decide(
        batch: &mut Batch<'_>,
        act: &SessionCancellation,
        session: store::ToAccept,
    ) -> Result<Self, Stop> {
        let store::ToAccept { programme_no, session_no, course_run_no, .. } = session;
        let connection = batch.connection()?;
        let accrued = match (session.status, session.accepted_log_index) {
            (Status::Cancelled, _) => {
                return Err(Refusal::invalid_transition("cancel", Status::Cancelled.as_str(), &[]).into());
            }
            (_, None) => Vec::new(),
            (_, Some(log_index)) => {
                shares::debits_of(connection, Entry { programme_no, log_index }, Account::Accrued)?
            }
        };
        check_unpaid(store::paid_of_session(connection, programme_no, session_no)?)?;
        let keeps = if store::is_run_open(connection, programme_no, course_run_no)? {
            let live = shares::live_of_run(connection, programme_no, course_run_no)?;
            live.into_iter().filter_map(|(_, about)| about.redemption_no).collect()
        } else {
            Vec::new()
        };
        let postings = reverse(&accrued, |about| about.redemption_no.is_some_and(|no| keeps.contains(&no)));
        Ok(Self { programme_no, session_no, act: act.clone(), postings })
    }

    fn make(self, batch: &mut Batch<'_>, token_no: i64) -> Result<Entry, Failure> {
        let event = Event::new(Kind::SessionCancelled, batch.now(), token_no)
            .about("session", self.act.session_id.bytes())
            .about(facts::REASON, &facts::of_reason(self.act.reason.as_str()))
            .moving(self.postings);
        let entry = batch.record(self.programme_no, &event)?;
        store::cancel(batch.connection()?, entry, self.session_no, self.act.reason.as_str())?;
        Ok(entry)
    }
}

/// What was paid must come back first: nothing is taken from a payee by an entry.
fn check_unpaid(paid: Kopecks) -> Result<(), Refusal> {
    if paid.is_zero() {
        return Ok(());
    }
    Err(Refusal::new(Code::InvalidTransition)
        .with("attempted", "cancel")
        .with("status", "paid")
        .with("allowed", ["return_the_payments"])
        .with("paid_kopecks", paid.get()))
}

/// The exact reverse. What came from a redemption that was reversed since, or from a run that is closed, is not obligated
/// again but available.
fn reverse(accrued: &[Part], keeps: impl Fn(&Dimensions) -> bool) -> Postings {
    let mut postings = rules::reverse_accrual(accrued);
    for (line, about, amount) in accrued.iter().filter(|(_, about, _)| !keeps(about)) {
        postings.extend(rules::release_obligation(*line, &[(*about, *amount)]));
    }
    postings
}
