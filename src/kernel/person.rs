//! People: СНИЛС, name, e-mail, category of service.
//!
//! Personal data. `Debug` shows none of it, no error repeats it, and СНИЛС, name and e-mail have no
//! serde: whoever shows or stores them says so by calling an accessor.

use super::Refusal;
use super::text::Malformed;
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroize;

/// The insurance number of a person (СНИЛС): nine digits and two check digits.
/// `Display` writes all of it: `112-233-445 95`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Snils([u8; 11]);

impl Snils {
    /// Takes `112-233-445 95`, `112 233 445 95` or `11223344595`, spaces around dropped.
    ///
    /// The check digits are those of the Pension Fund's rule: the sum of the nine digits weighted
    /// 9 to 1, modulo 101, 100 counting as 00. The rule holds for numbers above 001-001-998;
    /// earlier ones cannot be checked and are refused.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let digits = digits_of(text.trim())
            .ok_or(Malformed::expected("a SNILS of 11 digits, such as 112-233-445 95"))?;
        let snils = Self(digits);
        if snils.serial() < FIRST_CHECKED {
            return Err(Malformed::expected("a SNILS above 001-001-998 (earlier ones cannot be checked)"));
        }
        if digits[9..] != check_digits(&digits[..9]) {
            return Err(Malformed::expected(
                "a SNILS copied without a slip (its last two digits do not agree)",
            ));
        }
        Ok(snils)
    }

    /// The number with this serial and the right check digits, for synthetic people.
    /// `None` for a serial that cannot be checked or has more than nine digits.
    pub fn from_serial(serial: u32) -> Option<Self> {
        if !(FIRST_CHECKED..=999_999_999).contains(&serial) {
            return None;
        }
        let serial = format!("{serial:09}");
        let mut digits = [0; 11];
        digits[..9].copy_from_slice(serial.as_bytes());
        digits[9..].copy_from_slice(&check_digits(serial.as_bytes()));
        Some(Self(digits))
    }

    /// The 11 digits as ASCII without separators: the one form that is hashed and sealed.
    pub fn digits(&self) -> &[u8; 11] {
        &self.0
    }

    fn serial(&self) -> u32 {
        self.0[..9].iter().fold(0, |serial, digit| serial * 10 + u32::from(digit - b'0'))
    }
}

const FIRST_CHECKED: u32 = 1_001_999;

fn digits_of(text: &str) -> Option<[u8; 11]> {
    let mut bytes = text.as_bytes().to_vec();
    if let [_, _, _, a, _, _, _, b, _, _, _, c, _, _] = bytes[..] {
        if !matches!([a, b, c], [b'-', b'-', b' '] | [b' ', b' ', b' ']) {
            return None;
        }
        bytes.retain(|byte| ![b'-', b' '].contains(byte));
    }
    let digits = <[u8; 11]>::try_from(bytes.as_slice()).ok();
    bytes.zeroize();
    digits.filter(|digits| digits.iter().all(u8::is_ascii_digit))
}

fn check_digits(nine: &[u8]) -> [u8; 2] {
    let sum: u32 =
        nine.iter().zip((1..=9).rev()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = (sum % 101 % 100) as u8; // below 100
    [b'0' + check / 10, b'0' + check % 10]
}

impl fmt::Display for Snils {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = str::from_utf8(&self.0).map_err(|_| fmt::Error)?;
        write!(f, "{}-{}-{} {}", &digits[..3], &digits[3..6], &digits[6..9], &digits[9..])
    }
}

impl fmt::Debug for Snils {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Snils(***)")
    }
}

impl Drop for Snils {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The name of a person as their documents have it.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName {
    family_name: String,
    given_name: String,
    patronymic: Option<String>,
}

impl PersonName {
    /// Each part has 1 to 60 Cyrillic or Latin letters, hyphens, apostrophes and spaces, and starts
    /// with a letter; spaces around are dropped. An empty patronymic is none.
    /// The refusal names the part: `family_name`, `given_name` or `patronymic`.
    pub fn parse(family_name: &str, given_name: &str, patronymic: Option<&str>) -> Result<Self, Refusal> {
        Ok(Self {
            family_name: name_part(family_name).map_err(|e| e.at("family_name"))?,
            given_name: name_part(given_name).map_err(|e| e.at("given_name"))?,
            patronymic: patronymic
                .filter(|text| !text.trim().is_empty())
                .map(name_part)
                .transpose()
                .map_err(|e| e.at("patronymic"))?,
        })
    }

