//! What devices did offline, taken over: each item once, each into exactly one leaf.

use crate::harness::Reply;
use crate::phone::{Phone, outcome, said};
use crate::stage::{FACE_VALUE, Stage, because, done, rub, text};
use serde_json::{Value, json};
use std::sync::Barrier;
use training_vouchers::kernel::Scope;

const DAY: i64 = 86_400;

/// The leaf of a receipt, as the ledger tells it.
fn leaf(stage: &Stage, result: &Value) -> Value {
    let receipt = text(&result["receipt"]);
    let index = receipt.lines().nth(1).unwrap().strip_prefix("index ").unwrap();
    let path = format!("/v1/programmes/{}/ledger/transactions/{index}", stage.programme_id);
    done(stage.get(Scope::Auditor, &path))
}

fn status(stage: &Stage, item: &Value) -> String {
    let path = format!("/v1/redemptions/{}", text(&said(item)["redemption_id"]));
    text(&done(stage.get(Scope::Auditor, &path))["status"])
}

#[test]
fn scans_made_offline_are_followed_once() {
    let stage = Stage::start(2);
    let vouchers = stage.vouchers(2);
    let phone = Phone::paired(&stage, 8);
    stage.server.advance(600);
    let scanned_at = stage.server.now();
    let items: Vec<_> = vouchers.iter().map(|voucher| phone.redeem(voucher)).collect();
    stage.server.advance(7_200);
    let answer = done(phone.send(&items));
    assert_eq!((&answer["next_sequence"], &answer["service_time"]), (&json!(3), &json!(stage.server.now())));
    for (number, item) in items.iter().enumerate() {
        let result = &answer["results"][number];
        assert_eq!(outcome(result), ("final", ""));
        assert_eq!(result["redemption_id"], said(item)["redemption_id"]);
        assert_eq!(result["redemption"]["redeemed_at"], scanned_at.to_string());
        assert_eq!(result["redemption"]["voucher_id"], vouchers[number].id);
        let leaf = leaf(&stage, result);
        assert_eq!((&leaf["kind"], &leaf["effective_at"]), (&json!("redeemed"), &json!(scanned_at)));
        assert_eq!(status(&stage, item), "live");
    }
    assert_eq!((stage.money(), stage.balance("obligated")), ((0, 0), 2 * FACE_VALUE));
    let listed = done(stage.get(Scope::Registrar, "/v1/devices"));
    assert_eq!(listed["items"][0]["next_sequence"], 3);
    // Its answer was lost: again, and again in part.
    let again = done(phone.send(&items));
    for (result, first) in
        again["results"].as_array().unwrap().iter().zip(answer["results"].as_array().unwrap())
    {
        assert_eq!((&result["outcome"], &result["first_outcome"]), (&json!("replayed"), &json!("final")));
        assert_eq!((&result["redemption"], &result["receipt"]), (&first["redemption"], &first["receipt"]));
    }
    assert_eq!(phone.sync(&items[1])["outcome"], "replayed");
    assert_eq!(stage.balance("obligated"), 2 * FACE_VALUE);
    stage.assert_audit_is_clean();
}

#[test]
fn a_redemption_whose_answer_was_lost_is_not_a_conflict() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let phone = Phone::paired(&stage, 8);
    let online = stage.redemption(&voucher.credential);
    let redeemed = done(stage.send_redemption(&online));
    let item = phone.item(|item| {
        item["credential"] = json!(voucher.credential);
        item["redemption_id"] = online["redemption_id"].clone();
    });
    let result = phone.sync(&item);
    assert_eq!(outcome(&result), ("final", ""));
    assert_eq!(result["receipt"], redeemed["receipt"]);
    assert_eq!(result["redemption"]["redeemed_at"], redeemed["redeemed_at"]);
    assert_eq!(phone.sync(&item)["outcome"], "replayed");
    stage.assert_audit_is_clean();
}

