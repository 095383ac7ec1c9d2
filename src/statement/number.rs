//! Numbers of accounts and BICs, with the control key that catches a wrong digit.
//!
//! The key is that of the Bank of Russia's Порядок расчёта контрольного ключа в номере лицевого счёта (8 September 1997,
//! № 515).

use crate::kernel::text::string_value;
use crate::kernel::{Malformed, Refusal};

/// The number of an account: 20 digits.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AccountNumber(String);

/// БИК: who keeps the account; nine digits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bic(String);

string_value!(AccountNumber, r"^\d{20}$", "Number of an account, 20 digits with a control key");
string_value!(Bic, r"^\d{9}$", "БИК of who keeps the account, nine digits");

fn digits(text: &str, count: usize) -> Option<String> {
    let text = text.trim();
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.to_owned())
}

impl AccountNumber {
    /// # Errors
    /// Anything but 20 digits.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        digits(text, 20).map(Self).ok_or(Malformed::expected("20 digits"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For refusals: its last four digits.
    pub fn masked(&self) -> String {
        format!("…{}", &self.0[16..])
    }

    /// Whether the account can be one that is kept under this BIC.
    ///
    /// Accounts of the treasury that begin with 03 have no key: where others have it they have the code of a territory
    /// (ОКТМО).
    ///
    /// # Errors
    /// `invalid_field`: its control key is another one.
    pub fn check(&self, bic: &Bic) -> Result<(), Refusal> {
        if self.0.starts_with("03") || sum(&bic.prefix(), &self.0).is_multiple_of(10) {
            return Ok(());
        }
        Err(Refusal::field(
            "account_number",
            "an account whose control key fits the BIC: one of the digits is wrong",
        ))
    }
}

impl Bic {
    /// # Errors
    /// Anything but nine digits, the first of which is 0.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let found = digits(text, 9).filter(|digits| digits.starts_with('0'));
        found.map(Self).ok_or(Malformed::expected("nine digits, the first of which is 0"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The three digits that the key is made with: of a bank the last ones, of a cash settlement centre and of the treasury
    /// (whose BICs do not begin with 04) the fifth and sixth behind a zero.
    fn prefix(&self) -> String {
        let last = &self.0[6..];
        match self.0.starts_with("04") && !matches!(last, "000" | "001" | "002") {
            true => last.to_owned(),
            false => format!("0{}", &self.0[4..6]),
        }
    }
}

impl std::fmt::Display for AccountNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Display for Bic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The digits weighted 7, 1, 3, 7, 1, 3 …
fn sum(prefix: &str, account: &str) -> u32 {
    let digits = prefix.bytes().chain(account.bytes()).map(|digit| u32::from(digit - b'0'));
    digits.zip([7, 1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(bic: &str, account: &str) -> bool {
        AccountNumber::parse(account).unwrap().check(&Bic::parse(bic).unwrap()).is_ok()
    }

    /// The examples of № 515, and single accounts of the treasury as tax offices publish them.
    #[test]
    fn published_accounts_have_the_key_of_their_bic() {
        for (bic, account) in [
            ("049805000", "30101810800000000746"),
            ("049805746", "40602810700000000025"),
            ("017003983", "40102810445370000059"),
            ("004525988", "40102810545370000003"),
            ("015805002", "40102810145370000049"),
            ("017003983", "03100643000000018500"),
        ] {
            assert!(fits(bic, account), "{bic} {account}");
        }
    }

    #[test]
    fn every_wrong_digit_is_found() {
        let account = "40602810700000000025";
        for place in 0..account.len() {
            for digit in '0'..='9' {
                let mut other = account.to_owned();
                other.replace_range(place..=place, &digit.to_string());
                assert_eq!(fits("049805746", &other), other == account, "{other}");
            }
        }
        assert!(!fits("049805747", account), "nor is it another bank's");
    }

    #[test]
    fn other_things_are_none() {
        for text in ["", "4060281070000000002", "4060281070000000002Х", "406028107000000000250"] {
            assert!(AccountNumber::parse(text).is_err(), "{text}");
        }
        for text in ["", "14980574", "149805746", "04980574a"] {
            assert!(Bic::parse(text).is_err(), "{text}");
        }
        assert_eq!(AccountNumber::parse("40602810700000000025").unwrap().masked(), "…0025");
    }
}
