//! The audit finds whatever is altered behind the service's back, and names what is wrong with it.
//!
//! The books are made once by the writer; each case alters a copy with plain SQL, its triggers gone.

#[path = "support/device.rs"]
mod device;

use device::Device;
use diesel::connection::SimpleConnection;
use diesel::{Connection as _, RunQueryDsl};
use ed25519_dalek::{Signer, SigningKey};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use training_vouchers::access::{CreateToken, Holder};
use training_vouchers::campaign::RegisterContractor;
use training_vouchers::campaign::accept::ActAcceptance;
use training_vouchers::campaign::sign::ContractSigning;
use training_vouchers::completion::model::{Certificate, TestResult};
use training_vouchers::completion::roll::{Listed, Person};
use training_vouchers::completion::{CompleteCourse, RecordAttendance, RecordResults};
use training_vouchers::conflict::decide::DecideConflict;
use training_vouchers::conflict::model::Decision;
use training_vouchers::course_run::create::CreateCourseRun;
use training_vouchers::course_run::model::NewCourseRun;
use training_vouchers::db::{self, Connection, Place};
use training_vouchers::device::pair::{OpenPairing, PairDevice};
use training_vouchers::device::revoke::RevokeDevice;
use training_vouchers::device::sync::{FollowItem, ItemOutcome};
use training_vouchers::kernel::time::Clock;
use training_vouchers::kernel::{
    ActId, Actor, AgencyId, BudgetLineId, Code, ConflictId, ContractId, CourseRunId, DeviceId,
    InstructorContractId, Kopecks, Month, PairingId, PayeeId, PaymentId, ProgrammeId, ProposalId,
    QuotaMoveId, RedemptionId, Scope, SessionId, SettlementAccountId, StatementItemId, Timestamp, TokenId,
    UniversityId, VoucherId,
};
use training_vouchers::ledger::audit::{Report, Trusted, audit};
use training_vouchers::ledger::facts;
use training_vouchers::ledger::model::{Dimensions, Event, Kind};
use training_vouchers::ledger::rules;
use training_vouchers::payment::{ConfirmPayment, PreparePayment, ReturnPayment, WithdrawPayment};
use training_vouchers::period::close::PeriodClosing;
use training_vouchers::proposal::Propose;
use training_vouchers::proposal::confirm::Confirm;
use training_vouchers::proposal::model::Second;
use training_vouchers::redemption::model::Presented;
use training_vouchers::redemption::move_enrolments::MoveEnrolments;
use training_vouchers::statement::{ImportStatement, ResolveItem, SetAccount};
use training_vouchers::teaching::cancel::SessionCancellation;
use training_vouchers::teaching::{
    AcceptSession, Lesson, Phase, RecordSession, RegisterInstructor, StartsAt, Terms,
};
use training_vouchers::unmasking::{Grounds, Unmask, Whom};
use training_vouchers::writer::{
    Batch, Change, CheckpointKey, Command, Done, Entry, Failure, SERVICE, Stop, Writer,
};
use uuid::Uuid;

const FACE_VALUE: Kopecks = Kopecks::new(650_000);
const VOUCHERS: i64 = 300;
const AGENCY: i64 = 2;
const PROGRAMME: i64 = 3;
const LINE: i64 = 0;
/// The line of the campaign.
const CAMPAIGN: i64 = 4;
const RUN: i64 = 2;

/// Rows and an event of the test's own, through the writer.
struct Act<F>(F);

impl<F> Command for Act<F>
where
    F: Fn(&mut Batch<'_>) -> Result<Entry, Failure> + Clone + Send + 'static,
{
    type Reply = ();

    fn decide(&self, _: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        let act = self.0.clone();
        Ok(Box::new(move |batch| Ok(Done::new((), act(batch)?))))
    }
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn sql(batch: &mut Batch<'_>, statement: &str) -> Result<(), Failure> {
    diesel::sql_query(statement).execute(batch.connection()?)?;
    Ok(())
}

fn event(kind: Kind) -> Event {
    Event::new(kind, now(), 0)
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_600_000_000_000)
}

fn found(batch: &mut Batch<'_>) -> Result<Entry, Failure> {
    batch.create_log(SERVICE, "vouchers.example")?;
    batch.record(SERVICE, &event(Kind::Initialised))?;
    sql(
        batch,
        "INSERT INTO university VALUES (1, x'00000000000000000000000000000001', 'PSKOVGU', 'ПсковГУ')",
    )?;
    batch.record(SERVICE, &event(Kind::UniversityRegistered))?;
    sql(
        batch,
        "INSERT INTO agency VALUES (2, x'00000000000000000000000000000002', 'S01', 'Орган', 'state_body', NULL),
            (9, x'00000000000000000000000000000009', 'S09', 'Орган', 'state_body', NULL)",
    )?;
    batch.record(SERVICE, &event(Kind::AgencyRegistered))?;
    sql(
        batch,
        "INSERT INTO programme VALUES (3, x'00000000000000000000000000000003', 'PSK20', 'Переквалификация', 2020,
            1, 72, 650000, '2020-01-01', '2020-12-31', NULL, 0, 7, 'state_civil_servant', 3020, 2000, TRUE,
            'open', 1000)",
    )?;
    batch.create_log(PROGRAMME, "vouchers.example/PSK20")?;
    batch.record(SERVICE, &event(Kind::ProgrammeCreated))?;
    sql(batch, "INSERT INTO payee VALUES (4, x'00000000000000000000000000000007', 'tax_office', NULL)")?;
    batch.record(SERVICE, &event(Kind::PayeeRegistered))?;
    sql(
        batch,
        "INSERT INTO budget_line VALUES
            (3, 0, x'00000000000000000000000000000004', '01234567890123456789', 'instructor_pay', 'Оплата труда'),
            (3, 4, x'00000000000000000000000000000014', '01234567890123456780', 'information_campaign', 'Кампания')",
    )?;
    let line = BudgetLineId(id(4));
    batch.record(PROGRAMME, &event(Kind::BudgetLineCreated).about("budget_line", line.bytes()))?;
    let limit = rules::appropriation(LINE, Kopecks::new(1_300_000_000));
    let appropriated = event(Kind::AppropriationMade).about("budget_line", line.bytes()).moving(limit);
    batch.record(PROGRAMME, &appropriated)?;
    sql(
        batch,
        "INSERT INTO course_run VALUES (3, 2, x'00000000000000000000000000000005', 'П-01', '2020-09-07',
            '2020-09-25', 25, 0, TRUE, 'open')",
    )?;
    sql(batch, "INSERT INTO quota VALUES (3, 2, 400, 0)")?;
    sql(
        batch,
        "INSERT INTO employee VALUES (1, x'00000000000000000000000000000006', 2, 'state_civil_servant', NULL, 0)",
    )?;
    sql(batch, "INSERT INTO course_run_plan VALUES (3, 2, 'lecture', 70), (3, 2, 'test', 2)")?;
    let plan = facts::of_plan([("lecture", 70), ("test", 2)]);
    batch.record(
        PROGRAMME,
        &event(Kind::CourseRunCreated).about("course_run", id(5).as_bytes()).about(facts::SUBJECT, &plan),
    )?;
    let figures = facts::digest(&facts::programme(FACE_VALUE, 72, 3_020, 2_000));
    batch.record(PROGRAMME, &event(Kind::ProgrammeOpened).about(facts::SUBJECT, &figures))?;
    let campaign = BudgetLineId(id(20));
    batch.record(PROGRAMME, &event(Kind::BudgetLineCreated).about("budget_line", campaign.bytes()))?;
    let limit = rules::appropriation(CAMPAIGN, Kopecks::new(1_000_000));
    batch.record(
        PROGRAMME,
        &event(Kind::AppropriationMade).about("budget_line", campaign.bytes()).moving(limit),
    )
}

/// An event about a voucher.
fn of_voucher(kind: Kind, voucher_no: i64) -> Event {
    event(kind).about("voucher", id(0x1_000 + voucher_no as u128).as_bytes())
}

