//! Confirming a payment: money left, and every redemption and session behind it is known.

use super::model::{self, PaymentState, Status};
use super::store;
use crate::kernel::{Actor, PaymentId, Refusal, Timestamp};
use crate::ledger::model::{Event, Kind};
use crate::ledger::{rules, shares};
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Stop};

/// Confirms a prepared payment; takes another person than the one who prepared it.
pub struct ConfirmPayment {
    pub payment_id: PaymentId,
    pub actor: Actor,
}

impl Command for ConfirmPayment {
    type Reply = PaymentState;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<PaymentState>, Stop> {
        let today = batch.now().date();
        let connection = batch.connection()?;
        let payment = store::payment_to_decide(connection, self.payment_id)?
            .ok_or_else(|| Refusal::not_found("payment"))?;
        let programme_no = payment.programme_no;
        let line = ProgrammeFacts::by_no(connection, programme_no)?.instructor_line()?;
        let facts = model::ConfirmFacts {
            status: payment.status,
            prepared_by: payment.prepared_by,
            paid_on: payment.paid_on,
            today,
            amount: payment.amount_kopecks,
            payment_no: payment.payment_no,
            payee_no: payment.payee_no,
            unpaid: shares::unpaid_of_payee(connection, programme_no, payment.payee_no)?,
        };
        let paid = model::confirm(&self.actor, &facts)?;

        let reply = PaymentState { payment_id: self.payment_id, status: Status::Paid, amount: facts.amount };
        let paid_at = Timestamp::start_of_day(facts.paid_on);
        let event = Event::new(Kind::PaymentMade, paid_at, self.actor.token_no)
            .about("payment", self.payment_id.bytes())
            .moving(rules::pay(line, &paid));
        let confirmed_by = self.actor.subject.clone();
        let payment_no = facts.payment_no;
        Ok(Box::new(move |batch| {
            let entry = batch.record(programme_no, &event)?;
            store::confirm(batch.connection()?, entry, payment_no, &confirmed_by)?;
            Ok(Done::new(reply, entry))
        }))
    }
}
