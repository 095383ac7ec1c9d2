//! What two people agreed on against its leaves: contracts and acts of the campaign, and closed months.

use super::Records;
use crate::db::Connection;
use crate::db::schema::{campaign_act, campaign_contract, payee, period};
use crate::kernel::{ActId, ContractId, Kopecks, PayeeId};
use crate::ledger::facts;
use diesel::prelude::*;
use std::ops::RangeInclusive;

pub(super) fn contracts(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let rows: Vec<(i64, ContractId, PayeeId, String, String, String, Kopecks)> = campaign_contract::table
        .inner_join(payee::table.on(payee::payee_no.eq(campaign_contract::payee_no)))
        .filter(campaign_contract::programme_no.eq(programme_no))
        .filter(campaign_contract::contract_no.between(range.start(), range.end()))
        .select((
            campaign_contract::contract_no,
            campaign_contract::contract_id,
            payee::payee_id,
            campaign_contract::document_number,
            campaign_contract::signed_on,
            campaign_contract::subject,
            campaign_contract::amount_kopecks,
        ))
        .load(connection)?;
    let records =
        rows.into_iter().map(|(no, contract, payee, document_number, signed_on, subject, amount)| {
            let digest = facts::of_contract(&document_number, &signed_on, &subject, amount);
            let subjects = vec![
                ("contract", contract.bytes().to_vec()),
                ("payee", payee.bytes().to_vec()),
                (facts::SUBJECT, digest.to_vec()),
            ];
            (no, subjects)
        });
    Ok(records.collect())
}

pub(super) fn acts(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let rows: Vec<(i64, ActId, ContractId, String, String, Kopecks)> = campaign_act::table
        .inner_join(
            campaign_contract::table.on(campaign_contract::programme_no
                .eq(campaign_act::programme_no)
                .and(campaign_contract::contract_no.eq(campaign_act::contract_no))),
        )
        .filter(campaign_act::programme_no.eq(programme_no))
        .filter(campaign_act::act_no.between(range.start(), range.end()))
        .select((
            campaign_act::act_no,
            campaign_act::act_id,
            campaign_contract::contract_id,
            campaign_act::document_number,
            campaign_act::accepted_on,
            campaign_act::amount_kopecks,
        ))
        .load(connection)?;
    let records = rows.into_iter().map(|(no, act, contract, document_number, accepted_on, amount)| {
        let subjects = vec![
            ("act", act.bytes().to_vec()),
            ("contract", contract.bytes().to_vec()),
            (facts::SUBJECT, facts::of_payment(&document_number, &accepted_on, amount).to_vec()),
        ];
        (no, subjects)
    });
    Ok(records.collect())
}

/// Closed months, by the number of the leaf that closed them.
pub(super) fn periods(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
) -> QueryResult<Records> {
    let rows: Vec<(i64, String, String)> = period::table
        .filter(period::programme_no.eq(programme_no))
        .filter(period::closed_log_index.between(range.start(), range.end()))
        .select((period::closed_log_index, period::month, period::trial_balance))
        .load(connection)?;
    let records = rows.into_iter().map(|(no, month, trial_balance)| {
        let digest = facts::of_text(&trial_balance).to_vec();
        (no, vec![("month", month.into_bytes()), (facts::TRIAL_BALANCE, digest)])
    });
    Ok(records.collect())
}
