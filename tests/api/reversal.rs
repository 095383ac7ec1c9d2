//! Undoing a redemption: at once by the one who made it, later by two people.

use crate::harness::Reply;
use crate::stage::{FACE_VALUE, Stage, Voucher, done, rub, text};
use serde_json::{Value, json};
use training_vouchers::kernel::Scope;

fn path(redemption: &Value) -> String {
    format!("/v1/redemptions/{}/reverse", text(&redemption["redemption_id"]))
}

fn to(voucher: &str) -> Value {
    json!({ "voucher": voucher, "reason": "отсканирован не тот сертификат" })
}

/// A stage with one voucher, redeemed.
fn redeemed() -> (Stage, Voucher, Value) {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let redemption = done(stage.redeem(&voucher));
    (stage, voucher, redemption)
}

fn reverse(stage: &Stage, redemption: &Value, voucher: &str) -> Reply {
    stage.post(Scope::Registrar, &path(redemption), &to(voucher))
}

fn money(stage: &Stage) -> [i64; 3] {
    ["available", "reserved", "obligated"].map(|account| stage.balance(account))
}

#[test]
fn the_registrar_undoes_a_slip_within_ten_minutes() {
    let (stage, voucher, redemption) = redeemed();
    stage.server.advance(599);
    let undone = reverse(&stage, &redemption, "issued");
    assert_eq!(undone.status, 200, "{undone:?}");
    assert_eq!(undone.json["voucher_status"], "issued");
    assert_eq!((&undone.json["released"], &undone.json["sunk"]), (&rub(FACE_VALUE), &rub(0)));
    assert!(text(&undone.json["receipt"]).starts_with("c2sp.org/tlog-proof"));
    assert_eq!(money(&stage), [0, FACE_VALUE, 0]);
    let one = format!("/v1/redemptions/{}", text(&redemption["redemption_id"]));
    assert_eq!(done(stage.get(Scope::Registrar, &one))["status"], "reversed");
    let run = done(stage.get(Scope::Registrar, &format!("/v1/course-runs/{}", stage.course_run_id)));
    assert_eq!(run["enrolled"], 0, "the seat is free again");
    stage.server.advance(1);
    let twice = reverse(&stage, &redemption, "issued");
    assert_eq!(twice.problem(), (409, "invalid_transition"));
    assert_eq!(twice.json["facts"], json!({ "attempted": "reverse", "status": "reversed", "allowed": [] }));
    assert_eq!(stage.deeds(&voucher.id)[3], ("reverse".into(), "invalid_transition".into()));
    assert_eq!(stage.redeem(&voucher).status, 201);
}

#[test]
fn an_undone_redemption_may_end_its_voucher() {
    let (stage, voucher, redemption) = redeemed();
    assert_eq!(done(reverse(&stage, &redemption, "voided"))["voucher_status"], "voided");
    assert_eq!(money(&stage), [FACE_VALUE, 0, 0]);
    assert_eq!(stage.redeem(&voucher).problem(), (409, "voided"));
}

