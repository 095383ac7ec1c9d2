//! Who takes part: agencies, the university, its instructors, and a token for each role.

use super::roster::{DemoAgency, DemoAgencyCategory, Roster};
use super::run::DemoError;
use super::stage::{Stage, day, refused};
use crate::access::{CreateToken, Holder, Secret, SecretOf, Subject};
use crate::kernel::{
    Actor, AgencyCode, AgencyId, InstructorContractId, Kopecks, PayeeId, Scope, Text, Timestamp, TokenId,
    UniversityId,
};
use crate::login::model::Purpose;
use crate::login::pass::MakePass;
use crate::organisation::model::{AgencyCategory, AgencyDetails, UniversityDetails};
use crate::organisation::{RegisterAgency, RegisterUniversity};
use crate::teaching::{RegisterInstructor, Terms};
use std::collections::BTreeMap;

const UNIVERSITY: (&str, &str) = ("pskovgu", "Псковский государственный университет");
const INSTRUCTORS: [&str; 3] =
    ["Лекторов Андрей Петрович", "Практикова Ольга Ильинична", "Дистантов Сергей Юрьевич"];
/// Gross, for an hour.
const HOURLY_RATE: Kopecks = Kopecks::new(150_000);
/// Hours of a contract: more than anybody teaches in the year.
const CONTRACT_HOURS: i32 = 1_200;

/// How long the passes that are printed may lie.
const PASS_SECONDS: i64 = 30 * 24 * 3_600;

/// An agency that takes part.
pub struct Agency {
    pub agency_no: i64,
    pub agency_id: AgencyId,
    pub code: String,
    pub is_municipality: bool,
    pub seats: i64,
    /// Its personnel officer.
    pub officer: Actor,
}

/// A token whose secret is shown.
struct Badge {
    role: &'static str,
    token_id: TokenId,
    secret: Secret,
}

/// Everybody who takes part.
pub struct Cast {
    pub agencies: Vec<Agency>,
    pub university_no: i64,
    pub university_id: UniversityId,
    /// Who lectures, who leads the practical sessions, who teaches remotely and tests.
    pub instructors: [PayeeId; 3],
    pub registrar: Actor,
    pub registrar_2: Actor,
    pub teaching: Actor,
    pub teaching_2: Actor,
    pub programme: Actor,
    pub programme_2: Actor,
    pub treasury: Actor,
    pub treasury_2: Actor,
    badges: Vec<Badge>,
}

impl Cast {
    /// Registers everybody.
    ///
    /// # Errors
    /// The commands' refusals.
    pub fn gather(stage: &Stage, roster: &Roster) -> Result<Self, DemoError> {
        let mut office =
            Office { stage, expires_at: stage.today.plus_seconds(365 * 24 * 3_600), badges: vec![] };
        let admin = office.badge(&Actor::service(), "admin", Scope::Admin, Holder::Office)?;
        let mut agencies = Vec::with_capacity(roster.agencies.len());
        for agency in &roster.agencies {
            agencies.push(office.agency(&admin, agency)?);
        }
        let (university_no, university_id) = office.university(&admin)?;
        let at_university = Holder::University(university_id);
        let teaching = office.badge(&admin, "teaching", Scope::Teaching, at_university)?;
        let instructors = office.instructors(&teaching, university_no, university_id)?;
        let mut badge = |role, scope, holder| office.badge(&admin, role, scope, holder);
        let cast = Self {
            registrar: badge("registrar", Scope::Registrar, at_university)?,
            registrar_2: badge("registrar_2", Scope::Registrar, at_university)?,
            teaching_2: badge("teaching_2", Scope::Teaching, at_university)?,
            programme: badge("programme", Scope::Programme, Holder::Office)?,
            programme_2: badge("programme_2", Scope::Programme, Holder::Office)?,
            treasury: badge("treasury", Scope::Treasury, Holder::Office)?,
            treasury_2: badge("treasury_2", Scope::Treasury, Holder::Office)?,
            agencies,
            university_no,
            university_id,
            instructors,
            teaching,
            badges: Vec::new(),
        };
        badge("auditor", Scope::Auditor, Holder::Office)?;
        Ok(Self { badges: office.badges, ..cast })
    }

    /// A pass for each role, as of the day that the clock shows: with it a browser signs in once.
    ///
    /// # Errors
    /// The command's refusals.
    pub fn passes(&self, stage: &Stage) -> Result<BTreeMap<String, String>, DemoError> {
        let pass = |badge: &Badge| {
            let secret = stage.app.new_secret(SecretOf::Pass);
            let command = MakePass {
                actor: Actor::service(),
                token_id: badge.token_id,
                purpose: Purpose::SignIn,
                seconds: PASS_SECONDS,
                pass_hash: secret.hash(),
            };
            stage.order("making a pass", command)?;
            Ok((badge.role.to_owned(), secret.reveal().to_owned()))
        };
        self.badges.iter().map(pass).collect()
    }

    /// The secrets of the tokens, by role.
    pub fn tokens(&self) -> BTreeMap<String, String> {
        self.badges.iter().map(|badge| (badge.role.to_owned(), badge.secret.reveal().to_owned())).collect()
    }
}

/// Registers people and organisations, and keeps the secrets that are shown in the end.
struct Office<'a> {
    stage: &'a Stage,
    expires_at: Timestamp,
    badges: Vec<Badge>,
}

