//! A voucher's life as a state machine. Pure.
//!
//! ```text
//! issued ⇄ suspended      issued, suspended → voided | replaced | expired
//! issued → redeemed → completed      redeemed → issued | voided, completed → voided (reversal)
//! expired → issued (extended)
//! ```

use crate::kernel::{Code, Refusal, Timestamp};
use chrono::Days;

/// Where a voucher stands. The number is stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    Issued = 1,
    Suspended = 2,
    Redeemed = 3,
    Completed = 4,
    Voided = 5,
    Expired = 6,
    Replaced = 7,
}

/// What can be done to a voucher.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    Suspend,
    Resume,
    Void,
    Replace,
    Extend,
    Expire,
    Redeem,
    Reverse,
    Complete,
    /// Of its enrolment, to another course run.
    Move,
}

impl Action {
    pub const ALL: [Action; 10] = [
        Action::Suspend,
        Action::Resume,
        Action::Void,
        Action::Replace,
        Action::Extend,
        Action::Expire,
        Action::Redeem,
        Action::Reverse,
        Action::Complete,
        Action::Move,
    ];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Action::Suspend => "suspend",
            Action::Resume => "resume",
            Action::Void => "void",
            Action::Replace => "replace",
            Action::Extend => "extend",
            Action::Expire => "expire",
            Action::Redeem => "redeem",
            Action::Reverse => "reverse",
            Action::Complete => "complete",
            Action::Move => "move",
        }
    }
}

impl Status {
    pub const ALL: [Status; 7] = [
        Status::Issued,
        Status::Suspended,
        Status::Redeemed,
        Status::Completed,
        Status::Voided,
        Status::Expired,
        Status::Replaced,
    ];

    pub const fn number(self) -> i16 {
        self as i16
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Issued => "issued",
            Status::Suspended => "suspended",
            Status::Redeemed => "redeemed",
            Status::Completed => "completed",
            Status::Voided => "voided",
            Status::Expired => "expired",
            Status::Replaced => "replaced",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether the face value still lies in `reserved`.
    pub const fn holds_reserve(self) -> bool {
        matches!(self, Status::Issued | Status::Suspended)
    }

    /// The moves allowed from here.
    pub const fn allowed(self) -> &'static [Action] {
        match self {
            Status::Issued => &[
                Action::Suspend,
                Action::Void,
                Action::Replace,
                Action::Extend,
                Action::Expire,
                Action::Redeem,
            ],
            Status::Suspended => &[Action::Resume, Action::Void, Action::Replace, Action::Expire],
            Status::Redeemed => &[Action::Reverse, Action::Complete, Action::Move],
            Status::Completed => &[Action::Reverse],
            Status::Expired => &[Action::Extend],
            Status::Voided | Status::Replaced => &[],
        }
    }

    /// Makes sure a move is allowed.
    ///
    /// # Errors
    /// `invalid_transition` with the present state and the moves allowed.
    pub fn check(self, action: Action) -> Result<(), Refusal> {
        if self.allowed().contains(&action) {
            return Ok(());
        }
        let allowed: Vec<_> = self.allowed().iter().map(|action| action.as_str()).collect();
        Err(Refusal::invalid_transition(action.as_str(), self.as_str(), &allowed))
    }
}

/// A stored status number that means nothing.
#[derive(Debug, thiserror::Error)]
#[error("{0} is no status of a voucher")]
pub struct UnknownStatus(i16);

impl TryFrom<i16> for Status {
    type Error = UnknownStatus;

    fn try_from(number: i16) -> Result<Self, UnknownStatus> {
        Self::ALL.into_iter().find(|status| status.number() == number).ok_or(UnknownStatus(number))
    }
}

/// So many days before its last one a voucher that nobody has redeemed is about to lapse.
const LAPSING_DAYS: Days = Days::new(14);

/// Between which instants lie the ends of vouchers that are about to lapse: after the first, up to the second.
pub fn lapsing(now: Timestamp) -> (Timestamp, Timestamp) {
    (now, Timestamp::end_of_day(now.date() + LAPSING_DAYS))
}

/// Whether the voucher may be redeemed now, from its state and dates in the database (which decide
/// online, whatever the signed dates say). `AlreadyRedeemed` gets its facts from the caller.
///
/// # Errors
/// `suspended`, `already_redeemed`, `voided`, `expired`, `replaced`, `not_yet_valid`.
pub fn check_redeemable(
    status: Status,
    not_before: Timestamp,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), Refusal> {
    let expired = || Refusal::new(Code::Expired).with("expires_at", expires_at);
    match status {
        Status::Suspended => Err(Code::Suspended.into()),
        Status::Redeemed | Status::Completed => Err(Code::AlreadyRedeemed.into()),
        Status::Voided => Err(Code::Voided.into()),
        Status::Replaced => Err(Code::Replaced.into()),
        Status::Expired => Err(expired()),
        Status::Issued if now < not_before => {
            Err(Refusal::new(Code::NotYetValid).with("not_before", not_before))
        }
        Status::Issued if now >= expires_at => Err(expired()),
        Status::Issued => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_states_allow_nothing_and_say_so() {
        for status in [Status::Voided, Status::Replaced] {
            let refusal = status.check(Action::Void).unwrap_err();
            assert_eq!(refusal.code, Code::InvalidTransition);
            assert_eq!(refusal.facts["status"], status.as_str());
            assert_eq!(refusal.facts["allowed"], serde_json::json!([]));
        }
    }

    #[test]
    fn a_voucher_is_good_to_the_last_millisecond_of_its_last_day() {
        let (from, until) = (Timestamp::from_millis(1_000), Timestamp::from_millis(2_000));
        let at = |millis| check_redeemable(Status::Issued, from, until, Timestamp::from_millis(millis));
        assert_eq!(at(999).unwrap_err().code, Code::NotYetValid);
        assert_eq!(at(1_000), Ok(()));
        assert_eq!(at(1_999), Ok(()));
        assert_eq!(at(2_000).unwrap_err().code, Code::Expired);
    }

    #[test]
    fn whole_days_tell_what_is_about_to_lapse() {
        let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
        let noon = Timestamp::start_of_day(day("2020-12-01")).plus_seconds(12 * 3_600);
        let (from, until) = lapsing(noon);
        let is_lapsing = |last: &str| {
            let end = Timestamp::end_of_day(day(last));
            from < end && end <= until
        };
        assert_eq!(
            ["2020-11-30", "2020-12-01", "2020-12-15", "2020-12-16"].map(is_lapsing),
            [false, true, true, false]
        );
    }

    #[test]
    fn only_live_vouchers_hold_their_reserve() {
        let holding: Vec<_> = Status::ALL.into_iter().filter(|status| status.holds_reserve()).collect();
        assert_eq!(holding, [Status::Issued, Status::Suspended]);
    }
}
