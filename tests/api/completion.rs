//! Attendance, test results, completion, and the official figure of specialists retrained.

use crate::classroom::Classroom;
use crate::harness::Reply;
use crate::stage::{Stage, assert_not_possible, because, done, rub, text};
use serde_json::{Value, json};
use training_vouchers::kernel::Scope;

/// A classroom with two accepted sessions of four and two hours.
struct Course {
    room: Classroom,
    sessions: [String; 2],
    results: String,
    completions: String,
    participants: String,
}

impl Course {
    fn start() -> Self {
        let room = Classroom::start();
        let session = |day: &str, hours: i64| {
            let recorded = done(room.record(&room.session(day, hours)));
            text(&done(room.accept(&room.teaching_2, &recorded))["session_id"])
        };
        let sessions = [session("2020-03-16", 4), session("2020-03-17", 2)];
        let of = |what: &str| format!("/v1/course-runs/{}/{what}", room.course_run_id);
        let (results, completions, participants) = (of("results"), of("completions"), of("participants"));
        Self { sessions, results, completions, participants, room }
    }

    fn post(&self, path: &str, body: &Value) -> Reply {
        self.room.post(Scope::Teaching, path, body)
    }

    /// Says of each of the first redemptions whether they were there.
    fn attend(&self, session: usize, present: &[bool]) -> Value {
        done(self.post(&self.attendance(session), &json!({ "rows": self.presence(present) })))
    }

    fn attendance(&self, session: usize) -> String {
        format!("/v1/sessions/{}/attendance", self.sessions[session])
    }

    fn presence(&self, present: &[bool]) -> Value {
        let row = |(id, present): (&String, &bool)| json!({ "redemption_id": id, "present": present });
        self.room.redemption_ids.iter().zip(present).map(row).collect()
    }

    fn pass(&self, people: &[usize]) {
        let rows: Value = people
            .iter()
            .map(|who| json!({ "redemption_id": self.id(*who), "passed": true, "score": 80 }))
            .collect();
        done(self.post(&self.results, &json!({ "rows": rows })));
    }

    fn complete(&self, who: usize, document: &str) -> Value {
        let rows = json!([{ "redemption_id": self.id(who), "document_number": document,
            "completed_on": "2020-03-17" }]);
        let mut reply = done(self.post(&self.completions, &json!({ "rows": rows })));
        reply["rows"][0].take()
    }

    fn id(&self, who: usize) -> &str {
        &self.room.redemption_ids[who]
    }

    /// A redemption's voucher.
    fn voucher(&self, who: usize) -> String {
        text(&done(self.room.get(Scope::Auditor, &format!("/v1/redemptions/{}", self.id(who))))["voucher_id"])
    }

    fn number(&self, who: usize) -> String {
        text(&self.room.shown(&self.voucher(who))["number"])
    }

    fn retrained(&self) -> Value {
        done(self.room.get(Scope::Treasury, &format!("/v1/programmes/{}/retrained", self.room.programme_id)))
    }

    /// Leaves of the programme's log.
    fn leaves(&self) -> u64 {
        self.room.checkpoint().size
    }

    fn kinds(&self, kind: &str) -> usize {
        let path = format!("/v1/programmes/{}/ledger/transactions?kind={kind}", self.room.programme_id);
        done(self.room.get(Scope::Auditor, &path))["items"].as_array().unwrap().len()
    }
}

/// A second registrar confirms a proposal.
fn confirm(course: &Course, proposal: &Value) -> Reply {
    let stage: &Stage = &course.room;
    stage.confirm(&stage.colleague(Scope::Registrar), proposal)
}

/// How many rows were recorded, corrected, unchanged and refused.
fn counts(reply: &Value) -> [i64; 4] {
    ["recorded", "corrected", "unchanged", "refused"].map(|name| reply[name].as_i64().unwrap())
}

