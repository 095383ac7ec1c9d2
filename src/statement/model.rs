//! What a bank statement is, and what becomes of its items.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use super::number::AccountNumber;
use crate::kernel::{Code, Kopecks, Malformed, Refusal};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Items of a statement, at most.
pub const MOST_ITEMS: usize = 5_000;

/// Characters of a document's number, at most.
pub const LONGEST_NUMBER: usize = 64;

/// A statement as a file says it, added up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    pub account: AccountNumber,
    pub first_day: NaiveDate,
    /// Inclusive.
    pub last_day: NaiveDate,
    pub opening: Kopecks,
    pub closing: Kopecks,
    pub items: Vec<Item>,
}

/// A part of a statement: some days with their balances. Files have one or, day by day, several.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    pub account: AccountNumber,
    pub first_day: NaiveDate,
    pub last_day: NaiveDate,
    pub opening: Kopecks,
    pub closing: Kopecks,
    /// What the bank says came and went, where it says so.
    pub received: Option<Kopecks>,
    pub spent: Option<Kopecks>,
}

/// Money that came or went, as the bank says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// The line of the file it begins at.
    pub line: u32,
    pub direction: Direction,
    pub booked_on: NaiveDate,
    pub amount: Kopecks,
    /// Empty where there is none.
    pub document_number: String,
    /// Of a return: what may be the number of the order that came back. Never kept.
    pub returns: Option<Vec<String>>,
}

/// Whether money went or came, from the account's owner.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StatementItemDirection)]
pub enum Direction {
    Debit,
    Credit,
}

/// What became of an item when its statement was imported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StatementItemOutcome)]
pub enum Outcome {
    /// Its payment was confirmed before.
    MatchedPaid,
    /// It confirmed a prepared payment, or a register of them.
    MatchedConfirmed,
    /// Its payment came back, now or as a person had recorded.
    MatchedReturned,
    Unmatched,
}

/// Whether an item asks for a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StatementItemStatus)]
pub enum Status {
    Matched,
    Unmatched,
    /// A second person matched or explained it.
    Resolved,
}

impl Status {
    pub const ALL: [Self; 3] = [Self::Matched, Self::Unmatched, Self::Resolved];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Unmatched => "unmatched",
            Self::Resolved => "resolved",
        }
    }

    pub const fn of(outcome: Outcome, is_resolved: bool) -> Self {
        match (outcome, is_resolved) {
            (Outcome::Unmatched, false) => Self::Unmatched,
            (Outcome::Unmatched, true) => Self::Resolved,
            _ => Self::Matched,
        }
    }
}

impl Direction {
    pub const ALL: [Self; 2] = [Self::Debit, Self::Credit];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
        }
    }
}

impl FromStr for Direction {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = Self::ALL.into_iter().find(|direction| direction.as_str() == text);
        found.ok_or(Malformed::expected("debit or credit"))
    }
}

impl Outcome {
    pub const ALL: [Self; 4] =
        [Self::MatchedPaid, Self::MatchedConfirmed, Self::MatchedReturned, Self::Unmatched];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MatchedPaid => "matched_paid",
            Self::MatchedConfirmed => "matched_confirmed",
            Self::MatchedReturned => "matched_returned",
            Self::Unmatched => "unmatched",
        }
    }
}

impl FromStr for Outcome {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let found = Self::ALL.into_iter().find(|outcome| outcome.as_str() == text);
        found.ok_or(Malformed::expected("an outcome of an item"))
    }
}

/// Why an item is matched with nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Because {
    /// The document has no number.
    NoNumber,
    /// No payment of the programme has this number.
    NoPayment,
    /// The payment, or the register, is of another amount.
    AmountDiffers,
    /// The bank booked it before the order's day.
    BeforeOrder,
    /// More than one payment fits.
    Ambiguous,
    /// Another item says the same of the payment.
    AlreadyMatched,
    /// Some of the register's payments wait, others are paid.
    PartlyPaid,
    /// Money that came, and does not say that it is a return.
    NotAReturn,
    /// The payment cannot be confirmed or returned: the code of the refusal.
    Refused(Code),
}

impl Because {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoNumber => "no_number",
            Self::NoPayment => "no_payment",
            Self::AmountDiffers => "amount_differs",
            Self::BeforeOrder => "before_order",
            Self::Ambiguous => "ambiguous",
            Self::AlreadyMatched => "already_matched",
            Self::PartlyPaid => "partly_paid",
            Self::NotAReturn => "not_a_return",
            Self::Refused(code) => code.as_str(),
        }
    }
}

