//! Confirming a payment: money left, and every redemption and session, or act, behind it is known.

use super::model::{self, PaymentState, Status};
use super::store::{self, ToDecide};
use crate::kernel::{Actor, PaymentId, Refusal, Timestamp};
use crate::ledger::model::{Event, Kind};
use crate::ledger::{rules, shares};
use crate::period;
use crate::writer::{Batch, Change, Command, Done, Entry, Failure, Stop};

/// Confirms a prepared payment; takes another person than the one who prepared it.
pub struct ConfirmPayment {
    pub payment_id: PaymentId,
    pub actor: Actor,
}

impl Command for ConfirmPayment {
    type Reply = PaymentState;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<PaymentState>, Stop> {
        let payment = store::payment_to_decide(batch.connection()?, self.payment_id)?
            .ok_or_else(|| Refusal::not_found("payment"))?;
        let reply = PaymentState {
            payment_id: self.payment_id,
            status: Status::Paid,
            amount: payment.amount_kopecks,
        };
        let paying = Paying::decide(batch, &self.actor, payment)?;
        let actor = self.actor.clone();
        Ok(Box::new(move |batch| Ok(Done::new(reply, paying.make(batch, &actor)?))))
    }
}

/// A payment that is decided and about to be made.
pub(super) struct Paying {
    programme_no: i64,
    payment_no: i64,
    event: Event,
}

impl Paying {
    /// Whether `actor` may confirm this payment, and what it then pays.
    ///
    /// # Errors
    /// Those of [`model::confirm`]; `period_closed`; the store's.
    pub(super) fn decide(batch: &mut Batch<'_>, actor: &Actor, payment: ToDecide) -> Result<Self, Stop> {
        let today = batch.now().date();
        let connection = batch.connection()?;
        let ToDecide { programme_no, payment_no, paid_on, .. } = payment;
        let facts = model::ConfirmFacts {
            status: payment.status,
            prepared_by: payment.prepared_by,
            paid_on,
            today,
            amount: payment.amount_kopecks,
            payment_no,
            unpaid: shares::unpaid_of_payee(connection, programme_no, payment.payee_no)?,
        };
        let paid = model::confirm(actor, &facts)?;
        period::require_open(connection, programme_no, paid_on, "paid_on")?;
        let event = Event::new(Kind::PaymentMade, Timestamp::start_of_day(paid_on), actor.token_no)
            .about("payment", payment.payment_id.bytes())
            .moving(rules::pay(&paid));
        Ok(Self { programme_no, payment_no, event })
    }

    /// Makes it.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn make(self, batch: &mut Batch<'_>, actor: &Actor) -> Result<Entry, Failure> {
        let entry = batch.record(self.programme_no, &self.event)?;
        store::confirm(batch.connection()?, entry, self.payment_no, &actor.subject)?;
        Ok(entry)
    }
}
