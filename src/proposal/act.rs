//! The acts of two people, and what each needs: who may confirm it, and how it is done.

use super::appropriation::{self, Appropriation};
use crate::kernel::{Actor, ProposalId, Scope};
use crate::keys::compromise::{self, Compromise};
use crate::redemption::reverse::{self, Reversal};
use crate::writer::{Batch, Entry, Failure, Stop};
use serde::{Deserialize, Serialize};

/// What is proposed. Kept as JSON in the proposal's row: variants and fields are never renamed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Act {
    /// Money comes to a budget line, or is taken back from it.
    Appropriation(Appropriation),
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
            Act::RedemptionReversal(_) => "redemption_reversal",
            Act::KeyCompromise(_) => "key_compromise",
        }
    }

    /// Who may confirm or withdraw it.
    pub const fn scopes(&self) -> &'static [Scope] {
        match self {
            Act::Appropriation(_) => &[Scope::Treasury],
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
            Act::RedemptionReversal(act) => reverse::decide(act, batch, hands),
            Act::KeyCompromise(act) => compromise::decide(act, batch, hands),
        }
    }
}

/// The kinds of act that a scope may see: its own to confirm; programme office and auditors see all.
pub fn visible_to(scope: Scope) -> &'static [&'static str] {
    match scope {
        Scope::Treasury => &["appropriation"],
        Scope::Registrar => &["redemption_reversal"],
        Scope::Admin => &["key_compromise"],
        Scope::Programme | Scope::Auditor => &["appropriation", "redemption_reversal", "key_compromise"],
        Scope::Agency | Scope::Teaching => &[],
    }
}
