//! Reading the journal: transactions and postings, each page by page in the order of their primary keys, brought
//! together row by row.

use super::columns::{DIMENSIONS, Holds, Posting, Row, Transaction, Value};
use super::{About, Sums, Wanted};
use crate::db::schema::budget_line;
use crate::db::{Backend, Connection};
use crate::kernel::{Kopecks, Timestamp};
use crate::ledger::model::{Account, Kind};
use crate::writer::Failure;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::row::NamedRow;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, SmallInt, Text};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, LazyLock};
use uuid::Uuid;

/// Rows read at a time when nobody says otherwise. They are all that is in memory.
const PAGE: usize = 5_000;

/// Where pages are read from. A connection is needed for one page at a time only.
pub trait Source {
    /// # Errors
    /// The query's; when there is no connection.
    fn read<T>(&mut self, query: impl FnOnce(&mut Connection) -> Result<T, Failure>) -> Result<T, Failure>;
}

impl Source for &mut Connection {
    fn read<T>(&mut self, query: impl FnOnce(&mut Connection) -> Result<T, Failure>) -> Result<T, Failure> {
        query(self)
    }
}

/// A budget line, as accounts are named by it.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) kbk: Arc<str>,
    pub(super) item: Arc<str>,
}

/// The budget lines that the first `as_of` leaves made: a line's number is the index of its leaf.
pub(super) fn lines(
    connection: &mut Connection,
    programme_no: i64,
    as_of: i64,
) -> QueryResult<BTreeMap<i64, Line>> {
    let rows: Vec<(i64, String, String)> = budget_line::table
        .filter(budget_line::programme_no.eq(programme_no))
        .filter(budget_line::budget_line_no.lt(as_of))
        .order(budget_line::budget_line_no)
        .select((budget_line::budget_line_no, budget_line::kbk, budget_line::item))
        .load(connection)?;
    let line =
        |(number, kbk, item): (i64, String, String)| (number, Line { kbk: kbk.into(), item: item.into() });
    Ok(rows.into_iter().map(line).collect())
}

/// Names of kinds by their numbers, made once.
static KINDS: LazyLock<BTreeMap<i16, &'static str>> = LazyLock::new(|| {
    // Kept for the life of the process: a few dozen words.
    Kind::ALL.into_iter().map(|kind| (kind.number(), &*Box::leak(kind.name().into_boxed_str()))).collect()
});

#[derive(QueryableByName)]
struct TransactionRow {
    #[diesel(sql_type = BigInt)]
    log_index: i64,
    #[diesel(sql_type = SmallInt)]
    kind: i16,
    #[diesel(sql_type = BigInt)]
    effective_at: Timestamp,
    #[diesel(sql_type = BigInt)]
    recorded_at: Timestamp,
    #[diesel(sql_type = BigInt)]
    recorded_by: i64,
}

struct PostingRow {
    log_index: i64,
    posting_no: i32,
    budget_line_no: i64,
    account: i16,
    amount: Kopecks,
    dimensions: Vec<Value>,
}

/// By hand, since its columns are those of [`DIMENSIONS`].
impl QueryableByName<Backend> for PostingRow {
    fn build<'a>(row: &impl NamedRow<'a, Backend>) -> diesel::deserialize::Result<Self> {
        let dimension = |name: &str, holds: Holds| {
            Ok(match holds {
                Holds::Id => {
                    let bytes = NamedRow::get::<Nullable<Binary>, Option<Vec<u8>>>(row, name)?;
                    bytes.map(|bytes| Uuid::from_slice(&bytes)).transpose()?.map_or(Value::None, Value::Id)
                }
                _ => NamedRow::get::<Nullable<Text>, Option<String>>(row, name)?
                    .map_or(Value::None, Value::Text),
            })
        };
        Ok(Self {
            log_index: NamedRow::get::<BigInt, _>(row, "log_index")?,
            posting_no: NamedRow::get::<Integer, _>(row, "posting_no")?,
            budget_line_no: NamedRow::get::<BigInt, _>(row, "budget_line_no")?,
            account: NamedRow::get::<SmallInt, _>(row, "account")?,
            amount: NamedRow::get::<BigInt, _>(row, "amount_kopecks")?,
            dimensions: DIMENSIONS
                .iter()
                .map(|column| dimension(column.name, column.holds))
                .collect::<diesel::deserialize::Result<_>>()?,
        })
    }
}

