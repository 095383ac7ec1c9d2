//! The link of a certificate: what its holder sees without a login, and what a link that is none tells.

use crate::harness::Reply;
use crate::login::{Desk, pass};
use crate::stage::{Stage, Voucher, because, done, rub, text};
use serde_json::{Value, json};
use training_vouchers::kernel::Scope;

fn open(stage: &Stage, path: &str) -> Reply {
    stage.server.request("GET", path).send().unwrap().into()
}

fn link(stage: &Stage, voucher: &Voucher) -> String {
    text(&done(stage.get(Scope::Agency, &format!("/v1/vouchers/{}/link", voucher.id)))["link"])
}

#[test]
fn a_holder_sees_where_the_voucher_stands_without_a_login() {
    let stage = Stage::start(2);
    let voucher = stage.voucher();
    let of_voucher = format!("/v1/vouchers/{}/link", voucher.id);
    let given = done(stage.get(Scope::Agency, &of_voucher));
    assert_eq!(given, done(stage.get(Scope::Programme, &of_voucher)));
    assert_eq!(stage.server.get(&stage.server.other_agency, &of_voucher).problem(), (404, "not_found"));
    let link = text(&given["link"]);
    assert_eq!((link.len(), &link[..3]), (3 + 43, "/c/"));
    assert!(text(&given["url"]).starts_with("https://") && text(&given["url"]).ends_with(&link));

    let state = open(&stage, &format!("{link}/state.json"));
    assert_eq!(
        state.json,
        json!({ "number": voucher.number, "status": "issued", "lapsed": false, "holder": "Иванова А. П.",
            "agency": "Орган PSK-S01", "programme": "Переквалификация органов госвласти", "university": "ПсковГУ",
            "hours": 20, "face_value": rub(650_000), "valid_from": "2020-03-01", "valid_until": "2020-12-15",
            "illustrative": false, "enrolment": Value::Null })
    );
    assert_eq!(state.header("cache-control"), "private, no-cache");
    assert_eq!((state.header("referrer-policy"), state.header("x-robots-tag")), ("no-referrer", "noindex"));

    let at = stage.server.now().plus_seconds(1);
    done(stage.redeem(&voucher));
    let state = done(open(&stage, &format!("{link}/state.json")));
    assert_eq!(
        (&state["status"], &state["enrolment"]),
        (
            &json!("redeemed"),
            &json!({ "course_run": "П-01", "starts_on": "2020-03-02", "ends_on": "2020-03-31", "redeemed_at": at })
        )
    );
    let lapsing = stage.voucher();
    stage.server.advance(275 * 86_400);
    let state = done(open(&stage, &format!("{}/state.json", self::link(&stage, &lapsing))));
    assert_eq!((&state["status"], &state["lapsed"]), (&json!("issued"), &json!(true)));
}

#[test]
fn the_certificate_and_its_code_are_had_by_the_link_as_long_as_they_are_good() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let link = link(&stage, &voucher);
    let bytes = |path: &str| {
        let request = stage.server.request("GET", path).bearer_auth(stage.server.token(Scope::Agency));
        let response = request.send().unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.bytes().unwrap()
    };
    for file in ["certificate.pdf", "qr.svg"] {
        let by_id = bytes(&format!("/v1/vouchers/{}/{file}", voucher.id));
        let by_link = stage.server.request("GET", &format!("{link}/{file}")).send().unwrap();
        assert_eq!(by_link.headers()["cache-control"], "private, no-cache");
        assert_eq!(by_link.bytes().unwrap(), by_id, "{file}");
    }
    done(stage.act(&voucher.id, "void", &because("уволен")));
    for file in ["certificate.pdf", "qr.svg"] {
        assert_eq!(open(&stage, &format!("{link}/{file}")).problem(), (409, "voided"));
    }
    assert_eq!(done(open(&stage, &format!("{link}/state.json")))["status"], "voided");
}

#[test]
fn every_bad_link_gets_the_same_answer() {
    let stage = Stage::start(1);
    let link = link(&stage, &stage.voucher());
    let other = Stage::start(1);
    let another_installations = self::link(&other, &other.voucher());
    let swap = |at: usize| {
        let mut bytes = link.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let bad = [
        swap(3),
        swap(30),
        swap(45),
        another_installations,
        link[..link.len() - 1].to_owned(),
        format!("{link}A"),
        format!("{link}="),
        "/c/x".into(),
        "/c/%00".into(),
        "/c/018f0000-0000-7000-8000-000000000000".into(),
    ];
    let mut answers = Vec::new();
    for path in bad
        .iter()
        .flat_map(|link| ["state.json", "certificate.pdf", "qr.svg"].map(|file| format!("{link}/{file}")))
    {
        let mut reply = open(&stage, &path);
        assert_eq!(reply.problem(), (404, "not_found"), "{path}");
        reply.json["request_id"].take();
        answers.push(reply.json);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[test]
fn what_a_phone_keeps_names_nobody() {
    let stage = Stage::start(1);
    let link = link(&stage, &stage.voucher());
    let manifest = open(&stage, &format!("{link}/manifest.webmanifest"));
    assert_eq!((&manifest.json["start_url"], &manifest.json["scope"]), (&json!(link), &json!(link)));
    assert!(!manifest.text.contains("Иванова") && !manifest.text.contains("PSK20"), "{}", manifest.text);
    assert_eq!(manifest.header("cache-control"), "private, no-cache");
    assert_eq!(open(&stage, &format!("{link}A/manifest.webmanifest")).status, 404);
    let worker = open(&stage, "/c/worker.js");
    assert_eq!((worker.status, worker.header("content-type")), (200, "text/javascript; charset=utf-8"));

    let desk = Desk::new(&stage.server);
    assert_eq!(desk.post("/pass", &[("pass", &pass(&stage.server, Scope::Agency))]).status, 303);
    let page = desk.get(&link);
    let at = page.text.find("Состояние на ").expect("it says as of when");
    assert!(page.text[at..].starts_with("Состояние на 17 марта 2020"), "{}", &page.text[at..at + 100]);
    assert!(!page.text.contains("/sign-out"), "whoever opens it, the page is the holder's");
}
