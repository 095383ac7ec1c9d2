//! Lists as HR departments have them: workbooks and CSV in their own columns, looked at first and imported by a mapping.

use crate::harness::Reply;
use crate::people::{csv, rows, snils};
use crate::stage::{done, text};
use crate::world::World;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};
use serde_json::{Value, json};
use std::io::{Cursor, Write};
use training_vouchers::kernel::Snils;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The number of a СНИЛС that begins with a zero, as a sheet keeps it.
const SHORT_SNILS: u32 = 87_654_321;

fn number(snils: &Snils) -> f64 {
    std::str::from_utf8(snils.digits()).unwrap().parse().unwrap()
}

/// What an office sends: titles over merged rows, numbers of columns, gaps, a total and a signature; a СНИЛС that lost its zero,
/// days as days and as bare numbers, a fault of a formula.
fn a_sheet(sheet: &mut Worksheet) {
    sheet.set_name("Список").unwrap();
    let plain = Format::new();
    let day = Format::new().set_num_format("dd.mm.yyyy");
    sheet.write(0, 0, "Список служащих, направляемых на обучение, 18 500,00 руб.").unwrap();
    sheet.merge_range(2, 0, 3, 0, "№ п/п", &plain).unwrap();
    sheet.merge_range(2, 1, 2, 2, "Служащий", &plain).unwrap();
    sheet.write(3, 1, "Ф.И.О.").unwrap().write(3, 2, "СНИЛС").unwrap();
    sheet.merge_range(2, 3, 3, 3, "Замещаемая должность", &plain).unwrap();
    sheet.merge_range(2, 4, 3, 4, "Дата увольнения", &plain).unwrap();
    sheet.merge_range(2, 5, 3, 5, "E-mail", &plain).unwrap();
    for column in 0..6 {
        sheet.write(4, column, f64::from(column) + 1.0).unwrap();
    }
    let short = Snils::from_serial(SHORT_SNILS).unwrap();
    sheet.write(5, 0, 1).unwrap().write(5, 1, "Иванова  Анна Петровна").unwrap();
    sheet.write(5, 2, number(&short)).unwrap().write(5, 3, "Консультант").unwrap();
    sheet.write_with_format(5, 4, ExcelDateTime::from_ymd(2020, 12, 31).unwrap(), &day).unwrap();
    sheet.write(7, 0, 2).unwrap().write(7, 1, "Алиев Мамед Гусейн оглы").unwrap();
    sheet.write(7, 2, snils(2)).unwrap().write(7, 3, "Начальник отдела").unwrap();
    sheet.write(7, 4, 44_196).unwrap().write(7, 5, "a@example.org").unwrap();
    sheet.write(8, 0, 3).unwrap().write(8, 1, "Орлов И. С.").unwrap();
    sheet.write(8, 2, "112-233-445 96").unwrap().write(8, 3, "Водитель").unwrap();
    sheet.write(9, 0, 4).unwrap().write(9, 1, "Ли Ен").unwrap();
    sheet.write_formula(9, 2, rust_xlsxwriter::Formula::new("=1+1").set_result("#N/A")).unwrap();
    sheet.write(9, 3, "Водитель").unwrap();
    sheet.write(10, 1, "Иванова Анна Петровна").unwrap().write(10, 2, number(&short)).unwrap();
    sheet.write(10, 3, "Консультант").unwrap();
    sheet.write(11, 1, "Итого: 5 человек").unwrap();
    sheet.write(13, 0, "Исполнитель: отдел кадров").unwrap();
}

fn workbook(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(&mut book);
    book.save_to_buffer().unwrap()
}

fn a_workbook() -> Vec<u8> {
    workbook(|book| {
        book.add_worksheet().set_name("Скрытый").unwrap().set_hidden(true);
        let sheet = book.add_worksheet();
        a_sheet(sheet);
        sheet.set_active(true).set_first_tab(true);
    })
}

