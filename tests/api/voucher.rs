//! Vouchers: issued from an approved request, listed, shown and drawn; whose they are, and repeats.

use crate::stage::{FACE_VALUE, Stage, Voucher, assert_not_possible, because, done, rub, text};
use serde_json::{Value, json};
use training_vouchers::credential::{self, qr};
use training_vouchers::kernel::Scope;

const DAY: i64 = 86_400;

fn path(voucher: &Voucher, rest: &str) -> String {
    format!("/v1/vouchers/{}{rest}", voucher.id)
}

#[test]
fn a_request_becomes_signed_vouchers_and_money_is_reserved_at_issue() {
    let stage = Stage::start(3);
    let rows = stage.rows(2);
    let request_id = stage.request(stage.server.token(Scope::Agency), &stage.programme_id, &rows);
    let issue = format!("/v1/requests/{request_id}/issue");
    let early = stage.post(Scope::Programme, &issue, &json!({}));
    assert_eq!(early.problem(), (409, "invalid_transition"));
    assert_eq!(early.json["facts"]["allowed"], json!(["approve", "reject"]));
    stage.approve(&request_id);
    assert_eq!(stage.money(), (3 * FACE_VALUE, 0), "approval holds seats, not money");

    let office = stage.server.token(Scope::Programme);
    let issued = stage.server.post_with_key("issue-1", office, &issue, &json!({}));
    assert_eq!(issued.status, 201, "{issued:?}");
    assert_eq!(stage.money(), (FACE_VALUE, 2 * FACE_VALUE));
    assert!(text(&issued.json["receipt"]).starts_with("c2sp.org/tlog-proof"));
    for (row, voucher) in rows.iter().zip(issued.json["vouchers"].as_array().unwrap()) {
        assert_eq!(voucher["client_ref"], row["client_ref"]);
        let handed_out = stage.handed_out(&text(&voucher["voucher_id"]));
        assert_eq!(voucher["number"], handed_out.number.as_str());
        let verified = credential::verify(&handed_out.credential, &stage.server.app.keyring()).unwrap();
        let claims = verified.claims();
        assert_eq!(claims.voucher_id.to_string(), handed_out.id);
        assert_eq!((claims.holder.as_str(), claims.face_value.get()), ("Иванова А. П.", FACE_VALUE));
        assert_eq!((claims.audience.as_str(), claims.agency_code.as_str()), ("PSKGU", "PSK-S01"));
        assert!(!handed_out.credential.contains("Иванова") && handed_out.credential.len() <= 512);
    }

    let again = stage.server.post_with_key("issue-1", office, &issue, &json!({}));
    assert_eq!((again.status, &again.json), (200, &issued.json), "the same key, the same answer");
    let anew = stage.post(Scope::Programme, &issue, &json!({}));
    assert_not_possible(&anew, "issue", "issued", &[]);
    assert_eq!(stage.money(), (FACE_VALUE, 2 * FACE_VALUE));
}

/// Whoever was accepted and approved must get a voucher: one that could not be signed would hold up a whole
/// request.
#[test]
fn the_longest_name_of_the_longest_agency_fits_into_a_credential() {
    let stage = Stage::start(0);
    let programme_id = stage.open_programme("LONGEST8", 1, |_| {});
    let agency = json!({ "code": "PSK-ABCDEFGHIJKL", "name": "Орган", "category": "state_body" });
    let agency = done(stage.post(Scope::Programme, "/v1/agencies", &agency));
    stage.set_quota(&programme_id, &text(&agency["agency_id"]), 1);
    let token = stage.server.person("hr", Scope::Agency, json!({ "agency_id": agency["agency_id"] }));
    let mut rows = stage.rows(1);
    rows[0]["family_name"] = json!("Щ".repeat(60));
    let request_id = stage.request(&token, &programme_id, &rows);
    stage.approve(&request_id);
    let issued = done(stage.post(Scope::Programme, &format!("/v1/requests/{request_id}/issue"), &json!({})));
    let voucher = stage.handed_out(&text(&issued["vouchers"][0]["voucher_id"]));
    assert!((508..=512).contains(&voucher.credential.len()), "as much of it as fits");
    let verified = credential::verify(&voucher.credential, &stage.server.app.keyring()).unwrap();
    let holder = &verified.claims().holder;
    assert!(holder.starts_with("ЩЩЩЩЩЩЩЩ") && holder.ends_with("Щ… А. П."), "{holder}");
    assert_eq!(stage.get(Scope::Programme, &path(&voucher, "/qr.png")).status, 200);
}