/// The file cannot be read as a statement; `line` is where, if it is somewhere.
pub(super) fn malformed(reason: &str, line: Option<u32>) -> Refusal {
    let refusal = Refusal::new(Code::MalformedStatement).with("reason", reason);
    match line {
        Some(line) => refusal.with("line", line),
        None => refusal,
    }
}

impl Statement {
    /// Puts a statement together from the sections and items of a file, and adds it up.
    ///
    /// # Errors
    /// `malformed_statement` for no section, several accounts, days that are missing between sections, and items outside of
    /// them; `statement_unbalanced` with the difference; `too_many_rows`.
    pub fn new(mut sections: Vec<Section>, items: Vec<Item>) -> Result<Self, Refusal> {
        if items.len() > MOST_ITEMS {
            return Err(Refusal::new(Code::TooManyRows).with("limit", MOST_ITEMS));
        }
        sections.sort_by_key(|section| section.first_day);
        let (Some(first), Some(last)) = (sections.first(), sections.last()) else {
            return Err(malformed("it says nothing of an account and its balances", None));
        };
        if sections.iter().any(|section| section.account != first.account) {
            return Err(malformed("it is of more than one account", None));
        }
        if sections.iter().any(|section| section.first_day > section.last_day) {
            return Err(malformed("it ends before it begins", None));
        }
        for (before, after) in sections.iter().zip(&sections[1..]) {
            if before.last_day.succ_opt() != Some(after.first_day) {
                return Err(malformed("its sections leave out days, or have some in common", None));
            }
            balanced(before.closing, after.opening)?;
        }
        let statement = Self {
            account: first.account.clone(),
            first_day: first.first_day,
            last_day: last.last_day,
            opening: first.opening,
            closing: last.closing,
            items,
        };
        statement.check_items()?;
        let (received, spent) = (statement.total(Direction::Credit)?, statement.total(Direction::Debit)?);
        if let Some(said) = said(&sections, |section| section.received)? {
            balanced(received, said)?;
        }
        if let Some(said) = said(&sections, |section| section.spent)? {
            balanced(spent, said)?;
        }
        let reached = statement.opening.checked_add(received).and_then(|sum| sum.checked_sub(spent));
        balanced(reached.ok_or_else(too_large)?, statement.closing)?;
        Ok(statement)
    }

    /// Of all items of a direction together.
    ///
    /// # Errors
    /// `malformed_statement` when it does not fit 64 bits.
    pub fn total(&self, direction: Direction) -> Result<Kopecks, Refusal> {
        let amounts = self.items.iter().filter(|item| item.direction == direction).map(|item| item.amount);
        Kopecks::sum(amounts).ok_or_else(too_large)
    }

    fn check_items(&self) -> Result<(), Refusal> {
        for item in &self.items {
            let line = Some(item.line);
            if !item.amount.is_positive() {
                return Err(malformed("an amount that is not more than zero", line));
            }
            if !(self.first_day..=self.last_day).contains(&item.booked_on) {
                return Err(
                    malformed("an item of a day outside of the statement", line).with("day", item.booked_on)
                );
            }
            let is_plain = |letter: char| !letter.is_control();
            if item.document_number.chars().count() > LONGEST_NUMBER
                || !item.document_number.chars().all(is_plain)
            {
                return Err(malformed(
                    "a document's number of more than 64 characters, or of other than letters",
                    line,
                ));
            }
        }
        Ok(())
    }
}

fn said(sections: &[Section], of: impl Fn(&Section) -> Option<Kopecks>) -> Result<Option<Kopecks>, Refusal> {
    let Some(said) = sections.iter().map(of).collect::<Option<Vec<_>>>() else { return Ok(None) };
    Kopecks::sum(said).map(Some).ok_or_else(too_large)
}

fn too_large() -> Refusal {
    malformed("its amounts do not fit 64 bits", None)
}

/// Whether what was added up is what the bank says.
fn balanced(added: Kopecks, said: Kopecks) -> Result<(), Refusal> {
    if added == said {
        return Ok(());
    }
    let difference = said.checked_sub(added).ok_or_else(too_large)?;
    Err(Refusal::new(Code::StatementUnbalanced)
        .with("difference_kopecks", difference.get())
        .with("added_kopecks", added.get())
        .with("stated_kopecks", said.get()))
}