fn preview(world: &World, query: &str, file: Vec<u8>) -> Reply {
    let path = format!("/v1/sheets/preview{query}");
    let request = world.server.request("POST", &path).bearer_auth(&world.state_body.token);
    request.header("Content-Type", XLSX).header("Accept-Language", "ru").body(file).send().unwrap().into()
}

fn windows_1251(text: &str) -> Vec<u8> {
    encoding_rs::WINDOWS_1251.encode(text).0.into_owned()
}

#[test]
fn a_workbook_is_understood_and_what_is_wrong_is_said_in_place() {
    let world = World::start();
    let before = world.footprint();
    let seen = done(preview(&world, "", a_workbook()));
    assert_eq!(
        (&seen["kind"], &seen["sheet"], &seen["header_row"]),
        (&json!("xlsx"), &json!("Список"), &json!(4))
    );
    assert_eq!(seen["sheets"][0], json!({ "name": "Скрытый", "visible": false }));
    assert_eq!(seen["mapping"], "snils:3,full_name:2,position:4,email:6,leaves_on:5");
    assert_eq!(seen["missing"], json!(["category"]));
    assert_eq!((&seen["people"], &seen["checks"]), (&json!(5), &json!([])));
    let column = |at: usize| seen["columns"][at].clone();
    let short = Snils::from_serial(SHORT_SNILS).unwrap();
    assert_eq!(
        column(2),
        json!({ "column": 3, "letter": "C", "title": "СНИЛС", "field": "snils",
            "samples": [format!("{:011}", number(&short)), snils(2), "112-233-445 96"] })
    );
    assert_eq!(column(4)["samples"], json!(["2020-12-31", "2020-12-31"]));
    assert_eq!(column(0)["field"], Value::Null);
    assert_eq!(
        seen["passed_over"],
        json!([{ "row": 5, "why": "column_numbers" }, { "row": 12, "why": "total" },
            { "row": 14, "why": "nothing_of_ours" }])
    );

    let checked = done(preview(&world, "?category=state_civil_servant", a_workbook()));
    let checks: Vec<_> = checked["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| {
            let detail = text(&check["detail"]);
            assert!(
                detail.contains(|c: char| ('а'..='я').contains(&c)),
                "in the caller's language: {detail}"
            );
            (text(&check["cell"]), text(&check["field"]), text(&check["code"]))
        })
        .collect();
    let expected = [
        ("C9", "snils", "invalid_field"),
        ("C10", "snils", "invalid_field"),
        ("C11", "snils", "duplicate_holder"),
    ];
    assert_eq!(checks, expected.map(|(cell, field, code)| (cell.into(), field.into(), code.into())));
    assert_eq!((&checked["checks"][2]["row"], &checked["checks"][2]["first_row"]), (&json!(7), &json!(2)));
    assert_eq!(world.footprint(), before, "only looked at");
    for query in [
        "?sheet=%D0%9D%D0%B5%D1%82",
        "?header_row=3000",
        "?columns=snils",
        "?columns=snils:1,snils:2",
        "?colour=1",
    ] {
        assert_eq!(preview(&world, query, a_workbook()).problem(), (422, "invalid_field"), "{query}");
    }
}

