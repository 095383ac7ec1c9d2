//! Vouchers from issue to pay through the writer: races, repeats, and random lives after each step of
//! which every invariant holds.

#[path = "support/world.rs"]
mod world;

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use training_vouchers::campaign::RegisterContractor;
use training_vouchers::campaign::accept::ActAcceptance;
use training_vouchers::campaign::end::ContractEnding;
use training_vouchers::campaign::sign::ContractSigning;
use training_vouchers::completion::model::{Certificate, TestResult};
use training_vouchers::completion::roll::{Listed, Person};
use training_vouchers::completion::{CompleteCourse, RecordAttendance, RecordResults};
use training_vouchers::course_run::close::CloseCourseRun;
use training_vouchers::course_run::top_up::TopUp;
use training_vouchers::credential::{self, Purpose, key_files};
use training_vouchers::kernel::*;
use training_vouchers::keys::compromise::Compromise;
use training_vouchers::keys::rotate::RotateKey;
use training_vouchers::payment::{ConfirmPayment, PreparePayment, ReturnPayment, WithdrawPayment};
use training_vouchers::period::close::PeriodClosing;
use training_vouchers::programme::year_end::YearEnd;
use training_vouchers::proposal::budget_move::BudgetMove;
use training_vouchers::proposal::{Act, Propose};
use training_vouchers::redemption::move_enrolments::MoveEnrolments;
use training_vouchers::redemption::reverse::{Rest, Reversal, Reverse, ReverseReply, Undo, VoucherOutcome};
use training_vouchers::statement;
use training_vouchers::statement::import::ImportedStatement;
use training_vouchers::statement::number::{AccountNumber, Bic};
use training_vouchers::statement::{ImportStatement, ResolveItem, SetAccount};
use training_vouchers::teaching::cancel::SessionCancellation;
use training_vouchers::teaching::{AcceptSession, Lesson, Phase, RecordSession, RegisterInstructor, Terms};
use training_vouchers::voucher::change::{Move, MoveVoucher};
use training_vouchers::voucher::expire::ReleaseExpired;
use training_vouchers::voucher::extend::ExtendVoucher;
use training_vouchers::voucher::prepare::{Draft, draft_of};
use training_vouchers::voucher::replace::ReplaceVoucher;
use training_vouchers::voucher::store;
use training_vouchers::writer::{Key, Once};
use world::{FACE_VALUE, World, actor};

/// The programme's account in the bank.
const ACCOUNT: &str = "40204810900000000025";

fn limit(seats: i64) -> Kopecks {
    FACE_VALUE.checked_mul(seats).unwrap()
}

#[test]
fn sixty_four_racers_for_one_voucher_make_exactly_one_redemption() {
    let world = World::new(limit(10));
    let voucher = world.issue(0, 1).unwrap()[0];
    let run = world.course_run("run", 100);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..64).map(|_| scope.spawn(|| world.redeem(voucher, run))).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let winner = outcomes.iter().find_map(|outcome| outcome.as_ref().ok()).unwrap();
    for refusal in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(refusal.code, Code::AlreadyRedeemed);
        assert_eq!(refusal.facts["redemption_id"], winner.reply.redemption_id.to_string());
        assert_eq!(refusal.facts["course_run"], "run");
    }
    world.assert_audit_is_clean();
}

/// The same id twice in one batch must not be answered as two redemptions, nor as a refusal.
#[test]
fn the_same_request_id_always_gets_the_same_answer_even_at_once() {
    let world = World::new(limit(10));
    let voucher = world.issue(0, 1).unwrap()[0];
    let run = world.course_run("run", 100);
    let redemption_id = RedemptionId(world.app.new_id());
    let send = || {
        let mut command = world.redemption(voucher, run);
        command.redemption_id = redemption_id;
        world.run(command)
    };
    let answers: Vec<_> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..32).map(|_| scope.spawn(send)).collect();
        senders.into_iter().map(|sender| sender.join().unwrap().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    let first = answers.iter().find(|answer| !answer.replayed).unwrap();
    let later = send().unwrap();
    for answer in answers.iter().chain([&later]) {
        assert_eq!(answer.reply, first.reply);
        assert_eq!(answer.receipt().unwrap().to_string(), first.receipt().unwrap().to_string());
    }
    let mut other = world.redemption(world.issue(0, 1).unwrap()[0], run);
    other.redemption_id = redemption_id;
    assert_eq!(world.run(other).err().unwrap().code, Code::IdempotencyKeyReused);
    world.assert_audit_is_clean();
}

