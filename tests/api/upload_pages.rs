//! A list of people becomes a request on pages, as a browser without script sees them.

use crate::harness::Reply;
use crate::login::{Desk, desk_of};
use crate::people::{csv, snils};
use crate::stage::{done, text};
use crate::world::World;
use rust_xlsxwriter::Workbook;
use serde_json::json;

const PAGE: &str = "/desk/requests/new";
const SEND: &str = "/desk/requests/new/send";

type Fields = Vec<(String, String)>;

/// Five people as an office lists them: the third has a wrong СНИЛС, the fifth is the first again. No column says the category.
fn list() -> Vec<Vec<String>> {
    let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
    let person = |number: &str, name: &str, snils: &str| row([number, name, snils, "Консультант – ведущий"]);
    vec![
        row(["Список № 1", "", "", ""]),
        row(["", "", "", ""]),
        row(["№", "Ф.И.О.", "СНИЛС", "Должность"]),
        person("1", "Ёлкина Анна Петровна", &snils(1)),
        person("2", "Алиев Мамед Гусейн оглы", &snils(2)),
        person("3", "Орлов Иван", "112-233-445 96"),
        person("4", "Ли Ен", &snils(4)),
        person("5", "Ёлкина Анна Петровна", &snils(1)),
    ]
}

/// As Excel in Russia saves CSV.
fn windows_1251(rows: &[Vec<String>]) -> Vec<u8> {
    let lines: Vec<_> = rows.iter().map(|row| row.join(";")).collect();
    encoding_rs::WINDOWS_1251.encode(&lines.join("\r\n")).0.into_owned()
}

fn workbook(rows: &[Vec<String>]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write(row, column, cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// What the form of a page would send as it stands: its hidden and typed fields, and the options that are selected.
fn form(page: &str) -> Fields {
    let form = page.split("enctype=\"multipart/form-data\"").nth(1).expect("a form");
    let form = form.split("</form>").next().unwrap();
    let attribute = |tag: &str, name: &str| {
        let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
        Some(value.replace("&#34;", "\"").replace("&#38;", "&"))
    };
    let mut fields = Fields::new();
    let mut select = None;
    for tag in form.split('<').filter_map(|part| part.split('>').next()) {
        if tag.starts_with("input ") && !tag.contains("type=\"file\"") {
            fields.push((attribute(tag, "name").unwrap(), attribute(tag, "value").unwrap_or_default()));
        } else if tag.starts_with("select ") {
            select = attribute(tag, "name");
            fields.push((select.clone().unwrap(), String::new()));
        } else if tag.starts_with("option ") && tag.ends_with(" selected") {
            let last = fields.iter_mut().rfind(|(name, _)| Some(name) == select.as_ref()).unwrap();
            last.1 = attribute(tag, "value").unwrap();
        }
    }
    fields
}

fn set(fields: &mut Fields, name: &str, value: &str) {
    fields.iter_mut().find(|(known, _)| known == name).expect(name).1 = value.to_owned();
}

fn get<'a>(fields: &'a Fields, name: &str) -> Vec<&'a str> {
    fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
}

/// The page, whole and in words.
#[track_caller]
fn shown(reply: Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(!reply.text.contains('⟦'), "{}", reply.text);
    reply.text
}

#[track_caller]
fn location(reply: &Reply) -> String {
    assert_eq!(reply.status, 303, "{}", reply.text);
    reply.header("location").to_owned()
}

/// Chooses the file on the page; gives the page that answers.
fn choose(desk: &Desk<'_>, name: &str, file: &[u8]) -> Reply {
    let fields = form(&shown(desk.get(PAGE)));
    desk.post_form_data(PAGE, &fields, Some((name, file)))
}

/// The same, and says everybody's category.
fn check(desk: &Desk<'_>, name: &str, file: &[u8]) -> String {
    let mut fields = form(&shown(choose(desk, name, file)));
    set(&mut fields, "category", "state_civil_servant");
    shown(desk.post_form_data(PAGE, &fields, None))
}

#[track_caller]
fn assert_has(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "{text} in {page}");
    }
}

fn requests(world: &World) -> usize {
    done(world.get(&world.state_body.token, "/v1/requests"))["items"].as_array().unwrap().len()
}

