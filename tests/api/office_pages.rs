//! Pages by which a programme is run, as a browser without script sees them.

use crate::login::{Desk, pass_for};
use crate::pages::{desk_of, location, page};
use crate::stage::{Stage, done, instructor, rub, text};
use serde_json::{Value, json};
use training_vouchers::kernel::Scope;

/// The desk of a login.
fn desk_as<'s>(stage: &'s Stage, subject: &str) -> Desk<'s> {
    let tokens = done(stage.get(Scope::Admin, "/v1/tokens?limit=500"));
    let found = tokens["items"].as_array().unwrap().iter().find(|token| token["subject"] == subject).cloned();
    let token_id = text(&found.unwrap()["token_id"]).parse().unwrap();
    let desk = Desk::new(&stage.server);
    assert_eq!(desk.post("/pass", &[("pass", &pass_for(&stage.server, token_id))]).status, 303);
    desk
}

fn in_english(desk: &Desk<'_>) {
    desk.post("/language", &[("language", "en"), ("here", "/desk")]);
}

/// The text between two others.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("{before} in {text}")).1;
    rest.split(after).next().unwrap()
}

#[test]
fn seats_move_by_forms_of_the_office_and_both_agencies() {
    let stage = Stage::start(5);
    stage.vouchers(3);
    let (office, giver, getter) =
        (desk_of(&stage, Scope::Programme), desk_as(&stage, "agency"), desk_as(&stage, "agency-2"));
    let path = format!("/desk/quotas/{}/moves", stage.programme_id);
    let shown = page(&office, "/desk/quotas");
    assert!(shown.contains("свободно 97 мест") && shown.contains("Здесь нет переносов"), "{shown}");
    let form = [("from_agency", "PSK-S01"), ("to_agency", "PSK-M01"), ("reason", "не хватает слушателей")];
    let with = |seats| [form.as_slice(), &[("seats", seats)]].concat();
    let too_many = office.fill_in(&path, &with("98"));
    assert_eq!(too_many.status, 409);
    assert!(too_many.text.contains("осталось мест: 97"), "{}", too_many.text);
    assert_eq!(
        office.fill_in(&path, &[("to_agency", "НЕТ"), ("seats", "1"), ("reason", "ошибка")]).status,
        422
    );
    let back = format!("/desk/quotas?programme_id={}", stage.programme_id);
    assert_eq!(location(&office.fill_in(&path, &with("40"))), back);
    let shown = page(&office, "/desk/quotas");
    assert!(shown.contains("ждёт согласия") && shown.contains("/withdraw") && !shown.contains("/agree"));
    let shown = page(&giver, "/desk/quotas");
    assert!(
        shown.contains("/agree") && shown.contains("/decline") && !shown.contains("/withdraw"),
        "{shown}"
    );
    let agree = between(&shown, &format!("action=\"{path}/"), "\"");
    let word = |word: &str| format!("{path}/{}/{word}", agree.split('/').next().unwrap());
    assert_eq!(office.fill_in(&word("agree"), &[]).status, 404, "the office agrees to nothing");
    assert_eq!(location(&giver.fill_in(&word("agree"), &[])), back);
    assert!(!page(&giver, "/desk/quotas").contains("/agree"), "it has spoken");
    assert_eq!(getter.fill_in(&word("decline"), &[("reason", "")]).status, 422);
    assert_eq!(location(&getter.fill_in(&word("agree"), &[])), back);
    assert!(page(&getter, "/desk/quotas").contains("Здесь нет переносов"), "it is over");
    let shown = page(&getter, "/desk/quotas?show=all");
    assert!(shown.contains("места перешли") && shown.contains("140"), "{shown}");
    let of_agency = |code| format!("<span class=\"muted\">{code}</span>");
    assert!(
        shown.contains(&of_agency("PSK-M01")) && !shown.contains(&of_agency("PSK-S01")),
        "its own: {shown}"
    );
    let shown = page(&desk_of(&stage, Scope::Auditor), "/desk/quotas?show=all");
    assert!(
        shown.contains("места перешли") && shown.contains("PSK-S01") && !shown.contains(&path),
        "{shown}"
    );
    // An agency gives of its own, by the other's code, and takes it back.
    let own = [("to_agency", "PSK-M01"), ("seats", "1"), ("reason", "не набрали группу")];
    assert_eq!(location(&giver.fill_in(&path, &own)), back);
    let shown = page(&giver, "/desk/quotas");
    let withdraw = format!("{path}/{}", between(&shown, &format!("action=\"{path}/"), "\""));
    assert!(withdraw.ends_with("/withdraw"), "{withdraw}");
    assert_eq!(location(&giver.fill_in(&withdraw, &[])), back);
    assert!(page(&giver, "/desk/quotas?show=all").contains("отозван"));
    stage.assert_audit_is_clean();
}

