//! Another contract of an instructor: a new rate from its first day.

use super::contract::{self, Terms};
use super::store;
use crate::kernel::{Actor, InstructorContractId, PayeeId, Refusal, UniversityId};
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, Entry, Failure, SERVICE, Stop};
use serde::{Deserialize, Serialize};

/// Adds a contract of an instructor of the university.
pub struct AddContract {
    pub contract_id: InstructorContractId,
    pub payee_id: PayeeId,
    pub actor: Actor,
    pub university_no: i64,
    pub university_id: UniversityId,
    pub terms: Terms,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = AddedInstructorContract)]
pub struct Added {
    pub payee_id: PayeeId,
    pub contract_id: InstructorContractId,
}

impl Command for AddContract {
    type Reply = Added;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Added>, Stop> {
        self.terms.check()?;
        let connection = batch.connection()?;
        let instructor = store::instructor(connection, self.payee_id, self.university_no)?
            .ok_or_else(|| Refusal::not_found("instructor"))?;
        contract::add(&self.terms, &store::contracts(connection, instructor.payee_no)?)?;
        let reply = Added { payee_id: self.payee_id, contract_id: self.contract_id };
        let event = event(batch, &self.actor, reply, self.university_id, &self.terms);
        let terms = self.terms.clone();
        Ok(Box::new(move |batch| {
            let entry = write(batch, instructor.payee_no, reply.contract_id, &terms, &event)?;
            Ok(Done::new(reply, entry))
        }))
    }
}

/// What the log says of a new contract: whose, at which university, and a digest of its terms.
pub(super) fn event(
    batch: &Batch<'_>,
    actor: &Actor,
    added: Added,
    university_id: UniversityId,
    terms: &Terms,
) -> Event {
    Event::new(Kind::InstructorContractAdded, batch.now(), actor.token_no)
        .about("payee", added.payee_id.bytes())
        .about("contract", added.contract_id.bytes())
        .about("university", university_id.bytes())
        .about(facts::SUBJECT, &terms.facts())
}

pub(super) fn write(
    batch: &mut Batch<'_>,
    payee_no: i64,
    contract_id: InstructorContractId,
    terms: &Terms,
    event: &Event,
) -> Result<Entry, Failure> {
    let contract_no = batch.next_index(SERVICE)?;
    store::insert_contract(batch.connection()?, contract_no, contract_id, payee_no, terms)?;
    batch.record(SERVICE, event)
}
