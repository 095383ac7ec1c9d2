//! Creating a programme: a draft with a log of its own.

use super::facts::ProgrammeFacts;
use super::model::NewProgramme;
use super::store;
use super::view::Programme;
use crate::db::schema::installation;
use crate::kernel::{Actor, Code, ProgrammeId, Refusal};
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, SERVICE, Stop};
use diesel::prelude::*;

/// Creates a programme. Recorded in the service's log; the programme's own log starts empty.
pub struct CreateProgramme {
    pub programme_id: ProgrammeId,
    pub actor: Actor,
    pub new: NewProgramme,
}

impl Command for CreateProgramme {
    type Reply = Programme;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Programme>, Stop> {
        let connection = batch.connection()?;
        if store::is_code_taken(connection, &self.new.code)? {
            return Err(Refusal::new(Code::AlreadyExists).at("code").into());
        }
        let university_no = store::university_no(connection, self.new.university_id)?
            .ok_or_else(|| Refusal::not_found("university").at("university_id"))?;
        let issuer: String = installation::table.select(installation::issuer).get_result(connection)?;
        let origin = format!("{issuer}/{}", self.new.code);
        let (id, actor, new) = (self.programme_id, self.actor.clone(), self.new.clone());
        Ok(Box::new(move |batch| {
            let programme_no = batch.next_index(SERVICE)?;
            batch.create_log(programme_no, &origin)?;
            store::insert(batch.connection()?, programme_no, id, university_no, &new)?;
            let event = Event::new(Kind::ProgrammeCreated, batch.now(), actor.token_no)
                .about("programme", id.bytes())
                .about("university", new.university_id.bytes());
            let entry = batch.record(SERVICE, &event)?;
            let created = ProgrammeFacts::by_no(batch.connection()?, programme_no)?;
            Ok(Done::new(created.into(), entry))
        }))
    }
}
