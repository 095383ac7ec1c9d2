//! What kind of file the bytes are, whatever its name says; and for those that are none of ours, how to save them.

use crate::kernel::{Code, Refusal};

/// The kinds that are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Text with separators.
    Csv,
    /// Office Open XML (ECMA-376).
    Xlsx,
}

const SAVE_AS: &str = "an Excel workbook (.xlsx) without a password, or CSV in UTF-8 or windows-1251";

/// A compound file (MS-CFB): a workbook of Excel 97, or a new one behind a password.
const COMPOUND: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// Tells by the bytes.
///
/// # Errors
/// `wrong_file_kind` with `looks_like`: `xls`, `ods`, `xlsb`, `docx`, `zip`, `pdf`, `picture`, `html`, `xml`,
/// `rtf`;
/// `file_protected` for a workbook behind a password.
pub fn of(file: &[u8]) -> Result<Kind, Refusal> {
    let wrong = |looks_like: &str| {
        Err(Refusal::new(Code::WrongFileKind).with("looks_like", looks_like).with("expected", SAVE_AS))
    };
    match file {
        [0xd0, 0xcf, 0x11, 0xe0, ..] if is_protected(file) => {
            Err(Refusal::new(Code::FileProtected).with("expected", SAVE_AS))
        }
        [0xd0, 0xcf, 0x11, 0xe0, ..] => wrong("xls"),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => match inside(file) {
            "xlsx" => Ok(Kind::Xlsx),
            other => wrong(other),
        },
        [b'%', b'P', b'D', b'F', ..] => wrong("pdf"),
        [b'{', b'\\', b'r', b't', b'f', ..] => wrong("rtf"),
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] | [b'G', b'I', b'F', b'8', ..] => {
            wrong("picture")
        }
        _ => match markup(file) {
            Some(markup) => wrong(markup),
            None => Ok(Kind::Csv),
        },
    }
}

/// Encrypted workbooks (MS-OFFCRYPTO §2.3) are a stream of this name in a compound file.
fn is_protected(file: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    file.starts_with(&COMPOUND) && holds(file, &name)
}

/// Which of the packages a ZIP is, by the names in it, which are not compressed.
fn inside(file: &[u8]) -> &'static str {
    const NAMES: [(&[u8], &str); 5] = [
        (b"mimetypeapplication/vnd.oasis.opendocument", "ods"),
        (b"xl/workbook.bin", "xlsb"),
        (b"word/document.xml", "docx"),
        (b"xl/workbook.xml", "xlsx"),
        (b"[Content_Types].xml", "xlsx"),
    ];
    NAMES.iter().find(|(name, _)| holds(file, name)).map_or("zip", |(_, kind)| kind)
}

/// Tables of other programs, saved as `.xls`.
fn markup(file: &[u8]) -> Option<&'static str> {
    let text = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file).trim_ascii_start();
    let start: Vec<u8> = text.iter().take(64).map(u8::to_ascii_lowercase).collect();
    if start.starts_with(b"<?xml") || start.starts_with(b"<workbook") {
        return Some("xml");
    }
    let html: [&[u8]; 4] = [b"<html", b"<!doctype html", b"<table", b"<meta"];
    html.iter().any(|tag| start.starts_with(tag)).then_some("html")
}

fn holds(file: &[u8], name: &[u8]) -> bool {
    file.windows(name.len()).any(|window| window == name)
}