fn about(voucher_no: i64) -> Dimensions {
    Dimensions { agency_no: Some(AGENCY), voucher_no: Some(voucher_no), ..Dimensions::default() }
}

/// Counts the vouchers anew.
fn tally(batch: &mut Batch<'_>) -> Result<(), Failure> {
    let of = |status: i16| format!("SUM(status = {status})");
    let counts: Vec<_> = (1..=7).map(of).collect();
    sql(batch, "DELETE FROM voucher_tally")?;
    sql(
        batch,
        &format!(
            "INSERT INTO voucher_tally SELECT programme_no, agency_no, expires_at, {},
                 SUM(CASE WHEN status IN (1, 2) THEN face_value_kopecks ELSE 0 END)
             FROM voucher GROUP BY programme_no, agency_no, expires_at",
            counts.join(", ")
        ),
    )
}

fn issue(batch: &mut Batch<'_>, voucher_no: i64) -> Result<Entry, Failure> {
    let log_index = batch.next_index(PROGRAMME)?;
    sql(
        batch,
        &format!(
            "INSERT INTO voucher VALUES (3, {voucher_no}, x'{:032x}', 1, 2, 1, 9, 650000, 0, 9000000000000, 0,
                {log_index}, x'0000000000000000', 1, NULL, NULL, NULL)",
            0x1_000 + voucher_no
        ),
    )?;
    sql(batch, "UPDATE quota SET held = held + 1")?;
    tally(batch)?;
    let reserve = rules::reserve(LINE, FACE_VALUE, about(voucher_no));
    batch.record(PROGRAMME, &of_voucher(Kind::VoucherIssued, voucher_no).moving(reserve))
}

fn redeem(batch: &mut Batch<'_>, voucher_no: i64) -> Result<Entry, Failure> {
    let redemption_no = batch.next_index(PROGRAMME)?;
    sql(
        batch,
        &format!(
            "INSERT INTO redemption VALUES (3, {redemption_no}, x'{:032x}', {voucher_no}, 2, 1, 0, 0, FALSE, NULL)",
            redemption_id(voucher_no).as_u128()
        ),
    )?;
    sql(
        batch,
        &format!(
            "UPDATE voucher SET status = 3, redemption_no = {redemption_no} WHERE voucher_no = {voucher_no}"
        ),
    )?;
    sql(batch, "UPDATE course_run SET enrolled = enrolled + 1")?;
    tally(batch)?;
    let dimensions = of_redemption(voucher_no, redemption_no);
    let redeemed = of_voucher(Kind::Redeemed, voucher_no)
        .about("redemption", redemption_id(voucher_no).as_bytes())
        .about("course_run", id(5).as_bytes())
        .moving(rules::redeem(LINE, FACE_VALUE, dimensions));
    batch.record(PROGRAMME, &redeemed)
}

fn redemption_id(voucher_no: i64) -> Uuid {
    id(0x5_000 + voucher_no as u128)
}

fn of_redemption(voucher_no: i64, redemption_no: i64) -> Dimensions {
    Dimensions { redemption_no: Some(redemption_no), course_run_no: Some(RUN), ..about(voucher_no) }
}

/// Reverses the newest redemption, which is of this voucher, and voids it.
fn reverse(batch: &mut Batch<'_>, voucher_no: i64) -> Result<Entry, Failure> {
    let log_index = batch.next_index(PROGRAMME)?;
    let redemption_no = log_index - 1;
    sql(
        batch,
        &format!(
            "UPDATE redemption SET status = 2, reversed_log_index = {log_index}
             WHERE redemption_no = {redemption_no}"
        ),
    )?;
    sql(
        batch,
        &format!("UPDATE voucher SET status = 5, redemption_no = NULL WHERE voucher_no = {voucher_no}"),
    )?;
    sql(batch, "UPDATE course_run SET enrolled = enrolled - 1")?;
    sql(batch, "UPDATE quota SET held = held - 1")?;
    tally(batch)?;
    let released = rules::release_obligation(LINE, &[(of_redemption(voucher_no, redemption_no), FACE_VALUE)]);
    let reversed = of_voucher(Kind::RedemptionReversed, voucher_no)
        .about("redemption", redemption_id(voucher_no).as_bytes())
        .moving(released);
    batch.record(PROGRAMME, &reversed)
}

fn void(batch: &mut Batch<'_>, voucher_no: i64) -> Result<Entry, Failure> {
    sql(batch, &format!("UPDATE voucher SET status = 5 WHERE voucher_no = {voucher_no}"))?;
    sql(batch, "UPDATE quota SET held = held - 1")?;
    tally(batch)?;
    let released = rules::release_reserve(LINE, FACE_VALUE, about(voucher_no));
    batch.record(PROGRAMME, &of_voucher(Kind::VoucherVoided, voucher_no).moving(released))
}

fn person(subject: &str) -> Actor {
    Actor { token_no: 0, subject: subject.into() }
}

fn log_key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

fn trusted() -> Trusted {
    Trusted { log_keys: vec![[9; 32], log_key().verifying_key().to_bytes()], checkpoints: Vec::new() }
}

