//! The floor of the store: the very rows a redemption, an issue and a posting write, with prepared statements of
//! SQLite's own C interface, in transactions of a given size. No reading of facts, no decision, no log
//! arithmetic.

use crate::world::{Anyhow, COURSE_RUNS, FACE_VALUE, FIRST_RUN, LINE, OPENING, REQUEST, World};
use libsqlite3_sys as ffi;
use std::ffi::CString;
use std::time::{Duration, Instant};
use training_vouchers::db;
use uuid::Uuid;

/// What writing took.
pub struct Took {
    pub wall: Duration,
    pub cpu: Duration,
}

/// Writes the redemption of every voucher, `batch` to a transaction.
pub fn redeem_all(world: &World, voucher_nos: &[i64], batch: usize) -> Anyhow<Took> {
    let database = Database::open(world.file()?)?;
    let mut statements = Statements::new(&database)?;
    let mut log_index =
        database.number("SELECT max(log_index) + 1 FROM journal_transaction WHERE programme_no = 1")?;
    let cpu = thread_cpu();
    let begun = Instant::now();
    for nos in voucher_nos.chunks(batch) {
        statements.transaction(nos, log_index)?;
        log_index += nos.len() as i64;
    }
    Ok(Took { wall: begun.elapsed(), cpu: thread_cpu() - cpu })
}

/// Writes the issue of so many vouchers, `batch` to a transaction, on a world where none is issued.
pub fn issue_all(world: &World, vouchers: i64, batch: i64) -> Anyhow<Took> {
    let database = Database::open(world.file()?)?;
    let mut issue = Issue::new(&database)?;
    let cpu = thread_cpu();
    let begun = Instant::now();
    for first in (1..=vouchers).step_by(batch as usize) {
        issue.transaction(first..(first + batch).min(vouchers + 1))?;
    }
    Ok(Took { wall: begun.elapsed(), cpu: thread_cpu() - cpu })
}

/// Which rows of a journal transaction are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    All,
    /// Without the leaf's hash, tile hashes, tree head and checkpoint. The leaf itself is what the journal says of the event.
    WithoutLog,
}

/// Writes so many journal transactions of two postings each, `batch` to a transaction, with their balances and turnovers.
pub fn post_all(world: &World, count: usize, batch: usize, leaf_size: usize, rows: Rows) -> Anyhow<Took> {
    let database = Database::open(world.file()?)?;
    let mut issue = Issue::new(&database)?;
    let mut turnover = database.prepare(
        "INSERT INTO account_turnover VALUES (1, ?1, ?2, '2020-09', ?3, ?4)
         ON CONFLICT (programme_no, budget_line_no, account, month) DO UPDATE SET
           debit_kopecks = debit_kopecks + excluded.debit_kopecks,
           credit_kopecks = credit_kopecks + excluded.credit_kopecks",
    )?;
    let first =
        database.number("SELECT max(log_index) + 1 FROM journal_transaction WHERE programme_no = 1")?;
    let numbers: Vec<i64> = (first..first + count as i64).collect();
    let leaf = vec![7; leaf_size];
    let hash = if rows == Rows::All { vec![8; 32] } else { Vec::new() };
    let now = 1_600_000_000_000;
    let cpu = thread_cpu();
    let begun = Instant::now();
    for numbers in numbers.chunks(batch) {
        issue.shared.begin.run(&[])?;
        for &no in numbers {
            issue.journal.run(&[Int(no), Int(now), Blob(&leaf), Blob(&hash)])?;
            for (posting_no, account, amount) in [(0, 2, 1), (1, 1, -1)] {
                issue.posting.run(&[Int(no), Int(posting_no), Int(LINE), Int(account), Int(amount)])?;
            }
            if rows == Rows::All && no % 256 == 255 {
                issue.shared.log_hash.run(&[Int(no / 256), Blob(&hash)])?;
            }
        }
        let moved = numbers.len() as i64;
        turnover.run(&[Int(LINE), Int(2), Int(moved), Int(0)])?;
        turnover.run(&[Int(LINE), Int(1), Int(0), Int(moved)])?;
        match rows {
            Rows::All => {
                issue.shared.close(&[(2, moved), (1, -moved)], numbers[numbers.len() - 1] + 1)?;
            }
            Rows::WithoutLog => {
                issue.shared.keep_balances(&[(2, moved), (1, -moved)])?;
                issue.shared.commit.run(&[])?;
            }
        }
    }
    Ok(Took { wall: begun.elapsed(), cpu: thread_cpu() - cpu })
}

