//! Growing a tree by a batch of leaves, with a path for each of them from memory alone.

use std::ops::Range;

use super::merkle::{Frontier, Hash, empty_root, inclusion_layout, node_hash, perfect_subtrees};

/// The height of a tile: each level of stored hashes has the roots of 256 of the level below.
pub(super) const TILE_HEIGHT: u32 = 8;

/// Appends the leaves of one batch to a tree.
pub struct Appender {
    nodes: Nodes,
}

/// A grown tree: what to store of it, and the paths of the batch's leaves.
pub struct Grown {
    /// The state to start the next batch from.
    pub frontier: Frontier,
    /// The roots of the perfect subtrees of `256^level` leaves, `level` ≥ 1, that this batch
    /// completed, as (level, index, hash): the rows that [`super::NodeSource`] reads later.
    /// Level 0 is the leaves themselves.
    pub tile_hashes: Vec<(u8, u64, Hash)>,
    nodes: Nodes,
    /// The hash of all leaves from each peak on; the first is the root.
    /// Shared by every path, for it is costly and the same in all.
    folded: Vec<Hash>,
}

/// The perfect subtrees known in a batch: the peaks it began with and those it completed.
struct Nodes {
    start: Frontier,
    size: u64,
    /// By height; the first of each is the one that was incomplete (or empty) at the start.
    completed: Vec<Vec<Hash>>,
}

impl Nodes {
    /// The subtree at (height, index). Paths of new leaves ask for two kinds only: completed in
    /// this batch, or ending where the batch began, and then it is a peak of the start.
    fn get(&self, height: u32, index: u64) -> Option<Hash> {
        let first = self.start.size() >> height;
        match index.checked_sub(first) {
            Some(offset) => self.completed.get(height as usize)?.get(usize::try_from(offset).ok()?).copied(),
            None if index + 1 == first => self.start.peak(height),
            None => None,
        }
    }

    fn complete(&mut self, height: u32, hash: Hash) {
        if self.completed.len() <= height as usize {
            self.completed.push(Vec::new());
        }
        self.completed[height as usize].push(hash);
    }

    fn peaks(&self) -> Vec<Hash> {
        perfect_subtrees(0..self.size)
            .map(|(height, index)| self.get(height, index).expect("a peak is old or of this batch"))
            .collect()
    }
}

impl Appender {
    pub fn new(start: Frontier) -> Self {
        Self { nodes: Nodes { size: start.size(), start, completed: Vec::new() } }
    }

    /// Adds a leaf (see [`super::leaf_hash`]) and gives its index.
    pub fn append(&mut self, leaf: Hash) -> u64 {
        let nodes = &mut self.nodes;
        let leaf_index = nodes.size;
        let (mut height, mut index, mut hash) = (0, leaf_index, leaf);
        nodes.complete(height, hash);
        while index % 2 == 1 {
            let left =
                nodes.get(height, index - 1).expect("the left of a new subtree is old or of this batch");
            hash = node_hash(left, hash);
            height += 1;
            index /= 2;
            nodes.complete(height, hash);
        }
        nodes.size += 1;
        leaf_index
    }

    /// Ends the batch; an empty one leaves the tree as it was.
    pub fn finish(self) -> Grown {
        let nodes = self.nodes;
        let peaks = nodes.peaks();
        let mut folded = peaks.clone();
        for place in (1..folded.len()).rev() {
            folded[place - 1] = node_hash(folded[place - 1], folded[place]);
        }
        let tile_levels = nodes.completed.iter().zip(0u32..).step_by(TILE_HEIGHT as usize).zip(0u8..).skip(1);
        let tile_hashes = tile_levels
            .flat_map(|((hashes, height), level)| {
                let first = nodes.start.size() >> height;
                hashes.iter().zip(first..).map(move |(hash, index)| (level, index, *hash))
            })
            .collect();
        Grown { frontier: Frontier::new(nodes.size, peaks), tile_hashes, nodes, folded }
    }
}

impl Grown {
    /// The root of the grown tree.
    pub fn root(&self) -> Hash {
        self.folded.first().copied().unwrap_or_else(empty_root)
    }

