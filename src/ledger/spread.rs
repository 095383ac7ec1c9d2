//! Who bears what: an accepted session's pay over the redemptions of its run, a payment over what its payee is
//! owed, a top-up over the redemptions it is for. The commands that book these use it, and so does whoever checks them from the leaves alone (`replay`).
//!
//! Pure.

use super::allocation::{AllocationError, allocate};
use super::model::Dimensions;
use super::rules::Part;
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

/// Spreads a payment by what its payee is still owed for each redemption and session, and for each act. Ties go to the
/// lower redemption id, then to the earlier session; or to the earlier act. Shares of nothing are left out.
///
/// # Errors
/// [`AllocationError::ExceedsWeights`] when the payee is owed less.
pub fn payment(
    payment_no: i64,
    amount: Kopecks,
    unpaid: &[UnpaidShare],
) -> Result<Vec<Part>, AllocationError> {
    let weights: Vec<_> = (0..)
        .zip(unpaid)
        .map(|(place, unpaid)| {
            let of = unpaid.dimensions.session_no.or(unpaid.dimensions.act_no);
            ((unpaid.redemption_id, of, place), unpaid.amount)
        })
        .collect();
    let parts = allocate(amount, &weights)?.into_iter().filter(|(_, part)| part.is_positive());
    let shares = parts.map(|((_, _, place), part)| {
        let unpaid: &UnpaidShare = &unpaid[place];
        let dimensions = Dimensions { payment_no: Some(payment_no), ..unpaid.dimensions };
        (unpaid.budget_line_no, dimensions, part)
    });
    Ok(shares.collect())
}

/// Spreads what a run is topped up by in equal parts over its redemptions, to the kopeck; ties go to the lower redemption
/// id. Shares of nothing are left out.
///
/// # Errors
/// [`AllocationError::ExceedsWeights`] when there are none.
pub fn equally(
    amount: Kopecks,
    redemptions: &[(RedemptionId, Dimensions)],
) -> Result<Vec<(Dimensions, Kopecks)>, AllocationError> {
    // Each may take all of it: what is the same for everybody does not weigh.
    let weights: Vec<_> = (0..).zip(redemptions).map(|(place, (id, _))| ((*id, place), amount)).collect();
    let parts = allocate(amount, &weights)?.into_iter().filter(|(_, part)| part.is_positive());
    let share = |((_, place), part): ((RedemptionId, usize), Kopecks)| {
        let (_, about): (_, Dimensions) = redemptions[place];
        (about, part)
    };
    Ok(parts.map(share).collect())
}
