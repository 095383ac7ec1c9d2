//! Every move of a voucher's life, what it does to the money, and the history they leave.

use crate::stage::{FACE_VALUE, LAST_DAY, Stage, assert_not_possible, because, done, text};
use serde_json::{Value, json};
use training_vouchers::credential;
use training_vouchers::kernel::Scope;

const DAY: i64 = 86_400;

#[test]
fn a_suspended_voucher_waits_until_it_is_resumed() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let suspended = stage.act(&voucher.id, "suspend", &because("служебная проверка"));
    assert_eq!((suspended.status, &suspended.json["status"]), (200, &json!("suspended")));
    assert_eq!(suspended.json["number"], voucher.number.as_str());
    assert_eq!(stage.money(), (0, FACE_VALUE), "its reserve stays");
    assert_eq!(stage.redeem(&voucher).problem(), (409, "suspended"));
    let allowed = ["resume", "void", "replace", "expire"];
    assert_not_possible(
        &stage.act(&voucher.id, "suspend", &because("ещё раз")),
        "suspend",
        "suspended",
        &allowed,
    );
    let extension = json!({ "valid_until": "2020-12-31", "reason": "перенос" });
    assert_not_possible(&stage.act(&voucher.id, "extend", &extension), "extend", "suspended", &allowed);
    assert_eq!(done(stage.act(&voucher.id, "resume", &because("проверка кончилась")))["status"], "issued");
    let not_suspended = stage.act(&voucher.id, "resume", &because("ещё раз"));
    let allowed = ["suspend", "void", "replace", "extend", "expire", "redeem"];
    assert_not_possible(&not_suspended, "resume", "issued", &allowed);
    assert_eq!(stage.redeem(&voucher).status, 201);
    let allowed = ["reverse", "complete", "move"];
    assert_not_possible(
        &stage.act(&voucher.id, "suspend", &because("поздно")),
        "suspend",
        "redeemed",
        &allowed,
    );
}

#[test]
fn a_voided_voucher_gives_back_its_money_its_seat_and_its_person() {
    let stage = Stage::start(1);
    let agency = stage.server.token(Scope::Agency);
    let rows = stage.rows(1);
    let request_id = stage.request(agency, &stage.programme_id, &rows);
    stage.approve(&request_id);
    let issue = format!("/v1/requests/{request_id}/issue");
    let issued = done(stage.post(Scope::Programme, &issue, &json!({})));
    let voucher = stage.handed_out(&text(&issued["vouchers"][0]["voucher_id"]));
    let body = json!({ "programme_id": stage.programme_id, "mode": "all_or_nothing", "rows": rows });
    assert_eq!(stage.server.post(agency, "/v1/requests", &body).problem(), (422, "rows_refused"));

    assert_eq!(done(stage.act(&voucher.id, "void", &because("уволен")))["status"], "voided");
    assert_eq!(stage.money(), (FACE_VALUE, 0));
    let quotas = format!("/v1/programmes/{}/quotas", stage.programme_id);
    assert_eq!(stage.get(Scope::Agency, &quotas).json["items"][0]["held"], 0);
    for (verb, body) in [
        ("void", because("ещё раз")),
        ("suspend", because("ещё раз")),
        ("resume", because("ещё раз")),
        ("replace", because("ещё раз")),
        ("extend", json!({ "valid_until": "2020-12-31", "reason": "ещё раз" })),
    ] {
        assert_not_possible(&stage.act(&voucher.id, verb, &body), verb, "voided", &[]);
    }
    assert_eq!(
        stage.server.post(agency, "/v1/requests", &body).status,
        201,
        "the person may be requested again"
    );
}

