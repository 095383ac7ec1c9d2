//! Redemption at the enrolment table: looking, redeeming once, every refusal, repeats.

use crate::harness::Reply;
use crate::stage::{FACE_VALUE, LAST_DAY, Stage, Voucher, because, done, rub, text};
use serde_json::{Value, json};
use training_vouchers::credential::{self, Kid, Signer, decode, encode};
use training_vouchers::kernel::{Scope, Timestamp, VoucherId};

const DAY: i64 = 86_400;
const REDEMPTIONS: &str = "/v1/redemptions";

#[test]
fn a_preview_looks_and_spends_nothing() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let seen = done(stage.preview(&voucher.credential));
    assert_eq!(
        seen,
        json!({ "voucher_id": voucher.id, "number": voucher.number, "face_value": rub(FACE_VALUE),
            "expires_at": "2020-12-15T21:00:00.000Z", "course_run": "П-01", "free_seats": 25 })
    );
    let by_number = json!({ "number": voucher.number.to_lowercase(), "course_run_id": stage.course_run_id });
    assert_eq!(done(stage.post(Scope::Registrar, "/v1/redemptions/preview", &by_number)), seen);
    assert_eq!(stage.status(&voucher.id), "issued");
    assert_eq!(stage.deeds(&voucher.id).len(), 1);
}

#[test]
fn a_voucher_becomes_an_enrolment_and_its_money_an_obligation() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let body = stage.redemption(&format!(" {}\n", voucher.credential));
    let redeemed = stage.send_redemption(&body);
    assert_eq!(redeemed.status, 201, "{redeemed:?}");
    assert!(text(&redeemed.json["receipt"]).starts_with("c2sp.org/tlog-proof"));
    let expected = json!({
        "redemption_id": body["redemption_id"], "voucher_id": voucher.id, "number": voucher.number,
        "programme_id": stage.programme_id, "course_run_id": stage.course_run_id, "course_run": "П-01",
        "redeemed_at": stage.server.now(), "face_value": rub(FACE_VALUE), "by_number": false,
    });
    let mut told = redeemed.json.clone();
    told.as_object_mut().unwrap().remove("receipt");
    assert_eq!(told, expected);
    assert_eq!((stage.balance("reserved"), stage.balance("obligated")), (0, FACE_VALUE));
    assert_eq!(stage.status(&voucher.id), "redeemed");
    let run = done(stage.get(Scope::Registrar, &format!("/v1/course-runs/{}", stage.course_run_id)));
    assert_eq!((&run["enrolled"], &run["free_seats"]), (&json!(1), &json!(24)));

    let mut shown = expected;
    shown["status"] = json!("live");
    let one = format!("{REDEMPTIONS}/{}", text(&body["redemption_id"]));
    assert_eq!(done(stage.get(Scope::Teaching, &one)), shown);
    let list = format!("{REDEMPTIONS}?course_run_id={}", stage.course_run_id);
    assert_eq!(done(stage.get(Scope::Teaching, &list)), json!({ "items": [shown], "next_cursor": null }));
    let foreigner = stage.foreigner(Scope::Registrar);
    assert_eq!(stage.server.get(&foreigner, &one).problem(), (404, "not_found"));
    assert_eq!(done(stage.server.get(&foreigner, &list))["items"], json!([]));
}