#[test]
fn issuing_beyond_the_budget_names_the_shortfall_and_releases_what_has_lapsed_first() {
    let stage = Stage::start(2);
    stage.vouchers(2);
    let request_id = stage.request(stage.server.token(Scope::Agency), &stage.programme_id, &stage.rows(1));
    stage.approve(&request_id);
    let issue = format!("/v1/requests/{request_id}/issue");
    let short = stage.post(Scope::Programme, &issue, &json!({}));
    assert_eq!(short.problem(), (409, "budget_exceeded"));
    assert_eq!(
        short.json["facts"],
        json!({ "needed_kopecks": FACE_VALUE, "available_kopecks": 0, "shortfall_kopecks": FACE_VALUE })
    );
    assert!(text(&short.json["detail"]).contains("6\u{a0}500,00\u{a0}₽"), "{short:?}");
    // Lapsed on 16 December, released after three days of grace.
    stage.server.advance(276 * DAY);
    assert_eq!(stage.post(Scope::Programme, &issue, &json!({})).code(), "budget_exceeded", "still in grace");
    stage.server.advance(DAY);
    assert_eq!(stage.post(Scope::Programme, &issue, &json!({})).status, 201);
    assert_eq!(stage.money(), (FACE_VALUE, FACE_VALUE));
}

#[test]
fn vouchers_are_listed_filtered_and_paged() {
    let stage = Stage::start(5);
    let vouchers = stage.vouchers(4);
    done(stage.act(&vouchers[1].id, "suspend", &because("проверка")));
    done(stage.redeem(&vouchers[2]));
    let numbers = |query: &str| -> Vec<String> {
        let listed = done(stage.get(Scope::Programme, &format!("/v1/vouchers?{query}")));
        listed["items"].as_array().unwrap().iter().map(|voucher| text(&voucher["number"])).collect()
    };
    let number = |index: usize| vouchers[index].number.clone();
    let programme = format!("programme_id={}", stage.programme_id);
    assert_eq!(numbers(&programme), [number(0), number(1), number(2), number(3)]);
    assert_eq!(numbers("status=suspended"), [number(1)]);
    assert_eq!(numbers("status=redeemed"), [number(2)]);
    assert_eq!(numbers(&format!("programme_id={}", stage.server.app.new_id())), [] as [String; 0]);
    let kid = text(&stage.shown(&vouchers[0].id)["kid"]);
    assert_eq!(numbers(&format!("kid={kid}")).len(), 4);

    let first = done(stage.get(Scope::Auditor, &format!("/v1/vouchers?{programme}&limit=3")));
    assert_eq!(first["items"].as_array().unwrap().len(), 3);
    assert!(first["items"][0]["credential"].is_null(), "a list names nobody");
    let cursor = text(&first["next_cursor"]);
    let rest = done(stage.get(Scope::Auditor, &format!("/v1/vouchers?{programme}&limit=3&cursor={cursor}")));
    assert_eq!((&rest["items"][0]["number"], &rest["next_cursor"]), (&json!(number(3)), &Value::Null));
    for (query, field) in [
        ("status=lost", "status"),
        ("kid=%21", "kid"),
        ("programme_id=x", "query"),
        ("cursor=x", "cursor"),
        ("limit=0", "limit"),
        ("colour=red", "colour"),
    ] {
        let reply = stage.get(Scope::Programme, &format!("/v1/vouchers?{query}"));
        assert_eq!(
            (reply.problem(), &reply.json["field"]),
            ((422, "invalid_field"), &json!(field)),
            "{query}"
        );
    }
}

#[test]
fn one_voucher_is_shown_and_only_those_who_hand_it_out_get_its_credential() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let shown = stage.shown(&voucher.id);
    assert_eq!((&shown["status"], &shown["lapsed"]), (&json!("issued"), &json!(false)));
    assert_eq!(shown["face_value"], rub(FACE_VALUE));
    assert_eq!(shown["allowed"], json!(["suspend", "void", "replace", "extend", "expire", "redeem"]));
    assert_eq!(
        (&shown["credential_version"], &shown["agency_id"]),
        (&json!(1), &json!(stage.server.agency_id))
    );
    let agency = stage.get(Scope::Agency, &path(&voucher, ""));
    assert_eq!(agency.json["credential"], voucher.credential.as_str());
    assert!(agency.header("cache-control").contains("private"), "{:?}", agency.headers);
    assert!(stage.get(Scope::Auditor, &path(&voucher, "")).json["credential"].is_null());
    stage.server.advance(274 * DAY);
    assert_eq!(stage.shown(&voucher.id)["lapsed"], true);
}

#[test]
fn the_picture_holds_the_credential() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let get = |name: &str| {
        let request = stage.server.request("GET", &path(&voucher, name));
        request.bearer_auth(stage.server.token(Scope::Agency)).send().unwrap()
    };
    let png = get("/qr.png");
    assert_eq!((png.status().as_u16(), png.headers()["content-type"].to_str().unwrap()), (200, "image/png"));
    assert_eq!(qr::read(&png.bytes().unwrap()).unwrap().concat(), voucher.credential);
    let svg = get("/qr.svg");
    assert_eq!(svg.headers()["content-type"], "image/svg+xml");
    assert_eq!(read_svg(&svg.text().unwrap()), voucher.credential);
}

