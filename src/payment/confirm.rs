//! Confirming a payment: money left, and every redemption and session, or act, behind it is known.

use super::model::{self, PaymentState, Status};
use super::some;
use super::store::{self, Confirmed, ToDecide};
use crate::kernel::{Actor, Month, PaymentId, Refusal, Timestamp};
use crate::ledger::model::{Event, Kind};
use crate::ledger::rules::{self, Part};
use crate::ledger::shares::{self, UnpaidShare};
use crate::period;
use crate::writer::{Batch, Change, Command, Done, Entry, Failure, Stop};
use chrono::NaiveDate;

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
        let paying = Paying::decide(batch, &self.actor, &payment)?;
        let actor = self.actor.clone();
        Ok(Box::new(move |batch| Ok(Done::new(reply, some(make(&[paying], batch, &actor)?)?))))
    }
}

/// A payment that is decided and about to be made.
pub(crate) struct Paying {
    programme_no: i64,
    payment_no: i64,
    paid: Vec<Part>,
    event: Event,
}

impl Paying {
    /// Whether `actor` may confirm this payment, and what it then pays.
    ///
    /// # Errors
    /// Those of [`Self::of`]; the store's.
    fn decide(batch: &mut Batch<'_>, actor: &Actor, payment: &ToDecide) -> Result<Self, Stop> {
        let today = batch.now().date();
        let connection = batch.connection()?;
        let unpaid = shares::unpaid_of_payee(connection, payment.programme_no, payment.payee_no)?;
        let closed = period::store::closed(connection, payment.programme_no)?;
        Ok(Self::of(actor, payment, unpaid, today, closed)?)
    }

    /// The same from what is known: what the payee is owed, and the last month that is closed.
    ///
    /// # Errors
    /// Those of [`model::confirm`]; `period_closed`.
    pub(crate) fn of(
        actor: &Actor,
        payment: &ToDecide,
        unpaid: Vec<UnpaidShare>,
        today: NaiveDate,
        closed: Option<Month>,
    ) -> Result<Self, Refusal> {
        let &ToDecide { programme_no, payment_no, paid_on, .. } = payment;
        let facts = model::ConfirmFacts {
            status: payment.status,
            prepared_by: payment.prepared_by.clone(),
            paid_on,
            today,
            amount: payment.amount_kopecks,
            payment_no,
            unpaid,
        };
        let paid = model::confirm(actor, &facts)?;
        period::model::open_on(paid_on, closed, "paid_on")?;
        let event = Event::new(Kind::PaymentMade, Timestamp::start_of_day(paid_on), actor.token_no)
            .about("payment", payment.payment_id.bytes())
            .moving(rules::pay(&paid));
        Ok(Self { programme_no, payment_no, paid, event })
    }

    /// What it pays to whom for what.
    pub(crate) fn paid(&self) -> &[Part] {
        &self.paid
    }
}

/// Makes payments that are decided, in their order; gives the last leaf.
///
/// # Errors
/// The store's.
pub(crate) fn make(
    paying: &[Paying],
    batch: &mut Batch<'_>,
    actor: &Actor,
) -> Result<Option<Entry>, Failure> {
    let mut last = None;
    let mut rows = Vec::with_capacity(paying.len());
    for Paying { programme_no, payment_no, event, .. } in paying {
        let entry = batch.record(*programme_no, event)?;
        rows.push(Confirmed {
            programme_no: *programme_no,
            payment_no: *payment_no,
            log_index: entry.log_index,
            confirmed_by: &actor.subject,
        });
        last = Some(entry);
    }
    store::confirm(batch.connection()?, &rows)?;
    Ok(last)
}