/// A page is cut before anything is joined to it: the order comes from the primary key then, not from a sort.
fn a_page_of_postings(of_days: &str, page: usize) -> String {
    let selected: String = DIMENSIONS.iter().map(|d| format!(", {} AS {}", d.sql, d.name)).collect();
    let joined: Vec<&str> = DIMENSIONS.iter().map(|dimension| dimension.join).collect();
    format!(
        "SELECT p.log_index, p.posting_no, p.budget_line_no, p.account, p.amount_kopecks{selected}
         FROM (SELECT * FROM posting
               WHERE programme_no = $1 AND (log_index, posting_no) > ($2, $3) AND log_index < $4{of_days}
               ORDER BY log_index, posting_no LIMIT {page}) p {}
         ORDER BY p.log_index, p.posting_no",
        joined.join(" ")
    )
}

/// One more condition of a posting: that its transaction is effective on these days. It is looked up posting by
/// posting, which no planner can turn round into a search of all transactions for every page.
fn of_days(from: Option<NaiveDate>, to: Option<NaiveDate>) -> String {
    if from.is_none() && to.is_none() {
        return String::new();
    }
    let (first, last) = instants(from, to);
    format!(
        " AND (SELECT j.effective_at FROM journal_transaction j WHERE j.programme_no = posting.programme_no
                AND j.log_index = posting.log_index) BETWEEN {first} AND {last}"
    )
}

/// The first and the last millisecond of these days of Moscow.
fn instants(from: Option<NaiveDate>, to: Option<NaiveDate>) -> (i64, i64) {
    let first = from.map_or(i64::MIN + 1, |day| Timestamp::start_of_day(day).millis());
    let last = to.map_or(i64::MAX, |day| Timestamp::end_of_day(day).millis() - 1);
    (first, last)
}

#[derive(QueryableByName)]
struct SumRow {
    #[diesel(sql_type = BigInt)]
    budget_line_no: i64,
    #[diesel(sql_type = SmallInt)]
    account: i16,
    #[diesel(sql_type = BigInt)]
    sum: i64,
}

fn account(number: i16) -> Result<Account, Failure> {
    let account = Account::from_number(number);
    account.ok_or_else(|| Failure::Inconsistent(format!("there is no account {number}")))
}

/// Reads the rows of an export, a page at a time.
pub(super) struct Reader {
    /// Rows read at a time.
    pub(super) page: usize,
    programme_no: i64,
    as_of: i64,
    /// First and last millisecond of `effective_at`, and the same as a condition of a posting.
    days: (i64, i64),
    of_days: String,
    lines: BTreeMap<i64, Line>,
    transactions: VecDeque<Transaction>,
    /// The newest transaction read; none is left behind it when `no_more_transactions`.
    last_transaction: i64,
    no_more_transactions: bool,
    postings: VecDeque<PostingRow>,
    last_posting: (i64, i32),
    no_more_postings: bool,
    /// Whether the first of `transactions` has given a row.
    is_shown: bool,
    /// Of the rows given out.
    sums: Sums,
}

impl Reader {
    pub(super) fn new(programme_no: i64, about: &About) -> Self {
        let Wanted { from, to, .. } = about.wanted;
        Self {
            page: PAGE,
            programme_no,
            as_of: about.as_of,
            days: instants(from, to),
            of_days: of_days(from, to),
            lines: about.lines.clone(),
            transactions: VecDeque::new(),
            last_transaction: -1,
            no_more_transactions: false,
            postings: VecDeque::new(),
            last_posting: (-1, 0),
            no_more_postings: false,
            is_shown: false,
            sums: Sums::new(),
        }
    }

    pub(super) fn leaves_read(&self) -> i64 {
        match self.transactions.front() {
            Some(next) => next.log_index,
            None if self.no_more_transactions => self.as_of,
            None => self.last_transaction + 1,
        }
    }

    /// The next rows, never an empty page; none at the end.
    pub(super) fn page(&mut self, source: &mut impl Source) -> Result<Option<Vec<Row>>, Failure> {
        let mut rows = Vec::new();
        loop {
            let lacks_transactions = self.transactions.is_empty() && !self.no_more_transactions;
            let lacks_postings = self.postings.is_empty() && !self.no_more_postings;
            if lacks_transactions || lacks_postings {
                if !rows.is_empty() {
                    return Ok(Some(rows));
                }
                if lacks_transactions {
                    self.read_transactions(source)?;
                }
                if lacks_postings {
                    self.read_postings(source)?;
                }
                continue;
            }
            let Some(&transaction) = self.transactions.front() else { break };
            let next = self.postings.front().map(|posting| posting.log_index);
            if next == Some(transaction.log_index) {
                let posting = self.postings.pop_front();
                let posting = posting.map(|posting| self.posting(posting)).transpose()?;
                rows.push(Row { transaction, posting });
                self.is_shown = true;
                continue;
            }
            if !self.is_shown {
                rows.push(Row { transaction, posting: None });
            }
            self.is_shown = false;
            self.transactions.pop_front();
        }
        match self.postings.front() {
            Some(stray) => {
                let place = stray.log_index;
                Err(Failure::Inconsistent(format!("a posting belongs to leaf {place}, which is not there")))
            }
            None => Ok(Some(rows).filter(|rows| !rows.is_empty())),
        }
    }

