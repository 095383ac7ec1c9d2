//! Payments, spread over what their payee is owed.

use super::state::{Due, Payment, State};
use super::words::wrong;
use super::{Entry, Wrong};
use crate::kernel::Kopecks;
use crate::ledger::model::{Account, Dimensions, Postings};
use crate::ledger::shares::UnpaidShare;
use crate::ledger::{rules, spread};

/// Its facts are number of the order, day and kopecks.
pub(super) fn prepared(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let payment = Payment {
        payment_no: entry.log_index,
        payee: entry.id("payee")?,
        amount: entry.facts.map(|facts| entry.figure(facts, 2)).transpose()?.map(Kopecks::new),
        is_prepared: true,
        paid: Vec::new(),
        payee_no: 0,
    };
    state.payments.insert(entry.id("payment")?, payment);
    Ok(Postings::none())
}

/// Takes a prepared payment out of its wait.
fn decided<'s>(state: &'s mut State, entry: &Entry<'_>) -> Result<&'s Payment, Wrong> {
    let log_index = entry.log_index;
    let Some(payment) = state.payments.get_mut(&entry.id("payment")?) else {
        return Err(wrong!(log_index, "такого платежа в журнале нет", "there is no such payment in the log"));
    };
    let number = payment.payment_no;
    if std::mem::replace(&mut payment.is_prepared, false) {
        return Ok(payment);
    }
    Err(wrong!(
        log_index,
        "платёж {number} уже исполнен или отозван",
        "payment {number} was made or withdrawn already"
    ))
}

pub(super) fn withdrawn(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    decided(state, entry)?;
    Ok(Postings::none())
}

pub(super) fn made(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let log_index = entry.log_index;
    let &Payment { payment_no, payee, amount, .. } = decided(state, entry)?;
    let payee_no = entry.first()?.dimensions.payee_no.ok_or_else(|| {
        wrong!(log_index, "у платежа {payment_no} нет получателя", "payment {payment_no} names no payee")
    })?;
    state.know_payee(entry, payee, payee_no)?;
    let paid = entry.leaf.postings.iter().filter(|posting| posting.account == Account::Paid);
    let paid = Kopecks::sum(paid.map(|posting| posting.amount)).unwrap_or_default();
    let amount = amount.unwrap_or(paid);
    if amount != paid {
        return Err(wrong!(
            log_index,
            "платёж {payment_no} подготовлен на {amount}, а выплачено {paid}",
            "payment {payment_no} was prepared for {amount}, and {paid} was paid"
        ));
    }
    state.payments_made += 1;
    let owed = state.unpaid.get(&payee_no).into_iter().flatten();
    let unpaid: Vec<UnpaidShare> = owed
        .filter_map(|(due, amount)| {
            let (budget_line_no, redemption_id, dimensions) = state.about(*due, payee_no)?;
            Some(UnpaidShare { budget_line_no, redemption_id, dimensions, amount: *amount })
        })
        .collect();
    let parts = spread::payment(payment_no, amount, &unpaid).map_err(|error| {
        wrong!(
            log_index,
            "получателю {payee_no} не должны {amount}: {error}",
            "payee {payee_no} is not owed {amount}: {error}"
        )
    })?;
    if let Some(payment) = state.payments.get_mut(&entry.id("payment")?) {
        let paid = parts.iter().filter_map(|(_, about, part)| Some((Due::of(about)?, *part)));
        payment.paid = paid.collect();
        payment.payee_no = payee_no;
    }
    Ok(rules::pay(&parts))
}

/// The exact reverse of what it paid.
pub(super) fn returned(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let log_index = entry.log_index;
    let Some(payment) = state.payments.get_mut(&entry.id("payment")?) else {
        return Err(wrong!(log_index, "такого платежа в журнале нет", "there is no such payment in the log"));
    };
    let (number, payee_no, paid) = (payment.payment_no, payment.payee_no, std::mem::take(&mut payment.paid));
    if paid.is_empty() {
        return Err(wrong!(
            log_index,
            "платёж {number} не исполнен или уже возвращён",
            "payment {number} was not made, or was returned already"
        ));
    }
    state.payments_made -= 1;
    let parts = paid.into_iter().filter_map(|(due, amount)| {
        let (line, _, about) = state.about(due, payee_no)?;
        Some((line, Dimensions { payment_no: Some(number), ..about }, amount))
    });
    Ok(rules::return_payment(&parts.collect::<Vec<_>>()))
}
