//! Saved queries: pages that somebody looks at again, under a name of their own.

use crate::harness::Reply;
use crate::login::{Desk, pass, pass_for};
use crate::stage::{Stage, done, text};
use diesel::prelude::*;
use serde_json::json;
use training_vouchers::kernel::Scope;

fn desk_of(stage: &Stage, scope: Scope) -> Desk<'_> {
    let desk = Desk::new(&stage.server);
    assert_eq!(desk.post("/pass", &[("pass", &pass(&stage.server, scope))]).status, 303);
    desk
}

/// The desk of a colleague with the same right.
fn colleague<'s>(stage: &'s Stage, subject: &str, scope: Scope) -> Desk<'s> {
    stage.server.person(subject, scope, json!({}));
    let tokens = done(stage.get(Scope::Admin, "/v1/tokens"));
    let theirs =
        tokens["items"].as_array().unwrap().iter().find(|token| token["subject"] == subject).unwrap();
    let desk = Desk::new(&stage.server);
    let pass = pass_for(&stage.server, text(&theirs["token_id"]).parse().unwrap());
    assert_eq!(desk.post("/pass", &[("pass", &pass)]).status, 303);
    desk
}

fn save(desk: &Desk<'_>, name: &str, address: &str) -> Reply {
    desk.fill_in("/desk/queries", &[("name", name), ("address", address)])
}

#[track_caller]
fn saved(desk: &Desk<'_>) -> String {
    let page = desk.get("/desk/queries");
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(!page.text.contains('⟦'), "{}", page.text);
    page.text.replace("&#38;", "&").replace("&amp;", "&")
}

#[track_caller]
fn kept(reply: &Reply) {
    assert_eq!((reply.status, reply.header("location")), (303, "/desk/queries"), "{}", reply.text);
}

/// Where the forms of the only query are sent.
fn forms(page: &str) -> [String; 2] {
    ["rename", "delete"].map(|verb| {
        let form =
            page.split("action=\"").find(|rest| rest.split('"').next().unwrap().ends_with(verb)).unwrap();
        form.split('"').next().unwrap().to_owned()
    })
}

/// Leaves of all logs.
fn leaves(stage: &Stage) -> i64 {
    use training_vouchers::db::schema::journal_transaction;
    let count = stage
        .server
        .app
        .read_blocking(|connection| Ok(journal_transaction::table.count().get_result(connection)?));
    count.unwrap()
}

#[test]
fn a_page_is_saved_renamed_and_deleted_and_no_log_knows() {
    let stage = Stage::start(2);
    let pages = [
        "/desk/budget?by=agency",
        "/desk/accounts?account=paid&from=2020-03-01&to=",
        "/desk/postings?account=accrued",
        "/desk/payments?status=paid",
        "/desk/findings?list=attempts",
        "/desk/journal?kind=redeemed&from=2020-03-01",
    ];
    for scope in [Scope::Auditor, Scope::Treasury] {
        let desk = desk_of(&stage, scope);
        for language in ["en", "ru"] {
            desk.post("/language", &[("language", language), ("here", "/desk")]);
            let shown = saved(&desk);
            assert_eq!(
                shown.contains("Пока ничего не сохранено"),
                language == "ru" && !shown.contains("/rename")
            );
        }
        let before = leaves(&stage);
        for path in pages {
            let page = desk.get(path);
            assert_eq!(page.status, 200, "{}", page.text);
            let form = page.text.split("action=\"/desk/queries\"").nth(1).unwrap_or_else(|| panic!("{path}"));
            let field = form.split("name=\"address\" value=\"").nth(1).unwrap().split('"').next().unwrap();
            let field = field.replace("&#38;", "&").replace("&amp;", "&");
            assert_eq!(field, path, "the form saves the page as it is");
            kept(&save(&desk, path, &field));
        }
        let shown = saved(&desk);
        for path in pages {
            assert!(shown.contains(&format!("href=\"{path}\"")), "{path}: {shown}");
            assert_eq!(desk.get(path).status, 200);
        }
        for _ in pages {
            kept(&desk.fill_in(&forms(&saved(&desk))[1], &[]));
        }
        kept(&save(&desk, "Мартовские погашения", pages[5]));
        let [rename, delete] = forms(&saved(&desk));
        assert_eq!(desk.fill_in(&rename, &[("name", " ")]).status, 422);
        kept(&desk.fill_in(&rename, &[("name", "Погашения <марта>")]));
        let shown = saved(&desk);
        assert!(shown.contains("Погашения &#60;марта&#62;") && !shown.contains("Мартовские"), "{shown}");
        kept(&desk.fill_in(&delete, &[]));
        assert!(!saved(&desk).contains("/rename"));
        assert_eq!(desk.fill_in(&delete, &[]).status, 404);
        assert_eq!(leaves(&stage), before, "a bookmark is no event");
    }
    stage.assert_audit_is_clean();
}

