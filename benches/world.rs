//! A data directory to measure on: one open programme with a million vouchers, issued through the
//! commands of the service itself; only the people behind them are written by bulk SQL.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::path::{Path, PathBuf};
use training_vouchers::access::{Secret, SecretOf};
use training_vouchers::app::{App, Settings};
use training_vouchers::credential::{Keyring, key_files};
use training_vouchers::db::schema::{request, token, voucher_credential};
use training_vouchers::db::{self, Connection, Place};
use training_vouchers::installation::{self, NewInstallation};
use training_vouchers::kernel::time::Clock;
use training_vouchers::kernel::*;
use training_vouchers::keys;
use training_vouchers::ledger::model::{Event, Kind};
use training_vouchers::ledger::{facts, rules};
use training_vouchers::redemption::model::Registrar;
use training_vouchers::writer::{Batch, Change, Command, Done, Stop};
use uuid::Uuid;

pub type Anyhow<T> = Result<T, Box<dyn std::error::Error>>;

/// The programme's number in the database; it is the only one.
pub const PROGRAMME: i64 = 1;
pub const LINE: i64 = 2;
pub const FACE_VALUE: i64 = 650_000;
const AGENCIES: i64 = 50;
/// Rows of a request: the most the API takes.
pub const REQUEST: i64 = 5_000;
/// Course runs that registrars redeem into at the same time, and the number of the first of them.
pub const COURSE_RUNS: usize = 8;
pub const FIRST_RUN: i64 = 4;
/// Leaves before that of the first voucher.
pub const OPENING: i64 = FIRST_RUN + COURSE_RUNS as i64;

const ISSUER: &str = "bench.example";
const KBK: &str = "15007040110242110111";
const HOURS: i32 = 72;
const BASIS_POINTS: u32 = 3_020;
const TARGET: i32 = 2_000;
/// Of a course run.
const SEATS: i64 = 1_000_000_000;

/// A database with its keys.
#[derive(Clone)]
pub struct World {
    place: Place,
    keys: PathBuf,
}

pub fn clock() -> Clock {
    Clock::new(|| Timestamp::from_millis(chrono::Utc::now().timestamp_millis()))
}

/// The registrar of [`Door::Registrar`]'s token.
pub fn registrar() -> Registrar {
    let actor = Actor { token_no: Door::Registrar as i64, subject: "registrar".into() };
    Registrar { actor, university_no: 1 }
}

/// Whose token a request carries. Its number is the token's.
#[derive(Clone, Copy)]
pub enum Door {
    Registrar = 1,
    Programme = 2,
    Auditor = 3,
}

impl Door {
    pub fn secret(self) -> Secret {
        Secret::new(SecretOf::Token, &[self as u8; 32])
    }
}

pub fn course_run(place: usize) -> CourseRunId {
    CourseRunId(Uuid::from_u128(0xc0 + place as u128))
}

pub fn budget_line() -> BudgetLineId {
    BudgetLineId(Uuid::from_u128(0xb0))
}

impl World {
    pub fn at(place: Place, keys: &Path) -> Self {
        Self { place, keys: keys.to_owned() }
    }

