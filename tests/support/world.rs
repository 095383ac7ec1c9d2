//! A small installation made by real commands: one programme, two agencies, one university.

#![allow(dead_code, reason = "no test binary needs all of it")]

#[path = "installation.rs"]
mod installation;

use chrono::NaiveDate;
pub use installation::Installation;
use std::sync::atomic::{AtomicU32, Ordering};
use training_vouchers::app::{App, StartError};
use training_vouchers::course_run::create::CreateCourseRun;
use training_vouchers::course_run::model::NewCourseRun;
use training_vouchers::credential::encode;
use training_vouchers::employee::csv;
use training_vouchers::kernel::*;
use training_vouchers::organisation::model::{AgencyCategory, AgencyDetails, UniversityDetails};
use training_vouchers::organisation::{RegisterAgency, RegisterUniversity};
use training_vouchers::programme::budget_line::CreateBudgetLine;
use training_vouchers::programme::create::CreateProgramme;
use training_vouchers::programme::lifecycle::OpenProgramme;
use training_vouchers::programme::model::{BudgetItem, Categories, NewBudgetLine, NewProgramme};
use training_vouchers::programme::quotas::{Seats, SetQuotas};
use training_vouchers::proposal::appropriation::Appropriation;
use training_vouchers::proposal::confirm::Confirm;
use training_vouchers::proposal::model::Second;
use training_vouchers::proposal::{Act, Propose};
use training_vouchers::quota_move::propose::NewQuotaMove;
use training_vouchers::quota_move::{AgreeToQuotaMove, EndQuotaMove, ProposeQuotaMove};
use training_vouchers::redemption::model::{Presented, Registrar};
use training_vouchers::redemption::redeem::{Redeem, Redeemed};
use training_vouchers::request::approve::ApproveRequest;
use training_vouchers::request::model::Mode;
use training_vouchers::request::submit::{Candidate, SubmitRequest};
use training_vouchers::voucher::issue::read_order;
use training_vouchers::voucher::prepare::SigningDesk;
use training_vouchers::voucher::store;
use training_vouchers::writer::{Answer, Command};
use uuid::Uuid;

pub const FACE_VALUE: Kopecks = Kopecks::new(650_000);

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn actor(subject: &str) -> Actor {
    Actor { token_no: 0, subject: subject.into() }
}

pub struct World {
    pub app: App,
    pub programme_id: ProgrammeId,
    pub programme_no: i64,
    pub university_no: i64,
    pub university_id: UniversityId,
    /// The lines for instructors (with all the money) and for the campaign.
    pub budget_line_ids: [BudgetLineId; 2],
    pub agencies: Vec<(AgencyId, i64)>,
    serial: AtomicU32,
    pub installation: Installation,
}

impl World {
    /// Opens a programme with `limit` on its line for instructors and 500 seats for each agency.
    pub fn new(limit: Kopecks) -> Self {
        let start = Timestamp::start_of_day(day("2020-02-01")).plus_seconds(36_000);
        let installation = Installation::new(start);
        let app = installation.open().unwrap();
        let university_id = UniversityId(app.new_id());
        let details = UniversityDetails {
            code: text::AgencyCode::parse("pskovgu").unwrap(),
            name: text::Text::parse("Псковский государственный университет").unwrap(),
        };
        let command = RegisterUniversity { actor: actor("admin"), university_id, details };
        let university_no = log_index(&app.writer.execute_blocking(command).unwrap());
        let agencies = ["PSK-S01", "PSK-M01"].map(|code| {
            let agency_id = AgencyId(app.new_id());
            let details = AgencyDetails {
                code: text::AgencyCode::parse(code).unwrap(),
                name: text::Text::parse(code).unwrap(),
                category: AgencyCategory::StateBody,
                municipality: None,
            };
            let command = RegisterAgency { actor: actor("admin"), agency_id, details };
            (agency_id, log_index(&app.writer.execute_blocking(command).unwrap()))
        });
        let programme_id = ProgrammeId(app.new_id());
        let mut world = Self {
            app,
            programme_id,
            programme_no: 0,
            university_no,
            university_id,
            budget_line_ids: [BudgetLineId(Uuid::nil()); 2],
            agencies: agencies.to_vec(),
            serial: AtomicU32::new(10_000),
            installation,
        };
        world.open_programme(limit);
        world
    }

