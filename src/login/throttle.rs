//! Guessing slowed down, and only that: who guesses is kept from the door, not the person whose login it is.
//!
//! A browser that has signed in before shows a cookie that says so and is counted by itself; everybody else is counted
//! by login and network address, and all strangers to a login together. So an attacker uses up attempts of strangers, and the
//! person goes on in their own browser, or by a pass. (The idea is OWASP's "device cookies".) Counts are kept in
//! memory by each server.

use crate::kernel::{Code, HolderSecret, Refusal, Timestamp};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use subtle::ConstantTimeEq;

/// Attempts within [`WINDOW_SECONDS`] that one client has, and all strangers to a login together.
const OF_A_CLIENT: u32 = 5;
const OF_ALL_STRANGERS: u32 = 50;
const WINDOW_SECONDS: i64 = 15 * 60;

/// Counts that are kept; when there are more, the oldest windows go.
const KEPT: usize = 20_000;

/// Whoever tries to sign in.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Client {
    /// A browser that has signed in as this login before.
    Known { nonce: [u8; 16] },
    /// Anybody else, from this network.
    Stranger { login: String, network: [u8; 8] },
    /// All of them.
    Strangers { login: String },
}

impl Client {
    /// The client by its cookie, if that is ours and of this login, else by its address.
    pub fn of(secret: &HolderSecret, login: &str, cookie: Option<&str>, address: Option<IpAddr>) -> Self {
        if let Some(nonce) = cookie.and_then(|cookie| known(secret, login, cookie)) {
            return Self::Known { nonce };
        }
        Self::Stranger { login: login.to_owned(), network: network(address) }
    }
}

/// The cookie of a browser that has just signed in.
pub fn cookie(secret: &HolderSecret, login: &str, nonce: [u8; 16]) -> String {
    let mut bytes = nonce.to_vec();
    bytes.extend(secret.known_browser(login, &nonce));
    URL_SAFE_NO_PAD.encode(bytes)
}

fn known(secret: &HolderSecret, login: &str, cookie: &str) -> Option<[u8; 16]> {
    let bytes = URL_SAFE_NO_PAD.decode(cookie).ok().filter(|bytes| bytes.len() == 48)?;
    let nonce: [u8; 16] = bytes[..16].try_into().ok()?;
    bool::from(secret.known_browser(login, &nonce).ct_eq(&bytes[16..])).then_some(nonce)
}

/// An address of IPv4, or the half of one of IPv6 that a provider gives to a customer.
fn network(address: Option<IpAddr>) -> [u8; 8] {
    let mut network = [0; 8];
    match address {
        Some(IpAddr::V4(address)) => network[..4].copy_from_slice(&address.octets()),
        Some(IpAddr::V6(address)) => network.copy_from_slice(&address.octets()[..8]),
        None => {}
    }
    network
}

struct Window {
    since: Timestamp,
    attempts: u32,
}

/// Attempts that were not, or not yet, successful.
#[derive(Default)]
pub struct Attempts(Mutex<HashMap<Client, Window>>);

impl Attempts {
    /// Counts an attempt. Counted before it is decided, so that many at once are not one.
    ///
    /// # Errors
    /// `too_many_attempts`, with the seconds to wait.
    pub fn begin(&self, client: &Client, now: Timestamp) -> Result<(), Refusal> {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= KEPT {
            drop_oldest(&mut windows, now);
        }
        count(&mut windows, client.clone(), OF_A_CLIENT, now)?;
        match client {
            Client::Stranger { login, .. } => {
                count(&mut windows, Client::Strangers { login: login.clone() }, OF_ALL_STRANGERS, now)
            }
            Client::Known { .. } | Client::Strangers { .. } => Ok(()),
        }
    }

    /// Forgets a client's attempts: it has shown who it is.
    pub fn succeeded(&self, client: &Client) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(client);
    }
}

fn count(
    windows: &mut HashMap<Client, Window>,
    client: Client,
    allowed: u32,
    now: Timestamp,
) -> Result<(), Refusal> {
    let window = windows.entry(client).or_insert(Window { since: now, attempts: 0 });
    let ends = window.since.plus_seconds(WINDOW_SECONDS);
    if now >= ends {
        *window = Window { since: now, attempts: 0 };
    }
    if window.attempts >= allowed {
        let wait = ends.seconds() - now.seconds();
        let refusal = Refusal::new(Code::TooManyAttempts).with("retry_after_seconds", wait);
        return Err(refusal.with("minutes", (wait + 59) / 60));
    }
    window.attempts += 1;
    Ok(())
}

fn drop_oldest(windows: &mut HashMap<Client, Window>, now: Timestamp) {
    windows.retain(|_, window| now < window.since.plus_seconds(WINDOW_SECONDS));
    let mut ages: Vec<_> = windows.values().map(|window| window.since).collect();
    if ages.len() >= KEPT {
        let (_, middle, _) = ages.select_nth_unstable(KEPT / 2);
        let middle = *middle;
        windows.retain(|_, window| window.since > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_584_439_200_000);

    fn stranger(address: &str) -> Client {
        Client::of(&HolderSecret::new([1; 32]), "treasury-1", None, address.parse().ok())
    }

    #[test]
    fn who_guesses_waits_and_others_do_not() {
        let (attempts, guesser) = (Attempts::default(), stranger("203.0.113.7"));
        for _ in 0..OF_A_CLIENT {
            attempts.begin(&guesser, NOW).unwrap();
        }
        let refusal = attempts.begin(&guesser, NOW.plus_seconds(60)).unwrap_err();
        assert_eq!(refusal.facts["retry_after_seconds"], 14 * 60);
        attempts.begin(&stranger("203.0.113.8"), NOW).unwrap();
        attempts.begin(&guesser, NOW.plus_seconds(WINDOW_SECONDS)).unwrap();
    }

    #[test]
    fn strangers_from_everywhere_do_not_lock_out_the_browser_that_is_known() {
        let (attempts, secret) = (Attempts::default(), HolderSecret::new([1; 32]));
        for at in 0..=OF_ALL_STRANGERS {
            let outcome = attempts.begin(&stranger(&format!("203.0.113.{at}")), NOW);
            assert_eq!(outcome.is_err(), at == OF_ALL_STRANGERS);
        }
        let cookie = cookie(&secret, "treasury-1", [9; 16]);
        let known = Client::of(&secret, "treasury-1", Some(&cookie), None);
        assert_eq!(known, Client::Known { nonce: [9; 16] });
        attempts.begin(&known, NOW).unwrap();
        assert!(matches!(Client::of(&secret, "treasury-2", Some(&cookie), None), Client::Stranger { .. }));
    }

    #[test]
    fn success_forgives() {
        let (attempts, client) = (Attempts::default(), stranger("203.0.113.7"));
        for _ in 0..3 * OF_A_CLIENT {
            attempts.begin(&client, NOW).unwrap();
            attempts.succeeded(&client);
        }
    }

    #[test]
    fn a_flood_of_names_does_not_fill_the_memory() {
        let attempts = Attempts::default();
        for at in 0..2 * KEPT {
            let login = format!("login-{at}");
            let client = Client::Stranger { login, network: [0; 8] };
            attempts.begin(&client, NOW.plus_seconds(i64::try_from(at).unwrap() / 100)).unwrap();
        }
        assert!(attempts.0.lock().unwrap().len() <= KEPT + 2);
    }
}
