//! The information campaign over HTTP.

use super::RegisterContractor;
use super::accept::ActAcceptance;
use super::end::ContractEnding;
use super::model::{DocumentNumber, Status, Subject};
use super::register::RegisteredContractor;
use super::sign::ContractSigning;
use super::store::{self, ActRow, ContractRow};
use crate::app::App;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Page, Paged, Problem, Receipted, Write, accepted, created};
use crate::kernel::{ActId, ContractId, Kopecks, PayeeId, ProgrammeId, ProposalId, Reason, Refusal, Scope};
use crate::programme::ProgrammeFacts;
use crate::proposal::propose::Proposal;
use crate::proposal::{Act, Propose};
use crate::teaching::register::PayeeName;
use crate::writer::Once;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(register_contractor).service(list_contractors);
    config.service(sign_contract).service(list_contracts).service(show_contract);
    config.service(accept_act).service(end_contract);
}

/// A contractor to be registered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewContractor {
    name: PayeeName,
}

/// A contractor, under the id of a payee that ledger and traces use.
#[derive(Serialize, ToSchema)]
pub struct Contractor {
    payee_id: PayeeId,
    /// Shown to the treasury; null for others.
    name: Option<String>,
}

/// A contract to be signed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCampaignContract)]
struct NewContract {
    programme_id: ProgrammeId,
    contractor_id: PayeeId,
    /// Unique in the programme.
    document_number: DocumentNumber,
    signed_on: NaiveDate,
    subject: Subject,
    amount: Kopecks,
}

/// An act to be accepted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAct {
    /// Unique in the contract.
    document_number: DocumentNumber,
    accepted_on: NaiveDate,
    amount: Kopecks,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContractEnd {
    reason: Reason,
}

/// A contract of the campaign.
#[derive(Serialize, ToSchema)]
#[schema(as = CampaignContract)]
pub struct Contract {
    contract_id: ContractId,
    programme_id: ProgrammeId,
    contractor_id: PayeeId,
    document_number: String,
    signed_on: NaiveDate,
    subject: String,
    amount: Kopecks,
    status: Status,
}

impl From<ContractRow> for Contract {
    fn from(row: ContractRow) -> Self {
        Self {
            contract_id: row.contract_id,
            programme_id: row.programme_id,
            contractor_id: row.payee_id,
            document_number: row.document_number,
            signed_on: row.signed_on,
            subject: row.subject,
            amount: row.amount_kopecks,
            status: row.status,
        }
    }
}

/// Accepted work.
#[derive(Serialize, ToSchema)]
pub struct CampaignAct {
    act_id: ActId,
    document_number: String,
    accepted_on: NaiveDate,
    amount: Kopecks,
}

impl From<ActRow> for CampaignAct {
    fn from(row: ActRow) -> Self {
        Self {
            act_id: row.act_id,
            document_number: row.document_number,
            accepted_on: row.accepted_on,
            amount: row.amount_kopecks,
        }
    }
}

/// A contract with its acts.
#[derive(Serialize, ToSchema)]
#[schema(as = CampaignContractDetail)]
pub struct ContractDetail {
    #[serde(flatten)]
    contract: Contract,
    /// In the order they were accepted.
    acts: Vec<CampaignAct>,
    /// Of its amount, what is accepted.
    accepted: Kopecks,
}

/// Which contracts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    programme_id: ProgrammeId,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    limit: Option<String>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    cursor: Option<String>,
}

/// Registers a contractor of the campaign.
#[utoipa::path(tag = "Campaign", request_body = NewContractor, params(IdempotencyKey), responses(
    (status = 201, description = "Registered", body = Receipted<RegisteredContractor>),
    (status = 200, description = "Registered before by the same request", body = Receipted<RegisteredContractor>),
    Refusals,
))]
#[post("/v1/contractors")]
async fn register_contractor(
    app: Data<App>,
    caller: Caller,
    body: Write<NewContractor>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let command =
        RegisterContractor { payee_id: PayeeId(app.new_id()), actor: caller.actor(), name: body.value.name };
    Ok(created(app.writer.execute(Once { key, command }).await?))
}

/// Lists contractors.
#[utoipa::path(tag = "Campaign", params(PageParameters), responses(
    (status = 200, description = "In the order they were registered", body = Paged<Contractor>),
    Refusals,
))]
#[get("/v1/contractors")]
async fn list_contractors(
    app: Data<App>,
    caller: Caller,
    page: Page,
) -> Result<Json<Paged<Contractor>>, Problem> {
    let after = page.after().unwrap_or(0);
    let rows = app.read(move |connection| Ok(store::contractors(connection, after, page.fetch())?)).await?;
    let may_see_names = caller.scope == Scope::Treasury;
    let shown = |row: store::Contractor| Contractor {
        payee_id: row.payee_id,
        name: may_see_names.then_some(row.name),
    };
    Ok(Json(page.cut(rows.into_iter().map(|row| (row.payee_no, shown(row))).collect())))
}

