//! Accepting an act: work of a contract was done, its price is owed to the contractor.

use super::model::{self, AcceptFacts, DocumentNumber};
use super::store::{self, NewAct};
use crate::kernel::{ActId, Code, ContractId, Kopecks, Refusal, Timestamp};
use crate::ledger::model::{Dimensions, Event, Kind};
use crate::ledger::{facts, rules};
use crate::period;
use crate::proposal::act::{Acting, Hands};
use crate::writer::{Batch, Stop};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// An act of accepted work.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ActAcceptance {
    pub act_id: ActId,
    pub contract_id: ContractId,
    pub document_number: DocumentNumber,
    pub accepted_on: NaiveDate,
    pub amount: Kopecks,
}

/// See [`crate::proposal::Act::decide`].
///
/// # Errors
/// `not_found`; `already_exists`; those of [`model::accept`]; `period_closed`.
pub fn decide(act: &ActAcceptance, batch: &mut Batch<'_>, hands: Hands) -> Result<Acting, Stop> {
    let Hands { programme_no, proposal_id, actor } = hands;
    let today = batch.now().date();
    let connection = batch.connection()?;
    let contract = store::contract(connection, act.contract_id)?
        .filter(|contract| contract.programme_no == programme_no)
        .ok_or_else(|| Refusal::not_found("contract"))?;
    let acts = store::acts(connection, programme_no, contract.contract_no)?;
    if acts.iter().any(|other| other.document_number == act.document_number.as_str()) {
        let refusal = Refusal::new(Code::AlreadyExists).at("document_number");
        return Err(refusal.with("what", "act").into());
    }
    period::require_open(connection, programme_no, act.accepted_on, "accepted_on")?;
    let facts = AcceptFacts {
        status: contract.status,
        signed_on: contract.signed_on,
        today,
        contract: contract.amount_kopecks,
        accepted: store::sum(&acts)?,
    };
    model::accept(act.amount, act.accepted_on, &facts)?;

    let accepted_on = act.accepted_on.to_string();
    let digest = facts::of_payment(act.document_number.as_str(), &accepted_on, act.amount);
    let new = NewAct {
        programme_no,
        act_id: act.act_id,
        contract_no: contract.contract_no,
        document_number: act.document_number.to_string(),
        accepted_on,
        amount_kopecks: act.amount,
    };
    let act = act.clone();
    Ok(Box::new(move |batch| {
        let act_no = batch.next_index(programme_no)?;
        store::insert_act(batch.connection()?, act_no, &new)?;
        let about = Dimensions {
            payee_no: Some(contract.payee_no),
            contract_no: Some(contract.contract_no),
            act_no: Some(act_no),
            ..Dimensions::default()
        };
        let event = Event::new(Kind::ActAccepted, Timestamp::start_of_day(act.accepted_on), actor.token_no)
            .about("act", act.act_id.bytes())
            .about("contract", act.contract_id.bytes())
            .about("proposal", proposal_id.bytes())
            .about(facts::SUBJECT, &digest)
            .moving(rules::accrue(contract.budget_line_no, &[(about, act.amount)]));
        batch.record(programme_no, &event)
    }))
}
