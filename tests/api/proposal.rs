//! Acts of two people: one proposes, another confirms.

use crate::harness::TestServer;
use crate::programme::{field, id, open, text};
use serde_json::{Value, json};
use training_vouchers::kernel::Scope;

const PROPOSALS: &str = "/v1/proposals";

fn amount(kopecks: i64) -> Value {
    json!({ "amount": { "amount": kopecks, "currency": "RUB" }, "document_number": "1-ОЗ" })
}

/// A server with an open programme, the path of its line's appropriations, and the second person.
fn treasury() -> (TestServer, String, String) {
    let server = TestServer::start();
    let (_, line) = open(&server);
    let second = server.person("second", Scope::Treasury, json!({}));
    (server, format!("/v1/budget-lines/{line}/appropriations"), second)
}

fn propose(server: &TestServer, path: &str, kopecks: i64) -> String {
    let proposed = server.post(server.token(Scope::Treasury), path, &amount(kopecks));
    assert_eq!(proposed.status, 202, "{}", proposed.text);
    format!("{PROPOSALS}/{}", text(&proposed.json, "proposal_id"))
}

/// `limit` and `available` of the only line.
fn balances(server: &TestServer) -> [i64; 2] {
    use diesel::prelude::*;
    use training_vouchers::db::schema::account_balance::dsl::*;
    [0, 1].map(|number: i16| {
        let query = account_balance.filter(account.eq(number)).select(balance_kopecks);
        server.app.read_blocking(|connection| Ok(query.first(connection).optional()?)).unwrap().unwrap_or(0)
    })
}

#[test]
fn money_comes_when_a_second_person_confirms() {
    let (server, path, second) = treasury();
    let first = server.token(Scope::Treasury);
    let proposed = server.post_with_key("k", first, &path, &amount(1_300_000_000));
    assert_eq!((proposed.status, &proposed.json["status"]), (202, &json!("proposed")));
    assert_eq!(proposed.json["act"]["kind"], "appropriation");
    let again = server.post_with_key("k", first, &path, &amount(1_300_000_000));
    assert_eq!((again.status, &again.json), (200, &proposed.json));
    assert_eq!(balances(&server), [0, 0], "nothing has moved yet");
    let proposal = format!("{PROPOSALS}/{}", text(&proposed.json, "proposal_id"));
    let confirm = format!("{proposal}/confirm");

    assert_eq!(server.post(first, &confirm, &json!({})).problem(), (403, "self_approval"));
    let office = server.post(server.token(Scope::Programme), &confirm, &json!({}));
    assert_eq!(
        (office.problem(), &office.json["facts"]["allowed_scopes"]),
        ((403, "forbidden"), &json!(["treasury"]))
    );
    assert_eq!(balances(&server), [0, 0]);

    let confirmed = server.post(&second, &confirm, &json!({}));
    assert_eq!(
        (confirmed.status, &confirmed.json["status"]),
        (200, &json!("confirmed")),
        "{}",
        confirmed.text
    );
    assert!(confirmed.json["receipt"].is_string());
    assert_eq!(balances(&server), [1_300_000_000, 1_300_000_000]);
    let twice = server.post(&second, &confirm, &json!({}));
    assert_eq!(
        (twice.problem(), &twice.json["facts"]["status"]),
        ((409, "invalid_transition"), &json!("confirmed"))
    );
    let shown = server.get(server.token(Scope::Auditor), &proposal).json;
    assert_eq!((&shown["proposed_by"], &shown["decided_by"]), (&json!("treasury"), &json!("second")));
    assert_eq!(balances(&server), [1_300_000_000, 1_300_000_000]);
}

