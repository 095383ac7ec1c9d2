//! Conflict cases: both proofs, four eyes, and money that follows the decision.

use crate::harness::Reply;
use crate::phone::{Phone, outcome, said};
use crate::stage::{FACE_VALUE, Stage, Voucher, because, done, text};
use serde_json::{Value, json};
use training_vouchers::kernel::Scope;

const DAY: i64 = 86_400;

/// The case that an item ends in.
fn case(phone: &Phone<'_>, item: &Value, code: &str) -> String {
    let result = phone.sync(item);
    assert_eq!(outcome(&result), ("conflict", code));
    text(&result["conflict_id"])
}

fn decide(stage: &Stage, conflict_id: &str, decision: &str) -> Reply {
    let body = json!({ "decision": decision, "reason": "по объяснению регистратора" });
    stage.post(Scope::Programme, &format!("/v1/conflicts/{conflict_id}/decide"), &body)
}

fn shown(stage: &Stage, conflict_id: &str) -> Value {
    done(stage.get(Scope::Programme, &format!("/v1/conflicts/{conflict_id}")))
}

fn redemption(stage: &Stage, id: &Value) -> Value {
    done(stage.get(Scope::Auditor, &format!("/v1/redemptions/{}", text(id))))
}

/// An item that enrols the voucher into this run.
fn into(phone: &Phone<'_>, run: &str, voucher: &Voucher) -> Value {
    phone.item(|item| {
        item["credential"] = json!(voucher.credential);
        item["course_run_id"] = json!(run);
    })
}

#[test]
fn both_proofs_stand_side_by_side() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let phone = Phone::paired(&stage, 8);
    let item = phone.redeem(&voucher);
    let online = done(stage.redeem(&voucher));
    let id = case(&phone, &item, "already_redeemed");
    let seen = shown(&stage, &id);
    assert_eq!((&seen["status"], &seen["code"]), (&json!("open"), &json!("already_redeemed")));
    assert_eq!((&seen["voucher_id"], &seen["voucher_status"]), (&json!(voucher.id), &json!("redeemed")));
    assert_eq!(seen["facts"]["redemption_id"], online["redemption_id"]);
    let offline = &seen["offline"];
    assert_eq!((&offline["item"], &offline["signature"]), (&item["item"], &item["signature"]));
    assert_eq!((&offline["device_id"], &offline["registrar"]), (&json!(phone.id), &json!("registrar")));
    assert_eq!(offline["scanned_at"], said(&item)["scanned_at"]);
    let against = &seen["collides_with"];
    assert_eq!((&against["kind"], &against["recorded_by"]), (&json!("redeemed"), &json!("registrar")));
    // Control sees all of it but the holder's credential.
    let path = format!("/v1/conflicts/{id}");
    let controlled = done(stage.get(Scope::Auditor, &path));
    assert!(controlled["offline"]["item"].is_null());
    assert_eq!(controlled["offline"]["item_sha256"], offline["item_sha256"]);
    assert_eq!(done(stage.get(Scope::Registrar, &path)), seen);
    let foreigner = stage.foreigner(Scope::Registrar);
    assert_eq!(stage.server.get(&foreigner, &path).problem(), (404, "not_found"));
    let list = |status: &str| {
        let path = format!("/v1/conflicts?programme_id={}{status}", stage.programme_id);
        done(stage.get(Scope::Teaching, &path))["items"].as_array().unwrap().len()
    };
    assert_eq!((list(""), list("&status=open"), list("&status=decided")), (1, 1, 0));
    let decided = done(decide(&stage, &id, "dismiss"));
    assert_eq!((&decided["status"], &decided["redemption_id"]), (&json!("dismissed"), &Value::Null));
    assert!(text(&decided["receipt"]).starts_with("c2sp.org/tlog-proof@v1"));
    assert_eq!((list(""), list("&status=open"), list("&status=decided")), (1, 0, 1));
    let seen = shown(&stage, &id);
    assert_eq!(
        (&seen["decided_by"], &seen["reason"]),
        (&json!("programme"), &json!("по объяснению регистратора"))
    );
    assert_eq!(decide(&stage, &id, "enrol").problem(), (409, "invalid_transition"));
    assert_eq!(stage.balance("obligated"), FACE_VALUE);
    stage.assert_audit_is_clean();
}

#[test]
fn the_registrar_of_the_device_does_not_decide() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let phone = Phone::paired(&stage, 8);
    done(stage.redeem(&voucher));
    let id = case(&phone, &phone.redeem(&voucher), "already_redeemed");
    let same_person = stage.server.person("registrar", Scope::Programme, json!({}));
    let body = json!({ "decision": "dismiss", "reason": "сам себе" });
    let refused = stage.server.post(&same_person, &format!("/v1/conflicts/{id}/decide"), &body);
    assert_eq!(refused.problem(), (403, "self_approval"));
}

