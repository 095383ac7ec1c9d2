//! Every refusal code has a request that provokes it through the doors, here or in another test.

use crate::harness::Reply;
use crate::stage::{FACE_VALUE, Stage, because, contract, done, instructor, rub, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use training_vouchers::credential::{Signer, encode, sign, verify};
use training_vouchers::kernel::{Code, Scope, Timestamp};

const DAY: i64 = 86_400;
const TOO_MANY: usize = 5_001;

/// How a code is provoked on a stage of its own.
type Provoke = fn(&Stage) -> Reply;

const PROVOKED: &[(Code, Provoke)] = &[
    (Code::MalformedCredential, |stage| stage.preview("https://example.org/")),
    (Code::BadSignature, |stage| {
        let voucher = stage.voucher();
        let mut bytes = training_vouchers::credential::decode(&voucher.credential).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        stage.preview(&encode(&bytes))
    }),
    (Code::UnknownKey, |stage| {
        let keyring = stage.server.app.keyring();
        let claims = verify(&stage.voucher().credential, &keyring).unwrap().claims().clone();
        stage.preview(&encode(sign(&claims, &Signer::from_secret(&[7; 32])).unwrap().bytes()))
    }),
    (Code::KeyCompromised, |stage| {
        let voucher = stage.voucher();
        let kid = text(&stage.shown(&voucher.id)["kid"]);
        let path = format!("/v1/keys/{kid}/compromise");
        let proposal = done(stage.post(Scope::Admin, &path, &because("потерян носитель")));
        done(stage.confirm(&stage.colleague(Scope::Admin), &proposal));
        stage.preview(&voucher.credential)
    }),
    (Code::KeyNotValidAtIssue, |stage| {
        let early = Timestamp::from_millis(0);
        stage.preview(&stage.forge(&stage.voucher().credential, |claims| claims.issued_at = early))
    }),
    (Code::WrongIssuer, |stage| {
        stage.preview(&stage.forge(&stage.voucher().credential, |claims| claims.issuer = "other".into()))
    }),
    (Code::WrongUniversity, |stage| {
        stage.preview(&stage.forge(&stage.voucher().credential, |claims| claims.audience = "NOVSU".into()))
    }),
    (Code::WrongProgramme, |stage| {
        let nowhere = stage.server.app.new_id();
        stage
            .preview(&stage.forge(&stage.voucher().credential, |claims| claims.programme_id = nowhere.into()))
    }),
    (Code::NotYetValid, |stage| {
        let early = stage.open_programme("EARLY", 1, |form| form["valid_from"] = json!("2020-04-01"));
        let voucher = stage.vouchers_of(&early, 1).pop().unwrap();
        let mut body = stage.redemption(&voucher.credential);
        body["course_run_id"] = json!(stage.course_run_of(&early, "П-02", 5));
        stage.send_redemption(&body)
    }),
    (Code::Expired, |stage| {
        let voucher = stage.voucher();
        stage.server.advance(274 * DAY);
        stage.redeem(&voucher)
    }),
    (Code::UnknownVoucher, |stage| {
        let nowhere = stage.server.app.new_id();
        stage.preview(&stage.forge(&stage.voucher().credential, |claims| claims.voucher_id = nowhere.into()))
    }),
    (Code::Suspended, |stage| stopped(stage, "suspend")),
    (Code::Voided, |stage| stopped(stage, "void")),
    (Code::Replaced, |stage| stopped(stage, "replace")),
    (Code::AlreadyRedeemed, |stage| {
        let voucher = stage.voucher();
        done(stage.redeem(&voucher));
        stage.redeem(&voucher)
    }),
    (Code::CourseFull, |stage| {
        let vouchers = stage.vouchers(2);
        let run = stage.course_run("П-02", 1);
        let into = |credential: &str| {
            let mut body = stage.redemption(credential);
            body["course_run_id"] = json!(run);
            stage.send_redemption(&body)
        };
        done(into(&vouchers[0].credential));
        into(&vouchers[1].credential)
    }),
    (Code::CourseRunClosed, |stage| {
        let voucher = stage.voucher();
        done(stage.post(
            Scope::Teaching,
            &format!("/v1/course-runs/{}/close", stage.course_run_id),
            &json!({}),
        ));
        stage.redeem(&voucher)
    }),
    (Code::ProgrammeNotOpen, |stage| {
        done(stage.post(
            Scope::Teaching,
            &format!("/v1/course-runs/{}/close", stage.course_run_id),
            &json!({}),
        ));
        let close = format!("/v1/programmes/{}/close", stage.programme_id);
        done(stage.post(Scope::Programme, &close, &json!({})));
        request(stage, json!(stage.rows(1)))
    }),
    (Code::IdentityNotChecked, |stage| {
        let mut body = stage.redemption(&stage.voucher().credential);
        body["identity_checked"] = json!(false);
        stage.send_redemption(&body)
    }),
    (Code::DuplicateHolder, |stage| {
        let rows = stage.rows(1);
        let request_id = stage.request(stage.server.token(Scope::Agency), &stage.programme_id, &rows);
        stage.approve(&request_id);
        let issued =
            done(stage.post(Scope::Programme, &format!("/v1/requests/{request_id}/issue"), &json!({})));
        stage.server.advance(278 * DAY);
        let release = format!("/v1/programmes/{}/release-expired", stage.programme_id);
        done(stage.post(Scope::Programme, &release, &json!({})));
        done(request(stage, json!(rows)));
        let id = text(&issued["vouchers"][0]["voucher_id"]);
        stage.act(&id, "extend", &json!({ "valid_until": "2020-12-31", "reason": "перенос" }))
    }),
    (Code::NotEligible, |stage| {
        let mut rows = json!(stage.rows(1));
        rows[0]["category"] = json!("other");
        row(request(stage, rows))
    }),
    (Code::QuotaExceeded, |stage| {
        let agency = stage.server.agency_id.to_string();
        let request_id =
            stage.request(stage.server.token(Scope::Agency), &stage.programme_id, &stage.rows(2));
        stage.set_quota(&stage.programme_id, &agency, 1);
        stage.post(Scope::Programme, &format!("/v1/requests/{request_id}/approve"), &json!({}))
    }),
    (Code::BeforePriorityDate, |stage| {
        let programme = stage.open_programme("PRIO", 1, |form| form["priority_until"] = json!("2020-03-31"));
        let municipality = json!({ "code": "PSK-M02", "name": "Район", "category": "municipality" });
        let municipality = done(stage.post(Scope::Programme, "/v1/agencies", &municipality));
        stage.set_quota(&programme, &text(&municipality["agency_id"]), 5);
        let of = json!({ "agency_id": municipality["agency_id"] });
        let token = stage.server.person("hr-m02", Scope::Agency, of);
        let request_id = stage.request(&token, &programme, &stage.rows(1));
        stage.post(Scope::Programme, &format!("/v1/requests/{request_id}/approve"), &json!({}))
    }),
    (Code::BudgetExceeded, |stage| {
        let request_id =
            stage.request(stage.server.token(Scope::Agency), &stage.programme_id, &stage.rows(4));
        stage.approve(&request_id);
        stage.post(Scope::Programme, &format!("/v1/requests/{request_id}/issue"), &json!({}))
    }),
    (Code::ObligationExceeded, |stage| {
        done(stage.redeem(&stage.voucher()));
        stage.accept_session(&stage.record_session(FACE_VALUE))
    }),
    (Code::AccrualExceeded, |stage| {
        done(stage.redeem(&stage.voucher()));
        let session = stage.record_session(1_000);
        done(stage.accept_session(&session));
        let payment = json!({ "programme_id": stage.programme_id, "payee_id": session["instructor_id"],
            "amount": rub(2_001), "document_number": "1", "paid_on": "2020-03-17" });
        stage.post(Scope::Treasury, "/v1/payments", &payment)
    }),
    (Code::PeriodClosed, |stage| {
        let path = format!("/v1/programmes/{}/periods/2020-02/close", stage.programme_id);
        let proposal = done(stage.post(Scope::Treasury, &path, &json!({})));
        done(stage.confirm(&stage.colleague(Scope::Treasury), &proposal));
        let payment = json!({ "programme_id": stage.programme_id,
            "payee_id": stage.record_session(1_000)["instructor_id"], "amount": rub(1), "document_number": "1",
            "paid_on": "2020-02-29" });
        stage.post(Scope::Treasury, "/v1/payments", &payment)
    }),
    (Code::NoContract, |stage| {
        let contract =
            json!({ "number": "9", "valid_from": "2021-01-01", "valid_until": "2021-12-31", "hours": 1 });
        let mut instructor = instructor(100_000);
        instructor["contract"] = contract;
        let later = done(stage.post(Scope::Teaching, "/v1/instructors", &instructor));
        stage.post(Scope::Teaching, "/v1/sessions", &lesson(&stage.course_run_id, &later["payee_id"]))
    }),
    (Code::ContractExceeded, |stage| {
        let mut instructor = instructor(100_000);
        instructor["contract"]["hours"] = json!(1);
        let engaged = done(stage.post(Scope::Teaching, "/v1/instructors", &instructor));
        stage.post(Scope::Teaching, "/v1/sessions", &lesson(&stage.course_run_id, &engaged["payee_id"]))
    }),
    (Code::ContractOverlap, |stage| {
        let engaged = done(stage.post(Scope::Teaching, "/v1/instructors", &instructor(100_000)));
        let path = format!("/v1/instructors/{}/contracts", text(&engaged["payee_id"]));
        stage.post(Scope::Teaching, &path, &json!({ "hourly_rate": rub(100_000), "contract": contract("2") }))
    }),
    (Code::PhaseExceeded, |stage| {
        let run = json!({ "programme_id": stage.programme_id, "code": "П-02", "starts_on": "2020-03-02",
            "ends_on": "2020-03-31", "seats": 5, "plan": { "remote": 20 } });
        let run = done(stage.post(Scope::Teaching, "/v1/course-runs", &run));
        let engaged = done(stage.post(Scope::Teaching, "/v1/instructors", &instructor(100_000)));
        stage.post(
            Scope::Teaching,
            "/v1/sessions",
            &lesson(&text(&run["course_run_id"]), &engaged["payee_id"]),
        )
    }),
    (Code::SessionOverlap, |stage| {
        let engaged = done(stage.post(Scope::Teaching, "/v1/instructors", &instructor(100_000)));
        let mut session = lesson(&stage.course_run_id, &engaged["payee_id"]);
        session["starts_at"] = json!("09:00");
        done(stage.post(Scope::Teaching, "/v1/sessions", &session));
        session["starts_at"] = json!("10:30");
        stage.post(Scope::Teaching, "/v1/sessions", &session)
    }),
    (Code::SelfApproval, |stage| {
        let session = stage.record_session(1_000);
        let path = format!("/v1/sessions/{}/accept", text(&session["session_id"]));
        stage.post(Scope::Teaching, &path, &json!({}))
    }),
    (Code::InvalidTransition, |stage| stage.act(&stage.voucher().id, "resume", &because("не стоял"))),
    (Code::IdempotencyKeyReused, |stage| {
        let office = stage.server.token(Scope::Programme);
        let agency = |code: &str| json!({ "code": code, "name": "Имя", "category": "state_body" });
        done(stage.server.post_with_key("key", office, "/v1/agencies", &agency("X-1")));
        stage.server.post_with_key("key", office, "/v1/agencies", &agency("X-2"))
    }),
    (Code::IdempotencyKeyMissing, |stage| {
        let request =
            stage.server.request("POST", "/v1/agencies").bearer_auth(stage.server.token(Scope::Admin));
        request.json(&json!({})).send().unwrap().into()
    }),
    (Code::InvalidField, |stage| stage.get(Scope::Programme, "/v1/vouchers/x")),
    (Code::MalformedBody, |stage| upload(stage, "application/json", "{")),
    (Code::MalformedFile, |stage| upload(stage, "text/csv", "nonsense")),
    (Code::WrongFileKind, |stage| upload(stage, "application/pdf", "%PDF-1.7")),
    (Code::UnsupportedMediaType, |stage| upload(stage, "application/zip", "PK")),
    (Code::TooLarge, |stage| upload(stage, "application/json", " ".repeat((4 << 20) + 1))),
    (Code::TooManyRows, |stage| request(stage, json!(vec![&stage.rows(1)[0]; TOO_MANY]))),
    (Code::RowsRefused, |stage| request(stage, json!(vec![&stage.rows(1)[0]; 2]))),
    (Code::NotFound, |stage| {
        stage.get(Scope::Programme, &format!("/v1/vouchers/{}", stage.server.app.new_id()))
    }),
    (Code::AlreadyExists, |stage| {
        let agency = json!({ "code": "PSK-S01", "name": "Имя", "category": "state_body" });
        stage.post(Scope::Programme, "/v1/agencies", &agency)
    }),
    (Code::MethodNotAllowed, |stage| stage.server.delete(stage.server.token(Scope::Admin), "/v1/agencies")),
    (Code::Unauthenticated, |stage| stage.server.get("", "/v1/agencies")),
    (Code::Forbidden, |stage| stage.get(Scope::Agency, "/v1/tokens")),
];

/// Codes that another test provokes, since it takes more than a request.
const ELSEWHERE: &[(Code, &str)] = &[
    (Code::WrongAccount, "`statements::a_statement_that_cannot_be_right_changes_nothing`"),
    (Code::StatementUnbalanced, "the same"),
    (Code::MalformedStatement, "the same"),
    (Code::PairingInvalid, "`devices::a_secret_pairs_one_device_once`"),
    (Code::BadItemSignature, "`offline_items::only_the_device_itself_is_believed`"),
    (Code::OutOfSequence, "`offline_items::a_gap_or_a_break_is_told_and_nothing_is_done`"),
    (Code::ClockNotBelieved, "`offline_items::what_cannot_be_followed_waits_for_a_person`, of an item"),
    (Code::DeviceRevoked, "the same"),
    (Code::FileProtected, "`sheets::files_that_are_none_of_ours_say_what_to_save_them_as`"),
    (Code::NotPassed, "`completion::whoever_passed_and_attended_completes_the_course_once`, of a row"),
    (Code::AttendanceTooLow, "the same"),
    (Code::SignInFailed, "`login::an_invited_person_signs_in_and_out`, on a page"),
    (Code::TooManyAttempts, "`login::guessing_is_slowed_down_and_the_persons_own_browser_is_not`, on a page"),
    (Code::PassNotValid, "`login::a_pass_signs_in_one_browser_for_a_day_at_most`, on a page"),
    (Code::NotFromHere, "`login::other_sites_get_nothing_done`"),
    (Code::Overloaded, "`trouble::a_full_queue_is_told_at_once_and_passes`"),
    (Code::OutcomeUnknown, "`trouble::a_writer_that_dies_is_told_as_unknown_and_then_as_unavailable`"),
    (Code::Unavailable, "the same"),
    (Code::LogKeyMissing, "`keys::without_a_key_for_the_log_nothing_is_written_and_everything_is_read`"),
    (Code::Internal, "`trouble::books_that_cannot_be_read_are_a_fault_of_ours_and_tell_nothing`"),
];

/// Two hours of lecture on 16 March.
fn lesson(run: &str, instructor: &Value) -> Value {
    json!({ "course_run_id": run, "instructor_id": instructor, "held_on": "2020-03-16", "phase": "lecture",
        "hours": 2 })
}

fn stopped(stage: &Stage, verb: &str) -> Reply {
    let voucher = stage.voucher();
    done(stage.act(&voucher.id, verb, &because("по заявлению органа")));
    stage.redeem(&voucher)
}

fn request(stage: &Stage, rows: Value) -> Reply {
    let body = json!({ "programme_id": stage.programme_id, "mode": "all_or_nothing", "rows": rows });
    stage.post(Scope::Agency, "/v1/requests", &body)
}

/// The refusal of the first row, which has the place of the whole.
fn row(mut reply: Reply) -> Reply {
    let row = reply.json["facts"]["rows"][0].take();
    reply.json["code"] = row["code"].clone();
    reply
}

fn upload(stage: &Stage, content_type: &str, body: impl Into<String>) -> Reply {
    let request =
        stage.server.request("POST", "/v1/employees").bearer_auth(stage.server.token(Scope::Agency));
    let request = request.header("Idempotency-Key", "upload").header("Content-Type", content_type);
    request.body(body.into()).send().unwrap().into()
}

#[test]
fn every_code_is_provoked() {
    for (code, provoke) in PROVOKED {
        let reply = provoke(&Stage::start(3));
        assert_eq!(reply.code(), code.as_str(), "{reply:?}");
        for part in ["title", "detail", "remedy"] {
            assert!(!text(&reply.json[part]).is_empty(), "{part} of {reply:?}");
        }
    }
}

#[test]
fn no_code_is_forgotten() {
    let name = |code: &Code| code.as_str();
    let provoked: Vec<_> = PROVOKED.iter().map(|(code, _)| name(code)).collect();
    let elsewhere: Vec<_> = ELSEWHERE.iter().map(|(code, _)| name(code)).collect();
    let known: BTreeSet<_> = provoked.iter().chain(&elsewhere).copied().collect();
    assert_eq!(known.len(), provoked.len() + elsewhere.len(), "none twice");
    assert_eq!(known, Code::ALL.iter().map(name).collect(), "each of them");
}
