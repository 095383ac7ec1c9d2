//! Bank statements: what they confirm, link and return, what stays unmatched, and what is refused as a whole.

use crate::classroom::Classroom;
use crate::harness::Reply;
use crate::stage::{because, done, rub, text};
use serde_json::{Value, json};
use training_vouchers::kernel::Scope;

const ACCOUNT: &str = "40204810900000000025";
const BIC: &str = "045805000";

/// An item as a test writes it: direction, day, kopecks, number, purpose.
pub type Written<'a> = (&'a str, &'a str, i64, &'a str, &'a str);

/// A statement of March days, opening with 20,000 roubles.
pub struct Statement<'a> {
    account: &'a str,
    days: (&'a str, &'a str),
    items: Vec<Written<'a>>,
    /// Added to the closing balance.
    off: i64,
}

const OPENING: i64 = 2_000_000;

fn roubles(kopecks: i64) -> String {
    format!("{}.{:02}", kopecks / 100, kopecks % 100)
}

fn moscow(day: &str) -> String {
    let parts: Vec<_> = day.split('-').rev().collect();
    parts.join(".")
}

impl<'a> Statement<'a> {
    pub fn of(items: Vec<Written<'a>>) -> Self {
        Self { account: ACCOUNT, days: ("2020-03-17", "2020-03-18"), items, off: 0 }
    }

    fn total(&self, direction: &str) -> i64 {
        self.items.iter().filter(|item| item.0 == direction).map(|item| item.2).sum()
    }

    fn closing(&self) -> i64 {
        OPENING + self.total("credit") - self.total("debit") + self.off
    }

    fn one_c(&self) -> String {
        let Self { account, days: (from, to), .. } = self;
        let mut file = format!(
            "1CClientBankExchange\r\nВерсияФормата=1.03\r\nКодировка=Windows\r\nОтправитель=Банк\r\n\
             ДатаНачала={}\r\nДатаКонца={}\r\nРасчСчет={account}\r\nСекцияРасчСчет\r\nРасчСчет={account}\r\n\
             НачальныйОстаток={}\r\nВсегоПоступило={}\r\nВсегоСписано={}\r\nКонечныйОстаток={}\r\nКонецРасчСчет\r\n",
            moscow(from),
            moscow(to),
            roubles(OPENING),
            roubles(self.total("credit")),
            roubles(self.total("debit")),
            roubles(self.closing())
        );
        for (direction, day, amount, number, purpose) in &self.items {
            let other = "40817810000000000001";
            let (payer, payee, booked) = match *direction {
                "debit" => (*account, other, "ДатаСписано"),
                _ => (other, *account, "ДатаПоступило"),
            };
            file += &format!(
                "СекцияДокумент=Платежное поручение\r\nНомер={number}\r\nСумма={}\r\nПлательщикСчет={payer}\r\n\
                 Получатель=Преображенская Анна\r\nПолучательСчет={payee}\r\n{booked}={}\r\n\
                 НазначениеПлатежа={purpose}\r\nКонецДокумента\r\n",
                roubles(*amount),
                moscow(day)
            );
        }
        file + "КонецФайла\r\n"
    }

    pub fn camt(&self) -> String {
        let balance = |code: &str, day: &str, amount: i64| {
            format!(
                "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"RUB\">{}</Amt>\
                 <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>\n",
                roubles(amount)
            )
        };
        let entries: String = self
            .items
            .iter()
            .map(|(direction, day, amount, number, purpose)| {
                let side = if *direction == "debit" { "DBIT" } else { "CRDT" };
                let reversal = if purpose.is_empty() { "" } else { "<RvslInd>true</RvslInd>" };
                format!(
                    "<Ntry><Amt Ccy=\"RUB\">{}</Amt><CdtDbtInd>{side}</CdtDbtInd>{reversal}<Sts><Cd>BOOK</Cd></Sts>\
                     <BookgDt><Dt>{day}</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>{number}</EndToEndId></Refs>\
                     </TxDtls></NtryDtls></Ntry>\n",
                    roubles(*amount)
                )
            })
            .collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\
             <BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><Acct><Id><Othr><Id>{}</Id></Othr></Id></Acct>\n\
             {}{}{entries}</Stmt></BkToCstmrStmt></Document>",
            self.account,
            balance("OPBD", self.days.0, OPENING),
            balance("CLBD", self.days.1, self.closing())
        )
    }
}

