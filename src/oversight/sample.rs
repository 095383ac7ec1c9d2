//! Monetary-unit sampling: debits of an account, picked with probability proportional to their amounts, so that anybody who
//! knows the seed and the size of the log picks the same.
//!
//! Systematic selection. The debits of the first `as_of` leaves stand in the order of the log, and every kopeck of them
//! has a number from 0 to `total` − 1. With `random` from 0 to `total` − 1 the kopecks picked are ⌊(`random` + k · `total`) /
//! `size`⌋ for k from 0 to `size` − 1: the interval is `total` / `size` exactly, without a remainder left out. `random` is the
//! first 16 bytes of a SHA-256, a big-endian number, modulo `total`; the hash is of the text
//! `<programme id> LF <account> LF <as_of> LF <seed>` in UTF-8.

use super::postings::{PostingFilter, PostingPlace, PostingView, postings};
use crate::db::Connection;
use crate::kernel::*;
use crate::ledger::as_of::AsOf;
use crate::ledger::model::Account;
use crate::writer::{Failure, Stop};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Integer, SmallInt};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// Kopecks picked at most.
pub const MAX_SIZE: i64 = 500;

/// Debits read at a time.
const READ: usize = 10_000;

/// What to pick from, and how.
#[derive(Clone)]
pub struct Wanted {
    pub account: Account,
    /// 1 to [`MAX_SIZE`].
    pub size: i64,
    /// Of the auditor's choice, before the log had that size.
    pub seed: text::Text<1, 200>,
    pub as_of: Option<i64>,
}

/// A sample, with all that is needed to pick it again.
#[derive(Serialize, ToSchema)]
pub struct Sample {
    pub programme_id: ProgrammeId,
    #[schema(example = "paid")]
    pub account: &'static str,
    /// Of how many leaves of the log.
    pub as_of: i64,
    /// How many kopecks were picked. A debit of more than the interval is picked more than once.
    pub size: i64,
    pub seed: String,
    /// Debits there are to pick from.
    pub debits: i64,
    /// Their sum: `total`.
    pub total: Kopecks,
    /// `total` / `size`, rounded down.
    pub interval: Kopecks,
    /// From the seed, below `total`.
    pub random: i64,
    /// The first kopeck picked: `random` / `size`, rounded down.
    pub start: i64,
    /// Debits picked, in the order of the log.
    pub hits: Vec<Hit>,
}

/// A debit that was picked.
#[derive(Serialize, ToSchema)]
pub struct Hit {
    /// The numbers of its kopecks that were picked.
    pub kopecks: Vec<i64>,
    /// The number of its first kopeck.
    pub first_kopeck: i64,
    pub posting: PostingView,
}

/// Picks kopecks from debits that are given one by one. Pure.
#[derive(Clone, Debug)]
pub struct Selection {
    total: i64,
    size: i64,
    random: i64,
    /// The next kopeck's place among those picked.
    next: i64,
    /// The number of the next debit's first kopeck.
    passed: i64,
}

impl Selection {
    /// `total` and `size` are positive, `random` is from 0 to `total` − 1.
    pub fn new(total: i64, size: i64, random: i64) -> Self {
        Self { total, size, random, next: 0, passed: 0 }
    }

    /// The number of the k-th kopeck that is picked; below `total`, since `random` is.
    fn picked(&self, k: i64) -> i64 {
        let sum = i128::from(self.random) + i128::from(k) * i128::from(self.total);
        i64::try_from(sum / i128::from(self.size)).unwrap_or(i64::MAX)
    }

    /// Those of the next debit's kopecks that are picked.
    pub fn pass(&mut self, amount: i64) -> Vec<i64> {
        self.passed = self.passed.saturating_add(amount);
        let mut of_this = Vec::new();
        while self.next < self.size && self.picked(self.next) < self.passed {
            of_this.push(self.picked(self.next));
            self.next += 1;
        }
        of_this
    }

    /// The kopecks of all debits given so far.
    pub fn passed(&self) -> i64 {
        self.passed
    }
}

/// What the seed makes of a total, which is positive.
pub fn random(programme_id: ProgrammeId, account: Account, as_of: i64, seed: &str, total: i64) -> i64 {
    let text = format!("{programme_id}\n{}\n{as_of}\n{seed}", account.as_str());
    let mut first = [0; 16];
    first.copy_from_slice(&Sha256::digest(text)[..16]);
    let remainder = u128::from_be_bytes(first) % u128::from(total.unsigned_abs().max(1));
    // Below a total of 63 bits.
    i64::try_from(remainder).unwrap_or(0)
}