/// Proposes to sign a contract; once another person of the treasury confirms it, its amount is obligated.
#[utoipa::path(tag = "Campaign", request_body = NewContract, params(IdempotencyKey), responses(
    (status = 202, description = "Waits for a second person", body = Receipted<Proposal>),
    (status = 200, description = "Proposed before by the same request", body = Receipted<Proposal>),
    Refusals,
))]
#[post("/v1/contracts")]
async fn sign_contract(
    app: Data<App>,
    caller: Caller,
    body: Write<NewContract>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let NewContract { programme_id, contractor_id, document_number, signed_on, subject, amount } = body.value;
    let programme = app
        .read(move |connection| Ok(ProgrammeFacts::find(connection, programme_id)?))
        .await?
        .ok_or_else(|| Refusal::not_found("programme").at("programme_id"))?;
    let contract_id = ContractId(app.new_id());
    let act = Act::ContractSigning(ContractSigning {
        contract_id,
        contractor_id,
        document_number,
        signed_on,
        subject,
        amount,
    });
    let command = Propose {
        proposal_id: ProposalId(app.new_id()),
        programme_no: programme.programme_no,
        actor: caller.actor(),
        act,
    };
    Ok(accepted(app.writer.execute(Once { key, command }).await?))
}

/// Lists the contracts of a programme.
#[utoipa::path(tag = "Campaign", params(Wanted, PageParameters), responses(
    (status = 200, description = "In the order they were signed", body = Paged<Contract>),
    Refusals,
))]
#[get("/v1/contracts")]
async fn list_contracts(
    app: Data<App>,
    wanted: Query<Wanted>,
    page: Page,
) -> Result<Json<Paged<Contract>>, Problem> {
    let programme_id = wanted.programme_id;
    let rows = app
        .read(move |connection| {
            let programme = ProgrammeFacts::find(connection, programme_id)?
                .ok_or_else(|| Refusal::not_found("programme").at("programme_id"))?;
            let after = page.after().unwrap_or(-1);
            Ok(store::contracts(connection, programme.programme_no, after, page.fetch())?)
        })
        .await?;
    Ok(Json(page.cut(rows.into_iter().map(|row| (row.contract_no, row.into())).collect())))
}

/// Shows a contract with its acts.
#[utoipa::path(tag = "Campaign", params(("contract_id" = ContractId, Path)), responses(
    (status = 200, description = "The contract", body = ContractDetail),
    Refusals,
))]
#[get("/v1/contracts/{contract_id}")]
async fn show_contract(app: Data<App>, id: Path<ContractId>) -> Result<Json<ContractDetail>, Problem> {
    let found = app.read(move |connection| {
        let row = store::contract(connection, *id)?.ok_or_else(|| Refusal::not_found("contract"))?;
        let acts = store::acts(connection, row.programme_no, row.contract_no)?;
        let accepted = store::sum(&acts)?;
        let acts = acts.into_iter().map(CampaignAct::from).collect();
        Ok(ContractDetail { contract: row.into(), acts, accepted })
    });
    Ok(Json(found.await?))
}

/// Proposes to accept an act; once another person of the treasury confirms it, its amount is owed to the contractor.
#[utoipa::path(tag = "Campaign", request_body = NewAct,
    params(("contract_id" = ContractId, Path), IdempotencyKey), responses(
        (status = 202, description = "Waits for a second person", body = Receipted<Proposal>),
        (status = 200, description = "Proposed before by the same request", body = Receipted<Proposal>),
        Refusals,
    ))]
#[post("/v1/contracts/{contract_id}/acts")]
async fn accept_act(
    app: Data<App>,
    caller: Caller,
    id: Path<ContractId>,
    body: Write<NewAct>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let NewAct { document_number, accepted_on, amount } = body.value;
    let (contract_id, act_id) = (*id, ActId(app.new_id()));
    let act = Act::ActAcceptance(ActAcceptance { act_id, contract_id, document_number, accepted_on, amount });
    let command = about_contract(&app, &caller, contract_id, act).await?;
    Ok(accepted(app.writer.execute(Once { key, command }).await?))
}

/// Proposes to end a contract; once another person of the treasury confirms it, what was not accepted of it is available
/// again.
#[utoipa::path(tag = "Campaign", request_body = ContractEnd,
    params(("contract_id" = ContractId, Path), IdempotencyKey), responses(
        (status = 202, description = "Waits for a second person", body = Receipted<Proposal>),
        (status = 200, description = "Proposed before by the same request", body = Receipted<Proposal>),
        Refusals,
    ))]
#[post("/v1/contracts/{contract_id}/end")]
async fn end_contract(
    app: Data<App>,
    caller: Caller,
    id: Path<ContractId>,
    body: Write<ContractEnd>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let contract_id = *id;
    let act = Act::ContractEnding(ContractEnding { contract_id, reason: body.value.reason.to_string() });
    let command = about_contract(&app, &caller, contract_id, act).await?;
    Ok(accepted(app.writer.execute(Once { key, command }).await?))
}

/// The proposal of an act about a contract.
///
/// # Errors
/// `not_found`.
async fn about_contract(
    app: &App,
    caller: &Caller,
    contract_id: ContractId,
    act: Act,
) -> Result<Propose, Problem> {
    let contract = app.read(move |connection| Ok(store::contract(connection, contract_id)?)).await?;
    Ok(Propose {
        proposal_id: ProposalId(app.new_id()),
        programme_no: contract.ok_or_else(|| Refusal::not_found("contract"))?.programme_no,
        actor: caller.actor(),
        act,
    })
}
