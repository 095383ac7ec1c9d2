//! The auditor's questions: as of a size of the log, the statement of an account, the search, traces from every end, what is
//! unusual, what was refused, a sample.

use crate::classroom::Classroom;
use crate::harness::Reply;
use crate::stage::{FACE_VALUE, because, done, rub, text};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use training_vouchers::kernel::Scope;
use training_vouchers::oversight::sample;
use training_vouchers::writer::{self, Batch, Change, Command, Done, Stop};

fn kopecks(value: &Value) -> i64 {
    value["amount"].as_i64().unwrap_or_else(|| panic!("money, not {value}"))
}

fn items(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("a list, not {value}"))
}

fn ask(room: &Classroom, rest: &str) -> Reply {
    room.get(Scope::Auditor, &format!("/v1/programmes/{}/{rest}", room.programme_id))
}

/// All of a list, page by page.
fn all(room: &Classroom, path: &str, limit: u32) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in 0..1_000 {
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = done(ask(room, &format!("{path}{separator}limit={limit}{cursor}")));
        found.extend_from_slice(items(&page["items"]));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
    panic!("{path} never ends")
}

fn line(room: &Classroom) -> String {
    text(&done(ask(room, "budget-execution"))[0]["budget_line_id"])
}

fn tax_office(room: &Classroom) -> String {
    let payables = done(ask(room, "payables"));
    text(&items(&payables).iter().find(|payable| payable["kind"] == "tax_office").unwrap()["payee_id"])
}

/// Two sessions; payments to the instructor and the tax office, the second of which is dated before the first.
fn taught_and_paid() -> (Classroom, Vec<String>) {
    let room = Classroom::start();
    room.teach(5);
    room.teach(3);
    let tax_office = tax_office(&room);
    room.server.advance(3 * 86_400);
    let pay = |payee: &str, kopecks: i64, number: &str, day: &str| {
        let mut payment = room.payment(payee, kopecks, number);
        payment["paid_on"] = json!(day);
        let prepared = done(room.prepare(&payment));
        text(&done(room.confirm(&room.treasury_2, &prepared))["payment_id"])
    };
    let payments = vec![
        pay(&room.instructor_id, 1_000_001, "П-1", "2020-03-19"),
        pay(&tax_office, 7, "П-2", "2020-03-18"),
        pay(&room.instructor_id, 200_007, "П-3", "2020-03-20"),
    ];
    (room, payments)
}

fn size(room: &Classroom) -> i64 {
    ask(room, "ledger/accounts").header("x-journal-as-of").parse().unwrap()
}

