//! Tiles of a log as C2SP tlog-tiles names and writes them: 256 hashes of one level, or 256 entries.
//! <https://c2sp.org/tlog-tiles>

/// Hashes, or entries, of a full tile.
pub const TILE: u64 = 256;

/// An entry whose length does not fit the two bytes of tlog-tiles: these two, then the length in four.
const LONG: u16 = u16::MAX;

/// The path of a tile: of hashes of this level, or of entries. `width` is how many it has, 1 to 256.
pub fn tile_path(level: Option<u8>, index: u64, width: u64) -> String {
    let content = level.map_or_else(|| "entries".to_owned(), |level| level.to_string());
    let mut groups = format!("{:03}", index % 1_000);
    let mut rest = index / 1_000;
    while rest > 0 {
        groups = format!("x{:03}/{groups}", rest % 1_000);
        rest /= 1_000;
    }
    let part = if width < TILE { format!(".p/{width}") } else { String::new() };
    format!("tile/{content}/{groups}{part}")
}

/// The tiles of a tree of this size: level (none for entries), index and width, level by level.
pub fn tiles(size: u64) -> impl Iterator<Item = (Option<u8>, u64, u64)> {
    let levels = (0..8_u8).map(move |level| (Some(level), size >> (8 * u32::from(level))));
    std::iter::once((None, size)).chain(levels).flat_map(|(level, count)| {
        (0..count.div_ceil(TILE)).map(move |index| (level, index, TILE.min(count - index * TILE)))
    })
}

/// Appends an entry to the bytes of its tile: the length in two bytes, big endian, then the entry.
///
/// tlog-tiles has no entries of 65,535 bytes and more, our log may: before one of these stand two bytes 0xFF and the length
/// in four. None for one of over 4 GiB.
pub fn put_entry(tile: &mut Vec<u8>, entry: &[u8]) -> Option<()> {
    match u16::try_from(entry.len()) {
        Ok(length) if length < LONG => tile.extend(length.to_be_bytes()),
        _ => {
            tile.extend(LONG.to_be_bytes());
            tile.extend(u32::try_from(entry.len()).ok()?.to_be_bytes());
        }
    }
    tile.extend(entry);
    Some(())
}

/// The entries of a tile's bytes; none unless they are exactly what [`put_entry`] wrote.
pub fn entries(mut tile: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::with_capacity(TILE as usize);
    while !tile.is_empty() {
        let (length, rest) = tile.split_first_chunk()?;
        let (length, rest) = match u16::from_be_bytes(*length) {
            LONG => {
                let (length, rest) = rest.split_first_chunk()?;
                let length = u32::from_be_bytes(*length);
                (usize::try_from(length).ok().filter(|_| length >= u32::from(LONG))?, rest)
            }
            length => (length.into(), rest),
        };
        let (entry, rest) = rest.split_at_checked(length)?;
        entries.push(entry);
        tile = rest;
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_tlog_tiles() {
        assert_eq!(tile_path(Some(0), 0, 256), "tile/0/000");
        assert_eq!(tile_path(Some(1), 1_234_067, 256), "tile/1/x001/x234/067");
        assert_eq!(tile_path(None, 12, 17), "tile/entries/012.p/17");
        assert_eq!(tile_path(Some(0), 1_000, 255), "tile/0/x001/000.p/255");
    }

    #[test]
    fn a_tree_has_these_tiles() {
        let paths = |size| tiles(size).map(|(level, index, width)| tile_path(level, index, width)).collect();
        let of = |size| -> Vec<String> { paths(size) };
        assert_eq!(of(0), [""; 0]);
        assert_eq!(of(1), ["tile/entries/000.p/1", "tile/0/000.p/1"]);
        assert_eq!(
            of(300),
            ["tile/entries/000", "tile/entries/001.p/44", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1",]
        );
    }

    #[test]
    fn entries_of_any_length_come_back() {
        let all: Vec<Vec<u8>> =
            [0, 1, 65_534, 65_535, 65_536, 200_000].map(|length| vec![7; length]).to_vec();
        let mut tile = Vec::new();
        all.iter().for_each(|entry| put_entry(&mut tile, entry).unwrap());
        assert_eq!(entries(&tile).unwrap(), all);
        assert_eq!(entries(&tile[..tile.len() - 1]), None);
        assert_eq!(entries(&[&tile[..], &[0]].concat()), None);
        // A short entry behind the mark of long ones would be a second spelling.
        assert_eq!(entries(&[0xff, 0xff, 0, 0, 0, 1, 7]), None);
    }
}