#[test]
fn the_last_seat_is_given_once() {
    let world = World::new(limit(40));
    let vouchers = world.issue(0, 40).unwrap();
    let run = world.course_run("run", 25);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let world = &world;
        let racers: Vec<_> =
            vouchers.iter().map(|voucher| scope.spawn(move || world.redeem(*voucher, run))).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 25);
    assert!(outcomes.iter().filter_map(|o| o.as_ref().err()).all(|r| r.code == Code::CourseFull));
    world.assert_audit_is_clean();
}

#[test]
fn a_line_is_never_overspent_and_the_shortfall_is_named() {
    let world = World::new(limit(3));
    world.issue(0, 2).unwrap();
    let refusal = world.issue(1, 2).unwrap_err();
    assert_eq!(refusal.code, Code::BudgetExceeded);
    assert_eq!(refusal.facts["shortfall_kopecks"], FACE_VALUE.get());
    world.assert_audit_is_clean();
}

#[test]
fn a_lapsed_voucher_is_refused_at_once_and_its_money_comes_back_after_the_grace() {
    let world = World::new(limit(2));
    let vouchers = world.issue(0, 2).unwrap();
    let run = world.course_run("run", 10);
    world.advance(335 * 24 * 3_600);
    assert_eq!(world.redeem(vouchers[0], run).err().unwrap().code, Code::Expired);
    let release = || ReleaseExpired { programme_id: world.programme_id, actor: Actor::service() };
    assert_eq!(world.run(release()).unwrap().reply.vouchers, 0, "the grace for offline scans runs");
    world.advance(3 * 24 * 3_600);
    assert_eq!(world.run(release()).unwrap().reply.vouchers, 2);
    assert_eq!(world.run(release()).unwrap().reply.vouchers, 0, "a voucher expires once");
    world.assert_audit_is_clean();
}

/// One step of a random life; the numbers pick among what there is.
#[derive(Clone, Debug)]
enum Step {
    Issue(u32),
    Redeem(usize),
    Move(usize, Move),
    Replace(usize),
    Extend(usize, i64),
    /// The voucher ends, or not; what is left goes to the others of the run, or not.
    Reverse(usize, bool, bool),
    /// To the other run.
    ChangeRuns(usize),
    Teach(i32),
    Accept(usize),
    /// Who was in a session.
    Attend(usize, usize, bool),
    Grade(usize, bool),
    Complete(usize),
    /// The payment of the instructor, or of the contractor, is withdrawn instead of confirmed, or not.
    Pay(bool, i64, bool),
    GiveBack(usize),
    /// The bank's statement of the day shows a payment that waits, or a debit that nobody prepared.
    Debit(i64, bool),
    /// It shows a payment that came back.
    Credit(usize),
    /// An item that nothing matched is explained.
    Explain(usize),
    Cancel(usize),
    TopUp(i64),
    /// Seats to the other agency, or back; the other one declines, or not.
    MoveQuota(bool, i64, bool),
    /// To the campaign's line, or back.
    MoveMoney(bool, i64),
    Sign(i64),
    AcceptAct(usize, i64),
    EndContract(usize),
    ClosePeriod,
    EndYear,
    Close,
    Wait(i64),
    Release,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (1..4u32).prop_map(Step::Issue),
        6 => any::<usize>().prop_map(Step::Redeem),
        3 => (any::<usize>(), prop_oneof![Just(Move::Suspend), Just(Move::Resume), Just(Move::Void)])
            .prop_map(|(which, to)| Step::Move(which, to)),
        1 => any::<usize>().prop_map(Step::Replace),
        1 => (any::<usize>(), 0..400i64).prop_map(|(which, days)| Step::Extend(which, days)),
        2 => (any::<usize>(), any::<bool>(), any::<bool>())
            .prop_map(|(which, void, others)| Step::Reverse(which, void, others)),
        3 => any::<usize>().prop_map(Step::ChangeRuns),
        3 => (1..8i32).prop_map(Step::Teach),
        3 => any::<usize>().prop_map(Step::Accept),
        4 => (any::<usize>(), any::<usize>(), prop::bool::weighted(0.9))
            .prop_map(|(session, who, present)| Step::Attend(session, who, present)),
        3 => (any::<usize>(), prop::bool::weighted(0.8)).prop_map(|(who, passed)| Step::Grade(who, passed)),
        3 => any::<usize>().prop_map(Step::Complete),
        4 => (any::<bool>(), 1..2_000_000i64, prop::bool::weighted(0.2))
            .prop_map(|(contractor, amount, withdrawn)| Step::Pay(contractor, amount, withdrawn)),
        2 => any::<usize>().prop_map(Step::GiveBack),
        4 => (1..200_000i64, prop::bool::weighted(0.8)).prop_map(|(amount, known)| Step::Debit(amount, known)),
        4 => any::<usize>().prop_map(Step::Credit),
        1 => any::<usize>().prop_map(Step::Explain),
        2 => any::<usize>().prop_map(Step::Cancel),
        1 => (1..500_000i64).prop_map(Step::TopUp),
        2 => (any::<bool>(), 1..600i64, prop::bool::weighted(0.2))
            .prop_map(|(back, seats, declined)| Step::MoveQuota(back, seats, declined)),
        2 => (any::<bool>(), 1..3_000_000i64).prop_map(|(back, amount)| Step::MoveMoney(back, amount)),
        2 => (1..1_500_000i64).prop_map(Step::Sign),
        3 => (any::<usize>(), 1..800_000i64).prop_map(|(which, amount)| Step::AcceptAct(which, amount)),
        1 => any::<usize>().prop_map(Step::EndContract),
        1 => Just(Step::ClosePeriod),
        1 => Just(Step::EndYear),
        1 => Just(Step::Close),
        1 => (1..200i64).prop_map(Step::Wait),
        1 => Just(Step::Release),
    ]
}