#[test]
fn a_workbook_is_imported_by_its_mapping_or_not_at_all() {
    let world = World::start();
    let token = &world.state_body.token;
    let mapping = "columns=snils:3,full_name:2,position:4,email:6,leaves_on:5&category=state_civil_servant";
    let before = world.footprint();
    let path = |query: &str| format!("/v1/employees?{mapping}{query}");
    let tried = world.send(token, &path("&dry_run=true"), XLSX, a_workbook());
    let outcomes = ["created", "created", "invalid_field", "invalid_field", "duplicate_holder"];
    assert_eq!(tried.outcomes(), outcomes, "{tried:?}");
    assert_eq!((&tried.json["receipt"], &tried.json["rows"][0]["employee_id"]), (&Value::Null, &Value::Null));
    assert_eq!(world.footprint(), before);
    assert_eq!(world.send(token, &path(""), XLSX, a_workbook()).outcomes(), outcomes);
    let people = done(world.get(token, "/v1/employees"))["items"].as_array().unwrap().clone();
    let person = |at: usize, field: &str| people[at]["person"][field].clone();
    assert_eq!(person(0, "snils"), Snils::from_serial(SHORT_SNILS).unwrap().to_string());
    assert_eq!((person(0, "family_name"), person(0, "given_name")), (json!("Иванова"), json!("Анна")));
    assert_eq!(person(1, "patronymic"), "Гусейн оглы");
    assert_eq!([&people[0]["leaves_on"], &people[1]["leaves_on"]], [&json!("2020-12-31"); 2]);
    assert_eq!(world.send(token, &path("&dry_run=true"), XLSX, a_workbook()).outcomes()[0], "unchanged");

    let before = world.footprint();
    let request = |mode: &str| {
        let path = format!("/v1/requests?programme_id={}&mode={mode}&{mapping}", world.programme_id);
        world.send(token, &path, XLSX, a_workbook())
    };
    let refused = request("all_or_nothing");
    assert_eq!(refused.problem(), (422, "rows_refused"));
    assert_eq!(refused.outcomes()[2..], ["invalid_field", "invalid_field", "duplicate_holder"]);
    assert_eq!(world.footprint(), before, "nothing is half imported");
    assert_eq!(request("best_effort").outcomes()[..2], ["accepted", "accepted"]);

    let wrong = world.send(token, "/v1/employees?category=other", XLSX, a_workbook());
    assert_eq!((wrong.problem(), &wrong.json["field"]), ((422, "invalid_field"), &json!("columns")));
    let incomplete = world.send(token, "/v1/employees?columns=snils:3", XLSX, a_workbook());
    assert_eq!(incomplete.problem(), (400, "malformed_file"));
    assert_eq!(
        incomplete.json["facts"]["columns"],
        json!(["position", "family_name", "given_name", "category"])
    );
}

#[test]
fn a_workbook_in_our_own_form_needs_no_mapping() {
    let world = World::start();
    let token = &world.state_body.token;
    let file = workbook(|book| {
        let sheet = book.add_worksheet();
        for (row, line) in (0..).zip(csv(1..=3).lines()) {
            for (column, cell) in (0..).zip(line.split(';')) {
                sheet.write(row, column, cell).unwrap();
            }
        }
    });
    assert_eq!(world.send(token, "/v1/employees", XLSX, file).outcomes(), ["created"; 3]);
    let json = world.post(token, "/v1/employees", &json!({ "rows": rows(1..=3), "dry_run": true }));
    assert_eq!(json.outcomes(), ["unchanged"; 3]);
}

#[test]
fn csv_as_excel_writes_it_in_russian_is_read_whatever_separates_it() {
    let world = World::start();
    let token = &world.state_body.token;
    let list = |delimiter: &str| {
        format!(
            "Список № 1\r\n\r\nФ.И.О.;СНИЛС;Должность;Категория\r\nИванова Анна Петровна;{};Консультант – ведущий;\
             государственный гражданский служащий\r\n;;;\r\nВсего: 1;;;\r\n",
            snils(1)
        )
        .replace(';', delimiter)
    };
    for (delimiter, shown) in [(";", ";"), (",", ","), ("\t", "\t")] {
        for (encoding, file) in
            [("windows-1251", windows_1251(&list(delimiter))), ("utf-8", list(delimiter).into_bytes())]
        {
            let seen = done(preview(&world, "", file.clone()));
            assert_eq!((&seen["encoding"], &seen["delimiter"]), (&json!(encoding), &json!(shown)));
            assert_eq!(
                (&seen["header_row"], &seen["people"], &seen["checks"]),
                (&json!(3), &json!(1), &json!([]))
            );
            let path = format!("/v1/employees?dry_run=true&columns={}", text(&seen["mapping"]));
            assert_eq!(world.send(token, &path, "text/csv", file).outcomes(), ["created"]);
        }
    }
    let own_form = windows_1251(&csv(1..=2));
    assert_eq!(world.send(token, "/v1/employees", "text/csv", own_form).outcomes(), ["created"; 2]);
}

