//! Checking paths without the tree: what an auditor or a holder of a receipt does.

use super::ProofError;
use super::merkle::{Hash, empty_root, node_hash};

/// Checks that the leaf `index` of the tree of `size` leaves with this `root` is `leaf`
/// (RFC 9162 §2.1.3.2). A path fixes the index for a given size; the size itself is vouched
/// for by the checkpoint's signature only, so take size and root from the same checkpoint.
///
/// # Errors
/// [`ProofError::IndexOutsideTree`], [`ProofError::WrongPathLength`], [`ProofError::WrongRoot`].
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::IndexOutsideTree { index, size });
    }
    let mut climb = Climb { node: index, last: size - 1 };
    let mut hash = leaf;
    for sibling in path {
        hash = match climb.step()? {
            Side::Left => node_hash(*sibling, hash),
            Side::Right => node_hash(hash, *sibling),
        };
    }
    climb.finish()?;
    if hash == root { Ok(()) } else { Err(ProofError::WrongRoot) }
}

/// Checks that the tree of `new` leaves with `new_root` continues that of `old` leaves with
/// `old_root` (RFC 9162 §2.1.4.2). The empty tree is continued by any, with an empty path.
///
/// # Errors
/// [`ProofError::SizesReversed`], [`ProofError::WrongPathLength`], [`ProofError::WrongOldRoot`],
/// [`ProofError::WrongNewRoot`].
pub fn verify_consistency(
    old: u64,
    new: u64,
    path: &[Hash],
    old_root: Hash,
    new_root: Hash,
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::SizesReversed { old, new });
    }
    if old == 0 && old_root != empty_root() {
        return Err(ProofError::WrongOldRoot);
    }
    if old == new && old_root != new_root {
        return Err(ProofError::WrongNewRoot);
    }
    if old == 0 || old == new {
        return if path.is_empty() { Ok(()) } else { Err(ProofError::WrongPathLength) };
    }
    match roots(old, new, path, old_root)? {
        (from, to) if from == old_root && to == new_root => Ok(()),
        (from, _) if from != old_root => Err(ProofError::WrongOldRoot),
        _ => Err(ProofError::WrongNewRoot),
    }
}

/// The root of the first `old` leaves of the tree of `new` leaves with `new_root`, as the path proves it: of whichever tree
/// the path was made in. None where the path proves nothing, or takes that root for granted, as it does when `old` is a
/// power of two.
pub(super) fn proven_old_root(old: u64, new: u64, path: &[Hash], new_root: Hash) -> Option<Hash> {
    if old == 0 || old >= new || old.is_power_of_two() {
        return None;
    }
    roots(old, new, path, empty_root()).ok().filter(|(_, to)| *to == new_root).map(|(from, _)| from)
}

/// The roots that a path between trees of different sizes, neither empty, leads to.
fn roots(old: u64, new: u64, path: &[Hash], old_root: Hash) -> Result<(Hash, Hash), ProofError> {
    // Begin at the last perfect subtree of the old tree: its hash is the first of the path,
    // unless it is the whole old tree.
    let skipped = old.trailing_zeros();
    let (start, rest) = if old.is_power_of_two() {
        (old_root, path)
    } else {
        let (first, rest) = path.split_first().ok_or(ProofError::WrongPathLength)?;
        (*first, rest)
    };
    let mut climb = Climb { node: (old - 1) >> skipped, last: (new - 1) >> skipped };
    let (mut old_hash, mut new_hash) = (start, start);
    for sibling in rest {
        match climb.step()? {
            Side::Left => {
                old_hash = node_hash(*sibling, old_hash);
                new_hash = node_hash(*sibling, new_hash);
            }
            Side::Right => new_hash = node_hash(new_hash, *sibling),
        }
    }
    climb.finish()?;
    Ok((old_hash, new_hash))
}

enum Side {
    Left,
    Right,
}

/// The way up from a node: its index and that of the last node, at the present height.
struct Climb {
    node: u64,
    last: u64,
}

impl Climb {
    /// The side of the next sibling. Where the node is the last and has none, it rises to
    /// where it has one.
    fn step(&mut self) -> Result<Side, ProofError> {
        if self.last == 0 {
            return Err(ProofError::WrongPathLength);
        }
        let side = if self.node % 2 == 1 || self.node == self.last {
            let rise = self.node.trailing_zeros();
            self.node >>= rise;
            self.last >>= rise;
            Side::Left
        } else {
            Side::Right
        };
        self.node >>= 1;
        self.last >>= 1;
        Ok(side)
    }