#[test]
fn queries_of_others_are_not_there() {
    let stage = Stage::start(1);
    let (own, other) = (desk_of(&stage, Scope::Auditor), colleague(&stage, "auditor-2", Scope::Auditor));
    let treasury = desk_of(&stage, Scope::Treasury);
    kept(&save(&own, "Мой отбор", "/desk/budget?by=month"));
    let [rename, delete] = forms(&saved(&own));
    for desk in [&other, &treasury] {
        assert!(!saved(desk).contains("Мой отбор"));
        assert_eq!(desk.fill_in(&rename, &[("name", "чужое")]).status, 404);
        assert_eq!(desk.fill_in(&delete, &[]).status, 404);
    }
    assert!(saved(&own).contains("Мой отбор"));
}

#[test]
fn only_pages_of_the_books_are_saved() {
    let stage = Stage::start(1);
    let desk = desk_of(&stage, Scope::Auditor);
    for foreign in [
        "https://example.org/desk/journal",
        "//example.org/desk/journal",
        "/\\example.org/desk/journal",
        "/desk/journal#x",
        "/desk/../desk/journal",
        "/desk/%6aournal",
        "/desk/nowhere",
        "/desk/journal/",
        // Ours, and not for saving: forms, other pages, doors for programs.
        "/desk/me",
        "/sign-out",
        "/desk/vouchers",
        "/v1/vouchers",
        "javascript:alert(1)",
        "",
    ] {
        let refused = save(&desk, "чужое", foreign);
        assert_eq!(refused.status, 422, "{foreign}: {}", refused.text);
    }
    let long = format!("/desk/journal?kind={}", "x".repeat(3_000));
    assert_eq!(save(&desk, "длинное", &long).status, 422);
    assert!(!saved(&desk).contains("/rename"));
    let cursor = "/desk/postings?account=paid&as_of=7&cursor=AAAAAAAAAAE";
    kept(&save(&desk, "Выплаты", cursor));
    assert!(saved(&desk).contains("href=\"/desk/postings?account=paid\""), "{}", saved(&desk));
}

#[test]
fn a_query_is_saved_once_from_a_page_of_ours_and_by_those_who_have_one() {
    let stage = Stage::start(1);
    let desk = desk_of(&stage, Scope::Treasury);
    let fields = [("name", "Платежи"), ("address", "/desk/payments")];
    assert_eq!(desk.post("/desk/queries", &fields).status, 403, "without the token of the browser");
    let token = text(&desk.get("/v1/me").json["csrf_token"]);
    let marked = [&[("csrf_token", token.as_str()), ("form_key", "one")], &fields[..]].concat();
    kept(&desk.post("/desk/queries", &marked));
    kept(&desk.post("/desk/queries", &marked));
    assert_eq!(saved(&desk).matches("/rename").count(), 1);
    for number in 1..100 {
        kept(&save(&desk, &format!("№ {number}"), "/desk/payments"));
    }
    assert_eq!(save(&desk, "лишний", "/desk/payments").status, 422);
    for scope in Scope::ALL.into_iter().filter(|scope| !matches!(scope, Scope::Treasury | Scope::Auditor)) {
        let desk = desk_of(&stage, scope);
        assert_eq!([desk.get("/desk/queries").status, save(&desk, "а", "/desk/journal").status], [403, 403]);
        assert!(!desk.get("/desk/journal").text.contains("action=\"/desk/queries\""), "{scope:?}");
    }
}
