//! The number of a voucher: what people read aloud, type and print. Scanners use the credential,
//! and nothing is decided by a number alone.

use super::text::{Malformed, string_value};
use std::fmt;

/// The code of a programme that starts its vouchers' numbers: `PSK20`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProgrammeCode(String);

impl ProgrammeCode {
    /// `[A-Z0-9]{2,8}`; lower case is raised and spaces around are dropped.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let text = text.trim().to_ascii_uppercase();
        let allowed = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        if (2..=8).contains(&text.len()) && text.bytes().all(allowed) {
            return Ok(Self(text));
        }
        Err(Malformed::expected("2 to 8 Latin letters or digits"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProgrammeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

string_value!(ProgrammeCode, "^[A-Z0-9]{2,8}$", "Code of a programme");

/// `PSK20-0001234-5`: programme code, serial within the programme (at least seven digits), and a
/// check digit over both.
///
/// The check digit is Damm's (2004) over the digits, a letter counting as two of them (A is 10,
/// Z is 35). It catches
/// - every single wrong digit, and every swap of two neighbouring digits, wherever they stand;
/// - every letter taken for one whose two digits differ in one place only (B for D, A for K);
/// - about nine in ten of other slips. One decimal digit cannot tell 26 letters apart, but a
///   wrong letter gives a programme that does not exist.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct VoucherNumber {
    programme_code: ProgrammeCode,
    serial: u64,
}

impl VoucherNumber {
    pub fn new(programme_code: ProgrammeCode, serial: u64) -> Self {
        Self { programme_code, serial }
    }

    /// Takes lower case and spaces around. The serial has one spelling: seven digits, or more
    /// without a leading zero.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const SHAPE: Malformed = Malformed::expected("a voucher number such as PSK20-0001234-5");
        let mut parts = text.trim().split('-');
        let (Some(code), Some(serial), Some(check), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SHAPE);
        };
        let number = Self {
            programme_code: ProgrammeCode::parse(code).map_err(|_| SHAPE)?,
            serial: serial.parse().map_err(|_| SHAPE)?,
        };
        let is_one_digit = check.len() == 1 && check.bytes().all(|b| b.is_ascii_digit());
        if serial != number.padded_serial() || code.trim() != code || !is_one_digit {
            return Err(SHAPE);
        }
        if check != number.check_digit().to_string() {
            return Err(Malformed::expected(
                "a voucher number copied without a slip (its last digit does not agree)",
            ));
        }
        Ok(number)
    }

    pub fn programme_code(&self) -> &ProgrammeCode {
        &self.programme_code
    }

    /// Its place among the programme's vouchers.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    fn padded_serial(&self) -> String {
        format!("{:07}", self.serial)
    }

    fn check_digit(&self) -> u8 {
        let serial = self.padded_serial();
        self.programme_code.as_str().bytes().chain(serial.bytes()).fold(0, damm_step)
    }
}

/// Carries the check over one more character, `0-9` or `A-Z`.
fn damm_step(interim: u8, character: u8) -> u8 {
    let step = |interim: u8, digit: u8| DAMM[usize::from(interim)][usize::from(digit)];
    match character {
        b'0'..=b'9' => step(interim, character - b'0'),
        letter => {
            let value = letter - b'A' + 10;
            step(step(interim, value / 10), value % 10)
        }
    }
}

/// The totally anti-symmetric quasigroup of order 10 from H. M. Damm's thesis (Marburg, 2004).
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

impl fmt::Display for VoucherNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}-{}", self.programme_code, self.padded_serial(), self.check_digit()))
    }
}

string_value!(VoucherNumber, "^[A-Z0-9]{2,8}-[0-9]{7,20}-[0-9]$", "Number of a voucher, with a check digit");

#[cfg(test)]
mod tests {
    use super::*;

    fn number(code: &str, serial: u64) -> VoucherNumber {
        VoucherNumber::new(ProgrammeCode::parse(code).unwrap(), serial)
    }

    fn samples() -> impl Iterator<Item = VoucherNumber> {
        let serials = [0, 1, 9, 1_234, 999_999, 9_999_999, 10_000_000, 1_234_567_890, u64::MAX];
        ["PSK20", "ZZ", "2020", "A1B2C3D4"].into_iter().flat_map(move |code| serials.map(|n| number(code, n)))
    }

    #[test]
    fn is_written_once_and_read_back() {
        for number in samples() {
            assert_eq!(VoucherNumber::parse(&number.to_string()).unwrap(), number);
        }
        let text = number("PSK20", 1_234).to_string();
        assert_eq!(text, "PSK20-0001234-0");
        let read = VoucherNumber::parse(&format!("  {} ", text.to_lowercase())).unwrap();
        assert_eq!((read.programme_code().as_str(), read.serial()), ("PSK20", 1_234));
    }

    #[test]
    fn the_known_example_of_damm() {
        assert_eq!("572".bytes().fold(0, damm_step), 4);
    }

    #[test]
    fn every_wrong_digit_is_caught() {
        for text in samples().map(|number| number.to_string()) {
            for (at, right) in text.bytes().enumerate().filter(|(_, b)| b.is_ascii_digit()) {
                for wrong in (b'0'..=b'9').filter(|wrong| *wrong != right) {
                    let mut bytes = text.clone().into_bytes();
                    bytes[at] = wrong;
                    let slip = String::from_utf8(bytes).unwrap();
                    assert!(VoucherNumber::parse(&slip).is_err(), "{slip} for {text}");
                }
            }
        }
    }

    #[test]
    fn every_swap_of_neighbouring_digits_is_caught() {
        for text in samples().map(|number| number.to_string()) {
            for at in 1..text.len() {
                let mut bytes = text.clone().into_bytes();
                let (left, right) = (bytes[at - 1], bytes[at]);
                if left != right && left.is_ascii_digit() && right.is_ascii_digit() {
                    bytes.swap(at - 1, at);
                    let slip = String::from_utf8(bytes).unwrap();
                    assert!(VoucherNumber::parse(&slip).is_err(), "{slip} for {text}");
                }
            }
        }
    }

    #[test]
    fn letters_are_caught_as_far_as_promised() {
        let (mut slips, mut caught) = (0, 0);
        let letters = || b'A'..=b'Z';
        for (interim, right, wrong) in
            (0..10).flat_map(|i| letters().flat_map(move |r| letters().map(move |w| (i, r, w))))
        {
            let digits = |letter: u8| ((letter - b'A' + 10) / 10, (letter - b'A' + 10) % 10);
            let ((a, b), (c, d)) = (digits(right), digits(wrong));
            let is_caught = damm_step(interim, right) != damm_step(interim, wrong);
            if (a != c) ^ (b != d) {
                assert!(is_caught, "{} for {}", char::from(wrong), char::from(right));
            } else if right != wrong {
                slips += 1;
                caught += i32::from(is_caught);
            }
        }
        assert!(caught * 100 > slips * 85, "{caught} of {slips}");
    }

    #[test]
    fn other_shapes_are_refused() {
        for bad in [
            "",
            "PSK20",
            "PSK20-0001234",
            "PSK20-1234-0",
            "PSK20-00001234-0",
            "PSK20-0001234-0-",
            "PSK20--0001234-0",
            "PSK20 -0001234-0",
            "PSK20-+001234-0",
            "PSK20-0001234-00",
            "P-0001234-0",
            "ПСК20-0001234-0",
            "PSK20-99999999999999999999-0",
            "PSK200001234-0",
        ] {
            assert!(VoucherNumber::parse(bad).is_err(), "{bad}");
        }
    }
}