/// The same size gives the same bytes, whatever is booked since; the size of now is what is asked without one.
#[test]
fn what_is_asked_as_of_a_size_stays_as_it_was() {
    let (room, payments) = taught_and_paid();
    let (line, redemption) = (line(&room), room.redemption_ids[0].clone());
    let voucher =
        text(&done(room.get(Scope::Auditor, &format!("/v1/redemptions/{redemption}/trace")))["voucher_id"]);
    let sessions =
        done(room.get(Scope::Auditor, &format!("/v1/sessions?programme_id={}", room.programme_id)));
    let session = text(&sessions["items"][0]["session_id"]);
    let programme = |rest: &str| format!("/v1/programmes/{}/{rest}", room.programme_id);
    let questions = [
        programme("ledger/accounts?"),
        programme("budget-execution?"),
        programme("trial-balance?"),
        programme("trial-balance?from=2020-03&to=2020-03&"),
        programme("ledger/transactions?limit=500&"),
        programme("ledger/postings?limit=500&"),
        programme(&format!("ledger/statement?budget_line_id={line}&account=accrued&limit=500&")),
        programme("sample?account=accrued&size=20&seed=x&"),
        programme("payments/trace?document_number=%D0%9F-3&"),
        format!("/v1/redemptions/{redemption}/trace?"),
        format!("/v1/vouchers/{voucher}/trace?"),
        format!("/v1/sessions/{session}/trace?"),
        format!("/v1/payees/{}/trace?programme_id={}&", room.instructor_id, room.programme_id),
        format!("/v1/payments/{}/trace?", payments[2]),
    ];
    let now = size(&room);
    let as_of = |question: &str, size: i64| {
        let reply = room.get(Scope::Auditor, &format!("{question}as_of={size}"));
        assert_eq!(
            (reply.status, reply.header("x-journal-as-of")),
            (200, &*size.to_string()),
            "{question} {reply:?}"
        );
        reply.text
    };
    let before: Vec<String> = questions.iter().map(|question| as_of(question, now)).collect();
    for (question, before) in questions.iter().zip(&before) {
        let plain = room.get(Scope::Auditor, question);
        if question.contains("budget-execution") {
            assert!(plain.text.contains("lapsed_not_released") && !before.contains("lapsed_not_released"));
        } else if !question.contains("trial-balance?") || question.contains("to=") {
            assert_eq!(&plain.text, before, "{question}");
        }
    }
    // A payment returned, a redemption reversed, a month later; then so much that the first leaves are the shorter part.
    let path = format!("/v1/payments/{}/return", payments[2]);
    done(room.post(Scope::Treasury, &path, &json!({ "returned_on": "2020-03-20", "reason": "счёт закрыт" })));
    let path = format!("/v1/redemptions/{redemption}/reverse");
    let wish = json!({ "voucher": "voided", "reason": "уволился" });
    let wish = done(room.post(Scope::Registrar, &path, &wish));
    done(room.confirm_act(&room.colleague(Scope::Registrar), &wish));
    let check = |when: &str| {
        for (question, before) in questions.iter().zip(&before) {
            assert_eq!(&as_of(question, now), before, "{question} {when}");
        }
    };
    check("after a return and a reversal");
    room.server.advance(40 * 86_400);
    room.teach(1);
    let voucher = room.voucher();
    while size(&room) < 2 * now + 1 {
        done(room.act(&voucher.id, "suspend", &because("проверка")));
        done(room.act(&voucher.id, "resume", &because("проверка")));
    }
    check("when the log is more than twice as long");
    assert_ne!(room.get(Scope::Auditor, &questions[0]).text, before[0]);
    for size in 0..now {
        let accounts: Value = serde_json::from_str(&as_of(&questions[0], size)).unwrap();
        let of = |name: &str| {
            items(&accounts)
                .iter()
                .filter(|account| account["account"] == name)
                .map(|account| kopecks(&account["balance"]))
                .sum::<i64>()
        };
        let used = ["available", "reserved", "obligated", "accrued", "paid"].map(of).iter().sum::<i64>();
        assert_eq!(of("limit"), used, "as of {size}");
    }
    room.assert_audit_is_clean();
}

#[test]
fn a_size_that_the_log_does_not_have_is_refused_by_name() {
    let (room, payments) = taught_and_paid();
    let (line, size) = (line(&room), size(&room));
    let of_programme = [
        "ledger/accounts?".to_owned(),
        "budget-execution?".into(),
        "trial-balance?".into(),
        "ledger/transactions?".into(),
        "ledger/postings?".into(),
        format!("ledger/statement?budget_line_id={line}&account=paid&"),
        "sample?account=paid&size=1&seed=x&".into(),
    ];
    let paths = of_programme.map(|rest| format!("/v1/programmes/{}/{rest}", room.programme_id));
    for path in paths.into_iter().chain([format!("/v1/payments/{}/trace?", payments[0])]) {
        for wrong in [size + 1, -1] {
            let reply = room.get(Scope::Auditor, &format!("{path}as_of={wrong}"));
            assert_eq!(
                (reply.problem(), &reply.json["field"]),
                ((422, "invalid_field"), &json!("as_of")),
                "{path}"
            );
            assert_eq!(reply.json["facts"]["size"], size);
        }
        if path.contains("accounts") {
            assert_eq!(
                done(room.get(Scope::Auditor, &format!("{path}as_of=0"))),
                json!([]),
                "no line is made yet"
            );
        }
    }
    let early = room.get(Scope::Auditor, &format!("/v1/payments/{}/trace?as_of=3", payments[0]));
    assert_eq!(early.problem(), (404, "not_found"), "it is prepared later");
}