#[test]
fn registrars_alone_see_who_is_in_a_run_and_find_them_by_name_or_number() {
    let stage = Stage::start(3);
    let mut rows = stage.rows(3);
    for (row, family_name) in rows.iter_mut().zip(["Ёлкина", "Еловых", "Петрова"]) {
        row["family_name"] = json!(family_name);
    }
    let request_id = stage.request(stage.server.token(Scope::Agency), &stage.programme_id, &rows);
    stage.approve(&request_id);
    let issued = done(stage.post(Scope::Programme, &format!("/v1/requests/{request_id}/issue"), &json!({})));
    let vouchers = issued["vouchers"].as_array().unwrap().iter();
    let vouchers: Vec<Voucher> =
        vouchers.map(|voucher| stage.handed_out(&text(&voucher["voucher_id"]))).collect();
    for voucher in &vouchers {
        done(stage.redeem(voucher));
    }
    let list = format!("{REDEMPTIONS}?course_run_id={}", stage.course_run_id);
    let found = |scope, more: &str| -> Vec<Value> {
        let items = done(stage.get(scope, &format!("{list}{more}")))["items"].take();
        items.as_array().unwrap().iter().map(|item| item["holder"].clone()).collect()
    };
    let [yolkina, yelovykh, petrova] = ["Ёлкина А. П.", "Еловых А. П.", "Петрова А. П."];
    assert_eq!(found(Scope::Registrar, ""), [yolkina, yelovykh, petrova]);
    for (sought, expected) in [
        ("%D0%B5%D0%BB", vec![yolkina, yelovykh]), // ел
        ("%D0%9F%D0%95%D0%A2%D0%A0%D0%9E%D0%92%D0%90+%D0%90.", vec![petrova]), // ПЕТРОВА А.
        (&vouchers[1].number.to_lowercase(), vec![yelovykh]),
        ("+", vec![yolkina, yelovykh, petrova]),
        ("%25", vec![]), // a wildcard of SQL's
    ] {
        assert_eq!(found(Scope::Registrar, &format!("&q={sought}")), expected, "{sought}");
    }
    let first = done(stage.get(Scope::Registrar, &format!("{list}&q=%D0%B5%D0%BB&limit=1")));
    let next = format!("&q=%D0%B5%D0%BB&limit=1&cursor={}", text(&first["next_cursor"]));
    assert_eq!(
        (&first["items"][0]["holder"], found(Scope::Registrar, &next)),
        (&json!(yolkina), vec![json!(yelovykh)])
    );

    for scope in [Scope::Teaching, Scope::Programme, Scope::Auditor] {
        assert_eq!(found(scope, ""), vec![Value::Null; 3], "{scope:?}");
        assert_eq!(
            found(scope, "&q=%D0%B5%D0%BB"),
            Vec::<Value>::new(),
            "{scope:?}: a name is not even found"
        );
        assert_eq!(found(scope, &format!("&q={}", vouchers[2].number)).len(), 1, "{scope:?}");
    }
    let redemption_id = &done(stage.get(Scope::Registrar, &list))["items"][2]["redemption_id"];
    let one = format!("{REDEMPTIONS}/{}", text(redemption_id));
    assert_eq!(done(stage.get(Scope::Registrar, &one))["holder"], petrova);
    assert!(done(stage.get(Scope::Auditor, &one)).get("holder").is_none());
    let foreigner = stage.foreigner(Scope::Registrar);
    assert_eq!(done(stage.server.get(&foreigner, &format!("{list}&q=%D0%B5%D0%BB")))["items"], json!([]));
}

#[test]
fn a_voucher_is_redeemed_by_its_number_and_that_is_kept() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let by_number = |number: &str| {
        json!({ "redemption_id": stage.server.app.new_id(), "number": number,
            "course_run_id": stage.course_run_id, "identity_checked": true })
    };
    let slip = format!("{}{}", &voucher.number[..voucher.number.len() - 1], (check_digit(&voucher) + 1) % 10);
    for number in [slip.as_str(), "", "PSK20", "PSK20-1-1", "PSK20-99999999999999999999-1"] {
        let reply = stage.send_redemption(&by_number(number));
        assert_eq!(
            (reply.problem(), &reply.json["field"]),
            ((422, "invalid_field"), &json!("number")),
            "{number}"
        );
    }
    let nobody = valid_number("PSK20", 999);
    assert_eq!(stage.send_redemption(&by_number(&nobody)).problem(), (404, "unknown_voucher"));
    assert_eq!(stage.send_redemption(&by_number(&valid_number("PSK20", u64::MAX))).code(), "unknown_voucher");
    assert_eq!(
        stage.send_redemption(&by_number(&valid_number("NONE", 1))).problem(),
        (422, "wrong_programme")
    );
    let mut both = by_number(&voucher.number);
    both["credential"] = json!(voucher.credential);
    assert_eq!(stage.send_redemption(&both).json["field"], "credential");
    let mut neither = by_number(&voucher.number);
    neither["number"] = Value::Null;
    assert_eq!(stage.send_redemption(&neither).json["field"], "credential");

    let redeemed = stage.send_redemption(&by_number(&voucher.number));
    assert_eq!((redeemed.status, &redeemed.json["by_number"]), (201, &json!(true)), "{redeemed:?}");
    assert_eq!(stage.history(&voucher.id)[1]["facts"]["by_number"], true);
}

