//! Moving enrolments to another course run of the programme: because a run is cancelled, or somebody must change groups. What
//! is still obligated for a redemption moves with it; what is owed for hours stays with the run that taught them.

use super::desk::{LIVE, Redemption};
use crate::course_run::model::Status as RunStatus;
use crate::course_run::store::{self as runs, CourseRunRow};
use crate::db::Connection;
use crate::db::schema::{course_run, enrolment_move, redemption, voucher};
use crate::kernel::*;
use crate::ledger::model::{Account, Dimensions, Event, Kind};
use crate::ledger::{facts, rules, shares};
use crate::programme::ProgrammeFacts;
use crate::voucher::model::Action;
use crate::voucher::store::{self, Attempt, Voucher, expect_one};
use crate::writer::{Batch, Change, Command, Done, Entry, Failure, Stop};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// Moves enrolments of one run to another.
pub struct MoveEnrolments {
    pub from: CourseRunId,
    pub to: CourseRunId,
    /// All that are live when none are named.
    pub redemption_ids: Option<Vec<RedemptionId>>,
    pub reason: Reason,
    pub actor: Actor,
    /// The actor's own university, whose runs these must be.
    pub university_no: i64,
}

/// What was moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MovedEnrolments {
    pub from_course_run_id: CourseRunId,
    pub to_course_run_id: CourseRunId,
    pub moved: i64,
    /// What was still obligated for them, and is so for the other run now.
    pub obligated: Kopecks,
}

/// A live redemption of the run, with its voucher.
type Enrolment = (Redemption, Voucher);

/// Whether these may leave the one run for the other. Pure.
///
/// # Errors
/// `invalid_field` for the same run or one of another programme; `course_run_closed` for either; `course_full` with the seats
/// there are; `invalid_transition` when nobody is enrolled, or for who completed the course.
fn check(from: &CourseRunRow, to: &CourseRunRow, enrolments: &[Enrolment]) -> Result<(), Refusal> {
    if from.programme_no != to.programme_no || from.course_run_no == to.course_run_no {
        let expected = "another course run of the same programme";
        return Err(Refusal::field("to_course_run_id", expected));
    }
    for (run, field) in [(from, "course_run_id"), (to, "to_course_run_id")] {
        if run.status == RunStatus::Closed {
            return Err(Refusal::new(Code::CourseRunClosed).at(field).with("course_run", &run.code));
        }
    }
    if enrolments.is_empty() {
        return Err(Refusal::invalid_transition("move", "nobody_enrolled", &["redeem"]));
    }
    for (_, voucher) in enrolments {
        voucher
            .status
            .check(Action::Move)
            .map_err(|refusal| refusal.with("voucher_id", voucher.voucher_id))?;
    }
    if enrolments.len() as i64 > to.seats - to.enrolled {
        return Err(Refusal::new(Code::CourseFull)
            .at("to_course_run_id")
            .with("course_run", &to.code)
            .with("seats", to.seats)
            .with("free_seats", to.seats - to.enrolled)
            .with("wanted", enrolments.len()));
    }
    Ok(())
}

/// The live redemptions of a run, those of `ids` if any are named.
///
/// # Errors
/// `invalid_field` for no id at all; `not_found` for one that is no live redemption of the run; the store's.
fn enrolments(
    connection: &mut Connection,
    run: &CourseRunRow,
    ids: Option<&[RedemptionId]>,
) -> Result<Vec<Enrolment>, Stop> {
    if ids.is_some_and(<[_]>::is_empty) {
        return Err(Refusal::field("redemption_ids", "one or more; without the field, all of the run").into());
    }
    let mut found: Vec<Enrolment> = redemption::table
        .inner_join(
            voucher::table.on(voucher::programme_no
                .eq(redemption::programme_no)
                .and(voucher::voucher_no.eq(redemption::voucher_no))),
        )
        .filter(redemption::programme_no.eq(run.programme_no))
        .filter(redemption::course_run_no.eq(run.course_run_no))
        .filter(redemption::status.eq(LIVE))
        .order(redemption::redemption_no)
        .select((Redemption::as_select(), Voucher::as_select()))
        .load(connection)?;
    if let Some(ids) = ids {
        let there: HashSet<RedemptionId> = found.iter().map(|(made, _)| made.redemption_id).collect();
        if let Some((place, id)) = ids.iter().enumerate().find(|(_, id)| !there.contains(id)) {
            let refusal = Refusal::not_found("redemption").at(format!("redemption_ids[{place}]"));
            return Err(refusal.with("redemption_id", id).into());
        }
        let wanted: HashSet<RedemptionId> = ids.iter().copied().collect();
        found.retain(|(made, _)| wanted.contains(&made.redemption_id));
    }
    Ok(found)
}