    /// Makes an installation with `vouchers` people in approved requests, nothing issued yet.
    pub fn create(place: Place, keys: &Path, vouchers: i64) -> Anyhow<Self> {
        let world = Self::at(place, keys);
        let clock = clock();
        installation::init(&NewInstallation {
            database: &world.place,
            keys: &world.keys,
            issuer: ISSUER,
            passphrase: None,
            clock: &clock,
        })?;
        let app = world.app()?;
        app.writer.execute_blocking(Open { vouchers }).map_err(refused)?;
        app.close();
        Ok(world)
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    pub fn keys(&self) -> &Path {
        &self.keys
    }

    /// The file, of a world of SQLite.
    pub fn file(&self) -> Anyhow<&Path> {
        match &self.place {
            Place::Sqlite(path) => Ok(path),
            Place::Postgres(_) => Err("a world of PostgreSQL is no file".into()),
        }
    }

    /// The service on this directory, without its doors.
    pub fn app(&self) -> Anyhow<App> {
        let (database, keys, clock) = (self.place.clone(), self.keys.clone(), clock());
        Ok(App::open(Settings { database, read_from: None, keys, passphrase: None, readers: 4, clock })?)
    }

    pub fn keyring(&self) -> Anyhow<Keyring> {
        let private = key_files::read_private_keys(&self.keys, None)?;
        Ok(keys::keyring(&mut self.connection()?, private)?)
    }

    /// The keys without their private halves.
    pub fn public_keyring(&self) -> Anyhow<Keyring> {
        Ok(key_files::read_jwks(&self.keys)?)
    }

    /// The approved requests, in order.
    pub fn requests(&self) -> Anyhow<Vec<RequestId>> {
        let approved = request::table.filter(request::status.eq("approved")).order(request::request_no);
        Ok(approved.select(request::request_id).load(&mut self.connection()?)?)
    }

    /// A copy of a file of SQLite, folded into one, for a contender of its own.
    pub fn copy_to(&self, directory: &Path) -> Anyhow<Self> {
        self.connection()?.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
        if directory.exists() {
            std::fs::remove_dir_all(directory)?;
        }
        std::fs::create_dir_all(directory)?;
        let copy = Self::at(Place::in_directory(directory), &self.keys);
        std::fs::copy(self.file()?, copy.file()?)?;
        std::fs::File::open(copy.file()?)?.sync_all()?;
        Ok(copy)
    }

    /// The texts of these vouchers' credentials, in their order.
    pub fn credentials(&self, voucher_nos: &[i64]) -> Anyhow<Vec<String>> {
        let mut connection = self.connection()?;
        let text = |voucher_no: &i64| {
            let row = voucher_credential::table.find((PROGRAMME, *voucher_no, 1));
            let bytes = row.select(voucher_credential::credential).first::<Vec<u8>>(&mut connection)?;
            Ok(training_vouchers::credential::encode(&bytes))
        };
        voucher_nos.iter().map(text).collect()
    }

    /// A connection with the settings of the service's writer.
    pub fn connection(&self) -> Anyhow<Connection> {
        Ok(db::open_writer(&self.place)?)
    }
}

/// The tables as this program makes them, and what it loads: a database of others is of no use.
const TABLES: [&str; 3] = [
    include_str!("world.rs"),
    include_str!("../migrations/sqlite/2026-11-24-000001_foundation/up.sql"),
    include_str!("../migrations/postgres/2026-11-24-000001_foundation/up.sql"),
];

/// Whether what was loaded beside this file has the tables as they are.
pub fn is_of_these_tables(mark: &Path) -> bool {
    std::fs::read_to_string(mark).is_ok_and(|found| found == TABLES.concat())
}

/// Notes that it has.
pub fn mark_tables(mark: &Path) -> Anyhow<()> {
    Ok(std::fs::write(mark, TABLES.concat())?)
}

pub fn refused(refusal: Refusal) -> String {
    format!("refused: {refusal:?}")
}

/// Puts the reference data and the people in place.
struct Open {
    vouchers: i64,
}

impl Command for Open {
    type Reply = ();

