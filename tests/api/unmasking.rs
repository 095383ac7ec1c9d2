//! Finance control asks for a name: it says why, the log keeps that it asked, and nothing keeps the name.

use crate::classroom::Classroom;
use crate::harness::Reply;
use crate::login::{Desk, pass, pass_for};
use crate::people::snils;
use crate::stage::{done, text};
use diesel::prelude::*;
use serde_json::{Value, json};
use training_vouchers::kernel::Scope;

const WHY: &str = "сверка с ведомостью посещений";
const HOLDER: &str = "Иванова Анна Петровна";
const INSTRUCTOR: &str = "Соколова Анна Петровна";

struct Room {
    room: Classroom,
    voucher_id: String,
}

impl std::ops::Deref for Room {
    type Target = Classroom;

    fn deref(&self) -> &Classroom {
        &self.room
    }
}

impl Room {
    fn start() -> Self {
        let room = Classroom::start();
        room.teach(2);
        let redemption =
            done(room.get(Scope::Auditor, &format!("/v1/redemptions/{}", room.redemption_ids[0])));
        let voucher_id = text(&redemption["voucher_id"]);
        Self { room, voucher_id }
    }

    fn of_holder(&self) -> String {
        format!("/v1/vouchers/{}/unmask", self.voucher_id)
    }

    fn of_instructor(&self) -> String {
        format!("/v1/payees/{}/unmask", self.instructor_id)
    }

    fn why(&self) -> Value {
        json!({ "programme_id": self.programme_id, "reason": WHY })
    }

    fn asked(&self, scope: Scope) -> Vec<Value> {
        let path = format!("/v1/unmaskings?programme_id={}", self.programme_id);
        done(self.get(scope, &path))["items"].as_array().unwrap().clone()
    }

    fn desk(&self, scope: Scope) -> Desk<'_> {
        let desk = Desk::new(&self.server);
        assert_eq!(desk.post("/pass", &[("pass", &pass(&self.server, scope))]).status, 303);
        desk
    }

    /// The stored leaf, in hexadecimal, and its subjects' names.
    fn entry(&self, log_index: &Value) -> Value {
        let path = format!("/v1/programmes/{}/ledger/transactions/{log_index}", self.programme_id);
        done(self.get(Scope::Auditor, &path))
    }
}

fn names_nobody(said: &str) -> bool {
    let names = ["Иванова", "Соколова", "Анна", "Петровна"];
    let names = names.iter().map(|name| (*name).to_owned()).chain((1..=4).map(snils));
    names.into_iter().all(|name| !said.contains(&name))
}

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_name_is_told_and_the_asking_is_an_entry_without_it() {
    let room = Room::start();
    let told = room.post(Scope::Auditor, &room.of_holder(), &json!({ "reason": WHY }));
    assert_eq!((told.status, told.header("cache-control")), (201, "no-store"), "{told:?}");
    assert_eq!((&told.json["name"], &told.json["position"]), (&json!(HOLDER), &json!("Консультант")));
    assert_eq!(told.json["agency_id"], json!(room.server.agency_id));
    assert!(told.json["receipt"].as_str().unwrap().contains("tlog-proof"), "{told:?}");
    let instructor = room.post(Scope::Auditor, &room.of_instructor(), &room.why());
    assert_eq!((instructor.status, instructor.header("cache-control")), (201, "no-store"), "{instructor:?}");
    assert_eq!((&instructor.json["name"], &instructor.json["position"]), (&json!(INSTRUCTOR), &Value::Null));

    for (reply, kind, subject) in
        [(&told, "holder_unmasked", &room.voucher_id), (&instructor, "payee_unmasked", &room.instructor_id)]
    {
        let entry = room.entry(&reply.json["log_index"]);
        assert_eq!((&entry["kind"], &entry["moved"]["amount"]), (&json!(kind), &json!(0)), "{entry}");
        let leaf = text(&entry["leaf"]);
        assert!(leaf.contains(&subject.replace('-', "")), "whose: {leaf}");
        let words = [WHY, HOLDER, INSTRUCTOR, "Иванова", "Соколова", "Консультант"];
        assert!(words.iter().all(|word| !leaf.contains(&hexadecimal(word))), "only its digest: {leaf}");
    }
    room.assert_audit_is_clean();
    let journal = format!("/v1/programmes/{}/exports/journal?format=jsonl", room.programme_id);
    assert!(names_nobody(&room.get(Scope::Auditor, &journal).text));
}

