//! The one pass over the leaves, a tile at a time: the tree, the books derived from them, and every table that must say
//! the same.

use super::super::facts::Line;
use super::super::numbers::Numbers;
use super::super::{name, postings};
use super::signatures::Stored;
use super::tree::Tree;
use super::witnesses::Witnesses;
use super::{Checked, Package, Stop, Words, on_all_cores, say};
use crate::kernel::ProgrammeId;
use crate::ledger::audit::Progress;
use crate::ledger::epoch::Opening;
use crate::ledger::facts;
use crate::ledger::leaf::{self, Leaf};
use crate::ledger::model::{Account, Kind};
use crate::ledger::replay::Replay;
use crate::proof::{Checkpoint, Hash, TILE, entries, leaf_hash, tile_path};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;

/// Tiles whose leaves are in memory at a time.
const AT_ONCE: usize = 16;

/// Pages that wait for the books while others are read.
const AHEAD: usize = 2;

/// The leaves of a tile, their hashes, and their rows of postings.
struct Page {
    hashes: Vec<Hash>,
    leaves: Vec<(Leaf, String)>,
}

pub(super) fn run(
    package: &Package<'_>,
    signed: Checkpoint,
    keys: &[[u8; 32]],
    since: Vec<Checkpoint>,
    witnesses: Witnesses<'_>,
    holds: &mut Vec<Words>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Checked<()> {
    let size = signed.size;
    let kept = since.iter().map(|kept| kept.size).collect::<Vec<_>>();
    let mut tree = Tree::new(package, Stored::open(package, keys, witnesses)?, since);
    let mut told = Told::open(package)?;
    let mut replay = Replay::default();
    // One thread books what others have read.
    thread::scope(|scope| {
        let (read_ahead, pages) = sync_channel(AHEAD);
        scope.spawn(move || {
            let indexes: Vec<u64> = (0..size.div_ceil(TILE)).collect();
            let read = |some| read_ahead.send(on_all_cores(some, |index| read(package, *index, size)));
            // Nobody waits for them when something was found to be wrong.
            indexes.chunks(AT_ONCE).all(|some| read(some).is_ok())
        });
        for (index, page) in (0..).zip(pages.into_iter().flatten()) {
            progress(Progress { of: &signed.origin, done: index * TILE, total: size });
            let page = page?;
            let places = page.leaves.iter().enumerate();
            let openings: Vec<_> = places
                .filter(|(_, (leaf, _))| leaf.kind == Kind::LogRestored.number())
                .map(|(place, (leaf, _))| (place, Opening::read(leaf)))
                .collect();
            tree.grow(index, &page.hashes, &openings)?;
            for (log_index, (leaf, rows)) in (index * TILE..).zip(&page.leaves) {
                let facts = told.facts(log_index, leaf)?;
                told.compare(log_index, leaf, rows)?;
                replay.feed(leaf, facts.as_deref())?;
            }
        }
        Checked::Ok(())
    })?;
    progress(Progress { of: &signed.origin, done: size, total: size });
    let (checkpoints, hashes, witnesses) = tree.finish(&signed)?;
    let (rows, facts) = told.finish(&replay)?;
    let (origin, root) = (&signed.origin, signed.root.to_base64());
    holds.push(say!(
        "контрольные точки: {checkpoints}, все подписаны доверенным ключом и сходятся с деревом",
        "checkpoints: {checkpoints}, all signed by a trusted key and of this tree"
    ));
    holds.push(say!(
        "журнал {origin}: {size} записей, {hashes} хешей узлов, корень {root}",
        "log {origin}: {size} entries, {hashes} hashes of nodes, root {root}"
    ));
    for kept in kept {
        holds.push(say!(
            "история продолжает прежнюю контрольную точку на {kept} записях",
            "the history goes on from the earlier checkpoint of {kept} entries"
        ));
    }
    holds.push(say!(
        "postings.csv: {rows} проводок, те же, что в записях; сведений, подписанных свёрткой: {facts}",
        "postings.csv: {rows} postings, those of the entries; facts bound by digests: {facts}"
    ));
    books(&replay, holds)?;
    holds.extend(witnesses.vouch(size)?);
    Ok(())
}

/// What the books come to.
fn books(replay: &Replay, holds: &mut Vec<Words>) -> Checked<()> {
    let totals = replay.totals()?;
    let (vouchers, redemptions) = (totals.vouchers, totals.redemptions);
    let (sessions, payments) = (totals.accepted_sessions, totals.payments_made);
    holds.push(say!(
        "книги выведены заново: сертификатов {vouchers}, погашений {redemptions}, принятых занятий {sessions}, выплат \
         {payments}; каждая проводка — та, что положена по правилам, до копейки",
        "the books were derived again: {vouchers} vouchers, {redemptions} redemptions, {sessions} accepted sessions, \
         {payments} payments; every posting is the one the rules ask for, to the kopeck"
    ));
    for line in totals.lines {
        let number = line.budget_line_no;
        let [limit, available, reserved, obligated, accrued, paid] =
            Account::ALL.map(|account| line.balances[account as usize]);
        holds.push(say!(
            "строка бюджета {number}: лимит {limit} = доступно {available} + зарезервировано {reserved} + принято \
             обязательств {obligated} + начислено {accrued} + выплачено {paid}",
            "budget line {number}: limit {limit} = available {available} + reserved {reserved} + obligated {obligated} \
             + accrued {accrued} + paid {paid}"
        ));
    }
    Ok(())
}

fn read(package: &Package<'_>, index: u64, size: u64) -> Checked<Page> {
    let first = index * TILE;
    let width = TILE.min(size - first);
    let path = tile_path(None, index, width);
    let bytes = package.read(&path)?;
    let found = entries(&bytes).filter(|entries| entries.len() as u64 == width).ok_or_else(|| {
        Stop::Wrong(say!("{path}: в нём не {width} записей", "{path} does not have {width} entries"))
    })?;
    let hashes = found.iter().map(|entry| leaf_hash(entry)).collect();
    let mut leaves = Vec::with_capacity(found.len());
    for (log_index, entry) in (first..).zip(found) {
        let leaf = leaf::decode(entry).map_err(|error| {
            Stop::Wrong(say!(
                "запись {log_index} нельзя прочитать: {error}",
                "entry {log_index} cannot be read: {error}"
            ))
        })?;
        let rows = postings::rows(log_index, &leaf);
        leaves.push((leaf, rows));
    }
    Ok(Page { hashes, leaves })
}

/// The tables beside the leaves.
struct Told {
    programme_id: ProgrammeId,
    rows: BufReader<File>,
    lines_read: u64,
    facts: BufReader<File>,
    compared_facts: u64,
    lines: BTreeMap<i64, (Vec<u8>, Vec<u8>)>,
    course_runs: BTreeMap<i64, Vec<u8>>,
    agencies: BTreeSet<i64>,
    payees: BTreeMap<i64, [u8; 16]>,
}

impl Told {
    fn open(package: &Package<'_>) -> Checked<Self> {
        let numbers: Numbers = serde_json::from_slice(&package.read(name::NUMBERS)?)
            .map_err(|_| Stop::Wrong(say!("numbers.json нельзя прочитать", "numbers.json cannot be read")))?;
        let lines = numbers.budget_lines.into_iter();
        let mut told = Self {
            programme_id: package.manifest.head.programme_id,
            rows: package.open(name::POSTINGS)?,
            lines_read: 0,
            facts: package.open(name::FACTS)?,
            compared_facts: 0,
            lines: lines
                .map(|line| (line.number, (line.budget_line_id.bytes().to_vec(), line.kbk.into_bytes())))
                .collect(),
            course_runs: numbers
                .course_runs
                .into_iter()
                .map(|run| (run.number, run.course_run_id.bytes().to_vec()))
                .collect(),
            agencies: numbers.agencies.into_iter().map(|agency| agency.number).collect(),
            payees: numbers.payees.into_iter().map(|payee| (payee.number, *payee.payee_id.bytes())).collect(),
        };
        told.compare_rows(postings::HEADER)?;
        Ok(told)
    }

    /// The facts of a leaf that has a digest of some.
    fn facts(&mut self, log_index: u64, leaf: &Leaf) -> Checked<Option<Vec<String>>> {
        if !facts::are_told(leaf) {
            return Ok(None);
        }
        let text = line(&mut self.facts, name::FACTS)?;
        let found: Option<Line> = serde_json::from_str(&text).ok();
        let found = found.filter(|line| line.log_index == log_index && line.text() == text);
        let Some(found) = found else {
            return Err(Stop::Wrong(say!(
                "facts.jsonl: нет сведений записи {log_index}",
                "facts.jsonl lacks the facts of entry {log_index}"
            )));
        };
        self.compared_facts += 1;
        Ok(Some(found.facts))
    }

    /// The rows of a leaf, and the numbers that it gives away.
    fn compare(&mut self, log_index: u64, leaf: &Leaf, rows: &str) -> Checked<()> {
        self.compare_rows(rows)?;
        let number = log_index.cast_signed();
        let says = |name: &str| leaf.subjects.iter().find(|(said, _)| said == name).map(|(_, value)| value);
        if says("programme").is_some_and(|id| id != self.programme_id.bytes()) {
            return Err(Stop::Wrong(say!(
                "оглавление называет другую программу, чем запись {log_index}",
                "the manifest names another programme than entry {log_index}"
            )));
        }
        let holds = if leaf.kind == Kind::BudgetLineCreated.number() {
            let found = self.lines.remove(&number);
            found.is_some_and(|(id, kbk)| says("budget_line") == Some(&id) && says("kbk") == Some(&kbk))
        } else if leaf.kind == Kind::CourseRunCreated.number() {
            self.course_runs.remove(&number).is_some_and(|id| says("course_run") == Some(&id))
        } else {
            leaf.postings.iter().all(|line| {
                let (agency, payee) = (line.dimensions.agency_no, line.dimensions.payee_no);
                agency.is_none_or(|number| self.agencies.contains(&number))
                    && payee.is_none_or(|number| self.payees.contains_key(&number))
            })
        };
        if holds {
            return Ok(());
        }
        Err(Stop::Wrong(say!(
            "numbers.json не знает того, о чём запись {log_index}, или говорит другое",
            "numbers.json does not know what entry {log_index} is about, or says otherwise"
        )))
    }

    fn compare_rows(&mut self, expected: &str) -> Checked<()> {
        for expected in expected.lines() {
            let found = line(&mut self.rows, name::POSTINGS)?;
            self.lines_read += 1;
            if found.strip_suffix('\n') != Some(expected) {
                let (number, found) = (self.lines_read, found.trim_end());
                return Err(Stop::Wrong(say!(
                    "postings.csv, строка {number}: «{found}», а в журнале «{expected}»",
                    "postings.csv, line {number}: \"{found}\", and in the log \"{expected}\""
                )));
            }
        }
        Ok(())
    }

    /// Nothing is left over.
    fn finish(mut self, replay: &Replay) -> Checked<(u64, u64)> {
        for (file, name) in [(&mut self.rows, name::POSTINGS), (&mut self.facts, name::FACTS)] {
            if !line(file, name)?.is_empty() {
                return Err(Stop::Wrong(say!(
                    "{name}: в нём больше, чем в журнале",
                    "{name} has more than the log"
                )));
            }
        }
        for (id, number) in replay.payees() {
            if self.payees.get(&number) != Some(id) {
                return Err(Stop::Wrong(say!(
                    "numbers.json: получатель {number} — не тот, что в журнале",
                    "numbers.json: payee {number} is not the one of the log"
                )));
            }
        }
        if self.lines.is_empty() && self.course_runs.is_empty() {
            return Ok((self.lines_read - 1, self.compared_facts));
        }
        Err(Stop::Wrong(say!(
            "numbers.json: в нём больше, чем в журнале",
            "numbers.json has more than the log"
        )))
    }
}

/// The next line with its end; empty behind the last.
fn line(file: &mut BufReader<File>, name: &str) -> Checked<String> {
    let mut line = String::new();
    file.read_line(&mut line).map_err(Stop::reading(Path::new(name)))?;
    Ok(line)
}
