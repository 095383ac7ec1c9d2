//! The rows of redemption that a batch has loaded and will write, set-based.
//!
//! Any flush forgets what was loaded: another command may have changed it, so that the next
//! redemption of the batch reads afresh.

use super::model::{self, Earlier, Facts, Presented, Registrar, RunFacts, VoucherFacts};
use crate::db::schema::{course_run, programme, redemption, voucher, voucher_attempt};
use crate::db::{Connection, statement};
use crate::kernel::*;
use crate::ledger::books::Failure;
use crate::programme::ProgrammeFacts;
use crate::voucher::Status;
use crate::voucher::store::{Attempt, expect_one, insert_attempts};
use crate::writer::{Stop, Workspace};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, SmallInt};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A redemption as stored.
#[derive(Queryable, Selectable, Insertable, Clone, Debug)]
#[diesel(table_name = redemption, treat_none_as_default_value = false)]
pub struct Redemption {
    pub programme_no: i64,
    pub redemption_no: i64,
    pub redemption_id: RedemptionId,
    pub voucher_no: i64,
    pub course_run_no: i64,
    pub status: i16,
    pub redeemed_at: Timestamp,
    pub redeemed_by: i64,
    pub by_number: bool,
    pub reversed_log_index: Option<i64>,
}

pub const LIVE: i16 = 1;
pub const REVERSED: i16 = 2;

/// A final refusal kept for its redemption id.
pub struct KeptRefusal {
    pub digest: Vec<u8>,
    pub outcome: String,
}

/// What commands of a batch (or one preview) ask about.
#[derive(Default, Clone)]
pub struct Wanted {
    by_credential: HashMap<ProgrammeId, OfProgramme>,
    by_number: HashMap<String, OfProgramme>,
    course_run_ids: HashSet<CourseRunId>,
}

#[derive(Default, Clone)]
struct OfProgramme {
    voucher_ids: Vec<VoucherId>,
    voucher_nos: Vec<i64>,
    redemption_ids: Vec<RedemptionId>,
}

impl Wanted {
    pub fn add(&mut self, presented: &Presented, run: CourseRunId, redemption: Option<RedemptionId>) {
        let wanted = match presented {
            Presented::Credential { programme_id, voucher_id, .. } => {
                let wanted = self.by_credential.entry(*programme_id).or_default();
                wanted.voucher_ids.push(*voucher_id);
                wanted
            }
            Presented::Number { programme_code, voucher_no } => {
                let wanted = self.by_number.entry(programme_code.clone()).or_default();
                wanted.voucher_nos.push(*voucher_no);
                wanted
            }
        };
        wanted.redemption_ids.extend(redemption);
        self.course_run_ids.insert(run);
    }
}

/// The facts of what was wanted.
#[derive(Default)]
pub struct Loaded {
    programmes: BTreeMap<i64, ProgrammeFacts>,
    vouchers: HashMap<(i64, i64), VoucherFacts>,
    voucher_nos: HashMap<(i64, VoucherId), i64>,
    runs: HashMap<CourseRunId, RunFacts>,
    /// Redemptions by id, and the live ones of redeemed vouchers.
    by_id: HashMap<(i64, RedemptionId), Redemption>,
    earlier: HashMap<(i64, i64), Earlier>,
    kept: HashMap<(i64, RedemptionId), KeptRefusal>,
}

impl Loaded {
    /// Reads the facts of everything wanted, each through its unique index. The statements are prepared
    /// once; a long list of ids would be planned anew in every batch, and without statistics SQLite
    /// plans it as a scan of the whole programme. `get_result`, not `first`: SQLite prepares a statement
    /// again whenever a `LIMIT` is bound.
    ///
    /// # Errors
    /// The store's.
    pub fn read(connection: &mut Connection, wanted: &Wanted) -> Result<Self, Failure> {
        let mut loaded = Self::default();
        for (id, wanted) in &wanted.by_credential {
            let found = ProgrammeFacts::find(connection, *id)?;
            loaded.read_programme(connection, found, wanted)?;
        }
        for (code, wanted) in &wanted.by_number {
            let found = ProgrammeFacts::by_code(connection, code)?;
            loaded.read_programme(connection, found, wanted)?;
        }
        for id in &wanted.course_run_ids {
            loaded.read_run(connection, *id)?;
        }
        Ok(loaded)
    }

