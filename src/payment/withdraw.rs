//! Withdrawing a payment before it is confirmed: no money has moved, and none will.

use super::model::{self, PaymentState, Status};
use super::store;
use crate::kernel::{Actor, PaymentId, Refusal, Text};
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, Stop};

/// Why a payment is withdrawn; kept with it.
pub type Reason = Text<3, 500>;

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
        let event = Event::new(Kind::PaymentWithdrawn, batch.now(), self.actor.token_no)
            .about("payment", self.payment_id.bytes())
            .about(facts::REASON, &facts::of_reason(self.reason.as_str()));
        let (withdrawn_by, reason) = (self.actor.subject.clone(), self.reason.to_string());
        Ok(Box::new(move |batch| {
            let entry = batch.record(payment.programme_no, &event)?;
            store::withdraw(batch.connection()?, entry, payment.payment_no, &withdrawn_by, &reason)?;
            Ok(Done::new(reply, entry))
        }))
    }
}
