//! Closing a course run: what its redemptions still have obligated becomes available again.

use super::model::{self, CourseRun, Status};
use super::store::{self, CourseRunRow};
use crate::kernel::{Actor, CourseRunId, Kopecks, Refusal};
use crate::ledger::model::{Account, Event, Kind};
use crate::ledger::{rules, shares};
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Failure, Stop};
use serde::{Deserialize, Serialize};

/// Closes a run of the university: nobody enrols and no session is accepted any more.
pub struct CloseCourseRun {
    pub course_run_id: CourseRunId,
    pub actor: Actor,
    /// The actor's own university.
    pub university_no: i64,
}

/// A closed run, and what it gave back.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClosedCourseRun {
    #[serde(flatten)]
    pub course_run: CourseRun,
    /// Obligations that were left and are available again.
    pub released: Kopecks,
}

impl Command for CloseCourseRun {
    type Reply = ClosedCourseRun;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<ClosedCourseRun>, Stop> {
        let connection = batch.connection()?;
        let row = store::find(connection, self.course_run_id, Some(self.university_no))?
            .ok_or_else(|| Refusal::not_found("course_run"))?;
        let CourseRunRow { programme_no, course_run_no, .. } = row;
        let waiting = store::sessions_not_accepted(connection, programme_no, course_run_no)?;
        model::close(row.status, waiting)?;
        let left = shares::of_run(connection, programme_no, course_run_no, Account::Obligated)?;
        let line_no = ProgrammeFacts::by_no(connection, programme_no)?.instructor_line()?;
        let released = Kopecks::sum(left.iter().map(|share| share.amount))
            .ok_or_else(|| Failure::Inconsistent("obligations of a run do not fit 64 bits".into()))?;
        let left: Vec<_> = left.iter().map(|share| (share.dimensions(), share.amount)).collect();
        let recorded_by = self.actor.token_no;
        Ok(Box::new(move |batch| {
            store::set_closed(batch.connection()?, programme_no, course_run_no)?;
            let event = Event::new(Kind::CourseRunClosed, batch.now(), recorded_by)
                .about("course_run", row.course_run_id.bytes())
                .moving(rules::release_obligation(line_no, &left));
            let entry = batch.record(programme_no, &event)?;
            let course_run = CourseRunRow { status: Status::Closed, ..row }.into();
            Ok(Done::new(ClosedCourseRun { course_run, released }, entry))
        }))
    }
}