#[test]
fn every_asking_counts_and_is_listed_without_the_name() {
    let room = Room::start();
    let colleague = room.server.person("auditor-2", Scope::Auditor, json!({}));
    done(room.post(Scope::Auditor, &room.of_holder(), &json!({ "reason": WHY })));
    done(room.server.post(&colleague, &room.of_holder(), &json!({ "reason": "жалоба держателя на отказ" })));
    done(room.post(Scope::Auditor, &room.of_instructor(), &room.why()));
    for scope in [Scope::Auditor, Scope::Programme, Scope::Admin] {
        let asked = room.asked(scope);
        assert_eq!(asked.len(), 3, "{scope:?}");
        let by: Vec<_> = asked.iter().map(|asked| text(&asked["asked_by"])).collect();
        assert_eq!(by, ["auditor", "auditor-2", "auditor"]);
        assert_eq!((&asked[0]["voucher_id"], &asked[0]["payee_id"]), (&json!(room.voucher_id), &Value::Null));
        assert_eq!(
            (&asked[2]["payee_id"], &asked[2]["voucher_number"]),
            (&json!(room.instructor_id), &Value::Null)
        );
        assert_eq!(asked[1]["reason"], "жалоба держателя на отказ");
        assert!(names_nobody(&json!(asked).to_string()), "{asked:?}");
    }
    let path = format!("/v1/unmaskings?programme_id={}&limit=2", room.programme_id);
    let first = done(room.get(Scope::Auditor, &path));
    let next = format!("{path}&cursor={}", text(&first["next_cursor"]));
    let last = done(room.get(Scope::Auditor, &next));
    assert_eq!((last["items"].as_array().unwrap().len(), &last["next_cursor"]), (1, &Value::Null));
}

/// A repeat tells the same without another entry, but only to who asked; and what is kept of it has no name.
#[test]
fn a_repeat_is_the_same_asking_and_nobody_elses() {
    let room = Room::start();
    let colleague = room.server.person("auditor-2", Scope::Auditor, json!({}));
    let ask = |token: &str| -> Reply {
        let request = room.server.request("POST", &room.of_holder()).bearer_auth(token);
        request.header("Idempotency-Key", "once").json(&json!({ "reason": WHY })).send().unwrap().into()
    };
    let (first, again) = (ask(room.server.token(Scope::Auditor)), ask(room.server.token(Scope::Auditor)));
    assert_eq!([first.status, again.status], [201, 200]);
    assert_eq!(
        (&first.json["log_index"], &first.json["name"]),
        (&again.json["log_index"], &again.json["name"])
    );
    assert_eq!(ask(&colleague).problem(), (409, "idempotency_key_reused"));
    assert_eq!(room.asked(Scope::Auditor).len(), 1);

    #[derive(QueryableByName)]
    struct Kept {
        #[diesel(sql_type = diesel::sql_types::Text)]
        outcome: String,
    }
    let kept = room.server.app.read_blocking(|connection| {
        let query = "SELECT outcome FROM idempotency WHERE idempotency_key = 'once'";
        Ok(diesel::sql_query(query).load::<Kept>(connection)?)
    });
    let kept = kept.unwrap();
    assert_eq!(kept.len(), 1);
    assert!(names_nobody(&kept[0].outcome), "{}", kept[0].outcome);
}

#[test]
fn a_reason_is_some_words_and_only_guarded_names_are_asked_for() {
    let room = Room::start();
    for too_little in ["", "проверка", "так надо", "??? ??? ??? ???"] {
        for path in [room.of_holder(), room.of_instructor()] {
            let mut body = json!({ "reason": too_little });
            if path == room.of_instructor() {
                body["programme_id"] = json!(room.programme_id);
            }
            let refused = room.post(Scope::Auditor, &path, &body);
            assert_eq!((refused.status, &refused.json["field"]), (422, &json!("reason")), "{refused:?}");
        }
    }
    let unknown = format!("/v1/vouchers/{}/unmask", room.instructor_id);
    assert_eq!(room.post(Scope::Auditor, &unknown, &json!({ "reason": WHY })).problem(), (404, "not_found"));
    // The tax office has no name to guard, and an instructor is asked for in a programme of their university.
    let accrued = done(room.get(Scope::Auditor, &format!("/v1/programmes/{}/payables", room.programme_id)));
    let payables = accrued.get("items").unwrap_or(&accrued).as_array().unwrap().clone();
    let tax_office = payables.iter().find(|owed| owed["kind"] == "tax_office").unwrap();
    let path = format!("/v1/payees/{}/unmask", text(&tax_office["payee_id"]));
    assert_eq!(room.post(Scope::Auditor, &path, &room.why()).problem(), (404, "not_found"));
    let elsewhere = json!({ "programme_id": room.voucher_id, "reason": WHY });
    assert_eq!(room.post(Scope::Auditor, &room.of_instructor(), &elsewhere).problem(), (404, "not_found"));
    assert!(room.asked(Scope::Auditor).is_empty(), "nothing was told");
}

