//! Requests: decided row by row, written all or none, approved by another person.

use crate::harness::Reply;
use crate::people::{HEADER, csv, row, rows};
use crate::world::{SEATS, World};
use serde_json::{Value, json};

fn submit(world: &World, token: &str, mode: &str, rows: Value) -> Reply {
    let body = json!({ "programme_id": world.programme_id, "mode": mode, "rows": rows });
    world.post(token, "/v1/requests", &body)
}

fn send_file(world: &World, token: &str, mode: &str, file: impl Into<Vec<u8>>) -> Reply {
    let path = format!("/v1/requests?programme_id={}&mode={mode}", world.programme_id);
    world.send(token, &path, "text/csv", file.into())
}

fn decide(world: &World, token: &str, submitted: &Reply, verb: &str, body: &Value) -> Reply {
    let id = submitted.json["request_id"].as_str().expect("a request that was kept");
    world.post(token, &format!("/v1/requests/{id}/{verb}"), body)
}

fn approve(world: &World, submitted: &Reply) -> Reply {
    decide(world, &world.office, submitted, "approve", &json!({}))
}

fn show(world: &World, token: &str, submitted: &Reply) -> Reply {
    let id = submitted.json["request_id"].as_str().expect("a request that was kept");
    world.get(token, &format!("/v1/requests/{id}"))
}

#[test]
fn a_list_is_requested_approved_and_holds_its_seats() {
    let world = World::start();
    let submitted = submit(&world, &world.state_body.token, "all_or_nothing", rows(1..=3));
    assert_eq!(submitted.status, 201, "{submitted:?}");
    assert_eq!(submitted.outcomes(), ["accepted"; 3]);
    assert_eq!(
        (&submitted.json["status"], &submitted.json["automatic"]),
        (&json!("requested"), &json!(false))
    );
    assert_eq!(submitted.json["rows"][0]["eligibility"][0]["rule"], "category_of_service");
    assert_eq!(submitted.json["rows"][0]["eligibility"][0]["verdict"], "pass");
    assert!(submitted.json["receipt"].as_str().unwrap().starts_with("c2sp.org/tlog-proof"));
    assert_eq!(world.held(&world.state_body), 0);

    let approved = approve(&world, &submitted);
    assert_eq!(approved.status, 200, "{approved:?}");
    assert_eq!((&approved.json["status"], &approved.json["rows"]), (&json!("approved"), &json!(3)));
    assert_eq!(world.held(&world.state_body), 3);
    let shown = show(&world, &world.state_body.token, &submitted).json;
    assert_eq!((&shown["status"], &shown["decided_by"]), (&json!("approved"), &json!("olga")));
    assert_eq!(shown["items"][2]["status"], "approved");
    assert_eq!(shown["items"][2]["holder"]["family_name"], "Иванова");

    let again = approve(&world, &submitted);
    assert_eq!((again.status, again.code()), (409, "invalid_transition"));
    assert_eq!(again.json["facts"]["allowed"], json!(["issue"]));
}

#[test]
fn whoever_requested_cannot_approve() {
    let world = World::start();
    let submitted = submit(&world, &world.state_body.token, "all_or_nothing", rows(1..=3));
    let own = decide(&world, &world.office_by_hr, &submitted, "approve", &json!({}));
    assert_eq!((own.status, own.code()), (403, "self_approval"));
    assert_eq!(world.held(&world.state_body), 0);
    assert_eq!(approve(&world, &submitted).status, 200);
}

#[test]
fn a_short_list_is_approved_at_once_and_marked() {
    let world = World::start();
    let submitted = submit(&world, &world.state_body.token, "all_or_nothing", rows(1..=2));
    assert_eq!((&submitted.json["status"], &submitted.json["automatic"]), (&json!("approved"), &json!(true)));
    assert_eq!(world.held(&world.state_body), 2);
    let shown = show(&world, &world.auditor, &submitted).json;
    assert_eq!((&shown["automatic"], &shown["decided_by"]), (&json!(true), &Value::Null));
}

