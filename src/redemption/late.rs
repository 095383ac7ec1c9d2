//! Taking over a redemption that happened earlier, away from the network, or that a person decided on: one voucher at a time, by
//! the same decision and the same postings as at the table.

use super::desk::{self, LIVE, Loaded, Redemption, Wanted};
use super::model::{self, Earlier, Facts, Presented, Registrar, RunFacts, VoucherFacts};
use super::redeem::{Redeemed, reply};
use crate::course_run::model::Status as RunStatus;
use crate::db::Connection;
use crate::db::schema::{course_run, voucher};
use crate::kernel::*;
use crate::ledger::model::{Account, Dimensions, Event, Kind};
use crate::ledger::rules;
use crate::period;
use crate::programme::ProgrammeFacts;
use crate::voucher::Status;
use crate::voucher::issue::budget_exceeded;
use crate::voucher::store::{self, Voucher, expect_one};
use crate::writer::{Batch, Done, Entry, Failure, Stop};
use diesel::prelude::*;

/// What a leaf says beside what its kind needs.
pub type Mark = Vec<(&'static str, Vec<u8>)>;

/// What was scanned, by whom, and when.
pub struct Scan<'a> {
    pub redemption_id: RedemptionId,
    pub presented: &'a Presented,
    pub course_run_id: CourseRunId,
    pub identity_checked: bool,
    pub registrar: &'a Registrar,
    pub scanned_at: Timestamp,
}

/// What a scan is about.
pub struct Table {
    pub programme: ProgrammeFacts,
    pub voucher: VoucherFacts,
    pub run: RunFacts,
    pub earlier: Option<Earlier>,
    /// The redemption of this very id.
    pub made: Option<Redemption>,
}

impl Table {
    /// Reads what the scan is about.
    ///
    /// # Errors
    /// What it names is not here, or not this university's: as when redeeming. The store's.
    pub fn read(connection: &mut Connection, scan: &Scan<'_>) -> Result<Self, Stop> {
        let mut wanted = Wanted::default();
        wanted.add(scan.presented, scan.course_run_id, Some(scan.redemption_id));
        let loaded = Loaded::read(connection, &wanted)?;
        let Facts { programme, voucher, run, earlier } =
            loaded.facts(scan.presented, scan.course_run_id, scan.registrar)?;
        if run.programme_no != programme.programme_no {
            return Err(Refusal::new(Code::WrongProgramme)
                .with("voucher_programme", programme.code.as_str())
                .into());
        }
        Ok(Self {
            programme: programme.clone(),
            voucher: voucher.clone(),
            run: run.clone(),
            earlier: earlier.cloned(),
            made: loaded.made(programme.programme_no, scan.redemption_id).cloned(),
        })
    }

    /// The answer of the redemption with this id, if there is one.
    ///
    /// # Errors
    /// `idempotency_key_reused` when it was of another voucher or into another run.
    pub fn made(&self) -> Result<Option<(Entry, Redeemed)>, Refusal> {
        let Some(made) = &self.made else { return Ok(None) };
        if (made.voucher_no, made.course_run_no) != (self.voucher.voucher_no, self.run.course_run_no) {
            return Err(Refusal::new(Code::IdempotencyKeyReused).at("redemption_id"));
        }
        let entry = Entry { programme_no: made.programme_no, log_index: made.redemption_no };
        Ok(Some((entry, reply(made, &self.programme, &self.voucher, &self.run))))
    }

    /// Whether the scan is to be followed, as of when it was made. The reserve of a voucher that was good then may have been
    /// released since: its face value comes from what is available, if that suffices.
    ///
    /// # Errors
    /// As when redeeming; `budget_exceeded`, `duplicate_holder` and `quota_exceeded` for one that was released; the store's.
    pub fn decide(self, batch: &mut Batch<'_>, scan: &Scan<'_>) -> Result<Taking, Stop> {
        let of = self.voucher_row(batch.connection()?)?;
        let in_time = (of.not_before..of.expires_at).contains(&scan.scanned_at);
        let lapsed = of.status == Status::Expired && in_time;
        let status = if lapsed { Status::Issued } else { of.status };
        let voucher = VoucherFacts { status, ..self.voucher.clone() };
        let facts = Facts {
            programme: &self.programme,
            voucher: &voucher,
            run: &self.run,
            earlier: self.earlier.as_ref(),
        };
        let Scan { presented, registrar, identity_checked, scanned_at, .. } = scan;
        model::decide(&facts, presented, registrar, *identity_checked, *scanned_at)?;
        Taking::of(batch, self.programme, of, self.run)
    }

    /// The voucher as stored.
    ///
    /// # Errors
    /// The store's.
    pub fn voucher_row(&self, connection: &mut Connection) -> QueryResult<Voucher> {
        row(connection, self.programme.programme_no, self.voucher.voucher_no)
    }
}

/// A voucher by its number.
///
/// # Errors
/// The store's; `NotFound`.
pub fn row(connection: &mut Connection, programme_no: i64, voucher_no: i64) -> QueryResult<Voucher> {
    voucher::table.find((programme_no, voucher_no)).select(Voucher::as_select()).get_result(connection)
}