/// CPU time of this thread.
fn thread_cpu() -> Duration {
    let nanoseconds = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = nanoseconds.split(' ').next().and_then(|text| text.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// The statements of one redemption, and those of its batch.
struct Statements<'d> {
    begin: Statement<'d>,
    commit: Statement<'d>,
    voucher: Statement<'d>,
    redemption: Statement<'d>,
    journal: Statement<'d>,
    posting: Statement<'d>,
    balance: Statement<'d>,
    course_run: Statement<'d>,
    log_hash: Statement<'d>,
    head: Statement<'d>,
    checkpoint: Statement<'d>,
}

impl<'d> Statements<'d> {
    fn new(database: &'d Database) -> Anyhow<Self> {
        Ok(Self {
            begin: database.prepare("BEGIN IMMEDIATE")?,
            commit: database.prepare("COMMIT")?,
            voucher: database.prepare(
                "UPDATE voucher SET status = 3, redemption_no = ?1
                 WHERE programme_no = 1 AND voucher_no = ?2 AND status = 1",
            )?,
            redemption: database
                .prepare("INSERT INTO redemption VALUES (1, ?1, ?2, ?3, ?4, 1, ?5, 1, FALSE, NULL)")?,
            journal: database.prepare("INSERT INTO journal_transaction VALUES (1, ?1, 62, ?2, ?2, 1, ?3, ?4)")?,
            posting: database.prepare(
                "INSERT INTO posting VALUES (1, ?1, ?2, ?3, ?4, ?5, 7, ?6, ?1, ?7, NULL, NULL, NULL, NULL, NULL)",
            )?,
            balance: database.prepare(
                "UPDATE account_balance SET balance_kopecks = balance_kopecks + ?1
                 WHERE programme_no = 1 AND budget_line_no = ?2 AND account = ?3",
            )?,
            course_run: database.prepare(
                "UPDATE course_run SET enrolled = enrolled + ?1 WHERE programme_no = 1 AND course_run_no = ?2",
            )?,
            log_hash: database.prepare("INSERT INTO log_hash VALUES (1, 1, ?1, ?2)")?,
            head: database.prepare("UPDATE log_head SET frontier = ?1 WHERE programme_no = 1")?,
            checkpoint: database.prepare("INSERT INTO checkpoint VALUES (1, ?1, ?2)")?,
        })
    }

    fn transaction(&mut self, voucher_nos: &[i64], first: i64) -> Anyhow<()> {
        // As large as the real ones: a leaf with three ids and two postings, a path's worth of peaks.
        let (leaf, hash) = ([7; 176], [8; 32]);
        let now = 1_600_000_000_000;
        let count = voucher_nos.len() as i64;
        self.begin.run(&[])?;
        for (log_index, &voucher_no) in (first..).zip(voucher_nos) {
            let run = FIRST_RUN + log_index % COURSE_RUNS as i64;
            self.voucher.run(&[Int(log_index), Int(voucher_no)])?;
            let id = Uuid::new_v4();
            self.redemption.run(&[
                Int(log_index),
                Blob(id.as_bytes()),
                Int(voucher_no),
                Int(run),
                Int(now),
            ])?;
            self.journal.run(&[Int(log_index), Int(now), Blob(&leaf), Blob(&hash)])?;
            for (posting_no, account, amount) in [(0, 3, FACE_VALUE), (1, 2, -FACE_VALUE)] {
                let of = [
                    Int(log_index),
                    Int(posting_no),
                    Int(LINE),
                    Int(account),
                    Int(amount),
                    Int(voucher_no),
                    Int(run),
                ];
                self.posting.run(&of)?;
            }
            if log_index % 256 == 255 {
                self.log_hash.run(&[Int(log_index / 256), Blob(&hash)])?;
            }
        }
        for run in FIRST_RUN..OPENING {
            self.course_run.run(&[Int(count / COURSE_RUNS as i64), Int(run)])?;
        }
        self.close(&[(3, count * FACE_VALUE), (2, -count * FACE_VALUE)], first + count)
    }

    fn keep_balances(&mut self, moved: &[(i64, i64)]) -> Anyhow<()> {
        for &(account, amount) in moved {
            self.balance.run(&[Int(amount), Int(LINE), Int(account)])?;
        }
        Ok(())
    }

    /// What ends every batch: balances, tree head, checkpoint.
    fn close(&mut self, moved: &[(i64, i64)], tree_size: i64) -> Anyhow<()> {
        self.keep_balances(moved)?;
        self.head.run(&[Blob(&[9; 300])])?;
        self.checkpoint.run(&[Int(tree_size), Text(&"c".repeat(220))])?;
        self.commit.run(&[])
    }
}

/// The statements of an issue.
struct Issue<'d> {
    shared: Statements<'d>,
    voucher: Statement<'d>,
    credential: Statement<'d>,
    journal: Statement<'d>,
    posting: Statement<'d>,
    item: Statement<'d>,
}

