//! Registers: one document that pays many payees. Prepared by one person, confirmed or withdrawn by another as a whole;
//! each of its lines is a payment like any other, and traced like any other.

use super::confirm::{self, Paying};
use super::model::{self, Status};
use super::some;
use super::store::{self, NewPayment, NewRegister, ToDecide};
use super::withdraw::withdraw;
use crate::kernel::{
    Actor, Code, Kopecks, PayeeId, PaymentId, ProgrammeId, Reason, Refusal, RegisterId, Text,
};
use crate::ledger::model::{Event, Kind};
use crate::ledger::{facts, shares};
use crate::period;
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Stop};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Lines of a register, at most.
pub const MOST_LINES: usize = 5_000;

/// The number of a register's document; its payments are numbered `number/line`.
pub type RegisterNumber = Text<1, 58>;

/// A line of a register.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub payee_id: PayeeId,
    pub amount: Kopecks,
}

/// Prepares a register; no money moves before another person confirms it.
pub struct PrepareRegister {
    pub register_id: RegisterId,
    pub actor: Actor,
    pub programme_id: ProgrammeId,
    pub document_number: RegisterNumber,
    pub paid_on: NaiveDate,
    /// Each with the id of its payment.
    pub lines: Vec<(PaymentId, Line)>,
}

/// Where a register is after something was done to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RegisterState {
    pub register_id: RegisterId,
    /// Of all its payments that were prepared.
    pub status: Status,
    pub payments: i64,
    /// Of these payments together.
    pub amount: Kopecks,
}

impl Command for PrepareRegister {
    type Reply = RegisterState;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<RegisterState>, Stop> {
        if self.lines.is_empty() || self.lines.len() > MOST_LINES {
            return Err(Refusal::field("lines", format!("1 to {MOST_LINES} lines")).into());
        }
        let now = batch.now();
        let connection = batch.connection()?;
        let programme_no = ProgrammeFacts::find(connection, self.programme_id)?
            .ok_or_else(|| Refusal::not_found("programme").at("programme_id"))?
            .programme_no;
        period::require_open(connection, programme_no, self.paid_on, "paid_on")?;
        if store::has_register(connection, programme_no, self.document_number.as_str())? {
            let refusal = Refusal::new(Code::AlreadyExists).at("document_number");
            return Err(refusal.with("what", "payment_register").into());
        }
        let payees = store::payees(connection, self.lines.iter().map(|(_, line)| line.payee_id))?;
        let owed = store::owed(connection, programme_no, payees.values().copied())?;
        let payee_nos = check_lines(self.lines.iter().map(|(_, line)| line), &payees, &owed)?;
        let total = total(self.lines.iter().map(|(_, line)| line.amount))?;

        let reply = RegisterState {
            register_id: self.register_id,
            status: Status::Prepared,
            payments: self.lines.len() as i64,
            amount: total,
        };
        let register = NewRegister {
            programme_no,
            register_id: self.register_id,
            document_number: self.document_number.to_string(),
            paid_on: self.paid_on.to_string(),
        };
        let actor = self.actor.clone();
        let lines: Vec<_> = self.lines.iter().cloned().zip(payee_nos).collect();
        Ok(Box::new(move |batch| {
            let register_no = batch.next_index(programme_no)?;
            store::insert_register(batch.connection()?, register_no, &register)?;
            let mut last = None;
            let mut payments = Vec::with_capacity(lines.len());
            for (number, ((payment_id, line), payee_no)) in (1..).zip(lines) {
                let document_number = format!("{}/{number}", register.document_number);
                let digest = facts::of_payment(&document_number, &register.paid_on, line.amount);
                let event = Event::new(Kind::PaymentPrepared, now, actor.token_no)
                    .about("payment", payment_id.bytes())
                    .about("payee", line.payee_id.bytes())
                    .about("register", register.register_id.bytes())
                    .about(facts::SUBJECT, &digest);
                let entry = batch.record(programme_no, &event)?;
                let new = NewPayment {
                    programme_no,
                    payment_id,
                    payee_no,
                    document_number,
                    paid_on: register.paid_on.clone(),
                    amount_kopecks: line.amount,
                    status: Status::Prepared.as_str(),
                    prepared_by: actor.subject.clone(),
                    register_no: Some(register_no),
                };
                payments.push((entry.log_index, new));
                last = Some(entry);
            }
            store::insert_all(batch.connection()?, &payments)?;
            Ok(Done::new(reply, some(last)?))
        }))
    }
}