/// What may be the number of an order in the words of a return: every word that has a digit, without what stands around
/// it.
pub(super) fn numbers_in(words: &str) -> Vec<String> {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '/' | '-' | '_' | '.');
    let mut numbers: Vec<String> = words
        .split(|letter| !is_part(letter))
        .map(|word| word.trim_matches(['.', '-', '/']))
        .filter(|word| word.chars().any(|letter| letter.is_ascii_digit()))
        .map(str::to_owned)
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Whether words of a payment's purpose say that it is a return.
pub(super) fn is_return(words: &str) -> bool {
    words.to_lowercase().contains("возврат")
}

/// Whether an item is the bank's word of an order of this amount and day.
///
/// # Errors
/// What differs.
pub(super) fn fits(item: &Item, amount: Kopecks, ordered_on: NaiveDate) -> Result<(), Because> {
    if item.amount != amount {
        return Err(Because::AmountDiffers);
    }
    if item.booked_on < ordered_on {
        return Err(Because::BeforeOrder);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2020, 9, day).unwrap()
    }

    fn section(first: u32, last: u32, opening: i64, closing: i64) -> Section {
        Section {
            account: AccountNumber::parse("40602810700000000025").unwrap(),
            first_day: day(first),
            last_day: day(last),
            opening: Kopecks::new(opening),
            closing: Kopecks::new(closing),
            received: None,
            spent: None,
        }
    }

    fn item(on: u32, direction: Direction, amount: i64) -> Item {
        Item {
            line: 7,
            direction,
            booked_on: day(on),
            amount: Kopecks::new(amount),
            document_number: "17".into(),
            returns: None,
        }
    }

    #[test]
    fn a_statement_adds_up_or_says_by_how_much_it_does_not() {
        let items = || vec![item(1, Direction::Debit, 300), item(3, Direction::Credit, 100)];
        let whole = Statement::new(vec![section(1, 3, 1_000, 800)], items()).unwrap();
        assert_eq!((whole.first_day, whole.last_day), (day(1), day(3)));
        let refusal = Statement::new(vec![section(1, 3, 1_000, 801)], items()).unwrap_err();
        assert_eq!(
            (refusal.code, &refusal.facts["difference_kopecks"]),
            (Code::StatementUnbalanced, &1.into())
        );
        let said = Section {
            spent: Some(Kopecks::new(301)),
            received: Some(Kopecks::new(100)),
            ..section(1, 3, 1_000, 800)
        };
        assert_eq!(Statement::new(vec![said], items()).unwrap_err().facts["difference_kopecks"], 1);
    }

    #[test]
    fn sections_follow_each_other_in_days_and_balances() {
        let items = || vec![item(1, Direction::Debit, 300)];
        let days = |second| Statement::new(vec![second, section(1, 1, 1_000, 700)], items());
        assert_eq!(days(section(2, 2, 700, 700)).unwrap().last_day, day(2));
        assert_eq!(days(section(3, 3, 700, 700)).unwrap_err().code, Code::MalformedStatement);
        assert_eq!(days(section(1, 2, 700, 700)).unwrap_err().code, Code::MalformedStatement);
        assert_eq!(days(section(2, 2, 600, 600)).unwrap_err().code, Code::StatementUnbalanced);
        let other = AccountNumber::parse("30101810800000000746").unwrap();
        let other = Section { account: other, ..section(2, 2, 700, 700) };
        assert_eq!(days(other).unwrap_err().code, Code::MalformedStatement);
        assert_eq!(Statement::new(Vec::new(), Vec::new()).unwrap_err().code, Code::MalformedStatement);
    }

    #[test]
    fn items_outside_of_the_days_and_of_nothing_are_refused_with_their_line() {
        for bad in
            [item(4, Direction::Debit, 300), item(1, Direction::Debit, 0), item(1, Direction::Debit, -1)]
        {
            let refusal = Statement::new(vec![section(1, 3, 1_000, 700)], vec![bad]).unwrap_err();
            assert_eq!((refusal.code, &refusal.facts["line"]), (Code::MalformedStatement, &7.into()));
        }
    }

    #[test]
    fn words_of_a_return_name_its_order() {
        assert!(is_return("ВОЗВРАТ платежа") && !is_return("Оплата"));
        assert_eq!(
            numbers_in("Возврат п/п №П-17 от 05.10.2020, (счёт закрыт) 88/2."),
            ["05.10.2020", "88/2", "П-17"]
        );
    }
}
