//! C2SP tlog-proof: the proof that an entry is in a log, which anyone can check offline.
//!
//! The entry itself is not in the text: who checks brings it. Extra data is carried and given
//! back but means nothing here; nobody signed it. <https://c2sp.org/tlog-proof>

use std::fmt;
use std::str::FromStr;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::ProofError;
use super::checkpoint::{Checkpoint, parse_decimal};
use super::merkle::{Hash, leaf_hash};
use super::note::VerifierKey;
use super::verify::verify_inclusion;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// No tree of fewer than 2^64 leaves has a longer path.
const MAX_PATH: usize = 64;

/// The receipt of one entry. `Display` writes it, `FromStr` reads it and nothing looser.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The index of the entry's leaf, from 0.
    pub index: u64,
    /// Its inclusion path, from the leaf's sibling up.
    pub path: Vec<Hash>,
    /// The signed note, as the log gave it. Reading a receipt does not look into it; verifying does.
    pub checkpoint: String,
    /// Unauthenticated data of the application's own; none and empty are written alike.
    pub extra: Option<Vec<u8>>,
}

/// What a receipt proved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    pub index: u64,
    pub checkpoint: Checkpoint,
}

impl Receipt {
    /// Checks that `entry` is in the log that `key` is named after, at the receipt's index.
    ///
    /// # Errors
    /// Those of [`Checkpoint::open`] and [`verify_inclusion`].
    pub fn verify(&self, entry: &[u8], key: &VerifierKey) -> Result<Verified, ProofError> {
        let checkpoint = Checkpoint::open(&self.checkpoint, key)?;
        verify_inclusion(leaf_hash(entry), self.index, checkpoint.size, &self.path, checkpoint.root)?;
        Ok(Verified { index: self.index, checkpoint })
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = self.extra.as_deref().filter(|extra| !extra.is_empty()) {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", hash.to_base64()))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for Receipt {
    type Err = ProofError;

    fn from_str(text: &str) -> Result<Self, ProofError> {
        let (head, checkpoint) = text.split_once("\n\n").ok_or(ProofError::MissingCheckpoint)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(ProofError::NotATlogProof);
        }
        let extra = lines.next_if(|line| line.starts_with("extra")).map(parse_extra).transpose()?;
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let index = index.and_then(parse_decimal).ok_or(ProofError::MalformedIndex)?;
        let path = lines.by_ref().take(MAX_PATH).map(Hash::from_base64).collect::<Result<_, _>>()?;
        if lines.next().is_some() {
            return Err(ProofError::PathTooLong);
        }
        Ok(Self { index, path, checkpoint: checkpoint.to_owned(), extra })
    }
}

fn parse_extra(line: &str) -> Result<Vec<u8>, ProofError> {
    let data = line.strip_prefix("extra ").and_then(|text| STANDARD.decode(text).ok());
    data.filter(|data| !data.is_empty()).ok_or(ProofError::MalformedExtra)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;
    use crate::proof::naive;

    const ORIGIN: &str = "log.example/2020";

    fn key() -> VerifierKey {
        VerifierKey::new(ORIGIN, SigningKey::from_bytes(&[7; 32]).verifying_key().as_bytes()).unwrap()
    }

    fn entry(index: usize) -> [u8; 8] {
        (index as u64).to_be_bytes()
    }

    fn receipt(index: usize, size: usize, extra: Option<&[u8]>) -> Receipt {
        let secret = SigningKey::from_bytes(&[7; 32]);
        let leaves = naive::leaves(size);
        let checkpoint =
            Checkpoint { origin: ORIGIN.to_owned(), size: size as u64, root: naive::root(&leaves) };
        Receipt {
            index: index as u64,
            path: naive::inclusion_path(index, &leaves),
            checkpoint: checkpoint.sign(key().public_key(), |body| secret.sign(body).to_bytes()).unwrap().0,
            extra: extra.map(<[u8]>::to_vec),
        }
    }

    #[test]
    fn a_receipt_is_the_same_after_its_text_and_verifies() {
        for (index, size) in [(0, 1), (0, 2), (4, 5), (3, 7), (68, 70)] {
            for extra in [None, Some(&b"context"[..])] {
                let receipt = receipt(index, size, extra);
                assert_eq!(receipt.to_string().parse(), Ok(receipt.clone()));
                let verified = receipt.verify(&entry(index), &key()).unwrap();
                assert_eq!((verified.index, verified.checkpoint.size), (index as u64, size as u64));
            }
        }
    }

    #[test]
    fn the_text_is_as_specified() {
        let text = receipt(4, 5, Some(b"context")).to_string();
        let lines: Vec<&str> = text.split('\n').collect();
        assert_eq!(lines[..3], ["c2sp.org/tlog-proof@v1", "extra Y29udGV4dA==", "index 4"]);
        assert_eq!(lines[3], naive::root(&naive::leaves(4)).to_base64());
        assert_eq!(lines[4..7], ["", ORIGIN, "5"]);
        assert!(receipt(4, 5, Some(b"")).to_string().starts_with("c2sp.org/tlog-proof@v1\nindex 4\n"));
    }

    #[test]
    fn a_bit_altered_in_any_byte_is_refused() {
        let (key, entry) = (key(), entry(4));
        let text = receipt(4, 7, None).to_string().into_bytes();
        // A bit of every byte, another in each.
        for bit in (0..text.len() * 8).step_by(7) {
            let mut wrong = text.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            let Ok(wrong) = str::from_utf8(&wrong) else { continue };
            let verdict = wrong.parse::<Receipt>().and_then(|receipt| receipt.verify(&entry, &key));
            assert!(verdict.is_err(), "{wrong}");
        }
    }

    #[test]
    fn another_entry_or_log_is_refused() {
        let receipt = receipt(3, 7, None);
        assert_eq!(receipt.verify(&entry(4), &key()), Err(ProofError::WrongRoot));
        let other_log = VerifierKey::new("log.example/2021", key().public_key()).unwrap();
        assert_eq!(receipt.verify(&entry(3), &other_log), Err(ProofError::NotSignedByKey));
    }

    #[test]
    fn each_flaw_of_a_receipt_has_its_name() {
        let text = receipt(3, 7, Some(b"context")).to_string();
        let first = receipt(3, 7, None).path[0].to_base64();
        let edit = |from: &str, to: &str| text.replacen(from, to, 1);
        for (wrong, error) in [
            (edit("@v1", "@v2"), ProofError::NotATlogProof),
            (format!("\n{text}"), ProofError::NotATlogProof),
            (edit("extra Y29udGV4dA==", "extra Y29udGV4dB=="), ProofError::MalformedExtra),
            (edit("extra Y29udGV4dA==", "extra "), ProofError::MalformedExtra),
            (edit("extra ", "extra"), ProofError::MalformedExtra),
            (edit("index 3\n", ""), ProofError::MalformedIndex),
            (edit("index 3", "index 03"), ProofError::MalformedIndex),
            (edit("index 3", "index +3"), ProofError::MalformedIndex),
            (edit("index 3", "index 3\r"), ProofError::MalformedIndex),
            (edit("index 3", "index 3\nindex 3"), ProofError::MalformedHash),
            (edit(&first, &first[..43]), ProofError::MalformedHash),
            (edit(&first, &[first.as_str(); 63].join("\n")), ProofError::PathTooLong),
            (text.replace("\n\n", "\n"), ProofError::MissingCheckpoint),
        ] {
            assert_eq!(wrong.parse::<Receipt>(), Err(error), "{wrong}");
        }
    }
}
