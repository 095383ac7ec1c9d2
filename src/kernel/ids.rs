//! Identifiers as the outside world knows them: UUIDs (RFC 9562, version 7 when we make them),
//! one type per noun so that they cannot be swapped.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The 16 bytes as stored and as signed.
            pub fn bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

uuid_ids! {
    /// One training programme of one year.
    ProgrammeId,
    /// A budget line of a programme.
    BudgetLineId,
    /// An agency (body of state power or municipality).
    AgencyId,
    /// A university.
    UniversityId,
    /// An employee of an agency.
    EmployeeId,
    /// A request: an agency's list of employees for a programme.
    RequestId,
    /// A voucher; also the credential's `cti`.
    VoucherId,
    /// A course run.
    CourseRunId,
    /// A redemption; chosen by the client, so it is its idempotency key too.
    RedemptionId,
    /// Somebody who is paid: an instructor, the tax office, or a contractor of the campaign.
    PayeeId,
    /// A contract of an instructor.
    InstructorContractId,
    /// A taught session.
    SessionId,
    /// A payment.
    PaymentId,
    /// A register: one document that pays many.
    RegisterId,
    /// A settlement account of a programme.
    SettlementAccountId,
    /// A bank statement.
    StatementId,
    /// An item of a bank statement.
    StatementItemId,
    /// A contract of the information campaign.
    ContractId,
    /// An act: work of a contract that was accepted.
    ActId,
    /// An act that waits for its second person.
    ProposalId,
    /// An API token (never the secret itself).
    TokenId,
    /// A pairing: one use of a secret.
    PairingId,
    /// A device of the enrolment table.
    DeviceId,
    /// A conflict case.
    ConflictId,
    /// A move of seats between agencies.
    QuotaMoveId,
    /// A browser that is signed in.
    SignInId,
    /// A saved query: a page that somebody looks at again.
    SavedQueryId,
}