#[derive(QueryableByName)]
struct Population {
    #[diesel(sql_type = BigInt)]
    debits: i64,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

#[derive(QueryableByName)]
struct Debit {
    #[diesel(sql_type = BigInt)]
    log_index: i64,
    #[diesel(sql_type = Integer)]
    posting_no: i32,
    #[diesel(sql_type = BigInt)]
    amount_kopecks: i64,
}

/// Picks a sample.
///
/// # Errors
/// `invalid_field` for a size out of bounds, or one of the log that there is not; the database's.
pub fn read(
    connection: &mut Connection,
    programme: (i64, ProgrammeId),
    wanted: &Wanted,
) -> Result<Sample, Stop> {
    let (programme_no, programme_id) = programme;
    if !(1..=MAX_SIZE).contains(&wanted.size) {
        return Err(Refusal::field("size", format!("1 to {MAX_SIZE}")).into());
    }
    let as_of = AsOf::find(connection, programme_no, wanted.as_of)?.size;
    let Population { debits, total } = sql_query(
        "SELECT COUNT(*) AS debits, CAST(COALESCE(SUM(amount_kopecks), 0) AS BIGINT) AS total FROM posting
         WHERE programme_no = $1 AND log_index < $2 AND account = $3 AND amount_kopecks > 0",
    )
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(as_of)
    .bind::<SmallInt, _>(wanted.account.number())
    .get_result(connection)?;
    let seed = wanted.seed.as_str();
    let random = random(programme_id, wanted.account, as_of, seed, total);
    let mut selection = Selection::new(total, wanted.size, random);
    let mut hits = Vec::new();
    let mut after = PostingPlace::START;
    loop {
        let read = debits_after(connection, programme_no, wanted.account, after, as_of)?;
        for debit in &read {
            after = PostingPlace { log_index: debit.log_index, posting_no: debit.posting_no };
            let first_kopeck = selection.passed();
            let kopecks = selection.pass(debit.amount_kopecks);
            if !kopecks.is_empty() {
                let posting = posting_at(connection, programme_no, after)?;
                hits.push(Hit { kopecks, first_kopeck, posting });
            }
        }
        if read.len() < READ {
            break;
        }
    }
    if selection.passed() != total {
        let words = "the debits of a sample do not add up to their total";
        return Err(Failure::Inconsistent(words.into()).into());
    }
    Ok(Sample {
        programme_id,
        account: wanted.account.as_str(),
        as_of,
        size: wanted.size,
        seed: seed.to_owned(),
        debits,
        total: Kopecks::new(total),
        interval: Kopecks::new(total / wanted.size),
        random,
        start: random / wanted.size,
        hits,
    })
}

fn debits_after(
    connection: &mut Connection,
    programme_no: i64,
    account: Account,
    after: PostingPlace,
    as_of: i64,
) -> QueryResult<Vec<Debit>> {
    sql_query(format!(
        "SELECT log_index, posting_no, amount_kopecks FROM posting
         WHERE programme_no = $1 AND (log_index, posting_no) > ($2, $3) AND log_index < $4 AND account = $5
           AND amount_kopecks > 0 ORDER BY log_index, posting_no LIMIT {READ}"
    ))
    .bind::<BigInt, _>(programme_no)
    .bind::<BigInt, _>(after.log_index)
    .bind::<Integer, _>(after.posting_no)
    .bind::<BigInt, _>(as_of)
    .bind::<SmallInt, _>(account.number())
    .load(connection)
}

fn posting_at(
    connection: &mut Connection,
    programme_no: i64,
    place: PostingPlace,
) -> Result<PostingView, Failure> {
    let before = PostingPlace { posting_no: place.posting_no - 1, ..place };
    let filter = PostingFilter::default();
    let found = postings(connection, programme_no, &filter, before, place.log_index + 1, 1)?;
    let found = found.into_iter().next();
    found.ok_or_else(|| Failure::Inconsistent("a posting that was picked is not there".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn picked(amounts: &[i64], size: i64, random: i64) -> Vec<Vec<i64>> {
        let mut selection = Selection::new(amounts.iter().sum(), size, random);
        amounts.iter().map(|amount| selection.pass(*amount)).collect()
    }

    proptest! {
        #[test]
        fn as_many_kopecks_are_picked_as_were_asked_for_each_in_its_debit(
            amounts in prop::collection::vec(1..2_000_000_000_i64, 1..200), size in 1..500_i64, seed in any::<u64>(),
        ) {
            let total: i64 = amounts.iter().sum();
            let random = (seed % total.unsigned_abs()).cast_signed();
            let picked = picked(&amounts, size, random);
            prop_assert_eq!(picked.iter().map(Vec::len).sum::<usize>(), size as usize);
            let mut first = 0;
            for (amount, kopecks) in amounts.iter().zip(&picked) {
                prop_assert!(kopecks.iter().all(|kopeck| (first..first + amount).contains(kopeck)));
                // Proportional: the debit's share of the sample, rounded down or up.
                let (product, total) = (i128::from(*amount) * i128::from(size), i128::from(total));
                let hits = kopecks.len() as i128;
                prop_assert!(hits == product / total || hits == (product + total - 1) / total);
                first += amount;
            }
        }

        #[test]
        fn over_all_starts_every_debit_is_picked_as_often_as_it_has_kopecks(
            amounts in prop::collection::vec(1..40_i64, 1..12), size in 1..12_i64,
        ) {
            let mut hits = vec![0; amounts.len()];
            for random in 0..amounts.iter().sum() {
                for (hits, kopecks) in hits.iter_mut().zip(picked(&amounts, size, random)) {
                    *hits += kopecks.len() as i64;
                }
            }
            let expected: Vec<i64> = amounts.iter().map(|amount| amount * size).collect();
            prop_assert_eq!(hits, expected);
        }
    }

    /// `printf '018f0000-0000-7000-8000-000000000000\npaid\n1000\naudit 2020' | sha256sum`
    #[test]
    fn the_seed_gives_what_it_gives_elsewhere() {
        let programme_id = "018f0000-0000-7000-8000-000000000000".parse().unwrap();
        assert_eq!(random(programme_id, Account::Paid, 1_000, "audit 2020", 1_400_615), 673_345);
    }
}
