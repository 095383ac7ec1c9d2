//! Amounts as files write them: roubles with a point and two digits at most. Pure.

use crate::kernel::Kopecks;

/// `100`, `100.5` and `100.50`; with a minus where it is a balance. None for anything else, and for what does not fit.
pub(super) fn kopecks(text: &str) -> Option<Kopecks> {
    let text = text.trim();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (roubles, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(roubles) || !is_number(fraction) || fraction.len() > 2 {
        return None;
    }
    let hundredths: i64 = format!("{fraction:0<2}").parse().ok()?;
    let roubles: i64 = roubles.parse().ok()?;
    roubles.checked_mul(100)?.checked_add(hundredths)?.checked_mul(sign).map(Kopecks::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_amount_of_kopecks_is_refused() {
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "100.505",
            "1e3",
            "+1",
            "1 000",
            "1,50",
            "--1",
            "1.2.3",
            "٣",
            "92233720368547758.08",
        ] {
            assert_eq!(kopecks(text), None, "{text}");
        }
        for (text, amount) in
            [("100", 10_000), ("100.5", 10_050), (" 100.50 ", 10_050), ("0.01", 1), ("-5.05", -505)]
        {
            assert_eq!(kopecks(text), Some(Kopecks::new(amount)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whole_kopecks_are_read_back(amount in -1_000_000_000_000_i64..1_000_000_000_000) {
            let text = format!("{}{}.{:02}", if amount < 0 { "-" } else { "" }, amount.abs() / 100, amount.abs() % 100);
            prop_assert_eq!(kopecks(&text), Some(Kopecks::new(amount)));
        }
    }
}
