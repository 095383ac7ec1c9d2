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

/// A session is accepted: each payee's pay, spread over the redemptions that fund it.
pub fn accrue(line: i64, shares: &[(Dimensions, Kopecks)]) -> Postings {
    move_all(line, Account::Accrued, Account::Obligated, shares)
}

/// A payee is paid, spread over the redemptions whose accrual it settles.
pub fn pay(line: i64, shares: &[(Dimensions, Kopecks)]) -> Postings {
    move_all(line, Account::Paid, Account::Accrued, shares)
}