#[test]
fn attendance_is_recorded_corrected_and_shown() {
    let course = Course::start();
    let before = course.leaves();
    let tried = done(course.post(
        &course.attendance(0),
        &json!({ "dry_run": true, "rows": course.presence(&[true, false, true]) }),
    ));
    assert_eq!((counts(&tried), &tried["receipt"]), ([3, 0, 0, 0], &json!(null)));
    assert_eq!(course.leaves(), before, "a dry run writes nothing");
    let recorded = course.attend(0, &[true, false]);
    assert_eq!(counts(&recorded), [2, 0, 0, 0], "after the dry run nothing was there");
    assert!(text(&recorded["receipt"]).starts_with("c2sp.org/tlog-proof@v1\n"));
    assert_eq!(course.leaves(), before + 1, "a list is one event");
    assert_eq!(recorded["rows"][0]["voucher_number"], course.number(0));

    assert_eq!(counts(&course.attend(0, &[true, false])), [0, 0, 2, 0]);
    assert_eq!(course.leaves(), before + 1, "what is said again is no event");
    assert_eq!(counts(&course.attend(0, &[true, true, false])), [1, 1, 1, 0]);
    assert_eq!(course.kinds("attendance_recorded"), 2, "a correction is an event of its own");

    let shown = |scope| done(course.room.get(scope, &course.attendance(0)))["items"].clone();
    for scope in [Scope::Teaching, Scope::Programme, Scope::Auditor] {
        let present: Vec<_> =
            shown(scope).as_array().unwrap().iter().map(|row| row["present"].clone()).collect();
        assert_eq!(present, [json!(true), json!(true), json!(false)]);
    }
    let page = done(course.room.get(Scope::Auditor, &format!("{}?limit=2", course.attendance(0))));
    assert_eq!((page["items"].as_array().unwrap().len(), page["next_cursor"].is_string()), (2, true));
    let foreign = &course.room.foreign_teaching;
    assert_eq!(course.room.server.get(foreign, &course.attendance(0)).problem(), (404, "not_found"));
    let theirs = course.room.server.post(
        foreign,
        &course.attendance(0),
        &json!({ "rows": course.presence(&[false]) }),
    );
    assert_eq!(theirs.problem(), (404, "not_found"));
    course.room.assert_audit_is_clean();
}

#[test]
fn the_same_key_gets_the_same_answer_to_a_list() {
    let course = Course::start();
    let body = json!({ "rows": course.presence(&[true]) });
    let send = |path: &str, body: &Value| {
        course.room.server.post_with_key("list", course.room.server.token(Scope::Teaching), path, body)
    };
    let (first, again) = (send(&course.attendance(0), &body), send(&course.attendance(0), &body));
    assert_eq!((first.status, &first.json), (200, &again.json), "receipt included");
    assert_eq!(counts(&again.json), [1, 0, 0, 0]);
    assert_eq!(send(&course.attendance(1), &body).code(), "idempotency_key_reused");
}

#[test]
fn each_row_of_a_list_is_refused_by_itself_and_says_why() {
    let course = Course::start();
    let stranger = course.room.vouchers(1).pop().unwrap();
    let elsewhere = course.room.course_run("П-02", 5);
    let mut into = course.room.redemption(&stranger.credential);
    into["course_run_id"] = json!(elsewhere);
    let of_another_run = done(course.room.send_redemption(&into));
    let rows = json!([
        { "voucher_number": course.number(0), "present": true },
        { "redemption_id": course.id(0), "present": false },
        { "redemption_id": of_another_run["redemption_id"], "present": true },
        { "voucher_number": stranger.number, "present": true },
        { "voucher_number": "PSK20-0000001-0", "present": true },
        { "present": true },
        { "redemption_id": course.id(1), "voucher_number": course.number(1), "present": true },
    ]);
    let reply = done(course.post(&course.attendance(0), &json!({ "rows": rows })));
    assert_eq!(counts(&reply), [1, 0, 0, 6]);
    let row = |place: usize| &reply["rows"][place];
    assert_eq!((&row(1)["code"], &row(1)["facts"]["first_row"]), (&json!("invalid_field"), &json!(1)));
    for place in [2, 3] {
        assert_eq!(row(place)["code"], "not_found", "{reply}");
    }
    for place in 4..7 {
        assert_eq!(
            (&row(place)["code"], &row(place)["field"]),
            (&json!("invalid_field"), &json!("voucher_number")),
            "{reply}"
        );
    }
    let many: Vec<_> = (0..5_001).map(|_| json!({ "voucher_number": "x", "present": true })).collect();
    assert_eq!(
        course.post(&course.attendance(0), &json!({ "rows": many })).problem(),
        (413, "too_many_rows")
    );
    let not_yet = done(course.room.record(&course.room.session("2020-03-18", 1)));
    let path = format!("/v1/sessions/{}/attendance", text(&not_yet["session_id"]));
    let early = course.post(&path, &json!({ "rows": course.presence(&[true]) }));
    assert_eq!(
        (early.code(), &early.json["facts"]["possible_from"]),
        ("invalid_transition", &json!("2020-03-18"))
    );
}

