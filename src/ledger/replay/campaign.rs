//! Contracts of the campaign, and the acts accepted under them.

use super::state::{Contract, State};
use super::words::wrong;
use super::{Entry, Wrong};
use crate::kernel::Kopecks;
use crate::ledger::model::{Dimensions, Postings};
use crate::ledger::rules;

/// Its facts are number, day, subject and kopecks.
pub(super) fn signed(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let (log_index, first) = (entry.log_index, *entry.first()?);
    let amount =
        entry.facts.map(|facts| entry.figure(facts, 3)).transpose()?.map_or(first.amount, Kopecks::new);
    let payee_no = first
        .dimensions
        .payee_no
        .ok_or_else(|| wrong!(log_index, "у контракта нет исполнителя", "a contract names no contractor"))?;
    if !amount.is_positive() || Some(first.budget_line_no) == state.instructor_line {
        let line_no = first.budget_line_no;
        return Err(wrong!(
            log_index,
            "контракт на {amount} на строке {line_no}",
            "a contract of {amount} on line {line_no}"
        ));
    }
    state.know_payee(entry, entry.id("payee")?, payee_no)?;
    let contract = Contract {
        contract_no: log_index,
        line_no: first.budget_line_no,
        payee_no,
        left: amount,
        has_ended: false,
    };
    let about = contract.about();
    let line_no = contract.line_no;
    state.contracts.insert(entry.id("contract")?, contract);
    Ok(rules::obligate(line_no, &[(about, amount)]))
}

fn in_force<'s>(state: &'s mut State, entry: &Entry<'_>) -> Result<&'s mut Contract, Wrong> {
    let log_index = entry.log_index;
    let found = state.contracts.get_mut(&entry.id("contract")?);
    found.filter(|contract| !contract.has_ended).ok_or_else(|| {
        wrong!(log_index, "такого действующего контракта нет", "there is no such contract in force")
    })
}

/// Its facts are number, day and kopecks.
pub(super) fn accepted(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let (log_index, first) = (entry.log_index, *entry.first()?);
    let amount =
        entry.facts.map(|facts| entry.figure(facts, 2)).transpose()?.map_or(first.amount, Kopecks::new);
    let contract = in_force(state, entry)?;
    let (contract_no, left) = (contract.contract_no, contract.left);
    contract.left = left.checked_sub(amount).filter(|rest| *rest >= Kopecks::ZERO).ok_or_else(|| {
        wrong!(
            log_index,
            "акт на {amount}, а от контракта {contract_no} осталось {left}",
            "an act of {amount}, contract {contract_no} has {left} left"
        )
    })?;
    let about = Dimensions { act_no: Some(log_index), ..contract.about() };
    Ok(rules::accrue(contract.line_no, &[(about, amount)]))
}

pub(super) fn ended(state: &mut State, entry: &Entry<'_>) -> Result<Postings, Wrong> {
    let contract = in_force(state, entry)?;
    contract.has_ended = true;
    let left = std::mem::take(&mut contract.left);
    Ok(rules::release_obligation(contract.line_no, &[(contract.about(), left)]))
}
