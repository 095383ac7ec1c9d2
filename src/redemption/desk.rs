//! The rows of redemption that a batch has loaded and will write, set-based.
//!
//! Any flush forgets what was loaded: another command may have changed it, so that the next
//! redemption of the batch reads afresh.

use super::model::{self, Earlier, Facts, Presented, Registrar, RunFacts, VoucherFacts};
use crate::db::schema::redemption;
use crate::db::{Connection, rows};
use crate::kernel::*;
use crate::ledger::books::Failure;
use crate::programme::ProgrammeFacts;
use crate::voucher::Status;
use crate::voucher::store::{Attempt, expect_rows, insert_attempts};
use crate::voucher::tally::{Place, Tally};
use crate::writer::{Stop, Workspace};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, SmallInt, Text};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A redemption as stored.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = redemption)]
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

impl OfProgramme {
    fn redemptions_of(&self, programme_no: i64) -> impl Iterator<Item = RedemptionById> {
        self.redemption_ids.iter().map(move |id| RedemptionById { programme_no, redemption_id: *id })
    }
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
    /// Reads the facts of everything wanted, each through its unique index.
    ///
    /// # Errors
    /// The store's.
    pub fn read(connection: &mut Connection, wanted: &Wanted) -> Result<Self, Failure> {
        let mut loaded = Self::default();
        let (mut by_id, mut by_no, mut redemptions) = (Vec::new(), Vec::new(), Vec::new());
        for (id, wanted) in &wanted.by_credential {
            let found = ProgrammeFacts::find(connection, *id)?;
            let Some(no) = loaded.keep_programme(found) else { continue };
            by_id.extend(
                wanted.voucher_ids.iter().map(|id| VoucherById { programme_no: no, voucher_id: *id }),
            );
            redemptions.extend(wanted.redemptions_of(no));
        }
        for (code, wanted) in &wanted.by_number {
            let found = ProgrammeFacts::by_code(connection, code)?;
            let Some(no) = loaded.keep_programme(found) else { continue };
            by_no.extend(
                wanted
                    .voucher_nos
                    .iter()
                    .map(|voucher| VoucherByNo { programme_no: no, voucher_no: *voucher }),
            );
            redemptions.extend(wanted.redemptions_of(no));
        }
        let wanted_runs = wanted.course_run_ids.iter().map(|id| RunById { course_run_id: *id });
        for ((programme_no, course_run_no), course_run_id, code, (seats, enrolled), is_open) in
            runs_by_id(connection, &wanted_runs.collect::<Vec<_>>())?
        {
            let run = RunFacts { programme_no, course_run_no, course_run_id, code, seats, enrolled, is_open };
            loaded.runs.insert(course_run_id, run);
        }
        let mut vouchers = vouchers_by_id(connection, &by_id)?;
        vouchers.extend(vouchers_by_no(connection, &by_no)?);
        for row in vouchers {
            loaded.keep_voucher(row)?;
        }
        loaded.read_earlier(connection)?;
        loaded.read_redemptions(connection, &redemptions)?;
        Ok(loaded)
    }

    fn keep_programme(&mut self, found: Option<ProgrammeFacts>) -> Option<i64> {
        let found = found?;
        let programme_no = found.programme_no;
        self.programmes.insert(programme_no, found);
        Some(programme_no)
    }

