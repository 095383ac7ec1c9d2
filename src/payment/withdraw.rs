//! Withdrawing a payment before it is confirmed: no money has moved, and none will.

use super::model::{self, PaymentState, Status};
use super::some;
use super::store::{self, ToDecide, Withdrawn};
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
        Ok(Box::new(move |batch| Ok(Done::new(reply, some(withdraw(&[payment], batch, &actor, &reason)?)?))))
    }
}

/// Withdraws payments for which that has been decided, in their order; gives the last leaf.
///
/// # Errors
/// The store's.
pub(super) fn withdraw(
    payments: &[ToDecide],
    batch: &mut Batch<'_>,
    actor: &Actor,
    reason: &Reason,
) -> Result<Option<Entry>, Failure> {
    let mut last = None;
    let mut rows = Vec::with_capacity(payments.len());
    for payment in payments {
        let event = Event::new(Kind::PaymentWithdrawn, batch.now(), actor.token_no)
            .about("payment", payment.payment_id.bytes())
            .about(facts::REASON, &facts::of_reason(reason.as_str()));
        let entry = batch.record(payment.programme_no, &event)?;
        rows.push(Withdrawn {
            programme_no: payment.programme_no,
            payment_no: payment.payment_no,
            log_index: entry.log_index,
            withdrawn_by: &actor.subject,
            reason: reason.as_str(),
        });
        last = Some(entry);
    }
    store::withdraw(batch.connection()?, &rows)?;
    Ok(last)
}
