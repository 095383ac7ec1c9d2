//! The desks of treasury and finance control: figures, the way from each of them down to a signed entry, and who sees what.

use crate::classroom::Classroom;
use crate::login::{Desk, pass, pass_for};
use crate::people;
use crate::stage::{Stage, done, text};
use crate::statements::{self, Statement};
use serde_json::json;
use std::collections::BTreeSet;
use training_vouchers::kernel::{Kopecks, Scope};
use training_vouchers::ledger::model::Account;

/// What three hours of the classroom's instructor cost, and the payroll contributions on top.
const PAY: i64 = 450_003;
const CONTRIBUTIONS: i64 = 135_901;

/// A classroom in which three hours were taught and the instructor was paid for them.
fn room() -> (Classroom, String) {
    let room = Classroom::start();
    room.teach(3);
    room.server.advance(86_400);
    let payment = room.pay(&room.instructor_id, PAY, "17");
    (room, payment)
}

fn signed_in<'r>(room: &'r Stage, scope: Scope, language: &str) -> Desk<'r> {
    let desk = Desk::new(&room.server);
    assert_eq!(desk.post("/pass", &[("pass", &pass(&room.server, scope))]).status, 303);
    assert_eq!(desk.post("/language", &[("language", language), ("here", "/desk")]).status, 303);
    desk
}

/// The page, which names nobody and lacks no word.
#[track_caller]
fn page(desk: &Desk<'_>, path: &str) -> String {
    let page = desk.get(path);
    assert_eq!(page.status, 200, "{path}: {}", page.text);
    assert!(!page.text.contains('⟦'), "{path}: {}", page.text);
    let mut people: Vec<_> = (1..=4).map(people::snils).collect();
    people.extend(["Иванова", "Соколова", "p1@example.org", "Консультант"].map(str::to_owned));
    for person in people {
        assert!(!page.text.contains(&person), "{path} names {person}");
    }
    page.text
}

/// Where the links of a page lead.
fn links(page: &str) -> Vec<String> {
    let hrefs = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    hrefs.map(|href| href.replace("&#38;", "&").replace("&amp;", "&")).collect()
}

#[track_caller]
fn link(page: &str, has: &[&str]) -> String {
    let found = links(page).into_iter().find(|href| has.iter().all(|part| href.contains(part)));
    found.unwrap_or_else(|| panic!("no link with {has:?} among {:?}", links(page)))
}

fn rub(kopecks: i64) -> String {
    Kopecks::new(kopecks).to_string()
}

#[test]
fn every_page_shows_its_figures_in_both_languages() {
    let (room, payment) = room();
    let programme = &room.programme_id;
    let session = &text(
        &done(room.get(Scope::Auditor, &format!("/v1/redemptions/{}/trace", room.redemption_ids[0])))["sessions"]
            [0]["session_id"],
    );
    let (redemption, instructor) = (&room.redemption_ids[0], &room.instructor_id);
    let voucher = "/desk/findings?list=attempts".to_owned();
    let pages = [
        ("/desk/budget".to_owned(), rub(PAY)),
        ("/desk/budget?by=agency".to_owned(), rub(PAY)),
        ("/desk/budget?by=course_run".to_owned(), rub(PAY)),
        ("/desk/budget?by=month".to_owned(), "03.2020".to_owned()),
        (format!("/desk/accounts?programme_id={programme}&account=paid"), rub(PAY)),
        ("/desk/accounts?account=accrued&from=&to=".to_owned(), rub(CONTRIBUTIONS)),
        ("/desk/postings?account=accrued".to_owned(), "PSK-S01".to_owned()),
        (format!("/desk/trace/redemption/{redemption}"), "П-01".to_owned()),
        (format!("/desk/trace/payment/{payment}"), rub(PAY)),
        (format!("/desk/trace/session/{session}"), rub(PAY + CONTRIBUTIONS)),
        (format!("/desk/trace/payee/{instructor}?programme_id={programme}"), rub(PAY)),
        ("/desk/payments".to_owned(), "№ 17".to_owned()),
        ("/desk/payments?status=prepared".to_owned(), "№ 17".to_owned()),
        ("/desk/findings".to_owned(), "…".to_owned()),
        (voucher, String::new()),
        ("/desk/journal".to_owned(), "№ 0".to_owned()),
    ];
    for (language, title) in [("ru", "Бюджет"), ("en", "Budget")] {
        let desk = signed_in(&room, Scope::Auditor, language);
        for (path, shown) in &pages {
            let shown_there = page(&desk, path).contains(shown.as_str());
            assert_eq!(shown_there, path != "/desk/payments?status=prepared", "{path}: {shown}");
        }
        assert!(page(&desk, "/desk").contains(title));
    }
}

