//! Who can be asked for, and what counts as a reason. Pure.

use crate::kernel::text::{Malformed, string_value};
use crate::kernel::{PayeeId, ProgrammeId, Text, VoucherId};
use std::fmt;

/// Whose name is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whom {
    /// The holder of a voucher.
    Holder(VoucherId),
    /// An instructor of the programme's university.
    Payee(PayeeId, ProgrammeId),
}

/// Why a name is asked for: a sentence that can be answered for later, not a mark in a box. Kept beside the log, which has its
/// digest; it should name nobody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grounds(Text<10, 500>);

/// Words of a reason at least.
const WORDS: usize = 3;

impl Grounds {
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let is_word = |word: &&str| word.chars().any(char::is_alphanumeric);
        match Text::parse(text) {
            Ok(line) if text.split_whitespace().filter(is_word).count() >= WORDS => Ok(Self(line)),
            _ => {
                Err(Malformed::expected("a reason of three words or more, one line of 10 to 500 characters"))
            }
        }
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for Grounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

string_value!(Grounds, "^.{10,500}$", "Why a name is asked for: one line of three words or more");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_some_words() {
        assert_eq!(Grounds::parse(" Сверка с приказом № 12 ").unwrap().as_str(), "Сверка с приказом № 12");
        for too_little in
            ["", "проверка", "так надо", "xxxxxxxxxxxxxx", "проверка … — !", "a b c", "a b c\nd e f g h"]
        {
            assert!(Grounds::parse(too_little).is_err(), "{too_little}");
        }
    }
}
