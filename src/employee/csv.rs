//! Roster files: CSV in UTF-8 (with or without a byte order mark), `;` or `,`, columns found by
//! their names in English or Russian.
//!
//! Pure. A file that is not such a table is refused as a whole with `malformed_file`: what is wrong,
//! where, and how to save it right; a cell that cannot be taken refuses its row only
//! ([`RawRow::parse`]). Nothing is guessed.

use super::roster::{MAX_ROWS, RawRow, RosterRow};
use crate::kernel::{Code, Refusal};

/// A column: its names, whether a file must have it, and the cell it fills.
struct Column {
    name: &'static str,
    russian: &'static str,
    required: bool,
    cell: fn(&mut RawRow) -> &mut String,
}

const COLUMNS: [Column; 9] = [
    Column { name: "client_ref", russian: "ссылка", required: true, cell: |raw| &mut raw.client_ref },
    Column { name: "snils", russian: "снилс", required: true, cell: |raw| &mut raw.snils },
    Column {
        name: "family_name", russian: "фамилия", required: true, cell: |raw| &mut raw.family_name
    },
    Column { name: "given_name", russian: "имя", required: true, cell: |raw| &mut raw.given_name },
    Column {
        name: "patronymic", russian: "отчество", required: true, cell: |raw| &mut raw.patronymic
    },
    Column { name: "position", russian: "должность", required: true, cell: |raw| &mut raw.position },
    Column {
        name: "email", russian: "электронная почта", required: true, cell: |raw| &mut raw.email
    },
    Column { name: "category", russian: "категория", required: true, cell: |raw| &mut raw.category },
    Column {
        name: "leaves_on", russian: "дата увольнения", required: false, cell: |raw| &mut raw.leaves_on
    },
];

const SAVE_AS_CSV: &str = "a CSV file in UTF-8: save the sheet as \"CSV UTF-8\" and send it again";

/// Reads a file into rows; empty lines are passed over.
///
/// # Errors
/// `malformed_file` with `reason`, `expected` and, where it applies, `looks_like`, `column`, `row` and
/// `line`; `too_many_rows` above [`MAX_ROWS`].
pub fn read(file: &[u8]) -> Result<Vec<RosterRow>, Refusal> {
    let text = text_of(file)?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text)?)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = match records.next() {
        Some(record) => record.map_err(unreadable)?,
        None => return Err(malformed("empty", "a header row and at least one row")),
    };
    let columns = columns(&header)?;
    let mut rows = Vec::new();
    for (row, record) in (1..).zip(records) {
        let record = record.map_err(unreadable)?;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if record.len() != columns.len() {
            return Err(ragged(text, row, &record, columns.len()));
        }
        if rows.len() == MAX_ROWS {
            return Err(Refusal::new(Code::TooManyRows).with("limit", MAX_ROWS));
        }
        let mut raw = RawRow::default();
        for (column, cell) in columns.iter().zip(&record) {
            *(column.cell)(&mut raw) = cell.to_owned();
        }
        rows.push(raw.parse(row));
    }
    if rows.is_empty() {
        return Err(malformed("empty", "at least one row below the header"));
    }
    Ok(rows)
}

