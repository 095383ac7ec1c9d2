//! The rule of two people.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use crate::kernel::{Actor, Code, Malformed, Refusal, Scope};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Where a proposal is: `proposed → confirmed` or `proposed → withdrawn`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProposalStatus)]
pub enum Status {
    Proposed,
    Confirmed,
    Withdrawn,
}

impl Status {
    pub const ALL: [Self; 3] = [Self::Proposed, Self::Confirmed, Self::Withdrawn];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Confirmed => "confirmed",
            Self::Withdrawn => "withdrawn",
        }
    }

    const fn moves(self) -> &'static [&'static str] {
        match self {
            Self::Proposed => &["confirm", "withdraw"],
            Self::Confirmed | Self::Withdrawn => &[],
        }
    }
}

impl FromStr for Status {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = Self::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or(Malformed::expected("proposed, confirmed or withdrawn"))
    }
}

/// Someone who decides on a proposal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Second {
    pub actor: Actor,
    pub scope: Scope,
    /// Their own university; proposals about another's programmes are not there for them.
    pub university_no: Option<i64>,
}

/// Whether `second` may confirm: an act still open, of their scope, proposed by another person.
///
/// # Errors
/// `forbidden`, `invalid_transition`, `self_approval`.
pub fn confirm(status: Status, proposed_by: &str, second: &Second, scopes: &[Scope]) -> Result<(), Refusal> {
    decide("confirm", status, second, scopes)?;
    if second.actor.is_same_person(proposed_by) {
        return Err(Code::SelfApproval.into());
    }
    Ok(())
}

/// Whether `second` may withdraw: the proposer, or whoever could have confirmed.
///
/// # Errors
/// `forbidden`, `invalid_transition`.
pub fn withdraw(status: Status, second: &Second, scopes: &[Scope]) -> Result<(), Refusal> {
    decide("withdraw", status, second, scopes)
}

fn decide(attempted: &str, status: Status, second: &Second, scopes: &[Scope]) -> Result<(), Refusal> {
    if !scopes.contains(&second.scope) {
        return Err(Refusal::new(Code::Forbidden).with("allowed_scopes", scopes));
    }
    match status {
        Status::Proposed => Ok(()),
        _ => Err(Refusal::invalid_transition(attempted, status.as_str(), status.moves())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(subject: &str, scope: Scope) -> Second {
        Second { actor: Actor { token_no: 7, subject: subject.into() }, scope, university_no: None }
    }

    #[test]
    fn it_takes_another_person_of_the_right_scope() {
        let scopes = &[Scope::Treasury];
        let confirm = |who: &Second, status| super::confirm(status, "anna", who, scopes).map_err(|r| r.code);
        let other = second("boris", Scope::Treasury);
        assert_eq!(confirm(&other, Status::Proposed), Ok(()));
        assert_eq!(confirm(&second("anna", Scope::Treasury), Status::Proposed), Err(Code::SelfApproval));
        assert_eq!(confirm(&second("boris", Scope::Admin), Status::Proposed), Err(Code::Forbidden));
        for status in [Status::Confirmed, Status::Withdrawn] {
            assert_eq!(confirm(&other, status), Err(Code::InvalidTransition));
        }
    }

    #[test]
    fn the_proposer_may_withdraw_while_it_is_open() {
        let anna = second("anna", Scope::Treasury);
        assert_eq!(withdraw(Status::Proposed, &anna, &[Scope::Treasury]), Ok(()));
        let late = withdraw(Status::Confirmed, &anna, &[Scope::Treasury]).unwrap_err();
        assert_eq!(late.facts["attempted"], "withdraw");
    }
}
