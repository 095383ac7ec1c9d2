//! The writer without HTTP: tasks on two threads verify credentials and wait for their redemption.

use crate::world::{COURSE_RUNS, course_run, refused, registrar};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use training_vouchers::credential::{self, Keyring};
use training_vouchers::kernel::RedemptionId;
use training_vouchers::redemption::redeem::Redeem;
use training_vouchers::writer::Writer;
use uuid::Uuid;

const THREADS: usize = 2;

struct Shared {
    writer: Writer,
    keyring: Keyring,
    credentials: Vec<String>,
    next: AtomicUsize,
}

/// Redeems every credential once, with so many at a time; gives the latencies.
pub fn redeem_all(
    writer: &Writer,
    keyring: &Keyring,
    credentials: Vec<String>,
    at_a_time: usize,
) -> Vec<Duration> {
    let next = AtomicUsize::new(0);
    let shared = Arc::new(Shared { writer: writer.clone(), keyring: keyring.clone(), credentials, next });
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || run(&shared, at_a_time / THREADS))
        })
        .collect();
    threads.into_iter().flat_map(|thread| thread.join().expect("a client panicked")).collect()
}

fn run(shared: &Arc<Shared>, at_a_time: usize) -> Vec<Duration> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime can be had");
    let local = tokio::task::LocalSet::new();
    let clients: Vec<_> = (0..at_a_time).map(|_| local.spawn_local(client(Arc::clone(shared)))).collect();
    local.block_on(&runtime, async {
        let mut latencies = Vec::new();
        for client in clients {
            latencies.extend(client.await.expect("a client panicked"));
        }
        latencies
    })
}

async fn client(shared: Arc<Shared>) -> Vec<Duration> {
    let mut latencies = Vec::new();
    loop {
        let place = shared.next.fetch_add(1, Relaxed);
        let Some(text) = shared.credentials.get(place) else { return latencies };
        let begun = Instant::now();
        let signed = credential::authenticate(text, &shared.keyring).expect("our own credential");
        let command = Redeem {
            redemption_id: RedemptionId(Uuid::new_v4()),
            presented: signed.into(),
            course_run_id: course_run(place % COURSE_RUNS),
            identity_checked: true,
            registrar: registrar(),
        };
        let answer = shared.writer.execute(command).await.map_err(refused).expect("a redemption");
        let receipt = answer.receipt().expect("a receipt").to_string();
        std::hint::black_box(receipt);
        latencies.push(begun.elapsed());
    }
}
