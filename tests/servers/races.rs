//! Servers that race: what may happen once happens once, whichever server is asked, and a batch that lost is
//! tried again.

use crate::harness::Reply;
use crate::installation::store::shared;
use crate::site::{Site, post, until};
use crate::stage::FACE_VALUE;
use crate::start::number;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use serde_json::{Value, json};
use std::sync::Barrier;
use training_vouchers::db::Place;
use training_vouchers::kernel::Scope;

const CLIENTS: usize = 64;
const AGENCIES: &str = "/v1/agencies";

#[test]
#[ignore = "needs PostgreSQL 15"]
fn a_voucher_is_redeemed_once_whichever_server_is_asked() {
    let site = Site::start(2, 2, |_| shared().database());
    let mut work = site.redemptions(2).into_iter();
    let (voucher, body) = work.next().unwrap();
    let bodies: Vec<_> = (0..CLIENTS)
        .map(|_| {
            json!({ "redemption_id": site.stage.server.app.new_id(), "credential": voucher.credential,
            "course_run_id": body["course_run_id"], "identity_checked": true })
        })
        .collect();
    let replies = site.redeem_at_once(&bodies.iter().collect::<Vec<_>>());
    let winners: Vec<_> = replies.iter().filter(|reply| reply.status == 201).collect();
    assert_eq!(winners.len(), 1, "{replies:#?}");
    for loser in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!(loser.problem(), (409, "already_redeemed"));
        assert_eq!(loser.json["facts"]["redemption_id"], winners[0].json["redemption_id"]);
    }
    // Sent again, to the other server: the answer each had.
    for (index, (body, first)) in bodies.iter().zip(&replies).enumerate() {
        let again = site.redeem((index + 1) % 2, body);
        let expected = if first.status == 201 { 200 } else { 409 };
        assert_eq!((again.status, &again.json["facts"]), (expected, &first.json["facts"]));
        assert!(expected == 409 || again.text == first.text, "{again:?} is not {first:?}");
    }

    // One id, sent to both servers at once.
    let (_, body) = work.next().unwrap();
    let replies = site.redeem_at_once(&vec![&body; CLIENTS]);
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1, "{replies:#?}");
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), CLIENTS - 1);
    assert!(replies.iter().all(|reply| reply.text == replies[0].text), "receipts too, to the byte");
    assert_eq!(site.obligated(&site.stage.programme_id), 2 * FACE_VALUE);
    assert_they_stood_in_line(&site);
    site.stage.assert_audit_is_clean();
}

#[test]
#[ignore = "needs PostgreSQL 15"]
fn vouchers_of_one_programme_and_of_several_through_all_servers_at_once() {
    const EACH: usize = 48;
    let site = Site::start(3, 2 * EACH, |_| shared().database());
    let first = site.stage.programme_id.clone();
    let programmes =
        [first.clone(), site.another_programme("PSK21", EACH), site.another_programme("PSK22", EACH)];
    let redeem = |bodies: &[&Value]| {
        for reply in site.redeem_at_once(bodies) {
            assert_eq!(reply.status, 201, "{reply:?}");
        }
    };
    let mut works: Vec<_> =
        programmes.iter().map(|programme_id| site.redemptions_of(programme_id, EACH)).collect();
    redeem(&works[0].iter().map(|(_, body)| body).collect::<Vec<_>>());
    // Now of all three, one after the other, so that every server's batches have every programme.
    works[0] = site.redemptions_of(&first, EACH);
    redeem(&(0..EACH).flat_map(|index| works.iter().map(move |work| &work[index].1)).collect::<Vec<_>>());

    let seats = [2 * EACH, EACH, EACH].map(|seats| FACE_VALUE * i64::try_from(seats).unwrap());
    assert_eq!([0, 1, 2].map(|index| site.obligated(&programmes[index])), seats);
    let gaps = number(
        site.database(),
        "SELECT count(*) AS number FROM (SELECT programme_no FROM journal_transaction GROUP BY programme_no
         HAVING min(log_index) <> 0 OR max(log_index) + 1 <> count(*)) AS gaps",
    );
    assert_eq!(gaps, 0);
    assert_they_stood_in_line(&site);
    site.stage.assert_audit_is_clean();
}

