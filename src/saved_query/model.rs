//! The address of a page of ours, and its name. Pure.

use crate::kernel::text::Malformed;
use crate::kernel::{Refusal, Text};
use std::fmt;

/// What its owner calls it.
pub type QueryName = Text<1, 100>;

/// Queries of one login at most.
pub const MOST: i64 = 100;

/// Characters of an address at most.
const LONGEST: usize = 2_000;

/// Path and query of a page here: no host, no fragment, and no place in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address {
    pub path: String,
    query: Vec<(String, String)>,
}

impl Address {
    /// Takes what cannot be read as an address elsewhere. The cursor of a list's page goes, and with it `as_of`, which
    /// the link to that page brought: a saved list begins at its beginning.
    ///
    /// # Errors
    /// What would be an address.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let elsewhere = Malformed::expected("the path and query of a page of this service");
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_-".contains(c);
        let is_path = path.starts_with('/') && !path.contains("//") && path.chars().all(is_plain);
        if !is_path || text.len() > LONGEST || query.contains('#') {
            return Err(elsewhere);
        }
        let mut query: Vec<(String, String)> = serde_urlencoded::from_str(query).map_err(|_| elsewhere)?;
        if query.iter().any(|(name, _)| name == "cursor") {
            query.retain(|(name, _)| !matches!(name.as_str(), "cursor" | "as_of"));
        }
        Ok(Self { path: path.to_owned(), query })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        match serde_urlencoded::to_string(&self.query) {
            Ok(query) if !query.is_empty() => write!(f, "?{query}"),
            _ => Ok(()),
        }
    }
}

/// Whether a login that has so many may keep another.
///
/// # Errors
/// `invalid_field`: it has as many as there can be.
pub fn check_room(saved: i64) -> Result<(), Refusal> {
    if saved < MOST {
        return Ok(());
    }
    Err(Refusal::field("name", format!("{MOST} saved queries at most: delete one first")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_service_have_an_address() {
        for good in ["/desk/journal", "/desk/journal?kind=redeemed&from=2020-03-01"] {
            assert_eq!(Address::parse(good).unwrap().to_string(), good);
        }
        let long = format!("/desk/journal?a={}", "x".repeat(LONGEST));
        for foreign in [
            "",
            "desk",
            "//example.org/desk/journal",
            "https://example.org/",
            "/\\example.org",
            "/desk//journal",
            "/desk/journal?a=1#b",
            "/desk/journal#b",
            "/desk/%6aournal",
            "/desk/../desk/journal",
            "javascript:alert(1)",
            "/desk/jour\nnal",
            &long,
        ] {
            assert!(Address::parse(foreign).is_err(), "{foreign}");
        }
    }

    #[test]
    fn a_saved_list_begins_at_its_beginning() {
        let saved = |text| Address::parse(text).unwrap().to_string();
        assert_eq!(saved("/desk/postings?cursor=AA&account=paid&as_of=7"), "/desk/postings?account=paid");
        assert_eq!(saved("/desk/postings?as_of=7"), "/desk/postings?as_of=7", "a question as of then");
        assert_eq!(saved("/desk/journal?from=\"><b>"), "/desk/journal?from=%22%3E%3Cb%3E");
    }

    #[test]
    fn there_is_room_for_a_hundred() {
        assert!(check_room(99).is_ok() && check_room(100).is_err());
    }
}
