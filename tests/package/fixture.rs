//! A world in which everything happened, and its package.

use crate::offline;
use crate::world::{FACE_VALUE, Installation, World, actor, day};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;
use training_vouchers::app::App;
use training_vouchers::campaign::RegisterContractor;
use training_vouchers::campaign::accept::ActAcceptance;
use training_vouchers::campaign::end::ContractEnding;
use training_vouchers::campaign::sign::ContractSigning;
use training_vouchers::completion::model::{Certificate, TestResult};
use training_vouchers::completion::roll::{Listed, Person};
use training_vouchers::completion::{CompleteCourse, RecordAttendance, RecordResults};
use training_vouchers::course_run::close::CloseCourseRun;
use training_vouchers::course_run::top_up::TopUp;
use training_vouchers::credential::{KeyRecord, Purpose, key_files};
use training_vouchers::device::sync::ItemOutcome;
use training_vouchers::kernel::*;
use training_vouchers::package::export::{self, ExportError, Exported, Order};
use training_vouchers::package::verify::{Brought, Verdict, verify};
use training_vouchers::payment::{ConfirmPayment, PreparePayment, ReturnPayment, WithdrawPayment};
use training_vouchers::period::close::PeriodClosing;
use training_vouchers::programme::ProgrammeFacts;
use training_vouchers::proof::Checkpoint;
use training_vouchers::proposal::Act;
use training_vouchers::proposal::budget_move::BudgetMove;
use training_vouchers::redemption::move_enrolments::MoveEnrolments;
use training_vouchers::redemption::reverse::{Rest, Reversal, VoucherOutcome};
use training_vouchers::teaching::cancel::SessionCancellation;
use training_vouchers::teaching::{AcceptSession, Lesson, Phase, RecordSession, RegisterInstructor, Terms};
use training_vouchers::unmasking::{Grounds, Unmask, Whom};
use training_vouchers::voucher::change::{Move, MoveVoucher};
use training_vouchers::voucher::expire::ReleaseExpired;
use training_vouchers::voucher::extend::ExtendVoucher;
use training_vouchers::voucher::prepare::{Draft, draft_of};
use training_vouchers::voucher::replace::ReplaceVoucher;
use training_vouchers::voucher::store;

pub struct Fixture {
    pub world: World,
    _directory: TempDir,
    pub package: PathBuf,
    /// A checkpoint from the middle, kept elsewhere.
    pub kept: String,
    pub kept_size: u64,
    pub kept_file: PathBuf,
    pub newest: String,
    pub size: u64,
    pub vouchers: usize,
    pub keys: Vec<[u8; 32]>,
    pub keys_file: PathBuf,
    /// SHA-256 of the log's public key.
    pub fingerprint: String,
    /// Names and СНИЛС of everybody in the world.
    pub personal: Vec<String>,
}

pub static FIXTURE: LazyLock<Fixture> = LazyLock::new(Fixture::new);

pub fn size_of(note: &str) -> u64 {
    note.lines().nth(1).unwrap().parse().unwrap()
}

pub fn export(world: &World, directory: &Path, as_of: Option<u64>) -> Result<Exported, ExportError> {
    export_from(&world.app, &world.installation, world.programme_id, directory, as_of)
}

pub fn export_from(
    app: &App,
    installation: &Installation,
    programme_id: ProgrammeId,
    directory: &Path,
    as_of: Option<u64>,
) -> Result<Exported, ExportError> {
    let keyring = key_files::read_jwks(&installation.keys()).unwrap();
    let log = keyring.records().into_iter().filter(|key| key.purpose == Purpose::Log);
    let log_keys: Vec<KeyRecord> = log.cloned().collect();
    let exported = app.read_blocking(|connection| {
        let programme = ProgrammeFacts::find(connection, programme_id)?.unwrap();
        let order = Order { programme: &programme, as_of, issuer: keyring.issuer(), log_keys: &log_keys };
        Ok(export::export(connection, &order, directory, &mut |_| ()))
    });
    exported.unwrap()
}