/// What a random life has made so far.
struct Life {
    world: World,
    /// Everything happens in the first; the second is small, and only taught to.
    runs: [CourseRunId; 2],
    instructor: PayeeId,
    vouchers: Vec<VoucherId>,
    redemptions: Vec<RedemptionId>,
    sessions: Vec<SessionId>,
    payments: Vec<PaymentId>,
    /// Of the payments that a statement confirmed: number and amount.
    debited: Vec<(String, i64)>,
    unmatched: Vec<StatementItemId>,
    contractor: PayeeId,
    contracts: Vec<ContractId>,
    documents: u32,
}

impl Life {
    fn new() -> Self {
        let world = World::new(limit(12));
        let runs = [world.course_run("run", 6), world.course_run("other", 2)];
        let payee_id = PayeeId(world.app.new_id());
        let (university_no, university_id) = (world.university_no, world.university_id);
        let name = text::Text::parse("Петров Пётр Петрович").unwrap();
        let terms = Terms {
            number: text::Text::parse("7-ГПХ").unwrap(),
            hourly_rate: Kopecks::new(150_001),
            valid_from: world::day("2020-01-01"),
            valid_until: world::day("2021-12-31"),
            hours: 500,
        };
        world
            .run(RegisterInstructor {
                payee_id,
                contract_id: InstructorContractId(world.app.new_id()),
                actor: actor("teaching"),
                university_no,
                university_id,
                name,
                terms,
            })
            .unwrap();
        let contractor = PayeeId(world.app.new_id());
        let name = text::Text::parse("ООО «Вести»").unwrap();
        world.run(RegisterContractor { payee_id: contractor, actor: actor("treasury"), name }).unwrap();
        world
            .run(SetAccount {
                account_id: SettlementAccountId(world.app.new_id()),
                actor: actor("treasury"),
                programme_id: world.programme_id,
                account_number: AccountNumber::parse(ACCOUNT).unwrap(),
                bic: Bic::parse("045805000").unwrap(),
            })
            .unwrap();
        Self {
            world,
            runs,
            payments: vec![],
            debited: vec![],
            unmatched: vec![],
            contractor,
            contracts: vec![],
            instructor: payee_id,
            vouchers: vec![],
            redemptions: vec![],
            sessions: vec![],
            documents: 0,
        }
    }

