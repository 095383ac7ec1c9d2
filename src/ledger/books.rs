//! Booking: puts events into the journal, their postings and balances into the ledger and their
//! leaves into the log, all inside the batch's transaction, and seals the batch with one signed
//! checkpoint per programme it touched.
//!
//! The only code that writes `journal_transaction`, `posting`, `account_balance`, `account_turnover`,
//! `log_head`, `log_hash` and `checkpoint`. Decides nothing: a balance that would go negative is a defect of
//! the command that asked, and fails the whole batch.

use super::model::{Account, Dimensions, Event, Posting};
use super::receipts::{Sealed, SealedLog};
use super::scope::{self, Scope};
use super::{epoch, leaf};
use crate::db::schema::{account_balance, log_head};
use crate::db::{Connection, rows};
use crate::kernel::{Kopecks, Month, Timestamp};
use crate::proof::{self, Appender, Checkpoint, Frontier, ProofError};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, SmallInt, Text};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// The programme number of the service's own log: organisations, tokens, keys, programmes.
pub const SERVICE: i64 = 0;

/// A leaf: which programme's log, and where in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Entry {
    pub programme_no: i64,
    pub log_index: i64,
}

/// Something that is never the client's fault: the database failed, or stored data contradicts itself.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("the database failed: {0}")]
    Database(#[from] diesel::result::Error),
    #[error("stored data is inconsistent: {0}")]
    Inconsistent(String),
    #[error("the log cannot be extended: {0}")]
    Log(#[from] ProofError),
    #[error("{0}")]
    Unreachable(String),
}

/// Signs bytes with Ed25519.
pub type Sign = Arc<dyn Fn(&[u8]) -> [u8; 64] + Send + Sync>;

/// What signs checkpoints.
#[derive(Clone)]
pub struct CheckpointKey {
    pub public_key: [u8; 32],
    pub sign: Sign,
}

struct JournalRow {
    programme_no: i64,
    log_index: i64,
    kind: i16,
    effective_at: Timestamp,
    recorded_at: Timestamp,
    recorded_by: i64,
    leaf: Vec<u8>,
    leaf_hash: Vec<u8>,
}

struct PostingRow {
    programme_no: i64,
    log_index: i64,
    posting_no: i32,
    budget_line_no: i64,
    account: i16,
    amount_kopecks: Kopecks,
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

struct BalanceRow {
    programme_no: i64,
    budget_line_no: i64,
    account: i16,
    balance_kopecks: Kopecks,
}

/// What moved on an account in a month, debits and credits as they are.
struct TurnoverRow {
    programme_no: i64,
    budget_line_no: i64,
    account: i16,
    month: String,
    debit_kopecks: Kopecks,
    credit_kopecks: Kopecks,
}

struct TileHashRow {
    programme_no: i64,
    level: i16,
    hash_index: i64,
    hash: Vec<u8>,
}

struct HeadRow {
    programme_no: i64,
    frontier: Vec<u8>,
}

struct CheckpointRow {
    programme_no: i64,
    tree_size: i64,
    note: String,
}

/// A log that grows in this batch.
struct GrowingLog {
    origin: String,
    appender: Appender,
    size: i64,
}

struct Balance {
    amount: Kopecks,
    changed: bool,
}

/// The books of one batch.
#[derive(Default)]
pub struct Books {
    /// Names and trees that were read when their heads were locked. A tree that cannot be understood concerns only
    /// those who need it.
    heads: BTreeMap<i64, (String, Vec<u8>)>,
    logs: BTreeMap<i64, GrowingLog>,
    balances: BTreeMap<(i64, i64, Account), Balance>,
    /// Debits and credits booked and not yet written, by account and the month they are dated in.
    turnovers: BTreeMap<(i64, i64, Account, Month), (Kopecks, Kopecks)>,
    /// The programmes whose balances have been read.
    of_balances: HashSet<i64>,
    journal: Vec<JournalRow>,
    postings: Vec<PostingRow>,
}

impl Books {
    /// Opens the books of a batch: locks the logs it is about, before any fact is read.
    ///
    /// # Errors
    /// The database's.
    pub fn open(connection: &mut Connection, scopes: &HashSet<Scope>) -> Result<Self, Failure> {
        let heads = scope::lock(connection, scopes)?.into_iter();
        let heads = heads.map(|(programme_no, origin, frontier)| (programme_no, (origin, frontier)));
        Ok(Self { heads: heads.collect(), ..Self::default() })
    }

    /// Starts the log of a new programme (or the service's own).
    ///
    /// # Errors
    /// The database's; a log of that number or origin is there already.
    pub fn create_log(
        &mut self,
        connection: &mut Connection,
        programme_no: i64,
        origin: &str,
    ) -> Result<(), Failure> {
        diesel::insert_into(log_head::table)
            .values((
                log_head::programme_no.eq(programme_no),
                log_head::origin.eq(origin),
                log_head::frontier.eq(Frontier::default().to_bytes()),
            ))
            .execute(connection)?;
        Ok(())
    }

    /// Opens a new epoch of a log that was brought back from a copy: another name from here on, and a leaf
    /// that names the checkpoint it goes on from.
    ///
    /// # Errors
    /// The database's; [`Failure::Inconsistent`] when the batch has grown this log already.
    pub fn open_epoch(
        &mut self,
        connection: &mut Connection,
        programme_no: i64,
        epoch: Uuid,
        now: Timestamp,
    ) -> Result<Entry, Failure> {
        if self.logs.contains_key(&programme_no) {
            return Err(Failure::Inconsistent("an epoch begins with a leaf of its own".into()));
        }
        let (origin, frontier) = self.head(connection, programme_no)?;
        let restored = Checkpoint { origin, size: frontier.size(), root: frontier.root() };
        diesel::update(log_head::table.find(programme_no))
            .set(log_head::origin.eq(epoch::name(&restored.origin, epoch)))
            .execute(connection)?;
        self.record(connection, programme_no, &epoch::opening(&restored, epoch, now), now)
    }

    /// The index that the next event of this programme will get.
    ///
    /// # Errors
    /// The database's.
    pub fn next_index(&mut self, connection: &mut Connection, programme_no: i64) -> Result<i64, Failure> {
        Ok(self.log(connection, programme_no)?.size)
    }

    /// The balance of an account on its normal side, with everything this batch has booked so far.
    ///
    /// # Errors
    /// The database's.
    pub fn balance(
        &mut self,
        connection: &mut Connection,
        programme_no: i64,
        budget_line_no: i64,
        account: Account,
    ) -> Result<Kopecks, Failure> {
        if self.of_balances.insert(programme_no) {
            self.read_balances(connection, programme_no)?;
        }
        let balance = self.balances.get(&(programme_no, budget_line_no, account));
        Ok(balance.map_or(Kopecks::ZERO, |balance| balance.amount))
    }

    /// All of a programme in one statement: they are few.
    fn read_balances(&mut self, connection: &mut Connection, programme_no: i64) -> Result<(), Failure> {
        let rows = account_balance::table
            .filter(account_balance::programme_no.eq(programme_no))
            .select((
                account_balance::budget_line_no,
                account_balance::account,
                account_balance::balance_kopecks,
            ))
            .load::<(i64, i16, Kopecks)>(connection)?;
        for (budget_line_no, account, amount) in rows {
            let account = Account::from_number(account)
                .ok_or_else(|| Failure::Inconsistent(format!("there is no account {account}")))?;
            self.balances.insert((programme_no, budget_line_no, account), Balance { amount, changed: false });
        }
        Ok(())
    }

    /// Books an event as the next leaf of its programme's log and gives the leaf's place.
    ///
    /// # Errors
    /// The database's; [`Failure::Inconsistent`] when a balance would go negative.
    pub fn record(
        &mut self,
        connection: &mut Connection,
        programme_no: i64,
        event: &Event,
        recorded_at: Timestamp,
    ) -> Result<Entry, Failure> {
        let month = Month::at(event.effective_at);
        for line in event.postings.lines() {
            self.apply(connection, programme_no, month, line)?;
        }
        let leaf = leaf::encode(event, recorded_at);
        let leaf_hash = proof::leaf_hash(&leaf);
        let log = self.log(connection, programme_no)?;
        log.appender.append(leaf_hash);
        let log_index = log.size;
        log.size += 1;
        for (posting_no, line) in (0..).zip(event.postings.lines()) {
            self.postings.push(posting_row(programme_no, log_index, posting_no, line));
        }
        self.journal.push(JournalRow {
            programme_no,
            log_index,
            kind: event.kind.number(),
            effective_at: event.effective_at,
            recorded_at,
            recorded_by: event.recorded_by,
            leaf,
            leaf_hash: leaf_hash.0.to_vec(),
        });
        Ok(Entry { programme_no, log_index })
    }

    fn apply(
        &mut self,
        connection: &mut Connection,
        programme_no: i64,
        month: Month,
        line: &Posting,
    ) -> Result<(), Failure> {
        let old = self.balance(connection, programme_no, line.budget_line_no, line.account)?;
        let amount = old
            .checked_add(line.account.effect(line.amount))
            .filter(|amount| *amount >= Kopecks::ZERO)
            .ok_or_else(|| {
                Failure::Inconsistent(format!(
                    "{} of line {} would go below zero or overflow",
                    line.account.as_str(),
                    line.budget_line_no
                ))
            })?;
        let key = (programme_no, line.budget_line_no, line.account);
        self.balances.insert(key, Balance { amount, changed: true });
        let place = (programme_no, line.budget_line_no, line.account, month);
        let (debit, credit) = self.turnovers.entry(place).or_default();
        let side = if line.amount.is_positive() { debit } else { credit };
        *side = Kopecks::new(line.amount.get().abs())
            .checked_add(*side)
            .ok_or_else(|| Failure::Inconsistent("a month's turnover does not fit 64 bits".into()))?;
        Ok(())
    }

    fn log(&mut self, connection: &mut Connection, programme_no: i64) -> Result<&mut GrowingLog, Failure> {
        if !self.logs.contains_key(&programme_no) {
            let (origin, frontier) = self.head(connection, programme_no)?;
            let size = i64::try_from(frontier.size())
                .map_err(|_| Failure::Inconsistent("a log of over 2^63 leaves".into()))?;
            let log = GrowingLog { origin, appender: Appender::new(frontier), size };
            self.logs.insert(programme_no, log);
        }
        let log = self.logs.get_mut(&programme_no);
        Ok(log.expect("it was there, or has been put there"))
    }

    /// The name of a log, and its tree.
    fn head(
        &mut self,
        connection: &mut Connection,
        programme_no: i64,
    ) -> Result<(String, Frontier), Failure> {
        let (origin, frontier) = match self.heads.remove(&programme_no) {
            Some(head) => head,
            None => log_head::table
                .find(programme_no)
                .select((log_head::origin, log_head::frontier))
                .get_result(connection)?,
        };
        Ok((origin, Frontier::from_bytes(&frontier)?))
    }

    /// Writes what has been booked so far, so that queries of the same transaction see it.
    ///
    /// # Errors
    /// The database's.
    pub fn flush(&mut self, connection: &mut Connection) -> Result<(), Failure> {
        insert_journal(connection, &std::mem::take(&mut self.journal))?;
        insert_postings(connection, &std::mem::take(&mut self.postings))?;
        let mut changed = Vec::new();
        for (&(programme_no, budget_line_no, account), balance) in &mut self.balances {
            if std::mem::take(&mut balance.changed) {
                let account = account.number();
                changed.push(BalanceRow {
                    programme_no,
                    budget_line_no,
                    account,
                    balance_kopecks: balance.amount,
                });
            }
        }
        keep_balances(connection, &changed)?;
        let turnovers = std::mem::take(&mut self.turnovers).into_iter();
        let turnovers =
            turnovers.map(|((programme_no, budget_line_no, account, month), (debit, credit))| TurnoverRow {
                programme_no,
                budget_line_no,
                account: account.number(),
                month: month.to_string(),
                debit_kopecks: debit,
                credit_kopecks: credit,
            });
        add_turnovers(connection, &turnovers.collect::<Vec<_>>())?;
        Ok(())
    }

    /// Ends the batch: tree heads, and one signed checkpoint per log that grew. Without a key none may have.
    ///
    /// # Errors
    /// The database's; [`Failure::Inconsistent`] when a log grew and there is no key.
    pub fn seal(
        mut self,
        connection: &mut Connection,
        key: Option<&CheckpointKey>,
    ) -> Result<Sealed, Failure> {
        self.flush(connection)?;
        let mut logs = HashMap::with_capacity(self.logs.len());
        let (mut hashes, mut heads, mut checkpoints) = (Vec::new(), Vec::new(), Vec::new());
        for (programme_no, log) in self.logs {
            let key = key.ok_or_else(|| Failure::Inconsistent("a log grew without its key".into()))?;
            let grown = log.appender.finish();
            let tree = Checkpoint { origin: log.origin, size: grown.frontier.size(), root: grown.root() };
            let note = tree.sign(&key.public_key, |bytes| (key.sign)(bytes))?.0;
            hashes.extend(grown.tile_hashes.iter().map(|(level, index, hash)| TileHashRow {
                programme_no,
                level: i16::from(*level),
                hash_index: index.cast_signed(),
                hash: hash.0.to_vec(),
            }));
            heads.push(HeadRow { programme_no, frontier: grown.frontier.to_bytes() });
            checkpoints.push(CheckpointRow { programme_no, tree_size: log.size, note: note.clone() });
            logs.insert(programme_no, SealedLog { grown, note });
        }
        insert_tile_hashes(connection, &hashes)?;
        keep_frontiers(connection, &heads)?;
        insert_checkpoints(connection, &checkpoints)?;
        Ok(Sealed(logs))
    }
}

rows! {
    fn insert_journal(JournalRow {
        programme_no: i64 as BigInt,
        log_index: i64 as BigInt,
        kind: i16 as SmallInt,
        effective_at: Timestamp as BigInt,
        recorded_at: Timestamp as BigInt,
        recorded_by: i64 as BigInt,
        leaf: Vec<u8> as Binary,
        leaf_hash: Vec<u8> as Binary,
    }) = "INSERT INTO journal_transaction {values}"
}

rows! {
    fn insert_postings(PostingRow {
        programme_no: i64 as BigInt,
        log_index: i64 as BigInt,
        posting_no: i32 as Integer,
        budget_line_no: i64 as BigInt,
        account: i16 as SmallInt,
        amount_kopecks: Kopecks as BigInt,
        agency_no: Option<i64> as Nullable<BigInt>,
        voucher_no: Option<i64> as Nullable<BigInt>,
        redemption_no: Option<i64> as Nullable<BigInt>,
        course_run_no: Option<i64> as Nullable<BigInt>,
        session_no: Option<i64> as Nullable<BigInt>,
        payee_no: Option<i64> as Nullable<BigInt>,
        payment_no: Option<i64> as Nullable<BigInt>,
        contract_no: Option<i64> as Nullable<BigInt>,
        act_no: Option<i64> as Nullable<BigInt>,
    }) = "INSERT INTO posting {values}"
}

rows! {
    /// Replaces balances, or makes them.
    fn keep_balances(BalanceRow {
        programme_no: i64 as BigInt,
        budget_line_no: i64 as BigInt,
        account: i16 as SmallInt,
        balance_kopecks: Kopecks as BigInt,
    }) = "INSERT INTO account_balance {values} ON CONFLICT (programme_no, budget_line_no, account) \
          DO UPDATE SET balance_kopecks = excluded.balance_kopecks"
}

rows! {
    /// Adds to the month's turnovers, or makes them.
    fn add_turnovers(TurnoverRow {
        programme_no: i64 as BigInt,
        budget_line_no: i64 as BigInt,
        account: i16 as SmallInt,
        month: String as Text,
        debit_kopecks: Kopecks as BigInt,
        credit_kopecks: Kopecks as BigInt,
    }) = "INSERT INTO account_turnover {values} ON CONFLICT (programme_no, budget_line_no, account, month) \
          DO UPDATE SET debit_kopecks = account_turnover.debit_kopecks + excluded.debit_kopecks, \
          credit_kopecks = account_turnover.credit_kopecks + excluded.credit_kopecks"
}

rows! {
    fn insert_tile_hashes(TileHashRow {
        programme_no: i64 as BigInt,
        level: i16 as SmallInt,
        hash_index: i64 as BigInt,
        hash: Vec<u8> as Binary,
    }) = "INSERT INTO log_hash {values}"
}

rows! {
    fn keep_frontiers(HeadRow { programme_no: i64 as BigInt, frontier: Vec<u8> as Binary })
        = "UPDATE log_head SET frontier = rows.frontier FROM {rows} WHERE log_head.programme_no = rows.programme_no"
}

rows! {
    /// A batch that only looked at a log signs its tree again: the same size, the same note.
    fn insert_checkpoints(CheckpointRow {
        programme_no: i64 as BigInt,
        tree_size: i64 as BigInt,
        note: String as Text,
    }) = "INSERT INTO checkpoint {values} ON CONFLICT DO NOTHING"
}

fn posting_row(programme_no: i64, log_index: i64, posting_no: i32, line: &Posting) -> PostingRow {
    let Dimensions {
        agency_no,
        voucher_no,
        redemption_no,
        course_run_no,
        session_no,
        payee_no,
        payment_no,
        contract_no,
        act_no,
    } = line.dimensions;
    PostingRow {
        programme_no,
        log_index,
        posting_no,
        budget_line_no: line.budget_line_no,
        account: line.account.number(),
        amount_kopecks: line.amount,
        agency_no,
        voucher_no,
        redemption_no,
        course_run_no,
        session_no,
        payee_no,
        payment_no,
        contract_no,
        act_no,
    }
}
