//! Where a voucher's bit lies in the status lists: random to whoever lacks the secret, unique by
//! construction, so that an index tells neither the order of issue nor the agency.
//!
//! A Feistel network permutes the 2^18 places of each list (IETF Token Status List §13.2 asks for
//! unlinkable indexes). Pure.

use crate::kernel::{HolderSecret, ProgrammeId};
use sha2::{Digest, Sha256};

const HALF_BITS: u32 = 9;
const HALF_MASK: u64 = (1 << HALF_BITS) - 1;
const ROUNDS: u8 = 4;

/// The list of a voucher, and its index in that list.
pub fn place(secret: &HolderSecret, programme: ProgrammeId, voucher_no: i64) -> (u64, u64) {
    let serial = voucher_no.cast_unsigned();
    let list = serial >> (2 * HALF_BITS);
    let key = secret.status_key(programme, list);
    let (mut left, mut right) = (serial >> HALF_BITS & HALF_MASK, serial & HALF_MASK);
    for round in 0..ROUNDS {
        (left, right) = (right, left ^ mix(&key, round, right));
    }
    (list, left << HALF_BITS | right)
}

/// Where a list is served, as credentials name it.
pub fn uri(issuer: &str, programme_code: &str, list: u64) -> String {
    format!("https://{issuer}/s/{programme_code}/{list}")
}

fn mix(key: &[u8; 32], round: u8, half: u64) -> u64 {
    let digest = Sha256::new().chain_update(key).chain_update([round]).chain_update(half.to_be_bytes());
    let digest = digest.finalize();
    u64::from(u16::from_be_bytes([digest[0], digest[1]])) & HALF_MASK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_a_list_is_taken_exactly_once() {
        let (secret, programme) = (HolderSecret::new([3; 32]), ProgrammeId(uuid::Uuid::from_u128(1)));
        let mut taken = vec![false; 1 << 18];
        for voucher_no in 1 << 18..1 << 19 {
            let (list, index) = place(&secret, programme, voucher_no);
            assert_eq!(list, 1);
            assert!(!std::mem::replace(&mut taken[index as usize], true));
        }
        let (_, first) = place(&secret, programme, 1 << 18);
        let (_, second) = place(&secret, programme, (1 << 18) + 1);
        assert!(first.abs_diff(second) > 1, "neighbours are spread");
    }
}