#[test]
fn figures_of_the_budget_are_those_of_the_books() {
    let (room, _) = room();
    let desk = signed_in(&room, Scope::Treasury, "ru");
    let budget = page(&desk, "/desk/budget");
    for account in Account::ALL.map(Account::as_str) {
        let balance = room.balance(account);
        let shown = format!("{}</a>", rub(balance));
        assert!(balance == 0 || budget.contains(&shown), "{account}: {shown}");
        let statement = page(&desk, &link(&budget, &[&format!("&account={account}")]));
        assert!(statement.contains(&format!("<strong>{}</strong>", rub(balance))), "{account}");
    }
    // A bar's parts, which are all of the limit.
    let widths = budget
        .split("class=\"part ")
        .skip(1)
        .filter_map(|part| part.split("width=\"").nth(1)?.split('%').next());
    let whole: f64 = widths.map(|width| width.parse::<f64>().unwrap()).sum();
    assert!((99.999..=100.0).contains(&whole), "{whole}");
}

#[test]
fn links_lead_from_the_budget_to_an_entry_its_proof_and_the_people_behind_it() {
    let (room, payment) = room();
    let desk = signed_in(&room, Scope::Auditor, "ru");
    let budget = page(&desk, "/desk/budget");
    let statement = page(&desk, &link(&budget, &["/desk/accounts", "account=paid"]));
    let address = link(&statement, &["/desk/entries/"]);
    let entry = page(&desk, &address);
    assert!(entry.contains("Платёж проведён") && entry.contains("treasury-2"), "{entry}");
    assert!(
        entry.contains("№ 17") && entry.contains(&rub(PAY)) && entry.contains("17 марта 2020"),
        "{entry}"
    );
    let index = address.rsplit('/').next().unwrap();
    let path = format!("/v1/programmes/{}/log/proofs/inclusion?log_index={index}", room.programme_id);
    let proof = done(room.get(Scope::Auditor, &path));
    // Base64 has marks that pages write otherwise.
    let hash = text(&proof["leaf_hash"]).replace('+', "&#43;");
    assert!(entry.contains(&hash) || entry.contains(&text(&proof["leaf_hash"])), "{entry}");
    assert!(entry.contains("vouchers-audit verify"));
    assert!(entry.contains("proof.js"), "the check in the browser");

    let trace = page(&desk, &link(&entry, &[&format!("/desk/trace/payment/{payment}")]));
    let shares: BTreeSet<_> =
        links(&trace).into_iter().filter(|href| href.contains("/desk/trace/redemption/")).collect();
    assert_eq!(shares.len(), 3);
    let redemption = page(&desk, &link(&trace, &["/desk/trace/redemption/", &room.redemption_ids[2]]));
    let json = done(room.get(Scope::Auditor, &format!("/v1/redemptions/{}/trace", room.redemption_ids[2])));
    for figure in ["face_value", "obligated", "accrued", "paid"] {
        let amount = json[figure]["amount"].as_i64().unwrap();
        assert!(redemption.contains(&rub(amount)), "{figure} {amount}");
    }
    let session = page(&desk, &link(&redemption, &["/desk/trace/session/"]));
    assert!(link(&session, &["/desk/trace/payment/"]).contains(&payment));
}

#[test]
fn each_figure_by_agency_and_by_run_leads_to_postings_that_come_to_it() {
    let (room, _) = room();
    let desk = signed_in(&room, Scope::Auditor, "en");
    for (by, about) in [("agency", "agency_id="), ("course_run", "course_run_id=")] {
        let budget = page(&desk, &format!("/desk/budget?by={by}"));
        let postings = page(&desk, &link(&budget, &["/desk/postings", about, "account=paid"]));
        let rows = postings.matches("<th scope=\"row\">").count();
        assert_eq!(rows, 3, "of each redemption one: {postings}");
    }
}