fn check_digit(voucher: &Voucher) -> u8 {
    voucher.number.as_bytes()[voucher.number.len() - 1] - b'0'
}

fn valid_number(code: &str, serial: u64) -> String {
    use training_vouchers::kernel::voucher_number::{ProgrammeCode, VoucherNumber};
    VoucherNumber::new(ProgrammeCode::parse(code).unwrap(), serial).to_string()
}

/// How the voucher is presented to the registrar, and how that must be refused.
struct Refused<'a> {
    body: Value,
    problem: (u16, &'a str),
    facts: Value,
    /// What the Russian words must tell.
    told: &'a [&'a str],
    /// Whose history keeps the attempt; none when nothing says whose it is.
    voucher: Option<&'a Voucher>,
}

impl Refused<'_> {
    #[track_caller]
    fn check(&self, stage: &Stage) {
        let Self { body, problem, facts, told, voucher } = self;
        let before = voucher.map_or(0, |voucher| stage.deeds(&voucher.id).len());
        let balances = |stage: &Stage| ["available", "reserved", "obligated"].map(|name| stage.balance(name));
        let money = balances(stage);
        let ask = |language: &str, path: &str, body: &Value| -> Reply {
            stage.server.advance(1);
            let request =
                stage.server.request("POST", path).bearer_auth(stage.server.token(Scope::Registrar));
            request.header("Accept-Language", language).json(body).send().unwrap().into()
        };
        let (english, russian) = (ask("en", REDEMPTIONS, body), ask("ru", REDEMPTIONS, body));
        for (reply, language) in [(&english, "en"), (&russian, "ru")] {
            assert_eq!(reply.problem(), *problem, "{reply:?}");
            assert_eq!(&reply.json["facts"], facts, "{reply:?}");
            assert_eq!(reply.header("content-language"), language);
            for part in ["title", "detail", "remedy"] {
                let words = text(&reply.json[part]);
                let is_russian = words.chars().any(|c| ('а'..='я').contains(&c));
                assert!(
                    !words.is_empty() && (is_russian || language == "en"),
                    "{part} in {language}: {words}"
                );
            }
        }
        for words in *told {
            assert!(text(&russian.json["detail"]).contains(words), "{words} in {russian:?}");
        }
        if body["identity_checked"] == true {
            let mut look = body.clone();
            look.as_object_mut()
                .unwrap()
                .retain(|name, _| !["redemption_id", "identity_checked"].contains(&&**name));
            let preview = ask("ru", "/v1/redemptions/preview", &look);
            assert_eq!(
                (preview.problem(), &preview.json["facts"]),
                (*problem, facts),
                "a look is told the same"
            );
        }
        assert_eq!(balances(stage), money, "no money moved");
        if let Some(voucher) = voucher {
            let tried = vec![("redeem".to_owned(), problem.1.to_owned()); 2];
            assert_eq!(stage.deeds(&voucher.id)[before..], tried, "both attempts are in its history");
            let kept = &stage.history(&voucher.id)[before];
            assert_eq!((&kept["facts"]["facts"], &kept["by"]), (facts, &json!("registrar")));
        }
    }
}

