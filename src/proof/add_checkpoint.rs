//! C2SP tlog-witness: the request `add-checkpoint`, and what a witness decides on it.
//! <https://c2sp.org/tlog-witness>

use std::fmt;
use std::str::FromStr;

use super::ProofError;
use super::checkpoint::{Checkpoint, parse_decimal};
use super::merkle::{Hash, empty_root};
use super::note::{self, VerifierKey};
use super::verify::{proven_old_root, verify_consistency};

/// Lines of a proof that a request may have.
const MAX_PATH: usize = 63;

/// A checkpoint and the proof that it continues an older one. `Display` writes it, `FromStr` reads it and nothing looser.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddCheckpoint {
    /// The size that the witness is believed to have cosigned last; 0 for none.
    pub old: u64,
    /// The consistency path from there (RFC 6962 §2.1.2).
    pub path: Vec<Hash>,
    /// The signed note. Reading a request does not look into it; deciding does.
    pub checkpoint: String,
}

impl AddCheckpoint {
    /// The name of the log, as the checkpoint's first line has it. Nobody has signed it.
    pub fn origin(&self) -> &str {
        self.checkpoint.split('\n').next().unwrap_or_default()
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", hash.to_base64()))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for AddCheckpoint {
    type Err = ProofError;

    fn from_str(text: &str) -> Result<Self, ProofError> {
        let (head, checkpoint) = text.split_once("\n\n").ok_or(ProofError::MissingCheckpoint)?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(parse_decimal);
        let old = old.ok_or(ProofError::MalformedOldSize)?;
        let path = lines.by_ref().take(MAX_PATH).map(Hash::from_base64).collect::<Result<_, _>>()?;
        if lines.next().is_some() {
            return Err(ProofError::PathTooLong);
        }
        Ok(Self { old, path, checkpoint: checkpoint.to_owned() })
    }
}

/// What a witness cosigned last of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    pub size: u64,
    pub root: Hash,
    /// The cosignature's, in seconds since 1970.
    pub time: u64,
}

/// A checkpoint that a witness may cosign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accepted {
    pub checkpoint: Checkpoint,
    /// The checkpoint's note with the signatures of trusted keys and no others.
    pub note: String,
    /// As of when, in seconds since 1970.
    pub time: u64,
}

/// Why a witness does not cosign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The log is not one of those it knows.
    UnknownOrigin,
    /// No trusted key of the log has signed, or a signature under the name of one is bad.
    Untrusted(ProofError),
    /// It cannot be read, or contradicts itself.
    Malformed(ProofError),
    /// It does not start from what was cosigned last, which has this size. With `fork`, the log has signed another tree of
    /// that very size.
    Conflict { size: u64, fork: bool },
    /// The log has signed it, and it was not proven to continue what was cosigned last. With `fork`, it was proven that it
    /// does not: what the log signed contradicts itself.
    NotContinued { why: ProofError, fork: bool },
}

/// Whether to cosign a checkpoint. Its time is not before that of the last cosignature, should the clock have gone back. `keys` are those trusted for the log that the request names, with its origin as their name; none for a log that
/// is not known. `seen` is what was cosigned last of this log; `now` is in seconds since 1970.
///
/// # Errors
/// [`Refused`], in the order of the specification.
pub fn decide(
    keys: &[VerifierKey],
    seen: Option<&Seen>,
    request: &AddCheckpoint,
    now: u64,
) -> Result<Accepted, Refused> {
    if keys.is_empty() {
        return Err(Refused::UnknownOrigin);
    }
    let (new, note) = signed(keys, &request.checkpoint)?;
    let (old, path) = (request.old, request.path.as_slice());
    if old > new.size {
        return Err(Refused::Malformed(ProofError::OldSizeAboveCheckpoint));
    }
    let (size, root) = seen.map_or((0, empty_root()), |seen| (seen.size, seen.root));
    let is_other_tree = new.size == size && new.root != root;
    if old != size {
        return Err(Refused::Conflict { size, fork: is_other_tree });
    }
    verify_consistency(old, new.size, path, root, new.root).map_err(|why| {
        let proven = proven_old_root(old, new.size, path, new.root);
        Refused::NotContinued { why, fork: is_other_tree || proven.is_some_and(|proven| proven != root) }
    })?;
    Ok(Accepted { checkpoint: new, note, time: now.max(seen.map_or(0, |seen| seen.time)) })
}