#[test]
fn lists_come_as_files_too() {
    let course = Course::start();
    let send = |path: &str, file: String| {
        let request =
            course.room.server.request("POST", path).bearer_auth(course.room.server.token(Scope::Teaching));
        let request = request.header("Idempotency-Key", course.room.server.app.new_id().to_string());
        let reply: Reply = request.header("Content-Type", "text/csv").body(file).send().unwrap().into();
        reply
    };
    let (first, second, third) = (course.number(0), course.number(1), course.number(2));
    let file = format!("Номер сертификата;Присутствие\n{first};да\n{second};нет\n{third};болел\n");
    let tried = done(send(&format!("{}?dry_run=true", course.attendance(0)), file.clone()));
    assert_eq!((counts(&tried), &tried["dry_run"]), ([2, 0, 0, 1], &json!(true)));
    let recorded = done(send(&course.attendance(0), file));
    assert_eq!((counts(&recorded), &recorded["rows"][2]["field"]), ([2, 0, 0, 1], &json!("present")));
    let file = format!("redemption_id,passed,score\n{},yes,91\n{},no,\n", course.id(0), course.id(1));
    assert_eq!(counts(&done(send(&course.results, file))), [2, 0, 0, 0]);
    let file = format!(
        "voucher_number;document_number;completed_on\n{first};ПК-1;17.03.2020\n{second};ПК-2;17.03.2020\n"
    );
    let completed = done(send(&course.completions, file));
    assert_eq!((counts(&completed), &completed["rows"][1]["code"]), ([1, 0, 0, 1], &json!("not_passed")));
    let wrong = send(&course.results, "who;passed\nx;да\n".into());
    assert_eq!(
        (wrong.problem(), &wrong.json["facts"]["reason"]),
        ((400, "malformed_file"), &json!("unknown_column"))
    );
    course.room.assert_audit_is_clean();
}

#[test]
fn whoever_passed_and_attended_completes_the_course_once() {
    let course = Course::start();
    let money = course.room.balance("obligated");
    course.attend(0, &[true, true, false]);
    course.attend(1, &[true, false, true]);
    course.pass(&[0]);
    let failed = json!({ "rows": [{ "redemption_id": course.id(1), "passed": false, "score": 30 }] });
    done(course.post(&course.results, &failed));

    // Of six hours: the third attended two, the second four and failed, the first all.
    let none = course.complete(2, "ПК-3");
    assert_eq!((&none["code"], &none["facts"]["result"]), (&json!("not_passed"), &json!("none")));
    let failed = course.complete(1, "ПК-2");
    assert_eq!((&failed["code"], &failed["facts"]["score"]), (&json!("not_passed"), &json!(30)));
    course.pass(&[1, 2]);
    for (who, attended) in [(1, 4), (2, 2)] {
        let away = course.complete(who, "ПК-2");
        assert_eq!(away["code"], "attendance_too_low");
        assert_eq!(
            away["facts"],
            json!({ "attended_hours": attended, "counted_hours": 6, "hours_needed": 5, "percent_needed": 70 })
        );
    }
    let before = course.leaves();
    let body = json!({ "dry_run": true, "rows": [{ "redemption_id": course.id(0), "document_number": "ПК-1",
        "completed_on": "2020-03-17" }] });
    assert_eq!(counts(&done(course.post(&course.completions, &body))), [1, 0, 0, 0]);
    assert_eq!((course.leaves(), course.room.status(&course.voucher(0))), (before, "redeemed".into()));
    assert_eq!(course.complete(0, "ПК-1")["outcome"], "recorded");
    assert_eq!(course.leaves(), before + 1);
    assert_eq!(course.room.status(&course.voucher(0)), "completed");
    assert_eq!(course.complete(0, "ПК-1")["outcome"], "unchanged");
    let other = course.complete(0, "ПК-9");
    assert_eq!(
        (&other["code"], &other["facts"]["status"]),
        (&json!("invalid_transition"), &json!("completed"))
    );
    course.attend(1, &[true, true]);
    let taken = course.complete(1, "ПК-1");
    assert_eq!((&taken["code"], &taken["field"]), (&json!("already_exists"), &json!("document_number")));
    assert_eq!(course.complete(1, "ПК-2")["outcome"], "recorded");
    assert_eq!(course.room.balance("obligated"), money, "no money has moved");

    // What a completion rests on stays.
    let correction = course.attend(0, &[false]);
    assert_eq!(
        (counts(&correction), &correction["rows"][0]["code"]),
        ([0, 0, 0, 1], &json!("invalid_transition"))
    );
    let history = course.room.history(&course.voucher(0));
    let entry = history.iter().find(|entry| entry["action"] == "complete").unwrap();
    assert_eq!((&entry["outcome"], &entry["facts"]["document_number"]), (&json!("done"), &json!("ПК-1")));
    let leaf =
        format!("/v1/programmes/{}/ledger/transactions/{}", course.room.programme_id, entry["log_index"]);
    assert_eq!(done(course.room.get(Scope::Auditor, &leaf))["kind"], "completed");
    let participants = done(course.room.get(Scope::Programme, &course.participants))["items"].clone();
    assert_eq!(
        participants[0],
        json!({ "redemption_id": course.id(0), "voucher_number": course.number(0), "redemption_status": "live",
            "attended_hours": 6, "counted_hours": 6, "passed": true, "score": 80, "document_number": "ПК-1",
            "completed_on": "2020-03-17" })
    );
    assert_eq!(
        (&participants[2]["attended_hours"], &participants[2]["document_number"]),
        (&json!(2), &json!(null))
    );
    course.room.assert_audit_is_clean();
}

