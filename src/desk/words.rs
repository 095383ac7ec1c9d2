//! The words of pages, in Fluent (projectfluent.org): one place for both languages, with their plural forms.

use crate::http::Language;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::sync::LazyLock;
use unic_langid::langid;

/// The files of both languages, one pair for each group of pages.
const FILES: &[(&str, &str)] = &[
    (include_str!("words/ru.ftl"), include_str!("words/en.ftl")),
    (include_str!("words/signing.ru.ftl"), include_str!("words/signing.en.ftl")),
    (include_str!("words/office.ru.ftl"), include_str!("words/office.en.ftl")),
    (include_str!("words/programme.ru.ftl"), include_str!("words/programme.en.ftl")),
    (include_str!("words/agency.ru.ftl"), include_str!("words/agency.en.ftl")),
    (include_str!("words/scan.ru.ftl"), include_str!("words/scan.en.ftl")),
    (include_str!("words/books.ru.ftl"), include_str!("words/books.en.ftl")),
];

type Bundle = FluentBundle<FluentResource>;

static RUSSIAN: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Russian));
static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::English));

fn bundle(language: Language) -> Bundle {
    let locale = match language {
        Language::Russian => langid!("ru"),
        Language::English => langid!("en"),
    };
    let mut bundle = Bundle::new_concurrent(vec![locale]);
    // Both languages run from left to right.
    bundle.set_use_isolating(false);
    for (russian, english) in FILES {
        let text = if language == Language::Russian { russian } else { english };
        let resource = FluentResource::try_new((*text).to_owned());
        let resource = resource.expect("the words are part of the program, and a test reads them");
        bundle.add_resource(resource).expect("no message is there twice: a test reads them");
    }
    bundle
}

fn of(language: Language) -> &'static Bundle {
    match language {
        Language::Russian => &RUSSIAN,
        Language::English => &ENGLISH,
    }
}

/// Whether there is such a message.
pub fn has(id: &str) -> bool {
    of(Language::Russian).has_message(id)
}

/// The message in this language. One that is missing shows its name between marks, which tests look for.
pub fn say<'a>(language: Language, id: &str, values: &[(&'a str, FluentValue<'a>)]) -> String {
    let bundle = of(language);
    let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else {
        return format!("⟦{id}⟧");
    };
    let arguments: FluentArgs<'_> = values.iter().cloned().collect();
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors);
    if errors.is_empty() { text.into_owned() } else { format!("⟦{id}⟧") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn ids(language: Language) -> BTreeSet<String> {
        let files = FILES.iter().map(|(ru, en)| if language == Language::Russian { *ru } else { *en });
        let lines =
            files.flat_map(str::lines).filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
        lines.filter_map(|line| line.split_once('=')).map(|(id, _)| id.trim().to_owned()).collect()
    }

    #[test]
    fn both_languages_say_the_same_things() {
        let (russian, english) = (ids(Language::Russian), ids(Language::English));
        assert!(russian.len() > 50);
        assert_eq!(russian, english);
        for id in &russian {
            assert!(of(Language::Russian).has_message(id) && of(Language::English).has_message(id), "{id}");
        }
    }

    #[test]
    fn numbers_take_their_plural_form() {
        let say = |language, count: i64| say(language, "recovery-codes-left", &[("count", count.into())]);
        let russian: Vec<_> = [1, 3, 5, 21].into_iter().map(|count| say(Language::Russian, count)).collect();
        assert_eq!(russian, ["Остался 1 код", "Осталось 3 кода", "Осталось 5 кодов", "Остался 21 код"]);
        assert_eq!([say(Language::English, 1), say(Language::English, 2)], ["1 code left", "2 codes left"]);
    }
}
