//! Payments, spread over what their payee is owed.

use super::state::{Payment, State};
use super::words::wrong;
use super::{Entry, Wrong};
use crate::kernel::Kopecks;
use crate::ledger::model::{Account, Postings};
use crate::ledger::shares::UnpaidShare;
use crate::ledger::{rules, spread};

/// Its facts are number of the order, day and kopecks.
pub(super) fn prepared(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let payment = Payment {
        payment_no: entry.log_index,
        payee: entry.id("payee")?,
        amount: entry.facts.map(|facts| entry.figure(facts, 2)).transpose()?.map(Kopecks::new),
        is_prepared: true,
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
    let (log_index, line) = (entry.log_index, state.line(entry)?);
    let Payment { payment_no, payee, amount, .. } = *decided(state, entry)?;
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
        .filter_map(|(&(redemption_no, session_no), amount)| {
            let share = state.redemptions.get(&redemption_no)?.share(redemption_no, *amount);
            Some(UnpaidShare { share, session_no })
        })
        .collect();
    match spread::payment(payment_no, payee_no, amount, &unpaid) {
        Ok(shares) => Ok(rules::pay(line, &shares)),
        Err(error) => Err(wrong!(
            log_index,
            "получателю {payee_no} не должны {amount}: {error}",
            "payee {payee_no} is not owed {amount}: {error}"
        )),
    }
}
