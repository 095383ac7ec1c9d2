//! Employees: imported by СНИЛС, seen by their own agency only.

use crate::harness::Reply;
use crate::people::{HEADER, csv, row, rows, snils};
use crate::world::World;
use serde_json::{Value, json};

fn import(world: &World, token: &str, rows: Value) -> Reply {
    world.post(token, "/v1/employees", &json!({ "rows": rows }))
}

#[test]
fn an_import_creates_updates_and_leaves_alone() {
    let world = World::start();
    let token = &world.state_body.token;
    let first = import(&world, token, rows(1..=3));
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(first.outcomes(), ["created"; 3]);
    assert!(first.json["receipt"].as_str().is_some());

    let mut changed = row(2);
    changed["position"] = json!("Начальник отдела");
    changed["leaves_on"] = json!("2020-12-31");
    let mut bad = row(5);
    bad["snils"] = json!("112-233-445 96");
    let second = import(&world, token, json!([row(1), changed, row(4), row(4), bad]));
    assert_eq!(second.outcomes(), ["unchanged", "updated", "created", "duplicate_holder", "invalid_field"]);
    assert_eq!(second.json["rows"][1]["employee_id"], first.json["rows"][1]["employee_id"]);
    assert_eq!(second.json["rows"][3]["facts"]["first_row"], 3);
    assert_eq!(
        (&second.json["rows"][4]["field"], &second.json["rows"][4]["row"]),
        (&json!("snils"), &json!(5))
    );
    assert!(!second.json.to_string().contains("445 96"), "a bad cell is not repeated");

    let again = import(&world, token, json!([row(1)]));
    assert_eq!(again.outcomes(), ["unchanged"]);
    assert!(again.json["receipt"].is_null(), "nothing changed, nothing is recorded");
}

#[test]
fn a_leaving_date_that_is_not_stated_again_stays() {
    let world = World::start();
    let token = &world.state_body.token;
    let mut leaving = row(1);
    leaving["leaves_on"] = json!("2020-06-30");
    import(&world, token, json!([leaving]));
    assert_eq!(import(&world, token, rows([1])).outcomes(), ["unchanged"]);
    let mut moved = row(1);
    moved["position"] = json!("Советник");
    assert_eq!(import(&world, token, json!([moved])).outcomes(), ["updated"]);
    let listed = world.get(token, "/v1/employees");
    assert_eq!(listed.json["items"][0]["leaves_on"], "2020-06-30");
    assert_eq!(listed.json["items"][0]["person"]["position"], "Советник");
}

#[test]
fn a_file_is_the_same_as_json() {
    let world = World::start();
    let token = &world.state_body.token;
    let file = world.send(token, "/v1/employees", "text/csv; charset=utf-8", csv(1..=3).into_bytes());
    assert_eq!(file.outcomes(), ["created"; 3]);
    assert_eq!(import(&world, token, rows(1..=3)).outcomes(), ["unchanged"; 3]);
}

#[test]
fn an_agency_sees_its_own_people_and_auditors_see_no_names() {
    let world = World::start();
    import(&world, &world.state_body.token, rows(1..=2));
    import(&world, &world.other_body.token, rows([2]));
    let own = world.get(&world.state_body.token, "/v1/employees?limit=1");
    assert_eq!(own.json["items"][0]["person"]["snils"], snils(1));
    let cursor = own.json["next_cursor"].as_str().unwrap();
    let rest = world.get(&world.state_body.token, &format!("/v1/employees?cursor={cursor}"));
    assert_eq!(rest.json["items"].as_array().unwrap().len(), 1);
    assert!(rest.json["next_cursor"].is_null());

    let id = own.json["items"][0]["employee_id"].as_str().unwrap();
    let path = format!("/v1/employees/{id}");
    assert_eq!(world.get(&world.state_body.token, &path).json["person"]["family_name"], "Иванова");
    let other = world.get(&world.other_body.token, &path);
    assert_eq!((other.status, other.code()), (404, "not_found"));

    let audited = world.get(&world.auditor, "/v1/employees");
    assert_eq!(audited.json["items"].as_array().unwrap().len(), 3);
    for text in [audited.json.to_string(), world.get(&world.auditor, &path).json.to_string()] {
        assert!(text.contains("state_civil_servant"));
        assert!(!text.contains("Иванова") && !text.contains(&snils(1)) && !text.contains("@"), "{text}");
    }
    assert_eq!(world.get(&world.office, "/v1/employees").code(), "forbidden");
    assert_eq!(import(&world, &world.auditor, rows([1])).code(), "forbidden");
}

#[test]
fn what_is_no_list_is_refused_and_changes_nothing() {
    let world = World::start();
    let token = &world.state_body.token;
    let before = world.footprint();
    let send = |content_type: &str, body: &[u8]| {
        let answer = world.send(token, "/v1/employees", content_type, body.to_vec());
        (answer.status, answer.code().to_owned(), answer.json)
    };
    let (status, code, body) = send("application/json", br#"{"rows":[{"client_ref":"1"}]}"#);
    assert_eq!((status, code.as_str(), &body["field"]), (422, "invalid_field", &json!("rows[0].snils")));
    let (_, _, body) = send("application/json", br#"{"rows":[],"extra":1}"#);
    assert_eq!(body["field"], "extra");
    assert_eq!(send("text/plain", b"hello").1, "unsupported_media_type");
    assert_eq!(send("text/csv", b"").1, "malformed_file");
    assert_eq!(send("text/csv", format!("{HEADER}\n").as_bytes()).2["facts"]["reason"], "empty");
    let too_many = csv((1..=5_001).map(|_| 1));
    assert_eq!(send("text/csv", too_many.as_bytes()).1, "too_many_rows");
    assert_eq!(world.footprint(), before);
}
