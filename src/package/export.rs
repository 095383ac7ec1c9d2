//! Writing a package from the database: one pass over the leaves, a tile at a time.
//!
//! What is exported was signed and never changes, so a server may go on writing meanwhile.

use super::facts::Line;
use super::manifest::{Directory, Head, Writing};
use super::numbers::{Named, Numbers};
use super::{FORMAT, keys, name, notes, postings};
use crate::cosigning::store;
use crate::credential::KeyRecord;
use crate::db::Connection;
use crate::db::schema::{checkpoint, journal_transaction};
use crate::ledger::audit::Progress;
use crate::ledger::books::Failure;
use crate::ledger::epoch::{self, Opening};
use crate::ledger::{facts, leaf, told};
use crate::programme::ProgrammeFacts;
use crate::proof::{self, Appender, Checkpoint, Frontier, Hash, TILE, leaf_hash, tile_path};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Checkpoints in memory at a time.
const PAGE: i64 = 1_000;

/// What to export.
pub struct Order<'a> {
    pub programme: &'a ProgrammeFacts,
    /// The log as it was at this checkpoint's size; the newest checkpoint otherwise.
    pub as_of: Option<u64>,
    pub issuer: &'a str,
    /// The log's public keys over time, from the keys' directory: a database could be made to name others.
    pub log_keys: &'a [KeyRecord],
}

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("{} is not empty: nothing is overwritten", .0.display())]
    NotEmpty(PathBuf),
    #[error("{}: {error}", .path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("the log has no checkpoint yet")]
    Nothing,
    #[error("no checkpoint covers exactly {size} leaves{}", near(.below, .above))]
    NoCheckpoint { size: u64, below: Option<u64>, above: Option<u64> },
    #[error("the first {0} leaves are not what was signed: run `vouchers audit`")]
    NotAsSigned(u64),
    #[error("the log's public keys are no key set")]
    Keys,
    #[error("the database cannot be read: {0}")]
    Reading(#[from] Failure),
}

fn near(below: &Option<u64>, above: &Option<u64>) -> String {
    let sizes: Vec<String> = [below, above].into_iter().flatten().map(u64::to_string).collect();
    if sizes.is_empty() { String::new() } else { format!("; the nearest cover {}", sizes.join(" and ")) }
}

impl From<diesel::result::Error> for ExportError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Reading(error.into())
    }
}

/// A package that is there.
#[derive(Debug, Serialize)]
pub struct Exported {
    pub size: u64,
    pub files: u64,
    /// The signed note to keep elsewhere.
    pub checkpoint: String,
}

/// Writes the package of a programme's log into a new or empty directory.
///
/// # Errors
/// [`ExportError`]. What is left in the directory then has no manifest and is no package.
pub fn export(
    connection: &mut Connection,
    order: &Order<'_>,
    directory: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Exported, ExportError> {
    let programme_no = order.programme.programme_no;
    let mut note = note(connection, programme_no, order.as_of)?;
    let body = note.split("\n\n").next().map(|body| format!("{body}\n")).unwrap_or_default();
    let tree = Checkpoint::parse(&body).map_err(Failure::from)?;
    note += &store::lines(connection, programme_no, tree.size.cast_signed())?;
    let head = Head {
        format: FORMAT,
        origin: tree.origin.clone(),
        programme: order.programme.code.as_str().to_owned(),
        programme_id: order.programme.programme_id,
        size: tree.size,
        checkpoint: note.clone(),
    };
    let at = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => ExportError::NotEmpty(directory.to_owned()),
        _ => ExportError::File { path: directory.to_owned(), error },
    };
    let mut out = Directory::create(directory, &head).map_err(at)?;
    let file = |error| ExportError::File { path: directory.to_owned(), error };
    out.put(name::CHECKPOINT, note.as_bytes()).map_err(file)?;
    write_checkpoints(connection, programme_no, tree.size, &mut out, &file)?;
    let mut leaves = Leaves {
        rows: out.open(name::POSTINGS).map_err(file)?,
        facts: out.open(name::FACTS).map_err(file)?,
        frontier: Frontier::default(),
        levels: Vec::new(),
        named: Named::default(),
        origins: vec![epoch::first_name(&tree.origin).to_owned()],
    };
    leaves.rows.write_all(postings::HEADER.as_bytes()).map_err(file)?;
    for first in (0..tree.size).step_by(TILE as usize) {
        progress(Progress { of: &tree.origin, done: first, total: tree.size });
        let width = TILE.min(tree.size - first);
        let page = page(connection, programme_no, first, width)?;
        leaves.take(connection, programme_no, first, &page, &mut out, &file)?;
    }
    progress(Progress { of: &tree.origin, done: tree.size, total: tree.size });
    if leaves.frontier.root() != tree.root {
        return Err(ExportError::NotAsSigned(tree.size));
    }
    let Leaves { rows, facts, levels, named, origins, .. } = leaves;
    for (level, tile) in (1..).zip(levels) {
        tile.write(level, &mut out).map_err(file)?;
    }
    out.close(rows).map_err(file)?;
    out.close(facts).map_err(file)?;
    let keys = keys::text(order.issuer, order.log_keys, &origins).ok_or(ExportError::Keys)?;
    out.put(name::KEYS, keys.as_bytes()).map_err(file)?;
    let numbers = Numbers::read(connection, programme_no, tree.size, &named)?;
    out.put(name::NUMBERS, format!("{:#}\n", serde_json::json!(numbers)).as_bytes()).map_err(file)?;
    let files = out.finish().map_err(file)?;
    Ok(Exported { size: tree.size, files, checkpoint: note })
}

