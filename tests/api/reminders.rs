//! People whose vouchers are about to lapse: on pages of their agency, and for a mail merge.

use crate::login::{Desk, desk_of};
use crate::stage::{Stage, done, text};
use training_vouchers::kernel::Scope;

fn shown(desk: &Desk<'_>, path: &str) -> String {
    let page = desk.get(path);
    assert_eq!(page.status, 200, "{path}: {}", page.text);
    assert!(!page.text.contains('⟦'), "{path}: {}", page.text);
    page.text
}

#[test]
fn those_who_have_not_redeemed_are_reminded_in_the_last_days() {
    let stage = Stage::start(5);
    let vouchers = stage.vouchers(3);
    done(stage.redeem(&vouchers[0]));
    done(stage.act(&vouchers[1].id, "suspend", &serde_json::json!({ "reason": "проверка" })));
    let [enrolled, suspended, open] = [0, 1, 2].map(|at| vouchers[at].number.as_str());

    stage.server.advance(258 * 86_400);
    let desk = desk_of(&stage.server, "agency");
    assert!(shown(&desk, "/desk/reminders").contains("Напоминать некому"), "15 days are left");
    assert!(!shown(&desk, "/desk/vouchers?status=lapsing").contains(open));
    for (days, left) in [
        (1, "осталось 14 дней"),
        (12, "осталось 2 дня"),
        (1, "остался 1 день"),
        (1, "последний день сегодня"),
    ] {
        stage.server.advance(days * 86_400);
        let desk = desk_of(&stage.server, "agency");
        assert!(shown(&desk, "/desk/reminders").contains(left), "{left}");
    }
    let desk = desk_of(&stage.server, "agency");
    let link = text(&done(stage.get(Scope::Agency, &format!("/v1/vouchers/{}/link", vouchers[2].id)))["url"]);
    let page = shown(&desk, "/desk/reminders");
    for said in [open, &link, "Здравствуйте, Анна Петровна!", "15 декабря 2020", "Иванова Анна Петровна"]
    {
        assert!(page.contains(said), "{said} in {page}");
    }
    assert!(!page.contains(enrolled) && !page.contains(suspended), "{page}");

    let list = desk.get("/desk/reminders.csv");
    assert_eq!(list.status, 200);
    assert_eq!(list.header("content-type"), "text/csv; charset=utf-8");
    assert!(list.header("content-disposition").contains("reminders.csv"));
    let lines: Vec<_> = list.text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].starts_with("Иванова;Анна;Петровна;"), "{lines:?}");
    assert!(lines[1].contains(&format!(";{open};15.12.2020;0;{link};")), "{lines:?}");

    let lapsing = shown(&desk, "/desk/vouchers?status=lapsing");
    assert!(lapsing.contains(open) && lapsing.contains("Иванова Анна Петровна"), "{lapsing}");
    assert!(!lapsing.contains(enrolled) && !lapsing.contains(suspended));
    let of_status = shown(&desk, "/desk/vouchers?status=redeemed");
    assert!(of_status.contains(enrolled) && !of_status.contains(open));

    let other = desk_of(&stage.server, "agency-2");
    assert!(shown(&other, "/desk/reminders").contains("Напоминать некому"));
    assert!(!other.get("/desk/reminders.csv").text.contains(open));
    assert_eq!(desk_of(&stage.server, "programme").get("/desk/reminders").status, 403);
    let office = desk_of(&stage.server, "programme");
    let seen = shown(&office, "/desk/vouchers?status=lapsing");
    assert!(seen.contains(open) && !seen.contains("Иванова"), "names are for the agency");

    stage.server.advance(86_400);
    let desk = desk_of(&stage.server, "agency");
    assert!(shown(&desk, "/desk/reminders").contains("Напоминать некому"), "it is over");
}