#[test]
fn a_lost_voucher_is_replaced_and_the_reserve_does_not_double() {
    let stage = Stage::start(1);
    let old = stage.voucher();
    let replaced = stage.act(&old.id, "replace", &because("утерян"));
    assert_eq!((replaced.status, &replaced.json["status"]), (201, &json!("replaced")), "{replaced:?}");
    let new = stage.handed_out(&text(&replaced.json["successor_id"]));
    assert_eq!(replaced.json["successor_number"], new.number.as_str());
    assert_eq!(stage.money(), (0, FACE_VALUE));
    assert!(new.number != old.number && new.credential != old.credential);
    assert_not_possible(&stage.act(&old.id, "replace", &because("ещё раз")), "replace", "replaced", &[]);
    assert_eq!(stage.redeem(&old).problem(), (409, "replaced"));
    assert_eq!(stage.redeem(&new).status, 201);
    let replacing = stage.history(&old.id).into_iter().find(|entry| entry["action"] == "replace").unwrap();
    assert_eq!(
        replacing["facts"],
        json!({ "reason": "утерян", "successor_id": new.id, "successor_number": new.number })
    );
}

#[test]
fn an_extended_voucher_is_signed_again_and_good_to_the_end_of_its_new_last_day() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let extension = |day: &str| json!({ "valid_until": day, "reason": "перенос занятий" });
    let shorter = stage.act(&voucher.id, "extend", &extension("2020-12-14"));
    assert_eq!((shorter.problem(), &shorter.json["field"]), ((422, "invalid_field"), &json!("valid_until")));
    assert!(text(&shorter.json["facts"]["expected"]).contains(LAST_DAY));
    for day in ["9999-12-31", "+262142-12-31", "2020-02-30", "завтра", ""] {
        let reply = stage.act(&voucher.id, "extend", &extension(day));
        assert_eq!(
            (reply.problem(), &reply.json["field"]),
            ((422, "invalid_field"), &json!("valid_until")),
            "{day}"
        );
    }
    assert_eq!(done(stage.act(&voucher.id, "extend", &extension("2020-12-20")))["status"], "issued");
    let again = stage.shown(&voucher.id);
    assert_eq!((&again["credential_version"], &again["number"]), (&json!(2), &json!(voucher.number)));
    assert_eq!(again["expires_at"], "2020-12-20T21:00:00.000Z");
    let again = stage.handed_out(&voucher.id);
    let verified = credential::verify(&again.credential, &stage.server.app.keyring()).unwrap();
    assert_eq!(
        (verified.claims().credential_version, &verified.claims().voucher_id.to_string()),
        (2, &again.id)
    );

    // 2020-12-20, 23:59:59 in Moscow; then the day after.
    stage.server.advance(278 * DAY + 10 * 3_600 + 59 * 60 + 59 - (stage.server.now().seconds() - START));
    assert_eq!(stage.preview(&again.credential).status, 200);
    assert_eq!(stage.preview(&voucher.credential).status, 200, "online the database's date decides");
    stage.server.advance(1);
    assert_eq!(stage.preview(&again.credential).problem(), (422, "expired"));
}

/// 2020-03-17T10:00:00Z, when the service starts.
const START: i64 = 1_584_439_200;

#[test]
fn an_expired_voucher_releases_its_money_and_takes_it_again_when_it_is_extended() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let release = format!("/v1/programmes/{}/release-expired", stage.programme_id);
    stage.server.advance(276 * DAY);
    assert_eq!(done(stage.post(Scope::Programme, &release, &json!({})))["vouchers"], 0, "the grace runs");
    stage.server.advance(DAY);
    assert_eq!(done(stage.post(Scope::Programme, &release, &json!({})))["vouchers"], 1);
    assert_eq!(done(stage.post(Scope::Programme, &release, &json!({})))["vouchers"], 0);
    assert_eq!(stage.money(), (FACE_VALUE, 0));
    assert_not_possible(&stage.act(&voucher.id, "void", &because("истёк")), "void", "expired", &["extend"]);
    let past = json!({ "valid_until": "2020-12-18", "reason": "перенос" });
    assert_eq!(stage.act(&voucher.id, "extend", &past).problem(), (422, "invalid_field"));
    let extension = json!({ "valid_until": "2020-12-31", "reason": "перенос" });
    assert_eq!(done(stage.act(&voucher.id, "extend", &extension))["status"], "issued");
    assert_eq!(stage.money(), (0, FACE_VALUE));
    assert_eq!(stage.redeem(&stage.handed_out(&voucher.id)).status, 201);
}

