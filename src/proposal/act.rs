//! The acts of two people, and what each needs: who may confirm it, and how it is done.

use super::appropriation::{self, Appropriation};
use super::budget_move::{self, BudgetMove};
use crate::campaign::accept::{self, ActAcceptance};
use crate::campaign::end::{self, ContractEnding};
use crate::campaign::sign::{self, ContractSigning};
use crate::course_run::top_up::{self, TopUp};
use crate::kernel::{Actor, ProposalId, Scope};
use crate::keys::compromise::{self, Compromise};
use crate::period::close::{self, PeriodClosing};
use crate::programme::year_end::{self, YearEnd};
use crate::redemption::reverse::{self, Reversal};
use crate::teaching::cancel::{self, SessionCancellation};
use crate::writer::{Batch, Entry, Failure, Stop};
use serde::{Deserialize, Serialize};

/// What is proposed. Kept as JSON in the proposal's row: variants and fields are never renamed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Act {
    /// Money comes to a budget line, or is taken back from it.
    Appropriation(Appropriation),
    /// Money moves from one budget line to another.
    BudgetMove(BudgetMove),
    /// What no line has used is given back.
    YearEnd(YearEnd),
    /// A month takes no entries any more.
    PeriodClosing(PeriodClosing),
    /// More is obligated for a course run than its vouchers brought.
    TopUp(TopUp),
    /// A contract of the information campaign is signed.
    ContractSigning(ContractSigning),
    /// Work of such a contract is accepted.
    ActAcceptance(ActAcceptance),
    /// Such a contract ends.
    ContractEnding(ContractEnding),
    /// An accepted session is cancelled.
    SessionCancellation(SessionCancellation),
    /// A redemption is reversed later than its registrar could undo it.
    RedemptionReversal(Reversal),
    /// Nothing a key signed is believed any more.
    KeyCompromise(Compromise),
}

/// Whose act it is: what was proposed by one person and is done by another.
pub struct Hands {
    pub programme_no: i64,
    pub proposal_id: ProposalId,
    /// Who does it: the proposer while it is only looked at, then the second person.
    pub actor: Actor,
}

/// The change an act makes. It records the act's event and gives the leaf.
pub type Acting = Box<dyn FnOnce(&mut Batch<'_>) -> Result<Entry, Failure>>;

impl Act {
    /// The name in JSON and in the database.
    pub const fn kind(&self) -> &'static str {
        match self {
            Act::Appropriation(_) => "appropriation",
            Act::BudgetMove(_) => "budget_move",
            Act::YearEnd(_) => "year_end",
            Act::PeriodClosing(_) => "period_closing",
            Act::TopUp(_) => "top_up",
            Act::ContractSigning(_) => "contract_signing",
            Act::ActAcceptance(_) => "act_acceptance",
            Act::ContractEnding(_) => "contract_ending",
            Act::SessionCancellation(_) => "session_cancellation",
            Act::RedemptionReversal(_) => "redemption_reversal",
            Act::KeyCompromise(_) => "key_compromise",
        }
    }

    /// Who may confirm or withdraw it.
    pub const fn scopes(&self) -> &'static [Scope] {
        match self {
            Act::Appropriation(_)
            | Act::BudgetMove(_)
            | Act::YearEnd(_)
            | Act::PeriodClosing(_)
            | Act::TopUp(_)
            | Act::ContractSigning(_)
            | Act::ActAcceptance(_)
            | Act::ContractEnding(_) => &[Scope::Treasury],
            Act::SessionCancellation(_) => &[Scope::Teaching],
            Act::RedemptionReversal(_) => &[Scope::Registrar, Scope::Programme],
            Act::KeyCompromise(_) => &[Scope::Admin],
        }
    }

    /// Whether it can be done as things stand, and how. Asked when it is proposed, so that nobody is
    /// sent to confirm the impossible, and again when it is confirmed.
    ///
    /// # Errors
    /// The act's refusals.
    pub fn decide(&self, batch: &mut Batch<'_>, hands: Hands) -> Result<Acting, Stop> {
        match self {
            Act::Appropriation(act) => appropriation::decide(act, batch, hands),
            Act::BudgetMove(act) => budget_move::decide(act, batch, hands),
            Act::YearEnd(act) => year_end::decide(act, batch, hands),
            Act::PeriodClosing(act) => close::decide(act, batch, hands),
            Act::TopUp(act) => top_up::decide(act, batch, hands),
            Act::ContractSigning(act) => sign::decide(act, batch, hands),
            Act::ActAcceptance(act) => accept::decide(act, batch, hands),
            Act::ContractEnding(act) => end::decide(act, batch, hands),
            Act::SessionCancellation(act) => cancel::decide(act, batch, hands),
            Act::RedemptionReversal(act) => reverse::decide(act, batch, hands),
            Act::KeyCompromise(act) => compromise::decide(act, batch, hands),
        }
    }
}

/// The kinds of act that a scope may see: its own to confirm; programme office and auditors see all.
pub fn visible_to(scope: Scope) -> &'static [&'static str] {
    const TREASURY: &[&str] = &[
        "appropriation",
        "budget_move",
        "year_end",
        "period_closing",
        "top_up",
        "contract_signing",
        "act_acceptance",
        "contract_ending",
    ];
    const ALL: &[&str] = &[
        "appropriation",
        "budget_move",
        "year_end",
        "period_closing",
        "top_up",
        "contract_signing",
        "act_acceptance",
        "contract_ending",
        "session_cancellation",
        "redemption_reversal",
        "key_compromise",
    ];
    match scope {
        Scope::Treasury => TREASURY,
        Scope::Teaching => &["session_cancellation"],
        Scope::Registrar => &["redemption_reversal"],
        Scope::Admin => &["key_compromise"],
        Scope::Programme | Scope::Auditor => ALL,
        Scope::Agency => &[],
    }
}
