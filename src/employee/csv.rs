//! Roster files in our own form: tables ([`sheet`]) with our titles and a row for each person.
//!
//! Pure. A file that is not such a table is refused as a whole; a cell that cannot be taken refuses its row only
//! ([`RawRow::parse`]).

use super::roster::{MAX_ROWS, RawRow, RosterRow};
use crate::kernel::Refusal;
use crate::sheet::grid::Holds;
use crate::sheet::{self, Column};

const fn column(name: &'static str, russian: &'static str) -> Column {
    Column { name, russian, required: true, holds: Holds::Text }
}

const COLUMNS: [Column; 9] = [
    column("client_ref", "ссылка"),
    Column { holds: Holds::Digits(11), ..column("snils", "снилс") },
    column("family_name", "фамилия"),
    column("given_name", "имя"),
    column("patronymic", "отчество"),
    column("position", "должность"),
    column("email", "электронная почта"),
    column("category", "категория"),
    Column { required: false, holds: Holds::Day, ..column("leaves_on", "дата увольнения") },
];

/// Reads a file into rows; empty lines are passed over.
///
/// # Errors
/// Those of [`sheet::read`].
pub fn read(file: &[u8]) -> Result<Vec<RosterRow>, Refusal> {
    let rows = sheet::read(file, &COLUMNS, MAX_ROWS)?;
    Ok(rows.into_iter().map(|row| raw(row.cells).parse(row.row)).collect())
}

/// The cells come in the order of [`COLUMNS`].
fn raw(cells: Vec<String>) -> RawRow {
    let mut cells = cells.into_iter();
    let mut next = || cells.next().unwrap_or_default();
    RawRow {
        client_ref: next(),
        snils: next(),
        family_name: next(),
        given_name: next(),
        patronymic: next(),
        position: next(),
        email: next(),
        category: next(),
        leaves_on: next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::roster::roster;
    use crate::kernel::Code;
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
        let tabs = plain.replace(';', "\t");
        let quoted = plain.replace("Консультант", "\"Консультант\"");
        let expected = read(plain.as_bytes()).unwrap();
        assert_eq!(expected.len(), 1);
        assert!(expected[0].person.is_ok());
        for other in [russian, marked, commas, tabs, quoted] {
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
        for (file, encoding) in
            [(cp866(&text), "cp866"), (utf_16(&text, true), "utf-16"), (utf_16(&text, false), "utf-16")]
        {
            let facts = refused(&file);
            assert_eq!((&facts["reason"], &facts["looks_like"]), (&json!("encoding"), &json!(encoding)));
        }
        let (windows_1251, ..) = encoding_rs::WINDOWS_1251.encode(&text);
        assert_eq!(read(&windows_1251).unwrap(), read(text.as_bytes()).unwrap());
    }

    #[test]
    fn other_kinds_of_files_are_recognised() {
        for (file, kind) in [(&b"PK\x03\x04rest"[..], "zip"), (b"\xd0\xcf\x11\xe0rest", "xls")] {
            let refusal = read(file).unwrap_err();
            assert_eq!((refusal.code, &refusal.facts["looks_like"]), (Code::WrongFileKind, &json!(kind)));
        }
    }

    #[test]
    fn what_is_no_such_table_is_refused_with_the_place() {
        let with = |what: &str| format!("{what}\n{ROW}\n");
        let cases: [(String, &str, &str, serde_json::Value); 9] = [
            (String::new(), "empty", "row", json!(null)),
            (HEADER.into(), "empty", "row", json!(null)),
            (with(&HEADER.replace("snils;", "")), "missing_column", "column", json!("snils")),
            (with(&format!("{HEADER};salary")), "unknown_column", "column", json!(9)),
            (with(&format!("{HEADER};СНИЛС")), "duplicate_column", "column", json!("snils")),
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