    fn decide(&self, _batch: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        let vouchers = self.vouchers;
        Ok(Box::new(move |batch| {
            batch.create_log(PROGRAMME, &format!("{ISSUER}/BENCH"))?;
            let now = batch.now();
            let mut entry = batch.record(PROGRAMME, &Event::new(Kind::ProgrammeCreated, now, 0))?;
            for event in opening(now, vouchers) {
                entry = batch.record(PROGRAMME, &event)?;
            }
            let connection = batch.connection()?;
            let words = Words::of(connection);
            connection.batch_execute(&reference(now, &words))?;
            connection.batch_execute(&people(vouchers, &words))?;
            for (door, scope, university_no) in [
                (Door::Registrar, "registrar", Some(1)),
                (Door::Programme, "programme", None::<i64>),
                (Door::Auditor, "auditor", None),
            ] {
                diesel::insert_into(token::table)
                    .values((
                        token::token_no.eq(door as i64),
                        token::token_id.eq(TokenId(Uuid::now_v7())),
                        token::token_hash.eq(door.secret().hash().as_slice()),
                        token::subject.eq(scope),
                        token::scope.eq(scope),
                        token::university_no.eq(university_no),
                        token::created_at.eq(now),
                        token::expires_at.eq(now.plus_seconds(300 * 86_400)),
                    ))
                    .execute(connection)?;
            }
            Ok(Done::new((), entry))
        }))
    }
}

/// Programme, budget line, money and course runs as the log tells them, from the second leaf on.
fn opening(now: Timestamp, vouchers: i64) -> Vec<Event> {
    let event = |kind| Event::new(kind, now, 0);
    let figures = facts::programme(Kopecks::new(FACE_VALUE), HOURS, BASIS_POINTS, TARGET);
    let limit = Kopecks::new(FACE_VALUE * vouchers);
    let line = budget_line();
    let mut events = vec![
        event(Kind::ProgrammeOpened).about(facts::SUBJECT, &facts::digest(&figures)),
        event(Kind::BudgetLineCreated).about("budget_line", line.bytes()).about("kbk", KBK.as_bytes()),
        event(Kind::AppropriationMade)
            .about("budget_line", line.bytes())
            .moving(rules::appropriation(LINE, limit)),
    ];
    events.extend((0..COURSE_RUNS).map(|place| {
        let run = course_run(place);
        event(Kind::CourseRunCreated).about("course_run", run.bytes()).about("seats", &SEATS.to_be_bytes())
    }));
    events
}

/// What the stores write differently.
struct Words {
    random_16: &'static str,
    random_32: &'static str,
    /// A literal of bytes, around hexadecimal digits.
    bytes: [&'static str; 2],
    /// The number of an employee as eleven digits.
    eleven_digits: &'static str,
    /// Memory for indexes over random keys.
    first: &'static str,
    /// Statistics for the planner, which autovacuum would make later.
    then: &'static str,
}

impl Words {
    fn of(connection: &Connection) -> Self {
        match connection {
            Connection::Sqlite(_) => Self {
                random_16: "randomblob(16)",
                random_32: "randomblob(32)",
                bytes: ["X'", "'"],
                eleven_digits: "printf('%011d', employee_no)",
                first: "PRAGMA cache_size = -4194304;",
                then: "",
            },
            Connection::Postgres(_) => Self {
                random_16: "uuid_send(gen_random_uuid())",
                random_32: "sha256(uuid_send(gen_random_uuid()))",
                bytes: ["'\\x", "'"],
                eleven_digits: "lpad(employee_no::text, 11, '0')",
                first: "",
                then: "ANALYZE;",
            },
        }
    }
}

fn reference(now: Timestamp, words: &Words) -> String {
    let (from, until) = (now.plus_seconds(-86_400).date(), now.plus_seconds(300 * 86_400).date());
    let (id, [open, close]) = (words.random_16, words.bytes);
    let runs: String = (0..COURSE_RUNS)
        .map(|place| {
            let run = course_run(place).0.simple().to_string();
            format!(
                "INSERT INTO course_run VALUES ({PROGRAMME}, {}, {open}{run}{close}, 'RUN-{place}', '{from}',
                 '{until}', {SEATS}, 0, TRUE, 'open');",
                FIRST_RUN + place as i64
            )
        })
        .collect();
    let line = budget_line().0.simple();
    format!(
        "INSERT INTO university VALUES (1, {id}, 'PSKOVGU', 'ПсковГУ');
         INSERT INTO agency WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {AGENCIES})
           SELECT i, {id}, 'AG' || i, 'Орган ' || i, 'state_body', NULL FROM n;
         INSERT INTO programme VALUES ({PROGRAMME}, {id}, 'BENCH', 'Мера', 2020, 1, {HOURS}, {FACE_VALUE},
           '{from}', '{until}', NULL, 0, 14, 'state_civil_servant', {BASIS_POINTS}, {TARGET}, TRUE, 'open', 1);
         INSERT INTO budget_line VALUES ({PROGRAMME}, {LINE}, {open}{line}{close}, '{KBK}',
           'instructor_pay', 'Оплата преподавателей');
         {runs}"
    )
}

fn people(vouchers: i64, words: &Words) -> String {
    let Words { random_16, random_32, eleven_digits, first, then, .. } = words;
    let numbers =
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {vouchers})");
    let agency = format!("1 + ((i - 1) / {REQUEST}) % {AGENCIES}");
    let request = format!("1 + (i - 1) / {REQUEST}");
    format!(
        "{first}
         INSERT INTO employee {numbers} SELECT i, {random_16}, {agency}, 'state_civil_servant', NULL, 0 FROM n;
         INSERT INTO employee_personal SELECT employee_no, agency_no, {random_32}, {eleven_digits},
           'Константинопольский', 'Иван', 'Сергеевич', 'специалист', NULL FROM employee;
         INSERT INTO request {numbers} SELECT {PROGRAMME}, {request}, {random_16}, {agency}, 'best_effort', 'approved',
           'agency', 0, 'office', 0, FALSE, NULL FROM n WHERE (i - 1) % {REQUEST} = 0;
         INSERT INTO request_item {numbers} SELECT {PROGRAMME}, {request}, 1 + (i - 1) % {REQUEST}, 'row-' || i, i,
           {random_32}, 'approved', NULL, '[]', NULL FROM n;
         INSERT INTO holder_claim SELECT i.programme_no, i.holder_key, r.agency_no FROM request_item i
           JOIN request r ON r.programme_no = i.programme_no AND r.request_no = i.request_no;
         INSERT INTO quota SELECT {PROGRAMME}, agency_no, count(*), count(*) FROM employee GROUP BY agency_no;
         {then}"
    )
}
