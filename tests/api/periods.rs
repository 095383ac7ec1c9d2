//! Months that are closed: by two people, with a trial balance that is in the log, and for good.

use crate::classroom::Classroom;
use crate::stage::{done, rub, text};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use training_vouchers::kernel::Scope;

fn close(room: &Classroom, month: &str) -> crate::harness::Reply {
    let path = format!("/v1/programmes/{}/periods/{month}/close", room.programme_id);
    room.post(Scope::Treasury, &path, &json!({}))
}

fn trial_balance(room: &Classroom, query: &str) -> Value {
    done(room.get(Scope::Auditor, &format!("/v1/programmes/{}/trial-balance{query}", room.programme_id)))
}

/// March is taught and paid in; the clock then stands in April.
fn march() -> Classroom {
    let room = Classroom::start();
    room.teach(4);
    room.server.advance(86_400);
    room.pay(&room.instructor_id, 100_000, "ПП-1");
    room.server.advance(30 * 86_400);
    room
}

#[test]
fn a_month_is_closed_by_two_people_and_takes_no_entries_any_more() {
    let room = march();
    let early = close(&room, "2020-04");
    assert_eq!((early.problem(), &early.json["field"]), ((422, "invalid_field"), &json!("month")));
    assert_eq!(close(&room, "2020-14").json["field"], "month");
    let wish = done(close(&room, "2020-03"));
    assert_eq!(room.confirm_act(room.server.token(Scope::Treasury), &wish).problem(), (403, "self_approval"));
    done(room.confirm_act(&room.treasury_2, &wish));
    let again = close(&room, "2020-03");
    assert_eq!(
        (again.code(), &again.json["facts"]["open_from"]),
        ("invalid_transition", &json!("2020-04-01"))
    );

    let late_session = room.record(&room.session("2020-03-20", 2));
    assert_eq!(
        (late_session.problem(), &late_session.json["field"]),
        ((409, "period_closed"), &json!("held_on"))
    );
    assert_eq!(late_session.json["facts"]["open_from"], "2020-04-01");
    assert!(text(&late_session.json["remedy"]).contains("2020-04-01"), "{late_session:?}");
    let late_payment = room.prepare(&room.payment(&room.instructor_id, 1, "ПП-2"));
    assert_eq!((late_payment.code(), &late_payment.json["field"]), ("period_closed", &json!("paid_on")));
    room.assert_audit_is_clean();
}

/// What was prepared before the month was closed cannot be confirmed into it either.
#[test]
fn a_payment_prepared_before_the_close_is_not_confirmed_after_it() {
    let room = march();
    let prepared = done(room.prepare(&room.payment(&room.instructor_id, 1, "ПП-2")));
    let wish = done(close(&room, "2020-03"));
    done(room.confirm_act(&room.treasury_2, &wish));
    let late = room.confirm(&room.treasury_2, &prepared);
    assert_eq!((late.problem(), &late.json["field"]), ((409, "period_closed"), &json!("paid_on")));
}

#[test]
fn the_trial_balance_is_signed_and_agrees_with_the_accounts() {
    let room = march();
    let balance = trial_balance(&room, "?to=2020-03");
    assert_eq!(balance["debits"], balance["credits"]);
    let line = &balance["lines"][0];
    assert_eq!((&line["paid"]["debit"], &line["paid"]["closing"]), (&rub(100_000), &rub(100_000)));
    for account in ["limit", "available", "reserved", "obligated", "accrued", "paid"] {
        assert_eq!(line[account]["closing"], rub(room.balance(account)), "{account}");
    }
    let wish = done(close(&room, "2020-03"));
    done(room.confirm_act(&room.treasury_2, &wish));
    let periods = done(room.get(Scope::Auditor, &format!("/v1/programmes/{}/periods", room.programme_id)));
    let period = &periods[0];
    assert_eq!((&period["month"], &period["trial_balance"]["lines"]), (&json!("2020-03"), &balance["lines"]));
    let path = format!("/v1/programmes/{}/ledger/transactions/{}", room.programme_id, period["log_index"]);
    let leaf = text(&done(room.get(Scope::Auditor, &path))["leaf"]);
    let digest = Sha256::digest(text(&period["trial_balance_text"]));
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(leaf.contains(&digest), "the leaf carries the digest of the text");
}

#[test]
fn turnovers_of_a_later_month_open_with_the_balances_of_the_earlier() {
    let room = march();
    let april = trial_balance(&room, "?from=2020-04&to=2020-04");
    let paid = &april["lines"][0]["paid"];
    assert_eq!((&paid["opening"], &paid["debit"], &paid["closing"]), (&rub(100_000), &rub(0), &rub(100_000)));
    let refused = room.get(
        Scope::Auditor,
        &format!("/v1/programmes/{}/trial-balance?from=2020-05&to=2020-04", room.programme_id),
    );
    assert_eq!((refused.problem(), &refused.json["field"]), ((422, "invalid_field"), &json!("from")));
}