/// Whether each line can be paid, as things stand; gives the payees' numbers.
fn check_lines<'l>(
    lines: impl Iterator<Item = &'l Line>,
    payees: &HashMap<PayeeId, i64>,
    owed: &HashMap<i64, Kopecks>,
) -> Result<Vec<i64>, Refusal> {
    let mut seen = HashMap::new();
    let mut payee_nos = Vec::new();
    for (place, line) in lines.enumerate() {
        let at = |field: &str| format!("lines[{place}].{field}");
        let payee_no =
            *payees.get(&line.payee_id).ok_or_else(|| Refusal::not_found("payee").at(at("payee_id")))?;
        if let Some(first) = seen.insert(payee_no, place) {
            return Err(Refusal::field(at("payee_id"), "one line for each payee").with("first_line", first));
        }
        let owed = owed.get(&payee_no).copied().unwrap_or_default();
        model::check_amount(line.amount, i128::from(owed.get()))
            .map_err(|refusal| refusal.at(at("amount")).with("payee_id", line.payee_id))?;
        payee_nos.push(payee_no);
    }
    Ok(payee_nos)
}

/// Confirms what is still prepared of a register; takes another person than the one who prepared it.
pub struct ConfirmRegister {
    pub register_id: RegisterId,
    pub actor: Actor,
}

impl Command for ConfirmRegister {
    type Reply = RegisterState;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<RegisterState>, Stop> {
        let payments = prepared(batch, self.register_id, "confirm")?;
        let reply = state(self.register_id, Status::Paid, &payments)?;
        let today = batch.now().date();
        let connection = batch.connection()?;
        let programme_no = payments[0].programme_no;
        let closed = period::store::closed(connection, programme_no)?;
        let payee_nos: Vec<i64> = payments.iter().map(|payment| payment.payee_no).collect();
        let mut unpaid = shares::unpaid_of_payees(connection, programme_no, &payee_nos)?;
        let mut paying = Vec::with_capacity(payments.len());
        for payment in &payments {
            // Each line has another payee: what one is owed does not depend on the others.
            let unpaid = unpaid.remove(&payment.payee_no).unwrap_or_default();
            paying.push(Paying::of(&self.actor, payment, unpaid, today, closed)?);
        }
        let actor = self.actor.clone();
        Ok(Box::new(move |batch| Ok(Done::new(reply, some(confirm::make(&paying, batch, &actor)?)?))))
    }
}

/// Withdraws what is still prepared of a register.
pub struct WithdrawRegister {
    pub register_id: RegisterId,
    pub actor: Actor,
    pub reason: Reason,
}

impl Command for WithdrawRegister {
    type Reply = RegisterState;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<RegisterState>, Stop> {
        let payments = prepared(batch, self.register_id, "withdraw")?;
        let reply = state(self.register_id, Status::Withdrawn, &payments)?;
        let (actor, reason) = (self.actor.clone(), self.reason.clone());
        Ok(Box::new(move |batch| Ok(Done::new(reply, some(withdraw(&payments, batch, &actor, &reason)?)?))))
    }
}

/// The payments of a register that still wait.
///
/// # Errors
/// `not_found`; `invalid_transition` when none does.
fn prepared(batch: &mut Batch<'_>, id: RegisterId, attempted: &str) -> Result<Vec<ToDecide>, Stop> {
    let mut payments = store::payments_of_register(batch.connection()?, id)?;
    let first = payments.first().ok_or_else(|| Refusal::not_found("payment_register"))?.status;
    payments.retain(|payment| payment.status == Status::Prepared);
    if payments.is_empty() {
        return Err(Refusal::invalid_transition(attempted, first.as_str(), &[]).into());
    }
    Ok(payments)
}

fn state(register_id: RegisterId, status: Status, of: &[ToDecide]) -> Result<RegisterState, Refusal> {
    let amount = total(of.iter().map(|payment| payment.amount_kopecks))?;
    Ok(RegisterState { register_id, status, payments: of.len() as i64, amount })
}

fn total(amounts: impl Iterator<Item = Kopecks>) -> Result<Kopecks, Refusal> {
    Kopecks::sum(amounts).ok_or_else(|| Refusal::field("lines", "a sum that fits 64 bits"))
}