impl Office<'_> {
    /// A token whose secret is kept.
    fn badge(
        &mut self,
        by: &Actor,
        role: &'static str,
        scope: Scope,
        holder: Holder<AgencyId, UniversityId>,
    ) -> Result<Actor, DemoError> {
        let secret = self.stage.app.new_secret(SecretOf::Token);
        let token_id = TokenId(self.stage.app.new_id());
        let actor = self.token(by, role, scope, holder, (token_id, &secret), self.expires_at)?;
        self.badges.push(Badge { role, token_id, secret });
        Ok(actor)
    }

    fn token(
        &self,
        by: &Actor,
        login: &str,
        scope: Scope,
        holder: Holder<AgencyId, UniversityId>,
        (token_id, secret): (TokenId, &Secret),
        expires_at: Timestamp,
    ) -> Result<Actor, DemoError> {
        let doing = "making a token";
        let subject = Subject::parse(login).map_err(|why| refused(doing)(why.at("subject")))?;
        let command = CreateToken {
            actor: by.clone(),
            token_id,
            token_hash: secret.hash(),
            subject: subject.clone(),
            scope,
            holder,
            expires_at,
        };
        let token_no = number(self.stage.order(doing, command)?.entry, doing)?;
        Ok(Actor { token_no, subject: subject.to_string() })
    }

    fn agency(&mut self, admin: &Actor, demo: &DemoAgency) -> Result<Agency, DemoError> {
        let doing = "registering an agency";
        let is_municipality = demo.category == DemoAgencyCategory::Municipality;
        let agency_id = AgencyId(self.stage.app.new_id());
        let refused = refused(doing);
        let command = RegisterAgency {
            actor: admin.clone(),
            agency_id,
            details: AgencyDetails {
                code: AgencyCode::parse(&demo.code).map_err(|why| refused(why.at("code")))?,
                name: Text::parse(&demo.name).map_err(|why| refused(why.at("name")))?,
                category: match demo.category {
                    DemoAgencyCategory::StateBody => AgencyCategory::StateBody,
                    DemoAgencyCategory::Municipality => AgencyCategory::Municipality,
                },
                municipality: demo
                    .municipality
                    .as_deref()
                    .map(Text::parse)
                    .transpose()
                    .map_err(|why| refused(why.at("municipality")))?,
            },
        };
        let agency_no = number(self.stage.order(doing, command)?.entry, doing)?;
        let holder = Holder::Agency(agency_id);
        let has_badge = |role| self.badges.iter().any(|badge| badge.role == role);
        // The first body of state power and the first municipality stand for all in `demo.json`.
        let officer = match is_municipality {
            false if !has_badge("agency") => self.badge(admin, "agency", Scope::Agency, holder)?,
            true if !has_badge("agency_2") => self.badge(admin, "agency_2", Scope::Agency, holder)?,
            _ => {
                let login = format!("hr.{}", demo.code.to_lowercase());
                let year_end = Timestamp::end_of_day(day(12, 31));
                let secret = self.stage.app.new_secret(SecretOf::Token);
                let token_id = TokenId(self.stage.app.new_id());
                self.token(admin, &login, Scope::Agency, holder, (token_id, &secret), year_end)?
            }
        };
        let seats = i64::from(demo.quota);
        Ok(Agency { agency_no, agency_id, code: demo.code.clone(), is_municipality, seats, officer })
    }

    fn university(&self, admin: &Actor) -> Result<(i64, UniversityId), DemoError> {
        let doing = "registering the university";
        let (code, name) = UNIVERSITY;
        let refused = refused(doing);
        let university_id = UniversityId(self.stage.app.new_id());
        let command = RegisterUniversity {
            actor: admin.clone(),
            university_id,
            details: UniversityDetails {
                code: AgencyCode::parse(code).map_err(|why| refused(why.at("code")))?,
                name: Text::parse(name).map_err(|why| refused(why.at("name")))?,
            },
        };
        Ok((number(self.stage.order(doing, command)?.entry, doing)?, university_id))
    }

    fn instructors(
        &self,
        teaching: &Actor,
        university_no: i64,
        university_id: UniversityId,
    ) -> Result<[PayeeId; 3], DemoError> {
        let doing = "registering an instructor";
        let ids = INSTRUCTORS.map(|_| PayeeId(self.stage.app.new_id()));
        for ((place, payee_id), name) in (1..).zip(ids).zip(INSTRUCTORS) {
            let command = RegisterInstructor {
                payee_id,
                contract_id: InstructorContractId(self.stage.app.new_id()),
                actor: teaching.clone(),
                university_no,
                university_id,
                name: Text::parse(name).map_err(|why| refused(doing)(why.at("name")))?,
                terms: Terms {
                    number: Text::parse(&format!("{place}-ПРИМЕР/2020"))
                        .map_err(|why| refused(doing)(why.at("contract.number")))?,
                    hourly_rate: HOURLY_RATE,
                    valid_from: day(1, 20),
                    valid_until: day(12, 31),
                    hours: CONTRACT_HOURS,
                },
            };
            self.stage.order(doing, command)?;
        }
        Ok(ids)
    }
}

/// The number of the thing that a leaf created.
pub fn number(entry: Option<crate::writer::Entry>, doing: &'static str) -> Result<i64, DemoError> {
    let entry = entry.ok_or_else(|| DemoError::Mismatch(format!("{doing} left no leaf")))?;
    Ok(entry.log_index)
}
