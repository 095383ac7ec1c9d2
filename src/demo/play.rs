//! The year 2020 of the Pskov programme, day by day, through the same commands as the API's.

use super::cast::{Agency, Cast, number};
use super::course::{self, Run};
use super::progress::step;
use super::roster::{Intended, Roster, roster};
use super::run::DemoError;
use super::stage::{Stage, day, refused};
use crate::course_run::NewCourseRun;
use crate::course_run::create::CreateCourseRun;
use crate::credential;
use crate::employee::csv;
use crate::kernel::*;
use crate::programme::budget_line::CreateBudgetLine;
use crate::programme::create::CreateProgramme;
use crate::programme::form::ProgrammeForm;
use crate::programme::lifecycle::OpenProgramme;
use crate::programme::model::{BudgetItem, NewBudgetLine};
use crate::programme::quotas::{Seats, SetQuotas};
use crate::proposal::appropriation::Appropriation;
use crate::proposal::confirm::Confirm;
use crate::proposal::model::Second;
use crate::proposal::{Act, Propose};
use crate::redemption::model::Registrar;
use crate::redemption::redeem::Redeem;
use crate::redemption::reverse::{Reversal, Undo, VoucherOutcome};
use crate::request::model::Mode;
use crate::request::submit::Candidate;
use crate::request::{ApproveRequest, SubmitRequest, SubmittedRequest};
use crate::voucher::change::{Move, MoveVoucher};
use crate::voucher::expire::ReleaseExpired;
use crate::voucher::extend::ExtendVoucher;
use crate::voucher::issue::{IssueVouchers, read_order};
use crate::voucher::prepare::{Draft, draft_of};
use crate::voucher::replace::ReplaceVoucher;
use crate::voucher::store;
use chrono::{Days, NaiveDate};

/// The installation and its keys are of this day.
pub const FIRST_DAY: NaiveDate = day(1, 20);
/// Until the end of this day, requests of municipalities wait for the bodies of state power.
const PRIORITY_UNTIL: NaiveDate = day(3, 15);
const FIRST_MONDAY: NaiveDate = day(3, 23);
const VALID_UNTIL: NaiveDate = day(12, 31);
/// Two runs begin every week.
const WEEKS: u64 = 38;
const SEATS: usize = 25;
const SYNC_GRACE_DAYS: i32 = 5;
/// How long live vouchers and the open run are good for, from the real today.
const DAYS_AHEAD: u64 = 90;

/// Made up, but well formed: КБК, item, name and limit.
pub const BUDGET_LINES: [(&str, BudgetItem, &str, Kopecks); 2] = [
    (
        "07104101520100009244",
        BudgetItem::InstructorPay,
        "Оплата труда преподавателей",
        Kopecks::new(1_300_000_000),
    ),
    (
        "07104101520200009244",
        BudgetItem::InformationCampaign,
        "Информационная кампания",
        Kopecks::new(150_000_000),
    ),
];

/// What was played.
pub struct Played {
    pub cast: Cast,
    pub programme_id: ProgrammeId,
    pub programme_no: i64,
    pub open_course_run_id: CourseRunId,
    /// Rows of the agencies' lists, each compared with what was intended.
    pub rows: usize,
    pub refused_rows: usize,
    /// Credentials whose signature was verified at the enrolment table.
    pub verified: usize,
    /// A redemption whose hours were all taught and paid.
    pub traced: RedemptionId,
}

/// A voucher in the hands of its holder.
#[derive(Clone)]
struct Ticket {
    voucher_id: VoucherId,
    /// The text of its QR code.
    credential: String,
}

/// What becomes of a voucher.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Redeemed,
    /// Still to be redeemed: extended beyond the real today.
    Live,
    /// Lost and replaced by a live one.
    Lost,
    Suspended,
    Voided,
    Expired,
}

/// Of twenty vouchers one is not redeemed; what becomes of these hundred repeats with their number.
const fn fate(index: usize) -> Fate {
    if index % 20 != 19 {
        return Fate::Redeemed;
    }
    let spare = index / 20;
    match spare % 25 {
        0 | 15 => Fate::Voided,
        7 => Fate::Suspended,
        3 | 5 | 12 | 18 | 23 => Fate::Expired,
        _ if spare % 20 == 1 => Fate::Lost,
        _ => Fate::Live,
    }
}

/// Vouchers that the release after the year's end must find.
const EXPIRED: u64 = 20;