#[test]
fn the_way_to_the_target_is_drawn_and_told_week_by_week() {
    let stage = Stage::start(5);
    let office = desk_of(&stage, Scope::Programme);
    assert!(!page(&office, "/desk/progress").contains("svg class=\"chart weeks\" viewBox"), "nobody yet");
    let vouchers = stage.vouchers(3);
    done(stage.redeem(&vouchers[0]));
    done(stage.redeem(&vouchers[1]));
    stage.server.advance(7 * 86_400);
    let third = done(stage.redeem(&vouchers[2]));
    let office = desk_of(&stage, Scope::Programme);
    let shown = page(&office, "/desk/progress");
    let cells = |shown: &str| -> Vec<String> {
        let table = between(shown, "<details>", "</details>");
        table.split("class=\"end\">").skip(5).map(|cell| between(cell, "", "<").to_owned()).collect()
    };
    assert_eq!(cells(&shown), ["2", "0", "2", "0", "1", "0", "3", "0"]);
    assert!(shown.contains("2\u{a0}000"), "the target is the top of the scale");
    let weeks = format!("/v1/programmes/{}/progress/weeks", stage.programme_id);
    let weeks = done(stage.get(Scope::Auditor, &weeks));
    assert_eq!((&weeks["target"], &weeks["weeks"][1]["enrolled_so_far"]), (&json!(2_000), &json!(3)));
    assert_eq!(weeks["weeks"][0]["monday"], "2020-03-16");
    // What is reversed was no way.
    let path = format!("/v1/redemptions/{}/reverse", text(&third["redemption_id"]));
    let reversal = json!({ "voucher": "issued", "reason": "ошибка" });
    done(stage.post(Scope::Registrar, &path, &reversal));
    assert_eq!(cells(&page(&office, "/desk/progress")), ["2", "0", "2", "0"]);
    let tiles = between(&page(&office, "/desk/progress"), "<ul class=\"mosaic\">", "</ul>").to_owned();
    assert!(tiles.contains("0 %") && tiles.contains("0 / 100") && tiles.contains("PSK-S01"), "{tiles}");
}

#[test]
fn instructors_load_has_names_only_for_those_who_may_see_them() {
    let stage = Stage::start(5);
    done(stage.redeem(&stage.voucher()));
    let session = stage.record_session(100_000);
    let all = [Scope::Teaching, Scope::Treasury, Scope::Programme, Scope::Auditor];
    let desks = all.map(|scope| desk_of(&stage, scope));
    let load = |desk: &Desk<'_>| {
        let shown = page(desk, "/desk/teaching");
        let row = between(&shown, "<tbody>", "</tbody>").to_owned();
        let cells = row.split("class=\"end\">").skip(1).map(|cell| {
            let cell = between(cell, "", "</td>");
            cell.rsplit("\">").next().unwrap().split('<').next().unwrap().to_owned()
        });
        (row.clone(), cells.collect::<Vec<_>>())
    };
    assert_eq!(load(&desks[0]).1, ["500", "2", "0", "0", "0,00\u{a0}₽", "0,00\u{a0}₽", "498"]);
    done(stage.accept_session(&session));
    assert_eq!(load(&desks[0]).1[1..4], ["2", "2", "0"]);
    let pay = |amount: i64, number: &str| {
        let payment = json!({ "programme_id": stage.programme_id, "payee_id": session["instructor_id"],
            "amount": rub(amount), "document_number": number, "paid_on": "2020-03-17" });
        let payment = done(stage.post(Scope::Treasury, "/v1/payments", &payment));
        let path = format!("/v1/payments/{}/confirm", text(&payment["payment_id"]));
        done(stage.server.post(&stage.colleague(Scope::Treasury), &path, &json!({})));
    };
    pay(150_000, "1");
    assert_eq!(
        load(&desks[0]).1[3..6],
        ["0", "2\u{a0}000,00\u{a0}₽", "1\u{a0}500,00\u{a0}₽"],
        "not whole yet"
    );
    pay(50_000, "2");
    assert_eq!(load(&desks[0]).1[3..6], ["2", "2\u{a0}000,00\u{a0}₽", "2\u{a0}000,00\u{a0}₽"]);
    // Another, without a session.
    done(stage.post(Scope::Teaching, "/v1/instructors", &instructor(90_000)));
    for (scope, desk) in all.iter().zip(&desks) {
        let (row, _) = load(desk);
        let may_see_names = matches!(scope, Scope::Teaching | Scope::Treasury);
        assert_eq!(row.contains("Соколова"), may_see_names, "{scope:?}: {row}");
        assert_eq!(row.contains("7-ГПХ"), *scope != Scope::Programme, "{scope:?}: {row}");
        assert_eq!(row.matches("<tr>").count(), 2);
    }
    let other = stage.foreigner(Scope::Teaching);
    assert!(!other.is_empty());
    let shown = page(&desk_as(&stage, "foreign-teaching"), "/desk/teaching");
    assert!(!shown.contains("Соколова"), "another university's: {shown}");
    assert_eq!(desk_of(&stage, Scope::Agency).get("/desk/teaching").status, 403);
}

