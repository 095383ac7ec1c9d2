//! What may be paid to a payee, and which redemptions stand behind it.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use crate::kernel::{Actor, Code, Kopecks, Malformed, PaymentId, Refusal};
use crate::ledger::allocation::AllocationError;
use crate::ledger::bounds;
use crate::ledger::rules::Part;
use crate::ledger::shares::UnpaidShare;
use crate::ledger::spread;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A payment's life: `prepared → paid → returned` or `prepared → withdrawn`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PaymentStatus)]
pub enum Status {
    Prepared,
    Paid,
    /// The bank gave it back: what it paid is owed again.
    Returned,
    Withdrawn,
}

impl Status {
    pub const ALL: [Self; 4] = [Self::Prepared, Self::Paid, Self::Returned, Self::Withdrawn];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Paid => "paid",
            Self::Returned => "returned",
            Self::Withdrawn => "withdrawn",
        }
    }

    const fn moves(self) -> &'static [&'static str] {
        match self {
            Self::Prepared => &["confirm", "withdraw"],
            Self::Paid => &["return"],
            Self::Returned | Self::Withdrawn => &[],
        }
    }

    fn expect(self, expected: Self, attempted: &str) -> Result<(), Refusal> {
        if self == expected {
            return Ok(());
        }
        Err(Refusal::invalid_transition(attempted, self.as_str(), self.moves()))
    }
}

impl FromStr for Status {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = Self::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or(Malformed::expected("prepared, paid, returned or withdrawn"))
    }
}

/// Where a payment is after something was done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PaymentState {
    pub payment_id: PaymentId,
    pub status: Status,
    pub amount: Kopecks,
}

/// Whether `amount` can be paid out of what the payee is owed.
///
/// # Errors
/// `invalid_field` for nothing or less; `accrual_exceeded` with the shortfall.
pub fn prepare(amount: Kopecks, unpaid: &[UnpaidShare]) -> Result<(), Refusal> {
    check_amount(amount, unpaid.iter().map(|unpaid| i128::from(unpaid.amount.get())).sum())
}

/// Whether `amount` can be paid when so many kopecks are owed.
///
/// # Errors
/// As [`prepare`].
pub fn check_amount(amount: Kopecks, owed: i128) -> Result<(), Refusal> {
    bounds::positive(amount)?;
    let short = i128::from(amount.get()) - owed;
    if short > 0 {
        return Err(exceeded(short as i64, owed as i64)); // both are below the amount
    }
    Ok(())
}

fn exceeded(shortfall: i64, accrued: i64) -> Refusal {
    Refusal::new(Code::AccrualExceeded).with("shortfall_kopecks", shortfall).with("accrued_kopecks", accrued)
}

/// What must be known to confirm a payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfirmFacts {
    pub status: Status,
    pub prepared_by: String,
    pub paid_on: NaiveDate,
    pub today: NaiveDate,
    pub amount: Kopecks,
    pub payment_no: i64,
    /// What the payee is owed by each redemption for each session, and for each act.
    pub unpaid: Vec<UnpaidShare>,
}

/// Whether the actor may confirm the payment, and what each redemption and session, or act, then paid.
///
/// # Errors
/// `invalid_transition` when it is no longer prepared or dated in the future; `self_approval`;
/// `accrual_exceeded` when others were paid meanwhile.
pub fn confirm(actor: &Actor, facts: &ConfirmFacts) -> Result<Vec<Part>, Refusal> {
    facts.status.expect(Status::Prepared, "confirm")?;
    if actor.is_same_person(&facts.prepared_by) {
        return Err(Code::SelfApproval.into());
    }
    if facts.paid_on > facts.today {
        return Err(Refusal::invalid_transition("confirm", facts.status.as_str(), &["withdraw"])
            .with("possible_from", facts.paid_on));
    }
    prepare(facts.amount, &facts.unpaid)?;
    spread::payment(facts.payment_no, facts.amount, &facts.unpaid).map_err(contradiction)
}

/// Whether the bank can have returned the payment on this day.
///
/// # Errors
/// `invalid_transition` unless it is paid; `invalid_field` for a day before it was paid or still to come.
pub fn give_back(
    status: Status,
    paid_on: NaiveDate,
    returned_on: NaiveDate,
    today: NaiveDate,
) -> Result<(), Refusal> {
    status.expect(Status::Paid, "return")?;
    if !(paid_on..=today).contains(&returned_on) {
        return Err(Refusal::field("returned_on", "a day from its payment to today")
            .with("paid_on", paid_on)
            .with("today", today));
    }
    Ok(())
}

/// Whether a payment may be withdrawn: by anyone of the treasury, while no money has moved.
///
/// # Errors
/// `invalid_transition` when it is paid or withdrawn already.
pub fn withdraw(status: Status) -> Result<(), Refusal> {
    status.expect(Status::Prepared, "withdraw")
}