/// The checkpoint of this size, or the newest.
fn note(connection: &mut Connection, programme_no: i64, as_of: Option<u64>) -> Result<String, ExportError> {
    let notes = || checkpoint::table.filter(checkpoint::programme_no.eq(programme_no));
    let Some(size) = as_of else {
        let newest = notes().order(checkpoint::tree_size.desc()).select(checkpoint::note).first(connection);
        return newest.optional()?.ok_or(ExportError::Nothing);
    };
    let wanted = i64::try_from(size).unwrap_or(i64::MAX);
    let found = notes().filter(checkpoint::tree_size.eq(wanted)).select(checkpoint::note);
    if let Some(note) = found.get_result(connection).optional()? {
        return Ok(note);
    }
    let below: Option<i64> = notes()
        .filter(checkpoint::tree_size.lt(wanted))
        .select(diesel::dsl::max(checkpoint::tree_size))
        .get_result(connection)?;
    let above: Option<i64> = notes()
        .filter(checkpoint::tree_size.gt(wanted))
        .select(diesel::dsl::min(checkpoint::tree_size))
        .get_result(connection)?;
    let unsigned = |size: Option<i64>| size.map(i64::cast_unsigned);
    Err(ExportError::NoCheckpoint { size, below: unsigned(below), above: unsigned(above) })
}

fn write_checkpoints(
    connection: &mut Connection,
    programme_no: i64,
    size: u64,
    out: &mut Directory,
    file: &dyn Fn(io::Error) -> ExportError,
) -> Result<(), ExportError> {
    let mut writing = out.open(name::CHECKPOINTS).map_err(file)?;
    let mut written = -1;
    loop {
        let page: Vec<(i64, String)> = checkpoint::table
            .filter(checkpoint::programme_no.eq(programme_no))
            .filter(checkpoint::tree_size.gt(written))
            .filter(checkpoint::tree_size.le(size.cast_signed()))
            .order(checkpoint::tree_size)
            .limit(PAGE)
            .select((checkpoint::tree_size, checkpoint::note))
            .load(connection)?;
        let Some((last, _)) = page.last() else { break };
        written = *last;
        let mut cosigned = store::lines_between(connection, programme_no, page[0].0..=written)?;
        for (size, note) in page {
            let note = note + &cosigned.remove(&size).unwrap_or_default();
            writing.write_all(notes::write(&note).as_bytes()).map_err(file)?;
        }
    }
    out.close(writing).map_err(file)
}

