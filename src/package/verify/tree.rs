//! The tree of the leaves: its tiles are those in the package, its roots those that were signed.

use super::signatures::Stored;
use super::witnesses::Witnesses;
use super::{Checked, Package, Stop, say};
use crate::ledger::epoch::{self, Opening};
use crate::proof::{Appender, Checkpoint, Frontier, Hash, TILE, tile_path};

/// A tile of a level above the leaves while it is compared.
struct Tile {
    index: u64,
    bytes: Vec<u8>,
}

pub(super) struct Tree<'p, 'k> {
    package: &'p Package<'p>,
    /// The log's name at the leaves read so far.
    origin: String,
    frontier: Frontier,
    /// Of levels 1, 2, …
    tiles: Vec<Tile>,
    pub(super) stored: Stored<'k>,
    /// What the auditor kept.
    since: Vec<Checkpoint>,
    pub(super) hashes: u64,
    /// Names that ended with a restore, and the sizes of what was restored.
    ended: Vec<(String, u64)>,
}

impl<'p, 'k> Tree<'p, 'k> {
    pub(super) fn new(package: &'p Package<'p>, stored: Stored<'k>, since: Vec<Checkpoint>) -> Self {
        let origin = epoch::first_name(&package.manifest.head.origin).to_owned();
        let (frontier, tiles, ended) = (Frontier::default(), Vec::new(), Vec::new());
        Self { package, origin, frontier, tiles, stored, since, hashes: 0, ended }
    }

    /// Grows by the leaves of a tile. Openings of epochs come with their places among them.
    pub(super) fn grow(
        &mut self,
        index: u64,
        leaves: &[Hash],
        openings: &[(usize, Option<Opening>)],
    ) -> Checked<()> {
        self.compare_leaves(index, leaves)?;
        let mut appender = Appender::new(std::mem::take(&mut self.frontier));
        let mut openings = openings.iter().peekable();
        for (place, leaf) in leaves.iter().enumerate() {
            if let Some((_, opening)) = openings.next_if(|(at, _)| *at == place) {
                self.settle(appender)?;
                self.enter_epoch(opening.as_ref())?;
                appender = Appender::new(std::mem::take(&mut self.frontier));
            }
            let size = appender.append(*leaf) + 1;
            if self.is_signed(size)? {
                self.settle(appender)?;
                self.compare(size)?;
                appender = Appender::new(std::mem::take(&mut self.frontier));
            }
        }
        self.settle(appender)
    }

    fn compare_leaves(&self, index: u64, leaves: &[Hash]) -> Checked<()> {
        let path = tile_path(Some(0), index, leaves.len() as u64);
        let tile = self.package.read(&path)?;
        if tile.len() == 32 * leaves.len() && tile.chunks(32).zip(leaves).all(|(tile, leaf)| tile == leaf.0) {
            return Ok(());
        }
        Err(Stop::Wrong(say!(
            "{path}: это не хеши записей этого листа дерева",
            "{path} has other hashes than its entries"
        )))
    }

    fn settle(&mut self, appender: Appender) -> Checked<()> {
        let grown = appender.finish();
        for (level, index, hash) in &grown.tile_hashes {
            self.compare_hash(*level, *index, *hash)?;
        }
        self.frontier = grown.frontier;
        Ok(())
    }

    fn compare_hash(&mut self, level: u8, index: u64, hash: Hash) -> Checked<()> {
        let (tile, within) = (index / TILE, (index % TILE) as usize);
        let all = self.package.manifest.head.size >> (8 * u32::from(level));
        let width = TILE.min(all.saturating_sub(tile * TILE));
        let path = tile_path(Some(level), tile, width);
        let place = usize::from(level) - 1;
        if self.tiles.get(place).is_none_or(|read| read.index != tile) {
            let read = Tile { index: tile, bytes: self.package.read(&path)? };
            match self.tiles.get_mut(place) {
                Some(old) => *old = read,
                None => self.tiles.push(read),
            }
        }
        self.hashes += 1;
        let bytes = &self.tiles[place].bytes;
        if bytes.len() as u64 == 32 * width && bytes.get(32 * within..32 * within + 32) == Some(&hash.0) {
            return Ok(());
        }
        Err(Stop::Wrong(say!(
            "{path}: хеш {within} не тот, что у записей под ним",
            "{path}: hash {within} is not that of the entries below it"
        )))
    }

