//! Enrolments that change course runs, and what a reversed redemption leaves to the others of its run.

use crate::classroom::Classroom;
use crate::harness::Reply;
use crate::stage::{FACE_VALUE, Stage, done, rub, text};
use serde_json::{Value, json};
use training_vouchers::kernel::Scope;

fn change(room: &Stage, from: &str, to: &str, redemption_ids: Option<&[String]>) -> Reply {
    let path = format!("/v1/course-runs/{from}/move-enrolments");
    let mut body = json!({ "to_course_run_id": to, "reason": "поток отменён" });
    if let Some(ids) = redemption_ids {
        body["redemption_ids"] = json!(ids);
    }
    room.post(Scope::Teaching, &path, &body)
}

fn trace(room: &Stage, redemption_id: &str, query: &str) -> Value {
    done(room.get(Scope::Auditor, &format!("/v1/redemptions/{redemption_id}/trace{query}")))
}

fn enrolled(room: &Stage, run: &str) -> Value {
    done(room.get(Scope::Registrar, &format!("/v1/course-runs/{run}")))["enrolled"].clone()
}

#[test]
fn an_enrolment_changes_runs_with_its_obligation_and_what_was_taught_stays() {
    let room = Classroom::start();
    room.teach(4);
    let other = room.course_run("другой", 5);
    let who = room.redemption_ids[0].clone();
    let before = trace(&room, &who, "");
    let size = room.checkpoint().size;
    let money = ["available", "obligated", "accrued"].map(|account| room.balance(account));

    let moved = done(change(&room, &room.course_run_id, &other, Some(std::slice::from_ref(&who))));
    assert_eq!((&moved["moved"], &moved["obligated"]), (&json!(1), &before["obligated"]));
    assert!(text(&moved["receipt"]).starts_with("c2sp.org/tlog-proof"));
    assert_eq!(["available", "obligated", "accrued"].map(|account| room.balance(account)), money);
    assert_eq!((enrolled(&room, &room.course_run_id), enrolled(&room, &other)), (json!(2), json!(1)));

    let after = trace(&room, &who, "");
    assert_eq!(after["course_run"], "другой");
    assert_eq!((&after["obligated"], &after["accrued"]), (&before["obligated"], &before["accrued"]));
    assert_eq!(
        trace(&room, &who, &format!("?as_of={size}")),
        before,
        "as of an earlier size nothing changes"
    );
    let deeds = room.deeds(&text(&after["voucher_id"]));
    assert_eq!(deeds.last(), Some(&("move".into(), "done".into())), "{deeds:?}");

    // What the old run's hours came to is paid as before, also from who has left it.
    room.server.advance(86_400);
    let payment = room.pay(&room.instructor_id, 600_004, "ПП-1");
    let shares = done(room.get(Scope::Auditor, &format!("/v1/payments/{payment}/trace")))["shares"].clone();
    let of_who =
        shares.as_array().unwrap().iter().find(|share| share["redemption_id"] == json!(who)).unwrap();
    assert_eq!(of_who["course_run_id"], json!(room.course_run_id));

    // Hours of the new run are borne by who is in it.
    let mut session = room.session("2020-03-17", 1);
    session["course_run_id"] = json!(other);
    let recorded = done(room.record(&session));
    done(room.accept(&room.teaching_2, &recorded));
    assert_eq!(trace(&room, &who, "")["hours"], json!(5));
    room.assert_audit_is_clean();
}

#[test]
fn a_cancelled_run_is_emptied_and_closed() {
    let room = Classroom::start();
    let other = room.course_run("другой", 3);
    let moved = done(change(&room, &room.course_run_id, &other, None));
    assert_eq!((&moved["moved"], &moved["obligated"]), (&json!(3), &rub(3 * FACE_VALUE)));
    let close = format!("/v1/course-runs/{}/close", room.course_run_id);
    let closed = done(room.post(Scope::Teaching, &close, &json!({})));
    assert_eq!((&closed["released"], &closed["enrolled"]), (&rub(0), &json!(0)));
    assert_eq!(change(&room, &room.course_run_id, &other, None).code(), "course_run_closed");
    room.assert_audit_is_clean();
}

#[test]
fn the_same_redemption_id_gets_its_first_answer_after_a_move() {
    let stage = Stage::start(2);
    let voucher = stage.voucher();
    let body = stage.redemption(&voucher.credential);
    let first = done(stage.send_redemption(&body));
    let other = stage.course_run("другой", 3);
    done(change(&stage, &stage.course_run_id, &other, None));
    let again = stage.send_redemption(&body);
    assert_eq!((again.status, &again.json), (200, &first));
    let elsewhere = {
        let mut body = body.clone();
        body["course_run_id"] = json!(other);
        stage.send_redemption(&body)
    };
    assert_eq!(elsewhere.code(), "idempotency_key_reused");
    let twice = stage.redeem(&voucher);
    assert_eq!((twice.code(), &twice.json["facts"]["course_run"]), ("already_redeemed", &json!("другой")));
}

