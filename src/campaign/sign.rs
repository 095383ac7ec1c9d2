//! Signing a contract: its amount is obligated.

use super::model::{self, DocumentNumber, Status, Subject};
use super::store::{self, NewContract};
use crate::kernel::{Code, ContractId, Kopecks, PayeeId, Refusal, Timestamp};
use crate::ledger::model::{Account, Dimensions, Event, Kind};
use crate::ledger::{facts, rules};
use crate::period;
use crate::programme::ProgrammeFacts;
use crate::programme::model::BudgetItem;
use crate::proposal::act::{Acting, Hands};
use crate::writer::{Batch, Stop};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A contract with a contractor, out of the line of the campaign.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ContractSigning {
    pub contract_id: ContractId,
    pub contractor_id: PayeeId,
    pub document_number: DocumentNumber,
    pub signed_on: NaiveDate,
    pub subject: Subject,
    pub amount: Kopecks,
}

/// See [`crate::proposal::Act::decide`].
///
/// # Errors
/// `not_found` for the contractor or when the programme has no line for the campaign; `already_exists`; those of
/// [`model::sign`]; `period_closed`; `programme_not_open` once the programme is closed.
pub fn decide(act: &ContractSigning, batch: &mut Batch<'_>, hands: Hands) -> Result<Acting, Stop> {
    let Hands { programme_no, proposal_id, actor } = hands;
    let today = batch.now().date();
    let connection = batch.connection()?;
    ProgrammeFacts::by_no(connection, programme_no)?.accepts_changes()?;
    let line = crate::programme::store::budget_lines(connection, programme_no)?
        .into_iter()
        .find(|line| line.item == BudgetItem::InformationCampaign)
        .ok_or_else(|| Refusal::not_found("budget_line").with("item", BudgetItem::InformationCampaign))?
        .budget_line_no;
    let payee_no = store::contractor(connection, act.contractor_id)?
        .ok_or_else(|| Refusal::not_found("contractor").at("contractor_id"))?;
    if store::has_contract(connection, programme_no, act.document_number.as_str())? {
        let refusal = Refusal::new(Code::AlreadyExists).at("document_number");
        return Err(refusal.with("what", "contract").into());
    }
    period::require_open(connection, programme_no, act.signed_on, "signed_on")?;
    let available = batch.balance(programme_no, line, Account::Available)?;
    model::sign(act.amount, available, act.signed_on, today)?;

    let signed_on = act.signed_on.to_string();
    let digest =
        facts::of_contract(act.document_number.as_str(), &signed_on, act.subject.as_str(), act.amount);
    let contract = NewContract {
        programme_no,
        contract_id: act.contract_id,
        budget_line_no: line,
        payee_no,
        document_number: act.document_number.to_string(),
        signed_on,
        subject: act.subject.to_string(),
        amount_kopecks: act.amount,
        status: Status::Signed.as_str(),
    };
    let act = act.clone();
    Ok(Box::new(move |batch| {
        let contract_no = batch.next_index(programme_no)?;
        store::insert_contract(batch.connection()?, contract_no, &contract)?;
        let about =
            Dimensions { payee_no: Some(payee_no), contract_no: Some(contract_no), ..Dimensions::default() };
        let event = Event::new(Kind::ContractSigned, Timestamp::start_of_day(act.signed_on), actor.token_no)
            .about("contract", act.contract_id.bytes())
            .about("payee", act.contractor_id.bytes())
            .about("proposal", proposal_id.bytes())
            .about(facts::SUBJECT, &digest)
            .moving(rules::obligate(line, &[(about, act.amount)]));
        batch.record(programme_no, &event)
    }))
}