    fn is_signed(&mut self, size: u64) -> Checked<bool> {
        let is_stored = self.stored.peek()?.is_some_and(|signed| signed.size <= size);
        Ok(is_stored || self.since.iter().any(|kept| kept.size == size))
    }

    /// What was signed or kept of the tree of this size.
    fn compare(&mut self, size: u64) -> Checked<()> {
        let root = self.frontier.root();
        while self.stored.peek()?.is_some_and(|signed| signed.size <= size) {
            let Some(signed) = self.stored.pop() else { break };
            if (signed.size, signed.root, &signed.origin) != (size, root, &self.origin) {
                let size = signed.size;
                return Err(Stop::Wrong(say!(
                    "контрольная точка на {size} записях подписана другому дереву: записи не те",
                    "the checkpoint of {size} entries is of another tree: these are not the entries"
                )));
            }
        }
        for kept in self.since.iter().filter(|kept| kept.size == size) {
            if kept.root != root || kept.origin != self.origin {
                return Err(self.lost(kept));
            }
        }
        Ok(())
    }

    fn lost(&self, kept: &Checkpoint) -> Stop {
        let (size, origin) = (kept.size, &kept.origin);
        let restored = self.ended.iter().find(|(name, end)| name == origin && *end < size);
        Stop::Wrong(match restored {
            Some((_, end)) => say!(
                "журнал восстановлен из копии в {end} записей: остальных из {size}, что видела прежняя контрольная \
                 точка, в нём нет",
                "the log was restored from a copy of {end} entries: of the {size} that the earlier checkpoint covers, \
                 the others are not in it"
            ),
            None => say!(
                "первые {size} записей — не те, что видела прежняя контрольная точка: историю переписали",
                "the first {size} entries are not those of the earlier checkpoint: the history was rewritten"
            ),
        })
    }

    /// From here on the log has another name; the leaf says what it went on from.
    fn enter_epoch(&mut self, opening: Option<&Opening>) -> Checked<()> {
        let size = self.frontier.size();
        let before = Checkpoint { origin: self.origin.clone(), size, root: self.frontier.root() };
        let Some(opening) = opening.filter(|opening| opening.restored == before) else {
            return Err(Stop::Wrong(say!(
                "запись {size} продолжает журнал не с того места, где он был",
                "entry {size} goes on from another checkpoint than the one before it"
            )));
        };
        self.origin = epoch::name(&before.origin, opening.epoch);
        self.ended.push((before.origin, size));
        Ok(())
    }

    /// After the last leaf: it is the tree of the package's checkpoint.
    pub(super) fn finish(mut self, signed: &Checkpoint) -> Checked<(u64, u64, Witnesses<'k>)> {
        let size = self.frontier.size();
        let found = Checkpoint { origin: self.origin.clone(), size, root: self.frontier.root() };
        if found != *signed {
            return Err(Stop::Wrong(say!(
                "{size} записей пакета — не те, что подписаны его контрольной точкой",
                "the {size} entries of the package are not those of its checkpoint"
            )));
        }
        if let Some(beyond) = self.stored.peek()?.map(|beyond| beyond.size) {
            return Err(Stop::Wrong(say!(
                "checkpoints.txt: точка на {beyond} записях, а в пакете их {size}",
                "checkpoints.txt has one of {beyond} entries, the package has {size}"
            )));
        }
        if self.stored.newest != Some(size) {
            return Err(Stop::Wrong(say!(
                "checkpoints.txt кончается раньше пакета: последней точки, на {size} записях, в нём нет",
                "checkpoints.txt ends before the package: it lacks the newest, of {size} entries"
            )));
        }
        Ok((self.stored.checked, self.hashes, self.stored.witnesses))
    }
}
