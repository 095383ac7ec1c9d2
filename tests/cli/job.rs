//! The main job by the command line alone, from a programme file to a redemption: words and JSON, exit
//! codes, and readers that have had enough.

use crate::place::{Place, assert_code, err, out};
use chrono::NaiveDate;
use serde_json::Value;
use std::fs;
use std::process::Stdio;
use training_vouchers::app::{App, Settings};
use training_vouchers::course_run::NewCourseRun;
use training_vouchers::course_run::create::CreateCourseRun;
use training_vouchers::db;
use training_vouchers::db::schema::budget_line;
use training_vouchers::kernel::person::Snils;
use training_vouchers::kernel::time::Clock;
use training_vouchers::kernel::{
    Actor, AgencyCode, AgencyId, BudgetLineId, CourseRunId, Kopecks, ProgrammeId, ProposalId, Scope,
    SettlementAccountId, Text, Timestamp, UniversityId,
};
use training_vouchers::organisation::model::{AgencyCategory, AgencyDetails, UniversityDetails};
use training_vouchers::organisation::{RegisterAgency, RegisterUniversity};
use training_vouchers::programme::ProgrammeFacts;
use training_vouchers::programme::lifecycle::OpenProgramme;
use training_vouchers::proposal::appropriation::Appropriation;
use training_vouchers::proposal::confirm::Confirm;
use training_vouchers::proposal::model::Second;
use training_vouchers::proposal::{Act, Propose};
use training_vouchers::statement::SetAccount;

/// What the command line has no command for: the offices did it through the API.
pub struct Offices {
    app: App,
    university_id: UniversityId,
    university_no: i64,
    agency_id: AgencyId,
}

