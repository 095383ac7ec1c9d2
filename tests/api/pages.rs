//! The desks of agencies and the programme office, as a browser without script sees them.

use crate::harness::Reply;
use crate::login::{Desk, pass};
use crate::stage::{Stage, text};
use serde_json::json;
use training_vouchers::kernel::Scope;

pub fn desk_of(stage: &Stage, scope: Scope) -> Desk<'_> {
    let desk = Desk::new(&stage.server);
    assert_eq!(desk.post("/pass", &[("pass", &pass(&stage.server, scope))]).status, 303);
    desk
}

/// The page, whole and in words.
pub fn page(desk: &Desk<'_>, path: &str) -> String {
    let page = desk.get(path);
    assert_eq!(page.status, 200, "{path}: {}", page.text);
    assert!(!page.text.contains('⟦'), "{path}: {}", page.text);
    page.text
}

pub fn location(reply: &Reply) -> &str {
    assert_eq!(reply.status, 303, "{}", reply.text);
    reply.header("location")
}

#[test]
fn an_office_decides_a_request_and_issues_its_vouchers() {
    let stage = Stage::start(5);
    let request_id = stage.request(stage.server.token(Scope::Agency), &stage.programme_id, &stage.rows(2));
    let (agency, office) = (desk_of(&stage, Scope::Agency), desk_of(&stage, Scope::Programme));
    let path = format!("/desk/requests/{request_id}");
    assert!(page(&office, "/desk/requests").contains(&path), "it waits");
    assert!(page(&agency, &path).contains("ждёт решения") && !page(&agency, &path).contains("Одобрить"));
    assert_eq!(agency.fill_in(&format!("{path}/approve"), &[]).status, 403);
    assert!(page(&office, &path).contains("Одобрить"));
    let forgotten = office.fill_in(&format!("{path}/reject"), &[("reason", "")]);
    assert_eq!(forgotten.status, 422);
    assert_eq!(location(&office.fill_in(&format!("{path}/approve"), &[])), path);
    assert_eq!(office.fill_in(&format!("{path}/approve"), &[]).status, 409, "another wish, and too late");
    assert_eq!(location(&office.fill_in(&format!("{path}/issue"), &[])), path);
    let issued = page(&agency, &path);
    let voucher = issued.split("href=\"").find(|rest| rest.starts_with("/desk/vouchers/0")).unwrap();
    let voucher = voucher.split('"').next().unwrap();
    let shown = page(&agency, voucher);
    assert!(shown.contains("/certificate.pdf") && shown.contains("Приостановить"), "{shown}");
    let why = [("reason", "отпуск по уходу")];
    assert_eq!(location(&agency.fill_in(&format!("{voucher}/suspend"), &why)), voucher);
    let shown = page(&agency, voucher);
    assert!(shown.contains("приостановлен") && shown.contains("приостановка"), "{shown}");
    let replaced = agency.fill_in(&format!("{voucher}/replace"), &why);
    assert_ne!(location(&replaced), voucher, "the new one is shown");
    assert!(page(&agency, voucher).contains("заменён"));
    assert!(page(&agency, "/desk/vouchers?status=replaced").contains(voucher));
}

#[test]
fn a_form_that_is_sent_twice_is_carried_out_once() {
    let stage = Stage::start(5);
    let request_id = stage.request(stage.server.token(Scope::Agency), &stage.programme_id, &stage.rows(1));
    let office = desk_of(&stage, Scope::Programme);
    let path = format!("/desk/requests/{request_id}/approve");
    let token = text(&office.get("/v1/me").json["csrf_token"]);
    let form = [("csrf_token", token.as_str()), ("form_key", "one")];
    assert_eq!([office.post(&path, &form).status, office.post(&path, &form).status], [303, 303]);
}

