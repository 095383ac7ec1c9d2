//! What the targets share: one issuer with a key that everybody knows.

use std::sync::LazyLock;
use training_vouchers::credential::{self, KeyRecord, Keyring, Purpose, Signer};
use training_vouchers::kernel::Timestamp;

/// The name of the issuer, and of its log.
pub const ISSUER: &str = "vouchers.pskov.example";

/// Its only key.
pub static SIGNER: LazyLock<Signer> = LazyLock::new(|| Signer::from_secret(&[7; 32]));

static KEYRING: LazyLock<Keyring> = LazyLock::new(|| {
    let record = KeyRecord::active(&SIGNER, Purpose::Credential, Timestamp::from_millis(0));
    Keyring::new(ISSUER, vec![record], vec![SIGNER.clone()]).expect("a good key")
});

/// Reads a text as a credential. What the text form takes is what it would write; what is accepted is,
/// to the byte, what signing its claims gives.
pub fn read_credential(text: &str) {
    if let Ok(bytes) = credential::decode(text) {
        assert_eq!(credential::encode(&bytes), text);
    }
    let Ok(signed) = credential::authenticate(text, &KEYRING) else { return };
    // What is longer is read, but never written.
    if text.len() <= credential::MAX_WRITTEN {
        let again = credential::sign(signed.claims(), &SIGNER).expect("claims that were signed before");
        assert_eq!(again.text(), text);
    }
}
