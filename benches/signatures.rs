//! What signatures cost on one core: the bare operations, and a credential's whole check.

use crate::world::{Anyhow, World};
use ed25519_dalek::{Signer, SigningKey};
use std::hint::black_box;
use std::time::{Duration, Instant};
use training_vouchers::credential;

const TIMES: u32 = 1_000;

/// Time of one operation each.
#[derive(Clone, Copy)]
pub struct Costs {
    pub sign: Duration,
    pub verify_strict: Duration,
    /// Text to claims with the private key at hand: base45, COSE, signing again.
    pub check: Duration,
    /// The same with public keys only: base45, COSE, `verify_strict`.
    pub check_strict: Duration,
}

impl Costs {
    pub fn least(self, other: Self) -> Self {
        Self {
            sign: self.sign.min(other.sign),
            verify_strict: self.verify_strict.min(other.verify_strict),
            check: self.check.min(other.check),
            check_strict: self.check_strict.min(other.check_strict),
        }
    }
}

/// Measures with a credential of this world.
pub fn measure(world: &World, text: &str) -> Anyhow<Costs> {
    let (private, public) = (world.keyring()?, world.public_keyring()?);
    let key = SigningKey::from_bytes(&[7; 32]);
    let point = key.verifying_key();
    // As long as what a credential's signature is over.
    let message = [9; 200];
    let signature = key.sign(&message);
    Ok(Costs {
        sign: each(|| key.sign(black_box(&message)).to_bytes()),
        verify_strict: each(|| point.verify_strict(black_box(&message), black_box(&signature)).is_ok()),
        check: each(|| credential::verify(black_box(text), &private).is_ok()),
        check_strict: each(|| credential::verify(black_box(text), &public).is_ok()),
    })
}

fn each<T>(operation: impl Fn() -> T) -> Duration {
    let begun = Instant::now();
    for _ in 0..TIMES {
        black_box(operation());
    }
    begun.elapsed() / TIMES
}