/// The sums were compared before, so only stored shares that contradict each other come here.
fn contradiction(error: AllocationError) -> Refusal {
    Refusal::new(Code::Internal).with("reason", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::RedemptionId;
    use crate::ledger::model::Dimensions;

    fn unpaid(redemption: u8, session_no: i64, amount: i64) -> UnpaidShare {
        UnpaidShare {
            budget_line_no: 2,
            redemption_id: Some(RedemptionId(uuid::Uuid::from_bytes([redemption; 16]))),
            dimensions: Dimensions {
                redemption_no: Some(i64::from(redemption)),
                session_no: Some(session_no),
                payee_no: Some(7),
                ..Dimensions::default()
            },
            amount: Kopecks::new(amount),
        }
    }

    fn facts(amount: i64, unpaid: Vec<UnpaidShare>) -> ConfirmFacts {
        let day = NaiveDate::from_ymd_opt(2020, 10, 5).unwrap();
        ConfirmFacts {
            status: Status::Prepared,
            prepared_by: "orlova".into(),
            paid_on: day,
            today: day,
            amount: Kopecks::new(amount),
            payment_no: 90,
            unpaid,
        }
    }

    fn by(subject: &str) -> Actor {
        Actor { token_no: 9, subject: subject.into() }
    }

    #[test]
    fn a_payment_falls_on_redemptions_and_sessions_by_what_they_owe() {
        let owed = vec![unpaid(2, 60, 300), unpaid(1, 61, 100), unpaid(1, 60, 100)];
        let paid = confirm(&by("sidorov"), &facts(250, owed)).unwrap();
        assert!(paid.iter().all(|(line, about, _)| *line == 2 && about.payment_no == Some(90)));
        let paid: Vec<_> =
            paid.iter().map(|(_, d, part)| (d.redemption_no, d.session_no, part.get())).collect();
        assert_eq!(paid, [(Some(1), Some(60), 50), (Some(1), Some(61), 50), (Some(2), Some(60), 150)]);
    }

    #[test]
    fn nothing_is_paid_that_is_not_owed() {
        let owed = vec![unpaid(1, 60, 100), unpaid(2, 60, 150)];
        assert!(prepare(Kopecks::new(250), &owed).is_ok());
        let refusal = prepare(Kopecks::new(251), &owed).unwrap_err();
        assert_eq!(refusal.code, Code::AccrualExceeded);
        assert_eq!(
            (&refusal.facts["shortfall_kopecks"], &refusal.facts["accrued_kopecks"]),
            (&1.into(), &250.into())
        );
        assert_eq!(prepare(Kopecks::ZERO, &owed).unwrap_err().code, Code::InvalidField);
        assert_eq!(confirm(&by("sidorov"), &facts(251, owed)).unwrap_err().code, Code::AccrualExceeded);
    }

    #[test]
    fn confirming_takes_another_person_once_and_not_before_the_day() {
        let facts = || facts(100, vec![unpaid(1, 60, 100)]);
        let code = |actor: &str, facts: ConfirmFacts| confirm(&by(actor), &facts).unwrap_err().code;
        assert_eq!(code("orlova", facts()), Code::SelfApproval);
        for status in [Status::Paid, Status::Returned, Status::Withdrawn] {
            assert_eq!(code("sidorov", ConfirmFacts { status, ..facts() }), Code::InvalidTransition);
        }
        let early = facts().paid_on.pred_opt().unwrap();
        assert_eq!(code("sidorov", ConfirmFacts { today: early, ..facts() }), Code::InvalidTransition);
    }

    #[test]
    fn only_what_is_prepared_is_withdrawn() {
        assert_eq!(Status::ALL.map(|status| withdraw(status).is_ok()), [true, false, false, false]);
        let facts = withdraw(Status::Paid).unwrap_err().facts;
        assert_eq!((&facts["attempted"], &facts["status"]), (&"withdraw".into(), &"paid".into()));
    }
    #[test]
    fn only_what_was_paid_comes_back_and_not_before() {
        let day = |day| NaiveDate::from_ymd_opt(2020, 10, day).unwrap();
        let back = |status, on| give_back(status, day(5), day(on), day(9)).map_err(|refusal| refusal.code);
        assert_eq!(back(Status::Paid, 5), Ok(()));
        assert_eq!(back(Status::Paid, 9), Ok(()));
        assert_eq!(back(Status::Paid, 4), Err(Code::InvalidField));
        assert_eq!(back(Status::Paid, 10), Err(Code::InvalidField));
        for status in [Status::Prepared, Status::Returned, Status::Withdrawn] {
            assert_eq!(back(status, 5), Err(Code::InvalidTransition));
        }
    }
}