impl Command for MoveEnrolments {
    type Reply = MovedEnrolments;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<MovedEnrolments>, Stop> {
        let connection = batch.connection()?;
        let own = Some(self.university_no);
        let from = runs::find(connection, self.from, own)?.ok_or_else(|| Refusal::not_found("course_run"))?;
        let to = runs::find(connection, self.to, own)?
            .ok_or_else(|| Refusal::not_found("course_run").at("to_course_run_id"))?;
        let programme = ProgrammeFacts::by_no(connection, from.programme_no)?;
        programme.accepts_changes()?;
        let enrolments = enrolments(connection, &from, self.redemption_ids.as_deref())?;
        check(&from, &to, &enrolments)?;
        let left = shares::of_run(connection, from.programme_no, from.course_run_no, Account::Obligated)?;
        let left: HashMap<i64, Kopecks> =
            left.into_iter().map(|share| (share.redemption_no, share.amount)).collect();
        let left_of = |made: &Redemption| left.get(&made.redemption_no).copied().unwrap_or_default();
        let obligated = Kopecks::sum(enrolments.iter().map(|(made, _)| left_of(made)))
            .ok_or_else(|| Failure::Inconsistent("obligations of a run do not fit 64 bits".into()))?;
        let reply = MovedEnrolments {
            from_course_run_id: self.from,
            to_course_run_id: self.to,
            moved: enrolments.len() as i64,
            obligated,
        };
        let moves: Vec<_> = enrolments.into_iter().map(|of| (left_of(&of.0), of)).collect();
        let moving = Moving {
            line: programme.instructor_line()?,
            from,
            to,
            reason: self.reason.clone(),
            actor: self.actor.clone(),
        };
        Ok(Box::new(move |batch| {
            let mut last = None;
            for (left, (made, of)) in &moves {
                last = Some(moving.one(batch, made, of, *left)?);
            }
            let entry = last.ok_or_else(|| Failure::Inconsistent("nobody was moved".into()))?;
            moving.seats(batch.connection()?, moves.len() as i64)?;
            Ok(Done::new(reply, entry))
        }))
    }
}

/// A move that is decided.
pub(crate) struct Moving {
    pub line: i64,
    pub from: CourseRunRow,
    pub to: CourseRunRow,
    pub reason: Reason,
    pub actor: Actor,
}

impl Moving {
    /// Moves one enrolment, with what is left for it.
    ///
    /// # Errors
    /// The store's.
    pub(crate) fn one(
        &self,
        batch: &mut Batch<'_>,
        made: &Redemption,
        of: &Voucher,
        left: Kopecks,
    ) -> Result<Entry, Failure> {
        let (from, to, now) = (&self.from, &self.to, batch.now());
        let within = |course_run_no: i64| Dimensions {
            redemption_no: Some(made.redemption_no),
            course_run_no: Some(course_run_no),
            ..of.dimensions()
        };
        let parts = [(within(to.course_run_no), within(from.course_run_no), left)];
        let event = Event::new(Kind::EnrolmentMoved, now, self.actor.token_no)
            .about("voucher", of.voucher_id.bytes())
            .about("redemption", made.redemption_id.bytes())
            .about("course_run", to.course_run_id.bytes())
            .about("from_course_run", from.course_run_id.bytes())
            .about(facts::REASON, &facts::of_reason(self.reason.as_str()))
            .moving(rules::move_obligation(self.line, &parts));
        let entry = batch.record(made.programme_no, &event)?;
        let connection = batch.connection()?;
        diesel::insert_into(enrolment_move::table)
            .values((
                enrolment_move::programme_no.eq(entry.programme_no),
                enrolment_move::move_no.eq(entry.log_index),
                enrolment_move::redemption_no.eq(made.redemption_no),
                enrolment_move::from_course_run_no.eq(from.course_run_no),
                enrolment_move::reason.eq(self.reason.as_str()),
            ))
            .execute(connection)?;
        let changed = diesel::update(redemption::table.find((made.programme_no, made.redemption_no)))
            .filter(redemption::status.eq(LIVE))
            .filter(redemption::course_run_no.eq(from.course_run_no))
            .set(redemption::course_run_no.eq(to.course_run_no))
            .execute(connection)?;
        expect_one(changed)?;
        let known = serde_json::json!({
            "reason": self.reason,
            "redemption_id": made.redemption_id,
            "from_course_run": from.code,
            "course_run": to.code,
        });
        let attempt = Attempt::done(of, Action::Move, now, &self.actor, entry.log_index);
        store::insert_attempts(connection, vec![attempt.knowing(&known)])?;
        Ok(entry)
    }

    /// The runs' own counts.
    ///
    /// # Errors
    /// The store's.
    pub(crate) fn seats(&self, connection: &mut Connection, moved: i64) -> Result<(), Failure> {
        for (run, more) in [(&self.from, -moved), (&self.to, moved)] {
            let changed = diesel::update(course_run::table.find((run.programme_no, run.course_run_no)))
                .set(course_run::enrolled.eq(course_run::enrolled + more))
                .execute(connection)?;
            expect_one(changed)?;
        }
        Ok(())
    }
}
