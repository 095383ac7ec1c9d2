//! C2SP tlog-checkpoint: the size and root of a log's tree, signed by the log.
//!
//! The key's name is the log's origin. As a note does not sign key names, and one key may serve
//! several logs, a reader must compare the origin too: [`Checkpoint::open`] does.
//! <https://c2sp.org/tlog-checkpoint>

use std::fmt;

use super::ProofError;
use super::merkle::Hash;
use super::note::{self, VerifierKey};

/// What a log says of its tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// The log's name, such as `issuer.example/programme`: no spaces, no plus signs.
    pub origin: String,
    /// The number of leaves.
    pub size: u64,
    pub root: Hash,
}

/// A checkpoint as a signed note, ready to be stored and handed out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedCheckpoint(pub String);

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Checkpoint {
    /// The text that is signed: origin, size and root, a line each.
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64())
    }

    /// Signs the checkpoint under the origin as key name. `sign` makes the Ed25519 signature of
    /// the bytes it is given, by the key of `public_key`.
    ///
    /// # Errors
    /// [`ProofError::BadKeyName`] when the origin cannot be one.
    pub fn sign(
        &self,
        public_key: &[u8; 32],
        sign: impl FnOnce(&[u8]) -> [u8; 64],
    ) -> Result<SignedCheckpoint, ProofError> {
        note::sign(&self.body(), &self.origin, public_key, sign).map(SignedCheckpoint)
    }

    /// The checkpoint of a note signed by `key`, of the log that `key` is named after.
    /// Extension lines are refused: our logs write none.
    ///
    /// # Errors
    /// Those of the note; [`ProofError::MalformedCheckpoint`], [`ProofError::MalformedSize`],
    /// [`ProofError::MalformedHash`], [`ProofError::WrongOrigin`].
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, ProofError> {
        let checkpoint = Self::parse(note::open(note, key)?)?;
        if checkpoint.origin == key.name() { Ok(checkpoint) } else { Err(ProofError::WrongOrigin) }
    }

    /// The checkpoint of a note signed by one of the keys, which have one name.
    ///
    /// # Errors
    /// As [`Checkpoint::open`].
    pub fn open_by_any(note: &str, keys: &[VerifierKey]) -> Result<Self, ProofError> {
        let mut verdict = Err(ProofError::NotSignedByKey);
        for key in keys {
            verdict = Self::open(note, key);
            if verdict != Err(ProofError::NotSignedByKey) {
                break;
            }
        }
        verdict
    }

    /// What the text of [`Checkpoint::body`] says. Nobody has signed it.
    ///
    /// # Errors
    /// [`ProofError::MalformedCheckpoint`], [`ProofError::MalformedSize`], [`ProofError::MalformedHash`].
    pub fn parse(body: &str) -> Result<Self, ProofError> {
        let lines: Vec<&str> = body.split('\n').collect();
        let [origin, size, root, ""] = lines[..] else { return Err(ProofError::MalformedCheckpoint) };
        if origin.is_empty() {
            return Err(ProofError::MalformedCheckpoint);
        }
        let size = parse_decimal(size).ok_or(ProofError::MalformedSize)?;
        Ok(Self { origin: origin.to_owned(), size, root: Hash::from_base64(root)? })
    }
}

/// A decimal number in its only spelling: no sign, no leading zeros.
pub(super) fn parse_decimal(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;
    use crate::proof::leaf_hash;

    fn secret() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn key(name: &str) -> VerifierKey {
        VerifierKey::new(name, secret().verifying_key().as_bytes()).unwrap()
    }

    fn signed(body: &str, name: &str) -> String {
        note::sign(body, name, secret().verifying_key().as_bytes(), |text| secret().sign(text).to_bytes())
            .unwrap()
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: "log.example/2020".to_owned(), size: 42, root: leaf_hash(b"entry") }
    }

    #[test]
    fn a_signed_checkpoint_opens_to_itself() {
        let secret = secret();
        let public = secret.verifying_key();
        for size in [0, 1, 42, u64::MAX] {
            let checkpoint = Checkpoint { size, ..checkpoint() };
            let note = checkpoint.sign(public.as_bytes(), |body| secret.sign(body).to_bytes()).unwrap();
            assert_eq!(Checkpoint::open(&note.0, &key("log.example/2020")), Ok(checkpoint));
        }
    }

    #[test]
    fn a_checkpoint_of_another_implementation_is_read() {
        let body = "go.sum database tree\n6476701\nmb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n";
        let checkpoint = Checkpoint::parse(body).unwrap();
        assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("go.sum database tree", 6_476_701));
        assert_eq!(checkpoint.body(), body);
    }

    #[test]
    fn one_spelling_only() {
        let root = checkpoint().root.to_base64();
        let origin = "log.example/2020";
        for (body, error) in [
            (format!("{origin}\n042\n{root}\n"), ProofError::MalformedSize),
            (format!("{origin}\n00\n{root}\n"), ProofError::MalformedSize),
            (format!("{origin}\n+42\n{root}\n"), ProofError::MalformedSize),
            (format!("{origin}\n-1\n{root}\n"), ProofError::MalformedSize),
            (format!("{origin}\n 42\n{root}\n"), ProofError::MalformedSize),
            (format!("{origin}\n\n{root}\n"), ProofError::MalformedSize),
            (format!("{origin}\n18446744073709551616\n{root}\n"), ProofError::MalformedSize),
            (format!("{origin}\n42\n{}\n", root.trim_end_matches('=')), ProofError::MalformedHash),
            (format!("{origin}\n42\nAAAA\n"), ProofError::MalformedHash),
            (format!("{origin}\n42\n{root}\nextension\n"), ProofError::MalformedCheckpoint),
            (format!("{origin}\n42\n{root}\n\n"), ProofError::MalformedCheckpoint),
            (format!("{origin}\n42\n"), ProofError::MalformedCheckpoint),
            (format!("\n42\n{root}\n"), ProofError::MalformedCheckpoint),
        ] {
            assert_eq!(Checkpoint::open(&signed(&body, origin), &key(origin)), Err(error), "{body}");
        }
    }

    /// One key signs for two logs: the name in the signature line, which is not signed,
    /// must not turn the checkpoint of one into that of the other.
    #[test]
    fn the_checkpoint_of_another_log_is_refused() {
        let note = signed(&checkpoint().body(), "log.example/2021");
        assert_eq!(Checkpoint::open(&note, &key("log.example/2021")), Err(ProofError::WrongOrigin));
        assert_eq!(Checkpoint::open(&note, &key("log.example/2020")), Err(ProofError::NotSignedByKey));
    }
}
