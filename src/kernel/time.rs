//! Instants and the calendar of Moscow, where the programme's days begin and end.

use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An instant in milliseconds since 1970-01-01T00:00:00Z. RFC 3339 in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, utoipa::ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Timestamp(i64);

/// Europe/Moscow has been UTC+3 without daylight saving since 26 October 2014.
const MOSCOW: FixedOffset = FixedOffset::east_opt(3 * 3600).expect("three hours are a valid offset");

impl Timestamp {
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds, rounded down: what CWT claims carry (RFC 8392).
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0 + seconds * 1_000)
    }

    /// 00:00:00 Moscow of this day: the first instant of validity.
    pub fn start_of_day(date: NaiveDate) -> Self {
        let midnight = date.and_time(chrono::NaiveTime::MIN);
        Self(MOSCOW.from_local_datetime(&midnight).single().map_or(0, |t| t.timestamp_millis()))
    }

    /// 00:00:00 Moscow of the following day: a voucher is valid before it, not at it.
    pub fn end_of_day(date: NaiveDate) -> Self {
        Self::start_of_day(date).plus_seconds(24 * 3600)
    }

    /// The Moscow calendar day this instant falls on.
    pub fn date(self) -> NaiveDate {
        self.moscow().date_naive()
    }

    /// RFC 3339 with Moscow's offset and milliseconds: `2020-03-17T14:05:00.000+03:00`.
    pub fn in_moscow(self) -> String {
        self.moscow().to_rfc3339_opts(SecondsFormat::Millis, false)
    }

    /// Days since 1970 on Moscow's clocks, with the time of day as a fraction: what spreadsheets reckon with.
    pub fn moscow_days(self) -> f64 {
        let millis = self.0 + i64::from(MOSCOW.local_minus_utc()) * 1_000;
        millis as f64 / 86_400_000.0
    }

    /// The same instant on Moscow's clocks.
    pub fn moscow(self) -> DateTime<FixedOffset> {
        self.utc().with_timezone(&MOSCOW)
    }

    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }

    /// `17.03.2020 14:05 МСК`, for people.
    pub fn for_people(self) -> String {
        self.moscow().format("%d.%m.%Y %H:%M МСК").to_string()
    }
}

/// RFC 3339 in UTC with milliseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        DateTime::parse_from_rfc3339(&text)
            .map(|instant| Self(instant.timestamp_millis()))
            .map_err(serde::de::Error::custom)
    }
}

/// Where "now" comes from: the machine, or a date the demo or a test plays.
#[derive(Clone)]
pub struct Clock(std::sync::Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(std::sync::Arc::new(now))
    }

    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_lasts_until_midnight_in_moscow() {
        let day = NaiveDate::from_ymd_opt(2020, 12, 31).unwrap();
        assert_eq!(Timestamp::start_of_day(day).to_string(), "2020-12-30T21:00:00.000Z");
        assert_eq!(Timestamp::end_of_day(day).to_string(), "2020-12-31T21:00:00.000Z");
        assert_eq!(Timestamp::from_millis(Timestamp::end_of_day(day).millis() - 1).date(), day);
    }

    #[test]
    fn moscow_is_three_hours_ahead() {
        let noon = Timestamp::from_millis(12 * 3_600_000 + 7);
        assert_eq!(noon.in_moscow(), "1970-01-01T15:00:00.007+03:00");
        assert_eq!(Timestamp::from_millis(9 * 3_600_000).moscow_days(), 0.5);
    }
}