    pub fn family_name(&self) -> &str {
        &self.family_name
    }

    pub fn given_name(&self) -> &str {
        &self.given_name
    }

    pub fn patronymic(&self) -> Option<&str> {
        self.patronymic.as_deref()
    }

    /// `Иванова А. П.`: all that a credential says of its holder.
    pub fn surname_and_initials(&self) -> String {
        let mut text = self.family_name.clone();
        for part in [Some(&self.given_name), self.patronymic.as_ref()].into_iter().flatten() {
            text.push(' ');
            text.extend(part.chars().take(1).flat_map(char::to_uppercase));
            text.push('.');
        }
        text
    }
}

fn name_part(text: &str) -> Result<String, Malformed> {
    let text = text.trim();
    let is_letter =
        |c: char| c.is_alphabetic() && matches!(c, 'A'..='z' | '\u{c0}'..='\u{24f}' | '\u{400}'..='\u{52f}');
    let is_allowed = |c: char| is_letter(c) || matches!(c, '-' | '\'' | '’' | ' ');
    let fits = (1..=60).contains(&text.chars().count());
    if fits && text.starts_with(is_letter) && text.chars().all(is_allowed) {
        return Ok(text.to_owned());
    }
    Err(Malformed::expected("1 to 60 Cyrillic or Latin letters, hyphens, apostrophes or spaces"))
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(***)")
    }
}

/// An e-mail address, checked for shape only: whether it works is known when it is written to.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// One `@` with something on both sides, at most 254 bytes (RFC 5321 §4.5.3.1.3 less the angle
    /// brackets), no spaces or control characters, and nothing that would make it a list of addresses.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let text = text.trim();
        let refused =
            |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '<' | '>' | '"');
        let has_two_sides = text
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'));
        if has_two_sides && text.len() <= 254 && !text.contains(refused) {
            return Ok(Self(text.to_owned()));
        }
        Err(Malformed::expected("one e-mail address"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(***)")
    }
}

/// The category of service of an employee; eligibility depends on it.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ServiceCategory {
    /// Государственный гражданский служащий.
    StateCivilServant,
    /// Муниципальный служащий.
    MunicipalServant,
    /// Anybody else an agency employs: drivers, clerks.
    Other,
}

impl ServiceCategory {
    pub const ALL: [Self; 3] = [Self::StateCivilServant, Self::MunicipalServant, Self::Other];

