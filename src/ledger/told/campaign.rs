//! Facts of contracts and acts of the campaign.

use super::facts;
use crate::db::Connection;
use crate::db::schema::{campaign_act, campaign_contract};
use crate::kernel::Kopecks;
use diesel::prelude::*;

pub(super) fn contracts(
    connection: &mut Connection,
    programme_no: i64,
    first: i64,
    last: i64,
) -> QueryResult<Vec<(i64, Vec<String>)>> {
    let rows: Vec<(i64, String, String, String, Kopecks)> = campaign_contract::table
        .filter(campaign_contract::programme_no.eq(programme_no))
        .filter(campaign_contract::contract_no.between(first, last))
        .select((
            campaign_contract::contract_no,
            campaign_contract::document_number,
            campaign_contract::signed_on,
            campaign_contract::subject,
            campaign_contract::amount_kopecks,
        ))
        .load(connection)?;
    let facts = rows.into_iter().map(|(number, document_number, signed_on, subject, amount)| {
        (number, facts::contract(&document_number, &signed_on, &subject, amount).to_vec())
    });
    Ok(facts.collect())
}

pub(super) fn acts(
    connection: &mut Connection,
    programme_no: i64,
    first: i64,
    last: i64,
) -> QueryResult<Vec<(i64, Vec<String>)>> {
    let rows: Vec<(i64, String, String, Kopecks)> = campaign_act::table
        .filter(campaign_act::programme_no.eq(programme_no))
        .filter(campaign_act::act_no.between(first, last))
        .select((
            campaign_act::act_no,
            campaign_act::document_number,
            campaign_act::accepted_on,
            campaign_act::amount_kopecks,
        ))
        .load(connection)?;
    let facts = rows.into_iter().map(|(number, document_number, accepted_on, amount)| {
        (number, facts::payment(&document_number, &accepted_on, amount).to_vec())
    });
    Ok(facts.collect())
}
