//! Recording who passed the test. A later list replaces what it says otherwise of the people it names.

use super::model::{self, TestResult};
use super::roll::{Entered, Listed, Verdict, judge};
use super::store::{self, ResultRow};
use crate::kernel::{Actor, CourseRunId, Refusal};
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Stop};

/// Records test results of a course run.
pub struct RecordResults {
    pub course_run_id: CourseRunId,
    pub actor: Actor,
    /// The caller's university, whose run it must be.
    pub university_no: i64,
    /// Decides the same and writes nothing.
    pub dry_run: bool,
    pub rows: Vec<Listed<TestResult>>,
}

impl Command for RecordResults {
    type Reply = Entered;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Entered>, Stop> {
        let now = batch.now();
        let connection = batch.connection()?;
        let run = store::course_run(connection, self.course_run_id, Some(self.university_no))?
            .ok_or_else(|| Refusal::not_found("course_run"))?;
        let programme_no = run.programme_no;
        let programme = ProgrammeFacts::by_no(connection, programme_no)?;
        programme.accepts_changes()?;
        let roll = store::roll(connection, &programme, run.course_run_no)?;
        let before = store::results(connection, programme_no, run.course_run_no)?;
        let verdicts = judge(&self.rows, &roll, |seat, result| {
            model::enter(seat, result, before.get(&seat.redemption_no))
        })?;
        let reply = Entered::of(&verdicts, self.dry_run);
        if !reply.changes_something() {
            return Ok(Box::new(move |_| Ok(Done::unrecorded(reply))));
        }
        let changes = || verdicts.iter().filter_map(Verdict::change);
        let list =
            changes().map(|(seat, result)| (seat.redemption_id, result.passed, result.score)).collect();
        let event = Event::new(Kind::ResultsRecorded, now, self.actor.token_no)
            .about("course_run", self.course_run_id.bytes())
            .about(facts::SUBJECT, &facts::of_results(list));
        let mut rows: Vec<_> = changes()
            .map(|(seat, result)| ResultRow {
                programme_no,
                result_no: 0,
                redemption_no: seat.redemption_no,
                passed: result.passed,
                score: result.score,
            })
            .collect();
        Ok(Box::new(move |batch| {
            let entry = batch.record(programme_no, &event)?;
            rows.iter_mut().for_each(|row| row.result_no = entry.log_index);
            store::insert_results(batch.connection()?, &rows)?;
            Ok(Done::new(reply, entry))
        }))
    }
}