    /// The name in JSON, CSV and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StateCivilServant => "state_civil_servant",
            Self::MunicipalServant => "municipal_servant",
            Self::Other => "other",
        }
    }

    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|category| category.as_str() == text)
            .ok_or(Malformed::expected("state_civil_servant, municipal_servant or other"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Code;

    #[test]
    fn snils_is_taken_in_its_usual_spellings() {
        for text in ["112-233-445 95", "11223344595", "112 233 445 95", "  112-233-445 95\n"] {
            assert_eq!(Snils::parse(text).unwrap().to_string(), "112-233-445 95", "{text}");
        }
    }

    #[test]
    fn snils_is_taken_in_no_other_spelling() {
        for bad in [
            "",
            "1122334459",
            "112233445950",
            "112-233-44595",
            "112-233 445 95",
            "112.233.445 95",
            "112-233-445-95",
            "11-2233-445 95",
            "1.1223344595E10",
            "11223344595.0",
            "１１２２３３４４５９５",
            "112-233-445 9x",
            "112-23--445 95",
        ] {
            assert!(Snils::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn snils_check_digits_follow_the_rule_at_its_corners() {
        // 201 is 100 and 202 is 0 modulo 101.
        for (nine, sum, check) in [
            ("112233445", 95, "95"),
            ("142006408", 99, "99"),
            ("206130059", 100, "00"),
            ("100356259", 101, "00"),
            ("127101074", 102, "01"),
            ("544544369", 201, "00"),
            ("509069464", 202, "00"),
            ("918210962", 203, "01"),
        ] {
            let real: u32 = nine.bytes().zip((1..=9).rev()).map(|(d, w)| u32::from(d - b'0') * w).sum();
            assert_eq!(real, sum, "the sample {nine} itself");
            assert!(Snils::parse(&format!("{nine}{check}")).is_ok(), "{nine}");
        }
    }

    #[test]
    fn every_wrong_digit_of_a_snils_is_caught() {
        let right = b"11223344595";
        for at in 0..11 {
            for wrong in (b'0'..=b'9').filter(|digit| *digit != right[at]) {
                let mut slip = *right;
                slip[at] = wrong;
                assert!(Snils::parse(str::from_utf8(&slip).unwrap()).is_err(), "digit {at}");
            }
        }
    }

    #[test]
    fn early_snils_cannot_be_checked_and_are_refused() {
        let last_unchecked = Snils::parse("001-001-998 48").unwrap_err();
        assert!(last_unchecked.expected.contains("001-001-998"));
        assert_eq!(Snils::from_serial(1_001_998), None);
        assert_eq!(Snils::from_serial(1_000_000_000), None);
        assert!(Snils::from_serial(1_001_999).is_some());
    }

    #[test]
    fn a_snils_made_from_a_serial_is_valid() {
        for serial in (1_001_999..=999_999_999).step_by(9_999_991) {
            let snils = Snils::from_serial(serial).unwrap();
            assert_eq!(Snils::parse(&snils.to_string()).unwrap(), snils);
            assert_eq!(snils.serial(), serial);
        }
    }

    #[test]
    fn debug_and_errors_show_no_person() {
        let name = PersonName::parse("Иванова", "Анна", None).unwrap();
        let email = Email::parse("anna@example.org").unwrap();
        let shown = format!("{:?} {name:?} {email:?}", Snils::parse("11223344595").unwrap());
        assert_eq!(shown, "Snils(***) PersonName(***) Email(***)");
        let refusal = PersonName::parse("Иванова", "4нна", None).unwrap_err();
        assert!(!format!("{refusal:?}").contains("4нна"));
        assert!(!Snils::parse("11223344596").unwrap_err().to_string().contains("445"));
    }

    #[test]
    fn names_are_those_of_documents() {
        for good in [
            "Иванова",
            "Римский-Корсаков",
            "д'Артаньян",
            "О’Нил",
            "Müller",
            "Ван Дер Ваальс",
            "Ёлкина",
            "Қасым",
        ] {
            assert!(PersonName::parse(good, "Анна", None).is_ok(), "{good}");
        }
        let long = "я".repeat(61);
        for bad in ["", "  ", "-Анна", "Анна1", "Анна\tМария", "=cmd", "Анна<", "李", "A_B", "A^", &long]
        {
            assert!(PersonName::parse(bad, "Анна", None).is_err(), "{bad}");
        }
        let refusal = PersonName::parse("Иванова", "Анна", Some("?")).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_deref()), (Code::InvalidField, Some("patronymic")));
    }

    #[test]
    fn surname_and_initials() {
        let of = |given, patronymic| {
            PersonName::parse(" Иванова ", given, patronymic).unwrap().surname_and_initials()
        };
        assert_eq!(of("Анна", Some("Петровна")), "Иванова А. П.");
        assert_eq!(of("анна-мария", Some(" ")), "Иванова А.");
    }

    #[test]
    fn emails_have_two_sides_and_stay_one() {
        assert_eq!(
            Email::parse(" a.b+c@xn--80ak6aa92e.example ").unwrap().as_str(),
            "a.b+c@xn--80ak6aa92e.example"
        );
        let long = format!("{}@example.org", "a".repeat(243));
        for bad in
            ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\r\nBcc: x", "a@b,c@d", "a@b,c", "<a@b>", &long]
        {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
        assert!(Email::parse(&long[1..]).is_ok());
    }

    #[test]
    fn categories_have_one_name_everywhere() {
        for category in ServiceCategory::ALL {
            assert_eq!(ServiceCategory::parse(category.as_str()), Ok(category));
            assert_eq!(serde_json::to_value(category).unwrap(), category.as_str());
        }
        assert!(ServiceCategory::parse("driver").is_err());
    }
}