pub fn verified(directory: &Path, brought: &Brought) -> Verdict {
    verify(directory, brought, &mut |_| ()).unwrap()
}

/// What is wrong with it, in English.
#[track_caller]
pub fn wrong(directory: &Path, brought: &Brought) -> String {
    verified(directory, brought).wrong.expect("something does not hold").english
}

pub fn write(directory: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (name, bytes) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

fn read(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            files.insert(name, fs::read(path).unwrap());
        }
    }
}

impl Fixture {
    fn new() -> Self {
        let world = World::new(FACE_VALUE.checked_mul(400).unwrap());
        let mut kept = String::new();
        live(&world, &mut |world| {
            let directory = tempfile::tempdir().unwrap();
            kept = export(world, directory.path(), None).unwrap().checkpoint;
        });
        let directory = tempfile::tempdir().unwrap();
        let package = directory.path().join("package");
        let newest = export(&world, &package, None).unwrap().checkpoint;
        let keys_file = world.installation.keys().join("jwks.json");
        let keyring = world.app.keyring();
        let key = keyring.records().into_iter().find(|key| key.purpose == Purpose::Log).unwrap().public;
        let kept_file = directory.path().join("kept");
        fs::write(&kept_file, &kept).unwrap();
        Self {
            package,
            kept_size: size_of(&kept),
            kept_file,
            kept,
            size: size_of(&newest),
            newest,
            vouchers: 302,
            keys: vec![key],
            keys_file,
            fingerprint: sha256(&key),
            personal: personal(&world),
            world,
            _directory: directory,
        }
    }

