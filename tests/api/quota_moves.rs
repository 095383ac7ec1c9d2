//! Seats moved between agencies: with both sides' word, never held ones, and nobody else hears of it.

use crate::harness::Reply;
use crate::stage::{assert_not_possible, because, done, text};
use crate::world::{Party, SEATS, World};
use serde_json::{Value, json};
use std::sync::Barrier;
use training_vouchers::kernel::Scope;

fn moves(world: &World) -> String {
    format!("/v1/programmes/{}/quota-moves", world.programme_id)
}

fn propose(world: &World, token: &str, (from, to): (&Party, &Party), seats: i64) -> Reply {
    let body = json!({ "from_agency_id": from.agency_id, "to_agency_id": to.agency_id, "seats": seats,
        "reason": "не хватает слушателей" });
    world.post(token, &moves(world), &body)
}

fn say(world: &World, token: &str, quota_move: &Value, word: &str, body: &Value) -> Reply {
    world.server.advance(1);
    world.post(token, &format!("{}/{}/{word}", moves(world), text(&quota_move["move_id"])), body)
}

fn agree(world: &World, party: &Party, quota_move: &Value) -> Reply {
    say(world, &party.token, quota_move, "agree", &json!({}))
}

/// Seats and held ones of an agency, as it sees them.
fn quota(world: &World, party: &Party) -> (i64, i64) {
    let path = format!("/v1/programmes/{}/quotas", world.programme_id);
    let quotas = done(world.get(&party.token, &path));
    let own = &quotas["items"][0];
    (own["seats"].as_i64().unwrap_or(0), own["held"].as_i64().unwrap_or(0))
}

fn seen(world: &World, token: &str, query: &str) -> usize {
    done(world.get(token, &format!("{}{query}", moves(world))))["items"].as_array().unwrap().len()
}

const ALL: i64 = SEATS as i64;

#[test]
fn the_offices_move_waits_for_both_agencies_and_goes_with_the_last_word() {
    let world = World::start();
    let (from, to) = (&world.state_body, &world.outsider);
    let proposed = done(propose(&world, &world.office, (from, to), 4));
    assert_eq!(
        (&proposed["status"], &proposed["proposed_by"]),
        (&json!("proposed"), &json!("programme")),
        "{proposed}"
    );
    assert!(text(&proposed["receipt"]).starts_with("c2sp.org/tlog-proof@v1"));
    let half = done(agree(&world, to, &proposed));
    assert_eq!((&half["status"], &half["from_agreed_at"]), (&json!("proposed"), &Value::Null));
    assert_eq!((quota(&world, from), quota(&world, to)), ((ALL, 0), (0, 0)), "one word is not enough");
    let moved = done(agree(&world, from, &proposed));
    assert_eq!(moved["status"], "moved");
    assert_eq!((quota(&world, from), quota(&world, to)), ((ALL - 4, 0), (4, 0)));
    for word in ["agree", "decline"] {
        let body = if word == "agree" { json!({}) } else { because("передумали") };
        assert_not_possible(&say(&world, &from.token, &proposed, word, &body), word, "moved", &[]);
    }
    // The new seats are good for requests.
    let request_id = world.request(&to.token, &world.programme_id, &world.rows(3));
    world.approve(&request_id);
    assert_eq!(quota(&world, to), (4, 3));
    world.assert_audit_is_clean();
}

#[test]
fn an_agency_that_gives_has_agreed_and_gives_only_of_its_own() {
    let world = World::start();
    let (from, to) = (&world.state_body, &world.other_body);
    let proposed = done(propose(&world, &from.token, (from, to), ALL));
    assert_eq!(
        (&proposed["proposed_by"], proposed["from_agreed_at"].is_null()),
        (&json!("from_agency"), false)
    );
    assert_not_possible(&agree(&world, from, &proposed), "agree", "proposed", &["withdraw"]);
    assert_eq!(done(agree(&world, to, &proposed))["status"], "moved");
    assert_eq!((quota(&world, from), quota(&world, to)), ((0, 0), (2 * ALL, 0)));
    let of_others = propose(&world, &from.token, (to, from), 1);
    assert_eq!(of_others.problem(), (422, "invalid_field"));
    assert_eq!(of_others.json["field"], "from_agency_id");
    for (from, to, seats, field) in [(to, to, 1, "to_agency_id"), (to, from, 0, "seats")] {
        let refused = propose(&world, &world.office, (from, to), seats);
        assert_eq!((refused.problem(), &refused.json["field"]), ((422, "invalid_field"), &json!(field)));
    }
    let nobody = Party { agency_id: world.server.app.new_id().to_string(), token: String::new() };
    assert_eq!(propose(&world, &world.office, (to, &nobody), 1).problem(), (404, "not_found"));
    world.assert_audit_is_clean();
}

