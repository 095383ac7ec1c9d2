//! Money beyond the plain course of things: payments that come back, registers, sessions that were not held, runs that need
//! more, the information campaign, moves between lines, and the end of the year.

use crate::classroom::Classroom;
use crate::harness::Reply;
use crate::stage::{assert_not_possible, because, done, rub, text};
use serde_json::{Value, json};
use training_vouchers::kernel::Scope;

/// An act of two people of the treasury.
fn agreed(room: &Classroom, path: &str, body: &Value) -> Value {
    let proposal = done(room.post(Scope::Treasury, path, body));
    assert_eq!(proposal["status"], "proposed");
    let alone = room.confirm_act(room.server.token(Scope::Treasury), &proposal);
    assert_eq!(alone.problem(), (403, "self_approval"));
    done(room.confirm_act(&room.treasury_2, &proposal))
}

fn give_back(room: &Classroom, payment_id: &str, day: &str) -> Reply {
    let path = format!("/v1/payments/{payment_id}/return");
    room.post(Scope::Treasury, &path, &json!({ "returned_on": day, "reason": "счёт получателя закрыт" }))
}

fn tax_office(room: &Classroom) -> String {
    let path = format!("/v1/programmes/{}/payables", room.programme_id);
    let payables = done(room.get(Scope::Auditor, &path));
    let of_kind = |row: &&Value| row["kind"] == "tax_office";
    text(&payables.as_array().unwrap().iter().find(of_kind).unwrap()["payee_id"])
}

#[test]
fn a_returned_payment_is_owed_again_for_the_same_hours() {
    let room = Classroom::start();
    room.teach(4);
    room.server.advance(3 * 86_400);
    let payment_id = room.pay(&room.instructor_id, 400_000, "ПП-1");
    let path = format!("/v1/redemptions/{}/trace", room.redemption_ids[0]);
    let before = done(room.get(Scope::Auditor, &path));
    for (day, field) in [("2020-03-16", "returned_on"), ("2020-04-30", "returned_on")] {
        let refused = give_back(&room, &payment_id, day);
        assert_eq!((refused.code(), &refused.json["field"]), ("invalid_field", &json!(field)));
    }
    let returned = done(give_back(&room, &payment_id, "2020-03-18"));
    assert_eq!((&returned["status"], &returned["amount"]), (&json!("returned"), &rub(400_000)));
    assert_eq!((room.balance("paid"), room.balance("accrued")), (0, 600_004 + 181_201));
    let after = done(room.get(Scope::Auditor, &path));
    assert_eq!((&after["paid"], &after["payments"]), (&rub(0), &json!([])));
    assert_eq!(after["accrued"], before["accrued"]);
    assert_not_possible(&give_back(&room, &payment_id, "2020-03-18"), "return", "returned", &[]);
    let used = room.prepare(&room.payment(&room.instructor_id, 1, "ПП-1"));
    assert_eq!(used.problem(), (409, "already_exists"), "the number of its order stays used");

    let again = room.pay(&room.instructor_id, 600_004, "ПП-2");
    let trace = done(room.get(Scope::Auditor, &format!("/v1/payments/{again}/trace")));
    assert_eq!(trace["shares"].as_array().unwrap().len(), 3);
    room.assert_audit_is_clean();
}

