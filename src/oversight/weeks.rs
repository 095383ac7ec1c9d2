//! The way to the target week by week: who was enrolled and who completed the course.

use crate::db::Connection;
use crate::db::schema::{completion, redemption};
use crate::programme::ProgrammeFacts;
use chrono::{Datelike, Days, NaiveDate};
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A week, and all up to its end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = ProgressOfWeek)]
pub struct OfWeek {
    /// Its Monday, Moscow.
    pub monday: NaiveDate,
    /// Redemptions of the week that still stand.
    pub enrolled: i64,
    /// Those of them, and of earlier weeks, whose holders completed the course in this week.
    pub completed: i64,
    pub enrolled_so_far: i64,
    pub completed_so_far: i64,
}

/// The weeks from the first redemption to the last event, those without any too.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = ProgressByWeek)]
pub struct ByWeek {
    /// Specialists to be trained.
    pub target: i32,
    pub weeks: Vec<OfWeek>,
}

const REDEEMED: i16 = 1;

/// Reads the live redemptions of a programme and their completions.
///
/// # Errors
/// The database's.
pub fn by_week(connection: &mut Connection, programme: &ProgrammeFacts) -> QueryResult<ByWeek> {
    let programme_no = programme.programme_no;
    // Days since 1970 of Moscow, which is three hours ahead of UTC.
    let enrolled: Vec<(i64, i64)> = redemption::table
        .filter(redemption::programme_no.eq(programme_no))
        .filter(redemption::status.eq(REDEEMED))
        .group_by(sql::<BigInt>("(redeemed_at + 10800000) / 86400000"))
        .select((sql::<BigInt>("(redeemed_at + 10800000) / 86400000"), count_star()))
        .load(connection)?;
    let completed: Vec<(String, i64)> = completion::table
        .inner_join(
            redemption::table.on(redemption::programme_no
                .eq(completion::programme_no)
                .and(redemption::redemption_no.eq(completion::redemption_no))),
        )
        .filter(completion::programme_no.eq(programme_no))
        .filter(redemption::status.eq(REDEEMED))
        .group_by(completion::completed_on)
        .select((completion::completed_on, count_star()))
        .load(connection)?;
    let enrolled = enrolled.into_iter().filter_map(|(day, count)| Some((epoch_day(day)?, count)));
    let completed = completed.into_iter().filter_map(|(day, count)| Some((day.parse().ok()?, count)));
    Ok(ByWeek { target: programme.target_trained, weeks: fold(enrolled, completed) })
}

fn epoch_day(day: i64) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_days(Days::new(u64::try_from(day).ok()?))
}

fn monday(day: NaiveDate) -> NaiveDate {
    day - Days::new(u64::from(day.weekday().num_days_from_monday()))
}

/// Days as weeks without gaps, with what they come to.
fn fold(
    enrolled: impl Iterator<Item = (NaiveDate, i64)>,
    completed: impl Iterator<Item = (NaiveDate, i64)>,
) -> Vec<OfWeek> {
    let mut counts: BTreeMap<NaiveDate, (i64, i64)> = BTreeMap::new();
    enrolled.for_each(|(day, count)| counts.entry(monday(day)).or_default().0 += count);
    completed.for_each(|(day, count)| counts.entry(monday(day)).or_default().1 += count);
    let (Some(first), Some(last)) = (counts.keys().next().copied(), counts.keys().last().copied()) else {
        return Vec::new();
    };
    let mondays = first.iter_weeks().take_while(|monday| *monday <= last);
    let mut so_far = (0, 0);
    let week = |monday| {
        let (enrolled, completed) = counts.get(&monday).copied().unwrap_or_default();
        so_far = (so_far.0 + enrolled, so_far.1 + completed);
        let (enrolled_so_far, completed_so_far) = so_far;
        OfWeek { monday, enrolled, completed, enrolled_so_far, completed_so_far }
    };
    mondays.map(week).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_mondays_and_have_no_gaps() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(epoch_day(18_322), Some(day("2020-03-01")));
        let enrolled = [(day("2020-03-01"), 2), (day("2020-03-02"), 1), (day("2020-03-16"), 4)];
        let completed = [(day("2020-03-22"), 3)];
        let weeks = fold(enrolled.into_iter(), completed.into_iter());
        let seen: Vec<_> = weeks
            .iter()
            .map(|week| (week.monday.to_string(), week.enrolled_so_far, week.completed_so_far))
            .collect();
        let expected =
            [("2020-02-24", 2, 0), ("2020-03-02", 3, 0), ("2020-03-09", 3, 0), ("2020-03-16", 7, 3)];
        assert_eq!(
            seen,
            expected.map(|(monday, enrolled, completed)| (monday.to_owned(), enrolled, completed))
        );
        assert!(fold(std::iter::empty(), std::iter::empty()).is_empty());
    }
}