    fn read_programme(
        &mut self,
        connection: &mut Connection,
        found: Option<ProgrammeFacts>,
        wanted: &OfProgramme,
    ) -> Result<(), Failure> {
        let Some(programme) = found else { return Ok(()) };
        let programme_no = programme.programme_no;
        self.programmes.insert(programme_no, programme);
        for id in &wanted.voucher_ids {
            let found = vouchers(programme_no).filter(voucher::voucher_id.eq(id)).get_result(connection);
            self.keep_voucher(connection, programme_no, found.optional()?)?;
        }
        for voucher_no in &wanted.voucher_nos {
            let found =
                vouchers(programme_no).filter(voucher::voucher_no.eq(voucher_no)).get_result(connection);
            self.keep_voucher(connection, programme_no, found.optional()?)?;
        }
        for id in &wanted.redemption_ids {
            self.read_redemption(connection, programme_no, *id)?;
        }
        Ok(())
    }

    fn read_run(&mut self, connection: &mut Connection, id: CourseRunId) -> Result<(), Failure> {
        // Its unique index begins with the programme.
        let run = course_run::table
            .filter(course_run::programme_no.eq_any(programme::table.select(programme::programme_no)))
            .filter(course_run::course_run_id.eq(id))
            .select((
                course_run::programme_no,
                course_run::course_run_no,
                course_run::course_run_id,
                course_run::code,
                course_run::seats,
                course_run::enrolled,
                course_run::status.eq("open"),
            ))
            .get_result::<(i64, i64, CourseRunId, String, i64, i64, bool)>(connection)
            .optional()?;
        if let Some((programme_no, course_run_no, course_run_id, code, seats, enrolled, is_open)) = run {
            let run = RunFacts { programme_no, course_run_no, course_run_id, code, seats, enrolled, is_open };
            self.runs.insert(course_run_id, run);
        }
        Ok(())
    }

    fn keep_voucher(
        &mut self,
        connection: &mut Connection,
        programme_no: i64,
        found: Option<VoucherRow>,
    ) -> Result<(), Failure> {
        let Some(row) = found else { return Ok(()) };
        let (voucher_no, voucher_id, status, agency_no, face_value, not_before, expires_at, redemption_no) =
            row;
        let status = Status::try_from(status).map_err(|e| Failure::Inconsistent(e.to_string()))?;
        if let Some(redemption_no) = redemption_no {
            let earlier = earlier(connection, programme_no, redemption_no)?;
            self.earlier.insert((programme_no, voucher_no), earlier);
        }
        let facts = VoucherFacts {
            voucher_no,
            voucher_id,
            status,
            agency_no,
            face_value,
            not_before,
            expires_at,
            redemption_no,
        };
        self.voucher_nos.insert((programme_no, voucher_id), voucher_no);
        self.vouchers.insert((programme_no, voucher_no), facts);
        Ok(())
    }

    fn read_redemption(
        &mut self,
        connection: &mut Connection,
        programme_no: i64,
        id: RedemptionId,
    ) -> Result<(), Failure> {
        let made = redemption::table
            .filter(redemption::programme_no.eq(programme_no))
            .filter(redemption::redemption_id.eq(id))
            .select(Redemption::as_select())
            .get_result(connection)
            .optional()?;
        self.by_id.extend(made.map(|made| ((programme_no, id), made)));
        let kept = voucher_attempt::table
            .filter(voucher_attempt::programme_no.eq(programme_no))
            .filter(voucher_attempt::redemption_id.eq(id))
            .filter(voucher_attempt::is_final)
            .select((voucher_attempt::request_digest.assume_not_null(), voucher_attempt::facts))
            .get_result::<(Vec<u8>, String)>(connection)
            .optional()?;
        self.kept.extend(kept.map(|(digest, outcome)| ((programme_no, id), KeptRefusal { digest, outcome })));
        Ok(())
    }