    fn finish(self) -> Result<(), ProofError> {
        if self.last == 0 { Ok(()) } else { Err(ProofError::WrongPathLength) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::proof::naive;

    fn flip(hash: Hash, bit: usize) -> Hash {
        let mut bytes = hash.0;
        bytes[bit / 8] ^= 1 << (bit % 8);
        Hash(bytes)
    }

    proptest! {
        #[test]
        fn an_altered_inclusion_proof_is_refused(size in 1usize..90, pick in any::<prop::sample::Index>(), bit in 0usize..256) {
            let leaves = naive::leaves(size);
            let index = pick.index(size);
            let (leaf, root) = (leaves[index], naive::root(&leaves));
            let path = naive::inclusion_path(index, &leaves);
            let verify = |leaf, index: u64, path: &[Hash], root| verify_inclusion(leaf, index, size as u64, path, root);
            prop_assert_eq!(verify(leaf, index as u64, &path, root), Ok(()));
            prop_assert_eq!(verify(flip(leaf, bit), index as u64, &path, root), Err(ProofError::WrongRoot));
            prop_assert_eq!(verify(leaf, index as u64, &path, flip(root, bit)), Err(ProofError::WrongRoot));
            for place in 0..path.len() {
                let mut wrong = path.clone();
                wrong[place] = flip(wrong[place], bit);
                prop_assert_eq!(verify(leaf, index as u64, &wrong, root), Err(ProofError::WrongRoot));
            }
            prop_assert!(verify(leaf, index as u64 ^ 1 << (bit % 64), &path, root).is_err());
            let longer = [&path[..], &[root]].concat();
            prop_assert_eq!(verify(leaf, index as u64, &longer, root), Err(ProofError::WrongPathLength));
            if let Some((_, shorter)) = path.split_last() {
                prop_assert_eq!(verify(leaf, index as u64, shorter, root), Err(ProofError::WrongPathLength));
            }
        }

        #[test]
        fn an_altered_consistency_proof_is_refused(new in 2usize..90, pick in any::<prop::sample::Index>(), bit in 0usize..256) {
            let leaves = naive::leaves(new);
            let old = 1 + pick.index(new - 1);
            let (old_root, new_root) = (naive::root(&leaves[..old]), naive::root(&leaves));
            let path = naive::consistency_path(old, &leaves);
            let verify = |old: usize, path: &[Hash], old_root, new_root| verify_consistency(old as u64, new as u64, path, old_root, new_root);
            prop_assert_eq!(verify(old, &path, old_root, new_root), Ok(()));
            prop_assert!(verify(old, &path, flip(old_root, bit), new_root).is_err());
            prop_assert_eq!(verify(old, &path, old_root, flip(new_root, bit)), Err(ProofError::WrongNewRoot));
            for place in 0..path.len() {
                let mut wrong = path.clone();
                wrong[place] = flip(wrong[place], bit);
                prop_assert!(verify(old, &wrong, old_root, new_root).is_err());
            }
            for other in (0..=new).filter(|other| *other != old) {
                prop_assert!(verify(other, &path, old_root, new_root).is_err());
            }
            let longer = [&path[..], &[new_root]].concat();
            prop_assert_eq!(verify(old, &longer, old_root, new_root), Err(ProofError::WrongPathLength));
            let shorter = &path[..path.len() - 1];
            prop_assert_eq!(verify(old, shorter, old_root, new_root), Err(ProofError::WrongPathLength));
        }
    }

    #[test]
    fn sizes_at_the_very_end_do_not_overflow() {
        let root = empty_root();
        for index in [0, 1, u64::MAX - 2, u64::MAX - 1, u64::MAX] {
            assert!(verify_inclusion(root, index, u64::MAX, &[root; 64], root).is_err());
            assert!(verify_inclusion(root, index, 0, &[], root).is_err());
            assert!(verify_consistency(index, u64::MAX, &[root; 65], root, node_hash(root, root)).is_err());
        }
    }

    #[test]
    fn the_same_or_the_empty_tree_needs_an_empty_path() {
        let (empty, root) = (empty_root(), naive::root(&naive::leaves(3)));
        assert_eq!(verify_consistency(3, 3, &[], root, root), Ok(()));
        assert_eq!(verify_consistency(3, 3, &[root], root, root), Err(ProofError::WrongPathLength));
        assert_eq!(verify_consistency(3, 3, &[], root, empty), Err(ProofError::WrongNewRoot));
        assert_eq!(verify_consistency(0, 3, &[], empty, root), Ok(()));
        assert_eq!(verify_consistency(0, 3, &[root], empty, root), Err(ProofError::WrongPathLength));
        assert_eq!(verify_consistency(0, 3, &[], root, root), Err(ProofError::WrongOldRoot));
        assert_eq!(
            verify_consistency(4, 3, &[], root, root),
            Err(ProofError::SizesReversed { old: 4, new: 3 })
        );
    }
}