#[test]
fn lists_go_on_page_by_page_to_their_end() {
    let (room, _) = room();
    let desk = signed_in(&room, Scope::Treasury, "ru");
    let whole = page(&desk, "/desk/accounts?account=obligated");
    let entries = |page: &str| page.matches("/desk/entries/").count();
    let mut path = "/desk/accounts?account=obligated&limit=2".to_owned();
    let mut seen = 0;
    loop {
        let part = page(&desk, &path);
        seen += entries(&part);
        match links(&part).into_iter().find(|href| href.contains("cursor=")) {
            Some(next) => path = format!("{next}&limit=2"),
            None => break,
        }
    }
    assert!(seen > 2);
    assert_eq!(seen, entries(&whole));
}

/// By agency, by course run and by month the budget comes to what its lines say.
#[test]
fn parts_of_the_budget_come_to_the_whole() {
    let (room, _) = room();
    let ask = |path: &str| {
        let path = format!("/v1/programmes/{}/budget-execution{path}", room.programme_id);
        done(room.get(Scope::Teaching, &path)).as_array().unwrap().clone()
    };
    let sum = |parts: &[serde_json::Value], account: &str| -> i64 {
        parts.iter().map(|part| part[account]["amount"].as_i64().unwrap()).sum()
    };
    let lines = ask("");
    let (agencies, runs, months) = (ask("/agencies"), ask("/course-runs"), ask("/months"));
    assert_eq!((agencies.len(), runs.len(), months.len()), (1, 1, 1));
    assert_eq!(
        (&agencies[0]["code"], &runs[0]["code"], &months[0]["month"]),
        (&json!("PSK-S01"), &json!("П-01"), &json!("2020-03"))
    );
    for account in Account::ALL.map(Account::as_str) {
        let whole = sum(&lines, account);
        assert_eq!(sum(&months, account), whole, "{account}");
        if !matches!(account, "limit" | "available") {
            assert_eq!(sum(&agencies, account), whole, "{account}");
        }
        if matches!(account, "obligated" | "accrued" | "paid") {
            assert!(whole > 0);
            assert_eq!(sum(&runs, account), whole, "{account}");
        }
    }
}

