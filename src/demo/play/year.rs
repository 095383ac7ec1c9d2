//! The weeks of the year: people are enrolled, taught, and those who teach them are paid.

use super::{Play, SEATS, Ticket, WEEKS};
use crate::course_run::NewCourseRun;
use crate::course_run::create::CreateCourseRun;
use crate::credential;
use crate::demo::campaign::Campaign;
use crate::demo::course::{Confirmed, Course, Run};
use crate::demo::progress::step;
use crate::demo::run::DemoError;
use crate::demo::stage::{day, refused};
use crate::kernel::*;
use crate::proposal::confirm::Confirm;
use crate::proposal::model::Second;
use crate::proposal::{Act, Propose};
use crate::redemption::model::Registrar;
use crate::redemption::move_enrolments::MoveEnrolments;
use crate::redemption::redeem::Redeem;
use crate::redemption::reverse::{Rest, Reversal, Undo, VoucherOutcome};
use chrono::{Days, NaiveDate};

const FIRST_MONDAY: NaiveDate = day(3, 23);

/// What the year left behind.
pub(super) struct Year {
    pub(super) verified: usize,
    pub(super) traced: RedemptionId,
    /// A voucher that was given back to its holder.
    pub(super) returned: VoucherId,
}

impl Play<'_> {
    /// Week after week: two runs begin, their people are enrolled, hours are taught, accepted and paid.
    pub(super) fn teach_the_year(&self, tickets: &[Ticket]) -> Result<Year, DemoError> {
        let bar = step("Погашение и занятия / Redemptions and teaching", tickets.len());
        let mut runs: Vec<Run> = Vec::new();
        let mut groups = tickets.chunks(SEATS);
        let mut redemptions: Vec<Vec<RedemptionId>> = Vec::new();
        let teaching = Course { stage: self.stage, cast: self.cast, programme_id: self.programme_id };
        let campaign = self.campaign();
        let contracts = campaign.sign()?;
        for week in 0..WEEKS {
            let monday = FIRST_MONDAY + Days::new(7 * week);
            self.stage.turn_to(monday, 9);
            let mut begin = Vec::new();
            for group in groups.by_ref().take(2) {
                begin.push((teaching.begin(runs.len() + 1, monday, SEATS)?, group));
                runs.push(begin[begin.len() - 1].0.clone());
            }
            if week == 0
                && let [(_, first), (second, _)] = &begin[..]
            {
                self.slip(&first[0], second.course_run_id)?;
            }
            for (run, group) in &begin {
                redemptions.push(self.enrol(run.course_run_id, group)?);
                bar.inc(group.len() as u64);
            }
            let taught = teaching.record_week(&runs, monday)?;
            let next = monday + Days::new(7);
            if week == 2 {
                // After two weeks of hours: what was taught stays a cost, the rest is released.
                self.stage.turn_to(monday + Days::new(3), 9);
                if let Some(gone) = redemptions[2].pop() {
                    self.reverse(gone, VoucherOutcome::Voided)?;
                }
            }
            teaching.accept_week(&taught.to_accept, monday)?;
            teaching.attend(&taught.held, &redemptions)?;
            let friday = monday + Days::new(4);
            for (run, people) in runs.iter().zip(&redemptions) {
                if run.is_whole() && run.last_day() == friday {
                    teaching.finish(run, people, friday)?;
                }
            }
            campaign.accept(&contracts, monday, next)?;
            if week == 2 {
                teaching.pay_all(next, self.programme_no, Confirmed::ByHand)?;
            }
            if week == 4 {
                teaching.pay_all(next, self.programme_no, Confirmed::ByStatement)?;
                teaching.close(&runs[..2])?;
            }
        }
        bar.finish_and_clear();
        campaign.end(&contracts)?;
        // The last run has seats left: somebody of the one before it changes groups.
        if let [.., before, last] = &runs[..]
            && redemptions.last().is_some_and(|group| group.len() < SEATS)
        {
            let changes = redemptions[redemptions.len() - 2][0];
            self.change_runs(changes, before.course_run_id, last.course_run_id)?;
        }
        // Nothing was taught to the last run yet: the voucher goes back to its holder.
        let last = redemptions.len() * SEATS - 1;
        self.reverse(redemptions[redemptions.len() - 1][SEATS - 1], VoucherOutcome::Issued)?;
        Ok(Year {
            verified: tickets.len() + 1,
            traced: redemptions[0][0],
            returned: tickets[last].voucher_id,
        })
    }

    /// The treasury at work for the campaign.
    pub(super) fn campaign(&self) -> Campaign<'_> {
        Campaign { stage: self.stage, cast: self.cast, programme_no: self.programme_no }
    }

    /// A scan of the voucher's credential.
    fn scan(&self, ticket: &Ticket, course_run_id: CourseRunId) -> Result<Redeem, DemoError> {
        let signed = credential::authenticate(&ticket.credential, &self.stage.app.keyring());
        let signed = signed.map_err(refused("verifying a credential"))?;
        Ok(Redeem {
            redemption_id: RedemptionId(self.stage.app.new_id()),
            presented: signed.into(),
            course_run_id,
            identity_checked: true,
            registrar: Registrar {
                actor: self.cast.registrar.clone(),
                university_no: self.cast.university_no,
            },
        })
    }

    fn enrol(&self, run: CourseRunId, group: &[Ticket]) -> Result<Vec<RedemptionId>, DemoError> {
        let scans = group.iter().map(|ticket| self.scan(ticket, run)).collect::<Result<Vec<_>, _>>()?;
        let redeemed = self.stage.order_all("redeeming", scans)?;
        Ok(redeemed.into_iter().map(|answer| answer.reply.redemption_id).collect())
    }

    /// A scan into the wrong run, undone at once by the same registrar.
    fn slip(&self, ticket: &Ticket, wrong_run: CourseRunId) -> Result<(), DemoError> {
        let scan = self.scan(ticket, wrong_run)?;
        let redemption_id = self.stage.order("redeeming", scan)?.reply.redemption_id;
        let reason = "Не тот поток (пример)".into();
        let undo = Undo {
            reversal: Reversal {
                redemption_id,
                voucher: VoucherOutcome::Issued,
                rest: Rest::Released,
                reason,
            },
            programme_no: self.programme_no,
            university_no: self.cast.university_no,
            actor: self.cast.registrar.clone(),
        };
        self.stage.order("undoing a redemption", undo).map(drop)
    }

    fn change_runs(
        &self,
        redemption_id: RedemptionId,
        from: CourseRunId,
        to: CourseRunId,
    ) -> Result<(), DemoError> {
        let doing = "moving an enrolment";
        let reason = Text::parse("Командировка в дни занятий (пример)");
        let command = MoveEnrolments {
            from,
            to,
            redemption_ids: Some(vec![redemption_id]),
            reason: reason.map_err(|why| refused(doing)(why.at("reason")))?,
            actor: self.cast.teaching.clone(),
            university_no: self.cast.university_no,
        };
        self.stage.order(doing, command).map(drop)
    }

    /// Too late to undo: it takes a second person.
    fn reverse(&self, redemption_id: RedemptionId, voucher: VoucherOutcome) -> Result<(), DemoError> {
        let doing = "reversing a redemption";
        let reason = "Держатель не смог учиться (пример)".into();
        let propose = Propose {
            proposal_id: ProposalId(self.stage.app.new_id()),
            programme_no: self.programme_no,
            actor: self.cast.registrar.clone(),
            act: Act::RedemptionReversal(Reversal { redemption_id, voucher, rest: Rest::Released, reason }),
        };
        let proposal_id = self.stage.order(doing, propose)?.reply.proposal_id;
        let second = Second {
            actor: self.cast.registrar_2.clone(),
            scope: Scope::Registrar,
            university_no: Some(self.cast.university_no),
        };
        self.stage.order(doing, Confirm { proposal_id, second }).map(drop)
    }

    /// A run that begins next week, with seats for everybody who is left.
    pub(super) fn open_run(&self) -> Result<CourseRunId, DemoError> {
        let today = self.stage.today.date();
        let doing = "creating the open course run";
        let command = CreateCourseRun {
            course_run_id: CourseRunId(self.stage.app.new_id()),
            actor: self.cast.teaching.clone(),
            university_no: self.cast.university_no,
            new: NewCourseRun {
                programme_id: self.programme_id,
                code: Text::parse("PSK20-077").map_err(|why| refused(doing)(why.at("code")))?,
                starts_on: today + Days::new(7),
                ends_on: today + Days::new(25),
                seats: 120,
                plan: None,
                illustrative: true,
            },
        };
        Ok(self.stage.order(doing, command)?.reply.course_run_id)
    }
}