#[test]
fn a_completion_is_dated_within_the_run_and_numbered_once_in_a_list() {
    let course = Course::start();
    course.attend(0, &[true, true, true]);
    course.pass(&[0, 1, 2]);
    let row = |who: usize, document: &str, day: &str| json!({ "redemption_id": course.id(who), "document_number": document, "completed_on": day });
    let rows =
        json!([row(0, "ПК-1", "2020-03-01"), row(1, "ПК-1", "2020-03-18"), row(2, "ПК-1", "2020-03-16")]);
    let reply = done(course.post(&course.completions, &json!({ "rows": rows })));
    assert_eq!(counts(&reply), [1, 0, 0, 2], "{reply}");
    for place in [0, 1] {
        let row = &reply["rows"][place];
        assert_eq!((&row["code"], &row["field"]), (&json!("invalid_field"), &json!("completed_on")));
        assert_eq!(
            (&row["facts"]["starts_on"], &row["facts"]["today"]),
            (&json!("2020-03-02"), &json!("2020-03-17"))
        );
    }
    let rows = json!([row(0, "ПК-2", "2020-03-17"), row(1, "ПК-2", "2020-03-17")]);
    let reply = done(course.post(&course.completions, &json!({ "rows": rows })));
    assert_eq!((counts(&reply), &reply["rows"][1]["code"]), ([1, 0, 0, 1], &json!("already_exists")));
    course.room.assert_audit_is_clean();
}

#[test]
fn hours_count_once_they_are_accepted_and_their_attendance_is_recorded() {
    let course = Course::start();
    course.pass(&[0]);
    let nothing = course.complete(0, "ПК-1");
    assert_eq!(
        (&nothing["code"], &nothing["facts"]["counted_hours"], &nothing["facts"]["hours_needed"]),
        (&json!("attendance_too_low"), &json!(0), &json!(1))
    );
    // A session that nobody has accepted yet counts neither way.
    let waiting = done(course.room.record(&course.room.session("2020-03-16", 6)));
    let path = format!("/v1/sessions/{}/attendance", text(&waiting["session_id"]));
    done(course.post(&path, &json!({ "rows": course.presence(&[false]) })));
    course.attend(1, &[true]);
    assert_eq!(course.complete(0, "ПК-1")["outcome"], "recorded");
}

#[test]
fn a_completed_voucher_is_not_given_back_only_ended() {
    let course = Course::start();
    course.attend(0, &[true, true]);
    course.pass(&[0, 1]);
    course.complete(0, "ПК-1");
    course.complete(1, "ПК-2");
    let voucher = course.voucher(0);
    let moved = course.room.act(&voucher, "void", &because("ошибка"));
    assert_not_possible(&moved, "void", "completed", &["reverse"]);
    let path = format!("/v1/redemptions/{}/reverse", course.id(0));
    let reverse = |to: &str| {
        course.room.post(
            Scope::Registrar,
            &path,
            &json!({ "voucher": to, "reason": "документ выдан не тому" }),
        )
    };
    let back = reverse("issued");
    assert_not_possible(&back, "reverse", "completed", &["voided"]);
    let proposed = reverse("voided");
    assert_eq!(proposed.status, 202, "it takes a second person, within ten minutes too: {proposed:?}");
    assert_eq!(course.retrained()["total"], 2);
    done(confirm(&course, &proposed.json));
    assert_eq!(course.room.status(&voucher), "voided");
    let figures = course.retrained();
    assert_eq!((&figures["total"], figures["by_month"].as_array().unwrap().len()), (&json!(1), 1));
    let again = course.complete(0, "ПК-1");
    assert_eq!(
        (&again["code"], &again["facts"]["status"]),
        (&json!("invalid_transition"), &json!("reversed"))
    );
    assert_eq!(course.complete(2, "ПК-1")["code"], "already_exists", "the number was given out");
    course.room.assert_audit_is_clean();
}

