//! What may be signed, accepted and ended of a contract of the campaign.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use crate::kernel::{Code, Kopecks, Malformed, Refusal, Text};
use crate::ledger::bounds;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The number of a contract or an act.
pub type DocumentNumber = Text<1, 100>;

/// What a contract is about.
pub type Subject = Text<3, 500>;

/// A contract's life: `signed → ended`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ContractStatus)]
pub enum Status {
    Signed,
    /// Nothing more is accepted; what was left of it is available again.
    Ended,
}

impl Status {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Ended => "ended",
        }
    }

    /// # Errors
    /// `invalid_transition` once it has ended.
    pub fn expect_signed(self, attempted: &str) -> Result<(), Refusal> {
        match self {
            Self::Signed => Ok(()),
            Self::Ended => Err(Refusal::invalid_transition(attempted, self.as_str(), &[])),
        }
    }
}

impl FromStr for Status {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = [Self::Signed, Self::Ended].into_iter().find(|status| status.as_str() == text);
        found.ok_or(Malformed::expected("signed or ended"))
    }
}

/// Whether a contract of `amount` may be signed on this day out of what is available.
///
/// # Errors
/// `invalid_field`; `budget_exceeded` with the shortfall.
pub fn sign(
    amount: Kopecks,
    available: Kopecks,
    signed_on: NaiveDate,
    today: NaiveDate,
) -> Result<(), Refusal> {
    bounds::positive(amount)?;
    if signed_on > today {
        return Err(Refusal::field("signed_on", "today or earlier").with("today", today));
    }
    bounds::within_available(amount, available)
}

/// What must be known to accept an act.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AcceptFacts {
    pub status: Status,
    pub signed_on: NaiveDate,
    pub today: NaiveDate,
    /// Of the contract, and of the acts accepted so far.
    pub contract: Kopecks,
    pub accepted: Kopecks,
}

/// Whether an act of `amount` may be accepted on this day.
///
/// # Errors
/// `invalid_transition` once the contract has ended; `invalid_field`; `obligation_exceeded` with the shortfall.
pub fn accept(amount: Kopecks, accepted_on: NaiveDate, facts: &AcceptFacts) -> Result<(), Refusal> {
    facts.status.expect_signed("accept_act")?;
    bounds::positive(amount)?;
    if !(facts.signed_on..=facts.today).contains(&accepted_on) {
        return Err(Refusal::field("accepted_on", "a day from the contract's to today")
            .with("signed_on", facts.signed_on)
            .with("today", facts.today));
    }
    let left = facts.contract.get() - facts.accepted.get();
    let shortfall = amount.get() - left;
    if shortfall > 0 {
        return Err(Refusal::new(Code::ObligationExceeded)
            .at("amount.amount")
            .with("shortfall_kopecks", shortfall)
            .with("obligated_kopecks", left)
            .with("contract_kopecks", facts.contract.get()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2020, 9, day).unwrap()
    }

    #[test]
    fn a_contract_takes_what_is_available_and_is_not_signed_tomorrow() {
        let sign = |amount, on| sign(Kopecks::new(amount), Kopecks::new(100), day(on), day(10));
        assert_eq!(sign(100, 10), Ok(()));
        assert_eq!(sign(101, 10).unwrap_err().facts["shortfall_kopecks"], 1);
        assert_eq!(sign(0, 10).unwrap_err().field.as_deref(), Some("amount.amount"));
        assert_eq!(sign(1, 11).unwrap_err().field.as_deref(), Some("signed_on"));
    }

    #[test]
    fn acts_fit_their_contract_and_its_days() {
        let facts = AcceptFacts {
            status: Status::Signed,
            signed_on: day(5),
            today: day(10),
            contract: Kopecks::new(100),
            accepted: Kopecks::new(70),
        };
        let accept = |amount, on, facts: AcceptFacts| accept(Kopecks::new(amount), day(on), &facts);
        assert_eq!(accept(30, 5, facts), Ok(()));
        let refusal = accept(31, 5, facts).unwrap_err();
        assert_eq!(
            (refusal.code, &refusal.facts["shortfall_kopecks"]),
            (Code::ObligationExceeded, &1.into())
        );
        for outside in [4, 11] {
            assert_eq!(accept(1, outside, facts).unwrap_err().field.as_deref(), Some("accepted_on"));
        }
        assert_eq!(accept(-1, 5, facts).unwrap_err().code, Code::InvalidField);
        let ended = AcceptFacts { status: Status::Ended, ..facts };
        assert_eq!(accept(1, 5, ended).unwrap_err().code, Code::InvalidTransition);
    }
}