/// The text of the file, or what the bytes look like instead.
fn text_of(file: &[u8]) -> Result<&str, Refusal> {
    let looks_like = |what: &str| malformed("encoding", SAVE_AS_CSV).with("looks_like", what);
    let spreadsheet = |what: &str| malformed("spreadsheet", SAVE_AS_CSV).with("looks_like", what);
    match file {
        [] => return Err(malformed("empty", "a header row and at least one row")),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => return Err(spreadsheet("xlsx")),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => return Err(spreadsheet("xls")),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Err(looks_like("utf-16")),
        // Without a mark: one byte of every Latin letter and separator is zero.
        [0, second, ..] | [second, 0, ..] if *second != 0 => return Err(looks_like("utf-16")),
        _ => {}
    }
    if let Some(at) = file.iter().position(|byte| *byte == 0) {
        return Err(malformed("nul_byte", SAVE_AS_CSV).with("line", line_of(file, at)));
    }
    let text = str::from_utf8(file).map_err(|error| {
        let refusal = malformed("encoding", SAVE_AS_CSV).with("line", line_of(file, error.valid_up_to()));
        match single_byte_encoding(file) {
            Some(encoding) => refusal.with("looks_like", encoding),
            None => refusal,
        }
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Russian letters fill 0xC0–0xFF in Windows-1251, and 0x80–0xAF with 0xE0–0xEF in CP866.
fn single_byte_encoding(file: &[u8]) -> Option<&'static str> {
    let high = file.iter().filter(|byte| **byte >= 0x80).count();
    let windows = file.iter().filter(|byte| **byte >= 0xc0).count();
    let dos = file.iter().filter(|byte| matches!(byte, 0x80..=0xaf | 0xe0..=0xef)).count();
    let most = |some: usize| some * 10 >= high * 9;
    match (most(windows), most(dos)) {
        (true, _) => Some("windows-1251"),
        (false, true) => Some("cp866"),
        (false, false) => None,
    }
}

fn delimiter(text: &str) -> Result<u8, Refusal> {
    let header = text.lines().next().unwrap_or_default();
    match (header.contains(';'), header.contains(',')) {
        (true, false) => Ok(b';'),
        (false, true) => Ok(b','),
        _ => Err(malformed("delimiter", "a header row whose columns are separated by ; or by ,")),
    }
}

/// The columns in the order of the file.
fn columns(header: &csv::StringRecord) -> Result<Vec<&'static Column>, Refusal> {
    let mut found: Vec<&Column> = Vec::new();
    for (place, title) in (1..).zip(header) {
        let title = title.trim().to_lowercase();
        let column = COLUMNS
            .iter()
            .find(|column| column.name == title || column.russian == title)
            // The title is not repeated: without a header row it would be somebody's name.
            .ok_or_else(|| malformed("unknown_column", names()).with("column", place))?;
        if found.iter().any(|other| other.name == column.name) {
            return Err(malformed("duplicate_column", "each column once").with("column", column.name));
        }
        found.push(column);
    }
    let is_missing =
        |column: &&Column| column.required && !found.iter().any(|other| other.name == column.name);
    match COLUMNS.iter().find(is_missing) {
        Some(column) => Err(malformed("missing_column", names()).with("column", column.name)),
        None => Ok(found),
    }
}

fn names() -> String {
    let optional = |column: &Column| if column.required { "" } else { " (optional)" };
    let names: Vec<String> =
        COLUMNS.iter().map(|column| format!("{}{}", column.name, optional(column))).collect();
    format!("the columns {}", names.join(";"))
}

fn ragged(text: &str, row: i32, record: &csv::StringRecord, expected: usize) -> Refusal {
    let refusal = malformed("ragged_row", format!("{expected} cells, as in the header"))
        .with("row", row)
        .with("cells", record.len());
    match record.position().and_then(|position| usize::try_from(position.byte()).ok()) {
        Some(start) => refusal.with("line", line_of_record(text, start)),
        None => refusal,
    }
}

/// The reader says where it began to look for a record; empty lines may come before it.
fn line_of_record(text: &str, start: usize) -> usize {
    let empty = text.bytes().skip(start).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    line_of(text.as_bytes(), start + empty)
}

fn unreadable(error: csv::Error) -> Refusal {
    let refusal = malformed("unreadable", SAVE_AS_CSV);
    match error.position() {
        Some(position) => refusal.with("line", position.line()),
        None => refusal,
    }
}

fn malformed(reason: &'static str, expected: impl Into<String>) -> Refusal {
    Refusal::new(Code::MalformedFile).with("reason", reason).with("expected", expected.into())
}

fn line_of(file: &[u8], at: usize) -> usize {
    1 + file[..at].iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::roster::roster;
    use serde_json::json;

    const HEADER: &str = "client_ref;snils;family_name;given_name;patronymic;position;email;category";
    const ROW: &str =
        "A-1;112-233-445 95;Иванова;Анна;Петровна;Консультант;a@example.org;state_civil_servant";

    fn refused(file: &[u8]) -> serde_json::Map<String, serde_json::Value> {
        let refusal = read(file).unwrap_err();
        assert_eq!(refusal.code, Code::MalformedFile);
        assert!(refusal.facts.contains_key("expected"));
        refusal.facts
    }

    /// Enough of Windows-1251 for these texts.
    fn windows_1251(text: &str) -> Vec<u8> {
        text.chars()
            .map(|c| match c {
                'А'..='я' => u8::try_from(u32::from(c) - u32::from('А') + 0xc0).unwrap(),
                c => u8::try_from(c).unwrap(),
            })
            .collect()
    }

    fn cp866(text: &str) -> Vec<u8> {
        text.chars()
            .map(|c| match c {
                'А'..='п' => u8::try_from(u32::from(c) - u32::from('А') + 0x80).unwrap(),
                'р'..='я' => u8::try_from(u32::from(c) - u32::from('р') + 0xe0).unwrap(),
                c => u8::try_from(c).unwrap(),
            })
            .collect()
    }

    fn utf_16(text: &str, mark: bool) -> Vec<u8> {
        let mark = mark.then_some(0xfeff);
        mark.into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn a_table_is_read_however_it_is_delimited_marked_and_titled() {
        let plain = format!("{HEADER}\n{ROW}\n");
        let russian = format!(
            "Ссылка;СНИЛС;Фамилия;Имя;Отчество;Должность;Электронная почта;Категория\r\n{ROW}\r\n;;;;;;;\r\n"
        );
        let marked = format!("\u{feff}{plain}");
        let commas = plain.replace(';', ",");
        let quoted = plain.replace("Консультант", "\"Консультант\"");
        let expected = read(plain.as_bytes()).unwrap();
        assert_eq!(expected.len(), 1);
        assert!(expected[0].person.is_ok());
        for other in [russian, marked, commas, quoted] {
            assert_eq!(read(other.as_bytes()).unwrap(), expected, "{other}");
        }
    }

    #[test]
    fn columns_stand_in_any_order_and_one_is_optional() {
        let file = "leaves_on,category,email,position,patronymic,given_name,family_name,snils,client_ref\n\
                    2020-06-30,other,,Водитель,,Анна,Иванова,11223344595,A-1";
        let rows = read(file.as_bytes()).unwrap();
        let person = rows[0].person.as_ref().unwrap();
        assert_eq!(person.name.family_name(), "Иванова");
        assert!(person.leaves_on.is_some());
    }

    #[test]
    fn the_rosters_of_the_demo_are_read() {
        let demo = roster();
        let agency = &demo.agencies[0];
        let rows = read(demo.roster_csv(&agency.code).as_bytes()).unwrap();
        assert_eq!(rows.len(), demo.of(&agency.code).count());
        assert!(rows.iter().all(|row| row.person.is_ok()));
    }

    #[test]
    fn other_encodings_are_recognised() {
        let text = format!("{HEADER}\n{ROW}\n");
        for (file, encoding) in [
            (windows_1251(&text), "windows-1251"),
            (cp866(&text), "cp866"),
            (utf_16(&text, true), "utf-16"),
            (utf_16(&text, false), "utf-16"),
        ] {
            let facts = refused(&file);
            assert_eq!((&facts["reason"], &facts["looks_like"]), (&json!("encoding"), &json!(encoding)));
        }
        assert_eq!(refused(&windows_1251(&text))["line"], 2);
    }

    #[test]
    fn spreadsheets_are_recognised() {
        assert_eq!(refused(b"PK\x03\x04rest")["looks_like"], "xlsx");
        assert_eq!(refused(b"\xd0\xcf\x11\xe0rest")["looks_like"], "xls");
    }

    #[test]
    fn what_is_no_such_table_is_refused_with_the_place() {
        let with = |what: &str| format!("{what}\n{ROW}\n");
        let cases: [(String, &str, &str, serde_json::Value); 10] = [
            (String::new(), "empty", "row", json!(null)),
            (HEADER.into(), "empty", "row", json!(null)),
            (with(&HEADER.replace("snils;", "")), "missing_column", "column", json!("snils")),
            (with(&format!("{HEADER};salary")), "unknown_column", "column", json!(9)),
            (with(&format!("{HEADER};СНИЛС")), "duplicate_column", "column", json!("snils")),
            (with(&HEADER.replace(';', "\t")), "delimiter", "row", json!(null)),
            (with(&HEADER.replacen(';', ",", 1)), "delimiter", "row", json!(null)),
            (format!("{HEADER}\n{ROW}\n\n{ROW};more\n"), "ragged_row", "line", json!(4)),
            (format!("{HEADER}\n{ROW}\n\"A-2;unclosed\n"), "ragged_row", "row", json!(2)),
            (format!("{HEADER}\n{ROW}\0\n"), "nul_byte", "line", json!(2)),
        ];
        for (file, reason, place, value) in cases {
            let facts = refused(file.as_bytes());
            assert_eq!(facts["reason"], reason, "{file}");
            assert_eq!(facts.get(place).cloned().unwrap_or_default(), value, "{file}");
        }
    }

    #[test]
    fn a_bad_cell_refuses_its_row_only() {
        let formula = ROW.replace("Консультант", "=HYPERLINK(\"\"x\"\")").replace("A-1", "A-2");
        let rows = read(format!("{HEADER}\n{ROW}\n{formula}\n").as_bytes()).unwrap();
        assert!(rows[0].person.is_ok());
        assert_eq!(rows[1].person.as_ref().unwrap_err().field.as_deref(), Some("position"));
    }

    #[test]
    fn five_thousand_rows_and_no_more() {
        let file = |rows: usize| format!("{HEADER}\n{}", format!("{ROW}\n").repeat(rows));
        assert_eq!(read(file(MAX_ROWS).as_bytes()).unwrap().len(), MAX_ROWS);
        let refusal = read(file(MAX_ROWS + 1).as_bytes()).unwrap_err();
        assert_eq!((refusal.code, refusal.facts["limit"].as_u64()), (Code::TooManyRows, Some(5_000)));
    }

    proptest::proptest! {
        #[test]
        fn no_file_breaks_the_reader(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let _ = read(&bytes);
            let mut with_header = format!("{HEADER}\n").into_bytes();
            with_header.extend(&bytes);
            let _ = read(&with_header);
        }
    }
}
