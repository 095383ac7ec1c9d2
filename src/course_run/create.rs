//! Creating a course run.

use super::model::{CourseRun, NewCourseRun, Status};
use super::store;
use crate::kernel::{Actor, Code, CourseRunId, Refusal};
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Stop};

/// Creates a course run of a programme that the university teaches.
pub struct CreateCourseRun {
    pub course_run_id: CourseRunId,
    pub actor: Actor,
    /// The actor's own university.
    pub university_no: i64,
    pub new: NewCourseRun,
}

impl Command for CreateCourseRun {
    type Reply = CourseRun;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<CourseRun>, Stop> {
        self.new.check()?;
        let programme = ProgrammeFacts::find(batch.connection()?, self.new.programme_id)?
            .filter(|programme| programme.university_no == self.university_no)
            .ok_or_else(|| Refusal::not_found("programme").at("programme_id"))?;
        programme.accepts_changes()?;
        if let Some(plan) = &self.new.plan {
            plan.check(programme.course_hours)?;
        }
        let programme_no = programme.programme_no;
        if store::is_code_taken(batch.connection()?, programme_no, self.new.code.as_str())? {
            return Err(Refusal::new(Code::AlreadyExists).at("code").into());
        }
        let (id, recorded_by, new) = (self.course_run_id, self.actor.token_no, self.new.clone());
        Ok(Box::new(move |batch| {
            let course_run_no = batch.next_index(programme_no)?;
            store::insert(batch.connection()?, programme_no, course_run_no, id, &new)?;
            let mut event = Event::new(Kind::CourseRunCreated, batch.now(), recorded_by)
                .about("course_run", id.bytes())
                .about("seats", &new.seats.to_be_bytes());
            if let Some(plan) = &new.plan {
                let phases = plan.phases().map(|(phase, hours)| (phase.as_str(), hours));
                event = event.about(facts::SUBJECT, &facts::of_plan(phases));
            }
            let entry = batch.record(programme_no, &event)?;
            Ok(Done::new(created(id, new), entry))
        }))
    }
}

fn created(course_run_id: CourseRunId, new: NewCourseRun) -> CourseRun {
    CourseRun {
        course_run_id,
        programme_id: new.programme_id,
        code: new.code.as_str().to_owned(),
        starts_on: new.starts_on,
        ends_on: new.ends_on,
        seats: new.seats,
        enrolled: 0,
        free_seats: new.seats,
        illustrative: new.illustrative,
        status: Status::Open,
    }
}
