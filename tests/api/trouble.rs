//! The writer in trouble: what clients are told is never a false success, nor a refusal that sounds like a
//! fact.

use crate::harness::{Reply, TestServer};
use crate::stage::{Stage, done};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use std::future::Future;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use training_vouchers::app::App;
use training_vouchers::kernel::Scope;
use training_vouchers::writer::{Batch, Change, Command, Done, Stop};

const AGENCIES: &str = "/v1/agencies";

fn agency(code: &str) -> Value {
    json!({ "code": code, "name": "Имя", "category": "state_body" })
}

/// Alters the database behind the service's back.
struct Alter(&'static str);

impl Command for Alter {
    type Reply = ();

    fn decide(&self, _: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        let statements = self.0;
        Ok(Box::new(move |batch| {
            batch.connection()?.batch_execute(statements)?;
            Ok(Done::unrecorded(()))
        }))
    }
}

/// Holds the writer until it is told how to end: `true`, well; `false`, with a panic.
struct Hold {
    begun: Sender<()>,
    end: Mutex<Receiver<bool>>,
}

impl Command for Hold {
    type Reply = ();

    fn decide(&self, _: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        self.begun.send(()).unwrap();
        assert!(self.end.lock().unwrap().recv().unwrap(), "told to panic");
        Ok(Box::new(|_| Ok(Done::unrecorded(()))))
    }
}

/// A command that does nothing.
struct Nothing;

impl Command for Nothing {
    type Reply = ();

    fn decide(&self, _: &mut Batch<'_>) -> Result<Change<()>, Stop> {
        Ok(Box::new(|_| Ok(Done::unrecorded(()))))
    }
}

/// Runs `meanwhile` while the writer is held; it gets the means to let go.
fn with_writer_held<T>(app: &App, meanwhile: impl FnOnce(&Sender<bool>) -> T) -> T {
    let (begun, has_begun) = channel();
    let (end, ended) = channel();
    let hold = Hold { begun, end: Mutex::new(ended) };
    std::thread::scope(|scope| {
        let held = scope.spawn(|| app.writer.execute_blocking(hold).map(drop));
        has_begun.recv().unwrap();
        let outcome = meanwhile(&end);
        let _ = end.send(true);
        let _ = held.join().unwrap();
        outcome
    })
}

#[test]
fn a_full_queue_is_told_at_once_and_passes() {
    let server = TestServer::start();
    let admin = server.token(Scope::Admin);
    let register = || server.post_with_key("k", admin, AGENCIES, &agency("X-1"));
    let mut context = Context::from_waker(Waker::noop());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _timers = runtime.enter();
    let refused = with_writer_held(&server.app, |_| {
        let mut waiting = Vec::new();
        // Until one more finds no place.
        loop {
            let mut next = Box::pin(server.app.writer.execute(Nothing));
            match next.as_mut().poll(&mut context) {
                Poll::Pending => waiting.push(next),
                Poll::Ready(_) => break,
            }
        }
        assert_eq!(server.app.writer.depth(), waiting.len());
        register()
    });
    assert_eq!(refused.problem(), (503, "overloaded"));
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(register().status, 201, "the same key, once there is room");
}

#[test]
fn a_writer_that_dies_is_told_as_unknown_and_then_as_unavailable() {
    let server = TestServer::start();
    let admin = server.token(Scope::Admin);
    let register = || server.post(admin, AGENCIES, &agency("X-1"));
    let waiting: Reply = with_writer_held(&server.app, |end| {
        std::thread::scope(|scope| {
            let waiting = scope.spawn(register);
            wait_for(&server.app, 1);
            end.send(false).unwrap();
            waiting.join().unwrap()
        })
    });
    assert_eq!(waiting.problem(), (503, "outcome_unknown"));
    assert_eq!(waiting.header("retry-after"), "1");
    assert_eq!(register().problem(), (503, "unavailable"));
    let ready = server.get("", "/readyz");
    assert_eq!((ready.status, &ready.json["ready"]), (503, &json!(false)), "{ready:?}");
    assert_eq!(server.get("", "/healthz").status, 200);
    let listed = server.get(admin, AGENCIES);
    assert_eq!((listed.status, listed.json["items"].as_array().unwrap().len()), (200, 2), "reading goes on");
}

/// A fault of ours, and nothing but that: neither what could not be read nor where.
#[track_caller]
fn assert_a_fault_that_tells_nothing(reply: &Reply) {
    assert_eq!(reply.problem(), (500, "internal_error"), "{reply:?}");
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let mut document = reply.json.clone();
    assert!(document["request_id"].take().is_string(), "{reply:?}");
    let expected = json!({ "type": "/problems/internal_error", "status": 500, "code": "internal_error",
        "title": "A fault of the service", "detail": "The service met a fault of its own. Nothing was done.",
        "remedy": "Name the request id to whoever runs the service.", "facts": {}, "request_id": null });
    assert_eq!(document, expected);
}

#[test]
fn books_that_cannot_be_read_are_a_fault_of_ours_and_tell_nothing() {
    let stage = Stage::start(1);
    let server = &stage.server;
    let alter = |statements| server.app.writer.execute_blocking(Alter(statements)).map(drop).unwrap();
    let admin = server.token(Scope::Admin);
    let register = |code| server.post_with_key(code, admin, AGENCIES, &agency(code));

    // A write: the head of the log is no tree. Nothing is done, and the key is good once it is mended.
    done(register("X-1"));
    alter(
        "CREATE TABLE kept AS SELECT frontier FROM log_head WHERE programme_no = 0;
         UPDATE log_head SET frontier = (SELECT kid FROM signing_key WHERE purpose = 'log') WHERE programme_no = 0",
    );
    assert_a_fault_that_tells_nothing(&register("X-2"));
    let agencies = || done(server.get(admin, AGENCIES))["items"].as_array().unwrap().len();
    assert_eq!(agencies(), 3);
    alter("UPDATE log_head SET frontier = (SELECT frontier FROM kept) WHERE programme_no = 0");
    assert_eq!((register("X-2").status, agencies()), (201, 4), "the same key");

    // A repeat: the answer kept for it is no JSON.
    alter("UPDATE idempotency SET outcome = '{' WHERE idempotency_key = 'X-1'");
    assert_a_fault_that_tells_nothing(&register("X-1"));
    assert_eq!(register("X-3").status, 201, "others go on");

    // A look: a row's eligibility is no JSON.
    let request_id = stage.request(server.token(Scope::Agency), &stage.programme_id, &stage.rows(1));
    alter("UPDATE request_item SET eligibility = '{'");
    let look = || stage.get(Scope::Programme, &format!("/v1/requests/{request_id}"));
    assert_a_fault_that_tells_nothing(&look());
    alter("UPDATE request_item SET eligibility = '[]'");
    done(look());

    // Columns that hold no value of their kind: a look, and the facts of a change.
    let voucher = stage.voucher();
    let preview = || stage.preview(&voucher.credential);
    done(preview());
    alter(
        "CREATE TABLE kept_date AS SELECT valid_until FROM programme; UPDATE programme SET valid_until = 'soon'",
    );
    assert_a_fault_that_tells_nothing(&preview());
    assert_a_fault_that_tells_nothing(&stage.redeem(&voucher));
    alter("UPDATE programme SET valid_until = (SELECT valid_until FROM kept_date)");
    assert_eq!(stage.redeem(&voucher).status, 201);
}

/// The answer to a client that has gone is still written: its key gives it again.
#[test]
fn a_client_that_goes_away_loses_its_answer_and_nothing_else() {
    let server = TestServer::start();
    let admin = server.token(Scope::Admin);
    with_writer_held(&server.app, |_| {
        let socket = begin(server.address(), &registration(admin, "X-1"));
        wait_for(&server.app, 1);
        drop(socket);
    });
    let request = server.request("POST", AGENCIES).bearer_auth(admin).header("Idempotency-Key", "X-1");
    let again = Reply::from(request.json(&agency("X-1")).send().unwrap());
    assert_eq!((again.status, &again.json["code"]), (200, &json!("X-1")), "a repeat, not a first time");
}

/// A whole request under a key of its own, as bytes.
fn registration(token: &str, code: &str) -> Vec<u8> {
    let body = agency(code).to_string();
    let head = format!(
        "POST {AGENCIES} HTTP/1.1\r\nHost: vouchers\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {code}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

fn begin(address: &str, bytes: &[u8]) -> TcpStream {
    let mut socket = TcpStream::connect(address).unwrap();
    // Longer than a stop may take: a test that fails rather than hangs.
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    socket.write_all(bytes).unwrap();
    socket
}

/// Until so many commands wait for the writer.
fn wait_for(app: &App, commands: usize) {
    while app.writer.depth() < commands {
        std::thread::yield_now();
    }
}

/// The status of the answer, if there is one: whole, and nothing after it.
fn answer(mut socket: TcpStream) -> Option<u16> {
    let mut bytes = Vec::new();
    match socket.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset && bytes.is_empty() => {}
        Err(error) => panic!("{error} after {}", String::from_utf8_lossy(&bytes)),
    }
    if bytes.is_empty() {
        return None;
    }
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("a whole head");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    assert_eq!(length.parse::<usize>().unwrap(), body.len(), "a whole body: {text}");
    serde_json::from_str::<Value>(body).unwrap();
    Some(head.split(' ').nth(1).unwrap().parse().unwrap())
}

#[test]
fn a_stop_answers_what_was_accepted_and_takes_nothing_new() {
    const REQUESTS: usize = 64;
    let server = TestServer::start();
    let (app, address) = (server.app.clone(), server.address().to_owned());
    let admin = server.token(Scope::Admin).to_owned();
    let send = |code: &str| begin(&address, &registration(&admin, code));
    let idle = begin(&address, b"");
    let (accepted, half, stopping) = with_writer_held(&app, |_| {
        let accepted: Vec<_> = (0..REQUESTS).map(|number| send(&format!("A-{number}"))).collect();
        let half: Vec<_> = (0..8)
            .map(|number| {
                let bytes = registration(&admin, &format!("H-{number}"));
                let (first, rest) = bytes.split_at(bytes.len() - 10);
                (begin(&address, first), rest.to_vec())
            })
            .collect();
        wait_for(&app, REQUESTS);
        let stopping = std::thread::spawn(move || server.stop());
        // The stop has begun when nobody is let in any more.
        while TcpStream::connect(&address).is_ok() {
            std::thread::yield_now();
        }
        (accepted, half, stopping)
    });
    for socket in accepted {
        assert_eq!(answer(socket), Some(201));
    }
    let mut registered = REQUESTS;
    for (mut socket, rest) in half {
        // Half a request was not accepted: answered or not, but never in half.
        let _ = socket.write_all(&rest);
        let status = answer(socket);
        assert!([None, Some(201)].contains(&status), "{status:?}");
        registered += usize::from(status.is_some());
    }
    assert_eq!(answer(idle), None);
    let _installation = stopping.join().unwrap().unwrap();
    assert!(app.writer.is_alive(), "the writer outlives the doors");
    use diesel::prelude::*;
    use training_vouchers::db::schema::agency;
    let count = app.read_blocking(|connection| Ok(agency::table.count().get_result::<i64>(connection)?));
    assert_eq!(count.unwrap(), 2 + registered as i64, "what was answered is there, and nothing else");
}