impl<'d> Issue<'d> {
    fn new(database: &'d Database) -> Anyhow<Self> {
        Ok(Self {
            shared: Statements::new(database)?,
            voucher: database.prepare(
                "INSERT INTO voucher VALUES
                 (1, ?1, ?2, 1, 7, ?1, ?3, 650000, ?4, ?4, ?4, ?6, ?5, 1, NULL, NULL, NULL)",
            )?,
            credential: database.prepare("INSERT INTO voucher_credential VALUES (1, ?1, 1, ?2)")?,
            journal: database
                .prepare("INSERT INTO journal_transaction VALUES (1, ?1, 43, ?2, ?2, 1, ?3, ?4)")?,
            posting: database.prepare(
                "INSERT INTO posting VALUES (1, ?1, ?2, ?3, ?4, ?5, 7, ?1, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
            )?,
            item: database.prepare(
                "UPDATE request_item SET status = 'issued', voucher_no = ?1
                 WHERE programme_no = 1 AND request_no = ?2 AND item_no = ?3",
            )?,
        })
    }

    /// Numbers of vouchers and people go together here.
    fn transaction(&mut self, numbers: std::ops::Range<i64>) -> Anyhow<()> {
        let (leaf, hash, credential, now) = ([7; 176], [8; 32], [9; 250], 1_600_000_000_000);
        let (count, next) = (numbers.end - numbers.start, numbers.end + OPENING - 1);
        self.shared.begin.run(&[])?;
        for no in numbers {
            let (request, item, id) = (1 + (no - 1) / REQUEST, 1 + (no - 1) % REQUEST, Uuid::now_v7());
            let (leaf_no, kid) = (no + OPENING - 1, Blob(&hash[..8]));
            self.voucher.run(&[Int(no), Blob(id.as_bytes()), Int(request), Int(now), kid, Int(leaf_no)])?;
            self.credential.run(&[Int(no), Blob(&credential)])?;
            self.journal.run(&[Int(leaf_no), Int(now), Blob(&leaf), Blob(&hash)])?;
            for (posting_no, account, amount) in [(0, 2, FACE_VALUE), (1, 1, -FACE_VALUE)] {
                self.posting.run(&[Int(leaf_no), Int(posting_no), Int(LINE), Int(account), Int(amount)])?;
            }
            self.item.run(&[Int(no), Int(request), Int(item)])?;
            if leaf_no % 256 == 255 {
                self.shared.log_hash.run(&[Int(leaf_no / 256), Blob(&hash)])?;
            }
        }
        self.shared.close(&[(2, count * FACE_VALUE), (1, -count * FACE_VALUE)], next)
    }
}

/// A file opened by SQLite's C interface.
pub struct Database(*mut ffi::sqlite3);

impl Database {
    pub fn open(path: &std::path::Path) -> Anyhow<Self> {
        let name = CString::new(path.to_str().ok_or("a path that is not UTF-8")?)?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: the name ends with NUL; the pointer is closed by `drop`.
        let code = unsafe { ffi::sqlite3_open(name.as_ptr(), &mut raw) };
        let database = Self(raw);
        database.check(code)?;
        let settings = CString::new(db::WRITER_SETTINGS)?;
        // SAFETY: an open database and text that ends with NUL; no callback.
        let code = unsafe {
            ffi::sqlite3_exec(raw, settings.as_ptr(), None, std::ptr::null_mut(), std::ptr::null_mut())
        };
        database.check(code)?;
        Ok(database)
    }