fn windows_1251(text: &str) -> Vec<u8> {
    let byte = |letter| match letter {
        'А'..='я' => u8::try_from(u32::from(letter) - u32::from('А') + 0xc0).unwrap(),
        'Ё' => 0xa8,
        'ё' => 0xb8,
        '№' => 0xb9,
        '«' => 0xab,
        '»' => 0xbb,
        letter => u8::try_from(letter).unwrap(),
    };
    text.chars().map(byte).collect()
}

/// A classroom whose programme has its account; seven hours are taught.
pub fn room() -> Classroom {
    let room = Classroom::start();
    room.teach(7);
    done(set_account(&room, ACCOUNT, BIC));
    room.server.advance(3 * 86_400);
    room
}

fn set_account(room: &Classroom, number: &str, bic: &str) -> Reply {
    let path = format!("/v1/programmes/{}/settlement-accounts", room.programme_id);
    room.post(Scope::Treasury, &path, &json!({ "account_number": number, "bic": bic }))
}

fn send(room: &Classroom, token: &str, file: impl Into<Vec<u8>>, dry_run: bool) -> Reply {
    let path = format!("/v1/programmes/{}/statements?dry_run={dry_run}", room.programme_id);
    let request = room.server.request("POST", &path).bearer_auth(token).header("Content-Type", "text/plain");
    let request = request.header("Idempotency-Key", room.server.app.new_id().to_string());
    request.body(file.into()).send().unwrap().into()
}

/// By the person who prepares no payments.
pub fn import(room: &Classroom, file: impl Into<Vec<u8>>) -> Reply {
    send(room, &room.treasury_2, file, false)
}

fn prepare(room: &Classroom, kopecks: i64, number: &str) -> String {
    text(&done(room.prepare(&room.payment(&room.instructor_id, kopecks, number)))["payment_id"])
}

fn status(room: &Classroom, payment_id: &str) -> String {
    text(&done(room.get(Scope::Auditor, &format!("/v1/payments/{payment_id}")))["status"])
}

/// Of each item: its outcome, or why it is unmatched.
fn outcomes(reply: &Value) -> Vec<String> {
    let items = reply["items"].as_array().unwrap().iter();
    items
        .map(|item| text(if item["because"].is_null() { &item["outcome"] } else { &item["because"] }))
        .collect()
}

fn items(room: &Classroom, query: &str) -> Vec<Value> {
    let path = format!("/v1/programmes/{}/statement-items{query}", room.programme_id);
    done(room.get(Scope::Auditor, &path))["items"].as_array().unwrap().clone()
}

fn resolve(room: &Classroom, token: &str, item: &Value, body: &Value) -> Reply {
    room.server.post(token, &format!("/v1/statement-items/{}/resolve", text(&item["item_id"])), body)
}

fn size(room: &Classroom) -> i64 {
    let path = format!("/v1/programmes/{}/ledger/accounts", room.programme_id);
    room.get(Scope::Auditor, &path).header("x-journal-as-of").parse().unwrap()
}

#[test]
fn an_account_is_set_once_and_its_control_key_is_checked() {
    let room = Classroom::start();
    let none = import(&room, Statement::of(vec![]).one_c());
    assert_eq!(
        (none.problem(), &none.json["facts"]["what"]),
        ((404, "not_found"), &json!("settlement_account"))
    );
    let wrong = set_account(&room, "40204810800000000025", BIC);
    assert_eq!((wrong.code(), &wrong.json["field"]), ("invalid_field", &json!("account_number")));
    assert_eq!(set_account(&room, "4020481090000000002", BIC).json["field"], "account_number");
    assert_eq!(set_account(&room, ACCOUNT, "45805000").json["field"], "bic");
    done(set_account(&room, ACCOUNT, BIC));
    done(set_account(&room, "03224643580000005700", "015805002"));
    assert_eq!(set_account(&room, ACCOUNT, BIC).problem(), (409, "already_exists"));
    let path = format!("/v1/programmes/{}/settlement-accounts", room.programme_id);
    let listed = done(room.get(Scope::Auditor, &path));
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert_eq!(listed["items"][0]["account_number"], ACCOUNT);
    room.assert_audit_is_clean();
}