    fn keep_voucher(&mut self, row: VoucherRow) -> Result<(), Failure> {
        let (of, voucher_id, status, agency_no, (face_value, not_before, expires_at), redemption_no) = row;
        let (programme_no, voucher_no) = of;
        let status = Status::try_from(status).map_err(|e| Failure::Inconsistent(e.to_string()))?;
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

    /// The live redemptions of redeemed vouchers.
    fn read_earlier(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        let redeemed = self.vouchers.iter().filter_map(|(&(programme_no, _), voucher)| {
            let redemption_no = voucher.redemption_no?;
            Some(RedemptionByNo { programme_no, redemption_no })
        });
        let redeemed: Vec<_> = redeemed.collect();
        for (of, redemption_id, redeemed_at, course_run_code) in earlier(connection, &redeemed)? {
            self.earlier.insert(of, Earlier { redemption_id, redeemed_at, course_run_code });
        }
        Ok(())
    }

    fn read_redemptions(
        &mut self,
        connection: &mut Connection,
        wanted: &[RedemptionById],
    ) -> Result<(), Failure> {
        for made in made(connection, wanted)? {
            self.by_id.insert((made.programme_no, made.redemption_id), made);
        }
        for (of, digest, outcome) in kept_refusals(connection, wanted)? {
            self.kept.insert(of, KeptRefusal { digest, outcome });
        }
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

struct VoucherById {
    programme_no: i64,
    voucher_id: VoucherId,
}

struct VoucherByNo {
    programme_no: i64,
    voucher_no: i64,
}

struct RunById {
    course_run_id: CourseRunId,
}

type RunRow = ((i64, i64), CourseRunId, String, (i64, i64), bool);

rows! {
    /// The unique index begins with the programme.
    fn runs_by_id(RunById { course_run_id: CourseRunId as Binary })
        -> RunRow as ((BigInt, BigInt), Binary, Text, (BigInt, BigInt), Bool)
        = "SELECT c.programme_no, c.course_run_no, c.course_run_id, c.code, c.seats, c.enrolled, c.status = 'open' \
             FROM programme p JOIN course_run c ON c.programme_no = p.programme_no, {rows} \
            WHERE c.course_run_id = rows.course_run_id"
}

struct RedemptionById {
    programme_no: i64,
    redemption_id: RedemptionId,
}

struct RedemptionByNo {
    programme_no: i64,
    redemption_no: i64,
}

type VoucherRow = ((i64, i64), VoucherId, i16, i64, (Kopecks, Timestamp, Timestamp), Option<i64>);
type VoucherSql = ((BigInt, BigInt), Binary, SmallInt, BigInt, (BigInt, BigInt, BigInt), Nullable<BigInt>);

rows! {
    fn vouchers_by_id(VoucherById { programme_no: i64 as BigInt, voucher_id: VoucherId as Binary })
        -> VoucherRow as VoucherSql
        = "SELECT v.programme_no, v.voucher_no, v.voucher_id, v.status, v.agency_no, v.face_value_kopecks, \
                  v.not_before, v.expires_at, v.redemption_no FROM voucher v, {rows} \
            WHERE v.programme_no = rows.programme_no AND v.voucher_id = rows.voucher_id"
}

rows! {
    fn vouchers_by_no(VoucherByNo { programme_no: i64 as BigInt, voucher_no: i64 as BigInt })
        -> VoucherRow as VoucherSql
        = "SELECT v.programme_no, v.voucher_no, v.voucher_id, v.status, v.agency_no, v.face_value_kopecks, \
                  v.not_before, v.expires_at, v.redemption_no FROM voucher v, {rows} \
            WHERE v.programme_no = rows.programme_no AND v.voucher_no = rows.voucher_no"
}

type EarlierRow = ((i64, i64), RedemptionId, Timestamp, String);

rows! {
    fn earlier(RedemptionByNo { programme_no: i64 as BigInt, redemption_no: i64 as BigInt })
        -> EarlierRow as ((BigInt, BigInt), Binary, BigInt, Text)
        = "SELECT r.programme_no, r.voucher_no, r.redemption_id, r.redeemed_at, c.code \
             FROM redemption r JOIN course_run c \
               ON c.programme_no = r.programme_no AND c.course_run_no = r.course_run_no, {rows} \
            WHERE r.programme_no = rows.programme_no AND r.redemption_no = rows.redemption_no"
}

type RedemptionSql =
    (BigInt, BigInt, Binary, BigInt, BigInt, SmallInt, BigInt, BigInt, Bool, Nullable<BigInt>);

rows! {
    /// Each with the course run that it was made into.
    fn made(RedemptionById { programme_no: i64 as BigInt, redemption_id: RedemptionId as Binary })
        -> Redemption as RedemptionSql
        = "SELECT r.programme_no, r.redemption_no, r.redemption_id, r.voucher_no, \
                  COALESCE((SELECT m.from_course_run_no FROM enrolment_move m \
                             WHERE m.programme_no = r.programme_no AND m.redemption_no = r.redemption_no \
                             ORDER BY m.move_no LIMIT 1), r.course_run_no), r.status, \
                  r.redeemed_at, r.redeemed_by, r.by_number, r.reversed_log_index FROM redemption r, {rows} \
            WHERE r.programme_no = rows.programme_no AND r.redemption_id = rows.redemption_id"
}

type KeptRow = ((i64, RedemptionId), Vec<u8>, String);

rows! {
    fn kept_refusals(RedemptionById { programme_no: i64 as BigInt, redemption_id: RedemptionId as Binary })
        -> KeptRow as ((BigInt, Binary), Binary, Text)
        = "SELECT a.programme_no, a.redemption_id, a.request_digest, a.facts FROM voucher_attempt a, {rows} \
            WHERE a.programme_no = rows.programme_no AND a.redemption_id = rows.redemption_id AND a.is_final"
}

rows! {
    /// Makes vouchers that are `issued` (1) the `redeemed` (3) ones: a second guard beside the unique key.
    fn spend(Redemption { redemption_no: i64 as BigInt, programme_no: i64 as BigInt, voucher_no: i64 as BigInt })
        = "UPDATE voucher SET status = 3, redemption_no = rows.redemption_no FROM {rows} \
            WHERE voucher.programme_no = rows.programme_no AND voucher.voucher_no = rows.voucher_no \
              AND voucher.status = 1"
}

rows! {
    pub(super) fn insert(Redemption {
        programme_no: i64 as BigInt,
        redemption_no: i64 as BigInt,
        redemption_id: RedemptionId as Binary,
        voucher_no: i64 as BigInt,
        course_run_no: i64 as BigInt,
        status: i16 as SmallInt,
        redeemed_at: Timestamp as BigInt,
        redeemed_by: i64 as BigInt,
        by_number: bool as Bool,
        reversed_log_index: Option<i64> as Nullable<BigInt>,
    }) = "INSERT INTO redemption {values}"
}

struct Enrolled {
    programme_no: i64,
    course_run_no: i64,
    more: i64,
}

rows! {
    fn enrol(Enrolled { programme_no: i64 as BigInt, course_run_no: i64 as BigInt, more: i64 as BigInt })
        = "UPDATE course_run SET enrolled = enrolled + rows.more FROM {rows} \
            WHERE course_run.programme_no = rows.programme_no AND course_run.course_run_no = rows.course_run_no"
}

/// The workspace of redemptions in a batch.
#[derive(Default)]
pub struct Desk {
    wanted: Wanted,
    loaded: Option<Loaded>,
    new: Vec<Redemption>,
    enrolled: BTreeMap<(i64, i64), i64>,
    tally: Tally,
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
                let &mut VoucherFacts { agency_no, expires_at, face_value, .. } = voucher;
                let place = Place { programme_no: made.programme_no, agency_no, expires_at };
                self.tally.left(place, voucher.status, face_value);
                self.tally.came(place, Status::Redeemed, face_value);
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
        let new = std::mem::take(&mut self.new);
        expect_rows(spend(connection, &new)?, new.len())?;
        insert(connection, &new)?;
        self.tally.keep(connection)?;
        let enrolled = std::mem::take(&mut self.enrolled).into_iter();
        let enrolled: Vec<_> = enrolled
            .map(|((programme_no, course_run_no), more)| Enrolled { programme_no, course_run_no, more })
            .collect();
        expect_rows(enrol(connection, &enrolled)?, enrolled.len())?;
        insert_attempts(connection, std::mem::take(&mut self.attempts))
    }
}