/// Plays the year.
///
/// # Errors
/// A refusal that was not meant, or an outcome that is not as intended.
pub fn play(stage: &Stage) -> Result<Played, DemoError> {
    let roster = roster();
    let cast = Cast::gather(stage, &roster)?;
    let (programme_id, programme_no) = open_programme(stage, &cast)?;
    let play = Play { stage, cast: &cast, programme_id, programme_no };

    let requested = play.request(&roster)?;
    let tickets = play.issue(&requested.requests)?;
    let of = |fate_: Fate| {
        let chosen = (0..).zip(&tickets).filter(move |(index, _)| fate(*index) == fate_);
        chosen.map(|(_, ticket)| ticket.clone()).collect::<Vec<_>>()
    };
    stage.turn_to(day(3, 20), 10);
    let mut live = of(Fate::Live).into_iter().map(|ticket| ticket.voucher_id).collect::<Vec<_>>();
    live.extend(play.replace(&of(Fate::Lost))?);
    play.shift(Move::Void, &of(Fate::Voided), "Держатель уволился (пример)")?;

    let year = play.teach_the_year(&of(Fate::Redeemed))?;
    live.push(year.returned);

    stage.turn_to(day(12, 21), 10);
    let suspended = of(Fate::Suspended);
    live.extend(suspended.iter().map(|ticket| ticket.voucher_id));
    play.extend(&live)?;
    play.shift(Move::Suspend, &suspended, "Сведения о держателе проверяются (пример)")?;
    let after_grace = VALID_UNTIL + Days::new(SYNC_GRACE_DAYS.unsigned_abs().into()) + Days::new(10);
    stage.turn_to(after_grace, 3);
    play.release()?;

    stage.turn_to_today();
    let open_course_run_id = play.open_run()?;
    Ok(Played {
        programme_id,
        programme_no,
        open_course_run_id,
        rows: requested.rows,
        refused_rows: requested.refused,
        verified: year.verified,
        traced: year.traced,
        cast,
    })
}

/// Creates the programme with its money and quotas, and opens it.
fn open_programme(stage: &Stage, cast: &Cast) -> Result<(ProgrammeId, i64), DemoError> {
    stage.turn_to(day(1, 27), 10);
    let doing = "creating the programme";
    let form = ProgrammeForm {
        code: ProgrammeCode::parse("PSK20").map_err(|why| refused(doing)(why.at("code")))?,
        name: Text::parse("Переквалификация органов госвласти")
            .map_err(|why| refused(doing)(why.at("name")))?,
        year: 2020,
        university_id: cast.university_id,
        course_hours: course::HOURS,
        face_value: Kopecks::new(650_000),
        valid_from: day(3, 1),
        valid_until: VALID_UNTIL,
        priority_until: Some(PRIORITY_UNTIL),
        auto_approve_max_rows: 0,
        sync_grace_days: SYNC_GRACE_DAYS,
        eligible_categories: vec![ServiceCategory::StateCivilServant, ServiceCategory::MunicipalServant],
        contribution_basis_points: 3_020,
        target_trained: 2_000,
        illustrative: true,
    };
    let programme_id = ProgrammeId(stage.app.new_id());
    let new = form.parse().map_err(refused(doing))?;
    let create = CreateProgramme { programme_id, actor: cast.programme.clone(), new };
    let programme_no = number(stage.order(doing, create)?.entry, doing)?;
    appropriate(stage, cast, programme_id, programme_no)?;

    stage.turn_to(day(2, 10), 10);
    let seats = |agency: &Agency| Seats { agency_id: agency.agency_id, seats: agency.seats };
    let quotas = cast.agencies.iter().map(seats).collect();
    stage.order("setting quotas", SetQuotas { programme_id, actor: cast.programme.clone(), quotas })?;
    stage.order("opening", OpenProgramme { programme_id, actor: cast.programme.clone() })?;
    Ok((programme_id, programme_no))
}

