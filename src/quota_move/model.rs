//! Who may say what to a move of seats, and which seats may leave.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use crate::kernel::{Actor, AgencyId, Code, Malformed, Refusal};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Where a move is: `proposed → moved`, `declined` or `withdrawn`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = QuotaMoveStatus)]
pub enum Status {
    Proposed,
    Moved,
    Declined,
    Withdrawn,
}

impl Status {
    pub const ALL: [Self; 4] = [Self::Proposed, Self::Moved, Self::Declined, Self::Withdrawn];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Moved => "moved",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl FromStr for Status {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = Self::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or(Malformed::expected("proposed, moved, declined or withdrawn"))
    }
}

/// On whose behalf somebody speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = QuotaMoveSide)]
pub enum Side {
    /// The programme office.
    Programme,
    /// The agency that gives.
    FromAgency,
    /// The agency that gets.
    ToAgency,
}

impl Side {
    const ALL: [Self; 3] = [Self::Programme, Self::FromAgency, Self::ToAgency];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Programme => "programme",
            Self::FromAgency => "from_agency",
            Self::ToAgency => "to_agency",
        }
    }

    /// The side of a caller: of an agency, if it is one of the two; of the office without one.
    pub fn of(agency_no: Option<i64>, from_agency_no: i64, to_agency_no: i64) -> Option<Self> {
        match agency_no {
            None => Some(Self::Programme),
            Some(own) if own == from_agency_no => Some(Self::FromAgency),
            Some(own) if own == to_agency_no => Some(Self::ToAgency),
            Some(_) => None,
        }
    }
}

impl FromStr for Side {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = Self::ALL.into_iter().find(|side| side.as_str() == text);
        found.ok_or(Malformed::expected("programme, from_agency or to_agency"))
    }
}

/// What one may say to a move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    Agree,
    Decline,
    Withdraw,
}

impl Word {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::Decline => "decline",
            Self::Withdraw => "withdraw",
        }
    }
}

/// A move as far as words about it go: the logins of who spoke so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    pub status: Status,
    pub proposed_side: Side,
    pub proposed_by: String,
    pub from_agreed_by: Option<String>,
    pub to_agreed_by: Option<String>,
}

impl Standing {
    fn agreed_by(&self, side: Side) -> Option<&String> {
        match side {
            Side::Programme => None,
            Side::FromAgency => self.from_agreed_by.as_ref(),
            Side::ToAgency => self.to_agreed_by.as_ref(),
        }
    }

    /// What this side may say now.
    pub fn allowed(&self, side: Side) -> &'static [Word] {
        match (self.status, side) {
            (Status::Proposed, _) if side == self.proposed_side => &[Word::Withdraw],
            (Status::Proposed, Side::FromAgency | Side::ToAgency) => match self.agreed_by(side) {
                None => &[Word::Agree, Word::Decline],
                Some(_) => &[Word::Decline],
            },
            _ => &[],
        }
    }

    /// Whether this side may say so now.
    ///
    /// # Errors
    /// `invalid_transition`, with what it may say.
    pub fn check(&self, word: Word, side: Side) -> Result<(), Refusal> {
        let allowed = self.allowed(side);
        if allowed.contains(&word) {
            return Ok(());
        }
        let allowed: Vec<_> = allowed.iter().map(|word| word.as_str()).collect();
        Err(Refusal::invalid_transition(word.as_str(), self.status.as_str(), &allowed))
    }

    /// Whether `actor` may agree for this side: nobody speaks for two.
    ///
    /// # Errors
    /// `invalid_transition`; `self_approval` for a person who spoke for another side.
    pub fn agree(&self, side: Side, actor: &Actor) -> Result<Agreed, Refusal> {
        self.check(Word::Agree, side)?;
        let spoke = [Some(&self.proposed_by), self.from_agreed_by.as_ref(), self.to_agreed_by.as_ref()];
        if spoke.into_iter().flatten().any(|login| actor.is_same_person(login)) {
            return Err(Code::SelfApproval.into());
        }
        let other = if side == Side::FromAgency { Side::ToAgency } else { Side::FromAgency };
        Ok(if self.agreed_by(other).is_some() { Agreed::Moved } else { Agreed::Waits })
    }
}

/// What comes of an agency's word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Agreed {
    /// The other agency has not spoken yet.
    Waits,
    /// It was the last: the seats move.
    Moved,
}

impl Agreed {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waits => "waits",
            Self::Moved => "moved",
        }
    }
}

/// The seats of an agency, and those of them that are held.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Seats {
    pub seats: i64,
    pub held: i64,
}

