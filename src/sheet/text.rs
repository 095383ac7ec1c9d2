//! CSV as programs write it: in UTF-8, or in windows-1251 as Excel does in Russia; with `;`, `,` or tabs.

use super::grid::{Cell, Grid, Line};
use super::malformed;
use crate::kernel::{Code, Refusal};
use std::borrow::Cow;

pub(super) const SAVE_AS_CSV: &str = "a CSV file in UTF-8: save the sheet as \"CSV UTF-8\" and send it again";

/// How many records are looked at to tell the separator.
const LOOKED_AT: usize = 50;

/// The text of a file and the encoding it was in.
pub(super) struct Decoded<'f> {
    pub text: Cow<'f, str>,
    pub encoding: &'static str,
}

/// The text of the file.
///
/// # Errors
/// `malformed_file` with `reason` `empty`, `encoding` or `nul_byte`, and `looks_like` or `line` where known.
pub(super) fn decode(file: &[u8]) -> Result<Decoded<'_>, Refusal> {
    let looks_like = |what: &str| malformed("encoding", SAVE_AS_CSV).with("looks_like", what);
    match file {
        [] => return Err(malformed("empty", "a header row and at least one row")),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Err(looks_like("utf-16")),
        // Without a mark: one byte of every Latin letter and separator is zero.
        [0, second, ..] | [second, 0, ..] if *second != 0 => return Err(looks_like("utf-16")),
        _ => {}
    }
    if let Some(at) = file.iter().position(|byte| *byte == 0) {
        return Err(malformed("nul_byte", SAVE_AS_CSV).with("line", line_of(file, at)));
    }
    match str::from_utf8(file) {
        Ok(text) => {
            let text = Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text));
            Ok(Decoded { text, encoding: "utf-8" })
        }
        Err(error) => match single_byte_encoding(file) {
            Some("windows-1251") => {
                let (text, _) = encoding_rs::WINDOWS_1251.decode_without_bom_handling(file);
                Ok(Decoded { text, encoding: "windows-1251" })
            }
            encoding => {
                let line = line_of(file, error.valid_up_to());
                let refusal = malformed("encoding", SAVE_AS_CSV).with("line", line);
                Err(encoding.into_iter().fold(refusal, |refusal, what| refusal.with("looks_like", what)))
            }
        },
    }
}

/// Russian letters fill 0xC0–0xFF in Windows-1251 (with №, ё, quotes and dashes below), and 0x80–0xAF with 0xE0–0xEF in
/// CP866.
fn single_byte_encoding(file: &[u8]) -> Option<&'static str> {
    let high = file.iter().filter(|byte| **byte >= 0x80).count();
    let is_windows =
        |byte: &u8| matches!(byte, 0xc0..|0x85| 0x96 | 0x97 | 0xa0 | 0xa8 | 0xab | 0xb8 | 0xb9 | 0xbb);
    let windows = file.iter().filter(|byte| is_windows(byte)).count();
    let dos = file.iter().filter(|byte| matches!(byte, 0x80..=0xaf | 0xe0..=0xef)).count();
    let most = |some: usize| some * 10 >= high * 9;
    match (most(windows), most(dos)) {
        (true, _) => Some("windows-1251"),
        (false, true) => Some("cp866"),
        (false, false) => None,
    }
}

/// The separator of a text whose first line is the header.
pub(super) fn delimiter_of_header(text: &str) -> Result<u8, Refusal> {
    let header = text.lines().next().unwrap_or_default();
    match [b';', b',', b'\t'].map(|delimiter| header.as_bytes().contains(&delimiter)) {
        [true, false, false] => Ok(b';'),
        [false, true, false] => Ok(b','),
        [false, false, true] => Ok(b'\t'),
        _ => Err(malformed("delimiter", "a header row whose columns are separated by ;, by , or by tabs")),
    }
}

/// The separator that gives most rows the same number of cells; other lines may stand above the table.
fn likely_delimiter(text: &str) -> u8 {
    let regularity = |delimiter: &u8| {
        let mut counts: Vec<usize> =
            records(text, *delimiter).take(LOOKED_AT).filter_map(Result::ok).map(|row| row.len()).collect();
        counts.sort_unstable();
        let wide = counts.chunk_by(|a, b| a == b).filter(|alike| alike[0] > 1);
        wide.map(|alike| (alike.len(), alike[0])).max()
    };
    [b',', b'\t', b';'].into_iter().max_by_key(regularity).unwrap_or(b';')
}

pub(super) fn records(text: &str, delimiter: u8) -> csv::StringRecordsIntoIter<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
        .into_records()
}

/// The rows of a text that are not empty, and its separator.
///
/// # Errors
/// `too_many_rows` above `most`; `malformed_file` with `reason` `unreadable`.
pub(super) fn grid(text: &str, most: usize) -> Result<(u8, Grid), Refusal> {
    let delimiter = likely_delimiter(text);
    let mut lines = Vec::new();
    let (mut seen, mut number) = (0, 1);
    for record in records(text, delimiter) {
        let record = record.map_err(unreadable)?;
        let start = record.position().and_then(|position| usize::try_from(position.byte()).ok());
        let start = after_empty_lines(text, start.unwrap_or(seen));
        number += u32::try_from(line_of(&text.as_bytes()[seen..], start - seen) - 1).unwrap_or(u32::MAX);
        seen = start;
        let cell = |cell: &str| (!cell.trim().is_empty()).then(|| Cell::Text(cell.to_owned()));
        let mut cells: Vec<Option<Cell>> = record.iter().map(cell).collect();
        let filled = cells.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        cells.truncate(filled);
        if cells.is_empty() {
            continue;
        }
        if lines.len() == most {
            return Err(Refusal::new(Code::TooManyRows).with("limit", most));
        }
        lines.push(Line { number, cells });
    }
    Ok((delimiter, Grid { lines }))
}

/// The reader says where it began to look for a record; empty lines may come before it.
pub(super) fn after_empty_lines(text: &str, start: usize) -> usize {
    start + text.bytes().skip(start).take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

pub(super) fn unreadable(error: csv::Error) -> Refusal {
    let refusal = malformed("unreadable", SAVE_AS_CSV);
    match error.position() {
        Some(position) => refusal.with("line", position.line()),
        None => refusal,
    }
}

pub(super) fn line_of(file: &[u8], at: usize) -> usize {
    1 + file[..at].iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_told_by_the_rows_below_the_titles() {
        for (text, delimiter) in [
            ("Список, утверждён 1, 2\nФамилия, имя;СНИЛС\nа;1\nб;2\n", b';'),
            ("Список\nФамилия\tСНИЛС\nа, б\t1\n", b'\t'),
            ("a,b\n1,2\n", b','),
            ("один столбец\nа\n", b';'),
        ] {
            assert_eq!(char::from(likely_delimiter(text)), char::from(delimiter), "{text}");
        }
    }

    #[test]
    fn windows_1251_is_read_with_its_signs() {
        let text = "№;Фамилия;Ёлкина «Ю» – И.\n";
        let (file, _, _) = encoding_rs::WINDOWS_1251.encode(text);
        let decoded = decode(&file).unwrap();
        assert_eq!((decoded.text.as_ref(), decoded.encoding), (text, "windows-1251"));
    }
}