#[test]
fn a_list_becomes_a_request_from_its_file_on() {
    for (name, file) in [("список.csv", windows_1251(&list())), ("список.xlsx", workbook(&list()))]
    {
        let world = World::start();
        let desk = desk_of(&world.server, "agency");
        assert_has(&shown(desk.get("/desk/requests")), &[PAGE, "Квота органа"]);
        let before = world.footprint();

        let columns = shown(choose(&desk, name, &file));
        assert_has(&columns, &[name, "Ёлкина Анна Петровна", "Не хватает: Категория службы."]);
        let mut fields = form(&columns);
        assert_eq!(get(&fields, "column"), ["", "full_name", "snils", "position"]);
        assert!(get(&fields, "checked").is_empty(), "nothing can be sent yet");
        set(&mut fields, "category", "state_civil_servant");

        let rows = shown(desk.post_form_data(PAGE, &fields, None));
        assert_has(&rows, &["<b>3</b><span>строк принято", "<b>2</b><span>строк с отказом"]);
        assert_has(&rows, &["Ячейка C6: «112-233-445 96».", "контрольное число", "уже есть в строке 4"]);
        assert_has(
            &rows,
            &["занято одобренными заявками <b>0</b>", "в этом списке <b>3</b>", "осталось <b>7</b>"],
        );
        assert_has(&rows, &["Заявка будет ждать решения", "Отправить только принятые 3 строки"]);
        assert_eq!(world.footprint(), before, "only looked at");

        let request = location(&desk.post_form_data(SEND, &form(&rows), None));
        let sent = shown(desk.get(&request));
        assert_has(&sent, &["Ли Ен", "Алиев Мамед Гусейн оглы", "ждёт решения"]);
        let shown = done(world.get(&world.state_body.token, &request.replace("/desk", "/v1")));
        let items = shown["items"].as_array().unwrap();
        let items: Vec<_> =
            items.iter().map(|item| (item["row"].as_i64().unwrap(), text(&item["status"]))).collect();
        let expected = [(1, "requested"), (2, "requested"), (3, "refused"), (4, "requested"), (5, "refused")];
        assert_eq!(items, expected.map(|(row, status)| (row, status.to_owned())));
    }
}

#[test]
fn a_list_that_is_sent_twice_is_one_request() {
    let world = World::start();
    let desk = desk_of(&world.server, "agency");
    let checked = form(&check(&desk, "list.csv", &windows_1251(&list())));
    let first = location(&desk.post_form_data(SEND, &checked, None));
    assert_eq!(location(&desk.post_form_data(SEND, &checked, None)), first, "a double click");
    let again = shown(desk.post_form_data(PAGE, &checked, None));
    assert_has(&again, &["Отправлять нечего", "уже есть ваша заявка"]);
    assert_eq!(get(&form(&again), "form_key"), get(&checked, "form_key"), "the same wish");
    assert_eq!(location(&desk.post_form_data(SEND, &checked, None)), first, "the back button");
    assert_eq!(requests(&world), 1);
    let anew = check(&desk, "list.csv", &windows_1251(&list()));
    assert_has(&anew, &["Отправлять нечего"]);
}

#[test]
fn what_is_sent_is_what_was_looked_at() {
    let world = World::start();
    let desk = desk_of(&world.server, "agency");
    let before = world.footprint();
    let mut rows = list();
    rows.truncate(5);
    let checked = form(&check(&desk, "list.csv", &windows_1251(&rows)));
    assert_eq!(get(&checked, "mode"), ["all_or_nothing"], "every row is accepted");

    let mut other = checked.clone();
    set(&mut other, "category", "municipal_servant");
    let looked_at = shown(desk.post_form_data(SEND, &other, None));
    assert_has(&looked_at, &["Столбцы изменились после проверки"]);

    let mut doubled = checked.clone();
    set(&mut doubled, "column", "snils");
    let told = shown(desk.post_form_data(SEND, &doubled, None));
    assert_has(&told, &["«СНИЛС» выбрано для нескольких столбцов", "Не хватает: СНИЛС."]);
    assert_eq!(world.footprint(), before);

    // Meanwhile a colleague asks for the first of them.
    let colleague = json!({ "programme_id": world.programme_id, "rows": [crate::people::row(1)] });
    done(world.post(&world.state_body.token, "/v1/requests", &colleague));
    let before = world.footprint();
    let told = shown(desk.post_form_data(SEND, &checked, None));
    assert_has(
        &told,
        &["ничего не отправлено", "уже есть ваша заявка", "Отправить только принятую 1 строку"],
    );
    assert_eq!(world.footprint(), before);
    location(&desk.post_form_data(SEND, &form(&told), None));
    assert_eq!(requests(&world), 2);
}

#[test]
fn what_is_over_quota_is_said() {
    let world = World::start();
    world.set_seats(&world.state_body, 3);
    let asked = json!({ "programme_id": world.programme_id, "rows": crate::people::rows([7]) });
    done(world.post(&world.state_body.token, "/v1/requests", &asked));
    let desk = desk_of(&world.server, "agency");
    let rows = check(&desk, "list.csv", &windows_1251(&list()));
    assert_has(&rows, &["3 места", "занято одобренными заявками <b>1</b>", "осталось <b>0</b>"]);
    assert_has(&rows, &["Сверх квоты 1 строка.", "Сверх квоты: свободных мест больше нет"]);

    let outsider = desk_of(&world.server, "hr.psk-s03");
    assert_has(&shown(outsider.get("/desk/requests")), &["нет квоты в этой программе"]);
    let rows = check(&outsider, "list.csv", &windows_1251(&list()));
    assert_has(&rows, &["У вашего органа нет квоты", "Отправлять нечего"]);
}

