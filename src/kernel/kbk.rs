//! КБК: the budget classification code that names a budget line to the treasury.

use super::text::{Malformed, string_value};
use std::fmt;

/// A budget classification code (код бюджетной классификации): exactly 20 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kbk([u8; 20]);

impl Kbk {
    /// 20 digits and nothing between them; spaces around are dropped.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        match <[u8; 20]>::try_from(text.trim().as_bytes()) {
            Ok(digits) if digits.iter().all(u8::is_ascii_digit) => Ok(Self(digits)),
            _ => Err(Malformed::expected("20 digits")),
        }
    }
}

impl fmt::Display for Kbk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(str::from_utf8(&self.0).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Kbk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kbk({self})")
    }
}

string_value!(Kbk, "^[0-9]{20}$", "Budget classification code (КБК), 20 digits");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_twenty_digits() {
        let code = "07104101520100009244";
        assert_eq!(Kbk::parse(&format!(" {code}\n")).unwrap().to_string(), code);
        for bad in [
            "",
            "0710410152010000924",
            "071041015201000092441",
            "0710410152010000924x",
            "071 0410 1520100009 24",
        ] {
            assert!(Kbk::parse(bad).is_err(), "{bad}");
        }
        assert!(Kbk::parse("٠٧١٠٤١٠١٥٢٠١٠٠٠٠٩٢٤٤").is_err(), "digits are ASCII");
    }

    #[test]
    fn json_is_a_string() {
        let kbk: Kbk = serde_json::from_str("\"07104101520100009244\"").unwrap();
        assert_eq!(serde_json::to_string(&kbk).unwrap(), "\"07104101520100009244\"");
        assert!(serde_json::from_str::<Kbk>("7104101520100009244").is_err());
    }
}