    /// Does a step, or is refused: either way the books must balance.
    fn take(&mut self, step: &Step) -> Result<(), Refusal> {
        let world = &self.world;
        let pick = |which: usize, len: usize| if len == 0 { None } else { Some(which % len) };
        let reason = || "случайность".to_owned();
        match step {
            Step::Issue(people) => self.vouchers.extend(world.issue(0, *people)?),
            Step::Redeem(which) => {
                let Some(which) = pick(*which, self.vouchers.len()) else { return Ok(()) };
                let redeemed = world.redeem(self.vouchers[which], self.runs[0])?;
                self.redemptions.push(redeemed.reply.redemption_id);
            }
            Step::Move(which, to) => {
                let Some(which) = pick(*which, self.vouchers.len()) else { return Ok(()) };
                let voucher_id = self.vouchers[which];
                let (to, actor) = (*to, actor("hr"));
                world.run(MoveVoucher { voucher_id, agency_no: None, to, reason: reason(), actor })?;
            }
            Step::Replace(which) => {
                let Some(which) = pick(*which, self.vouchers.len()) else { return Ok(()) };
                let voucher_id = self.vouchers[which];
                let (programme, _, draft) = self.draft(voucher_id)?;
                let draft =
                    Draft { voucher_id: VoucherId(world.app.new_id()), credential_version: 1, ..draft };
                let signed = world.desk().prepare_blocking(&world.app.writer, &programme, &[draft])?;
                let successor = signed.into_iter().next().unwrap();
                let (agency_no, actor) = (None, actor("hr"));
                let command = ReplaceVoucher { voucher_id, agency_no, successor, reason: reason(), actor };
                self.vouchers.push(world.run(command)?.reply.successor_id);
            }
            Step::Extend(which, days) => {
                let Some(which) = pick(*which, self.vouchers.len()) else { return Ok(()) };
                let voucher_id = self.vouchers[which];
                let (programme, voucher_no, draft) = self.draft(voucher_id)?;
                let draft = Draft {
                    expires_at: draft.expires_at.plus_seconds(days * 24 * 3_600),
                    credential_version: draft.credential_version + 1,
                    ..draft
                };
                let signed = world.desk().sign(&programme, voucher_no, &draft)?;
                world.run(ExtendVoucher { voucher_id, signed, reason: reason(), actor: actor("office") })?;
            }
            Step::Reverse(which, void, others) => {
                let Some(which) = pick(*which, self.redemptions.len()) else { return Ok(()) };
                let voucher = if *void { VoucherOutcome::Voided } else { VoucherOutcome::Issued };
                let redemption_id = self.redemptions[which];
                let rest = if *others { Rest::CourseRun } else { Rest::Released };
                let act =
                    Act::RedemptionReversal(Reversal { redemption_id, voucher, rest, reason: reason() });
                world.two_people(act, Scope::Programme)?;
            }
            Step::ChangeRuns(which) => {
                let [first, second] = self.runs;
                let Some(who) = pick(*which, self.redemptions.len()) else { return Ok(()) };
                let moved = |from, to| MoveEnrolments {
                    from,
                    to,
                    redemption_ids: Some(vec![self.redemptions[who]]),
                    reason: text::Text::parse("случайность").unwrap(),
                    actor: actor("teaching"),
                    university_no: world.university_no,
                };
                world.run(moved(first, second)).or_else(|_| world.run(moved(second, first)))?;
            }
            Step::Teach(hours) => {
                let session_id = SessionId(world.app.new_id());
                world.run(RecordSession {
                    session_id,
                    actor: actor("teaching"),
                    university_no: world.university_no,
                    course_run_id: self.runs[usize::from(hours % 4 == 3)],
                    payee_id: self.instructor,
                    lesson: Lesson {
                        held_on: world.app.clock.now().date(),
                        starts_at: None,
                        phase: Phase::Lecture,
                        hours: *hours,
                    },
                })?;
                self.sessions.push(session_id);
            }
            Step::Accept(which) => {
                let Some(which) = pick(*which, self.sessions.len()) else { return Ok(()) };
                let (session_id, university_no) = (self.sessions[which], world.university_no);
                world.run(AcceptSession { session_id, actor: actor("teaching-2"), university_no })?;
            }
            Step::Attend(session, who, present) => {
                let Some(session) = pick(*session, self.sessions.len()) else { return Ok(()) };
                let Some(rows) = self.row(*who, *present) else { return Ok(()) };
                world.run(RecordAttendance {
                    session_id: self.sessions[session],
                    actor: actor("teaching"),
                    university_no: world.university_no,
                    dry_run: false,
                    rows,
                })?;
            }
            Step::Grade(who, passed) => {
                let result = TestResult::new(*passed, Some(if *passed { 80 } else { 20 }))?;
                let Some(rows) = self.row(*who, result) else { return Ok(()) };
                world.run(RecordResults {
                    course_run_id: self.runs[0],
                    actor: actor("teaching"),
                    university_no: world.university_no,
                    dry_run: false,
                    rows,
                })?;
            }
            Step::Complete(who) => {
                let certificate = Certificate {
                    document_number: text::Text::parse(&format!("ПК-{who}")).unwrap(),
                    completed_on: world.app.clock.now().date(),
                };
                let Some(rows) = self.row(*who, certificate) else { return Ok(()) };
                world.run(CompleteCourse {
                    course_run_id: self.runs[0],
                    actor: actor("teaching"),
                    university_no: world.university_no,
                    dry_run: false,
                    rows,
                })?;
            }
            Step::Pay(contractor, amount, is_withdrawn) => {
                let payment_id = PaymentId(world.app.new_id());
                world.run(PreparePayment {
                    payment_id,
                    actor: actor("treasury"),
                    programme_id: world.programme_id,
                    payee_id: if *contractor { self.contractor } else { self.instructor },
                    amount: Kopecks::new(*amount),
                    document_number: text::Text::parse(&self.documents.to_string()).unwrap(),
                    paid_on: world.app.clock.now().date(),
                })?;
                let actor = actor("treasury-2");
                if *is_withdrawn {
                    let reason = text::Text::parse(&reason()).unwrap();
                    world.run(WithdrawPayment { payment_id, actor, reason })?;
                } else {
                    self.documents += 1;
                    world.run(ConfirmPayment { payment_id, actor })?;
                    self.payments.push(payment_id);
                }
            }
            Step::GiveBack(which) => {
                let Some(which) = pick(*which, self.payments.len()) else { return Ok(()) };
                let (payment_id, actor) = (self.payments[which], actor("treasury"));
                let returned_on = world.app.clock.now().date();
                let reason = text::Text::parse(&reason()).unwrap();
                world.run(ReturnPayment { payment_id, actor, returned_on, reason })?;
            }
            Step::Debit(amount, is_known) => {
                let number = self.documents.to_string();
                self.documents += 1;
                if *is_known {
                    world.run(PreparePayment {
                        payment_id: PaymentId(world.app.new_id()),
                        actor: actor("treasury"),
                        programme_id: world.programme_id,
                        payee_id: self.instructor,
                        amount: Kopecks::new(*amount),
                        document_number: text::Text::parse(&number).unwrap(),
                        paid_on: world.app.clock.now().date(),
                    })?;
                }
                let imported = self.import("debit", *amount, &number)?;
                if imported.matched_confirmed == 1 {
                    self.debited.push((number, *amount));
                } else {
                    self.unmatched.push(imported.items[0].item_id.unwrap());
                }
            }
            Step::Credit(which) => {
                let Some(which) = pick(*which, self.debited.len()) else { return Ok(()) };
                let (number, amount) = self.debited[which].clone();
                let imported = self.import("credit", amount, &number)?;
                if imported.matched_returned == 0 {
                    self.unmatched.push(imported.items[0].item_id.unwrap());
                }
            }
            Step::Explain(which) => {
                let Some(which) = pick(*which, self.unmatched.len()) else { return Ok(()) };
                let (item_id, reason) = (self.unmatched[which], text::Text::parse(&reason()).unwrap());
                world.run(ResolveItem { item_id, actor: actor("treasury"), payment_id: None, reason })?;
            }
            Step::Cancel(which) => {
                let Some(which) = pick(*which, self.sessions.len()) else { return Ok(()) };
                let reason = text::Text::parse(&reason()).unwrap();
                let session_id = self.sessions[which];
                let act = Act::SessionCancellation(SessionCancellation { session_id, reason });
                world.two_people(act, Scope::Teaching)?;
            }
            Step::TopUp(amount) => {
                let (course_run_id, amount) = (self.runs[0], Kopecks::new(*amount));
                world.two_people(
                    Act::TopUp(TopUp { course_run_id, amount, reason: reason() }),
                    Scope::Treasury,
                )?;
            }
            Step::MoveQuota(back, seats, declined) => {
                let (from, to) = if *back { (1, 0) } else { (0, 1) };
                let quota_move = world.propose_quota_move((from, to), *seats)?;
                if *declined {
                    world.decline_quota_move(to, quota_move)?;
                } else {
                    world.agree_to_quota_move(to, quota_move)?;
                }
            }
            Step::MoveMoney(back, amount) => {
                let [mut from_budget_line_id, mut to_budget_line_id] = world.budget_line_ids;
                if *back {
                    std::mem::swap(&mut from_budget_line_id, &mut to_budget_line_id);
                }
                let document_number = text::Text::parse("2-ОЗ").unwrap();
                let amount = Kopecks::new(*amount);
                let act = BudgetMove { from_budget_line_id, to_budget_line_id, amount, document_number };
                world.two_people(Act::BudgetMove(act), Scope::Treasury)?;
            }
            Step::Sign(amount) => {
                let contract_id = ContractId(world.app.new_id());
                let act = ContractSigning {
                    contract_id,
                    contractor_id: self.contractor,
                    document_number: text::Text::parse(&format!("К-{}", self.contracts.len())).unwrap(),
                    signed_on: world.app.clock.now().date(),
                    subject: text::Text::parse("Ролики на радио").unwrap(),
                    amount: Kopecks::new(*amount),
                };
                world.two_people(Act::ContractSigning(act), Scope::Treasury)?;
                self.contracts.push(contract_id);
            }
            Step::AcceptAct(which, amount) => {
                let Some(which) = pick(*which, self.contracts.len()) else { return Ok(()) };
                let act_id = ActId(world.app.new_id());
                let act = ActAcceptance {
                    act_id,
                    contract_id: self.contracts[which],
                    document_number: text::Text::parse(&act_id.to_string()).unwrap(),
                    accepted_on: world.app.clock.now().date(),
                    amount: Kopecks::new(*amount),
                };
                world.two_people(Act::ActAcceptance(act), Scope::Treasury)?;
            }
            Step::EndContract(which) => {
                let Some(which) = pick(*which, self.contracts.len()) else { return Ok(()) };
                let act = ContractEnding { contract_id: self.contracts[which], reason: reason() };
                world.two_people(Act::ContractEnding(act), Scope::Treasury)?;
            }
            Step::ClosePeriod => {
                let this = Month::at(world.app.clock.now());
                let month = Month::of(this.first_day().pred_opt().unwrap());
                world.two_people(Act::PeriodClosing(PeriodClosing { month }), Scope::Treasury)?;
            }
            Step::EndYear => world.two_people(Act::YearEnd(YearEnd {}), Scope::Treasury)?,
            Step::Close => {
                let (course_run_id, university_no) = (self.runs[0], world.university_no);
                world.run(CloseCourseRun { course_run_id, actor: actor("teaching"), university_no })?;
            }
            Step::Wait(days) => world.advance(days * 24 * 3_600),
            Step::Release => {
                let command = ReleaseExpired { programme_id: world.programme_id, actor: Actor::service() };
                world.run(command)?;
            }
        }
        Ok(())
    }

