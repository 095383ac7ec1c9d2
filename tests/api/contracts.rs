//! What sessions must fit beside the course: the instructor's contract, the run's plan, and the timetable.

use crate::classroom::Classroom;
use crate::stage::{contract, done, instructor, rub, text};
use serde_json::{Value, json};
use training_vouchers::kernel::Scope;

const INSTRUCTORS: &str = "/v1/instructors";

fn with(mut value: Value, changes: Value) -> Value {
    for (name, change) in changes.as_object().unwrap() {
        value[name] = change.clone();
    }
    value
}

/// An instructor with this contract; gives the id.
fn engage(room: &Classroom, contract: Value) -> String {
    let new = with(instructor(150_000), json!({ "contract": contract }));
    text(&done(room.post(Scope::Teaching, INSTRUCTORS, &new))["payee_id"])
}

fn terms(number: &str, from: &str, until: &str, hours: i64) -> Value {
    json!({ "number": number, "valid_from": from, "valid_until": until, "hours": hours })
}

#[test]
fn a_rate_in_the_wrong_unit_is_refused_with_the_unit() {
    let room = Classroom::start();
    // 1,500 was meant in roubles; 50,000,000 is somebody's year.
    for rate in [999, 10_000_001, 0, -150_000] {
        let refused = room.post(Scope::Teaching, INSTRUCTORS, &instructor(rate));
        assert_eq!(refused.problem(), (422, "invalid_field"), "{rate}");
        assert_eq!(refused.json["field"], "hourly_rate.amount");
        let facts = &refused.json["facts"];
        assert!(text(&facts["expected"]).contains("kopecks"), "{refused:?}");
        assert_eq!(
            (&facts["hourly_rate_kopecks"], &facts["least_kopecks"], &facts["most_kopecks"]),
            (&json!(rate), &json!(1_000), &json!(10_000_000))
        );
    }
    for (changed, field) in [
        (json!({ "valid_until": "2019-12-31" }), "contract.valid_until"),
        (json!({ "hours": 0 }), "contract.hours"),
        (json!({ "hours": 10_001 }), "contract.hours"),
        (json!({ "number": " " }), "contract.number"),
        (json!({ "rate": 1 }), "contract.rate"),
    ] {
        let new = with(instructor(150_000), json!({ "contract": with(contract("1"), changed) }));
        let refused = room.post(Scope::Teaching, INSTRUCTORS, &new);
        assert_eq!((refused.problem(), &refused.json["field"]), ((422, "invalid_field"), &json!(field)));
    }
    let without = json!({ "name": "Имя", "hourly_rate": rub(150_000) });
    assert_eq!(room.post(Scope::Teaching, INSTRUCTORS, &without).json["field"], "contract");
}

#[test]
fn a_session_has_a_contract_on_its_day_and_hours_left_in_it() {
    let room = Classroom::start();
    let payee = engage(&room, terms("1", "2020-03-10", "2020-03-12", 10));
    let session = |day: &str, hours: i64| with(room.session(day, hours), json!({ "instructor_id": payee }));
    for day in ["2020-03-09", "2020-03-13"] {
        let refused = room.record(&session(day, 1));
        assert_eq!((refused.problem(), &refused.json["field"]), ((409, "no_contract"), &json!("held_on")));
        let facts = &refused.json["facts"];
        assert_eq!(
            (&facts["held_on"], &facts["contracts"][0]),
            (&json!(day), &json!("2020-03-10–2020-03-12"))
        );
        assert!(text(&refused.json["remedy"]).contains("contract"), "{refused:?}");
    }
    done(room.record(&session("2020-03-10", 6)));
    let over = room.record(&session("2020-03-12", 5));
    assert_eq!((over.problem(), &over.json["field"]), ((409, "contract_exceeded"), &json!("hours")));
    let facts = &over.json["facts"];
    assert_eq!(
        [&facts["contract_hours"], &facts["recorded_hours"], &facts["hours_left"], &facts["hours"]],
        [10, 6, 4, 5]
    );
    assert!(text(&over.json["detail"]).contains("10 agreed, 6 recorded, 4 left, 5 asked for"), "{over:?}");
    done(room.record(&session("2020-03-12", 4)));
    room.assert_audit_is_clean();
}

