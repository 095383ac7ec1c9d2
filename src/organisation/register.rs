//! Registering agencies and universities.

use super::model::{self, AgencyDetails, UniversityDetails};
use super::store::{self, AgencyRow, UniversityRow};
use crate::kernel::{Actor, AgencyCode, AgencyId, UniversityId};
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, SERVICE, Stop};
use serde::{Deserialize, Serialize};

/// Registers an agency.
pub struct RegisterAgency {
    pub actor: Actor,
    pub agency_id: AgencyId,
    pub details: AgencyDetails,
}

/// An agency that was registered.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RegisteredAgency {
    pub agency_id: AgencyId,
    pub code: AgencyCode,
}

impl Command for RegisterAgency {
    type Reply = RegisteredAgency;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<RegisteredAgency>, Stop> {
        let is_taken = store::is_agency_code_taken(batch.connection()?, &self.details.code)?;
        model::admit(&self.details.code, is_taken)?;
        let (agency_id, details, recorded_by) = (self.agency_id, self.details.clone(), self.actor.token_no);
        Ok(Box::new(move |batch| {
            let event = Event::new(Kind::AgencyRegistered, batch.now(), recorded_by)
                .about("agency", agency_id.bytes());
            let agency_no = batch.next_index(SERVICE)?;
            let entry = batch.record(SERVICE, &event)?;
            let code = details.code.clone();
            store::insert_agency(batch.connection()?, &AgencyRow::new(agency_no, agency_id, details))?;
            Ok(Done::new(RegisteredAgency { agency_id, code }, entry))
        }))
    }
}

/// Registers a university.
pub struct RegisterUniversity {
    pub actor: Actor,
    pub university_id: UniversityId,
    pub details: UniversityDetails,
}

/// A university that was registered.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RegisteredUniversity {
    pub university_id: UniversityId,
    pub code: AgencyCode,
}

impl Command for RegisterUniversity {
    type Reply = RegisteredUniversity;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<RegisteredUniversity>, Stop> {
        let is_taken = store::is_university_code_taken(batch.connection()?, &self.details.code)?;
        model::admit(&self.details.code, is_taken)?;
        let (university_id, details) = (self.university_id, self.details.clone());
        let recorded_by = self.actor.token_no;
        Ok(Box::new(move |batch| {
            let event = Event::new(Kind::UniversityRegistered, batch.now(), recorded_by)
                .about("university", university_id.bytes());
            let university_no = batch.next_index(SERVICE)?;
            let entry = batch.record(SERVICE, &event)?;
            let code = details.code.clone();
            let row = UniversityRow::new(university_no, university_id, details);
            store::insert_university(batch.connection()?, &row)?;
            Ok(Done::new(RegisteredUniversity { university_id, code }, entry))
        }))
    }
}