/// A directory that goes when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let (process, number) = (std::process::id(), FOLDERS.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(format!("vouchers-audit-{process}-{number}"));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn place(&self) -> Place {
        Place::Sqlite(self.database())
    }

    fn database(&self) -> PathBuf {
        self.0.join("vouchers.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn make_books(place: &Place) {
    let key = CheckpointKey {
        public_key: log_key().verifying_key().to_bytes(),
        sign: Arc::new(|bytes| log_key().sign(bytes).to_bytes()),
    };
    let connection = db::open_writer(place).unwrap();
    let writer =
        Writer::start(connection, place.clone(), Clock::new(now), move || Some(key.clone())).unwrap();
    writer.execute_blocking(Act(found)).unwrap();
    for first in [1, 101, 201] {
        writer
            .execute_blocking(Act(move |batch: &mut Batch<'_>| {
                (first..first + VOUCHERS / 3).map(|voucher_no| issue(batch, voucher_no)).last().unwrap()
            }))
            .unwrap();
    }
    for voucher_no in 1..=4 {
        writer.execute_blocking(Act(move |batch: &mut Batch<'_>| redeem(batch, voucher_no))).unwrap();
    }
    writer.execute_blocking(Act(|batch: &mut Batch<'_>| reverse(batch, 4))).unwrap();
    writer.execute_blocking(Act(|batch: &mut Batch<'_>| void(batch, 5))).unwrap();
    contract_and_close(&writer);
    move_quotas(&writer);
    teach_and_pay(&writer);
    writer.finish();
}

/// Whose a voucher is, and who an instructor is, is asked.
fn unmask(writer: &Writer) {
    let personal =
        "INSERT INTO employee_personal VALUES (1, 2, zeroblob(32), '', 'Иванова', 'Анна', NULL, '', NULL)";
    let known = move |batch: &mut Batch<'_>| {
        sql(batch, personal)?;
        batch.record(SERVICE, &event(Kind::EmployeesImported))
    };
    writer.execute_blocking(Act(known)).unwrap();
    for whom in [Whom::Holder(VoucherId(id(0x1_007))), Whom::Payee(PayeeId(id(20)), ProgrammeId(id(3)))] {
        let grounds = Grounds::parse("сверка с ведомостью оплаты").unwrap();
        writer.execute_blocking(Unmask { whom, grounds, actor: person("auditor") }).unwrap();
    }
}

/// Three moves of seats: one is carried out, one waits for its second agency, one was declined.
fn move_quotas(writer: &Writer) {
    use training_vouchers::quota_move::propose::NewQuotaMove;
    use training_vouchers::quota_move::{AgreeToQuotaMove, EndQuotaMove, ProposeQuotaMove};
    let programme_id = ProgrammeId(id(3));
    let reason = || training_vouchers::kernel::Text::parse("не нужны").unwrap();
    let [from_agency_id, to_agency_id] = [2, 9].map(|number| AgencyId(id(number)));
    let moves = [201, 202, 203].map(|number| QuotaMoveId(id(number)));
    for (seats, move_id) in (1..).zip(moves) {
        let new = NewQuotaMove { from_agency_id, to_agency_id, seats, reason: reason() };
        let (actor, agency_no) = (person("office"), None);
        writer.execute_blocking(ProposeQuotaMove { move_id, programme_id, actor, agency_no, new }).unwrap();
    }
    for (move_id, subject, agency_no) in
        [(moves[0], "getter", 9), (moves[0], "giver", 2), (moves[1], "giver", 2)]
    {
        let (actor, agency_no) = (person(subject), Some(agency_no));
        writer.execute_blocking(AgreeToQuotaMove { programme_id, move_id, actor, agency_no }).unwrap();
    }
    let (move_id, actor, agency_no, reason) = (moves[2], person("getter"), Some(9), Some(reason()));
    writer.execute_blocking(EndQuotaMove { programme_id, move_id, actor, agency_no, reason }).unwrap();
}

/// An act of two people.
fn agreed(writer: &Writer, number: u128, act: training_vouchers::proposal::Act, scope: Scope) {
    let proposal_id = ProposalId(id(number));
    let (programme_no, actor) = (PROGRAMME, person("first"));
    writer.execute_blocking(Propose { proposal_id, programme_no, actor, act }).unwrap();
    let second = Second { actor: person("second"), scope, university_no: None };
    writer.execute_blocking(Confirm { proposal_id, second }).unwrap();
}

/// A contract of the campaign with an act, a payment that came back, and a month that is closed.
fn contract_and_close(writer: &Writer) {
    use training_vouchers::proposal::Act as Agreed;
    let word = |text: &str| training_vouchers::kernel::Text::parse(text).unwrap();
    let contractor = PayeeId(id(21));
    let name = training_vouchers::kernel::Text::parse("ООО «Вести»").unwrap();
    writer
        .execute_blocking(RegisterContractor { payee_id: contractor, actor: person("clerk"), name })
        .unwrap();
    let day = chrono::NaiveDate::from_ymd_opt(2020, 9, 8).unwrap();
    let contract_id = ContractId(id(50));
    let signing = ContractSigning {
        contract_id,
        contractor_id: contractor,
        document_number: word("К-1"),
        signed_on: day,
        subject: training_vouchers::kernel::Text::parse("Ролики на радио").unwrap(),
        amount: Kopecks::new(500_000),
    };
    agreed(writer, 61, Agreed::ContractSigning(signing), Scope::Treasury);
    let acceptance = ActAcceptance {
        act_id: ActId(id(51)),
        contract_id,
        document_number: word("А-1"),
        accepted_on: day,
        amount: Kopecks::new(200_000),
    };
    agreed(writer, 62, Agreed::ActAcceptance(acceptance), Scope::Treasury);
    let payment_id = PaymentId(id(52));
    writer
        .execute_blocking(PreparePayment {
            payment_id,
            actor: person("clerk"),
            programme_id: ProgrammeId(id(3)),
            payee_id: contractor,
            amount: Kopecks::new(150_000),
            document_number: training_vouchers::kernel::Text::parse("П-15").unwrap(),
            paid_on: day,
        })
        .unwrap();
    writer.execute_blocking(ConfirmPayment { payment_id, actor: person("treasurer") }).unwrap();
    let reason = training_vouchers::kernel::Text::parse("счёт закрыт").unwrap();
    let (actor, returned_on) = (person("clerk"), day);
    writer.execute_blocking(ReturnPayment { payment_id, actor, returned_on, reason }).unwrap();
    let month = Month::parse("2020-08").unwrap();
    agreed(writer, 63, Agreed::PeriodClosing(PeriodClosing { month }), Scope::Treasury);
}

/// Whoever redeemed voucher 3 goes to another run.
fn change_runs(writer: &Writer) {
    let day = chrono::NaiveDate::from_ymd_opt(2020, 9, 14).unwrap();
    let new = NewCourseRun {
        programme_id: ProgrammeId(id(3)),
        code: training_vouchers::kernel::Text::parse("П-02").unwrap(),
        starts_on: day,
        ends_on: day,
        seats: 5,
        plan: None,
        illustrative: true,
    };
    let (actor, course_run_id) = (person("teacher"), CourseRunId(id(70)));
    writer.execute_blocking(CreateCourseRun { course_run_id, actor, university_no: 1, new }).unwrap();
    let changes = MoveEnrolments {
        from: CourseRunId(id(5)),
        to: course_run_id,
        redemption_ids: Some(vec![RedemptionId(id(0x5_003))]),
        reason: training_vouchers::kernel::Text::parse("командировка").unwrap(),
        actor: person("teacher"),
        university_no: 1,
    };
    writer.execute_blocking(changes).unwrap();
}

/// Vouchers 1 and 2 were there, 1 passed and completed the course.
fn learn(writer: &Writer) {
    fn rows<T: Clone, const N: usize>(said: [(u128, T); N]) -> Vec<Listed<T>> {
        let row = |(row, (voucher, said)): (i32, (u128, T))| {
            let person = Person::Redemption(RedemptionId(id(0x5_000 + voucher)));
            Listed { row, entry: Ok((person, said)) }
        };
        (1..).zip(said).map(row).collect()
    }
    let attendance = RecordAttendance {
        session_id: SessionId(id(30)),
        actor: person("teacher"),
        university_no: 1,
        dry_run: false,
        rows: rows([(1, true), (2, true)]),
    };
    assert_eq!(writer.execute_blocking(attendance).unwrap().reply.recorded, 2);
    let result = |passed, score| TestResult::new(passed, score).unwrap();
    let results = RecordResults {
        course_run_id: CourseRunId(id(5)),
        actor: person("teacher"),
        university_no: 1,
        dry_run: false,
        rows: rows([(1, result(true, Some(90))), (2, result(false, None))]),
    };
    assert_eq!(writer.execute_blocking(results).unwrap().reply.recorded, 2);
    let certificate = Certificate {
        document_number: training_vouchers::kernel::Text::parse("ПК-1").unwrap(),
        completed_on: chrono::NaiveDate::from_ymd_opt(2020, 9, 9).unwrap(),
    };
    let completion = CompleteCourse {
        course_run_id: CourseRunId(id(5)),
        actor: person("teacher"),
        university_no: 1,
        dry_run: false,
        rows: rows([(1, certificate)]),
    };
    assert_eq!(writer.execute_blocking(completion).unwrap().reply.recorded, 1);
}

fn teach_and_pay(writer: &Writer) {
    let name = |text: &str| training_vouchers::kernel::Text::parse(text).unwrap();
    let instructor = PayeeId(id(20));
    let held_on = chrono::NaiveDate::from_ymd_opt(2020, 9, 8).unwrap();
    writer
        .execute_blocking(RegisterInstructor {
            payee_id: instructor,
            contract_id: InstructorContractId(id(21)),
            actor: person("teacher"),
            university_no: 1,
            university_id: UniversityId(id(1)),
            name: name("Соколова Анна"),
            terms: Terms {
                number: training_vouchers::kernel::Text::parse("7-ГПХ").unwrap(),
                hourly_rate: Kopecks::new(150_001),
                valid_from: held_on,
                valid_until: held_on,
                hours: 9,
            },
        })
        .unwrap();
    writer
        .execute_blocking(RecordSession {
            session_id: SessionId(id(30)),
            actor: person("teacher"),
            university_no: 1,
            course_run_id: CourseRunId(id(5)),
            payee_id: instructor,
            lesson: Lesson {
                held_on,
                starts_at: StartsAt::parse("09:00").ok(),
                phase: Phase::Lecture,
                hours: 7,
            },
        })
        .unwrap();
    let accepted = writer
        .execute_blocking(AcceptSession {
            session_id: SessionId(id(30)),
            actor: person("dean"),
            university_no: 1,
        })
        .unwrap();
    assert_eq!((accepted.reply.pay.get(), accepted.reply.contributions.get()), (1_050_007, 317_102));
    let cancelled = SessionId(id(31));
    writer
        .execute_blocking(RecordSession {
            session_id: cancelled,
            actor: person("teacher"),
            university_no: 1,
            course_run_id: CourseRunId(id(5)),
            payee_id: instructor,
            lesson: Lesson { held_on, starts_at: None, phase: Phase::Test, hours: 2 },
        })
        .unwrap();
    let accept = AcceptSession { session_id: cancelled, actor: person("dean"), university_no: 1 };
    writer.execute_blocking(accept).unwrap();
    let reason = training_vouchers::kernel::Text::parse("не состоялось").unwrap();
    let cancellation = SessionCancellation { session_id: cancelled, reason };
    agreed(writer, 64, training_vouchers::proposal::Act::SessionCancellation(cancellation), Scope::Teaching);
    learn(writer);
    change_runs(writer);
    scan_offline(writer);
    unmask(writer);
    let prepare = |number, document| {
        let payment_id = PaymentId(id(number));
        writer
            .execute_blocking(PreparePayment {
                payment_id,
                actor: person("clerk"),
                programme_id: ProgrammeId(id(3)),
                payee_id: instructor,
                amount: Kopecks::new(1_000_000),
                document_number: training_vouchers::kernel::Text::parse(document).unwrap(),
                paid_on: held_on,
            })
            .unwrap();
        payment_id
    };
    // One that is withdrawn, one that stays prepared, and one that is paid under the first one's number.
    let reason = training_vouchers::kernel::Text::parse("не тот день").unwrap();
    let withdraw = WithdrawPayment { payment_id: prepare(41, "П-17"), actor: person("clerk"), reason };
    writer.execute_blocking(withdraw).unwrap();
    prepare(42, "П-16");
    prepare(40, "П-17");
    import_statements(writer);
}

/// A device, and one that was revoked; of its items one was followed, one rejected, one waits for a decision and one was decided.
fn scan_offline(writer: &Writer) {
    let token = CreateToken {
        actor: person("admin"),
        token_id: TokenId(id(100)),
        token_hash: [7; 32],
        subject: "registrar".parse().unwrap(),
        scope: Scope::Registrar,
        holder: Holder::University(UniversityId(id(1))),
        expires_at: now().plus_seconds(86_400),
    };
    let token_no = writer.execute_blocking(token).unwrap().entry.unwrap().log_index;
    let registrar = Actor { token_no, ..person("registrar") };
    let pair = |number: u8| {
        let (secret_sha256, pairing_id) = ([number; 32], PairingId(id(110 + u128::from(number))));
        let opening = OpenPairing { pairing_id, secret_sha256, university_no: 1, actor: registrar.clone() };
        writer.execute_blocking(opening).unwrap();
        let device = Device::new(DeviceId(id(120 + u128::from(number))), [number; 32], now());
        let name = training_vouchers::kernel::Text::parse("Планшет").unwrap();
        let pairing = PairDevice { secret_sha256, device_id: device.id, name, key: device.key.clone() };
        let paired = writer.execute_blocking(pairing).unwrap();
        (device, paired.entry.unwrap().log_index)
    };
    let ((mut device, device_no), (lost, _)) = (pair(1), pair(2));
    let reason = || training_vouchers::kernel::Text::parse("потерян").unwrap();
    let revocation =
        RevokeDevice { device_id: lost.id, university_no: None, reason: reason(), actor: registrar.clone() };
    writer.execute_blocking(revocation).unwrap();
    let mut follow = |number: u128, presented: Result<i64, Code>| {
        let presented = presented
            .map_err(Into::into)
            .map(|voucher_no| Presented::Number { programme_code: "PSK20".into(), voucher_no });
        let item = device.signs(now(), RedemptionId(id(number)), Some(("TV1:", CourseRunId(id(70)))));
        let conflict_id = ConflictId(id(number));
        let command = FollowItem { device_no, item, presented: Some(presented), conflict_id };
        writer.execute_blocking(command).unwrap().reply.answer.outcome
    };
    assert_eq!(follow(131, Ok(250)), ItemOutcome::Final);
    assert_eq!(follow(132, Err(Code::BadSignature)), ItemOutcome::Rejected);
    assert_eq!(follow(133, Ok(250)), ItemOutcome::Conflict);
    assert_eq!(follow(134, Ok(250)), ItemOutcome::Conflict);
    let (conflict_id, decision) = (ConflictId(id(134)), Decision::Dismiss);
    let decide = DecideConflict { conflict_id, decision, reason: reason(), actor: person("olga") };
    writer.execute_blocking(decide).unwrap();
}

/// Two statements: of one the items are resolved, and the other confirms the payment.
fn import_statements(writer: &Writer) {
    let (programme_id, treasurer) = (ProgrammeId(id(3)), person("treasurer"));
    let account = SetAccount {
        account_id: SettlementAccountId(id(70)),
        actor: treasurer.clone(),
        programme_id,
        account_number: "40204810900000000025".parse().unwrap(),
        bic: "045805000".parse().unwrap(),
    };
    writer.execute_blocking(account).unwrap();
    let import = |day: &str, items: [(&str, &str); 2], first: u128| {
        let spent: i64 = items.iter().map(|(_, roubles)| roubles.parse::<i64>().unwrap()).sum();
        let documents = items.map(|(number, roubles)| {
            format!(
                "СекцияДокумент=Платёж\nНомер={number}\nСумма={roubles}\nПлательщикСчет=40204810900000000025\n\
                 ДатаСписано={day}\nКонецДокумента\n"
            )
        });
        let file = format!(
            "1CClientBankExchange\nКодировка=UTF-8\nДатаНачала={day}\nДатаКонца={day}\nСекцияРасчСчет\n\
             РасчСчет=40204810900000000025\nНачальныйОстаток={spent}\nКонечныйОстаток=0\nКонецРасчСчет\n{}КонецФайла\n",
            documents.concat()
        );
        let next = std::cell::Cell::new(first);
        let new_id = || id(next.replace(next.get() + 1));
        let read = ImportStatement::read(new_id, treasurer.clone(), programme_id, file.as_bytes(), false);
        writer.execute_blocking(read.unwrap()).unwrap().reply
    };
    let resolve = |item: u128, payment_id| {
        let reason = training_vouchers::kernel::Text::parse("комиссия банка").unwrap();
        let item_id = StatementItemId(id(item));
        writer.execute_blocking(ResolveItem { item_id, actor: person("clerk"), payment_id, reason }).unwrap();
    };
    assert_eq!(import("07.09.2020", [("900", "7"), ("901", "1500")], 80).unmatched, 2);
    resolve(81, None);
    resolve(82, Some(PaymentId(id(52))));
    assert_eq!(import("08.09.2020", [("902", "5"), ("П-17", "10000")], 90).matched_confirmed, 1);
}

/// The books all cases start from.
static BOOKS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = Folder::new();
    make_books(&folder.place());
    let mut connection = db::open_writer(&folder.place()).unwrap();
    connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(connection);
    std::fs::read(folder.database()).unwrap()
});

fn audited(trusted: &Trusted, alter: impl FnOnce(&mut Connection)) -> Report {
    let folder = Folder::new();
    std::fs::write(folder.database(), &*BOOKS).unwrap();
    let mut connection = db::open_writer(&folder.place()).unwrap();
    alter(&mut connection);
    audit(&mut connection, trusted, &mut |_| ()).unwrap()
}

/// What somebody does first who wants to alter a database.
const UNLOCKED: &str = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;
    DROP TRIGGER journal_transaction_no_update; DROP TRIGGER journal_transaction_no_delete;
    DROP TRIGGER posting_no_update; DROP TRIGGER posting_no_delete;
    DROP TRIGGER log_hash_no_update; DROP TRIGGER log_hash_no_delete;
    DROP TRIGGER checkpoint_no_update; DROP TRIGGER checkpoint_no_delete;
    DROP TRIGGER redemption_no_delete;
    DROP TRIGGER offline_item_no_update; DROP TRIGGER offline_item_no_delete; DROP TRIGGER conflict_case_no_delete;
    DROP TRIGGER enrolment_move_no_update; DROP TRIGGER enrolment_move_no_delete;
    DROP TRIGGER attendance_no_update; DROP TRIGGER attendance_no_delete;
    DROP TRIGGER test_result_no_update; DROP TRIGGER test_result_no_delete;
    DROP TRIGGER unmasking_no_update; DROP TRIGGER unmasking_no_delete;
    DROP TRIGGER completion_no_update; DROP TRIGGER completion_no_delete; DROP INDEX redemption_once; DROP INDEX payment_document;";

/// The names of the checks that fail after these statements, in their order.
fn broken_by(statements: &str) -> Vec<&'static str> {
    let report = audited(&trusted(), |connection| {
        connection.batch_execute(UNLOCKED).unwrap();
        connection.batch_execute(statements).unwrap();
    });
    report.broken().map(|check| check.name).collect()
}

#[test]
fn untouched_books_are_clean_and_everything_was_looked_at() {
    let report = audited(&trusted(), |_| ());
    assert!(report.is_clean(), "{report:#?}");
    for check in &report.checks {
        let is_of_others = ["kept_checkpoints", "cosignatures"].contains(&check.name);
        assert_eq!(check.checked == 0, is_of_others, "{check:?}");
    }
}

#[test]
fn altered_rows_are_found_by_the_invariant_they_break() {
    for (statements, expected) in [
        (
            "UPDATE account_balance SET balance_kopecks = balance_kopecks + 1 WHERE account = 1 AND budget_line_no = 0",
            vec!["balances_are_sums_of_postings", "limit_is_the_sum_of_the_others"],
        ),
        (
            "UPDATE account_balance SET balance_kopecks = balance_kopecks + 650000 WHERE account = 2 AND budget_line_no = 0;
          UPDATE account_balance SET balance_kopecks = balance_kopecks - 650000 WHERE account = 1 AND budget_line_no = 0",
            vec!["balances_are_sums_of_postings", "reserved_is_the_face_value_of_held_vouchers"],
        ),
        (
            "UPDATE account_balance SET balance_kopecks = -1 WHERE account = 5 AND budget_line_no = 0",
            vec!["balances_are_sums_of_postings", "limit_is_the_sum_of_the_others", "no_negative_balance"],
        ),
        (
            "UPDATE voucher SET face_value_kopecks = 650001 WHERE voucher_no = 300",
            vec!["reserved_is_the_face_value_of_held_vouchers", "vouchers_are_tallied"],
        ),
        (
            "UPDATE voucher SET face_value_kopecks = 650001 WHERE voucher_no = 1",
            vec!["redemption_accounts_for_its_face_value"],
        ),
        ("UPDATE voucher_tally SET redeemed = redeemed + 1", vec!["vouchers_are_tallied"]),
        ("UPDATE voucher SET expires_at = 1 WHERE voucher_no = 300", vec!["vouchers_are_tallied"]),
        ("UPDATE session SET pay_kopecks = pay_kopecks + 1 WHERE hours = 7",
            vec!["accrual_shares_sum_to_the_session", "sessions_as_signed"]),
        ("UPDATE account_turnover SET debit_kopecks = debit_kopecks + 1 WHERE account = 4", vec!["turnovers_as_signed"]),
        ("DELETE FROM account_turnover WHERE account = 5", vec!["turnovers_as_signed"]),
        ("UPDATE session SET reason = 'другое' WHERE status = 'cancelled'", vec!["sessions_as_signed"]),
        (
            "UPDATE session SET status = 'accepted', cancelled_log_index = NULL WHERE status = 'cancelled'",
            vec!["sessions_as_signed"],
        ),
        ("UPDATE payment SET reason = 'другое' WHERE status = 'returned'", vec!["payments_as_signed"]),
        (
            "UPDATE payment SET status = 'paid' WHERE status = 'returned'",
            vec!["payment_shares_sum_to_the_payment"],
        ),
        ("UPDATE campaign_contract SET subject = 'Баннеры'", vec!["campaign_as_signed"]),
        ("UPDATE campaign_contract SET payee_no = 4", vec!["campaign_as_signed"]),
        (
            "UPDATE campaign_contract SET amount_kopecks = amount_kopecks + 1",
            vec!["contract_accounts_for_its_amount", "campaign_as_signed"],
        ),
        ("UPDATE campaign_contract SET status = 'ended'", vec!["contract_accounts_for_its_amount"]),
        ("UPDATE campaign_act SET accepted_on = '2020-09-09'", vec!["campaign_as_signed"]),
        ("DELETE FROM campaign_act", vec!["contract_accounts_for_its_amount", "campaign_as_signed"]),
        ("UPDATE period SET trial_balance = '{}'", vec!["periods_as_signed"]),
        ("UPDATE period SET month = '2020-07'", vec!["periods_as_signed"]),
        ("DELETE FROM period", vec!["periods_as_signed"]),
        ("UPDATE period SET ends_at = 2000000000000", vec!["nothing_is_dated_in_a_closed_period"]),
        ("UPDATE session SET contributions_kopecks = 0 WHERE hours = 7",
            vec!["accrual_shares_sum_to_the_session", "sessions_as_signed"]),
        ("DELETE FROM session",
            vec!["accrual_shares_sum_to_the_session", "sessions_as_signed", "attendance_as_signed"]),
        // What was taught, when and to whom: unchanged money, another story.
        ("UPDATE session SET held_on = '2020-09-09'", vec!["sessions_as_signed"]),
        ("UPDATE session SET phase = 'remote'", vec!["sessions_as_signed"]),
        ("UPDATE session SET hours = hours + 1", vec!["sessions_as_signed"]),
        ("UPDATE session SET session_id = zeroblob(16) WHERE hours = 7", vec!["sessions_as_signed", "attendance_as_signed"]),
        ("UPDATE course_run SET course_run_id = zeroblob(16) WHERE course_run_no = 2", vec!["redemptions_as_signed", "sessions_as_signed", "completions_as_signed"]),
        (
            "INSERT INTO session SELECT programme_no, 9999, zeroblob(16), course_run_no, payee_no, held_on, starts_at, phase,
                 hours, 'recorded', recorded_by, NULL, NULL, NULL, NULL, NULL, NULL FROM session WHERE hours = 7",
            vec!["sessions_as_signed"],
        ),
        ("UPDATE programme SET contribution_basis_points = 3021", vec!["programmes_as_signed", "sessions_as_signed"]),
        ("UPDATE payment SET document_number = 'П-18' WHERE status = 'paid'", vec!["payments_as_signed"]),
        ("UPDATE payment SET paid_on = '2020-09-09'", vec!["payments_as_signed"]),
        (
            "UPDATE payment SET amount_kopecks = amount_kopecks - 1",
            vec!["payment_shares_sum_to_the_payment", "payments_as_signed"],
        ),
        (
            "UPDATE payment SET status = 'prepared' WHERE status = 'paid'",
            vec!["payment_shares_sum_to_the_payment"],
        ),
        ("UPDATE payment SET reason = 'не та сумма' WHERE status = 'withdrawn'", vec!["payments_as_signed"]),
        ("UPDATE payment SET status = 'prepared' WHERE status = 'withdrawn'", vec!["payments_as_signed"]),
        ("UPDATE payment SET status = 'withdrawn' WHERE status = 'prepared'", vec!["payments_as_signed"]),
        (
            "UPDATE payment SET status = 'withdrawn', withdrawn_log_index = 310 WHERE status = 'prepared'",
            vec!["payments_as_signed"],
        ),
        (
            "UPDATE payment SET payee_no = 4",
            vec!["payment_shares_sum_to_the_payment", "payments_as_signed"],
        ),
        (
            "UPDATE redemption SET status = 1 WHERE status = 2",
            vec![
                "one_live_redemption_per_voucher",
                "enrolled_are_the_live_redemptions",
                "redemptions_as_signed",
            ],
        ),
        ("UPDATE enrolment_move SET reason = 'другая причина'", vec!["redemptions_as_signed"]),
        ("DELETE FROM enrolment_move", vec!["redemptions_as_signed"]),
        (
            "INSERT INTO enrolment_move SELECT programme_no, 0, redemption_no, course_run_no, 'нет' FROM redemption LIMIT 1",
            vec!["redemptions_as_signed"],
        ),
        (
            "UPDATE redemption SET course_run_no = 2",
            vec!["enrolled_are_the_live_redemptions", "redemptions_as_signed"],
        ),
        (
            "UPDATE voucher SET redemption_no = redemption_no + 1 WHERE voucher_no = 2",
            vec!["one_live_redemption_per_voucher"],
        ),
        ("UPDATE course_run SET enrolled = 3", vec!["enrolled_are_the_live_redemptions"]),
        ("UPDATE quota SET held = held + 1", vec!["quota_held_is_approved_and_living"]),
    ] {
        assert_eq!(broken_by(statements), expected, "{statements}");
    }
}

#[test]
fn altered_records_of_teaching_are_found() {
    for (statements, expected) in [
        ("UPDATE instructor_contract SET number = '8-ГПХ'", vec!["contracts_as_signed"]),
        ("UPDATE instructor_contract SET valid_until = '2021-12-31'", vec!["contracts_as_signed"]),
        ("UPDATE instructor_contract SET hours = 8", vec!["contracts_as_signed"]),
        // What the hour cost is bound twice: where it was agreed and where it was accepted.
        (
            "UPDATE instructor_contract SET hourly_rate_kopecks = 150002",
            vec!["contracts_as_signed", "sessions_as_signed"],
        ),
        ("DELETE FROM instructor_contract", vec!["contracts_as_signed", "sessions_as_signed"]),
        (
            "INSERT INTO instructor_contract VALUES (1, x'00000000000000000000000000000099', 5, '9', 1, '2022-01-01',
                '2022-01-01', 1)",
            vec!["contracts_as_signed"],
        ),
        ("UPDATE course_run_plan SET hours = 69 WHERE phase = 'lecture'", vec!["plans_as_signed"]),
        ("DELETE FROM course_run_plan", vec!["plans_as_signed"]),
        ("UPDATE session SET starts_at = '09:01'", vec!["sessions_as_signed"]),
        ("UPDATE session SET starts_at = NULL", vec!["sessions_as_signed"]),
        ("UPDATE programme SET contribution_basis_points = 3021", vec!["programmes_as_signed", "sessions_as_signed"]),
        ("UPDATE attendance SET present = FALSE WHERE redemption_no = (SELECT MIN(redemption_no) FROM redemption)",
            vec!["attendance_as_signed"]),
        ("DELETE FROM attendance WHERE redemption_no = (SELECT MIN(redemption_no) FROM redemption)",
            vec!["attendance_as_signed"]),
        ("INSERT INTO attendance SELECT 3, 9999, redemption_no, session_no, TRUE FROM attendance LIMIT 1",
            vec!["attendance_as_signed"]),
        ("UPDATE test_result SET passed = TRUE", vec!["results_as_signed"]),
        ("UPDATE test_result SET score = 91 WHERE passed", vec!["results_as_signed"]),
        ("DELETE FROM test_result", vec!["results_as_signed"]),
        ("UPDATE completion SET document_number = 'ПК-2'", vec!["completions_as_signed"]),
        ("UPDATE completion SET completed_on = '2020-09-10'", vec!["completions_as_signed"]),
        (
            "UPDATE completion SET completed_on = '2020-10-09'",
            vec!["retrained_are_tallied", "completions_as_signed"],
        ),
        (
            "UPDATE completion SET category = 'other'",
            vec!["retrained_are_tallied", "completions_as_signed"],
        ),
        (
            "DELETE FROM completion",
            vec!["completed_vouchers_have_a_completion", "retrained_are_tallied", "completions_as_signed"],
        ),
        (
            "UPDATE voucher SET status = 3 WHERE status = 4;
             UPDATE voucher_tally SET redeemed = redeemed + 1, completed = completed - 1",
            vec!["completed_vouchers_have_a_completion"],
        ),
        (
            "UPDATE voucher SET status = 4 WHERE voucher_no = 2;
             UPDATE voucher_tally SET redeemed = redeemed - 1, completed = completed + 1",
            vec!["completed_vouchers_have_a_completion"],
        ),
        ("UPDATE retrained_tally SET retrained = 2", vec!["retrained_are_tallied"]),
        ("INSERT INTO retrained_tally VALUES (3, 2, '2020-12', 'other', 1)", vec!["retrained_are_tallied"]),
    ] {
        assert_eq!(broken_by(statements), expected, "{statements}");
    }
}

#[test]
fn altered_devices_and_cases_are_found() {
    let devices = || vec!["devices_as_signed"];
    let cases = || vec!["conflicts_as_signed"];
    for (statements, expected) in [
        ("UPDATE device SET public_key = zeroblob(32) WHERE revoked_at IS NULL", devices()),
        ("UPDATE device SET revoked_at = NULL, revoked_log_index = NULL", devices()),
        ("UPDATE device SET revoked_at = 1, revoked_log_index = 1 WHERE revoked_at IS NULL", devices()),
        ("DELETE FROM device WHERE revoked_at IS NOT NULL", devices()),
        ("UPDATE offline_item SET item_sha256 = zeroblob(32) WHERE sequence = 1", devices()),
        ("UPDATE offline_item SET item_sha256 = zeroblob(32) WHERE sequence = 2", devices()),
        ("DELETE FROM offline_item WHERE sequence = 1", devices()),
        (
            "UPDATE offline_item SET item_sha256 = zeroblob(32) WHERE sequence = 3",
            vec!["devices_as_signed", "conflicts_as_signed"],
        ),
        ("UPDATE conflict_case SET voucher_no = 1 WHERE status = 'open'", cases()),
        ("UPDATE conflict_case SET course_run_no = 2 WHERE status = 'open'", cases()),
        ("UPDATE conflict_case SET status = 'enrolled' WHERE status = 'dismissed'", cases()),
        ("UPDATE conflict_case SET reason = 'другое' WHERE status = 'dismissed'", cases()),
        ("UPDATE conflict_case SET status = 'open' WHERE status = 'dismissed'", cases()),
        ("UPDATE conflict_case SET status = 'dismissed', reason = 'тихо', decided_log_index = 1", cases()),
        ("DELETE FROM conflict_case", cases()),
    ] {
        assert_eq!(broken_by(statements), expected, "{statements}");
    }
}

#[test]
fn altered_unmaskings_are_found() {
    for statements in [
        "UPDATE unmasking SET reason = 'проверка по жалобе заявителя' WHERE voucher_no IS NOT NULL",
        "UPDATE unmasking SET reason = 'проверка по жалобе заявителя' WHERE payee_no IS NOT NULL",
        "UPDATE unmasking SET voucher_no = 8 WHERE voucher_no = 7",
        "UPDATE unmasking SET payee_no = 4 WHERE payee_no IS NOT NULL",
        "DELETE FROM unmasking WHERE voucher_no = 7",
        "DELETE FROM unmasking WHERE payee_no IS NOT NULL",
        "INSERT INTO unmasking VALUES (3, 9999, 7, NULL, 'её никто не спрашивал')",
    ] {
        assert_eq!(broken_by(statements), ["unmaskings_as_signed"], "{statements}");
    }
}

#[test]
fn altered_statements_are_found() {
    for statements in [
        "UPDATE settlement_account SET account_number = '40204810900000000026'",
        "UPDATE settlement_account SET bic = '045805001'",
        "DELETE FROM settlement_account",
        "INSERT INTO settlement_account VALUES (3, 9, zeroblob(16), '03224643580000005700', '015805002')",
        "UPDATE bank_statement SET closing_kopecks = 1 WHERE first_day = '2020-09-08'",
        "UPDATE bank_statement SET last_day = '2020-09-09' WHERE first_day = '2020-09-08'",
        "DELETE FROM bank_statement WHERE first_day = '2020-09-07'",
        "UPDATE statement_item SET amount_kopecks = 501 WHERE document_number = '902'",
        "UPDATE statement_item SET document_number = '903' WHERE document_number = '902'",
        // Hidden, explained by nobody, or explained otherwise.
        "DELETE FROM statement_item WHERE document_number = '902'",
        "UPDATE statement_item SET outcome = 'matched_paid', unmatched_because = NULL WHERE document_number = '902'",
        "UPDATE statement_item SET resolved_log_index = 1, reason = 'так надо' WHERE document_number = '902'",
        "UPDATE statement_item SET reason = 'иное' WHERE document_number = '900'",
        "UPDATE statement_item SET resolved_log_index = NULL, reason = NULL WHERE document_number = '900'",
        "UPDATE statement_item SET payment_no = NULL WHERE document_number = '901'",
        "UPDATE statement_item SET payment_no = NULL WHERE document_number = 'П-17'",
        "UPDATE statement_item SET payment_no = 7 WHERE document_number = '902'",
    ] {
        assert_eq!(broken_by(statements), ["statements_as_signed"], "{statements}");
    }
}

#[test]
fn an_altered_history_is_found() {
    let newest = "(SELECT MAX(log_index) FROM journal_transaction WHERE programme_no = 3)";
    for (statements, expected) in [
        // One side of one posting; both sides; a dimension; a posting more; a posting of nothing.
        ("UPDATE posting SET amount_kopecks = amount_kopecks + 1 WHERE log_index = 10 AND account = 2".into(),
            vec!["debits_equal_credits", "balances_are_sums_of_postings", "postings_as_signed"]),
        ("UPDATE posting SET amount_kopecks = amount_kopecks * 2 WHERE log_index = 10".into(),
            vec!["balances_are_sums_of_postings", "postings_as_signed"]),
        ("UPDATE posting SET voucher_no = 9 WHERE log_index = 10".into(), vec!["postings_as_signed"]),
        ("DELETE FROM posting WHERE log_index = 10".into(),
            vec!["balances_are_sums_of_postings", "postings_as_signed"]),
        ("UPDATE posting SET log_index = 999 WHERE log_index = 10".into(), vec!["postings_as_signed"]),
        ("UPDATE posting SET posting_no = 7 WHERE log_index = 10 AND posting_no = 1".into(),
            vec!["postings_as_signed"]),
        // The transaction's own columns.
        ("UPDATE journal_transaction SET effective_at = 1 WHERE log_index = 10".into(),
            vec!["transactions_as_signed"]),
        ("UPDATE journal_transaction SET recorded_at = 1 WHERE log_index = 10".into(),
            vec!["transactions_as_signed"]),
        ("UPDATE journal_transaction SET recorded_by = 1 WHERE log_index = 10".into(),
            vec!["transactions_as_signed"]),
        ("UPDATE journal_transaction SET kind = 44 WHERE log_index = 10".into(), vec!["transactions_as_signed"]),
        // The leaf itself, and its stored hash.
        ("UPDATE journal_transaction SET leaf_hash = zeroblob(32) WHERE log_index = 10".into(),
            vec!["leaves_hash_as_stored"]),
        ("UPDATE journal_transaction SET leaf = x'00' WHERE programme_no = 3 AND log_index = 300".into(),
            vec!["leaves_hash_as_stored", "transactions_as_signed", "turnovers_as_signed", "tree_heads",
                "checkpoints"]),
        // Leaves that go: the newest, one in the middle, two that change places.
        (format!("DELETE FROM posting WHERE programme_no = 3 AND log_index = {newest};
                  DELETE FROM journal_transaction WHERE programme_no = 3 AND log_index = {newest}"),
            vec!["balances_are_sums_of_postings", "payment_shares_sum_to_the_payment", "turnovers_as_signed",
                "tree_heads", "checkpoints"]),
        ("DELETE FROM posting WHERE log_index = 300; DELETE FROM journal_transaction WHERE log_index = 300".into(),
            vec!["balances_are_sums_of_postings", "leaves_without_gaps", "turnovers_as_signed", "tree_heads",
                "checkpoints"]),
        ("UPDATE journal_transaction SET log_index = 999 WHERE log_index = 298;
          UPDATE journal_transaction SET log_index = 298 WHERE log_index = 299;
          UPDATE journal_transaction SET log_index = 299 WHERE log_index = 999".into(),
            vec!["postings_as_signed", "tree_heads", "checkpoints"]),
        // What witnesses saw: not this tree, and more leaves than there are.
        ("INSERT INTO cosignature VALUES (3, 'x', 5, 1, 'y')".into(), vec!["cosignatures"]),
        ("INSERT INTO cosignature VALUES (3, 'x', 99999, 1, 'y')".into(), vec!["cosignatures"]),
        // The tree and what was signed of it.
        ("UPDATE log_hash SET hash = zeroblob(32)".into(), vec!["tile_hashes"]),
        ("DELETE FROM log_hash".into(), vec!["tile_hashes"]),
        ("INSERT INTO log_hash VALUES (3, 2, 0, zeroblob(32))".into(), vec!["tile_hashes"]),
        ("UPDATE log_head SET frontier = (SELECT frontier FROM log_head WHERE programme_no = 0)
          WHERE programme_no = 3".into(), vec!["tree_heads"]),
        ("UPDATE checkpoint SET note = replace(note, 'A', 'B') WHERE tree_size = 106".into(), vec!["checkpoints"]),
        ("UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE programme_no = 3 AND tree_size = 106)
          WHERE programme_no = 3 AND tree_size = 206".into(), vec!["checkpoints"]),
        ("DELETE FROM checkpoint WHERE programme_no = 3
            AND tree_size = (SELECT MAX(tree_size) FROM checkpoint WHERE programme_no = 3)".into(),
            vec!["checkpoints"]),
    ] {
        let statements: String = statements;
        assert_eq!(broken_by(&statements), expected, "{statements}");
    }
}

/// Who holds the log's key can rewrite everything inside the database consistently; a checkpoint kept
/// outside of it gives them away.
#[test]
fn a_checkpoint_kept_elsewhere_finds_a_rewritten_log() {
    let other = Folder::new();
    make_books(&other.place());
    let mut connection = db::open_writer(&other.place()).unwrap();
    // The books are the same, so the log is too; the checkpoint after the first hundred vouchers is kept.
    let note = note(&mut connection, 106);
    let keeping = |note: String| Trusted { checkpoints: vec![note], ..trusted() };
    let clean = audited(&keeping(note.clone()), |_| ());
    assert!(clean.is_clean(), "{clean:#?}");

    let folder = Folder::new();
    let key = CheckpointKey {
        public_key: log_key().verifying_key().to_bytes(),
        sign: Arc::new(|bytes| log_key().sign(bytes).to_bytes()),
    };
    let writer = Writer::start(
        db::open_writer(&folder.place()).unwrap(),
        folder.place(),
        Clock::new(now),
        move || Some(key.clone()),
    )
    .unwrap();
    writer.execute_blocking(Act(found)).unwrap();
    writer.execute_blocking(Act(|batch: &mut Batch<'_>| issue(batch, 1))).unwrap();
    writer.finish();
    let mut connection = db::open_writer(&folder.place()).unwrap();
    let broken = |trusted: &Trusted, connection: &mut Connection| -> Vec<&'static str> {
        audit(connection, trusted, &mut |_| ()).unwrap().broken().map(|check| check.name).collect()
    };
    assert_eq!(broken(&trusted(), &mut connection), [""; 0]);
    assert_eq!(broken(&keeping(note.clone()), &mut connection), ["kept_checkpoints"]);
    let forged = keeping(note.replace("vouchers.example/PSK20", "vouchers.example/PSK21"));
    assert_eq!(broken(&forged, &mut connection), ["kept_checkpoints"]);
}

fn note(connection: &mut Connection, size: i64) -> String {
    use diesel::prelude::*;
    use training_vouchers::db::schema::checkpoint;
    checkpoint::table.find((PROGRAMME, size)).select(checkpoint::note).first(connection).unwrap()
}

/// What the audit vouches for: columns of numbers, of bytes and of texts.
const NUMBERS: &[(&str, &[&str])] = &[
    ("journal_transaction", &["kind", "effective_at", "recorded_at", "recorded_by"]),
    (
        "posting",
        &[
            "budget_line_no",
            "account",
            "amount_kopecks",
            "agency_no",
            "voucher_no",
            "redemption_no",
            "course_run_no",
            "session_no",
            "payee_no",
            "payment_no",
        ],
    ),
    ("account_balance", &["balance_kopecks"]),
    ("programme", &["face_value_kopecks", "course_hours", "contribution_basis_points", "target_trained"]),
    ("session", &["course_run_no", "payee_no", "hours", "pay_kopecks", "contributions_kopecks"]),
    ("payment", &["payee_no", "amount_kopecks"]),
    ("bank_statement", &["account_no", "opening_kopecks", "closing_kopecks"]),
    (
        "statement_item",
        &["item_no", "statement_no", "amount_kopecks", "payment_no", "register_no", "resolved_log_index"],
    ),
    ("redemption", &["status", "voucher_no", "course_run_no", "reversed_log_index"]),
    ("voucher", &["status", "face_value_kopecks", "redemption_no", "agency_no", "expires_at"]),
    (
        "voucher_tally",
        &["issued", "suspended", "redeemed", "completed", "voided", "expired", "replaced", "held_kopecks"],
    ),
    ("course_run", &["enrolled"]),
    ("quota", &["held"]),
];
const BYTES: &[(&str, &[&str])] = &[
    ("journal_transaction", &["leaf", "leaf_hash"]),
    ("log_hash", &["hash"]),
    ("log_head", &["frontier"]),
    ("session", &["session_id"]),
    ("payment", &["payment_id"]),
    ("settlement_account", &["account_id"]),
    ("bank_statement", &["statement_id", "file_sha256"]),
    ("statement_item", &["item_id"]),
    ("redemption", &["redemption_id"]),
    ("course_run", &["course_run_id"]),
];
const TEXTS: &[(&str, &[&str])] = &[
    ("log_head", &["origin"]),
    ("checkpoint", &["note"]),
    ("session", &["held_on", "phase"]),
    ("payment", &["document_number", "paid_on"]),
    ("settlement_account", &["account_number", "bic"]),
    ("bank_statement", &["first_day", "last_day"]),
    (
        "statement_item",
        &["direction", "booked_on", "document_number", "outcome", "unmatched_because", "reason"],
    ),
];
/// Tables whose rows are all vouched for; of checkpoints only the newest is.
const ROWS: &[&str] = &[
    "journal_transaction",
    "posting",
    "log_hash",
    "session",
    "payment",
    "settlement_account",
    "bank_statement",
    "statement_item",
    "redemption",
    "voucher",
    "voucher_tally",
];

/// The number is the alteration, today and tomorrow.
fn alteration(number: u64) -> String {
    let mut state = number;
    let mut roll = move |end: usize| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    };
    let row = |table: &str, roll: usize| {
        let key = match table {
            "journal_transaction" => "programme_no, log_index",
            "posting" => "programme_no, log_index, posting_no",
            "account_balance" => "programme_no, budget_line_no, account",
            "log_hash" => "programme_no, level, hash_index",
            "checkpoint" => "programme_no, tree_size",
            "voucher" => "programme_no, voucher_no",
            "voucher_tally" => "programme_no, agency_no, expires_at",
            "redemption" => "programme_no, redemption_no",
            "session" => "programme_no, session_no",
            "payment" => "programme_no, payment_no",
            "settlement_account" => "programme_no, account_no",
            "bank_statement" => "programme_no, statement_no",
            "statement_item" => "programme_no, statement_no, item_no",
            "course_run" => "programme_no, course_run_no",
            "quota" => "programme_no, agency_no",
            _ => "programme_no",
        };
        format!(
            "({key}) = (SELECT {key} FROM {table} ORDER BY {key} LIMIT 1 OFFSET {roll} % (SELECT COUNT(*) FROM {table}))"
        )
    };
    let kind = roll(10);
    let columns = match kind {
        0..5 => NUMBERS,
        5..7 => BYTES,
        7..9 => TEXTS,
        _ => {
            let table = ROWS[roll(ROWS.len())];
            return format!("DELETE FROM {table} WHERE {}", row(table, roll(1_000_000)));
        }
    };
    let (table, columns) = columns[roll(columns.len())];
    let (column, which) = (columns[roll(columns.len())], row(table, roll(1_000_000)));
    let value = match kind {
        // A number that was not there is one that is.
        0..5 => format!("COALESCE({column}, 0) + {}", [1, -1, 7][roll(3)]),
        5..7 => format!("CAST(substr({column}, 1, length({column}) - 1) || x'{:02x}' AS BLOB)", roll(256)),
        _ => format!("{column} || '{}'", roll(10)),
    };
    format!("UPDATE {table} SET {column} = {value} WHERE {which} AND {column} IS NOT {value}")
}

/// Whatever somebody alters of what is vouched for, the audit finds; a checkpoint is kept elsewhere.
#[test]
fn five_hundred_alterations_of_the_database_are_found() {
    let folder = Folder::new();
    std::fs::write(folder.database(), &*BOOKS).unwrap();
    let mut connection = db::open_writer(&folder.place()).unwrap();
    let kept = Trusted { checkpoints: vec![newest_note(&mut connection)], ..trusted() };
    connection.batch_execute(UNLOCKED).unwrap();
    let mut found_by = std::collections::BTreeSet::new();
    let mut altered = 0;
    for number in 0..500 {
        let alteration = alteration(number);
        let done: Result<(), diesel::result::Error> = connection.transaction(|connection| {
            // One that breaks a key, or gives a byte its own value, alters nothing.
            let rows = diesel::sql_query(&alteration).execute(connection).unwrap_or(0);
            let report = audit(connection, &kept, &mut |_| ()).unwrap();
            assert_eq!(report.is_clean(), rows == 0, "{number}: {alteration}");
            found_by.extend(report.broken().map(|check| check.name));
            altered += rows;
            Err(diesel::result::Error::RollbackTransaction)
        });
        assert!(done.is_err());
    }
    assert!(altered > 400, "{altered}");
    assert!(found_by.len() > 15, "{found_by:?}");
}

fn newest_note(connection: &mut Connection) -> String {
    use diesel::prelude::*;
    use training_vouchers::db::schema::checkpoint;
    checkpoint::table
        .filter(checkpoint::programme_no.eq(PROGRAMME))
        .order(checkpoint::tree_size.desc())
        .select(checkpoint::note)
        .first(connection)
        .unwrap()
}

#[test]
fn altered_moves_of_quotas_are_found() {
    for statements in [
        "UPDATE quota_move SET seats = 7 WHERE status = 'moved'",
        "UPDATE quota_move SET to_agency_no = 2, from_agency_no = 9 WHERE status = 'moved'",
        "UPDATE quota_move SET reason = 'другое' WHERE status = 'proposed'",
        "UPDATE quota_move SET status = 'moved', to_agreed_log_index = 1 WHERE status = 'proposed'",
        "UPDATE quota_move SET from_agreed_log_index = NULL WHERE status = 'proposed'",
        "UPDATE quota_move SET status = 'proposed' WHERE status = 'moved'",
        "UPDATE quota_move SET status = 'withdrawn' WHERE status = 'declined'",
        "UPDATE quota_move SET ended_side = 'from_agency' WHERE status = 'declined'",
        "UPDATE quota_move SET ended_reason = 'другое' WHERE status = 'declined'",
        "UPDATE quota_move SET status = 'proposed' WHERE status = 'declined'",
        "DROP TRIGGER quota_move_no_delete; DELETE FROM quota_move WHERE status = 'declined'",
    ] {
        assert_eq!(broken_by(statements), ["quota_moves_as_signed"], "{statements}");
    }
}
