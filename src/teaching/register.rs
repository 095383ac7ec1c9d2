//! Registering instructors. (The tax office, payee of contributions, comes with the installation.)

use super::store::{self, INSTRUCTOR, NewPayee};
use crate::kernel::{Actor, Kopecks, PayeeId, Refusal, Text, UniversityId};
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
            kind: INSTRUCTOR,
            university_no: Some(self.university_no),
            hourly_rate_kopecks: Some(self.hourly_rate),
        };
        let name = self.name.clone();
        Ok(Box::new(move |batch| {
            let payee_no = batch.next_index(SERVICE)?;
            store::insert_payee(batch.connection()?, payee_no, &instructor, name.as_str())?;
            let entry = batch.record(SERVICE, &event)?;
            Ok(Done::new(Registered { payee_id: instructor.payee_id }, entry))
        }))
    }
}