#[test]
fn after_ten_minutes_it_takes_a_second_person() {
    let (stage, voucher, redemption) = redeemed();
    stage.server.advance(600);
    let late = reverse(&stage, &redemption, "issued");
    assert_eq!((late.status, &late.json["status"]), (202, &json!("proposed")), "{late:?}");
    assert_eq!(late.json["act"]["kind"], "redemption_reversal");
    assert_eq!((money(&stage), stage.status(&voucher.id)), ([0, 0, FACE_VALUE], "redeemed".into()));
    let own = stage.confirm(stage.server.token(Scope::Registrar), &late.json);
    assert_eq!(own.problem(), (403, "self_approval"));
    assert!(text(&own.json["remedy"]).contains("colleague"), "{own:?}");
    let also_in_the_office = stage.server.person("registrar", Scope::Programme, json!({}));
    assert_eq!(
        stage.confirm(&also_in_the_office, &late.json).code(),
        "self_approval",
        "one person, two tokens"
    );
    assert_eq!(stage.confirm(stage.server.token(Scope::Treasury), &late.json).problem(), (403, "forbidden"));
    let foreigner = stage.foreigner(Scope::Registrar);
    assert_eq!(stage.confirm(&foreigner, &late.json).problem(), (404, "not_found"));

    let waiting = done(stage.get(Scope::Registrar, "/v1/proposals?status=proposed"));
    assert_eq!(waiting["items"][0]["proposal_id"], late.json["proposal_id"]);
    assert_eq!(done(stage.server.get(&foreigner, "/v1/proposals"))["items"], json!([]));
    let colleague = stage.colleague(Scope::Registrar);
    let confirmed = done(stage.confirm(&colleague, &late.json));
    assert_eq!(
        (&confirmed["status"], &confirmed["decided_by"]),
        (&json!("confirmed"), &json!("registrar-2"))
    );
    assert_eq!((money(&stage), stage.status(&voucher.id)), ([0, FACE_VALUE, 0], "issued".into()));
    let again = stage.confirm(stage.server.token(Scope::Programme), &late.json);
    assert_eq!(
        (again.problem(), &again.json["facts"]["status"]),
        ((409, "invalid_transition"), &json!("confirmed"))
    );
}

#[test]
fn a_colleague_proposes_at_once_and_the_programme_office_may_confirm() {
    let (stage, voucher, redemption) = redeemed();
    let colleague = stage.colleague(Scope::Registrar);
    let proposed = stage.server.post(&colleague, &path(&redemption), &to("voided"));
    assert_eq!(proposed.status, 202, "only the one who redeemed undoes alone: {proposed:?}");
    assert_eq!(stage.status(&voucher.id), "redeemed");
    assert_eq!(stage.confirm(&colleague, &proposed.json).code(), "self_approval");
    done(stage.confirm(stage.server.token(Scope::Programme), &proposed.json));
    assert_eq!((money(&stage), stage.status(&voucher.id)), ([FACE_VALUE, 0, 0], "voided".into()));
}

#[test]
fn a_withdrawn_reversal_is_not_done() {
    let (stage, voucher, redemption) = redeemed();
    stage.server.advance(600);
    let proposed = done(reverse(&stage, &redemption, "issued"));
    let withdraw = format!("/v1/proposals/{}/withdraw", text(&proposed["proposal_id"]));
    assert_eq!(done(stage.post(Scope::Registrar, &withdraw, &json!({})))["status"], "withdrawn");
    let late = stage.confirm(&stage.colleague(Scope::Registrar), &proposed);
    assert_eq!(late.problem(), (409, "invalid_transition"));
    assert_eq!(stage.status(&voucher.id), "redeemed");
}

/// Hours taught are not un-taught: what they cost stays, the voucher ends.
#[test]
fn a_redemption_that_paid_for_hours_is_reversed_by_two_and_only_in_part() {
    let (stage, voucher, redemption) = redeemed();
    done(stage.accept_session(&stage.record_session(100_000)));

    let alive = reverse(&stage, &redemption, "issued");
    assert_eq!(alive.problem(), (409, "invalid_transition"));
    assert_eq!(
        (&alive.json["facts"]["allowed"], &alive.json["field"]),
        (&json!(["voided"]), &json!("voucher"))
    );
    assert_eq!(alive.json["facts"]["sunk_kopecks"], 260_400);
    let proposed = reverse(&stage, &redemption, "voided");
    assert_eq!(proposed.status, 202, "within ten minutes, but hours are accrued: {proposed:?}");
    done(stage.confirm(&stage.colleague(Scope::Registrar), &proposed.json));
    assert_eq!(money(&stage), [FACE_VALUE - 260_400, 0, 0]);
    assert_eq!((stage.balance("accrued"), stage.status(&voucher.id)), (260_400, "voided".into()));
}