    /// A list about one redemption, if there is any.
    /// Imports a statement of the next day, as there is one a day, with one item.
    fn import(&self, direction: &str, amount: i64, number: &str) -> Result<ImportedStatement, Refusal> {
        self.world.advance(24 * 3_600);
        let today = self.world.app.clock.now().date().format("%d.%m.%Y");
        let money = format!("{}.{:02}", amount / 100, amount % 100);
        let (opening, closing) = if direction == "debit" { (&*money, "0") } else { ("0", &*money) };
        let (role, booked) = match direction {
            "debit" => ("ПлательщикСчет", "ДатаСписано"),
            _ => ("ПолучательСчет", "ДатаПоступило"),
        };
        let file = format!(
            "1CClientBankExchange\nКодировка=UTF-8\nДатаНачала={today}\nДатаКонца={today}\nСекцияРасчСчет\n\
             РасчСчет={ACCOUNT}\nНачальныйОстаток={opening}\nКонечныйОстаток={closing}\nКонецРасчСчет\n\
             СекцияДокумент=Платежное поручение\nНомер={number}\nСумма={money}\n{role}={ACCOUNT}\n{booked}={today}\n\
             НазначениеПлатежа=Возврат по п/п {number}\nКонецДокумента\nКонецФайла\n"
        );
        let imported = self.world.run(ImportStatement {
            statement_id: StatementId(self.world.app.new_id()),
            actor: actor("treasury-2"),
            programme_id: self.world.programme_id,
            dry_run: false,
            // What is in it may be the same as on another day of the same life.
            file_sha256: Sha256::digest(self.world.app.new_id().as_bytes()).into(),
            statement: statement::file::read(file.as_bytes())?,
            item_ids: vec![StatementItemId(self.world.app.new_id())],
        });
        Ok(imported?.reply)
    }