    fn open_programme(&mut self, limit: Kopecks) {
        let new = NewProgramme {
            code: voucher_number::ProgrammeCode::parse("PSK20").unwrap(),
            name: text::Text::parse("Переквалификация").unwrap(),
            year: 2020,
            university_id: self.university_id,
            course_hours: 72,
            face_value: FACE_VALUE,
            valid_from: day("2020-02-01"),
            valid_until: day("2020-12-31"),
            priority_until: None,
            auto_approve_max_rows: 0,
            sync_grace_days: 3,
            eligible_categories: Categories(vec![person::ServiceCategory::StateCivilServant]),
            contribution_basis_points: 3_020,
            target_trained: 100,
            illustrative: true,
        };
        let command = CreateProgramme { programme_id: self.programme_id, actor: actor("office"), new };
        self.programme_no = log_index(&self.run(command).unwrap());
        let (programme_id, office) = (self.programme_id, actor("office"));
        let lines = [
            (BudgetItem::InstructorPay, "01001130000000000244", "Оплата преподавателей"),
            (BudgetItem::InformationCampaign, "01001130000000000245", "Информационная кампания"),
        ];
        self.budget_line_ids = lines.map(|(item, code, name)| {
            let budget_line_id = BudgetLineId(self.app.new_id());
            let (kbk, name) = (kbk::Kbk::parse(code).unwrap(), text::Text::parse(name).unwrap());
            let new = NewBudgetLine { kbk, item, name };
            self.run(CreateBudgetLine { programme_id, budget_line_id, actor: office.clone(), new }).unwrap();
            budget_line_id
        });
        let budget_line_id = self.budget_line_ids[0];
        let quotas = self.agencies.iter().map(|(agency_id, _)| Seats { agency_id: *agency_id, seats: 500 });
        self.run(SetQuotas { programme_id, actor: office.clone(), quotas: quotas.collect() }).unwrap();
        self.run(OpenProgramme { programme_id, actor: office }).unwrap();
        let document_number = text::Text::parse("1-ОЗ").unwrap();
        let act = Act::Appropriation(Appropriation { budget_line_id, amount: limit, document_number });
        self.two_people(act, Scope::Treasury).unwrap();
    }

    pub fn run<C: Command>(&self, command: C) -> Result<Answer<C::Reply>, Refusal> {
        self.app.writer.execute_blocking(command)
    }

    /// One proposes, another confirms.
    pub fn two_people(&self, act: Act, scope: Scope) -> Result<(), Refusal> {
        let proposal_id = ProposalId(self.app.new_id());
        self.run(Propose { proposal_id, programme_no: self.programme_no, actor: actor("first"), act })?;
        let second = Second { actor: actor("second"), scope, university_no: None };
        self.run(Confirm { proposal_id, second }).map(drop)
    }

    /// An agency offers seats of its own to another.
    pub fn propose_quota_move(&self, (from, to): (usize, usize), seats: i64) -> Result<QuotaMoveId, Refusal> {
        let move_id = QuotaMoveId(self.app.new_id());
        let ((from_agency_id, from_agency_no), (to_agency_id, _)) = (self.agencies[from], self.agencies[to]);
        let reason = text::Text::parse("не хватает слушателей").unwrap();
        self.run(ProposeQuotaMove {
            move_id,
            programme_id: self.programme_id,
            actor: actor("hr-of-giver"),
            agency_no: Some(from_agency_no),
            new: NewQuotaMove { from_agency_id, to_agency_id, seats, reason },
        })?;
        Ok(move_id)
    }

    pub fn agree_to_quota_move(&self, agency: usize, move_id: QuotaMoveId) -> Result<(), Refusal> {
        let (programme_id, agency_no) = (self.programme_id, Some(self.agencies[agency].1));
        let command = AgreeToQuotaMove { programme_id, move_id, actor: actor("hr-of-getter"), agency_no };
        self.run(command).map(drop)
    }