#[test]
fn a_new_contract_has_its_own_rate_from_its_first_day() {
    let room = Classroom::start();
    let payee = engage(&room, terms("1", "2020-03-01", "2020-03-10", 100));
    let path = format!("{INSTRUCTORS}/{payee}/contracts");
    let add = |number: &str, from: &str, until: &str| json!({ "hourly_rate": rub(200_000), "contract": terms(number, from, until, 100) });
    let common = room.post(Scope::Teaching, &path, &add("2", "2020-03-10", "2020-03-31"));
    assert_eq!(common.problem(), (409, "contract_overlap"), "{common:?}");
    let facts = &common.json["facts"];
    assert_eq!((&facts["valid_from"], &facts["valid_until"]), (&json!("2020-03-01"), &json!("2020-03-10")));
    let same_number = room.post(Scope::Teaching, &path, &add("1", "2020-03-11", "2020-03-31"));
    assert_eq!(
        (same_number.problem(), &same_number.json["field"]),
        ((409, "already_exists"), &json!("contract.number"))
    );
    let wrong_unit = with(add("2", "2020-03-11", "2020-03-31"), json!({ "hourly_rate": rub(1) }));
    assert_eq!(room.post(Scope::Teaching, &path, &wrong_unit).json["field"], "hourly_rate.amount");
    let body = add("2", "2020-03-11", "2020-03-31");
    let foreign = room.server.post(&room.foreign_teaching, &path, &body);
    assert_eq!(foreign.problem(), (404, "not_found"), "another university's instructor");
    let send = || room.server.post_with_key("add", room.server.token(Scope::Teaching), &path, &body);
    let (added, again) = (send(), send());
    assert_eq!((added.status, again.status, &added.json), (201, 200, &again.json), "{added:?}");

    for (day, pay) in [("2020-03-10", 2 * 150_000), ("2020-03-11", 2 * 200_000)] {
        let session = with(room.session(day, 2), json!({ "instructor_id": payee }));
        let recorded = done(room.record(&session));
        assert_eq!(done(room.accept(&room.teaching_2, &recorded))["pay"], rub(pay), "{day}");
    }
    let listed = |scope| {
        let listed = done(room.get(scope, INSTRUCTORS))["items"].as_array().unwrap().clone();
        listed.into_iter().find(|instructor| instructor["payee_id"] == payee).unwrap()["contracts"].clone()
    };
    for (scope, numbers) in [
        (Scope::Teaching, [json!("1"), json!("2")]),
        (Scope::Treasury, [json!("1"), json!("2")]),
        (Scope::Auditor, [json!("1"), json!("2")]),
        (Scope::Programme, [json!(null), json!(null)]),
    ] {
        let contracts = listed(scope);
        assert_eq!([&contracts[0]["number"], &contracts[1]["number"]], [&numbers[0], &numbers[1]]);
        assert_eq!(
            [&contracts[0]["hourly_rate"], &contracts[1]["hourly_rate"]],
            [&rub(150_000), &rub(200_000)]
        );
    }
    room.assert_audit_is_clean();
}

#[test]
fn an_instructor_and_a_run_are_at_one_place_at_a_time() {
    let room = Classroom::start();
    let at = |session: Value, time: &str| with(session, json!({ "starts_at": time }));
    let morning = done(room.record(&at(room.session("2020-03-16", 2), "09:00")));
    let shown = done(room.get(Scope::Auditor, &format!("/v1/sessions/{}", text(&morning["session_id"]))));
    assert_eq!(shown["starts_at"], "09:00");

    let other_run = room.course_run("П-02", 5);
    let elsewhere = with(room.session("2020-03-16", 1), json!({ "course_run_id": other_run }));
    let colleague =
        with(room.session("2020-03-16", 1), json!({ "instructor_id": engage(&room, contract("1")) }));
    for (session, of) in [(&elsewhere, "instructor"), (&colleague, "course_run")] {
        let refused = room.record(&at(session.clone(), "10:59"));
        assert_eq!(
            (refused.problem(), &refused.json["field"]),
            ((409, "session_overlap"), &json!("starts_at"))
        );
        let facts = &refused.json["facts"];
        assert_eq!(
            [&facts["session_id"], &facts["other_starts_at"], &facts["other_ends_at"], &facts["of"]],
            [&morning["session_id"], &json!("09:00"), &json!("11:00"), &json!(of)]
        );
        assert!(text(&refused.json["detail"]).contains("09:00–11:00"), "{refused:?}");
        done(room.record(&at(session.clone(), "11:00")));
    }
    let another_day = with(elsewhere.clone(), json!({ "held_on": "2020-03-17" }));
    done(room.record(&at(another_day, "09:00")));
    done(room.record(&room.session("2020-03-16", 1)));
    let late = room.record(&at(room.session("2020-03-18", 2), "22:01"));
    assert_eq!((late.problem(), &late.json["facts"]["ends_at"]), ((422, "invalid_field"), &json!("24:01")));
    for wrong in ["9:00", "25:00", "09:00:00"] {
        assert_eq!(room.record(&at(room.session("2020-03-18", 1), wrong)).json["field"], "starts_at");
    }
    room.assert_audit_is_clean();
}

