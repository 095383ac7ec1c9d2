//! When on its day a session is held, and whether two are held at once.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use crate::kernel::text::string_value;
use crate::kernel::{Code, Malformed, Refusal, SessionId};
use std::fmt;

const HOUR: i32 = 60;
const DAY: i32 = 24 * HOUR;

/// A time of day in Moscow, to the minute: `09:30`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct StartsAt {
    /// Minutes since midnight.
    minutes: i32,
}

impl StartsAt {
    /// # Errors
    /// When it is not `HH:MM`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const SHAPE: Malformed = Malformed::expected("a time of day such as 09:30");
        let two_digits = |text: &str| {
            let is_plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            is_plain.then(|| text.parse::<i32>().ok()).flatten()
        };
        let (hours, minutes) = text.split_once(':').ok_or(SHAPE)?;
        match (two_digits(hours), two_digits(minutes)) {
            (Some(hours @ 0..24), Some(minutes @ 0..60)) => Ok(Self { minutes: hours * HOUR + minutes }),
            _ => Err(SHAPE),
        }
    }

    /// The end of so many hours of 60 minutes; `24:00` at midnight.
    fn end(self, hours: i32) -> Self {
        Self { minutes: self.minutes.saturating_add(hours.saturating_mul(HOUR)) }
    }
}

impl fmt::Display for StartsAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.minutes / HOUR, self.minutes % HOUR)
    }
}

string_value!(StartsAt, "^([01][0-9]|2[0-3]):[0-5][0-9]$", "Time of day in Moscow");

/// Whose other session it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    Instructor,
    CourseRun,
}

impl Whose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Instructor => "instructor",
            Self::CourseRun => "course_run",
        }
    }
}

/// Another session of the same day, of the instructor or of the course run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Other {
    pub session_id: SessionId,
    pub whose: Whose,
    pub starts_at: StartsAt,
    pub hours: i32,
}

/// Whether a session of so many hours may start then. One whose time is not fixed is in nobody's way.
///
/// # Errors
/// `invalid_field` when it would go on into the next day; `session_overlap`, with the other session and its time.
pub fn fit(starts_at: Option<StartsAt>, hours: i32, others: &[Other]) -> Result<(), Refusal> {
    let Some(starts_at) = starts_at else { return Ok(()) };
    let ends_at = starts_at.end(hours);
    if ends_at.minutes > DAY {
        return Err(Refusal::field("starts_at", "a time from which the hours end on the same day")
            .with("starts_at", starts_at)
            .with("ends_at", ends_at));
    }
    let is_at_once =
        |other: &&Other| starts_at < other.starts_at.end(other.hours) && other.starts_at < ends_at;
    match others.iter().find(is_at_once) {
        Some(other) => Err(Refusal::new(Code::SessionOverlap)
            .at("starts_at")
            .with("session_id", other.session_id)
            .with("of", other.whose.as_str())
            .with("other_starts_at", other.starts_at)
            .with("other_ends_at", other.starts_at.end(other.hours))
            .with("starts_at", starts_at)
            .with("ends_at", ends_at)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> StartsAt {
        StartsAt::parse(text).unwrap()
    }

    fn other(starts_at: StartsAt, hours: i32) -> Other {
        Other { session_id: uuid::Uuid::nil().into(), whose: Whose::Instructor, starts_at, hours }
    }

    #[test]
    fn a_time_has_one_spelling() {
        assert_eq!(at("09:30").to_string(), "09:30");
        for wrong in ["", "9:30", "09:60", "24:00", "09:3", "0930", "-1:30", "+9:30", "09:30:00", "٠٩:٣٠"]
        {
            assert!(StartsAt::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sessions_may_touch_and_not_overlap() {
        let morning = [other(at("09:00"), 3)];
        for (starts_at, hours) in [("12:00", 2), ("07:00", 2), ("23:00", 1)] {
            assert_eq!(fit(Some(at(starts_at)), hours, &morning), Ok(()), "{starts_at}");
        }
        for (starts_at, hours) in [("11:59", 1), ("08:00", 2), ("10:00", 1), ("08:00", 8)] {
            let refusal = fit(Some(at(starts_at)), hours, &morning).unwrap_err();
            assert_eq!(
                (refusal.code, &refusal.facts["other_ends_at"]),
                (Code::SessionOverlap, &"12:00".into())
            );
        }
        assert_eq!(fit(None, 12, &morning), Ok(()), "a time that is not fixed is in nobody's way");
        let late = fit(Some(at("22:30")), 2, &[]).unwrap_err();
        assert_eq!((late.field.as_deref(), &late.facts["ends_at"]), (Some("starts_at"), &"24:30".into()));
        assert_eq!(fit(Some(at("22:00")), 2, &[]), Ok(()), "midnight is the end of the day");
    }

    proptest! {
        /// Two sessions overlap when some minute belongs to both, whichever is recorded first.
        #[test]
        fn an_overlap_is_a_minute_in_common(a in 0..720i32, b in 0..720i32, x in 1..=12i32, y in 1..=12i32) {
            let (first, second) = (StartsAt { minutes: a }, StartsAt { minutes: b });
            let shared = (a..a + x * 60).any(|minute| (b..b + y * 60).contains(&minute));
            prop_assert_eq!(fit(Some(first), x, &[other(second, y)]).is_err(), shared);
            prop_assert_eq!(fit(Some(second), y, &[other(first, x)]).is_err(), shared);
        }
    }
}
