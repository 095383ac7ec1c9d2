//! The tree by RFC 6962's own recursive definitions, slow and plain: what the tests compare with.

use std::ops::Range;

use super::{Hash, NodeSource, ProofError, leaf_hash, merkle::empty_root, node_hash};

/// `count` leaves, all different.
pub fn leaves(count: usize) -> Vec<Hash> {
    (0..count as u64).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

fn split(leaves: &[Hash]) -> usize {
    leaves.len().next_power_of_two() / 2
}

pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves));
            node_hash(root(left), root(right))
        }
    }
}

pub fn inclusion_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves));
    let (mut path, sibling) = if index < left.len() {
        (inclusion_path(index, left), right)
    } else {
        (inclusion_path(index - left.len(), right), left)
    };
    path.push(root(sibling));
    path
}

pub fn consistency_path(old: usize, leaves: &[Hash]) -> Vec<Hash> {
    fn subproof(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
        if old == leaves.len() {
            return if whole { Vec::new() } else { vec![root(leaves)] };
        }
        let (left, right) = leaves.split_at(split(leaves));
        let (mut path, sibling) = if old <= left.len() {
            (subproof(old, left, whole), right)
        } else {
            (subproof(old - left.len(), right, false), left)
        };
        path.push(root(sibling));
        path
    }
    if old == 0 { Vec::new() } else { subproof(old, leaves, true) }
}

/// Stored hashes by level, as a database would hold them.
#[derive(Default)]
pub struct Store {
    pub levels: Vec<Vec<Hash>>,
    pub requests: usize,
}

impl Store {
    /// Keeps what a batch made; rows must come in order, each once.
    pub fn add(&mut self, leaves: &[Hash], tile_hashes: &[(u8, u64, Hash)]) {
        self.levels.resize(8, Vec::new());
        self.levels[0].extend(leaves);
        for (level, index, hash) in tile_hashes {
            let stored = &mut self.levels[usize::from(*level)];
            assert_eq!(stored.len() as u64, *index);
            stored.push(*hash);
        }
    }
}

impl NodeSource for Store {
    type Error = ProofError;

    fn hashes(&mut self, level: u8, range: Range<u64>) -> Result<Vec<Hash>, ProofError> {
        self.requests += 1;
        assert!(range.start < range.end && range.start / 256 == (range.end - 1) / 256, "{range:?}");
        let stored = &self.levels[usize::from(level)];
        let (start, end) = (range.start as usize, range.end as usize);
        Ok(stored[start..end.min(stored.len())].to_vec())
    }
}