/// A course run by its number.
///
/// # Errors
/// The store's; `NotFound`.
pub fn run(connection: &mut Connection, programme_no: i64, course_run_no: i64) -> QueryResult<RunFacts> {
    let (course_run_id, code, seats, enrolled, status) = course_run::table
        .find((programme_no, course_run_no))
        .select((
            course_run::course_run_id,
            course_run::code,
            course_run::seats,
            course_run::enrolled,
            course_run::status,
        ))
        .get_result::<(CourseRunId, String, i64, i64, String)>(connection)?;
    let is_open = status == RunStatus::Open.as_str();
    Ok(RunFacts { programme_no, course_run_no, course_run_id, code, seats, enrolled, is_open })
}

/// A redemption that is decided.
pub struct Taking {
    programme: ProgrammeFacts,
    of: Voucher,
    run: RunFacts,
    line: i64,
    /// The person's claim, to be taken again with the money where it was given back.
    claim: Option<Vec<u8>>,
}

impl Taking {
    /// That there is money for it, reserved or available, and that nobody else has the person's claim. Whether the voucher may
    /// be redeemed has been decided.
    ///
    /// # Errors
    /// `budget_exceeded`, `duplicate_holder`, `quota_exceeded`, `programme_not_open`; the store's.
    pub fn of(
        batch: &mut Batch<'_>,
        programme: ProgrammeFacts,
        of: Voucher,
        run: RunFacts,
    ) -> Result<Self, Stop> {
        let line = programme.instructor_line()?;
        let mut claim = None;
        if !of.status.holds_reserve() {
            programme.require_open()?;
            let available = batch.balance(programme.programme_no, line, Account::Available)?;
            if of.face_value > available {
                return Err(budget_exceeded(of.face_value, available).into());
            }
            claim = Some(store::check_claim_free(batch.connection()?, &of)?);
        }
        Ok(Self { programme, of, run, line, claim })
    }

    /// Makes the redemption. It is dated when it happened, or on the nearest day that still takes entries.
    ///
    /// # Errors
    /// The store's.
    pub fn make(
        self,
        batch: &mut Batch<'_>,
        redemption_id: RedemptionId,
        (by, at): (&Actor, Timestamp),
        mark: Mark,
    ) -> Result<Done<Redeemed>, Failure> {
        let Self { programme, of, run, line, claim } = self;
        let closed = period::store::closed(batch.connection()?, programme.programme_no)?;
        let open_from = closed.map(|closed| Timestamp::start_of_day(closed.next().first_day()));
        let effective_at = open_from.map_or(at, |open_from| open_from.max(at));
        let redemption_no = batch.next_index(programme.programme_no)?;
        let about = Dimensions {
            redemption_no: Some(redemption_no),
            course_run_no: Some(run.course_run_no),
            ..of.dimensions()
        };
        let postings = match of.status.holds_reserve() {
            true => rules::redeem(line, of.face_value, about),
            false => rules::obligate(line, &[(about, of.face_value)]),
        };
        let mut event = Event::new(Kind::Redeemed, effective_at, by.token_no)
            .about("voucher", of.voucher_id.bytes())
            .about("redemption", redemption_id.bytes())
            .about("course_run", run.course_run_id.bytes())
            .moving(postings);
        event.subjects.extend(mark);
        let entry = batch.record(programme.programme_no, &event)?;
        let made = Redemption {
            programme_no: programme.programme_no,
            redemption_no,
            redemption_id,
            voucher_no: of.voucher_no,
            course_run_no: run.course_run_no,
            status: LIVE,
            redeemed_at: at,
            redeemed_by: by.token_no,
            by_number: false,
            reversed_log_index: None,
        };
        let connection = batch.connection()?;
        expect_one(desk::insert(connection, std::slice::from_ref(&made))?)?;
        let changed = diesel::update(voucher::table.find((of.programme_no, of.voucher_no)))
            .filter(voucher::status.eq(of.status.number()))
            .set((
                voucher::status.eq(Status::Redeemed.number()),
                voucher::redemption_no.eq(Some(redemption_no)),
            ))
            .execute(connection)?;
        expect_one(changed)?;
        store::keep_move(connection, &of, Status::Redeemed, of.expires_at)?;
        let changed = diesel::update(course_run::table.find((of.programme_no, run.course_run_no)))
            .set(course_run::enrolled.eq(course_run::enrolled + 1))
            .execute(connection)?;
        expect_one(changed)?;
        if let Some(holder_key) = claim {
            store::take_claim(connection, &of, &holder_key)?;
        }
        let facts = VoucherFacts {
            voucher_no: of.voucher_no,
            voucher_id: of.voucher_id,
            status: Status::Redeemed,
            agency_no: of.agency_no,
            face_value: of.face_value,
            not_before: of.not_before,
            expires_at: of.expires_at,
            redemption_no: Some(redemption_no),
        };
        Ok(Done::new(reply(&made, &programme, &facts, &run), entry))
    }
}
