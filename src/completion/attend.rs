//! Recording who was there. A later list replaces what it says otherwise of the people it names.

use super::model;
use super::roll::{Entered, Listed, Verdict, judge};
use super::store::{self, AttendanceRow};
use crate::kernel::{Actor, Refusal, SessionId};
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Stop};

/// Records attendance of a session: for each person named, whether they were there.
pub struct RecordAttendance {
    pub session_id: SessionId,
    pub actor: Actor,
    /// The caller's university, whose session it must be.
    pub university_no: i64,
    /// Decides the same and writes nothing.
    pub dry_run: bool,
    pub rows: Vec<Listed<bool>>,
}

impl Command for RecordAttendance {
    type Reply = Entered;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Entered>, Stop> {
        let now = batch.now();
        let connection = batch.connection()?;
        let session = store::session(connection, self.session_id, Some(self.university_no))?
            .ok_or_else(|| Refusal::not_found("session"))?;
        let programme_no = session.programme_no;
        let programme = ProgrammeFacts::by_no(connection, programme_no)?;
        programme.accepts_changes()?;
        model::may_record(&session.status, session.held_on, now.date())?;
        let roll = store::roll(connection, &programme, session.course_run_no)?;
        let before = store::attendance(connection, programme_no, session.session_no)?;
        let verdicts = judge(&self.rows, &roll, |seat, present| {
            model::enter(seat, present, before.get(&seat.redemption_no))
        })?;
        let reply = Entered::of(&verdicts, self.dry_run);
        if !reply.changes_something() {
            return Ok(Box::new(move |_| Ok(Done::unrecorded(reply))));
        }
        let changes = || verdicts.iter().filter_map(Verdict::change);
        let list = changes().map(|(seat, present)| (seat.redemption_id, *present)).collect();
        let event = Event::new(Kind::AttendanceRecorded, now, self.actor.token_no)
            .about("session", self.session_id.bytes())
            .about(facts::SUBJECT, &facts::of_attendance(list));
        let mut rows: Vec<_> = changes()
            .map(|(seat, present)| AttendanceRow {
                programme_no,
                attendance_no: 0,
                redemption_no: seat.redemption_no,
                session_no: session.session_no,
                present: *present,
            })
            .collect();
        Ok(Box::new(move |batch| {
            let entry = batch.record(programme_no, &event)?;
            rows.iter_mut().for_each(|row| row.attendance_no = entry.log_index);
            store::insert_attendance(batch.connection()?, &rows)?;
            Ok(Done::new(reply, entry))
        }))
    }
}
