//! The books derived again from the leaves alone: does every event move exactly the money that its kind must move?
//!
//! [`Replay`] is fed the leaves of one log in their order. It keeps what each budget line, voucher and redemption has, and
//! makes for each leaf the postings that its kind's rule asks for (`kinds` is the table of them); then it compares. The
//! first leaf that is otherwise is the answer, in words. Knows no database: a package can be checked with it anywhere.
//!
//! Memory: about 400 bytes for each voucher (its own state 150, its redemption's 150, the rest for maps), 40 for each
//! part of a redemption in what is owed to a payee for a session and not paid yet, and 40 for each part that was paid
//! (a payment may come back). Pure.

mod campaign;
mod kinds;
mod lines;
mod payments;
mod quotas;
mod runs;
mod state;
mod teaching;
mod vouchers;
mod words;

use super::facts;
use super::leaf::Leaf;
use super::model::{Kind, Posting};
use crate::kernel::Kopecks;
use state::{Id, State};
pub use state::{LineTotals, Totals};
pub use words::Wrong;
use words::wrong;

/// Derives the books of one log, leaf after leaf.
#[derive(Default)]
pub struct Replay {
    next: u64,
    state: State,
}

/// A leaf as a rule sees it.
struct Entry<'a> {
    log_index: i64,
    kind: Kind,
    leaf: &'a Leaf,
    /// What the leaf's digest of facts is of, when that is known.
    facts: Option<&'a [String]>,
}

impl Replay {
    /// Takes the next leaf. `facts` are those its digest is of, if they are known; without them, what only they tell
    /// is not checked.
    ///
    /// # Errors
    /// What is wrong with it. Nothing can be said of any leaf after it.
    pub fn feed(&mut self, leaf: &Leaf, facts: Option<&[String]>) -> Result<(), Wrong> {
        let log_index = self.next.cast_signed();
        self.next += 1;
        let number = leaf.kind;
        let Some(kind) = Kind::from_number(number) else {
            return Err(wrong!(
                log_index,
                "вид события {number} неизвестен: эта программа проверки старше журнала",
                "the kind of event {number} is unknown: this verifier is older than the log"
            ));
        };
        let entry = Entry { log_index, kind, leaf, facts };
        entry.check_facts()?;
        if self.state.closed_until.is_some_and(|closed| leaf.effective_at < closed) {
            return Err(wrong!(
                log_index,
                "запись датирована днём закрытого периода",
                "the entry is dated in a period that was closed before it"
            ));
        }
        let expected = kinds::rule(kind)(&mut self.state, &entry)?;
        entry.compare(expected.lines())?;
        for posting in &leaf.postings {
            self.state.apply(&entry, posting)?;
        }
        self.state.check_lines(&entry)
    }

    /// The numbers of payees that events have told, by their ids.
    pub fn payees(&self) -> impl Iterator<Item = (&[u8; 16], i64)> {
        self.state.payees.iter().map(|(id, number)| (id, *number))
    }

    /// What the books come to.
    ///
    /// # Errors
    /// When what vouchers and redemptions have is not what the budget lines have.
    pub fn totals(&self) -> Result<Totals, Wrong> {
        self.state.totals(self.next.cast_signed() - 1)
    }
}

impl Entry<'_> {
    fn subject(&self, name: &str) -> Option<&[u8]> {
        let found = self.leaf.subjects.iter().find(|(said, _)| said == name);
        found.map(|(_, value)| value.as_slice())
    }

    /// The id of what the leaf is about.
    fn id(&self, name: &'static str) -> Result<Id, Wrong> {
        let log_index = self.log_index;
        self.subject(name).and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
            wrong!(log_index, "не указано, о чём запись ({name})", "does not say what it is about ({name})")
        })
    }

    /// The first line, by which a leaf says amounts and numbers that no earlier leaf told.
    fn first(&self) -> Result<&Posting, Wrong> {
        let (log_index, kind) = (self.log_index, self.kind.name());
        self.leaf.postings.first().ok_or_else(|| {
            wrong!(
                log_index,
                "событие {kind} должно двигать деньги, а проводок в нём нет",
                "{kind} must move money, and has no postings"
            )
        })
    }

    fn check_facts(&self) -> Result<(), Wrong> {
        let log_index = self.log_index;
        let Some(told) = self.facts else { return Ok(()) };
        if facts::are_those_of(told, self.leaf) {
            return Ok(());
        }
        Err(wrong!(
            log_index,
            "сведения {told:?} не те, что подписаны в журнале",
            "the facts {told:?} are not those that were signed"
        ))
    }

    /// A fact as a whole number.
    fn figure<T: std::str::FromStr>(&self, facts: &[String], place: usize) -> Result<T, Wrong> {
        let log_index = self.log_index;
        facts.get(place).and_then(|fact| fact.parse().ok()).ok_or_else(|| {
            wrong!(
                log_index,
                "в сведениях {facts:?} нет числа на месте {place}",
                "the facts {facts:?} have no number at place {place}"
            )
        })
    }

    fn compare(&self, expected: &[Posting]) -> Result<(), Wrong> {
        let (log_index, kind, found) = (self.log_index, self.kind.name(), &self.leaf.postings);
        for (number, (expected, found)) in (1..).zip(expected.iter().zip(found)) {
            if expected != found {
                let ([must_ru, must_en], [is_ru, is_en]) = (words::posting(expected), words::posting(found));
                return Err(wrong!(
                    log_index,
                    "событие {kind}, строка {number}: должно быть «{must_ru}», а записано «{is_ru}»",
                    "{kind}, line {number}: must be \"{must_en}\", and is \"{is_en}\""
                ));
            }
        }
        let (must, is) = (expected.len(), found.len());
        if must == is {
            return Ok(());
        }
        let sum = |lines: &[Posting]| {
            Kopecks::sum(lines.iter().map(|line| line.amount).filter(|amount| amount.is_positive()))
        };
        let (must_move, moves) = (sum(expected).unwrap_or_default(), sum(found).unwrap_or_default());
        Err(wrong!(
            log_index,
            "событие {kind} должно сделать {must} проводок на {must_move}, а в нём {is} на {moves}",
            "{kind} must make {must} postings that move {must_move}, and has {is} that move {moves}"
        ))
    }
}
