//! The bank returned a payment: what it paid is owed again, to the kopeck and for the same hours or acts.

use super::model::{self, PaymentState, Status};
use super::store;
use crate::kernel::{Actor, PaymentId, Reason, Refusal, Timestamp};
use crate::ledger::model::{Account, Event, Kind};
use crate::ledger::{facts, rules, shares};
use crate::period;
use crate::writer::{Batch, Change, Command, Done, Entry, Failure, Stop};
use chrono::NaiveDate;

/// Records that the bank returned a payment. The number of its order stays used; what is owed is paid by another.
pub struct ReturnPayment {
    pub payment_id: PaymentId,
    pub actor: Actor,
    pub returned_on: NaiveDate,
    pub reason: Reason,
}

impl Command for ReturnPayment {
    type Reply = PaymentState;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<PaymentState>, Stop> {
        let today = batch.now().date();
        let connection = batch.connection()?;
        let payment = store::payment_to_decide(connection, self.payment_id)?
            .ok_or_else(|| Refusal::not_found("payment"))?;
        let programme_no = payment.programme_no;
        model::give_back(payment.status, payment.paid_on, self.returned_on, today)?;
        period::require_open(connection, programme_no, self.returned_on, "returned_on")?;
        let log_index = payment.paid_log_index.ok_or_else(|| {
            Failure::Inconsistent(format!("payment {} is paid by no transaction", payment.payment_no))
        })?;
        let paid = shares::debits_of(connection, Entry { programme_no, log_index }, Account::Paid)?;

        let amount = payment.amount_kopecks;
        let reply = PaymentState { payment_id: self.payment_id, status: Status::Returned, amount };
        let returned_on = self.returned_on.to_string();
        let returned_at = Timestamp::start_of_day(self.returned_on);
        let event = Event::new(Kind::PaymentReturned, returned_at, self.actor.token_no)
            .about("payment", self.payment_id.bytes())
            .about(facts::REASON, &facts::of_reason(self.reason.as_str()))
            .moving(rules::return_payment(&paid));
        let back = store::Back {
            returned_on,
            returned_by: self.actor.subject.clone(),
            reason: self.reason.to_string(),
        };
        Ok(Box::new(move |batch| {
            let entry = batch.record(programme_no, &event)?;
            store::give_back(batch.connection()?, entry, payment.payment_no, &back)?;
            Ok(Done::new(reply, entry))
        }))
    }
}