#[test]
fn a_reversed_redemption_takes_part_no_longer() {
    let course = Course::start();
    let path = format!("/v1/redemptions/{}/reverse", course.id(2));
    let reversal = json!({ "voucher": "voided", "reason": "не смог учиться" });
    let proposed = done(course.room.post(Scope::Registrar, &path, &reversal));
    done(confirm(&course, &proposed));
    let reply = course.attend(0, &[true, true, true]);
    assert_eq!((counts(&reply), &reply["rows"][2]["code"]), ([2, 0, 0, 1], &json!("invalid_transition")));
    assert_eq!(reply["rows"][2]["facts"]["status"], "reversed");
    let shown = done(course.room.get(Scope::Auditor, &course.participants))["items"].clone();
    assert_eq!(shown[2]["redemption_status"], "reversed");
}

#[test]
fn the_official_figure_is_by_month_agency_and_category() {
    let course = Course::start();
    let empty = course.retrained();
    assert_eq!(
        empty,
        json!({ "target": 2000, "total": 0, "spent": rub(1_171_808), "cost_per_retrained": null, "by_month": [],
            "by_agency": [], "by_body": [], "by_service": [] })
    );
    course.attend(0, &[true, true, true]);
    course.pass(&[0, 1, 2]);
    course.complete(0, "ПК-1");
    course.room.server.advance(20 * 86_400);
    let rows: Vec<_> = [1, 2]
        .iter()
        .map(|who| {
            json!({ "redemption_id": course.id(*who), "document_number": format!("ПК-{}", who + 1),
                "completed_on": "2020-04-01" })
        })
        .collect();
    assert_eq!(counts(&done(course.post(&course.completions, &json!({ "rows": rows })))), [2, 0, 0, 0]);
    let figures = course.retrained();
    assert_eq!((&figures["target"], &figures["total"]), (&json!(2_000), &json!(3)));
    // A third of the hours taught and their contributions.
    assert_eq!((&figures["spent"], &figures["cost_per_retrained"]), (&rub(1_171_808), &rub(390_603)));
    assert_eq!(
        figures["by_month"],
        json!([{ "month": "2020-03", "retrained": 1 }, { "month": "2020-04", "retrained": 2 }])
    );
    let agency = &figures["by_agency"][0];
    assert_eq!(
        (&agency["agency_id"], &agency["category"], &agency["retrained"]),
        (&json!(course.room.server.agency_id), &json!("state_body"), &json!(3))
    );
    assert_eq!(figures["by_body"], json!([{ "category": "state_body", "retrained": 3 }]));
    assert_eq!(figures["by_service"], json!([{ "category": "state_civil_servant", "retrained": 3 }]));
    let foreign = format!("/v1/programmes/{}/retrained", course.room.programme_id);
    assert_eq!(course.room.server.get(&course.room.foreign_teaching, &foreign).problem(), (404, "not_found"));
    let progress = done(course.room.get(Scope::Programme, &foreign.replace("retrained", "progress")));
    assert_eq!((&progress["total"]["completed"], &progress["total"]["redeemed"]), (&json!(3), &json!(3)));
    course.room.assert_audit_is_clean();
}

#[test]
fn a_completed_course_is_still_paid_for() {
    let course = Course::start();
    course.attend(0, &[true, true, true]);
    course.pass(&[0, 1, 2]);
    course.complete(0, "ПК-1");
    let recorded = done(course.room.record(&course.room.session("2020-03-17", 1)));
    assert_eq!(done(course.room.accept(&course.room.teaching_2, &recorded))["pay"], rub(150_001));
    course.room.pay(&course.room.instructor_id.clone(), 7 * 150_001, "П-1");
    let close = format!("/v1/course-runs/{}/close", course.room.course_run_id);
    done(course.room.post(Scope::Teaching, &close, &json!({})));
    course.complete(1, "ПК-2");
    assert_eq!(course.retrained()["total"], 2, "documents may come after the run is closed");
    course.room.assert_audit_is_clean();
}