#[test]
fn what_the_device_accepted_may_stand() {
    let stage = Stage::start(8);
    let [moved, same, suspended, voided, replaced, clock, spare, _] =
        stage.vouchers(8).try_into().ok().unwrap();
    let (other, small) = (stage.course_run("П-02", 10), stage.course_run("П-03", 1));
    let phone = Phone::paired(&stage, 8);
    let [online, there] = [&moved, &same].map(|voucher| done(stage.redeem(voucher)));
    let id = case(&phone, &into(&phone, &other, &moved), "already_redeemed");
    let decided = done(decide(&stage, &id, "enrol"));
    assert_eq!(decided["redemption_id"], online["redemption_id"]);
    assert_eq!(redemption(&stage, &online["redemption_id"])["course_run_id"], other);
    // Enrolled there already: nothing has to move.
    let id = case(&phone, &phone.redeem(&same), "already_redeemed");
    assert_eq!(done(decide(&stage, &id, "enrol"))["redemption_id"], there["redemption_id"]);
    assert_eq!(stage.balance("obligated"), 2 * FACE_VALUE);
    for (voucher, verb, code) in [(&suspended, "suspend", "suspended"), (&voided, "void", "voided")] {
        let item = into(&phone, &other, voucher);
        done(stage.act(&voucher.id, verb, &because("по заявлению органа")));
        let id = case(&phone, &item, code);
        let decided = done(decide(&stage, &id, "enrol"));
        assert_eq!(decided["redemption_id"], said(&item)["redemption_id"]);
        let made = redemption(&stage, &decided["redemption_id"]);
        assert_eq!((&made["status"], &made["course_run_id"]), (&json!("live"), &json!(other)));
        assert_eq!(stage.status(&voucher.id), "redeemed");
        stage.assert_audit_is_clean();
    }
    // Lost and replaced: the holder's new voucher is the one that is used.
    let item = phone.redeem(&replaced);
    let successor = done(stage.act(&replaced.id, "replace", &because("утерян")));
    let id = case(&phone, &item, "replaced");
    done(decide(&stage, &id, "enrol"));
    assert_eq!(stage.status(&text(&successor["successor_id"])), "redeemed");
    assert_eq!(stage.status(&replaced.id), "replaced");
    // A full run takes nobody, whoever decides.
    let mut seat = stage.redemption(&spare.credential);
    seat["course_run_id"] = json!(small);
    done(stage.send_redemption(&seat));
    let wrong_clock = phone.item(|item| {
        item["credential"] = json!(clock.credential);
        item["course_run_id"] = json!(small);
        item["elapsed_ms"] = json!(DAY * 1_000);
    });
    let id = case(&phone, &wrong_clock, "clock_not_believed");
    assert_eq!(decide(&stage, &id, "enrol").problem(), (409, "course_full"));
    assert_eq!(shown(&stage, &id)["status"], "open");
    assert_eq!(stage.status(&clock.id), "issued");
    assert_eq!(stage.balance("obligated"), 6 * FACE_VALUE);
    stage.assert_audit_is_clean();
}

#[test]
fn a_voucher_that_was_voided_needs_money_to_stand() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let phone = Phone::paired(&stage, 8);
    let item = phone.redeem(&voucher);
    done(stage.act(&voucher.id, "void", &because("по заявлению органа")));
    let id = case(&phone, &item, "voided");
    // Its money has gone to another.
    let other = stage.voucher();
    assert_eq!(decide(&stage, &id, "enrol").problem(), (409, "budget_exceeded"));
    assert_eq!((stage.money(), stage.status(&voucher.id)), ((0, FACE_VALUE), "voided".into()));
    done(stage.act(&other.id, "void", &because("по заявлению органа")));
    done(decide(&stage, &id, "enrol"));
    assert_eq!((stage.money(), stage.balance("obligated")), ((0, 0), FACE_VALUE));
    stage.assert_audit_is_clean();
    // The enrolment can be reversed like any other.
    let path = format!("/v1/redemptions/{}/reverse", text(&said(&item)["redemption_id"]));
    let proposal =
        done(stage.post(Scope::Registrar, &path, &json!({ "voucher": "voided", "reason": "ошибка" })));
    done(stage.confirm(&stage.colleague(Scope::Registrar), &proposal));
    assert_eq!(stage.money(), (FACE_VALUE, 0));
    stage.assert_audit_is_clean();
}

#[test]
fn an_undo_that_came_too_late_is_only_dismissed() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let phone = Phone::paired(&stage, 8);
    let item = phone.redeem(&voucher);
    assert_eq!(outcome(&phone.sync(&item)), ("final", ""));
    stage.server.advance(DAY);
    let id = case(&phone, &phone.undo(&item), "self_approval");
    assert_eq!(shown(&stage, &id)["collides_with"]["kind"], "redeemed");
    assert_eq!(decide(&stage, &id, "enrol").problem(), (422, "invalid_field"));
    done(decide(&stage, &id, "dismiss"));
    assert_eq!(stage.balance("obligated"), FACE_VALUE);
    stage.assert_audit_is_clean();
}
