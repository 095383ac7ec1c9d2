//! Withdrawing a payment before it is confirmed: no money has moved, and none will.

use super::model::{self, PaymentState, Status};
use super::store::{self, ToDecide};
use crate::kernel::{Actor, PaymentId, Reason, Refusal};
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, Entry, Failure, Stop};

/// Withdraws a prepared payment: whoever prepared it changes their mind, or the second person says no.
/// The number of its document may be used again.
pub struct WithdrawPayment {
    pub payment_id: PaymentId,
    pub actor: Actor,
    pub reason: Reason,
}

impl Command for WithdrawPayment {
    type Reply = PaymentState;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<PaymentState>, Stop> {
        let payment = store::payment_to_decide(batch.connection()?, self.payment_id)?
            .ok_or_else(|| Refusal::not_found("payment"))?;
        model::withdraw(payment.status)?;

        let amount = payment.amount_kopecks;
        let reply = PaymentState { payment_id: self.payment_id, status: Status::Withdrawn, amount };
        let (actor, reason) = (self.actor.clone(), self.reason.clone());
        Ok(Box::new(move |batch| Ok(Done::new(reply, withdrawal(batch, &payment, &actor, &reason)?))))
    }
}

/// Withdraws a payment for which that has been decided.
///
/// # Errors
/// The store's.
pub(super) fn withdrawal(
    batch: &mut Batch<'_>,
    payment: &ToDecide,
    actor: &Actor,
    reason: &Reason,
) -> Result<Entry, Failure> {
    let event = Event::new(Kind::PaymentWithdrawn, batch.now(), actor.token_no)
        .about("payment", payment.payment_id.bytes())
        .about(facts::REASON, &facts::of_reason(reason.as_str()));
    let entry = batch.record(payment.programme_no, &event)?;
    store::withdraw(batch.connection()?, entry, payment.payment_no, &actor.subject, reason.as_str())?;
    Ok(entry)
}
