//! Accounts, journal transactions and postings. Budget authority moves, it is never created.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use crate::kernel::{Kopecks, Timestamp};

/// The six accounts of a budget line. `Limit` is credit-normal, all others debit-normal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Account {
    /// Лимит бюджетных обязательств: authority given by appropriations.
    Limit = 0,
    /// Доступно.
    Available = 1,
    /// Зарезервировано: vouchers issued whose reserve is held.
    Reserved = 2,
    /// Принятое бюджетное обязательство: redeemed, the seat is owed.
    Obligated = 3,
    /// Денежное обязательство: accepted hours, owed to a named payee.
    Accrued = 4,
    /// Кассовое исполнение.
    Paid = 5,
}

impl Account {
    pub const ALL: [Account; 6] = [
        Account::Limit,
        Account::Available,
        Account::Reserved,
        Account::Obligated,
        Account::Accrued,
        Account::Paid,
    ];

    pub const fn number(self) -> i16 {
        self as i16
    }

    pub fn from_number(number: i16) -> Option<Self> {
        usize::try_from(number).ok().and_then(|index| Self::ALL.get(index).copied())
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Account::Limit => "limit",
            Account::Available => "available",
            Account::Reserved => "reserved",
            Account::Obligated => "obligated",
            Account::Accrued => "accrued",
            Account::Paid => "paid",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|account| account.as_str() == text)
    }

    /// What a posting of `amount` (debit positive) adds to the balance on the account's normal side.
    pub fn effect(self, amount: Kopecks) -> Kopecks {
        match self {
            Account::Limit => Kopecks::new(-amount.get()),
            _ => amount,
        }
    }
}

/// What happened. The number is stored and signed: never reuse one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    Initialised = 1,
    AgencyRegistered = 2,
    UniversityRegistered = 3,
    TokenCreated = 4,
    TokenRevoked = 5,
    KeyAdded = 6,
    KeyCompromised = 8,
    EmployeesImported = 9,
    PayeeRegistered = 10,
    /// The log was brought back from a copy and goes on under another name: see `epoch`.
    LogRestored = 11,
    /// A secret was made that pairs one device.
    PairingOpened = 12,
    DevicePaired = 13,
    DeviceRevoked = 14,
    /// A one-time pass was made, to set up a login or to sign in a browser.
    PassMade = 15,
    /// Password and second factor were set, by whoever held the pass.
    LoginSetUp = 16,
    SignedIn = 17,
    SignInEnded = 18,
    /// Who a provider of identities says somebody is opens their login from now on, or no longer.
    IdentityLinked = 19,
    ProgrammeCreated = 20,
    ProgrammeOpened = 21,
    ProgrammeClosed = 22,
    BudgetLineCreated = 23,
    QuotasSet = 24,
    Proposed = 25,
    Withdrawn = 26,
    AppropriationMade = 27,
    AppropriationReduced = 28,
    /// Authority moved from one budget line to another of the programme.
    BudgetMoved = 29,
    /// What was left at the end of the year was given back.
    YearClosed = 30,
    PeriodClosed = 31,
    /// Seats are to move between agencies: each must agree.
    QuotaMoveProposed = 32,
    /// One of them has; with the last word the seats moved.
    QuotaMoveAgreed = 33,
    /// Declined or withdrawn.
    QuotaMoveEnded = 34,
    Requested = 40,
    RequestApproved = 41,
    RequestRejected = 42,
    VoucherIssued = 43,
    VoucherSuspended = 44,
    VoucherResumed = 45,
    VoucherVoided = 46,
    VoucherReplaced = 47,
    VoucherExtended = 48,
    VoucherExpired = 49,
    /// Finance control asked whose voucher it is.
    HolderUnmasked = 50,
    CourseRunCreated = 60,
    CourseRunClosed = 61,
    Redeemed = 62,
    RedemptionReversed = 63,
    CourseRunToppedUp = 64,
    /// Of a redemption, to another course run, with what is obligated for it.
    EnrolmentMoved = 65,
    /// An offline item could not be followed as it was.
    ConflictOpened = 66,
    ConflictDecided = 67,
    /// An offline item that nothing can be done about; in the service's log where it names no programme.
    OfflineItemRejected = 68,
    SessionRecorded = 70,
    SessionAccepted = 71,
    PaymentPrepared = 72,
    PaymentMade = 73,
    PaymentWithdrawn = 74,
    PaymentReturned = 75,
    SessionCancelled = 76,
    SettlementAccountSet = 77,
    StatementImported = 78,
    StatementItemResolved = 79,
    InstructorContractAdded = 80,
    AttendanceRecorded = 81,
    ResultsRecorded = 82,
    Completed = 83,
    /// Finance control asked for an instructor's name.
    PayeeUnmasked = 84,
    ContractSigned = 90,
    ActAccepted = 91,
    ContractEnded = 92,
}