#[test]
fn each_row_says_why_it_is_refused() {
    let world = World::start();
    submit(&world, &world.other_body.token, "all_or_nothing", rows([2]));
    let mut clerk = row(3);
    clerk["category"] = json!("other");
    let mut leaving = row(4);
    leaving["leaves_on"] = json!("2020-12-14");
    let mut formula = row(5);
    formula["position"] = json!("=HYPERLINK(\"x\")");
    let list = json!([row(1), row(1), row(2), clerk, leaving, formula]);
    let submitted = submit(&world, &world.state_body.token, "best_effort", list);
    assert_eq!(submitted.status, 201, "{submitted:?}");
    assert_eq!(
        submitted.outcomes(),
        ["accepted", "duplicate_holder", "duplicate_holder", "not_eligible", "not_eligible", "invalid_field"]
    );
    let facts = |row: usize| &submitted.json["rows"][row]["facts"];
    assert_eq!(facts(1)["first_row"], 1);
    assert_eq!(facts(2)["claimed_by"], "another_agency");
    assert_eq!(facts(3)["rules"], json!(["category_of_service"]));
    assert_eq!(facts(4)["rules"], json!(["employed_through"]));
    assert_eq!(submitted.json["rows"][5]["field"], "position");
    let other = world.other_body.agency_id.to_string();
    assert!(!submitted.json.to_string().contains(&other) && !submitted.json.to_string().contains("PSK-S02"));

    let shown = show(&world, &world.state_body.token, &submitted).json;
    assert_eq!(shown["items"][3]["status"], "refused");
    assert_eq!(shown["items"][3]["refusal"]["code"], "not_eligible");
    assert!(shown["items"][3]["employee_id"].is_null(), "a refused person is not kept");
    let listed = world.get(&world.state_body.token, "/v1/requests").json;
    assert_eq!((&listed["items"][0]["accepted"], &listed["items"][0]["refused"]), (&json!(1), &json!(5)));
}

#[test]
fn a_leaving_date_known_from_an_import_counts() {
    let world = World::start();
    let mut leaving = row(1);
    leaving["leaves_on"] = json!("2020-06-30");
    world.post(&world.state_body.token, "/v1/employees", &json!({ "rows": [leaving] }));
    let submitted = submit(&world, &world.state_body.token, "best_effort", rows([1]));
    assert_eq!(submitted.outcomes(), ["not_eligible"]);
    assert_eq!((&submitted.json["status"], &submitted.json["accepted"]), (&json!("rejected"), &json!(0)));
}

#[test]
fn seats_that_wait_count_against_the_quota() {
    let world = World::start();
    let token = &world.state_body.token;
    let last = u32::try_from(SEATS).unwrap();
    let first = submit(&world, token, "best_effort", rows(1..=last - 1));
    let second = submit(&world, token, "best_effort", rows(last..=last + 1));
    assert_eq!(second.outcomes(), ["accepted", "quota_exceeded"]);
    let facts = &second.json["rows"][1]["facts"];
    assert_eq!(facts, &json!({ "seats": SEATS, "held": 0, "pending": SEATS - 1, "left": 1, "asked": 2 }));
    assert_eq!(approve(&world, &first).status, 200);
    assert_eq!(world.held(&world.state_body), 10);
}

#[test]
fn five_thousand_rows_are_one_request() {
    let world = World::start();
    world.set_seats(&world.state_body, 5_000);
    let submitted = send_file(&world, &world.state_body.token, "all_or_nothing", csv(1..=5_000));
    assert_eq!((submitted.status, &submitted.json["accepted"]), (201, &json!(5_000)));
    let again = send_file(&world, &world.state_body.token, "all_or_nothing", csv(1..=5_000));
    assert_eq!(again.json["facts"]["refused"], 5_000);
    assert_eq!(approve(&world, &submitted).json["rows"], 5_000);
    assert_eq!(world.held(&world.state_body), 5_000);
    let shown = show(&world, &world.state_body.token, &submitted).json;
    assert_eq!(shown["items"].as_array().unwrap().len(), 5_000);
    assert_eq!(shown["items"][4_999]["client_ref"], "R-5000");
}

#[test]
fn approval_needs_seats_that_are_still_there() {
    let world = World::start();
    let submitted = submit(&world, &world.state_body.token, "all_or_nothing", rows(1..=5));
    world.set_seats(&world.state_body, 3);
    let refused = approve(&world, &submitted);
    assert_eq!((refused.status, refused.code()), (409, "quota_exceeded"));
    assert_eq!(
        refused.json["facts"],
        json!({ "seats": 3, "held": 0, "left": 3, "asked": 5, "shortfall": 2 })
    );
    assert_eq!(show(&world, &world.auditor, &submitted).json["status"], "requested");
}

#[test]
fn a_closed_programme_takes_no_requests() {
    let world = World::start();
    world.close_programme();
    let refused = submit(&world, &world.state_body.token, "best_effort", rows([1]));
    assert_eq!((refused.status, refused.code()), (409, "programme_not_open"));
}

#[test]
fn an_agency_without_a_quota_is_not_eligible() {
    let world = World::start();
    let refused = submit(&world, &world.outsider.token, "all_or_nothing", rows([1]));
    assert_eq!((refused.status, refused.code()), (422, "rows_refused"));
    assert_eq!(refused.json["facts"]["rows"][0]["facts"]["rules"], json!(["agency_takes_part"]));
}