fn page(
    connection: &mut Connection,
    programme_no: i64,
    first: u64,
    width: u64,
) -> Result<Vec<Vec<u8>>, ExportError> {
    let (first, last) = (first.cast_signed(), (first + width).cast_signed() - 1);
    let leaves: Vec<Vec<u8>> = journal_transaction::table
        .filter(journal_transaction::programme_no.eq(programme_no))
        .filter(journal_transaction::log_index.between(first, last))
        .order(journal_transaction::log_index)
        .select(journal_transaction::leaf)
        .load(connection)?;
    if leaves.len() as u64 == width {
        Ok(leaves)
    } else {
        Err(ExportError::NotAsSigned(first.cast_unsigned() + width))
    }
}

/// The hashes of a level that wait for their tile to be full.
#[derive(Default)]
struct Waiting {
    index: u64,
    hashes: Vec<Hash>,
}

impl Waiting {
    fn write(&self, level: u8, out: &mut Directory) -> io::Result<()> {
        if self.hashes.is_empty() {
            return Ok(());
        }
        let bytes: Vec<u8> = self.hashes.iter().flat_map(|hash| hash.0).collect();
        out.put(&tile_path(Some(level), self.index, self.hashes.len() as u64), &bytes)
    }
}

/// What a pass over the leaves gathers and writes.
struct Leaves {
    rows: Writing,
    facts: Writing,
    frontier: Frontier,
    /// Of levels 1, 2, …
    levels: Vec<Waiting>,
    named: Named,
    /// The log's names, the first one first.
    origins: Vec<String>,
}

impl Leaves {
    /// Takes the leaves of one tile.
    fn take(
        &mut self,
        connection: &mut Connection,
        programme_no: i64,
        first: u64,
        page: &[Vec<u8>],
        out: &mut Directory,
        file: &dyn Fn(io::Error) -> ExportError,
    ) -> Result<(), ExportError> {
        let (index, width) = (first / TILE, page.len() as u64);
        let mut bundle = Vec::new();
        let mut decoded = BTreeMap::new();
        for (log_index, leaf) in (first.cast_signed()..).zip(page) {
            let put = proof::put_entry(&mut bundle, leaf);
            put.ok_or_else(|| Failure::Inconsistent("a leaf of over 4 GiB".into()))?;
            decoded
                .insert(log_index, leaf::decode(leaf).map_err(|_| ExportError::NotAsSigned(first + width))?);
        }
        out.put(&tile_path(None, index, width), &bundle).map_err(file)?;
        self.grow(index, page, out).map_err(file)?;
        let mut told = told::of_leaves(connection, programme_no, &decoded)?;
        for (log_index, leaf) in (first..).zip(decoded.values()) {
            self.rows.write_all(postings::rows(log_index, leaf).as_bytes()).map_err(file)?;
            self.named.agencies.extend(leaf.postings.iter().filter_map(|line| line.dimensions.agency_no));
            self.named.payees.extend(leaf.postings.iter().filter_map(|line| line.dimensions.payee_no));
            if let Some(opening) = Opening::read(leaf) {
                self.origins.push(epoch::name(&opening.restored.origin, opening.epoch));
            }
            let told = told.remove(&log_index.cast_signed()).filter(|_| facts::are_told(leaf));
            if let Some(facts) = told {
                self.facts.write_all(Line { log_index, facts }.text().as_bytes()).map_err(file)?;
            }
        }
        Ok(())
    }

    fn grow(&mut self, index: u64, page: &[Vec<u8>], out: &mut Directory) -> io::Result<()> {
        let mut appender = Appender::new(std::mem::take(&mut self.frontier));
        let hashes: Vec<Hash> = page.iter().map(|leaf| leaf_hash(leaf)).collect();
        hashes.iter().for_each(|hash| _ = appender.append(*hash));
        Waiting { index, hashes }.write(0, out)?;
        let grown = appender.finish();
        for &(level, _, hash) in &grown.tile_hashes {
            let place = usize::from(level) - 1;
            if self.levels.len() <= place {
                self.levels.push(Waiting::default());
            }
            let waiting = &mut self.levels[place];
            waiting.hashes.push(hash);
            if waiting.hashes.len() as u64 == TILE {
                waiting.write(level, out)?;
                *waiting = Waiting { index: waiting.index + 1, hashes: Vec::new() };
            }
        }
        self.frontier = grown.frontier;
        Ok(())
    }
}