    pub fn decline_quota_move(&self, agency: usize, move_id: QuotaMoveId) -> Result<(), Refusal> {
        let (programme_id, agency_no) = (self.programme_id, Some(self.agencies[agency].1));
        let (reason, actor) = (Some(text::Text::parse("не нужны").unwrap()), actor("hr-of-getter"));
        self.run(EndQuotaMove { programme_id, move_id, actor, agency_no, reason }).map(drop)
    }

    /// The same installation opened anew, as by a server that starts again.
    pub fn open_again(&self) -> Result<App, StartError> {
        self.installation.open()
    }

    pub fn advance(&self, seconds: i64) {
        self.installation.advance(seconds);
    }

    /// Requests, approves and issues vouchers for new people of an agency.
    pub fn issue(&self, agency: usize, people: u32) -> Result<Vec<VoucherId>, Refusal> {
        let (agency_id, agency_no) = self.agencies[agency];
        let mut file =
            String::from("client_ref;snils;family_name;given_name;patronymic;position;email;category\n");
        for _ in 0..people {
            let serial = self.serial.fetch_add(1, Ordering::SeqCst);
            let snils = person::Snils::from_serial(2_000_000 + serial).unwrap();
            file += &format!("r{serial};{snils};Иванова;Анна;Петровна;консультант;;state_civil_servant\n");
        }
        let rows = csv::read(file.as_bytes())?;
        let request_id = RequestId(self.app.new_id());
        let candidate = |row| {
            let new_id = EmployeeId(self.app.new_id());
            Candidate::new(row, &self.app.holder_secret, self.programme_id, agency_id, new_id)
        };
        self.run(SubmitRequest {
            request_id,
            programme_id: self.programme_id,
            agency_no,
            agency_id,
            actor: actor("hr"),
            mode: Mode::AllOrNothing,
            dry_run: false,
            rows: rows.into_iter().map(candidate).collect(),
        })?;
        self.run(ApproveRequest { request_id, actor: actor("office") })?;
        let order =
            self.app.read_blocking(|connection| read_order(connection, request_id, || self.app.new_id()))?;
        let signed = self.desk().prepare_blocking(&self.app.writer, &order.programme, &order.drafts())?;
        let issued = self.run(order.signed(request_id, actor("office"), signed))?;
        Ok(issued.reply.vouchers.into_iter().map(|voucher| voucher.voucher_id).collect())
    }

    pub fn desk(&self) -> SigningDesk {
        let (keyring, secret) = (self.app.keyring(), self.app.holder_secret.clone());
        SigningDesk { keyring, secret, now: self.app.clock.now() }
    }

    pub fn credential(&self, voucher_id: VoucherId) -> String {
        let read = self.app.read_blocking(|connection| {
            let voucher = store::find(connection, voucher_id, None)?;
            Ok(store::credential(connection, &voucher)?)
        });
        encode(&read.unwrap())
    }

    pub fn course_run(&self, code: &str, seats: i64) -> CourseRunId {
        let course_run_id = CourseRunId(self.app.new_id());
        let new = NewCourseRun {
            programme_id: self.programme_id,
            code: text::Text::parse(code).unwrap(),
            starts_on: day("2020-02-01"),
            ends_on: day("2020-12-20"),
            seats,
            plan: None,
            illustrative: true,
        };
        let university_no = self.university_no;
        self.run(CreateCourseRun { course_run_id, actor: actor("teaching"), university_no, new }).unwrap();
        course_run_id
    }

    pub fn redemption(&self, voucher_id: VoucherId, course_run_id: CourseRunId) -> Redeem {
        Redeem {
            redemption_id: RedemptionId(self.app.new_id()),
            presented: Presented::Credential {
                programme_id: self.programme_id,
                voucher_id,
                audience: "pskovgu".into(),
                distrust: None,
            },
            course_run_id,
            identity_checked: true,
            registrar: Registrar { actor: actor("registrar"), university_no: self.university_no },
        }
    }

    pub fn redeem(&self, voucher_id: VoucherId, run: CourseRunId) -> Result<Answer<Redeemed>, Refusal> {
        self.run(self.redemption(voucher_id, run))
    }

    #[track_caller]
    pub fn assert_audit_is_clean(&self) {
        installation::assert_audit_is_clean(&self.app);
    }
}

/// The number of what a command created.
pub fn log_index<R>(answer: &Answer<R>) -> i64 {
    answer.entry.unwrap().log_index
}