/// Both formats, whatever the letters: the same items, with the same outcomes.
#[test]
fn a_statement_confirms_links_and_returns_what_it_shows() {
    for (name, as_camt) in [("1C", false), ("camt.053", true)] {
        let room = room();
        let (first, second) = (prepare(&room, 400_000, "17"), prepare(&room, 100_001, "18"));
        let paid_before = room.pay(&room.instructor_id, 200_000, "16");
        let statement = Statement::of(vec![
            ("debit", "2020-03-17", 400_000, "17", ""),
            ("debit", "2020-03-17", 100_001, "18", ""),
            ("debit", "2020-03-17", 200_000, "16", ""),
            ("credit", "2020-03-18", 400_000, "17", "Возврат по п/п № 17 от 17.03.2020: счёт закрыт"),
            ("debit", "2020-03-18", 5_000, "900", ""),
        ]);
        let file = if as_camt { statement.camt().into_bytes() } else { windows_1251(&statement.one_c()) };
        let before = size(&room);
        let dry = done(send(&room, &room.treasury_2, file.clone(), true));
        assert_eq!(
            (size(&room), &dry["receipt"], &dry["statement_id"]),
            (before, &Value::Null, &Value::Null)
        );
        assert_eq!(status(&room, &first), "prepared", "{name}");

        let mut imported = done(import(&room, file));
        let expected =
            ["matched_confirmed", "matched_confirmed", "matched_paid", "matched_returned", "no_payment"];
        assert_eq!(outcomes(&imported), expected, "{name}");
        assert_eq!(
            [&imported["matched_confirmed"], &imported["matched_paid"], &imported["unmatched"]],
            [&json!(2), &json!(1), &json!(1)]
        );
        assert_eq!((&imported["spent"], &imported["received"]), (&rub(705_001), &rub(400_000)));
        assert_eq!(imported["items"][0]["payment_id"], json!(first));
        assert_eq!(
            [&first, &second, &paid_before].map(|id| status(&room, id)),
            ["returned", "paid", "paid"],
            "{name}"
        );
        assert_eq!(room.balance("paid"), 300_001);
        assert!(imported["receipt"].is_string());
        assert_eq!(size(&room), before + 4, "the statement, two payments, a return");
        // The dry run said the same.
        for member in ["receipt", "statement_id", "dry_run"] {
            imported[member] = dry[member].clone();
        }
        for item in imported["items"].as_array_mut().unwrap() {
            item["item_id"] = Value::Null;
        }
        assert_eq!(imported, dry, "{name}");
        room.assert_audit_is_clean();
    }
}

/// The second payment to a payee is spread over what the first has left, as when a person confirms both.
#[test]
fn payments_of_one_payee_see_each_other_and_never_exceed_what_is_owed() {
    let room = room();
    let too_much = prepare(&room, 1_050_007, "1");
    let part = prepare(&room, 700_003, "2");
    let again = prepare(&room, 350_005, "3");
    let statement = Statement::of(vec![
        ("debit", "2020-03-17", 700_003, "2", ""),
        ("debit", "2020-03-17", 350_005, "3", ""),
        ("debit", "2020-03-17", 1_050_007, "1", ""),
        ("credit", "2020-03-18", 700_003, "5", "возврат 2"),
    ]);
    let imported = done(import(&room, statement.one_c()));
    assert_eq!(
        outcomes(&imported),
        ["matched_confirmed", "accrual_exceeded", "accrual_exceeded", "matched_returned"]
    );
    assert_eq!([&too_much, &part, &again].map(|id| status(&room, id)), ["prepared", "returned", "prepared"]);
    let statement = Statement {
        days: ("2020-03-19", "2020-03-20"),
        ..Statement::of(vec![
            ("debit", "2020-03-20", 350_005, "3", ""),
            ("debit", "2020-03-20", 350_005, "3", ""),
        ])
    };
    let imported = done(import(&room, statement.camt()));
    assert_eq!(outcomes(&imported), ["matched_confirmed", "already_matched"]);
    assert_eq!(room.balance("paid"), 350_005);
    room.assert_audit_is_clean();
}

