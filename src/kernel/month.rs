//! A calendar month of Moscow: the period that books are closed by.

use super::text::{Malformed, string_value};
use super::time::Timestamp;
use chrono::{Datelike, NaiveDate};
use std::fmt;

/// A month, written `2020-09`. Ordered by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Month(NaiveDate);

impl Month {
    /// The month of a day.
    pub fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).expect("every month has a first day"))
    }

    /// The month in which an instant falls, in Moscow.
    pub fn at(instant: Timestamp) -> Self {
        Self::of(instant.date())
    }

    /// `YYYY-MM`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed::expected("a month as 2020-09");
        let text = text.trim();
        let day = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").map_err(|_| malformed())?;
        if text.len() == 7 { Ok(Self(day)) } else { Err(malformed()) }
    }

    pub fn first_day(self) -> NaiveDate {
        self.0
    }

    pub fn last_day(self) -> NaiveDate {
        self.next().0.pred_opt().unwrap_or(NaiveDate::MAX)
    }

    pub fn next(self) -> Self {
        Self(self.0.checked_add_months(chrono::Months::new(1)).unwrap_or(NaiveDate::MAX))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.format("%Y-%m").to_string())
    }
}

string_value!(Month, "^[0-9]{4}-(0[1-9]|1[0-2])$", "A month (Moscow), YYYY-MM");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_and_ends_in_moscow() {
        let month = Month::parse("2020-12").unwrap();
        assert_eq!(month.to_string(), "2020-12");
        assert_eq!(month.last_day(), NaiveDate::from_ymd_opt(2020, 12, 31).unwrap());
        assert_eq!(month.next().to_string(), "2021-01");
        let new_year = Timestamp::end_of_day(month.last_day());
        assert_eq!(Month::at(new_year), month.next());
        assert_eq!(Month::at(Timestamp::from_millis(new_year.millis() - 1)), month);
    }

    #[test]
    fn other_spellings_are_no_month() {
        for text in ["2020-13", "2020-9", "2020-09-01", "2020", "20-09", "сентябрь"] {
            assert!(Month::parse(text).is_err(), "{text}");
        }
    }
}
