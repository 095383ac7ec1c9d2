//! What is taught and paid: 72 hours in three weeks by three instructors, accepted every Friday. Who finishes is in
//! `learning`.
//!
//! The plan keeps every instructor within twelve hours a day while two runs begin each week.

use super::bank;
use super::cast::Cast;
use super::run::DemoError;
use super::stage::{Stage, refused};
use crate::course_run::close::CloseCourseRun;
use crate::course_run::create::CreateCourseRun;
use crate::course_run::{NewCourseRun, Plan};
use crate::db::schema::payee;
use crate::kernel::{CourseRunId, Kopecks, PayeeId, PaymentId, ProgrammeId, SessionId, Text};
use crate::ledger::shares;
use crate::payment::{ConfirmPayment, PreparePayment};
use crate::teaching::{AcceptSession, Lesson, Phase, RecordSession};
use chrono::{Days, NaiveDate};
use diesel::prelude::*;

/// Hours of the whole course.
pub const HOURS: i32 = 72;

/// A session of the plan: day of the course from its first Monday, phase, hours, place of the instructor.
const PLAN: [(u64, Phase, i32, usize); 14] = [
    (0, Phase::Lecture, 6, 0),
    (1, Phase::Lecture, 6, 0),
    (2, Phase::Lecture, 4, 1),
    (3, Phase::PracticalUniversity, 6, 1),
    (4, Phase::PracticalUniversity, 6, 1),
    (7, Phase::Remote, 5, 2),
    (8, Phase::Remote, 5, 2),
    (9, Phase::Remote, 5, 2),
    (10, Phase::Remote, 5, 2),
    (14, Phase::PracticalUniversity, 4, 1),
    (16, Phase::PracticalAuthority, 6, 0),
    (17, Phase::PracticalAuthority, 5, 0),
    (18, Phase::PracticalAuthority, 5, 0),
    (18, Phase::Test, 4, 2),
];

/// What every run is planned with (illustrative).
const HOURS_OF_PHASES: Plan =
    Plan { lecture: 16, practical_university: 16, practical_authority: 16, remote: 20, test: 4 };

/// The last day of the course, from its first.
const LAST_DAY: u64 = 18;

/// Runs taught to the end.
const WHOLE: usize = 6;
/// Runs of which the lectures at least are accepted.
const LECTURED: usize = 40;

/// A course run of the year.
#[derive(Clone)]
pub struct Run {
    pub course_run_id: CourseRunId,
    /// From 1.
    pub number: usize,
    monday: NaiveDate,
}

impl Run {
    /// Whether it is taught to the end.
    pub const fn is_whole(&self) -> bool {
        self.number <= WHOLE
    }

    /// The last day of the course.
    pub fn last_day(&self) -> NaiveDate {
        self.monday + Days::new(LAST_DAY)
    }
}

/// A session of a run that is taught to the end.
pub struct Held {
    pub session_id: SessionId,
    /// The place of the run among all.
    pub run: usize,
    /// The place of the session in the plan.
    pub place: usize,
    pub phase: Phase,
}

/// What was recorded in a week.
#[derive(Default)]
pub struct Week {
    /// Sessions that are to be accepted.
    pub to_accept: Vec<SessionId>,
    /// Sessions whose attendance is taken.
    pub held: Vec<Held>,
}

/// How payments are confirmed.
#[derive(Clone, Copy)]
pub enum Confirmed {
    ByHand,
    ByStatement,
}

/// The teaching office and the treasury at work.
pub struct Course<'a> {
    pub stage: &'a Stage,
    pub cast: &'a Cast,
    pub programme_id: ProgrammeId,
}