/// Creates both budget lines and brings them their money, which takes two people.
fn appropriate(
    stage: &Stage,
    cast: &Cast,
    programme_id: ProgrammeId,
    programme_no: i64,
) -> Result<(), DemoError> {
    let doing = "appropriating";
    let mut proposals = Vec::new();
    for (place, (kbk, item, name, amount)) in (1..).zip(BUDGET_LINES) {
        let budget_line_id = BudgetLineId(stage.app.new_id());
        let new = NewBudgetLine {
            kbk: Kbk::parse(kbk).map_err(|why| refused(doing)(why.at("kbk")))?,
            item,
            name: Text::parse(name).map_err(|why| refused(doing)(why.at("name")))?,
        };
        let actor = cast.programme.clone();
        stage.order(doing, CreateBudgetLine { programme_id, budget_line_id, actor, new })?;
        let document_number = Text::parse(&format!("{place}-ПРИМЕР"))
            .map_err(|why| refused(doing)(why.at("document_number")))?;
        let act = Act::Appropriation(Appropriation { budget_line_id, amount, document_number });
        let proposal_id = ProposalId(stage.app.new_id());
        stage.order(doing, Propose { proposal_id, programme_no, actor: cast.treasury.clone(), act })?;
        proposals.push(proposal_id);
    }
    stage.turn_to(day(2, 3), 10);
    for proposal_id in proposals {
        let actor = cast.treasury_2.clone();
        let second = Second { actor, scope: Scope::Treasury, university_no: None };
        stage.order(doing, Confirm { proposal_id, second })?;
    }
    Ok(())
}

/// The programme once it is open.
struct Play<'a> {
    stage: &'a Stage,
    cast: &'a Cast,
    programme_id: ProgrammeId,
    programme_no: i64,
}

/// The requests of all agencies, in the order in which they are served.
struct Requested {
    requests: Vec<(RequestId, bool)>,
    rows: usize,
    refused: usize,
}

/// What the year left behind.
struct Year {
    verified: usize,
    traced: RedemptionId,
    /// A voucher that was given back to its holder.
    returned: VoucherId,
}

