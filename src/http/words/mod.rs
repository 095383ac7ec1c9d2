//! The words of refusals: a title, what is known, and what to do next, in English and Russian.
//!
//! Texts have `{fact}` where a fact of the case goes. A part in `[…]` is left out when one of its facts
//! is not known. To add a refusal: its code in `kernel::refusal`, its texts in both languages here (the
//! compiler asks for them). Facts hold no personal data, so words have none.

mod english;
mod russian;

use super::Language;
use crate::kernel::{Code, Kopecks, Refusal, Timestamp};
use serde_json::Value;

/// A refusal as people read it.
pub struct Words {
    pub title: &'static str,
    pub detail: String,
    pub remedy: String,
}

/// The texts of a code in one language, with places for facts.
struct Texts {
    title: &'static str,
    detail: &'static str,
    remedy: &'static str,
}

/// The refusal in words.
pub fn of(refusal: &Refusal, language: Language) -> Words {
    let texts = texts(refusal.code, language);
    let fill = |template| fill(template, refusal).unwrap_or_else(|| texts.title.to_owned());
    Words { title: texts.title, detail: fill(texts.detail), remedy: fill(texts.remedy) }
}

fn texts(code: Code, language: Language) -> Texts {
    let (title, detail, remedy) = match language {
        Language::English => english::texts(code),
        Language::Russian => russian::texts(code),
    };
    Texts { title, detail, remedy }
}

/// The template with its facts; `None` when a fact outside of brackets is not known.
fn fill(template: &str, refusal: &Refusal) -> Option<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('[') {
        let (part, tail) = after.split_once(']')?;
        text += &fill_plain(before, refusal)?;
        text += &fill_plain(part, refusal).unwrap_or_default();
        rest = tail;
    }
    text += &fill_plain(rest, refusal)?;
    Some(text)
}

fn fill_plain(template: &str, refusal: &Refusal) -> Option<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}')?;
        text += before;
        text += &fact(name, refusal)?;
        rest = tail;
    }
    Some(text + rest)
}

fn fact(name: &str, refusal: &Refusal) -> Option<String> {
    if name == "field" {
        return refusal.field.clone();
    }
    refusal.facts.get(name).and_then(|value| written(name, value))
}

/// A fact as people write it: roubles, Moscow time, a list with commas.
fn written(name: &str, value: &Value) -> Option<String> {
    if let Some(kopecks) = value.as_i64().filter(|_| name.ends_with("_kopecks")) {
        return Some(Kopecks::new(kopecks).to_string());
    }
    match value {
        Value::Null => None,
        Value::String(text) => {
            let instant = serde_json::from_value::<Timestamp>(value.clone());
            Some(instant.map_or_else(|_| text.clone(), Timestamp::for_people))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().filter_map(|item| written(name, item)).collect();
            (!items.is_empty()).then(|| items.join(", "))
        }
        Value::Object(_) => {
            serde_json::from_value::<Kopecks>(value.clone()).ok().map(|money| money.to_string())
        }
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_written_for_people_and_unknown_parts_left_out() {
        let refusal = Refusal::new(Code::AlreadyRedeemed)
            .with("redeemed_at", Timestamp::from_millis(1_584_443_100_000))
            .with("shortfall_kopecks", 650_000)
            .with("limit", Kopecks::new(5))
            .with("allowed", ["void", "resume"]);
        let filled = |template| fill(template, &refusal);
        assert_eq!(
            filled("a[ at {redeemed_at}][ in {course_run}]."),
            Some("a at 17.03.2020 14:05 МСК.".into())
        );
        assert_eq!(filled("{shortfall_kopecks}"), Some("6\u{a0}500,00\u{a0}₽".into()));
        assert_eq!(filled("{limit}"), Some("0,05\u{a0}₽".into()));
        assert_eq!(filled("{allowed}"), Some("void, resume".into()));
        assert_eq!(filled("{unknown}"), None);
    }

    #[test]
    fn every_code_reads_well_even_when_nothing_more_is_known() {
        for code in Code::ALL {
            for language in [Language::English, Language::Russian] {
                let words = of(&Refusal::new(*code), language);
                for text in [words.title, &words.detail, &words.remedy] {
                    assert!(!text.is_empty() && !text.contains(['{', '[', '}', ']']), "{code:?}: {text}");
                }
                assert!(words.remedy.ends_with(['.', '?']), "{code:?}: {}", words.remedy);
                let is_cyrillic = words.title.chars().any(|c| ('а'..='я').contains(&c));
                assert_eq!(is_cyrillic, language == Language::Russian, "{code:?}");
                let detail = texts(*code, language).detail;
                assert!(
                    fill(detail, &Refusal::new(*code)).is_some(),
                    "{code:?}: a bare {{fact}} in {detail}"
                );
            }
        }
    }
}