/// Whether so many seats may leave: those that are held stay. What the agency has is told to `listener`, if it is for them to
/// know: the office and the agency itself.
///
/// # Errors
/// `quota_exceeded`, with the figures.
pub fn leave(agency_id: AgencyId, own: Seats, asked: i64, listener: Side) -> Result<(), Refusal> {
    let left = own.seats - own.held;
    if asked <= left {
        return Ok(());
    }
    let refusal = Refusal::new(Code::QuotaExceeded).with("agency_id", agency_id).with("asked", asked);
    if listener == Side::ToAgency {
        return Err(refusal);
    }
    Err(refusal.with("seats", own.seats).with("held", own.held).with("left", left))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(proposed_side: Side, from: Option<&str>, to: Option<&str>) -> Standing {
        Standing {
            status: Status::Proposed,
            proposed_side,
            proposed_by: "anna".into(),
            from_agreed_by: from.map(str::to_owned),
            to_agreed_by: to.map(str::to_owned),
        }
    }

    fn actor(subject: &str) -> Actor {
        Actor { token_no: 1, subject: subject.into() }
    }

    #[test]
    fn the_last_word_of_the_two_agencies_moves_the_seats() {
        let by_office = standing(Side::Programme, None, None);
        assert_eq!(by_office.agree(Side::FromAgency, &actor("boris")), Ok(Agreed::Waits));
        assert_eq!(by_office.agree(Side::ToAgency, &actor("vera")), Ok(Agreed::Waits));
        let half = standing(Side::Programme, Some("boris"), None);
        assert_eq!(half.agree(Side::ToAgency, &actor("vera")), Ok(Agreed::Moved));
        let half = standing(Side::Programme, None, Some("vera"));
        assert_eq!(half.agree(Side::FromAgency, &actor("boris")), Ok(Agreed::Moved));
        let by_agency = standing(Side::FromAgency, Some("anna"), None);
        assert_eq!(by_agency.agree(Side::ToAgency, &actor("vera")), Ok(Agreed::Moved));
    }

    #[test]
    fn nobody_speaks_for_two_and_nobody_twice() {
        let code = |standing: &Standing, side, who| {
            standing.agree(side, &actor(who)).map_err(|refusal| refusal.code)
        };
        let half = standing(Side::Programme, Some("boris"), None);
        for who in ["anna", "boris"] {
            assert_eq!(code(&half, Side::ToAgency, who), Err(Code::SelfApproval));
        }
        assert_eq!(code(&half, Side::FromAgency, "galina"), Err(Code::InvalidTransition));
        assert_eq!(code(&half, Side::Programme, "galina"), Err(Code::InvalidTransition));
        let own = standing(Side::FromAgency, Some("anna"), None);
        assert_eq!(code(&own, Side::FromAgency, "galina"), Err(Code::InvalidTransition));
    }

    #[test]
    fn either_agency_declines_and_only_the_proposer_withdraws() {
        let half = standing(Side::Programme, Some("boris"), None);
        for side in [Side::FromAgency, Side::ToAgency] {
            assert_eq!(half.check(Word::Decline, side), Ok(()));
            assert!(half.check(Word::Withdraw, side).is_err());
        }
        assert_eq!(half.check(Word::Withdraw, Side::Programme), Ok(()));
        let own = standing(Side::FromAgency, Some("anna"), None);
        assert_eq!(own.check(Word::Withdraw, Side::FromAgency), Ok(()));
        assert!(own.check(Word::Withdraw, Side::Programme).is_err());
        assert_eq!(own.check(Word::Decline, Side::FromAgency).unwrap_err().facts["allowed"][0], "withdraw");
        for status in [Status::Moved, Status::Declined, Status::Withdrawn] {
            let over = Standing { status, ..half.clone() };
            assert!(Side::ALL.into_iter().all(|side| over.allowed(side).is_empty()));
        }
    }

    #[test]
    fn held_seats_stay_and_figures_are_for_those_they_concern() {
        let (agency, own) = (AgencyId(uuid::Uuid::nil()), Seats { seats: 10, held: 7 });
        assert_eq!(leave(agency, own, 3, Side::Programme), Ok(()));
        let told = leave(agency, own, 4, Side::FromAgency).unwrap_err();
        assert_eq!((&told.facts["left"], &told.facts["held"]), (&3.into(), &7.into()));
        let other = leave(agency, own, 4, Side::ToAgency).unwrap_err();
        assert_eq!(other.facts.keys().collect::<Vec<_>>(), ["agency_id", "asked"]);
    }

    #[test]
    fn columns_read_back_what_was_written() {
        assert!(Status::ALL.into_iter().all(|status| status.as_str().parse() == Ok(status)));
        assert!(Side::ALL.into_iter().all(|side| side.as_str().parse() == Ok(side)));
    }
}