#[test]
fn a_statement_goes_by_day_and_its_pages_join() {
    let (room, _) = taught_and_paid();
    let (line, paid) = (line(&room), room.balance("paid"));
    let statement = |account: &str, rest: &str| {
        done(ask(&room, &format!("ledger/statement?budget_line_id={line}&account={account}{rest}")))
    };
    let whole = statement("paid", "&limit=500");
    assert_eq!((&whole["opening"], &whole["closing"]), (&rub(0), &rub(paid)));
    let order =
        |line: &Value| (text(&line["effective_at"]), line["log_index"].as_i64(), line["posting_no"].as_i64());
    let lines = items(&whole["items"]);
    assert!(
        lines.is_sorted_by_key(order) && !lines.is_sorted_by_key(|line| line["log_index"].as_i64()),
        "by day, not as recorded"
    );
    let mut balance = 0;
    for line in lines {
        balance += kopecks(&line["amount"]);
        assert_eq!(kopecks(&line["balance"]), balance);
    }
    assert_eq!(balance, paid);
    // Page by page: each begins where the one before ended.
    for account in ["paid", "accrued", "obligated", "reserved", "limit", "available"] {
        let whole = statement(account, "&limit=500");
        assert_eq!(kopecks(&whole["closing"]), room.balance(account), "{account}");
        let (mut seen, mut cursor, mut holds) = (Vec::new(), String::new(), rub(0));
        loop {
            let page = statement(account, &format!("&limit=3{cursor}"));
            assert_eq!((&page["page_opening"], &page["closing"]), (&holds, &whole["closing"]), "{account}");
            holds = page["page_closing"].clone();
            seen.extend_from_slice(items(&page["items"]));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!((&seen[..], &holds), (items(&whole["items"]), &whole["closing"]), "{account}");
    }
    let day = statement("paid", "&from=2020-03-19&to=2020-03-19");
    assert_eq!((&day["opening"], &day["closing"]), (&rub(7), &rub(1_000_008)));
    assert!(items(&day["items"]).iter().all(|line| line["payee_id"] == json!(room.instructor_id)));
    let later = statement("paid", "&from=2020-05-01");
    assert_eq!((&later["opening"], &later["closing"], &later["items"]), (&rub(paid), &rub(paid), &json!([])));

    let refused = |rest: &str| {
        let reply = ask(&room, &format!("ledger/statement?{rest}"));
        (reply.status, reply.json["field"].as_str().unwrap_or_default().to_owned())
    };
    let of = |rest: &str| format!("budget_line_id={line}&{rest}");
    assert_eq!(refused(&of("account=piggybank")), (422, "account".into()));
    assert_eq!(refused("account=paid"), (422, "budget_line_id".into()));
    assert_eq!(refused(&of("account=paid&from=2020-03-19&to=2020-03-18")), (422, "to".into()));
    assert_eq!(refused(&of("account=paid&cursor=f_________8")), (422, "cursor".into()));
    let nowhere = format!("budget_line_id={}&account=paid", room.server.app.new_id());
    assert_eq!(refused(&nowhere), (404, "budget_line_id".into()));
}

#[test]
fn a_search_finds_what_a_walk_over_everything_finds() {
    let (room, payments) = taught_and_paid();
    let trace = done(room.get(Scope::Auditor, &format!("/v1/redemptions/{}/trace", room.redemption_ids[1])));
    let voucher = text(&trace["voucher_id"]);
    let whole = all(&room, "ledger/postings", 500);
    let transactions = all(&room, "ledger/transactions", 500);
    let recorded =
        |posting: &Value| text(&transactions[posting["log_index"].as_i64().unwrap() as usize]["recorded_at"]);
    let agency = room.server.agency_id.to_string();
    let check = |query: &str, wanted: &dyn Fn(&Value) -> bool| {
        let expected: Vec<&Value> = whole.iter().filter(|posting| wanted(posting)).collect();
        let found = all(&room, &format!("ledger/postings?{query}"), 7);
        assert!(!expected.is_empty() && found.iter().eq(expected), "{query}: {}", found.len());
    };
    let amount = |posting: &Value| kopecks(&posting["amount"]).abs();
    check(&format!("voucher_id={voucher}"), &|posting| posting["voucher_id"] == json!(voucher));
    check(&format!("agency_id={agency}&account=reserved"), &|posting| {
        posting["agency_id"] == json!(agency) && posting["account"] == "reserved"
    });
    check("kind=session_accepted", &|posting| posting["kind"] == "session_accepted");
    check("document_number=%D0%9F-1", &|posting| posting["payment_id"] == json!(payments[0]));
    check("amount_min=650000", &|posting| amount(posting) >= 650_000);
    check("amount_min=2&amount_max=100000&account=accrued", &|posting| {
        (2..=100_000).contains(&amount(posting)) && posting["account"] == "accrued"
    });
    check("effective_from=2020-03-18&effective_to=2020-03-19", &|posting| {
        let at = text(&posting["effective_at"]);
        ("2020-03-17T21:00:00.000Z".."2020-03-19T21:00:00.000Z").contains(&&*at)
    });
    check("recorded_from=2020-03-20", &|posting| *recorded(posting) >= *"2020-03-19T21:00:00.000Z");
    check("recorded_to=2020-03-19", &|posting| *recorded(posting) < *"2020-03-19T21:00:00.000Z");
    assert_eq!(all(&room, "ledger/postings?document_number=nobody", 50), Vec::<Value>::new());
    let late = all(&room, "ledger/transactions?recorded_from=2020-03-20", 50);
    assert!(
        !late.is_empty()
            && late.iter().all(|found| *text(&found["recorded_at"]) >= *"2020-03-19T21:00:00.000Z")
    );
    let refused = ask(&room, "ledger/postings?amount_min=-1");
    assert_eq!((refused.problem(), &refused.json["field"]), ((422, "invalid_field"), &json!("amount_min")));
}

/// A voucher that was redeemed, reversed, and redeemed again keeps both redemptions in search and trace.
#[test]
fn a_reversed_redemption_is_still_its_vouchers() {
    let room = Classroom::start();
    let voucher = room.voucher();
    let first = done(room.redeem(&voucher));
    let path = format!("/v1/redemptions/{}/reverse", text(&first["redemption_id"]));
    done(room.post(Scope::Registrar, &path, &json!({ "voucher": "issued", "reason": "не тот поток" })));
    let second = done(room.redeem(&voucher));
    let trace = done(room.get(Scope::Auditor, &format!("/v1/vouchers/{}/trace", voucher.id)));
    let ids: Vec<&Value> = items(&trace["redemptions"]).iter().map(|one| &one["redemption_id"]).collect();
    assert_eq!(ids, [&first["redemption_id"], &second["redemption_id"]]);
    assert_eq!((&trace["reserved"], &trace["obligated"]), (&rub(0), &rub(FACE_VALUE)));
    let whole = all(&room, "ledger/postings", 500);
    let expected: Vec<&Value> =
        whole.iter().filter(|posting| posting["voucher_id"] == json!(voucher.id)).collect();
    let found = all(&room, &format!("ledger/postings?voucher_id={}", voucher.id), 3);
    assert!(found.len() == 8 && found.iter().eq(expected));
}

#[test]
fn traces_from_every_end_agree() {
    let (room, payments) = taught_and_paid();
    let get = |path: &str| done(room.get(Scope::Auditor, path));
    let sum = |list: &Value, field: &str| items(list).iter().map(|one| kopecks(&one[field])).sum::<i64>();
    let sessions = get(&format!("/v1/sessions?programme_id={}", room.programme_id));
    let (mut accrued, mut paid) = (0, 0);
    for session in items(&sessions["items"]) {
        let trace = get(&format!("/v1/sessions/{}/trace", text(&session["session_id"])));
        for list in ["payees", "shares"] {
            assert_eq!(kopecks(&trace["accrued"]), sum(&trace[list], "accrued"));
            assert_eq!(kopecks(&trace["paid"]), sum(&trace[list], "paid"));
        }
        assert_eq!(kopecks(&trace["paid"]), sum(&trace["payments"], "amount"));
        assert_eq!((&trace["status"], items(&trace["shares"]).len()), (&json!("accepted"), 3));
        accrued += kopecks(&trace["accrued"]);
        paid += kopecks(&trace["paid"]);
    }
    assert_eq!((accrued - paid, paid), (room.balance("accrued"), room.balance("paid")));
    let payees = [room.instructor_id.clone(), tax_office(&room)];
    let of_payees: Vec<Value> = payees
        .iter()
        .map(|payee| get(&format!("/v1/payees/{payee}/trace?programme_id={}", room.programme_id)))
        .collect();
    assert_eq!(of_payees.iter().map(|trace| kopecks(&trace["accrued"])).sum::<i64>(), accrued);
    for trace in &of_payees {
        assert_eq!(kopecks(&trace["accrued"]), sum(&trace["sessions"], "accrued"));
        assert_eq!(kopecks(&trace["paid"]), sum(&trace["payments"], "amount"));
        assert_eq!(kopecks(&trace["unpaid"]), kopecks(&trace["accrued"]) - kopecks(&trace["paid"]));
    }
    let of_redemptions = room.redemption_ids.iter().map(|id| get(&format!("/v1/redemptions/{id}/trace")));
    let of_vouchers = of_redemptions.map(|one| {
        let trace = get(&format!("/v1/vouchers/{}/trace", text(&one["voucher_id"])));
        assert_eq!(trace["redemptions"], json!([one]));
        kopecks(&trace["paid"])
    });
    assert_eq!(of_vouchers.sum::<i64>(), paid);
    let by_number = done(ask(&room, "payments/trace?document_number=%D0%9F-1"));
    assert_eq!(by_number, get(&format!("/v1/payments/{}/trace", payments[0])));
    assert_eq!(ask(&room, "payments/trace?document_number=none").problem(), (404, "not_found"));
    let nobody = format!("/v1/payees/{}/trace?programme_id={}", room.server.app.new_id(), room.programme_id);
    assert_eq!(room.get(Scope::Auditor, &nobody).problem(), (404, "not_found"));
}

/// Behind the house's back.
fn alter(room: &Classroom, statement: &'static str) {
    room.server.app.writer.execute_blocking(Alter(statement)).map(drop).unwrap();
}

struct Alter(&'static str);

impl Command for Alter {
    type Reply = ();

    fn scope(&self) -> writer::Scope {
        writer::Scope::Nothing
    }

    fn decide(&self, _batch: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        let statement = self.0;
        Ok(Box::new(move |batch| {
            batch.connection()?.batch_execute(statement)?;
            Ok(Done::unrecorded(()))
        }))
    }
}

fn findings(room: &Classroom, rule: &str) -> Vec<Value> {
    all(room, &format!("unusual?rule={rule}"), 1)
}

#[test]
fn unusual_patterns_are_found_and_named() {
    let room = Classroom::start();
    // Redeemed at 13:00, seconds after the issue.
    assert_eq!(findings(&room, "redeemed_soon_after_issue").len(), 3);
    assert_eq!(findings(&room, "redeemed_at_night").len(), 0);
    let voucher = room.voucher();
    // 22:10 of Moscow, nine hours later.
    room.server.advance(9 * 3_600 + 600);
    let mut by_number = room.redemption("");
    let body = by_number.as_object_mut().unwrap();
    body.remove("credential");
    body.insert("number".into(), json!(voucher.number));
    done(room.send_redemption(&by_number));
    let night = findings(&room, "redeemed_at_night");
    assert_eq!((night.len(), &night[0]["figures"]["hour_in_moscow"]), (1, &json!(22)));
    assert_eq!(night[0]["ids"]["voucher_id"], json!([voucher.id]));
    assert!(
        text(&night[0]["words"]["ru"]).contains("22:00") && text(&night[0]["words"]["en"]).contains("22:00")
    );
    assert_eq!(findings(&room, "redeemed_soon_after_issue").len(), 3);
    assert_eq!(findings(&room, "often_by_number").len(), 0, "one in four, and one only");

    let record = |hours: i64, day: &str| done(room.record(&room.session(day, hours)));
    record(9, "2020-03-16");
    assert_eq!(findings(&room, "instructor_over_12_hours").len(), 0);
    record(3, "2020-03-16");
    // The house does not let anybody record a thirteenth hour.
    alter(&room, "UPDATE session SET hours = 4 WHERE hours = 3");
    let long = findings(&room, "instructor_over_12_hours");
    assert_eq!((long.len(), &long[0]["figures"]), (1, &json!({ "hours": 13, "sessions": 2 })));
    assert_eq!((items(&long[0]["ids"]["session_id"]).len(), &long[0]["day"]), (2, &json!("2020-03-16")));
    assert_eq!(long[0]["ids"]["payee_id"], json!([room.instructor_id]));
    alter(&room, "UPDATE session SET hours = 3 WHERE hours = 4");
    alter(&room, "UPDATE session SET hours = 8 WHERE hours = 9");
    let mut elsewhere = room.session("2020-03-16", 1);
    elsewhere["course_run_id"] = json!(room.course_run("П-02", 5));
    let elsewhere = done(room.record(&elsewhere));
    let two_runs = findings(&room, "instructor_in_two_runs");
    assert_eq!((two_runs.len(), &two_runs[0]["figures"]["course_runs"]), (1, &json!(2)));

    // A session accepted, paid in two nearly equal parts, one of which comes back; another accepted and cancelled.
    done(room.accept(&room.teaching_2, &record(2, "2020-03-15")));
    room.server.advance(86_400);
    let first = room.pay(&room.instructor_id, 100_000, "П-1");
    room.pay(&room.instructor_id, 89_999, "П-2");
    assert_eq!(findings(&room, "payments_split").len(), 0, "more than a tenth below");
    let path = format!("/v1/payments/{first}/return");
    done(room.post(Scope::Treasury, &path, &json!({ "returned_on": "2020-03-17", "reason": "счёт закрыт" })));
    let returned = findings(&room, "payment_returned");
    assert_eq!(
        (&returned[0]["ids"]["payment_id"], &returned[0]["figures"]),
        (&json!([first]), &json!({ "amount": rub(100_000) }))
    );
    assert_eq!(findings(&room, "accepted_session_cancelled").len(), 0);
    let path = format!("/v1/sessions/{}/cancel", text(&elsewhere["session_id"]));
    done(room.post(Scope::Teaching, &path, &because("не состоялось")));
    assert_eq!(findings(&room, "accepted_session_cancelled").len(), 0, "it was not accepted");
    let accepted = record(1, "2020-03-14");
    done(room.accept(&room.teaching_2, &accepted));
    let path = format!("/v1/sessions/{}/cancel", text(&accepted["session_id"]));
    let wish = done(room.post(Scope::Teaching, &path, &because("не состоялось")));
    done(room.confirm_act(&room.teaching_2, &wish));
    assert_eq!(findings(&room, "accepted_session_cancelled")[0]["figures"]["pay"], rub(150_001));
    assert_eq!(findings(&room, "instructor_in_two_runs").len(), 0, "what was cancelled does not count");

    // One by one or all at once, and nothing twice.
    let whole = all(&room, "unusual", 500);
    assert_eq!(all(&room, "unusual", 1), whole);
    let rules: BTreeSet<String> = whole.iter().map(|finding| text(&finding["rule"])).collect();
    assert_eq!(rules.len(), 4, "{rules:?}");
    let refused = ask(&room, "unusual?rule=gossip");
    assert_eq!((refused.problem(), &refused.json["field"]), ((422, "invalid_field"), &json!("rule")));
}

#[test]
fn payments_split_and_numbers_typed_too_often_are_found() {
    let room = Classroom::start();
    room.teach(5);
    room.server.advance(86_400);
    room.pay(&room.instructor_id, 100_000, "П-1");
    room.pay(&room.instructor_id, 99_000, "П-2");
    let split = findings(&room, "payments_split");
    assert_eq!((split.len(), &split[0]["figures"]), (1, &json!({ "payments": 2, "total": rub(199_000) })));
    assert_eq!(items(&split[0]["ids"]["payment_id"]).len(), 2);
    for voucher in room.vouchers(3) {
        let mut body = room.redemption("");
        body.as_object_mut().unwrap().remove("credential");
        body["number"] = json!(voucher.number);
        done(room.send_redemption(&body));
    }
    let typed = findings(&room, "often_by_number");
    assert_eq!((typed.len(), &typed[0]["figures"]), (1, &json!({ "by_number": 3, "redemptions": 6 })));
}

/// What the house never lets happen is looked for all the same: here it is made behind its back.
#[test]
fn what_cannot_happen_is_found_when_it_did() {
    let room = Classroom::start();
    room.teach(5);
    let rules = ["run_over_hours", "run_over_capacity", "same_employee_twice", "same_holder_twice"];
    for rule in rules {
        assert_eq!(findings(&room, rule).len(), 0, "{rule}");
    }
    alter(&room, "UPDATE session SET hours = 21");
    assert_eq!(findings(&room, "run_over_hours")[0]["figures"], json!({ "hours": 21, "course_hours": 20 }));
    alter(&room, "UPDATE course_run SET enrolled = 2, seats = 2");
    let over = findings(&room, "run_over_capacity");
    assert_eq!(over[0]["figures"], json!({ "live_redemptions": 3, "seats": 2 }));
    alter(
        &room,
        "UPDATE request_item SET holder_key = (SELECT holder_key FROM request_item ORDER BY holder_key LIMIT 1)",
    );
    let twice = findings(&room, "same_holder_twice");
    assert_eq!((twice.len(), items(&twice[0]["ids"]["voucher_id"]).len()), (1, 3));
    let ids: BTreeSet<String> = items(&twice[0]["ids"]["redemption_id"]).iter().map(text).collect();
    assert_eq!(ids, room.redemption_ids.iter().cloned().collect());
    alter(&room, "UPDATE voucher SET employee_no = (SELECT MIN(employee_no) FROM voucher)");
    assert_eq!(items(&findings(&room, "same_employee_twice")[0]["ids"]["voucher_id"]).len(), 3);
}

#[test]
fn refused_attempts_tell_why() {
    let room = Classroom::start();
    let voucher = room.voucher();
    done(room.redeem(&voucher));
    assert_eq!(room.redeem(&voucher).code(), "already_redeemed");
    done(room.act(&room.voucher().id, "suspend", &because("проверка")));
    let suspended = room.act(&voucher.id, "suspend", &because("проверка"));
    assert_eq!(suspended.code(), "invalid_transition");
    let whole = all(&room, "attempts", 1);
    let told: Vec<_> = whole.iter().map(|one| (text(&one["action"]), text(&one["code"]))).collect();
    let expected = [("redeem", "already_redeemed"), ("suspend", "invalid_transition")];
    assert_eq!(
        told,
        expected.map(|(action, code)| (action.to_owned(), code.to_owned())),
        "what was done is not among them"
    );
    assert!(whole.iter().all(|one| one["voucher_id"] == json!(voucher.id)));
    assert_eq!(all(&room, "attempts?code=already_redeemed", 9), whole[..1]);
    assert_eq!(all(&room, "attempts?action=suspend", 9), whole[1..]);
    assert_eq!(all(&room, "attempts?from=2020-03-17&to=2020-03-17", 9), whole);
    assert_eq!(all(&room, "attempts?from=2020-03-18", 9), Vec::<Value>::new());
    let refused = ask(&room, "attempts?code=bad_luck");
    assert_eq!((refused.problem(), &refused.json["field"]), ((422, "invalid_field"), &json!("code")));
    for scope in [Scope::Teaching, Scope::Registrar, Scope::Agency] {
        let path = format!("/v1/programmes/{}/attempts", room.programme_id);
        assert_eq!(room.get(scope, &path).problem(), (403, "forbidden"));
    }
}

/// Picked again here from the postings alone, by the words of the documentation.
#[test]
fn a_sample_is_picked_again_from_its_seed() {
    let (room, _) = taught_and_paid();
    let question = "sample?account=accrued&size=7&seed=%D0%BA%D0%BE%D0%BD%D1%82%D1%80%D0%BE%D0%BB%D1%8C";
    let given = done(ask(&room, question));
    let (total, random) = (kopecks(&given["total"]), given["random"].as_i64().unwrap());
    let debits: Vec<Value> = all(&room, "ledger/postings?account=accrued", 500)
        .into_iter()
        .filter(|posting| kopecks(&posting["amount"]) > 0)
        .collect();
    assert_eq!(total, debits.iter().map(|debit| kopecks(&debit["amount"])).sum::<i64>());
    assert_eq!(given["debits"], debits.len());
    let programme_id = room.programme_id.parse().unwrap();
    let account = training_vouchers::ledger::model::Account::Accrued;
    let as_of = given["as_of"].as_i64().unwrap();
    assert_eq!(sample::random(programme_id, account, as_of, "контроль", total), random);
    let mut hits = Vec::new();
    let mut first = 0;
    for debit in debits {
        let amount = kopecks(&debit["amount"]);
        let picked: Vec<i64> = (0..7)
            .map(|k| (random + k * total) / 7)
            .filter(|kopeck| (first..first + amount).contains(kopeck))
            .collect();
        if !picked.is_empty() {
            hits.push(json!({ "kopecks": picked, "first_kopeck": first, "posting": debit }));
        }
        first += amount;
    }
    assert_eq!(given["hits"], json!(hits));
    assert_eq!(given["interval"], rub(total / 7));
    let other = done(ask(&room, "sample?account=accrued&size=7&seed=other"));
    assert_ne!(other["random"], given["random"]);
    let field = |query: &str| text(&ask(&room, &format!("sample?{query}")).json["field"]);
    assert_eq!(field("account=paid&size=0&seed=x"), "size");
    assert_eq!(field("account=paid&size=501&seed=x"), "size");
    assert_eq!(field("account=paid&size=5&seed="), "seed");
    assert_eq!(field("account=cash&size=5&seed=x"), "account");
    let nothing = Classroom::start();
    let empty = done(ask(&nothing, "sample?account=paid&size=5&seed=x"));
    assert_eq!((&empty["total"], &empty["hits"]), (&rub(0), &json!([])));
}
