//! Bank statements by the command line.

use crate::job::Offices;
use crate::place::{Place, assert_code, err, out};
use serde_json::Value;
use std::fs;

const STATEMENT: &str = "1CClientBankExchange
Кодировка=UTF-8
ДатаНачала=17.03.2020
ДатаКонца=17.03.2020
СекцияРасчСчет
РасчСчет=40204810900000000025
НачальныйОстаток=150.00
КонечныйОстаток=0.00
КонецРасчСчет
СекцияДокумент=Платежное поручение
Номер=77
Сумма=150.00
ПлательщикСчет=40204810900000000025
ДатаСписано=17.03.2020
КонецДокумента
КонецФайла
";

#[test]
fn a_statement_is_tried_imported_and_leaves_what_nobody_explains() {
    let place = Place::initialised();
    let offices = Offices::at(&place);
    fs::write(place.path("programme.toml"), offices.programme_file()).unwrap();
    assert_code(&place.run(&["programme", "create", "--file", "programme.toml"]), 0);
    fs::write(place.path("statement.txt"), STATEMENT).unwrap();
    let import = |more: &[&str]| {
        place.run(&[&["statement", "import", "statement.txt", "--programme", "PSK26"], more].concat())
    };
    let early = import(&[]);
    assert_code(&early, 1);
    assert!(err(&early).contains("not_found"), "{}", err(&early));
    offices.set_account("PSK26", "40204810900000000025", "045805000");

    let tried = import(&["--dry-run"]);
    assert_code(&tried, 0);
    assert!(out(&tried).contains("no_payment") && out(&tried).contains("A dry run"), "{}", out(&tried));
    let imported = import(&["--json"]);
    assert_code(&imported, 0);
    let imported: Value = serde_json::from_slice(&imported.stdout).unwrap();
    assert_eq!((&imported["unmatched"], &imported["spent"]["amount"]), (&1.into(), &15_000.into()));
    let again = import(&[]);
    assert_code(&again, 1);
    assert!(err(&again).contains("already_exists"), "{}", err(&again));

    let shown = place.run(&["statement", "unmatched", "--programme", "PSK26"]);
    assert_code(&shown, 0);
    assert!(out(&shown).contains(imported["items"][0]["item_id"].as_str().unwrap()), "{}", out(&shown));
    let asked = place.run(&["ask", "unmatched", "--programme", "PSK26", "--json"]);
    let asked: Value = serde_json::from_slice(&asked.stdout).unwrap();
    assert_eq!(
        (&asked["unmatched_items"], &asked["items"][0]["figures"]["amount"]["amount"]),
        (&1.into(), &15_000.into())
    );
    fs::write(place.path("statement.txt"), "client_ref;snils").unwrap();
    let other = import(&[]);
    assert_code(&other, 1);
    assert!(err(&other).contains("malformed_statement"), "{}", err(&other));
    assert_code(&place.run(&["audit"]), 0);
}