#[test]
#[ignore = "needs PostgreSQL 15"]
fn one_key_for_two_requests_to_two_servers_is_one_request() {
    let site = Site::start(2, 0, |_| shared().database());
    let admin = site.stage.server.token(Scope::Admin);
    for round in 0..16 {
        let start = Barrier::new(2);
        let register = |server: usize| {
            let code = format!("X-{round}-{server}");
            let body = json!({ "code": code, "name": "Имя", "category": "state_body" });
            start.wait();
            post(&site.servers[server].base, admin, AGENCIES, &format!("key-{round}"), &body)
        };
        let mut replies: Vec<Reply> = std::thread::scope(|scope| {
            let both = [0, 1].map(|server| scope.spawn(move || register(server)));
            both.into_iter().map(|one| one.join().unwrap()).collect()
        });
        replies.sort_by_key(|reply| reply.status);
        assert_eq!(replies[0].status, 201, "{replies:#?}");
        assert_eq!(replies[1].problem(), (409, "idempotency_key_reused"));
    }
    site.stage.assert_audit_is_clean();
}

/// The lock of a log's head keeps servers from running into the unique keys, which are the last guard only.
#[track_caller]
fn assert_they_stood_in_line(site: &Site) {
    for server in &site.servers {
        assert_eq!(server.figure("vouchers_writer_races"), 0.0);
    }
}

/// A session of the test's own that other writers run into.
struct Rival(PgConnection);

impl Rival {
    fn begin(site: &Site, statements: &str) -> Self {
        let Place::Postgres(url) = site.database() else { unreachable!() };
        let mut connection = PgConnection::establish(url).unwrap();
        connection.batch_execute("SET deadlock_timeout = '60s'; BEGIN").unwrap();
        connection.batch_execute(statements).unwrap();
        Self(connection)
    }

    fn run(&mut self, statements: &str) {
        self.0.batch_execute(statements).unwrap();
    }
}

/// Until somebody waits for a lock in this database.
fn wait_for_a_lock(site: &Site) {
    let waiting = "SELECT count(*) AS number FROM pg_stat_activity \
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until(|| number(site.database(), waiting), |waiting| *waiting > 0);
}

#[test]
#[ignore = "needs PostgreSQL 15"]
fn a_batch_that_loses_a_race_is_tried_again() {
    let site = Site::start(1, 0, |_| shared().database());
    let server = &site.servers[0];
    let admin = site.stage.server.token(Scope::Admin);
    let register = |key: &'static str| {
        let body = json!({ "code": format!("X-{key}"), "name": "Имя", "category": "state_body" });
        post(&server.base, admin, AGENCIES, key, &body)
    };
    let races = || server.figure("vouchers_writer_races");
    assert_eq!((register("race-0").status, races()), (201, 0.0));

    // Unique violation: another process uses the key first.
    let used = "INSERT INTO idempotency SELECT organisation, 'race-1', '\\x00', accepted, outcome, programme_no, log_index, \
        recorded_at FROM idempotency WHERE idempotency_key = 'race-0'";
    let mut rival = Rival::begin(&site, used);
    let lost = std::thread::scope(|scope| {
        let racer = scope.spawn(|| register("race-1"));
        wait_for_a_lock(&site);
        rival.run("COMMIT");
        racer.join().unwrap()
    });
    assert_eq!((lost.problem(), races()), ((409, "idempotency_key_reused"), 1.0), "{lost:?}");

    // A deadlock, of which the server is told since it waits for a shorter time.
    let mut rival = Rival::begin(&site, &used.replace("'race-1'", "'race-2'"));
    let won = std::thread::scope(|scope| {
        let racer = scope.spawn(|| register("race-2"));
        wait_for_a_lock(&site);
        rival.run("SELECT 1 FROM log_head FOR UPDATE");
        rival.run("ROLLBACK");
        racer.join().unwrap()
    });
    let lost = races();
    assert!(won.status == 201 && lost > 1.0, "{lost}: {won:?}");

    // A lock that is held for longer than the writer waits.
    let mut rival = Rival::begin(&site, "SELECT 1 FROM log_head FOR UPDATE");
    let won = std::thread::scope(|scope| {
        let racer = scope.spawn(|| register("race-3"));
        until(races, |races| *races > lost);
        rival.run("ROLLBACK");
        racer.join().unwrap()
    });
    assert_eq!(won.status, 201, "{won:?}");
    site.stage.assert_audit_is_clean();
}
