//! Recording a session that is, or will be, taught.

use super::model::{self, Lesson, Status};
use super::store::{self, NewSession};
use crate::kernel::{Actor, CourseRunId, PayeeId, Refusal, SessionId, Timestamp};
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::period;
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Stop};
use serde::{Deserialize, Serialize};

/// Records a session; it accrues nothing before another person accepts it.
pub struct RecordSession {
    pub session_id: SessionId,
    pub actor: Actor,
    /// The caller's university, whose run and instructor these must be.
    pub university_no: i64,
    pub course_run_id: CourseRunId,
    pub payee_id: PayeeId,
    pub lesson: Lesson,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Recorded {
    pub session_id: SessionId,
    pub status: Status,
    /// Hours recorded for the course run, this session's among them.
    pub hours_of_run: i64,
    /// Hours of the whole course.
    pub course_hours: i32,
}

impl Command for RecordSession {
    type Reply = Recorded;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Recorded>, Stop> {
        let lesson = self.lesson;
        let connection = batch.connection()?;
        let run = store::course_run(connection, self.course_run_id, self.university_no)?
            .ok_or_else(|| Refusal::not_found("course_run").at("course_run_id"))?;
        let instructor = store::instructor(connection, self.payee_id, self.university_no)?
            .ok_or_else(|| Refusal::not_found("instructor").at("instructor_id"))?;
        let programme = ProgrammeFacts::by_no(connection, run.programme_no)?;
        programme.accepts_changes()?;
        period::require_open(connection, run.programme_no, self.lesson.held_on, "held_on")?;
        let facts = model::RecordFacts {
            run_is_open: run.status == "open",
            starts_on: run.starts_on,
            ends_on: run.ends_on,
            course_hours: programme.course_hours,
            hours_of_run: store::hours_of_run(connection, run.programme_no, run.course_run_no)?,
            hours_of_day: store::hours_of_day(connection, instructor.payee_no, lesson.held_on)?,
            phase: store::phase(connection, &run, lesson.phase)?,
            hours_of_contract: store::hours_of_contract(connection, instructor.payee_no, lesson.held_on)?,
            contracts: store::contracts(connection, instructor.payee_no)?,
            others: store::timetable(connection, &run, instructor.payee_no, lesson.held_on)?,
        };
        model::record(&lesson, &facts)?;

        let reply = Recorded {
            session_id: self.session_id,
            status: Status::Recorded,
            hours_of_run: facts.hours_of_run + i64::from(lesson.hours),
            course_hours: facts.course_hours,
        };
        let held_on = lesson.held_on.to_string();
        let starts_at = lesson.starts_at.map(|time| time.to_string());
        let held_at = Timestamp::start_of_day(lesson.held_on);
        let digest = facts::of_session(&held_on, lesson.phase.as_str(), lesson.hours, starts_at.as_deref());
        let event = Event::new(Kind::SessionRecorded, held_at, self.actor.token_no)
            .about("session", self.session_id.bytes())
            .about("course_run", self.course_run_id.bytes())
            .about("payee", self.payee_id.bytes())
            .about(facts::SUBJECT, &digest);
        let session = NewSession {
            programme_no: run.programme_no,
            session_id: self.session_id,
            course_run_no: run.course_run_no,
            payee_no: instructor.payee_no,
            held_on,
            starts_at,
            phase: lesson.phase.as_str(),
            hours: lesson.hours,
            status: Status::Recorded.as_str(),
            recorded_by: self.actor.subject.clone(),
        };
        Ok(Box::new(move |batch| {
            let session_no = batch.next_index(session.programme_no)?;
            store::insert_session(batch.connection()?, session_no, &session)?;
            let entry = batch.record(session.programme_no, &event)?;
            Ok(Done::new(reply, entry))
        }))
    }
}
