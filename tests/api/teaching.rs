//! Instructors, sessions and payments: hours become money owed, and money owed is paid, each by two
//! people and never beyond what there is.

use crate::classroom::Classroom;
use crate::stage::{assert_not_possible, done, rub, text};
use serde_json::json;
use training_vouchers::kernel::Scope;

#[test]
fn an_accepted_session_owes_pay_and_contributions() {
    let room = Classroom::start();
    let recorded = done(room.record(&room.session("2020-03-16", 7)));
    assert_eq!((&recorded["status"], &recorded["hours_of_run"]), (&json!("recorded"), &json!(7)));
    assert!(recorded["receipt"].as_str().unwrap().starts_with("c2sp.org/tlog-proof@v1\n"));

    let by_the_same = room.accept(room.server.token(Scope::Teaching), &recorded);
    assert_eq!(by_the_same.problem(), (403, "self_approval"));
    let accepted = done(room.accept(&room.teaching_2, &recorded));
    // 7 × 1,500.01 ₽, and 30.2 % of it to the kopeck.
    assert_eq!((&accepted["pay"], &accepted["contributions"]), (&rub(1_050_007), &rub(317_102)));

    let path = format!("/v1/sessions/{}", recorded["session_id"].as_str().unwrap());
    let shown = done(room.get(Scope::Auditor, &path));
    assert_eq!((&shown["status"], &shown["pay"]), (&json!("accepted"), &rub(1_050_007)));
    let again = room.accept(&room.teaching_2, &recorded);
    assert_eq!(again.problem(), (409, "invalid_transition"));
    room.assert_audit_is_clean();
}

#[test]
fn hours_that_do_not_fit_are_refused_with_what_would() {
    let room = Classroom::start();
    for (held_on, hours, field) in [
        ("2020-03-01", 2, "held_on"),
        ("2020-04-01", 2, "held_on"),
        ("2020-03-16", 0, "hours"),
        ("2020-03-16", 13, "hours"),
    ] {
        let refused = room.record(&room.session(held_on, hours));
        assert_eq!((refused.problem(), &refused.json["field"]), ((422, "invalid_field"), &json!(field)));
    }
    done(room.record(&room.session("2020-03-16", 9)));
    let long_day = room.record(&room.session("2020-03-16", 4));
    assert_eq!((long_day.code(), &long_day.json["facts"]["hours_left"]), ("invalid_field", &json!(3)));
    done(room.record(&room.session("2020-03-17", 9)));
    let long_course = room.record(&room.session("2020-03-18", 3));
    assert_eq!((long_course.code(), &long_course.json["facts"]["hours_left"]), ("invalid_field", &json!(2)));
    let unknown_phase = json!({ "course_run_id": room.course_run_id, "instructor_id": room.instructor_id,
        "held_on": "2020-03-18", "phase": "party", "hours": 1 });
    assert_eq!(room.record(&unknown_phase).json["field"], "phase");
}

#[test]
fn a_session_is_not_accepted_before_it_was_held() {
    let room = Classroom::start();
    let recorded = done(room.record(&room.session("2020-03-18", 2)));
    let early = room.accept(&room.teaching_2, &recorded);
    assert_eq!(early.problem(), (409, "invalid_transition"));
    assert_eq!(early.json["facts"]["possible_from"], "2020-03-18");
    room.server.advance(86_400);
    done(room.accept(&room.teaching_2, &recorded));
}

#[test]
fn a_run_accrues_no_more_than_its_redemptions_have() {
    let room = Classroom::start();
    room.teach(7);
    // Three face values less 7 hours and their contributions; 4 hours need 781,205 kopecks.
    let left = 3 * 650_000 - 1_050_007 - 317_102;
    let recorded = done(room.record(&room.session("2020-03-17", 4)));
    let refused = room.accept(&room.teaching_2, &recorded);
    assert_eq!(refused.problem(), (409, "obligation_exceeded"));
    let facts = &refused.json["facts"];
    assert_eq!(facts["shortfall_kopecks"], 781_205 - left);
    assert_eq!(facts["obligated_kopecks"], left);
    assert_eq!(facts["ways_out"].as_array().unwrap().len(), 2);
    room.assert_audit_is_clean();
}

#[test]
fn another_university_reaches_nothing_here() {
    let room = Classroom::start();
    let recorded = done(room.record(&room.session("2020-03-16", 2)));
    let foreign = &room.foreign_teaching;
    let theirs = room.server.post(foreign, "/v1/sessions", &room.session("2020-03-16", 2));
    assert_eq!((theirs.problem(), &theirs.json["field"]), ((404, "not_found"), &json!("course_run_id")));
    assert_eq!(room.accept(foreign, &recorded).problem(), (404, "not_found"));
    let path = format!("/v1/sessions/{}", recorded["session_id"].as_str().unwrap());
    assert_eq!(room.server.get(foreign, &path).problem(), (404, "not_found"));
    let listed = format!("/v1/sessions?programme_id={}", room.programme_id);
    assert_eq!(done(room.server.get(foreign, &listed))["items"], json!([]));
    assert_eq!(done(room.server.get(foreign, "/v1/instructors"))["items"], json!([]));
}

