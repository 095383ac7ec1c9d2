//! Sessions and registers: what accepting a session costs by the redemptions of its run, and confirming a register by its
//! lines. Commands through the writer, one after the other, each a transaction on disk.

use crate::contender::{Contender, Role};
use crate::issue;
use crate::redeem::millis;
use crate::report::{Report, Target};
use crate::world::{Anyhow, PROGRAMME, World, course_run, refused, registrar};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::path::Path;
use std::time::{Duration, Instant};
use training_vouchers::app::App;
use training_vouchers::course_run::create::CreateCourseRun;
use training_vouchers::course_run::model::NewCourseRun;
use training_vouchers::credential;
use training_vouchers::db::Place;
use training_vouchers::db::schema::programme;
use training_vouchers::kernel::*;
use training_vouchers::payment::register::{ConfirmRegister, Line, PrepareRegister};
use training_vouchers::redemption::redeem::Redeem;
use training_vouchers::teaching::accept::AcceptSession;
use training_vouchers::teaching::contract::Terms;
use training_vouchers::teaching::model::{Lesson, Phase};
use training_vouchers::teaching::record::RecordSession;
use training_vouchers::teaching::register::RegisterInstructor;
use uuid::Uuid;

/// Sessions of each run, each by an instructor of its own.
const SESSIONS: usize = 25;

/// Redemptions of a usual run; and of larger ones, to see how accrual grows.
const USUAL: usize = 25;
const LARGER: [usize; 3] = [50, 100, 200];

/// Registers pay so many instructors; the largest all of the usual runs.
const REGISTERS: [usize; 3] = [250, 500, 1_000];

const UNIVERSITY: i64 = 1;

/// A run's place among ours: the world has a few of its own.
fn run(place: usize) -> CourseRunId {
    course_run(1_000 + place)
}