    fn read_transactions(&mut self, source: &mut impl Source) -> Result<(), Failure> {
        let query = format!(
            "SELECT log_index, kind, effective_at, recorded_at, recorded_by FROM journal_transaction
             WHERE programme_no = $1 AND log_index > $2 AND log_index < $3 AND effective_at BETWEEN $4 AND $5
             ORDER BY log_index LIMIT {}",
            self.page
        );
        let query = sql_query(query)
            .bind::<BigInt, _>(self.programme_no)
            .bind::<BigInt, _>(self.last_transaction)
            .bind::<BigInt, _>(self.as_of)
            .bind::<BigInt, _>(self.days.0)
            .bind::<BigInt, _>(self.days.1);
        let read: Vec<TransactionRow> = source.read(|connection| Ok(query.load(connection)?))?;
        self.no_more_transactions = read.len() < self.page;
        for row in read {
            let kind = KINDS.get(&row.kind).copied();
            let kind = kind.ok_or_else(|| Failure::Inconsistent(format!("there is no kind {}", row.kind)))?;
            let TransactionRow { log_index, effective_at, recorded_at, recorded_by, .. } = row;
            self.last_transaction = log_index;
            self.transactions.push_back(Transaction {
                log_index,
                kind,
                effective_at,
                recorded_at,
                recorded_by,
            });
        }
        Ok(())
    }

    fn read_postings(&mut self, source: &mut impl Source) -> Result<(), Failure> {
        let query = sql_query(a_page_of_postings(&self.of_days, self.page))
            .bind::<BigInt, _>(self.programme_no)
            .bind::<BigInt, _>(self.last_posting.0)
            .bind::<Integer, _>(self.last_posting.1)
            .bind::<BigInt, _>(self.as_of);
        let read: Vec<PostingRow> = source.read(|connection| Ok(query.load(connection)?))?;
        self.no_more_postings = read.len() < self.page;
        if let Some(last) = read.last() {
            self.last_posting = (last.log_index, last.posting_no);
        }
        self.postings.extend(read);
        Ok(())
    }

    fn posting(&mut self, row: PostingRow) -> Result<Posting, Failure> {
        let account = account(row.account)?;
        let line = self.lines.get(&row.budget_line_no).ok_or_else(|| {
            Failure::Inconsistent(format!("a posting of leaf {} is of no budget line", row.log_index))
        })?;
        let sum = self.sums.entry((row.budget_line_no, account)).or_default();
        *sum = sum
            .checked_add(row.amount.get())
            .ok_or_else(|| Failure::Inconsistent("a sum of postings does not fit 64 bits".into()))?;
        Ok(Posting {
            posting_no: row.posting_no,
            kbk: Arc::clone(&line.kbk),
            item: Arc::clone(&line.item),
            account,
            amount: row.amount,
            dimensions: row.dimensions,
        })
    }

    /// The database's own sums of the postings, which those of the rows given out must be: a file from which
    /// a row is missing must not look whole.
    pub(super) fn checked_sums(&self, source: &mut impl Source) -> Result<Sums, Failure> {
        let query = format!(
            "SELECT budget_line_no, account, CAST(SUM(amount_kopecks) AS BIGINT) AS sum FROM posting
             WHERE programme_no = $1 AND log_index < $2{} GROUP BY budget_line_no, account",
            self.of_days
        );
        let query = sql_query(query).bind::<BigInt, _>(self.programme_no).bind::<BigInt, _>(self.as_of);
        let rows: Vec<SumRow> = source.read(|connection| Ok(query.load(connection)?))?;
        let mut sums = Sums::new();
        for row in rows {
            sums.insert((row.budget_line_no, account(row.account)?), row.sum);
        }
        if sums != self.sums {
            return Err(Failure::Inconsistent("the rows of an export do not add up to the postings".into()));
        }
        Ok(sums)
    }
}
