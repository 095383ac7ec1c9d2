//! How money, instants and text of others are written, so that a reader takes them for what they are.

use crate::kernel::Kopecks;
use std::borrow::Cow;

/// Roubles with two decimals and this mark before them: `-6500,05`. No float is involved.
pub(super) fn roubles(amount: Kopecks, mark: char) -> String {
    let absolute = amount.get().unsigned_abs();
    let sign = if amount.get() < 0 { "-" } else { "" };
    format!("{sign}{}{mark}{:02}", absolute / 100, absolute % 100)
}

/// Text that a spreadsheet would take for a formula gets an apostrophe in front.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return Cow::Owned(format!("'{text}"));
    }
    Cow::Borrowed(text)
}

/// The value of a tag of hledger: a comma would end it, brackets could be read as a date.
pub(super) fn tag(text: &str) -> Cow<'_, str> {
    if text.contains([',', '[', ']', '\n', '\r']) {
        return Cow::Owned(text.replace([',', '[', ']', '\n', '\r'], "_"));
    }
    Cow::Borrowed(text)
}

/// A string of beancount, in its quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kopecks_are_neither_lost_nor_made() {
        for (kopecks, text) in [
            (0, "0.00"),
            (5, "0.05"),
            (-5, "-0.05"),
            (650_000, "6500.00"),
            (-123_456_789_012_345_678, "-1234567890123456.78"),
            (i64::MIN, "-92233720368547758.08"),
        ] {
            assert_eq!(roubles(Kopecks::new(kopecks), '.'), text);
        }
        assert_eq!(roubles(Kopecks::new(150), ','), "1,50");
    }

    #[test]
    fn text_of_others_stays_text() {
        for formula in ["=1+1", "+7", "-1", "@SUM(A1)", "\t=1"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        assert_eq!(harmless("П-17"), "П-17");
        assert_eq!(tag("П-1, date:2020-01-01 [2020-01-01]"), "П-1_ date:2020-01-01 _2020-01-01_");
        assert_eq!(quoted(r#"a "b" \"#), r#""a \"b\" \\""#);
    }
}
