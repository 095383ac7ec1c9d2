//! The posting rules: one function per event that moves money, as in the table of `docs/ledger.md`.
//!
//! Pure. A rule says which accounts move; whether it may happen at all is the command's decision,
//! and that no balance goes negative is checked when it is booked.

use super::model::{Account, Dimensions, Postings, Side};
use crate::kernel::Kopecks;

fn side(account: Account, dimensions: Dimensions) -> Side {
    Side { account, dimensions }
}

fn move_all(line: i64, debit: Account, credit: Account, shares: &[(Dimensions, Kopecks)]) -> Postings {
    let mut postings = Postings::none();
    for &(dimensions, amount) in shares {
        postings.transfer(amount, line, side(debit, dimensions), side(credit, dimensions));
    }
    postings
}

/// A part of an amount: its line, what it is about, and how much.
pub type Part = (i64, Dimensions, Kopecks);

fn move_parts(debit: Account, credit: Account, parts: &[Part]) -> Postings {
    let mut postings = Postings::none();
    for &(line, dimensions, amount) in parts {
        postings.transfer(amount, line, side(debit, dimensions), side(credit, dimensions));
    }
    postings
}

fn move_one(line: i64, debit: Account, credit: Account, amount: Kopecks, about: Dimensions) -> Postings {
    move_all(line, debit, credit, &[(about, amount)])
}

/// An appropriation, or an amendment upwards: new authority becomes available.
pub fn appropriation(line: i64, amount: Kopecks) -> Postings {
    move_one(line, Account::Available, Account::Limit, amount, Dimensions::default())
}

/// An amendment downwards: only what is available can be taken back.
pub fn appropriation_reduced(line: i64, amount: Kopecks) -> Postings {
    move_one(line, Account::Limit, Account::Available, amount, Dimensions::default())
}

/// Authority moves from one line of a programme to another: as much is taken from the one's limit as comes to the other's.
pub fn move_between_lines(from: i64, to: i64, amount: Kopecks) -> Postings {
    let mut postings = appropriation_reduced(from, amount);
    postings.extend(appropriation(to, amount));
    postings
}

/// The year ends: what was not used is given back.
pub fn close_year(rests: &[(i64, Kopecks)]) -> Postings {
    let mut postings = Postings::none();
    for &(line, available) in rests {
        postings.extend(appropriation_reduced(line, available));
    }
    postings
}

/// A voucher is issued, or extended after its reserve was released.
pub fn reserve(line: i64, face_value: Kopecks, voucher: Dimensions) -> Postings {
    move_one(line, Account::Reserved, Account::Available, face_value, voucher)
}

/// A voucher expired or was voided: its reserve is released.
pub fn release_reserve(line: i64, face_value: Kopecks, voucher: Dimensions) -> Postings {
    move_one(line, Account::Available, Account::Reserved, face_value, voucher)
}

/// A voucher was replaced: the reserve moves to its successor, it does not double.
pub fn replace(line: i64, face_value: Kopecks, new: Dimensions, old: Dimensions) -> Postings {
    let mut postings = Postings::none();
    postings.transfer(face_value, line, side(Account::Reserved, new), side(Account::Reserved, old));
    postings
}

/// A voucher is redeemed: the seat is owed.
pub fn redeem(line: i64, face_value: Kopecks, redemption: Dimensions) -> Postings {
    move_one(line, Account::Obligated, Account::Reserved, face_value, redemption)
}

/// A redemption is reversed and its voucher lives again: what is still obligated is reserved again.
pub fn reverse_to_reserved(line: i64, obligated: Kopecks, redemption: Dimensions) -> Postings {
    move_one(line, Account::Reserved, Account::Obligated, obligated, redemption)
}

/// A redemption is reversed and its voucher voided, or a course run is closed: what is still
/// obligated becomes available.
pub fn release_obligation(line: i64, shares: &[(Dimensions, Kopecks)]) -> Postings {
    move_all(line, Account::Available, Account::Obligated, shares)
}

/// A course run is topped up, spread over its redemptions; or a contract of the campaign is signed.
pub fn obligate(line: i64, shares: &[(Dimensions, Kopecks)]) -> Postings {
    move_all(line, Account::Obligated, Account::Available, shares)
}

/// What is obligated stays so for another: an enrolment moves to another course run, or a reversed redemption leaves its rest
/// to the others of its run. Each part with whose it is then, and whose it was.
pub fn move_obligation(line: i64, parts: &[(Dimensions, Dimensions, Kopecks)]) -> Postings {
    let mut postings = Postings::none();
    for &(to, from, amount) in parts {
        postings.transfer(amount, line, side(Account::Obligated, to), side(Account::Obligated, from));
    }
    postings
}

/// A session is accepted: each payee's pay, spread over the redemptions that fund it; or an act of a contract is.
pub fn accrue(line: i64, shares: &[(Dimensions, Kopecks)]) -> Postings {
    move_all(line, Account::Accrued, Account::Obligated, shares)
}

/// An accepted session is cancelled: the exact reverse of its accrual.
pub fn reverse_accrual(parts: &[Part]) -> Postings {
    move_parts(Account::Obligated, Account::Accrued, parts)
}

/// A payee is paid, spread over the redemptions or acts whose accrual it settles.
pub fn pay(parts: &[Part]) -> Postings {
    move_parts(Account::Paid, Account::Accrued, parts)
}

/// The bank returned a payment: it is owed again.
pub fn return_payment(parts: &[Part]) -> Postings {
    move_parts(Account::Accrued, Account::Paid, parts)
}