impl Course<'_> {
    /// Creates run `number`, which begins on `monday`.
    pub fn begin(&self, number: usize, monday: NaiveDate, seats: usize) -> Result<Run, DemoError> {
        let doing = "creating a course run";
        let code =
            Text::parse(&format!("PSK20-{number:03}")).map_err(|why| refused(doing)(why.at("code")))?;
        let command = CreateCourseRun {
            course_run_id: CourseRunId(self.stage.app.new_id()),
            actor: self.cast.teaching.clone(),
            university_no: self.cast.university_no,
            new: NewCourseRun {
                programme_id: self.programme_id,
                code,
                starts_on: monday,
                ends_on: monday + Days::new(LAST_DAY),
                seats: seats as i64,
                plan: Some(HOURS_OF_PHASES),
                illustrative: true,
            },
        };
        let course_run_id = self.stage.order(doing, command)?.reply.course_run_id;
        Ok(Run { course_run_id, number, monday })
    }

    /// Records the sessions of the week that begins on `monday`.
    pub fn record_week(&self, runs: &[Run], monday: NaiveDate) -> Result<Week, DemoError> {
        self.stage.turn_to(monday, 12);
        let mut week = Week::default();
        let mut commands = Vec::new();
        for (place_of_run, run) in (0..).zip(runs) {
            for (place, (after, phase, hours, instructor)) in (0..).zip(PLAN) {
                let held_on = run.monday + Days::new(after);
                let is_this_week = (monday..monday + Days::new(7)).contains(&held_on);
                let is_recorded = run.is_whole() || phase == Phase::Lecture;
                if !is_this_week || !is_recorded {
                    continue;
                }
                let session_id = SessionId(self.stage.app.new_id());
                week.to_accept.extend((run.number <= LECTURED).then_some(session_id));
                let held = Held { session_id, run: place_of_run, place, phase };
                week.held.extend(run.is_whole().then_some(held));
                commands.push(RecordSession {
                    session_id,
                    actor: self.cast.teaching.clone(),
                    university_no: self.cast.university_no,
                    course_run_id: run.course_run_id,
                    payee_id: self.cast.instructors[instructor],
                    lesson: Lesson { held_on, starts_at: None, phase, hours },
                });
            }
        }
        self.stage.order_all("recording sessions", commands)?;
        Ok(week)
    }

    /// Accepts sessions on the Friday of the week; takes the second person of the teaching office.
    pub fn accept_week(&self, sessions: &[SessionId], monday: NaiveDate) -> Result<(), DemoError> {
        self.stage.turn_to(monday + Days::new(4), 18);
        let accept = |session_id: &SessionId| AcceptSession {
            session_id: *session_id,
            actor: self.cast.teaching_2.clone(),
            university_no: self.cast.university_no,
        };
        self.stage.order_all("accepting sessions", sessions.iter().map(accept).collect()).map(drop)
    }

    /// Pays everybody, the tax office too, all they are owed: one treasurer prepares, and another confirms, or imports the
    /// bank's statement of the day.
    pub fn pay_all(&self, paid_on: NaiveDate, programme_no: i64, by: Confirmed) -> Result<(), DemoError> {
        let doing = "paying";
        self.stage.turn_to(paid_on, 8);
        let owed = self.stage.look(doing, |connection| {
            let payees: Vec<(i64, PayeeId)> = payee::table
                .order(payee::payee_no)
                .select((payee::payee_no, payee::payee_id))
                .load(connection)?;
            let mut owed = Vec::new();
            for (payee_no, payee_id) in payees {
                let unpaid = shares::unpaid_of_payee(connection, programme_no, payee_no)?;
                let amount: i64 = unpaid.iter().map(|unpaid| unpaid.amount.get()).sum();
                if amount > 0 {
                    owed.push((payee_id, Kopecks::new(amount)));
                }
            }
            Ok(owed)
        })?;
        let mut prepared = Vec::with_capacity(owed.len());
        for (place, (payee_id, amount)) in (1..).zip(owed) {
            let number = format!("ПП-{}-{place}", paid_on.format("%m%d"));
            let prepare = PreparePayment {
                payment_id: PaymentId(self.stage.app.new_id()),
                actor: self.cast.treasury.clone(),
                programme_id: self.programme_id,
                payee_id,
                amount,
                document_number: Text::parse(&number)
                    .map_err(|why| refused(doing)(why.at("document_number")))?,
                paid_on,
            };
            prepared.push((self.stage.order(doing, prepare)?.reply.payment_id, number, amount));
        }
        match by {
            Confirmed::ByHand => {
                for (payment_id, ..) in prepared {
                    let actor = self.cast.treasury_2.clone();
                    self.stage.order(doing, ConfirmPayment { payment_id, actor })?;
                }
                Ok(())
            }
            Confirmed::ByStatement => {
                let paid: Vec<_> = prepared.into_iter().map(|(_, number, amount)| (number, amount)).collect();
                bank::import(self.stage, self.cast, self.programme_id, paid_on, &paid)
            }
        }
    }

    /// Closes runs: what they did not need is available again.
    pub fn close(&self, runs: &[Run]) -> Result<(), DemoError> {
        for run in runs {
            let command = CloseCourseRun {
                course_run_id: run.course_run_id,
                actor: self.cast.teaching.clone(),
                university_no: self.cast.university_no,
            };
            let released = self.stage.order("closing a course run", command)?.reply.released;
            if !released.is_positive() {
                return Err(DemoError::Mismatch("a course run that cost less released nothing".into()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_has_all_hours_of_every_phase_and_ends_on_the_last_day() {
        assert_eq!(PLAN.iter().map(|(_, _, hours, _)| hours).sum::<i32>(), HOURS);
        assert_eq!(PLAN.iter().map(|(day, ..)| *day).max(), Some(LAST_DAY));
        for phase in Phase::ALL {
            let hours =
                PLAN.iter().filter(|(_, of, ..)| *of == phase).map(|(_, _, hours, _)| hours).sum::<i32>();
            assert_eq!(hours, HOURS_OF_PHASES.hours(phase), "{phase:?}");
        }
    }
}