fn actor(subject: &str) -> Actor {
    Actor { token_no: 1, subject: subject.into() }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

struct Payday {
    app: App,
    programme_id: ProgrammeId,
    today: NaiveDate,
    /// Registered so far.
    instructors: Vec<PayeeId>,
}

impl Payday {
    /// Runs of these sizes, everybody enrolled.
    fn prepare(directory: &Path, sizes: &[usize]) -> Anyhow<Self> {
        let data = directory.join("payday");
        let _ = std::fs::remove_dir_all(&data);
        let people = sizes.iter().sum::<usize>();
        let world = World::create(Place::in_directory(&data), &data.join("keys"), people as i64)?;
        issue::issue_all(&Contender::start(Role::Ours, &world)?, &world)?;
        let numbers: Vec<i64> = (1..=people as i64).collect();
        let credentials = world.credentials(&numbers)?;
        let programme_id = programme::table
            .find(PROGRAMME)
            .select(programme::programme_id)
            .get_result(&mut world.connection()?)?;
        let (app, today) = (world.app()?, crate::world::clock().now().date());
        for place in 0..sizes.len() {
            let new = NewCourseRun {
                programme_id,
                code: Text::parse(&format!("PAY-{place}"))?,
                starts_on: today,
                ends_on: today,
                seats: 1_000,
                plan: None,
                illustrative: true,
            };
            let create = CreateCourseRun {
                course_run_id: run(place),
                actor: actor("office"),
                university_no: UNIVERSITY,
                new,
            };
            app.writer.execute_blocking(create).map_err(refused)?;
        }
        let runs = sizes.iter().enumerate().flat_map(|(place, size)| std::iter::repeat_n(run(place), *size));
        for (credential, course_run_id) in credentials.iter().zip(runs) {
            let signed =
                credential::authenticate(credential, &app.keyring()).map_err(|_| "our own credential")?;
            let command = Redeem {
                redemption_id: Uuid::new_v4().into(),
                presented: signed.into(),
                course_run_id,
                identity_checked: true,
                registrar: registrar(),
            };
            app.writer.execute_blocking(command).map_err(refused)?;
        }
        Ok(Self { app, programme_id, today, instructors: Vec::new() })
    }

    /// Records and accepts sessions of two hours, each by an instructor of its own; gives what accepting took.
    fn teach(&mut self, course_run_id: CourseRunId, sessions: usize) -> Anyhow<Vec<Duration>> {
        let writer = &self.app.writer;
        let mut took = Vec::with_capacity(sessions);
        for _ in 0..sessions {
            let (payee_id, session_id) = (PayeeId(Uuid::now_v7()), SessionId(Uuid::now_v7()));
            let terms = Terms {
                number: Text::parse("1")?,
                hourly_rate: Kopecks::new(150_000),
                valid_from: self.today,
                valid_until: self.today,
                hours: 72,
            };
            let register = RegisterInstructor {
                payee_id,
                contract_id: Uuid::now_v7().into(),
                actor: actor("office"),
                university_no: UNIVERSITY,
                university_id: Uuid::nil().into(),
                name: Text::parse("Преподаватель")?,
                terms,
            };
            writer.execute_blocking(register).map_err(refused)?;
            let record = RecordSession {
                session_id,
                actor: actor("office"),
                university_no: UNIVERSITY,
                course_run_id,
                payee_id,
                lesson: Lesson { held_on: self.today, starts_at: None, phase: Phase::Lecture, hours: 2 },
            };
            writer.execute_blocking(record).map_err(refused)?;
            let accept = AcceptSession { session_id, actor: actor("dean"), university_no: UNIVERSITY };
            let begun = Instant::now();
            writer.execute_blocking(accept).map_err(refused)?;
            took.push(begun.elapsed());
            self.instructors.push(payee_id);
        }
        Ok(took)
    }

    /// Prepares a register of a hundred roubles for each of so many instructors; gives what confirming it took.
    fn pay(&self, lines: usize) -> Anyhow<Duration> {
        let register_id = RegisterId(Uuid::now_v7());
        let line = |payee_id: &PayeeId| Line { payee_id: *payee_id, amount: Kopecks::new(10_000) };
        let lines: Vec<_> = self.instructors.iter().take(lines).map(line).collect();
        let prepare = PrepareRegister {
            register_id,
            actor: actor("treasurer"),
            programme_id: self.programme_id,
            document_number: Text::parse(&register_id.to_string())?,
            paid_on: self.today,
            lines: lines.into_iter().map(|line| (Uuid::now_v7().into(), line)).collect(),
        };
        self.app.writer.execute_blocking(prepare).map_err(refused)?;
        let confirm = ConfirmRegister { register_id, actor: actor("head of the treasury") };
        let begun = Instant::now();
        self.app.writer.execute_blocking(confirm).map_err(refused)?;
        Ok(begun.elapsed())
    }
}

/// A tenth of it all when `small`.
pub fn measure(report: &mut Report, directory: &Path, small: bool) -> Anyhow<()> {
    let divisor = if small { 10 } else { 1 };
    let registers = REGISTERS.map(|lines| lines / divisor);
    let usual_runs = registers[2].div_ceil(SESSIONS);
    let sizes: Vec<usize> = std::iter::repeat_n(USUAL, usual_runs).chain(LARGER).collect();
    let mut payday = Payday::prepare(directory, &sizes)?;
    report.section("Sessions and registers");
    let mut usual = Vec::new();
    for place in 0..usual_runs {
        usual.extend(payday.teach(run(place), SESSIONS)?);
    }
    let usual = millis(median(usual));
    report.target("session accepted, run of 25", usual, "ms", Target::AtMost(5.0));
    // Paid before the larger runs are taught, so that every payee of a register has one session of a usual run.
    let mut of_register = Vec::new();
    for lines in registers {
        let took = (0..3).map(|_| payday.pay(lines)).collect::<Anyhow<Vec<_>>>()?;
        of_register.push((lines, millis(took.into_iter().min().unwrap_or_default())));
    }
    for (place, size) in (usual_runs..).zip(LARGER) {
        let took = millis(median(payday.teach(run(place), SESSIONS)?));
        report.line(format!("session accepted, run of {size}"), took, "ms");
    }
    for (lines, took) in &of_register {
        report.line(
            format!("register of {lines} confirmed, {USUAL} redemptions behind each line"),
            *took,
            "ms",
        );
    }
    let [(few, small), .., (many, large)] = of_register[..] else { return Err("no registers".into()) };
    report.target("the largest register", large, "ms", Target::AtMost(500.0));
    let growth = (large / many as f64) / (small / few as f64);
    report.target("a line of the largest ÷ of the smallest", growth, "×", Target::AtMost(1.5));
    payday.app.close();
    Ok(())
}