#[test]
fn what_cannot_be_followed_waits_for_a_person() {
    let stage = Stage::start(8);
    let [redeemed, suspended, voided, replaced, full, closed, late, good] =
        stage.vouchers(8).try_into().ok().unwrap();
    let (small, over) = (stage.course_run("малый", 1), stage.course_run("закрытый", 5));
    let phone = Phone::paired(&stage, 8);
    let into = |run: &str, credential: &str| {
        phone.item(|item| {
            item["credential"] = json!(credential);
            item["course_run_id"] = json!(run);
        })
    };
    done(stage.redeem(&redeemed));
    for (voucher, verb) in [(&suspended, "suspend"), (&voided, "void"), (&replaced, "replace")] {
        done(stage.act(&voucher.id, verb, &because("по заявлению органа")));
    }
    let mut seat = stage.redemption(&good.credential);
    seat["course_run_id"] = json!(small);
    done(stage.send_redemption(&seat));
    done(stage.post(Scope::Teaching, &format!("/v1/course-runs/{over}/close"), &json!({})));
    let future = stage.server.now().plus_seconds(3_600);
    let items = [
        (phone.redeem(&redeemed), "already_redeemed"),
        (phone.redeem(&suspended), "suspended"),
        (phone.redeem(&voided), "voided"),
        (phone.redeem(&replaced), "replaced"),
        (into(&small, &full.credential), "course_full"),
        (into(&over, &closed.credential), "course_run_closed"),
        (
            phone.item(|item| {
                item["credential"] = json!(late.credential);
                item["scanned_at"] = json!(future);
            }),
            "clock_not_believed",
        ),
    ];
    let before = (stage.money(), stage.balance("obligated"));
    for (item, code) in &items {
        let result = phone.sync(item);
        assert_eq!(outcome(&result), ("conflict", *code));
        assert!(!text(&result["detail"]).is_empty() && result["redemption"].is_null());
        assert_eq!(leaf(&stage, &result)["kind"], "conflict_opened");
        let again = phone.sync(item);
        assert_eq!((outcome(&again), &again["first_outcome"]), (("replayed", *code), &json!("conflict")));
        assert_eq!((&again["conflict_id"], &again["receipt"]), (&result["conflict_id"], &result["receipt"]));
    }
    assert_eq!((stage.money(), stage.balance("obligated")), before);
    assert_eq!(stage.deeds(&late.id).last().unwrap(), &("redeem".into(), "clock_not_believed".into()));
    // Whoever has the phone is not its registrar any more.
    let path = format!("/v1/devices/{}/revoke", phone.id);
    let item = phone.redeem(&late);
    done(stage.post(Scope::Registrar, &path, &because("потерян")));
    assert_eq!(outcome(&phone.sync(&item)), ("conflict", "device_revoked"));
    stage.assert_audit_is_clean();
}

#[test]
fn a_compromised_key_and_a_registrar_without_rights_are_for_a_person_too() {
    let stage = Stage::start(2);
    let [one, two] = stage.vouchers(2).try_into().ok().unwrap();
    let phone = Phone::paired(&stage, 8);
    let items = [phone.redeem(&one), phone.redeem(&two)];
    let kid = text(&stage.shown(&one.id)["kid"]);
    let proposal = stage.post(Scope::Admin, &format!("/v1/keys/{kid}/compromise"), &because("потерян"));
    done(stage.confirm(&stage.colleague(Scope::Admin), &done(proposal)));
    assert_eq!(outcome(&phone.sync(&items[0])), ("conflict", "key_compromised"));
    stage.server.advance(366 * DAY);
    let result = phone.sync(&items[1]);
    assert_eq!(outcome(&result), ("conflict", "device_revoked"));
    stage.assert_audit_is_clean();
}

