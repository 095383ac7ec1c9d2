//! When a month may be closed, and which days a closed one takes no more.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use crate::kernel::{Code, Month, Refusal};
use chrono::NaiveDate;

/// Whether `month` may be closed today, `closed` being the last one that is. Earlier months that are still open are
/// closed with it.
///
/// # Errors
/// `invalid_transition` when it is closed already; `invalid_field` while it is not over.
pub fn close(month: Month, closed: Option<Month>, today: NaiveDate) -> Result<(), Refusal> {
    if let Some(closed) = closed.filter(|closed| month <= *closed) {
        return Err(Refusal::invalid_transition("close", "closed", &[])
            .with("closed_until", closed)
            .with("open_from", closed.next().first_day()));
    }
    if month.last_day() >= today {
        return Err(Refusal::field("month", "a month that is over")
            .with("today", today)
            .with("possible_from", month.next().first_day()));
    }
    Ok(())
}

/// Whether something may still be dated on `day`, the date being `field`.
///
/// # Errors
/// `period_closed`, with the nearest day that is open.
pub fn open_on(day: NaiveDate, closed: Option<Month>, field: &str) -> Result<(), Refusal> {
    match closed.filter(|closed| Month::of(day) <= *closed) {
        None => Ok(()),
        Some(closed) => Err(Refusal::new(Code::PeriodClosed)
            .at(field)
            .with("month", Month::of(day))
            .with("open_from", closed.next().first_day())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2020, month, day).unwrap()
    }

    fn september() -> Month {
        Month::of(day(9, 1))
    }

    #[test]
    fn a_month_is_closed_once_and_when_it_is_over() {
        let code = |closed, today| close(september(), closed, today).map_err(|refusal| refusal.code);
        assert_eq!(code(None, day(10, 1)), Ok(()));
        assert_eq!(code(Some(Month::of(day(7, 1))), day(10, 1)), Ok(()), "August is closed with it");
        assert_eq!(code(None, day(9, 30)), Err(Code::InvalidField));
        assert_eq!(code(Some(september()), day(10, 1)), Err(Code::InvalidTransition));
        assert_eq!(code(Some(september().next()), day(12, 1)), Err(Code::InvalidTransition));
    }

    #[test]
    fn a_closed_day_is_refused_with_the_nearest_open_one() {
        assert_eq!(open_on(day(9, 1), None, "paid_on"), Ok(()));
        assert_eq!(open_on(day(10, 1), Some(september()), "paid_on"), Ok(()));
        let refusal = open_on(day(8, 31), Some(september()), "paid_on").unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_deref()), (Code::PeriodClosed, Some("paid_on")));
        assert_eq!(
            (&refusal.facts["month"], &refusal.facts["open_from"]),
            (&"2020-08".into(), &"2020-10-01".into())
        );
    }
}