impl Play<'_> {
    /// Every agency's list, row by row as intended.
    fn request(&self, roster: &Roster) -> Result<Requested, DemoError> {
        self.stage.turn_to(day(2, 11), 10);
        let bar = step("Заявки органов / Requests of agencies", self.cast.agencies.len());
        let mut requested = Requested { requests: Vec::new(), rows: 0, refused: 0 };
        for agency in &self.cast.agencies {
            let submitted = self.submit(agency, roster)?;
            if submitted.waits_until.is_some() != agency.is_municipality {
                return Err(DemoError::Mismatch(format!("{} waits wrongly for its turn", agency.code)));
            }
            requested.rows += submitted.rows.len();
            requested.refused += submitted.refused;
            let request_id = submitted.request_id;
            let request_id = request_id.ok_or_else(|| DemoError::Mismatch("a request left no id".into()))?;
            requested.requests.push((request_id, agency.is_municipality));
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(requested)
    }

    fn submit(&self, agency: &Agency, roster: &Roster) -> Result<SubmittedRequest, DemoError> {
        let doing = "requesting";
        let app = &self.stage.app;
        let file = roster.roster_csv(&agency.code);
        let rows = csv::read(file.as_bytes()).map_err(refused(doing))?;
        let candidate = |row| {
            let new_id = EmployeeId(app.new_id());
            Candidate::new(row, &app.holder_secret, self.programme_id, agency.agency_id, new_id)
        };
        let command = SubmitRequest {
            request_id: RequestId(app.new_id()),
            programme_id: self.programme_id,
            agency_no: agency.agency_no,
            agency_id: agency.agency_id,
            actor: agency.officer.clone(),
            mode: Mode::BestEffort,
            dry_run: false,
            rows: rows.into_iter().map(candidate).collect(),
        };
        let submitted = self.stage.order(doing, command)?.reply;
        let intended = roster.of(&agency.code).map(|employee| (&employee.client_ref, employee.intended));
        let came = submitted.rows.iter().map(|row| (&row.client_ref, row.code.as_deref()));
        for ((client_ref, intended), (came_ref, code)) in intended.zip(came) {
            if client_ref != came_ref || code != code_of(intended) {
                return Err(DemoError::Mismatch(format!(
                    "{client_ref} was to be {intended:?}, and is {code:?}"
                )));
            }
        }
        Ok(submitted)
    }

    /// Approves and issues: bodies of state power, then, after their turn, municipalities.
    fn issue(&self, requests: &[(RequestId, bool)]) -> Result<Vec<Ticket>, DemoError> {
        let bar = step("Выпуск сертификатов / Issuing vouchers", requests.len());
        let approve = |request_id| ApproveRequest { request_id, actor: self.cast.programme.clone() };
        let mut tickets = Vec::new();
        self.stage.turn_to(day(3, 2), 10);
        if let Some((early, _)) = requests.iter().find(|(_, is_municipality)| *is_municipality)
            && self.stage.app.writer.execute_blocking(approve(*early)).is_ok()
        {
            return Err(DemoError::Mismatch("a municipality was served before its turn".into()));
        }
        for (request_id, is_municipality) in requests {
            if *is_municipality {
                self.stage.turn_to(PRIORITY_UNTIL + Days::new(1), 10);
            }
            self.stage.order("approving", approve(*request_id))?;
            tickets.extend(self.issue_request(*request_id)?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        if tickets.len() != 2_000 {
            return Err(DemoError::Mismatch(format!("{} vouchers were issued", tickets.len())));
        }
        Ok(tickets)
    }

    fn issue_request(&self, request_id: RequestId) -> Result<Vec<Ticket>, DemoError> {
        let doing = "issuing";
        let app = &self.stage.app;
        let order =
            self.stage.look(doing, |connection| read_order(connection, request_id, || app.new_id()))?;
        let drafts: Vec<Draft> = order.rows.iter().map(|row| row.draft.clone()).collect();
        let desk = self.stage.signing_desk();
        let signed = desk.prepare_blocking(&app.writer, &order.programme, &drafts).map_err(refused(doing))?;
        let tickets = signed
            .iter()
            .map(|signed| Ticket { voucher_id: signed.voucher_id, credential: signed.credential.text() })
            .collect();
        let rows = order.rows.iter().zip(signed).map(|(row, signed)| (row.item_no, row.employee_no, signed));
        let command = IssueVouchers { request_id, actor: self.cast.programme.clone(), rows: rows.collect() };
        self.stage.order(doing, command)?;
        Ok(tickets)
    }

    /// Replaces lost vouchers; the ones that took over.
    fn replace(&self, lost: &[Ticket]) -> Result<Vec<VoucherId>, DemoError> {
        let doing = "replacing";
        let app = &self.stage.app;
        let mut successors = Vec::new();
        for ticket in lost {
            let (programme, draft) = self.stage.look(doing, |connection| {
                let old = store::find(connection, ticket.voucher_id, None)?;
                let programme = crate::programme::ProgrammeFacts::by_no(connection, old.programme_no)?;
                Ok((programme, draft_of(connection, &old)?))
            })?;
            let draft = Draft { voucher_id: VoucherId(app.new_id()), credential_version: 1, ..draft };
            let desk = self.stage.signing_desk();
            let signed = desk.prepare_blocking(&app.writer, &programme, &[draft]).map_err(refused(doing))?;
            for successor in signed {
                let command = ReplaceVoucher {
                    voucher_id: ticket.voucher_id,
                    agency_no: None,
                    successor,
                    reason: "Сертификат утерян (пример)".into(),
                    actor: self.cast.programme.clone(),
                };
                successors.push(self.stage.order(doing, command)?.reply.successor_id);
            }
        }
        Ok(successors)
    }

    fn shift(&self, to: Move, tickets: &[Ticket], reason: &str) -> Result<(), DemoError> {
        let move_of = |ticket: &Ticket| MoveVoucher {
            voucher_id: ticket.voucher_id,
            agency_no: None,
            to,
            reason: reason.to_owned(),
            actor: self.cast.programme.clone(),
        };
        self.stage.order_all("moving a voucher", tickets.iter().map(move_of).collect()).map(drop)
    }

    /// Week after week: two runs begin, their people are enrolled, hours are taught, accepted and paid.
    fn teach_the_year(&self, tickets: &[Ticket]) -> Result<Year, DemoError> {
        let bar = step("Погашение и занятия / Redemptions and teaching", tickets.len());
        let mut runs: Vec<Run> = Vec::new();
        let mut groups = tickets.chunks(SEATS);
        let mut redemptions: Vec<Vec<RedemptionId>> = Vec::new();
        let teaching = course::Course { stage: self.stage, cast: self.cast, programme_id: self.programme_id };
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
            if week == 2 {
                // After two weeks of hours: what was taught stays a cost, the rest is released.
                self.stage.turn_to(monday + Days::new(3), 9);
                self.reverse(redemptions[2][SEATS - 1], VoucherOutcome::Voided)?;
            }
            teaching.accept_week(&taught, monday)?;
            if week == 2 || week == 4 {
                teaching.pay_all(monday + Days::new(7), self.programme_no)?;
            }
            if week == 4 {
                teaching.close(&runs[..2])?;
            }
        }
        bar.finish_and_clear();
        // Nothing was taught to the last run yet: the voucher goes back to its holder.
        let last = redemptions.len() * SEATS - 1;
        self.reverse(redemptions[redemptions.len() - 1][SEATS - 1], VoucherOutcome::Issued)?;
        Ok(Year {
            verified: tickets.len() + 1,
            traced: redemptions[0][0],
            returned: tickets[last].voucher_id,
        })
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
            reversal: Reversal { redemption_id, voucher: VoucherOutcome::Issued, reason },
            programme_no: self.programme_no,
            university_no: self.cast.university_no,
            actor: self.cast.registrar.clone(),
        };
        self.stage.order("undoing a redemption", undo).map(drop)
    }

    /// Too late to undo: it takes a second person.
    fn reverse(&self, redemption_id: RedemptionId, voucher: VoucherOutcome) -> Result<(), DemoError> {
        let doing = "reversing a redemption";
        let reason = "Держатель не смог учиться (пример)".into();
        let propose = Propose {
            proposal_id: ProposalId(self.stage.app.new_id()),
            programme_no: self.programme_no,
            actor: self.cast.registrar.clone(),
            act: Act::RedemptionReversal(Reversal { redemption_id, voucher, reason }),
        };
        let proposal_id = self.stage.order(doing, propose)?.reply.proposal_id;
        let second = Second {
            actor: self.cast.registrar_2.clone(),
            scope: Scope::Registrar,
            university_no: Some(self.cast.university_no),
        };
        self.stage.order(doing, Confirm { proposal_id, second }).map(drop)
    }

    /// Extends vouchers beyond the real today, so that they can be tried.
    fn extend(&self, vouchers: &[VoucherId]) -> Result<(), DemoError> {
        let doing = "extending";
        let last_day = self.stage.today.date() + Days::new(DAYS_AHEAD);
        let bar = step("Продление / Extending vouchers", vouchers.len());
        let mut commands = Vec::with_capacity(vouchers.len());
        for voucher_id in vouchers {
            let (programme, voucher_no, draft) = self.stage.look(doing, |connection| {
                let old = store::find(connection, *voucher_id, None)?;
                let programme = crate::programme::ProgrammeFacts::by_no(connection, old.programme_no)?;
                Ok((programme, old.voucher_no, draft_of(connection, &old)?))
            })?;
            let draft = Draft {
                expires_at: Timestamp::end_of_day(last_day),
                credential_version: draft.credential_version + 1,
                ..draft
            };
            let signed = self.stage.signing_desk().sign(&programme, voucher_no, &draft);
            commands.push(ExtendVoucher {
                voucher_id: *voucher_id,
                signed: signed.map_err(refused(doing))?,
                reason: "Чтобы демонстрацию можно было испытать сегодня (пример)".into(),
                actor: self.cast.programme_2.clone(),
            });
            bar.inc(1);
        }
        bar.finish_and_clear();
        self.stage.order_all(doing, commands).map(drop)
    }

    /// Releases the reserves of the vouchers that lapsed with the year.
    fn release(&self) -> Result<(), DemoError> {
        let command = ReleaseExpired { programme_id: self.programme_id, actor: Actor::service() };
        let released = self.stage.order("releasing lapsed vouchers", command)?.reply.vouchers;
        if released != EXPIRED {
            return Err(DemoError::Mismatch(format!("{released} vouchers expired, not {EXPIRED}")));
        }
        Ok(())
    }

    /// A run that begins next week, with seats for everybody who is left.
    fn open_run(&self) -> Result<CourseRunId, DemoError> {
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
                illustrative: true,
            },
        };
        Ok(self.stage.order(doing, command)?.reply.course_run_id)
    }
}

/// The code of the refusal that was intended.
const fn code_of(intended: Intended) -> Option<&'static str> {
    match intended {
        Intended::Accepted => None,
        Intended::NotEligible => Some(Code::NotEligible.as_str()),
        Intended::DuplicateHolder => Some(Code::DuplicateHolder.as_str()),
        Intended::OverQuota => Some(Code::QuotaExceeded.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_vouchers_are_not_redeemed_and_each_has_its_fate() {
        let count = |wanted| (0..2_000).filter(|index| fate(*index) == wanted).count();
        assert_eq!(count(Fate::Redeemed), 2 * WEEKS as usize * SEATS);
        assert_eq!(count(Fate::Expired) as u64, EXPIRED);
        let others = [Fate::Live, Fate::Lost, Fate::Suspended, Fate::Voided];
        assert_eq!(others.map(count), [63, 5, 4, 8]);
    }
}