#[test]
fn what_is_not_a_genuine_credential_of_ours_is_refused() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let kid = text(&stage.shown(&voucher.id)["kid"]);
    let bytes = decode(&voucher.credential).unwrap();
    let with_last = |change: u8| {
        let mut bytes = bytes.clone();
        *bytes.last_mut().unwrap() ^= change;
        encode(&bytes)
    };
    let stranger = Signer::from_secret(&[7; 32]);
    let keyring = stage.server.app.keyring();
    let claims = credential::verify(&voucher.credential, &keyring).unwrap().claims().clone();
    let by_stranger = encode(credential::sign(&claims, &stranger).unwrap().bytes());
    let malformed = |credential: &str, reason: &str| {
        (credential.to_owned(), "malformed_credential", json!({ "reason": reason }))
    };
    let truncated = encode(&bytes[..bytes.len() - 1]);
    let mut longer = bytes.clone();
    longer.push(0);
    let of_key = |kid: &str| json!({ "kid": kid });
    let early = Timestamp::from_millis(0);
    let record = keyring.record(&kid.parse::<Kid>().unwrap()).unwrap().clone();
    let cases = [
        malformed("", "wrong_prefix"),
        malformed("https://example.org/", "wrong_prefix"),
        malformed(&voucher.credential.replace("TV1:", "TV2:"), "wrong_prefix"),
        malformed("TV1:", "not_cbor"),
        malformed("TV1:ааа", "bad_base45"),
        malformed(&format!("TV1:{}", "0".repeat(2_000)), "text_too_long"),
        malformed(&truncated, "not_cbor"),
        malformed(&encode(&longer), "trailing_bytes"),
        (with_last(1), "bad_signature", of_key(&kid)),
        (with_last(0x80), "bad_signature", of_key(&kid)),
        (by_stranger, "unknown_key", of_key(&stranger.kid().to_string())),
        (
            stage.forge(&voucher.credential, |claims| claims.issuer = "other.example".into()),
            "wrong_issuer",
            json!({ "issuer": "other.example", "expected": "tv.example" }),
        ),
        (
            stage.forge(&voucher.credential, |claims| claims.issued_at = early),
            "key_not_valid_at_issue",
            json!({ "kid": kid, "issued_at": early, "valid_from": record.valid_from, "valid_until": null }),
        ),
    ];
    for (credential, code, facts) in cases {
        let body = stage.redemption(&credential);
        Refused { body, problem: (422, code), facts, told: &[], voucher: None }.check(&stage);
    }
    assert_eq!(stage.redeem(&voucher).status, 201, "the genuine one is not spent by any of them");
}

#[test]
fn a_genuine_credential_of_nothing_here_is_refused() {
    let stage = Stage::start(2);
    let voucher = stage.voucher();
    let nowhere = stage.server.app.new_id();
    let unknown = stage.forge(&voucher.credential, |claims| claims.voucher_id = VoucherId(nowhere));
    let body = stage.redemption(&unknown);
    Refused { body, problem: (404, "unknown_voucher"), facts: json!({}), told: &[], voucher: None }
        .check(&stage);
    let elsewhere = stage.forge(&voucher.credential, |claims| claims.programme_id = nowhere.into());
    let body = stage.redemption(&elsewhere);
    Refused { body, problem: (422, "wrong_programme"), facts: json!({}), told: &[], voucher: None }
        .check(&stage);
    let meant_for = stage.forge(&voucher.credential, |claims| claims.audience = "NOVSU".into());
    Refused {
        body: stage.redemption(&meant_for),
        problem: (422, "wrong_university"),
        facts: json!({ "audience": "NOVSU" }),
        told: &["NOVSU"],
        voucher: Some(&voucher),
    }
    .check(&stage);
    let other_programme = stage.open_programme("PSK21", 1, |_| {});
    let mut other_run = stage.redemption(&voucher.credential);
    other_run["course_run_id"] = json!(stage.course_run_of(&other_programme, "П-01", 5));
    Refused {
        body: other_run,
        problem: (422, "wrong_programme"),
        facts: json!({ "voucher_programme": "PSK20" }),
        told: &["PSK20"],
        voucher: Some(&voucher),
    }
    .check(&stage);
    let mut no_run = stage.redemption(&voucher.credential);
    no_run["course_run_id"] = json!(nowhere);
    Refused {
        body: no_run,
        problem: (404, "not_found"),
        facts: json!({ "what": "course_run" }),
        told: &[],
        voucher: Some(&voucher),
    }
    .check(&stage);
}

