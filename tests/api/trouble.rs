//! The writer in trouble: what clients are told is never a false success, nor a refusal that sounds like a
//! fact.

use crate::harness::{Reply, TestServer};
use serde_json::{Value, json};
use std::future::Future;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Waker};
use training_vouchers::kernel::Scope;
use training_vouchers::writer::{Batch, Change, Command, Done, Stop};

const AGENCIES: &str = "/v1/agencies";

fn agency(code: &str) -> Value {
    json!({ "code": code, "name": "Имя", "category": "state_body" })
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
fn with_writer_held<T>(server: &TestServer, meanwhile: impl FnOnce(&Sender<bool>) -> T) -> T {
    let (begun, has_begun) = channel();
    let (end, ended) = channel();
    let hold = Hold { begun, end: Mutex::new(ended) };
    std::thread::scope(|scope| {
        let held = scope.spawn(|| server.app.writer.execute_blocking(hold).map(drop));
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
    let refused = with_writer_held(&server, |_| {
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
    let waiting: Reply = with_writer_held(&server, |end| {
        std::thread::scope(|scope| {
            let waiting = scope.spawn(register);
            while server.app.writer.depth() == 0 {
                std::thread::yield_now();
            }
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

/// The answer to a client that has gone is still written: its key gives it again.
#[test]
fn a_client_that_goes_away_loses_its_answer_and_nothing_else() {
    let server = TestServer::start();
    let admin = server.token(Scope::Admin);
    let body = agency("X-1").to_string();
    let head = format!(
        "POST {AGENCIES} HTTP/1.1\r\nHost: vouchers\r\nAuthorization: Bearer {admin}\r\nIdempotency-Key: k\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    with_writer_held(&server, |_| {
        use std::io::Write;
        let mut socket = std::net::TcpStream::connect(server.address()).unwrap();
        socket.write_all(head.as_bytes()).unwrap();
        while server.app.writer.depth() == 0 {
            std::thread::yield_now();
        }
    });
    let request = server.request("POST", AGENCIES).bearer_auth(admin).header("Idempotency-Key", "k");
    let again = Reply::from(request.header("Content-Type", "application/json").body(body).send().unwrap());
    assert_eq!((again.status, &again.json["code"]), (200, &json!("X-1")), "a repeat, not a first time");
}
