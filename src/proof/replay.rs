//! Paths computed again from stored hashes: the same, to the byte, as those given with the batch.

use std::collections::BTreeMap;
use std::ops::Range;

use super::ProofError;
use super::growth::TILE_HEIGHT;
use super::merkle::{Hash, consistency_layout, empty_root, inclusion_layout, node_hash, perfect_subtrees};

/// Where stored hashes are read from: the leaves, and what [`super::Grown::tile_hashes`] gave.
pub trait NodeSource {
    /// What can go wrong in the store; it must be able to carry a [`ProofError`] too.
    type Error: From<ProofError>;

    /// The hashes of one level: 0 the leaves, 1 the roots of 256 leaves each, 2 of 65,536, and
    /// so on. `range` is of indexes within that level; it is never empty, lies within one tile
    /// (at most 256 hashes) and within the tree. All of them are wanted, in order.
    fn hashes(&mut self, level: u8, range: Range<u64>) -> Result<Vec<Hash>, Self::Error>;
}

/// The inclusion path of the leaf `index` in the tree of the first `size` leaves, from its
/// sibling up (RFC 6962 §2.1.1). Reads at most two ranges of each level.
///
/// # Errors
/// [`ProofError::IndexOutsideTree`]; [`ProofError::MissingHashes`] when the store has gaps; the store's own.
pub fn inclusion_path<S: NodeSource>(index: u64, size: u64, source: &mut S) -> Result<Vec<Hash>, S::Error> {
    Tiles::new(size, source).subtrees(inclusion_layout(index, size)?)
}

/// The proof that the tree of the first `new` leaves continues that of the first `old`
/// (RFC 6962 §2.1.2); empty when `old` is 0 or the same. Reads at most two ranges of each level.
///
/// # Errors
/// [`ProofError::SizesReversed`]; [`ProofError::MissingHashes`] when the store has gaps; the store's own.
pub fn consistency_path<S: NodeSource>(old: u64, new: u64, source: &mut S) -> Result<Vec<Hash>, S::Error> {
    Tiles::new(new, source).subtrees(consistency_layout(old, new)?)
}

/// The root of the tree of the first `size` leaves. Reads at most one range of each level.
///
/// # Errors
/// [`ProofError::MissingHashes`] when the store has gaps; the store's own.
pub fn root<S: NodeSource>(size: u64, source: &mut S) -> Result<Hash, S::Error> {
    if size == 0 { Ok(empty_root()) } else { Tiles::new(size, source).subtree(0..size) }
}

/// The tiles of a tree, each read once.
struct Tiles<'a, S> {
    size: u64,
    source: &'a mut S,
    read: BTreeMap<(u8, u64), Vec<Hash>>,
}

impl<'a, S: NodeSource> Tiles<'a, S> {
    fn new(size: u64, source: &'a mut S) -> Self {
        Self { size, source, read: BTreeMap::new() }
    }

    fn subtrees(mut self, layout: Vec<Range<u64>>) -> Result<Vec<Hash>, S::Error> {
        layout.into_iter().map(|leaves| self.subtree(leaves)).collect()
    }

    /// The hash over these leaves, perfect or not.
    fn subtree(&mut self, leaves: Range<u64>) -> Result<Hash, S::Error> {
        let mut perfect = perfect_subtrees(leaves).rev();
        let (height, index) = perfect.next().expect("no range of a layout is empty");
        let mut hash = self.perfect(height, index)?;
        for (height, index) in perfect {
            hash = node_hash(self.perfect(height, index)?, hash);
        }
        Ok(hash)
    }

    /// The perfect subtree at (height, index), folded from the hashes of the nearest stored level below.
    fn perfect(&mut self, height: u32, index: u64) -> Result<Hash, S::Error> {
        let level = (height / TILE_HEIGHT) as u8; // a height is below 64
        let rise = height % TILE_HEIGHT;
        let first = index << rise;
        let tile = self.tile(level, first >> TILE_HEIGHT)?;
        let within = (first % (1 << TILE_HEIGHT)) as usize;
        let mut hashes = tile[within..within + (1 << rise)].to_vec();
        while hashes.len() > 1 {
            hashes = hashes.as_chunks().0.iter().map(|[left, right]| node_hash(*left, *right)).collect();
        }
        Ok(hashes[0])
    }

    /// The hashes of a tile that are complete in a tree of this size.
    fn tile(&mut self, level: u8, index: u64) -> Result<&[Hash], S::Error> {
        if !self.read.contains_key(&(level, index)) {
            let complete = self.size >> (TILE_HEIGHT * u32::from(level));
            let first = index << TILE_HEIGHT;
            let range = first..complete.min(first + (1 << TILE_HEIGHT));
            let wanted = range.end - range.start;
            let hashes = self.source.hashes(level, range)?;
            if hashes.len() as u64 != wanted {
                return Err(ProofError::MissingHashes { level, wanted, got: hashes.len() }.into());
            }
            self.read.insert((level, index), hashes);
        }
        Ok(&self.read[&(level, index)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::{Appender, Frontier, naive, verify_consistency};

    fn store(leaves: &[Hash]) -> naive::Store {
        let mut store = naive::Store::default();
        let mut appender = Appender::new(Frontier::default());
        leaves.iter().for_each(|leaf| _ = appender.append(*leaf));
        store.add(leaves, &appender.finish().tile_hashes);
        store
    }

    fn check_consistency(leaves: &[Hash], store: &mut naive::Store, old: usize, new: usize) {
        let path = consistency_path(old as u64, new as u64, store).unwrap();
        assert_eq!(path, naive::consistency_path(old, &leaves[..new]), "{old} to {new}");
        let (old_root, new_root) = (naive::root(&leaves[..old]), naive::root(&leaves[..new]));
        assert_eq!(verify_consistency(old as u64, new as u64, &path, old_root, new_root), Ok(()));
        assert_eq!(root(new as u64, store), Ok(new_root));
    }

    #[test]
    fn every_tree_up_to_70_continues_every_smaller_one() {
        let leaves = naive::leaves(70);
        let mut store = store(&leaves);
        for new in 0..=leaves.len() {
            for old in 0..=new {
                check_consistency(&leaves, &mut store, old, new);
            }
        }
    }

    #[test]
    fn larger_trees_continue_smaller_ones_across_tiles() {
        let leaves = naive::leaves(1_400);
        let mut store = store(&leaves);
        for (old, new) in
            [(1, 257), (255, 256), (256, 512), (300, 1_400), (511, 513), (768, 1_281), (1_024, 1_400)]
        {
            check_consistency(&leaves, &mut store, old, new);
        }
    }

    #[test]
    fn an_older_size_replays_from_a_store_that_has_grown() {
        let leaves = naive::leaves(700);
        let mut store = store(&leaves);
        for size in [1, 255, 256, 257, 300, 512, 699] {
            for index in [0, size / 2, size - 1] {
                let path = inclusion_path(index as u64, size as u64, &mut store);
                assert_eq!(path, Ok(naive::inclusion_path(index, &leaves[..size])));
            }
        }
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let mut store = store(&naive::leaves(300));
        assert_eq!(
            inclusion_path(300, 300, &mut store),
            Err(ProofError::IndexOutsideTree { index: 300, size: 300 })
        );
        assert_eq!(consistency_path(5, 4, &mut store), Err(ProofError::SizesReversed { old: 5, new: 4 }));
        store.levels[0].truncate(200);
        assert_eq!(
            inclusion_path(199, 300, &mut store),
            Err(ProofError::MissingHashes { level: 0, wanted: 256, got: 200 })
        );
    }
}