/// Every entry of a life says what happened, and its subjects have words.
#[test]
fn every_entry_is_told_in_words_in_both_languages() {
    let (room, _) = room();
    for language in ["ru", "en"] {
        let desk = signed_in(&room, Scope::Auditor, language);
        let mut next = Some(format!("/desk/entries/{}/0", room.programme_id));
        let mut entries = 0;
        while let Some(path) = next {
            let entry = page(&desk, &path);
            entries += 1;
            let after = entry.split("<a ").find(|link| link.contains("rel=\"next\""));
            next =
                after.map(|link| link.split("href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned());
        }
        assert!(entries > 10, "{entries}");
    }
}

#[test]
fn what_the_bank_says_and_what_was_refused_is_shown() {
    let room = statements::room();
    let items = vec![("debit", "2020-03-18", 5_000, "900", "")];
    done(statements::import(&room, Statement::of(items).camt()));
    let voucher = room.voucher();
    room.redeem(&voucher);
    assert_eq!(room.redeem(&voucher).status, 409);
    let desk = signed_in(&room, Scope::Auditor, "ru");
    let payments = page(&desk, "/desk/payments");
    assert!(payments.contains("1 строка банковской выписки ждёт человека"), "{payments}");
    assert!(payments.contains("нет платежа с таким номером") && payments.contains(&rub(5_000)));
    let findings = page(&desk, "/desk/findings");
    assert!(findings.contains("Погашен в течение десяти минут после выдачи"), "{findings}");
    let attempts = page(&desk, "/desk/findings?list=attempts");
    assert!(attempts.contains("погасить") && attempts.contains("registrar"), "{attempts}");
}

#[test]
fn closed_months_and_files_are_in_the_journal() {
    let (room, _) = room();
    room.server.advance(30 * 86_400);
    let desk = signed_in(&room, Scope::Treasury, "ru");
    assert!(page(&desk, "/desk/journal").contains("Ни один месяц ещё не закрыт"));
    let path = format!("/v1/programmes/{}/periods/2020-03/close", room.programme_id);
    let wish = done(room.post(Scope::Treasury, &path, &json!({})));
    done(room.confirm_act(&room.treasury_2, &wish));
    let journal = page(&desk, "/desk/journal?kind=period_closed&from=2020-04-01&to=");
    assert!(journal.contains("03.2020") && journal.contains("Отчётный период закрыт"), "{journal}");
    let file = desk.get(&link(&journal, &["exports/journal", "format=csv", "from=2020-04-01"]));
    assert_eq!((file.status, file.header("content-type")), (200, "text/csv; charset=utf-8"));
}

#[test]
fn each_role_sees_its_own_pages_and_no_foreign_programme() {
    let (room, payment) = room();
    let entry = format!("/desk/entries/{}/1", room.programme_id);
    let trace = format!("/desk/trace/payment/{payment}");
    let of_books = ["/desk/budget", "/desk/accounts", "/desk/postings", "/desk/journal", &entry, &trace];
    let of_money = ["/desk/payments", "/desk/findings"];
    for scope in Scope::ALL {
        let desk = signed_in(&room, scope, "en");
        let books = matches!(scope, Scope::Teaching | Scope::Programme | Scope::Treasury | Scope::Auditor);
        let money = matches!(scope, Scope::Programme | Scope::Treasury | Scope::Auditor);
        let home = desk.get("/desk").text;
        for (paths, may) in [(&of_books[..], books), (&of_money[..], money)] {
            for path in paths {
                let seen = desk.get(path);
                assert_eq!(seen.status, if may { 200 } else { 403 }, "{scope:?} {path}");
            }
            assert_eq!(home.contains(&format!("href=\"{}\"", paths[0])), may, "{scope:?}");
        }
    }
    let desk = Desk::new(&room.server);
    assert_eq!(desk.get("/desk/budget").header("location"), "/sign-in?next=%2Fdesk%2Fbudget");
}

#[test]
fn another_university_finds_nothing_and_empty_books_say_so() {
    let room = Stage::start(0);
    let desk = signed_in(&room, Scope::Auditor, "ru");
    assert!(page(&desk, "/desk/budget?by=agency").contains("Ни одному органу ещё не выдан сертификат"));
    assert!(page(&desk, "/desk/payments").contains("Платежей пока нет"));
    assert!(page(&desk, "/desk/findings").contains("Ничего необычного не найдено"));
    let nowhere = uuid::Uuid::nil();
    for path in [
        format!("/desk/budget?programme_id={nowhere}"),
        format!("/desk/entries/{}/9999", room.programme_id),
        format!("/desk/trace/redemption/{nowhere}"),
    ] {
        let refused = desk.get(&path);
        assert_eq!(refused.status, 404, "{path}");
        assert!(refused.text.contains("<h1>"), "{}", refused.text);
    }
    room.foreigner(Scope::Teaching);
    let tokens = room.get(Scope::Admin, "/v1/tokens").json;
    let mut tokens = tokens["items"].as_array().unwrap().iter();
    let foreign = tokens.find(|token| token["subject"] == "foreign-teaching").unwrap();
    let foreigner = Desk::new(&room.server);
    let pass = pass_for(&room.server, text(&foreign["token_id"]).parse().unwrap());
    assert_eq!(foreigner.post("/pass", &[("pass", &pass)]).status, 303);
    assert!(page(&foreigner, "/desk/budget").contains("Программ пока нет"));
    for path in [
        format!("/desk/budget?programme_id={}", room.programme_id),
        format!("/desk/entries/{}/0", room.programme_id),
        format!("/desk/journal?programme_id={}", room.programme_id),
    ] {
        assert_eq!(foreigner.get(&path).status, 404, "{path}");
    }
    assert_eq!(desk.get("/desk/budget?by=colour").status, 422);
    assert_eq!(desk.get("/desk/accounts?account=colour").status, 422);
}
