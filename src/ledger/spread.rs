//! Who bears what: an accepted session's pay over the redemptions of its run, a payment over what its payee is
//! owed. The commands that book these use it, and so does whoever checks them from the leaves alone (`replay`).
//!
//! Pure.

use super::allocation::{AllocationError, allocate};
use super::model::Dimensions;
use super::shares::{Share, UnpaidShare};
use crate::kernel::{Kopecks, RedemptionId};

/// Spreads what a session owes: the first payee's amount by what each redemption has obligated, the next one's by what
/// that leaves. Ties go to the lower redemption id. Shares of nothing are left out.
///
/// # Errors
/// [`AllocationError::ExceedsWeights`] when the redemptions have less than is owed.
pub fn accrual(
    session_no: i64,
    owed: &[(i64, Kopecks)],
    obligated: &[Share],
) -> Result<Vec<(Dimensions, Kopecks)>, AllocationError> {
    // Keyed by redemption id, which breaks ties; the place among the shares rides along.
    let mut left: Vec<((RedemptionId, usize), Kopecks)> =
        (0..).zip(obligated).map(|(place, share)| ((share.redemption_id, place), share.amount)).collect();
    left.sort_unstable_by_key(|(key, _)| *key);
    let mut shares = Vec::with_capacity(owed.len() * left.len());
    for &(payee_no, amount) in owed {
        let parts = allocate(amount, &left)?;
        for ((_, weight), ((_, place), part)) in left.iter_mut().zip(parts) {
            *weight = Kopecks::new(weight.get() - part.get());
            let dimensions = Dimensions {
                session_no: Some(session_no),
                payee_no: Some(payee_no),
                ..obligated[place].dimensions()
            };
            shares.extend(part.is_positive().then_some((dimensions, part)));
        }
    }
    Ok(shares)
}

/// Spreads a payment by what each redemption and session still owes its payee. Ties go to the lower redemption id, then
/// to the earlier session. Shares of nothing are left out.
///
/// # Errors
/// [`AllocationError::ExceedsWeights`] when the payee is owed less.
pub fn payment(
    payment_no: i64,
    payee_no: i64,
    amount: Kopecks,
    unpaid: &[UnpaidShare],
) -> Result<Vec<(Dimensions, Kopecks)>, AllocationError> {
    let weights: Vec<((RedemptionId, i64, usize), Kopecks)> = (0..)
        .zip(unpaid)
        .map(|(place, unpaid)| ((unpaid.share.redemption_id, unpaid.session_no, place), unpaid.share.amount))
        .collect();
    let parts = allocate(amount, &weights)?.into_iter().filter(|(_, part)| part.is_positive());
    let shares = parts.map(|((_, session_no, place), part)| {
        let dimensions = Dimensions {
            session_no: Some(session_no),
            payee_no: Some(payee_no),
            payment_no: Some(payment_no),
            ..unpaid[place].share.dimensions()
        };
        (dimensions, part)
    });
    Ok(shares.collect())
}
