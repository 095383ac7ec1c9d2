//! The tables of the campaign: contractors among `payee`, `campaign_contract`, `campaign_act`. Decides nothing.

use super::model::Status;
use crate::db::schema::{campaign_act, campaign_contract, payee, payee_personal, programme};
use crate::db::{Connection, Parsed, parsed_columns};
use crate::kernel::{ActId, ContractId, Kopecks, PayeeId, ProgrammeId};
use crate::writer::{Entry, Failure};
use chrono::NaiveDate;
use diesel::dsl::{exists, select};
use diesel::prelude::*;

parsed_columns!(Status);

const CONTRACTOR: &str = "contractor";

#[derive(Insertable)]
#[diesel(table_name = campaign_contract)]
pub struct NewContract {
    pub programme_no: i64,
    pub contract_id: ContractId,
    pub budget_line_no: i64,
    pub payee_no: i64,
    pub document_number: String,
    pub signed_on: String,
    pub subject: String,
    pub amount_kopecks: Kopecks,
    pub status: &'static str,
}

#[derive(Insertable)]
#[diesel(table_name = campaign_act)]
pub struct NewAct {
    pub programme_no: i64,
    pub act_id: ActId,
    pub contract_no: i64,
    pub document_number: String,
    pub accepted_on: String,
    pub amount_kopecks: Kopecks,
}

/// A contract.
#[derive(Queryable, Selectable)]
#[diesel(table_name = campaign_contract)]
pub struct ContractRow {
    pub programme_no: i64,
    #[diesel(select_expression = programme::programme_id)]
    pub programme_id: ProgrammeId,
    pub contract_no: i64,
    pub contract_id: ContractId,
    pub budget_line_no: i64,
    pub payee_no: i64,
    #[diesel(select_expression = payee::payee_id)]
    pub payee_id: PayeeId,
    pub document_number: String,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub signed_on: NaiveDate,
    pub subject: String,
    pub amount_kopecks: Kopecks,
    #[diesel(deserialize_as = Parsed<Status>)]
    pub status: Status,
}

/// An accepted act.
#[derive(Queryable, Selectable)]
#[diesel(table_name = campaign_act)]
pub struct ActRow {
    pub act_id: ActId,
    pub document_number: String,
    #[diesel(deserialize_as = Parsed<NaiveDate>)]
    pub accepted_on: NaiveDate,
    pub amount_kopecks: Kopecks,
}

/// A contractor as the treasury sees them.
#[derive(Queryable, Selectable)]
#[diesel(table_name = payee)]
pub struct Contractor {
    pub payee_no: i64,
    pub payee_id: PayeeId,
    #[diesel(select_expression = payee_personal::name)]
    pub name: String,
}

pub fn insert_contractor(
    connection: &mut Connection,
    payee_no: i64,
    id: PayeeId,
    name: &str,
) -> Result<(), Failure> {
    diesel::insert_into(payee::table)
        .values((payee::payee_no.eq(payee_no), payee::payee_id.eq(id), payee::kind.eq(CONTRACTOR)))
        .execute(connection)?;
    diesel::insert_into(payee_personal::table)
        .values((payee_personal::payee_no.eq(payee_no), payee_personal::name.eq(name)))
        .execute(connection)?;
    Ok(())
}

/// The number of a contractor.
pub fn contractor(connection: &mut Connection, id: PayeeId) -> QueryResult<Option<i64>> {
    payee::table
        .filter(payee::payee_id.eq(id))
        .filter(payee::kind.eq(CONTRACTOR))
        .select(payee::payee_no)
        .get_result(connection)
        .optional()
}

/// Contractors in the order they were registered, after `after`.
pub fn contractors(connection: &mut Connection, after: i64, limit: i64) -> QueryResult<Vec<Contractor>> {
    payee::table
        .inner_join(payee_personal::table.on(payee_personal::payee_no.eq(payee::payee_no)))
        .filter(payee::kind.eq(CONTRACTOR))
        .filter(payee::payee_no.gt(after))
        .order(payee::payee_no)
        .select(Contractor::as_select())
        .limit(limit)
        .load(connection)
}

pub fn has_contract(connection: &mut Connection, programme_no: i64, number: &str) -> QueryResult<bool> {
    let same = campaign_contract::table
        .filter(campaign_contract::programme_no.eq(programme_no))
        .filter(campaign_contract::document_number.eq(number));
    select(exists(same)).get_result(connection)
}

pub fn insert_contract(
    connection: &mut Connection,
    contract_no: i64,
    new: &NewContract,
) -> Result<(), Failure> {
    diesel::insert_into(campaign_contract::table)
        .values((campaign_contract::contract_no.eq(contract_no), new))
        .execute(connection)?;
    Ok(())
}

pub fn insert_act(connection: &mut Connection, act_no: i64, new: &NewAct) -> Result<(), Failure> {
    diesel::insert_into(campaign_act::table)
        .values((campaign_act::act_no.eq(act_no), new))
        .execute(connection)?;
    Ok(())
}

macro_rules! contracts {
    () => {
        campaign_contract::table
            .inner_join(programme::table.on(programme::programme_no.eq(campaign_contract::programme_no)))
            .inner_join(payee::table.on(payee::payee_no.eq(campaign_contract::payee_no)))
            .select(ContractRow::as_select())
    };
}

pub fn contract(connection: &mut Connection, id: ContractId) -> QueryResult<Option<ContractRow>> {
    contracts!().filter(campaign_contract::contract_id.eq(id)).get_result(connection).optional()
}

/// Contracts of a programme in the order they were signed, after `after`.
pub fn contracts(
    connection: &mut Connection,
    programme_no: i64,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<ContractRow>> {
    contracts!()
        .filter(campaign_contract::programme_no.eq(programme_no))
        .filter(campaign_contract::contract_no.gt(after))
        .order(campaign_contract::contract_no)
        .limit(limit)
        .load(connection)
}

/// The acts of a contract in the order they were accepted.
pub fn acts(connection: &mut Connection, programme_no: i64, contract_no: i64) -> QueryResult<Vec<ActRow>> {
    campaign_act::table
        .filter(campaign_act::programme_no.eq(programme_no))
        .filter(campaign_act::contract_no.eq(contract_no))
        .order(campaign_act::act_no)
        .select(ActRow::as_select())
        .load(connection)
}

/// All acts together: no more than their contract, so that they fit 64 bits.
pub fn sum(acts: &[ActRow]) -> Result<Kopecks, Failure> {
    let sum = Kopecks::sum(acts.iter().map(|act| act.amount_kopecks));
    sum.ok_or_else(|| Failure::Inconsistent("acts of a contract do not fit 64 bits".into()))
}

/// Marks a contract ended by the transaction at `entry`.
pub fn end(connection: &mut Connection, entry: Entry, contract_no: i64) -> Result<(), Failure> {
    let changed = diesel::update(campaign_contract::table.find((entry.programme_no, contract_no)))
        .filter(campaign_contract::status.eq(Status::Signed.as_str()))
        .set((
            campaign_contract::status.eq(Status::Ended.as_str()),
            campaign_contract::ended_log_index.eq(entry.log_index),
        ))
        .execute(connection)?;
    if changed == 1 {
        Ok(())
    } else {
        Err(Failure::Inconsistent(format!("contract {contract_no} was not in force")))
    }
}