#[test]
fn only_what_is_available_can_be_taken_back_at_proposal_and_at_confirmation() {
    let (server, path, second) = treasury();
    let confirm = |proposal: &str| server.post(&second, &format!("{proposal}/confirm"), &json!({}));
    assert_eq!(confirm(&propose(&server, &path, 1_000)).status, 200);
    let refused = server.post(server.token(Scope::Treasury), &path, &amount(-1_001));
    assert_eq!(refused.problem(), (409, "budget_exceeded"));
    assert_eq!(refused.json["facts"]["shortfall_kopecks"], 1);

    let (down, too_far_by_then) = (propose(&server, &path, -600), propose(&server, &path, -700));
    assert_eq!(confirm(&down).status, 200);
    let refused = confirm(&too_far_by_then);
    assert_eq!(
        (refused.problem(), &refused.json["facts"]["shortfall_kopecks"]),
        ((409, "budget_exceeded"), &json!(300))
    );
    assert_eq!(server.get(&second, &too_far_by_then).json["status"], "proposed", "it waits for money");
    assert_eq!(balances(&server), [400, 400]);
}

#[test]
fn what_is_no_appropriation_is_refused() {
    let (server, path, _) = treasury();
    let first = server.token(Scope::Treasury);
    for kopecks in [0, i64::MAX, i64::MIN] {
        let refused = server.post(first, &path, &amount(kopecks));
        assert_eq!((refused.problem(), field(&refused)), ((422, "invalid_field"), "amount.amount"));
    }
    let mut nameless = amount(1);
    nameless["document_number"] = json!(" ");
    assert_eq!(field(&server.post(first, &path, &nameless)), "document_number");
    let nowhere = format!("/v1/budget-lines/{}/appropriations", server.app.new_id());
    assert_eq!(server.post(first, &nowhere, &amount(1)).problem(), (404, "not_found"));
    let office = server.token(Scope::Programme);
    assert_eq!(server.post(office, &path, &amount(1)).problem(), (403, "forbidden"));
    assert_eq!(server.get(first, PROPOSALS).json["items"], json!([]));
}

#[test]
fn a_withdrawn_proposal_is_never_done() {
    let (server, path, second) = treasury();
    let (own, refused_by_second) = (propose(&server, &path, 1), propose(&server, &path, 2));
    for (who, proposal) in [(server.token(Scope::Treasury), &own), (&second, &refused_by_second)] {
        let withdrawn = server.post(who, &format!("{proposal}/withdraw"), &json!({}));
        assert_eq!((withdrawn.status, &withdrawn.json["status"]), (200, &json!("withdrawn")));
        let late = server.post(&second, &format!("{proposal}/confirm"), &json!({}));
        assert_eq!(
            (late.problem(), &late.json["facts"]["allowed"]),
            ((409, "invalid_transition"), &json!([]))
        );
    }
    let nowhere = format!("{PROPOSALS}/{}/withdraw", server.app.new_id());
    assert_eq!(server.post(&second, &nowhere, &json!({})).problem(), (404, "not_found"));
    assert_eq!(balances(&server), [0, 0]);
}

#[test]
fn a_list_shows_what_the_caller_may_decide_on_page_by_page() {
    let (server, path, second) = treasury();
    let proposals: Vec<_> = (1..=3).map(|kopecks| propose(&server, &path, kopecks)).collect();
    server.post(&second, &format!("{}/confirm", proposals[1]), &json!({}));
    let ids = |query: &str| -> (Vec<String>, Value) {
        let page = server.get(&second, &format!("{PROPOSALS}?{query}")).json;
        let items = page["items"].as_array().unwrap().iter();
        (items.map(|item| text(item, "proposal_id").to_owned()).collect(), page["next_cursor"].clone())
    };
    assert_eq!(ids("status=proposed").0, [id(&proposals[0]), id(&proposals[2])]);
    assert_eq!(ids("status=confirmed").0, [id(&proposals[1])]);
    let (first_page, cursor) = ids("limit=2");
    assert_eq!(first_page, [id(&proposals[0]), id(&proposals[1])]);
    let (last_page, end) = ids(&format!("limit=2&cursor={}", cursor.as_str().unwrap()));
    assert_eq!((last_page.as_slice(), end), ([id(&proposals[2]).to_owned()].as_slice(), Value::Null));
    assert_eq!(server.get(&second, &format!("{PROPOSALS}?status=maybe")).problem(), (422, "invalid_field"));

    for scope in [Scope::Registrar, Scope::Admin] {
        assert_eq!(server.get(server.token(scope), PROPOSALS).json["items"], json!([]));
        assert_eq!(server.get(server.token(scope), &proposals[0]).problem(), (404, "not_found"));
    }
}
