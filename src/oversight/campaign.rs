//! What the information campaign has spent of its line: contracts, the work accepted of them, what is paid.

use super::execution::{self, LineExecution};
use crate::campaign::store::{self, ActRow, ContractRow};
use crate::db::Connection;
use crate::kernel::Kopecks;
use crate::ledger::as_of::AsOf;
use crate::programme::model::BudgetItem;
use crate::writer::{Failure, Stop};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;
use std::collections::HashMap;

/// A contract with what became of its amount.
pub struct OfContract {
    pub contract: ContractRow,
    pub contractor: String,
    pub acts: Vec<ActRow>,
    pub accepted: Kopecks,
    pub paid: Kopecks,
}

pub struct Spending {
    /// None while the programme has no line for the campaign.
    pub line: Option<LineExecution>,
    /// In the order they were signed.
    pub contracts: Vec<OfContract>,
}

#[derive(QueryableByName)]
struct Paid {
    #[diesel(sql_type = BigInt)]
    contract_no: i64,
    #[diesel(sql_type = BigInt)]
    paid: Kopecks,
}

/// # Errors
/// The database's.
pub fn spending(connection: &mut Connection, programme_no: i64) -> Result<Spending, Stop> {
    let as_of = AsOf::find(connection, programme_no, None)?;
    let lines = execution::budget(connection, programme_no, as_of, None)?;
    let line = lines.into_iter().find(|line| line.item == BudgetItem::InformationCampaign.as_str());
    let paid: Vec<Paid> = sql_query(
        "SELECT contract_no, CAST(SUM(amount_kopecks) AS BIGINT) AS paid FROM posting
         WHERE programme_no = $1 AND account = 5 AND contract_no IS NOT NULL GROUP BY contract_no",
    )
    .bind::<BigInt, _>(programme_no)
    .load(connection)?;
    let paid: HashMap<i64, Kopecks> = paid.into_iter().map(|row| (row.contract_no, row.paid)).collect();
    let names: HashMap<i64, String> = store::contractors(connection, -1, i64::MAX)?
        .into_iter()
        .map(|contractor| (contractor.payee_no, contractor.name))
        .collect();
    let contracts = store::contracts(connection, programme_no, -1, i64::MAX)?;
    let of_contract = |contract: ContractRow| {
        let acts = store::acts(connection, programme_no, contract.contract_no)?;
        Ok(OfContract {
            contractor: names.get(&contract.payee_no).cloned().unwrap_or_default(),
            accepted: store::sum(&acts)?,
            paid: paid.get(&contract.contract_no).copied().unwrap_or_default(),
            acts,
            contract,
        })
    };
    let contracts = contracts.into_iter().map(of_contract).collect::<Result<_, Failure>>()?;
    Ok(Spending { line, contracts })
}