impl Kind {
    pub const ALL: [Kind; 71] = {
        use Kind::*;
        [
            Initialised,
            AgencyRegistered,
            UniversityRegistered,
            TokenCreated,
            TokenRevoked,
            KeyAdded,
            KeyCompromised,
            EmployeesImported,
            PayeeRegistered,
            LogRestored,
            PairingOpened,
            DevicePaired,
            DeviceRevoked,
            PassMade,
            LoginSetUp,
            SignedIn,
            SignInEnded,
            IdentityLinked,
            ProgrammeCreated,
            ProgrammeOpened,
            ProgrammeClosed,
            BudgetLineCreated,
            QuotasSet,
            Proposed,
            Withdrawn,
            AppropriationMade,
            AppropriationReduced,
            BudgetMoved,
            YearClosed,
            PeriodClosed,
            QuotaMoveProposed,
            QuotaMoveAgreed,
            QuotaMoveEnded,
            Requested,
            RequestApproved,
            RequestRejected,
            VoucherIssued,
            VoucherSuspended,
            VoucherResumed,
            VoucherVoided,
            VoucherReplaced,
            VoucherExtended,
            VoucherExpired,
            HolderUnmasked,
            CourseRunCreated,
            CourseRunClosed,
            Redeemed,
            RedemptionReversed,
            CourseRunToppedUp,
            EnrolmentMoved,
            ConflictOpened,
            ConflictDecided,
            OfflineItemRejected,
            SessionRecorded,
            SessionAccepted,
            PaymentPrepared,
            PaymentMade,
            PaymentWithdrawn,
            PaymentReturned,
            SessionCancelled,
            SettlementAccountSet,
            StatementImported,
            StatementItemResolved,
            ContractSigned,
            ActAccepted,
            ContractEnded,
            InstructorContractAdded,
            AttendanceRecorded,
            ResultsRecorded,
            Completed,
            PayeeUnmasked,
        ]
    };

    pub const fn number(self) -> i16 {
        self as i16
    }

    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// From its name in JSON.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The name in JSON: `voucher_issued`.
    pub fn name(self) -> String {
        let mut name = String::new();
        for letter in format!("{self:?}").chars() {
            if letter.is_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.push(letter.to_ascii_lowercase());
        }
        name
    }
}

/// What a posting is about; whichever apply. Numbers are internal keys (see the first migration).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dimensions {
    pub agency_no: Option<i64>,
    pub voucher_no: Option<i64>,
    pub redemption_no: Option<i64>,
    pub course_run_no: Option<i64>,
    pub session_no: Option<i64>,
    pub payee_no: Option<i64>,
    pub payment_no: Option<i64>,
    pub contract_no: Option<i64>,
    pub act_no: Option<i64>,
}

/// One line of a journal transaction. Debit positive, credit negative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Posting {
    pub budget_line_no: i64,
    pub account: Account,
    pub amount: Kopecks,
    pub dimensions: Dimensions,
}

/// The lines of one journal transaction; balanced by construction, since only whole transfers are added.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Postings(Vec<Posting>);

impl Postings {
    pub fn none() -> Self {
        Self::default()
    }

    /// Debits one account and credits another of the same line with `amount`. A zero moves nothing
    /// and leaves no line.
    pub fn transfer(&mut self, amount: Kopecks, budget_line_no: i64, debit: Side, credit: Side) {
        if amount.is_zero() {
            return;
        }
        let line = |side: Side, amount| Posting {
            budget_line_no,
            account: side.account,
            amount,
            dimensions: side.dimensions,
        };
        self.0.push(line(debit, amount));
        self.0.push(line(credit, Kopecks::new(-amount.get())));
    }

    /// Adds the lines of another, which balance by themselves.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub fn lines(&self) -> &[Posting] {
        &self.0
    }
}

/// One side of a transfer: an account, and what it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Side {
    pub account: Account,
    pub dimensions: Dimensions,
}

/// An event on its way into the journal: what happened, to what, and what money it moved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    pub kind: Kind,
    pub effective_at: Timestamp,
    /// The token that did it (0: the service itself).
    pub recorded_by: i64,
    /// Named ids and hashes: `("voucher", 16 bytes)`. Never personal data.
    pub subjects: Vec<(&'static str, Vec<u8>)>,
    pub postings: Postings,
}

impl Event {
    /// An event that moves no money.
    pub fn new(kind: Kind, effective_at: Timestamp, recorded_by: i64) -> Self {
        Self { kind, effective_at, recorded_by, subjects: Vec::new(), postings: Postings::none() }
    }

    #[must_use]
    pub fn about(mut self, name: &'static str, bytes: &[u8]) -> Self {
        self.subjects.push((name, bytes.to_vec()));
        self
    }

    #[must_use]
    pub fn moving(mut self, postings: Postings) -> Self {
        self.postings = postings;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_distinct_numbers_and_plain_names() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_number(kind.number()), Some(kind));
            assert_eq!(Kind::parse(&kind.name()), Some(kind));
        }
        assert_eq!(Kind::VoucherIssued.name(), "voucher_issued");
    }
}
