//! Preparing a payment.

use super::model::{self, PaymentState, Status};
use super::store::{self, NewPayment};
use crate::kernel::{Actor, Code, Kopecks, PayeeId, PaymentId, ProgrammeId, Refusal, Text};
use crate::ledger::model::{Event, Kind};
use crate::ledger::{facts, shares};
use crate::period;
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Stop};
use chrono::NaiveDate;

/// The number of a payment order.
pub type DocumentNumber = Text<1, 64>;

/// Prepares a payment to a payee; no money moves before another person confirms it.
pub struct PreparePayment {
    pub payment_id: PaymentId,
    pub actor: Actor,
    pub programme_id: ProgrammeId,
    pub payee_id: PayeeId,
    pub amount: Kopecks,
    pub document_number: DocumentNumber,
    pub paid_on: NaiveDate,
}

impl Command for PreparePayment {
    type Reply = PaymentState;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<PaymentState>, Stop> {
        let now = batch.now();
        let connection = batch.connection()?;
        let programme_no = ProgrammeFacts::find(connection, self.programme_id)?
            .ok_or_else(|| Refusal::not_found("programme").at("programme_id"))?
            .programme_no;
        let payee_no = store::payee(connection, self.payee_id)?
            .ok_or_else(|| Refusal::not_found("payee").at("payee_id"))?;
        let number = self.document_number.as_str();
        if store::has_document(connection, programme_no, number)? {
            return Err(Refusal::new(Code::AlreadyExists)
                .at("document_number")
                .with("what", "payment")
                .into());
        }
        period::require_open(connection, programme_no, self.paid_on, "paid_on")?;
        model::prepare(self.amount, &shares::unpaid_of_payee(connection, programme_no, payee_no)?)?;

        let reply =
            PaymentState { payment_id: self.payment_id, status: Status::Prepared, amount: self.amount };
        let paid_on = self.paid_on.to_string();
        let event = Event::new(Kind::PaymentPrepared, now, self.actor.token_no)
            .about("payment", self.payment_id.bytes())
            .about("payee", self.payee_id.bytes())
            .about(facts::SUBJECT, &facts::of_payment(number, &paid_on, self.amount));
        let payment = NewPayment {
            programme_no,
            payment_id: self.payment_id,
            payee_no,
            document_number: number.to_owned(),
            paid_on,
            amount_kopecks: self.amount,
            status: Status::Prepared.as_str(),
            prepared_by: self.actor.subject.clone(),
            register_no: None,
        };
        Ok(Box::new(move |batch| {
            let payment_no = batch.next_index(programme_no)?;
            store::insert(batch.connection()?, payment_no, &payment)?;
            let entry = batch.record(programme_no, &event)?;
            Ok(Done::new(reply, entry))
        }))
    }
}