/// A contract of the campaign with an act, a part of which is paid.
fn campaign(stage: &Stage) {
    let path = format!("/v1/programmes/{}/budget-lines", stage.programme_id);
    let line = json!({ "kbk": "07507051310000000245", "item": "information_campaign", "name": "Кампания" });
    let line = done(stage.post(Scope::Programme, &path, &line));
    stage.appropriate(&text(&line["budget_line_id"]), 100_000);
    let contractor = done(stage.post(Scope::Treasury, "/v1/contractors", &json!({ "name": "ООО «Вести»" })));
    let second = stage.colleague(Scope::Treasury);
    let contract = json!({ "programme_id": stage.programme_id, "contractor_id": contractor["payee_id"],
        "document_number": "К-1", "signed_on": "2020-03-16", "subject": "Ролики на радио", "amount": rub(90_000) });
    let signed = done(stage.confirm(&second, &done(stage.post(Scope::Treasury, "/v1/contracts", &contract))));
    let path = format!("/v1/contracts/{}/acts", text(&signed["act"]["contract_id"]));
    let act = json!({ "document_number": "А-1", "accepted_on": "2020-03-17", "amount": rub(60_000) });
    done(stage.confirm(&second, &done(stage.post(Scope::Treasury, &path, &act))));
    let payment = json!({ "programme_id": stage.programme_id, "payee_id": contractor["payee_id"],
        "amount": rub(20_000), "document_number": "П-1", "paid_on": "2020-03-17" });
    let payment = done(stage.post(Scope::Treasury, "/v1/payments", &payment));
    let path = format!("/v1/payments/{}/confirm", text(&payment["payment_id"]));
    done(stage.server.post(&second, &path, &json!({})));
}

#[test]
fn the_campaign_is_shown_against_its_line() {
    let stage = Stage::start(1);
    let treasury = desk_of(&stage, Scope::Treasury);
    assert!(page(&treasury, "/desk/campaign").contains("нет строки бюджета"));
    campaign(&stage);
    let shown = page(&treasury, "/desk/campaign");
    let row = between(&shown, "<tbody>", "</tbody>");
    let amounts: Vec<_> = row.split("class=\"part\">").map(|cell| between(cell, "", "<")).collect();
    for amount in ["900,00\u{a0}₽", "600,00\u{a0}₽", "200,00\u{a0}₽", "300,00\u{a0}₽"] {
        assert!(amounts.contains(&amount), "{amount} in {row}");
    }
    assert!(row.contains("Вести") && shown.contains("А-1") && shown.contains("действует"), "{shown}");
    // Limit, available, obligated, accrued, paid.
    let figures = between(&shown, "figures six", "</ul>");
    let figures: Vec<_> = figures.split("<b>").skip(1).map(|cell| between(cell, "", "<")).collect();
    let rubles = |amount: &str| format!("{amount},00\u{a0}₽");
    assert_eq!(figures, ["1\u{a0}000", "100", "300", "400", "200"].map(rubles));
    let office = page(&desk_of(&stage, Scope::Programme), "/desk/campaign");
    assert!(!office.contains("Вести") && office.contains("Ролики на радио"), "a pseudonym: {office}");
    assert_eq!(desk_of(&stage, Scope::Teaching).get("/desk/campaign").status, 403);
}

/// Which steps are done, by their words.
fn done_steps(shown: &str) -> Vec<String> {
    let list = between(shown, "<ol class=\"plain steps\">", "</ol>");
    let steps = list.split("<li>").skip(1).filter(|step| step.contains("badge good"));
    steps.map(|step| between(step, "<strong>", "</strong>").to_owned()).collect()
}