fn person(subject: &str) -> Actor {
    Actor { token_no: 0, subject: subject.into() }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

impl Offices {
    pub fn at(place: &Place) -> Self {
        let clock = Clock::new(|| Timestamp::from_millis(now_millis()));
        let (data, keys) = (place.path("data"), place.path("keys"));
        let database = db::Place::in_directory(&data);
        let settings = Settings { database, read_from: None, keys, passphrase: None, readers: 1, clock };
        let app = App::open(settings).unwrap();
        let (university_id, agency_id) = (UniversityId(app.new_id()), AgencyId(app.new_id()));
        let details = UniversityDetails {
            code: AgencyCode::parse("pskovgu").unwrap(),
            name: Text::parse("Псковский государственный университет").unwrap(),
        };
        let university = RegisterUniversity { actor: person("admin"), university_id, details };
        let university_no = app.writer.execute_blocking(university).unwrap().entry.unwrap().log_index;
        let details = AgencyDetails {
            code: AgencyCode::parse("PSK-S01").unwrap(),
            name: Text::parse("Комитет").unwrap(),
            category: AgencyCategory::StateBody,
            municipality: None,
        };
        app.writer.execute_blocking(RegisterAgency { actor: person("admin"), agency_id, details }).unwrap();
        Self { app, university_id, university_no, agency_id }
    }

    /// Opens the programme with money for two vouchers and one course run.
    pub fn open(&self, programme_id: ProgrammeId) {
        let writer = &self.app.writer;
        let programme =
            self.app.read_blocking(|c| Ok(ProgrammeFacts::by_code(c, "PSK26")?)).unwrap().unwrap();
        assert_eq!(programme.programme_id, programme_id);
        let budget_line_id: BudgetLineId = self
            .app
            .read_blocking(|c| {
                use diesel::prelude::*;
                Ok(budget_line::table.select(budget_line::budget_line_id).first(c)?)
            })
            .unwrap();
        writer.execute_blocking(OpenProgramme { programme_id, actor: person("office") }).unwrap();
        let act = Act::Appropriation(Appropriation {
            budget_line_id,
            amount: Kopecks::new(1_300_000),
            document_number: Text::parse("1-ОЗ").unwrap(),
        });
        let proposal_id = ProposalId(self.app.new_id());
        let programme_no = programme.programme_no;
        writer.execute_blocking(Propose { proposal_id, programme_no, actor: person("first"), act }).unwrap();
        let second = Second { actor: person("second"), scope: Scope::Treasury, university_no: None };
        writer.execute_blocking(Confirm { proposal_id, second }).unwrap();
        let new = NewCourseRun {
            programme_id,
            code: Text::parse("A-1").unwrap(),
            starts_on: day("2020-01-01"),
            ends_on: day("2099-12-20"),
            seats: 25,
            plan: None,
            illustrative: true,
        };
        let course_run_id = CourseRunId(self.app.new_id());
        let (actor, university_no) = (person("teaching"), self.university_no);
        writer.execute_blocking(CreateCourseRun { course_run_id, actor, university_no, new }).unwrap();
    }

    /// Sets a settlement account of a programme.
    pub fn set_account(&self, programme: &str, account_number: &str, bic: &str) {
        let found = self.app.read_blocking(|c| Ok(ProgrammeFacts::by_code(c, programme)?)).unwrap();
        let set = SetAccount {
            account_id: SettlementAccountId(self.app.new_id()),
            actor: person("treasury"),
            programme_id: found.unwrap().programme_id,
            account_number: account_number.parse().unwrap(),
            bic: bic.parse().unwrap(),
        };
        self.app.writer.execute_blocking(set).unwrap();
    }

    pub fn programme_file(&self) -> String {
        format!(
            r#"
            [programme]
            code = "PSK26"
            name = "Переквалификация органов госвласти"
            year = 2026
            university_id = "{}"
            course_hours = 72
            face_value = {{ amount = 650000, currency = "RUB" }}
            valid_from = "2020-01-01"
            valid_until = "2099-12-31"
            auto_approve_max_rows = 5
            sync_grace_days = 5
            eligible_categories = ["state_civil_servant"]
            contribution_basis_points = 3020
            target_trained = 2000

            [[budget_lines]]
            kbk = "07104101520100009244"
            item = "instructor_pay"
            name = "Оплата труда преподавателей"

            [[quotas]]
            agency_id = "{}"
            seats = 40
            "#,
            self.university_id, self.agency_id
        )
    }
}

#[expect(clippy::disallowed_methods, reason = "the program under test reads the machine's clock too")]
fn now_millis() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

fn roster(people: impl Iterator<Item = u32>) -> String {
    let head = "client_ref;snils;family_name;given_name;patronymic;position;email;category\n".to_owned();
    people.fold(head, |file, serial| {
        let snils = Snils::from_serial(2_000_000 + serial).unwrap();
        file + &format!("r{serial};{snils};Иванова;Анна;Петровна;консультант;;state_civil_servant\n")
    })
}

fn json(place: &Place, arguments: &[&str]) -> Value {
    let output = place.run(&[arguments, &["--json"]].concat());
    assert_code(&output, 0);
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_main_job_by_the_command_line() {
    let place = Place::initialised();
    let offices = Offices::at(&place);
    fs::write(place.path("programme.toml"), offices.programme_file()).unwrap();
    fs::write(place.path("two.csv"), roster(1..=2)).unwrap();
    fs::write(place.path("one.csv"), roster(3..=3)).unwrap();

    // A programme from a file; the same file again is refused, a file that is none too.
    let create = ["programme", "create", "--file", "programme.toml"];
    let programme = json(&place, &create);
    assert_eq!((&programme["code"], &programme["status"]), (&"PSK26".into(), &"draft".into()));
    let again = place.run(&create);
    assert_code(&again, 1);
    assert!(err(&again).starts_with("already_exists"), "{}", err(&again));
    let none = place.run(&["programme", "create", "--file", "two.csv"]);
    assert_code(&none, 1);
    assert!(err(&none).starts_with("malformed_file"), "{}", err(&none));
    offices.open(programme["programme_id"].as_str().unwrap().parse().unwrap());

    // Lists of people become requests.
    let import = |file, more: &[&str]| {
        place.run(&[&["import", "--agency", "PSK-S01", "--programme", "PSK26", file], more].concat())
    };
    let dry = import("two.csv", &["--dry-run"]);
    assert_code(&dry, 0);
    assert!(out(&dry).contains("2 accepted, 0 refused") && out(&dry).contains("nothing was written"));
    let imported = import("two.csv", &["--json"]);
    assert_code(&imported, 0);
    let request: Value = serde_json::from_slice(&imported.stdout).unwrap();
    assert_eq!((&request["status"], &request["automatic"]), (&"approved".into(), &true.into()));
    let twice = import("two.csv", &[]);
    assert_code(&twice, 1);
    assert!(err(&twice).starts_with("rows_refused"), "{}", err(&twice));
    assert!(out(&twice).contains("duplicate_holder"), "{}", out(&twice));
    let third = import("one.csv", &["--json"]);
    assert_code(&third, 0);
    let third: Value = serde_json::from_slice(&third.stdout).unwrap();

    // Vouchers, until the money ends.
    let request_id = request["request_id"].as_str().unwrap();
    let issued = json(&place, &["voucher", "issue", "--request", request_id]);
    let vouchers = issued["vouchers"].as_array().unwrap();
    assert_eq!(vouchers.len(), 2);
    let third = place.run(&["voucher", "issue", "--request", third["request_id"].as_str().unwrap()]);
    assert_code(&third, 1);
    assert!(err(&third).starts_with("budget_exceeded"), "{}", err(&third));
    let number = |place: usize| vouchers[place]["number"].as_str().unwrap();
    assert_code(&place.run(&["voucher", "qr", number(0), "--out", "qr.png"]), 0);
    assert_code(&place.run(&["verify", "qr.png"]), 0);

    // Redeemed once, by the picture and by the number; a repeat gets the same answer.
    let token = |scope: &[&str]| {
        let made = json(&place, &[&["token", "create", "--subject", "petrova", "--scope"], scope].concat());
        made["secret"].as_str().unwrap().to_owned()
    };
    let registrar = token(&["registrar", "--university", "pskovgu"]);
    let redeem = |what: &[&str], token: &str| {
        let base = ["redeem", "--course-run", "A-1", "--identity-checked", "--token", token];
        place.run(&[&base, what].concat())
    };
    let redemption_id = "0190aaaa-0000-4000-8000-000000000001";
    let by_picture = ["--qr", "qr.png", "--json", "--redemption-id", redemption_id];
    let made = redeem(&by_picture, &registrar);
    assert_code(&made, 0);
    let redemption: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(redemption["number"], number(0));
    assert_eq!(redemption["face_value"]["amount"], 650_000);
    assert!(redemption["receipt"].as_str().unwrap().starts_with("c2sp.org/tlog-proof@v1"));
    assert_eq!(redeem(&by_picture, &registrar).stdout, made.stdout);
    let in_words = redeem(&["--number", number(1)], &registrar);
    assert_code(&in_words, 0);
    assert!(out(&in_words).starts_with("Redeemed (погашен)"), "{}", out(&in_words));
    let office = token(&["treasury"]);
    for (what, token, code) in [
        (["--qr", "qr.png"], registrar.as_str(), "already_redeemed"),
        (["--qr", "qr.png"], office.as_str(), "forbidden"),
        (["--qr", "qr.png"], "tv_nobody", "unauthenticated"),
        (["--number", "PSK26-999999"], registrar.as_str(), "invalid_field"),
    ] {
        let refused = redeem(&what, token);
        assert_code(&refused, 1);
        assert!(err(&refused).starts_with(code), "{code}: {}", err(&refused));
    }
    assert_code(&redeem(&["--qr", "qr.png", "--number", number(0)], &registrar), 2);
    let shown = json(&place, &["voucher", "show", number(0)]);
    assert_eq!(shown["voucher"]["status"], "redeemed");
    let code = number(0).split('-').next().unwrap();
    let retrained = json(&place, &["retrained", "--programme", code]);
    assert_eq!((&retrained["total"], retrained["by_month"].as_array().unwrap().len()), (&0.into(), 0));
    let table = place.run(&["retrained", "--programme", code]);
    let line = format!("total, of {}", retrained["target"]);
    assert!(out(&table).lines().any(|row| row.starts_with(&line) && row.ends_with(" 0")), "{}", out(&table));
    let unknown = place.run(&["retrained", "--programme", "XX99"]);
    assert_code(&unknown, 1);
    assert!(err(&unknown).starts_with("not_found"), "{}", err(&unknown));
    assert_code(&place.run(&["audit"]), 0);
    let export = ["export", "audit-package", "--programme", "PSK26", "--out", "package"];
    let exported = json(&place, &export);
    let checkpoint = exported["checkpoint"].as_str().unwrap();
    assert!(checkpoint.contains("/PSK26\n"), "{checkpoint}");
    std::fs::write(place.path("kept"), checkpoint).unwrap();
    let mut verify = std::process::Command::new(env!("CARGO_BIN_EXE_vouchers-audit"));
    verify.current_dir(place.path(".")).args([
        "verify",
        "package",
        "--key",
        "keys/jwks.json",
        "--since",
        "kept",
    ]);
    assert_code(&verify.output().unwrap(), 0);
    assert_code(&place.run(&export), 1);
    let note = place.run(&["log", "checkpoint", "--programme", "PSK26"]);
    assert_eq!(String::from_utf8_lossy(&note.stdout), checkpoint);
    assert_code(&place.run(&["log", "checkpoint", "--programme", "PSK26", "--size", "1000000"]), 1);
    let proof = place.run(&["log", "consistency", "--programme", "PSK26", "--from", "1"]);
    let proof: Value = serde_json::from_slice(&proof.stdout).unwrap();
    assert_eq!(proof["checkpoint"].as_str().unwrap(), checkpoint);
    let unknown = ["export", "audit-package", "--programme", "PSK27", "--out", "other"];
    assert_code(&place.run(&unknown), 1);
    assert_code(&place.run(&[&export[..5], &["other", "--as-of", "1000000"]].concat()), 1);
}

#[test]
fn results_are_json_where_that_is_asked_for() {
    let place = Place::new();
    assert_eq!(json(&place, &["init", "--issuer", "vouchers.test"])["issuer"], "vouchers.test");
    let made = json(&place, &["token", "create", "--scope", "auditor", "--subject", "ann"]);
    let revoked = json(&place, &["token", "revoke", made["token_id"].as_str().unwrap()]);
    assert_eq!(revoked["token_id"], made["token_id"]);
    let rotated = json(&place, &["key", "rotate", "--purpose", "log"]);
    assert_eq!(rotated["retired"].as_array().unwrap().len(), 1);
    let keys = json(&place, &["key", "list"]);
    assert!(keys.as_array().unwrap().iter().any(|key| key["kid"] == rotated["kid"]));
}

/// What a command comes to when nobody reads what it says, on either output.
pub fn unread(place: &Place, arguments: &[&str]) -> Option<i32> {
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    place.command(arguments).stdout(closed()).stderr(closed()).status().unwrap().code()
}

#[test]
fn a_reader_that_has_had_enough_changes_nothing_else() {
    let place = Place::initialised();
    for (arguments, code) in [
        (&["token", "list"][..], 0),
        (&["token", "list", "--json"], 0),
        (&["key", "list"], 0),
        (&["key", "rotate", "--purpose", "credential"], 0),
        (&["token", "create", "--scope", "admin", "--subject", "ann"], 0),
        (&["audit"], 0),
        (&["completions", "bash"], 0),
        (&["--help"], 0),
        (&["voucher", "show", "PSK26-1"], 1),
        (&["audits"], 2),
    ] {
        assert_eq!(unread(&place, arguments), Some(code), "{arguments:?}");
    }
    assert_eq!(json(&place, &["key", "list"]).as_array().unwrap().len(), 3, "the rotation was done");
    assert_eq!(json(&place, &["token", "list"]).as_array().unwrap().len(), 1, "the token was made");
}

#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let place = Place::initialised();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = place.command(&["token", "list"]).stdout(full).output().unwrap();
    assert_code(&output, 1);
    assert!(err(&output).starts_with("standard output: "), "{}", err(&output));
}
