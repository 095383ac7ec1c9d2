//! Who a token may be for. Pure.

use crate::kernel::text::{Malformed, string_value};
use crate::kernel::{Refusal, Scope};
use std::fmt;

/// The person or system a token belongs to, as the personnel or IT office names them: a login, not a
/// name. Two tokens of one subject are one person.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Subject(String);

impl Subject {
    /// `[a-z0-9._-]{1,64}`; upper case is lowered and spaces around are dropped.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let text = text.trim().to_ascii_lowercase();
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            return Ok(Self(text));
        }
        Err(Malformed::expected("a login: 1 to 64 Latin letters, digits, dots, underscores or hyphens"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

string_value!(Subject, "^[a-z0-9._-]{1,64}$", "Login of a person or system");

/// The organisation a token acts for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder<A, U> {
    Agency(A),
    University(U),
    /// The programme and finance offices, control and administration.
    Office,
}

impl<A, U> Holder<A, U> {
    /// The organisation that the scope asks for: exactly that, and no other.
    ///
    /// # Errors
    /// `invalid_field` at the organisation that is missing or too much.
    pub fn of(scope: Scope, agency: Option<A>, university: Option<U>) -> Result<Self, Refusal> {
        let refused = |field, expected: &str| Err(Refusal::field(field, expected));
        let at_university = matches!(scope, Scope::Registrar | Scope::Teaching);
        match (scope, agency, university) {
            (Scope::Agency, None, _) => refused("agency_id", "the agency that the token is for"),
            (_, _, None) if at_university => refused("university_id", "the university that the token is for"),
            (Scope::Agency, Some(agency), None) => Ok(Self::Agency(agency)),
            (_, None, Some(university)) if at_university => Ok(Self::University(university)),
            (Scope::Agency, Some(_), Some(_)) | (_, None, Some(_)) => {
                refused("university_id", "nothing: only tokens of registrar and teaching have one")
            }
            (_, Some(_), _) => refused("agency_id", "nothing: only tokens of agency have one"),
            (_, None, None) => Ok(Self::Office),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_has_exactly_its_organisation() {
        for scope in Scope::ALL {
            let fits: Vec<_> = [(None, None), (Some(1), None), (None, Some(1)), (Some(1), Some(1))]
                .into_iter()
                .filter(|(agency, university)| Holder::of(scope, *agency, *university).is_ok())
                .collect();
            let wanted = match scope {
                Scope::Agency => (Some(1), None),
                Scope::Registrar | Scope::Teaching => (None, Some(1)),
                _ => (None, None),
            };
            assert_eq!(fits, [wanted], "{scope:?}");
        }
    }

    #[test]
    fn a_subject_is_a_login() {
        assert_eq!(Subject::parse(" Treasury-1 ").unwrap().as_str(), "treasury-1");
        for bad in ["", "Иванов", "a b", "a@b"] {
            assert!(Subject::parse(bad).is_err(), "{bad}");
        }
    }
}