#[test]
fn a_register_is_confirmed_by_its_total_or_line_by_line() {
    for whole in [true, false] {
        let room = room();
        let tax = {
            let path = format!("/v1/programmes/{}/payables", room.programme_id);
            let payables = done(room.get(Scope::Auditor, &path));
            let of_kind = |row: &&Value| row["kind"] == "tax_office";
            text(&payables.as_array().unwrap().iter().find(of_kind).unwrap()["payee_id"])
        };
        let lines = json!([{ "payee_id": room.instructor_id, "amount": rub(1_050_007) },
            { "payee_id": tax, "amount": rub(317_102) }]);
        let register = json!({ "programme_id": room.programme_id, "document_number": "44", "paid_on": "2020-03-17",
            "lines": lines });
        let register = done(room.post(Scope::Treasury, "/v1/payment-registers", &register));
        let total = ("debit", "2020-03-17", 1_367_109, "44", "");
        let items = match whole {
            true => vec![total, ("debit", "2020-03-17", 317_102, "44/2", "")],
            false => vec![("debit", "2020-03-17", 317_102, "44/2", ""), total],
        };
        let imported = done(import(&room, Statement::of(items).one_c()));
        assert_eq!(outcomes(&imported), ["matched_confirmed", "already_matched"]);
        if whole {
            assert_eq!(imported["items"][0]["register_id"], register["register_id"]);
        }
        assert_eq!(room.balance("paid"), if whole { 1_367_109 } else { 317_102 });
        room.assert_audit_is_clean();
    }
}

#[test]
fn what_does_not_fit_stays_unmatched_and_says_why() {
    let room = room();
    for (kopecks, number) in [(100, "1"), (100, "2"), (300, "3")] {
        prepare(&room, kopecks, number);
    }
    let mut late = room.payment(&room.instructor_id, 400, "4");
    late["paid_on"] = json!("2020-03-18");
    done(room.prepare(&late));
    let statement = Statement::of(vec![
        ("debit", "2020-03-17", 100, "", ""),
        ("debit", "2020-03-17", 100, "77", ""),
        ("debit", "2020-03-17", 101, "1", ""),
        ("debit", "2020-03-17", 400, "4", ""),
        ("credit", "2020-03-17", 100, "5", "Пополнение"),
        ("credit", "2020-03-17", 100, "6", "Возврат по п/п 1 и 2"),
        ("credit", "2020-03-17", 100, "7", "Возврат по п/п 99"),
        ("credit", "2020-03-17", 300, "8", "Возврат по п/п 3"),
    ]);
    let imported = done(import(&room, statement.one_c()));
    assert_eq!(
        outcomes(&imported),
        [
            "no_number",
            "no_payment",
            "amount_differs",
            "before_order",
            "not_a_return",
            "ambiguous",
            "no_payment",
            "invalid_transition"
        ]
    );
    assert_eq!(room.balance("paid"), 0);
    assert_eq!(items(&room, "?status=unmatched").len(), 8);
    room.assert_audit_is_clean();
}

#[test]
fn whoever_prepared_a_payment_does_not_confirm_it_by_a_statement() {
    let room = room();
    let payment = prepare(&room, 100, "1");
    let file = Statement::of(vec![("debit", "2020-03-17", 100, "1", "")]).one_c();
    let imported = done(send(&room, room.server.token(Scope::Treasury), file, false));
    assert_eq!(
        (outcomes(&imported), status(&room, &payment).as_str()),
        (vec!["self_approval".into()], "prepared")
    );
    room.assert_audit_is_clean();
}

#[test]
fn what_is_dated_in_a_closed_month_stays_unmatched() {
    let room = room();
    let payment = prepare(&room, 100, "1");
    room.server.advance(20 * 86_400);
    let path = format!("/v1/programmes/{}/periods/2020-03/close", room.programme_id);
    let proposal = done(room.post(Scope::Treasury, &path, &json!({})));
    done(room.confirm_act(&room.treasury_2, &proposal));
    let imported = done(import(&room, Statement::of(vec![("debit", "2020-03-17", 100, "1", "")]).one_c()));
    assert_eq!(
        (outcomes(&imported), status(&room, &payment).as_str()),
        (vec!["period_closed".into()], "prepared")
    );
    room.assert_audit_is_clean();
}

