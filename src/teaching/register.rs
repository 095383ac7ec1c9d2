//! Registering instructors, each with a first contract. (The tax office, payee of contributions, comes with the
//! installation.)

use super::add_contract::{self, Added};
use super::contract::Terms;
use super::store::{self, INSTRUCTOR, NewPayee};
use crate::kernel::{Actor, InstructorContractId, PayeeId, Text, UniversityId};
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, SERVICE, Stop};

/// An instructor's name, kept among personal data.
pub type PayeeName = Text<1, 200>;

/// Registers an instructor of the university.
pub struct RegisterInstructor {
    pub payee_id: PayeeId,
    pub contract_id: InstructorContractId,
    pub actor: Actor,
    pub university_no: i64,
    pub university_id: UniversityId,
    pub name: PayeeName,
    pub terms: Terms,
}

impl Command for RegisterInstructor {
    type Reply = Added;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Added>, Stop> {
        self.terms.check()?;
        let registered = Event::new(Kind::PayeeRegistered, batch.now(), self.actor.token_no)
            .about("payee", self.payee_id.bytes())
            .about("university", self.university_id.bytes());
        let reply = Added { payee_id: self.payee_id, contract_id: self.contract_id };
        let engaged = add_contract::event(batch, &self.actor, reply, self.university_id, &self.terms);
        let instructor =
            NewPayee { payee_id: self.payee_id, kind: INSTRUCTOR, university_no: Some(self.university_no) };
        let (name, terms) = (self.name.clone(), self.terms.clone());
        Ok(Box::new(move |batch| {
            let payee_no = batch.next_index(SERVICE)?;
            store::insert_payee(batch.connection()?, payee_no, &instructor, name.as_str())?;
            batch.record(SERVICE, &registered)?;
            let entry = add_contract::write(batch, payee_no, reply.contract_id, &terms, &engaged)?;
            Ok(Done::new(reply, entry))
        }))
    }
}
