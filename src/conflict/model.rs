//! When a case may be decided, and by whom. Pure.

use crate::kernel::*;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Where a case stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ConflictStatus)]
pub enum Status {
    Open,
    Enrolled,
    Dismissed,
}

impl Status {
    pub const ALL: [Status; 3] = [Status::Open, Status::Enrolled, Status::Dismissed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Enrolled => "enrolled",
            Status::Dismissed => "dismissed",
        }
    }
}

impl FromStr for Status {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = Self::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or(Malformed::expected("open, enrolled or dismissed"))
    }
}

/// How a case ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// What the device accepted stands: the holder ends enrolled in the course run of the item.
    Enrol,
    /// Nothing moves.
    Dismiss,
}

impl Decision {
    pub const fn as_str(self) -> &'static str {
        match self {
            Decision::Enrol => "enrol",
            Decision::Dismiss => "dismiss",
        }
    }

    pub const fn ends_as(self) -> Status {
        match self {
            Decision::Enrol => Status::Enrolled,
            Decision::Dismiss => Status::Dismissed,
        }
    }
}

/// Whether `actor` may decide the case; `registrar` answers for the device.
///
/// # Errors
/// `invalid_transition` once it is decided; `self_approval` for the registrar; `invalid_field` for an undo, which enrols nobody.
pub fn decide(
    status: Status,
    registrar: &str,
    actor: &Actor,
    decision: Decision,
    is_undo: bool,
) -> Result<(), Refusal> {
    if status != Status::Open {
        return Err(Refusal::invalid_transition(decision.as_str(), status.as_str(), &[]));
    }
    if actor.is_same_person(registrar) {
        return Err(Code::SelfApproval.into());
    }
    if is_undo && decision == Decision::Enrol {
        let expected =
            "dismiss: an undo that came too late is made by reversing the redemption, with a second person";
        return Err(Refusal::field("decision", expected));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_person_decides_once() {
        let actor = Actor { token_no: 1, subject: "olga".into() };
        let code = |status, registrar, decision, is_undo| {
            decide(status, registrar, &actor, decision, is_undo).map_err(|refusal| refusal.code)
        };
        assert_eq!(code(Status::Open, "boris", Decision::Enrol, false), Ok(()));
        assert_eq!(code(Status::Open, "boris", Decision::Dismiss, true), Ok(()));
        assert_eq!(code(Status::Open, "boris", Decision::Enrol, true), Err(Code::InvalidField));
        assert_eq!(code(Status::Open, "olga", Decision::Dismiss, false), Err(Code::SelfApproval));
        for status in [Status::Enrolled, Status::Dismissed] {
            assert_eq!(code(status, "boris", Decision::Enrol, false), Err(Code::InvalidTransition));
        }
    }
}