#[test]
fn what_is_no_voucher_is_rejected_with_a_receipt() {
    let stage = Stage::start(2);
    let [voucher, other] = stage.vouchers(2).try_into().ok().unwrap();
    let phone = Phone::paired(&stage, 8);
    let nowhere = stage.server.app.new_id();
    let with = |name: &'static str, value: Value| {
        phone.item(|item| {
            item["credential"] = json!(voucher.credential);
            item[name] = value;
        })
    };
    let items = [
        (phone.scan("https://example.org/"), "malformed_credential"),
        (
            phone.scan(&stage.forge(&voucher.credential, |claims| claims.audience = "NOVSU".into())),
            "wrong_university",
        ),
        (
            phone.scan(&stage.forge(&voucher.credential, |claims| claims.voucher_id = nowhere.into())),
            "unknown_voucher",
        ),
        (with("course_run_id", json!(nowhere)), "not_found"),
        (with("identity_checked", json!(false)), "identity_not_checked"),
    ];
    for (item, code) in &items {
        let result = phone.sync(item);
        assert_eq!(outcome(&result), ("rejected", *code));
        assert!(!text(&result["detail"]).is_empty() && result["conflict_id"].is_null());
        let again = phone.sync(item);
        assert_eq!((&again["first_outcome"], &again["receipt"]), (&json!("rejected"), &result["receipt"]));
    }
    // An id that another voucher has already.
    let first = phone.redeem(&voucher);
    assert_eq!(outcome(&phone.sync(&first)), ("final", ""));
    let reused = phone.item(|item| {
        item["credential"] = json!(other.credential);
        item["redemption_id"] = said(&first)["redemption_id"].clone();
    });
    assert_eq!(outcome(&phone.sync(&reused)), ("rejected", "idempotency_key_reused"));
    // Scanned after its last day: nobody may make it good.
    stage.server.advance(275 * DAY);
    assert_eq!(outcome(&phone.sync(&phone.redeem(&other))), ("rejected", "expired"));
    stage.assert_audit_is_clean();
}

#[test]
fn a_gap_or_a_break_is_told_and_nothing_is_done() {
    let stage = Stage::start(3);
    let vouchers = stage.vouchers(3);
    let phone = Phone::paired(&stage, 8);
    let items: Vec<_> = vouchers.iter().map(|voucher| phone.redeem(voucher)).collect();
    let broken = phone.item(|item| {
        item["credential"] = json!(vouchers[0].credential);
        item["previous"] = json!("A".repeat(43));
    });
    for bad in [&items[1..], &[items[0].clone(), items[2].clone()], &[items[1].clone(), items[0].clone()]] {
        let refused = phone.send(bad);
        assert_eq!(refused.problem(), (409, "out_of_sequence"));
        assert_eq!(refused.json["facts"]["next_sequence"], 1);
    }
    done(phone.send(&items));
    let refused = phone.send(&[broken]);
    assert_eq!(
        (refused.problem(), &refused.json["facts"]["next_sequence"]),
        ((409, "out_of_sequence"), &json!(4))
    );
    // Another text under a number that was used.
    let mut other = said(&items[2]);
    other["identity_checked"] = json!(false);
    let refused = phone.send(&[phone.signed(&other.to_string())]);
    assert_eq!(refused.problem(), (409, "idempotency_key_reused"));
    assert_eq!(stage.balance("obligated"), 3 * FACE_VALUE);
    assert_eq!(phone.send(&[]).problem(), (422, "invalid_field"));
    assert_eq!(phone.send(&vec![items[0].clone(); 101]).problem(), (422, "invalid_field"));
    stage.assert_audit_is_clean();
}

#[test]
fn only_the_device_itself_is_believed() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let (phone, other) = (Phone::paired(&stage, 8), Phone::paired(&stage, 9));
    let item = phone.redeem(&voucher);
    let mut forged = item.clone();
    forged["item"] = json!(text(&item["item"]).replace("true", "false"));
    let mut stolen = other.redeem(&voucher);
    stolen["item"] = item["item"].clone();
    for bad in [&forged, &stolen] {
        let refused = phone.send(std::slice::from_ref(bad));
        let field = json!("items[0].signature");
        assert_eq!((refused.problem(), &refused.json["field"]), ((403, "bad_item_signature"), &field));
    }
    // Signed, and no such item.
    for text in
        ["", "{}", &text(&item["item"]).replace("redeem", "spend"), &text(&other.redeem(&voucher)["item"])]
    {
        let refused = phone.send(&[phone.signed(text)]);
        assert_eq!(
            (refused.problem(), &refused.json["field"]),
            ((422, "invalid_field"), &json!("items[0].item"))
        );
    }
    let nowhere = format!("/v1/devices/{}/items", stage.server.app.new_id());
    let refused = stage.server.request("POST", &nowhere).json(&json!({ "items": [item] })).send().unwrap();
    assert_eq!(Reply::from(refused).problem(), (404, "not_found"));
    assert_eq!(outcome(&phone.sync(&item)), ("final", ""));
}