    fn row<T>(&self, who: usize, said: T) -> Option<Vec<Listed<T>>> {
        let who = who.checked_rem(self.redemptions.len())?;
        Some(vec![Listed { row: 1, entry: Ok((Person::Redemption(self.redemptions[who]), said)) }])
    }

    fn draft(
        &self,
        voucher_id: VoucherId,
    ) -> Result<(training_vouchers::programme::ProgrammeFacts, i64, Draft), Refusal> {
        self.world.app.read_blocking(|connection| {
            let voucher = store::find(connection, voucher_id, None)?;
            let programme =
                training_vouchers::programme::ProgrammeFacts::by_no(connection, voucher.programme_no)?;
            Ok((programme, voucher.voucher_no, draft_of(connection, &voucher)?))
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn every_invariant_holds_after_every_step_of_any_life(
        is_taught in any::<bool>(),
        steps in prop::collection::vec(step(), 10..60),
    ) {
        let mut life = Life::new();
        life.vouchers = life.world.issue(0, 6).unwrap();
        // A life that begins at random seldom comes to owe anything: half of them begin with a session that was taught.
        let taught = [Step::Issue(3), Step::Redeem(0), Step::Redeem(1), Step::Teach(2), Step::Accept(0)];
        for step in taught.iter().filter(|_| is_taught).chain(&steps) {
            if let Err(refusal) = life.take(step) {
                let is_ours = matches!(refusal.code, Code::Internal | Code::Unavailable | Code::OutcomeUnknown);
                prop_assert!(!is_ours, "{step:?}: {refusal:?}");
            }
            life.world.assert_audit_is_clean();
        }
    }
}

/// Ten minutes on, the wish to reverse becomes a proposal; its repeat gets the same answer.
#[test]
fn a_late_reversal_is_proposed_once_however_often_it_is_sent() {
    let world = World::new(limit(2));
    let voucher = world.issue(0, 1).unwrap()[0];
    let run = world.course_run("run", 2);
    let redemption_id = world.redeem(voucher, run).unwrap().reply.redemption_id;
    world.advance(601);
    let reversal = Reversal {
        redemption_id,
        voucher: VoucherOutcome::Issued,
        rest: Rest::Released,
        reason: "ошибка".into(),
    };
    let send = || {
        let undo = Undo {
            reversal: reversal.clone(),
            programme_no: world.programme_no,
            university_no: world.university_no,
            actor: actor("registrar"),
        };
        let propose = Propose {
            proposal_id: ProposalId(world.app.new_id()),
            programme_no: world.programme_no,
            actor: actor("registrar"),
            act: Act::RedemptionReversal(reversal.clone()),
        };
        let key = Key::new("university".into(), "k".into(), &[b"reverse"]);
        world.run(Once { key, command: Reverse { undo, propose } }).unwrap()
    };
    let (first, again) = (send(), send());
    assert!(matches!(first.reply, ReverseReply::Proposed(_)));
    assert!(!first.replayed && again.replayed);
    assert_eq!(first.reply, again.reply);
    world.assert_audit_is_clean();
}

/// The copy of the public keys may be old: what the database says of a key decides. And without a key
/// for credentials the house still opens, or nobody could make the next one.
#[test]
fn a_compromised_key_stays_compromised_after_a_restart_and_can_be_rotated() {
    let world = World::new(limit(4));
    let old = world.credential(world.issue(0, 1).unwrap()[0]);
    let kid = credential::verify(&old, &world.app.keyring()).unwrap().kid();
    let act = Act::KeyCompromise(Compromise { kid, reason: "потерян носитель".into() });
    world.two_people(act, Scope::Admin).unwrap();
    let again = world.open_again().unwrap();
    assert_eq!(credential::verify(&old, &again.keyring()).unwrap_err().code, Code::KeyCompromised);
    again.close();
    let keys = world.installation.keys();
    let (new, _) = key_files::generate(&keys, Purpose::Credential, world.app.clock.now(), None).unwrap();
    let kid = new.kid;
    world.run(RotateKey { new, actor: actor("admin") }).unwrap();
    let again = world.open_again().unwrap();
    assert_eq!(again.keyring().signer(Purpose::Credential, again.clock.now()).unwrap().kid(), kid);
    again.close();
    world.assert_audit_is_clean();
}
