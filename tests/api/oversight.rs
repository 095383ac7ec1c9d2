//! What auditors read: the books add up, every page is complete, and money can be followed both ways.

use crate::classroom::Classroom;
use crate::stage::{FACE_VALUE, done, rub};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use training_vouchers::kernel::Scope;
use training_vouchers::proof::Receipt;

fn amount(value: &Value) -> i64 {
    value["amount"].as_i64().unwrap_or_else(|| panic!("money, not {value}"))
}

fn items(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("a list, not {value}"))
}

impl Classroom {
    fn of_programme(&self, rest: &str) -> Value {
        done(self.get(Scope::Auditor, &format!("/v1/programmes/{}/{rest}", self.programme_id)))
    }

    fn trace(&self, redemption_id: &str) -> Value {
        done(self.get(Scope::Auditor, &format!("/v1/redemptions/{redemption_id}/trace")))
    }

    fn payment_trace(&self, payment_id: &str) -> Value {
        done(self.get(Scope::Auditor, &format!("/v1/payments/{payment_id}/trace")))
    }

    fn tax_office(&self) -> String {
        let payables = self.of_programme("payables");
        let found = items(&payables).iter().find(|payable| payable["kind"] == "tax_office").unwrap();
        found["payee_id"].as_str().unwrap().to_owned()
    }
}

/// Two sessions, and payments of which one falls short of what is owed.
fn taught_and_paid() -> (Classroom, Vec<String>) {
    let room = Classroom::start();
    room.teach(5);
    room.teach(3);
    let tax_office = room.tax_office();
    let payments = vec![
        room.pay(&room.instructor_id, 1_000_001, "П-1"),
        room.pay(&tax_office, 7, "П-2"),
        room.pay(&room.instructor_id, 200_007, "П-3"),
    ];
    (room, payments)
}

#[test]
fn traces_agree_both_ways() {
    let (room, payments) = taught_and_paid();
    let mut given: BTreeMap<(String, String), i64> = BTreeMap::new();
    for redemption_id in &room.redemption_ids {
        let trace = room.trace(redemption_id);
        let sum = |list: &str, field: &str| {
            items(&trace[list]).iter().map(|share| amount(&share[field])).sum::<i64>()
        };
        assert_eq!(amount(&trace["accrued"]), sum("sessions", "accrued"), "{trace:#}");
        assert_eq!(amount(&trace["paid"]), sum("sessions", "paid"));
        assert_eq!(amount(&trace["paid"]), sum("payments", "amount"));
        assert_eq!(
            FACE_VALUE,
            amount(&trace["obligated"]) + amount(&trace["accrued"]) + amount(&trace["released"])
        );
        assert_eq!(
            (&trace["hours"], items(&trace["sessions"]).len()),
            (&json!(8), 4),
            "two payees a session"
        );
        for share in items(&trace["payments"]) {
            let payment_id = share["payment_id"].as_str().unwrap().to_owned();
            given.insert((payment_id, redemption_id.clone()), amount(&share["amount"]));
        }
    }
    let mut taken: BTreeMap<(String, String), i64> = BTreeMap::new();
    for payment_id in &payments {
        let trace = room.payment_trace(payment_id);
        let shares = items(&trace["shares"]);
        assert_eq!(
            amount(&trace["amount"]),
            shares.iter().map(|share| amount(&share["amount"])).sum::<i64>()
        );
        for share in shares {
            let redemption_id = share["redemption_id"].as_str().unwrap().to_owned();
            *taken.entry((payment_id.clone(), redemption_id)).or_default() += amount(&share["amount"]);
        }
    }
    assert_eq!(given, taken);
    room.assert_audit_is_clean();
}

#[test]
fn a_trace_names_hours_payees_and_documents() {
    let (room, payments) = taught_and_paid();
    let trace = room.trace(&room.redemption_ids[0]);
    let session = &items(&trace["sessions"])[0];
    assert_eq!((&session["held_on"], &session["phase"]), (&json!("2020-03-16"), &json!("lecture")));
    assert_eq!((&session["hours"], &session["payee_kind"]), (&json!(5), &json!("instructor")));
    assert_eq!(session["payee_id"], json!(room.instructor_id));
    let payment = &items(&trace["payments"])[0];
    assert_eq!((&payment["document_number"], &payment["paid_on"]), (&json!("П-1"), &json!("2020-03-17")));
    assert_eq!(payment["payment_id"], json!(payments[0]));
    let back = room.payment_trace(&payments[1]);
    assert_eq!((&back["payee_kind"], &back["status"]), (&json!("tax_office"), &json!("paid")));
}