/// A ZIP of files with these names.
fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(*name, options.compression_method(zip::CompressionMethod::Deflated)).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn files_that_are_none_of_ours_say_what_to_save_them_as() {
    let world = World::start();
    let before = world.footprint();
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    let protected = [compound.clone(), vec![0; 600], utf_16("EncryptedPackage"), vec![0; 100]].concat();
    let ods = zip_of(&[("content.xml", b"<x/>")]);
    let ods = [b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet".to_vec(), ods].concat();
    let bomb = zip_of(&[("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", &vec![b' '; 64 << 20])]);
    assert!(bomb.len() < 1 << 20);
    let cases = [
        (protected, 400, "file_protected", "паролем"),
        ([compound, vec![0; 600]].concat(), 400, "wrong_file_kind", "xls"),
        (ods, 400, "wrong_file_kind", "ods"),
        (b"%PDF-1.7 ...".to_vec(), 400, "wrong_file_kind", "pdf"),
        ("<html><table><tr><td>ФИО</td></tr></table>".into(), 400, "wrong_file_kind", "html"),
        (zip_of(&[("word/document.xml", b"<x/>")]), 400, "wrong_file_kind", "docx"),
        (a_workbook()[..2_000].to_vec(), 400, "malformed_file", "не читается"),
        (zip_of(&[("[Content_Types].xml", b"<x/>")]), 400, "malformed_file", "не читается"),
        (bomb, 413, "too_large", "больше"),
        (vec![b'x'; 17 << 20], 413, "too_large", "больше"),
    ];
    for (file, status, code, word) in cases {
        let reply = preview(&world, "", file.clone());
        assert_eq!(reply.problem(), (status, code), "{word}");
        assert!(text(&reply.json["detail"]).contains(word), "{reply:?}");
        let imported = world.send(&world.state_body.token, "/v1/employees", XLSX, file);
        assert_eq!(imported.problem(), (status, code), "{word}");
    }
    assert_eq!(world.footprint(), before);
}

#[test]
fn a_cell_at_the_far_end_of_a_sheet_costs_nothing() {
    let world = World::start();
    let file = workbook(|book| {
        let sheet = book.add_worksheet();
        sheet.write(0, 0, "СНИЛС").unwrap().write(0, 1, "Ф.И.О.").unwrap();
        sheet.write(1_048_575, 0, snils(1)).unwrap().write(1_048_575, 16_383, "конец").unwrap();
    });
    let seen = done(preview(&world, "", file));
    assert_eq!((&seen["people"], seen["columns"].as_array().unwrap().len()), (&json!(1), 2));
    let many = workbook(|book| {
        let sheet = book.add_worksheet();
        for row in 0..6_000 {
            sheet.write(row, 0, "СНИЛС").unwrap();
        }
    });
    assert_eq!(preview(&world, "", many).problem(), (413, "too_many_rows"));
}

#[test]
fn formulas_are_never_run_and_texts_like_them_are_refused() {
    let world = World::start();
    let file = workbook(|book| {
        let sheet = book.add_worksheet();
        for (column, title) in (0..).zip(["СНИЛС", "Фамилия", "Имя", "Должность", "Категория"])
        {
            sheet.write(0, column, title).unwrap();
        }
        for (row, position) in [(1, "=HYPERLINK(\"http://example.org\")"), (2, "Водитель")] {
            sheet.write(row, 0, snils(row)).unwrap().write(row, 1, "Орлов").unwrap();
            sheet.write(row, 2, "Иван").unwrap().write_string(row, 3, position).unwrap();
        }
        let formula = rust_xlsxwriter::Formula::new("=\"oth\"&\"er\"").set_result("other");
        sheet.write(1, 4, "other").unwrap().write_formula(2, 4, formula).unwrap();
    });
    let seen = done(preview(&world, "", file));
    assert_eq!(seen["checks"].as_array().unwrap().len(), 1, "{seen}");
    assert_eq!((&seen["checks"][0]["cell"], &seen["checks"][0]["field"]), (&json!("D2"), &json!("position")));
}
