//! Completing the course: whoever attended and passed gets a document, and counts as retrained. No money moves.

use super::model::{self, Certificate, Grounds};
use super::roll::{Entered, Listed, Outcome, Seat, Verdict, judge};
use super::store::{self, CompletionRow};
use crate::kernel::{Actor, CourseRunId, Refusal, Timestamp};
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::period;
use crate::programme::ProgrammeFacts;
use crate::voucher::Status;
use crate::voucher::model::Action;
use crate::voucher::retrained::{self, Place};
use crate::voucher::store::{self as vouchers, Attempt, Voucher};
use crate::writer::{Batch, Change, Command, Done, Failure, Stop};
use std::collections::HashSet;

/// Records who completed the course in a run, with the documents they got. Each is a leaf of its own.
pub struct CompleteCourse {
    pub course_run_id: CourseRunId,
    pub actor: Actor,
    /// The caller's university, whose run it must be.
    pub university_no: i64,
    /// Decides the same and writes nothing.
    pub dry_run: bool,
    pub rows: Vec<Listed<Certificate>>,
}

/// A completion on its way into the books.
struct Completed {
    seat: Seat,
    certificate: Certificate,
    voucher: Voucher,
    /// Of service.
    category: String,
}

impl Command for CompleteCourse {
    type Reply = Entered;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Entered>, Stop> {
        let today = batch.now().date();
        let connection = batch.connection()?;
        let run = store::course_run(connection, self.course_run_id, Some(self.university_no))?
            .ok_or_else(|| Refusal::not_found("course_run"))?;
        let (programme_no, course_run_no) = (run.programme_no, run.course_run_no);
        let programme = ProgrammeFacts::by_no(connection, programme_no)?;
        programme.accepts_changes()?;
        let roll = store::roll(connection, &programme, course_run_no)?;
        let results = store::results(connection, programme_no, course_run_no)?;
        let hours = store::hours(connection, programme_no, course_run_no)?;
        let completed = store::completions(connection, programme_no, course_run_no)?;
        let closed = period::store::closed(connection, programme_no)?;
        let documents =
            self.rows.iter().filter_map(|row| row.entry.as_ref().ok()).map(|(_, said)| &said.document_number);
        let mut taken: HashSet<String> = store::documents_taken(connection, programme_no, documents)?;
        let verdicts = judge(&self.rows, &roll, |seat, certificate| {
            let earlier = completed.get(&seat.redemption_no);
            let number = certificate.document_number.as_str();
            let grounds = Grounds {
                starts_on: run.starts_on,
                today,
                completed: earlier.map(|(number, day)| (number.as_str(), *day)),
                is_document_taken: taken.contains(number),
                result: results.get(&seat.redemption_no).copied(),
                counted_hours: hours.counted,
                attended_hours: hours.attended.get(&seat.redemption_no).copied().unwrap_or(0),
            };
            let outcome = model::complete(seat, certificate, &grounds)?;
            if outcome == Outcome::Recorded {
                period::model::open_on(certificate.completed_on, closed, "completed_on")?;
                taken.insert(number.to_owned());
            }
            Ok(outcome)
        })?;
        let reply = Entered::of(&verdicts, self.dry_run);
        if !reply.changes_something() {
            return Ok(Box::new(move |_| Ok(Done::unrecorded(reply))));
        }
        let changes = || verdicts.iter().filter_map(Verdict::change);
        let numbers = changes().map(|(seat, _)| seat.voucher_no).collect();
        let mut found = store::vouchers(connection, programme_no, numbers)?;
        let completed = changes()
            .map(|(seat, certificate)| {
                let (voucher, category) = found.remove(&seat.voucher_no).ok_or_else(|| {
                    Failure::Inconsistent(format!("redemption {} has no voucher", seat.redemption_no))
                })?;
                Ok(Completed { seat: seat.clone(), certificate: certificate.clone(), voucher, category })
            })
            .collect::<Result<Vec<_>, Failure>>()?;
        let (actor, course_run_id) = (self.actor.clone(), self.course_run_id);
        Ok(Box::new(move |batch| {
            let entry = write(batch, &completed, course_run_id, &actor)?;
            Ok(Done { reply, entry, replayed: false })
        }))
    }
}

/// Writes completions; gives the newest leaf.
fn write(
    batch: &mut Batch<'_>,
    completed: &[Completed],
    course_run_id: CourseRunId,
    actor: &Actor,
) -> Result<Option<crate::writer::Entry>, Failure> {
    let now = batch.now();
    let mut newest = None;
    let (mut rows, mut places, mut attempts) = (Vec::new(), Vec::new(), Vec::new());
    for Completed { seat, certificate, voucher, category } in completed {
        let document_number = certificate.document_number.as_str();
        let completed_on = certificate.completed_on.to_string();
        let digest = facts::of_completion(document_number, &completed_on, category);
        let effective_at = Timestamp::start_of_day(certificate.completed_on);
        let event = Event::new(Kind::Completed, effective_at, actor.token_no)
            .about("voucher", voucher.voucher_id.bytes())
            .about("redemption", seat.redemption_id.bytes())
            .about("course_run", course_run_id.bytes())
            .about(facts::SUBJECT, &digest);
        let entry = batch.record(voucher.programme_no, &event)?;
        newest = Some(entry);
        let known = serde_json::json!({
            "redemption_id": seat.redemption_id,
            "document_number": document_number,
            "completed_on": completed_on,
        });
        attempts.push(Attempt::done(voucher, Action::Complete, now, actor, entry.log_index).knowing(&known));
        places.push(Place::new(voucher, &completed_on, category));
        rows.push(CompletionRow {
            programme_no: voucher.programme_no,
            completion_no: entry.log_index,
            redemption_no: seat.redemption_no,
            document_number: document_number.to_owned(),
            completed_on,
            category: category.clone(),
        });
    }
    let connection = batch.connection()?;
    store::insert_completions(connection, &rows)?;
    for Completed { voucher, .. } in completed {
        vouchers::set_status(connection, voucher, Status::Completed)?;
    }
    vouchers::insert_attempts(connection, attempts)?;
    retrained::came(connection, &places)?;
    Ok(newest)
}