#[test]
fn a_registrar_of_another_university_is_told_nothing_but_whose_it_is() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let body = stage.redemption(&voucher.credential);
    done(stage.send_redemption(&body));
    let foreigner = stage.foreigner(Scope::Registrar);
    for body in [&body, &stage.redemption(&voucher.credential)] {
        stage.server.advance(1);
        let reply = stage.server.post(&foreigner, REDEMPTIONS, body);
        assert_eq!(reply.problem(), (422, "wrong_university"), "a repeat's answer is not theirs either");
        assert_eq!(reply.json["facts"], json!({ "audience": "PSKGU" }));
    }
    let tried = stage.history(&voucher.id);
    assert_eq!((tried.len(), &tried[3]["by"]), (4, &json!("foreign-registrar")));
}

#[test]
fn a_voucher_outside_of_its_days_is_refused_with_them() {
    let stage = Stage::start(1);
    let early = stage.open_programme("EARLY", 1, |form| form["valid_from"] = json!("2020-04-01"));
    let voucher = stage.vouchers_of(&early, 1).pop().unwrap();
    let mut body = stage.redemption(&voucher.credential);
    body["course_run_id"] = json!(stage.course_run_of(&early, "П-02", 5));
    Refused {
        body,
        problem: (422, "not_yet_valid"),
        facts: json!({ "not_before": "2020-03-31T21:00:00.000Z" }),
        told: &["01.04.2020"],
        voucher: Some(&voucher),
    }
    .check(&stage);
    let lapsed = stage.voucher();
    stage.server.advance(274 * DAY);
    let facts = json!({ "expires_at": format!("{LAST_DAY}T21:00:00.000Z") });
    let body = stage.redemption(&lapsed.credential);
    let problem = (422, "expired");
    Refused { body, problem, facts: facts.clone(), told: &["МСК"], voucher: Some(&lapsed) }.check(&stage);
    // The reserve is released three days later: the answer stays.
    stage.server.advance(4 * DAY);
    let release = format!("/v1/programmes/{}/release-expired", stage.programme_id);
    done(stage.post(Scope::Programme, &release, &json!({})));
    let body = stage.redemption(&lapsed.credential);
    Refused { body, problem, facts, told: &["МСК"], voucher: Some(&lapsed) }.check(&stage);
}

#[test]
fn a_voucher_that_was_stopped_is_refused_by_how() {
    let stage = Stage::start(3);
    let vouchers = stage.vouchers(3);
    for (voucher, (verb, code)) in
        vouchers.iter().zip([("suspend", "suspended"), ("void", "voided"), ("replace", "replaced")])
    {
        done(stage.act(&voucher.id, verb, &because("по заявлению органа")));
        let body = stage.redemption(&voucher.credential);
        Refused { body, problem: (409, code), facts: json!({}), told: &[], voucher: Some(voucher) }
            .check(&stage);
    }
}

#[test]
fn a_redeemed_voucher_says_when_and_where_and_by_which_redemption() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let redeemed = done(stage.redeem(&voucher));
    let problem = (409, "already_redeemed");
    let facts = json!({ "redemption_id": redeemed["redemption_id"], "redeemed_at": redeemed["redeemed_at"],
        "course_run": "П-01" });
    let told = ["17.03.2020 13:00 МСК", "П-01"];
    let body = stage.redemption(&voucher.credential);
    Refused { body: body.clone(), problem, facts: facts.clone(), told: &told, voucher: Some(&voucher) }
        .check(&stage);
    let mut by_number = stage.redemption("");
    by_number.as_object_mut().unwrap().remove("credential");
    by_number["number"] = json!(voucher.number);
    Refused { body: by_number, problem, facts, told: &told, voucher: Some(&voucher) }.check(&stage);

    // A final refusal is that id's answer for ever, also when the voucher is alive again.
    stage.server.advance(1);
    let reverse = format!("{REDEMPTIONS}/{}/reverse", text(&redeemed["redemption_id"]));
    done(stage.post(Scope::Registrar, &reverse, &json!({ "voucher": "issued", "reason": "ошибка" })));
    assert_eq!(stage.send_redemption(&body).problem(), problem);
    assert_eq!(stage.redeem(&voucher).status, 201);
}