#[test]
fn a_second_person_confirms_and_the_first_may_only_withdraw() {
    let stage = Stage::start(5);
    let lines = stage.get(Scope::Programme, &format!("/v1/programmes/{}/budget-lines", stage.programme_id));
    let path = format!("/v1/budget-lines/{}/appropriations", text(&lines.json["items"][0]["budget_line_id"]));
    let appropriation =
        json!({ "amount": { "amount": 100_000, "currency": "RUB" }, "document_number": "7-ОЗ" });
    let proposal_id = text(&stage.post(Scope::Treasury, &path, &appropriation).json["proposal_id"]);
    let own = desk_of(&stage, Scope::Treasury);
    let confirm = format!("/desk/proposals/{proposal_id}/confirm");
    let shown = page(&own, "/desk/proposals");
    assert!(shown.contains("7-ОЗ") && shown.contains("1\u{a0}000,00\u{a0}₽") && !shown.contains("/confirm"));
    let refused = own.fill_in(&confirm, &[]);
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("<h1>"), "in words: {}", refused.text);
    assert_eq!(
        location(&own.fill_in(&format!("/desk/proposals/{proposal_id}/withdraw"), &[])),
        "/desk/proposals"
    );
    assert!(page(&own, "/desk/proposals?show=all").contains("отозвано"));
}

#[test]
fn nobody_sees_anothers_and_every_page_has_both_languages() {
    let stage = Stage::start(5);
    let vouchers = stage.vouchers(2);
    stage.redeem(&vouchers[0]);
    assert_eq!(
        stage.server.get(&stage.server.other_agency, &format!("/desk/vouchers/{}", vouchers[0].id)).status,
        404
    );
    let pages = [
        "/desk",
        "/desk/progress",
        "/desk/requests?status=all",
        "/desk/vouchers",
        "/desk/proposals?show=all",
        "/desk/unmaskings",
        "/desk/queries",
    ];
    for scope in Scope::ALL {
        let desk = desk_of(&stage, scope);
        for language in ["en", "ru"] {
            desk.post("/language", &[("language", language), ("here", "/desk")]);
            for path in pages {
                let reply = desk.get(path);
                assert!([200, 403].contains(&reply.status), "{path} as {scope:?}: {}", reply.text);
                assert!(!reply.text.contains('⟦'), "{path} as {scope:?}: {}", reply.text);
            }
        }
        let one = desk.get(&format!("/desk/vouchers/{}", vouchers[0].id));
        assert!(!one.text.contains('⟦'), "{}", one.text);
    }
}

/// Every page of one programme begins with the last that is open, and has no other answer for one that is not there.
#[test]
fn pages_are_of_the_last_open_programme() {
    let stage = Stage::start(1);
    let older = stage.programme_id.clone();
    let closed = stage.open_programme("PSK21", 0, |_| {});
    let office = desk_of(&stage, Scope::Programme);
    let pages = ["progress", "requests", "vouchers", "conflicts", "unmaskings", "budget", "journal"];
    let chosen = |page: &str, id: &str| page.contains(&format!("value=\"{id}\" selected"));
    for name in pages {
        assert!(chosen(&page(&office, &format!("/desk/{name}")), &closed), "{name}: the newest that is open");
    }
    assert_eq!(
        stage.post(Scope::Programme, &format!("/v1/programmes/{closed}/close"), &json!({})).status,
        200
    );
    for name in pages {
        assert!(chosen(&page(&office, &format!("/desk/{name}")), &older), "{name}: the last that is open");
        assert!(chosen(&page(&office, &format!("/desk/{name}?programme_id={closed}")), &closed), "{name}");
        let nowhere = office.get(&format!("/desk/{name}?programme_id={}", uuid::Uuid::nil()));
        assert_eq!(nowhere.status, 404, "{name}");
        assert!(nowhere.text.contains("<h1>"), "{}", nowhere.text);
    }
}

#[test]
fn the_enrolment_desk_is_kept_whole_by_a_browser() {
    let stage = Stage::start(1);
    let desk = desk_of(&stage, Scope::Registrar);
    let shown = page(&desk, "/desk/enrolment");
    let files = shown.split("data-files=\"").nth(1).unwrap().split('"').next().unwrap();
    let files: Vec<_> = files.split(' ').collect();
    assert_eq!(files.len(), 8, "{files:?}");
    for path in files {
        let part = desk.get(path);
        assert_eq!(part.status, 200, "{path}");
        assert!(shown.contains(path), "{path} is what the page names");
    }
    let worker = desk.get("/desk/enrolment/worker.js");
    assert_eq!(worker.header("service-worker-allowed"), "/desk/enrolment");
    assert_eq!(desk_of(&stage, Scope::Agency).get("/desk/enrolment").status, 403);
}