#[test]
fn an_extension_that_would_take_money_back_is_refused_when_it_is_gone() {
    let stage = Stage::start(1);
    let lapsed = stage.voucher();
    stage.server.advance(277 * DAY);
    // Issuing releases the lapsed voucher's money and takes it; the new one has lapsed too, in its grace.
    stage.vouchers(1);
    assert_eq!(stage.status(&lapsed.id), "expired");
    let extension = json!({ "valid_until": "2020-12-31", "reason": "перенос" });
    let short = stage.act(&lapsed.id, "extend", &extension);
    assert_eq!(short.problem(), (409, "budget_exceeded"));
    assert_eq!(short.json["facts"]["shortfall_kopecks"], FACE_VALUE);
}

#[test]
fn everything_that_was_done_or_tried_is_in_the_history() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    done(stage.act(&voucher.id, "suspend", &because("проверка")));
    assert_eq!(stage.redeem(&voucher).code(), "suspended");
    assert_eq!(stage.act(&voucher.id, "suspend", &because("ещё раз")).code(), "invalid_transition");
    done(stage.act(&voucher.id, "resume", &because("проверка кончилась")));
    let redemption = done(stage.redeem(&voucher));
    let reversal = json!({ "voucher": "issued", "reason": "ошибка регистратора" });
    let reverse = format!("/v1/redemptions/{}/reverse", text(&redemption["redemption_id"]));
    stage.server.advance(1);
    done(stage.post(Scope::Registrar, &reverse, &reversal));
    let second = done(stage.redeem(&voucher));
    let deeds = stage.deeds(&voucher.id);
    let deeds: Vec<_> = deeds.iter().map(|(action, outcome)| (action.as_str(), outcome.as_str())).collect();
    assert_eq!(
        deeds,
        [
            ("issue", "done"),
            ("suspend", "done"),
            ("redeem", "suspended"),
            ("suspend", "invalid_transition"),
            ("resume", "done"),
            ("redeem", "done"),
            ("reverse", "done"),
            ("redeem", "done"),
        ]
    );
    let history = stage.history(&voucher.id);
    let by: Vec<_> = history.iter().map(|entry| text(&entry["by"])).collect();
    assert_eq!(by[..3], ["programme", "programme", "registrar"]);
    assert_eq!(history[1]["facts"]["reason"], "проверка");
    assert_eq!(history[3]["facts"]["facts"]["allowed"], json!(["resume", "void", "replace", "expire"]));
    assert_eq!(history[5]["facts"]["redemption_id"], redemption["redemption_id"]);
    assert_eq!(history[6]["facts"]["reason"], "ошибка регистратора");
    assert_eq!(history[7]["facts"]["redemption_id"], second["redemption_id"]);
    assert_eq!(history[7]["facts"]["course_run"], "П-01");
    for (entry, (_, outcome)) in history.iter().zip(deeds) {
        assert_eq!(entry["log_index"].is_null(), outcome != "done", "what was done is in the log: {entry}");
    }
    let own = stage.get(Scope::Agency, &format!("/v1/vouchers/{}/history", voucher.id));
    assert_eq!(own.json.as_array().unwrap(), &history, "its agency sees the same");
    assert!(!own.text.contains("Иванов"));
}

#[test]
fn a_reason_is_needed_and_may_not_be_anything() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    for verb in ["suspend", "resume", "void", "replace", "extend"] {
        for reason in
            [Value::Null, json!(""), json!("ab"), json!(7), json!("a\nb cd"), json!("x".repeat(501))]
        {
            let mut body = because("");
            body["reason"] = reason.clone();
            if verb == "extend" {
                body["valid_until"] = json!("2020-12-31");
            }
            let reply = stage.act(&voucher.id, verb, &body);
            assert_eq!(
                (reply.problem(), &reply.json["field"]),
                ((422, "invalid_field"), &json!("reason")),
                "{reason}"
            );
        }
    }
    assert_eq!(stage.deeds(&voucher.id).len(), 1);
}
