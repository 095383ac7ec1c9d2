//! The database fails under a server: clients are told to come again, nothing acknowledged is lost, nothing is
//! refused that is not so, and nobody has to restart anything.

use crate::harness::Reply;
use crate::installation::store::{Cluster, name, shared};
use crate::journal::{Told, assert_comes_again, redeem_through, wait_for};
use crate::site::{Site, until};
use crate::stage::done;
use crate::start::Number;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use training_vouchers::app::App;
use training_vouchers::db::Place;
use training_vouchers::kernel::{Code, Refusal};
use training_vouchers::writer::{Answer, Batch, Change, Command, Done, Stop};

/// A command that does nothing.
struct Nothing;

impl Command for Nothing {
    type Reply = ();

    fn decide(&self, _: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        Ok(Box::new(|_| Ok(Done::unrecorded(()))))
    }
}

/// Nothing gets out of the database's memory by itself in time: what is acknowledged must have been waited for.
#[test]
#[ignore = "needs PostgreSQL 15"]
fn what_was_just_acknowledged_survives_the_database() {
    let cluster = Cluster::start("wal_writer_delay = 10000");
    let site = Site::start(1, 5, |_| cluster.database());
    for (_, body) in site.redemptions(5) {
        let redeemed = until(|| site.redeem(0, &body), |reply| reply.status != 503);
        assert_eq!(redeemed.status, 201, "{redeemed:?}");
        cluster.stop();
        cluster.start_again();
        let again = until(|| site.redeem(0, &body), |reply| reply.status != 503);
        assert_eq!((again.status, &again.text), (200, &redeemed.text));
    }
    site.stage.assert_audit_is_clean();
}

#[test]
#[ignore = "needs PostgreSQL 15"]
fn the_database_is_stopped_and_started_under_its_clients() {
    let cluster = Cluster::start("max_connections = 40");
    let site = Site::start(1, 100, |_| cluster.database());
    redeem_through(&site, &site.redemptions(100), |told| {
        wait_for(told, 5, |told| *told == Told::Redeemed);
        cluster.stop();
        wait_for(told, 10, |told| *told == Told::Later("unavailable".into()));
        let ready = site.servers[0].get("", "/readyz");
        assert_eq!((ready.status, &ready.json["database"]), (503, &false.into()), "{ready:?}");
        cluster.start_again();
    });
    assert_eq!(site.servers[0].get("", "/readyz").status, 200);
}

#[test]
#[ignore = "needs PostgreSQL 15"]
fn sessions_are_ended_under_their_clients() {
    let site = Site::start(1, 100, |_| shared().database());
    redeem_through(&site, &site.redemptions(100), |told| {
        for _ in 0..8 {
            wait_for(told, 10, |told| *told == Told::Redeemed);
            shared().terminate_sessions(site.database());
        }
    });
}

/// The shortest of a few: others work on this machine too.
fn answers_within(limit: Duration, ask: impl Fn() -> Reply) {
    let time = || {
        let start = Instant::now();
        assert_eq!(ask().status, 200);
        start.elapsed()
    };
    let shortest = (0..5).map(|_| time()).min().unwrap();
    assert!(shortest < limit, "{shortest:?}");
}

#[test]
#[ignore = "needs PostgreSQL 15"]
fn the_database_stands_still() {
    let cluster = Cluster::start("max_connections = 40");
    let site = Site::start(1, 1, |_| cluster.database());
    let server = &site.servers[0];
    let (_, body) = site.redemptions(1).pop().unwrap();
    // The tokens are fresh, so that the request reaches the writer.
    assert_eq!(site.read(0).status, 200);
    let stall = cluster.stall();
    std::thread::scope(|scope| {
        let start = Instant::now();
        let waiting = scope.spawn(|| site.redeem(0, &body));
        answers_within(Duration::from_millis(100), || server.get("", "/healthz"));
        answers_within(Duration::from_millis(100), || server.get("", "/metrics"));
        let asked = Instant::now();
        let ready = server.get("", "/readyz");
        assert_eq!((ready.status, &ready.json["database"]), (503, &false.into()), "{ready:?}");
        assert_eq!(ready.json["writer"], true, "{ready:?}");
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        // Once the tokens have to be read again, whoever comes is turned away sooner.
        let (later, _) = until(
            || {
                let asked = Instant::now();
                (site.read(0), asked.elapsed())
            },
            |(_, took)| *took < Duration::from_secs(6),
        );
        assert_eq!(later.code(), "unavailable");
        assert_comes_again(&later);
        assert_the_queue_sheds(&site.stage.server.app);
        let waiting = waiting.join().unwrap();
        assert_eq!(waiting.code(), "outcome_unknown");
        assert_comes_again(&waiting);
        assert!(start.elapsed() < Duration::from_secs(25), "{:?}", start.elapsed());
    });
    drop(stall);
    server.until("", "/readyz", |ready| ready.status == 200);
    let redeemed = until(|| site.redeem(0, &body), |reply| reply.status != 503);
    assert!(matches!(redeemed.status, 200 | 201), "{redeemed:?}");
    assert_eq!(site.redeem(0, &body).text, redeemed.text);
    site.stage.assert_audit_is_clean();
}

