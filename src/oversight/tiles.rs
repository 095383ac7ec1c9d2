//! The log in tiles (C2SP tlog-tiles): the hashes of its tree and the leaves themselves, in pieces of 256 that never
//! change once they are full. Who has them all can rebuild the tree under any checkpoint.

use crate::db::Connection;
use crate::db::schema::{journal_transaction, log_head};
use crate::ledger::books::Failure;
use crate::ledger::receipts::StoredHashes;
use crate::proof::{self, Frontier, NodeSource, TILE};
use diesel::prelude::*;
use std::ops::Range;

/// The highest level: 256 to the 8th leaves are more than numbers go.
const LEVELS: u8 = 8;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Content {
    /// Hashes of this level: 0 of leaves, 1 of 256 leaves each, and so on.
    Hashes(u8),
    Leaves,
}

/// A tile, as its path names it: `0/x001/067`, `entries/012.p/17`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tile {
    content: Content,
    index: u64,
    /// Of a partial tile, how many of its first ones: 1 to 255.
    width: Option<u8>,
}

impl Tile {
    /// The tile of a path behind `tile/`; none when it names none.
    pub fn parse(path: &str) -> Option<Self> {
        let (content, rest) = path.split_once('/')?;
        let content = match content {
            "entries" => Content::Leaves,
            level => Content::Hashes(canonical(level).filter(|level| *level < LEVELS)?),
        };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, Some(canonical(width).filter(|width| *width > 0)?)),
            None => (rest, None),
        };
        Some(Self { content, index: parse_index(index)?, width })
    }

    /// The places it is of, in its level.
    fn range(self) -> Option<Range<u64>> {
        let first = self.index.checked_mul(TILE)?;
        Some(first..first.checked_add(self.width.map_or(TILE, u64::from))?)
    }

    /// Whether it is the same for ever; a partial one is replaced by the full one.
    pub fn is_full(self) -> bool {
        self.width.is_none()
    }
}

/// A number without a sign or leading zeros.
fn canonical(text: &str) -> Option<u8> {
    text.parse().ok().filter(|number: &u8| number.to_string() == text)
}

/// `x001/x234/067` is 1,234,067: groups of three digits, all but the last with an `x`.
fn parse_index(text: &str) -> Option<u64> {
    let groups: Vec<_> = text.split('/').collect();
    let (last, first) = groups.split_last()?;
    let digits = |group: &str| {
        let is_group = group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit());
        is_group.then(|| group.parse::<u64>().ok()).flatten()
    };
    let mut index = 0_u64;
    for (place, group) in first.iter().enumerate() {
        let group = digits(group.strip_prefix('x')?)?;
        if place == 0 && group == 0 {
            return None;
        }
        index = index.checked_mul(1_000)?.checked_add(group)?;
    }
    index.checked_mul(1_000)?.checked_add(digits(last)?)
}

/// The bytes of a tile: hashes of 32 bytes each, or leaves with the length of each before it
/// ([`proof::put_entry`]). None when the log has not grown so far.
///
/// # Errors
/// The database's.
pub fn read(connection: &mut Connection, programme_no: i64, tile: Tile) -> Result<Option<Vec<u8>>, Failure> {
    let frontier: Vec<u8> =
        log_head::table.find(programme_no).select(log_head::frontier).get_result(connection)?;
    let leaves = Frontier::from_bytes(&frontier)?.size();
    let level = match tile.content {
        Content::Hashes(level) => level,
        Content::Leaves => 0,
    };
    let grown = leaves >> (8 * u32::from(level));
    let Some(range) = tile.range().filter(|range| range.end <= grown) else { return Ok(None) };
    match tile.content {
        Content::Hashes(level) => {
            let hashes = StoredHashes { connection, programme_no }.hashes(level, range)?;
            Ok(Some(hashes.iter().flat_map(|hash| hash.0).collect()))
        }
        Content::Leaves => bundle(connection, programme_no, &range).map(Some),
    }
}

fn bundle(connection: &mut Connection, programme_no: i64, range: &Range<u64>) -> Result<Vec<u8>, Failure> {
    let (first, last) = (range.start.cast_signed(), range.end.cast_signed() - 1);
    let leaves: Vec<Vec<u8>> = journal_transaction::table
        .filter(journal_transaction::programme_no.eq(programme_no))
        .filter(journal_transaction::log_index.between(first, last))
        .order(journal_transaction::log_index)
        .select(journal_transaction::leaf)
        .load(connection)?;
    let mut bytes = Vec::new();
    for leaf in leaves {
        let put = proof::put_entry(&mut bytes, &leaf);
        put.ok_or_else(|| Failure::Inconsistent("a leaf of over 4 GiB".into()))?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_one_tile_and_a_tile_has_one_path() {
        let tile = |content, index, width| Some(Tile { content, index, width });
        assert_eq!(Tile::parse("0/000"), tile(Content::Hashes(0), 0, None));
        assert_eq!(Tile::parse("1/x001/x234/067"), tile(Content::Hashes(1), 1_234_067, None));
        assert_eq!(Tile::parse("entries/012.p/17"), tile(Content::Leaves, 12, Some(17)));
        assert_eq!(Tile::parse("0/x001/000.p/255"), tile(Content::Hashes(0), 1_000, Some(255)));
        for wrong in [
            "",
            "0",
            "0/",
            "0/0",
            "0/0000",
            "0/x000/001",
            "0/001/002",
            "0/x001",
            "00/000",
            "8/000",
            "-1/000",
            "entries",
            "x/000",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/01",
            "0/000.p/",
            "0/+01",
            "0/000/",
            "0/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(Tile::parse(wrong), None, "{wrong}");
        }
    }
}