/// The checkpoint of a note that a trusted key has signed, and the note with such signatures only; every one by a trusted
/// key must be good.
fn signed(keys: &[VerifierKey], note: &str) -> Result<(Checkpoint, String), Refused> {
    let mut signed = None;
    for key in keys {
        match Checkpoint::open(note, key) {
            Ok(checkpoint) => {
                let (_, kept) = signed.get_or_insert_with(|| {
                    let body = checkpoint.body();
                    (checkpoint, format!("{body}\n"))
                });
                kept.extend(note::lines_of(note, key));
            }
            Err(ProofError::NotSignedByKey) => {}
            Err(bad @ ProofError::BadSignature) => return Err(Refused::Untrusted(bad)),
            Err(malformed) => return Err(Refused::Malformed(malformed)),
        }
    }
    signed.ok_or(Refused::Untrusted(ProofError::NotSignedByKey))
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};
    use proptest::prelude::*;

    use super::*;
    use crate::proof::{leaf_hash, naive};

    const ORIGIN: &str = "log.example/2020";

    fn secret(number: u8) -> SigningKey {
        SigningKey::from_bytes(&[number; 32])
    }

    fn key(number: u8) -> VerifierKey {
        VerifierKey::new(ORIGIN, secret(number).verifying_key().as_bytes()).unwrap()
    }

    fn note(signer: u8, size: usize, root: Hash) -> String {
        let secret = secret(signer);
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: size as u64, root };
        let public = secret.verifying_key().to_bytes();
        checkpoint.sign(&public, |body| secret.sign(body).to_bytes()).unwrap().0
    }

    #[test]
    fn a_request_has_one_spelling() {
        let hash = leaf_hash(b"entry");
        for path in [vec![], vec![hash], vec![hash; 63]] {
            let request = AddCheckpoint { old: 7, path, checkpoint: note(1, 9, hash) };
            assert_eq!(request.to_string().parse(), Ok(request));
        }
        let (line, note) = (hash.to_base64(), note(1, 9, hash));
        for (text, error) in [
            (format!("old 7\n{line}\n"), ProofError::MissingCheckpoint),
            (format!("old 07\n\n{note}"), ProofError::MalformedOldSize),
            (format!("old -1\n\n{note}"), ProofError::MalformedOldSize),
            (format!("Old 7\n\n{note}"), ProofError::MalformedOldSize),
            (format!("old 7 \n\n{note}"), ProofError::MalformedOldSize),
            (format!("old 7\r\n\n{note}"), ProofError::MalformedOldSize),
            (format!("\n\n{note}"), ProofError::MalformedOldSize),
            (format!("old 7\n{}\n\n{note}", &line[1..]), ProofError::MalformedHash),
            (format!("old 7\n{}\n{note}", vec![line.as_str(); 64].join("\n")), ProofError::PathTooLong),
        ] {
            // Without an empty line the note's own ends the head.
            assert_eq!(text.parse::<AddCheckpoint>(), Err(error), "{text}");
        }
    }

    #[test]
    fn each_refusal_in_its_order() {
        let (leaves, hash) = (naive::leaves(9), leaf_hash(b"other"));
        let seen = Seen { size: 5, root: naive::root(&leaves[..5]), time: 100 };
        let path = naive::consistency_path(5, &leaves);
        let root = naive::root(&leaves);
        let good = AddCheckpoint { old: 5, path: path.clone(), checkpoint: note(1, 9, root) };
        let decide = |request: &AddCheckpoint| decide(&[key(1), key(2)], Some(&seen), request, 50);
        let accepted = decide(&good).unwrap();
        assert_eq!((accepted.checkpoint.size, accepted.checkpoint.root, accepted.time), (9, root, 100));
        let strangers = format!("{}{}", good.checkpoint, note(3, 9, root).rsplit("\n\n").next().unwrap());
        let with_strangers = AddCheckpoint { checkpoint: strangers, ..good.clone() };
        assert_eq!(
            decide(&with_strangers).unwrap().note,
            good.checkpoint,
            "strangers' signatures are left out"
        );
        assert_eq!(super::decide(&[], Some(&seen), &good, 50), Err(Refused::UnknownOrigin));
        let altered = |change: &dyn Fn(&mut AddCheckpoint)| {
            let mut request = good.clone();
            change(&mut request);
            decide(&request).unwrap_err()
        };
        let malformed = Refused::Malformed;
        let continued = |why, fork| Refused::NotContinued { why, fork };
        let extended = good.checkpoint.replacen("\n\n", "\nextension\n\n", 1);
        assert_eq!(
            altered(&|r| r.checkpoint = extended.clone()),
            Refused::Untrusted(ProofError::BadSignature)
        );
        assert_eq!(
            altered(&|r| r.checkpoint = note(3, 9, root)),
            Refused::Untrusted(ProofError::NotSignedByKey)
        );
        assert_eq!(altered(&|r| r.checkpoint.clear()), malformed(ProofError::MalformedNote));
        let both = format!("{}{}", good.checkpoint, note(2, 9, hash).rsplit("\n\n").next().unwrap());
        assert_eq!(altered(&|r| r.checkpoint = both.clone()), Refused::Untrusted(ProofError::BadSignature));
        assert_eq!(altered(&|r| r.old = 10), malformed(ProofError::OldSizeAboveCheckpoint));
        assert_eq!(altered(&|r| r.old = 4), Refused::Conflict { size: 5, fork: false });
        let same_size = |root| move |r: &mut AddCheckpoint| r.checkpoint = note(1, 5, root);
        assert_eq!(
            altered(&|r| {
                same_size(hash)(r);
                r.old = 0;
            }),
            Refused::Conflict { size: 5, fork: true }
        );
        assert_eq!(altered(&same_size(hash)), continued(ProofError::WrongNewRoot, true));
        assert_eq!(altered(&same_size(seen.root)), continued(ProofError::WrongPathLength, false));
        assert_eq!(altered(&|r| r.path[1] = hash), continued(ProofError::WrongNewRoot, false));
        // The beginning of the other tree is another, and its own path proves it.
        let mut others = naive::leaves(9);
        others[2] = hash;
        let forked = AddCheckpoint {
            old: 5,
            path: naive::consistency_path(5, &others),
            checkpoint: note(1, 9, naive::root(&others)),
        };
        assert_eq!(decide(&forked), Err(continued(ProofError::WrongOldRoot, true)));
    }

    /// What somebody might send: of the log or of its fork, from any size to any, with a path that may be another's.
    #[derive(Clone, Debug)]
    struct Sent {
        fork: bool,
        signer: u8,
        size: usize,
        old: usize,
        path_of_fork: bool,
        path_old: usize,
    }

    fn sent() -> impl Strategy<Value = Sent> {
        (any::<bool>(), 1u8..4, 0usize..20, 0usize..20, any::<bool>(), 0usize..20).prop_flat_map(
            |(fork, signer, size, old, path_of_fork, path_old)| {
                // Mostly what an honest sender would send.
                (0u8..4, Just(Sent { fork, signer, size, old, path_of_fork, path_old })).prop_map(
                    |(honest, mut sent)| {
                        if honest > 0 {
                            sent.signer = sent.signer.min(2);
                            sent.path_of_fork = sent.fork;
                            sent.path_old = sent.old;
                        }
                        sent
                    },
                )
            },
        )
    }

    proptest! {
        /// A witness that keeps all leaves of what it cosigned, and compares them, decides the same; and never are two
        /// trees of one size cosigned.
        #[test]
        fn decisions_are_those_of_a_witness_that_keeps_every_leaf(
            forked_at in 0usize..20,
            requests in prop::collection::vec((sent(), any::<bool>()), 1..40),
        ) {
            let main = naive::leaves(20);
            let mut other = main.clone();
            other[forked_at] = leaf_hash(b"another entry");
            let (mut kept, mut seen) = (Vec::new(), None::<Seen>);
            let mut cosigned = std::collections::HashMap::new();
            for (mut sent, knows_the_size) in requests {
                if knows_the_size {
                    (sent.old, sent.path_old) = (kept.len(), kept.len());
                }
                let leaves = if sent.fork { &other[..sent.size] } else { &main[..sent.size] };
                let path_in = if sent.path_of_fork { &other[..sent.size] } else { &main[..sent.size] };
                let path = if (1..sent.size).contains(&sent.path_old) {
                    naive::consistency_path(sent.path_old, path_in)
                } else {
                    Vec::new()
                };
                let request = AddCheckpoint {
                    old: sent.old as u64,
                    path: path.clone(),
                    checkpoint: note(sent.signer, sent.size, naive::root(leaves)),
                };
                let answer = decide(&[key(1), key(2)], seen.as_ref(), &request, 1);
                let continues = leaves.len() >= kept.len() && leaves[..kept.len()] == kept[..];
                let honest = if kept.is_empty() || kept.len() == leaves.len() { Vec::new() }
                    else if leaves.len() > kept.len() { naive::consistency_path(kept.len(), leaves) }
                    else { Vec::new() };
                let wanted = if sent.signer > 2 { 403 }
                    else if sent.old > sent.size { 400 }
                    else if sent.old != kept.len() { 409 }
                    else if !continues || path != honest { 422 }
                    else { 200 };
                let (status, fork) = match &answer {
                    Ok(_) => (200, false),
                    Err(Refused::UnknownOrigin) => (404, false),
                    Err(Refused::Untrusted(_)) => (403, false),
                    Err(Refused::Malformed(_)) => (400, false),
                    Err(Refused::Conflict { size, fork }) => {
                        prop_assert_eq!(*size, kept.len() as u64);
                        (409, *fork)
                    }
                    Err(Refused::NotContinued { fork, .. }) => (422, *fork),
                };
                prop_assert_eq!(status, wanted, "{:?} after {}", sent, kept.len());
                // A fork is never cried of a log that continues.
                prop_assert!(!(fork && continues), "{:?} after {}", sent, kept.len());
                if sent.signer < 3 && sent.size == kept.len() && !continues && sent.old <= sent.size {
                    prop_assert!(fork, "two trees of one size: {:?}", sent);
                }
                if let Ok(Accepted { checkpoint: new, time, .. }) = answer {
                    prop_assert_eq!(*cosigned.entry(new.size).or_insert(new.root), new.root);
                    kept = leaves.to_vec();
                    seen = Some(Seen { size: new.size, root: new.root, time });
                }
            }
        }
    }
}