#[test]
fn a_slip_is_undone_at_the_device() {
    let stage = Stage::start(4);
    let [slip, late, taught, waiting] = stage.vouchers(4).try_into().ok().unwrap();
    let phone = Phone::paired(&stage, 8);
    let first = phone.redeem(&slip);
    stage.server.advance(599);
    let undo = phone.undo(&first);
    let second = phone.redeem(&slip);
    stage.server.advance(DAY);
    let answer = done(phone.send(&[first.clone(), undo.clone(), second.clone()]));
    let outcomes: Vec<_> = answer["results"].as_array().unwrap().iter().map(outcome).collect();
    assert_eq!(outcomes, [("final", ""); 3]);
    assert_eq!((status(&stage, &first), status(&stage, &second)), ("reversed".into(), "live".into()));
    assert_eq!(leaf(&stage, &answer["results"][1])["kind"], "redemption_reversed");
    assert_eq!(phone.sync(&undo)["outcome"], "replayed");
    // Too late, or of hours taught: it takes a second person.
    let item = phone.redeem(&late);
    assert_eq!(outcome(&phone.sync(&item)), ("final", ""));
    stage.server.advance(600);
    assert_eq!(outcome(&phone.sync(&phone.undo(&item))), ("conflict", "self_approval"));
    let item = phone.redeem(&taught);
    assert_eq!(outcome(&phone.sync(&item)), ("final", ""));
    let session = stage.record_session(100_000);
    done(stage.accept_session(&session));
    assert_eq!(outcome(&phone.sync(&phone.undo(&item))), ("conflict", "invalid_transition"));
    // What waits for a person is withdrawn.
    done(stage.redeem(&waiting));
    let item = phone.redeem(&waiting);
    let conflict = phone.sync(&item);
    assert_eq!(outcome(&conflict), ("conflict", "already_redeemed"));
    let withdrawn = phone.sync(&phone.undo(&item));
    assert_eq!(outcome(&withdrawn), ("final", ""));
    assert_eq!(leaf(&stage, &withdrawn)["kind"], "conflict_decided");
    let path = format!("/v1/conflicts/{}", text(&conflict["conflict_id"]));
    assert_eq!(done(stage.get(Scope::Programme, &path))["status"], "dismissed");
    // Nothing to undo.
    let nothing = phone.item(|item| {
        item["action"] = json!("undo");
        item["course_run_id"] = Value::Null;
    });
    assert_eq!(outcome(&phone.sync(&nothing)), ("rejected", "not_found"));
    stage.assert_audit_is_clean();
}