#[test]
fn unmatched_items_are_seen_until_a_second_person_resolves_them() {
    let room = room();
    let statement = Statement::of(vec![
        ("debit", "2020-03-17", 500, "21", ""),
        ("debit", "2020-03-18", 5_000, "900", ""),
    ]);
    let imported = done(import(&room, statement.one_c()));
    assert_eq!(imported["unmatched"], 2);
    let path = format!("/v1/programmes/{}/unmatched", room.programme_id);
    let unmatched = done(room.get(Scope::Auditor, &path));
    assert_eq!((&unmatched["unmatched_items"], unmatched["items"].as_array().unwrap().len()), (&json!(2), 2));
    assert_eq!(unmatched["items"][0]["rule"], "statement_item_unmatched");
    assert_eq!(unmatched["items"][0]["figures"]["amount"], rub(500));

    // Prepared later: nothing matches it by itself, and it must be paid first.
    let waiting = items(&room, "?status=unmatched");
    let payment = prepare(&room, 500, "21");
    let about = json!({ "payment_id": payment, "reason": "платёж подготовлен позже" });
    let first = room.server.token(Scope::Treasury);
    let early = resolve(&room, first, &waiting[0], &about);
    assert_eq!(
        (early.problem(), &early.json["facts"]["allowed"]),
        ((409, "invalid_transition"), &json!(["confirm"]))
    );
    done(room.confirm(&room.treasury_2, &json!({ "payment_id": payment })));
    let finding = &done(room.get(Scope::Auditor, &path))["items"][2];
    assert_eq!(finding["rule"], "payment_without_statement_item");

    assert_eq!(resolve(&room, &room.treasury_2, &waiting[0], &about).problem(), (403, "self_approval"));
    let other = resolve(&room, first, &waiting[1], &about);
    assert_eq!((other.code(), &other.json["field"]), ("invalid_field", &json!("payment_id")));
    assert_eq!(other.json["facts"]["item_kopecks"], 5_000);
    let resolved = done(resolve(&room, first, &waiting[0], &about));
    assert_eq!((&resolved["status"], &resolved["payment_id"]), (&json!("resolved"), &json!(payment)));
    let again = resolve(&room, first, &waiting[0], &about);
    assert_eq!((again.code(), &again.json["facts"]["status"]), ("invalid_transition", &json!("resolved")));
    done(resolve(&room, first, &waiting[1], &because("комиссия банка")));

    assert_eq!(items(&room, "?status=unmatched"), Vec::<Value>::new());
    assert_eq!(items(&room, "?status=resolved").len(), 2);
    let unmatched = done(room.get(Scope::Auditor, &path));
    assert_eq!((&unmatched["unmatched_items"], &unmatched["items"]), (&json!(0), &json!([])));
    let shown = format!("/v1/statements/{}", text(&imported["statement_id"]));
    let shown = done(room.get(Scope::Auditor, &shown));
    assert_eq!((&shown["unmatched"], &shown["item_count"]), (&json!(0), &json!(2)));
    assert_eq!(shown["items"]["items"][1]["reason"], "комиссия банка");
    room.assert_audit_is_clean();
}

#[test]
fn items_come_in_pages_across_statements() {
    let room = room();
    let of_day = |day: &'static str| Statement {
        days: (day, day),
        ..Statement::of((0..3).map(|_| ("debit", day, 1, "", "")).collect())
    };
    done(import(&room, of_day("2020-03-17").one_c()));
    done(import(&room, of_day("2020-03-18").camt()));
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path =
            format!("/v1/programmes/{}/statement-items?status=unmatched&limit=2{cursor}", room.programme_id);
        let page = done(room.get(Scope::Auditor, &path));
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| text(&item["item_id"])));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let all: Vec<_> = items(&room, "").iter().map(|item| text(&item["item_id"])).collect();
    assert_eq!((seen.len(), &seen), (6, &all));
    let listed = done(room.get(Scope::Auditor, &format!("/v1/programmes/{}/statements", room.programme_id)));
    let unmatched: Vec<_> = listed["items"].as_array().unwrap().iter().map(|one| &one["unmatched"]).collect();
    assert_eq!(unmatched, [&json!(3), &json!(3)]);
}