    fn prepare(&self, sql: &str) -> Anyhow<Statement<'_>> {
        let mut raw = std::ptr::null_mut();
        let length = i32::try_from(sql.len())?;
        // SAFETY: an open database, text of the length given; the statement is finalised by `drop`.
        let code = unsafe {
            ffi::sqlite3_prepare_v2(self.0, sql.as_ptr().cast(), length, &mut raw, std::ptr::null_mut())
        };
        self.check(code)?;
        Ok(Statement { raw, database: self })
    }

    /// The one number a query gives.
    fn number(&self, sql: &str) -> Anyhow<i64> {
        let statement = self.prepare(sql)?;
        // SAFETY: a statement just prepared; the column is read while its row stands.
        unsafe {
            match ffi::sqlite3_step(statement.raw) {
                ffi::SQLITE_ROW => Ok(ffi::sqlite3_column_int64(statement.raw, 0)),
                code => self.check(code).and(Err("no row".into())),
            }
        }
    }

    /// Prepares a query and reads all of its rows; gives how long that took.
    pub fn ask(&self, sql: &str) -> Anyhow<Duration> {
        let begun = Instant::now();
        let statement = self.prepare(sql)?;
        loop {
            // SAFETY: a statement just prepared; columns are read while their row stands.
            unsafe {
                match ffi::sqlite3_step(statement.raw) {
                    ffi::SQLITE_ROW => {
                        for column in 0..ffi::sqlite3_column_count(statement.raw) {
                            std::hint::black_box(ffi::sqlite3_column_bytes(statement.raw, column));
                        }
                    }
                    ffi::SQLITE_DONE => return Ok(begun.elapsed()),
                    code => self.check(code)?,
                }
            }
        }
    }

    fn check(&self, code: i32) -> Anyhow<()> {
        if matches!(code, ffi::SQLITE_OK | ffi::SQLITE_DONE | ffi::SQLITE_ROW) {
            return Ok(());
        }
        // SAFETY: the message lives until the next call on this database.
        let message = unsafe { std::ffi::CStr::from_ptr(ffi::sqlite3_errmsg(self.0)) };
        Err(message.to_string_lossy().into())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // SAFETY: every statement borrows the database, so none is left.
        unsafe { ffi::sqlite3_close(self.0) };
    }
}

enum Value<'v> {
    Int(i64),
    Blob(&'v [u8]),
    Text(&'v str),
}
use Value::{Blob, Int, Text};

struct Statement<'d> {
    raw: *mut ffi::sqlite3_stmt,
    database: &'d Database,
}

impl Statement<'_> {
    fn run(&mut self, values: &[Value<'_>]) -> Anyhow<()> {
        for (place, value) in (1..).zip(values) {
            // SAFETY: bytes are bound as static and live until the statement is reset below.
            let code = unsafe {
                match value {
                    Int(value) => ffi::sqlite3_bind_int64(self.raw, place, *value),
                    Blob(bytes) => ffi::sqlite3_bind_blob(
                        self.raw,
                        place,
                        bytes.as_ptr().cast(),
                        bytes.len() as i32,
                        ffi::SQLITE_STATIC(),
                    ),
                    Text(text) => ffi::sqlite3_bind_text(
                        self.raw,
                        place,
                        text.as_ptr().cast(),
                        text.len() as i32,
                        ffi::SQLITE_STATIC(),
                    ),
                }
            };
            self.database.check(code)?;
        }
        // SAFETY: a prepared statement; reset lets go of the row and makes it ready again.
        let code = unsafe {
            let code = ffi::sqlite3_step(self.raw);
            ffi::sqlite3_reset(self.raw);
            code
        };
        self.database.check(code)
    }
}

impl Drop for Statement<'_> {
    fn drop(&mut self) {
        // SAFETY: prepared by `Database::prepare`, finalised once.
        unsafe { ffi::sqlite3_finalize(self.raw) };
    }
}
