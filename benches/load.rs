//! The load: HTTP/1.1 over connections that stay open, each sending its next request when the last is
//! answered. One thread, requests written beforehand, so that little of the cores goes to it.

use crate::world::Anyhow;
use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// What a run showed.
pub struct Outcome {
    pub wall: Duration,
    /// Of every request, sorted.
    pub latencies: Vec<Duration>,
    /// Bytes of the last answer's body.
    pub answer: usize,
}

impl Outcome {
    pub fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.wall.as_secs_f64()
    }

    /// The latency that this share of the requests did not exceed.
    pub fn percentile(&self, share: f64) -> Duration {
        let last = self.latencies.len() - 1;
        self.latencies[((last as f64) * share) as usize]
    }
}

/// A `POST` of JSON, ready to be written.
pub fn post(path: &str, token: &str, body: &str, idempotency_key: Option<&str>) -> Vec<u8> {
    let key = idempotency_key.map_or_else(String::new, |key| format!("Idempotency-Key: {key}\r\n"));
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{key}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A `GET`, ready to be written.
pub fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n").into_bytes()
}

/// Sends every request once over so many connections.
///
/// # Errors
/// A connection that fails; an answer whose status is not `2xx`.
pub fn run(server: SocketAddr, connections: usize, requests: Vec<Vec<u8>>) -> Anyhow<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let local = LocalSet::new();
    let shared = Rc::new((requests, Cell::new(0)));
    let begun = Instant::now();
    let clients: Vec<_> =
        (0..connections).map(|_| local.spawn_local(client(server, Rc::clone(&shared)))).collect();
    let (mut latencies, mut answer) = (Vec::with_capacity(shared.0.len()), 0);
    local.block_on(&runtime, async {
        for client in clients {
            let (of_client, bytes) = client.await?.map_err(|error| error.to_string())?;
            latencies.extend(of_client);
            answer = answer.max(bytes);
        }
        Anyhow::Ok(())
    })?;
    let wall = begun.elapsed();
    latencies.sort_unstable();
    Ok(Outcome { wall, latencies, answer })
}

async fn client(
    server: SocketAddr,
    shared: Rc<(Vec<Vec<u8>>, Cell<usize>)>,
) -> Anyhow<(Vec<Duration>, usize)> {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let (requests, next) = &*shared;
    let (mut latencies, mut buffer, mut body) = (Vec::new(), Vec::with_capacity(8 << 10), 0);
    while let Some(request) = requests.get(next.replace(next.get() + 1)) {
        let begun = Instant::now();
        stream.write_all(request).await?;
        let answer = answer(&mut stream, &mut buffer).await?;
        if !(200..300).contains(&answer.status) {
            return Err(String::from_utf8_lossy(&buffer).into());
        }
        body = answer.body;
        latencies.push(begun.elapsed());
    }
    Ok((latencies, body))
}

/// An answer, of which the buffer holds the bytes.
pub struct Answer {
    pub status: u16,
    /// Bytes of its body.
    pub body: usize,
}

/// Reads one answer.
pub async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Anyhow<Answer> {
    buffer.clear();
    let head = loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err("the server hung up".into());
        }
        if let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = std::str::from_utf8(&buffer[..head])?.to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.ok_or_else(|| format!("an answer without a length: {text}"))?.parse()?;
    while buffer.len() < head + length {
        if stream.read_buf(buffer).await? == 0 {
            return Err("the server hung up".into());
        }
    }
    let status = text.strip_prefix("http/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    Ok(Answer { status: status.ok_or("no status")?, body: length })
}