#[test]
fn a_plan_limits_each_phase_and_shows_how_far_the_run_is() {
    let room = Classroom::start();
    let run = |plan: Value| {
        json!({ "programme_id": room.programme_id, "code": "П-02", "starts_on": "2020-03-02",
            "ends_on": "2020-03-31", "seats": 5, "plan": plan })
    };
    let short = room.post(Scope::Teaching, "/v1/course-runs", &run(json!({ "lecture": 12, "test": 2 })));
    assert_eq!((short.problem(), &short.json["field"]), ((422, "invalid_field"), &json!("plan")));
    assert_eq!(
        (&short.json["facts"]["course_hours"], &short.json["facts"]["planned_hours"]),
        (&json!(20), &json!(14))
    );
    let negative = room.post(Scope::Teaching, "/v1/course-runs", &run(json!({ "lecture": 21, "test": -1 })));
    assert_eq!(negative.json["field"], "plan.test");
    let unknown = room.post(Scope::Teaching, "/v1/course-runs", &run(json!({ "party": 20 })));
    assert_eq!(unknown.json["field"], "plan.party");
    let plan = json!({ "lecture": 8, "remote": 10, "test": 2 });
    let planned = done(room.post(Scope::Teaching, "/v1/course-runs", &run(plan)));
    let id = text(&planned["course_run_id"]);
    let session = |day: &str, phase: &str, hours: i64| {
        with(room.session(day, hours), json!({ "course_run_id": id, "phase": phase }))
    };
    done(room.record(&session("2020-03-16", "lecture", 6)));
    let over = room.record(&session("2020-03-17", "lecture", 3));
    assert_eq!((over.problem(), &over.json["field"]), ((409, "phase_exceeded"), &json!("hours")));
    let facts = &over.json["facts"];
    assert_eq!(
        [&facts["planned_hours"], &facts["recorded_hours"], &facts["hours_left"]],
        [&json!(8), &json!(6), &json!(2)]
    );
    let not_planned = room.record(&session("2020-03-17", "practical_authority", 1));
    assert_eq!(
        (not_planned.code(), &not_planned.json["facts"]["planned_hours"]),
        ("phase_exceeded", &json!(0))
    );
    done(room.record(&session("2020-03-17", "lecture", 2)));

    let redeemed = room.vouchers(1).pop().unwrap();
    let into = with(room.redemption(&redeemed.credential), json!({ "course_run_id": id }));
    done(room.send_redemption(&into));
    let test = done(room.record(&session("2020-03-16", "test", 2)));
    done(room.accept(&room.teaching_2, &test));
    let shown = done(room.get(Scope::Agency, &format!("/v1/course-runs/{id}")));
    assert_eq!(
        shown["phases"],
        json!([
            { "phase": "lecture", "planned_hours": 8, "recorded_hours": 8, "accepted_hours": 0 },
            { "phase": "practical_university", "planned_hours": 0, "recorded_hours": 0, "accepted_hours": 0 },
            { "phase": "practical_authority", "planned_hours": 0, "recorded_hours": 0, "accepted_hours": 0 },
            { "phase": "remote", "planned_hours": 10, "recorded_hours": 0, "accepted_hours": 0 },
            { "phase": "test", "planned_hours": 2, "recorded_hours": 2, "accepted_hours": 2 },
        ])
    );
    let unplanned = done(room.get(Scope::Agency, &format!("/v1/course-runs/{}", room.course_run_id)));
    assert_eq!(unplanned["phases"][0]["planned_hours"], json!(null));
    room.assert_audit_is_clean();
}
