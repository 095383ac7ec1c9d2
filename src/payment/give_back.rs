//! The bank returned a payment: what it paid is owed again, to the kopeck and for the same hours or acts.

use super::model::{self, PaymentState, Status};
use super::store::{self, ToDecide};
use crate::db::Connection;
use crate::kernel::{Actor, Month, PaymentId, Reason, Refusal, Timestamp};
use crate::ledger::model::{Account, Event, Kind};
use crate::ledger::rules::{self, Part};
use crate::ledger::{facts, shares};
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
        let paid = paid_by(connection, &payment)?;
        let closed = period::store::closed(connection, payment.programme_no)?;
        let back = Back { returned_on: self.returned_on, reason: self.reason.clone() };
        let returning = Returning::of(&self.actor, &payment, back, &paid, today, closed)?;

        let amount = payment.amount_kopecks;
        let reply = PaymentState { payment_id: self.payment_id, status: Status::Returned, amount };
        let actor = self.actor.clone();
        Ok(Box::new(move |batch| Ok(Done::new(reply, returning.make(batch, &actor)?))))
    }
}

/// What a payment paid, part by part; nothing unless it is paid.
///
/// # Errors
/// The store's.
pub(crate) fn paid_by(connection: &mut Connection, payment: &ToDecide) -> Result<Vec<Part>, Failure> {
    if payment.status != Status::Paid {
        return Ok(Vec::new());
    }
    let log_index = payment.paid_log_index.ok_or_else(|| {
        Failure::Inconsistent(format!("payment {} is paid by no transaction", payment.payment_no))
    })?;
    let entry = Entry { programme_no: payment.programme_no, log_index };
    Ok(shares::debits_of(connection, entry, Account::Paid)?)
}

/// When the bank gave it back, and why.
pub(crate) struct Back {
    pub(crate) returned_on: NaiveDate,
    pub(crate) reason: Reason,
}

/// A return that is decided and about to be recorded.
pub(crate) struct Returning {
    programme_no: i64,
    payment_no: i64,
    back: Back,
    event: Event,
}

impl Returning {
    /// Whether the payment, which paid these parts, can have come back.
    ///
    /// # Errors
    /// Those of [`model::give_back`]; `period_closed`.
    pub(crate) fn of(
        actor: &Actor,
        payment: &ToDecide,
        back: Back,
        paid: &[Part],
        today: NaiveDate,
        closed: Option<Month>,
    ) -> Result<Self, Refusal> {
        model::give_back(payment.status, payment.paid_on, back.returned_on, today)?;
        period::model::open_on(back.returned_on, closed, "returned_on")?;
        let returned_at = Timestamp::start_of_day(back.returned_on);
        let event = Event::new(Kind::PaymentReturned, returned_at, actor.token_no)
            .about("payment", payment.payment_id.bytes())
            .about(facts::REASON, &facts::of_reason(back.reason.as_str()))
            .moving(rules::return_payment(paid));
        let &ToDecide { programme_no, payment_no, .. } = payment;
        Ok(Self { programme_no, payment_no, back, event })
    }

    /// Records it.
    ///
    /// # Errors
    /// The store's.
    pub(crate) fn make(self, batch: &mut Batch<'_>, actor: &Actor) -> Result<Entry, Failure> {
        let entry = batch.record(self.programme_no, &self.event)?;
        let Back { returned_on, reason } = self.back;
        let back = store::Back {
            returned_on: returned_on.to_string(),
            returned_by: actor.subject.clone(),
            reason: reason.to_string(),
        };
        store::give_back(batch.connection()?, entry, self.payment_no, &back)?;
        Ok(entry)
    }
}
