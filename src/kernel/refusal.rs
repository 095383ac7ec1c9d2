//! Why something was not done: a stable code and what is known about the case.
//!
//! A refusal knows no HTTP and no language. `http::problem` turns it into a status and
//! `http::words` into Russian and English; that is also why it can be stored and replayed.
//! To add one: a line here, a line in `http::words` (the compiler asks for it).

use serde::Serialize;
use serde_json::{Map, Value};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident => $text:literal),+ $(,)?) => {
        /// The stable codes of every refusal. Clients branch on these, never on words.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Code {
            $($(#[$doc])* $variant,)+
        }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text),+ }
            }

            pub fn parse(text: &str) -> Option<Code> {
                match text { $($text => Some(Code::$variant),)+ _ => None }
            }
        }
    };
}

codes! {
    // The credential itself.
    MalformedCredential => "malformed_credential",
    BadSignature => "bad_signature",
    UnknownKey => "unknown_key",
    KeyCompromised => "key_compromised",
    /// The key was not yet, or no longer, in use when it is said to have signed.
    KeyNotValidAtIssue => "key_not_valid_at_issue",
    WrongIssuer => "wrong_issuer",
    WrongUniversity => "wrong_university",
    WrongProgramme => "wrong_programme",
    NotYetValid => "not_yet_valid",
    Expired => "expired",
    // The voucher and its redemption.
    UnknownVoucher => "unknown_voucher",
    Suspended => "suspended",
    Voided => "voided",
    Replaced => "replaced",
    AlreadyRedeemed => "already_redeemed",
    CourseFull => "course_full",
    CourseRunClosed => "course_run_closed",
    ProgrammeNotOpen => "programme_not_open",
    IdentityNotChecked => "identity_not_checked",
    DuplicateHolder => "duplicate_holder",
    NotEligible => "not_eligible",
    QuotaExceeded => "quota_exceeded",
    BeforePriorityDate => "before_priority_date",
    BudgetExceeded => "budget_exceeded",
    /// A run cannot accrue more than its redemptions still have obligated.
    ObligationExceeded => "obligation_exceeded",
    /// A payment cannot exceed what is accrued and unpaid.
    AccrualExceeded => "accrual_exceeded",
    /// What is dated in a closed month is not booked any more.
    PeriodClosed => "period_closed",
    /// The instructor has no contract on that day.
    NoContract => "no_contract",
    ContractExceeded => "contract_exceeded",
    /// Two contracts of one instructor would have a day in common.
    ContractOverlap => "contract_overlap",
    /// The course run's plan has fewer hours for the phase.
    PhaseExceeded => "phase_exceeded",
    /// The instructor or the course run has another session at that time.
    SessionOverlap => "session_overlap",
    /// The statement is of none of the programme's accounts.
    WrongAccount => "wrong_account",
    /// The statement's items do not come to its balances.
    StatementUnbalanced => "statement_unbalanced",
    NotPassed => "not_passed",
    AttendanceTooLow => "attendance_too_low",
    SelfApproval => "self_approval",
    InvalidTransition => "invalid_transition",
    // A device of the enrolment table.
    /// The secret pairs no device: unknown, used or too old.
    PairingInvalid => "pairing_invalid",
    /// The device, or its registrar's token, is no longer trusted.
    DeviceRevoked => "device_revoked",
    ClockNotBelieved => "clock_not_believed",
    BadItemSignature => "bad_item_signature",
    /// A gap or a break in the chain of a device's items.
    OutOfSequence => "out_of_sequence",
    // The request as a message.
    IdempotencyKeyReused => "idempotency_key_reused",
    IdempotencyKeyMissing => "idempotency_key_missing",
    InvalidField => "invalid_field",
    MalformedBody => "malformed_body",
    MalformedFile => "malformed_file",
    WrongFileKind => "wrong_file_kind",
    /// A workbook behind a password.
    FileProtected => "file_protected",
    MalformedStatement => "malformed_statement",
    UnsupportedMediaType => "unsupported_media_type",
    TooLarge => "too_large",
    TooManyRows => "too_many_rows",
    RowsRefused => "rows_refused",
    NotFound => "not_found",
    AlreadyExists => "already_exists",
    MethodNotAllowed => "method_not_allowed",
    // The door.
    Unauthenticated => "unauthenticated",
    Forbidden => "forbidden",
    /// Login, password or code do not fit together; which of them is not told.
    SignInFailed => "sign_in_failed",
    TooManyAttempts => "too_many_attempts",
    /// The one-time pass is unknown, used or too old.
    PassNotValid => "pass_not_valid",
    /// A browser sent it without showing that one of our pages did.
    NotFromHere => "not_from_here",
    // The house itself.
    Overloaded => "overloaded",
    OutcomeUnknown => "outcome_unknown",
    Unavailable => "unavailable",
    /// Nothing can be written, since no key for the log is at hand to sign its checkpoint.
    LogKeyMissing => "log_key_missing",
    Internal => "internal_error",
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A refusal: the code, the field or row at fault, and the facts of the case
/// (when and where it was redeemed, the shortfall in kopecks, the moves allowed).
/// Facts hold no personal data.
#[derive(Clone, PartialEq, Debug)]
pub struct Refusal {
    pub code: Code,
    pub field: Option<String>,
    pub facts: Map<String, Value>,
}

pub type Result<T, E = Refusal> = std::result::Result<T, E>;

impl Refusal {
    pub fn new(code: Code) -> Self {
        Self { code, field: None, facts: Map::new() }
    }

    /// The value of `field` cannot be taken, and `expected` says what can (English, short).
    pub fn field(field: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::new(Code::InvalidField).at(field).with("expected", expected.into())
    }

    /// There is no such `what` for this caller.
    pub fn not_found(what: &'static str) -> Self {
        Self::new(Code::NotFound).with("what", what)
    }

    /// The move `attempted` is not allowed from `status`; `allowed` are.
    pub fn invalid_transition(attempted: &str, status: &str, allowed: &[&str]) -> Self {
        Self::new(Code::InvalidTransition)
            .with("attempted", attempted)
            .with("status", status)
            .with("allowed", allowed)
    }

    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Adds a fact. Values that cannot be JSON (there are none among ours) become null.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.facts.insert(name.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}