/// Commands wait up to a limit; one more is turned away at once.
fn assert_the_queue_sheds(app: &App) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _timers = runtime.enter();
    let mut context = Context::from_waker(Waker::noop());
    type Waiting<'a> = Pin<Box<dyn Future<Output = Result<Answer<()>, Refusal>> + 'a>>;
    let mut waiting: Vec<Waiting<'_>> = Vec::new();
    let shed = loop {
        let mut next: Waiting<'_> = Box::pin(app.writer.execute(Nothing));
        match next.as_mut().poll(&mut context) {
            Poll::Pending => waiting.push(next),
            Poll::Ready(told) => break told.map(drop).unwrap_err(),
        }
    };
    assert_eq!(shed.code, Code::Overloaded);
    assert!(waiting.len() > 1_000, "{}", waiting.len());
}

#[test]
#[ignore = "needs PostgreSQL 15"]
fn others_take_every_connection() {
    let cluster = Cluster::start("max_connections = 20");
    let site = Site::start(1, 1, |_| cluster.database());
    let (_, body) = site.redemptions(1).pop().unwrap();
    let elsewhere = cluster.bare_database();
    let Place::Postgres(url) = &elsewhere else { unreachable!() };
    let mut taken = Vec::new();
    // What the servers had is ended, again and again until they are not quick enough to get it back.
    let sessions = format!(
        "SELECT count(*) AS number FROM pg_stat_activity WHERE datname = '{}'",
        name(site.database())
    );
    loop {
        cluster.terminate_sessions(site.database());
        taken.extend(std::iter::from_fn(|| PgConnection::establish(url).ok()));
        if sql_query(&sessions).get_result::<Number>(&mut *cluster.admin()).unwrap().number == 0 {
            break;
        }
    }
    let refused = until(|| site.redeem(0, &body), |reply| reply.status == 503);
    assert_comes_again(&refused);
    let app = &site.stage.server.app;
    assert_eq!(app.writer.execute_blocking(Nothing).map(drop).unwrap_err().code, Code::Unavailable);
    drop(taken);
    let redeemed = until(|| site.redeem(0, &body), |reply| reply.status != 503);
    assert!(matches!(redeemed.status, 200 | 201), "{redeemed:?}");
    app.writer.execute_blocking(Nothing).map(drop).unwrap();
    site.stage.assert_audit_is_clean();
}

#[test]
#[ignore = "needs PostgreSQL 15"]
fn the_database_may_not_be_written_to() {
    let site = Site::start(1, 1, |_| shared().database());
    let (_, body) = site.redemptions(1).pop().unwrap();
    let only_read = |is: &str| {
        let alter =
            format!("ALTER DATABASE {} SET default_transaction_read_only = {is}", name(site.database()));
        shared().admin().batch_execute(&alter).unwrap();
    };
    only_read("on");
    shared().terminate_sessions(site.database());
    let refused = site.redeem(0, &body);
    assert_eq!(refused.code(), "unavailable");
    assert_comes_again(&refused);
    done(site.read(0));
    // The sessions opened meanwhile are read-only for as long as they live.
    only_read("off");
    assert_eq!(site.redeem(0, &body).status, 201);
    site.stage.assert_audit_is_clean();
}