#[test]
fn a_register_pays_many_as_a_whole() {
    let room = Classroom::start();
    room.teach(7);
    let tax = tax_office(&room);
    room.server.advance(86_400);
    let register = |lines: Value, number: &str| json!({ "programme_id": room.programme_id, "document_number": number, "paid_on": "2020-03-17", "lines": lines });
    let line = |payee: &str, kopecks: i64| json!({ "payee_id": payee, "amount": rub(kopecks) });
    let prepare = |lines: Value, number: &str| {
        room.post(Scope::Treasury, "/v1/payment-registers", &register(lines, number))
    };
    let twice = prepare(json!([line(&tax, 1), line(&tax, 1)]), "Р-1");
    assert_eq!((twice.code(), &twice.json["field"]), ("invalid_field", &json!("lines[1].payee_id")));
    let too_much = prepare(json!([line(&room.instructor_id, 1), line(&tax, 317_103)]), "Р-1");
    assert_eq!((too_much.code(), &too_much.json["field"]), ("accrual_exceeded", &json!("lines[1].amount")));
    assert_eq!(too_much.json["facts"]["shortfall_kopecks"], 1);
    assert_eq!(prepare(json!([]), "Р-1").json["field"], "lines");

    let both = json!([line(&room.instructor_id, 1_050_007), line(&tax, 317_102)]);
    let prepared = done(prepare(both.clone(), "Р-1"));
    assert_eq!((&prepared["payments"], &prepared["amount"]), (&json!(2), &rub(1_367_109)));
    assert_eq!(prepare(both, "Р-1").problem(), (409, "already_exists"));
    let path = |verb: &str| format!("/v1/payment-registers/{}/{verb}", text(&prepared["register_id"]));
    let alone = room.post(Scope::Treasury, &path("confirm"), &json!({}));
    assert_eq!(alone.problem(), (403, "self_approval"));
    let paid = done(room.server.post(&room.treasury_2, &path("confirm"), &json!({})));
    assert_eq!((&paid["status"], &paid["payments"]), (&json!("paid"), &json!(2)));
    assert_eq!((room.balance("accrued"), room.balance("paid")), (0, 1_367_109));
    let listed =
        format!("/v1/payments?programme_id={}&register_id={}", room.programme_id, text(&paid["register_id"]));
    let listed = done(room.get(Scope::Auditor, &listed));
    let numbers: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|item| text(&item["document_number"])).collect();
    assert_eq!(numbers, ["Р-1/1", "Р-1/2"]);
    let late = room.post(Scope::Treasury, &path("withdraw"), &because("передумали"));
    assert_not_possible(&late, "withdraw", "paid", &[]);
    room.assert_audit_is_clean();
}

#[test]
fn a_register_may_be_withdrawn_as_a_whole() {
    let room = Classroom::start();
    room.teach(2);
    let body = json!({ "programme_id": room.programme_id, "document_number": "Р-9", "paid_on": "2020-03-17",
        "lines": [{ "payee_id": room.instructor_id, "amount": rub(1) }] });
    let prepared = done(room.post(Scope::Treasury, "/v1/payment-registers", &body));
    let path = format!("/v1/payment-registers/{}/withdraw", text(&prepared["register_id"]));
    let withdrawn = done(room.post(Scope::Treasury, &path, &because("указан не тот день")));
    assert_eq!(withdrawn["status"], "withdrawn");
    room.assert_audit_is_clean();
}

fn cancel(room: &Classroom, session: &Value) -> Reply {
    let path = format!("/v1/sessions/{}/cancel", text(&session["session_id"]));
    room.post(Scope::Teaching, &path, &because("занятие не состоялось"))
}

#[test]
fn a_recorded_session_is_cancelled_at_once_and_counts_no_hours() {
    let room = Classroom::start();
    let recorded = done(room.record(&room.session("2020-03-16", 9)));
    assert_eq!(done(cancel(&room, &recorded))["status"], "cancelled");
    let again = done(room.record(&room.session("2020-03-16", 12)));
    assert_eq!(again["hours_of_run"], 12);
    assert_not_possible(&cancel(&room, &recorded), "cancel", "cancelled", &[]);
    assert_not_possible(&room.accept(&room.teaching_2, &recorded), "accept", "cancelled", &[]);
    room.assert_audit_is_clean();
}

#[test]
fn an_accepted_session_is_cancelled_by_two_people_once_nothing_of_it_is_paid() {
    let room = Classroom::start();
    let recorded = done(room.record(&room.session("2020-03-16", 4)));
    done(room.accept(&room.teaching_2, &recorded));
    room.server.advance(86_400);
    let payment_id = room.pay(&room.instructor_id, 100_000, "ПП-1");
    let paid = cancel(&room, &recorded);
    assert_eq!(
        (paid.problem(), &paid.json["facts"]["paid_kopecks"]),
        ((409, "invalid_transition"), &json!(100_000))
    );
    done(give_back(&room, &payment_id, "2020-03-17"));
    let wish = cancel(&room, &recorded);
    assert_eq!((wish.status, &wish.json["status"]), (202, &json!("proposed")));
    assert_eq!(
        room.confirm_act(room.server.token(Scope::Teaching), &wish.json).problem(),
        (403, "self_approval")
    );
    done(room.confirm_act(&room.teaching_2, &wish.json));
    assert_eq!((room.balance("accrued"), room.balance("obligated")), (0, 3 * 650_000));
    let path = format!("/v1/redemptions/{}/trace", room.redemption_ids[0]);
    let trace = done(room.get(Scope::Auditor, &path));
    assert_eq!((&trace["hours"], &trace["sessions"], &trace["accrued"]), (&json!(0), &json!([]), &rub(0)));
    room.assert_audit_is_clean();
}

