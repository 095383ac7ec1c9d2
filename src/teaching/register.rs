//! Registering those who are paid: instructors, and the tax office that contributions go to.

use super::store::{self, NewPayee};
use crate::kernel::{Actor, Code, Kopecks, PayeeId, Refusal, Text, UniversityId};
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, SERVICE, Stop};
use serde::{Deserialize, Serialize};

/// An instructor's name, kept among personal data.
pub type PayeeName = Text<1, 200>;

/// Registers an instructor of the university.
pub struct RegisterInstructor {
    pub payee_id: PayeeId,
    pub actor: Actor,
    pub university_no: i64,
    pub university_id: UniversityId,
    pub name: PayeeName,
    /// Gross pay for an hour.
    pub hourly_rate: Kopecks,
}

/// Names the payee of payroll contributions; there is one for the whole service.
pub struct RegisterTaxOffice {
    pub payee_id: PayeeId,
    pub actor: Actor,
    pub name: PayeeName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Registered {
    pub payee_id: PayeeId,
}

impl Command for RegisterInstructor {
    type Reply = Registered;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Registered>, Stop> {
        if !self.hourly_rate.is_positive() {
            return Err(Refusal::field("hourly_rate.amount", "more than zero").into());
        }
        let event = Event::new(Kind::PayeeRegistered, batch.now(), self.actor.token_no)
            .about("payee", self.payee_id.bytes())
            .about("university", self.university_id.bytes());
        let instructor = NewPayee {
            payee_id: self.payee_id,
            kind: store::INSTRUCTOR,
            university_no: Some(self.university_no),
            hourly_rate_kopecks: Some(self.hourly_rate),
        };
        Ok(register(instructor, self.name.clone(), event))
    }
}

impl Command for RegisterTaxOffice {
    type Reply = Registered;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Registered>, Stop> {
        if store::tax_office(batch.connection()?)?.is_some() {
            return Err(Refusal::new(Code::AlreadyExists).with("what", "tax_office").into());
        }
        let event = Event::new(Kind::PayeeRegistered, batch.now(), self.actor.token_no)
            .about("payee", self.payee_id.bytes());
        let tax_office = NewPayee {
            payee_id: self.payee_id,
            kind: store::TAX_OFFICE,
            university_no: None,
            hourly_rate_kopecks: None,
        };
        Ok(register(tax_office, self.name.clone(), event))
    }
}

fn register(payee: NewPayee, name: PayeeName, event: Event) -> Change<Registered> {
    Box::new(move |batch| {
        let payee_no = batch.next_index(SERVICE)?;
        store::insert_payee(batch.connection()?, payee_no, &payee, name.as_str())?;
        let entry = batch.record(SERVICE, &event)?;
        Ok(Done::new(Registered { payee_id: payee.payee_id }, entry))
    })
}