#[test]
fn another_university_does_not_find_the_redemption() {
    let (stage, voucher, redemption) = redeemed();
    let foreigner = stage.foreigner(Scope::Registrar);
    let reply = stage.server.post(&foreigner, &path(&redemption), &to("issued"));
    assert_eq!((reply.problem(), &reply.json["facts"]["what"]), ((404, "not_found"), &json!("redemption")));
    let nothing = json!({ "redemption_id": stage.server.app.new_id() });
    assert_eq!(reverse(&stage, &nothing, "issued").problem(), (404, "not_found"));
    assert_eq!(stage.status(&voucher.id), "redeemed");
    stage.server.advance(600);
    let late = stage.server.post(&foreigner, &path(&redemption), &to("issued"));
    assert_eq!(late.problem(), (404, "not_found"), "nor may they propose it");
}

#[test]
fn a_repeat_of_a_reversal_reverses_nothing_twice() {
    let (stage, voucher, redemption) = redeemed();
    let registrar = stage.server.token(Scope::Registrar);
    let send = |key: &str, body: &Value| stage.server.post_with_key(key, registrar, &path(&redemption), body);
    let first = send("undo", &to("issued"));
    let second = done(stage.redeem(&voucher));
    let again = send("undo", &to("issued"));
    assert_eq!((again.status, &again.text), (200, &first.text));
    assert_eq!(stage.status(&voucher.id), "redeemed", "the second redemption stands");
    assert_eq!(send("undo", &to("voided")).problem(), (409, "idempotency_key_reused"));
    stage.server.advance(600);
    let late = |key: &str| stage.server.post_with_key(key, registrar, &path(&second), &to("issued"));
    let (first, again) = (late("late"), late("late"));
    assert_eq!((first.status, again.status), (202, 200));
    assert_eq!(first.text, again.text);
}

/// A client that uses an id of its own twice can still say which redemption it means.
#[test]
fn one_id_in_two_programmes_is_two_redemptions_told_apart_by_programme() {
    let stage = Stage::start(1);
    let here = stage.voucher();
    let other_id = stage.open_programme("PSK21", 1, |_| {});
    let other_run = stage.course_run_of(&other_id, "П-01", 25);
    let there = stage.vouchers_of(&other_id, 1).remove(0);
    let body = stage.redemption(&here.credential);
    let mut same_id = body.clone();
    same_id["credential"] = json!(there.credential);
    same_id["course_run_id"] = json!(other_run);
    let (first, second) = (done(stage.send_redemption(&body)), done(stage.send_redemption(&same_id)));
    assert_eq!(first["redemption_id"], second["redemption_id"]);
    assert_eq!((&first["voucher_id"], &second["voucher_id"]), (&json!(here.id), &json!(there.id)));
    assert_eq!(done(stage.send_redemption(&body)), first, "each repeat gets its own answer");
    assert_eq!(done(stage.send_redemption(&same_id)), second);

    let one = format!("/v1/redemptions/{}", text(&first["redemption_id"]));
    for path in [one.clone(), format!("{one}/trace")] {
        let asked = stage.get(Scope::Auditor, &path);
        assert_eq!((asked.problem(), &asked.json["field"]), ((422, "invalid_field"), &json!("programme_id")));
        let named = done(stage.get(Scope::Auditor, &format!("{path}?programme_id={other_id}")));
        assert_eq!(named["voucher_id"], there.id);
    }
    assert_eq!(reverse(&stage, &first, "issued").problem(), (422, "invalid_field"));
    let path = format!("{}?programme_id={other_id}", path(&first));
    assert_eq!(done(stage.post(Scope::Registrar, &path, &to("issued")))["voucher_id"], there.id);
    assert_eq!((stage.status(&here.id), stage.status(&there.id)), ("redeemed".into(), "issued".into()));
}