/// Who left the run meanwhile gets nothing obligated again: their part is available.
#[test]
fn what_a_cancelled_session_took_from_the_departed_becomes_available() {
    let room = Classroom::start();
    let recorded = done(room.record(&room.session("2020-03-16", 4)));
    done(room.accept(&room.teaching_2, &recorded));
    let path = format!("/v1/redemptions/{}/reverse", room.redemption_ids[2]);
    let wish = json!({ "voucher": "voided", "reason": "уволился" });
    let wish = done(room.post(Scope::Registrar, &path, &wish));
    done(room.confirm_act(&room.colleague(Scope::Registrar), &wish));
    let (available, obligated) = (room.balance("available"), room.balance("obligated"));
    let wish = done(cancel(&room, &recorded));
    done(room.confirm_act(&room.teaching_2, &wish));
    let third = 781_205 - 2 * 260_402;
    assert!((room.balance("available") - available - third).abs() <= 2, "a third, to the rounding");
    assert_eq!(room.balance("obligated") - obligated + room.balance("available") - available, 781_205);
    assert_eq!(room.balance("obligated"), 2 * 650_000);
    room.assert_audit_is_clean();
}

#[test]
fn a_topped_up_run_can_accrue_more() {
    let room = Classroom::start();
    room.teach(7);
    let recorded = done(room.record(&room.session("2020-03-17", 4)));
    room.server.advance(86_400);
    assert_eq!(room.accept(&room.teaching_2, &recorded).code(), "obligation_exceeded");
    let path = format!("/v1/course-runs/{}/top-ups", room.course_run_id);
    let body = |kopecks: i64| json!({ "amount": rub(kopecks), "reason": "дополнительные часы" });
    let available = room.balance("available");
    let refused = room.post(Scope::Treasury, &path, &body(available + 1));
    assert_eq!(
        (refused.problem(), &refused.json["facts"]["shortfall_kopecks"]),
        ((409, "budget_exceeded"), &json!(1))
    );
    agreed(&room, &path, &body(200_000));
    done(room.accept(&room.teaching_2, &recorded));
    let path = format!("/v1/redemptions/{}/trace", room.redemption_ids[0]);
    let trace = done(room.get(Scope::Auditor, &path));
    assert_eq!(trace["topped_up"], rub(66_667));
    room.assert_audit_is_clean();
}

/// A line for the campaign with money moved to it from the instructors'.
fn campaign_line(room: &Classroom, kopecks: i64) -> String {
    let path = format!("/v1/programmes/{}/budget-lines", room.programme_id);
    let line = json!({ "kbk": "07507051310000000245", "item": "information_campaign", "name": "Кампания" });
    let line = text(&done(room.post(Scope::Programme, &path, &line))["budget_line_id"]);
    let lines = done(room.get(Scope::Treasury, &path));
    let from = text(&lines["items"][0]["budget_line_id"]);
    let path = format!("/v1/budget-lines/{from}/moves");
    let body = |to: &str, kopecks: i64| json!({ "to_budget_line_id": to, "amount": rub(kopecks), "document_number": "3-ОЗ" });
    let too_much = room.post(Scope::Treasury, &path, &body(&line, 100_000_000_000));
    assert_eq!(too_much.code(), "budget_exceeded");
    let to_itself = room.post(Scope::Treasury, &path, &body(&from, 1));
    assert_eq!((to_itself.code(), &to_itself.json["field"]), ("invalid_field", &json!("to_budget_line_id")));
    agreed(room, &path, &body(&line, kopecks));
    line
}

fn contract(room: &Classroom, contractor: &str, kopecks: i64, number: &str) -> Value {
    json!({ "programme_id": room.programme_id, "contractor_id": contractor, "document_number": number,
        "signed_on": "2020-03-16", "subject": "Ролики на радио", "amount": rub(kopecks) })
}

