//! Many connections at once: one voucher, one seat, one id.

use crate::harness::Reply;
use crate::stage::{Stage, done};
use serde_json::{Value, json};
use std::sync::Barrier;
use training_vouchers::kernel::Scope;

const CONNECTIONS: usize = 64;

/// Sends every body on a connection of its own, all at once.
fn at_once(stage: &Stage, bodies: &[Value]) -> Vec<Reply> {
    let (start, registrar) = (&Barrier::new(bodies.len()), stage.server.token(Scope::Registrar));
    let server = &stage.server;
    std::thread::scope(|scope| {
        let send = |body| {
            move || -> Reply {
                let client = reqwest::blocking::Client::new();
                let request = client.post(format!("http://{}/v1/redemptions", server.address()));
                let request = request.bearer_auth(registrar).json(body);
                start.wait();
                request.send().unwrap().into()
            }
        };
        let racers: Vec<_> = bodies.iter().map(|body| scope.spawn(send(body))).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    })
}

#[test]
fn sixty_four_connections_redeem_one_voucher_once() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    stage.server.advance(1);
    let bodies: Vec<_> = (0..CONNECTIONS).map(|_| stage.redemption(&voucher.credential)).collect();
    let replies = at_once(&stage, &bodies);
    let winners: Vec<_> = replies.iter().filter(|reply| reply.status == 201).collect();
    assert_eq!(winners.len(), 1, "{replies:#?}");
    let losers: Vec<_> = replies.iter().filter(|reply| reply.status != 201).collect();
    for loser in &losers {
        assert_eq!(loser.problem(), (409, "already_redeemed"));
        assert_eq!(loser.json["facts"]["redemption_id"], winners[0].json["redemption_id"]);
    }
    // All of the same instant: what was done stands before what was refused because of it.
    let deeds = stage.deeds(&voucher.id);
    assert_eq!(deeds[1], ("redeem".into(), "done".into()), "{deeds:?}");
    assert_eq!(deeds[2..], vec![("redeem".to_owned(), "already_redeemed".to_owned()); CONNECTIONS - 1]);
    stage.assert_audit_is_clean();
    // Sent again, each gets the answer it had.
    for (body, first) in bodies.iter().zip(&replies) {
        let again = stage.send_redemption(body);
        let expected = if first.status == 201 { 200 } else { 409 };
        assert_eq!((again.status, &again.json["facts"]), (expected, &first.json["facts"]));
        if expected == 200 {
            assert_eq!(again.text, first.text);
        }
    }
}

#[test]
fn one_id_on_sixty_four_connections_is_one_redemption_and_one_answer() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let bodies = vec![stage.redemption(&voucher.credential); CONNECTIONS];
    let replies = at_once(&stage, &bodies);
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1, "{replies:#?}");
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), CONNECTIONS - 1);
    assert!(replies.iter().all(|reply| reply.text == replies[0].text), "receipts too, to the byte");
    assert_eq!(stage.deeds(&voucher.id).len(), 2);
    stage.assert_audit_is_clean();
}

#[test]
fn the_last_seats_are_given_once_and_the_others_keep_their_vouchers() {
    const SEATS: usize = 5;
    let stage = Stage::start(24);
    let vouchers = stage.vouchers(24);
    let run = stage.course_run("П-02", SEATS as i64);
    let into_run = |credential: &String| {
        let mut body = stage.redemption(credential);
        body["course_run_id"] = json!(run);
        body
    };
    let bodies: Vec<_> = vouchers.iter().map(|voucher| into_run(&voucher.credential)).collect();
    let replies = at_once(&stage, &bodies);
    for (voucher, reply) in vouchers.iter().zip(&replies) {
        let (code, status) = if reply.status == 201 { ("", "redeemed") } else { ("course_full", "issued") };
        assert_eq!((reply.code(), stage.status(&voucher.id).as_str()), (code, status), "{reply:?}");
    }
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), SEATS);
    let shown = done(stage.get(Scope::Teaching, &format!("/v1/course-runs/{run}")));
    assert_eq!((&shown["enrolled"], &shown["free_seats"]), (&json!(SEATS), &json!(0)));
    stage.assert_audit_is_clean();
}