#[test]
fn municipalities_wait_in_line_until_the_priority_date() {
    let world = World::start();
    let submitted = submit(&world, &world.municipality.token, "all_or_nothing", rows([1]));
    assert_eq!(
        (&submitted.json["status"], &submitted.json["waits_until"]),
        (&json!("requested"), &json!("2020-03-31"))
    );
    let early = approve(&world, &submitted);
    assert_eq!((early.status, early.code()), (409, "before_priority_date"));
    assert_eq!(early.json["facts"]["priority_until"], "2020-03-31");
    world.advance_days(14);
    assert_eq!(early.code(), approve(&world, &submitted).code(), "the last day is 31 March");
    world.advance_days(1);
    assert_eq!(approve(&world, &submitted).json["status"], "approved");
    let later = submit(&world, &world.municipality.token, "all_or_nothing", rows([2]));
    assert_eq!((&later.json["status"], &later.json["waits_until"]), (&json!("approved"), &Value::Null));
}

#[test]
fn all_or_nothing_writes_nothing_when_a_row_is_refused() {
    let world = World::start();
    let before = world.footprint();
    let mut clerk = row(3);
    clerk["category"] = json!("other");
    let refused = submit(&world, &world.state_body.token, "all_or_nothing", json!([row(1), row(2), clerk]));
    assert_eq!((refused.status, refused.code()), (422, "rows_refused"));
    assert_eq!(refused.outcomes(), ["accepted", "accepted", "not_eligible"]);
    assert_eq!(world.footprint(), before);
}

#[test]
fn a_dry_run_decides_the_same_and_writes_nothing() {
    let world = World::start();
    let before = world.footprint();
    let body = |dry_run: bool| {
        json!({ "programme_id": world.programme_id, "mode": "best_effort", "dry_run": dry_run,
            "rows": [row(1), row(1), row(2)] })
    };
    let token = &world.state_body.token;
    let dry =
        world.send_with_key("same", token, "/v1/requests", "application/json", body(true).to_string().into());
    assert_eq!((dry.status, &dry.json["dry_run"]), (200, &json!(true)), "{dry:?}");
    assert!(dry.json["request_id"].is_null() && dry.json["receipt"].is_null());
    assert_eq!(world.footprint(), before);
    let real = world.send_with_key(
        "same",
        token,
        "/v1/requests",
        "application/json",
        body(false).to_string().into(),
    );
    assert_eq!(real.status, 201, "a dry run leaves its key free: {real:?}");
    assert_eq!(real.outcomes(), dry.outcomes());
    assert_eq!(real.json["status"], dry.json["status"]);
}

#[test]
fn the_same_file_twice_makes_no_second_request_for_anybody() {
    let world = World::start();
    let token = &world.state_body.token;
    let file = csv(1..=3);
    let first = send_file(&world, token, "all_or_nothing", file.clone());
    assert_eq!((first.status, first.outcomes()), (201, vec!["accepted"; 3]));
    let claims = world.footprint()[4];
    let second = send_file(&world, token, "all_or_nothing", file.clone());
    assert_eq!(second.code(), "rows_refused");
    let third = send_file(&world, token, "best_effort", file);
    assert_eq!(third.outcomes(), ["duplicate_holder"; 3]);
    assert_eq!(third.json["rows"][0]["facts"]["claimed_by"], "your_agency");
    assert_eq!(third.json["status"], "rejected");
    assert_eq!(world.footprint()[4], claims);
}

#[test]
fn the_same_key_gets_the_same_answer() {
    let world = World::start();
    let token = &world.state_body.token;
    let path = format!("/v1/requests?programme_id={}", world.programme_id);
    let send = |file: String| world.send_with_key("k", token, &path, "text/csv", file.into());
    let first = send(csv(1..=3));
    let again = send(csv(1..=3));
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.json, again.json);
    let other = send(csv(4..=5));
    assert_eq!((other.status, other.code()), (409, "idempotency_key_reused"));
}

#[test]
fn a_rejection_has_a_reason_and_frees_its_people() {
    let world = World::start();
    let submitted = submit(&world, &world.state_body.token, "all_or_nothing", rows(1..=3));
    let bare = decide(&world, &world.office, &submitted, "reject", &json!({ "reason": "" }));
    assert_eq!((bare.status, &bare.json["field"]), (422, &json!("reason")));
    let rejected = decide(&world, &world.office, &submitted, "reject", &json!({ "reason": "не тот год" }));
    assert_eq!((&rejected.json["status"], &rejected.json["rows"]), (&json!("rejected"), &json!(3)));
    assert_eq!(show(&world, &world.state_body.token, &submitted).json["reason"], "не тот год");
    assert_eq!(approve(&world, &submitted).code(), "invalid_transition");
    let elsewhere = submit(&world, &world.other_body.token, "all_or_nothing", rows(1..=3));
    assert_eq!(elsewhere.outcomes(), ["accepted"; 3]);
}

