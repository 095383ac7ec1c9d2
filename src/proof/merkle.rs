//! The shape of an RFC 6962 tree: its hashes, its frontier, and which subtrees make a path.
//!
//! Leaves are counted from 0. A *perfect* subtree covers `2^height` leaves; the one at
//! `(height, index)` covers the leaves from `index << height`.

use std::fmt;
use std::ops::Range;

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::ProofError;

/// A SHA-256 hash of a leaf, a node or a whole tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    pub const LEN: usize = 32;

    /// Standard base64 with padding, as checkpoints and receipts write it.
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads what [`Hash::to_base64`] wrote, and no other spelling of it.
    pub fn from_base64(text: &str) -> Result<Self, ProofError> {
        let bytes = STANDARD.decode(text).map_err(|_| ProofError::MalformedHash)?;
        Ok(Self(bytes.try_into().map_err(|_| ProofError::MalformedHash)?))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The hash of an entry as a leaf: SHA-256(0x00 ‖ entry) (RFC 6962 §2.1).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(Sha256::new_with_prefix([0]).chain_update(entry).finalize().into())
}

/// The hash of a node over its two children: SHA-256(0x01 ‖ left ‖ right) (RFC 6962 §2.1).
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    Hash(Sha256::new_with_prefix([1]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// The root of the tree without leaves: SHA-256("") (RFC 6962 §2.1).
pub(super) fn empty_root() -> Hash {
    Hash(Sha256::digest([]).into())
}

/// All that must be kept to go on appending: the number of leaves and the roots of the
/// perfect subtrees they fall into, the largest (leftmost) first. The default is the empty tree.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    pub(super) fn new(size: u64, peaks: Vec<Hash>) -> Self {
        debug_assert_eq!(size.count_ones() as usize, peaks.len());
        Self { size, peaks }
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the perfect subtrees, one for each bit set in the size, highest bit first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// The root hash of the tree.
    pub fn root(&self) -> Hash {
        self.peaks
            .iter()
            .rev()
            .copied()
            .reduce(|right, left| node_hash(left, right))
            .unwrap_or_else(empty_root)
    }

    /// The peak of this height, if the size has that bit.
    pub(super) fn peak(&self, height: u32) -> Option<Hash> {
        let bits = self.size >> height;
        (bits & 1 == 1).then(|| self.peaks[(bits >> 1).count_ones() as usize])
    }

    /// The size, big-endian, and the peaks one after another.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        self.peaks.iter().for_each(|peak| bytes.extend(peak.0));
        bytes
    }

    /// Reads what [`Frontier::to_bytes`] wrote. Sizes above `i64::MAX` are refused: no store
    /// can count so many leaves.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProofError> {
        let (size, rest) = bytes.split_first_chunk().ok_or(ProofError::MalformedFrontier)?;
        let size = u64::from_be_bytes(*size);
        let (peaks, odd) = rest.as_chunks::<{ Hash::LEN }>();
        if !odd.is_empty() || peaks.len() != size.count_ones() as usize || i64::try_from(size).is_err() {
            return Err(ProofError::MalformedFrontier);
        }
        Ok(Self { size, peaks: peaks.iter().copied().map(Hash).collect() })
    }
}

/// The perfect subtrees that `leaves` fall into, as (height, index), left to right.
/// The start must be a multiple of the largest of them, as it is in every range this module makes.
pub(super) fn perfect_subtrees(leaves: Range<u64>) -> impl DoubleEndedIterator<Item = (u32, u64)> {
    let count = leaves.end - leaves.start;
    (0..u64::BITS).rev().filter(move |height| count >> height & 1 == 1).map(move |height| {
        let larger_ones = count >> height >> 1 << 1;
        (height, (leaves.start >> height) + larger_ones)
    })
}