#[test]
fn a_scan_in_time_that_arrives_late_takes_what_is_available() {
    let stage = Stage::start(2);
    let vouchers = stage.vouchers(2);
    stage.server.advance(272 * DAY);
    let phone = Phone::paired(&stage, 8);
    let items: Vec<_> = vouchers.iter().map(|voucher| phone.redeem(voucher)).collect();
    stage.server.advance(6 * DAY);
    let release = format!("/v1/programmes/{}/release-expired", stage.programme_id);
    assert_eq!(done(stage.post(Scope::Programme, &release, &json!({})))["vouchers"], 2);
    assert_eq!(stage.money(), (2 * FACE_VALUE, 0));
    assert_eq!(outcome(&phone.sync(&items[0])), ("final", ""));
    assert_eq!((stage.money(), stage.balance("obligated")), ((FACE_VALUE, 0), FACE_VALUE));
    let trace = format!("/v1/redemptions/{}/trace", text(&said(&items[0])["redemption_id"]));
    let trace = done(stage.get(Scope::Auditor, &trace));
    assert_eq!((&trace["obligated"], &trace["topped_up"]), (&rub(FACE_VALUE), &rub(0)));
    stage.assert_audit_is_clean();
    // Nothing is left for the other.
    let lines = format!("/v1/programmes/{}/budget-lines", stage.programme_id);
    let line = text(&done(stage.get(Scope::Programme, &lines))["items"][0]["budget_line_id"]);
    let less = json!({ "amount": rub(-1), "document_number": "2-ОЗ" });
    let less = done(stage.post(Scope::Treasury, &format!("/v1/budget-lines/{line}/appropriations"), &less));
    done(stage.confirm(&stage.server.person("treasury-3", Scope::Treasury, json!({})), &less));
    let result = phone.sync(&items[1]);
    assert_eq!(outcome(&result), ("conflict", "budget_exceeded"));
    assert_eq!(stage.status(&vouchers[1].id), "expired");
    stage.assert_audit_is_clean();
}

#[test]
fn a_scan_of_a_closed_month_is_dated_in_the_next() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let phone = Phone::paired(&stage, 8);
    let item = phone.redeem(&voucher);
    stage.server.advance(20 * DAY);
    let path = format!("/v1/programmes/{}/periods/2020-03/close", stage.programme_id);
    let proposal = done(stage.post(Scope::Treasury, &path, &json!({})));
    done(stage.confirm(&stage.colleague(Scope::Treasury), &proposal));
    let result = phone.sync(&item);
    assert_eq!(outcome(&result), ("final", ""));
    assert_eq!(result["redemption"]["redeemed_at"], said(&item)["scanned_at"]);
    assert_eq!(leaf(&stage, &result)["effective_at"], "2020-03-31T21:00:00.000Z");
    stage.assert_audit_is_clean();
}

/// Sends every request on a connection of its own, all at once.
fn at_once(stage: &Stage, requests: &[(String, Value)]) -> Vec<Reply> {
    let (start, address) = (&Barrier::new(requests.len()), stage.server.address());
    std::thread::scope(|scope| {
        let send = |(id, item): &(String, Value)| {
            let (url, body) = (format!("http://{address}/v1/devices/{id}/items"), json!({ "items": [item] }));
            move || -> Reply {
                let request = reqwest::blocking::Client::new().post(url).json(&body);
                start.wait();
                request.send().unwrap().into()
            }
        };
        let racers: Vec<_> = requests.iter().map(|request| scope.spawn(send(request))).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    })
}

#[test]
fn of_two_devices_at_once_one_redeems() {
    const REPEATS: usize = 8;
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let (one, two) = (Phone::paired(&stage, 8), Phone::paired(&stage, 9));
    let items = [(one.id.clone(), one.redeem(&voucher)), (two.id.clone(), two.redeem(&voucher))];
    let requests: Vec<_> = items.iter().cycle().take(2 * REPEATS).cloned().collect();
    let replies = at_once(&stage, &requests);
    let of = |device: usize| replies.iter().skip(device).step_by(2).map(|reply| &reply.json["results"][0]);
    let firsts = [0, 1].map(|device| {
        let firsts: Vec<_> = of(device).filter(|result| result["outcome"] != "replayed").collect();
        assert_eq!(firsts.len(), 1, "{replies:#?}");
        outcome(firsts[0])
    });
    assert!(
        [
            [("final", ""), ("conflict", "already_redeemed")],
            [("conflict", "already_redeemed"), ("final", "")]
        ]
        .contains(&firsts),
        "{firsts:?}"
    );
    for device in [0, 1] {
        let receipts: std::collections::BTreeSet<_> =
            of(device).map(|result| text(&result["receipt"])).collect();
        assert_eq!(receipts.len(), 1, "every repeat has the receipt of the one leaf");
    }
    assert_eq!(stage.balance("obligated"), FACE_VALUE);
    stage.assert_audit_is_clean();
}
