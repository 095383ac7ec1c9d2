//! Opening and closing a programme.

use super::facts::ProgrammeFacts;
use super::model::{self, Status};
use super::store;
use super::view::Programme;
use crate::kernel::{Actor, ProgrammeId, Refusal};
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, Stop};

/// Opens a draft: from now on it issues and redeems vouchers.
pub struct OpenProgramme {
    pub programme_id: ProgrammeId,
    pub actor: Actor,
}

/// Closes a programme in which nothing is left to do.
pub struct CloseProgramme {
    pub programme_id: ProgrammeId,
    pub actor: Actor,
}

impl Command for OpenProgramme {
    type Reply = Programme;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Programme>, Stop> {
        let facts = find(batch, self.programme_id)?;
        model::open(facts.status, facts.instructor_line_no.is_some())?;
        let figures = facts::programme(
            facts.face_value,
            facts.course_hours,
            facts.contribution_basis_points,
            facts.target_trained,
        );
        let event = event(Kind::ProgrammeOpened, &facts, &self.actor, batch)
            .about(facts::SUBJECT, &facts::digest(&figures));
        Ok(enter(Status::Open, event, facts))
    }
}

impl Command for CloseProgramme {
    type Reply = Programme;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Programme>, Stop> {
        let facts = find(batch, self.programme_id)?;
        let unfinished = store::unfinished(batch.connection()?, facts.programme_no)?;
        model::close(facts.status, &unfinished)?;
        let event = event(Kind::ProgrammeClosed, &facts, &self.actor, batch);
        Ok(enter(Status::Closed, event, facts))
    }
}

/// The programme of this id.
///
/// # Errors
/// `not_found`.
pub(crate) fn find(batch: &mut Batch<'_>, id: ProgrammeId) -> Result<ProgrammeFacts, Stop> {
    let found = ProgrammeFacts::find(batch.connection()?, id)?;
    found.ok_or_else(|| Refusal::not_found("programme").into())
}

fn event(kind: Kind, facts: &ProgrammeFacts, actor: &Actor, batch: &Batch<'_>) -> Event {
    Event::new(kind, batch.now(), actor.token_no).about("programme", facts.programme_id.bytes())
}

fn enter(status: Status, event: Event, facts: ProgrammeFacts) -> Change<Programme> {
    Box::new(move |batch| {
        store::set_status(batch.connection()?, facts.programme_no, status)?;
        let entry = batch.record(facts.programme_no, &event)?;
        Ok(Done::new(ProgrammeFacts { status, ..facts }.into(), entry))
    })
}
