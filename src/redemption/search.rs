//! Looking for somebody in a course run by a part of their name or of their voucher's number.

/// What is looked for, folded.
pub struct Words(String);

impl Words {
    /// None when there is nothing to look for.
    pub fn of(text: &str) -> Option<Self> {
        Some(folded(text)).filter(|words| !words.is_empty()).map(Self)
    }

    pub fn are_in(&self, holder: Option<&str>, number: &str) -> bool {
        holder.is_some_and(|holder| folded(holder).contains(&self.0)) || folded(number).contains(&self.0)
    }
}

/// In lower case, ё as е, blanks and full stops as single blanks: `Ёлкина А.П.` is found by `елкина а п`.
fn folded(text: &str) -> String {
    let plain: String = text.to_lowercase().replace('ё', "е").replace('.', " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_yo_and_dots_do_not_matter() {
        let found = |text: &str| {
            Words::of(text).is_some_and(|words| words.are_in(Some("Ёлкина А. П."), "PSK20-0001234-5"))
        };
        for text in ["елк", "ЁЛКИНА А.П.", " ёлкина  а", "psk20-0001", "1234-5", "кина"]
        {
            assert!(found(text), "{text}");
        }
        for text in ["елкин б", "PSK21", "", " . "] {
            assert!(!found(text), "{text}");
        }
    }

    #[test]
    fn nobody_is_found_by_a_name_that_is_not_shown() {
        let words = Words::of("елк").unwrap();
        assert!(!words.are_in(None, "PSK20-0001234-5"));
    }
}