    /// What redeeming and previewing look at.
    ///
    /// # Errors
    /// `wrong_programme`, `wrong_university`, `unknown_voucher`, `not_found`; before any of them, that the key
    /// is not trusted: what it signed may name anything.
    pub fn facts(
        &self,
        presented: &Presented,
        course_run_id: CourseRunId,
        registrar: &Registrar,
    ) -> Result<Facts<'_>, Refusal> {
        let find = || {
            let programme = self.programme(presented)?;
            model::check_university(programme, presented, registrar)?;
            let voucher = self.voucher(programme.programme_no, presented)?;
            let run = self.run(course_run_id)?;
            let earlier = self.earlier(programme.programme_no, voucher.voucher_no);
            Ok(Facts { programme, voucher, run, earlier })
        };
        find().or_else(|unknown| presented.check_trust().and(Err(unknown)))
    }

    /// The programme a voucher was presented of.
    ///
    /// # Errors
    /// `wrong_programme` when there is no such programme here.
    pub fn programme(&self, presented: &Presented) -> Result<&ProgrammeFacts, Refusal> {
        let mut all = self.programmes.values();
        let found = match presented {
            Presented::Credential { programme_id, .. } => all.find(|p| p.programme_id == *programme_id),
            Presented::Number { programme_code, .. } => all.find(|p| p.code.as_str() == programme_code),
        };
        found.ok_or_else(|| Code::WrongProgramme.into())
    }

    /// The voucher presented.
    ///
    /// # Errors
    /// `unknown_voucher`.
    pub fn voucher(&self, programme_no: i64, presented: &Presented) -> Result<&VoucherFacts, Refusal> {
        let voucher_no = match presented {
            Presented::Credential { voucher_id, .. } => {
                self.voucher_nos.get(&(programme_no, *voucher_id)).copied()
            }
            Presented::Number { voucher_no, .. } => Some(*voucher_no),
        };
        let found = voucher_no.and_then(|voucher_no| self.vouchers.get(&(programme_no, voucher_no)));
        found.ok_or_else(|| Code::UnknownVoucher.into())
    }

    /// # Errors
    /// `not_found`.
    pub fn run(&self, course_run_id: CourseRunId) -> Result<&RunFacts, Refusal> {
        self.runs.get(&course_run_id).ok_or_else(|| Refusal::not_found("course_run").at("course_run_id"))
    }

    pub fn earlier(&self, programme_no: i64, voucher_no: i64) -> Option<&Earlier> {
        self.earlier.get(&(programme_no, voucher_no))
    }

    pub fn made(&self, programme_no: i64, id: RedemptionId) -> Option<&Redemption> {
        self.by_id.get(&(programme_no, id))
    }

    pub fn kept_refusal(&self, programme_no: i64, id: RedemptionId) -> Option<&KeptRefusal> {
        self.kept.get(&(programme_no, id))
    }
}

type VoucherRow = (i64, VoucherId, i16, i64, Kopecks, Timestamp, Timestamp, Option<i64>);

#[diesel::dsl::auto_type]
fn vouchers(programme_no: i64) -> _ {
    voucher::table.filter(voucher::programme_no.eq(programme_no)).select((
        voucher::voucher_no,
        voucher::voucher_id,
        voucher::status,
        voucher::agency_no,
        voucher::face_value_kopecks,
        voucher::not_before,
        voucher::expires_at,
        voucher::redemption_no,
    ))
}

/// The live redemption of a redeemed voucher.
fn earlier(connection: &mut Connection, programme_no: i64, redemption_no: i64) -> QueryResult<Earlier> {
    let (redemption_id, redeemed_at, course_run_code) = redemption::table
        .inner_join(
            course_run::table.on(course_run::programme_no
                .eq(redemption::programme_no)
                .and(course_run::course_run_no.eq(redemption::course_run_no))),
        )
        .filter(redemption::programme_no.eq(programme_no))
        .filter(redemption::redemption_no.eq(redemption_no))
        .select((redemption::redemption_id, redemption::redeemed_at, course_run::code))
        .get_result(connection)?;
    Ok(Earlier { redemption_id, redeemed_at, course_run_code })
}