#[test]
fn auditors_see_instructors_under_pseudonyms() {
    let room = Classroom::start();
    let instructor = |scope| done(room.get(scope, "/v1/instructors"))["items"][0].clone();
    assert_eq!(instructor(Scope::Teaching)["name"], "Соколова Анна Петровна");
    assert_eq!(instructor(Scope::Treasury)["name"], "Соколова Анна Петровна");
    for scope in [Scope::Auditor, Scope::Programme] {
        assert_eq!(instructor(scope)["name"], json!(null));
        assert_eq!(instructor(scope)["payee_id"], json!(room.instructor_id));
    }
}

#[test]
fn sessions_are_listed_page_by_page() {
    let room = Classroom::start();
    for day in ["2020-03-10", "2020-03-11", "2020-03-12"] {
        done(room.record(&room.session(day, 1)));
    }
    let path = format!("/v1/sessions?programme_id={}&limit=2", room.programme_id);
    let first = done(room.get(Scope::Auditor, &path));
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = done(room.get(Scope::Auditor, &format!("{path}&cursor={cursor}")));
    let days = |page: &serde_json::Value| {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|session| session["held_on"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        (days(&first), days(&second)),
        (vec!["2020-03-10".into(), "2020-03-11".into()], vec!["2020-03-12".into()])
    );
    assert_eq!(second["next_cursor"], json!(null));
    let accepted = done(room.get(Scope::Auditor, &format!("{path}&status=accepted")));
    assert_eq!(accepted["items"], json!([]));
}

#[test]
fn a_payment_takes_two_people_and_no_more_than_is_owed() {
    let room = Classroom::start();
    room.teach(7);
    let (payee, owed) = (room.instructor_id.as_str(), 1_050_007);
    let too_much = room.prepare(&room.payment(payee, owed + 1, "П-1"));
    assert_eq!(too_much.problem(), (409, "accrual_exceeded"));
    assert_eq!(too_much.json["facts"]["shortfall_kopecks"], 1);
    assert_eq!(room.prepare(&room.payment(payee, 0, "П-1")).problem(), (422, "invalid_field"));

    let prepared = done(room.prepare(&room.payment(payee, owed - 7, "П-1")));
    let same_document = room.prepare(&room.payment(payee, 7, "П-1"));
    assert_eq!(
        (same_document.problem(), &same_document.json["field"]),
        ((409, "already_exists"), &json!("document_number"))
    );
    let by_the_same = room.confirm(room.server.token(Scope::Treasury), &prepared);
    assert_eq!(by_the_same.problem(), (403, "self_approval"));
    // Prepared against the same accrual: the second to be confirmed finds it gone.
    let rival = done(room.prepare(&room.payment(payee, owed, "П-2")));
    let confirmed = done(room.confirm(&room.treasury_2, &prepared));
    assert_eq!((&confirmed["status"], &confirmed["amount"]), (&json!("paid"), &rub(owed - 7)));
    let late = room.confirm(&room.treasury_2, &rival);
    assert_eq!((late.code(), &late.json["facts"]["accrued_kopecks"]), ("accrual_exceeded", &json!(7)));
    assert_not_possible(&room.confirm(&room.treasury_2, &prepared), "confirm", "paid", &["return"]);

    let listed = |rest: &str| {
        let path = format!("/v1/payments?programme_id={}{rest}", room.programme_id);
        done(room.get(Scope::Auditor, &path))["items"].as_array().unwrap().len()
    };
    assert_eq!((listed(""), listed("&status=paid"), listed("&status=prepared")), (2, 1, 1));
    room.assert_audit_is_clean();
}

#[test]
fn a_prepared_payment_is_withdrawn_by_either_and_its_number_is_free_again() {
    let room = Classroom::start();
    room.teach(7);
    let (payee, owed) = (room.instructor_id.as_str(), 1_050_007);
    let order = room.payment(payee, owed, "П-1");
    let first = done(room.prepare(&order));
    let path = format!("/v1/payments/{}", text(&first["payment_id"]));
    let withdraw = format!("{path}/withdraw");
    for scope in Scope::ALL.into_iter().filter(|scope| *scope != Scope::Treasury) {
        let refused = room.withdraw(room.server.token(scope), &first);
        assert_eq!(refused.problem(), (403, "forbidden"), "{scope:?}");
    }
    for body in [json!({}), json!({ "reason": "  " })] {
        let refused = room.post(Scope::Treasury, &withdraw, &body);
        assert_eq!((refused.problem(), &refused.json["field"]), ((422, "invalid_field"), &json!("reason")));
    }
    let nowhere = json!({ "payment_id": room.server.app.new_id() });
    let refused = room.withdraw(&room.treasury_2, &nowhere);
    assert_eq!((refused.problem(), &refused.json["facts"]["what"]), ((404, "not_found"), &json!("payment")));

    let body = json!({ "reason": "указан не тот день" });
    let by_preparer = || room.server.post_with_key("w", room.server.token(Scope::Treasury), &withdraw, &body);
    let (withdrawn, again) = (by_preparer(), by_preparer());
    assert_eq!((withdrawn.status, again.status, &withdrawn.json), (200, 200, &again.json), "{withdrawn:?}");
    assert_eq!(
        (&withdrawn.json["status"], &withdrawn.json["amount"]),
        (&json!("withdrawn"), &rub(owed)),
        "no money has moved"
    );
    assert!(text(&withdrawn.json["receipt"]).starts_with("c2sp.org/tlog-proof@v1\n"));
    let shown = done(room.get(Scope::Auditor, &path));
    assert_eq!((&shown["status"], &shown["reason"]), (&json!("withdrawn"), &body["reason"]));
    assert_not_possible(&room.confirm(&room.treasury_2, &first), "confirm", "withdrawn", &[]);
    assert_not_possible(&room.withdraw(&room.treasury_2, &first), "withdraw", "withdrawn", &[]);
    assert_eq!((room.balance("accrued"), room.balance("paid")), (owed + 317_102, 0));

    // The same number twice more: the second person says no, then the third order is paid.
    let second = done(room.prepare(&order));
    done(room.withdraw(&room.treasury_2, &second));
    let third = done(room.prepare(&order));
    assert_eq!(room.prepare(&order).problem(), (409, "already_exists"), "one at a time");
    done(room.confirm(&room.treasury_2, &third));
    assert_not_possible(&room.withdraw(&room.treasury_2, &third), "withdraw", "paid", &["return"]);
    assert_eq!(room.prepare(&order).problem(), (409, "already_exists"), "never again once it is paid");
    assert_eq!((room.balance("accrued"), room.balance("paid")), (317_102, owed));

    let listed = format!("/v1/payments?programme_id={}&status=withdrawn", room.programme_id);
    let listed = done(room.get(Scope::Auditor, &listed));
    let ids: Vec<_> = listed["items"].as_array().unwrap().iter().map(|item| &item["payment_id"]).collect();
    assert_eq!(ids, [&first["payment_id"], &second["payment_id"]]);
    let journal = format!("/v1/programmes/{}/ledger/transactions?limit=500", room.programme_id);
    let journal = done(room.get(Scope::Auditor, &journal));
    let told = journal["items"].as_array().unwrap().iter().filter(|item| item["kind"] == "payment_withdrawn");
    assert_eq!(told.count(), 2, "each is one event");
    room.assert_audit_is_clean();
}

#[test]
fn a_payment_is_not_confirmed_before_its_day() {
    let room = Classroom::start();
    room.teach(1);
    let mut payment = room.payment(&room.instructor_id, 100, "П-1");
    payment["paid_on"] = json!("2020-03-19");
    let prepared = done(room.prepare(&payment));
    let early = room.confirm(&room.treasury_2, &prepared);
    assert_eq!(
        (early.code(), &early.json["facts"]["possible_from"], &early.json["facts"]["allowed"]),
        ("invalid_transition", &json!("2020-03-19"), &json!(["withdraw"]))
    );
    room.server.advance(2 * 86_400);
    done(room.confirm(&room.treasury_2, &prepared));
}

#[test]
fn the_same_key_accepts_and_pays_once() {
    let room = Classroom::start();
    let recorded = done(room.record(&room.session("2020-03-16", 2)));
    let path = format!("/v1/sessions/{}/accept", recorded["session_id"].as_str().unwrap());
    let accept = || room.server.post_with_key("accept-1", &room.teaching_2, &path, &json!({}));
    let (first, again) = (accept(), accept());
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(first.json, again.json, "receipt included");
    let payment = room.payment(&room.instructor_id, 100, "П-1");
    let prepare =
        || room.server.post_with_key("pay-1", room.server.token(Scope::Treasury), "/v1/payments", &payment);
    let (first, again) = (prepare(), prepare());
    assert_eq!((first.status, again.status, &first.json), (201, 200, &again.json));
    room.assert_audit_is_clean();
}
