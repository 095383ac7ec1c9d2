//! Reading redemptions.

use super::desk::LIVE;
use super::search::Words;
use crate::db::Connection;
use crate::db::schema::{course_run, programme, redemption, voucher};
use crate::employee;
use crate::kernel::*;
use crate::voucher::query::stored_number;
use crate::writer::{Failure, Stop};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// A redemption as the API shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RedemptionView {
    pub redemption_id: RedemptionId,
    /// `live` or `reversed`.
    pub status: String,
    pub voucher_id: VoucherId,
    pub number: String,
    pub programme_id: ProgrammeId,
    pub course_run_id: CourseRunId,
    pub course_run: String,
    pub redeemed_at: Timestamp,
    pub face_value: Kopecks,
    pub by_number: bool,
    /// Surname and initials, as on the certificate: for registrars only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Иванова А. П.")]
    pub holder: Option<String>,
}

type Row = (
    (i64, RedemptionId, i16, Timestamp, bool),
    (VoucherId, i64, Kopecks, i64),
    (ProgrammeId, String),
    (CourseRunId, String),
);

/// The joins behind every view.
macro_rules! views {
    () => {
        redemption::table
            .inner_join(
                voucher::table.on(voucher::programme_no
                    .eq(redemption::programme_no)
                    .and(voucher::voucher_no.eq(redemption::voucher_no))),
            )
            .inner_join(
                course_run::table.on(course_run::programme_no
                    .eq(redemption::programme_no)
                    .and(course_run::course_run_no.eq(redemption::course_run_no))),
            )
            .inner_join(programme::table.on(programme::programme_no.eq(redemption::programme_no)))
            .select((
                (
                    redemption::redemption_no,
                    redemption::redemption_id,
                    redemption::status,
                    redemption::redeemed_at,
                    redemption::by_number,
                ),
                (voucher::voucher_id, voucher::voucher_no, voucher::face_value_kopecks, voucher::employee_no),
                (programme::programme_id, programme::code),
                (course_run::course_run_id, course_run::code),
            ))
            .into_boxed()
    };
}

/// The rows as they are shown, each with its number.
fn shown(
    connection: &mut Connection,
    rows: Vec<Row>,
    with_holders: bool,
) -> Result<Vec<(i64, RedemptionView)>, Stop> {
    let of_whom = |(_, (_, _, _, employee_no), ..): &Row| *employee_no;
    let asked: Vec<i64> = if with_holders { rows.iter().map(of_whom).collect() } else { Vec::new() };
    let holders = employee::store::holders(connection, &asked)?;
    let with_holder = |row: Row| view(holders.get(&of_whom(&row)).cloned(), row);
    Ok(rows.into_iter().map(with_holder).collect::<Result<_, _>>()?)
}

fn view(holder: Option<String>, row: Row) -> Result<(i64, RedemptionView), Failure> {
    let (
        (redemption_no, redemption_id, status, redeemed_at, by_number),
        (voucher_id, voucher_no, face_value, _),
        (programme_id, code),
        (course_run_id, course_run),
    ) = row;
    let view = RedemptionView {
        redemption_id,
        status: if status == LIVE { "live" } else { "reversed" }.into(),
        voucher_id,
        number: stored_number(&code, voucher_no)?,
        programme_id,
        course_run_id,
        course_run,
        redeemed_at,
        face_value,
        by_number,
        holder,
    };
    Ok((redemption_no, view))
}

/// Which redemption is asked for. Its id is its client's choice and unique in a programme only.
#[derive(Clone, Copy, Debug)]
pub struct Sought {
    pub redemption_id: RedemptionId,
    /// Needed when a client used one id in two programmes.
    pub programme_id: Option<ProgrammeId>,
    /// Only among this university's.
    pub university_no: Option<i64>,
}

/// The programme's number and the redemption's.
///
/// # Errors
/// `not_found`; `invalid_field` when two programmes have the id and none is named; the store's.
pub fn locate(connection: &mut Connection, sought: &Sought) -> Result<(i64, i64), Stop> {
    let mut programmes = programme::table.select(programme::programme_no).into_boxed();
    if let Some(programme_id) = sought.programme_id {
        programmes = programmes.filter(programme::programme_id.eq(programme_id));
    }
    if let Some(university_no) = sought.university_no {
        programmes = programmes.filter(programme::university_no.eq(university_no));
    }
    let programmes: Vec<i64> = programmes.load(connection)?;
    // Its unique index begins with the programme.
    let found = redemption::table
        .filter(redemption::programme_no.eq_any(programmes))
        .filter(redemption::redemption_id.eq(sought.redemption_id))
        .select((redemption::programme_no, redemption::redemption_no))
        .limit(2)
        .load(connection)?;
    match found.as_slice() {
        [] => Err(Refusal::not_found("redemption").into()),
        [only] => Ok(*only),
        _ => Err(Refusal::field("programme_id", "the programme: two have a redemption of this id").into()),
    }
}

/// One redemption, with its holder's name where the caller may see it.
///
/// # Errors
/// As [`locate`].
pub fn one(connection: &mut Connection, sought: &Sought, with_holder: bool) -> Result<RedemptionView, Stop> {
    let (programme_no, redemption_no) = locate(connection, sought)?;
    let row = views!()
        .filter(redemption::programme_no.eq(programme_no))
        .filter(redemption::redemption_no.eq(redemption_no))
        .get_result::<Row>(connection)?;
    let mut found = shown(connection, vec![row], with_holder)?;
    found.pop().map(|(_, view)| view).ok_or_else(|| Refusal::not_found("redemption").into())
}

/// Which redemptions of a course run are asked for.
pub struct OfRun {
    pub course_run_id: CourseRunId,
    /// Only if it is this university's.
    pub university_no: Option<i64>,
    /// Whether the caller may see names; nobody else finds anybody by one.
    pub with_holders: bool,
    /// Part of a name or of a voucher's number.
    pub words: Option<Words>,
    /// Behind this number.
    pub after: Option<i64>,
    pub limit: i64,
}

/// The redemptions of a course run with their numbers, in the order they were made.
///
/// Names are compared here and not in SQL: a run is no larger than a hall, and no store folds Cyrillic as the other does.
///
/// # Errors
/// The store's.
pub fn of_run(connection: &mut Connection, asked: &OfRun) -> Result<Vec<(i64, RedemptionView)>, Stop> {
    let mut query = views!()
        .filter(course_run::course_run_id.eq(asked.course_run_id))
        .filter(redemption::redemption_no.gt(asked.after.unwrap_or(-1)))
        .order(redemption::redemption_no);
    if asked.words.is_none() {
        query = query.limit(asked.limit);
    }
    if let Some(university_no) = asked.university_no {
        query = query.filter(programme::university_no.eq(university_no));
    }
    let rows = query.load::<Row>(connection)?;
    let mut found = shown(connection, rows, asked.with_holders)?;
    if let Some(words) = &asked.words {
        found.retain(|(_, view)| words.are_in(view.holder.as_deref(), &view.number));
        found.truncate(usize::try_from(asked.limit).unwrap_or(0));
    }
    Ok(found)
}
