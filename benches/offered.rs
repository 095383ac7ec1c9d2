//! The open loop: requests come when they come, whether or not the server keeps up. Latency counts from when a
//! request was due, so that a slow server cannot hide behind clients that wait for it (coordinated omission).

use crate::contender::Contender;
use crate::load::{answer, get};
use crate::redeem::{millis, redemptions};
use crate::report::Report;
use crate::world::Anyhow;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// How much is offered, in multiples of what the server reached when its clients waited for it; at the end
/// little again: does it recover at once?
const LOADS: [f64; 6] = [0.5, 0.8, 1.0, 1.5, 2.0, 0.5];

/// How long each is offered.
const SECONDS: f64 = 3.0;

/// Offers load after load of redemptions, with credentials that `take` gives; adds a section to the table.
///
/// # Errors
/// As [`run`].
pub fn measure(
    report: &mut Report,
    section: &'static str,
    server: &Contender,
    capacity: f64,
    mut take: impl FnMut(usize) -> Anyhow<Vec<String>>,
) -> Anyhow<()> {
    report.section(section);
    for load in LOADS {
        let rate = load * capacity;
        let credentials = take((rate * SECONDS) as usize)?;
        let offered = credentials.len();
        let outcome = run(server.address, rate, redemptions(&credentials))?;
        let line = |what: &str| format!("offered {load} × capacity: {what}");
        let per_second = outcome.accepted.len() as f64 / outcome.wall.as_secs_f64();
        println!("offered {rate:.0}/s: {per_second:.0}/s accepted, {} of {offered} shed", outcome.shed.len());
        report.line(line("accepted"), per_second, "/s");
        report.line(line("p99 of the accepted"), p99(&outcome.accepted), "ms");
        report.line(line("told to come again"), 100.0 * outcome.shed.len() as f64 / offered as f64, "%");
    }
    Ok(())
}

fn p99(sorted: &[Duration]) -> f64 {
    sorted.get(sorted.len() * 99 / 100).map_or(0.0, |latency| millis(*latency))
}

/// Enough that one is free whenever a request is due, unless the server lets all of them wait.
const CONNECTIONS: usize = 4_096;

/// What a run showed.
pub struct Outcome {
    pub wall: Duration,
    /// Of requests that were carried out, sorted.
    pub accepted: Vec<Duration>,
    /// Of requests that were told to come again (503 with `Retry-After`).
    pub shed: Vec<Duration>,
}

struct Plan {
    requests: Vec<Vec<u8>>,
    next: Cell<usize>,
    begun: Cell<Instant>,
    every: Duration,
    accepted: RefCell<Vec<Duration>>,
    shed: RefCell<Vec<Duration>>,
}

/// Offers every request once, so many a second.
///
/// # Errors
/// A connection that fails; an answer that is neither `2xx` nor a 503 that says when to come again.
pub fn run(server: SocketAddr, per_second: f64, requests: Vec<Vec<u8>>) -> Anyhow<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = LocalSet::new();
    let plan = Rc::new(Plan {
        requests,
        next: Cell::new(0),
        begun: Cell::new(Instant::now()),
        every: Duration::from_secs_f64(1.0 / per_second),
        accepted: RefCell::default(),
        shed: RefCell::default(),
    });
    local.block_on(&runtime, async {
        let mut streams = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS.min(plan.requests.len()) {
            // Taken up by the server too, before anything is due.
            let mut stream = TcpStream::connect(server).await?;
            stream.write_all(&get("/healthz", "")).await?;
            answer(&mut stream, &mut Vec::new()).await?;
            streams.push(stream);
        }
        plan.begun.set(Instant::now());
        let clients: Vec<_> =
            streams.into_iter().map(|stream| local.spawn_local(client(stream, Rc::clone(&plan)))).collect();
        for client in clients {
            client.await?.map_err(|error| error.to_string())?;
        }
        Anyhow::Ok(())
    })?;
    let wall = plan.begun.get().elapsed();
    let mut accepted = plan.accepted.take();
    accepted.sort_unstable();
    Ok(Outcome { wall, accepted, shed: plan.shed.take() })
}

async fn client(mut stream: TcpStream, plan: Rc<Plan>) -> Anyhow<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(4 << 10);
    loop {
        let number = plan.next.replace(plan.next.get() + 1);
        let Some(request) = plan.requests.get(number) else { return Ok(()) };
        let due = plan.begun.get() + plan.every * number as u32;
        tokio::time::sleep_until(due.into()).await;
        stream.write_all(request).await?;
        let status = answer(&mut stream, &mut buffer).await?.status;
        let says_when = || buffer.windows(13).any(|bytes| bytes.eq_ignore_ascii_case(b"\r\nretry-after"));
        match status {
            200..300 => plan.accepted.borrow_mut().push(due.elapsed()),
            503 if says_when() => plan.shed.borrow_mut().push(due.elapsed()),
            _ => return Err(String::from_utf8_lossy(&buffer).into()),
        }
    }
}