#[test]
fn either_agency_ends_it_with_a_reason_and_the_proposer_takes_it_back() {
    let world = World::start();
    let (from, to) = (&world.state_body, &world.other_body);
    let propose_again = || done(propose(&world, &world.office, (from, to), 1));
    for party in [from, to] {
        let proposed = propose_again();
        assert_eq!(say(&world, &party.token, &proposed, "decline", &json!({})).status, 422, "no reason");
        let declined = done(say(&world, &party.token, &proposed, "decline", &because("самим нужны")));
        assert_eq!(
            (&declined["status"], &declined["ended_reason"]),
            (&json!("declined"), &json!("самим нужны"))
        );
        assert_not_possible(&agree(&world, to, &proposed), "agree", "declined", &[]);
    }
    // An agency that agreed may still think better of it.
    let proposed = propose_again();
    done(agree(&world, to, &proposed));
    assert_not_possible(
        &say(&world, &to.token, &proposed, "withdraw", &json!({})),
        "withdraw",
        "proposed",
        &["decline"],
    );
    done(say(&world, &to.token, &proposed, "decline", &because("передумали")));
    assert_not_possible(&agree(&world, from, &proposed), "agree", "declined", &[]);
    let proposed = propose_again();
    assert_eq!(
        say(&world, &from.token, &proposed, "withdraw", &json!({})).problem(),
        (409, "invalid_transition")
    );
    let withdrawn = done(say(&world, &world.office, &proposed, "withdraw", &json!({})));
    assert_eq!((&withdrawn["status"], &withdrawn["ended_by"]), (&json!("withdrawn"), &json!("programme")));
    let own = done(propose(&world, &from.token, (from, to), 1));
    assert_eq!(
        say(&world, &world.office, &own, "withdraw", &json!({})).problem(),
        (409, "invalid_transition")
    );
    assert_eq!(done(say(&world, &from.token, &own, "withdraw", &json!({})))["ended_by"], "from_agency");
    assert_eq!((quota(&world, from), quota(&world, to)), ((ALL, 0), (ALL, 0)));
    world.assert_audit_is_clean();
}

#[test]
fn held_seats_never_leave() {
    let world = World::start();
    let (from, to) = (&world.state_body, &world.other_body);
    let hold = |people: usize| {
        let request_id = world.request(&from.token, &world.programme_id, &world.rows(people));
        world.approve(&request_id);
    };
    hold(6);
    let refused = propose(&world, &world.office, (from, to), 5);
    assert_eq!(refused.problem(), (409, "quota_exceeded"));
    let facts = &refused.json["facts"];
    assert_eq!(
        [&facts["seats"], &facts["held"], &facts["left"], &facts["asked"]],
        [&json!(ALL), &json!(6), &json!(4), &json!(5)]
    );
    let proposed = done(propose(&world, &world.office, (from, to), 4));
    done(agree(&world, from, &proposed));
    // Meanwhile another seat is held: the last word does not carry it out, and tells the other agency no figures of this one.
    hold(3);
    let refused = agree(&world, to, &proposed);
    assert_eq!(refused.problem(), (409, "quota_exceeded"));
    assert_eq!(refused.json["facts"], json!({ "agency_id": from.agency_id, "asked": 4 }));
    assert_eq!((quota(&world, from), quota(&world, to)), ((ALL, 9), (ALL, 0)));
    // It stays open, and goes when the seats are there.
    world.set_seats(from, 13);
    assert_eq!(done(agree(&world, to, &proposed))["status"], "moved");
    assert_eq!((quota(&world, from), quota(&world, to)), ((9, 9), (ALL + 4, 0)));
    world.assert_audit_is_clean();
}