/// What is refused is refused as a whole, and says what to do.
#[test]
fn a_statement_that_cannot_be_right_changes_nothing() {
    let room = room();
    let payment = prepare(&room, 100, "1");
    let good = || Statement::of(vec![("debit", "2020-03-17", 100, "1", "")]);
    let before = size(&room);
    let refused = |file: Vec<u8>| {
        let reply = import(&room, file);
        assert_eq!((size(&room), status(&room, &payment).as_str()), (before, "prepared"), "{reply:?}");
        reply
    };
    let other = refused(Statement { account: "30101810800000000746", ..good() }.one_c().into());
    assert_eq!(other.problem(), (422, "wrong_account"));
    assert_eq!(
        (&other.json["facts"]["expected"], &other.json["facts"]["found"]),
        (&json!(["…0025"]), &json!("…0746"))
    );
    for file in [Statement { off: 1, ..good() }.one_c(), Statement { off: 1, ..good() }.camt()] {
        let broken = refused(file.into());
        assert_eq!(broken.problem(), (422, "statement_unbalanced"));
        assert_eq!(broken.json["facts"]["difference_kopecks"], 1);
        assert!(text(&broken.json["detail"]).contains("0,01"), "{broken:?}");
    }
    let future = refused(Statement { days: ("2020-03-17", "2020-03-21"), ..good() }.one_c().into());
    assert_eq!((future.code(), &future.json["field"]), ("invalid_field", &json!("last_day")));
    let outside = Statement { days: ("2020-03-18", "2020-03-18"), ..good() };
    let mut malformed: Vec<Vec<u8>> = vec![
        outside.one_c().into(),
        good().one_c().replace("Сумма=1.00", "Сумма=1.005").into(),
        good().one_c().replace("Сумма=1.00", "Сумма=-1.00").into(),
        windows_1251(&good().one_c().replace("Windows", "DOS")),
        good().one_c().replace("Кодировка=Windows", "").into(),
        good().one_c().replace("КонецФайла", "").into(),
        good().camt().replace("Ccy=\"RUB\">1.00", "Ccy=\"EUR\">1.00").into(),
        good().camt().replace("<Document", "<!DOCTYPE d [<!ENTITY a \"aaaa\">]><Document").into(),
        good().camt().replace("</Stmt>", "").into(),
        b"PK\x03\x04".to_vec(),
        b"client_ref;snils".to_vec(),
        b"<html></html>".to_vec(),
    ];
    malformed.push(Vec::new());
    for file in malformed {
        let name = String::from_utf8_lossy(&file).into_owned();
        let reply = refused(file);
        assert_eq!(reply.problem(), (400, "malformed_statement"), "{name}");
        assert!(!text(&reply.json["remedy"]).is_empty());
    }
    let as_json = room.post(
        Scope::Treasury,
        &format!("/v1/programmes/{}/statements", room.programme_id),
        &json!({ "file": good().camt() }),
    );
    assert_eq!(as_json.problem(), (415, "unsupported_media_type"));
    let large = refused(vec![b' '; (16 << 20) + 1]);
    assert_eq!(large.problem(), (413, "too_large"));
    let many = Statement::of(vec![("debit", "2020-03-17", 1, "", ""); 5_001]);
    assert_eq!(refused(many.one_c().into()).problem(), (413, "too_many_rows"));
    done(import(&room, good().one_c()));
    assert_eq!(status(&room, &payment), "paid");
    room.assert_audit_is_clean();
}

#[test]
fn a_statement_comes_once_and_days_are_told_once() {
    let room = room();
    let days =
        |from, to| Statement { days: (from, to), ..Statement::of(vec![("debit", "2020-03-18", 1, "", "")]) };
    let file = days("2020-03-17", "2020-03-18").one_c();
    let first = done(import(&room, file.clone()));
    for again in [file, days("2020-03-18", "2020-03-19").camt(), days("2020-03-15", "2020-03-18").one_c()] {
        for dry_run in [true, false] {
            let refused = send(&room, &room.treasury_2, again.clone(), dry_run);
            assert_eq!(
                (refused.problem(), &refused.json["field"]),
                ((409, "already_exists"), &json!("statement"))
            );
            assert_eq!(refused.json["facts"]["statement_id"], first["statement_id"]);
            assert!(text(&refused.json["detail"]).contains("2020-03-17"), "{refused:?}");
        }
    }
    let empty = Statement { days: ("2020-03-19", "2020-03-19"), ..Statement::of(vec![]) };
    assert_eq!(done(import(&room, empty.one_c()))["items"], json!([]));
}

/// Names and purposes are read and forgotten.
#[test]
fn nothing_of_a_person_is_kept_of_a_statement() {
    let room = room();
    let statement = Statement::of(vec![("credit", "2020-03-17", 1, "5", "Возврат от Преображенской А. П.")]);
    let imported = done(import(&room, statement.one_c()));
    let path = format!("/v1/statements/{}", text(&imported["statement_id"]));
    for reply in [imported, done(room.get(Scope::Auditor, &path))] {
        assert!(!reply.to_string().contains("Преображенск"), "{reply}");
    }
    let path = format!("/v1/programmes/{}/ledger/transactions", room.programme_id);
    assert!(!room.get(Scope::Auditor, &path).text.contains("Преображенск"));
}