#[test]
fn an_agency_sees_its_own_requests_and_auditors_no_names() {
    let world = World::start();
    let (own, other) = (&world.state_body.token, &world.other_body.token);
    let submitted = submit(&world, own, "all_or_nothing", rows(1..=3));
    submit(&world, other, "all_or_nothing", rows(4..=5));
    let id = submitted.json["request_id"].as_str().unwrap();
    assert_eq!(show(&world, other, &submitted).code(), "not_found");
    let count = |token: &str, query: &str| {
        world.get(token, &format!("/v1/requests{query}")).json["items"].as_array().map_or(99, Vec::len)
    };
    assert_eq!((count(own, ""), count(other, ""), count(&world.office, "")), (1, 1, 2));
    assert_eq!(count(&world.auditor, "?status=requested"), 1);
    assert_eq!(count(&world.auditor, &format!("?programme_id={}", world.programme_id)), 2);
    assert_eq!(count(&world.auditor, "?programme_id=01234567-89ab-7def-8123-456789abcdef"), 0);
    let page = world.get(&world.office, "/v1/requests?limit=1").json;
    assert_eq!(page["items"][0]["request_id"], id);
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(count(&world.office, &format!("?cursor={cursor}")), 1);

    assert!(show(&world, &world.office, &submitted).json.to_string().contains("Иванова"));
    let audited = show(&world, &world.auditor, &submitted).json;
    assert_eq!(audited["items"].as_array().unwrap().len(), 3);
    assert!(!audited.to_string().contains("Иванова"));
    for (token, verb) in [(own, "approve"), (other, "reject"), (&world.auditor, "approve")] {
        assert_eq!(decide(&world, token, &submitted, verb, &json!({})).code(), "forbidden");
    }
    assert_eq!(submit(&world, &world.office, "best_effort", rows([7])).code(), "forbidden");
}

#[test]
fn files_of_other_kinds_are_refused_with_the_remedy() {
    let world = World::start();
    let before = world.footprint();
    let token = &world.state_body.token;
    let refused = |file: Vec<u8>| {
        let answer = send_file(&world, token, "best_effort", file);
        assert_eq!((answer.status, answer.code()), (400, "malformed_file"), "{answer:?}");
        answer.json["facts"].clone()
    };
    let utf_16 = csv([1]).encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refused(utf_16)["looks_like"], "utf-16");
    let ragged = refused(format!("{}R-2;1;2\n", csv([1])).into());
    assert_eq!(
        (&ragged["reason"], &ragged["row"], &ragged["line"]),
        (&json!("ragged_row"), &json!(2), &json!(3))
    );
    assert_eq!(refused(HEADER.replace("snils;", "").into())["column"], "snils");
    assert_eq!(world.footprint(), before);

    let formula = csv([1]).replace("Консультант", "=1+1");
    let answer = send_file(&world, token, "best_effort", formula);
    assert_eq!(
        (answer.outcomes(), &answer.json["rows"][0]["field"]),
        (vec!["invalid_field"], &json!("position"))
    );
}

#[test]
fn messages_that_do_not_fit_name_the_fault() {
    let world = World::start();
    let token = &world.state_body.token;
    let unknown = world.post(
        token,
        "/v1/requests",
        &json!({ "programme_id": world.state_body.agency_id, "rows": [row(1)] }),
    );
    assert_eq!((unknown.status, unknown.code()), (404, "not_found"));
    let empty = submit(&world, token, "best_effort", json!([]));
    assert_eq!((empty.status, &empty.json["field"]), (422, &json!("rows")));
    assert_eq!(submit(&world, token, "perhaps", rows([1])).json["field"], "mode");
    let no_programme = world.send(token, "/v1/requests", "text/csv", csv([1]).into());
    assert_eq!((no_programme.status, &no_programme.json["field"]), (422, &json!("programme_id")));
    let huge = send_file(&world, token, "best_effort", vec![b'a'; 100 << 20]);
    assert_eq!((huge.status, huge.code()), (413, "too_large"));
    let many = send_file(&world, token, "best_effort", csv((1..=5_001).map(|_| 1)));
    assert_eq!((many.status, many.code()), (413, "too_many_rows"));
    let none = world.get(&world.office, "/v1/requests/01234567-89ab-7def-8123-456789abcdef");
    assert_eq!(none.code(), "not_found");
}
