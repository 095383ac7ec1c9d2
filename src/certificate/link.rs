//! The link of a certificate: an address that nobody can guess and that needs no login.
//!
//! Pure. `base64url(voucher id ‖ tag)`, where the tag is the first 16 bytes of HMAC-SHA-256 over the id, under a key that
//! only this installation has ([`HolderSecret::link_tag`]). Nothing is stored: a link is told from a forged one without
//! asking the database, so guessing costs us a hash and tells nothing.

use crate::kernel::{HolderSecret, VoucherId};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Bytes of an id and of a tag.
const HALF: usize = 16;

/// The link of a voucher: 43 characters.
pub fn of(secret: &HolderSecret, voucher_id: VoucherId) -> String {
    URL_SAFE_NO_PAD.encode([*voucher_id.bytes(), secret.link_tag(voucher_id)].concat())
}

/// The voucher of a link; none for whatever we have not made.
pub fn voucher(secret: &HolderSecret, link: &str) -> Option<VoucherId> {
    let bytes = URL_SAFE_NO_PAD.decode(link).ok()?;
    let (id, tag) = bytes.split_first_chunk::<HALF>()?;
    let voucher_id = VoucherId(Uuid::from_bytes(*id));
    bool::from(secret.link_tag(voucher_id).ct_eq(tag)).then_some(voucher_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret(byte: u8) -> HolderSecret {
        HolderSecret::new([byte; 32])
    }

    proptest! {
        #[test]
        fn a_link_leads_back_and_no_other_spelling_does(id in any::<u128>(), at in 0..43_usize, other in "[A-Za-z0-9_-]") {
            let voucher_id = VoucherId(Uuid::from_u128(id));
            let link = of(&secret(1), voucher_id);
            prop_assert_eq!(link.len(), 43);
            prop_assert_eq!(voucher(&secret(1), &link), Some(voucher_id));
            prop_assert_eq!(voucher(&secret(2), &link), None, "another installation's");
            let mut changed = link.clone();
            changed.replace_range(at..=at, &other);
            prop_assert_eq!(voucher(&secret(1), &changed).is_some(), changed == link);
        }

        #[test]
        fn anything_else_is_none(link in ".{0,60}") {
            prop_assert_eq!(voucher(&secret(1), &link), None);
        }
    }

    #[test]
    fn neither_shorter_nor_longer_ones_are_taken() {
        let link = of(&secret(1), VoucherId(Uuid::from_u128(7)));
        for other in [&link[..42], &format!("{link}A"), &format!("{link}="), &format!("{link}AAAA"), ""] {
            assert_eq!(voucher(&secret(1), other), None, "{other}");
        }
    }
}
