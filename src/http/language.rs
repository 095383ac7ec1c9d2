//! The language of an answer, by `Accept-Language` (RFC 9110 §12.5.4).

use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};

/// The languages we speak. English when the client does not say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Language {
    #[default]
    English,
    Russian,
}

impl Language {
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Russian => "ru",
        }
    }

    pub fn parse(tag: &str) -> Option<Self> {
        [Language::English, Language::Russian].into_iter().find(|language| language.tag() == tag)
    }

    /// The preferred one of ours, English for clients that do not say; at equal weight the one named first.
    pub fn of(headers: &HeaderMap) -> Self {
        Self::preferred(headers, Self::default())
    }

    /// [`Language::of`] with another default.
    pub fn preferred(headers: &HeaderMap, default: Self) -> Self {
        let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let mut best = (0.0, default);
        for (language, weight) in header.split(',').filter_map(range) {
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }
}

/// One range of the header, `ru-RU;q=0.8`; `None` for languages that are not ours.
fn range(text: &str) -> Option<(Language, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next()?.to_ascii_lowercase();
    let language = match tag.split('-').next()? {
        "ru" => Language::Russian,
        "en" => Language::English,
        _ => return None,
    };
    let weight = match parts.next() {
        Some(weight) => weight.strip_prefix("q=")?.parse().ok().filter(|q| (0.0..=1.0).contains(q))?,
        None => 1.0,
    };
    Some((language, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heavier_of_our_two_wins() {
        let chosen = |header: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, header.parse().unwrap());
            Language::of(&headers)
        };
        assert_eq!(chosen("ru"), Language::Russian);
        assert_eq!(chosen("ru-RU,ru;q=0.9,en-US;q=0.8"), Language::Russian);
        assert_eq!(chosen("en;q=0.9, ru;q=0.8"), Language::English);
        assert_eq!(chosen("de, ru;q=0.3"), Language::Russian);
        assert_eq!(chosen("ru;q=0, en;q=0.1"), Language::English);
        assert_eq!(chosen("de"), Language::English);
        assert_eq!(chosen("ru;q=lots"), Language::English);
        assert_eq!(Language::of(&HeaderMap::new()), Language::English);
    }
}