#[test]
fn steps_are_done_when_they_are() {
    let stage = Stage::start(0);
    let office = desk_of(&stage, Scope::Programme);
    in_english(&office);
    let form = json!({ "code": "NEW21", "name": "Новая программа", "year": 2020,
        "university_id": stage.university_id, "course_hours": 20, "face_value": rub(650_000),
        "valid_from": "2020-03-01", "valid_until": "2020-12-15", "sync_grace_days": 3, "auto_approve_max_rows": 0,
        "eligible_categories": ["state_civil_servant"], "contribution_basis_points": 3020, "target_trained": 10 });
    let created = done(stage.post(Scope::Programme, "/v1/programmes", &form));
    let programme_id = text(&created["programme_id"]);
    let look = || page(&office, &format!("/desk/set-up-programme?programme_id={programme_id}"));
    let has = |step: &str| done_steps(&look()).contains(&step.to_owned());
    let first = look();
    let of_anybody = ["Agencies are registered", "The university has a registrar"];
    assert_eq!(done_steps(&first), of_anybody, "{first}");
    assert!(first.contains("draft") && first.contains(&format!("POST /v1/programmes/{programme_id}/open")));
    stage.colleague(Scope::Teaching);
    stage.colleague(Scope::Treasury);
    assert!(has("The teaching office has two people") && has("The treasury has two people"));
    let path = |rest: &str| format!("/v1/programmes/{programme_id}/{rest}");
    let agency = stage.server.agency_id.to_string();
    stage.set_quota(&programme_id, &agency, 9);
    assert!(!has("Quotas suffice for the target") && has("Somebody acts for each agency with a quota"));
    stage.set_quota(&programme_id, &agency, 10);
    assert!(has("Quotas suffice for the target"));
    let line = json!({ "kbk": "07507051310000000244", "item": "instructor_pay", "name": "Оплата труда" });
    let line = done(stage.post(Scope::Programme, &path("budget-lines"), &line));
    let shown = look();
    assert!(has("Budget line: instructors&#39; pay") || has("Budget line: instructors' pay"), "{shown}");
    assert!(shown.contains("КБК 07507051310000000244"), "{shown}");
    stage.appropriate(&text(&line["budget_line_id"]), 9 * 650_000);
    assert!(!has("The vouchers&#39; money is appropriated"));
    stage.appropriate(&text(&line["budget_line_id"]), 650_000);
    assert_eq!(done_steps(&look()).iter().filter(|step| step.contains("money is appropriated")).count(), 1);
    let account = json!({ "account_number": "40204810900000000025", "bic": "045805000" });
    done(stage.post(Scope::Treasury, &path("settlement-accounts"), &account));
    assert!(has("A settlement account is set") && !has("The programme is open"));
    done(stage.post(Scope::Programme, &path("open"), &json!({})));
    assert!(has("The programme is open"));
    let runs = "Open course runs have seats for the vouchers that live";
    assert!(!has(runs));
    stage.course_run_of(&programme_id, "П-21", 1);
    assert!(has(runs));
    stage.vouchers_of(&programme_id, 2);
    assert!(!has(runs), "two vouchers and one seat");
    assert!(!look().contains(">2</span>"));
    let waiting = |name: &str| -> Value {
        let shown = look();
        let list = between(&shown, "<ul class=\"plain steps\">", "</ul>").to_owned();
        let row = list.split("<li>").find(|row| row.contains(name)).unwrap().to_owned();
        json!(between(&row, "\">", "</span>"))
    };
    assert_eq!(waiting(">Requests<"), "0");
    stage.request(stage.server.token(Scope::Agency), &programme_id, &stage.rows(1));
    assert_eq!(waiting(">Requests<"), "1");
}

#[test]
fn every_page_has_both_languages_and_only_its_roles() {
    let stage = Stage::start(5);
    campaign(&stage);
    done(stage.redeem(&stage.voucher()));
    stage.record_session(100_000);
    let moves = format!("/v1/programmes/{}/quota-moves", stage.programme_id);
    let body = json!({ "from_agency_id": stage.server.agency_id, "to_agency_id": stage.server.other_agency_id,
        "seats": 1, "reason": "проверка" });
    done(stage.post(Scope::Programme, &moves, &body));
    let pages = [
        ("/desk/quotas?show=all", vec![Scope::Agency, Scope::Programme, Scope::Auditor]),
        ("/desk/progress", vec![Scope::Teaching, Scope::Programme, Scope::Treasury, Scope::Auditor]),
        ("/desk/teaching", vec![Scope::Teaching, Scope::Programme, Scope::Treasury, Scope::Auditor]),
        ("/desk/campaign", vec![Scope::Programme, Scope::Treasury, Scope::Auditor]),
        ("/desk/set-up-programme", vec![Scope::Programme, Scope::Auditor]),
    ];
    for scope in Scope::ALL {
        let desk = desk_of(&stage, scope);
        for language in ["en", "ru"] {
            desk.post("/language", &[("language", language), ("here", "/desk")]);
            let menu = desk.get("/desk").text;
            for (path, scopes) in &pages {
                let reply = desk.get(path);
                let expected = if scopes.contains(&scope) { 200 } else { 403 };
                assert_eq!(reply.status, expected, "{path} as {scope:?}: {}", reply.text);
                assert!(!reply.text.contains('⟦'), "{path} as {scope:?}: {}", reply.text);
                let bare = path.split('?').next().unwrap();
                assert_eq!(menu.contains(&format!("href=\"{bare}\"")), expected == 200, "{bare} {scope:?}");
            }
        }
    }
}