#[test]
fn the_budget_adds_up_line_by_line() {
    let (room, _) = taught_and_paid();
    let line = &room.of_programme("budget-execution")[0];
    let kopecks = |name: &str| amount(&line[name]);
    let (pay, contributions) = (8 * 150_001, 226_502 + 135_901);
    assert_eq!(kopecks("limit"), 15 * FACE_VALUE);
    assert_eq!(kopecks("reserved"), FACE_VALUE, "one voucher was not redeemed");
    assert_eq!(kopecks("obligated"), 3 * FACE_VALUE - pay - contributions);
    assert_eq!(kopecks("paid"), 1_000_001 + 7 + 200_007);
    assert_eq!(kopecks("accrued"), pay + contributions - kopecks("paid"));
    let used = ["available", "reserved", "obligated", "accrued", "paid"].map(kopecks);
    assert_eq!(kopecks("limit"), used.iter().sum::<i64>());
    assert_eq!(line["lapsed_not_released"], rub(0));
    let accounts = room.of_programme("ledger/accounts");
    for account in items(&accounts) {
        assert_eq!(account["balance"], line[account["account"].as_str().unwrap()], "{account}");
    }
    assert_eq!(items(&accounts).len(), 6);
    // The day after the last day of vouchers, their reserve is held still, and said so.
    room.server.advance(274 * 86_400);
    assert_eq!(room.of_programme("budget-execution")[0]["lapsed_not_released"], rub(FACE_VALUE));
}

#[test]
fn progress_counts_every_voucher_once() {
    let room = Classroom::start();
    let progress = room.of_programme("progress");
    assert_eq!(progress["target"], 2000);
    for figures in [&progress["total"], &progress["by_category"][0], &progress["by_agency"][0]] {
        let counted =
            ["seats", "issued", "live", "redeemed", "expired"].map(|name| figures[name].as_i64().unwrap());
        assert_eq!(counted, [10, 4, 1, 3, 0], "{figures}");
    }
    assert_eq!(progress["by_agency"][0]["agency_id"], json!(room.server.agency_id));
    room.server.advance(274 * 86_400);
    let total = &room.of_programme("progress")["total"];
    assert_eq!((&total["issued"], &total["live"], &total["expired"]), (&json!(4), &json!(0), &json!(1)));
}

/// All of a list, page by page.
fn all(room: &Classroom, path: &str, limit: u32) -> Vec<Value> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    for _ in 0..1_000 {
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = room.of_programme(&format!("{path}{separator}limit={limit}{cursor}"));
        found.extend_from_slice(items(&page["items"]));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
    panic!("{path} never ends")
}

#[test]
fn pages_of_postings_neither_repeat_nor_hide() {
    let (room, payments) = taught_and_paid();
    let whole = all(&room, "ledger/postings", 500);
    assert!(whole.len() > 60);
    assert_eq!(all(&room, "ledger/postings", 7), whole);
    assert_eq!(whole.iter().map(|posting| amount(&posting["amount"])).sum::<i64>(), 0);
    let sorted = whole.is_sorted_by_key(|posting| {
        (posting["log_index"].as_i64().unwrap(), posting["posting_no"].as_i64().unwrap())
    });
    assert!(sorted);
    for (field, id) in [
        ("redemption_id", &room.redemption_ids[1]),
        ("payee_id", &room.instructor_id),
        ("payment_id", &payments[0]),
        ("course_run_id", &room.course_run_id),
    ] {
        let expected: Vec<&Value> = whole.iter().filter(|posting| posting[field] == json!(id)).collect();
        let found = all(&room, &format!("ledger/postings?{field}={id}"), 9);
        assert!(!expected.is_empty() && found.iter().eq(expected), "{field}");
    }
    let paid = all(&room, &format!("ledger/postings?account=paid&payment_id={}", payments[0]), 50);
    assert_eq!(paid.iter().map(|posting| amount(&posting["amount"])).sum::<i64>(), 1_000_001);
    let nobody = format!("ledger/postings?payee_id={}", room.server.app.new_id());
    assert_eq!(all(&room, &nobody, 50), Vec::<Value>::new());
}