/// The size of the left subtree of a tree of `count` ≥ 2 leaves: the largest power of two below it.
fn left_size(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The leaves under each hash of the inclusion path of `index`, from its sibling up (RFC 6962 §2.1.1).
/// Only one that ends at `size` can be other than perfect.
pub(super) fn inclusion_layout(index: u64, size: u64) -> Result<Vec<Range<u64>>, ProofError> {
    if index >= size {
        return Err(ProofError::IndexOutsideTree { index, size });
    }
    let mut layout = Vec::with_capacity(u64::BITS as usize);
    let Range { mut start, mut end } = 0..size;
    while end - start > 1 {
        let middle = start + left_size(end - start);
        if index < middle {
            layout.push(middle..end);
            end = middle;
        } else {
            layout.push(start..middle);
            start = middle;
        }
    }
    layout.reverse();
    Ok(layout)
}

/// The leaves under each hash of the proof that the tree of `new` leaves continues that of `old`
/// (RFC 6962 §2.1.2). Nothing is needed to continue the empty tree, or the same one.
pub(super) fn consistency_layout(old: u64, new: u64) -> Result<Vec<Range<u64>>, ProofError> {
    if old > new {
        return Err(ProofError::SizesReversed { old, new });
    }
    let mut layout = Vec::new();
    if old == 0 {
        return Ok(layout);
    }
    let Range { mut start, mut end } = 0..new;
    while end > old {
        let middle = start + left_size(end - start);
        if old <= middle {
            layout.push(middle..end);
            end = middle;
        } else {
            layout.push(start..middle);
            start = middle;
        }
    }
    if start > 0 {
        layout.push(start..end);
    }
    layout.reverse();
    Ok(layout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::{Appender, naive};

    /// The eight entries of Certificate Transparency's own test tree.
    const ENTRIES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];

    /// Its root after each number of entries.
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let leaves: Vec<Hash> = ENTRIES.map(leaf_hash).to_vec();
        for (size, root) in ROOTS.iter().enumerate() {
            let mut appender = Appender::new(Frontier::default());
            leaves[..size].iter().for_each(|leaf| _ = appender.append(*leaf));
            assert_eq!(appender.finish().frontier.root().to_string(), *root, "size {size}");
            assert_eq!(naive::root(&leaves[..size]).to_string(), *root, "size {size}");
        }
    }

    #[test]
    fn a_frontier_is_the_same_after_its_bytes_and_nothing_near_them_is_one() {
        let leaves = naive::leaves(300);
        for size in 0..=leaves.len() {
            let mut appender = Appender::new(Frontier::default());
            leaves[..size].iter().for_each(|leaf| _ = appender.append(*leaf));
            let frontier = appender.finish().frontier;
            let bytes = frontier.to_bytes();
            assert_eq!(Frontier::from_bytes(&bytes), Ok(frontier));
            for wrong in
                [&bytes[..bytes.len() - 1], &[&bytes[..], &[0]].concat(), &[&bytes[..], &[0; 32]].concat()]
            {
                assert_eq!(Frontier::from_bytes(wrong), Err(ProofError::MalformedFrontier));
            }
        }
        let too_large = [&(1u64 << 63).to_be_bytes()[..], &[0; 32]].concat();
        assert_eq!(Frontier::from_bytes(&too_large), Err(ProofError::MalformedFrontier));
    }

    #[test]
    fn base64_of_a_hash_has_one_spelling() {
        let hash = leaf_hash(b"entry");
        let text = hash.to_base64();
        assert_eq!(Hash::from_base64(&text), Ok(hash));
        let unpadded = text.trim_end_matches('=');
        let last = unpadded.chars().last().unwrap();
        let set_bit = char::from(last as u8 + 1); // a spare bit beyond the 32 bytes
        let loose = format!("{}{set_bit}=", &unpadded[..unpadded.len() - 1]);
        for wrong in [unpadded, &loose, &format!("{text}\n"), &format!(" {text}"), "", "AAAA"] {
            assert_eq!(Hash::from_base64(wrong), Err(ProofError::MalformedHash), "{wrong}");
        }
    }
}