    /// The inclusion path in the grown tree of a leaf of this batch, from its sibling up
    /// (RFC 6962 §2.1.1). None for any other leaf.
    pub fn inclusion_path(&self, index: u64) -> Option<Vec<Hash>> {
        if index < self.nodes.start.size() {
            return None;
        }
        let layout = inclusion_layout(index, self.nodes.size).ok()?;
        layout.into_iter().map(|leaves| self.subtree(leaves)).collect()
    }

    fn subtree(&self, leaves: Range<u64>) -> Option<Hash> {
        let count = leaves.end - leaves.start;
        if count.is_power_of_two() {
            let height = count.ilog2();
            return self.nodes.get(height, leaves.start >> height);
        }
        // The ragged right edge: every peak left of it is one bit of its start.
        self.folded.get(leaves.start.count_ones() as usize).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::proof::{inclusion_path, naive, verify_inclusion};

    /// Grows a tree in batches and checks every path of every batch three ways.
    fn check(batches: &[usize]) {
        let leaves = naive::leaves(batches.iter().sum());
        let mut store = naive::Store::default();
        let mut frontier = Frontier::default();
        for batch in batches {
            let start = frontier.size() as usize;
            let mut appender = Appender::new(frontier);
            for (leaf, index) in leaves[start..start + batch].iter().zip(start as u64..) {
                assert_eq!(appender.append(*leaf), index);
            }
            let grown = appender.finish();
            let size = start + batch;
            store.add(&leaves[start..size], &grown.tile_hashes);
            assert_eq!(grown.root(), grown.frontier.root());
            assert_eq!(grown.root(), naive::root(&leaves[..size]));
            // Every leaf of a small batch, some of a large one: the naive path is slow.
            for index in
                (start..size).step_by(1 + batch / 50).chain(size.checked_sub(1).filter(|_| *batch > 0))
            {
                let path = grown.inclusion_path(index as u64).unwrap();
                assert_eq!(path, naive::inclusion_path(index, &leaves[..size]), "{index} of {size}");
                let replayed = inclusion_path(index as u64, size as u64, &mut store).unwrap();
                assert_eq!(path, replayed, "{index} of {size}");
                let verdict = verify_inclusion(leaves[index], index as u64, size as u64, &path, grown.root());
                assert_eq!(verdict, Ok(()));
            }
            assert_eq!(grown.inclusion_path(size as u64), None);
            assert!(start == 0 || grown.inclusion_path(start as u64 - 1).is_none());
            frontier = grown.frontier;
        }
    }

    #[test]
    fn small_trees_in_two_batches() {
        for first in 0..20 {
            for second in 0..20 {
                check(&[first, second]);
            }
        }
    }

    #[test]
    fn batches_round_the_edges_of_tiles() {
        for batches in [[255, 1, 1], [256, 256, 1], [250, 300, 3], [1, 512, 256], [513, 0, 255]] {
            check(&batches);
        }
    }

    /// 256² leaves and some: three levels of tiles.
    #[test]
    fn a_tree_of_three_tile_levels() {
        let leaves = naive::leaves(65_536 + 300);
        let (before, batch) = leaves.split_at(65_536 - 3);
        let mut store = naive::Store::default();
        let mut appender = Appender::new(Frontier::default());
        before.iter().for_each(|leaf| _ = appender.append(*leaf));
        let grown = appender.finish();
        store.add(before, &grown.tile_hashes);
        let mut appender = Appender::new(grown.frontier);
        batch.iter().for_each(|leaf| _ = appender.append(*leaf));
        let grown = appender.finish();
        store.add(batch, &grown.tile_hashes);
        assert!(grown.tile_hashes.iter().any(|(level, index, _)| (*level, *index) == (2, 0)));
        for (leaf, index) in batch.iter().zip(before.len() as u64..) {
            let path = grown.inclusion_path(index).unwrap();
            let size = leaves.len() as u64;
            assert_eq!(verify_inclusion(*leaf, index, size, &path, grown.root()), Ok(()));
            store.requests = 0;
            assert_eq!(inclusion_path(index, size, &mut store), Ok(path));
            assert!(store.requests <= 6, "{} requests", store.requests);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10))]
        #[test]
        fn any_split_into_batches_gives_the_same_tree(batches in prop::collection::vec(0usize..200, 1..6)) {
            check(&batches);
        }
    }
}
