//! Ending a contract: what was not accepted of it is available again.

use super::store;
use crate::kernel::{ContractId, Kopecks, Refusal};
use crate::ledger::facts;
use crate::ledger::model::{Dimensions, Event, Kind};
use crate::ledger::rules;
use crate::proposal::act::{Acting, Hands};
use crate::writer::{Batch, Stop};
use serde::{Deserialize, Serialize};

/// The end of a contract: fulfilled, or given up.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ContractEnding {
    pub contract_id: ContractId,
    pub reason: String,
}

/// See [`crate::proposal::Act::decide`].
///
/// # Errors
/// `not_found`; `invalid_transition` when it has ended.
pub fn decide(act: &ContractEnding, batch: &mut Batch<'_>, hands: Hands) -> Result<Acting, Stop> {
    let Hands { programme_no, proposal_id, actor } = hands;
    let connection = batch.connection()?;
    let contract = store::contract(connection, act.contract_id)?
        .filter(|contract| contract.programme_no == programme_no)
        .ok_or_else(|| Refusal::not_found("contract"))?;
    contract.status.expect_signed("end")?;
    let accepted = store::sum(&store::acts(connection, programme_no, contract.contract_no)?)?;
    let left = Kopecks::new(contract.amount_kopecks.get() - accepted.get());
    let act = act.clone();
    Ok(Box::new(move |batch| {
        let about = Dimensions {
            payee_no: Some(contract.payee_no),
            contract_no: Some(contract.contract_no),
            ..Dimensions::default()
        };
        let event = Event::new(Kind::ContractEnded, batch.now(), actor.token_no)
            .about("contract", act.contract_id.bytes())
            .about("proposal", proposal_id.bytes())
            .about(facts::REASON, &facts::of_reason(&act.reason))
            .moving(rules::release_obligation(contract.budget_line_no, &[(about, left)]));
        let entry = batch.record(programme_no, &event)?;
        store::end(batch.connection()?, entry, contract.contract_no)?;
        Ok(entry)
    }))
}
