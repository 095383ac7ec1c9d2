//! What is wrong with a file, for whoever chose it: what it seems to be, and what to do.

use super::super::Page;
use crate::http::words;
use crate::kernel::{Code, Refusal};

pub struct Trouble {
    pub title: String,
    pub detail: String,
    pub remedy: String,
}

/// Reasons of `malformed_file` that pages have words for.
const REASONS: [&str; 4] = ["empty", "encoding", "nul_byte", "unreadable"];

impl Trouble {
    pub fn of(page: &Page, refusal: &Refusal) -> Self {
        let fact = |name: &str| refusal.facts.get(name).and_then(|value| value.as_str()).unwrap_or_default();
        let usual = words::of(refusal, page.language);
        let megabytes =
            refusal.facts.get("limit_bytes").and_then(|bytes| bytes.as_u64()).map(|bytes| bytes >> 20);
        let own = |name: &str| (page.word("file", name), page.word("file-remedy", name));
        let (detail, remedy) = match refusal.code {
            Code::InvalidField if refusal.field.as_deref() == Some("file") => own("none"),
            Code::WrongFileKind if fact("looks_like") == "picture" => own("picture"),
            Code::WrongFileKind if fact("looks_like") == "pdf" => own("pdf"),
            Code::MalformedFile if REASONS.contains(&fact("reason")) => own(fact("reason")),
            Code::TooLarge => (
                page.t1("file-too-large", "megabytes", megabytes.unwrap_or_default()),
                page.t("file-remedy-too-large"),
            ),
            Code::TooManyRows => own("too_many_rows"),
            _ => (usual.detail, usual.remedy),
        };
        Self { title: usual.title.to_owned(), detail, remedy }
    }
}