/// Draws the one path of our SVG, whose runs are `M<x> <y>h<length>v1h-<length>z`, and reads the picture.
fn read_svg(svg: &str) -> String {
    const SCALE: usize = 4;
    let between = |text: &str, from: &str, to: &str| -> String {
        text.split_once(from).unwrap().1.split_once(to).unwrap().0.to_owned()
    };
    let side: usize = between(svg, "viewBox=\"0 0 ", " ").parse().unwrap();
    let mut dark = vec![false; side * side];
    for run in between(svg, " d=\"M", "z\"").split("zM") {
        let (x, rest) = run.split_once(' ').unwrap();
        let (y, rest) = rest.split_once('h').unwrap();
        let [x, y, length] = [x, y, rest.split_once('v').unwrap().0].map(|n| n.parse::<usize>().unwrap());
        dark[y * side + x..][..length].fill(true);
    }
    let pixel = |x: usize, y: usize| if dark[y / SCALE * side + x / SCALE] { 0 } else { 255 };
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(side * SCALE, side * SCALE, pixel);
    picture.detect_grids()[0].decode().unwrap().1
}

#[test]
fn an_agency_sees_and_touches_only_its_own() {
    let stage = Stage::start(2);
    let voucher = stage.voucher();
    let other = &stage.server.other_agency;
    assert_eq!(done(stage.server.get(other, "/v1/vouchers"))["items"], json!([]));
    for rest in ["", "/history", "/qr.svg", "/qr.png"] {
        let reply = stage.server.get(other, &path(&voucher, rest));
        assert_eq!(
            (reply.problem(), &reply.json["facts"]["what"]),
            ((404, "not_found"), &json!("voucher")),
            "{rest}"
        );
    }
    for verb in ["suspend", "resume", "void", "replace"] {
        let reply = stage.server.post(other, &path(&voucher, &format!("/{verb}")), &because("чужой"));
        assert_eq!(reply.problem(), (404, "not_found"), "{verb}");
    }
    let history = stage.deeds(&voucher.id);
    assert_eq!(history, [("issue".to_owned(), "done".to_owned())], "and leaves no trace in it");
    let own = stage.server.token(Scope::Agency);
    done(stage.server.post(own, &path(&voucher, "/suspend"), &because("своё решение")));
    // The office's own: keys are a family of the organisation, so another's are free.
    let key = "shared-key";
    done(stage.server.post_with_key(key, own, &path(&voucher, "/resume"), &because("своё решение")));
    let theirs = stage.server.post_with_key(key, other, &path(&voucher, "/resume"), &because("своё решение"));
    assert_eq!(theirs.problem(), (404, "not_found"), "another's key tells nothing");
}

#[test]
fn a_repeat_with_its_key_gets_the_same_answer_and_does_nothing_twice() {
    let stage = Stage::start(2);
    let vouchers = stage.vouchers(2);
    let office = stage.server.token(Scope::Programme);
    let extension = json!({ "valid_until": "2020-12-31", "reason": "перенос" });
    let cases = [
        (0, "suspend", because("проверка"), 200),
        (0, "resume", because("проверка"), 200),
        (0, "extend", extension, 200),
        (0, "replace", because("утерян"), 201),
        (1, "void", because("уволен"), 200),
    ];
    for (index, verb, body, status) in cases {
        stage.server.advance(1);
        let path = path(&vouchers[index], &format!("/{verb}"));
        let first = stage.server.post_with_key(verb, office, &path, &body);
        assert_eq!(first.status, status, "{first:?}");
        let before = stage.history(&vouchers[index].id);
        let again = stage.server.post_with_key(verb, office, &path, &body);
        assert_eq!((again.status, &again.json), (200, &first.json), "{verb}");
        assert_eq!(stage.history(&vouchers[index].id), before, "{verb}");
        let mut other = body.clone();
        other["reason"] = json!("другая причина");
        let reused = stage.server.post_with_key(verb, office, &path, &other);
        assert_eq!(
            (reused.problem(), &reused.json["field"]),
            ((409, "idempotency_key_reused"), &json!("Idempotency-Key"))
        );
        let elsewhere = format!("/v1/vouchers/{}/{verb}", vouchers[1 - index].id);
        let reused = stage.server.post_with_key(verb, office, &elsewhere, &body);
        assert_eq!(reused.code(), "idempotency_key_reused", "{verb} of another voucher");
    }
    assert_eq!(stage.shown(&vouchers[0].id)["status"], "replaced");
    assert_eq!(done(stage.get(Scope::Programme, "/v1/vouchers"))["items"].as_array().unwrap().len(), 3);
}
