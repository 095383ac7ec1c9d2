//! What the list says of a voucher. Pure.

use crate::credential::status_list::Standing;
use crate::voucher::Status;

/// One that merely lapsed stays valid here: its dates are the verifier's to look at.
pub const fn standing(status: Status) -> Standing {
    match status {
        Status::Issued => Standing::Valid,
        Status::Suspended => Standing::Suspended,
        Status::Redeemed | Status::Completed => Standing::Redeemed,
        Status::Voided | Status::Replaced | Status::Expired => Standing::Invalid,
    }
}