#[test]
fn sheets_and_title_rows_are_chosen_on_the_page() {
    let world = World::start();
    let desk = desk_of(&world.server, "agency");
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Отпуска").unwrap().write(0, 0, "Июль").unwrap();
    let sheet = book.add_worksheet().set_name("Люди & курсы").unwrap();
    for (column, cell) in (0..).zip(["СНИЛС", "ФИО", "Должность"]) {
        sheet.write(0, column, cell).unwrap().write(1, column, "—").unwrap();
    }
    let other = shown(choose(&desk, "книга.xlsx", &book.save_to_buffer().unwrap()));
    assert_has(&other, &["Ни один столбец не узнан"]);
    let mut fields = form(&other);
    let sheets: Vec<_> = other.split("<option").filter(|option| option.contains("Люди")).collect();
    assert_eq!(sheets.len(), 1, "{other}");
    set(&mut fields, "sheet", "Люди & курсы");
    let right = shown(desk.post_form_data(PAGE, &fields, None));
    assert_eq!(get(&form(&right), "column"), ["snils", "full_name", "position"], "guessed anew");
    let mut fields = form(&right);
    set(&mut fields, "header_row", "30");
    set(&mut fields, "category", "state_civil_servant");
    let anew = shown(desk.post_form_data(PAGE, &fields, None));
    assert_has(&anew, &["Строки с таким номером нет", "Отправлять нечего"]);
    assert_eq!(get(&form(&anew), "header_row"), ["1"]);
}

#[test]
fn files_that_are_no_list_say_what_to_do() {
    let world = World::start();
    let desk = desk_of(&world.server, "agency");
    let before = world.footprint();
    let mut many = csv(1..=6);
    many.push_str(&"строка;\n".repeat(5_300));
    let cases: [(&str, Vec<u8>, u16, &str); 8] = [
        ("фото.png", b"\x89PNG\r\n\x1a\n...".to_vec(), 400, "Это картинка, а не таблица."),
        ("скан.jpg", b"\xff\xd8\xff\xe0...".to_vec(), 400, "Это картинка, а не таблица."),
        ("список.pdf", b"%PDF-1.7 ...".to_vec(), 400, "Это PDF, а не таблица."),
        ("пустой.csv", Vec::new(), 400, "нет ни одной заполненной строки"),
        ("пустая.xlsx", workbook(&[]), 400, "нет ни одной заполненной строки"),
        ("архив.bin", b"ab\0cd\x01".to_vec(), 400, "байты, которых в тексте не бывает"),
        ("большой.csv", vec![b'x'; 5 << 20], 413, "принимается до 4 МБ"),
        ("длинный.csv", many.into_bytes(), 413, "больше 5 000 строк"),
    ];
    for (name, file, status, words) in cases {
        let told = choose(&desk, name, &file);
        assert_eq!(told.status, status, "{name}: {}", told.text);
        assert_has(&told.text, &[words, "type=\"file\"", "/desk/requests\""]);
        assert!(!told.text.contains('⟦'), "{}", told.text);
    }
    let nothing = desk.post_form_data(PAGE, &form(&shown(desk.get(PAGE))), Some(("", b"")));
    assert_eq!(nothing.status, 422);
    assert_has(&nothing.text, &["Файл не выбран."]);
    let headless: Vec<_> = list().split_off(3);
    assert_has(
        &shown(choose(&desk, "без заголовков.csv", &windows_1251(&headless))),
        &["Ни один столбец не узнан"],
    );
    let mut alone = list();
    alone.truncate(3);
    assert_has(&check(&desk, "без людей.csv", &windows_1251(&alone)), &["нет ни одного сотрудника"]);
    assert_eq!(world.footprint(), before);
}

#[test]
fn only_the_agency_itself_uploads_from_a_page_of_ours() {
    let world = World::start();
    let desk = desk_of(&world.server, "agency");
    let file = windows_1251(&list());
    let checked = form(&check(&desk, "list.csv", &file));

    let mut forged = checked.clone();
    set(&mut forged, "csrf_token", "guessed");
    let without: Fields = checked.iter().filter(|(name, _)| name != "csrf_token").cloned().collect();
    for fields in [&forged, &without] {
        for path in [PAGE, SEND] {
            assert_eq!(desk.post_form_data(path, fields, Some(("list.csv", &file))).status, 403, "{path}");
        }
    }
    let stranger = Desk::new(&world.server);
    assert_eq!(stranger.post_form_data(SEND, &checked, None).status, 401);
    assert!(location(&stranger.get(PAGE)).starts_with("/sign-in"));
    let other = desk_of(&world.server, "hr.psk-s02");
    assert_eq!(other.post_form_data(SEND, &checked, None).status, 403, "another's token");
    for subject in ["programme", "auditor", "registrar"] {
        assert_eq!(desk_of(&world.server, subject).get(PAGE).status, 403, "{subject}");
    }
    assert_eq!(requests(&world), 0);

    let request = location(&desk.post_form_data(SEND, &checked, None));
    assert_eq!(other.get(&request).status, 404);
    assert!(!shown(other.get("/desk/requests")).contains(&request));
}