    /// The package's files by name.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        read(&self.package, &self.package, &mut files);
        files
    }

    /// A checkpoint as a file.
    pub fn file_of(&self, note: &str) -> PathBuf {
        let path = self.kept_file.with_file_name(format!("note-{}", &sha256(note.as_bytes())[..16]));
        fs::write(&path, note).unwrap();
        path
    }

    /// The tree of the kept checkpoint.
    pub fn kept_tree(&self) -> Checkpoint {
        let body = self.kept.split("\n\n").next().unwrap();
        Checkpoint::parse(&format!("{body}\n")).unwrap()
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn personal(world: &World) -> Vec<String> {
    use diesel::prelude::*;
    use training_vouchers::db::schema::{employee_personal, payee_personal};
    let (people, payees) = world
        .app
        .read_blocking(|connection| {
            let people: Vec<(String, String, String)> = employee_personal::table
                .select((
                    employee_personal::snils,
                    employee_personal::family_name,
                    employee_personal::given_name,
                ))
                .load(connection)?;
            let payees: Vec<String> = payee_personal::table.select(payee_personal::name).load(connection)?;
            Ok((people, payees))
        })
        .unwrap();
    let snils = |snils: &String| snils.chars().filter(char::is_ascii_digit).collect::<String>();
    let people = people
        .iter()
        .flat_map(|(number, family, given)| [number.clone(), snils(number), family.clone(), given.clone()]);
    let payees = payees.iter().flat_map(|name| name.split(' ').map(str::to_owned));
    people.chain(payees).filter(|secret| secret.chars().count() > 2).collect()
}

fn draft(world: &World, voucher_id: VoucherId) -> (ProgrammeFacts, i64, Draft) {
    let read = world.app.read_blocking(|connection| {
        let voucher = store::find(connection, voucher_id, None)?;
        let programme = ProgrammeFacts::by_no(connection, voucher.programme_no)?;
        Ok((programme, voucher.voucher_no, draft_of(connection, &voucher)?))
    });
    read.unwrap()
}

fn extend(world: &World, voucher_id: VoucherId, days: i64) {
    let (programme, voucher_no, draft) = draft(world, voucher_id);
    let draft = Draft {
        expires_at: draft.expires_at.plus_seconds(days * 24 * 3_600),
        credential_version: draft.credential_version + 1,
        ..draft
    };
    let signed = world.desk().sign(&programme, voucher_no, &draft).unwrap();
    let (reason, actor) = ("продление".to_owned(), actor("office"));
    world.run(ExtendVoucher { voucher_id, signed, reason, actor }).unwrap();
}

/// Every kind of event, some several times.
fn live(world: &World, middle: &mut dyn FnMut(&World)) {
    let mut vouchers = world.issue(0, 150).unwrap();
    vouchers.extend(world.issue(1, 151).unwrap());
    let reason = || "пример".to_owned();
    let shift = |which: usize, to: Move| {
        let (voucher_id, actor) = (vouchers[which], actor("hr"));
        world.run(MoveVoucher { voucher_id, agency_no: None, to, reason: reason(), actor }).unwrap();
    };
    shift(10, Move::Suspend);
    shift(10, Move::Resume);
    shift(11, Move::Suspend);
    shift(12, Move::Void);
    let (programme, _, of) = draft(world, vouchers[13]);
    let of = Draft { voucher_id: VoucherId(world.app.new_id()), credential_version: 1, ..of };
    let successor =
        world.desk().prepare_blocking(&world.app.writer, &programme, &[of]).unwrap().pop().unwrap();
    let (voucher_id, agency_no) = (vouchers[13], None);
    world
        .run(ReplaceVoucher { voucher_id, agency_no, successor, reason: reason(), actor: actor("hr") })
        .unwrap();
    extend(world, vouchers[14], 30);
    unmask(world, Whom::Holder(vouchers[14]));
    world.agree_to_quota_move(1, world.propose_quota_move((0, 1), 10).unwrap()).unwrap();
    world.decline_quota_move(0, world.propose_quota_move((1, 0), 1).unwrap()).unwrap();
    middle(world);

    let run = world.course_run("run", 25);
    let other = world.course_run("other", 2);
    let redemptions: Vec<_> =
        (0..4).map(|which| world.redeem(vouchers[which], run).unwrap().reply.redemption_id).collect();
    let reverse = |redemption_id, voucher| {
        let rest = match voucher {
            VoucherOutcome::Issued => Rest::Released,
            VoucherOutcome::Voided => Rest::CourseRun,
        };
        let act = Act::RedemptionReversal(Reversal { redemption_id, voucher, rest, reason: reason() });
        world.two_people(act, Scope::Programme).unwrap();
    };
    reverse(redemptions[3], VoucherOutcome::Issued);
    world.redeem(vouchers[3], other).unwrap();
    let desk = [30, 31, 12, 32].map(|which| vouchers[which]);
    let (device_no, late) = offline::live(world, desk);
    let university_no = world.university_no;
    teach_and_pay(world, run, &|| {
        reverse(redemptions[2], VoucherOutcome::Voided);
        let changes = MoveEnrolments {
            from: run,
            to: other,
            redemption_ids: Some(vec![redemptions[1]]),
            reason: text::Text::parse("командировка").unwrap(),
            actor: actor("teaching"),
            university_no,
        };
        world.run(changes).unwrap();
    });
    for course_run_id in [run, other] {
        world.run(CloseCourseRun { course_run_id, actor: actor("teaching"), university_no }).unwrap();
    }
    world.advance(335 * 24 * 3_600 + 3 * 24 * 3_600);
    let release = ReleaseExpired { programme_id: world.programme_id, actor: Actor::service() };
    assert!(world.run(release).unwrap().reply.vouchers > 250);
    assert_eq!(offline::follow(world, device_no, late).outcome, ItemOutcome::Final);
    extend(world, vouchers[20], 300);
    assert_eq!(vouchers.len(), 301);
}

fn unmask(world: &World, whom: Whom) {
    let grounds = Grounds::parse("проверка по обращению").unwrap();
    world.run(Unmask { whom, grounds, actor: actor("auditor") }).unwrap();
}

fn teach_and_pay(world: &World, run: CourseRunId, between: &dyn Fn()) {
    let (university_no, university_id) = (world.university_no, world.university_id);
    let instructor = PayeeId(world.app.new_id());
    world
        .run(RegisterInstructor {
            payee_id: instructor,
            actor: actor("teaching"),
            university_no,
            university_id,
            name: text::Text::parse("Преподавателев Пётр Петрович").unwrap(),
            contract_id: InstructorContractId(world.app.new_id()),
            terms: Terms {
                number: text::Text::parse("1-ГПХ").unwrap(),
                hourly_rate: Kopecks::new(150_001),
                valid_from: day("2020-02-01"),
                valid_until: day("2020-12-31"),
                hours: 100,
            },
        })
        .unwrap();
    unmask(world, Whom::Payee(instructor, world.programme_id));
    let accept = |hours: i32| {
        let session_id = SessionId(world.app.new_id());
        world
            .run(RecordSession {
                session_id,
                actor: actor("teaching"),
                university_no,
                course_run_id: run,
                payee_id: instructor,
                lesson: Lesson { held_on: day("2020-02-01"), starts_at: None, phase: Phase::Lecture, hours },
            })
            .unwrap();
        world.run(AcceptSession { session_id, actor: actor("teaching-2"), university_no }).unwrap();
        session_id
    };
    let pay = |payee_id, kopecks: i64, document: &str, withdrawn: bool| {
        let payment_id = PaymentId(world.app.new_id());
        world
            .run(PreparePayment {
                payment_id,
                actor: actor("treasury"),
                programme_id: world.programme_id,
                payee_id,
                amount: Kopecks::new(kopecks),
                document_number: text::Text::parse(document).unwrap(),
                paid_on: day("2020-02-01"),
            })
            .unwrap();
        let actor = actor("treasury-2");
        if withdrawn {
            let reason = text::Text::parse("не тот день").unwrap();
            world.run(WithdrawPayment { payment_id, actor, reason }).unwrap();
        } else {
            world.run(ConfirmPayment { payment_id, actor }).unwrap();
        }
        payment_id
    };
    let session_id = accept(4);
    pay(instructor, 333_333, "П-1", false);
    // Of what is cancelled, a part was of somebody who left meanwhile.
    let mistaken = accept(1);
    between();
    accept(2);
    let reason = text::Text::parse("не состоялось").unwrap();
    let returned = pay(instructor, 77_777, "П-0", false);
    give_back(world, returned);
    let cancel = |session_id| {
        let reason = reason.clone();
        world
            .two_people(Act::SessionCancellation(SessionCancellation { session_id, reason }), Scope::Teaching)
    };
    assert_eq!(cancel(session_id).unwrap_err().code, Code::InvalidTransition, "it is paid");
    cancel(mistaken).unwrap();
    let top_up = TopUp { course_run_id: run, amount: Kopecks::new(100_001), reason: "часы".into() };
    world.two_people(Act::TopUp(top_up), Scope::Treasury).unwrap();
    pay(instructor, 1, "П-2", true);
    pay(instructor, 500_000, "П-2", false);
    pay(tax_office(world), 111_111, "П-3", false);
    learn(world, run, session_id);
    campaign(world, &pay);
}

fn give_back(world: &World, payment_id: PaymentId) {
    let (actor, returned_on) = (actor("treasury"), world.app.clock.now().date());
    let reason = text::Text::parse("счёт закрыт").unwrap();
    world.run(ReturnPayment { payment_id, actor, returned_on, reason }).unwrap();
}

/// Somebody was there, passed and completed the course.
fn learn(world: &World, course_run_id: CourseRunId, session_id: SessionId) {
    use diesel::prelude::*;
    use training_vouchers::db::schema::redemption;
    let who = world.app.read_blocking(|connection| {
        let first = redemption::table.filter(redemption::status.eq(1)).order(redemption::redemption_no);
        Ok(first.select(redemption::redemption_id).first::<RedemptionId>(connection)?)
    });
    let who = who.unwrap();
    fn row<T>(who: RedemptionId, said: T) -> Vec<Listed<T>> {
        vec![Listed { row: 1, entry: Ok((Person::Redemption(who), said)) }]
    }
    let (actor, university_no, dry_run) = (actor("teaching"), world.university_no, false);
    let rows = row(who, true);
    let done = world.run(RecordAttendance { session_id, actor: actor.clone(), university_no, dry_run, rows });
    assert_eq!(done.unwrap().reply.recorded, 1);
    let rows = row(who, TestResult::new(true, Some(90)).unwrap());
    let done = world.run(RecordResults { course_run_id, actor: actor.clone(), university_no, dry_run, rows });
    assert_eq!(done.unwrap().reply.recorded, 1);
    let document_number = text::Text::parse("ПК-1").unwrap();
    let rows = row(who, Certificate { document_number, completed_on: world.app.clock.now().date() });
    let done = world.run(CompleteCourse { course_run_id, actor, university_no, dry_run, rows });
    assert_eq!(done.unwrap().reply.recorded, 1);
}

/// A contract with two acts, paid, returned and ended; and a month that is closed.
fn campaign(world: &World, pay: &dyn Fn(PayeeId, i64, &str, bool) -> PaymentId) {
    let [from_budget_line_id, to_budget_line_id] = world.budget_line_ids;
    let document_number = text::Text::parse("2-ОЗ").unwrap();
    let amount = Kopecks::new(900_000);
    let act = BudgetMove { from_budget_line_id, to_budget_line_id, amount, document_number };
    world.two_people(Act::BudgetMove(act), Scope::Treasury).unwrap();
    let contractor_id = PayeeId(world.app.new_id());
    let name = text::Text::parse("ИП Плакатов Пётр").unwrap();
    world.run(RegisterContractor { payee_id: contractor_id, actor: actor("treasury"), name }).unwrap();
    let contract_id = ContractId(world.app.new_id());
    let signing = ContractSigning {
        contract_id,
        contractor_id,
        document_number: text::Text::parse("К-1").unwrap(),
        signed_on: day("2020-02-01"),
        subject: text::Text::parse("Плакаты").unwrap(),
        amount: Kopecks::new(800_000),
    };
    world.two_people(Act::ContractSigning(signing), Scope::Treasury).unwrap();
    for (number, kopecks) in [("А-1", 300_000), ("А-2", 100_001)] {
        let acceptance = ActAcceptance {
            act_id: ActId(world.app.new_id()),
            contract_id,
            document_number: text::Text::parse(number).unwrap(),
            accepted_on: day("2020-02-01"),
            amount: Kopecks::new(kopecks),
        };
        world.two_people(Act::ActAcceptance(acceptance), Scope::Treasury).unwrap();
    }
    let returned = pay(contractor_id, 200_000, "П-4", false);
    give_back(world, returned);
    pay(contractor_id, 350_000, "П-5", false);
    let ending = ContractEnding { contract_id, reason: "исполнен".into() };
    world.two_people(Act::ContractEnding(ending), Scope::Treasury).unwrap();
    let month = Month::parse("2020-01").unwrap();
    world.two_people(Act::PeriodClosing(PeriodClosing { month }), Scope::Treasury).unwrap();
}

fn tax_office(world: &World) -> PayeeId {
    use diesel::prelude::*;
    use training_vouchers::db::schema::payee;
    let found = world.app.read_blocking(|connection| {
        Ok(payee::table.filter(payee::kind.eq("tax_office")).select(payee::payee_id).first(connection)?)
    });
    found.unwrap()
}