#[test]
fn the_campaign_is_contracted_accepted_paid_and_traced() {
    let room = Classroom::start();
    let contractor = json!({ "name": "ООО «Вести Пскова»" });
    let contractor = text(&done(room.post(Scope::Treasury, "/v1/contractors", &contractor))["payee_id"]);
    let without_line = room.post(Scope::Treasury, "/v1/contracts", &contract(&room, &contractor, 1, "К-1"));
    assert_eq!(
        (without_line.problem(), &without_line.json["facts"]["what"]),
        ((404, "not_found"), &json!("budget_line"))
    );
    campaign_line(&room, 1_000_000);
    let short = room.post(Scope::Treasury, "/v1/contracts", &contract(&room, &contractor, 1_000_001, "К-1"));
    assert_eq!((short.code(), &short.json["facts"]["shortfall_kopecks"]), ("budget_exceeded", &json!(1)));
    let signed = agreed(&room, "/v1/contracts", &contract(&room, &contractor, 900_000, "К-1"));
    let contract_id = text(&signed["act"]["contract_id"]);
    let twice = room.post(Scope::Treasury, "/v1/contracts", &contract(&room, &contractor, 1, "К-1"));
    assert_eq!(twice.problem(), (409, "already_exists"));

    let acts = format!("/v1/contracts/{contract_id}/acts");
    let act = |kopecks: i64, number: &str| json!({ "document_number": number, "accepted_on": "2020-03-16", "amount": rub(kopecks) });
    let too_much = room.post(Scope::Treasury, &acts, &act(900_001, "А-1"));
    assert_eq!(
        (too_much.code(), &too_much.json["facts"]["shortfall_kopecks"]),
        ("obligation_exceeded", &json!(1))
    );
    agreed(&room, &acts, &act(300_000, "А-1"));
    agreed(&room, &acts, &act(100_001, "А-2"));
    let shown = done(room.get(Scope::Auditor, &format!("/v1/contracts/{contract_id}")));
    assert_eq!((&shown["accepted"], shown["acts"].as_array().unwrap().len()), (&rub(400_001), 2));

    room.server.advance(86_400);
    let over = room.prepare(&room.payment(&contractor, 400_002, "ПП-1"));
    assert_eq!((over.code(), &over.json["facts"]["shortfall_kopecks"]), ("accrual_exceeded", &json!(1)));
    let payment_id = room.pay(&contractor, 200_000, "ПП-1");
    let trace = done(room.get(Scope::Auditor, &format!("/v1/payments/{payment_id}/trace")));
    let paid: Vec<_> = trace["acts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|act| act["amount"]["amount"].as_i64().unwrap())
        .collect();
    // By what each act is still owed: 300,000 and 100,001 of 400,001.
    assert_eq!((trace["payee_kind"].as_str(), paid), (Some("contractor"), vec![150_000, 50_000]));
    let postings = format!("/v1/programmes/{}/ledger/postings?contract_id={contract_id}", room.programme_id);
    let postings = done(room.get(Scope::Auditor, &postings));
    assert_eq!(postings["items"].as_array().unwrap().len(), 2 + 2 + 2 + 4);

    agreed(&room, &format!("/v1/contracts/{contract_id}/end"), &because("исполнен"));
    let execution =
        done(room.get(Scope::Treasury, &format!("/v1/programmes/{}/budget-execution", room.programme_id)));
    let line = execution
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["item"] == "information_campaign")
        .unwrap()
        .clone();
    assert_eq!(
        (&line["obligated"], &line["accrued"], &line["paid"]),
        (&rub(0), &rub(200_001), &rub(200_000))
    );
    assert_eq!(line["available"], rub(1_000_000 - 400_001));
    let ended = room.post(Scope::Treasury, &acts, &act(1, "А-3"));
    assert_not_possible(&ended, "accept_act", "ended", &[]);
    room.assert_audit_is_clean();
}

#[test]
fn auditors_see_contractors_under_pseudonyms() {
    let room = Classroom::start();
    done(room.post(Scope::Treasury, "/v1/contractors", &json!({ "name": "ИП Смирнова" })));
    let name = |scope| done(room.get(scope, "/v1/contractors"))["items"][0]["name"].clone();
    assert_eq!((name(Scope::Treasury), name(Scope::Auditor)), (json!("ИП Смирнова"), json!(null)));
}

#[test]
fn the_year_ends_when_nothing_is_under_way() {
    let room = Classroom::start();
    let path = format!("/v1/programmes/{}/year-end", room.programme_id);
    let early = room.post(Scope::Treasury, &path, &json!({}));
    assert_eq!(early.problem(), (409, "invalid_transition"));
    assert_eq!(early.json["facts"]["obligated_kopecks"], 3 * 650_000);
    assert_eq!(early.json["facts"]["reserved_kopecks"], 650_000);

    let run = format!("/v1/course-runs/{}/close", room.course_run_id);
    done(room.post(Scope::Teaching, &run, &json!({})));
    room.server.advance(300 * 86_400);
    let release = format!("/v1/programmes/{}/release-expired", room.programme_id);
    done(room.post(Scope::Programme, &release, &json!({})));
    agreed(&room, &path, &json!({}));
    assert_eq!((room.balance("limit"), room.balance("available")), (0, 0));
    assert_not_possible(
        &room.post(Scope::Treasury, &path, &json!({})),
        "close_year",
        "nothing_available",
        &[],
    );
    room.assert_audit_is_clean();
}