#[test]
fn transactions_are_filtered_and_proved() {
    let (room, _) = taught_and_paid();
    let whole = all(&room, "ledger/transactions", 3);
    let indexes: Vec<i64> = whole.iter().map(|found| found["log_index"].as_i64().unwrap()).collect();
    assert!(indexes.iter().copied().eq(0..whole.len() as i64), "without gaps: {indexes:?}");
    let accepted = all(&room, "ledger/transactions?kind=session_accepted", 50);
    assert_eq!(accepted.len(), 2);
    assert_eq!(
        all(&room, "ledger/transactions?kind=payment_made&from=2020-03-17&to=2020-03-17", 50).len(),
        3
    );
    assert_eq!(all(&room, "ledger/transactions?kind=payment_made&from=2020-03-18", 50).len(), 0);
    assert_eq!(all(&room, "ledger/transactions?to=2020-03-15", 50).len(), 0);

    let log_index = accepted[0]["log_index"].as_i64().unwrap();
    let detail = room.of_programme(&format!("ledger/transactions/{log_index}"));
    assert_eq!((&detail["kind"], &detail["moved"]), (&json!("session_accepted"), &accepted[0]["moved"]));
    assert_eq!(json!(items(&detail["lines"]).len()), detail["postings"]);
    let leaf: Vec<u8> = detail["leaf"]
        .as_str()
        .unwrap()
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let receipt: Receipt = detail["receipt"].as_str().unwrap().parse().unwrap();
    let origin = receipt.checkpoint.lines().next().unwrap().to_owned();
    let verified = receipt.verify(&leaf, &room.log_key(&origin)).unwrap();
    assert_eq!(verified.index as i64, log_index);
}

#[test]
fn the_checkpoint_is_public_and_covers_everything() {
    let room = Classroom::start();
    assert_eq!(room.checkpoint().size as usize, all(&room, "ledger/transactions", 500).len());
}

#[test]
fn what_cannot_be_asked_is_refused_by_name() {
    let room = Classroom::start();
    let refused = |rest: &str| {
        let reply = room.get(Scope::Auditor, &format!("/v1/programmes/{}/{rest}", room.programme_id));
        (reply.status, reply.json["field"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(refused("ledger/postings?account=piggybank"), (422, "account".into()));
    assert_eq!(refused("ledger/transactions?kind=heist"), (422, "kind".into()));
    assert_eq!(refused("ledger/transactions?form=2020-03-17"), (422, "form".into()));
    assert_eq!(refused("ledger/transactions/-1"), (422, "log_index".into()));
    assert_eq!(refused("ledger/transactions/first"), (422, "log_index".into()));
    assert_eq!(refused("ledger/transactions/99999"), (404, String::new()));
    assert_eq!(refused(&format!("ledger/transactions/{}", i64::MAX)), (404, String::new()));
}

#[test]
fn only_those_concerned_read_the_books() {
    let (room, payments) = taught_and_paid();
    let programme = |rest: &str| format!("/v1/programmes/{}/{rest}", room.programme_id);
    let paths = [
        programme("ledger/accounts"),
        programme("ledger/transactions"),
        programme("ledger/transactions/0"),
        programme("ledger/postings"),
        programme("budget-execution"),
        programme("payables"),
        programme("progress"),
        format!("/v1/redemptions/{}/trace", room.redemption_ids[0]),
        format!("/v1/payments/{}/trace", payments[0]),
    ];
    for path in &paths {
        for scope in [Scope::Auditor, Scope::Treasury, Scope::Programme, Scope::Teaching] {
            assert_eq!(room.get(scope, path).status, 200, "{scope:?} {path}");
        }
        for scope in [Scope::Agency, Scope::Registrar, Scope::Admin] {
            assert_eq!(room.get(scope, path).problem(), (403, "forbidden"), "{scope:?} {path}");
        }
        let foreign = room.server.get(&room.foreign_teaching, path);
        assert_eq!(foreign.problem(), (404, "not_found"), "{path}");
        for name in ["Соколова", "Иванова"] {
            assert!(!room.get(Scope::Auditor, path).text.contains(name), "{path}");
        }
    }
}
