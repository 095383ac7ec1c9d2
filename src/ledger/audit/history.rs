//! Every log read from its first leaf to its last, a page at a time: are the leaves all there, do
//! they hash to the tree that was signed, and do the tables say what the leaves say?

use super::cosigned::Cosigned;
use super::kept::{Kept, verifiers};
use super::records::RecordChecks;
use super::turnovers::Turnovers;
use super::{Check, Failure, Progress, Trusted};
use crate::db::Connection;
use crate::db::schema::{checkpoint, journal_transaction, log_hash, log_head, posting};
use crate::kernel::{Kopecks, Timestamp};
use crate::ledger::epoch::{self, Opening};
use crate::ledger::leaf::{self, Leaf};
use crate::ledger::model::{Account, Dimensions, Kind, Posting};
use crate::ledger::replay::{Replay, Wrong};
use crate::ledger::{facts, told};
use crate::proof::{Appender, Checkpoint, Frontier, Hash, ProofError, VerifierKey, leaf_hash};
use diesel::prelude::*;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Leaves in memory at a time.
const PAGE: i64 = 256;

struct Checks {
    gaps: Check,
    hashes: Check,
    transactions: Check,
    postings: Check,
    turnovers: Check,
    records: RecordChecks,
    rules: Check,
    tiles: Check,
    heads: Check,
    checkpoints: Check,
    kept: Check,
    cosigned: Check,
}

pub(super) fn check(
    connection: &mut Connection,
    trusted: &Trusted,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Vec<Check>, Failure> {
    let mut checks = Checks {
        gaps: Check::new("leaves_without_gaps"),
        hashes: Check::new("leaves_hash_as_stored"),
        transactions: Check::new("transactions_as_signed"),
        postings: Check::new("postings_as_signed"),
        turnovers: Check::new("turnovers_as_signed"),
        records: RecordChecks::new(),
        rules: Check::new("postings_follow_the_rules"),
        tiles: Check::new("tile_hashes"),
        heads: Check::new("tree_heads"),
        checkpoints: Check::new("checkpoints"),
        kept: Check::new("kept_checkpoints"),
        cosigned: Check::new("cosignatures"),
    };
    let mut kept: Vec<&str> = trusted.checkpoints.iter().map(String::as_str).collect();
    let heads: Vec<(i64, String, Vec<u8>)> =
        log_head::table.order(log_head::programme_no).load(connection)?;
    for (programme_no, origin, frontier) in heads {
        let first_name = epoch::first_name(&origin);
        let cosigned = Cosigned::read(connection, programme_no)?;
        let mut log = Log {
            connection: &mut *connection,
            checks: &mut checks,
            programme_no,
            log_keys: &trusted.log_keys,
            origin: first_name.to_owned(),
            keys: verifiers(first_name, &trusted.log_keys),
            kept: Kept::take(programme_no, first_name, &trusted.log_keys, &mut kept),
            next_index: 0,
            turnovers: Turnovers::default(),
            cosigned,
            replay: Some(Replay::default()),
            frontier: Frontier::default(),
            tiles: 0,
        };
        log.read(&origin, &frontier, progress)?;
    }
    for note in kept {
        let first = note.lines().next().unwrap_or_default();
        checks
            .kept
            .that(false, || format!("the kept checkpoint of {first:?} is signed by no log of this database"));
    }
    let Checks {
        gaps,
        hashes,
        transactions,
        postings,
        turnovers,
        records,
        rules,
        tiles,
        heads,
        checkpoints,
        kept,
        cosigned,
    } = checks;
    let mut all = vec![gaps, hashes, transactions, postings, turnovers];
    all.extend(records.into_checks());
    all.extend([rules, tiles, heads, checkpoints, kept, cosigned]);
    Ok(all)
}

#[derive(Queryable)]
struct JournalRow {
    log_index: i64,
    kind: i16,
    effective_at: Timestamp,
    recorded_at: Timestamp,
    recorded_by: i64,
    leaf: Vec<u8>,
    leaf_hash: Vec<u8>,
}

#[derive(Queryable)]
struct PostingRow {
    log_index: i64,
    posting_no: i32,
    budget_line_no: i64,
    account: i16,
    amount: Kopecks,
    agency_no: Option<i64>,
    voucher_no: Option<i64>,
    redemption_no: Option<i64>,
    course_run_no: Option<i64>,
    session_no: Option<i64>,
    payee_no: Option<i64>,
    payment_no: Option<i64>,
    contract_no: Option<i64>,
    act_no: Option<i64>,
}

impl PostingRow {
    fn posting(&self) -> Option<Posting> {
        let dimensions = Dimensions {
            agency_no: self.agency_no,
            voucher_no: self.voucher_no,
            redemption_no: self.redemption_no,
            course_run_no: self.course_run_no,
            session_no: self.session_no,
            payee_no: self.payee_no,
            payment_no: self.payment_no,
            contract_no: self.contract_no,
            act_no: self.act_no,
        };
        let account = Account::from_number(self.account)?;
        Some(Posting { budget_line_no: self.budget_line_no, account, amount: self.amount, dimensions })
    }
}

fn is_opening(row: &JournalRow) -> bool {
    row.kind == Kind::LogRestored.number()
}

/// One log while it is read.
struct Log<'a> {
    connection: &'a mut Connection,
    checks: &'a mut Checks,
    programme_no: i64,
    log_keys: &'a [[u8; 32]],
    /// The log's name at the leaves read so far, and what verifies its checkpoints.
    origin: String,
    keys: Vec<VerifierKey>,
    kept: Kept,
    cosigned: Cosigned,
    next_index: i64,
    turnovers: Turnovers,
    /// The books derived from the leaves read so far; none once a leaf is missing, unreadable or wrong.
    replay: Option<Replay>,
    /// The tree of the leaves read so far.
    frontier: Frontier,
    /// Hashes of complete tiles that it has.
    tiles: i64,
}