#[test]
fn what_cannot_move_is_refused_with_the_figures() {
    let room = Classroom::start();
    let run = room.course_run_id.clone();
    let small = room.course_run("малый", 2);
    let refused = change(&room, &run, &small, None);
    assert_eq!(
        (refused.problem(), &refused.json["field"]),
        ((409, "course_full"), &json!("to_course_run_id"))
    );
    let facts = &refused.json["facts"];
    assert_eq!((&facts["free_seats"], &facts["wanted"]), (&json!(2), &json!(3)));
    let same = change(&room, &run, &run, None);
    assert_eq!((same.code(), &same.json["field"]), ("invalid_field", &json!("to_course_run_id")));
    let nobody = change(&room, &run, &small, Some(&[]));
    assert_eq!((nobody.code(), &nobody.json["field"]), ("invalid_field", &json!("redemption_ids")));
    let unknown = [room.redemption_ids[0].clone(), room.server.app.new_id().to_string()];
    let unknown = change(&room, &run, &small, Some(&unknown));
    assert_eq!((unknown.code(), &unknown.json["field"]), ("not_found", &json!("redemption_ids[1]")));
    let empty = change(&room, &small, &run, None);
    assert_eq!(
        (empty.code(), &empty.json["facts"]["status"]),
        ("invalid_transition", &json!("nobody_enrolled"))
    );
    let path = format!("/v1/course-runs/{run}/move-enrolments");
    let body = json!({ "to_course_run_id": small, "reason": "поток отменён" });
    assert_eq!(room.server.post(&room.foreign_teaching, &path, &body).code(), "not_found");
    let elsewhere = room.open_programme("OTHER", 5, |_| ());
    let elsewhere = room.course_run_of(&elsewhere, "чужой", 5);
    assert_eq!(change(&room, &run, &elsewhere, None).code(), "invalid_field");
    done(room.post(Scope::Teaching, &format!("/v1/course-runs/{small}/close"), &json!({})));
    let closed = change(&room, &run, &small, Some(&room.redemption_ids[..1]));
    assert_eq!((closed.code(), &closed.json["field"]), ("course_run_closed", &json!("to_course_run_id")));
    assert_eq!(enrolled(&room, &run), json!(3), "all or none");
    room.assert_audit_is_clean();
}

#[test]
fn the_rest_of_a_reversed_redemption_may_go_to_the_others_of_its_run() {
    let room = Classroom::start();
    room.teach(4);
    let path = format!("/v1/redemptions/{}/reverse", room.redemption_ids[0]);
    let wish = |voucher: &str| json!({ "voucher": voucher, "rest": "course_run", "reason": "уволился" });
    let lives = room.post(Scope::Registrar, &path, &wish("issued"));
    assert_eq!(lives.code(), "invalid_transition", "hours are accrued");
    let left = trace(&room, &room.redemption_ids[0], "")["obligated"]["amount"].as_i64().unwrap();
    let money = ["available", "obligated"].map(|account| room.balance(account));
    let proposal = done(room.post(Scope::Registrar, &path, &wish("voided")));
    done(room.confirm_act(&room.colleague(Scope::Registrar), &proposal));
    assert_eq!(["available", "obligated"].map(|account| room.balance(account)), money, "nothing is released");
    let [gone, second, third] = [0, 1, 2].map(|which| trace(&room, &room.redemption_ids[which], ""));
    assert_eq!((&gone["moved_out"], &gone["released"], &gone["obligated"]), (&rub(left), &rub(0), &rub(0)));
    let came = [&second, &third].map(|trace| trace["moved_in"]["amount"].as_i64().unwrap());
    assert_eq!(came[0] + came[1], left);
    assert!((came[0] - came[1]).abs() <= 1, "{came:?}");
    room.assert_audit_is_clean();
}

#[test]
fn there_must_be_others_to_leave_the_rest_to() {
    let stage = Stage::start(1);
    let redemption = done(stage.redeem(&stage.voucher()));
    let path = format!("/v1/redemptions/{}/reverse", text(&redemption["redemption_id"]));
    let wish = |voucher: &str| json!({ "voucher": voucher, "rest": "course_run", "reason": "не тот" });
    let lives = stage.post(Scope::Registrar, &path, &wish("issued"));
    assert_eq!((lives.code(), &lives.json["field"]), ("invalid_field", &json!("rest")));
    let alone = stage.post(Scope::Registrar, &path, &wish("voided"));
    assert_eq!((alone.code(), &alone.json["field"]), ("invalid_transition", &json!("rest")));
}
