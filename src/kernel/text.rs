//! Short text from outside: one line, bounded, trimmed. `parse` is the only door to each type,
//! for JSON (through serde) as for CSV and the command line.
//!
//! To add a type whose value is a string: write `parse` and `Display`, then name it in `string_value!`.

use super::Refusal;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

/// A value that cannot be taken. It says what would have been, and never repeats the value:
/// that may be personal data, and this ends up in answers and logs.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected {expected}")]
pub struct Malformed {
    /// What can be taken, in plain English: `20 digits`.
    pub expected: Cow<'static, str>,
}

impl Malformed {
    pub const fn expected(words: &'static str) -> Self {
        Self { expected: Cow::Borrowed(words) }
    }

    /// The refusal a client is told, naming the field at fault.
    pub fn at(self, field: &str) -> Refusal {
        Refusal::field(field, self.expected)
    }
}

/// serde, `FromStr` and the OpenAPI schema of a type that is written as a string:
/// everything goes through its `parse` and its `Display`.
macro_rules! string_value {
    ($name:ident, $pattern:literal, $description:literal) => {
        impl std::str::FromStr for $name {
            type Err = $crate::kernel::text::Malformed;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some($pattern))
                    .description(Some($description))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}
pub(crate) use string_value;

/// One line of `MIN` to `MAX` characters (not bytes) without spaces at its ends: the name of an
/// agency, the reason of a reversal, the number of a document.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Text<const MIN: usize, const MAX: usize>(String);

/// Why something was rejected, withdrawn, cancelled, returned, reversed …; kept with it.
pub type Reason = Text<3, 500>;

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// Refuses control characters, line separators, and the marks that reorder what a reader sees.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let text = text.trim();
        let fits = (MIN..=MAX).contains(&text.chars().count());
        if fits && text.chars().all(is_plain) {
            return Ok(Self(text.to_owned()));
        }
        Err(Malformed { expected: format!("one line of {MIN} to {MAX} characters").into() })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_plain(c: char) -> bool {
    let breaks_the_line = matches!(c, '\u{2028}' | '\u{2029}');
    let reorders = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !breaks_the_line && !reorders
}

impl<const MIN: usize, const MAX: usize> fmt::Display for Text<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<const MIN: usize, const MAX: usize> Serialize for Text<MIN, MAX> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Text<MIN, MAX> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl<const MIN: usize, const MAX: usize> utoipa::PartialSchema for Text<MIN, MAX> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .min_length(Some(MIN))
            .max_length(Some(MAX))
            .into()
    }
}

impl<const MIN: usize, const MAX: usize> utoipa::ToSchema for Text<MIN, MAX> {
    /// Each pair of bounds is a schema of its own.
    fn name() -> Cow<'static, str> {
        format!("Text{MIN}to{MAX}").into()
    }
}

/// The code of an agency within a programme: `PSK-S01`. It rides in the credential, so it is
/// short and ASCII.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AgencyCode(String);

impl AgencyCode {
    /// `[A-Za-z0-9._-]{1,16}`, spaces around it dropped.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let text = text.trim();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        if (1..=16).contains(&text.len()) && text.bytes().all(allowed) {
            return Ok(Self(text.to_owned()));
        }
        Err(Malformed::expected("1 to 16 Latin letters, digits, dots, underscores or hyphens"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AgencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

string_value!(AgencyCode, "^[A-Za-z0-9._-]{1,16}$", "Code of an agency");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_and_counted_in_characters() {
        let reason = Text::<1, 6>::parse("  ошибка ").unwrap();
        assert_eq!(reason.as_str(), "ошибка");
        assert!(Text::<1, 6>::parse("ошибка!").is_err());
        assert!(Text::<1, 6>::parse("   ").is_err());
        assert!(Text::<2, 6>::parse("a").is_err());
        assert!(Text::<0, 6>::parse("").is_ok());
    }

    #[test]
    fn text_is_one_line_that_reads_as_it_is_stored() {
        for bad in ["a\nb", "a\tb", "a\0b", "a\u{85}b", "a\u{2028}b", "a\u{202e}b", "a\u{2066}b"] {
            assert!(Text::<1, 60>::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn agency_codes_are_short_and_ascii() {
        assert_eq!(AgencyCode::parse(" PSK-S01 ").unwrap().as_str(), "PSK-S01");
        for bad in ["", "ПСК-1", "a b", "a/b", "12345678901234567"] {
            assert!(AgencyCode::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn json_goes_through_the_same_door_and_does_not_echo() {
        assert_eq!(serde_json::from_str::<Text<1, 9>>("\" да \"").unwrap().as_str(), "да");
        assert_eq!(serde_json::to_string(&AgencyCode::parse("a.1").unwrap()).unwrap(), "\"a.1\"");
        let error = serde_json::from_str::<Text<1, 3>>("\"секрет\"").unwrap_err().to_string();
        assert!(error.starts_with("expected one line of 1 to 3 characters"), "{error}");
    }

    #[test]
    fn bounds_of_different_texts_do_not_share_a_schema() {
        use utoipa::ToSchema;
        #[derive(utoipa::ToSchema)]
        struct Body {
            #[allow(dead_code)]
            reason: Text<3, 200>,
        }
        assert_ne!(Text::<3, 200>::name(), Text::<1, 60>::name());
        let mut schemas = Vec::new();
        Body::schemas(&mut schemas);
        let (name, schema) = &schemas[0];
        assert_eq!(name, "Text3to200");
        assert_eq!(serde_json::to_value(schema).unwrap()["maxLength"], 200);
    }

    #[test]
    fn a_refusal_names_the_field_and_what_fits() {
        let refusal = AgencyCode::parse("Иванова").unwrap_err().at("agency_code");
        assert_eq!(refusal.field.as_deref(), Some("agency_code"));
        assert!(!serde_json::to_string(&refusal.facts).unwrap().contains("Иванова"));
    }
}