#[test]
fn nobody_else_asks() {
    let room = Room::start();
    let list = format!("/v1/unmaskings?programme_id={}", room.programme_id);
    for scope in Scope::ALL.into_iter().filter(|scope| *scope != Scope::Auditor) {
        for path in [room.of_holder(), room.of_instructor()] {
            assert_eq!(room.post(scope, &path, &room.why()).problem(), (403, "forbidden"), "{scope:?}");
        }
        let desk = room.desk(scope);
        for path in [
            format!("/desk/unmaskings/voucher/{}", room.voucher_id),
            format!("/desk/unmaskings/payee/{}/{}", room.programme_id, room.instructor_id),
        ] {
            assert_eq!(desk.fill_in(&path, &[("reason", WHY)]).status, 403, "{scope:?} {path}");
        }
        let sees = matches!(scope, Scope::Programme | Scope::Admin);
        assert_eq!(room.get(scope, &list).status, if sees { 200 } else { 403 }, "{scope:?}");
        assert_eq!(desk.get("/desk/unmaskings").status, if sees { 200 } else { 403 }, "{scope:?}");
        let voucher = desk.get(&format!("/desk/vouchers/{}", room.voucher_id));
        assert!(!voucher.text.contains("/desk/unmaskings/voucher"), "{scope:?} has no such form");
    }
    assert!(room.asked(Scope::Auditor).is_empty());
}

#[test]
fn the_desk_shows_the_name_once_and_lists_the_asking() {
    let room = Room::start();
    let desk = room.desk(Scope::Auditor);
    let redeemed = format!("/desk/trace/redemption/{}", room.redemption_ids[0]);
    let of_holder = format!("/desk/unmaskings/voucher/{}", room.voucher_id);
    let of_instructor = format!("/desk/unmaskings/payee/{}/{}", room.programme_id, room.instructor_id);
    let payee = format!("/desk/trace/payee/{}?programme_id={}", room.instructor_id, room.programme_id);
    for (page, form) in [
        (format!("/desk/vouchers/{}", room.voucher_id), &of_holder),
        (redeemed, &of_holder),
        (payee, &of_instructor),
    ] {
        let page = desk.get(&page);
        assert!(
            page.text.contains(&format!("action=\"{form}\"")) && names_nobody(&page.text),
            "{}",
            page.text
        );
    }
    for (language, title) in [("ru", "Имя за псевдонимом"), ("en", "The name behind the pseudonym")]
    {
        desk.post("/language", &[("language", language), ("here", "/desk")]);
        for (form, name) in [(&of_holder, HOLDER), (&of_instructor, INSTRUCTOR)] {
            let told = desk.fill_in(form, &[("reason", WHY)]);
            assert_eq!((told.status, told.header("cache-control")), (200, "no-store"), "{}", told.text);
            assert!(told.text.contains(name) && told.text.contains(title), "{}", told.text);
            assert!(!told.text.contains('⟦'), "{}", told.text);
            let entry = told.text.split("href=\"").find(|rest| rest.starts_with("/desk/entries/")).unwrap();
            let entry = desk.get(entry.split('"').next().unwrap());
            assert!(entry.status == 200 && names_nobody(&entry.text), "{}", entry.text);
        }
    }
    let refused = desk.fill_in(&of_holder, &[("reason", "так надо")]);
    assert!(refused.status == 422 && names_nobody(&refused.text), "{}", refused.text);
    assert_eq!(desk.post(&of_holder, &[("reason", WHY)]).status, 403, "not from a page of ours");

    assert_eq!(room.asked(Scope::Auditor).len(), 4);
    for scope in [Scope::Auditor, Scope::Programme, Scope::Admin] {
        let desk = room.desk(scope);
        let listed = desk.get("/desk/unmaskings");
        assert_eq!(listed.text.matches(WHY).count(), 4, "{}", listed.text);
        assert!(names_nobody(&listed.text) && !listed.text.contains('⟦'), "{}", listed.text);
        let leads = listed.text.contains("href=\"/desk/entries/");
        assert_eq!(leads, scope != Scope::Admin, "administrators look at no books");
        assert!(desk.get("/desk").text.contains("href=\"/desk/unmaskings\""));
    }
    room.assert_audit_is_clean();
}

/// Sent twice, a form asks once: by the colleague at the next browser it is another wish.
#[test]
fn a_form_sent_twice_asks_once() {
    let room = Room::start();
    let form = format!("/desk/unmaskings/voucher/{}", room.voucher_id);
    let send = |desk: &Desk<'_>| {
        let token = text(&desk.get("/v1/me").json["csrf_token"]);
        desk.post(&form, &[("csrf_token", token.as_str()), ("form_key", "one"), ("reason", WHY)])
    };
    let desk = room.desk(Scope::Auditor);
    assert_eq!([send(&desk).status, send(&desk).status], [200, 200]);
    room.server.person("auditor-2", Scope::Auditor, json!({}));
    let tokens = done(room.get(Scope::Admin, "/v1/tokens"));
    let colleague =
        tokens["items"].as_array().unwrap().iter().find(|token| token["subject"] == "auditor-2").unwrap();
    let other = Desk::new(&room.server);
    let pass = pass_for(&room.server, text(&colleague["token_id"]).parse().unwrap());
    assert_eq!(other.post("/pass", &[("pass", &pass)]).status, 303);
    let refused = send(&other);
    assert!(refused.status == 409 && names_nobody(&refused.text), "{}", refused.text);
    assert_eq!(room.asked(Scope::Auditor).len(), 1);
}