#[test]
fn two_moves_of_the_same_seats_race_and_one_goes() {
    let world = World::start();
    let from = &world.state_body;
    let getters = [&world.other_body, &world.municipality];
    let proposed = getters.map(|to| done(propose(&world, &from.token, (from, to), ALL - 2)));
    let start = &Barrier::new(getters.len());
    let replies: Vec<Reply> = std::thread::scope(|scope| {
        let race = |(to, quota_move): (&&Party, &Value)| {
            let path = format!("{}/{}/agree", moves(&world), text(&quota_move["move_id"]));
            let (token, world) = (to.token.clone(), &world);
            scope.spawn(move || {
                start.wait();
                world.post(&token, &path, &json!({}))
            })
        };
        let racers: Vec<_> = getters.iter().zip(&proposed).map(race).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    let mut answers: Vec<_> = replies.iter().map(|reply| (reply.status, reply.code())).collect();
    answers.sort_unstable();
    assert_eq!(answers, [(200, ""), (409, "quota_exceeded")], "{replies:?}");
    assert_eq!(quota(&world, from), (2, 0));
    let got: i64 = getters.iter().map(|to| quota(&world, to).0).sum();
    assert_eq!(got, 2 * ALL + ALL - 2, "no seat twice");
    world.assert_audit_is_clean();
}

#[test]
fn others_hear_nothing_of_it() {
    let world = World::start();
    let (from, to) = (&world.state_body, &world.other_body);
    let proposed = done(propose(&world, &world.office, (from, to), 1));
    let path = format!("{}/{}", moves(&world), text(&proposed["move_id"]));
    for token in [&world.outsider.token, &world.municipality.token] {
        assert_eq!(world.get(token, &path).problem(), (404, "not_found"));
        for (word, body) in
            [("agree", json!({})), ("decline", because("не наше дело")), ("withdraw", json!({}))]
        {
            assert_eq!(say(&world, token, &proposed, word, &body).problem(), (404, "not_found"));
        }
        assert_eq!(seen(&world, token, ""), 0);
    }
    for token in [&from.token, &to.token, &world.office, &world.auditor] {
        let shown = done(world.get(token, &path));
        assert_eq!(
            (&shown["from_agency_id"], &shown["seats"]),
            (&json!(from.agency_id), &json!(1)),
            "{shown}"
        );
        assert!(!shown.to_string().contains("olga"), "sides, not people: {shown}");
    }
    done(say(&world, &world.office, &proposed, "withdraw", &json!({})));
    done(propose(&world, &world.office, (from, to), 2));
    done(propose(&world, &world.office, (from, to), 3));
    assert_eq!(seen(&world, &to.token, "?status=proposed"), 2);
    let first = done(world.get(&world.office, &format!("{}?limit=2", moves(&world))));
    let cursor = text(&first["next_cursor"]);
    let rest = done(world.get(&world.office, &format!("{}?limit=2&cursor={cursor}", moves(&world))));
    assert_eq!((&rest["items"][0]["seats"], &rest["next_cursor"]), (&json!(3), &Value::Null));
    for scope in [Scope::Treasury, Scope::Registrar, Scope::Teaching, Scope::Admin] {
        assert_eq!(world.get(world.server.token(scope), &path).problem(), (403, "forbidden"));
    }
}

#[test]
fn nobody_speaks_for_two_sides_and_a_word_said_twice_is_one() {
    let world = World::start();
    let (from, to) = (&world.state_body, &world.other_body);
    // The office's person is the giving agency's HR office too.
    let proposed = done(propose(&world, &world.office_by_hr, (from, to), 1));
    assert_eq!(agree(&world, from, &proposed).problem(), (403, "self_approval"));
    let path = format!("{}/{}/agree", moves(&world), text(&proposed["move_id"]));
    let repeat = || world.server.post_with_key("word", &to.token, &path, &json!({}));
    let (first, again) = (repeat(), repeat());
    assert_eq!((first.status, &again.text), (200, &first.text));
    assert_not_possible(&agree(&world, to, &proposed), "agree", "proposed", &["decline"]);
    let closed = World::start();
    let proposed = done(propose(&closed, &closed.office, (&closed.state_body, &closed.other_body), 1));
    closed.close_programme();
    assert_eq!(agree(&closed, &closed.state_body, &proposed).problem(), (409, "programme_not_open"));
    done(say(&closed, &closed.office, &proposed, "withdraw", &json!({})));
    closed.assert_audit_is_clean();
}
