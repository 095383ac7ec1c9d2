//! Spreading an amount over redemptions to the kopeck: an accrual by what each still has obligated,
//! a payment by what each still has accrued and unpaid.
//!
//! Pure, like every rule of the ledger.

use crate::kernel::Kopecks;
use std::cmp::Reverse;

/// Why an amount cannot be spread.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AllocationError {
    #[error("an amount or a weight is negative")]
    Negative,
    #[error("a key stands among the weights twice")]
    DuplicateKey,
    /// The weights together fall short of the total by this much.
    #[error("the weights fall short of the total by {shortfall}")]
    ExceedsWeights { shortfall: Kopecks },
}

/// Spreads `total` over `weights` in proportion to them, by largest remainder, ties going to the
/// lower key. The shares come in key order, whatever the order of the input, zero ones included.
///
/// The shares sum to `total` exactly, and none exceeds its weight: what is still obligated is both
/// the measure and the ceiling, so `total` must not exceed the weights together.
pub fn allocate<K: Ord + Copy>(
    total: Kopecks,
    weights: &[(K, Kopecks)],
) -> Result<Vec<(K, Kopecks)>, AllocationError> {
    if total < Kopecks::ZERO || weights.iter().any(|(_, weight)| *weight < Kopecks::ZERO) {
        return Err(AllocationError::Negative);
    }
    let mut weights = weights.to_vec();
    weights.sort_unstable_by_key(|(key, _)| *key);
    if weights.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(AllocationError::DuplicateKey);
    }
    // A sum of i64s needs i128, and is below 2^64 times their count; a product of two fits as well.
    let sum: i128 = weights.iter().map(|(_, weight)| i128::from(weight.get())).sum();
    let short = i128::from(total.get()) - sum;
    if short > 0 {
        // No more than `total`, so it fits i64.
        return Err(AllocationError::ExceedsWeights { shortfall: Kopecks::new(short as i64) });
    }

    let product = |weight: Kopecks| i128::from(total.get()) * i128::from(weight.get());
    let divisor = sum.max(1); // all weights zero: every product is zero too
    let mut shares: Vec<i64> =
        weights.iter().map(|(_, weight)| (product(*weight) / divisor) as i64).collect(); // at most the weight
    let left_over = total.get() - shares.iter().sum::<i64>();

    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|at| Reverse(product(weights[*at].1) % divisor)); // stable: ties stay in key order
    for at in by_remainder.into_iter().take(left_over as usize) {
        shares[at] += 1; // there are more remainders than kopecks left over, and a remainder means room
    }
    Ok(weights.iter().zip(shares).map(|((key, _), share)| (*key, Kopecks::new(share))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kopecks(weights: &[i64]) -> Vec<(usize, Kopecks)> {
        weights.iter().map(|weight| Kopecks::new(*weight)).enumerate().collect()
    }

    fn shares(total: i64, weights: &[i64]) -> Vec<i64> {
        let shares = allocate(Kopecks::new(total), &kopecks(weights)).unwrap();
        shares.into_iter().map(|(_, share)| share.get()).collect()
    }

    #[test]
    fn ties_go_to_the_lower_key() {
        assert_eq!(shares(100, &[100, 100, 100]), [34, 33, 33]);
        assert_eq!(shares(2, &[1, 1, 1]), [1, 1, 0]);
        assert_eq!(
            allocate(Kopecks::new(1), &[('b', Kopecks::new(5)), ('a', Kopecks::new(5))]).unwrap(),
            [('a', Kopecks::new(1)), ('b', Kopecks::ZERO)]
        );
    }

    #[test]
    fn the_largest_remainder_goes_first() {
        // 10 over 3:3:14 is 1.5, 1.5, 7 ; over 1:1:18 is 0.5, 0.5, 9.
        assert_eq!(shares(10, &[3, 3, 14]), [2, 1, 7]);
        // 7 over 2:5:6 is 1.08, 2.69, 3.23.
        assert_eq!(shares(7, &[2, 5, 6]), [1, 3, 3]);
    }

    #[test]
    fn a_run_of_the_demo_pays_an_hour() {
        // One hour of an instructor, 1 500 ₽, over 25 seats of 6 500 ₽.
        assert_eq!(shares(150_000, &[650_000; 25]), [6_000; 25]);
        let contributions = shares(45_301, &[650_000; 25]);
        assert_eq!(
            (contributions[0], contributions[1], contributions.iter().sum::<i64>()),
            (1_813, 1_812, 45_301)
        );
    }

    #[test]
    fn corners() {
        assert_eq!(shares(0, &[]), [0; 0]);
        assert_eq!(shares(0, &[0, 0]), [0, 0]);
        assert_eq!(shares(7, &[0, 7, 0]), [0, 7, 0]);
        assert_eq!(shares(i64::MAX, &[i64::MAX, i64::MAX]), [i64::MAX / 2 + 1, i64::MAX / 2]);
    }

    #[test]
    fn what_cannot_be_spread_is_refused() {
        let refused = |total, weights: &[i64]| allocate(Kopecks::new(total), &kopecks(weights)).unwrap_err();
        assert_eq!(refused(-1, &[5]), AllocationError::Negative);
        assert_eq!(refused(1, &[5, -1]), AllocationError::Negative);
        assert_eq!(refused(12, &[5, 5]), AllocationError::ExceedsWeights { shortfall: Kopecks::new(2) });
        assert_eq!(
            refused(i64::MAX, &[]),
            AllocationError::ExceedsWeights { shortfall: Kopecks::new(i64::MAX) }
        );
        let twice = [(1, Kopecks::new(5)), (1, Kopecks::new(5))];
        assert_eq!(allocate(Kopecks::new(1), &twice), Err(AllocationError::DuplicateKey));
    }

    /// Weights from tiny to the largest, zero among them, and a total that they can carry.
    fn cases() -> impl Strategy<Value = (i64, Vec<i64>)> {
        let weight = prop_oneof![Just(0), 0..10i64, 0..1_000_000i64, 0..=i64::MAX];
        proptest::collection::vec(weight, 0..40).prop_flat_map(|weights| {
            let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
            let most = i64::try_from(sum).unwrap_or(i64::MAX);
            (prop_oneof![Just(most), 0..=most], Just(weights))
        })
    }

    proptest! {
        #[test]
        fn shares_sum_to_the_total_within_their_weights((total, weights) in cases()) {
            let shares = shares(total, &weights);
            prop_assert_eq!(shares.iter().map(|share| i128::from(*share)).sum::<i128>(), i128::from(total));
            for (share, weight) in shares.iter().zip(&weights) {
                prop_assert!(0 <= *share && share <= weight);
            }
        }

        #[test]
        fn no_share_is_a_kopeck_off_its_proportion((total, weights) in cases()) {
            let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
            for (share, weight) in shares(total, &weights).iter().zip(&weights) {
                let off = i128::from(*share) * sum - i128::from(total) * i128::from(*weight);
                prop_assert!(off.abs() < sum.max(1));
            }
        }

        #[test]
        fn a_heavier_one_never_gets_less((total, weights) in cases()) {
            let shares = shares(total, &weights);
            let mut pairs: Vec<_> = weights.iter().zip(&shares).collect();
            pairs.sort();
            prop_assert!(pairs.windows(2).all(|two| two[0].0 == two[1].0 || two[0].1 <= two[1].1));
        }

        #[test]
        fn the_order_of_the_input_does_not_matter(
            ((total, weights), swaps) in (cases(), proptest::collection::vec(any::<(u8, u8)>(), 40))
        ) {
            let straight = kopecks(&weights);
            let mut shuffled = straight.clone();
            for (a, b) in swaps.iter().filter(|_| !weights.is_empty()) {
                shuffled.swap(usize::from(*a) % weights.len(), usize::from(*b) % weights.len());
            }
            prop_assert_eq!(allocate(Kopecks::new(total), &straight), allocate(Kopecks::new(total), &shuffled));
        }

        #[test]
        fn parts_spread_one_after_another_use_up_the_weights((total, weights) in cases()) {
            let first = shares(total, &weights);
            let rest: Vec<i64> = weights.iter().zip(&first).map(|(weight, share)| weight - share).collect();
            let left: i128 = rest.iter().map(|weight| i128::from(*weight)).sum();
            if let Ok(left) = i64::try_from(left) {
                prop_assert_eq!(shares(left, &rest), rest);
            }
        }
    }
}