#[test]
fn a_run_without_seats_or_closed_takes_nobody_and_spends_nothing() {
    let stage = Stage::start(3);
    let vouchers = stage.vouchers(2);
    let [full, closed] = ["П-02", "П-03"].map(|code| stage.course_run(code, 1));
    let into = |run: &str, voucher: &Voucher| {
        let mut body = stage.redemption(&voucher.credential);
        body["course_run_id"] = json!(run);
        body
    };
    done(stage.send_redemption(&into(&full, &vouchers[0])));
    Refused {
        body: into(&full, &vouchers[1]),
        problem: (409, "course_full"),
        facts: json!({ "course_run": "П-02", "seats": 1 }),
        told: &["1"],
        voucher: Some(&vouchers[1]),
    }
    .check(&stage);
    done(stage.post(Scope::Teaching, &format!("/v1/course-runs/{closed}/close"), &json!({})));
    Refused {
        body: into(&closed, &vouchers[1]),
        problem: (409, "course_run_closed"),
        facts: json!({ "course_run": "П-03" }),
        told: &[],
        voucher: Some(&vouchers[1]),
    }
    .check(&stage);
    // A passing refusal is decided anew: the same id gets the seat that came free.
    let waiting = into(&full, &vouchers[1]);
    assert_eq!(stage.send_redemption(&waiting).code(), "course_full");
    let made = done(stage.get(Scope::Registrar, &format!("{REDEMPTIONS}?course_run_id={full}")));
    let reverse = format!("{REDEMPTIONS}/{}/reverse", text(&made["items"][0]["redemption_id"]));
    done(stage.post(Scope::Registrar, &reverse, &json!({ "voucher": "issued", "reason": "ошибка" })));
    assert_eq!(stage.send_redemption(&waiting).status, 201);
}

#[test]
fn a_holder_whose_document_was_not_compared_is_not_enrolled() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let mut body = stage.redemption(&voucher.credential);
    body["identity_checked"] = json!(false);
    let problem = (422, "identity_not_checked");
    Refused { body: body.clone(), problem, facts: json!({}), told: &[], voucher: Some(&voucher) }
        .check(&stage);
    assert_eq!(stage.send_redemption(&body).json["field"], "identity_checked");
    body["identity_checked"] = json!(true);
    assert_eq!(stage.send_redemption(&body).status, 201, "the same id, corrected");
}

#[test]
fn the_same_id_gets_the_same_answer_for_ever_and_no_other_request_may_have_it() {
    let stage = Stage::start(2);
    let vouchers = stage.vouchers(2);
    let body = stage.redemption(&vouchers[0].credential);
    let first = stage.send_redemption(&body);
    assert_eq!(first.status, 201);
    let same = |reply: Reply, why: &str| assert_eq!((reply.status, &reply.text), (200, &first.text), "{why}");
    same(stage.send_redemption(&body), "at once");
    let colleague = stage.colleague(Scope::Registrar);
    same(stage.server.post(&colleague, REDEMPTIONS, &body), "sent by a colleague");
    let history = stage.deeds(&vouchers[0].id);
    assert_eq!(history.len(), 2, "a repeat is no attempt: {history:?}");
    let (mut other_voucher, mut other_run) = (body.clone(), body.clone());
    other_voucher["credential"] = json!(vouchers[1].credential);
    other_run["course_run_id"] = json!(stage.course_run("П-02", 5));
    for other in [other_voucher, other_run] {
        let reply = stage.send_redemption(&other);
        assert_eq!(reply.problem(), (409, "idempotency_key_reused"), "{reply:?}");
        assert_eq!(reply.json["field"], "redemption_id");
    }
    assert_eq!(stage.status(&vouchers[1].id), "issued");
    let reverse = format!("{REDEMPTIONS}/{}/reverse", text(&body["redemption_id"]));
    done(stage.post(Scope::Registrar, &reverse, &json!({ "voucher": "voided", "reason": "ошибка" })));
    same(stage.send_redemption(&body), "after its reversal");
    stage.server.advance(300 * DAY);
    same(stage.send_redemption(&body), "after the programme's last day");
}
