//! Clients that redeem while the database fails, and keep a journal of what they were told.

use crate::harness::Reply;
use crate::site::Site;
use crate::stage::{FACE_VALUE, Voucher};
use serde_json::Value;
use std::sync::mpsc::{Receiver, Sender, channel};

const CLIENTS: usize = 4;

/// What a client was told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    Redeemed,
    /// 503 with this code.
    Later(String),
}

/// Redeems all of these, sending each request again until it is done, while `trouble` does its work with
/// the journal at hand. Afterwards every redemption stands once and every repeat gets the answer it had.
pub fn redeem_through(site: &Site, work: &[(Voucher, Value)], trouble: impl FnOnce(&Receiver<Told>)) {
    let (journal, told) = channel();
    let answers: Vec<Reply> = std::thread::scope(|scope| {
        let shares = work.chunks(work.len().div_ceil(CLIENTS));
        let clients: Vec<_> = shares
            .map(|share| {
                let journal = journal.clone();
                scope.spawn(move || {
                    share.iter().map(|(_, body)| persist(site, body, &journal)).collect::<Vec<_>>()
                })
            })
            .collect();
        drop(journal);
        trouble(&told);
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    for ((voucher, body), answer) in work.iter().zip(&answers) {
        let again = site.redeem(0, body);
        assert_eq!((again.status, &again.text), (200, &answer.text), "{voucher:?}");
    }
    let programme_id = &site.stage.programme_id;
    assert_eq!(site.obligated(programme_id), FACE_VALUE * i64::try_from(work.len()).unwrap());
    site.stage.assert_audit_is_clean();
}

/// Never a false refusal: done, or told to come again.
fn persist(site: &Site, body: &Value, journal: &Sender<Told>) -> Reply {
    loop {
        let reply = site.redeem(0, body);
        if matches!(reply.status, 200 | 201) {
            let _ = journal.send(Told::Redeemed);
            return reply;
        }
        assert_comes_again(&reply);
        let _ = journal.send(Told::Later(reply.code().to_owned()));
    }
}

/// The database does not serve, and the client is told to come again.
#[track_caller]
pub fn assert_comes_again(reply: &Reply) {
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(["unavailable", "outcome_unknown", "overloaded"].contains(&reply.code()), "{reply:?}");
    assert_eq!(reply.header("retry-after"), "1", "{reply:?}");
}

/// Waits until clients were told this so many times.
#[track_caller]
pub fn wait_for(told: &Receiver<Told>, times: usize, wanted: impl Fn(&Told) -> bool) {
    let found = told.iter().filter(wanted).take(times).count();
    assert_eq!(found, times, "the clients were done before");
}
