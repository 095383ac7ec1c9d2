//! The year 2020 of the Pskov programme, day by day, through the same commands as the API's. `opening`
//! sets the programme up, `issue` brings the vouchers to their holders, `year` is what is redeemed, taught
//! and paid, `fates` what becomes of the other vouchers.

mod fates;
mod issue;
mod opening;
mod year;

use super::cast::Cast;
use super::roster::roster;
use super::run::DemoError;
use super::stage::{Stage, day};
use crate::kernel::*;
use crate::voucher::change::Move;
use chrono::{Days, NaiveDate};
use fates::{Fate, fate};

/// The installation and its keys are of this day.
pub const FIRST_DAY: NaiveDate = day(1, 20);
/// Until the end of this day, requests of municipalities wait for the bodies of state power.
const PRIORITY_UNTIL: NaiveDate = day(3, 15);
const VALID_UNTIL: NaiveDate = day(12, 31);
/// Two runs begin every week.
const WEEKS: u64 = 38;
const SEATS: usize = 25;
const SYNC_GRACE_DAYS: i32 = 5;

/// What was played.
pub struct Played {
    pub cast: Cast,
    pub programme_id: ProgrammeId,
    pub programme_no: i64,
    pub open_course_run_id: CourseRunId,
    /// Rows of the agencies' lists, each compared with what was intended.
    pub rows: usize,
    pub refused_rows: usize,
    /// Credentials whose signature was verified at the enrolment table.
    pub verified: usize,
    /// A redemption whose hours were all taught and paid.
    pub traced: RedemptionId,
}

/// A voucher in the hands of its holder.
#[derive(Clone)]
struct Ticket {
    voucher_id: VoucherId,
    /// The text of its QR code.
    credential: String,
}

/// The programme once it is open.
struct Play<'a> {
    stage: &'a Stage,
    cast: &'a Cast,
    programme_id: ProgrammeId,
    programme_no: i64,
}

/// Plays the year.
///
/// # Errors
/// A refusal that was not meant, or an outcome that is not as intended.
pub fn play(stage: &Stage) -> Result<Played, DemoError> {
    let roster = roster();
    let cast = Cast::gather(stage, &roster)?;
    let (programme_id, programme_no) = opening::open_programme(stage, &cast)?;
    let play = Play { stage, cast: &cast, programme_id, programme_no };

    let requested = play.request(&roster)?;
    let tickets = play.issue(&requested.requests)?;
    let of = |fate_: Fate| {
        let chosen = (0..).zip(&tickets).filter(move |(index, _)| fate(*index) == fate_);
        chosen.map(|(_, ticket)| ticket.clone()).collect::<Vec<_>>()
    };
    stage.turn_to(day(3, 20), 10);
    let mut live = of(Fate::Live).into_iter().map(|ticket| ticket.voucher_id).collect::<Vec<_>>();
    live.extend(play.replace(&of(Fate::Lost))?);
    play.shift(Move::Void, &of(Fate::Voided), "Держатель уволился (пример)")?;

    let year = play.teach_the_year(&of(Fate::Redeemed))?;
    live.push(year.returned);

    stage.turn_to(day(12, 21), 10);
    let suspended = of(Fate::Suspended);
    live.extend(suspended.iter().map(|ticket| ticket.voucher_id));
    play.extend(&live)?;
    play.shift(Move::Suspend, &suspended, "Сведения о держателе проверяются (пример)")?;
    let after_grace = VALID_UNTIL + Days::new(SYNC_GRACE_DAYS.unsigned_abs().into()) + Days::new(10);
    stage.turn_to(after_grace, 3);
    play.release()?;
    play.campaign().close_periods()?;

    stage.turn_to_today();
    let open_course_run_id = play.open_run()?;
    Ok(Played {
        programme_id,
        programme_no,
        open_course_run_id,
        rows: requested.rows,
        refused_rows: requested.refused,
        verified: year.verified,
        traced: year.traced,
        cast,
    })
}