statement! {
    /// Makes a voucher that is `issued` the `redeemed` one.
    Spend {
        redeemed: i16 as SmallInt,
        redemption_no: i64 as BigInt,
        programme_no: i64 as BigInt,
        voucher_no: i64 as BigInt,
        issued: i16 as SmallInt,
    } = "UPDATE voucher SET status = ?, redemption_no = ? \
         WHERE programme_no = ? AND voucher_no = ? AND status = ?"
}

statement! {
    Enrol { more: i64 as BigInt, programme_no: i64 as BigInt, course_run_no: i64 as BigInt }
        = "UPDATE course_run SET enrolled = enrolled + ? WHERE programme_no = ? AND course_run_no = ?"
}

/// The workspace of redemptions in a batch.
#[derive(Default)]
pub struct Desk {
    wanted: Wanted,
    loaded: Option<Loaded>,
    new: Vec<Redemption>,
    enrolled: BTreeMap<(i64, i64), i64>,
    attempts: Vec<Attempt>,
}

impl Desk {
    pub fn want(&mut self, presented: &Presented, run: CourseRunId, redemption: RedemptionId) {
        self.wanted.add(presented, run, Some(redemption));
    }

    /// The facts, read now unless they are.
    ///
    /// # Errors
    /// The store's.
    pub fn facts(&mut self, connection: &mut Connection) -> Result<&Loaded, Stop> {
        match &mut self.loaded {
            Some(loaded) => Ok(loaded),
            none => Ok(none.insert(Loaded::read(connection, &self.wanted)?)),
        }
    }

    /// Takes in a redemption: later commands of the batch see it.
    pub fn add(&mut self, made: Redemption) {
        let key = (made.programme_no, made.voucher_no);
        if let Some(loaded) = &mut self.loaded {
            if let Some(voucher) = loaded.vouchers.get_mut(&key) {
                voucher.status = Status::Redeemed;
                voucher.redemption_no = Some(made.redemption_no);
            }
            let run = loaded
                .runs
                .values_mut()
                .find(|run| (run.programme_no, run.course_run_no) == (made.programme_no, made.course_run_no));
            if let Some(run) = run {
                run.enrolled += 1;
                let earlier = Earlier {
                    redemption_id: made.redemption_id,
                    redeemed_at: made.redeemed_at,
                    course_run_code: run.code.clone(),
                };
                loaded.earlier.insert(key, earlier);
                *self.enrolled.entry((run.programme_no, run.course_run_no)).or_default() += 1;
            }
            loaded.by_id.insert((made.programme_no, made.redemption_id), made.clone());
        }
        self.new.push(made);
    }

    /// Keeps a refused attempt; a final one answers its redemption id from now on.
    pub fn refuse(&mut self, attempt: Attempt) {
        if let (Some(loaded), Some(id), true) = (&mut self.loaded, attempt.redemption_id, attempt.is_final) {
            let digest = attempt.request_digest.clone().unwrap_or_default();
            loaded
                .kept
                .insert((attempt.programme_no, id), KeptRefusal { digest, outcome: attempt.facts.clone() });
        }
        self.attempts.push(attempt);
    }
}

impl Workspace for Desk {
    fn flush(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        self.loaded = None;
        for made in self.new.drain(..) {
            // The condition is a second guard beside the unique key.
            let Redemption { programme_no, voucher_no, redemption_no, .. } = made;
            let (redeemed, issued) = (Status::Redeemed.number(), Status::Issued.number());
            let changed = Spend { redeemed, redemption_no, programme_no, voucher_no, issued };
            let changed = changed.execute(connection)?;
            expect_one(changed)?;
            diesel::insert_into(redemption::table).values(&made).execute(connection)?;
        }
        for ((programme_no, course_run_no), more) in std::mem::take(&mut self.enrolled) {
            Enrol { more, programme_no, course_run_no }.execute(connection)?;
        }
        insert_attempts(connection, std::mem::take(&mut self.attempts))
    }
}