impl Log<'_> {
    fn read(
        &mut self,
        stored_origin: &str,
        stored_frontier: &[u8],
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), Failure> {
        let stored_frontier = Frontier::from_bytes(stored_frontier);
        let total = stored_frontier.as_ref().map_or(0, Frontier::size);
        self.compare_checkpoints(0)?;
        loop {
            progress(Progress { of: &self.origin, done: self.frontier.size(), total });
            let page = self.page()?;
            let Some(last) = page.last().map(|row| row.log_index) else { break };
            self.compare_tables(&page, self.next_index..=last)?;
            self.grow(&page)?;
        }
        self.compare_tables(&[], self.next_index..=i64::MAX)?;
        if let Some(replay) = self.replay.take() {
            self.judge(replay.totals().map(drop));
        }
        self.compare_end(stored_origin, &stored_frontier)
    }

    fn page(&mut self) -> Result<Vec<JournalRow>, Failure> {
        use journal_transaction::*;
        let rows = table
            .filter(programme_no.eq(self.programme_no))
            .filter(log_index.ge(self.next_index))
            .order(log_index.asc())
            .limit(PAGE)
            .select((log_index, kind, effective_at, recorded_at, recorded_by, leaf, leaf_hash))
            .load(self.connection)?;
        Ok(rows)
    }

    /// The tables against the leaves: the transaction's own columns, its postings, what it recorded.
    fn compare_tables(&mut self, page: &[JournalRow], range: RangeInclusive<i64>) -> Result<(), Failure> {
        let leaves = self.decode(page);
        leaves.values().for_each(|leaf| self.turnovers.add(leaf));
        self.follow_rules(page, &leaves)?;
        self.compare_postings(page, &leaves, &range)?;
        self.checks.records.compare(self.connection, self.programme_no, &range, &leaves)?;
        Ok(())
    }

    fn decode(&mut self, page: &[JournalRow]) -> BTreeMap<i64, Leaf> {
        let mut leaves = BTreeMap::new();
        for row in page {
            let place = self.place(row.log_index);
            match leaf::decode(&row.leaf) {
                Ok(leaf) => drop(leaves.insert(row.log_index, leaf)),
                Err(error) => self.checks.transactions.that(false, || format!("{place}: {error}")),
            }
        }
        leaves
    }

    /// The postings of each leaf against those that its kind must make. A hole in the history ends this without a word:
    /// others find that.
    fn follow_rules(&mut self, page: &[JournalRow], leaves: &BTreeMap<i64, Leaf>) -> Result<(), Failure> {
        let told = told::of_leaves(self.connection, self.programme_no, leaves)?;
        for (expected, row) in (self.next_index..).zip(page) {
            let leaf = leaves.get(&row.log_index).filter(|_| row.log_index == expected);
            let Some((mut replay, leaf)) = self.replay.take().zip(leaf) else { return Ok(()) };
            // Facts that are not those of the digest are found where their records are compared.
            let told = told.get(&row.log_index).filter(|told| facts::are_those_of(told, leaf));
            let verdict = replay.feed(leaf, told.map(Vec::as_slice));
            self.replay = verdict.is_ok().then_some(replay);
            self.judge(verdict);
        }
        Ok(())
    }

    fn judge(&mut self, verdict: Result<(), Wrong>) {
        let place = verdict.as_ref().map_or_else(|wrong| self.place(wrong.log_index), |()| String::new());
        self.checks.rules.that(verdict.is_ok(), || match verdict {
            Ok(()) => String::new(),
            Err(wrong) => format!("{place}: {}", wrong.english),
        });
    }

    fn compare_postings(
        &mut self,
        page: &[JournalRow],
        leaves: &BTreeMap<i64, Leaf>,
        range: &RangeInclusive<i64>,
    ) -> Result<(), Failure> {
        let rows: Vec<PostingRow> = {
            use posting::*;
            table
                .filter(programme_no.eq(self.programme_no))
                .filter(log_index.between(range.start(), range.end()))
                .order((log_index.asc(), posting_no.asc()))
                .select((
                    log_index,
                    posting_no,
                    budget_line_no,
                    account,
                    amount_kopecks,
                    agency_no,
                    voucher_no,
                    redemption_no,
                    course_run_no,
                    session_no,
                    payee_no,
                    payment_no,
                    contract_no,
                    act_no,
                ))
                .load(self.connection)?
        };
        let mut rows = rows.as_slice();
        for row in page {
            let strays = rows.partition_point(|posting| posting.log_index < row.log_index);
            let (_, rest) = self.strays(rows, strays);
            let own = rest.partition_point(|posting| posting.log_index == row.log_index);
            let (own, rest) = rest.split_at(own);
            rows = rest;
            if let Some(leaf) = leaves.get(&row.log_index) {
                self.compare_with_leaf(row, leaf, own);
            }
        }
        self.strays(rows, rows.len());
        Ok(())
    }

    /// Postings of no transaction, and those after them.
    fn strays<'r>(&mut self, rows: &'r [PostingRow], count: usize) -> (&'r [PostingRow], &'r [PostingRow]) {
        let (strays, rest) = rows.split_at(count);
        for stray in strays {
            let place = self.place(stray.log_index);
            self.checks.postings.that(false, || format!("a posting belongs to {place}, which is not there"));
        }
        (strays, rest)
    }

    fn place(&self, log_index: i64) -> String {
        format!("transaction {}/{log_index}", self.programme_no)
    }

    fn compare_with_leaf(&mut self, row: &JournalRow, leaf: &Leaf, postings: &[PostingRow]) {
        let place = self.place(row.log_index);
        let stored = (row.kind, row.effective_at, row.recorded_at, row.recorded_by);
        let signed = (leaf.kind, leaf.effective_at, leaf.recorded_at, leaf.recorded_by);
        self.checks
            .transactions
            .that(stored == signed, || format!("{place} says {stored:?} where its leaf says {signed:?}"));
        let in_order = (0..).zip(postings).all(|(number, posting)| posting.posting_no == number);
        let stored: Option<Vec<Posting>> = postings.iter().map(PostingRow::posting).collect();
        self.checks.postings.that(in_order && stored.as_ref() == Some(&leaf.postings), || {
            format!(
                "the {} postings of {place} are not the {} of its leaf",
                postings.len(),
                leaf.postings.len()
            )
        });
    }

    /// Grows the tree by the page, stopping at every size that somebody signed or kept.
    fn grow(&mut self, page: &[JournalRow]) -> Result<(), Failure> {
        let first = self.frontier.size();
        let last = first + page.len() as u64;
        let mut stops = self.checkpoint_sizes(first + 1..=last)?;
        let openings = page.iter().filter(|row| is_opening(row)).map(|row| row.log_index.cast_unsigned());
        let within = self.kept.sizes().chain(self.cosigned.sizes()).chain(openings);
        stops.extend(within.filter(|size| (first + 1..last).contains(size)));
        stops.push(last);
        stops.sort_unstable();
        stops.dedup();
        let mut rows = page.iter().peekable();
        for stop in stops {
            if let Some(row) = rows.peek().filter(|row| is_opening(row)) {
                self.enter_epoch(row);
            }
            let mut appender = Appender::new(std::mem::take(&mut self.frontier));
            let mut size = stop;
            for row in rows.by_ref() {
                self.check_leaf(row);
                size = appender.append(leaf_hash(&row.leaf)) + 1;
                if size == stop {
                    break;
                }
            }
            let grown = appender.finish();
            self.compare_tiles(&grown.tile_hashes)?;
            self.frontier = grown.frontier;
            self.compare_checkpoints(size)?;
        }
        Ok(())
    }

    /// From this leaf on the log has another name; the leaf says what it went on from.
    fn enter_epoch(&mut self, row: &JournalRow) {
        let opening = leaf::decode(&row.leaf).ok().and_then(|leaf| Opening::read(&leaf));
        let size = self.frontier.size();
        let before = Checkpoint { origin: self.origin.clone(), size, root: self.frontier.root() };
        let place = self.place(row.log_index);
        let holds = opening.as_ref().is_some_and(|opening| opening.restored == before);
        self.checks
            .checkpoints
            .that(holds, || format!("{place} names another checkpoint than the one before it"));
        if let Some(opening) = opening {
            self.origin = epoch::name(&before.origin, opening.epoch);
            self.keys = verifiers(&self.origin, self.log_keys);
            self.kept.end_epoch(before.origin, size);
        }
    }

    fn check_leaf(&mut self, row: &JournalRow) {
        let (expected, place) = (self.next_index, self.place(row.log_index));
        self.checks
            .gaps
            .that(row.log_index == expected, || format!("{place} follows where {expected} should"));
        self.next_index = row.log_index.saturating_add(1);
        let holds = leaf_hash(&row.leaf).0 == *row.leaf_hash;
        self.checks
            .hashes
            .that(holds, || format!("the leaf of {place} has another hash than the one stored"));
    }

    fn compare_tiles(&mut self, hashes: &[(u8, u64, Hash)]) -> Result<(), Failure> {
        for (level, index, hash) in hashes {
            let stored: Option<Vec<u8>> = log_hash::table
                .find((self.programme_no, i16::from(*level), index.cast_signed()))
                .select(log_hash::hash)
                .get_result(self.connection)
                .optional()?;
            self.tiles += 1;
            let programme_no = self.programme_no;
            self.checks.tiles.that(stored.as_deref() == Some(hash.0.as_slice()), || {
                format!("hash {index} of level {level} in log {programme_no} is not that of its leaves")
            });
        }
        Ok(())
    }

    fn checkpoint_sizes(&mut self, range: RangeInclusive<u64>) -> Result<Vec<u64>, Failure> {
        let sizes: Vec<i64> = checkpoint::table
            .filter(checkpoint::programme_no.eq(self.programme_no))
            .filter(checkpoint::tree_size.between(range.start().cast_signed(), range.end().cast_signed()))
            .select(checkpoint::tree_size)
            .load(self.connection)?;
        Ok(sizes.into_iter().map(i64::cast_unsigned).collect())
    }

    /// What was signed of the tree of this size, which is the one read so far.
    fn compare_checkpoints(&mut self, size: u64) -> Result<(), Failure> {
        let root = self.frontier.root();
        let note: Option<String> = checkpoint::table
            .find((self.programme_no, size.cast_signed()))
            .select(checkpoint::note)
            .get_result(self.connection)
            .optional()?;
        let programme_no = self.programme_no;
        if let Some(note) = note {
            let opened = Checkpoint::open_by_any(&note, &self.keys);
            let holds = opened.as_ref().is_ok_and(|signed| (signed.size, signed.root) == (size, root));
            self.checks.checkpoints.that(holds, || match opened {
                Ok(_) => format!("the checkpoint of log {programme_no} at {size} is of another tree"),
                Err(error) => format!("the checkpoint of log {programme_no} at {size}: {error}"),
            });
        }
        self.kept.compare(&mut self.checks.kept, &self.origin, size, root);
        self.cosigned.compare(&mut self.checks.cosigned, &self.origin, size, root);
        Ok(())
    }

    fn compare_end(
        &mut self,
        stored_origin: &str,
        stored_frontier: &Result<Frontier, ProofError>,
    ) -> Result<(), Failure> {
        let size = self.frontier.size();
        let programme_no = self.programme_no;
        self.checks.heads.that(stored_frontier.as_ref() == Ok(&self.frontier), || {
            format!("the head of log {programme_no} is not that of its {size} leaves")
        });
        self.checks.heads.that(stored_origin == self.origin, || {
            format!("log {programme_no} is named {stored_origin}, its leaves say {}", self.origin)
        });
        let newest: Option<i64> = checkpoint::table
            .filter(checkpoint::programme_no.eq(programme_no))
            .select(diesel::dsl::max(checkpoint::tree_size))
            .get_result(self.connection)?;
        let signed = newest.unwrap_or(0).cast_unsigned();
        self.checks.checkpoints.that(signed == size, || {
            format!("the newest checkpoint of log {programme_no} covers {signed} leaves, there are {size}")
        });
        let tiles: i64 = log_hash::table
            .filter(log_hash::programme_no.eq(programme_no))
            .count()
            .get_result(self.connection)?;
        let expected = self.tiles;
        self.checks.tiles.that(tiles == expected, || {
            format!("log {programme_no} has {tiles} hashes of complete tiles, its leaves make {expected}")
        });
        self.kept.compare_end(&mut self.checks.kept, size);
        self.cosigned.compare_end(&mut self.checks.cosigned, size);
        let turnovers = std::mem::take(&mut self.turnovers);
        turnovers.compare(self.connection, programme_no, &mut self.checks.turnovers)?;
        Ok(())
    }
}
